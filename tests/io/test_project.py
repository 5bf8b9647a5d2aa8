"""A project folder becomes inputs: what is repaired, ignored, kept, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from affine import Affine

from coverage.errors import InputDataError, Problem
from coverage.io.project import examine, load_project
from coverage.model import Inputs
from tests.io import made


def read(project: Path) -> tuple[Inputs, tuple[Problem, ...]]:
    inputs, problems = examine(project)
    assert inputs is not None, [problem.line("en") for problem in problems]
    return inputs, problems


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None, tuple[int, ...]]]:
    return [(p.rule, p.file, p.column, p.rows) for p in problems]


def as_xlsx(path: Path, header: str, rows: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    for row in [header.split(","), *rows]:
        book.worksheets[0].append(row)
    book.save(path)


def test_the_made_project_is_read_without_a_word(project: Path) -> None:
    inputs, problems = read(project)
    assert problems == ()
    assert np.array_equal(inputs.terrain_m, made.heights())
    assert (inputs.grid.crs, inputs.grid.resolution_m) == ("EPSG:3405", 90.0)
    assert inputs.villages["village_id"].tolist() == ["V1", "V2", "V3", "V4", "V5"]
    assert inputs.villages["commune_name"].tolist() == ["Chợ Đồn"] * 3 + ["Bằng Lũng"] * 2
    assert inputs.villages["reported_signal"].tolist() == ["good", "weak", "none", "", "none"]
    assert inputs.villages["has_grid_power"].tolist() == [True, True, False, True, False]
    # by hand: 46 + 17 − 1; 43 + 17 − 1; 46 + 17 − 1; 50 + 20 − 1
    assert inputs.stations["eirp_dbm"].tolist() == [62.0, 59.0, 62.0, 69.0]
    assert {s.role: s.rows_read for s in inputs.sources} == {
        "communes": 2,
        "villages": 5,
        "stations": 4,
        "terrain": 0,
    }


def test_a_project_is_named_by_its_folder_or_its_file(project: Path) -> None:
    assert read(project)[0].fingerprint == read(project / "project.toml")[0].fingerprint


def test_every_table_format_gives_the_same_villages(project: Path) -> None:
    expected = read(project)[0].villages
    rows = [line.split(",") for line in made.VILLAGES]
    numbers: list[list[Any]] = [
        [*r[:2], int(r[2]), float(r[3]), float(r[4]), int(r[5]), int(r[6]), *r[7:]] for r in rows
    ]
    as_xlsx(project / "villages.xlsx", made.VILLAGE_HEADER, numbers)
    made.write_toml(project, inputs={"villages": "villages.xlsx"})
    inputs, problems = read(project)
    # Excel turned the codes 01840 and 01843 to numbers.
    assert told(problems) == [("lost_zeros", "villages.xlsx", "commune_code", (2, 3, 4, 5, 6))]
    assert inputs.villages.equals(expected)
    assert {s.role: s.rows_repaired for s in inputs.sources}["villages"] == 5

    semicolons = [line.replace(",", ";") for line in (made.VILLAGE_HEADER, *made.VILLAGES)]
    made.write_table(project / "v.csv", semicolons[0], semicolons[1:], encoding="utf-8-sig")
    made.write_toml(project, inputs={"villages": "v.csv"})
    inputs, problems = read(project)
    assert problems == ()
    assert inputs.villages.equals(expected)


@pytest.mark.parametrize(
    ("name", "crs"),
    [("c.geojson", "EPSG:4326"), ("c.gpkg", "EPSG:9213"), ("c.shp", "EPSG:9213")],
)
def test_communes_in_every_format_and_system(
    project: Path, name: str, crs: str, recwarn: pytest.WarningsRecorder
) -> None:
    frame = made.COMMUNES.to_crs(crs)
    if name.endswith(".shp"):  # ten characters are all that its column names can hold
        frame = frame.rename(columns={"commune_code": "commune_co"})
    frame.to_file(project / name)
    made.write_toml(project, inputs={"communes": name})
    inputs, problems = read(project)
    assert problems == ()
    assert inputs.communes["commune_code"].tolist() == ["01840", "01843"]
    assert inputs.communes.geometry.hausdorff_distance(made.COMMUNES.geometry).max() < 0.02
    assert not recwarn.list


def test_without_a_system_of_its_own_the_project_takes_the_utm_zone(project: Path) -> None:
    made.write_toml(project, project={"crs": None})
    inputs, _ = read(project)
    assert inputs.grid.crs == "EPSG:32648"  # published: UTM 48N holds 102–108 °E
    assert not np.isnan(inputs.terrain_m[20:40, 20:40]).any()


def test_2g_rows_are_read_and_ignored_with_a_count(project: Path) -> None:
    gsm = "G-1,A,viettel,GSM,900,0.2,105.8425,22.1315,42,0,46,17,1,active"
    bare = "A-1,,,2g,,,,,,,,,,"  # nothing in an ignored row can be wrong, not even its id
    made.write_stations(project, [gsm, *made.STATIONS, bare])
    inputs, problems = read(project)
    assert [(p.rule, p.severity, p.count) for p in problems] == [("ignored_rows", "warning", 2)]
    assert inputs.stations["cell_id"].tolist() == ["A-1", "A-2", "B-1", "B-2"]
    source = next(s for s in inputs.sources if s.role == "stations")
    assert (source.rows_read, source.rows_dropped) == (6, 2)


def test_a_station_list_of_2g_alone_leaves_no_station(project: Path) -> None:
    made.write_stations(project, ["G-1,A,viettel,GSM,900,0.2,105.84,22.13,42,0,46,17,1,active"])
    inputs, problems = read(project)
    assert [p.rule for p in problems] == ["ignored_rows"]
    assert inputs.stations.empty


def test_villages_outside_the_terrain_or_without_coordinates_stay(project: Path) -> None:
    rows = made.changed(made.VILLAGES, 3, longitude="", latitude="")
    rows = made.changed(rows, 5, longitude="105.9505")
    made.write_villages(project, rows)
    inputs, problems = read(project)
    assert len(inputs.villages) == 5
    assert {p.severity for p in problems} == {"warning"}
    # by hand: row 5 lies 9 km east of the terrain and of its commune
    assert told(problems) == [
        ("no_coordinates", "villages.csv", "longitude, latitude", (3,)),
        ("outside_its_commune", "villages.csv", "commune_code", (5,)),
        ("outside_terrain", "villages.csv", "name", (5,)),
    ]
    assert inputs.villages.geometry.isna().tolist() == [False, True, False, False, False]
    assert inputs.warnings == problems


def test_all_villages_may_be_without_coordinates(project: Path) -> None:
    rows = list(made.VILLAGES)
    for number in range(2, 7):
        rows = made.changed(rows, number, longitude="", latitude="")
    made.write_villages(project, rows)
    inputs, problems = read(project)
    assert told(problems) == [
        ("no_coordinates", "villages.csv", "longitude, latitude", (2, 3, 4, 5, 6))
    ]
    assert inputs.villages.geometry.isna().all()


def test_voids_are_unknown_to_villages_and_masts(project: Path) -> None:
    heights = made.heights()
    heights[:, :40] = -32768.0
    made.write_tif(project / "dem.tif", heights)
    inputs, problems = read(project)
    assert np.isnan(inputs.terrain_m[:, :40]).all()
    # by hand: column 40 begins at easting 588,600; V1–V4 and site A stand west of it
    assert told(problems) == [
        ("outside_terrain", "villages.csv", "name", (2, 3, 4, 5)),
        ("mast_outside_terrain", "stations.csv", "cell_id", (2, 3)),
    ]


def test_lost_zeros_are_put_back(project: Path) -> None:
    made.write_villages(project, made.changed(made.VILLAGES, 4, commune_code="1840"))
    inputs, problems = read(project)
    assert told(problems) == [("lost_zeros", "villages.csv", "commune_code", (4,))]
    assert problems[0].value == "1840"
    assert inputs.villages["commune_code"].tolist()[2] == "01840"


def test_a_missing_commune_code_is_taken_from_the_place(project: Path) -> None:
    rows = made.changed(made.VILLAGES, 2, commune_code="", longitude="105.8605")
    rows = made.changed(rows, 6, commune_code="", longitude="", latitude="")
    made.write_villages(project, rows)
    inputs, problems = read(project)
    assert told(problems) == [
        ("no_coordinates", "villages.csv", "longitude, latitude", (6,)),
        ("commune_by_place", "villages.csv", "commune_code", (2,)),
        ("no_commune", "villages.csv", "commune_code", (6,)),
    ]
    assert inputs.villages["commune_code"].tolist() == ["01843", "01840", "01840", "01843", ""]
    assert inputs.villages["commune_name"].tolist()[4] == ""


def test_every_status_stays_and_an_empty_one_is_active(project: Path) -> None:
    rows = made.changed(made.STATIONS, 2, status="off")
    rows = made.changed(rows, 3, status="")
    made.write_stations(project, rows)
    inputs, _ = read(project)
    assert inputs.stations["status"].tolist() == ["off", "active", "active", "planned"]


def test_a_list_without_statuses_is_active(project: Path) -> None:
    header, rows = made.without(made.STATION_HEADER, made.STATIONS, "status")
    made.write_stations(project, rows, header=header)
    assert set(read(project)[0].stations["status"]) == {"active"}


def test_eirp_replaces_the_power_columns(project: Path) -> None:
    header, rows = made.without(
        made.STATION_HEADER, made.STATIONS, "tx_power_dbm", "antenna_gain_dbi", "feeder_loss_db"
    )
    made.write_stations(project, [f"{row},61.5" for row in rows], header=f"{header},eirp_dbm")
    inputs, problems = read(project)
    assert problems == ()
    assert inputs.stations["eirp_dbm"].tolist() == [61.5] * 4


def test_unknown_columns_are_kept(project: Path) -> None:
    rows = [f"{line},ghi chú {n}" for n, line in enumerate(made.VILLAGES)]
    made.write_villages(project, rows, header=f"{made.VILLAGE_HEADER},ghi_chu")
    inputs, problems = read(project)
    assert problems == ()
    assert inputs.villages["ghi_chu"].tolist() == [f"ghi chú {n}" for n in range(5)]


def test_cells_of_one_site_far_apart_are_a_warning(project: Path) -> None:
    made.write_stations(project, made.changed(made.STATIONS, 3, longitude="105.8435"))
    _, problems = read(project)
    assert told(problems) == [("site_in_two_places", "stations.csv", "site_id", (3,))]  # 103 m


def test_an_unmarked_tile_in_step_sets_the_cells_of_the_grid(project: Path) -> None:
    moved = made.TRANSFORM @ Affine.translation(0.3, 0.7)
    made.write_tif(project / "dem.tif", made.heights(), transform=moved)
    inputs, _ = read(project)
    assert np.array_equal(inputs.terrain_m, made.heights())
    assert inputs.grid.west_m == pytest.approx(made.WEST_M + 27.0)  # by hand: 0.3 × 90 m


def test_antennas_are_named_by_stations_and_give_their_gain(project: Path) -> None:
    cut = [f"{angle} 0.0" for angle in range(360)]
    (project / "k9.msi").write_text(
        "\n".join(["NAME K9", "GAIN 16 dBi", "HORIZONTAL 360", *cut, "VERTICAL 360", *cut])
    )
    header, rows = made.without(made.STATION_HEADER, made.STATIONS, "antenna_gain_dbi")
    made.write_stations(project, [f"{row},K9" for row in rows], header=f"{header},antenna")
    made.write_toml(project, inputs={"antennas": "k9.msi"})
    inputs, problems = read(project)
    assert not problems
    assert set(inputs.antennas) == {"K9", "k9"}
    assert inputs.stations["eirp_dbm"].tolist() == [61.0, 58.0, 61.0, 65.0]  # by hand: P + 16 - 1
    assert [s.file for s in inputs.sources if s.role == "antennas"] == ["k9.msi"]


def test_land_cover_outside_the_legend_is_told(project: Path) -> None:
    cover = np.full((made.SIDE, made.SIDE), 30, dtype=np.uint8)
    cover[0, :4] = 77
    made.write_tif(project / "cover.tif", cover, nodata=0)
    made.write_toml(project, inputs={"land_cover": "cover.tif"})
    _, problems = read(project)
    (problem,) = problems
    assert (problem.severity, problem.rule) == ("warning", "unknown_land_cover")
    assert (problem.file, problem.value, problem.count) == ("cover.tif", "77", 4)


def test_synthetic_data_say_so(project: Path) -> None:
    assert not any(s.is_synthetic for s in read(project)[0].sources)
    made.write_toml(project, project={"synthetic": True})
    assert all(s.is_synthetic for s in read(project)[0].sources)


def test_the_fingerprint_follows_the_content(project: Path) -> None:
    before = read(project)[0].fingerprint
    made.write_villages(project, made.changed(made.VILLAGES, 2, households="41"))
    assert read(project)[0].fingerprint != before


def test_villages_do_not_change_what_a_prediction_depends_on(project: Path) -> None:
    before = read(project)[0].radio_fingerprint
    made.write_villages(project, made.changed(made.VILLAGES, 2, households="41"))
    assert read(project)[0].radio_fingerprint == before
    made.write_stations(project, made.changed(made.STATIONS, 2, azimuth_deg="10"))
    assert read(project)[0].radio_fingerprint != before


def test_load_project_raises_every_error(project: Path) -> None:
    made.write_villages(project, made.changed(made.VILLAGES, 2, households="x", latitude=""))
    with pytest.raises(InputDataError) as caught:
        load_project(project)
    assert [p.rule for p in caught.value.problems] == ["not_a_count", "half_coordinates"]
