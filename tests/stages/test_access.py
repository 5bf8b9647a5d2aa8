"""Distance to fibre along roads, and without them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from coverage.access import fibre_distance, road_distance

CRS = "EPSG:3405"
VILLAGES = gpd.GeoDataFrame(
    {"village_id": ["near", "off", "nowhere"]},
    geometry=[Point(0, 100), Point(50_000, 0), None],
    crs=CRS,
)
NODES = gpd.GeoDataFrame({"node_id": ["N1"]}, geometry=[Point(3_000, 4_000)], crs=CRS)
# An L: 3 km east, then 4 km north to the node; the straight way from its corner is 5 km.
ROADS = gpd.GeoDataFrame(
    geometry=[LineString([(0, 0), (3_000, 0)]), LineString([(3_000, 0), (3_000, 4_000)])], crs=CRS
)


def test_along_the_road() -> None:
    found = fibre_distance(VILLAGES, NODES, ROADS).iloc[0]
    # by hand: 100 m off the road × 1.3 + 3,000 + 4,000 m
    assert found["fibre_distance_m"] == pytest.approx(7_130.0)
    assert found["fibre_distance_method"] == "road"
    assert found["nearest_fibre_node"] == "N1"


def test_where_no_road_leads_the_straight_line_counts_with_a_detour() -> None:
    found = fibre_distance(VILLAGES, NODES, ROADS).iloc[1]
    assert found["fibre_distance_m"] == pytest.approx(1.3 * np.hypot(47_000, 4_000), abs=0.1)
    assert found["fibre_distance_method"] == "straight"


def test_without_roads() -> None:
    found = fibre_distance(VILLAGES, NODES, None).iloc[0]
    assert found["fibre_distance_m"] == pytest.approx(1.3 * np.hypot(3_000, 3_900), abs=0.1)


def test_without_place_or_nodes_nothing_is_known() -> None:
    assert np.isnan(fibre_distance(VILLAGES, NODES, ROADS)["fibre_distance_m"].iloc[2])
    assert fibre_distance(VILLAGES, None, ROADS)["fibre_distance_m"].isna().all()


def test_a_loop_of_two_parallel_roads_takes_the_shorter() -> None:
    detour = LineString([(0, 0), (0, 9_000), (3_000, 9_000), (3_000, 0)])
    roads = gpd.GeoDataFrame(geometry=[detour, *ROADS.geometry], crs=CRS)
    found = fibre_distance(VILLAGES, NODES, roads)
    # by hand: the village stands on the detour, 100 m from the corner; then 3,000 + 4,000 m
    assert found["fibre_distance_m"].iloc[0] == pytest.approx(7_100.0)


def test_a_road_is_entered_between_its_corners() -> None:
    beside = VILLAGES.set_geometry([Point(1_500, 200), *VILLAGES.geometry[1:]])
    found = fibre_distance(beside, NODES, ROADS)
    # by hand: 200 m × 1.3 to the middle of the first road, then 1,500 + 4,000 m
    assert found["fibre_distance_m"].iloc[0] == pytest.approx(5_760.0)


def test_only_lines_that_may_be_tapped_bring_fibre_nearer() -> None:
    # A line from north to south, 2 km east of the first village; it crosses the first road.
    line = LineString([(2_000, -5_000), (2_000, 5_000)])
    for tap, kind, distance_m, straight_m in (
        (False, "node", 7_130.0, np.hypot(3_000, 3_900)),
        # by hand: 100 m × 1.3 to the road, then 2,000 m along it to the line
        (True, "line", 2_130.0, 2_000.0),
    ):
        lines = gpd.GeoDataFrame({"tap": [tap]}, geometry=[line], crs=CRS)
        found = fibre_distance(VILLAGES, NODES, ROADS, lines).iloc[0]
        assert found["fibre_access_kind"] == kind
        assert found["fibre_access_distance_m"] == pytest.approx(distance_m, abs=0.2)
        assert found["fibre_access_straight_m"] == pytest.approx(straight_m, abs=0.1)
        assert found["fibre_access_method"] == "road"
        assert found["fibre_distance_m"] == pytest.approx(7_130.0)  # always to the node


def test_a_line_close_by_is_reached_without_a_road() -> None:
    line = LineString([(-200, -5_000), (-200, 5_000)])
    lines = gpd.GeoDataFrame({"tap": [True]}, geometry=[line], crs=CRS)
    for roads in (ROADS, None):
        found = fibre_distance(VILLAGES, None, roads, lines)
        assert found["fibre_access_distance_m"].iloc[0] == pytest.approx(260.0)  # 200 m × 1.3
        assert found["fibre_access_method"].iloc[0] == "straight"
        assert found["fibre_distance_m"].isna().all()
        # by hand: far from any road; straight × 1.3
        assert found["fibre_access_distance_m"].iloc[1] == pytest.approx(1.3 * 50_200)
        assert np.isnan(found["fibre_access_distance_m"].iloc[2])


def test_the_nearer_of_node_and_line_counts() -> None:
    line = LineString([(-9_000, 0), (-9_000, 1_000)])
    lines = gpd.GeoDataFrame({"tap": [True]}, geometry=[line], crs=CRS)
    found = fibre_distance(VILLAGES, NODES, ROADS, lines).iloc[0]
    assert (found["fibre_access_kind"], found["fibre_access_distance_m"]) == ("node", 7_130.0)


def test_distance_to_a_road() -> None:
    found = road_distance(VILLAGES, ROADS)
    assert found.iloc[0] == 100.0
    assert found.iloc[1] == 47_000.0  # by hand: to the end of the first road at x = 3,000
    assert np.isnan(found.iloc[2])
    assert road_distance(VILLAGES, None).isna().all()
