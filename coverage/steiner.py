"""The cheapest tree that joins given vertices of a graph, and a bound below which none can be.

Whole weights throughout, so results do not depend on the order of sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import chain, combinations, pairwise
from typing import Any, Final

import numpy as np

_MOST_WORK: Final = 5_000_000
"""Steps after which improving the tree or raising the bound stops; both hold at any time.

Choices of branching points are not tried where that would take more.
"""

IndexArray = np.ndarray[Any, np.dtype[np.int64]]
Links = list[dict[int, int]]
Pair = tuple[int, int]
Chain = int | tuple["Chain", "Chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A tree by the positions of its edges, in order; its weight; no tree weighs less than `bound`.

    `bound` is at most `weight`; it is 0 where nothing better is known.
    """

    edges: IndexArray
    weight: int
    bound: int


def cheapest_tree(
    start: IndexArray, end: IndexArray, weight: IndexArray, *, root: int, terminals: Iterable[int]
) -> Tree:
    """Join all terminals to the root.

    The tree grows from the root by the shortest path to the nearest terminal (Takahashi and
    Matsuyama, 1980). Then paths between its branching points are exchanged for shorter ones, and
    further branching points are taken in, as long as either helps. The bound is Wong's dual ascent
    (1984). Where the two differ on a graph with few branching points, all their choices are tried.

    Parameters
    ----------
    start, end, weight
        Edges between vertices 0, 1, …, with whole weights of 0 and more.
    root, terminals
        Vertices to join.

    Raises
    ------
    ValueError
        Where no way leads from the root to a terminal.
    """
    wanted = {int(t) for t in terminals} | {int(root)}
    size = max(int(max(start.max(initial=0), end.max(initial=0))), *wanted) + 1
    links, chains = reduced(size, start, end, weight, wanted)
    tree = _grown(links, root, wanted)
    budget = _Budget(_MOST_WORK)
    while _exchange(links, tree, wanted, budget) | _insert(links, tree, wanted, budget):
        pass
    bound = _dual_bound(links, root, wanted)
    pairs = [(a, b) for a, near in enumerate(tree) for b in near if a < b]
    spare = [v for v, near in enumerate(links) if near and v not in wanted]
    steps = sum(map(len, links)) << min(len(spare), 40)
    if bound < sum(links[a][b] for a, b in pairs) and steps <= _MOST_WORK:
        pairs = _best_of_all(links, wanted, spare)
        bound = sum(links[a][b] for a, b in pairs)
    edges = np.array(sorted(e for pair in pairs for e in flat(chains[pair])), dtype=np.int64)
    return Tree(edges=edges, weight=int(weight[edges].sum()), bound=bound)


def reduced(
    size: int, start: IndexArray, end: IndexArray, weight: IndexArray, wanted: set[int]
) -> tuple[Links, dict[Pair, Chain]]:
    """Drop dead ends and join chains of edges into one, keeping the lightest of parallel edges."""
    links: Links = [{} for _ in range(size)]
    chains: dict[Pair, Chain] = {}

    def add(one: int, other: int, heavy: int, chain: Chain) -> None:
        if one != other and heavy < links[one].get(other, heavy + 1):
            links[one][other] = links[other][one] = heavy
            chains[min(one, other), max(one, other)] = chain

    for edge, (one, other, heavy) in enumerate(
        zip(start.tolist(), end.tolist(), weight.tolist(), strict=True)
    ):
        add(one, other, heavy, edge)
    waiting = [v for v in range(size) if v not in wanted]
    while waiting:
        vertex = waiting.pop()
        near = links[vertex]
        if len(near) > 2 or vertex in wanted:  # noqa: PLR2004 - a branching point stays
            continue
        ends = list(near.items())
        links[vertex] = {}
        for other, _ in ends:
            del links[other][vertex]
            waiting.append(other)
        if len(ends) > 1:
            (one, w1), (other, w2) = ends
            first = chains[min(one, vertex), max(one, vertex)]
            second = chains[min(other, vertex), max(other, vertex)]
            add(one, other, w1 + w2, (first, second))
    return links, chains


def flat(chain: Chain) -> Iterator[int]:
    """Edges of a chain of chains."""
    waiting: list[Chain] = [chain]
    while waiting:
        last = waiting.pop()
        if isinstance(last, tuple):
            waiting += last
        else:
            yield last


def _grown(links: Links, root: int, wanted: set[int]) -> Links:
    """Grow a tree from the root, each time to the nearest terminal that is still missing."""
    tree: Links = [{} for _ in links]
    inside, missing = {root}, wanted - {root}
    far, before = {root: 0}, {root: root}
    heap = [(0, root)]
    while missing:
        if not heap:
            raise ValueError(f"no way leads from {root} to {sorted(missing)[:5]}")
        distance, vertex = heappop(heap)
        if distance > far[vertex]:
            continue
        if vertex in missing:
            while vertex not in inside:
                ahead = before[vertex]
                tree[vertex][ahead] = tree[ahead][vertex] = links[vertex][ahead]
                inside.add(vertex)
                missing.discard(vertex)
                far[vertex] = 0
                heappush(heap, (0, vertex))
                vertex = ahead
            continue
        for other, heavy in links[vertex].items():
            if distance + heavy < far.get(other, distance + heavy + 1):
                far[other], before[other] = distance + heavy, vertex
                heappush(heap, (distance + heavy, other))
    return tree


class _Budget:
    """Steps that may still be spent."""

    def __init__(self, steps: int) -> None:
        self.left = steps


def _exchange(links: Links, tree: Links, wanted: set[int], budget: _Budget) -> bool:
    """Exchange paths of the tree for shorter ones, in place; whether any was found."""
    improved = False
    for path in _key_paths(tree, wanted):
        if budget.left < 0:
            return False
        if any(len(tree[v]) != 2 for v in path[1:-1]) or path[1] not in tree[path[0]]:  # noqa: PLR2004
            continue  # the tree has changed here since
        length = sum(tree[a][b] for a, b in pairwise(path))
        for a, b in pairwise(path):
            del tree[a][b], tree[b][a]
        side, opposite = _smaller_side(tree, path[0], path[-1])
        budget.left -= len(side)
        found = _shortest_between(links, tree, side, opposite, length)
        for a, b in pairwise(found or path):
            tree[a][b] = tree[b][a] = links[a][b]
        if found:
            improved = True
            _prune(tree, wanted, (path[0], path[-1]))
    return improved


def _insert(links: Links, tree: Links, wanted: set[int], budget: _Budget) -> bool:
    """Take vertices into the tree that make it lighter, in place; whether any does.

    A vertex with three or more links to the tree is joined by all of them, and on each circle that
    closes the heaviest edge goes.
    """
    improved = False
    for vertex, near in enumerate(links):
        known = sorted((heavy, u) for u, heavy in near.items() if tree[u])
        if tree[vertex] or len(known) < 3 or vertex in wanted:  # noqa: PLR2004 - two make a path
            continue
        if budget.left < 0:
            return False
        gone: list[tuple[int, int]] = []
        added = known[:1]
        tree[vertex][known[0][1]] = tree[known[0][1]][vertex] = known[0][0]
        for heavy, other in known[1:]:
            path = _path_in_tree(tree, vertex, other, budget)
            a, b = max(pairwise(path), key=lambda pair: tree[pair[0]][pair[1]])
            if tree[a][b] > heavy:
                gone.append((a, b))
                del tree[a][b], tree[b][a]
                added.append((heavy, other))
                tree[vertex][other] = tree[other][vertex] = heavy
        gain = sum(links[a][b] for a, b in gone) - sum(heavy for heavy, _ in added)
        if gain > 0:
            improved = True
            _prune(tree, wanted, chain.from_iterable(gone))
            continue
        for _, other in added:
            tree[vertex].pop(other, None), tree[other].pop(vertex, None)
        for a, b in gone:
            if vertex not in {a, b}:
                tree[a][b] = tree[b][a] = links[a][b]
    return improved


def _path_in_tree(tree: Links, start: int, end: int, budget: _Budget) -> list[int]:
    """Return the only path between two vertices of a tree."""
    before, waiting = {start: start}, [start]
    while end not in before:
        vertex = waiting.pop()
        for other in tree[vertex]:
            if other not in before:
                before[other] = vertex
                waiting.append(other)
    budget.left -= len(before)
    path = [end]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path


def _key_paths(tree: Links, wanted: set[int]) -> list[list[int]]:
    """Paths between terminals and branching points of the tree."""
    key = {v for v, near in enumerate(tree) if near and (v in wanted or len(near) != 2)}  # noqa: PLR2004
    found = []
    for vertex in sorted(key):
        for neighbour in tree[vertex]:
            path = [vertex, neighbour]
            while path[-1] not in key:
                path.append(next(v for v in tree[path[-1]] if v != path[-2]))
            if path[0] < path[-1]:
                found.append(path)
    return found


def _prune(tree: Links, wanted: set[int], tips: Iterable[int]) -> None:
    """Take off dead ends that start at `tips`."""
    for tip in tips:
        vertex = tip
        while vertex not in wanted and len(tree[vertex]) == 1:
            (ahead,) = tree[vertex]
            del tree[vertex][ahead], tree[ahead][vertex]
            vertex = ahead


def _smaller_side(tree: Links, one: int, other: int) -> tuple[set[int], int]:
    """Vertices of the smaller of two trees, and the vertex given of the other one."""
    growing = (({one}, [one], other), ({other}, [other], one))
    while True:
        for side, ahead, opposite in growing:
            if not ahead:
                return side, opposite
            new = [v for v in tree[ahead.pop()] if v not in side]
            side.update(new)
            ahead.extend(new)


def _shortest_between(
    links: Links, tree: Links, side: set[int], opposite: int, below: int
) -> list[int]:
    """Return the shortest path from one part of a tree to the other; empty if none is `below`."""
    far = dict.fromkeys(sorted(side), 0)
    before: dict[int, int] = {}
    heap = [(0, vertex) for vertex in far]
    while heap:
        distance, vertex = heappop(heap)
        if distance > far[vertex]:
            continue
        if vertex == opposite or (tree[vertex] and vertex not in side):
            path = [vertex]
            while path[-1] in before:
                path.append(before[path[-1]])
            return path
        for other, heavy in links[vertex].items():
            length = distance + heavy
            if length < min(below, far.get(other, below)):
                far[other], before[other] = length, vertex
                heappush(heap, (length, other))
    return []


def _best_of_all(links: Links, wanted: set[int], spare: list[int]) -> list[Pair]:
    """Return the lightest spanning tree over the wanted vertices and any choice of spare ones."""
    ordered = sorted((w, a, b) for a, near in enumerate(links) for b, w in near.items() if a < b)
    best: list[Pair] = []
    least = -1
    for some in chain.from_iterable(combinations(spare, n) for n in range(len(spare) + 1)):
        leader = {v: v for v in wanted.union(some)}
        pairs, total = [], 0
        for heavy, one, other in ordered:
            if one not in leader or other not in leader:
                continue
            first, second = _leader(leader, one), _leader(leader, other)
            if first != second:
                leader[first] = second
                pairs.append((one, other))
                total += heavy
        if len(pairs) == len(leader) - 1 and (least < 0 or total < least):
            best, least = pairs, total
    return best


def _leader(leader: dict[int, int], vertex: int) -> int:
    while leader[vertex] != vertex:
        vertex = leader[vertex]
    return vertex


def _dual_bound(links: Links, root: int, wanted: set[int]) -> int:
    """Raise the price of cuts around terminals until every one is joined to the root.

    Arcs point away from the root; `slack[v][u]` is what is left of the weight of the arc u → v.
    """
    slack = [dict(near) for near in links]
    bound, work = 0, 0
    heap = [(0, terminal) for terminal in wanted - {root}]
    heapify(heap)
    while heap and work < _MOST_WORK:
        _, terminal = heappop(heap)
        cut = _joined(slack, terminal)
        work += sum(len(slack[v]) for v in cut)
        if root in cut:
            continue
        entering = [(v, u) for v in cut for u in slack[v] if u not in cut]
        step = min(slack[v][u] for v, u in entering)
        for v, u in entering:
            slack[v][u] -= step
        bound += step
        heappush(heap, (len(entering), terminal))
    return bound


def _joined(slack: Links, terminal: int) -> set[int]:
    """Vertices from which arcs without slack lead to the terminal."""
    seen, waiting = {terminal}, [terminal]
    while waiting:
        new = [u for u, left in slack[waiting.pop()].items() if left == 0 and u not in seen]
        seen.update(new)
        waiting += new
    return seen
