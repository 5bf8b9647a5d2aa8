"""Plans for what a run found: what to build for mobile service, and fibre to villages."""

from __future__ import annotations

from coverage import costs
from coverage.errors import ScenarioError
from coverage.io.store import Store, default_folder
from coverage.model import FibrePlan, Plan, Result
from coverage.params import Scenario, Variant
from coverage.pipeline.stages import run, tell
from coverage.planning.fibre_plan import fibre_for_budget, fibre_for_target, make_fibre_prospect
from coverage.planning.firmness import variants_of, widest_gain_db, with_firmness
from coverage.planning.money import with_money
from coverage.planning.plan import Prospect, make_least_plan, make_plan, make_prospect
from coverage.planning.resilience import with_resilience
from coverage.planning.village_fibre import mobile_budget, with_village_fibre
from coverage.prediction import Progress, Workers
from coverage.text import Text


def plan(
    result: Result,
    *,
    budget: str | float | None = None,
    target: str | float | None = None,
    variants: bool | int = False,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Choose what to build for the villages that a run found without 4G.

    Under a budget as many as possible are served; a target is reached at least cost.

    Parameters
    ----------
    result
        What `run` found, with its scenario.
    budget
        Limit of the capex: an amount in VND, or a text such as "5000000USD".
    target
        Share of the households without service (or people, villages: `objective` of the planning
        rules) to be served, such as 0.9 or "90%"; a budget beside it limits the capex.
    variants
        Plan again under the scenario's variants (True: all of them; a number: so many) to tell how
        often each action stays chosen.
    workers
        Threads or a crew for the prediction of candidates; the plan does not depend on it.
    progress
        Called as candidates are predicted.

    Raises
    ------
    ScenarioError
        Where the budget is not an amount, the target not a share, neither is given, or a lock names
        an action that there is not.
    InfeasibleError
        Where what must be built cannot be, or the target not be reached, with the reason.

    Examples
    --------
    >>> import coverage as cv
    >>> result = cv.run(cv.load_project("data/demo"))
    >>> plan = cv.plan(result, budget=5_000_000_000)
    >>> 0 < plan.spent <= plan.budget
    True
    >>> int(plan.actions["households_gained"].sum()) > 0
    True
    """
    budget_vnd, target_share = aim_of(budget, target, result.scenario)
    others = _variants(result.scenario, asked=variants)
    extra_db = widest_gain_db(others)
    prospect = make_prospect(result, workers=workers, progress=progress, extra_db=extra_db)
    tell(progress, "planning", 0.0)
    if target_share is not None:
        found = make_least_plan(prospect, target_share, budget_vnd)
    else:
        assert budget_vnd is not None  # noqa: S101 - one of the two is given
        found = make_plan(prospect, mobile_budget(budget_vnd, result.scenario.planning))
    found = with_resilience(prospect, found, workers=workers, keeper=Store(default_folder()))
    if others:

        def elsewhere(scenario: Scenario) -> Prospect:
            return make_prospect(run(result.inputs, scenario, workers=workers), workers=workers)

        found = with_firmness(prospect, found, others, elsewhere=elsewhere, progress=progress)
    if target_share is None and budget_vnd is not None:
        found = with_village_fibre(result, found, budget_vnd)
    tell(progress, "planning", 1.0)
    return with_money(prospect, found)


def _variants(scenario: Scenario, *, asked: bool | int) -> tuple[Variant, ...]:
    if asked is True or asked is False:
        return variants_of(scenario.variants) if asked else ()
    return variants_of(scenario.variants, asked)


def plan_fibre(
    result: Result, *, budget: str | float | None = None, target: str | float | None = None
) -> FibrePlan:
    """Choose routes of new fibre to the villages that have none.

    Parameters
    ----------
    result
        What `run` found, with its scenario.
    budget
        Limit of the capex: an amount in VND, or a text such as "5000000USD".
    target
        Share of the households without fibre (or people, villages: `objective` of the planning
        rules) to be joined at least cost, such as 0.8 or "80%"; in place of a budget.

    Raises
    ------
    ScenarioError
        Where the budget is not an amount, the target not a share, or not one of the two is given.
    InfeasibleError
        Where there is no fibre to tap.

    Examples
    --------
    >>> import coverage as cv
    >>> result = cv.run(cv.load_project("data/demo"))
    >>> fibre = cv.plan_fibre(result, budget=2_000_000_000)
    >>> 0 < fibre.spent <= fibre.budget
    True
    """
    budget_vnd, target_share = one_aim(budget, target, result.scenario)
    prospect = make_fibre_prospect(result)
    if target_share is not None:
        return fibre_for_target(prospect, target_share)
    assert budget_vnd is not None  # noqa: S101 - one of the two is given
    return fibre_for_budget(prospect, budget_vnd)


def aim_of(
    budget: str | float | None, target: str | float | None, scenario: Scenario
) -> tuple[int | None, float | None]:
    """Return the budget in VND and the target as a share, each None where it is not given."""
    if budget is None and target is None:
        raise ScenarioError(Text("Cần ngân sách hoặc mục tiêu.", "A budget or a target is needed."))
    budget_vnd = None
    if budget is not None:
        text = budget if isinstance(budget, str) else f"{budget:.0f}VND"
        budget_vnd = costs.parse_amount(text, scenario.costs)
    return budget_vnd, None if target is None else _share(target)


def _share(target: str | float) -> float:
    """Read "90%", "90 %", "0,9" or 0.9."""
    text = str(target).strip().replace(",", ".")
    try:
        share = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        share = float("nan")
    if not 0.0 < share <= 1.0:
        raise ScenarioError(
            Text(
                f"Mục tiêu “{target}” không hợp lệ: viết 90% hoặc 0,9.",
                f"The target “{target}” is not valid: write 90% or 0.9.",
            )
        )
    return share


def one_aim(
    budget: str | float | None, target: str | float | None, scenario: Scenario
) -> tuple[int | None, float | None]:
    """Return budget or target; both at once are refused, for a target has the least cost."""
    if budget is not None and target is not None:
        raise ScenarioError(
            Text(
                "Chỉ dùng một trong hai: ngân sách hoặc mục tiêu.",
                "Give a budget or a target, not both.",
            )
        )
    return aim_of(budget, target, scenario)
