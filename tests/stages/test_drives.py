"""Road stretches to drive: cut, gathered and ordered by hand; written for a phone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from coverage.conversion.field import write_survey
from coverage.drives import stretches
from tests.stages.world import CRS, GRID

WEST, NORTH = 590_000.0, 2_445_000.0
GPX = "{http://www.topografix.com/GPX/1/1}"


def place(x: float, y: float = 0.0) -> Point:
    """Return a point x metres east and y north of a corner."""
    return Point(WEST + x, NORTH + y)


def road(*corners: tuple[float, float], road_class: str = "village") -> dict[str, Any]:
    """Return a road through corners."""
    line = LineString([(WEST + x, NORTH + y) for x, y in corners])
    return {"road_class": road_class, "geometry": line}


def asked(village_id: str, where: Point, households: float, ranks: float = 1.0) -> dict[str, Any]:
    """Return a village to measure and what its answer is expected to change."""
    return {
        "village_id": village_id,
        "name": f"Thôn {village_id}",
        "households": 50,
        "radius_m": 500.0,
        "reason_vi": "Chưa chắc chắn.",
        "reason_en": "Not sure.",
        "expected_households_change": households,
        "expected_rank_change": ranks,
        "geometry": where,
    }


def finished(
    villages: list[dict[str, Any]],
    roads: list[dict[str, Any]] | None,
    samples: list[Point] | None = None,
) -> Any:
    """Return what stretches read of a result."""
    table = gpd.GeoDataFrame(villages, geometry="geometry", crs=CRS)
    listed = pd.DataFrame(table.drop(columns="geometry"))
    listed.insert(0, "measure_rank", np.arange(1, len(listed) + 1))
    return SimpleNamespace(
        villages=table,
        measure_next=listed,
        inputs=SimpleNamespace(
            roads=None if roads is None else gpd.GeoDataFrame(roads, geometry="geometry", crs=CRS),
            measurements=None if samples is None else gpd.GeoDataFrame(geometry=samples, crs=CRS),
            grid=GRID,
            project=SimpleNamespace(name="Thử"),
            synthetic_roles=("roads",),
            fingerprint="made",
        ),
    )


def test_a_road_is_cut_and_the_stretch_that_changes_most_is_first() -> None:
    # by hand: 5 km in three stretches of 1,667 m; A lies at 300 m and B at 4,800 m along it, C is
    # 600 m off and out of reach
    villages = [
        asked("A", place(300.0, 100.0), 5.0),
        asked("B", place(4800.0, -400.0), 9.0),
        asked("C", place(2500.0, 600.0), 99.0),
    ]
    found = stretches(finished(villages, [road((0.0, 0.0), (5000.0, 0.0))]))
    assert found["village_ids"].tolist() == ["B", "A"]
    assert found["drive_rank"].tolist() == [1, 2]
    assert found["length_m"].tolist() == [1666.7, 1666.7]
    assert found["expected_households_change"].tolist() == [9.0, 5.0]


def test_a_village_counts_for_one_stretch_only() -> None:
    # by hand: one road passes both (7 + 6 = 13), the other only B: nothing is left for it
    villages = [asked("A", place(0.0, 300.0), 7.0), asked("B", place(1000.0, 300.0), 6.0)]
    both = road((0.0, 0.0), (1000.0, 0.0), road_class="provincial")
    one = road((1000.0, 400.0), (1900.0, 400.0))
    found = stretches(finished(villages, [one, both]))
    assert found["village_ids"].tolist() == ["A, B"]
    assert found["road_class"].tolist() == ["provincial"]
    assert found["households"].tolist() == [100]


def test_of_equal_gain_the_shorter_is_first() -> None:
    far, near = road((0.0, 0.0), (1800.0, 0.0)), road((0.0, 200.0), (900.0, 200.0))
    found = stretches(finished([asked("A", place(100.0, 100.0), 3.0)], [far, near]))
    assert found["length_m"].tolist() == [900.0]


def test_samples_along_the_stretch_are_counted_once_each() -> None:
    samples = [place(100.0, 50.0), place(120.0, 50.0), place(100.0, 200.0)]
    villages = [asked("A", place(300.0, 100.0), 5.0)]
    found = stretches(finished(villages, [road((0.0, 0.0), (900.0, 0.0))], samples))
    assert found["samples_near"].tolist() == [2]  # the third is 200 m off, a pixel is 90 m


@pytest.mark.parametrize(
    ("villages", "roads"),
    [
        ([asked("A", place(0.0), 5.0)], None),
        ([asked("A", place(0.0, 9000.0), 5.0)], [road((0.0, 0.0), (900.0, 0.0))]),
    ],
    ids=["no roads", "out of reach"],
)
def test_without_anything_to_drive_the_table_is_empty_with_its_columns(
    villages: list[dict[str, Any]], roads: list[dict[str, Any]] | None
) -> None:
    found = stretches(finished(villages, roads))
    assert len(found) == 0
    assert {"drive_rank", "village_ids", "samples_near", "geometry"} <= set(found.columns)


def test_files_for_a_phone_hold_the_same_places_and_names_are_text(tmp_path: Path) -> None:
    hostile = asked("A", place(300.0, 100.0), 5.0) | {"name": "<script>=1+1</script>"}
    result = finished([hostile], [road((0.0, 0.0), (900.0, 0.0))])
    first = write_survey(result, tmp_path / "one", language="en")
    again = write_survey(result, tmp_path / "two", language="en")
    assert [path.name for path in first] == [
        "measure.gpx",
        "measure.kml",
        "measure_next.csv",
        "measure_stretches.csv",
    ]
    for one, two in zip(first, again, strict=True):
        assert one.read_bytes() == two.read_bytes()
    root = ET.fromstring(first[0].read_bytes())  # noqa: S314 - our own file
    point = root.find(f"{GPX}wpt")
    assert point is not None
    degrees = gpd.GeoSeries([place(300.0, 100.0)], crs=CRS).to_crs("EPSG:4326")[0]
    assert float(point.attrib["lat"]) == pytest.approx(degrees.y, abs=1e-6)
    assert float(point.attrib["lon"]) == pytest.approx(degrees.x, abs=1e-6)
    assert point.findtext(f"{GPX}name") == "1. <script>=1+1</script>"
    assert root.findtext(f"{GPX}trk/{GPX}name") == "Stretch 1: 0.9 km, 1 villages"
    assert len(root.findall(f"{GPX}trk/{GPX}trkseg/{GPX}trkpt")) == 2
    assert b"<script>" not in first[0].read_bytes()
    assert b"<script>" not in first[1].read_bytes()
    table = pd.read_csv(first[3])
    assert table["village_ids"].tolist() == ["A"]
