"""Least-cost ways over the ground, and the lines they leave on the map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from shapely import LineString, get_coordinates

from coverage.demo.erosion import neighbours
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]
Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """The raster as a graph: the cost of going from a cell to each of its eight neighbours."""

    terrain: Terrain
    costs: csr_array
    first: Array
    second: Array
    cost: Array

    def reach(self, sources: Array) -> Reach:
        """Return the least cost from the nearest of `sources` (flat cell indices) to every cell."""
        cost, before, nearest = dijkstra(
            self.costs, indices=np.unique(sources), min_only=True, return_predecessors=True
        )
        return Reach(cost, before, nearest)


@dataclass(frozen=True, slots=True)
class Reach:
    """Least costs from a set of sources: cost, cell before, and source of every cell."""

    cost: Array
    before: Array
    source: Array

    def way(self, cell: int) -> list[int]:
        """Return the cells from `cell` back to its source."""
        cells = [cell]
        while (cell := int(self.before[cell])) >= 0:
            cells.append(cell)
        return cells


def ground_of(
    terrain: Terrain, *, steepness_weight: float, climb_weight: float, water_cost_m: float
) -> Ground:
    """Return the ground as a graph whose costs are metres of flat way.

    Parameters
    ----------
    terrain
        The ground.
    steepness_weight
        Costs grow by (1 + weight · slope²) along the way.
    climb_weight
        Costs grow by (1 + weight · hillside slope across the way).
    water_cost_m
        Extra cost of a step in a river.
    """
    grid = terrain.grid
    first, second, steps = neighbours(grid.shape)
    height, hillside = terrain.elevation_m.ravel(), terrain.slope.ravel()
    length_m = steps * grid.resolution_m
    slope = np.abs(height[first] - height[second]) / length_m
    side = 0.5 * (hillside[first] + hillside[second])
    cost = length_m * (1.0 + steepness_weight * slope**2 + climb_weight * side)
    wet = terrain.water.ravel()
    cost += water_cost_m * (wet[first] | wet[second])
    size = height.size
    graph = coo_array(
        (
            np.concatenate([cost, cost]),
            (np.concatenate([first, second]), np.concatenate([second, first])),
        ),
        shape=(size, size),
    ).tocsr()
    return Ground(terrain, graph, first, second, cost)


def meeting_points(ground: Ground, reach: Reach) -> dict[Edge, tuple[float, int, int]]:
    """Return, for each pair of neighbouring sources, the cheapest way's cost and where it meets.

    The two cells named lie on either side of the boundary between the sources' lands.
    """
    one, two = reach.source[ground.first], reach.source[ground.second]
    border = np.flatnonzero((one != two) & (one >= 0) & (two >= 0))
    total = (
        reach.cost[ground.first[border]] + ground.cost[border] + reach.cost[ground.second[border]]
    )
    best: dict[Edge, tuple[float, int, int]] = {}
    for index in np.argsort(total, kind="stable"):
        edge = border[index]
        a, b = int(one[edge]), int(two[edge])
        cells = int(ground.first[edge]), int(ground.second[edge])
        if a > b:
            a, b, cells = b, a, (cells[1], cells[0])
        best.setdefault((a, b), (float(total[index]), *cells))
    return best


def spanning_pairs(pairs: Mapping[Edge, tuple[float, int, int]]) -> list[Edge]:
    """Return the pairs of sources that join all of them at least cost (Mehlhorn's network)."""
    nodes = sorted({node for pair in pairs for node in pair})
    index = {node: number for number, node in enumerate(nodes)}
    keys = sorted(pairs)
    tree = minimum_spanning_tree(
        coo_array(
            (
                [pairs[key][0] for key in keys],
                ([index[a] for a, _ in keys], [index[b] for _, b in keys]),
            ),
            shape=(len(nodes), len(nodes)),
        ).tocsr()
    ).tocoo()
    return sorted(
        (min(nodes[a], nodes[b]), max(nodes[a], nodes[b]))
        for a, b in zip(tree.row, tree.col, strict=True)
    )


def edges_of(cells: list[int]) -> list[Edge]:
    """Return the steps of a way, each with its smaller cell first."""
    return [(min(a, b), max(a, b)) for a, b in pairwise(cells)]


def chains(kinds: Mapping[Edge, str]) -> list[tuple[str, list[int]]]:
    """Cut a network of steps into chains between its junctions.

    A chain ends where ways meet, where one ends, and where the kind changes, so that lines made of
    chains touch only at their ends.
    """
    around: dict[int, list[int]] = defaultdict(list)
    for a, b in sorted(kinds):
        around[a].append(b)
        around[b].append(a)

    def kind(a: int, b: int) -> str:
        return kinds[min(a, b), max(a, b)]

    def is_end(cell: int) -> bool:
        near = around[cell]
        return len(near) != 2 or kind(cell, near[0]) != kind(cell, near[1])  # noqa: PLR2004

    done: set[Edge] = set()
    found: list[tuple[str, list[int]]] = []
    ends = [cell for cell in sorted(around) if is_end(cell)]
    for start in [*ends, *sorted(around)]:  # the second round finds rings without a junction
        for step in around[start]:
            if (min(start, step), max(start, step)) in done:
                continue
            line, here = [start], step
            while True:
                done.add((min(line[-1], here), max(line[-1], here)))
                line.append(here)
                if is_end(here) or here == start:
                    break
                here = next(cell for cell in around[here] if cell != line[-2])
            found.append((kind(start, step), line))
    return found


def line_through(terrain: Terrain, cells: Iterable[int], *, smoothing: int = 2) -> LineString:
    """Return the line through cell centres with its corners cut; the ends stay where they are."""
    grid = terrain.grid
    index = np.fromiter(cells, dtype=np.int64)
    row, col = np.divmod(index, grid.width)
    x = grid.west_m + (col + 0.5) * grid.resolution_m
    y = grid.north_m - (row + 0.5) * grid.resolution_m
    points = np.column_stack([x, y])
    if len(points) > 4:  # noqa: PLR2004
        points = get_coordinates(LineString(points).simplify(0.45 * grid.resolution_m))
    for _ in range(smoothing):
        if len(points) < 3:  # noqa: PLR2004
            break
        before, after = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        points = np.vstack([points[:1], cut.reshape(-1, 2)[1:-1], points[-1:]])
    return LineString(np.round(points, 1))


def centre_of(terrain: Terrain, cells: Array) -> tuple[Array, Array]:
    """Return x and y in metres of the centres of flat cell indices."""
    grid = terrain.grid
    row, col = np.divmod(np.asarray(cells), grid.width)
    return (
        grid.west_m + (col + 0.5) * grid.resolution_m,
        grid.north_m - (row + 0.5) * grid.resolution_m,
    )
