"""The problem put together: prices, power options and the backhaul graph of the candidates.

Nodes of the backhaul graph are the places of new sites (where a relay tower may stand instead),
masts that have backhaul, and one for all fibre. A place that nothing on the ground can reach takes
a satellite link as the last resort.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from coverage.costs import Cost, action_items, items_cost
from coverage.errors import InfeasibleError, ScenarioError
from coverage.laying import Ground
from coverage.links import SATELLITE_ITEM, existing_masts, microwave_hops, satellite_cost
from coverage.model import Inputs, Result
from coverage.params import Scenario
from coverage.planning.candidates import Candidates
from coverage.planning.problem import FREE, MUST, MUST_NOT, NO_NODE, PlanProblem
from coverage.power import power_options
from coverage.routes import FibreNetwork, fibre_network, single_routes
from coverage.text import Text

_METRE, _WORKS = "mast_metre", "mast_works"
"""Price items of a mast that grows."""
_ROOT_ARCS: Final = 3
"""So many of the cheapest links to existing backhaul are kept for each place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The problem, and what its numbers stand for.

    `actions` are the candidates' actions and the relays, in the problem's order; `power` and `arcs`
    describe the power options and the links by position. `arcs`: `kind` (fibre, microwave,
    satellite), `to_id` (of a place, a mast or a fibre node), `length_m`, `band`, `raise_m` (metres
    by which both masts grow for a hop), `x_m`, `y_m` of the far end. `nodes` are the places of new
    sites. `fibre` is None where no fibre can be tapped.
    """

    problem: PlanProblem
    actions: pd.DataFrame
    power: pd.DataFrame
    arcs: pd.DataFrame
    nodes: pd.DataFrame
    fibre: FibreNetwork | None
    crs: str


def make_network(
    result: Result,
    scenario: Scenario,
    candidates: Candidates,
    serving: pd.DataFrame,
) -> Network:
    """Put the problem together.

    Candidates that serve nobody alone are left out, unless they are locked in.

    Raises
    ------
    ScenarioError
        Where a lock names an action that there is not.
    """
    rules = scenario.planning
    _known_locks(candidates.actions, rules.must, rules.must_not)
    useful = np.zeros(len(candidates.actions), dtype=bool)
    useful[serving["action"].to_numpy()] = True
    useful |= candidates.actions["action_id"].isin(rules.must).to_numpy()
    position = np.cumsum(useful) - 1
    actions = candidates.actions[useful].assign(candidate=np.flatnonzero(useful))
    nodes = _nodes(candidates.actions)
    actions = pd.concat([actions, _relays(nodes)], ignore_index=True)
    arcs, fibre = _arcs(result.inputs, scenario, nodes)
    power = _power(result.inputs, scenario, actions)
    unpowered = (actions["load"] != "").to_numpy(copy=True)
    unpowered[power["action"].to_numpy(dtype=np.int64)] = False
    cost = [own_cost(scenario, action) for action in actions.to_dict("records")]
    number_of = {name: i for i, name in enumerate(nodes["place_id"])}
    needs = actions["needs_backhaul"].to_numpy(dtype=bool)
    entries = (
        np.ones(len(serving)),
        (position[serving["action"].to_numpy()], serving["village"].to_numpy()),
    )
    shape = (len(actions), len(candidates.villages))
    problem = PlanProblem(
        weight=_weights(result, scenario, candidates),
        serves=csr_array(coo_array(entries, shape=shape)),
        capex=np.array([c.capex_vnd for c in cost], dtype=float),
        opex=np.array([c.opex_vnd_per_year for c in cost], dtype=float),
        place=np.unique(actions["place_id"].to_numpy(dtype=str), return_inverse=True)[1],
        node=np.array(
            [
                number_of[p] if n else NO_NODE
                for p, n in zip(actions["place_id"], needs, strict=True)
            ],
            dtype=np.int64,
        ),
        lock=np.where(
            unpowered, MUST_NOT, _locks(actions["action_id"], rules.must, rules.must_not)
        ),
        power_action=power["action"].to_numpy(dtype=np.int64),
        power_capex=power["capex_vnd"].to_numpy(dtype=float),
        power_opex=power["opex_vnd_per_year"].to_numpy(dtype=float),
        is_root=np.append(np.zeros(len(nodes), dtype=bool), True),
        arc_from=arcs["start"].to_numpy(dtype=np.int64),
        arc_to=arcs["end"].to_numpy(dtype=np.int64),
        arc_capex=arcs["capex_vnd"].to_numpy(dtype=float),
        arc_opex=arcs["opex_vnd_per_year"].to_numpy(dtype=float),
        max_hops=scenario.links.max_hops,
    )
    return Network(
        problem=problem,
        actions=actions,
        power=power,
        arcs=arcs,
        nodes=nodes,
        fibre=fibre,
        crs=result.inputs.grid.crs,
    )


def _weights(result: Result, scenario: Scenario, candidates: Candidates) -> Any:
    villages = result.villages.iloc[candidates.villages]
    households = villages["households"].to_numpy(dtype=float)
    if scenario.planning.objective == "population":
        return villages["population"].to_numpy(dtype=float)
    if scenario.planning.objective == "villages":
        return np.ones(len(villages))
    if scenario.planning.objective == "priority":
        return households * villages["priority_score"].to_numpy(dtype=float)
    return households


def _nodes(actions: pd.DataFrame) -> pd.DataFrame:
    """Places of new sites, which need backhaul and can pass it on."""
    sites = actions[actions["needs_backhaul"].to_numpy(dtype=bool)]
    return sites[["place_id", "x_m", "y_m", "height_m", "has_grid_power"]].reset_index(drop=True)


def _relays(nodes: pd.DataFrame) -> pd.DataFrame:
    """Return towers that only pass microwave on, one choice at each node."""
    return nodes.assign(
        action_id="T-" + nodes["place_id"].astype(str),
        kind="microwave",
        cost="relay",
        load="relay",
        needs_backhaul=True,
        raise_m=0.0,
        stands_on="",
        donor="",
        backhaul_kind="",
        candidate=-1,
    )


def own_items(scenario: Scenario, action: dict[Any, Any]) -> dict[str, float]:
    """Return how many of each price item an action takes, its power and its link aside."""
    items = action_items(scenario.costs, action["cost"])
    if action["kind"] == "satellite":
        items |= {SATELLITE_ITEM: 1.0}
    if action["raise_m"] > 0.0:
        items |= {_METRE: items.get(_METRE, 0.0) + float(action["raise_m"])}
    return items


def own_cost(scenario: Scenario, action: dict[Any, Any]) -> Cost:
    """Return what an action costs, its power and its link aside."""
    return items_cost(scenario.costs, own_items(scenario, action))


def growth_items(raise_m: float, standing: int) -> dict[str, float]:
    """Return what it takes to let both masts of a hop grow; `standing` counts those that stand.

    A new mast is built higher, metre by metre; one that stands must be strengthened as well. Each
    hop pays for itself, also where two hops of a mast need the same metres.
    """
    if raise_m <= 0.0:
        return {}
    works = {_WORKS: float(standing)} if standing else {}
    return {_METRE: 2.0 * raise_m} | works


def _power(inputs: Inputs, scenario: Scenario, actions: pd.DataFrame) -> pd.DataFrame:
    """Feasible power options of actions that need power; `action` is a position."""
    needing = np.flatnonzero((actions["load"] != "").to_numpy())
    rows = actions.iloc[needing]
    loads = [scenario.power.load_w[name] for name in rows["load"]]
    sites = gpd.GeoDataFrame(
        {"load_w": loads, "has_grid_power": rows["has_grid_power"].to_numpy(dtype=object)},
        geometry=gpd.points_from_xy(rows["x_m"].astype(float), rows["y_m"].astype(float)),
        crs=inputs.grid.crs,
    )
    options = power_options(sites, inputs.power_lines, rules=scenario.power, costs=scenario.costs)
    options["action"] = needing[options["site"].to_numpy()]
    return options[options["is_feasible"]].reset_index(drop=True)


def _arcs(
    inputs: Inputs, scenario: Scenario, nodes: pd.DataFrame
) -> tuple[pd.DataFrame, FibreNetwork | None]:
    """Links to and between new places; `start` and `end` are nodes, the root comes last."""
    root = len(nodes)
    fibre, by_fibre = _fibre_arcs(inputs, scenario, nodes)
    direct, between = _microwave_arcs(inputs, scenario, nodes)
    to_root = pd.concat([by_fibre, direct], ignore_index=True)
    to_root = to_root.sort_values(["end", "capex_vnd", "opex_vnd_per_year", "to_id"])
    to_root = to_root[to_root.groupby("end").cumcount() < _ROOT_ARCS]
    least = np.full(root + 1, np.inf)
    np.minimum.at(least, to_root["end"].to_numpy(np.int64), to_root["capex_vnd"].to_numpy(float))
    # A link from a new place is of use only where none to existing backhaul is as cheap.
    between = between[between["capex_vnd"] < least[between["end"].to_numpy(np.int64)]]
    reached = np.isfinite(least[:root])
    # The link from the root is a hop as well.
    for _ in range(scenario.links.max_hops - 1):
        reached[between["end"][reached[between["start"].to_numpy(np.int64)]].to_numpy(np.int64)] = 1
    apart = np.flatnonzero(~reached)
    cost = satellite_cost(scenario.costs)
    by_satellite = pd.DataFrame(
        {
            "end": apart,
            "kind": "satellite",
            "to_id": "",
            "length_m": 0.0,
            "band": "",
            "raise_m": 0.0,
            "capex_vnd": cost.capex_vnd,
            "opex_vnd_per_year": cost.opex_vnd_per_year,
            "x_m": np.nan,
            "y_m": np.nan,
        }
    )
    arcs = pd.concat(
        [frame for frame in (to_root, by_satellite, between) if len(frame)] or [to_root],
        ignore_index=True,
    )
    # Links to existing backhaul and to satellites start at the root.
    if "start" not in arcs:
        arcs["start"] = root
    arcs["start"] = arcs["start"].fillna(root)
    return arcs.astype({"start": np.int64, "end": np.int64}), fibre


def _fibre_arcs(
    inputs: Inputs, scenario: Scenario, nodes: pd.DataFrame
) -> tuple[FibreNetwork | None, pd.DataFrame]:
    places = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(nodes["x_m"], nodes["y_m"]), crs=inputs.grid.crs
    )
    columns = ["end", "kind", "to_id", "length_m", "band", "raise_m"]
    empty = pd.DataFrame(columns=[*columns, "capex_vnd", "opex_vnd_per_year", "x_m", "y_m"])
    if nodes.empty:
        return None, empty
    try:
        network = fibre_network(
            places,
            fibre_nodes=inputs.fibre_nodes,
            roads=inputs.roads,
            fibre_lines=inputs.fibre_lines,
            power_lines=inputs.power_lines,
            ground=Ground(terrain_m=inputs.terrain_m, grid=inputs.grid, rivers=inputs.rivers),
            rules=scenario.routes,
            costs=scenario.costs,
        )
    except InfeasibleError:
        return None, empty  # no fibre to tap: microwave and satellite remain
    routes = single_routes(network)
    reached = routes["capex_vnd"].notna().to_numpy()
    routes = routes[reached]
    return network, pd.DataFrame(
        {
            "end": np.flatnonzero(reached),
            "kind": "fibre",
            "to_id": routes["source_id"].to_numpy(dtype=object),
            "length_m": routes["length_m"].to_numpy(dtype=float),
            "band": "",
            "raise_m": 0.0,
            "capex_vnd": routes["capex_vnd"].to_numpy(dtype=float),
            "opex_vnd_per_year": routes["opex_vnd_per_year"].to_numpy(dtype=float),
            "x_m": np.nan,
            "y_m": np.nan,
        }
    )


def _microwave_arcs(
    inputs: Inputs, scenario: Scenario, nodes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hops from masts with backhaul, and from new places in both directions; some need growth."""
    masts = existing_masts(inputs.stations, scenario.links)
    masts = masts[masts["is_node"].to_numpy(dtype=bool)]
    dish_m = scenario.links.dish_below_top_m
    new = nodes.assign(height_m=(nodes["height_m"] - dish_m).clip(lower=1.0), is_node=False)
    columns = ["place_id", "x_m", "y_m", "height_m", "is_node"]
    places = pd.concat([new[columns], masts[columns]], ignore_index=True)
    hops = microwave_hops(
        places, inputs.terrain_m, inputs.grid, rules=scenario.links, costs=scenario.costs
    )
    hops = hops[hops["status"].isin(["clear", "raise"])]
    hops = _with_growth(hops, len(nodes), scenario)
    both = pd.concat([hops, hops.rename(columns={"start": "end", "end": "start"})])
    both = both[both["end"] < len(nodes)]
    start = both["start"].to_numpy(np.int64)
    both = both.assign(
        kind="microwave",
        to_id=places["place_id"].to_numpy(dtype=object)[start],
        x_m=places["x_m"].to_numpy()[start],
        y_m=places["y_m"].to_numpy()[start],
    ).drop(columns=["frequency_mhz", "status"])
    outside = start >= len(nodes)
    return both[outside].drop(columns="start"), both[~outside].sort_values(["start", "end"])


def _with_growth(hops: pd.DataFrame, new: int, scenario: Scenario) -> pd.DataFrame:
    """Add to the price of hops what their masts cost to grow; places from `new` on are masts."""
    standing = (hops[["start", "end"]].to_numpy(dtype=np.int64) >= new).sum(axis=1)
    growth = [
        items_cost(scenario.costs, growth_items(raise_m, int(masts)))
        for raise_m, masts in zip(hops["raise_m"].astype(float), standing, strict=True)
    ]
    return hops.assign(
        capex_vnd=hops["capex_vnd"] + np.array([g.capex_vnd for g in growth], dtype=np.int64),
        opex_vnd_per_year=hops["opex_vnd_per_year"]
        + np.array([g.opex_vnd_per_year for g in growth], dtype=np.int64),
    )


def _known_locks(actions: pd.DataFrame, must: tuple[str, ...], must_not: tuple[str, ...]) -> None:
    unknown = sorted({*must, *must_not} - set(actions["action_id"]))
    if unknown or set(must) & set(must_not):
        wrong = unknown or sorted(set(must) & set(must_not))
        raise ScenarioError(
            Text(
                f"[scenario.planning] must/must_not: không có hạng mục {wrong}, hoặc vừa bắt buộc "
                "vừa cấm. Lấy mã ở cột action_id của plan_actions.csv.",
                f"[scenario.planning] must/must_not: there is no action {wrong}, or it stands in "
                "both. Take ids from the column action_id of plan_actions.csv.",
            )
        )


def _locks(ids: pd.Series, must: tuple[str, ...], must_not: tuple[str, ...]) -> Any:
    return np.select([ids.isin(must), ids.isin(must_not)], [MUST, MUST_NOT], FREE).astype(np.int64)
