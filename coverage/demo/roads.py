"""Roads: least-cost ways between commune seats, and from there to the villages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from coverage.demo.communes import Communes
from coverage.demo.noise import generator
from coverage.demo.paths import (
    Edge,
    Ground,
    Reach,
    chains,
    edges_of,
    line_through,
    meeting_points,
    spanning_pairs,
)
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

MAIN_CLASSES: Final = ("national", "provincial", "district")
_RANK: Final = {name: rank for rank, name in enumerate((*MAIN_CLASSES, "village", "track"))}
_EXITS: Final = 3
_LOOPS: Final = 6
_LOOP_DETOUR: Final = 2.0
_PROVINCIAL_SEATS: Final = 3  # a branch that serves as many seats is a provincial road
_NO_ROAD_SHARE: Final = 0.06  # of the villages, the hardest to reach
_TRACK_SHARE: Final = 0.17
_PAVED_SHARE: Final = {
    "national": 1.0, "provincial": 1.0, "district": 0.85, "village": 0.5, "track": 0.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roads:
    """The road network: the class of every step between cells, and the lines of the map.

    `to_village_m` is the cost of the way from a main road to each village in flat metres,
    `has_road` whether that way was built.
    """

    classes: Mapping[Edge, str]
    lines: gpd.GeoDataFrame
    to_village_m: Array
    has_road: Array
    border_seats: tuple[int, ...]
    exits: tuple[int, ...]

    def main_edges(self) -> list[Edge]:
        """Return the steps of the roads above village level."""
        return [edge for edge, name in self.classes.items() if name in MAIN_CLASSES]

    def travel(self, terrain: Terrain) -> csr_array:
        """Return the road network as a graph of cells, metres along each step."""
        size = terrain.elevation_m.size
        pairs = np.array(sorted(self.classes))
        width = terrain.grid.width
        d_row = pairs[:, 0] // width - pairs[:, 1] // width
        d_col = pairs[:, 0] % width - pairs[:, 1] % width
        length = np.hypot(d_row, d_col) * terrain.grid.resolution_m
        both = np.concatenate([pairs, pairs[:, ::-1]])
        return coo_array((np.tile(length, 2), (both[:, 0], both[:, 1])), shape=(size, size)).tocsr()


def along_roads(network: csr_array, sources: Array, *, limit_m: float = np.inf) -> Reach:
    """Return the way along the roads from the nearest of `sources` to every cell of the network."""
    cost, before, nearest = dijkstra(
        network, indices=np.unique(sources), min_only=True, return_predecessors=True, limit=limit_m
    )
    return Reach(cost, before, nearest)


def make_roads(
    seed: int, terrain: Terrain, ground: Ground, communes: Communes, places: pd.DataFrame
) -> Roads:
    """Return the roads of the province and the main ones leaving it."""
    rng = generator(seed, "roads")
    pairs = meeting_points(ground, communes.reach)
    seats = {int(cell) for cell in communes.seats}
    border = sorted({(set(pair) - seats).pop() for pair in pairs if len(set(pair) & seats) == 1})
    exits = _exits(terrain, communes, border)
    inland = {pair: way for pair, way in pairs.items() if set(pair) <= seats | set(exits)}
    inland = {pair: way for pair, way in inland.items() if not set(pair) <= set(exits)}
    tree = spanning_pairs(inland)
    classes: dict[Edge, str] = {}
    for pair, name in _classified(tree, int(communes.seats[0]), exits).items():
        _build(classes, _way(communes.reach, inland[pair]), name)
    for pair in _loops(inland, tree):
        _build(classes, _way(communes.reach, inland[pair]), "district")
    to_village_m, has_road = _village_roads(rng, ground, classes, places)
    lines = _lines(rng, terrain, classes)
    return Roads(classes, lines, to_village_m, has_road, tuple(border), exits)


def _exits(terrain: Terrain, communes: Communes, border: list[int]) -> tuple[int, ...]:
    """Choose seats beyond the border, in different directions, for the national roads."""
    width = terrain.grid.width
    town = int(communes.seats[0])
    cells = np.array(border)
    angle = np.arctan2(cells // width - town // width, cells % width - town % width)
    chosen = [int(np.argmin(communes.reach.cost[cells] + np.abs(np.sin(angle - 0.8))))]
    while len(chosen) < _EXITS:
        turn = np.abs(np.angle(np.exp(1j * (angle[:, None] - angle[chosen][None, :]))))
        chosen.append(int(np.argmax(turn.min(axis=1))))
    return tuple(sorted(int(cells[i]) for i in chosen))


def _way(reach: Reach, meeting: tuple[float, int, int]) -> list[int]:
    _, one, two = meeting
    return [*reversed(reach.way(one)), *reach.way(two)]


def _build(classes: dict[Edge, str], cells: list[int], name: str) -> None:
    """Add a way to the network; where a better road runs already, it stays."""
    for edge in edges_of(cells):
        if edge not in classes or _RANK[name] < _RANK[classes[edge]]:
            classes[edge] = name


def _classified(tree: list[Edge], town: int, exits: tuple[int, ...]) -> dict[Edge, str]:
    """Return the class of each branch, by what lies behind it as seen from the town."""
    nodes = sorted({node for pair in tree for node in pair})
    index = {node: number for number, node in enumerate(nodes)}
    graph = coo_array(
        (np.ones(len(tree)), ([index[a] for a, _ in tree], [index[b] for _, b in tree])),
        shape=(len(nodes), len(nodes)),
    ).tocsr()
    order, before = breadth_first_order(graph, index[town], directed=False)
    behind = np.ones(len(nodes), dtype=int)
    leads_out = np.isin(nodes, exits)
    classes: dict[Edge, str] = {}
    for node in order[:0:-1]:
        parent = before[node]
        behind[parent] += behind[node]
        leads_out[parent] |= leads_out[node]
        many = behind[node] >= _PROVINCIAL_SEATS
        name = "national" if leads_out[node] else "provincial" if many else "district"
        a, b = nodes[node], nodes[parent]
        classes[min(a, b), max(a, b)] = name
    return classes


def _loops(pairs: Mapping[Edge, tuple[float, int, int]], tree: list[Edge]) -> list[Edge]:
    """Return the missing pairs that save most: neighbours whose way round is long."""
    nodes = sorted({node for pair in tree for node in pair})
    index = {node: number for number, node in enumerate(nodes)}
    graph = coo_array(
        (
            [pairs[pair][0] for pair in tree],
            ([index[a] for a, _ in tree], [index[b] for _, b in tree]),
        ),
        shape=(len(nodes), len(nodes)),
    ).tocsr()
    around = dijkstra(graph, directed=False)
    detour = {
        pair: around[index[pair[0]], index[pair[1]]] / cost
        for pair, (cost, _, _) in sorted(pairs.items())
        if pair not in set(tree)
    }
    best = sorted(detour, key=lambda pair: (-detour[pair], pair))
    return [pair for pair in best if detour[pair] > _LOOP_DETOUR][:_LOOPS]


def _village_roads(
    rng: np.random.Generator, ground: Ground, classes: dict[Edge, str], places: pd.DataFrame
) -> tuple[Array, Array]:
    """Join the villages to the main roads, all but the hardest to reach."""
    main = np.unique(np.array(list(classes)).ravel())
    reach = ground.reach(main)
    cells = places["cell"].to_numpy()
    cost = reach.cost[cells]
    hardship = cost * np.exp(rng.normal(0.0, 0.15, cost.size))
    no_road, track = np.quantile(hardship, [1.0 - _NO_ROAD_SHARE, 1.0 - _TRACK_SHARE])
    has_road = hardship <= no_road
    for i in np.argsort(hardship, kind="stable"):
        if has_road[i]:
            name = "track" if hardship[i] > track else "village"
            _build(classes, reach.way(int(cells[i])), name)
    return cost, has_road


def _lines(
    rng: np.random.Generator, terrain: Terrain, classes: Mapping[Edge, str]
) -> gpd.GeoDataFrame:
    found = chains(classes)
    paved = rng.random(len(found)) < [_PAVED_SHARE[name] for name, _ in found]
    return gpd.GeoDataFrame(
        {
            "road_class": [name for name, _ in found],
            "surface": np.where(paved, "paved", "unpaved"),
        },
        geometry=[line_through(terrain, cells) for _, cells in found],
        crs=terrain.grid.crs,
    )
