"""The money of a plan to the dong: its bill, who pays, what a household costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from coverage import pipeline
from coverage.costs import annuity_factor, split_whole
from coverage.model import Plan, Result
from coverage.planning.money import PAYERS, with_money
from coverage.planning.plan import Prospect, make_plan, make_prospect
from coverage.settings import scenario_from
from coverage.validation import SettingsError
from tests.planning.test_plan import PLENTY, ridged


def run(**scenario: Any) -> Result:
    """Return the ridged world of four villages without service, each of another kind."""
    made = scenario_from({"planning": {"curve_points": 0}} | scenario, "made.toml")
    villages = ridged().villages.assign(
        # V1 and V2: power and hardship; V3 no power; V4 power, no hardship
        has_grid_power=[True, True, False, True, True, True],
        extremely_difficult=[True, True, True, False, True, None],
    )
    return pipeline.run(replace(ridged(), villages=villages, fingerprint="money"), made)


@pytest.fixture(scope="module")
def prospect() -> Prospect:
    return make_prospect(run())


@pytest.fixture(scope="module")
def plan(prospect: Prospect) -> Plan:
    return with_money(prospect, make_plan(prospect, PLENTY))


def table(found: pd.DataFrame | None) -> pd.DataFrame:
    assert found is not None
    return found


@pytest.mark.parametrize("budget", [0, 3_000_000_000, 6_000_000_000, PLENTY])
def test_bill_and_funding_add_up_to_what_is_spent(prospect: Prospect, budget: int) -> None:
    found = with_money(prospect, make_plan(prospect, budget))
    bill, funding, actions = table(found.costs), table(found.funding), found.actions
    opex = int(actions["opex_per_year"].sum())
    assert bill["capex"].sum() == funding["capex"].sum() == found.spent
    assert bill["opex_per_year"].sum() == funding["opex_per_year"].sum() == opex
    assert funding["present_value"].sum() == actions["present_value"].sum()
    by_payer = actions[[f"{payer}_capex" for payer in PAYERS]]
    assert (by_payer.sum(axis=1) == actions["capex"]).all()
    for payer in PAYERS:
        chosen = funding[funding["funder"] == payer]
        assert chosen["capex"].sum() == actions[f"{payer}_capex"].sum()
    assert funding["households"].sum() == actions["households_gained"].sum()


def test_the_bill_counts_the_items_of_the_actions(plan: Plan) -> None:
    # by hand: a new site takes one of each of its three items, every hop one, fibre by the km
    bill, actions = table(plan.costs).set_index("item"), plan.actions
    new = int((actions["kind"] == "new_site").sum())
    assert new > 0
    for item in ("macro_equipment", "site_build", "site_installation"):
        assert bill.loc[item, "quantity"] == new
    hops = bill[bill.index.str.startswith("microwave")]["quantity"].sum()
    assert hops == len(plan.links)
    fibre = bill[bill.index.str.startswith("fibre")]["quantity"].sum()
    assert fibre == pytest.approx(plan.fibre_routes["length_m"].sum() / 1000, abs=1e-3)
    price = bill.loc["site_build"]
    assert price["capex"] == price["quantity"] * price["price_capex"] * 26_000
    assert bill["price_source"].str.len().min() > 0


def test_another_price_changes_its_own_line_alone(plan: Plan) -> None:
    dearer = run(costs={"items": {"site_build": {"capex": 30_001}}})
    changed = make_prospect(dearer)
    again = with_money(changed, make_plan(changed, PLENTY))
    pd.testing.assert_series_equal(again.actions["action_id"], plan.actions["action_id"])
    before, after = (table(p.costs).set_index("item") for p in (plan, again))
    more = int(before.loc["site_build", "quantity"]) * 26_000
    assert after.loc["site_build", "capex"] - before.loc["site_build", "capex"] == more
    pd.testing.assert_frame_equal(after.drop("site_build"), before.drop("site_build"))
    assert again.spent - plan.spent == more


def test_who_pays_follows_power_and_hardship(prospect: Prospect) -> None:
    # by hand: V1 and V2 have 80 of the 140 households, V3 20, V4 40
    found = table(with_money(prospect, make_plan(prospect, PLENTY)).funding)
    households = found.groupby("funder")["households"].sum()
    assert households.to_dict() == {"fund": 80, "operator": 40, "province": 20}
    one_for_all = run(
        funding={
            "routes": [
                {
                    "has_grid_power": "any",
                    "extremely_difficult": "any",
                    "shares": {"fund": 0.3, "operator": 0.7},
                    "source": "test",
                    "year": 2026,
                    "is_assumption": True,
                }
            ]
        }
    )
    again = make_prospect(one_for_all)
    shared = with_money(again, make_plan(again, PLENTY))
    actions = shared.actions
    assert (actions["fund_capex"] - 0.3 * actions["capex"]).abs().max() <= 1
    assert table(shared.funding).groupby("funder")["households"].sum().to_dict() == {
        "fund": 140,
        "operator": 140,
    }


def test_what_is_not_known_is_not_decided() -> None:
    rules = run().scenario.funding
    assert rules.shares_of(has_grid_power=True, extremely_difficult=None) == {"undecided": 1.0}
    assert rules.shares_of(has_grid_power=None, extremely_difficult=True) == {"undecided": 1.0}
    assert rules.shares_of(has_grid_power=False, extremely_difficult=None) == {"province": 1.0}
    without = run_without_hardship()
    assert set(table(without.funding)["funder"]) == {"undecided"}


def run_without_hardship() -> Plan:
    prospect = make_prospect(pipeline.run(ridged(), run().scenario))
    return with_money(prospect, make_plan(prospect, PLENTY))


def test_shares_must_add_up() -> None:
    route = {"has_grid_power": "any", "extremely_difficult": "any", "shares": {"fund": 0.9}}
    route |= {"source": "test", "year": 2026, "is_assumption": True}
    with pytest.raises(SettingsError, match="add up to 1"):
        scenario_from({"funding": {"routes": [route]}}, "made.toml")


def test_a_relay_is_paid_for_by_those_it_feeds(prospect: Prospect, plan: Plan) -> None:
    # by hand: a relay feeds a site that alone serves V3, without power: the province pays both
    nodes = prospect.network.nodes["place_id"].astype(str).tolist()
    known = set(prospect.network.actions["action_id"])
    site = next(name for name in nodes if f"N-{name}" in known and name == "V-V3")
    relay = next(name for name in nodes if name != site)
    served = next(
        i
        for i, action in enumerate(prospect.candidates.actions["action_id"])
        if action == f"N-{site}"
    )
    assert prospect.reach.served(served).any()
    first = plan.actions.iloc[[0, 0]].assign(
        action_id=[f"T-{relay}", f"N-{site}"], capex=[101, 1_000], households_gained=[0, 20]
    )
    link = {"link_id": "L", "kind": "microwave", "from_id": f"N-{site}", "to_id": relay}
    chained = replace(plan, actions=first, links=plan.links.iloc[:0].reindex([0]).assign(**link))
    by_itself = _funders(prospect, chained)
    assert by_itself.iloc[0]["capex"] == by_itself.iloc[0][list(_fed(by_itself))].sum() == 101
    assert by_itself.iloc[0]["undecided_capex"] == 0
    unlinked = replace(chained, links=plan.links.iloc[:0])
    assert _funders(prospect, unlinked).iloc[0]["undecided_capex"] == 101


def _funders(prospect: Prospect, plan: Plan) -> pd.DataFrame:
    from coverage.planning.chains import newly_served  # noqa: PLC0415
    from coverage.planning.money import _payers  # noqa: PLC0415 - the chain alone is looked at

    shares = _payers(prospect, plan, newly_served(prospect, plan))
    parts = [split_whole(int(c), w) for c, w in zip(plan.actions["capex"], shares, strict=True)]
    columns = [f"{payer}_capex" for payer in PAYERS]
    return pd.DataFrame(parts, columns=columns).assign(capex=plan.actions["capex"].to_numpy())


def _fed(paid: pd.DataFrame) -> list[str]:
    """Return the payers of the site, the second row."""
    columns = [f"{payer}_capex" for payer in PAYERS]
    return [name for name in columns if paid.iloc[1][name] > 0]


def test_a_household_costs_what_its_action_costs(plan: Plan, prospect: Prospect) -> None:
    actions = plan.actions
    gained = actions["households_gained"]
    serving = gained > 0
    expected = (actions.loc[serving, "capex"] / gained[serving]).round()
    assert (actions.loc[serving, "cost_per_household"].astype(float) == expected).all()
    assert actions.loc[~serving, "cost_per_household"].isna().all()
    figures = table(plan.money).set_index(["plan_figure", "amount_unit"])["amount"]
    assert figures["capex", "VND"] == plan.spent
    assert figures["capex", "USD"] == pytest.approx(plan.spent / 26_000, abs=0.005)
    assert figures["capex_per_household", "VND"] == round(plan.spent / 140)
    factor = annuity_factor(prospect.scenario.costs)
    worth = plan.spent + factor * actions["opex_per_year"].sum()
    assert figures["present_value", "VND"] == pytest.approx(worth, abs=len(actions))
