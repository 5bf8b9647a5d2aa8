"""The whole road from a project folder to its outputs, on the demo and the reference project."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio

import coverage as cv
from coverage import exports, pipeline, prediction
from coverage.errors import CoverageError, ScenarioError
from coverage.io.files import sha256_of
from coverage.io.store import Store
from coverage.io.writers import write_csv
from coverage.settings import scenario_from
from tests.conftest import built_once

OUTPUTS = {
    "villages.csv",
    "communes.csv",
    "communes_2025-03.csv",
    "districts.csv",
    "statistics.csv",
    "four_cells.csv",
    "cells.csv",
    "fibre_gaps.csv",
    "scoreboard.csv",
    "clusters.csv",
    "measured.csv",
    "measure_next.csv",
    "results.gpkg",
    "map.html",
    "cach_lam.html",
    "report.xlsx",
    "manifest.json",
    "timings.json",
    *(f"rsrp_{t}_dbm.tif" for t in ("3g", "4g", "5g")),
    *(f"server_{t}.tif" for t in ("3g", "4g", "5g")),
    *(f"served_probability_{t}.tif" for t in ("3g", "4g", "5g")),
    *(f"class_{t}.{end}" for t in ("3g", "4g", "5g") for end in ("tif", "tif.aux.xml", "qml")),
    *(f"rsrp_{t}_dbm.qml" for t in ("3g", "4g", "5g")),
    *(f"served_probability_{t}.qml" for t in ("3g", "4g", "5g")),
}
CONTRACT = [
    "village_id",
    "name",
    "commune_code",
    "commune_name",
    "longitude",
    "latitude",
    "households",
    "population",
    "has_grid_power",
    "reported_signal",
    "rsrp_3g_dbm",
    "rsrp_4g_dbm",
    "rsrp_5g_dbm",
    "server_4g",
    "signal_class_3g",
    "signal_class_4g",
    "signal_class_5g",
    "served_probability_4g",
    "evidence",
    "fibre_distance_m",
    "priority_score",
    "priority_rank",
    "cause",
]

pytestmark = pytest.mark.xdist_group("pipeline")


@pytest.fixture(scope="session")
def demo_run(demo_project: Path, session_folder: Path) -> Path:
    return built_once(
        session_folder / "demo-run", lambda out: pipeline.run_project(demo_project, out)
    )


@pytest.fixture(scope="session")
def reference_run(shared: Path, session_folder: Path) -> Path:
    project = shared / "data" / "backan"
    return built_once(
        session_folder / "reference-run", lambda out: pipeline.run_project(project, out)
    )


def villages(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "villages.csv", dtype={"village_id": str, "commune_code": str})


def manifest(out: Path) -> Any:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def test_the_demo_has_every_output(demo_run: Path) -> None:
    assert {path.name for path in demo_run.iterdir()} == OUTPUTS
    table = villages(demo_run)
    assert list(table.columns[: len(CONTRACT)]) == CONTRACT
    assert sorted(table["priority_rank"]) == list(range(1, len(table) + 1))
    assert table["priority_score"].between(0, 1).all()
    assert set(table["evidence"]) <= {
        "agree", "conflict", "predicted_only", "reported_only", "unknown"
    }  # fmt: skip


def test_villages_without_place_stay_unknown(demo_run: Path) -> None:
    table = villages(demo_run)
    lost = table[table["longitude"].isna()]
    assert len(lost) > 0
    assert set(lost["signal_class_4g"]) == {"unknown"}
    assert set(lost["cause"]) == {"no_position"}
    rules = {warning["rule"] for warning in manifest(demo_run)["warnings"]}
    assert {"no_coordinates", "ignored_rows"} <= rules


def test_the_demo_says_everywhere_that_it_is_synthetic(demo_run: Path) -> None:
    told = manifest(demo_run)
    assert told["synthetic"] is True
    assert all(source["synthetic"] for source in told["inputs"])
    assert "MÔ PHỎNG" in (demo_run / "map.html").read_text(encoding="utf-8")
    with rasterio.open(demo_run / "rsrp_4g_dbm.tif") as raster:
        assert "stations" in raster.tags()["synthetic"]
    book = openpyxl.load_workbook(demo_run / "report.xlsx")
    first = [cell.value for cell in book["Tổng hợp"]["A"]]
    assert any("MÔ PHỎNG" in str(value) for value in first)


def test_the_manifest_names_every_other_file_with_its_hash(demo_run: Path) -> None:
    told = manifest(demo_run)["outputs"]
    assert set(told) == OUTPUTS - {"manifest.json", "timings.json"}
    for name, digest in told.items():
        assert sha256_of(demo_run / name) == digest


def test_layers_and_their_styles(demo_run: Path) -> None:
    package = demo_run / "results.gpkg"
    layers = {str(name) for name, _ in pyogrio.list_layers(package)}
    assert layers == {"villages", "communes", "sites", "clusters", "layer_styles"}
    styles = pyogrio.read_dataframe(package, layer="layer_styles", read_geometry=False)
    assert set(styles["f_table_name"]) == {"villages", "communes", "sites", "clusters"}
    assert len(pyogrio.read_dataframe(package, layer="villages")) == len(villages(demo_run))


def test_field_evidence_leaves_tables_of_its_own(demo_run: Path) -> None:
    table = villages(demo_run).set_index("village_id")
    assert set(table["verdict_source_4g"].dropna()) == {"measured", "reported", "predicted"}
    assert set(table["evidence_measured_4g"]) >= {"agree", "predicted_only"}
    clusters = pd.read_csv(demo_run / "clusters.csv")
    assert len(clusters) == table["clusters"].sum() == 40
    dark = clusters[clusters["verdict_4g"] == "none"]
    assert len(dark) == table["clusters_dark_4g"].sum() > 0
    assert dark["households"].sum() == table["households_in_dark_clusters_4g"].sum()
    measured = pd.read_csv(demo_run / "measured.csv")
    numbers = ["samples", "samples_outdated"]
    per_village = measured.groupby("village_id")[numbers].sum()
    told = table.loc[per_village.index, ["measured_samples_4g", "measured_outdated_4g"]]
    np.testing.assert_array_equal(per_village.to_numpy(), told.to_numpy())
    assert (per_village > 0).any().all()
    listed = pd.read_csv(demo_run / "measure_next.csv")
    assert list(listed["measure_rank"]) == list(range(1, len(listed) + 1))
    conflicts = table[table["evidence"] == "conflict"]
    unsettled = conflicts.index[conflicts["verdict_source_4g"] != "measured"]
    assert 0 < len(unsettled) < len(conflicts)
    assert set(unsettled) <= set(listed["village_id"]) < set(table.index)


def test_every_column_that_leaves_the_house_is_explained(demo_run: Path) -> None:
    report = pd.read_excel(
        demo_run / "report.xlsx", sheet_name="Từ điển", dtype=str, engine="openpyxl"
    )
    known = set(report["Cột"])
    for name in ("villages", "communes", "clusters", "measured", "measure_next"):
        columns = set(pd.read_csv(demo_run / f"{name}.csv", nrows=0).columns)
        assert columns - known <= {"source"}, name


def test_rasters_know_their_unit_of_nothing(demo_run: Path) -> None:
    with rasterio.open(demo_run / "rsrp_4g_dbm.tif") as raster:
        assert np.isnan(raster.nodata)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        signal = raster.read(1)
    with rasterio.open(demo_run / "server_4g.tif") as raster:
        assert raster.nodata == 0
        server = raster.read(1)
    np.testing.assert_array_equal(np.isnan(signal), server == 0)
    assert server.max() <= len(pd.read_csv(demo_run / "cells.csv"))


def test_running_again_gives_the_same_bytes(
    demo_run: Path, demo_project: Path, tmp_path: Path
) -> None:
    pipeline.run_project(demo_project, tmp_path / "again", workers=1)
    for name in sorted(OUTPUTS - {"timings.json"}):
        assert (tmp_path / "again" / name).read_bytes() == (demo_run / name).read_bytes(), name


def test_computing_anew_with_other_threads_gives_the_same_bytes(
    demo_run: Path, demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "empty"))
    pipeline.run_project(demo_project, tmp_path / "anew", workers=3)
    for name in ("villages.csv", "communes.csv", "rsrp_4g_dbm.tif", "server_4g.tif"):
        assert (tmp_path / "anew" / name).read_bytes() == (demo_run / name).read_bytes(), name


def test_weights_and_thresholds_repeat_no_prediction(
    demo_run: Path, demo_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del demo_run  # its prediction is in the store

    def forbidden(*_args: object, **_options: object) -> None:
        pytest.fail("the prediction was repeated")

    monkeypatch.setattr(prediction, "predict", forbidden)
    inputs = cv.load_project(demo_project)
    before = cv.run(inputs)
    weights = inputs.scenario.priority.with_weights({"households": 5.0})
    changed = cv.run(inputs, inputs.scenario.model_copy(update={"priority": weights}))
    assert list(changed.villages["priority_rank"]) != list(before.villages["priority_rank"])


def test_progress_names_the_stages_and_can_stop(
    demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "empty"))
    seen: list[str] = []

    def stop_in_prediction(stage: str, _share: float) -> bool:
        seen.append(stage)
        return stage != "prediction"

    with pytest.raises(CoverageError):
        pipeline.run_project(demo_project, tmp_path / "out", progress=stop_in_prediction)
    assert seen[0] == "inputs"
    assert not (tmp_path / "out").exists()


def test_outputs_never_go_among_the_inputs(demo_project: Path) -> None:
    with pytest.raises(ScenarioError):
        pipeline.run_project(demo_project, demo_project.parent)


def test_a_blocked_folder_is_told(demo_project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CoverageError, match="file"):
        pipeline.run_project(demo_project, tmp_path / "file")


def test_the_reference_project(reference_run: Path) -> None:
    # published: 913 places, 37 communes, 82,835 households and 313,905 people (2019 census)
    table = villages(reference_run)
    communes = pd.read_csv(reference_run / "communes.csv", dtype={"commune_code": str})
    assert (len(table), len(communes)) == (913, 37)
    for level in (table, communes):
        assert level["households"].sum() == 82_835
        assert level["population"].sum() == 313_905
    totals = manifest(reference_run)["totals"]
    assert (totals["households"], totals["population"]) == (82_835, 313_905)
    # a rough independent estimate gave 70 without clutter and 148 with 12 dB
    assert 27 <= (table["signal_class_4g"] == "none").sum() <= 150
    # published: 4,853.25 km² at the merger; the layer differs in places by 1-6 %, in sum by 0.01 %
    assert communes["area_km2"].sum() == pytest.approx(4_853.25, rel=5e-4)
    assert (reference_run / "map.html").stat().st_size <= 1_500_000


def test_synthetic_roles_of_the_reference_project(reference_run: Path) -> None:
    roles = set(manifest(reference_run)["synthetic_roles"])
    assert {"stations", "roads", "terrain"} <= roles
    assert "communes" not in roles


def test_text_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "Thôn 1"]
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": hostile, "value": -1.5}))
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [f"'{text}" for text in hostile[:-1]] + ["Thôn 1"]
    assert {row["value"] for row in rows} == {"-1.5"}  # a number stays a number


def test_no_formula_in_the_workbook(demo_run: Path) -> None:
    book = openpyxl.load_workbook(demo_run / "report.xlsx")
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {
        "s",
        "n",
        "b",
        "d",
    }


def test_a_map_from_python(demo_project: Path, tmp_path: Path) -> None:
    result = cv.run(cv.load_project(demo_project))
    cv.make_map(result).save(tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text  # tests/maps opens such files in a browser, offline
    assert exports.totals(result)["villages"] == len(result.villages)
    signal = result.rsrp_dbm["4G"]
    assert signal.array.shape == result.inputs.grid.shape
    assert (signal.crs, signal.transform) == (result.inputs.grid.crs, result.inputs.grid.transform)


@pytest.mark.parametrize(
    "damage", [lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"PK\x03\x04junk")]
)
def test_a_damaged_entry_of_the_store_counts_as_absent(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    store, key = Store(tmp_path), {"a": 1}
    store.put(key, {"x": np.arange(4)})
    damage(next((tmp_path / "results").glob("*.npz")))
    assert store.get(key) is None
    store.put(key, {"x": np.arange(4)})
    found = store.get(key)
    assert found is not None
    np.testing.assert_array_equal(found["x"], np.arange(4))


def test_the_store_keeps_within_its_limit(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=20_000)
    for number in range(5):
        store.put({"n": number}, {"x": np.zeros(1_000)})
    left = list((tmp_path / "results").glob("*.npz"))
    assert len(left) == 2  # by hand: each entry is 8,000 bytes and a header; two fit
    assert store.get({"n": 4}) is not None


def test_what_is_told_beside_prediction_reaches_every_output(
    demo_project: Path, tmp_path: Path
) -> None:
    inputs = cv.load_project(demo_project)
    served = inputs.villages["village_id"].iloc[:3]
    updates = pd.DataFrame(
        {
            "village_id": served,
            "technology": "5G",
            "status": "on_air",
            "operator": "Viettel",
            "date": "2026-08-01",
        }
    )
    scenario = scenario_from({"priority": "fibre"}, "s")
    result = cv.run(replace(inputs, gap_status=updates), scenario)
    exports.write_outputs(result, tmp_path / "out", map_page="", version="0", timings={})
    table = villages(tmp_path / "out")
    parts = [f"priority_{c.name}" for c in scenario.priority.criteria]
    used = [name for name in parts if name in table]
    np.testing.assert_allclose(table[used].sum(axis=1), table["priority_score"], atol=1e-5)
    assert "priority_no_fibre" in used
    assert "priority_cost_per_household" not in used
    assert ((table["rank_low"] <= table["rank_high"]) & table["top20_share"].between(0, 1)).all()
    statuses = pd.read_csv(tmp_path / "out" / "gap_status.csv", keep_default_na=False)
    whole = statuses[statuses["operator"] == ""]
    assert whole["villages"].sum() == len(table)
    assert whole["households"].sum() == table["households"].sum()
    in_conflict = int((table["gap_conflict_5g"].astype(str) == "True").sum())
    assert whole["villages_in_conflict"].sum() == in_conflict
    rules = {warning.rule for warning in result.warnings}
    assert "criterion_without_data" in rules
    assert ("status_against_prediction" in rules) == (in_conflict > 0)
    fibre_gaps = pd.read_csv(tmp_path / "out" / "fibre_gaps.csv")
    for _, level in fibre_gaps.groupby(fibre_gaps["level"] == "province"):
        assert level["population"].sum() == table["population"].sum()
    scores = pd.read_csv(tmp_path / "out" / "scoreboard.csv")
    assert scores["synthetic"].all()
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx", read_only=True)
    assert {"Cáp quang", "Xử lý lõm sóng", "Chỉ số"} <= set(book.sheetnames)
    known = {row[0].value for row in book["Từ điển"]}
    for name in (statuses, fibre_gaps, scores):
        assert set(name.columns) <= known
    assert set(table.columns) <= known


def test_every_folder_of_outputs_holds_the_page(demo_run: Path) -> None:
    page = (demo_run / "cach_lam.html").read_text(encoding="utf-8")
    told = json.loads((demo_run / "manifest.json").read_text(encoding="utf-8"))
    assert "cach_lam.html" in told["outputs"]
    assert all(source["sha256"] in page for source in told["inputs"])
    assert "SYNTHETIC DATA" in page
