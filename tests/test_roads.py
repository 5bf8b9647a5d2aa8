"""The road graph: joined ends, kept lengths, points that become vertices."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString

from coverage.roads import road_graph

CRS = "EPSG:3405"


def roads(*lines: LineString | MultiLineString) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(lines), crs=CRS)


def test_lines_join_where_they_meet_within_a_metre() -> None:
    graph = road_graph(
        roads(LineString([(0, 0), (100, 0)]), LineString([(100.3, 0.2), (100, 50), (100, 90)]))
    )
    assert len(graph.vertices_m) == 4
    assert graph.length_m.sum() == pytest.approx(100 + np.hypot(0.3, 49.8) + 40)
    assert sorted(graph.road.tolist()) == [0, 1, 1]


def test_of_parallel_edges_the_shortest_stays_with_its_road() -> None:
    graph = road_graph(
        roads(
            LineString([(0, 0), (30, 40), (60, 0)]),
            MultiLineString([[(60, 0), (0, 0)], [(0, 0), (0, 0.1)]]),
        )
    )
    assert graph.matrix.sum() == pytest.approx(50 + 50 + 60)
    assert sorted(graph.road.tolist()) == [0, 0, 1]  # the piece of 10 cm is no edge


def test_points_are_vertices_without_edges() -> None:
    points = np.array([[100.4, 0.0], [500.0, 500.0], [500.2, 500.0]])
    graph = road_graph(roads(LineString([(0, 0), (100, 0)])), points)
    assert len(graph.vertices_m) == 3
    assert graph.points[1] == graph.points[2]
    assert graph.vertices_m[graph.points[0]].tolist() == [100.0, 0.0]
    assert graph.start.size == 1


@pytest.mark.parametrize("layer", [None, roads()])
def test_no_roads(layer: gpd.GeoDataFrame | None) -> None:
    graph = road_graph(layer, np.array([[1.0, 2.0]]))
    assert (graph.start.size, graph.points.tolist()) == (0, [0])
    assert road_graph(layer).matrix.shape == (0, 0)
