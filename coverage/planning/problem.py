"""The plan as plain arrays: actions, whom they serve, their power and backhaul, the budget.

Radio, terrain and prices are worked out before; what is left is a choice. An action is one way to
build at a place; of the actions of a place at most one is built. An action with power options takes
exactly one of them. An action with a node needs that node joined to a root of the backhaul graph by
a chain of arcs over nodes that are built themselves, at most `max_hops` arcs long.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Indices = np.ndarray[Any, np.dtype[np.int64]]

FREE: Final = 0
MUST: Final = 1
MUST_NOT: Final = -1
NO_NODE: Final = -1


def _no_numbers() -> Numbers:
    return np.zeros(0)


def _no_indices() -> Indices:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A village that several actions serve together, though none of them does so alone."""

    village: int
    actions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProblem:
    """A choice of actions that serves villages of the greatest weight under a budget.

    Attributes
    ----------
    weight
        (V,) of the villages to serve.
    serves
        (A, V), 1 where an action serves a village alone.
    capex, opex
        (A,) of an action without its power and its link; `opex` per year.
    place
        (A,) actions of one number exclude each other.
    node
        (A,) backhaul node that an action builds and needs joined; -1 where it needs none. A node
        belongs to one place.
    lock
        (A,) 1 must be built, -1 must not, 0 free.
    power_action, power_capex, power_opex
        (P,) options of power and the action each belongs to.
    is_root
        (N,) nodes that have backhaul already.
    arc_from, arc_to, arc_capex, arc_opex
        (E,) links from a node to one that it can feed.
    max_hops
        Longest chain of arcs from a root.
    joint
        Villages served by several actions together.
    budget
        Limit of the total capex.
    opex_limit
        Limit of the total opex per year.
    """

    weight: Numbers
    serves: csr_array
    capex: Numbers
    opex: Numbers
    place: Indices
    node: Indices
    lock: Indices
    power_action: Indices = field(default_factory=_no_indices)
    power_capex: Numbers = field(default_factory=_no_numbers)
    power_opex: Numbers = field(default_factory=_no_numbers)
    is_root: np.ndarray[Any, np.dtype[np.bool_]] = field(
        default_factory=lambda: np.zeros(0, dtype=bool)
    )
    arc_from: Indices = field(default_factory=_no_indices)
    arc_to: Indices = field(default_factory=_no_indices)
    arc_capex: Numbers = field(default_factory=_no_numbers)
    arc_opex: Numbers = field(default_factory=_no_numbers)
    max_hops: int = 4
    joint: tuple[Joint, ...] = ()
    budget: float = np.inf
    opex_limit: float = np.inf

    @property
    def actions(self) -> int:
        """Number of actions."""
        return len(self.capex)

    @property
    def villages(self) -> int:
        """Number of villages."""
        return len(self.weight)

    def with_budget(self, budget: float) -> PlanProblem:
        """Return the same problem under another budget."""
        return replace(self, budget=budget)

    def served(self, chosen: Indices) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which villages the chosen actions serve, alone or together."""
        built = np.zeros(self.actions)
        built[chosen] = 1.0
        served = np.asarray(self.serves.T @ built) > 0
        for joint in self.joint:
            served[joint.village] |= bool(built[list(joint.actions)].all())
        return served

    def objective(self, chosen: Indices) -> float:
        """Return the weight of the villages that the chosen actions serve."""
        return float(self.weight[self.served(chosen)].sum())

    def cheapest_power(self) -> tuple[Numbers, Indices]:
        """Return capex and number of each action's cheapest power option.

        0 and -1 where an action needs none; of equal capex the smaller opex, then the first.
        """
        cost, option = np.zeros(self.actions), np.full(self.actions, -1, dtype=np.int64)
        order = np.lexsort((self.power_opex, self.power_capex, self.power_action))
        action, first = np.unique(self.power_action[order], return_index=True)
        option[action] = order[first]
        cost[action] = self.power_capex[option[action]]
        return cost, option

    def least_link(self) -> Numbers:
        """Return, per action, the least capex of a link into its node; 0 where it needs none."""
        least = np.full(len(self.is_root), np.inf)
        np.minimum.at(least, self.arc_to, self.arc_capex)
        least[self.is_root] = 0.0
        return (
            np.where(self.node >= 0, least[self.node], 0.0)
            if least.size
            else np.zeros_like(self.capex)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is built: actions, the power option and the incoming arc of each that has one."""

    actions: tuple[int, ...]
    power: tuple[int, ...]
    arcs: tuple[int, ...]

    def capex(self, problem: PlanProblem) -> float:
        """Return the money spent on building."""
        return float(
            problem.capex[list(self.actions)].sum()
            + problem.power_capex[list(self.power)].sum()
            + problem.arc_capex[list(self.arcs)].sum()
        )

    def opex(self, problem: PlanProblem) -> float:
        """Return the yearly cost."""
        return float(
            problem.opex[list(self.actions)].sum()
            + problem.power_opex[list(self.power)].sum()
            + problem.arc_opex[list(self.arcs)].sum()
        )

    def objective(self, problem: PlanProblem) -> float:
        """Return the weight of the villages served."""
        return problem.objective(np.array(self.actions, dtype=np.int64))


NOTHING: Final = Choice(actions=(), power=(), arcs=())


def faults(problem: PlanProblem, choice: Choice) -> list[str]:
    """Return every condition of the problem that a choice breaks; empty for a sound one."""
    found = []
    actions, places = list(choice.actions), problem.place[list(choice.actions)]
    if len(set(places.tolist())) < len(places):
        found.append("two actions at one place")
    lock = problem.lock
    if (lock[actions] == MUST_NOT).any():
        found.append("an action is built that must not be")
    if not set(np.flatnonzero(lock == MUST).tolist()) <= set(actions):
        found.append("an action is missing that must be built")
    powered = sorted(problem.power_action[list(choice.power)].tolist())
    if powered != sorted(set(actions) & set(problem.power_action.tolist())):
        found.append("an action has no power, or power twice")
    if unjoined := _unjoined(problem, choice):
        found.append(f"without backhaul: nodes {unjoined}")
    if choice.capex(problem) > problem.budget * (1 + 1e-9):
        found.append(f"spends {choice.capex(problem)} of {problem.budget}")
    if choice.opex(problem) > problem.opex_limit * (1 + 1e-9):
        found.append(f"costs {choice.opex(problem)} a year of {problem.opex_limit}")
    return found


def _unjoined(problem: PlanProblem, choice: Choice) -> list[int]:
    """Built nodes that no chain of arcs of allowed length joins to a root."""
    needed = {int(n) for n in problem.node[list(choice.actions)] if n >= 0}
    into = {int(problem.arc_to[e]): int(problem.arc_from[e]) for e in choice.arcs}
    unjoined = []
    for node in sorted(needed):
        here, hops = node, 0
        while not problem.is_root[here] and hops <= problem.max_hops:
            if here not in into or here not in needed:
                break
            here, hops = into[here], hops + 1
        if not problem.is_root[here] or hops > problem.max_hops:
            unjoined.append(node)
    return unjoined
