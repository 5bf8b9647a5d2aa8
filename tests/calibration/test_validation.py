"""A project held against its measurements: known offset found, files complete, commands work."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import tomli_w
from click.testing import CliRunner

import coverage as cv
from coverage.calibration import TooFewSamplesError, calibrate_project, validate_project
from coverage.calibration.outputs import write_calibration, write_validation
from coverage.cli import main
from coverage.errors import InputDataError
from coverage.model import Inputs
from coverage.prediction import predict, signal_at
from coverage.revision.copies import save_copy
from coverage.schema import output_columns
from coverage.settings import default_scenario, load_project_file, load_scenario
from tests.calibration.made import field
from tests.io import made
from tests.stages.test_points import calibration
from tests.stages.world import CRS, SIDE, cell, centre, terrain, village, world

SCENARIO = default_scenario()
HOSTILE = "<script>alert(1)</script>"


class Forgetful:
    """Keeps nothing."""

    def get(self, _parts: Any, /) -> None:
        return None

    def put(self, _parts: Any, _arrays: Any, /) -> None:
        return None


def measured(count: int = 700, *, operator: str = "A", offset_db: float = -7.0) -> Inputs:
    """Return a world measured at random pixels: an offset, shadowing of 6 dB, a floor."""
    cover = np.full((SIDE, SIDE), 30, dtype=np.uint8)
    cover[:, 60:] = 10
    weak: dict[str, Any] = {"operator": operator, "eirp_dbm": 38.0}  # service ends within the grid
    cells = [cell("A1-1", 60, 10, **weak), cell("A2-1", 30, 100, **weak)]
    inputs = replace(
        world([village("1", centre(60, 80))], cells, terrain_m=terrain(60.0)), land_cover=cover
    )
    rng = np.random.default_rng(7)
    points = pd.DataFrame(
        {
            "row": rng.integers(0, SIDE, count),
            "col": rng.integers(0, SIDE, count),
            "operator": operator,
            "technology": "4G",
            "cell_id": "",
            "frequency_mhz": np.nan,
        }
    )
    found = signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, points)
    shadow_db = 6.0 * field(rng, 200.0)[points["row"], points["col"]]
    level_dbm = found["predicted_dbm"] + offset_db + shadow_db
    samples = gpd.GeoDataFrame(
        {
            "operator": operator,
            "technology": "4G",
            "rsrp_dbm": np.maximum(level_dbm, -125.0).round(1),
            "floor_dbm": -125.0,
            "measured_at": "2026-05-01",
        },
        geometry=[centre(row, col) for row, col in zip(points["row"], points["col"], strict=True)],
        crs=CRS,
    )
    return replace(inputs, measurements=samples)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return measured()


def test_the_offset_is_seen_and_held_out_figures_improve(inputs: Inputs) -> None:
    found = validate_project(inputs, SCENARIO, keeper=Forgetful())
    everything = found.figures[found.figures["group"] == "all"].set_index("basis")
    # by hand: -7 dB; shadowing of 6 dB over 650 pixels 200 m correlated leaves some 0.5 dB
    assert everything.loc["uncalibrated", "bias_db"] == pytest.approx(-7.0, abs=1.5)
    assert everything.loc["held_out", "bias_db"] == pytest.approx(0.0, abs=1.0)
    assert everything.loc["held_out", "rmse_db"] < everything.loc["uncalibrated", "rmse_db"] - 1.0
    error = found.probabilities.set_index("basis")["calibration_error"]
    assert error["held_out"] < error["uncalibrated"]
    assert set(found.figures["group"]) == {
        *("all", "operator", "technology", "band", "clutter", "distance_km", "sight"),
    }


def test_a_calibration_is_a_scenario_of_its_own(inputs: Inputs, tmp_path: Path) -> None:
    found = calibrate_project(inputs, SCENARIO, name="Thử", keeper=Forgetful())
    assert found.sigma_low_db < 6.0 < found.sigma_high_db
    assert found.correlation_low_m < found.correlation_length_m
    assert found.uncalibrated is not None
    assert found.calibrated is not None
    assert found.calibrated.rmse_db < found.uncalibrated.rmse_db
    write_calibration(found, tmp_path / "calibration.toml")
    (tmp_path / "scenario.toml").write_text(
        '[radio]\ncalibration = "calibration.toml"\n', encoding="utf-8"
    )
    calibrated = load_scenario(tmp_path / "scenario.toml")
    assert calibrated.radio.calibration == found
    assert calibrated.sigma_db == found.sigma_db
    plain = predict(inputs, SCENARIO.radio, SCENARIO.land_cover)
    corrected = predict(inputs, calibrated.radio, calibrated.land_cover)
    assert corrected.parameters != plain.parameters
    moved = corrected.signal_dbm["4G", "A"] - plain.signal_dbm["4G", "A"]
    assert np.nanmedian(moved) == pytest.approx(-7.0, abs=1.5)
    checked = validate_project(inputs, calibrated, keeper=Forgetful())
    assert set(checked.figures["basis"]) == {"uncalibrated", "held_out", "scenario"}


@pytest.mark.parametrize("is_file", [True, False])
def test_a_copy_of_a_project_takes_its_calibration_along(tmp_path: Path, *, is_file: bool) -> None:
    home = tmp_path / "home"
    home.mkdir()
    named = {"radio": {"calibration": "../kept/calibration.toml"}}
    (tmp_path / "kept").mkdir()
    write_calibration(calibration(), tmp_path / "kept" / "calibration.toml")
    if is_file:
        made.write_project(home)
        (home / "scenario.toml").write_text(tomli_w.dumps(named), encoding="utf-8")
        toml = tomllib.loads((home / "project.toml").read_text("utf-8"))
        text = tomli_w.dumps(toml | {"scenario": "scenario.toml"})
        (home / "project.toml").write_text(text, encoding="utf-8")
    else:
        made.write_project(home, scenario=named)
    copy = save_copy(str(home), tmp_path / "copy", name="Bản sao", tables={}, records={})
    (tmp_path / "kept" / "calibration.toml").unlink()
    _, scenario = load_project_file(copy / "project.toml")
    assert scenario.radio.calibration == calibration()


def test_few_samples_are_compared_but_not_calibrated() -> None:
    few = measured(20)
    found = validate_project(few, SCENARIO, keeper=Forgetful())
    assert found.corrections is None
    assert found.reason is not None
    assert set(found.figures["basis"]) == {"uncalibrated"}
    with pytest.raises(TooFewSamplesError, match="at least 30"):
        calibrate_project(few, SCENARIO, keeper=Forgetful())


def test_a_project_without_levels_is_told_so(inputs: Inputs) -> None:
    with pytest.raises(InputDataError, match="no measured level"):
        validate_project(replace(inputs, measurements=None), SCENARIO)


def test_threads_change_nothing(inputs: Inputs) -> None:
    one, four = (validate_project(inputs, SCENARIO, workers=n, keeper=Forgetful()) for n in (1, 4))
    pd.testing.assert_frame_equal(one.samples, four.samples)
    pd.testing.assert_frame_equal(one.figures, four.figures)


def test_files_are_complete_described_and_ask_nothing_of_the_network(tmp_path: Path) -> None:
    hostile = measured(operator=HOSTILE)
    found = validate_project(hostile, SCENARIO, keeper=Forgetful())
    first = write_validation(found, hostile, tmp_path / "one")
    again = write_validation(found, hostile, tmp_path / "two")
    described = {column.name for column in output_columns()}
    for path in sorted(first.parent.iterdir()):
        if path.suffix != ".gpkg":
            assert path.read_bytes() == (again.parent / path.name).read_bytes()
        if path.suffix == ".csv":
            assert set(pd.read_csv(path, nrows=1).columns) <= described
    page = first.read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)\s*=", page)
    assert "http://www.w3.org/2000/svg" in page
    assert page.count("<svg") == 4
    manifest = json.loads((first.parent / "validation_manifest.json").read_text("utf-8"))
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((first.parent / name).read_bytes()).hexdigest() == digest


def test_the_commands_on_a_demo(tmp_path: Path) -> None:
    """The demo's samples are few: it is compared, and a calibration refused or written."""
    runner = CliRunner()
    project = tmp_path / "demo"
    assert runner.invoke(main, ["demo", str(project), "--quiet"]).exit_code == 0
    out = tmp_path / "validation"
    done = runner.invoke(main, ["validate", str(project), "--out", str(out), "--quiet"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["synthetic"] is True
    assert told["thinned"] > 0
    assert (out / "validation.html").is_file()
    file = tmp_path / "calibration.toml"
    done = runner.invoke(main, ["calibrate", str(project), "--out", str(file), "--lang", "en"])
    if "not_calibrated" in told:
        assert done.exit_code == 2
        assert "No calibration" in done.stderr
        assert not file.exists()
    else:
        assert tomllib.loads(file.read_text("utf-8"))["synthetic"] is True


def test_the_python_face() -> None:
    assert callable(cv.validate)
    assert callable(cv.calibrate)
