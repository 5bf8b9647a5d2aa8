"""What work costs: prices of the presets in whole dong, and costs over the years.

Inside, money is VND in whole numbers. A price of another currency is converted once, when it is
read from its item, at the scenario's rate; prices are not brought to one year.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, get_args

from coverage.errors import ScenarioError
from coverage.params import CostRules, Currency, UnitCost
from coverage.text import Text

_AMOUNT: Final = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?)([A-Z]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something costs to build and to run, in whole VND."""

    capex_vnd: int = 0
    opex_vnd_per_year: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Return both together."""
        return Cost(
            capex_vnd=self.capex_vnd + other.capex_vnd,
            opex_vnd_per_year=self.opex_vnd_per_year + other.opex_vnd_per_year,
        )


def item_cost(rules: CostRules, item: str, quantity: float = 1.0) -> Cost:
    """Return the cost of `quantity` units of a price item.

    Raises
    ------
    ScenarioError
        Where there is no such item.
    """
    price = _price(rules, item)
    return Cost(
        capex_vnd=in_vnd(price.capex * quantity, price.currency, rules),
        opex_vnd_per_year=in_vnd(price.opex_per_year * quantity, price.currency, rules),
    )


def action_items(rules: CostRules, action: str) -> dict[str, float]:
    """Return how many of each item a kind of action takes, without power and backhaul.

    Raises
    ------
    ScenarioError
        Where there is no such kind.
    """
    if action not in rules.actions:
        raise _unknown("actions", action, sorted(rules.actions))
    return dict(rules.actions[action])


def items_cost(rules: CostRules, quantities: Mapping[str, float]) -> Cost:
    """Return the cost of some units of several items."""
    return sum((item_cost(rules, item, count) for item, count in quantities.items()), Cost())


def action_cost(rules: CostRules, action: str) -> Cost:
    """Return the cost of a kind of action, the sum of its items, without power and backhaul.

    Raises
    ------
    ScenarioError
        Where there is no such kind.
    """
    return items_cost(rules, action_items(rules, action))


def is_assumed(rules: CostRules, action: str) -> bool:
    """Whether the cost of an action rests on an assumed price, or on an assumed exchange rate."""
    prices = [_price(rules, item) for item in rules.actions[action]]
    return any(
        price.is_assumption or (price.currency != "VND" and rules.exchange.is_assumption)
        for price in prices
    )


def in_vnd(amount: float, currency: Currency, rules: CostRules) -> int:
    """Return an amount in whole VND; half a dong goes to the even neighbour."""
    return round(amount * rules.exchange.vnd_per_usd) if currency == "USD" else round(amount)


def in_currency(amount_vnd: float, currency: Currency, rules: CostRules) -> float:
    """Return an amount of VND in another currency."""
    return amount_vnd / rules.exchange.vnd_per_usd if currency == "USD" else amount_vnd


def parse_amount(text: str, rules: CostRules) -> int:
    """Read an amount such as `5000000USD` or `130_000_000_000` into VND.

    Without a currency it is in the scenario's.

    Raises
    ------
    ScenarioError
        Where it is not an amount, or of another currency.

    Examples
    --------
    >>> from coverage.settings import default_scenario
    >>> parse_amount("5000000USD", default_scenario().costs)
    130000000000
    """
    found = _AMOUNT.fullmatch(text.replace(" ", "").upper())
    currency = (found[2] or rules.currency) if found else ""
    for known in get_args(Currency):
        if found and currency == known:
            return in_vnd(float(found[1]), known, rules)
    raise ScenarioError(
        Text(
            f"Không hiểu số tiền {text!r}. Hãy viết ví dụ 130000000000, 130000000000VND hoặc "
            "5000000USD (không dùng dấu chấm, phẩy ngăn hàng nghìn).",
            f"The amount {text!r} is not understood. Write for example 130000000000, "
            "130000000000VND or 5000000USD (no separators of thousands but _).",
        )
    )


def annuity_factor(rules: CostRules) -> float:
    """Return what one dong a year, paid at each year's end over the horizon, is worth today.

    Examples
    --------
    >>> from coverage.settings import default_scenario
    >>> round(annuity_factor(default_scenario().costs), 3)
    7.722
    """
    rate, years = rules.discount_rate, rules.horizon_years
    return float(years) if rate == 0.0 else (1.0 - (1.0 + rate) ** -years) / rate


def present_vnd(cost: Cost, rules: CostRules) -> int:
    """Return capex and the discounted opex of the horizon together."""
    return cost.capex_vnd + round(cost.opex_vnd_per_year * annuity_factor(rules))


def split_whole(total: int, weights: Sequence[float]) -> list[int]:
    """Split a whole amount in proportion to weights, exactly, by largest remainder.

    Equal remainders go to the first. Weights of which none is positive share alike.

    Examples
    --------
    >>> split_whole(100, [1, 1, 1])
    [34, 33, 33]
    """
    if sum(weights) <= 0.0:
        weights = [1.0] * len(weights)
    shares = [Fraction(weight) for weight in weights]
    exact = [total * share / sum(shares) for share in shares]
    parts = [math.floor(amount) for amount in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _price(rules: CostRules, item: str) -> UnitCost:
    if item not in rules.items:
        raise _unknown("items", item, sorted(rules.items))
    return rules.items[item]


def _unknown(table: str, name: str, known: list[str]) -> ScenarioError:
    return ScenarioError(
        Text(
            f"[scenario.costs.{table}] không có {name!r}; hiện có: {known}",
            f"[scenario.costs.{table}] has no {name!r}; there are: {known}",
        )
    )
