"""Prize-collecting trees against brute force, and bounds that hold."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.prize_tree import PrizeGraph, PrizeTree, cheapest_prize, most_prize

Edge = tuple[int, int, int]
Made = tuple[list[Edge], list[int]]
LONG_S = 60.0


def graph(edges: list[Edge], prizes: list[float]) -> PrizeGraph:
    start, end, cost = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    return PrizeGraph(start=start, end=end, cost=cost, prize=np.array(prizes, dtype=float), root=0)


def spanning_cost(edges: list[Edge], vertices: set[int]) -> float:
    """Cost of the cheapest tree over exactly these vertices (Kruskal); inf if there is none."""
    part = {v: v for v in vertices}
    cost, joined = 0.0, 1
    for one, other, heavy in sorted(edges, key=lambda edge: edge[2]):
        if one in part and other in part and part[one] != part[other]:
            gone = part[other]
            part = {v: part[one] if p == gone else p for v, p in part.items()}
            cost, joined = cost + heavy, joined + 1
    return cost if joined == len(vertices) else np.inf


def every_tree(made: Made) -> list[tuple[float, float]]:
    """Least cost and prize of every set of vertices around the root that a tree can span."""
    edges, prizes = made
    others = range(1, len(prizes))
    found = []
    for count in range(len(prizes)):
        for some in combinations(others, count):
            cost = spanning_cost(edges, {0, *some})
            if np.isfinite(cost):
                found.append((cost, float(prizes[0] + sum(prizes[v] for v in some))))
    return found


@st.composite
def graphs(draw: st.DrawFn) -> Made:
    """Draw a graph with up to eight vertices; it may fall into parts."""
    count = draw(st.integers(2, 8))
    cost = st.integers(0, 20)
    vertex = st.integers(0, count - 1)
    tree = [(v, draw(st.integers(0, v - 1)), draw(cost)) for v in range(1, count)]
    kept = [edge for edge in tree if draw(st.integers(0, 9)) > 0]
    edges = kept + draw(st.lists(st.tuples(vertex, vertex, cost), max_size=12))
    return edges, draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))


def assert_is_tree(found: PrizeTree, made: Made) -> None:
    edges, prizes = made
    chosen = [edges[e] for e in found.edges]
    touched = {v for edge in chosen for v in edge[:2]} | {0}
    assert len(chosen) == len(touched) - 1
    assert spanning_cost(chosen, touched) == found.cost == sum(edge[2] for edge in chosen)
    assert found.prize == sum(prizes[v] for v in touched)


@settings(max_examples=150)
@given(graphs(), st.integers(0, 60))
def test_the_most_prize_equals_brute_force(made: Made, budget: int) -> None:
    found = most_prize(graph(*made), budget, time_limit_s=LONG_S)
    assert_is_tree(found, made)
    assert found.cost <= budget
    most = max(prize for cost, prize in every_tree(made) if cost <= budget)
    assert found.is_optimal
    assert found.prize == most
    assert found.bound == pytest.approx(most)


@settings(max_examples=150)
@given(graphs(), st.floats(0.01, 1.0))
def test_the_cheapest_prize_equals_brute_force(made: Made, share: float) -> None:
    target = share * sum(made[1])
    found = cheapest_prize(graph(*made), target, time_limit_s=LONG_S)
    within = [cost for cost, prize in every_tree(made) if prize >= target]
    if not within:
        assert found is None
        return
    assert found is not None
    assert_is_tree(found, made)
    assert found.prize >= target - 1e-6
    assert found.is_optimal
    assert found.cost == min(within)
    assert found.bound == pytest.approx(found.cost)


@given(graphs(), st.integers(0, 60), st.integers(0, 20))
def test_without_time_the_bound_still_holds(made: Made, budget: int, more: int) -> None:
    hasty = most_prize(graph(*made), budget, time_limit_s=0.0)
    assert_is_tree(hasty, made)
    assert hasty.cost <= budget
    most = max(prize for cost, prize in every_tree(made) if cost <= budget)
    assert hasty.prize <= most <= hasty.bound
    richer = most_prize(graph(*made), budget + more, time_limit_s=0.0, start=hasty.edges)
    assert richer.prize >= hasty.prize
    target = hasty.prize
    cheap = cheapest_prize(graph(*made), target, time_limit_s=0.0)
    assert cheap is not None
    assert_is_tree(cheap, made)
    least = min(cost for cost, prize in every_tree(made) if prize >= target)
    assert cheap.bound <= least <= cheap.cost


def test_a_circle_far_from_the_root_is_cut_off() -> None:
    # by hand: three rich vertices on a circle of 1 each, joined to the root by 10
    edges = [(0, 1, 10), (1, 2, 1), (2, 3, 1), (3, 1, 1), (0, 4, 3)]
    prizes = [0.0, 5.0, 5.0, 5.0, 1.0]
    poor = most_prize(graph(edges, prizes), 9, time_limit_s=LONG_S)
    assert (poor.edges.tolist(), poor.prize, poor.bound) == ([4], 1.0, 1.0)
    rich = most_prize(graph(edges, prizes), 12, time_limit_s=LONG_S)
    assert (rich.cost, rich.prize, rich.bound) == (12, 15.0, 15.0)


def test_nothing_to_join() -> None:
    alone = PrizeGraph(
        start=np.array([], dtype=np.int64),
        end=np.array([], dtype=np.int64),
        cost=np.array([], dtype=np.int64),
        prize=np.array([2.0, 3.0]),
        root=0,
    )
    found = most_prize(alone, 10, time_limit_s=LONG_S)
    assert (found.edges.tolist(), found.cost, found.prize, found.bound) == ([], 0, 2.0, 2.0)
    assert cheapest_prize(alone, 3.0, time_limit_s=LONG_S) is None
