"""The roads as a graph: every vertex of their lines, joined where lines meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array

Coordinates = np.ndarray[Any, np.dtype[np.float64]]
IndexArray = np.ndarray[Any, np.dtype[np.int64]]

SNAP_M: Final = 1.0
"""Line ends closer than this are the same vertex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadGraph:
    """Vertices (n, 2) in metres, and edges between them.

    `start` < `end` are positions of vertices; `length_m` is the distance along the edge; `road` the
    position of the road in the layer. Of several edges between the same two vertices the shortest
    is kept. `points` are the vertices of the points that were given along with the roads.
    """

    vertices_m: Coordinates
    start: IndexArray
    end: IndexArray
    length_m: Coordinates
    road: IndexArray
    points: IndexArray

    @property
    def matrix(self) -> csr_array:
        """Lengths as a sparse matrix, one entry an edge."""
        size = len(self.vertices_m)
        return csr_array(coo_array((self.length_m, (self.start, self.end)), shape=(size, size)))


def road_graph(roads: gpd.GeoDataFrame | None, points_m: Coordinates | None = None) -> RoadGraph:
    """Return the graph of the roads' lines; points become vertices too, without edges of their own.

    Parameters
    ----------
    roads
        Lines on one metric system, or None.
    points_m
        Further vertices (k, 2) on the same system. A point within a metre of a line's vertex is
        that vertex.
    """
    geometries = np.array([], dtype=object) if roads is None else roads.geometry.to_numpy()
    parts, road_of_part = shapely.get_parts(geometries, return_index=True)
    on_line, part = shapely.get_coordinates(parts, return_index=True)
    extra = np.empty((0, 2)) if points_m is None else np.asarray(points_m, dtype=float)
    keys, vertex = np.unique(
        np.round(np.concatenate([on_line, extra]) / SNAP_M).astype(np.int64),
        axis=0,
        return_inverse=True,
    )
    on_road, points = vertex[: len(on_line)], vertex[len(on_line) :]
    along = part[1:] == part[:-1]
    start, end = on_road[:-1][along], on_road[1:][along]
    length_m = np.hypot(*(on_line[1:][along] - on_line[:-1][along]).T)
    road = road_of_part[part[:-1][along]]
    kept = _shortest_of_parallel(start, end, length_m)
    return RoadGraph(
        vertices_m=np.asarray(keys * SNAP_M, dtype=float),
        start=np.minimum(start, end)[kept],
        end=np.maximum(start, end)[kept],
        length_m=length_m[kept],
        road=road[kept].astype(np.int64),
        points=points,
    )


def _shortest_of_parallel(start: IndexArray, end: IndexArray, length_m: Coordinates) -> IndexArray:
    """Positions of the edges to keep: no loops, the shortest between any two vertices."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((length_m, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(order.size, dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    kept: IndexArray = order[first]
    return kept
