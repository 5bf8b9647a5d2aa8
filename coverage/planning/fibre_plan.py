"""Fibre to villages without it: the routes that join most of them under a budget, or a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import InfeasibleError
from coverage.laying import Ground
from coverage.model import FibrePlan, Result
from coverage.params import PlanningRules
from coverage.prize_tree import PrizeGraph, PrizeTree, cheapest_prize, most_prize
from coverage.roads import IndexArray
from coverage.routes import (
    FibreNetwork,
    Ways,
    fibre_network,
    segments_of,
    sums_to_source,
    ways_to_sources,
)
from coverage.tables import flags
from coverage.text import Text

Numbers = np.ndarray[Any, np.dtype[np.float64]]
_ROUTES: Final = {"capex_vnd": "capex", "opex_vnd_per_year": "opex_per_year", "places": "villages"}
ROUTE_COLUMNS: Final = (
    *("segment_id", "branch_id", "kind", "length_m", "capex", "opex_per_year"),
    *("river_crossings", "villages", "households", "geometry"),
)
VILLAGE_COLUMNS: Final = (
    *("fibre_order", "village_id", "name", "commune_code", "commune_name", "households"),
    *("population", "branch_id", "source_id", "route_length_m", "off_road_m", "capex", "geometry"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreProspect:
    """The villages without fibre, what each weighs, and every way to reach them.

    `graph` has all sources as one root. `unknown` villages say nothing about fibre, `unplaced` ones
    have none and no coordinates.
    """

    villages: gpd.GeoDataFrame
    weight: Numbers
    network: FibreNetwork
    graph: PrizeGraph
    rules: PlanningRules
    unknown: int
    unplaced: int


def make_fibre_prospect(result: Result, laid: gpd.GeoDataFrame | None = None) -> FibreProspect:
    """Look for the villages without fibre, and price every way to them.

    Parameters
    ----------
    result
        What a run found.
    laid
        Lines of fibre that is there as well and may be tapped, such as that of planned sites.

    Raises
    ------
    InfeasibleError
        Where there is nothing to tap.
    """
    inputs, scenario = result.inputs, result.scenario
    served = _has_fibre(result.villages)
    missing = result.villages[(~served.fillna(True)).to_numpy(dtype=bool)]
    placed = missing.geometry.notna().to_numpy() & ~missing.geometry.is_empty.to_numpy()
    villages = missing[placed].reset_index(drop=True)
    lines = inputs.fibre_lines
    if laid is not None and not laid.empty:
        more = gpd.GeoDataFrame(
            {"tap": [True] * len(laid)}, geometry=laid.geometry.array, crs=laid.crs
        )
        parts = [more] if lines is None else [lines, more]
        lines = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=laid.crs)
    network = fibre_network(
        villages,
        fibre_nodes=inputs.fibre_nodes,
        roads=inputs.roads,
        fibre_lines=lines,
        power_lines=inputs.power_lines,
        ground=Ground(terrain_m=inputs.terrain_m, grid=inputs.grid, rivers=inputs.rivers),
        rules=scenario.routes,
        costs=scenario.costs,
    )
    weight = _weight(villages, scenario.planning)
    root = len(network.vertices_m)
    vertex = np.arange(root + 1)
    vertex[network.sources] = root
    prize = np.zeros(root + 1)
    np.add.at(prize, vertex[network.place_vertex], weight)
    return FibreProspect(
        villages=villages,
        weight=weight,
        network=network,
        graph=PrizeGraph(
            start=vertex[network.start],
            end=vertex[network.end],
            cost=network.capex_vnd,
            prize=prize,
            root=root,
        ),
        rules=scenario.planning,
        unknown=int(served.isna().sum()),
        unplaced=int((~placed).sum()),
    )


def fibre_for_budget(prospect: FibreProspect, budget_vnd: int) -> FibrePlan:
    """Join the most weight of villages within a budget; the curve starts each budget from the last.

    The curve never falls with the budget.
    """
    rules = prospect.rules
    steps = [budget_vnd * k // max(rules.curve_points, 1) for k in range(1, rules.curve_points)]
    rows, tree = [], None
    for amount in [*steps, budget_vnd]:
        tree = most_prize(
            prospect.graph,
            amount,
            time_limit_s=rules.time_limit_s,
            relative_gap=rules.relative_gap,
            start=None if tree is None else tree.edges,
        )
        gap = (tree.bound - tree.prize) / tree.bound if tree.bound > 0 else 0.0
        rows.append((amount, tree.cost, tree.prize, tree.bound, round(gap, 6)))
    assert tree is not None  # noqa: S101 - the budget itself is always tried
    plan = _told(prospect, tree, rows)
    return replace(
        plan,
        budget=budget_vnd,
        objective=tree.prize,
        gap=(tree.bound - tree.prize) / tree.bound if tree.bound > 0 else 0.0,
    )


def fibre_for_target(prospect: FibreProspect, target_share: float) -> FibrePlan:
    """Join a share of the weight without fibre by routes of least capex.

    Raises
    ------
    InfeasibleError
        Where the places that have coordinates do not reach it.
    """
    rules = prospect.rules
    total = float(prospect.weight.sum())
    tree = cheapest_prize(
        prospect.graph,
        target_share * total,
        time_limit_s=rules.time_limit_s,
        relative_gap=rules.relative_gap,
    )
    if tree is None:  # pragma: no cover - bridges join every place, so this takes a broken network
        raise InfeasibleError(
            Text(
                "Không có tuyến cáp nào tới đủ số thôn theo mục tiêu.",
                "No routes reach enough villages for the target.",
            )
        )
    plan = _told(prospect, tree, [(tree.cost, tree.cost, tree.prize, tree.prize, 0.0)])
    return replace(
        plan,
        aim="target",
        budget=tree.cost,
        objective=float(tree.cost),
        gap=(tree.cost - tree.bound) / tree.cost if tree.cost > 0 else 0.0,
        parameters=dict(plan.parameters) | {"target_share": target_share},
    )


def _has_fibre(villages: pd.DataFrame) -> pd.Series:
    if "has_fibre" not in villages.columns:
        return pd.Series(pd.NA, index=villages.index, dtype="boolean")
    return flags(villages["has_fibre"])


def _weight(villages: pd.DataFrame, rules: PlanningRules) -> Numbers:
    if rules.objective == "villages":
        return np.ones(len(villages))
    if rules.objective == "population":
        return np.asarray(villages["population"], dtype=float)
    households: Numbers = np.asarray(villages["households"], dtype=float)
    if rules.objective == "priority":
        scores: Numbers = np.asarray(villages["priority_score"], dtype=float)
        households = households * scores
    return households


def _told(
    prospect: FibreProspect,
    tree: PrizeTree,
    rows: list[tuple[int, int, float, float, float]],
) -> FibrePlan:
    network = prospect.network
    ways = ways_to_sources(network, tree.edges)
    on_tree = np.zeros(len(network.vertices_m), dtype=bool)
    on_tree[ways.order] = True
    joined = np.flatnonzero(on_tree[network.place_vertex])
    branch = _branches(prospect, ways, joined)
    routes = segments_of(network, ways, network.place_vertex[joined])
    behind = _behind(ways, network, joined, prospect.villages["households"].to_numpy(np.int64))
    vertex = routes["vertex"].to_numpy(dtype=np.int64)
    routes = routes.rename(columns=_ROUTES).assign(
        branch_id=branch[vertex] if len(vertex) else [], households=behind[vertex]
    )
    return FibrePlan(
        routes=routes[list(ROUTE_COLUMNS)],
        villages=_villages(prospect, ways, joined, branch),
        aim="budget",
        budget=0,
        spent=tree.cost,
        objective=0.0,
        bound=tree.bound,
        gap=0.0,
        solver="HiGHS, " + ("optimal" if tree.is_optimal else "bounded"),
        curve=pd.DataFrame(rows, columns=["budget", "capex", "objective", "bound", "gap"]),
        candidates=len(prospect.villages) + prospect.unplaced,
        unknown=prospect.unknown,
        notes=_notes(prospect, tree),
        parameters=prospect.rules.model_dump(mode="json"),
    )


def _behind(
    ways: Ways, network: FibreNetwork, joined: IndexArray, amount: IndexArray
) -> IndexArray:
    """Sum what the joined places beyond each vertex have, itself included."""
    behind = np.zeros(len(network.vertices_m), dtype=np.int64)
    np.add.at(behind, network.place_vertex[joined], amount[joined])
    for vertex in ways.order[::-1]:
        if (ahead := ways.vertex[vertex]) >= 0:
            behind[ahead] += behind[vertex]
    return behind


def _branches(
    prospect: FibreProspect, ways: Ways, joined: IndexArray
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Name what hangs on each way out of a source, the most weight for its capex first.

    Places at a source itself need no route and are of no branch ("").
    """
    network = prospect.network
    size = len(network.vertices_m)
    head = np.full(size, -1, dtype=np.int64)
    for vertex in ways.order:
        if (ahead := ways.vertex[vertex]) >= 0:
            head[vertex] = vertex if head[ahead] < 0 else head[ahead]
    capex, weight = np.zeros(size), np.zeros(size)
    inner = ways.order[ways.edge[ways.order] >= 0]
    np.add.at(capex, head[inner], network.capex_vnd[ways.edge[inner]])
    place = network.place_vertex[joined]
    hung = head[place] >= 0
    np.add.at(weight, head[place[hung]], prospect.weight[joined][hung])
    worth = weight / np.maximum(capex, 1.0)
    heads = sorted(set(head[inner].tolist()), key=lambda v: (-float(worth[v]), v))
    names = np.full(size, "", dtype=object)
    for number, one in enumerate(heads, start=1):
        names[head == one] = f"B{number:03d}"
    return names


def _villages(
    prospect: FibreProspect,
    ways: Ways,
    joined: IndexArray,
    branch: np.ndarray[Any, np.dtype[np.object_]],
) -> gpd.GeoDataFrame:
    """Return the joined villages, branch after branch and outwards, with shares of the capex.

    Each edge is shared by the villages beyond it in proportion to their households (one more each,
    so that a village without any shares too).
    """
    network = prospect.network
    part = prospect.villages["households"].to_numpy(np.int64) + 1
    behind = _behind(ways, network, joined, part)
    rate = np.zeros(len(network.vertices_m))
    for vertex in ways.order:
        if (ahead := ways.vertex[vertex]) >= 0:
            own = network.capex_vnd[ways.edge[vertex]] / max(behind[vertex], 1)
            rate[vertex] = rate[ahead] + own
    place = network.place_vertex[joined]
    sums = sums_to_source(network, ways).iloc[place].reset_index(drop=True)
    table = prospect.villages.iloc[joined].reset_index(drop=True)
    table = table.assign(
        branch_id=branch[place],
        source_id=sums["source_id"],
        route_length_m=sums["route_length_m"].round(1),
        off_road_m=sums["off_road_m"].round(1),
        share=rate[place] * part[joined],
    )
    table = table.sort_values(["branch_id", "route_length_m", "village_id"], ignore_index=True)
    total = np.rint(np.cumsum(table["share"].to_numpy(dtype=float))).astype(np.int64)
    table = table.assign(capex=np.diff(total, prepend=0), fibre_order=np.arange(1, len(table) + 1))
    return gpd.GeoDataFrame(table[list(VILLAGE_COLUMNS)], geometry="geometry", crs=network.crs)


def _notes(prospect: FibreProspect, tree: PrizeTree) -> tuple[Text, ...]:
    network = prospect.network
    notes = []
    if not len(prospect.villages):
        notes.append(
            Text(
                "Không có thôn nào được ghi là chưa có cáp quang (cột has_fibre).",
                "No village is recorded as without fibre (column has_fibre).",
            )
        )
    if prospect.unknown:
        notes.append(
            Text(
                f"{prospect.unknown} thôn không rõ đã có cáp quang hay chưa, không tính vào.",
                f"Of {prospect.unknown} villages it is not known whether they have fibre; they are "
                "left out.",
            )
        )
    if prospect.unplaced:
        notes.append(
            Text(
                f"{prospect.unplaced} thôn chưa có cáp quang không có tọa độ, không tính vào.",
                f"{prospect.unplaced} villages without fibre have no coordinates; left out.",
            )
        )
    if (unknown_m := network.length_m[tree.edges][network.slope_unknown[tree.edges]].sum()) > 0:
        notes.append(
            Text(
                f"{unknown_m / 1000:.1f} km tuyến không rõ độ dốc, tính không có hệ số dốc.",
                f"The slope of {unknown_m / 1000:.1f} km of routes is not known; priced without.",
            )
        )
    return tuple(notes)
