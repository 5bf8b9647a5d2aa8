"""Which vertices of a graph to join to a root when each brings a prize and each edge costs.

Under a budget the tree with the greatest prize; or, for a prize to reach, the cheapest tree. The
program has an arc each way for every edge; that a vertex which is taken hangs on the root is said
by cuts, added as solutions break them (Ljubić et al. 2006, prize-collecting Steiner tree). HiGHS
solves it; every step of it bounds what any tree can do, so a bound holds whenever the work ends.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import (
    breadth_first_order,
    dijkstra,
    maximum_flow,
    minimum_spanning_tree,
)

from coverage.steiner import Chain, flat, reduced

_SMALL: Final = 1e-6
_WHOLE: Final = 1e-4
"""A share closer than this to 0 or 1 counts as that."""
_FLOW_UNITS: Final = 1_000_000
_MOST_CUTS: Final = 200
"""So many cuts are added at a time."""
_ROUNDS: Final = 200

IndexArray = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeGraph:
    """Edges between vertices 0, 1, … with whole costs, prizes of the vertices, and the root.

    `prize` has a value of 0 and more for every vertex; the root's is had without an edge.
    """

    start: IndexArray
    end: IndexArray
    cost: IndexArray
    prize: Numbers
    root: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeTree:
    """A tree by the positions of its edges, in order, what it costs and what it brings.

    `bound`: under a budget no tree brings more; for a target no tree that reaches it costs less.
    `is_optimal` where the two meet.
    """

    edges: IndexArray
    cost: int
    prize: float
    bound: float
    is_optimal: bool


def most_prize(
    graph: PrizeGraph,
    budget: int,
    *,
    time_limit_s: float,
    relative_gap: float = 0.0,
    start: IndexArray | None = None,
) -> PrizeTree:
    """Return the tree of greatest prize that costs no more than the budget.

    Parameters
    ----------
    graph, budget
        The graph, and the limit of the cost.
    time_limit_s
        The search ends after so long; the tree and the bound hold then too.
    relative_gap
        It ends this close to the best possible.
    start
        Edges of a tree within the budget, for example of a smaller one; the result brings no less.
    """
    return _Search(graph, budget=budget).solved(time_limit_s, relative_gap, start)


def cheapest_prize(
    graph: PrizeGraph,
    target: float,
    *,
    time_limit_s: float,
    relative_gap: float = 0.0,
) -> PrizeTree | None:
    """Return the cheapest tree that brings at least the target; None where no tree does."""
    search = _Search(graph, target=target)
    if search.prize[search.connected].sum() < target - _SMALL:
        return None
    return search.solved(time_limit_s, relative_gap, None)


class _QuietHighs(highspy.Highs):
    """HiGHS without callbacks: setting them up writes a banner to stdout, which is ours."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


class _Search:
    """The graph without what no good tree uses, and the program over it.

    Vertices are numbered anew, the root is 0. `value` of a tree is its prize, or the cost with its
    sign turned, so that more is better in both aims.
    """

    def __init__(
        self, graph: PrizeGraph, *, budget: int | None = None, target: float | None = None
    ) -> None:
        self.graph, self.budget, self.target = graph, budget, target
        wanted = {int(v) for v in np.flatnonzero(graph.prize > 0)} | {graph.root}
        size = len(graph.prize)
        links, self.chains = reduced(size, graph.start, graph.end, graph.cost, wanted)
        kept = [v for v in range(size) if v != graph.root and (links[v] or v in wanted)]
        self.vertices = [graph.root, *kept]
        number = {v: k for k, v in enumerate(self.vertices)}
        pairs = sorted(
            (number[a], number[b], w) for a in self.vertices for b, w in links[a].items()
        )
        table = np.array([p for p in pairs if p[0] < p[1]], dtype=np.int64).reshape(-1, 3)
        self.low, self.high, self.cost = table.T
        self.prize = graph.prize[self.vertices].astype(float)
        self.size, self.count = len(self.vertices), len(self.low)
        self.connected = np.sort(self._reach(np.ones(self.count, dtype=bool)))
        # Arcs: first low → high of every edge, then high → low.
        self.tail = np.concatenate([self.low, self.high])
        self.head = np.concatenate([self.high, self.low])
        self.usable = self.head != 0
        self.is_whole = bool((self.prize == np.rint(self.prize)).all())

    def solved(
        self, time_limit_s: float, relative_gap: float, start: IndexArray | None
    ) -> PrizeTree:
        """Search until the bound is met, or the time is over."""
        deadline = time.monotonic() + time_limit_s
        best = self._finished(np.zeros(self.count, dtype=bool), self.cost.astype(float))
        if start is not None:
            best = self._better(best, self._finished(self._taken(start), self.cost.astype(float)))
        bound = self._trivial_bound()
        rows = self._first_rows()
        for is_whole in (False, True):
            for _ in range(_ROUNDS):
                left_s = deadline - time.monotonic()
                if left_s <= 0 or self._is_met(best, bound, relative_gap):
                    break
                values, least = self._solve(rows, left_s, relative_gap, is_whole=is_whole)
                bound = min(bound, self._outer(least))
                if values is None:
                    break
                x = np.clip(values, 0.0, 1.0)
                best = self._better(best, self._rounded(x))
                cuts = self._cuts(x, deadline)
                if not cuts:
                    break
                rows += cuts
        return self._told(best, bound)

    # ---- trees -----------------------------------------------------------------------------

    def _value(self, edges: np.ndarray[Any, Any]) -> float:
        """Prize, or the cost turned; -inf where the budget is broken or the target missed."""
        cost, prize = int(self.cost[edges].sum()), float(self.prize[self._reach(edges)].sum())
        if self.budget is not None:
            return prize if cost <= self.budget else -math.inf
        assert self.target is not None  # noqa: S101 - one of the two is given
        return -float(cost) if prize >= self.target - _SMALL else -math.inf

    def _better(self, one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> Any:
        first, second = self._value(one), self._value(other)
        if first == second:
            return other if self.cost[other].sum() < self.cost[one].sum() else one
        return other if second > first else one

    def _matrix(self, edges: np.ndarray[Any, Any], weight: Numbers) -> csr_matrix:
        """Weights of some edges; what costs nothing still is an edge."""
        data = weight[edges] + 1e-9 * (1.0 + float(weight.max(initial=0.0)))
        shape = (self.size, self.size)
        return csr_matrix((data, (self.low[edges], self.high[edges])), shape=shape)

    def _reach(self, edges: np.ndarray[Any, Any]) -> IndexArray:
        """Vertices joined to the root by these edges."""
        found = breadth_first_order(
            self._matrix(edges, np.ones(self.count)), 0, directed=False, return_predecessors=False
        )
        return np.asarray(found, dtype=np.int64)

    def _taken(self, edges: IndexArray) -> np.ndarray[Any, Any]:
        """Edges of the reduced graph all of whose parts are given."""
        given = set(edges.tolist())
        return np.array([set(flat(self._chain(e))) <= given for e in range(self.count)], dtype=bool)

    def _chain(self, edge: int) -> Chain:
        one, other = self.vertices[self.low[edge]], self.vertices[self.high[edge]]
        return self.chains[min(one, other), max(one, other)]

    def _spanning(self, edges: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Span what these edges join to the root by the lightest tree, without idle ends."""
        inside = np.zeros(self.size, dtype=bool)
        inside[self._reach(edges)] = True
        among = np.flatnonzero(inside[self.low] & inside[self.high])
        tree = minimum_spanning_tree(self._matrix(among, self.cost.astype(float))).tocoo()
        key = {(int(a), int(b)) for a, b in zip(tree.row, tree.col, strict=True)}
        kept = np.zeros(self.count, dtype=bool)
        kept[[e for e in among if (int(self.low[e]), int(self.high[e])) in key]] = True
        while (idle := self._ends(kept) & (self.prize == 0)).any():
            kept &= ~(idle[self.low] | idle[self.high])
        return kept

    def _ends(self, edges: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        degree = np.bincount(self.low[edges], minlength=self.size) + np.bincount(
            self.high[edges], minlength=self.size
        )
        ends: np.ndarray[Any, Any] = degree == 1
        ends[0] = False
        return ends

    def _finished(self, edges: np.ndarray[Any, Any], weight: Numbers) -> np.ndarray[Any, Any]:
        """Bring a tree into the budget or to the target, and let it grow into what is left."""
        tree = self._spanning(edges)
        if self.budget is not None:
            while self.cost[tree].sum() > self.budget:
                tree = self._without_worst_end(tree)
            return self._spanning(self._grown(tree, weight))
        tree = self._spanning(self._grown(tree, weight))
        while self._value(smaller := self._without_worst_end(tree)) > self._value(tree):
            tree = smaller
        return tree

    def _without_worst_end(self, tree: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Take off the end that brings least for its cost; to the target, one that may go."""
        ends = self._ends(tree)
        best, worst = tree, (math.inf, 0)
        spare = math.inf
        if self.target is not None:
            spare = float(self.prize[self._reach(tree)].sum()) - self.target + _SMALL
        for e in np.flatnonzero(tree & (ends[self.low] | ends[self.high])):
            end = int(self.low[e] if ends[self.low[e]] else self.high[e])
            rank = (self.prize[end] / max(float(self.cost[e]), _SMALL), int(e))
            if self.prize[end] <= spare and rank < worst:
                worst = rank
                best = tree.copy()
                best[e] = False
        if best is tree:
            return tree
        while (idle := self._ends(best) & (self.prize == 0)).any():
            best &= ~(idle[self.low] | idle[self.high])
        return best

    def _grown(self, tree: np.ndarray[Any, Any], weight: Numbers) -> np.ndarray[Any, Any]:
        """Add path after path, each time those that bring most for their weight."""
        tree = tree.copy()
        every = np.ones(self.count, dtype=bool)
        graph = self._matrix(every, weight)
        edge_of = {
            (int(a), int(b)): e for e, (a, b) in enumerate(zip(self.low, self.high, strict=True))
        }
        spent = int(self.cost[tree].sum())
        while True:
            inside = np.zeros(self.size, dtype=bool)
            inside[self._reach(tree)] = True
            missing = np.flatnonzero(~inside & (self.prize > 0))
            if self.target is not None and self.prize[inside].sum() >= self.target - _SMALL:
                break
            far, before, _ = dijkstra(
                graph,
                directed=False,
                indices=np.flatnonzero(inside),
                min_only=True,
                return_predecessors=True,
            )
            gain, price = np.zeros(self.size), np.zeros(self.size, dtype=np.int64)
            for v in np.argsort(far, kind="stable"):
                if not inside[v] and math.isfinite(far[v]):
                    u = int(before[v])
                    gain[v] = gain[u] + self.prize[v]
                    price[v] = price[u] + self.cost[edge_of[min(u, v), max(u, v)]]
            offered = [int(v) for v in missing if math.isfinite(far[v])]
            worth = gain / np.maximum(far, _SMALL)
            offered.sort(key=lambda v: (-float(worth[v]), v))
            added = 0
            for tip in offered:
                # Later paths may share the first one's way; their price then is an upper limit.
                if self.budget is not None and spent + int(price[tip]) > self.budget:
                    continue
                v = tip
                while not inside[v]:
                    u = int(before[v])
                    e = edge_of[min(u, v), max(u, v)]
                    tree[e] = inside[v] = True
                    spent += int(self.cost[e])
                    v = u
                added += 1
                if added > len(missing) // 200:
                    break
            if not added:
                break
        grown: np.ndarray[Any, Any] = tree
        return grown

    def _rounded(self, x: Numbers) -> np.ndarray[Any, Any]:
        """Return a tree made along what the program likes."""
        liked = np.maximum(x[: self.count], x[self.count :])
        weight = self.cost * (1.0 - liked)
        grown = self._finished(np.zeros(self.count, dtype=bool), weight)
        best: np.ndarray[Any, Any] = self._better(grown, self._finished(liked > 1.0 - 1e-3, weight))
        return best

    # ---- program ---------------------------------------------------------------------------

    def _row(self, plus: Iterable[int], minus: Iterable[int]) -> tuple[list[int], list[float]]:
        columns, values = list(plus), list(minus)
        return columns + values, [1.0] * len(columns) + [-1.0] * len(values)

    def _first_rows(self) -> list[tuple[list[int], list[float]]]:
        """Rows of which each must be 0 or less: arcs leave only what is entered, no idle ends."""
        into: list[list[int]] = [[] for _ in range(self.size)]
        out: list[list[int]] = [[] for _ in range(self.size)]
        for arc, (u, v) in enumerate(zip(self.tail.tolist(), self.head.tolist(), strict=True)):
            into[v].append(arc)
            out[u].append(arc)
        self._into = into
        rows = []
        for v in range(1, self.size):
            for arc in out[v]:
                back = (arc + self.count) % (2 * self.count)
                rows.append(self._row([arc], [a for a in into[v] if a != back]))
            if self.prize[v] == 0:
                rows.append(self._row(into[v], out[v]))
        return rows

    def _solve(
        self,
        rows: list[tuple[list[int], list[float]]],
        time_limit_s: float,
        relative_gap: float,
        *,
        is_whole: bool,
    ) -> tuple[Numbers | None, float]:
        """Values of the arcs, None for none, and the least value any could have."""
        arcs = 2 * self.count
        unit = max(float(self.cost.max(initial=1)), 1.0)
        most = max(float(self.prize.max(initial=1.0)), 1.0)
        cost = np.concatenate([self.cost, self.cost]) / unit
        prize = self.prize[self.head] / most
        every = [(into, np.ones(len(into)), -np.inf, 1.0) for into in self._into if into]
        every += [(columns, np.array(values), -np.inf, 0.0) for columns, values in rows]
        columns = list(range(arcs))
        if self.budget is not None:
            aim, worth = -prize, most
            every.append((columns, cost, -np.inf, self.budget / unit))
        else:
            assert self.target is not None  # noqa: S101 - one of the two is given
            aim, worth = cost, unit
            every.append((columns, prize, (self.target - self.prize[0]) / most, np.inf))
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = arcs, len(every)
        program.col_cost_ = aim
        program.col_lower_, program.col_upper_ = np.zeros(arcs), self.usable.astype(float)
        program.row_lower_ = np.array([row[2] for row in every])
        program.row_upper_ = np.array([row[3] for row in every])
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(row[0]) for row in every)]).astype(np.int32)
        matrix.index_ = np.concatenate([np.array(row[0], dtype=np.int32) for row in every])
        matrix.value_ = np.concatenate([row[1] for row in every])
        if is_whole:
            program.integrality_ = [highspy.HighsVarType.kInteger] * arcs
        solver = _QuietHighs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("time_limit", max(time_limit_s, 0.1))
        solver.setOptionValue("mip_rel_gap", relative_gap)
        solver.setOptionValue("threads", 1)
        solver.passModel(program)
        solver.run()
        info = solver.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        least = -math.inf
        if is_whole:
            least = float(info.mip_dual_bound)
        elif solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            least = float(info.objective_function_value)
        values = np.array(solver.getSolution().col_value) if feasible else None
        return values, least * worth

    def _outer(self, least: float) -> float:
        """Return what no tree's value exceeds, from the least value of the program."""
        if not math.isfinite(least):
            return self._trivial_bound()
        if self.budget is None:
            return -least + _SMALL * max(abs(least), 1.0)
        most = float(self.prize[0]) - least
        most += _SMALL * max(abs(most), 1.0)
        return math.floor(most) if self.is_whole else most

    def _trivial_bound(self) -> float:
        return 0.0 if self.budget is None else float(self.prize[self.connected].sum())

    def _is_met(self, best: np.ndarray[Any, Any], bound: float, relative_gap: float) -> bool:
        value = self._value(best)
        if not math.isfinite(value):
            return False
        slack = max(relative_gap, 2.0 * _SMALL) * max(abs(value), abs(bound))
        return bound - value <= slack

    def _cuts(self, x: Numbers, deadline: float) -> list[tuple[list[int], list[float]]]:
        """Cuts that the solution breaks: a set that is entered more inside than from outside."""
        entered = np.bincount(self.head, weights=x, minlength=self.size)
        used = x > _SMALL
        shape = (self.size, self.size)
        arcs = csr_matrix((x[used], (self.tail[used], self.head[used])), shape=shape)
        near = breadth_first_order(arcs, 0, return_predecessors=False)
        apart = np.ones(self.size, dtype=bool)
        apart[near] = False
        sinks = [v for v in range(1, self.size) if entered[v] > _WHOLE and self.prize[v] > 0]
        lost = [v for v in sinks if apart[v]]
        if lost:
            return [self._cut(self._ahead(arcs, v), v) for v in lost[:_MOST_CUTS]]
        if (np.minimum(x, 1.0 - x) < _WHOLE).all():
            return []
        whole = np.rint(x * _FLOW_UNITS).astype(np.int32)
        both = csr_array((whole, (self.tail, self.head)), shape=shape)
        cuts: list[tuple[list[int], list[float]]] = []
        seen: set[bytes] = set()
        for v in sinks:
            if len(cuts) >= _MOST_CUTS or time.monotonic() > deadline:
                break
            flow = maximum_flow(both, 0, v)
            if flow.flow_value >= (entered[v] - 1e-3) * _FLOW_UNITS:
                continue
            left = csr_matrix(both - flow.flow)
            left.eliminate_zeros()
            inside = np.ones(self.size, dtype=bool)
            inside[breadth_first_order(left, 0, return_predecessors=False)] = False
            if inside.tobytes() not in seen:
                seen.add(inside.tobytes())
                cuts.append(self._cut(inside, v))
        return cuts

    def _ahead(self, arcs: csr_matrix, vertex: int) -> np.ndarray[Any, Any]:
        """Vertices from which used arcs lead to one that hangs on nothing."""
        inside = np.zeros(self.size, dtype=bool)
        inside[breadth_first_order(csr_matrix(arcs.T), vertex, return_predecessors=False)] = True
        return inside

    def _cut(self, inside: np.ndarray[Any, Any], vertex: int) -> tuple[list[int], list[float]]:
        """Say that no more enters the vertex from inside the set than enters the set."""
        entering = inside[self.head] & ~inside[self.tail]
        own = [arc for arc in self._into[vertex] if not entering[arc]]
        others = np.flatnonzero(entering & (self.head != vertex)).tolist()
        return self._row(own, others)

    def _told(self, best: np.ndarray[Any, Any], bound: float) -> PrizeTree:
        value = self._value(best)
        is_optimal = self._is_met(best, bound, 0.0)
        parts = sorted(e for k in np.flatnonzero(best) for e in flat(self._chain(int(k))))
        edges = np.array(parts, dtype=np.int64)
        outer = value if is_optimal else max(bound, value)
        return PrizeTree(
            edges=edges,
            cost=int(self.graph.cost[edges].sum()),
            prize=float(self.prize[self._reach(best)].sum()),
            bound=outer if self.budget is not None else max(-outer, 0.0),
            is_optimal=is_optimal,
        )
