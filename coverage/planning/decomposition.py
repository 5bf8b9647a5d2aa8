"""A plan for a problem too large for one program: by parts, with a price of money between them.

At a price of money every part is a program of its own: the weight it serves less what it costs at
that price. Whatever the price, what the parts reach together, and the budget at that price, is more
than any plan serves; the price at which the budget is just spent makes it least. Between the plans
on both sides of that price money goes to the part in which it gains most.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from coverage.errors import InfeasibleError
from coverage.planning.lagrangian import price_of_money
from coverage.planning.milp import Model, SolverSettings
from coverage.planning.parts import Part, parts_of, side_by_side, small_clusters
from coverage.planning.problem import MUST, NOTHING, Choice, Indices, PlanProblem, faults
from coverage.text import Text

LARGEST_PART: Final = 400
"""Actions of a part: HiGHS decides among so many in a few seconds."""
_STEPS: Final = 24
_WIDEN: Final = 1.5
_NARROW: Final = 1e-4
_LAST_TRIES: Final = 40
"""Parts that are asked at the end what they would do with the rest of the money."""
_DONG: Final = 1e-3
"""Capex is whole dong but for the arithmetic of floats."""
_PART_S: Final = 20.0
"""Longest time for one part at one price; its bound holds all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposed:
    """A sound plan, what it serves, the bound that no plan exceeds, and the price of money."""

    choice: Choice
    objective: float
    bound: float
    price: float
    parts: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a part does at a price: a sound plan, what it serves and costs, and its bound."""

    choice: Choice
    value: float
    capex: float
    net_bound: float


@dataclass(slots=True)
class _Asked:
    """A part and its answers at the prices it was asked, in one unit of money each."""

    part: Part
    settings: SolverSettings
    answers: dict[float, _Answer] = field(default_factory=dict)
    model: Model | None = None
    inner_model: Model | None = None

    def at(self, price: float) -> _Answer | None:
        """Return what the part does at a price; None where what must be built cannot be."""
        if price in self.answers:
            return self.answers[price]
        between = self._between(price)
        if between is None:
            between = self._solved(price)
            if between is None:
                return None
        self.answers[price] = between
        return between

    def _between(self, price: float) -> _Answer | None:
        """Return the answer of the prices on both sides if they are one: it is that between."""
        lower = max((known for known in self.answers if known < price), default=None)
        upper = min((known for known in self.answers if known > price), default=None)
        if lower is None or upper is None:
            return None
        one, other = self.answers[lower], self.answers[upper]
        if one.choice != other.choice:
            return None
        # What a part reaches is convex in the price, so its bound lies below the line between.
        share = (price - lower) / (upper - lower)
        return replace(one, net_bound=one.net_bound + share * (other.net_bound - one.net_bound))

    def _solved(self, price: float) -> _Answer | None:
        if self.model is None:
            self.model = Model(self.part.outer)
        found = self.model.maximise_net(price, self.settings)
        bound = found.bound
        if found.is_infeasible:
            return None
        if self.part.inner is not self.part.outer:
            if self.inner_model is None:
                self.inner_model = Model(self.part.inner)
            found = self.inner_model.maximise_net(price, self.settings)
        inner = self.part.inner
        choice = found.choice
        if choice is None or faults(inner, choice):
            if (inner.lock == MUST).any():
                return None
            choice = NOTHING
        net = choice.objective(inner) - price * choice.capex(inner)
        if net < 0.0 and not (inner.lock == MUST).any():
            choice, net = NOTHING, 0.0
        return _Answer(choice, choice.objective(inner), choice.capex(inner), max(bound, net))


def decomposed(
    problem: PlanProblem,
    *,
    label: Indices | None = None,
    settings: SolverSettings | None = None,
) -> Decomposed | None:
    """Serve as much as can be under the budget, part by part.

    Parameters
    ----------
    problem
        What can be chosen.
    label
        Number of the part of each action, such as its province; None for the clusters that share
        nothing but money, cut where they are too large.
    settings
        Of the solver, for each part; the time limit is for all together.

    Returns
    -------
    Decomposed
        None where what must be built does not fit, as far as is seen here.
    """
    settings = settings or SolverSettings()
    until = time.perf_counter() + settings.time_limit_s
    found = parts_of(problem, small_clusters(problem, LARGEST_PART) if label is None else label)
    each = replace(settings, time_limit_s=min(_PART_S, settings.time_limit_s))
    asked = [_Asked(part, each) for part in found]
    market = _Market(problem, asked)
    try:
        low, high = market.bracket(until)
    except _CannotBuildError:
        return None
    choice = _put_together(problem, asked, low, high)
    if choice is None:
        return None
    value = choice.objective(problem)
    return Decomposed(
        choice=choice,
        objective=value,
        bound=max(market.bound, value),
        price=high,
        parts=len(found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A budget divided between problems, what it serves in all, and the bound on that."""

    budgets: tuple[int, ...]
    objective: float
    bound: float


def split_budget(
    problems: Sequence[PlanProblem], budget: int, *, settings: SolverSettings | None = None
) -> Split:
    """Divide a budget between problems, such as provinces, so that it serves most in all.

    Money goes where the next of it gains most. What nobody has a use for is left to the first.

    Raises
    ------
    InfeasibleError
        Where what must be built does not fit.
    """
    whole = side_by_side(problems, float(budget))
    if not whole.actions:
        budgets = (budget, *(0 for _ in problems[1:]))
        return Split(budgets=budgets, objective=0.0, bound=0.0)
    found = decomposed(whole, settings=settings)
    if found is None:
        raise InfeasibleError(
            Text(
                f"Ngân sách {budget:,} không đủ cho những gì các tỉnh bắt buộc phải xây.",
                f"The budget of {budget:,} does not pay for what the provinces must build.",
            )
        )
    choice, shares = found.choice, []
    first = np.cumsum([0, *(one.actions for one in problems)])
    powers = np.cumsum([0, *(len(one.power_action) for one in problems)])
    arcs = np.cumsum([0, *(len(one.arc_to) for one in problems)])
    for number in range(len(problems)):
        own = Choice(
            actions=tuple(a for a in choice.actions if first[number] <= a < first[number + 1]),
            power=tuple(p for p in choice.power if powers[number] <= p < powers[number + 1]),
            arcs=tuple(e for e in choice.arcs if arcs[number] <= e < arcs[number + 1]),
        )
        shares.append(math.ceil(own.capex(whole) - _DONG))
    shares[0] += budget - sum(shares)
    return Split(budgets=tuple(shares), objective=found.objective, bound=found.bound)


class _CannotBuildError(Exception):
    """What must be built in a part cannot be, or is too dear."""


class _Market:
    """What all parts spend at a price, and the best bound so far."""

    def __init__(self, problem: PlanProblem, asked: list[_Asked]) -> None:
        self._problem, self._asked = problem, asked
        self.bound = float(problem.weight.sum())

    def is_too_cheap(self, price: float) -> bool:
        """Whether the parts spend more than the budget at a price."""
        answers = []
        for one in self._asked:
            answer = one.at(price)
            if answer is None:
                raise _CannotBuildError
            answers.append(answer)
        money = price * self._problem.budget if price > 0.0 else 0.0
        self.bound = min(self.bound, money + sum(answer.net_bound for answer in answers))
        return sum(answer.capex for answer in answers) > self._problem.budget

    def bracket(self, until: float) -> tuple[float, float]:
        """Close in on the price at which the budget is spent; return both sides of it."""
        start = price_of_money(self._problem) if np.isfinite(self._problem.budget) else 0.0
        if start <= 0.0 and not self.is_too_cheap(0.0):
            return 0.0, 0.0
        low, high = self._around(start if start > 0.0 else 1.0)
        while high - low > _NARROW * high and time.perf_counter() < until:
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.is_too_cheap(middle) else (low, middle)
        return low, high

    def _around(self, start: float) -> tuple[float, float]:
        """Return two prices, the lower of them too cheap, by steps from a first guess."""
        low = high = start
        if self.is_too_cheap(start):
            for _ in range(_STEPS):
                low, high = high, high * _WIDEN
                if not self.is_too_cheap(high):
                    return low, high
            raise _CannotBuildError
        for _ in range(_STEPS):
            low, high = low / _WIDEN, low
            if self.is_too_cheap(low):
                return low, high
        return (0.0, low) if self.is_too_cheap(0.0) else (0.0, 0.0)


def _put_together(
    problem: PlanProblem, asked: list[_Asked], low: float, high: float
) -> Choice | None:
    """Build what the higher price buys; then the gains of the lower one, the best of them first."""
    now: list[Choice] = []
    for one in asked:
        answer = one.at(high)
        now.append(NOTHING if answer is None else answer.choice)
    left = _Left(problem, asked, now)
    if left.opex < 0.0:
        left.spare_opex()
    steps = []
    for number, one in enumerate(asked):
        more = one.at(low)
        if more is not None and more.choice != now[number]:
            gain = more.value - now[number].objective(one.part.inner)
            dearer = max(more.capex - now[number].capex(one.part.inner), 1e-9)
            steps.append((-gain / dearer, number, more.choice))
    for _, number, choice in sorted(steps, key=lambda step: step[:2]):
        left.take(number, choice)
    unserved = [
        (one.part.inner.objective(np.arange(one.part.inner.actions)))
        - left.now[number].objective(one.part.inner)
        for number, one in enumerate(asked)
    ]
    first = dict.fromkeys([*(number for _, number, _ in sorted(steps, key=lambda s: s[:2]))])
    rest = sorted(range(len(asked)), key=lambda number: (-unserved[number], number))
    for number in [*first, *(n for n in rest if n not in first)][:_LAST_TRIES]:
        if unserved[number] > 0.0:
            left.spend(number)
    whole = [one.part.in_whole(choice) for one, choice in zip(asked, left.now, strict=True)]
    choice = Choice(
        actions=tuple(sorted(a for part in whole for a in part.actions)),
        power=tuple(sorted(p for part in whole for p in part.power)),
        arcs=tuple(sorted(e for part in whole for e in part.arcs)),
    )
    return None if faults(problem, choice) else choice


class _Left:
    """What the parts build now, and the money left."""

    def __init__(self, problem: PlanProblem, asked: list[_Asked], now: list[Choice]) -> None:
        self._asked, self.now = asked, now
        self.capex = problem.budget - sum(self._capex(n, c) for n, c in enumerate(now))
        self.opex = problem.opex_limit - sum(self._opex(n, c) for n, c in enumerate(now))

    def take(self, number: int, choice: Choice) -> None:
        """Build something else in a part, if it serves more and the money is there."""
        old, inner = self.now[number], self._asked[number].part.inner
        capex = self._capex(number, choice) - self._capex(number, old)
        opex = self._opex(number, choice) - self._opex(number, old)
        if (
            choice.objective(inner) > old.objective(inner)
            and capex <= self.capex
            and opex <= self.opex
        ):
            self.now[number] = choice
            self.capex -= capex
            self.opex -= opex

    def spend(self, number: int) -> None:
        """Let a part plan anew with its own money and all that is left."""
        one = self._asked[number]
        inner = replace(
            one.part.inner,
            budget=self._capex(number, self.now[number]) + self.capex,
            opex_limit=self._opex(number, self.now[number]) + self.opex,
        )
        found = Model(inner).maximise(one.settings)
        if found.choice is not None and not faults(inner, found.choice):
            self.take(number, found.choice)

    def spare_opex(self) -> None:
        """Give up parts that serve least for their yearly cost until the rest can be afforded."""
        worth = sorted(
            (choice.objective(one.part.inner) / max(self._opex(number, choice), 1e-9), number)
            for number, (one, choice) in enumerate(zip(self._asked, self.now, strict=True))
            if choice.actions and not (one.part.inner.lock == MUST).any()
        )
        for _, number in worth:
            if self.opex >= 0.0:
                return
            self.capex += self._capex(number, self.now[number])
            self.opex += self._opex(number, self.now[number])
            self.now[number] = NOTHING

    def _capex(self, number: int, choice: Choice) -> float:
        return choice.capex(self._asked[number].part.inner)

    def _opex(self, number: int, choice: Choice) -> float:
        return choice.opex(self._asked[number].part.inner)
