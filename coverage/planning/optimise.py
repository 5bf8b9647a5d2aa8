"""The best plan that can be found, with a bound that no plan exceeds.

A greedy plan with exchanges comes first; the Lagrangian bound says how much better another could be
and which actions none better can hold; HiGHS decides among what is left. Where that is too much for
it, the greedy plan stands, and the bound tells how far it may be from the best.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from coverage.errors import InfeasibleError, OutOfTimeError
from coverage.planning.decomposition import Decomposed, decomposed
from coverage.planning.greedy import greedy, improved
from coverage.planning.lagrangian import lagrangian_bound
from coverage.planning.milp import Model, SolverSettings
from coverage.planning.problem import MUST, NOTHING, Choice, PlanProblem, faults
from coverage.text import Text

LARGEST_MODEL: Final = 200_000
"""A program of more variables than this is not given to HiGHS."""
LARGEST_WHOLE: Final = 20_000
"""A problem of more actions than this is solved by parts."""
_POLISH_SHARE: Final = 0.25
"""Share of the time limit for making a plan cheaper that serves as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """A plan, what it serves, and the bound no plan exceeds.

    `method` names the last step that decided: "optimal" is proven within the allowed gap.
    """

    choice: Choice
    objective: float
    bound: float
    method: str
    seconds: float

    @property
    def gap(self) -> float:
        """Return (bound - objective) / bound; 0 where nothing can be served."""
        return (self.bound - self.objective) / self.bound if self.bound > 0 else 0.0


def optimise(
    problem: PlanProblem,
    *,
    settings: SolverSettings | None = None,
    start: Choice | None = None,
    opex_years: float = 0.0,
) -> Optimum:
    """Serve the greatest weight under the budget.

    Parameters
    ----------
    problem
        What can be chosen.
    settings
        Time limit, threads and seed.
    start
        A plan known to be sound, for example of a smaller budget; the result is never worse.
    opex_years
        Of plans that serve as much, the one with the least capex plus so many years of opex is
        looked for at the end.

    Raises
    ------
    InfeasibleError
        Where what must be built cannot be, with the least budget that would do.
    OutOfTimeError
        Where time ran out before all that must be built was fitted in.
    """
    settings = settings or SolverSettings()
    began = time.perf_counter()
    if problem.actions == 0:
        return Optimum(choice=NOTHING, objective=0.0, bound=0.0, method="optimal", seconds=0.0)
    if problem.actions > LARGEST_WHOLE and (found := decomposed(problem, settings=settings)):
        return _by_parts(problem, found, start, began)
    known = _best_known(problem, start)
    if known is None:
        known = _locked_only(problem, settings)
    value = known.objective(problem)
    limit = lagrangian_bound(problem, value)
    bound, method = _whole(problem, limit.value), "greedy"
    if bound > value + 1e-9:
        known, bound, method = _decided(
            problem, known, bound, limit.ruled_out, settings, began=began
        )
        value = known.objective(problem)
    else:
        method = "optimal"
    known = _cheaper(problem, known, value, opex_years, settings)
    return Optimum(
        choice=known,
        objective=value,
        bound=max(bound, value),
        method=method,
        seconds=time.perf_counter() - began,
    )


def _by_parts(
    problem: PlanProblem, found: Decomposed, start: Choice | None, began: float
) -> Optimum:
    """Return the plan of the parts, or the known one where that is better."""
    choice, value = found.choice, found.objective
    if start is not None and not faults(problem, start) and start.objective(problem) > value:
        choice, value = start, start.objective(problem)
    return Optimum(
        choice=choice,
        objective=value,
        bound=max(_whole(problem, found.bound), value),
        method="decomposed",
        seconds=time.perf_counter() - began,
    )


def least_cost(
    problem: PlanProblem,
    target: float,
    *,
    settings: SolverSettings | None = None,
    opex_years: float = 0.0,
) -> Optimum:
    """Serve at least the weight `target` at the least capex plus so many years of opex.

    Returns
    -------
    Optimum
        `objective` and `bound` are costs here: no plan that reaches the target costs less than
        `bound`, so `gap` is negative or 0. A model too large for HiGHS takes the greedy plan, which
        is not looked at for what it could spare, and a bound of 0.

    Raises
    ------
    InfeasibleError
        Where no plan within the budget reaches the target, with the most that can be reached.
    OutOfTimeError
        Where time ran out before a plan was found that reaches it.
    """
    settings = settings or SolverSettings()
    began = time.perf_counter()
    if problem.actions == 0:
        if target > 0.0:
            raise InfeasibleError(_too_much(problem, target, NOTHING))
        return Optimum(choice=NOTHING, objective=0.0, bound=0.0, method="optimal", seconds=0.0)
    start = greedy(problem)
    if start is not None and start.objective(problem) < target:
        start = None
    model = Model(problem)
    if model.columns > LARGEST_MODEL:
        choice, bound, method = start, 0.0, "greedy"
    else:
        found = model.minimise_cost(target, settings, start, opex_years=opex_years)
        if found.is_infeasible:
            raise InfeasibleError(
                _too_much(problem, target, optimise(problem, settings=settings).choice)
            )
        choice, bound, method = found.choice or start, found.bound, found.status
    if choice is None:
        raise OutOfTimeError(_OUT_OF_TIME)
    cost = choice.capex(problem) + opex_years * choice.opex(problem)
    return Optimum(
        choice=choice,
        objective=cost,
        bound=min(max(bound, 0.0), cost),
        method=method,
        seconds=time.perf_counter() - began,
    )


def _too_much(problem: PlanProblem, target: float, most: Choice) -> Text:
    reached, capex = most.objective(problem), most.capex(problem)
    return Text(
        f"Không phương án nào đạt mục tiêu {target:g}; nhiều nhất là {reached:g}, "
        f"với vốn {capex:,.0f}.",
        f"No plan reaches the target of {target:g}; the most is {reached:g}, "
        f"for a capex of {capex:,.0f}.",
    )


def budget_curve(
    problem: PlanProblem,
    budgets: Sequence[float],
    *,
    settings: SolverSettings | None = None,
    opex_years: float = 0.0,
) -> list[Optimum]:
    """Return the plan at each budget, in rising order; more money never serves fewer.

    Budgets for which what must be built is too dear are left out.
    """
    points: list[Optimum] = []
    for budget in sorted(budgets):
        start = points[-1].choice if points else None
        try:
            points.append(
                optimise(
                    problem.with_budget(budget),
                    settings=settings,
                    start=start,
                    opex_years=opex_years,
                )
            )
        except InfeasibleError:
            continue
    return points


def least_budget(problem: PlanProblem, settings: SolverSettings | None = None) -> float | None:
    """Return the least capex of what must be built, or of the first action that serves anyone.

    None where no budget would do.
    """
    settings = settings or SolverSettings()
    free = replace(problem, budget=np.inf)
    must = (problem.lock == MUST).any()
    target = 0.0 if must else float(min(problem.weight[problem.weight > 0], default=0.0))
    if not must and target <= 0.0:
        return None
    found = Model(free).minimise_cost(target, settings)
    return None if found.choice is None else found.choice.capex(free)


_OUT_OF_TIME: Final = Text(
    "Hết thời gian tính mà chưa tìm được phương án; hãy tăng time_limit_s trong "
    "[scenario.planning].",
    "Time ran out before a plan was found; raise time_limit_s under [scenario.planning].",
)


def _best_known(problem: PlanProblem, start: Choice | None) -> Choice | None:
    found = [c for c in (greedy(problem), start) if c is not None and not faults(problem, c)]
    if not found:
        return None
    return max(found, key=lambda c: (c.objective(problem), -c.capex(problem)))


def _locked_only(problem: PlanProblem, settings: SolverSettings) -> Choice:
    """Return a plan with all that must be built where the greedy way found none."""
    found = Model(problem).minimise_cost(0.0, settings)
    if found.choice is not None:
        return improved(problem, found.choice)
    if not found.is_infeasible:
        raise OutOfTimeError(_OUT_OF_TIME)
    needed = least_budget(problem, settings)
    if needed is None:
        raise InfeasibleError(
            Text(
                "Không thể xây dựng các hạng mục bắt buộc: thiếu nguồn điện, đường truyền dẫn, "
                "hoặc chúng loại trừ nhau.",
                "What must be built cannot be: power or backhaul is missing, or the actions "
                "exclude each other.",
            )
        )
    raise InfeasibleError(
        Text(
            f"Ngân sách {problem.budget:,.0f} không đủ cho các hạng mục bắt buộc; cần ít nhất "
            f"{needed:,.0f}.",
            f"The budget of {problem.budget:,.0f} does not pay for what must be built; at least "
            f"{needed:,.0f} is needed.",
        )
    )


def _decided(
    problem: PlanProblem,
    known: Choice,
    bound: float,
    ruled_out: np.ndarray[tuple[int], np.dtype[np.bool_]],
    settings: SolverSettings,
    *,
    began: float,
) -> tuple[Choice, float, str]:
    """Let HiGHS choose among the actions that a better plan could hold."""
    value = known.objective(problem)
    model = Model(problem, ruled_out=ruled_out)
    if model.columns > LARGEST_MODEL:
        return known, bound, "greedy"
    left_s = settings.time_limit_s * (1 - _POLISH_SHARE) - (time.perf_counter() - began)
    found = model.maximise(replace(settings, time_limit_s=left_s), known)
    if found.is_infeasible:
        return known, value, "optimal"
    better = found.choice
    if better is not None and not faults(problem, better) and better.objective(problem) > value:
        known, value = better, better.objective(problem)
    bound = min(bound, max(value, _whole(problem, found.bound)))
    return known, bound, found.status


def _cheaper(
    problem: PlanProblem,
    known: Choice,
    value: float,
    opex_years: float,
    settings: SolverSettings,
) -> Choice:
    """Return a plan that serves as much for less over the years, if one is found in time."""
    model = Model(problem)
    if model.columns > LARGEST_MODEL:
        return known
    short = replace(settings, time_limit_s=settings.time_limit_s * _POLISH_SHARE)
    other = model.minimise_cost(value, short, known, opex_years=opex_years).choice
    if other is None or faults(problem, other) or other.objective(problem) < value - 1e-9:
        return known

    def cost(choice: Choice) -> float:
        return choice.capex(problem) + opex_years * choice.opex(problem)

    return other if cost(other) < cost(known) else known


def _whole(problem: PlanProblem, bound: float) -> float:
    """Round a bound down where all weights are whole numbers."""
    if np.array_equal(problem.weight, np.rint(problem.weight)):
        return float(np.floor(bound + 1e-6))
    return bound
