"""A plan under a budget: what to build, in which year, whom it reaches, what the best could be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.costs import annuity_factor
from coverage.model import Plan, Result
from coverage.params import PlanningRules, Scenario
from coverage.planning.candidates import Candidates, make_candidates
from coverage.planning.milp import SolverSettings
from coverage.planning.network import Network, make_network
from coverage.planning.optimise import Optimum, budget_curve, least_cost, optimise
from coverage.planning.problem import NO_NODE, Choice
from coverage.planning.reach import Reach, make_reach, serving
from coverage.prediction import Progress, Workers
from coverage.routes import FibreRoutes, connect

_LINK_COLUMNS: Final = (
    *("link_id", "kind", "from_id", "to_id", "length_m", "band", "raise_m"),
    *("capex", "opex"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What could be built and whom each candidate would serve; it depends on no budget."""

    result: Result
    scenario: Scenario
    candidates: Candidates
    reach: Reach
    network: Network


def make_prospect(
    result: Result,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
    extra_db: float = 0.0,
) -> Prospect:
    """Look for places and predict each; `extra_db` keeps so much weaker signal as well.

    Raises
    ------
    ScenarioError
        Where `must` or `must_not` names an action that there is not.
    """
    scenario = result.scenario
    candidates = make_candidates(result, scenario)
    reach = make_reach(
        result, scenario, candidates, workers=workers, progress=progress, extra_db=extra_db
    )
    network = make_network(result, scenario, candidates, serving(reach, candidates))
    return Prospect(
        result=result, scenario=scenario, candidates=candidates, reach=reach, network=network
    )


def make_plan(prospect: Prospect, budget_vnd: int) -> Plan:
    """Choose what to build.

    `bound` limits what any plan serves by the rule of the optimiser (a village counts where one
    action alone serves it, and fibre is priced by the place); what the plan serves beyond that
    rule, by several actions together, is added to the objective and to the bound alike.

    Raises
    ------
    InfeasibleError
        Where what must be built cannot be, with the reason.
    """
    network, rules = prospect.network, prospect.scenario.planning
    problem, settings = network.problem.with_budget(float(budget_vnd)), _settings(rules)
    years = annuity_factor(prospect.scenario.costs)
    budgets = _steps_to(budget_vnd, rules.curve_points)[:-1]
    points = budget_curve(problem, budgets, settings=settings, opex_years=years)
    start = points[-1].choice if points else None
    best = optimise(problem, settings=settings, start=start, opex_years=years)
    built = _built(prospect, best.choice, budget_vnd)
    objective = float(problem.weight[built.served].sum())
    together = objective - best.objective
    bound = max(best.bound + together, objective)
    # Budgets too small for what must be built have no point; those are the smallest.
    asked = [*budgets[len(budgets) - len(points) :], float(budget_vnd)]
    return Plan(
        actions=built.actions,
        links=built.links,
        fibre_routes=built.routes,
        stations=built.stations,
        aim="budget",
        budget=budget_vnd,
        spent=int(built.actions["capex"].sum()),
        objective=objective,
        bound=bound,
        gap=(bound - objective) / bound if bound > 0 else 0.0,
        solver=f"HiGHS, {best.method}",
        curve=_curve(network, asked, [*points, best]),
        parameters=rules.model_dump(mode="json"),
    )


def make_least_plan(prospect: Prospect, target_share: float, budget_vnd: int | None = None) -> Plan:
    """Choose what to build to serve a share of the weight without service at least cost.

    `objective` is the cost: capex and the present value of opex over the horizon; no plan that
    reaches the target costs less than `bound`, and `gap` = (objective - bound) / objective. Without
    a budget the plan's own capex is its budget.

    Raises
    ------
    InfeasibleError
        Where no plan, within the budget if there is one, reaches the target, with the most that
        can be reached.
    """
    network, rules = prospect.network, prospect.scenario.planning
    problem, settings = network.problem, _settings(rules)
    if budget_vnd is not None:
        problem = problem.with_budget(float(budget_vnd))
    years = annuity_factor(prospect.scenario.costs)
    target = target_share * float(problem.weight.sum())
    best = least_cost(problem, target, settings=settings, opex_years=years)
    capex = int(best.choice.capex(problem))
    built = _built(prospect, best.choice, capex)
    asked = _steps_to(capex, rules.curve_points)
    points = budget_curve(problem, asked, settings=settings, opex_years=years)
    return Plan(
        actions=built.actions,
        links=built.links,
        fibre_routes=built.routes,
        stations=built.stations,
        aim="target",
        budget=capex if budget_vnd is None else budget_vnd,
        spent=int(built.actions["capex"].sum()),
        objective=best.objective,
        bound=best.bound,
        gap=(best.objective - best.bound) / best.objective if best.objective > 0 else 0.0,
        solver=f"HiGHS, {best.method}",
        curve=_curve(network, asked[len(asked) - len(points) :], points),
        parameters=rules.model_dump(mode="json")
        | {"target_share": target_share, "budget_limit": budget_vnd},
    )


def _settings(rules: PlanningRules) -> SolverSettings:
    return SolverSettings(
        time_limit_s=rules.time_limit_s,
        relative_gap=rules.relative_gap,
        threads=rules.threads,
        seed=rules.seed,
    )


def _steps_to(budget_vnd: int, points: int) -> list[float]:
    """Return the budgets of the curve, the last one whole."""
    return [budget_vnd * k / points for k in range(1, points)] + [float(budget_vnd)]


def _curve(network: Network, asked: list[float], points: list[Optimum]) -> pd.DataFrame:
    """Return what each budget serves, by the rule of the optimiser."""
    return pd.DataFrame(
        [
            (int(b), int(o.choice.capex(network.problem)), o.objective, o.bound, round(o.gap, 6))
            for b, o in zip(asked, points, strict=True)
        ],
        columns=["budget", "capex", "objective", "bound", "gap"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """Tables of a choice, and which of the villages to serve it serves."""

    actions: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    served: np.ndarray[Any, np.dtype[np.bool_]]


def _built(prospect: Prospect, choice: Choice, budget_vnd: int) -> _Built:
    network, result = prospect.network, prospect.result
    problem, rules = network.problem, prospect.scenario.planning
    power = {int(problem.power_action[p]): p for p in choice.power}
    arc_into = {int(problem.arc_to[e]): e for e in choice.arcs}
    link = {a: arc_into.get(int(problem.node[a]), -1) for a in choice.actions}
    routes, fibre_cost = _fibre(network, link)
    capex, opex = {}, {}
    for action in choice.actions:
        option, arc = power.get(action), link[action]
        on_arc = fibre_cost.get(
            action, (problem.arc_capex[arc], problem.arc_opex[arc]) if arc >= 0 else (0, 0)
        )
        capex[action] = int(problem.capex[action] + on_arc[0])
        opex[action] = int(problem.opex[action] + on_arc[1])
        if option is not None:
            capex[action] += int(problem.power_capex[option])
            opex[action] += int(problem.power_opex[option])
    order, phase = _phased(network, choice, capex, rules.phases, budget_vnd)
    chosen = network.actions.iloc[order]
    candidate = chosen["candidate"].to_numpy(dtype=np.int64)
    steps = prospect.reach.served_in_turn([int(c) for c in candidate])
    villages = result.villages.iloc[prospect.candidates.villages]
    households = villages["households"].to_numpy(dtype=np.int64)
    total_villages = np.array([int(s.sum()) for s in steps], dtype=np.int64)
    total_households = np.array([int(households[s].sum()) for s in steps], dtype=np.int64)
    kinds, ends = _backhaul(network, chosen, [link[a] for a in order])
    points = gpd.GeoSeries(
        gpd.points_from_xy(chosen["x_m"].astype(float), chosen["y_m"].astype(float)),
        crs=result.inputs.grid.crs,
    )
    names = network.power["power"].to_numpy(dtype=object)
    degrees = points.to_crs("EPSG:4326")
    actions = gpd.GeoDataFrame(
        {
            "action_id": chosen["action_id"].astype(str).to_numpy(dtype=object),
            "kind": chosen["kind"].to_numpy(dtype=object),
            "longitude": degrees.x.round(6).to_numpy(),
            "latitude": degrees.y.round(6).to_numpy(),
            "phase": np.array([phase[a] for a in order], dtype=np.int64),
            "capex": np.array([capex[a] for a in order], dtype=np.int64),
            "opex_per_year": np.array([opex[a] for a in order], dtype=np.int64),
            "power": [str(names[power[a]]) if a in power else "" for a in order],
            "backhaul_kind": kinds,
            "backhaul_to": ends,
            "villages_gained": np.diff(total_villages, prepend=0),
            "households_gained": np.diff(total_households, prepend=0),
            "households_gained_cumulative": total_households,
            "stands_on": chosen["stands_on"].astype(str).to_numpy(dtype=object),
            "raise_m": chosen["raise_m"].to_numpy(dtype=float),
            "villages_fibre_gained": np.zeros(len(chosen), dtype=np.int64),
            "households_fibre_gained": np.zeros(len(chosen), dtype=np.int64),
        },
        geometry=points.to_numpy(),
        crs=points.crs,
    )
    return _Built(
        actions=actions,
        links=_links(network, chosen, [link[a] for a in order]),
        routes=routes,
        stations=_stations(prospect.candidates, actions["action_id"].tolist()),
        served=steps[-1] if steps else np.zeros(len(villages), dtype=bool),
    )


def _fibre(
    network: Network, link: dict[int, int]
) -> tuple[gpd.GeoDataFrame, dict[int, tuple[int, int]]]:
    """Return the tree of new fibre, and each action's share of its cost by its own route's price.

    The tree costs no more than the single routes that the optimiser counted with.
    """
    arcs, problem = network.arcs, network.problem
    by_fibre = sorted(
        (int(problem.node[a]), a, e)
        for a, e in link.items()
        if e >= 0 and arcs["kind"].iloc[e] == "fibre"
    )
    if network.fibre is None or not by_fibre:
        return _no_routes(network), {}
    tree: FibreRoutes = connect(network.fibre, np.array([node for node, _, _ in by_fibre]))
    own = [e for _, _, e in by_fibre]
    capex = _shared(tree.cost.capex_vnd, problem.arc_capex[own])
    opex = _shared(tree.cost.opex_vnd_per_year, problem.arc_opex[own])
    return tree.segments, {a: (c, o) for (_, a, _), c, o in zip(by_fibre, capex, opex, strict=True)}


def _shared(total: int, own: np.ndarray[Any, Any]) -> list[int]:
    """Split a whole amount in proportion; what rounding leaves goes to the last."""
    weight = own if own.sum() > 0 else np.ones(len(own))
    ends = np.rint(np.cumsum(weight) / weight.sum() * total).astype(np.int64)
    return [int(part) for part in np.diff(ends, prepend=0)]


def _no_routes(network: Network) -> gpd.GeoDataFrame:
    columns = ["segment_id", "kind", "length_m", "capex_vnd", "opex_vnd_per_year"]
    columns += ["river_crossings", "places"]
    return gpd.GeoDataFrame(
        pd.DataFrame(columns=[*columns, "geometry"]), geometry="geometry", crs=network.crs
    )


def _phased(
    network: Network,
    choice: Choice,
    capex: dict[int, int],
    shares: tuple[float, ...],
    budget_vnd: int,
) -> tuple[list[int], dict[int, int]]:
    """Order the actions by what a dong gains, each after those that feed it, and give years.

    A year's money and what earlier years left must pay for all that is built up to then.
    """
    problem = network.problem
    at_node = {int(problem.node[a]): a for a in choice.actions if problem.node[a] != NO_NODE}
    feeder = {
        at_node[int(problem.arc_to[e])]: at_node[int(problem.arc_from[e])]
        for e in choice.arcs
        if int(problem.arc_from[e]) in at_node and int(problem.arc_to[e]) in at_node
    }
    serves = {a: problem.serves[[a], :].toarray()[0] > 0 for a in choice.actions}
    limits = np.cumsum(shares) / sum(shares) * budget_vnd
    order: list[int] = []
    phase: dict[int, int] = {}
    served = np.zeros(problem.villages, dtype=bool)
    spent = 0

    def chain(action: int) -> list[int]:
        missing = [action] if action not in phase else []
        while missing and missing[-1] in feeder and feeder[missing[-1]] not in phase:
            missing.append(feeder[missing[-1]])
        return missing[::-1]

    for year, limit in enumerate(limits, start=1):
        is_last = year == len(limits)
        while len(order) < len(choice.actions):
            offers = []
            for action in choice.actions:
                group = chain(action)
                cost = sum(capex[a] for a in group)
                if group and (is_last or spent + cost <= limit):
                    union = np.logical_or.reduce([serves[a] for a in group])
                    gain = float(problem.weight[union & ~served].sum())
                    offers.append((-gain / max(cost, 1), action, group, cost, union))
            if not offers:
                break
            _, _, group, cost, union = min(offers, key=lambda offer: offer[:2])
            order += group
            phase |= dict.fromkeys(group, year)
            served |= union
            spent += cost
    return order, phase


def _backhaul(
    network: Network, chosen: pd.DataFrame, arcs: list[int]
) -> tuple[list[str], list[str]]:
    """Return kind and far end of each action's backhaul; a mast that stands keeps its own."""
    kinds, ends = [], []
    for action, arc in zip(chosen.to_dict("records"), arcs, strict=True):
        if arc >= 0:
            kinds.append(str(network.arcs["kind"].iloc[arc]))
            ends.append(str(network.arcs["to_id"].iloc[arc]))
        elif action["kind"] == "satellite":
            kinds.append("satellite")
            ends.append("")
        elif action["kind"] == "repeater":
            kinds.append("donor")
            ends.append(str(action["donor"]))
        else:
            kinds.append(str(action["backhaul_kind"]))
            ends.append(str(action["place_id"]).removeprefix("M-"))
    return kinds, ends


def _links(network: Network, chosen: pd.DataFrame, arcs: list[int]) -> gpd.GeoDataFrame:
    """Return the new microwave hops as lines."""
    rows = []
    for action, arc in zip(chosen.to_dict("records"), arcs, strict=True):
        if arc < 0 or network.arcs["kind"].iloc[arc] != "microwave":
            continue
        far = network.arcs.iloc[arc]
        rows.append(
            (
                f"L-{action['action_id']}",
                "microwave",
                str(action["action_id"]),
                str(far["to_id"]),
                float(far["length_m"]),
                str(far["band"]),
                float(far["raise_m"]),
                int(far["capex_vnd"]),
                int(far["opex_vnd_per_year"]),
                shapely.LineString([(action["x_m"], action["y_m"]), (far["x_m"], far["y_m"])]),
            )
        )
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[*_LINK_COLUMNS, "geometry"]),
        geometry="geometry",
        crs=network.crs,
    )


def _stations(candidates: Candidates, built: list[str]) -> gpd.GeoDataFrame:
    """Return the cells that the actions put on air, as rows of a station table."""
    cells = candidates.cells[candidates.cells["operator"].isin(built)]
    return cells.assign(operator="plan", status="planned").reset_index(drop=True)
