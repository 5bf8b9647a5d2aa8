"""How far a village is from a road and from fibre, along roads where there are any."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from coverage.roads import Coordinates, IndexArray, RoadGraph, road_graph

DETOUR: Final = 1.3
"""Straight line to route where no road is known (design assumption)."""
MAX_TO_ROAD_M: Final = 3_000.0
"""A village, node or line farther from any road than this is not on the road network."""
_STEP_M: Final = 100.0
"""A road can be entered or left at least so often."""
_TOUCHING_M: Final = 1e-3
"""Length of an edge between places that touch (an edge of 0 would be none)."""


def road_distance(villages: gpd.GeoDataFrame, roads: gpd.GeoDataFrame | None) -> pd.Series:
    """Return each village's straight distance to the nearest road; NaN where not known.

    The series is named `road_distance_m` and indexed as `villages`.
    """
    distance_m = pd.Series(np.nan, index=villages.index, name="road_distance_m")
    placed = villages.geometry.notna().to_numpy()
    if roads is not None and not roads.empty and placed.any():
        distance_m[placed] = np.round(_to_lines(_coordinates(villages[placed]), roads), 1)
    return distance_m


def fibre_distance(
    villages: gpd.GeoDataFrame,
    fibre_nodes: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    fibre_lines: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Return each village's distance to fibre.

    Parameters
    ----------
    villages, fibre_nodes
        Points on one metric system; villages may lack a place.
    roads, fibre_lines
        Lines on the same system, or None. Of the fibre lines only those with `tap` true count.

    Returns
    -------
    DataFrame
        Indexed as `villages`. To the nearest node: `fibre_distance_m` (NaN where not known),
        `fibre_distance_method` ("road", "straight" or ""), `nearest_fibre_node`. To the nearest
        node or line that may be tapped: `fibre_access_distance_m`, `fibre_access_method`,
        `fibre_access_kind` ("node", "line" or ""), and `fibre_access_straight_m`, the straight line
        to the nearest of either.
    """
    table = pd.DataFrame(
        {
            "fibre_distance_m": np.nan,
            "fibre_distance_method": "",
            "nearest_fibre_node": "",
            "fibre_access_distance_m": np.nan,
            "fibre_access_method": "",
            "fibre_access_kind": "",
            "fibre_access_straight_m": np.nan,
        },
        index=villages.index,
    )
    placed = villages.geometry.notna().to_numpy()
    lines = None if fibre_lines is None else fibre_lines[fibre_lines["tap"].astype(bool)]
    if not placed.any():
        return table
    here = _coordinates(villages[placed])
    graph = None if roads is None or roads.empty else road_graph(_often_entered(roads))
    best_m = np.full(len(here), np.inf)
    straight_m, method = best_m.copy(), np.full(len(here), "", dtype=object)
    kind = method.copy()
    if fibre_nodes is not None and not fibre_nodes.empty:
        straight_m, best_m, method, nearest = _to_nodes(here, _coordinates(fibre_nodes), graph)
        kind[:] = "node"
        table.loc[placed, "fibre_distance_m"] = np.round(best_m, 1)
        table.loc[placed, "fibre_distance_method"] = method
        table.loc[placed, "nearest_fibre_node"] = fibre_nodes["node_id"].to_numpy()[nearest]
    if lines is not None and not lines.empty:
        gap_m, line_m, line_method = _to_tappable(here, lines, graph)
        closer = line_m < best_m
        best_m, method = np.where(closer, line_m, best_m), np.where(closer, line_method, method)
        kind = np.where(closer, "line", kind)
        straight_m = np.minimum(straight_m, gap_m)
    if np.isfinite(best_m).all():
        table.loc[placed, "fibre_access_distance_m"] = np.round(best_m, 1)
        table.loc[placed, "fibre_access_method"] = method
        table.loc[placed, "fibre_access_kind"] = kind
        table.loc[placed, "fibre_access_straight_m"] = np.round(straight_m, 1)
    return table


Methods = np.ndarray[Any, np.dtype[np.object_]]


def _to_nodes(
    here: Coordinates, nodes: Coordinates, graph: RoadGraph | None
) -> tuple[Coordinates, Coordinates, Methods, IndexArray]:
    """Straight and routed distance to the nearest node, how it was found, and which one it is."""
    straight_m, nearest = _nearest(cKDTree(nodes), here)
    distance_m, method = straight_m * DETOUR, np.full(len(here), "straight", dtype=object)
    if graph is not None:
        by_road_m, node = _by_road(here, nodes, graph)
        reached = np.isfinite(by_road_m)
        distance_m = np.where(reached, by_road_m, distance_m)
        nearest = np.where(reached, node, nearest)
        method[reached] = "road"
    return straight_m, distance_m, method, nearest


def _to_tappable(
    here: Coordinates, lines: gpd.GeoDataFrame, graph: RoadGraph | None
) -> tuple[Coordinates, Coordinates, Methods]:
    """Straight and routed distance to the nearest line, and how it was found.

    A line may be left wherever a road comes near it. A village within `MAX_TO_ROAD_M` of the line
    is also joined to it directly, if that is shorter.
    """
    straight_m = _to_lines(here, lines)
    direct_m = straight_m * DETOUR
    distance_m, method = direct_m.copy(), np.full(len(here), "straight", dtype=object)
    if graph is None:
        return straight_m, distance_m, method
    gap_m, vertex = _nearest(cKDTree(graph.vertices_m), here)
    from_line_m = _to_lines(graph.vertices_m, lines)
    leaves = np.flatnonzero(from_line_m <= MAX_TO_ROAD_M)
    if leaves.size:
        lengths_m = _from_one_source(graph.matrix, leaves, from_line_m[leaves] * DETOUR)
        by_road_m = lengths_m[vertex] + gap_m * DETOUR
        by_road_m[gap_m > MAX_TO_ROAD_M] = np.inf
        near = straight_m <= MAX_TO_ROAD_M
        on_road = np.isfinite(by_road_m) & (~near | (by_road_m < direct_m))
        distance_m = np.where(on_road, by_road_m, direct_m)
        method[on_road] = "road"
    return straight_m, distance_m, method


def _from_one_source(graph: csr_array, joined: IndexArray, gap_m: Coordinates) -> Coordinates:
    """Shortest way from a place that is joined to some vertices by edges of known length."""
    size = graph.shape[0]
    edges = coo_array(graph)
    row = np.concatenate([edges.row, np.full(joined.size, size)])
    column = np.concatenate([edges.col, joined])
    length_m = np.concatenate([edges.data, np.maximum(gap_m, _TOUCHING_M)])
    whole = csr_array(coo_array((length_m, (row, column)), shape=(size + 1, size + 1)))
    source = np.array([size], dtype=np.int64)
    return np.asarray(dijkstra(whole, directed=False, indices=source)[0, :size])


def _to_lines(places: Coordinates, lines: gpd.GeoDataFrame) -> Coordinates:
    """Straight distance from each place to the nearest line."""
    tree = shapely.STRtree(shapely.get_parts(lines.geometry.array))
    (place, _), gap_m = tree.query_nearest(
        shapely.points(places), return_distance=True, all_matches=False
    )
    distance_m = np.full(len(places), np.inf)
    distance_m[place] = gap_m
    return distance_m


def _by_road(
    here: Coordinates, nodes: Coordinates, graph: RoadGraph
) -> tuple[Coordinates, IndexArray]:
    """Distance from each place to its nearest node over the road network; inf if unreachable."""
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


def _often_entered(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the roads with a vertex at least every `_STEP_M`."""
    return roads.assign(geometry=shapely.segmentize(roads.geometry.array, _STEP_M))


def _nearest(tree: cKDTree, points: Coordinates) -> tuple[Coordinates, IndexArray]:
    """Distance to, and position of, the tree's point nearest to each of `points`."""
    gap_m, index = tree.query(points)
    return np.asarray(gap_m, dtype=float), np.asarray(index, dtype=np.int64)


def _coordinates(points: gpd.GeoDataFrame) -> Coordinates:
    return np.column_stack([points.geometry.x, points.geometry.y])
