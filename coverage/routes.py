"""Fibre to places: along roads from the nodes and lines that can be tapped, at the least cost.

Where no road leads, a straight piece × the detour factor joins the nearest known vertex; it is of
the kind `fibre_off_road`, so every such metre is told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Delaunay

from coverage.costs import Cost
from coverage.errors import InfeasibleError
from coverage.laying import (
    KINDS,
    OFF_ROAD,
    Ground,
    class_factors,
    edge_prices,
    laying_kinds,
    near_lines,
)
from coverage.params import CostRules, RouteRules
from coverage.roads import Coordinates, IndexArray, RoadGraph, road_graph
from coverage.steiner import cheapest_tree
from coverage.text import Text

_FEW: Final = 300
"""Up to so many vertices every pair is a possible bridge; beyond, the triangulation's edges are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreNetwork:
    """Every way that fibre may take, priced.

    Edges lead between vertices (positions in `vertices_m`); `kind` is a position in `KINDS`;
    `crossings` counts rivers; where `slope_unknown` no slope factor is in the price.
    `place_vertex` is -1 for a place without coordinates. `sources` are the vertices that have
    fibre, `source_ids` what stands there: a node's id, or "" on a tappable line.
    """

    vertices_m: Coordinates
    start: IndexArray
    end: IndexArray
    length_m: Coordinates
    kind: IndexArray
    capex_vnd: IndexArray
    opex_vnd_per_year: IndexArray
    crossings: IndexArray
    slope_unknown: np.ndarray[Any, np.dtype[np.bool_]]
    place_vertex: IndexArray
    sources: IndexArray
    source_ids: tuple[str, ...]
    crs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreRoutes:
    """A tree of new fibre.

    `segments`: pieces of one kind between branching points, `segment_id`, `kind`, `length_m`,
    `capex_vnd`, `opex_vnd_per_year`, `river_crossings`, `places` (how many are reached through it),
    geometry.
    `places`: one row for each place asked for, by position, `source_id`, `route_length_m` along the
    tree, `off_road_m` of it. `bound_vnd`: no tree over the same network has a lower capex.
    """

    segments: gpd.GeoDataFrame
    places: pd.DataFrame
    cost: Cost
    length_m: float
    bound_vnd: int

    @property
    def gap(self) -> float:
        """How far the capex may lie above the least possible, as a share of it."""
        return 1.0 - self.bound_vnd / self.cost.capex_vnd if self.cost.capex_vnd else 0.0


def fibre_network(
    places: gpd.GeoDataFrame,
    *,
    fibre_nodes: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    fibre_lines: gpd.GeoDataFrame | None = None,
    power_lines: gpd.GeoDataFrame | None = None,
    ground: Ground | None = None,
    rules: RouteRules,
    costs: CostRules,
) -> FibreNetwork:
    """Price every way that fibre may take between places and what has fibre already.

    Parameters
    ----------
    places
        Points on the metric system of all layers; a place may lack its point.
    fibre_nodes, fibre_lines
        Where fibre can be tapped: at nodes, and along lines whose `tap` is true. Lines of kind duct
        are ducts to pull cable through along the roads beside them.
    roads, power_lines
        Ways, and the poles beside them (lines of kind mv and lv). A road without a known surface is
        priced as paved.
    ground
        Heights and rivers; without heights no slope is priced, without rivers no crossing.

    Raises
    ------
    InfeasibleError
        Where there is neither a fibre node nor a line that may be tapped.
    """
    known = places.geometry.notna().to_numpy() & ~places.geometry.is_empty.to_numpy()
    here = _points(places[known])
    nodes = np.empty((0, 2)) if fibre_nodes is None else _points(fibre_nodes)
    tapped = _tappable(fibre_lines)
    on_lines = shapely.get_coordinates(tapped)
    graph = road_graph(roads, np.concatenate([here, nodes, on_lines]))
    at_nodes = graph.points[len(here) : len(here) + len(nodes)]
    near_line = near_lines(tapped, graph.vertices_m, rules.tap_reach_m)
    near_line[graph.points[len(here) + len(nodes) :]] = True
    ids = {int(vertex): "" for vertex in np.flatnonzero(near_line)}
    if fibre_nodes is not None:
        names = fibre_nodes["node_id"].astype(str)
        ids |= {int(v): name for v, name in zip(at_nodes[::-1], names[::-1], strict=True)}
    if not ids:
        raise InfeasibleError(
            Text(
                "Không có nút cáp quang hay tuyến cáp cho phép rẽ nhánh (tap = true), nên không "
                "tính được tuyến cáp. Hãy thêm lớp fibre_nodes vào dự án.",
                "There is no fibre node and no line that may be tapped (tap = true), so no fibre "
                "route can be found. Add the layer fibre_nodes to the project.",
            )
        )
    bridge_start, bridge_end, bridge_m = _bridges(graph, sorted(ids), rules.detour)
    on_road = laying_kinds(
        graph, roads=roads, power_lines=power_lines, fibre_lines=fibre_lines, rules=rules
    )
    kind = np.concatenate([on_road, np.full(len(bridge_m), OFF_ROAD)])
    length_m = np.concatenate([graph.length_m, bridge_m])
    start = np.concatenate([graph.start, bridge_start])
    end = np.concatenate([graph.end, bridge_end])
    factors = [class_factors(graph, roads, rules), np.ones(len(bridge_m))]
    prices = edge_prices(
        (graph.vertices_m[start], graph.vertices_m[end]),
        length_m,
        kind,
        np.concatenate(factors),
        ground=Ground() if ground is None else ground,
        rules=rules,
        costs=costs,
    )
    place_vertex = np.full(len(places), -1, dtype=np.int64)
    place_vertex[known] = graph.points[: len(here)]
    return FibreNetwork(
        vertices_m=graph.vertices_m,
        start=start,
        end=end,
        length_m=length_m,
        kind=kind,
        capex_vnd=prices.capex_vnd,
        opex_vnd_per_year=prices.opex_vnd_per_year,
        crossings=prices.crossings,
        slope_unknown=prices.slope_unknown,
        place_vertex=place_vertex,
        sources=np.array(sorted(ids), dtype=np.int64),
        source_ids=tuple(ids[vertex] for vertex in sorted(ids)),
        crs=str(places.crs),
    )


def single_routes(network: FibreNetwork) -> pd.DataFrame:
    """Price each place's own cheapest route, as if no other were built.

    Returns
    -------
    DataFrame
        By position of the place: `capex_vnd`, `opex_vnd_per_year`, `length_m`, `off_road_m`,
        `source_id`; NaN and "" for a place without coordinates.
    """
    parent = ways_to_sources(network, np.arange(len(network.start)))
    sums = sums_to_source(network, parent)
    table = _by_place(network, network.place_vertex, sums)
    return table.rename(columns={"route_length_m": "length_m"})


def connect(network: FibreNetwork, chosen: np.ndarray[Any, Any]) -> FibreRoutes:
    """Join the chosen places to fibre by one tree of least capex.

    Parameters
    ----------
    network
        Every way, from `fibre_network`.
    chosen
        Positions of the places; those without coordinates are left out of the tree and have no
        route in the result.
    """
    wanted = network.place_vertex[np.asarray(chosen, dtype=np.int64)]
    root = len(network.vertices_m)
    count = len(network.start)
    tree = cheapest_tree(
        np.concatenate([network.start, np.full(len(network.sources), root)]),
        np.concatenate([network.end, network.sources]),
        np.concatenate([network.capex_vnd, np.zeros(len(network.sources), dtype=np.int64)]),
        root=root,
        terminals=wanted[wanted >= 0],
    )
    edges = tree.edges[tree.edges < count]
    parent = ways_to_sources(network, edges)
    table = _by_place(network, wanted, sums_to_source(network, parent))
    table.index = pd.Index(np.asarray(chosen, dtype=np.int64), name="place")
    return FibreRoutes(
        segments=segments_of(network, parent, wanted[wanted >= 0]).drop(columns="vertex"),
        places=table[["source_id", "route_length_m", "off_road_m"]],
        cost=Cost(
            capex_vnd=int(network.capex_vnd[edges].sum()),
            opex_vnd_per_year=int(network.opex_vnd_per_year[edges].sum()),
        ),
        length_m=float(network.length_m[edges].sum()),
        bound_vnd=tree.bound,
    )


def _points(points: gpd.GeoDataFrame) -> Coordinates:
    return np.column_stack([points.geometry.x, points.geometry.y])


def _tappable(lines: gpd.GeoDataFrame | None) -> np.ndarray[Any, Any]:
    if lines is None:
        return np.array([], dtype=object)
    tapped: np.ndarray[Any, Any] = lines.geometry[lines["tap"]].to_numpy()
    return tapped


def _bridges(
    graph: RoadGraph, sources: list[int], detour: float
) -> tuple[IndexArray, IndexArray, Coordinates]:
    """Shortest straight pieces that join all parts of the graph; parts with fibre need none.

    They are the edges that Kruskal's algorithm takes from the Delaunay triangulation of the
    vertices, which holds the shortest connections of any two sets of points.
    """
    size = len(graph.vertices_m)
    part = connected_components(graph.matrix, directed=False)[1].astype(np.int64)
    part[np.isin(part, part[sources])] = part[sources[0]]
    start, end = _possible_bridges(graph.vertices_m)
    apart = part[start] != part[end]
    start, end = start[apart], end[apart]
    length_m = np.hypot(*(graph.vertices_m[start] - graph.vertices_m[end]).T)
    leader = list(range(size))

    def leader_of(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    taken = []
    for edge in np.lexsort((end, start, length_m)):
        one, other = leader_of(int(part[start[edge]])), leader_of(int(part[end[edge]]))
        if one != other:
            leader[one] = other
            taken.append(edge)
    chosen = np.array(taken, dtype=np.int64)
    return start[chosen], end[chosen], length_m[chosen] * detour


def _possible_bridges(vertices_m: Coordinates) -> tuple[IndexArray, IndexArray]:
    if len(vertices_m) <= _FEW:
        one, other = np.triu_indices(len(vertices_m), 1)
        return one.astype(np.int64), other.astype(np.int64)
    # QJ moves points by less than a millimetre, so that none is left out where several align.
    corners = Delaunay(vertices_m - vertices_m.mean(axis=0), qhull_options="QJ Qbb").simplices
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
    return pairs[:, 0], pairs[:, 1]


@dataclass(frozen=True, slots=True)
class Ways:
    """For every vertex the next one towards its source and the edge there; -1 at sources.

    `order` lists the reached vertices, each after its parent.
    """

    vertex: IndexArray
    edge: IndexArray
    order: IndexArray


def ways_to_sources(network: FibreNetwork, edges: IndexArray) -> Ways:
    """Return the cheapest ways (by capex) from the sources over some of the edges."""
    size = len(network.vertices_m)
    low = np.minimum(network.start[edges], network.end[edges])
    high = np.maximum(network.start[edges], network.end[edges])
    # A whole dong more, because a weight of 0 would be no edge at all in a sparse matrix.
    shape = (size, size)
    matrix = csr_array(coo_array((network.capex_vnd[edges] + 1.0, (low, high)), shape=shape))
    far, parent, _ = dijkstra(
        matrix, directed=False, indices=network.sources, min_only=True, return_predecessors=True
    )
    reached = np.flatnonzero(np.isfinite(far))
    inner = reached[parent[reached] >= 0]
    pair = np.minimum(inner, parent[inner]) * size + np.maximum(inner, parent[inner])
    keys = low * size + high
    order = np.argsort(keys)
    edge = np.full(size, -1, dtype=np.int64)
    edge[inner] = edges[order][np.searchsorted(keys[order], pair)]
    return Ways(
        vertex=np.where(edge >= 0, parent, -1).astype(np.int64),
        edge=edge,
        order=reached[np.argsort(far[reached], kind="stable")],
    )


def sums_to_source(network: FibreNetwork, parents: Ways) -> pd.DataFrame:
    """Sum capex, opex and lengths of the way of every vertex; NaN where there is none."""
    size = len(network.vertices_m)
    off_road_m = np.where(network.kind == OFF_ROAD, network.length_m, 0.0)
    columns = np.column_stack(
        [network.capex_vnd, network.opex_vnd_per_year, network.length_m, off_road_m]
    )
    sums = np.full((size, 4), np.nan)
    source = np.full(size, -1, dtype=np.int64)
    sums[network.sources], source[network.sources] = 0.0, np.arange(len(network.sources))
    for vertex in parents.order:
        if (ahead := parents.vertex[vertex]) >= 0:
            sums[vertex] = sums[ahead] + columns[parents.edge[vertex]]
            source[vertex] = source[ahead]
    table = pd.DataFrame(
        sums, columns=["capex_vnd", "opex_vnd_per_year", "route_length_m", "off_road_m"]
    )
    table["source_id"] = [network.source_ids[s] if s >= 0 else "" for s in source]
    return table


def _by_place(network: FibreNetwork, vertex: IndexArray, sums: pd.DataFrame) -> pd.DataFrame:
    """Rows of the vertices of places; empty for a place without coordinates."""
    table = sums.reindex(np.where(vertex >= 0, vertex, len(network.vertices_m)))
    table["source_id"] = table["source_id"].fillna("")
    table[["route_length_m", "off_road_m"]] = table[["route_length_m", "off_road_m"]].round(1)
    return table.reset_index(drop=True)


def segments_of(network: FibreNetwork, parents: Ways, wanted: IndexArray) -> gpd.GeoDataFrame:
    """Return the pieces of one kind between sources, places and branching points.

    Columns of `FibreRoutes.segments`, and `vertex`: the end away from the source, by which they are
    in order. `wanted` are the vertices of places.
    """
    size = len(network.vertices_m)
    behind, children = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    np.add.at(behind, wanted, 1)
    is_end = behind > 0
    for vertex in parents.order[::-1]:
        if (ahead := parents.vertex[vertex]) >= 0:
            behind[ahead] += behind[vertex]
            children[ahead] += 1
            own, onward = parents.edge[vertex], parents.edge[ahead]
            is_end[ahead] |= onward < 0 or network.kind[own] != network.kind[onward]
    is_end |= children != 1
    rows = []
    for vertex in np.sort(parents.order[parents.edge[parents.order] >= 0]):
        if not is_end[vertex]:
            continue
        path, edges = [vertex, parents.vertex[vertex]], [parents.edge[vertex]]
        while not is_end[path[-1]]:
            edges.append(parents.edge[path[-1]])
            path.append(parents.vertex[path[-1]])
        rows.append(
            (
                KINDS[network.kind[edges[0]]],
                round(float(network.length_m[edges].sum()), 1),
                int(network.capex_vnd[edges].sum()),
                int(network.opex_vnd_per_year[edges].sum()),
                int(network.crossings[edges].sum()),
                int(behind[vertex]),
                int(vertex),
                shapely.LineString(network.vertices_m[path[::-1]]),
            )
        )
    names = ["kind", "length_m", "capex_vnd", "opex_vnd_per_year"]
    names += ["river_crossings", "places", "vertex", "geometry"]
    table = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=names), geometry="geometry", crs=network.crs
    )
    table.insert(0, "segment_id", [f"F{number:04d}" for number in range(1, len(table) + 1)])
    return table
