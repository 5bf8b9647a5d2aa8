"""The map of the reference project: its size and its speed in a browser."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright
from scipy.ndimage import distance_transform_edt, uniform_filter

from coverage.io.project import load_project
from coverage.maps import map_html
from coverage.model import Inputs, Prediction, Result
from coverage.params import TECHNOLOGIES

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def made_signal(inputs: Inputs, start_dbm: float) -> np.ndarray:
    """Signal with the grain of a real one: distance to a mast, and how deep a place lies."""
    grid, height_m = inputs.grid, np.nan_to_num(inputs.terrain_m)
    row, col = grid.rowcol(inputs.stations.geometry.x, inputs.stations.geometry.y)
    mast = np.ones(grid.shape)
    mast[row[row >= 0], col[row >= 0]] = 0.0
    distance_km = distance_transform_edt(mast) * grid.resolution_m / 1000
    depth_m = uniform_filter(height_m, 21) - height_m
    dbm = start_dbm - 35 * np.log10(np.maximum(distance_km, 0.1)) - 0.12 * depth_m
    return dbm.astype(np.float32)


@pytest.fixture(scope="module")
def reference(shared: Path) -> Result:
    inputs = load_project(shared / "data" / "backan" / "project.toml")
    scenario = inputs.scenario
    signal = {
        (technology, ""): made_signal(inputs, start)
        for technology, start in zip(TECHNOLOGIES, (-85.0, -92.0, -108.0), strict=True)
    }
    villages = inputs.villages.copy()
    row, col = inputs.grid.rowcol(villages.geometry.x, villages.geometry.y)
    for technology in TECHNOLOGIES:
        tag, limits = technology.lower(), scenario.thresholds.technologies[technology]
        dbm = signal[technology, ""][row, col].round(2)
        villages[f"rsrp_{tag}_dbm"] = dbm
        villages[f"signal_class_{tag}"] = [limits.class_of(float(value)) for value in dbm]
    count = np.arange(len(villages))
    sites = inputs.stations["site_id"].to_numpy()[count * 3]
    parts = {f"priority_{c.name}": (count * 0.000317) % 0.3 for c in scenario.priority.criteria}
    villages = villages.assign(
        **parts,
        server_4g=inputs.stations["cell_id"].to_numpy()[count * 3],
        served_probability_4g=(count * 0.00107) % 1,
        evidence="conflict",
        fibre_distance_m=count * 13.7,
        priority_score=1 - count / len(count),
        priority_rank=count + 1,
        cause_vi=[
            f"Trạm {site} (Viettel) cách {i / 100:.1f} km, bị núi che khuất: sườn núi cách trạm "
            f"{i / 200:.1f} km cao hơn đường truyền {i} m."
            for i, site in enumerate(sites)
        ],
    )
    prediction = Prediction(
        grid=inputs.grid,
        cells=pd.DataFrame(inputs.stations.drop(columns="geometry")),
        signal_dbm=signal,
        server={},
        possible_dbm={},
        operators=tuple(sorted(set(inputs.stations["operator"]))),
        technologies=TECHNOLOGIES,
        parameters={},
    )
    return Result(
        inputs=inputs,
        scenario=scenario,
        prediction=prediction,
        villages=villages,
        communes=inputs.communes,
        warnings=(),
    )


def test_the_reference_map_is_small_and_quick(
    reference: Result, chromium: Path, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    path.write_text(map_html(reference), encoding="utf-8", newline="")
    assert path.stat().st_size <= 1_500_000
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_function("window.map_phusong_view !== undefined")
        drawn_s = time.perf_counter() - start
        state = page.evaluate("map_phusong_view.state()")
        switch_ms = page.evaluate(
            "(() => { const t = performance.now(); map_phusong_view.filter({technology: '5G'});"
            " return performance.now() - t; })()"
        )
        browser.close()
    assert len(state["villages"]) == 913
    assert state["masts"] == 398
    assert drawn_s < 5.0
    assert switch_ms < 500.0
