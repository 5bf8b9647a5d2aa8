"""How far a village is from the nearest fibre node, along roads where there are any."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from coverage.roads import Coordinates, IndexArray, road_graph

DETOUR: Final = 1.3
"""Straight line to route where no road is known (design assumption)."""
MAX_TO_ROAD_M: Final = 3_000.0
"""A village or node farther from any road than this is not on the road network."""


def fibre_distance(
    villages: gpd.GeoDataFrame,
    fibre_nodes: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return each village's distance to the nearest fibre node.

    Parameters
    ----------
    villages, fibre_nodes
        Points on one metric system; villages may lack a place.
    roads
        Lines on the same system, or None.

    Returns
    -------
    DataFrame
        Indexed as `villages`: `fibre_distance_m` (NaN where not known), `fibre_distance_method`
        ("road", "straight" or ""), `nearest_fibre_node`.
    """
    table = pd.DataFrame(
        {"fibre_distance_m": np.nan, "fibre_distance_method": "", "nearest_fibre_node": ""},
        index=villages.index,
    )
    placed = villages.geometry.notna().to_numpy()
    if fibre_nodes is None or fibre_nodes.empty or not placed.any():
        return table
    here = _coordinates(villages[placed])
    nodes = _coordinates(fibre_nodes)
    straight_m, nearest = cKDTree(nodes).query(here)
    distance_m, method = straight_m * DETOUR, np.full(len(here), "straight", dtype=object)
    if roads is not None and not roads.empty:
        by_road_m, node = _by_road(here, nodes, roads)
        reached = np.isfinite(by_road_m)
        distance_m = np.where(reached, by_road_m, distance_m)
        nearest = np.where(reached, node, nearest)
        method[reached] = "road"
    table.loc[placed, "fibre_distance_m"] = np.round(distance_m, 1)
    table.loc[placed, "fibre_distance_method"] = method
    table.loc[placed, "nearest_fibre_node"] = fibre_nodes["node_id"].to_numpy()[nearest]
    return table


def _by_road(
    here: Coordinates, nodes: Coordinates, roads: gpd.GeoDataFrame
) -> tuple[Coordinates, np.ndarray[Any, Any]]:
    """Distance from each place to its nearest node over the road network; inf if unreachable."""
    graph = road_graph(roads)
    tree = cKDTree(graph.vertices_m)
    node_gap_m, node_vertex = _nearest(tree, nodes)
    usable = np.flatnonzero(node_gap_m <= MAX_TO_ROAD_M)
    if usable.size == 0:
        return np.full(len(here), np.inf), np.zeros(len(here), dtype=np.int64)
    gap_m, vertex = _nearest(tree, here)
    lengths_m = dijkstra(graph.matrix, directed=False, indices=node_vertex[usable])
    to_node_m = lengths_m[:, vertex] + node_gap_m[usable, None] * DETOUR
    best = np.argmin(to_node_m, axis=0)
    total_m = to_node_m[best, np.arange(len(here))] + gap_m * DETOUR
    total_m[gap_m > MAX_TO_ROAD_M] = np.inf
    return total_m, usable[best]


def _nearest(tree: cKDTree, points: Coordinates) -> tuple[Coordinates, IndexArray]:
    """Distance to, and position of, the tree's point nearest to each of `points`."""
    gap_m, index = tree.query(points)
    return np.asarray(gap_m, dtype=float), np.asarray(index, dtype=np.int64)


def _coordinates(points: gpd.GeoDataFrame) -> Coordinates:
    return np.column_stack([points.geometry.x, points.geometry.y])
