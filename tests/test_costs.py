"""Prices in whole dong, amounts as people write them, years weighed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.costs import (
    Cost,
    action_cost,
    annuity_factor,
    in_currency,
    in_vnd,
    is_assumed,
    item_cost,
    parse_amount,
    present_vnd,
    split_whole,
)
from coverage.errors import ScenarioError
from coverage.settings import default_scenario, scenario_from
from coverage.validation import SettingsError

COSTS = default_scenario().costs
RATE = COSTS.exchange.vnd_per_usd


def test_a_site_costs_what_its_items_cost() -> None:
    # by hand: equipment 40,000 + build 30,000 + installation 30,000 USD; yearly 7,400 + 3,000 USD
    found = action_cost(COSTS, "new_site")
    assert found.capex_vnd == 100_000 * RATE
    assert found.opex_vnd_per_year == 10_400 * RATE
    assert item_cost(COSTS, "mast_metre", 10.0).capex_vnd == 5_000 * RATE


def test_grid_extension_is_in_dong_already() -> None:
    assert item_cost(COSTS, "grid_extension", 0.5) == Cost(
        capex_vnd=850_000_000, opex_vnd_per_year=0
    )


def test_present_value() -> None:
    # by hand: (1 - 1.05^-10) / 0.05 = 7.721735
    assert annuity_factor(COSTS) == pytest.approx(7.721735, abs=1e-6)
    cost = Cost(capex_vnd=1_000, opex_vnd_per_year=100)
    assert present_vnd(cost, COSTS) == 1_772
    undiscounted = COSTS.model_copy(update={"discount_rate": 0.0, "horizon_years": 3})
    assert present_vnd(cost, undiscounted) == 1_300


@pytest.mark.parametrize(
    ("text", "vnd"),
    [
        ("130000000000", 130_000_000_000),
        ("130_000_000_000", 130_000_000_000),
        ("5000000USD", 5_000_000 * 26_000),
        ("5000000 usd", 5_000_000 * 26_000),
        ("0", 0),
        ("0.5VND", 0),  # half a dong goes to the even neighbour
    ],
)
def test_amounts(text: str, vnd: int) -> None:
    assert parse_amount(text, COSTS) == vnd


@pytest.mark.parametrize("text", ["", "-1", "1.000.000", "1,5", "12EUR", "USD", "1e9", "nan"])
def test_what_is_no_amount_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_amount(text, COSTS)
    assert caught.value.text.vi != caught.value.text.en


@given(st.integers(0, 10**15))
def test_dong_to_dollars_and_back(amount: int) -> None:
    # 10^15 dong are far below 2^53, where floats count whole numbers
    assert in_vnd(in_currency(amount, "USD", COSTS), "USD", COSTS) == amount


def test_every_price_says_where_it_comes_from() -> None:
    for name, price in COSTS.items.items():
        assert price.source, name
        assert 2000 <= price.year <= 2026, name
        assert price.title.vi != price.title.en, name
    assert all(is_assumed(COSTS, action) for action in COSTS.actions)  # the rate is assumed
    known_rate = COSTS.exchange.model_copy(update={"is_assumption": False})
    settled = COSTS.model_copy(update={"exchange": known_rate})
    assert not is_assumed(settled, "new_site")
    assert is_assumed(settled, "repeater")


def test_a_project_replaces_single_prices_and_becomes_their_source() -> None:
    changed = {"items": {"fibre_poles": {"capex": 60_000_000, "currency": "VND"}}}
    found = scenario_from({"costs": changed}, "mine.toml").costs
    assert item_cost(found, "fibre_poles", 2.0).capex_vnd == 120_000_000
    assert found.items["fibre_poles"].source == "mine.toml [costs]"
    assert found.items["fibre_poles"].unit == "km"
    assert found.items["fibre_paved"] == COSTS.items["fibre_paved"]
    named = {"items": {"fibre_poles": {"capex": 1, "source": "Sở KH&CN"}}}
    assert scenario_from({"costs": named}, "m").costs.items["fibre_poles"].source == "Sở KH&CN"


@pytest.mark.parametrize(
    ("group", "settings"),
    [
        ("costs", {"items": {"fibre_poles": {"capex": -1}}}),
        ("costs", {"items": {"fibre_poles": {"price": 1}}}),
        ("costs", {"actions": {"new_site": {"moon_rocket": 1}}}),
        ("costs", {"exchange": {"vnd_per_usd": 0}}),
        ("power", {"irradiation_kwh_m2_day": [3.0, 4.0]}),
        (
            "links",
            {
                "bands": [
                    {
                        "name": "a",
                        "frequency_mhz": 8e3,
                        "max_length_km": 9,
                        "item": "microwave_small",
                    },
                    {
                        "name": "b",
                        "frequency_mhz": 9e3,
                        "max_length_km": 8,
                        "item": "microwave_small",
                    },
                ]
            },
        ),
        ("routes", {"detour": 0.5}),
        ("routes", 3),
    ],
)
def test_settings_that_cannot_be_are_refused(group: str, settings: object) -> None:
    with pytest.raises(SettingsError) as caught:
        scenario_from({group: settings}, "s.toml")
    assert any(group in f"{p.file} {p.column}" for p in caught.value.problems)


def test_unknown_items_and_actions_are_told() -> None:
    with pytest.raises(ScenarioError, match=r"costs\.items\].*moon_rocket"):
        item_cost(COSTS, "moon_rocket")
    with pytest.raises(ScenarioError, match=r"costs\.actions\].*moon_landing"):
        action_cost(COSTS, "moon_landing")


def test_one_unit_is_meant_where_no_number_is_given_and_years_count_by_units() -> None:
    assert item_cost(COSTS, "mast_metre").capex_vnd == 500 * RATE  # by hand: 500 USD a metre
    yearly = [name for name, price in COSTS.items.items() if price.opex_per_year]
    one, three = item_cost(COSTS, yearly[0]), item_cost(COSTS, yearly[0], 3.0)
    assert three.opex_vnd_per_year == 3 * one.opex_vnd_per_year > 0


def test_the_rate_matters_only_to_prices_of_another_currency() -> None:
    price = {"capex": 1, "currency": "VND", "is_assumption": False, "source": "s"}
    actions = {"new_site": {"fibre_poles": 1.0}}
    found = scenario_from({"costs": {"items": {"fibre_poles": price}, "actions": actions}}, "m")
    assert found.costs.exchange.is_assumption
    only = found.costs.model_copy(update={"actions": {"poles": {"fibre_poles": 1.0}}})
    assert not is_assumed(only, "poles")


@given(
    st.integers(0, 10**12),
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=6),
)
def test_a_whole_amount_is_split_without_rest(total: int, weights: list[float]) -> None:
    parts = split_whole(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    whole = sum(weights)
    if whole > 0:
        exact = [total * weight / whole for weight in weights]
        # one dong by the method, and what floats leave of 10^12
        assert all(abs(p - e) <= 1 + 1e-3 for p, e in zip(parts, exact, strict=True))


def test_equal_remainders_go_to_the_first() -> None:
    assert split_whole(10, [1.0, 1.0, 1.0]) == [4, 3, 3]
    assert split_whole(5, [0.0, 0.0]) == [3, 2]


def test_the_scenario_stays_hashable() -> None:
    assert hash(default_scenario()) == hash(default_scenario())
