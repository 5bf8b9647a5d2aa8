"""How often an action stays chosen: the variants, and each of them planned from scratch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coverage import pipeline
from coverage.model import Plan, Result
from coverage.params import COVERED_CLASSES, ClassThresholds, Scenario, Variant
from coverage.planning.firmness import repriced, variants_of, widest_gain_db, with_firmness
from coverage.planning.plan import Prospect, make_plan, make_prospect
from coverage.planning.reach import make_reach
from coverage.settings import default_scenario
from tests.planning.test_plan import PLENTY, ridged, scenario

BUDGET = 6_000_000_000
SPREAD_DB = 6.0


@pytest.fixture(scope="module")
def result() -> Result:
    return pipeline.run(ridged(), scenario())


@pytest.fixture(scope="module")
def prospect(result: Result) -> Prospect:
    return make_prospect(result, extra_db=SPREAD_DB)


def shifted(base: Scenario, level_db: float) -> Scenario:
    """Return the scenario with all limits lower by some decibels."""
    limits = {
        technology: ClassThresholds(
            good_dbm=limit.good_dbm - level_db, weak_dbm=limit.weak_dbm - level_db
        )
        for technology, limit in base.thresholds.technologies.items()
    }
    profile = base.thresholds.model_copy(update={"technologies": limits})
    return base.model_copy(update={"thresholds": profile})


def firmness(plan: Plan) -> pd.DataFrame:
    assert plan.firmness is not None
    return plan.firmness.set_index("variant")


def test_variants_are_named_first_then_drawn_by_the_seed() -> None:
    rules = default_scenario().variants
    found = variants_of(rules)
    assert found == variants_of(rules)
    assert [v.name for v in found[: len(rules.named)]] == [v.name for v in rules.named]
    assert len(found) == len(rules.named) + rules.random
    assert variants_of(rules, 3) == found[:3]
    many = variants_of(rules, 200)
    assert many[: len(found)] == found
    for variant in many[len(rules.named) :]:
        for factor in (variant.equipment, variant.power, variant.backhaul):
            assert 1 - rules.cost_spread <= factor <= 1 + rules.cost_spread
        assert abs(variant.level_db) <= rules.level_spread_db
    assert variants_of(rules.model_copy(update={"seed": 2}))[-1] != found[-1]
    assert widest_gain_db(found) == max(v.level_db for v in found) >= 4.0


def test_every_price_is_of_one_group() -> None:
    base = default_scenario()
    groups = {
        name: repriced(base.costs, base.links, Variant(name=name, **{name: 2.0})).items
        for name in ("equipment", "power", "backhaul")
    }
    for item, price in base.costs.items.items():
        factors = [groups[name][item].capex / price.capex for name in groups if price.capex]
        assert sorted(factors) in ([], [1.0, 1.0, 2.0])
    assert groups["power"]["grid_extension"].capex == 2 * 1_700_000_000
    assert groups["backhaul"]["satellite_backhaul"].opex_per_year == 2 * 12_000
    assert groups["equipment"]["site_build"].capex == 60_000


@pytest.mark.parametrize(
    "variant",
    [
        Variant(name="equipment", equipment=0.7),
        Variant(name="backhaul", backhaul=3.0),
        Variant(name="power", power=0.1),
    ],
    ids=lambda variant: variant.name,
)
def test_other_prices_plan_as_from_scratch(
    prospect: Prospect, result: Result, variant: Variant
) -> None:
    plan = make_plan(prospect, BUDGET)
    row = firmness(with_firmness(prospect, plan, (variant,))).loc[variant.name]
    base = result.scenario
    costs = repriced(base.costs, base.links, variant)
    again = pipeline.plan(
        replace(result, scenario=base.model_copy(update={"costs": costs})), budget=BUDGET
    )
    assert row["capex"] == again.spent
    assert row["households_gained"] == again.actions["households_gained"].sum()
    common = set(plan.actions["action_id"]) & set(again.actions["action_id"])
    assert row["actions_in_common"] == len(common)


@pytest.mark.parametrize("level_db", [-25.0, SPREAD_DB])
def test_other_signal_serves_what_a_run_at_those_limits_finds(
    prospect: Prospect, result: Result, level_db: float
) -> None:
    other = shifted(result.scenario, level_db)
    under = prospect.reach.under(other)
    fresh = make_reach(result, other, prospect.candidates)
    served_now = pipeline.run(result.inputs, other).villages["signal_class_4g"]
    targets = prospect.candidates.villages
    expected = served_now.isin(COVERED_CLASSES).to_numpy()[targets]
    assert under.served_before.tolist() == expected.tolist()
    differs = False
    for action in range(len(prospect.candidates.actions)):
        assert under.served(action).tolist() == fresh.served(action).tolist()
        differs |= bool((under.served(action) != prospect.reach.served(action)).any())
    assert differs  # the level does change whom some action serves


def test_the_share_counts_the_plans_that_choose_an_action(prospect: Prospect) -> None:
    plan = make_plan(prospect, BUDGET)
    asked: list[str] = []

    def elsewhere(other: Scenario) -> Prospect:
        asked.append(other.radio.model_4g)
        return prospect

    variants = (
        Variant(name="dear", equipment=1.4),
        Variant(name="hopeless", equipment=9.0),
        Variant(name="model", models={"4G": "free_space"}),
        Variant(name="weak", level_db=-4.0),
    )
    found = with_firmness(prospect, plan, variants, elsewhere=elsewhere)
    assert asked == ["free_space"]
    table, share = firmness(found), found.actions["chosen_share"]
    assert share.sum() * len(variants) == pytest.approx(table["actions_in_common"].sum())
    assert share.between(0, 1).all()
    assert table.loc["model", "common_share"] == 1.0
    assert table.loc["hopeless", "actions_in_common"] == 0
    columns = ["capex", "actions"]
    again = with_firmness(prospect, plan, variants, elsewhere=elsewhere)
    pd.testing.assert_frame_equal(firmness(again)[columns], table[columns])


def test_a_variant_that_cannot_be_planned_is_told_and_not_counted(prospect: Prospect) -> None:
    first = str(make_plan(prospect, PLENTY).actions["action_id"].iloc[0])
    rules = prospect.scenario.planning.model_copy(update={"must": (first,)})
    locked = pipeline.run(ridged(), prospect.scenario.model_copy(update={"planning": rules}))
    must = make_prospect(locked)
    least = make_plan(must, PLENTY).actions.set_index("action_id").loc[first, "capex"]
    plan = make_plan(must, int(least * 1.2))
    dear = (Variant(name="dear", equipment=5.0, power=5.0, backhaul=5.0), Variant(name="same"))
    found = with_firmness(must, plan, dear)
    assert firmness(found)["is_feasible"].tolist() == [False, True]
    assert found.actions["chosen_share"].tolist() == [1.0] * len(plan.actions)


def test_a_target_is_aimed_at_again(result: Result) -> None:
    found = pipeline.plan(result, target=0.5, variants=2)
    table = firmness(found)
    assert len(table) == 2
    # by hand: half of the 140 households without service
    assert (table["households_gained"] >= 70).all()
    assert "chosen_share" in found.actions
    assert np.isfinite(found.actions["chosen_share"].to_numpy(dtype=float)).all()


def test_without_being_asked_nothing_is_planned_again(result: Result) -> None:
    plan: Any = pipeline.plan(result, budget=BUDGET)
    assert plan.firmness is None
    assert "chosen_share" not in plan.actions
