"""A large planning problem in parts: clusters of gaps that share nothing, or provinces.

Parts that share nothing but money are the connected clusters of the problem. Where other parts are
named, what crosses their borders is told in two ways: `outer` allows more than the whole problem
does (a village may count in each part, a link from beyond hangs on a root), so that its optimum
bounds the whole; `inner` allows less (no link crosses), so that its plans are sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from scipy.sparse import block_diag, coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from coverage.planning.problem import Choice, Indices, Joint, PlanProblem

_NONE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part; `actions`, `powers` and `arcs` are the positions of its own in the whole."""

    outer: PlanProblem
    inner: PlanProblem
    actions: Indices
    powers: Indices
    arcs: Indices

    def in_whole(self, choice: Choice) -> Choice:
        """Return a plan of `inner` by the numbers of the whole."""
        return Choice(
            actions=tuple(self.actions[list(choice.actions)].tolist()),
            power=tuple(self.powers[list(choice.power)].tolist()),
            arcs=tuple(self.arcs[list(choice.arcs)].tolist()),
        )


def side_by_side(problems: Sequence[PlanProblem], budget: float) -> PlanProblem:
    """Return problems as one that share nothing but a budget; limits of opex are added up."""
    actions = np.cumsum([0, *(one.actions for one in problems)])
    villages = np.cumsum([0, *(one.villages for one in problems)])
    nodes = np.cumsum([0, *(len(one.is_root) for one in problems)])
    places = np.cumsum([0, *(int(one.place.max(initial=-1)) + 1 for one in problems)])

    def together(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in problems])

    def shifted(name: str, by: Indices) -> Indices:
        arrays = [getattr(one, name) for one in problems]
        return np.concatenate(
            [np.where(a >= 0, a + shift, a) for a, shift in zip(arrays, by[:-1], strict=True)]
        ).astype(np.int64)

    return PlanProblem(
        weight=together("weight"),
        serves=csr_array(block_diag([one.serves for one in problems], format="csr")),
        capex=together("capex"),
        opex=together("opex"),
        place=shifted("place", places),
        node=shifted("node", nodes),
        lock=together("lock"),
        power_action=shifted("power_action", actions),
        power_capex=together("power_capex"),
        power_opex=together("power_opex"),
        is_root=together("is_root"),
        arc_from=shifted("arc_from", nodes),
        arc_to=shifted("arc_to", nodes),
        arc_capex=together("arc_capex"),
        arc_opex=together("arc_opex"),
        max_hops=max(one.max_hops for one in problems),
        joint=tuple(
            Joint(
                village=joint.village + int(village),
                actions=tuple(a + int(action) for a in joint.actions),
            )
            for one, village, action in zip(problems, villages[:-1], actions[:-1], strict=True)
            for joint in one.joint
        ),
        budget=budget,
        opex_limit=float(sum(one.opex_limit for one in problems)),
    )


def clusters(problem: PlanProblem) -> Indices:
    """Return the number of each action's cluster: actions of two clusters share only money."""
    actions, villages = problem.actions, problem.villages
    nodes, places = len(problem.is_root), int(problem.place.max(initial=-1)) + 1
    first = np.cumsum([0, actions, villages, places, nodes])
    serves = problem.serves.tocoo()
    inner = ~problem.is_root[problem.arc_from] & ~problem.is_root[problem.arc_to]
    builds = np.flatnonzero(problem.node >= 0)
    builds = builds[~problem.is_root[problem.node[builds]]]
    joint = [(action, one.village) for one in problem.joint for action in one.actions]
    together = np.array(joint, dtype=np.int64).reshape(-1, 2)
    start = np.concatenate(
        [serves.row, together[:, 0], np.arange(actions), builds, first[3] + problem.arc_from[inner]]
    )
    end = np.concatenate(
        [
            first[1] + serves.col,
            first[1] + together[:, 1],
            first[2] + problem.place,
            first[3] + problem.node[builds],
            first[3] + problem.arc_to[inner],
        ]
    )
    graph = coo_array((np.ones(start.size), (start, end)), shape=(int(first[-1]),) * 2)
    _, label = connected_components(graph, directed=False)
    found: Indices = np.unique(label[:actions], return_inverse=True)[1].astype(np.int64)
    return found


def small_clusters(problem: PlanProblem, most: int) -> Indices:
    """Return a number for each action such that few have one: clusters, the large ones cut.

    Actions of a large cluster come together along the villages that they share, the heaviest first,
    then along links, the cheapest first, as long as no more than `most` do. What is left between
    them is what cutting costs least.
    """
    label = clusters(problem)
    size = np.bincount(label)
    if size.max(initial=0) <= most:
        return label
    group = _Groups(problem.place, most)
    large = size[label] > most
    columns = problem.serves.tocsc()
    for village in np.argsort(-problem.weight, kind="stable"):
        servers = columns.indices[columns.indptr[village] : columns.indptr[village + 1]]
        if servers.size > 1 and large[servers[0]]:
            for other in servers[1:].tolist():
                group.join(int(servers[0]), other)
    builder = np.full(len(problem.is_root), _NONE, dtype=np.int64)
    builds = problem.node >= 0
    builder[problem.node[builds]] = np.flatnonzero(builds)
    tail, head = builder[problem.arc_from], builder[problem.arc_to]
    for arc in np.argsort(problem.arc_capex, kind="stable").tolist():
        if tail[arc] >= 0 and head[arc] >= 0 and large[head[arc]]:
            group.join(int(tail[arc]), int(head[arc]))
    cut = np.array([group.of(action) for action in range(problem.actions)], dtype=np.int64)
    named = np.where(large, problem.actions + cut, label)
    found: Indices = np.unique(named, return_inverse=True)[1].astype(np.int64)
    return found


class _Groups:
    """Actions that come together two by two, never more than `most`; those of a place at once."""

    def __init__(self, place: Indices, most: int) -> None:
        _, first, at = np.unique(place, return_index=True, return_inverse=True)
        self._parent: list[int] = first[at].tolist()
        self._size: list[int] = np.bincount(first[at], minlength=place.size).tolist()
        self._most = most

    def of(self, action: int) -> int:
        """Return the first action of a group."""
        while self._parent[action] != action:
            self._parent[action] = self._parent[self._parent[action]]
            action = self._parent[action]
        return action

    def join(self, one: int, other: int) -> None:
        """Bring two groups together if they are not too large."""
        one, other = self.of(one), self.of(other)
        if one != other and self._size[one] + self._size[other] <= self._most:
            low, high = min(one, other), max(one, other)
            self._parent[high] = low
            self._size[low] += self._size[high]


def parts_of(problem: PlanProblem, label: Indices) -> list[Part]:
    """Return the parts that `label` numbers; actions of one place go with the first of them."""
    place, first = np.unique(problem.place, return_index=True)
    label = label[first][np.searchsorted(place, problem.place)]
    node_label = np.full(len(problem.is_root), _NONE, dtype=np.int64)
    builds = problem.node >= 0
    node_label[problem.node[builds]] = label[builds]
    node_label[problem.is_root] = _NONE
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    # A node that nobody builds feeds none.
    feeds = problem.is_root[problem.arc_from] | (node_label[problem.arc_from] >= 0)
    arcs_by = _by(
        np.where(feeds, node_label[problem.arc_to], _NONE), int(label.max(initial=-1)) + 1
    )
    joint_by: dict[int, list[Joint]] = {}
    for one in problem.joint:
        for number in sorted({int(label[action]) for action in one.actions}):
            joint_by.setdefault(number, []).append(one)
    powers_by = _by(label[problem.power_action], int(label.max(initial=-1)) + 1)
    found = []
    for members in np.split(order, cuts):
        number = int(label[members[0]])
        found.append(
            _part(
                problem,
                np.sort(members),
                label,
                powers=powers_by[number],
                arcs=arcs_by[number],
                node_label=node_label,
                joint=joint_by.get(number, []),
            )
        )
    return found


def _part(
    problem: PlanProblem,
    actions: Indices,
    label: Indices,
    *,
    powers: Indices,
    arcs: Indices,
    node_label: Indices,
    joint: list[Joint],
) -> Part:
    number = int(label[actions[0]])
    rows = problem.serves[actions]
    villages = np.unique(np.concatenate([rows.indices, [one.village for one in joint]])).astype(int)
    own = np.full(problem.actions, _NONE, dtype=np.int64)
    own[actions] = np.arange(actions.size)
    village = np.full(problem.villages, _NONE, dtype=np.int64)
    village[villages] = np.arange(villages.size)
    built = problem.node[actions]
    nodes = np.unique(np.concatenate([built[built >= 0], problem.arc_to[arcs]]))
    crossing = (node_label[problem.arc_from[arcs]] != number) & ~problem.is_root[
        problem.arc_from[arcs]
    ]
    # The last node stands for all roots, and for nodes beyond the border where they may feed.
    node = np.full(len(problem.is_root), nodes.size, dtype=np.int64)
    node[nodes] = np.arange(nodes.size)
    own_node = np.full(actions.size, _NONE, dtype=np.int64)
    own_node[built >= 0] = node[built[built >= 0]]
    own_joint, inside = [], True
    for one in joint:
        here = tuple(int(own[action]) for action in one.actions if own[action] >= 0)
        inside &= len(here) == len(one.actions)
        own_joint.append(Joint(village=int(village[one.village]), actions=here))
    outer = PlanProblem(
        weight=problem.weight[villages],
        serves=rows[:, villages].tocsr(),
        capex=problem.capex[actions],
        opex=problem.opex[actions],
        place=problem.place[actions],
        node=own_node,
        lock=problem.lock[actions],
        power_action=own[problem.power_action[powers]],
        power_capex=problem.power_capex[powers],
        power_opex=problem.power_opex[powers],
        is_root=np.append(problem.is_root[nodes], [True]),
        arc_from=node[problem.arc_from[arcs]],
        arc_to=node[problem.arc_to[arcs]],
        arc_capex=problem.arc_capex[arcs],
        arc_opex=problem.arc_opex[arcs],
        max_hops=problem.max_hops,
        joint=tuple(own_joint),
        budget=problem.budget,
        opex_limit=problem.opex_limit,
    )
    inner, kept = outer, arcs
    if crossing.any() or not inside:
        kept = arcs[~crossing]
        inner = replace(
            outer,
            arc_from=outer.arc_from[~crossing],
            arc_to=outer.arc_to[~crossing],
            arc_capex=outer.arc_capex[~crossing],
            arc_opex=outer.arc_opex[~crossing],
            joint=tuple(
                mine
                for mine, one in zip(own_joint, joint, strict=True)
                if len(mine.actions) == len(one.actions)
            ),
        )
    return Part(
        outer=outer,
        inner=inner,
        actions=actions,
        powers=powers,
        arcs=kept,
    )


def _by(label: Indices, count: int) -> list[Indices]:
    """Return the positions of each label from 0 to `count` - 1; those of no part are left out."""
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], np.arange(count + 1))
    return [order[a:b] for a, b in pairwise(ends)]
