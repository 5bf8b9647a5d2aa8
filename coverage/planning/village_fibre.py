"""Fibre to villages as actions of a plan, from what mobile service leaves of the budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import InfeasibleError
from coverage.model import FibrePlan, Plan, Result
from coverage.params import PlanningRules
from coverage.planning.fibre_plan import fibre_for_budget, make_fibre_prospect

FIBRE: Final = "fibre"
"""Kind of the actions that join villages to fibre."""
TO_VILLAGES: Final = "V"
"""First letter of the segments that lead to villages, among those of sites."""


def branch_action(branch_id: object) -> str:
    """Return the id of the action that lays a branch."""
    return f"F-{branch_id}"


def mobile_budget(budget_vnd: int, rules: PlanningRules) -> int:
    """Return the part of a budget that is not set aside for fibre."""
    return budget_vnd - round(rules.fibre.share * budget_vnd)


def with_village_fibre(result: Result, plan: Plan, budget_vnd: int) -> Plan:
    """Add an action of kind `fibre` for every branch of routes that the budget still pays.

    Fibre that the plan lays for its sites is there for the villages as well. Where there is no
    fibre to tap, or no village is known to be without, the plan gets no such action.

    Parameters
    ----------
    result
        What the plan was made for.
    plan
        The mobile part, within `mobile_budget`.
    budget_vnd
        The whole budget.
    """
    rules = result.scenario.planning
    plan = replace(plan, budget=budget_vnd)
    left = round(rules.fibre.share * budget_vnd)
    if rules.fibre.use_rest:
        left = budget_vnd - plan.spent
    if left <= 0:
        return plan
    try:
        prospect = make_fibre_prospect(result, laid=plan.fibre_routes)
    except InfeasibleError:
        return plan  # nothing to tap; `phusong fibre` says so
    if prospect.villages.empty:
        return plan
    fibre = fibre_for_budget(prospect, left)
    actions = _actions(fibre, plan.actions, budget_vnd, rules.phases)
    return replace(
        plan,
        actions=gpd.GeoDataFrame(
            pd.concat([plan.actions, actions], ignore_index=True), crs=plan.actions.crs
        ),
        fibre_routes=_joined_routes(plan.fibre_routes, fibre),
        spent=plan.spent + int(actions["capex"].sum()),
        fibre=fibre,
    )


def _actions(
    fibre: FibrePlan, before: gpd.GeoDataFrame, budget_vnd: int, shares: tuple[float, ...]
) -> gpd.GeoDataFrame:
    """Return one action a branch, at its village with most households, in the order of branches.

    Its year is the first whose money, with what earlier years left, pays it and all before it.
    """
    villages, routes = fibre.villages, fibre.routes
    largest = (
        villages[villages["branch_id"] != ""]
        .sort_values(["branch_id", "households", "village_id"], ascending=[True, False, True])
        .groupby("branch_id")
        .first()
    )
    sums = routes.groupby("branch_id")[["capex", "opex_per_year"]].sum()
    gains = villages.groupby("branch_id")["households"].agg(["size", "sum"])
    names = sums.index
    limits = np.cumsum(shares) / sum(shares) * budget_vnd
    spent = int(before["capex"].sum()) + sums["capex"].cumsum()
    phase = np.minimum(np.searchsorted(limits, spent - 0.5) + 1, len(shares))
    points = gpd.GeoSeries(largest.loc[names, "geometry"].to_numpy(), crs=villages.crs)
    degrees = points.to_crs("EPSG:4326")
    gained = int(before["households_gained"].sum())
    return gpd.GeoDataFrame(
        {
            "action_id": [branch_action(name) for name in names],
            "kind": FIBRE,
            "longitude": degrees.x.round(6).to_numpy(),
            "latitude": degrees.y.round(6).to_numpy(),
            "phase": np.asarray(phase, dtype=np.int64),
            "capex": sums["capex"].to_numpy(np.int64),
            "opex_per_year": sums["opex_per_year"].to_numpy(np.int64),
            "power": "",
            "backhaul_kind": "fibre",
            "backhaul_to": largest.loc[names, "source_id"].to_numpy(dtype=object),
            "villages_gained": 0,
            "households_gained": 0,
            "households_gained_cumulative": gained,
            "stands_on": "",
            "raise_m": 0.0,
            "villages_fibre_gained": gains.loc[names, "size"].to_numpy(np.int64),
            "households_fibre_gained": gains.loc[names, "sum"].to_numpy(np.int64),
        },
        geometry=points.to_numpy(),
        crs=villages.crs,
    )


def _joined_routes(routes: gpd.GeoDataFrame, fibre: FibrePlan) -> gpd.GeoDataFrame:
    """Return the routes of sites and of villages in the form of the first, with ids of their own.

    `places` of a route to villages counts the villages beyond it.
    """
    more = fibre.routes.rename(
        columns={"capex": "capex_vnd", "opex_per_year": "opex_vnd_per_year", "villages": "places"}
    )
    more = more.assign(segment_id=TO_VILLAGES + more["segment_id"].astype(str))
    parts = [part for part in (routes, more[list(routes.columns)]) if not part.empty]
    if not parts:
        return routes
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=fibre.routes.crs)
