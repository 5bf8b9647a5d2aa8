"""The money of a plan: of which items it is made, who pays, and what a household costs.

Every table adds up to the plan's own totals to the dong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.costs import (
    Cost,
    annuity_factor,
    in_currency,
    item_cost,
    present_vnd,
    split_whole,
)
from coverage.links import SATELLITE_ITEM
from coverage.model import Plan
from coverage.params import FUNDERS, UNDECIDED, CostRules
from coverage.planning.chains import Positions, behind, feeders, newly_served
from coverage.planning.network import growth_items, own_items
from coverage.planning.plan import Prospect
from coverage.planning.village_fibre import FIBRE, TO_VILLAGES, branch_action
from coverage.power import option_parts
from coverage.text import Text

PAYERS: Final = (*FUNDERS, UNDECIDED)
_MONEY: Final = ("capex", "opex_per_year", "present_value")
_METRES_PER_KM: Final = 1_000.0
_QUANTITY_DECIMALS: Final = 4


def with_money(prospect: Prospect, plan: Plan) -> Plan:
    """Return the plan with its bill, its funding, its figures, and what each action costs.

    Actions gain `present_value`, `cost_per_household` (capex by household newly served, or joined
    to fibre; empty where none is) and the capex that each funder bears.
    """
    costs = prospect.scenario.costs
    amounts = _amounts(plan, costs)
    served = newly_served(prospect, plan)
    shares = _payers(prospect, plan, served | newly_joined(prospect, plan))
    parts = {
        kind: np.array(
            [split_whole(int(n), w) for n, w in zip(amounts[kind], shares, strict=True)],
            dtype=np.int64,
        ).reshape(-1, len(PAYERS))
        for kind in _MONEY
    }
    gained = (
        plan.actions[["households_gained", "households_fibre_gained"]]
        .sum(axis=1)
        .to_numpy(dtype=float)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        per_household = np.where(gained > 0, np.rint(amounts["capex"] / gained), np.nan)
    geometry = plan.actions.geometry
    actions = plan.actions.drop(columns="geometry").assign(
        present_value=amounts["present_value"],
        cost_per_household=pd.array(per_household).astype("Int64"),
        **{f"{payer}_capex": parts["capex"][:, i] for i, payer in enumerate(PAYERS)},
    )
    return replace(
        plan,
        actions=actions.set_geometry(geometry),
        costs=bill(prospect, plan),
        funding=_by_funder(prospect, plan, served, parts),
        money=_figures(plan, amounts, costs),
    )


def bill(prospect: Prospect, plan: Plan) -> pd.DataFrame:
    """Return how many units of each price item the plan takes, and what they cost.

    Returns
    -------
    DataFrame
        A row for each group (site, power, backhaul, fibre to villages) and item, in the order of
        the prices: `item`, `item_vi`, `item_en`, `cost_group`, `quantity`, `quantity_unit`, the
        price as its source states it (`price_capex`, `price_opex_per_year`, `price_currency`,
        `price_year`, `price_source`, `price_is_assumption`) and the amounts in whole VND, `capex`,
        `opex_per_year`. They are summed over the actions, each rounded to whole dong, and so may
        differ by some dong from quantity times price; fibre also by slope, road class and rivers.
    """
    prices = prospect.scenario.costs.items
    groups = ("site", "power", "backhaul", "fibre")
    sums: dict[tuple[str, str], tuple[float, Cost]] = {}
    for group, item, quantity, cost in _parts(prospect, plan):
        had, spent = sums.get((group, item), (0.0, Cost()))
        sums[group, item] = had + quantity, spent + cost
    rows = [
        {
            "item": item,
            "item_vi": prices[item].title_vi,
            "item_en": prices[item].title_en,
            "cost_group": group,
            "quantity": round(sums[group, item][0], _QUANTITY_DECIMALS),
            "quantity_unit": prices[item].unit,
            "price_capex": prices[item].capex,
            "price_opex_per_year": prices[item].opex_per_year,
            "price_currency": prices[item].currency,
            "price_year": prices[item].year,
            "price_source": prices[item].source,
            "price_is_assumption": prices[item].is_assumption,
            "capex": sums[group, item][1].capex_vnd,
            "opex_per_year": sums[group, item][1].opex_vnd_per_year,
        }
        for group in groups
        for item in prices
        if (group, item) in sums
    ]
    return pd.DataFrame(rows, columns=_BILL_COLUMNS)


_BILL_COLUMNS: Final = (
    *("item", "item_vi", "item_en", "cost_group", "quantity", "quantity_unit"),
    *("price_capex", "price_opex_per_year", "price_currency", "price_year", "price_source"),
    *("price_is_assumption", "capex", "opex_per_year"),
)


def _parts(prospect: Prospect, plan: Plan) -> list[tuple[str, str, float, Cost]]:
    """Return group, item, quantity and cost of everything that the plan's actions take."""
    scenario, network = prospect.scenario, prospect.network
    costs = scenario.costs
    number = {str(name): i for i, name in enumerate(network.actions["action_id"])}
    options = {
        (int(option["action"]), str(option["power"])): option
        for option in network.power.to_dict("records")
    }
    found: list[tuple[str, str, float, Cost]] = []
    for row in plan.actions.drop(columns="geometry").to_dict("records"):
        position = number.get(str(row["action_id"]))
        if position is None:
            continue
        action = network.actions.iloc[position].to_dict()
        for item, count in own_items(scenario, action).items():
            group = "backhaul" if item == SATELLITE_ITEM else "site"
            found.append((group, item, count, item_cost(costs, item, count)))
        if row["power"]:
            parts = option_parts(options[position, str(row["power"])], costs)
            found += [("power", item, quantity, cost) for item, (quantity, cost) in parts.items()]
        if row["backhaul_kind"] == "satellite" and action["needs_backhaul"]:
            found.append(("backhaul", SATELLITE_ITEM, 1.0, item_cost(costs, SATELLITE_ITEM)))
    item_of = {band.name: band.item for band in scenario.links.bands}
    new_places = set(network.nodes["place_id"].astype(str))
    for link in plan.links.drop(columns="geometry").to_dict("records"):
        standing = int(str(link["to_id"]) not in new_places)
        items = {item_of[link["band"]]: 1.0} | growth_items(float(link["raise_m"]), standing)
        found += [("backhaul", item, n, item_cost(costs, item, n)) for item, n in items.items()]
    for piece in plan.fibre_routes.drop(columns="geometry").to_dict("records"):
        cost = Cost(
            capex_vnd=int(piece["capex_vnd"]), opex_vnd_per_year=int(piece["opex_vnd_per_year"])
        )
        group = "fibre" if str(piece["segment_id"]).startswith(TO_VILLAGES) else "backhaul"
        found.append((group, piece["kind"], piece["length_m"] / _METRES_PER_KM, cost))
    return found


def _amounts(plan: Plan, costs: CostRules) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return capex, yearly and present cost of each action."""
    capex = plan.actions["capex"].to_numpy(dtype=np.int64)
    opex = plan.actions["opex_per_year"].to_numpy(dtype=np.int64)
    present = [
        present_vnd(Cost(capex_vnd=int(c), opex_vnd_per_year=int(o)), costs)
        for c, o in zip(capex, opex, strict=True)
    ]
    return {
        "capex": capex,
        "opex_per_year": opex,
        "present_value": np.array(present, dtype=np.int64),
    }


def _payers(
    prospect: Prospect, plan: Plan, served: Mapping[str, Positions]
) -> list[tuple[float, ...]]:
    """Return each action's weights of the payers.

    They follow the households it newly serves, their number of villages where there is none; an
    action that serves nobody new follows what is fed through it, and where that is nobody, nothing
    is decided.
    """
    feeder = feeders(prospect, plan)
    nobody = np.empty(0, dtype=np.int64)
    found = []
    for action in plan.actions["action_id"].astype(str):
        for_whom = served.get(action, nobody)
        if not for_whom.size:
            for_whom = np.concatenate([served.get(a, nobody) for a in behind(feeder, action)])
        found.append(_weights(prospect, for_whom))
    return found


def newly_joined(prospect: Prospect, plan: Plan) -> dict[str, Positions]:
    """Return the positions, in the result's villages, of those that each action joins to fibre."""
    if plan.fibre is None:
        return {}
    ids = prospect.result.villages["village_id"].astype(str)
    position = dict(zip(ids, range(len(ids)), strict=True))
    found: dict[str, list[int]] = {}
    table = plan.fibre.villages
    for branch, village in zip(table["branch_id"], table["village_id"].astype(str), strict=True):
        found.setdefault(branch_action(branch), []).append(position[village])
    return {name: np.array(villages, dtype=np.int64) for name, villages in found.items()}


def _weights(prospect: Prospect, villages: Positions) -> tuple[float, ...]:
    weight = dict.fromkeys(PAYERS, 0.0)
    rows = prospect.result.villages.iloc[villages]
    households = rows["households"].to_numpy(dtype=float)
    if not households.sum():
        households = np.ones(len(rows))
    for shares, count in zip(_shares(prospect, villages), households, strict=True):
        for payer, share in shares.items():
            weight[payer] += share * float(count)
    if not len(rows):
        weight[UNDECIDED] = 1.0
    return tuple(weight.values())


def _shares(prospect: Prospect, villages: Positions) -> list[dict[str, float]]:
    """Return the payers' shares of villages by the scenario's routes."""
    rows, rules = prospect.result.villages.iloc[villages], prospect.scenario.funding
    power = _flags(rows, "has_grid_power")
    hardship = _flags(rows, "extremely_difficult")
    return [
        rules.shares_of(has_grid_power=p, extremely_difficult=h)
        for p, h in zip(power, hardship, strict=True)
    ]


def _flags(villages: pd.DataFrame, column: str) -> list[bool | None]:
    if column not in villages.columns:
        return [None] * len(villages)
    return [None if pd.isna(flag) else bool(flag) for flag in villages[column]]


def _by_funder(
    prospect: Prospect,
    plan: Plan,
    served: Mapping[str, Positions],
    parts: Mapping[str, np.ndarray[Any, np.dtype[np.int64]]],
) -> pd.DataFrame:
    """Return money by year and funder, and whom it serves.

    A village that several pay for counts with each of them.
    """
    phase = plan.actions["phase"].to_numpy(dtype=np.int64)
    ids = plan.actions["action_id"].astype(str).to_numpy(dtype=object)
    households = prospect.result.villages["households"].to_numpy(dtype=np.int64)
    nobody = np.empty(0, dtype=np.int64)
    rows = []
    for year in sorted(set(phase.tolist())):
        here = phase == year
        villages = np.concatenate([nobody, *(served.get(a, nobody) for a in ids[here])])
        shares = _shares(prospect, villages)
        for number, payer in enumerate(PAYERS):
            its = villages[[payer in share for share in shares]]
            amounts = {kind: int(parts[kind][here, number].sum()) for kind in _MONEY}
            if any(amounts.values()) or its.size:
                rows.append(
                    {"phase": year, "funder": payer}
                    | amounts
                    | {"villages": len(its), "households": int(households[its].sum())}
                )
    return pd.DataFrame(rows, columns=["phase", "funder", *_MONEY, "villages", "households"])


def _figures(plan: Plan, amounts: Mapping[str, Any], costs: CostRules) -> pd.DataFrame:
    """Return the plan's sums in both currencies, and what they rest on."""
    households = int(plan.actions["households_gained"].sum())
    joined = int(plan.actions["households_fibre_gained"].sum())
    is_fibre = (plan.actions["kind"] == FIBRE).to_numpy(dtype=bool)
    capex, opex = int(amounts["capex"].sum()), int(amounts["opex_per_year"].sum())
    present = int(amounts["present_value"].sum())
    money = {
        "budget": (Text("Ngân sách đầu tư", "Budget"), plan.budget),
        "capex": (Text("Vốn đầu tư", "Capex"), capex),
        "opex_per_year": (Text("Chi phí vận hành mỗi năm", "Yearly cost"), opex),
        "opex_present_value": (
            Text("Chi phí vận hành cả kỳ, giá trị hiện tại", "Opex of the horizon, present value"),
            present - capex,
        ),
        "present_value": (
            Text("Vốn và vận hành cả kỳ, giá trị hiện tại", "Capex and opex, present value"),
            present,
        ),
    }
    if households:
        money |= {
            "capex_per_household": (
                Text("Vốn đầu tư mỗi hộ mới có sóng", "Capex per household newly served"),
                round(int(amounts["capex"][~is_fibre].sum()) / households),
            ),
            "present_value_per_household": (
                Text(
                    "Vốn và vận hành cả kỳ mỗi hộ, giá trị hiện tại",
                    "Capex and opex per household, present value",
                ),
                round(int(amounts["present_value"][~is_fibre].sum()) / households),
            ),
        }
    if joined:
        money["fibre_capex_per_household"] = (
            Text(
                "Vốn cáp quang mỗi hộ ở thôn được nối",
                "Fibre capex per household in joined villages",
            ),
            round(int(amounts["capex"][is_fibre].sum()) / joined),
        )
    rows: list[tuple[str, Text, float, str]] = []
    for name, (title, amount) in money.items():
        rows.append((name, title, amount, "VND"))
        rows.append((name, title, round(in_currency(amount, "USD", costs), 2), "USD"))
    rate = costs.exchange
    rows += [
        ("households_gained", Text("Số hộ mới có sóng", "Households newly served"), households, ""),
        (
            "households_fibre_gained",
            Text("Số hộ ở thôn được nối cáp quang", "Households in villages joined to fibre"),
            joined,
            "",
        ),
        ("horizon", Text("Số năm tính chi phí", "Years of the horizon"), costs.horizon_years, ""),
        ("discount_rate", Text("Tỷ lệ chiết khấu", "Discount rate"), costs.discount_rate, ""),
        (
            "annuity_factor",
            Text("Giá trị hiện tại của 1 đồng mỗi năm", "Present value of 1 dong a year"),
            round(annuity_factor(costs), 6),
            "",
        ),
        (
            "exchange_rate",
            Text(
                f"Tỷ giá, năm {rate.year}: {rate.source}",
                f"Exchange rate of {rate.year}: {rate.source}",
            ),
            rate.vnd_per_usd,
            "VND/USD",
        ),
    ]
    return _figure_table(rows)


def _figure_table(rows: Sequence[tuple[str, Text, float, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "plan_figure": [name for name, *_ in rows],
            "figure_vi": [title.vi for _, title, *_ in rows],
            "figure_en": [title.en for _, title, *_ in rows],
            # Whole amounts stay whole beside cents and shares.
            "amount": pd.Series([amount for *_, amount, _ in rows], dtype=object),
            "amount_unit": [unit for *_, unit in rows],
        }
    )
