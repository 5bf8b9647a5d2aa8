"""Distance to fibre along roads, and without them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from coverage.access import fibre_distance

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
    assert found["fibre_distance_m"].iloc[0] == pytest.approx(7_130.0)
