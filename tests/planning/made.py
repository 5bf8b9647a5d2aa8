"""Small made problems, and all their plans tried one by one."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from coverage.planning.problem import FREE, MUST, MUST_NOT, Choice, Joint, PlanProblem, faults


def problem(
    weight: list[float],
    serves: list[list[int]],
    capex: list[float],
    budget: float,
    **changes: Any,
) -> PlanProblem:
    """Return a problem whose actions need neither power nor backhaul; `serves` lists villages."""
    matrix = np.zeros((len(capex), len(weight)))
    for action, villages in enumerate(serves):
        matrix[action, villages] = 1.0
    count = len(capex)
    given: dict[str, Any] = {
        "weight": np.array(weight, dtype=float),
        "serves": csr_array(matrix),
        "capex": np.array(capex, dtype=float),
        "opex": np.zeros(count),
        "place": np.arange(count),
        "node": np.full(count, -1),
        "lock": np.full(count, FREE),
        "budget": budget,
    }
    arrays = {k: np.asarray(v) if isinstance(v, list) else v for k, v in changes.items()}
    return PlanProblem(**(given | arrays))


@st.composite
def problems(draw: st.DrawFn) -> PlanProblem:
    """Draw a problem small enough to try every plan."""
    villages = draw(st.integers(1, 5))
    count = draw(st.integers(1, 5))
    money = st.integers(1, 9)
    some = st.lists(st.integers(0, villages - 1), max_size=villages, unique=True)
    nodes = draw(st.integers(0, 4))
    roots = [True, *[False] * (nodes - 1)] if nodes else []
    # A node belongs to one place; an action there may do without it.
    place = [draw(st.integers(0, count - 1)) for _ in range(count)]
    node = [p if p < nodes and draw(st.booleans()) else -1 for p in place]
    powered = [a for a in range(count) if draw(st.booleans())]
    power_action = [a for a in powered for _ in range(draw(st.integers(1, 2)))]
    pairs = [(u, v) for u in range(nodes) for v in range(nodes) if u != v and not roots[v]]
    arcs = [pair for pair in pairs if draw(st.booleans())]
    lock = st.sampled_from([FREE, FREE, FREE, FREE, MUST, MUST_NOT])
    joint = (Joint(village=0, actions=(0, count - 1)),) if count > 1 and draw(st.booleans()) else ()
    return problem(
        [float(draw(st.integers(0, 9))) for _ in range(villages)],
        [draw(some) for _ in range(count)],
        [float(draw(money)) for _ in range(count)],
        float(draw(st.integers(0, 40))),
        opex=[float(draw(money)) for _ in range(count)],
        place=place,
        node=node,
        lock=[draw(lock) for _ in range(count)],
        power_action=np.array(power_action, dtype=np.int64),
        power_capex=np.array([draw(money) for _ in power_action], dtype=float),
        power_opex=np.array([draw(money) for _ in power_action], dtype=float),
        is_root=np.array(roots, dtype=bool),
        arc_from=np.array([u for u, _ in arcs], dtype=np.int64),
        arc_to=np.array([v for _, v in arcs], dtype=np.int64),
        arc_capex=np.array([draw(money) for _ in arcs], dtype=float),
        arc_opex=np.array([draw(money) for _ in arcs], dtype=float),
        max_hops=draw(st.integers(1, 3)),
        joint=joint,
        opex_limit=draw(st.sampled_from([np.inf, 20.0])),
    )


def every_plan(made: PlanProblem) -> list[Choice]:
    """Return every sound plan: all subsets, powers and trees, tried one by one."""
    sound = []
    for size in range(made.actions + 1):
        for actions in combinations(range(made.actions), size):
            powers = [
                np.flatnonzero(made.power_action == a).tolist()
                for a in actions
                if (made.power_action == a).any()
            ]
            nodes = {int(made.node[a]) for a in actions}
            into = [
                np.flatnonzero(made.arc_to == n).tolist()
                for n in sorted(nodes)
                if n >= 0 and not made.is_root[n]
            ]
            for power in product(*powers):
                for arcs in product(*into):
                    choice = Choice(
                        actions=actions, power=tuple(sorted(power)), arcs=tuple(sorted(arcs))
                    )
                    if not faults(made, choice):
                        sound.append(choice)
    return sound
