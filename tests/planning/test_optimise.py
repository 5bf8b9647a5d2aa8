"""The plan against every plan there is, on problems small enough to try them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from coverage.errors import InfeasibleError, OutOfTimeError
from coverage.planning.greedy import greedy
from coverage.planning.lagrangian import lagrangian_bound
from coverage.planning.milp import Solution, SolverSettings
from coverage.planning.optimise import budget_curve, least_cost, optimise
from coverage.planning.problem import FREE, MUST, MUST_NOT, Joint, PlanProblem, faults
from tests.planning.made import every_plan, problem, problems

EXACT = SolverSettings(time_limit_s=20.0, relative_gap=0.0)


@settings(max_examples=150)
@given(problems())
def test_the_optimum_equals_the_best_of_all_plans(made: PlanProblem) -> None:
    sound = every_plan(made)
    if not sound:
        with pytest.raises(InfeasibleError):
            optimise(made, settings=EXACT)
        return
    best = max(choice.objective(made) for choice in sound)
    found = optimise(made, settings=EXACT)
    assert faults(made, found.choice) == []
    assert found.objective == pytest.approx(best, abs=1e-9)  # by trying all: exact
    assert found.bound == pytest.approx(best, abs=1e-6)
    least = min(c.capex(made) for c in sound if c.objective(made) == best)
    assert found.choice.capex(made) == pytest.approx(least, abs=1e-6)


@settings(max_examples=150)
@given(problems())
def test_greedy_is_sound_and_no_bound_lies_below_the_optimum(made: PlanProblem) -> None:
    sound = every_plan(made)
    best = max((choice.objective(made) for choice in sound), default=0.0)
    quick = greedy(made)
    known = 0.0
    if quick is not None:
        assert faults(made, quick) == []
        known = quick.objective(made)
        assert known <= best + 1e-9
    limit = lagrangian_bound(made, known)
    if sound:
        assert limit.value >= best - 1e-9
    better = [c for c in sound if c.objective(made) > known + 1e-9]
    assert not any(limit.ruled_out[list(c.actions)].any() for c in better)


def test_a_start_that_is_not_the_best_is_not_called_optimal() -> None:
    # by hand: 6 + 1 + 2·(1 + 1) = 11 against 5 + 1 + 2·(1 + 2) = 12; HiGHS kept the start of 12.
    made = problem(
        [1.0, 1.0, 1.0],
        [[0, 1, 2], [0, 1, 2]],
        [6.0, 5.0],
        13.0,
        opex=[1.0, 1.0],
        power_action=[0, 1, 1],
        power_capex=[1.0, 1.0, 2.0],
        power_opex=[1.0, 2.0, 2.0],
        is_root=[True, False, False, False],
        max_hops=1,
    )
    found = least_cost(made, 1.5, settings=EXACT, opex_years=2.0)
    assert (found.objective, found.choice.actions) == (11.0, (0,))


@settings(max_examples=60)
@given(problems())
def test_a_target_is_reached_at_least_cost(made: PlanProblem) -> None:
    sound = every_plan(made)
    best = max((choice.objective(made) for choice in sound), default=0.0)
    target = best / 2.0
    if not sound:
        with pytest.raises(InfeasibleError):
            least_cost(made, target, settings=EXACT)
        return
    found = least_cost(made, target, settings=EXACT, opex_years=2.0)
    costs = [
        c.capex(made) + 2.0 * c.opex(made) for c in sound if c.objective(made) >= target - 1e-9
    ]
    assert found.choice.objective(made) >= target - 1e-9
    assert found.objective == pytest.approx(min(costs), abs=1e-6)
    with pytest.raises(InfeasibleError):
        least_cost(made, best + 1.0, settings=EXACT)


@settings(max_examples=40)
@given(problems())
def test_more_money_never_serves_fewer(made: PlanProblem) -> None:
    points = budget_curve(made, [0.0, 5.0, 10.0, 20.0, 40.0], settings=EXACT)
    served = [point.objective for point in points]
    assert served == sorted(served)


def test_a_chain_of_links_is_paid_for() -> None:
    # by hand: node 0 has backhaul; 2 is reached over 1 only: 5 (site) + 3 + 4 (arcs) + 2 (relay).
    made = problem(
        [10.0],
        [[0], []],
        [5.0, 2.0],
        13.0,
        node=[2, 1],
        is_root=[True, False, False],
        arc_from=[0, 1],
        arc_to=[1, 2],
        arc_capex=[3.0, 4.0],
        arc_opex=[0.0, 0.0],
    )
    assert optimise(made).objective == 0.0
    found = optimise(made.with_budget(14.0))
    assert (found.objective, found.choice.capex(made)) == (10.0, 14.0)
    assert optimise(replace(made, budget=14.0, max_hops=1)).objective == 0.0


def test_locks_are_obeyed() -> None:
    made = problem([10.0, 1.0], [[0], [1]], [5.0, 5.0], 5.0)
    assert optimise(made).choice.actions == (0,)
    assert optimise(replace(made, lock=np.array([MUST_NOT, FREE]))).choice.actions == (1,)
    assert optimise(replace(made, lock=np.array([FREE, MUST]))).choice.actions == (1,)


def test_what_must_be_built_and_is_too_dear_names_the_budget_that_would_do() -> None:
    made = problem([1.0], [[0]], [7_000.0], 6_000.0, lock=[MUST])
    with pytest.raises(InfeasibleError, match="7,000"):
        optimise(made)


def test_a_village_served_by_two_together_counts_once_both_stand() -> None:
    made = problem(
        [10.0, 1.0], [[], [1], []], [2.0, 2.0, 2.0], 4.0, joint=(Joint(village=0, actions=(0, 2)),)
    )
    found = optimise(made)
    assert (found.choice.actions, found.objective) == ((0, 2), 10.0)


def test_nothing_fits_a_budget_of_zero() -> None:
    found = optimise(problem([5.0], [[0]], [1.0], 0.0))
    assert (found.choice.actions, found.objective, found.gap) == ((), 0.0, 0.0)


def test_a_target_of_a_model_too_large_takes_the_greedy_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # two villages of 6 and 4, an action each, one for both; half of the weight is wanted
    made = problem([6.0, 4.0], [[0], [1], [0, 1]], [3.0, 3.0, 5.0], 10.0)
    exact = least_cost(made, 5.0, settings=EXACT)
    assert (exact.choice.actions, exact.objective) == ((0,), 3.0)
    monkeypatch.setattr("coverage.planning.optimise.LARGEST_MODEL", 1)
    found = least_cost(made, 5.0, settings=EXACT)
    assert (found.method, found.bound) == ("greedy", 0.0)
    assert found.choice.objective(made) >= 5.0
    assert not faults(made, found.choice)


def test_a_target_out_of_reach_tells_the_most_and_its_price() -> None:
    made = problem([6.0, 4.0], [[0], [1]], [3.0, 4_000.0], 5_000.0)
    with pytest.raises(InfeasibleError, match="the most is 10, for a capex of 4,003"):
        least_cost(made, 11.0, settings=EXACT)


def test_time_that_runs_out_is_not_called_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two actions must be built; the greedy way sees no plan, and HiGHS is given no time at all.
    made = problem([1.0, 1.0], [[0], [1]], [3.0, 4.0], 10.0, lock=[MUST, MUST], opex=[1.0, 1.0])
    monkeypatch.setattr("coverage.planning.optimise.greedy", lambda _: None)

    def nothing_in_time(*_: object, **__: object) -> Solution:
        return Solution(choice=None, bound=0.0, is_infeasible=False, status="time limit")

    monkeypatch.setattr("coverage.planning.milp.Model.minimise_cost", nothing_in_time)
    with pytest.raises(OutOfTimeError) as told:
        optimise(made, settings=EXACT)
    assert told.value.exit_code == 2
    with pytest.raises(OutOfTimeError):
        least_cost(made, 2.0, settings=EXACT)
