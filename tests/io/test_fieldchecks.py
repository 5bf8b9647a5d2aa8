"""Clusters, measurements and published maps as people hand them in: kept, repaired, refused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from coverage.errors import Problem
from coverage.io.project import examine
from coverage.model import Inputs
from tests.io import made

CLUSTER_HEADER = "cluster_id,village_id,name,longitude,latitude,households,reported_signal"
CLUSTERS = (
    "V1-a,V1,Khuổi Tàu,105.8410,22.1310,12,trắng sóng",
    "V1-b,V1,Nà Lùng trên,105.8400,22.1300,20,tốt",
)
SAMPLE_HEADER = "longitude,latitude,operator,technology,rsrp_dbm,download_mbps,measured_at"
SAMPLES = (
    "105.8405,22.1305,Viettel,LTE,-101.5,,2026-05-04 07:30",
    "105.8406,22.1305,VNPT,4G,,3.2,04/05/2026",
)


def with_clusters(project: Path, rows: Iterable[str], header: str = CLUSTER_HEADER) -> Path:
    made.write_table(project / "clusters.csv", header, rows)
    made.write_toml(project, inputs={"clusters": "clusters.csv"})
    return project


def with_samples(project: Path, rows: Iterable[str], header: str = SAMPLE_HEADER) -> Path:
    made.write_table(project / "measurements.csv", header, rows)
    made.write_toml(project, inputs={"measurements": "measurements.csv"})
    return project


def with_maps(
    project: Path, *rows: tuple[str, str, str], shape: BaseGeometry | None = None
) -> Path:
    shape = shape or box(586_000, 2_446_000, 588_000, 2_449_000)
    frame = gpd.GeoDataFrame(
        list(rows), columns=["operator", "technology", "published_at"], geometry=[shape] * len(rows)
    ).set_crs(made.CRS)
    frame.to_file(project / "published.gpkg", driver="GPKG")
    made.write_toml(project, inputs={"operator_coverage": "published.gpkg"})
    return project


def read(project: Path) -> tuple[Inputs, tuple[Problem, ...]]:
    inputs, problems = examine(project)
    assert inputs is not None, [problem.line("en") for problem in problems]
    return inputs, problems


def told(problems: Iterable[Problem]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(p.rule, p.severity, p.rows) for p in problems]


def test_clean_tables_are_read_without_a_word(project: Path) -> None:
    inputs, problems = read(with_clusters(project, CLUSTERS))
    assert problems == ()
    assert inputs.clusters is not None
    assert inputs.clusters["reported_signal"].tolist() == ["none", "good"]
    assert inputs.clusters.crs == inputs.grid.crs
    inputs, problems = read(with_samples(project, SAMPLES))
    assert problems == ()
    assert inputs.measurements is not None
    assert inputs.measurements["technology"].tolist() == ["4G", "4G"]
    assert inputs.measurements["measured_at"].tolist() == ["2026-05-04", "2026-05-04"]
    inputs, problems = read(with_maps(project, ("Viettel", "LTE", "2026-03-31")))
    assert problems == ()
    assert inputs.operator_coverage is not None
    assert inputs.operator_coverage["technology"].tolist() == ["4G"]
    assert {s.role for s in inputs.sources} >= {"operator_coverage", "villages"}


def test_a_cluster_of_no_village_is_an_error(project: Path) -> None:
    rows = [*CLUSTERS, "X-1,V99,Lạc,105.8410,22.1310,3,"]
    inputs, problems = examine(with_clusters(project, rows))
    assert inputs is None
    [problem] = problems
    assert (problem.rule, problem.file, problem.column) == (
        "unknown_village", "clusters.csv", "village_id"
    )  # fmt: skip
    assert (problem.rows, problem.value) == ((4,), "V99")


def test_clusters_larger_than_their_village_are_told(project: Path) -> None:
    rows = [*CLUSTERS, "V1-c,V1,Cụm ba,105.8402,22.1302,9,"]  # 12 + 20 + 9 of 40 households
    _, problems = read(with_clusters(project, rows))
    assert told(problems) == [("clusters_exceed_village", "warning", (2, 3, 4))]
    assert problems[0].value == "V1: 41"
    _, problems = read(with_clusters(project, CLUSTERS))  # 32 of 40
    assert problems == ()


def test_a_cluster_without_place_stays_unknown(project: Path) -> None:
    inputs, problems = read(with_clusters(project, [CLUSTERS[0], "V1-b,V1,Trên,,,5,"]))
    assert told(problems) == [("no_coordinates", "warning", (3,))]
    assert "cụm" in problems[0].what.vi
    assert inputs.clusters is not None
    assert inputs.clusters.geometry.isna().tolist() == [False, True]


def test_a_cluster_far_away_is_told(project: Path) -> None:
    _, problems = read(with_clusters(project, ["V1-a,V1,Xa,105.9505,22.1305,5,"]))
    # 0.11° of longitude are about 11.3 km here; the terrain ends before that
    assert told(problems) == [
        ("outside_terrain", "warning", (2,)),
        ("cluster_far_from_village", "warning", (2,)),
    ]


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ("V1-a,V1,Một,105.84,22.13,5,tạm được", "not_in_list", "reported_signal"),
        ("V1-a,V1,Một,105.84,22.13,năm,", "not_a_count", "households"),
        ("V1-a,V1,Một,105.84,22.13,-5,", "out_of_range", "households"),
        ("V1-a,V1,Một,105.84,22.13,,", "missing_value", "households"),
        (",V1,Một,105.84,22.13,5,", "missing_value", "cluster_id"),
        ("V1-a,,Một,105.84,22.13,5,", "missing_value", "village_id"),
        ("V1-a,V1,Một,22.13,105.84,5,", "swapped_coordinates", "longitude, latitude"),
        ("V1-a,V1,Một,105.84,,5,", "half_coordinates", "longitude, latitude"),
    ],
)
def test_faults_of_clusters(project: Path, row: str, rule: str, column: str) -> None:
    inputs, problems = examine(with_clusters(project, [row]))
    assert inputs is None
    errors = [(p.rule, p.column, p.row) for p in problems if p.severity == "error"]
    assert (rule, column, 2) in errors


def test_a_cluster_twice_and_a_missing_column(project: Path) -> None:
    inputs, problems = examine(with_clusters(project, [CLUSTERS[0], CLUSTERS[0]]))
    assert inputs is None
    assert problems[0].rule == "duplicate_id"
    header, rows = made.without(CLUSTER_HEADER, CLUSTERS, "households")
    inputs, problems = examine(with_clusters(project, rows, header))
    assert inputs is None
    assert [(p.rule, p.column) for p in problems] == [("missing_column", "households")]


def test_samples_that_say_little_are_told(project: Path) -> None:
    rows = [
        *SAMPLES,
        "105.8405,22.1305,Viettel,4G,,,2026-05-04",
        "105.8405,22.1305,Viettel,4G,-99,,",
        "105.8405,22.1305,Vietel,4G,-99,,2026-05-04",
        "105.8405,22.1305,,4G,-99,,2026-05-04",
        "105.8405,22.1305,Viettel,2G,-70,,2026-05-04",
    ]
    inputs, problems = read(with_samples(project, rows))
    assert told(problems) == [
        ("ignored_rows", "warning", ()),
        ("sample_without_value", "warning", (4,)),
        ("no_date", "warning", (5,)),
        ("unknown_operator", "warning", (6,)),
    ]
    assert problems[-1].value == "Vietel"
    assert inputs.measurements is not None
    assert len(inputs.measurements) == 6


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        ("105.84,22.13,A,4G,-9999,,2026-05-04", "out_of_range", "rsrp_dbm"),
        ("105.84,22.13,A,4G,no service,,2026-05-04", "not_a_number", "rsrp_dbm"),
        ("105.84,22.13,A,4G,,-1,2026-05-04", "out_of_range", "download_mbps"),
        ("105.84,22.13,A,4G,-99,,hôm qua", "not_a_date", "measured_at"),
        ("105.84,22.13,A,4G,-99,,31/02/2026", "not_a_date", "measured_at"),
        ("105.84,22.13,A,wifi,-99,,2026-05-04", "not_in_list", "technology"),
        (",22.13,A,4G,-99,,2026-05-04", "missing_value", "longitude"),
        ("22.13,105.84,A,4G,-99,,2026-05-04", "swapped_coordinates", "longitude, latitude"),
    ],
)
def test_faults_of_samples(project: Path, row: str, rule: str, column: str) -> None:
    inputs, problems = examine(with_samples(project, [row]))
    assert inputs is None
    assert (rule, column, 2) in [(p.rule, p.column, p.row) for p in problems]


def test_samples_without_any_value_column(project: Path) -> None:
    header, rows = made.without(SAMPLE_HEADER, SAMPLES, "rsrp_dbm", "download_mbps", "measured_at")
    _, problems = read(with_samples(project, rows, header))
    assert told(problems) == [
        ("sample_without_value", "warning", (2, 3)),
        ("no_date", "warning", (2, 3)),
    ]


def test_published_maps_that_say_little_are_told(project: Path) -> None:
    _, problems = read(
        with_maps(
            project,
            ("VIETTEL", "4G", "2025-01-01"),
            ("Viettel", "4G", "2026-01-01"),
            ("Viettel", "5G", ""),
            ("Beeline", "4G", "2026-01-01"),
            ("Viettel", "2G", "2026-01-01"),
        )
    )
    assert told(problems) == [
        ("ignored_rows", "warning", ()),
        ("no_date", "warning", (3,)),
        ("older_publication", "warning", (1,)),
        ("unknown_operator", "warning", (4,)),
    ]


def test_faults_of_published_maps(project: Path) -> None:
    inputs, problems = examine(with_maps(project, ("", "6G", "năm nay")))
    assert inputs is None
    assert {(p.rule, p.column) for p in problems} == {
        ("missing_value", "operator"),
        ("not_in_list", "technology"),
        ("not_a_date", "published_at"),
    }
    line = LineString([(586_000, 2_446_000), (588_000, 2_449_000)])
    inputs, problems = examine(with_maps(project, ("Viettel", "4G", ""), shape=line))
    assert inputs is None
    assert [p.rule for p in problems] == ["wrong_geometry"]


def test_a_published_map_that_crosses_itself_is_mended(project: Path) -> None:
    bow = Polygon([(586e3, 2446e3), (588e3, 2449e3), (588e3, 2446e3), (586e3, 2449e3)])
    inputs, problems = read(with_maps(project, ("Viettel", "4G", "2026-01-01"), shape=bow))
    assert problems == ()
    assert inputs.operator_coverage is not None
    assert inputs.operator_coverage.is_valid.all()
    # by hand: two triangles of 3 km by 1 km
    assert np.isclose(inputs.operator_coverage.area.sum(), 3e6)


def test_hostile_names_stay_text(project: Path) -> None:
    name = '=cmd|"/c calc"!A1'
    inputs, _ = read(with_clusters(project, [f"{name},V1,<img onerror=alert(1)>,105.84,22.13,5,"]))
    assert inputs.clusters is not None
    assert inputs.clusters["cluster_id"].tolist() == [name]


def test_every_new_message_is_in_both_languages(project: Path) -> None:
    rows = ["X-1,V99,Lạc,,,3,", "V1-b,V1,Xa,105.9505,22.1305,99,"]
    _, problems = examine(with_clusters(project, rows))
    for problem in problems:
        assert problem.what.vi != problem.what.en
        assert problem.fix.vi != problem.fix.en
