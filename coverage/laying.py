"""How new fibre is laid along each edge of the roads, and what a kilometre of it costs there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from coverage.costs import item_cost
from coverage.grid import FloatArray, Grid
from coverage.params import CostRules, RouteRules
from coverage.roads import Coordinates, IndexArray, RoadGraph

CROSSING_ITEMS: Final = ("river_crossing", "river_crossing_metre")
"""Price items of a river that fibre crosses: each, and per metre of its width."""
KINDS: Final = ("fibre_poles", "fibre_paved", "fibre_unpaved", "fibre_off_road", "fibre_duct")
"""Price items of the ways to lay fibre; edges hold positions in this list."""
POLES, PAVED, UNPAVED, OFF_ROAD, DUCT = range(5)
_DUG: Final = (PAVED, UNPAVED, OFF_ROAD)
"""Ways whose price grows with slope; those along roads also with the class of the road."""
_MOST_SAMPLES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a route crosses: heights on the grid, NaN where not known, and rivers as lines."""

    terrain_m: FloatArray | None = None
    grid: Grid | None = None
    rivers: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePrices:
    """Per edge: whole VND to build and to run, rivers crossed, whether its slope is not known."""

    capex_vnd: IndexArray
    opex_vnd_per_year: IndexArray
    crossings: IndexArray
    slope_unknown: np.ndarray[Any, np.dtype[np.bool_]]


def laying_kinds(
    graph: RoadGraph,
    *,
    roads: gpd.GeoDataFrame | None,
    power_lines: gpd.GeoDataFrame | None,
    fibre_lines: gpd.GeoDataFrame | None,
    rules: RouteRules,
) -> IndexArray:
    """Return how fibre is laid along each edge of the roads, as positions in `KINDS`.

    Through a duct where both ends and the middle lie beside one; else on poles where they lie
    beside a line of medium or low voltage; else by the surface of the road.
    """
    kind = np.full(len(graph.start), PAVED, dtype=np.int64)
    if roads is not None and "surface" in roads.columns:
        is_unpaved = (roads["surface"] == "unpaved").to_numpy(dtype=bool)
        kind[is_unpaved[graph.road]] = UNPAVED
    kind[_beside(graph, _of_kind(power_lines, ("mv", "lv")), rules.pole_reach_m)] = POLES
    kind[_beside(graph, _of_kind(fibre_lines, ("duct",)), rules.duct_reach_m)] = DUCT
    return kind


def class_factors(
    graph: RoadGraph, roads: gpd.GeoDataFrame | None, rules: RouteRules
) -> Coordinates:
    """Return the factor of each edge's road class; 1 where the class is not known."""
    factor = np.ones(len(graph.start))
    if roads is not None and "road_class" in roads.columns:
        known: dict[str, float] = dict(rules.road_class_factor.items())
        by_road = [known.get(str(c), 1.0) for c in roads["road_class"]]
        factor = np.array(by_road)[graph.road] if len(graph.road) else factor
    return factor


def edge_prices(
    ends_m: tuple[Coordinates, Coordinates],
    length_m: Coordinates,
    kind: IndexArray,
    class_factor: Coordinates,
    *,
    ground: Ground,
    rules: RouteRules,
    costs: CostRules,
) -> EdgePrices:
    """Price edges: the km by kind, × road class and slope where it is dug, and river crossings.

    Parameters
    ----------
    ends_m
        Both ends of the n edges, (n, 2) each, in metres on the grid's system.
    length_m, kind, class_factor
        Of each edge; the factor counts on roads that are dug.
    """
    per_km = [item_cost(costs, item) for item in KINDS]
    slope_factor, unknown = _slope_factors(ends_m, ground, rules)
    dug = np.isin(kind, _DUG)
    factor = np.where(dug, slope_factor, 1.0)
    factor = factor * np.where(dug & (kind != OFF_ROAD), class_factor, 1.0)
    km = length_m / 1000.0
    capex = np.array([c.capex_vnd for c in per_km])[kind] * km * factor
    opex = np.array([c.opex_vnd_per_year for c in per_km])[kind] * km
    crossings, width_m = _crossings(ends_m, ground.rivers)
    crossings[kind == DUCT], width_m[kind == DUCT] = 0, 0.0
    each, metre = (item_cost(costs, item) for item in CROSSING_ITEMS)
    capex = capex + crossings * each.capex_vnd + width_m * metre.capex_vnd
    opex = opex + crossings * each.opex_vnd_per_year + width_m * metre.opex_vnd_per_year
    return EdgePrices(
        capex_vnd=np.rint(capex).astype(np.int64),
        opex_vnd_per_year=np.rint(opex).astype(np.int64),
        crossings=crossings,
        slope_unknown=dug & unknown,
    )


def near_lines(lines: np.ndarray[Any, Any], points_m: Coordinates, reach_m: float) -> Any:
    """Whether each point lies within reach of any line."""
    near = np.zeros(len(points_m), dtype=bool)
    if len(lines):
        tree = shapely.STRtree(lines)
        near[tree.query(shapely.points(points_m), "dwithin", distance=reach_m)[0]] = True
    return near


def _of_kind(lines: gpd.GeoDataFrame | None, kinds: tuple[str, ...]) -> np.ndarray[Any, Any]:
    if lines is None or "kind" not in lines.columns:
        return np.array([], dtype=object)
    chosen: np.ndarray[Any, Any] = lines.geometry[lines["kind"].isin(kinds)].to_numpy()
    return chosen


def _beside(graph: RoadGraph, lines: np.ndarray[Any, Any], reach_m: float) -> Any:
    """Whether both ends and the middle of each edge lie within reach of the lines."""
    near = near_lines(lines, graph.vertices_m, reach_m)
    middle = (graph.vertices_m[graph.start] + graph.vertices_m[graph.end]) / 2.0
    return near[graph.start] & near[graph.end] & near_lines(lines, middle, reach_m)


def _slope_factors(
    ends_m: tuple[Coordinates, Coordinates], ground: Ground, rules: RouteRules
) -> tuple[Coordinates, Any]:
    """Mean factor over samples along each edge, and whether the slope is unknown at all of them.

    The slope is that of the ground at the sample, not the gradient along the road. A sample whose
    slope is not known has no say.
    """
    one, other = ends_m
    count = len(one)
    if ground.terrain_m is None or ground.grid is None or count == 0:
        return np.ones(count), np.ones(count, dtype=bool)
    grid = ground.grid
    rise = np.gradient(ground.terrain_m.astype(np.float64), grid.resolution_m)
    slope_deg = np.degrees(np.arctan(np.hypot(*rise)))
    longest_m = float(np.hypot(*(other - one).T).max())
    samples = int(np.clip(np.ceil(longest_m / grid.resolution_m), 2, _MOST_SAMPLES))
    share = ((np.arange(samples) + 0.5) / samples)[:, None]
    x = one[:, 0] + share * (other[:, 0] - one[:, 0])
    y = one[:, 1] + share * (other[:, 1] - one[:, 1])
    row, col = grid.rowcol(x.ravel(), y.ravel())
    here = np.where(row >= 0, slope_deg[row, col], np.nan).reshape(samples, count)
    limits = [step.up_to_deg for step in rules.slope]
    factors = np.array([step.factor for step in rules.slope])
    step = np.minimum(np.searchsorted(limits, np.nan_to_num(here), side="left"), len(limits) - 1)
    known = np.isfinite(here)
    total = np.where(known, factors[step], 0.0).sum(axis=0)
    number = known.sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), 1.0), number == 0


def _crossings(
    ends_m: tuple[Coordinates, Coordinates], rivers: gpd.GeoDataFrame | None
) -> tuple[IndexArray, Coordinates]:
    """How many rivers each edge crosses, and their known widths together."""
    count = len(ends_m[0])
    number, width_m = np.zeros(count, dtype=np.int64), np.zeros(count)
    if rivers is None or rivers.empty or count == 0:
        return number, width_m
    edges = np.asarray(shapely.linestrings(np.stack(ends_m, axis=1)))
    lines = rivers.geometry.to_numpy()
    edge, river = shapely.STRtree(lines).query(edges, "intersects")
    met = shapely.get_num_coordinates(shapely.intersection(edges[edge], lines[river]))
    np.add.at(number, edge, met)
    if "width_m" in rivers.columns:
        wide = rivers["width_m"].fillna(0.0).to_numpy(dtype=float)
        np.add.at(width_m, edge, met * wide[river])
    return number, width_m
