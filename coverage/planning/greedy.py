"""A good plan fast: most weight for the money, links counted, then one action against others.

Gains are kept up to date instead of being asked for lazily, which gives the same order and is as
fast on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csc_array

from coverage.planning.problem import (
    MUST,
    MUST_NOT,
    Choice,
    Indices,
    Numbers,
    PlanProblem,
    faults,
)

_EXCHANGES: Final = 400
"""So many removals are tried at most …"""
_EXCHANGE_WORK: Final = 2e7
"""… and fewer where each is costly: arcs looked at, for every action that is built again."""
_NEVER: Final = np.inf


@dataclass(frozen=True, slots=True)
class _Reach:
    """Cheapest way to feed each node at each depth, given what stands.

    `through` (H + 1, N) is the capex until a node at that depth is built and can feed others;
    `link` (H + 1, N) that until it has an incoming link, without what stands on it; `arc` the last
    arc of that way.
    """

    through: Numbers
    link: Numbers
    arc: Indices


class Builder:
    """A plan in the making: always sound, never over the budget."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self.own_capex, self.power = problem.cheapest_power()
        self.own_capex = self.own_capex + problem.capex
        power_opex = np.append(problem.power_opex, 0.0)
        self.own_opex = problem.opex + power_opex[self.power]
        self._columns: csc_array = problem.serves.tocsc()
        self._by_head = np.lexsort((np.arange(problem.arc_to.size), problem.arc_to))
        heads = problem.arc_to[self._by_head]
        self._heads, self._starts = np.unique(heads, return_index=True)
        self._head_of_arc = np.searchsorted(self._heads, heads)
        self._carrier = self._cheapest_carrier()
        self.reset()

    def reset(self) -> None:
        """Forget everything built."""
        problem = self.problem
        self.built: list[int] = []
        self.arcs: dict[int, int] = {}
        self._depth: dict[int, int] = {}
        self.capex = self.opex = 0.0
        self._open = problem.lock != MUST_NOT
        self._uncovered = np.ones(problem.villages, dtype=bool)
        self.gain: Numbers = np.asarray(problem.serves @ problem.weight)
        self._reach = self._reached()

    def total_cost(self) -> Numbers:
        """Capex to build each action now, with its power and link; inf where it cannot be."""
        cost = np.where(self._open, self.own_capex, _NEVER)
        node = self.problem.node
        needs = node >= 0
        if needs.any():
            cost[needs] += self._reach.link.min(axis=0)[node[needs]]
        return cost

    def add(self, action: int) -> bool:
        """Build an action and all it needs; False, and nothing changed, if it cannot be."""
        steps = self._steps(action)
        if steps is None:
            return False
        actions = [a for a, _ in steps]
        places = self.problem.place[actions]
        arcs = [e for _, e in steps if e >= 0]
        capex = self.own_capex[actions].sum() + self.problem.arc_capex[arcs].sum()
        opex = self.own_opex[actions].sum() + self.problem.arc_opex[arcs].sum()
        if (
            len(set(places.tolist())) < len(places)
            or not self._open[actions].all()
            or self.capex + capex > self.problem.budget
            or self.opex + opex > self.problem.opex_limit
        ):
            return False
        self.capex += float(capex)
        self.opex += float(opex)
        for built, arc in steps:
            self._stand(built, arc)
        if arcs:
            self._reach = self._reached()
        return True

    def fill(self, *, by_ratio: bool = True, skip: frozenset[int] = frozenset()) -> None:
        """Build what gains most, for the money or at all, until nothing fits."""
        shut = np.zeros(self.problem.actions, dtype=bool)
        shut[list(skip)] = True
        while True:
            cost = self.total_cost()
            fits = (self.gain > 0) & (self.capex + cost <= self.problem.budget) & ~shut
            if not fits.any():
                return
            merit = self.gain / np.maximum(cost, 1e-9) if by_ratio else self.gain
            best = int(np.argmax(np.where(fits, merit, -1.0)))
            if not self.add(best):
                shut[best] = True

    def choice(self) -> Choice:
        """Return what is built."""
        actions = sorted(self.built)
        return Choice(
            actions=tuple(actions),
            power=tuple(int(self.power[a]) for a in actions if self.power[a] >= 0),
            arcs=tuple(sorted(self.arcs.values())),
        )

    def _stand(self, action: int, arc: int) -> None:
        problem = self.problem
        self.built.append(action)
        self._open[problem.place == problem.place[action]] = False
        node = int(problem.node[action])
        if node >= 0 and not problem.is_root[node]:
            self.arcs[node] = arc
            origin = int(problem.arc_from[arc])
            self._depth[node] = self._depth.get(origin, 0) + 1
        row = problem.serves.indices[
            problem.serves.indptr[action] : problem.serves.indptr[action + 1]
        ]
        columns = self._columns
        for village in row[self._uncovered[row]]:
            self._uncovered[village] = False
            users = columns.indices[columns.indptr[village] : columns.indptr[village + 1]]
            self.gain[users] -= problem.weight[village]

    def _steps(self, action: int) -> list[tuple[int, int]] | None:
        """Return actions and incoming arcs from the root's side on; None if there is no way."""
        problem = self.problem
        node = int(problem.node[action])
        if node < 0 or problem.is_root[node]:
            return [(action, -1)]
        link = self._reach.link[:, node]
        depth = int(np.argmin(link))
        if not np.isfinite(link[depth]):
            return None
        steps = []
        here, builds = node, action
        while True:
            arc = int(self._reach.arc[depth, here])
            steps.append((builds, arc))
            here, depth = int(problem.arc_from[arc]), depth - 1
            if problem.is_root[here] or here in self._depth:
                return steps[::-1]
            builds = int(self._carrier[here])

    def _cheapest_carrier(self) -> Indices:
        """Cheapest action that may build each node, so that it can feed others; -1 for none."""
        problem = self.problem
        carrier = np.full(len(problem.is_root), -1, dtype=np.int64)
        able = np.flatnonzero((problem.node >= 0) & (problem.lock != MUST_NOT))
        order = able[np.argsort(-self.own_capex[able], kind="stable")]
        carrier[problem.node[order]] = order
        return carrier

    def _reached(self) -> _Reach:
        problem = self.problem
        nodes, hops = len(problem.is_root), problem.max_hops
        through = np.full((hops + 1, nodes), _NEVER)
        link = np.full((hops + 1, nodes), _NEVER)
        arc = np.full((hops + 1, nodes), -1, dtype=np.int64)
        through[0, problem.is_root] = link[0, problem.is_root] = 0.0
        carrier_cost = np.where(
            (self._carrier >= 0) & self._open[self._carrier],
            self.own_capex[self._carrier],
            _NEVER,
        )
        order, heads, starts = self._by_head, self._heads, self._starts
        origin, arc_capex = problem.arc_from[order], problem.arc_capex[order]
        for depth in range(1, hops + 1):
            for node, at in self._depth.items():
                if at == depth - 1:
                    through[depth - 1, node] = 0.0
            if heads.size == 0:
                break
            cost = through[depth - 1, origin] + arc_capex
            least = np.minimum.reduceat(cost, starts)
            link[depth, heads] = least
            hit = np.flatnonzero(cost == least[self._head_of_arc])
            first = np.searchsorted(hit, starts)
            arc[depth, heads] = order[hit[first]]
            through[depth] = link[depth] + carrier_cost
        link[:, problem.is_root] = 0.0
        return _Reach(through, link, arc)


def greedy(problem: PlanProblem) -> Choice | None:
    """Return a sound plan; None where what must be built does not fit (as far as is seen here)."""
    found = [c for by_ratio in (True, False) if (c := _built(problem, by_ratio)) is not None]
    if not found:
        return None
    return improved(problem, max(found, key=lambda c: (c.objective(problem), -c.capex(problem))))


def _built(problem: PlanProblem, by_ratio: bool) -> Choice | None:  # noqa: FBT001
    builder = Builder(problem)
    if not _locked_in(builder):
        return None
    builder.fill(by_ratio=by_ratio)
    return builder.choice()


def _locked_in(builder: Builder) -> bool:
    problem = builder.problem
    for action in np.flatnonzero(problem.lock == MUST):
        if int(action) not in builder.built and not builder.add(int(action)):
            return False
    return True


def improved(problem: PlanProblem, choice: Choice) -> Choice:
    """Try to do without each action and to spend its money better; keep what serves more.

    Of plans that serve as much the cheaper stays, so actions that gain nothing go.
    """
    best, value = choice, choice.objective(problem)
    tried = 0
    again = True
    builder = Builder(problem)
    work = max(len(choice.actions), 1) * (problem.arc_to.size + problem.actions)
    exchanges = min(_EXCHANGES, int(_EXCHANGE_WORK / work))
    while again and tried < exchanges:
        again = False
        for action in best.actions:
            if problem.lock[action] == MUST or tried >= exchanges:
                continue
            tried += 1
            other = _without(builder, best, action)
            if other is None:
                continue
            reached = other.objective(problem)
            cheaper = other.capex(problem) < best.capex(problem) - 1e-6
            if reached > value + 1e-9 or (reached > value - 1e-9 and cheaper):
                best, value, again = other, reached, True
                break
    return best


def _without(builder: Builder, choice: Choice, action: int) -> Choice | None:
    """Build the same without one action, and fill up again without it."""
    builder.reset()
    if not _locked_in(builder):
        return None
    for kept in choice.actions:
        if kept != action and kept not in builder.built:
            builder.add(kept)
    builder.fill(skip=frozenset([action]))
    other = builder.choice()
    return other if not faults(builder.problem, other) else None
