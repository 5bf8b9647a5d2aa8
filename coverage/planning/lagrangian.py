"""An upper bound of what any plan can serve, and which actions no better plan can hold.

The link between a village's service and the actions that serve it is relaxed with a price per
village, and the budget with a price of money; each action counts with the least it can cost: its
own capex, its cheapest power and the cheapest link into its node. Villages served only jointly
count in equal parts for the actions concerned. All three steps can only raise the optimum, so the
value is a bound at any prices; a subgradient walk looks for prices that make it low.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import coo_array, csr_array

from coverage.planning.problem import MUST, MUST_NOT, Numbers, PlanProblem

_STEPS: Final = 400
_PATIENCE: Final = 20
_BISECTIONS: Final = 40

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An upper bound, and the actions that no plan better than the known one holds."""

    value: float
    ruled_out: Flags


def least_cost(problem: PlanProblem) -> Numbers:
    """Return the least capex each action can come to."""
    power, _ = problem.cheapest_power()
    return np.asarray(problem.capex + power + problem.least_link())


def lagrangian_bound(problem: PlanProblem, known: float) -> Bound:
    """Bound the objective from above; `known` is the value of a plan already found."""
    relaxed = _Relaxed(problem)
    price = relaxed.first_price()
    best, best_price = relaxed.value(price), price
    scale, since = 1.0, 0
    for _ in range(_STEPS):
        slope = relaxed.slope(price)
        norm = float(slope @ slope)
        value = relaxed.last_value
        if norm < 1e-18 or value <= known * (1 + 1e-12):  # noqa: PLR2004
            break
        price = np.clip(price - scale * (value - known) / norm * slope, 0.0, problem.weight)
        value = relaxed.value(price)
        if value < best - 1e-9 * abs(best):
            best, best_price, since = value, price, 0
        else:
            since += 1
            if since >= _PATIENCE:
                scale, since, price = scale / 2.0, 0, best_price
                relaxed.value(price)
                if scale < 1e-4:  # noqa: PLR2004
                    break
    return Bound(value=max(best, known), ruled_out=relaxed.ruled_out(best_price, known))


def price_of_money(problem: PlanProblem) -> float:
    """Return about what a unit of capex is worth in weight served; 0 where money is not short."""
    relaxed = _Relaxed(problem)
    relaxed.value(relaxed.first_price())
    return relaxed.money


class _Relaxed:
    """The relaxed problem at given prices of villages."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self.matrix = _shares(problem)
        self.cost = least_cost(problem)
        open_ = (problem.lock != MUST_NOT) & np.isfinite(self.cost)
        self.cost = np.where(open_, self.cost, 0.0)
        self._open = open_
        order = np.lexsort((np.arange(problem.actions), problem.place))
        self._order = order[open_[order]]
        places = problem.place[self._order]
        self._starts = (
            np.flatnonzero(np.append(True, np.diff(places) != 0))
            if places.size
            else (np.zeros(0, dtype=np.int64))
        )
        self._size = np.diff(np.append(self._starts, places.size))
        self._must = problem.lock == MUST
        self.last_value = 0.0
        self._worth = np.zeros(problem.actions)
        self.money = 0.0

    def first_price(self) -> Numbers:
        """Each village's weight shared by the actions that serve it."""
        servers = np.asarray(self.matrix[self._order].sum(axis=0)).ravel()
        return np.where(servers > 0, self.problem.weight / np.maximum(servers, 1.0), 0.0)

    def value(self, price: Numbers) -> float:
        """Return the bound at these prices, with the best price of money."""
        self._worth = np.asarray(self.matrix @ price)
        self._free = float(np.maximum(self.problem.weight - price, 0.0).sum())
        low, high = 0.0, self._dearest()
        if self._spent(low) <= self.problem.budget:
            high = low
        else:
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2.0
                if self._spent(middle) > self.problem.budget:
                    low = middle
                else:
                    high = middle
        self.money = high
        money = high * self.problem.budget if high > 0 else 0.0
        self.last_value = self._free + money + float(self._taken(high)[1].sum())
        return self.last_value

    def slope(self, price: Numbers) -> Numbers:
        """Return a subgradient at the prices of the last `value`.

        Where the money does not come out even, the solutions on both sides of its price are mixed.
        """
        chosen, _ = self._taken(self.money)
        share = np.zeros(self.problem.actions)
        share[chosen] = 1.0
        if self.money > 0:
            more, _ = self._taken(self.money * (1.0 - 1e-6))
            spent, spent_more = self.cost[chosen].sum(), self.cost[more].sum()
            if spent_more > spent:
                part = (self.problem.budget - spent) / (spent_more - spent)
                other = np.zeros(self.problem.actions)
                other[more] = 1.0
                share += float(np.clip(part, 0.0, 1.0)) * (other - share)
        served = np.asarray(self.matrix.T @ share)
        return np.asarray(served - (price < self.problem.weight))

    def ruled_out(self, price: Numbers, known: float) -> Flags:
        """Actions whose choice lowers the bound to what is known, so that none better has them."""
        value = self.value(price)
        profit = self._worth - self.money * self.cost
        best = np.zeros(self.problem.actions)
        if self._order.size:
            top = np.maximum(np.maximum.reduceat(profit[self._order], self._starts), 0.0)
            best[self._order] = np.repeat(top, self._size)
        with_it = value - best + profit
        return np.asarray(~self._open | ((with_it <= known + 1e-9 * abs(known)) & ~self._must))

    def _dearest(self) -> float:
        """Return a price of money at which nothing is bought of free will."""
        ratio = self._worth[self._order] / np.maximum(self.cost[self._order], 1e-12)
        return float(ratio.max(initial=0.0)) * (1 + 1e-9) + 1e-12

    def _spent(self, money: float) -> float:
        return float(self.cost[self._taken(money)[0]].sum())

    def _taken(self, money: float) -> tuple[Any, Numbers]:
        """Actions bought at a price of money, at most one a place, and what each is worth net."""
        if not self._order.size:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        profit = (self._worth - money * self.cost)[self._order]
        ranked = np.where(self._must[self._order], np.inf, profit)
        top = np.maximum.reduceat(ranked, self._starts)
        hit = np.flatnonzero(ranked == np.repeat(top, self._size))
        first = hit[np.searchsorted(hit, self._starts)]
        bought = first[(profit[first] > 0) | self._must[self._order[first]]]
        return self._order[bought], profit[bought]


def _shares(problem: PlanProblem) -> csr_array:
    """Return which part of a village's service each action counts for, joint service included."""
    direct = problem.serves.tocoo()
    rows, columns, values = [direct.row], [direct.col], [np.ones(direct.nnz)]
    for joint in problem.joint:
        rows.append(np.array(joint.actions))
        columns.append(np.full(len(joint.actions), joint.village))
        values.append(np.full(len(joint.actions), 1.0 / len(joint.actions)))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(coo_array(entries, shape=problem.serves.shape))
