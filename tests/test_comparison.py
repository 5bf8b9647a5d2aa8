"""Runs side by side, on small tables made by hand: who wins, who loses, who is not known."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
import rasterio
from click.testing import CliRunner
from PIL import Image

import coverage as cv
from coverage.cli import main
from coverage.comparison import Comparison
from coverage.comparison.outputs import TABLES, write_comparison
from coverage.comparison.page import POLICY
from coverage.errors import CoverageError, InputDataError, ScenarioError
from coverage.grid import Grid
from coverage.io.writers import write_cog
from coverage.model import Raster
from coverage.schema import output_columns

Row = dict[str, Any]
FILES: Final = {
    "compare.html",
    "compare_manifest.json",
    *(f"compare_{table}.csv" for table in TABLES),
}


def village(village_id: str, signal: str = "none", **changes: Any) -> Row:
    return {
        "village_id": village_id,
        "name": f"Thôn {village_id}",
        "commune_code": "01",
        "commune_name": "Xã Một",
        "longitude": 105.8,
        "latitude": 22.2,
        "households": 10,
        "population": 40,
        "signal_class_3g": "good",
        "signal_class_4g": signal,
        "signal_class_5g": "none",
        "priority_score": 0.5,
        "priority_rank": 1,
    } | changes


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_run(
    folder: Path,
    villages: Sequence[Row],
    *,
    plan: Mapping[str, float] | None = None,
    edition: str = "2025-07",
    **changes: Any,
) -> Path:
    """Write the parts of an output folder that a comparison reads."""
    folder.mkdir(parents=True)
    write_table(folder / "villages.csv", villages)
    write_table(
        folder / "communes.csv", [{"commune_code": "01", "name": "Xã Một", "edition": edition}]
    )
    if plan is not None:
        gained = {"villages_gained": 1, "households_gained": 7}
        action = {"action_id": "U-1", "capex": 90, "opex_per_year": 9} | gained
        write_table(folder / "plan_actions.csv", [action, action | {"action_id": "U-2"}])
    manifest = {
        "software": {"name": "phusong", "version": "0.1.0"},
        "project": {"name": "Bắc Kạn"},
        "scenario": {"name": "default", "costs": {"currency": "VND"}, "radio": {"delta_n": 45.0}},
        "grid": {"crs": "EPSG:3405"},
        "inputs": [{"role": "villages", "file": "villages.csv", "sha256": "aa"}],
        "synthetic": False,
        "outputs": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.iterdir())
        },
    }
    write_manifest(folder, manifest | dict(plan or {}) | changes)
    return folder


def write_manifest(folder: Path, content: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")


PLAN: Final = {"budget": 200, "spent": 180, "objective": 14, "bound": 15, "gap": 1 / 15}
BASE: Final = (
    village("V1", "none", priority_rank=1, priority_score=0.9),
    village("V2", "good", households=20, population=80, priority_rank=2),
    village("V3", "weak", households=30, population=120, priority_rank=3),
    village("V4", "unknown", households=5, population=20, priority_rank=4),
    village("V5", "good", households=7, population=28, priority_rank=5),
    village("V6", "none", households=3, population=12, priority_rank=6, commune_code="02"),
)
OTHER: Final = (
    village("V1", "weak", priority_rank=4, priority_score=0.7),
    village("V2", "none", households=20, population=80, priority_rank=1),
    village("V3", "good", households=33, population=120, priority_rank=2),
    village("V4", "none", households=5, population=20, priority_rank=3),
    village("V5", "unknown", households=7, population=28, priority_rank=5),
    village("V7", "good", households=4, population=16, priority_rank=6),
)


@pytest.fixture
def compared(tmp_path: Path) -> Comparison:
    base, other = write_run(tmp_path / "base", BASE), write_run(tmp_path / "other", OTHER)
    return cv.compare(base, other)


def figures(found: Comparison, run: str, technology: str, unit: str) -> dict[str, tuple[Any, ...]]:
    rows = found.totals[
        (found.totals["run"] == run)
        & (found.totals["technology"] == technology)
        & (found.totals["unit"] == unit)
    ]
    return {r["figure"]: (r["base"], r["other"], r["difference"]) for r in rows.to_dict("records")}


def rules(caught: pytest.ExceptionInfo[InputDataError]) -> list[tuple[str, str]]:
    return [(problem.file, problem.rule) for problem in caught.value.problems]


def test_every_village_of_either_run_has_its_change(compared: Comparison) -> None:
    """By hand: BASE against OTHER."""
    villages = compared.villages.set_index("village_id")
    assert villages["change_4g"].to_dict() == {
        "V1": "better",
        "V2": "worse",
        "V3": "better",
        "V4": "was_unknown",
        "V5": "became_unknown",
        "V6": "base_only",
        "V7": "other_only",
    }
    assert villages.loc[["V1", "V6", "V7"], "change_3g"].tolist() == [
        "same",
        "base_only",
        "other_only",
    ]
    assert villages["presence"].value_counts().to_dict() == {
        "both": 5,
        "base_only": 1,
        "other_only": 1,
    }
    assert villages.loc["V1", "rank_change"] == -3  # from 1 to 4: away from the first
    assert villages.loc["V3", "rank_change"] == 1
    assert villages.loc["V1", "score_change"] == -0.2
    assert villages.loc[["V6", "V7"], "rank_change"].isna().all()
    assert villages.loc["V3", ["households", "households_base", "households_other"]].tolist() == [
        30,
        30,
        33,
    ]


def test_households_are_counted_by_hand(compared: Comparison) -> None:
    """By hand: levels with each run's own households, changes with those of the base run."""
    found = figures(compared, "other", "4G", "households")
    assert found["covered"] == (20 + 30 + 7, 10 + 33 + 4, -10)
    assert found["known"] == (10 + 20 + 30 + 7 + 3, 10 + 20 + 33 + 5 + 4, 2)
    assert found["unknown"] == (5, 7, 2)
    assert found["covered_share"] == (
        round(57 / 70, 6),
        round(47 / 72, 6),
        round(round(47 / 72, 6) - round(57 / 70, 6), 6),
    )
    changes = {name: row[2] for name, row in found.items() if row[0] is None}
    assert changes == {
        "better": 10 + 30,
        "worse": 20,
        "newly_covered": 10,
        "no_longer_covered": 20,
        "became_unknown": 7,
        "was_unknown": 5,
        "base_only": 3,
        "other_only": 4,
    }
    people = figures(compared, "other", "4G", "population")
    assert people["better"][2] == 160
    assert figures(compared, "other", "4G", "villages")["better"][2] == 2


def test_communes_add_up_to_the_totals(compared: Comparison) -> None:
    communes = compared.communes[compared.communes["technology"] == "4G"]
    assert communes["commune_code"].tolist() == ["01", "02"]
    for unit in ("villages", "households", "population"):
        totals = figures(compared, "other", "4G", unit)
        assert communes[f"{unit}_covered_base"].sum() == totals["covered"][0]
        assert communes[f"{unit}_covered_other"].sum() == totals["covered"][1]
        for change in ("better", "worse", "was_unknown", "became_unknown", "base_only"):
            assert communes[f"{unit}_{change}"].sum() == totals[change][2]


def test_a_code_used_again_in_another_edition_is_another_commune(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE[:2], edition="2025-03")
    other = write_run(tmp_path / "other", [*BASE[:2], village("V9")], edition="2025-07")
    found = cv.compare(base, other)
    rows = found.communes[found.communes["technology"] == "4G"]
    assert rows[["edition", "commune_code", "villages_other_only"]].to_numpy().tolist() == [
        ["2025-03", "01", 0],
        ["2025-07", "01", 1],
    ]
    assert [p.rule for p in found.warnings] == ["one_run_only", "other_edition"]


def test_a_copy_of_a_run_changes_nothing(tmp_path: Path) -> None:
    found = cv.compare(write_run(tmp_path / "a", BASE), write_run(tmp_path / "b", BASE))
    assert set(found.villages["change_4g"]) == {"same", "unknown"}
    assert (found.villages["rank_change"] == 0).all()
    known = found.totals.dropna(subset="difference")
    assert (known["difference"] == 0).all()
    assert len(known) > 100
    assert found.differences.empty
    assert found.warnings == ()


def test_several_runs_are_held_against_the_first(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / n / "outputs", rows)
        for n, rows in zip("abc", (BASE, OTHER, BASE), strict=True)
    ]
    found = cv.compare(*runs)
    assert [run.label for run in found.runs] == ["a/outputs", "b/outputs", "c/outputs"]
    assert figures(found, "b/outputs", "4G", "households")["better"][2] == 40
    assert figures(found, "c/outputs", "4G", "households")["better"][2] == 0


def test_plans_are_compared_where_both_have_one(tmp_path: Path) -> None:
    """By hand: two actions of 7 households and 90 of capex each."""
    base = write_run(tmp_path / "base", BASE, plan=PLAN)
    richer = write_run(tmp_path / "richer", BASE, plan=PLAN | {"budget": 300, "spent": 290.5})
    without = write_run(tmp_path / "without", BASE)
    found = cv.compare(base, richer, without)
    money, rest = figures(found, "richer", "", "VND"), figures(found, "richer", "", "")
    assert money["plan_budget"] == (200, 300, 100)
    assert money["plan_spent"] == (180, 290.5, 110.5)
    assert money["plan_capex"] == (180, 180, 0)
    assert rest["plan_households_gained"] == (14, 14, 0)
    assert rest["plan_gap"][2] == 0
    assert figures(found, "without", "", "VND")["plan_spent"] == (180, None, None)


def test_money_of_two_currencies_has_no_difference(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE, plan=PLAN)
    scenario = {"name": "default", "costs": {"currency": "USD"}}
    other = write_run(tmp_path / "other", BASE, plan=PLAN, scenario=scenario)
    found = cv.compare(base, other)
    assert figures(found, "other", "", "USD/VND")["plan_spent"] == (180, 180, None)
    assert figures(found, "other", "", "")["plan_objective"] == (14, 14, 0)
    assert [p.rule for p in found.warnings] == ["other_currency"]


def test_what_differs_between_the_manifests_is_named(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE)
    other = write_run(
        tmp_path / "other",
        BASE,
        software={"name": "phusong", "version": "0.2.0"},
        scenario={"name": "default", "costs": {"currency": "VND"}, "radio": {"delta_n": -40.0}},
        inputs=[
            {"role": "roads", "file": "r.gpkg", "sha256": "cc"},
            {"role": "villages", "file": "villages.csv", "sha256": "bb"},
        ],
    )
    found = cv.compare(base, other).differences
    assert found[["part", "entry", "base", "other"]].to_numpy().tolist() == [
        ["version", "software.version", "0.1.0", "0.2.0"],
        ["parameter", "scenario.radio.delta_n", 45.0, -40.0],
        ["input", "inputs[roads].file", "", "r.gpkg"],
        ["input", "inputs[roads].role", "", "roads"],
        ["input", "inputs[roads].sha256", "", "cc"],
        ["input", "inputs[villages].sha256", "aa", "bb"],
    ]


def test_runs_of_different_provinces_are_refused(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE)
    strange = write_run(tmp_path / "strange", [village("X1")])
    # The same ids by chance, some 1,300 km to the south.
    south = write_run(tmp_path / "south", [row | {"latitude": 10.5} for row in BASE])
    with pytest.raises(InputDataError) as caught:
        cv.compare(base, strange, south)
    assert rules(caught) == [
        ("strange/villages.csv", "no_common_village"),
        ("south/villages.csv", "different_area"),
    ]
    assert "hai tỉnh khác nhau" in caught.value.message("vi")
    assert "different provinces" in caught.value.message("en")
    assert caught.value.exit_code == 2


def test_a_moved_village_and_one_without_place_are_told(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE)
    rows = [BASE[0] | {"latitude": 23.2}, BASE[1] | {"latitude": "", "longitude": ""}, *BASE[2:]]
    found = cv.compare(base, write_run(tmp_path / "other", rows))
    assert [(p.rule, p.count) for p in found.warnings] == [("moved_village", 1)]


def test_a_table_changed_after_the_run_is_told(tmp_path: Path) -> None:
    base, other = write_run(tmp_path / "base", BASE), write_run(tmp_path / "other", BASE)
    write_table(other / "villages.csv", OTHER[:5])
    found = cv.compare(base, other)
    assert ("other/villages.csv", "changed_since_run") in [(p.file, p.rule) for p in found.warnings]


def test_all_faults_of_all_folders_are_told_at_once(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", [*BASE, BASE[0] | {"signal_class_4g": "gut"}])
    empty = tmp_path / "empty"
    empty.mkdir()
    broken = write_run(tmp_path / "broken", BASE)
    (broken / "manifest.json").write_text('{"scenario": NaN', encoding="utf-8")
    partial = write_run(tmp_path / "partial", BASE)
    write_manifest(partial, {"scenario": {}, "inputs": 3})
    with pytest.raises(InputDataError) as caught:
        cv.compare(base, tmp_path / "nowhere", empty, broken, partial)
    assert rules(caught) == [
        ("base/villages.csv", "duplicate_id"),
        ("base/villages.csv", "not_in_list"),
        ("nowhere", "missing_folder"),
        ("empty/manifest.json", "missing_file"),
        ("empty/villages.csv", "missing_file"),
        ("empty/communes.csv", "missing_file"),
        ("broken/manifest.json", "broken_manifest"),
        ("partial/manifest.json", "broken_manifest"),
    ]
    assert caught.value.problems[0].value == "V1"
    assert caught.value.problems[0].rows == (2, 8)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '"text"', "\ufeff{}", "[" * 100_000, '{"a": Infinity}', '{"outputs": []}', "null"],
)
def test_no_manifest_breaks_the_program(tmp_path: Path, content: str) -> None:
    base, other = write_run(tmp_path / "base", BASE), write_run(tmp_path / "other", BASE)
    (other / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputDataError) as caught:
        cv.compare(base, other)
    assert rules(caught) == [("other/manifest.json", "broken_manifest")]


def test_one_run_alone_or_named_twice_is_refused(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", BASE)
    with pytest.raises(ScenarioError):
        cv.compare(base)
    with pytest.raises(InputDataError) as caught:
        cv.compare(base, base / ".." / "base")
    assert rules(caught) == [("base", "same_run_twice")]


def test_the_files_are_complete_described_and_the_same_each_time(
    compared: Comparison, tmp_path: Path
) -> None:
    first = write_comparison(compared, tmp_path / "out").parent
    again = write_comparison(compared, tmp_path / "again").parent
    assert {path.name for path in first.iterdir()} == FILES
    for name in FILES:
        assert (first / name).read_bytes() == (again / name).read_bytes()
    described = {column.name for column in output_columns()}
    for table in TABLES:
        read = pd.read_csv(first / f"compare_{table}.csv", dtype=str)
        assert set(read.columns) <= described
        assert len(read) == len(getattr(compared, table))
    manifest = json.loads((first / "compare_manifest.json").read_text(encoding="utf-8"))
    assert [run["label"] for run in manifest["runs"]] == ["base", "other"]
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((first / name).read_bytes()).hexdigest() == digest


def test_a_page_may_be_named_and_a_run_beside_it_stays(
    compared: Comparison, tmp_path: Path
) -> None:
    before = (tmp_path / "base" / "manifest.json").read_bytes()
    assert write_comparison(compared, tmp_path / "base" / "ab.html").name == "ab.html"
    assert (tmp_path / "base" / "ab_villages.csv").is_file()
    assert (tmp_path / "base" / "manifest.json").read_bytes() == before
    with pytest.raises(InputDataError):
        write_comparison(compared, tmp_path / "ab.xlsx")


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    evil = '<img src=x onerror="alert(1)">'
    rows = [village("V1", "good", name=evil, commune_name=evil), village("V2", name="=1+1")]
    base = write_run(
        tmp_path / evil.replace("/", ""), [rows[0] | {"signal_class_4g": "none"}, rows[1]]
    )
    other = write_run(tmp_path / "other", rows, project={"name": evil})
    path = write_comparison(cv.compare(base, other), tmp_path / "out")
    page = path.read_text(encoding="utf-8")
    assert "<img" not in page
    assert "&lt;img" in page
    assert "<script" not in page
    assert f'content="{POLICY}"' in page
    assert "http" not in page.replace("http-equiv", "")
    assert ",=1+1" not in (path.parent / "compare_villages.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("synthetic", [True, False])
def test_made_up_inputs_mark_the_page(tmp_path: Path, *, synthetic: bool) -> None:
    base = write_run(tmp_path / "base", BASE)
    other = write_run(tmp_path / "other", OTHER, synthetic=synthetic)
    found = cv.compare(base, other)
    page = write_comparison(found, tmp_path / "out").read_text(encoding="utf-8")
    assert ("SYNTHETIC DATA" in page) is found.is_synthetic is synthetic


def test_villages_without_any_place_make_a_page(tmp_path: Path) -> None:
    rows = [row | {"longitude": "", "latitude": "", "priority_score": ""} for row in BASE]
    found = cv.compare(write_run(tmp_path / "a", rows), write_run(tmp_path / "b", rows))
    page = write_comparison(found, tmp_path / "out").read_text(encoding="utf-8")
    assert "No coordinates." in page
    assert all(math.isnan(change) for change in found.villages["score_change"])


def test_the_command_tells_the_figures_and_refuses_strangers(tmp_path: Path) -> None:
    base, other = write_run(tmp_path / "base", BASE), write_run(tmp_path / "other", OTHER)
    done = CliRunner().invoke(
        main, ["compare", str(base), str(other), "--out", str(tmp_path / "o")]
    )
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["runs"]["other"]["households_4g"]["better"] == 40
    assert "chỉ có trong một lần chạy" in done.stderr
    strange = write_run(tmp_path / "strange", [village("X1")])
    out = tmp_path / "none"
    refused = CliRunner().invoke(main, ["compare", str(base), str(strange), "--out", str(out)])
    assert refused.exit_code == 2
    assert "hai tỉnh khác nhau" in refused.stderr
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_told(compared: Comparison, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CoverageError):
        write_comparison(compared, tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".phusong")] == []


def raster(values: Sequence[Sequence[float]], *, west_m: float = 585_000.0) -> Raster:
    array = np.array(values, dtype=np.float32)
    return Raster(array=array, grid=Grid("EPSG:3405", west_m, 2_450_000.0, 1_000.0, *array.shape))


def with_signal(folder: Path, rows: Sequence[Row], signal: Raster | None) -> Path:
    """Write a run with a raster of 4G."""
    write_run(folder, rows)
    if signal is not None:
        write_cog(folder / "rsrp_4g_dbm.tif", signal, nodata=np.nan, tags={})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"]["rsrp_4g_dbm.tif"] = ""
    write_manifest(folder, manifest)
    return folder


BEFORE: Final = raster([[-100, -100, -100], [-90, math.nan, math.nan]])
AFTER: Final = raster([[-96, -100.5, -112], [math.nan, -80, math.nan]])


def test_signal_is_subtracted_cell_by_cell(tmp_path: Path) -> None:
    """By hand: cells of 1 km²; stronger by 4 dB, weaker by 0.5 and 12 dB, one in each run only."""
    base = with_signal(tmp_path / "base", BASE, BEFORE)
    found = cv.compare(base, with_signal(tmp_path / "other", OTHER, AFTER))
    assert found.signal.to_dict("records") == [
        {
            "run": "other",
            "technology": "4G",
            "area_compared_km2": 3.0,
            "area_stronger_km2": 1.0,
            "area_weaker_km2": 1.0,
            "area_base_only_km2": 1.0,
            "area_other_only_km2": 1.0,
            "median_difference_db": -0.5,
        }
    ]
    path = write_comparison(found, tmp_path / "out")
    with rasterio.open(path.parent / "compare_rsrp_4g_difference_db.tif") as written:
        expected = [[4, -0.5, -12], [math.nan] * 3]
        np.testing.assert_array_equal(written.read(1), np.array(expected, dtype=np.float32))
        assert written.crs.to_epsg() == 3405
        assert written.tags()["other"] == "other"
    page = path.read_text(encoding="utf-8")
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', page)
    assert picture is not None
    drawn = Image.open(io.BytesIO(base64.b64decode(picture[1])))
    # the key's colours in order: 2 stronger by 3, 3 less, 5 weaker by 10, 6 base only, 7 other only
    assert np.asarray(drawn).tolist() == [[2, 3, 5], [6, 7, 0]]
    assert "<script" not in page
    assert "img-src data:" in POLICY
    manifest = json.loads((path.parent / "compare_manifest.json").read_text(encoding="utf-8"))
    assert "compare_rsrp_4g_difference_db.tif" in manifest["outputs"]


def test_rasters_on_other_grids_are_not_subtracted(tmp_path: Path) -> None:
    base = with_signal(tmp_path / "base", BASE, BEFORE)
    moved = with_signal(tmp_path / "moved", BASE, raster(AFTER.array.tolist(), west_m=586_000.0))
    lost = with_signal(tmp_path / "lost", BASE, None)
    broken = with_signal(tmp_path / "broken", BASE, None)
    (broken / "rsrp_4g_dbm.tif").write_bytes(b"II*\x00 cut off")
    found = cv.compare(base, moved, lost, broken)
    assert found.signal.empty
    assert (found.warnings[0].file, found.warnings[0].rule) == (
        "moved/rsrp_4g_dbm.tif",
        "other_grid",
    )
    assert {p.file.split("/")[0] for p in found.warnings} == {"moved", "lost", "broken"}
    path = write_comparison(found, tmp_path / "out")
    assert [p.name for p in path.parent.glob("*.tif")] == []
    assert path.read_text(encoding="utf-8").count("rasters are not subtracted") >= 3


def test_rasters_of_several_runs_have_names_of_their_own(tmp_path: Path) -> None:
    runs = [with_signal(tmp_path / name, BASE, BEFORE) for name in "abc"]
    path = write_comparison(cv.compare(*runs), tmp_path / "out" / "ab.html")
    assert sorted(p.name for p in path.parent.glob("*.tif")) == [
        "ab_1_rsrp_4g_difference_db.tif",
        "ab_2_rsrp_4g_difference_db.tif",
    ]
    assert "<img" not in path.read_text(encoding="utf-8")  # nothing changed: no picture


def test_verdicts_are_compared_beside_predictions(tmp_path: Path) -> None:
    """By hand: predicted unchanged, while V1 (10 households) wins and V2 (20) loses by verdict."""

    def told(rows: Sequence[Row], *verdicts: str) -> list[Row]:
        rest = {"verdict_3g": "good", "verdict_5g": "unknown"}
        return [r | {"verdict_4g": v} | rest for r, v in zip(rows, verdicts, strict=True)]

    base = write_run(tmp_path / "base", told(BASE[:3], "none", "good", "good"))
    other = write_run(tmp_path / "other", told(BASE[:3], "weak", "none", "good"))
    found = cv.compare(base, other)
    households = figures(found, "other", "4G", "households")
    assert households["better"][2] == households["worse"][2] == 0
    assert households["verdict_covered"] == (50, 40, -10)
    assert households["verdict_better"][2] == 10
    assert households["verdict_worse"][2] == 20
    changes = found.villages.set_index("village_id")["verdict_change_4g"]
    assert changes.to_dict() == {"V1": "better", "V2": "worse", "V3": "same"}
    page = write_comparison(found, tmp_path / "out").read_text(encoding="utf-8")
    winners = page.split("Winners by the verdict")[1].split("Losers by the verdict")[0]
    assert "Thôn V1" in winners
    assert "Thôn V2" not in winners
    without = write_run(tmp_path / "without", BASE[:3])
    less = cv.compare(base, without)
    assert not less.totals["figure"].str.startswith("verdict_").any()
    assert "has no verdicts" in write_comparison(less, tmp_path / "o").read_text(encoding="utf-8")
