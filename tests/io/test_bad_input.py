"""Bad input: one message per fault, in both languages, naming file, row, column, value, remedy.

Each fault is made in a project that is otherwise right. The real commands must say it and end with
code 2, without traceback and without writing anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import openpyxl
import pytest
from affine import Affine
from click.testing import CliRunner
from shapely.geometry import LineString

from coverage.cli import main
from coverage.errors import Problem
from coverage.io.project import examine
from coverage.text import Language
from tests.io import made

Spoil = Callable[[Path], object]


@dataclass(frozen=True)
class Fault:
    """How a project is spoilt, and what must be said: rule, file, column, rows, value."""

    name: str
    spoil: Spoil
    rule: str
    file: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    value: str | None = None


def villages(number: int, **cells: str) -> Spoil:
    return lambda p: made.write_villages(p, made.changed(made.VILLAGES, number, **cells))


def stations(number: int, **cells: str) -> Spoil:
    return lambda p: made.write_stations(p, made.changed(made.STATIONS, number, **cells))


def settings(**sections: dict[str, object]) -> Spoil:
    return lambda p: made.write_toml(p, **sections)


def text(name: str, content: str, **inputs: object) -> Spoil:
    """Put other content under a name, and point the project at it."""

    def spoil(project: Path) -> None:
        (project / name).write_text(content, encoding="utf-8")
        made.write_toml(project, inputs=inputs)

    return spoil


def columns_gone(*names: str, table: str = "villages") -> Spoil:
    def spoil(project: Path) -> None:
        if table == "villages":
            header, rows = made.without(made.VILLAGE_HEADER, made.VILLAGES, *names)
            made.write_villages(project, rows, header=header)
        else:
            header, rows = made.without(made.STATION_HEADER, made.STATIONS, *names)
            made.write_stations(project, rows, header=header)

    return spoil


def all_swapped(project: Path) -> None:
    rows = []
    for line in made.VILLAGES:
        cells = line.split(",")
        cells[3], cells[4] = cells[4], cells[3]
        rows.append(",".join(cells))
    made.write_villages(project, rows)


def latin_csv(project: Path) -> None:
    made.write_table(
        project / "villages.csv", made.VILLAGE_HEADER, ["V1,Café,01840"], encoding="cp1252"
    )


def no_rows(project: Path) -> None:
    made.write_villages(project, [])


def terrain_elsewhere(project: Path) -> None:
    far = Affine(made.CELL_M, 0, made.WEST_M + 80_000, 0, -made.CELL_M, made.NORTH_M)
    made.write_tif(project / "dem.tif", made.heights(), transform=far)


def no_raster_crs(project: Path) -> None:
    made.write_tif(project / "dem.tif", made.heights(), crs=None)


def cut_raster(project: Path) -> None:
    whole = (project / "dem.tif").read_bytes()
    (project / "dem.tif").write_bytes(whole[: len(whole) // 2])


def layer_without_crs(project: Path) -> None:
    frame = made.COMMUNES.rename(columns={"commune_code": "commune_co"})
    frame.to_file(project / "c.shp")
    (project / "c.prj").unlink()
    made.write_toml(project, inputs={"communes": "c.shp"})


def lines_for_communes(project: Path) -> None:
    frame = gpd.GeoDataFrame(
        made.COMMUNES.drop(columns="geometry"),
        geometry=[LineString([(585_900, 2_446_000), (589_000, 2_446_000)])] * 2,
        crs=made.CRS,
    )
    frame.to_file(project / "lines.gpkg", driver="GPKG")
    made.write_toml(project, inputs={"communes": "lines.gpkg"})


def twice_the_commune(project: Path) -> None:
    frame = made.COMMUNES.assign(commune_code="01840")
    (project / "communes.gpkg").unlink()
    frame.to_file(project / "communes.gpkg", driver="GPKG")


def xlsx_with_text(project: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(made.VILLAGE_HEADER.split(","))
    sheet.append([])
    for line in made.VILLAGES:
        sheet.append(line.split(","))
    sheet["F5"] = "khoảng 30"
    book.save(project / "v.xlsx")
    made.write_toml(project, inputs={"villages": "v.xlsx"})


def named_scenario(project: Path) -> None:
    path = made.write_toml(project)
    lines = path.read_text(encoding="utf-8").replace("[scenario]\n", "")
    path.write_text('scenario = "wet.toml"\n' + lines, encoding="utf-8")


VRT: Final = '<VRTDataset rasterXSize="9" rasterYSize="9"/>'
OGR_VRT: Final = '<OGRVRTDataSource><OGRVRTLayer name="communes"/></OGRVRTDataSource>'
BOTH: Final = "longitude, latitude"
TOML: Final = "project.toml"
CSV: Final = "\n".join([made.VILLAGE_HEADER, *made.VILLAGES])

FAULTS: Final = [
    Fault("column", columns_gone("households"), "missing_column", "villages.csv", "households"),
    Fault(
        "text in numbers",
        villages(3, households="khoảng 30"),
        "not_a_count",
        "villages.csv",
        "households",
        (3,),
        "khoảng 30",
    ),
    Fault(
        "decimal comma", xlsx_with_text, "not_a_count", "v.xlsx", "households", (5,), "khoảng 30"
    ),
    Fault(
        "text in coordinates",
        stations(4, longitude="105°51'"),
        "not_a_number",
        "stations.csv",
        "longitude",
        (4,),
        "105°51'",
    ),
    Fault(
        "half a household",
        villages(2, households="2.5"),
        "not_a_count",
        "villages.csv",
        "households",
        (2,),
        "2.5",
    ),
    Fault(
        "huge",
        villages(2, households="1e300"),
        "not_a_count",
        "villages.csv",
        "households",
        (2,),
        "1e300",
    ),
    Fault(
        "negative",
        villages(2, population="-1"),
        "out_of_range",
        "villages.csv",
        "population",
        (2,),
        "-1",
    ),
    Fault(
        "flag",
        villages(2, has_grid_power="đôi khi"),
        "not_a_flag",
        "villages.csv",
        "has_grid_power",
        (2,),
        "đôi khi",
    ),
    Fault(
        "one row swapped",
        villages(4, longitude="22.1205", latitude="105.8505"),
        "swapped_coordinates",
        "villages.csv",
        BOTH,
        (4,),
        "22.1205 / 105.8505",
    ),
    Fault(
        "all rows swapped",
        all_swapped,
        "swapped_coordinates",
        "villages.csv",
        BOTH,
        (2, 3, 4, 5, 6),
        "22.1305 / 105.8405",
    ),
    Fault(
        "a mast swapped",
        stations(2, longitude="22.1315", latitude="105.8425"),
        "swapped_coordinates",
        "stations.csv",
        BOTH,
        (2,),
        "22.1315 / 105.8425",
    ),
    Fault(
        "metres",
        villages(2, longitude="586483.5"),
        "out_of_range",
        "villages.csv",
        "longitude",
        (2,),
        "586483.5",
    ),
    Fault("half", villages(2, latitude=""), "half_coordinates", "villages.csv", BOTH, (2,)),
    Fault(
        "duplicate village",
        villages(5, village_id="V2"),
        "duplicate_id",
        "villages.csv",
        "village_id",
        (3, 5),
        "V2",
    ),
    Fault(
        "duplicate cell",
        stations(5, cell_id="B-1"),
        "duplicate_id",
        "stations.csv",
        "cell_id",
        (4, 5),
        "B-1",
    ),
    Fault(
        "duplicate commune",
        twice_the_commune,
        "duplicate_id",
        "communes.gpkg",
        "commune_code",
        (1, 2),
        "01840",
    ),
    Fault("no rows", no_rows, "empty_table", "villages.csv"),
    Fault("no bytes", text("villages.csv", ""), "empty_file", "villages.csv"),
    Fault("csv as xlsx", text("v.xlsx", CSV, villages="v.xlsx"), "wrong_content", "v.xlsx"),
    Fault("text as tif", text("dem.tif", "độ cao"), "wrong_content", "dem.tif"),
    Fault("vrt as tif", text("dem.tif", VRT), "wrong_content", "dem.tif"),
    Fault("vrt as gpkg", text("communes.gpkg", OGR_VRT), "wrong_content", "communes.gpkg"),
    Fault(
        "vrt as geojson",
        text("c.geojson", OGR_VRT, communes="c.geojson"),
        "wrong_content",
        "c.geojson",
    ),
    Fault("vrt", text("c.vrt", OGR_VRT, communes="c.vrt"), "unsupported_format", "c.vrt"),
    Fault("cut raster", cut_raster, "unreadable_raster", "dem.tif"),
    Fault(
        "key in [project]",
        settings(project={"colour": "red"}),
        "unknown_key",
        TOML,
        "project.colour",
        (),
        "red",
    ),
    Fault(
        "key in [inputs]",
        settings(inputs={"vilages": "v.csv"}),
        "unknown_key",
        TOML,
        "inputs.vilages",
        (),
        "v.csv",
    ),
    Fault("section", settings(planning={"a": 1}), "unknown_key", TOML, "planning"),
    Fault(
        "key in [scenario]",
        settings(scenario={"wether": 1}),
        "unknown_key",
        f"{TOML} [scenario]",
        "wether",
    ),
    Fault(
        "key in [scenario.radio]",
        settings(scenario={"radio": {"height": 2}}),
        "unknown_key",
        f"{TOML} [scenario]",
        "radio.height",
        (),
        "2",
    ),
    Fault(
        "value in [scenario.radio]",
        settings(scenario={"radio": {"rx_height_m": 0.1}}),
        "greater_than_equal",
        f"{TOML} [scenario]",
        "radio.rx_height_m",
        (),
        "0.1",
    ),
    Fault(
        "resolution",
        settings(project={"resolution_m": 1}),
        "greater_than_equal",
        TOML,
        "project.resolution_m",
        (),
        "1",
    ),
    Fault("no villages", settings(inputs={"villages": None}), "missing", TOML, "inputs.villages"),
    Fault("missing file", settings(inputs={"villages": "v.csv"}), "missing_file", "v.csv"),
    Fault("missing raster", settings(inputs={"terrain": ["d.tif"]}), "missing_file", "d.tif"),
    Fault("not TOML", lambda p: (p / TOML).write_text("[project\n"), "not_toml", TOML),
    Fault("no scenario file", named_scenario, "missing_file", "wet.toml"),
    Fault("not UTF-8", latin_csv, "not_utf8", "villages.csv", None, (2,)),
    Fault(
        "technology",
        stations(3, technology="6G"),
        "not_in_list",
        "stations.csv",
        "technology",
        (3,),
        "6G",
    ),
    Fault("degrees", settings(project={"crs": "EPSG:4326"}), "crs", TOML, "crs", (), "EPSG:4326"),
    Fault("system", settings(project={"crs": "VN2000"}), "crs", TOML, "crs", (), "VN2000"),
    Fault("terrain elsewhere", terrain_elsewhere, "terrain_elsewhere", "dem.tif"),
    Fault("no terrain", settings(inputs={"terrain": []}), "terrain_elsewhere", TOML),
    Fault("raster without system", no_raster_crs, "missing_crs", "dem.tif"),
    Fault("layer without system", layer_without_crs, "missing_crs", "c.shp"),
    Fault("lines", lines_for_communes, "wrong_geometry", "lines.gpkg", None, (1, 2)),
    Fault(
        "no power",
        columns_gone("feeder_loss_db", table="stations"),
        "no_power",
        "stations.csv",
        "eirp_dbm",
        (2, 3, 4, 5),
    ),
    Fault(
        "no power in a row",
        stations(4, tx_power_dbm=""),
        "no_power",
        "stations.csv",
        "eirp_dbm",
        (4,),
    ),
    Fault(
        "bandwidth",
        stations(2, bandwidth_mhz="12"),
        "no_such_channel",
        "stations.csv",
        "bandwidth_mhz",
        (2,),
        "12.0",
    ),
    Fault(
        "outside the model",
        settings(scenario={"radio": {"model_4g": "okumura_hata"}}),
        "outside_model_range",
        "stations.csv",
        "frequency_mhz",
        (2, 4),
        "1800.0",
    ),
    Fault(
        "antenna without a file",
        lambda p: made.write_stations(
            p,
            [f"{row},{'K9' if n == 1 else ''}" for n, row in enumerate(made.STATIONS)],
            header=f"{made.STATION_HEADER},antenna",
        ),
        "unknown_antenna",
        "stations.csv",
        "antenna",
        (3,),
        "K9",
    ),
    Fault(
        "antenna file missing",
        settings(inputs={"antennas": ["k9.msi"]}),
        "missing_file",
        "k9.msi",
    ),
    Fault(
        "level",
        settings(scenario={"level": "cave"}),
        "unknown_level",
        "project.toml [scenario]",
        "level",
    ),
    Fault(
        "commune",
        villages(6, commune_code="99999"),
        "unknown_commune",
        "villages.csv",
        "commune_code",
        (6,),
        "99999",
    ),
]


def errors_of(project: Path) -> list[Problem]:
    inputs, problems = examine(project)
    assert inputs is None
    return [problem for problem in problems if problem.severity == "error"]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.filterwarnings("ignore:Column names longer")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_is_one_message_and_code_2(fault: Fault, project: Path) -> None:
    fault.spoil(project)
    (error,) = errors_of(project)
    assert (error.rule, error.file, error.column) == (fault.rule, fault.file, fault.column)
    assert error.rows == fault.rows
    if fault.value is not None:
        assert error.value == fault.value
    before = files_in(project)
    checked = CliRunner().invoke(main, ["check", str(project)])
    assert checked.exit_code == 2
    assert error.line("vi") in checked.stdout
    out = str(project / "ra")
    ran = CliRunner().invoke(main, ["run", str(project), "--out", out, "--lang", "en"])
    assert ran.exit_code == 2
    assert error.line("en") in ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in checked.output + ran.output
    languages: tuple[Language, ...] = ("vi", "en")
    for language, row, column in zip(languages, ("dòng", "row"), ("cột", "column"), strict=True):
        line = error.line(language)
        assert line.startswith(fault.file)
        assert all(part.get(language) in line for part in (error.what, error.fix))
        assert not fault.rows or f"{row} {fault.rows[0]}" in line
        assert not fault.column or f"{column} {fault.column}" in line
        assert not fault.value or repr(fault.value) in line
    assert error.what.vi != error.what.en
    assert error.fix.vi != error.fix.en
    assert files_in(project) == before


def spoil_everything(project: Path) -> None:
    """Put faults into every file at once."""
    rows = made.changed(made.VILLAGES, 2, households="nhiều")
    rows = made.changed(rows, 3, longitude="22.1355", latitude="105.8455")
    rows = made.changed(rows, 6, commune_code="99999")
    made.write_villages(project, rows)
    made.write_stations(project, made.changed(made.STATIONS, 3, technology="6G"))
    terrain_elsewhere(project)
    (project / "roads.gpkg").write_text("đường", encoding="utf-8")
    made.write_toml(
        project,
        project={"colour": "red"},
        inputs={"roads": "roads.gpkg", "fibre_nodes": "nodes.csv"},
        scenario={
            "wether": 1,
            "gaps": {"rule": "none"},
            "thresholds": "dry",
            "weights": {"luck": 1},
        },
    )


EVERYTHING: Final = {
    ("unknown_key", TOML),
    ("unknown_key", f"{TOML} [scenario]"),
    ("literal_error", f"{TOML} [scenario]"),
    ("unknown_profile", f"{TOML} [scenario]"),
    ("unknown_criterion", "[scenario.weights]"),
    ("not_a_count", "villages.csv"),
    ("swapped_coordinates", "villages.csv"),
    ("unknown_commune", "villages.csv"),
    ("not_in_list", "stations.csv"),
    ("terrain_elsewhere", "dem.tif"),
    ("wrong_content", "roads.gpkg"),
    ("missing_file", "nodes.csv"),
}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coverage", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONWARNINGS": "default"},
    )


def test_all_problems_of_all_files_are_told_at_once(project: Path) -> None:
    spoil_everything(project)
    done = command("check", str(project), "--json", "--lang", "en")
    assert (done.returncode, done.stderr) == (2, "")
    told = json.loads(done.stdout)
    assert list(told) == ["errors", "warnings"]
    assert {(e["rule"], e["file"]) for e in told["errors"]} == EVERYTHING
    assert len(told["errors"]) == len(EVERYTHING)
    for entry in told["errors"]:
        assert entry["message"]
        assert entry["what_to_do"]


def test_a_run_on_them_stops_before_it_writes(project: Path, tmp_path: Path) -> None:
    spoil_everything(project)
    out = tmp_path / "kết quả"
    out.mkdir()
    (out / "villages.csv").write_text("earlier", encoding="utf-8")
    before = files_in(tmp_path)
    done = command("run", str(project), "--out", str(out), "--quiet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == len(EVERYTHING) + 1  # a title, then one line each
    assert files_in(tmp_path) == before
    assert CliRunner().invoke(main, ["run", str(project), "--quiet"]).exit_code == 2
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("content", ["[project\n", "", "[inputs]\nterrain = 3\n", "\xff"])
def test_a_broken_project_file_is_told_as_json_too(project: Path, content: str) -> None:
    (project / TOML).write_bytes(content.encode("latin-1"))
    done = CliRunner().invoke(main, ["check", str(project), "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 2
    assert list(told) == ["errors", "warnings"]
    assert told["warnings"] == []
    assert told["errors"]
    assert all(entry["file"] == TOML for entry in told["errors"])


def test_a_broken_project_file_through_the_real_command(project: Path) -> None:
    (project / TOML).write_text("[project\n", encoding="utf-8")
    done = command("check", str(project), "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert [entry["rule"] for entry in json.loads(done.stdout)["errors"]] == ["not_toml"]


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "nowhere.toml"):
        done = CliRunner().invoke(main, ["check", str(place), "--lang", "en"])
        assert done.exit_code == 2
        assert "Check the path" in done.stdout


def test_warnings_alone_leave_a_project_usable(project: Path) -> None:
    villages(3, longitude="", latitude="")(project)
    done = CliRunner().invoke(main, ["check", str(project), "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["errors"] == []
    assert [(w["rule"], w["row"], w["count"]) for w in told["warnings"]] == [
        ("no_coordinates", 3, 1)
    ]
