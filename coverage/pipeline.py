"""The stages of a run in order, the costly one kept on disk by content."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage import (
    __version__,
    access,
    causes,
    costs,
    evidence,
    exports,
    fibre,
    gaps,
    indicators,
    lifecycle,
    maps,
    prediction,
    priority,
    statistics,
    survey,
)
from coverage.errors import ScenarioError
from coverage.io.project import load_project, project_path
from coverage.io.store import Arrays, Store, default_folder
from coverage.model import FibrePlan, Inputs, Plan, Prediction, Result, Statistics
from coverage.params import Scenario, Variant
from coverage.planning.fibre_plan import fibre_for_budget, fibre_for_target, make_fibre_prospect
from coverage.planning.firmness import variants_of, widest_gain_db, with_firmness
from coverage.planning.money import with_money
from coverage.planning.plan import Prospect, make_least_plan, make_plan, make_prospect
from coverage.planning.resilience import with_resilience
from coverage.planning.village_fibre import mobile_budget, with_village_fibre
from coverage.prediction import Progress
from coverage.text import Text


@dataclass(frozen=True, slots=True)
class Assessment:
    """Graded villages with their causes and distances, and what does not depend on weights.

    `clusters` are graded like villages, `measured` sums up the samples around villages; both None
    without such data. `operator` is the one looked at, "" for any.
    """

    villages: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    statistics: Statistics
    fibre_gaps: pd.DataFrame
    gap_statuses: pd.DataFrame | None
    scoreboard: pd.DataFrame | None
    clusters: gpd.GeoDataFrame | None
    measured: pd.DataFrame | None
    operator: str


def run(
    inputs: Inputs,
    scenario: Scenario | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run all stages on a project.

    Parameters
    ----------
    inputs
        The project, from `load_project`.
    scenario
        What varies; None takes the project's own.
    workers
        Threads of the prediction; None takes one per core. The result does not depend on it.
    progress
        Called as the work goes on.
    """
    scenario = scenario or inputs.scenario
    predicted_signal = predicted(inputs, scenario, workers=workers, progress=progress)
    _tell(progress, "assessment", 0.0)
    result = ranked(
        inputs, predicted_signal, assessed(inputs, predicted_signal, scenario), scenario
    )
    _tell(progress, "assessment", 1.0)
    return result


def predicted(
    inputs: Inputs,
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Prediction:
    """Predict signal, or take it from the store if the same was predicted before.

    It depends on the masts, the terrain and the land cover, on `scenario.radio` and on
    `scenario.land_cover` alone. Where a mast changed, the path loss of the others is taken from the
    store.
    """
    store = store or Store(default_folder())
    parts = {
        "stage": "prediction",
        "code": prediction.CODE_DIGEST,
        "inputs": inputs.radio_fingerprint,
        "radio": scenario.radio.model_dump(mode="json"),
        "land_cover": scenario.land_cover.model_dump(mode="json"),
    }
    kept = store.get(parts)
    if kept is not None:
        _tell(progress, "prediction", 1.0)
        return _unpacked(inputs, scenario, kept)
    found = prediction.predict(
        inputs,
        scenario.radio,
        scenario.land_cover,
        workers=workers,
        progress=progress,
        keeper=store,
    )
    store.put(parts, _packed(found))
    return found


def assessed(
    inputs: Inputs, predicted_signal: Prediction, scenario: Scenario, *, operator: str = ""
) -> Assessment:
    """Grade villages and communes; depends on thresholds and rules, not on weights."""
    graded = gaps.assess_villages(inputs, predicted_signal, scenario, operator=operator)
    found = evidence.assess(graded, inputs, predicted_signal, scenario, operator=operator)
    clusters = _graded_clusters(inputs, predicted_signal, scenario, operator)
    villages = graded.assign(**found.table)
    villages = villages.assign(**evidence.gap_size(villages, villages["verdict_4g"], clusters))
    if clusters is not None:
        villages = villages.assign(**evidence.cluster_counts(villages, clusters))
    villages = villages.join(
        causes.explain(villages, inputs, predicted_signal, scenario, operator=operator)
    ).join(
        access.fibre_distance(inputs.villages, inputs.fibre_nodes, inputs.roads, inputs.fibre_lines)
    )
    classes = gaps.operator_classes(inputs, predicted_signal, scenario)
    strongest = {
        technology: classes[technology, ""] for technology in predicted_signal.technologies
    }
    villages = villages.join(
        statistics.future_gaps(
            villages.index, strongest, predicted_signal.technologies, scenario.switch_off
        )
    )
    villages = villages.join(_told_beside(villages, inputs, scenario))
    communes, counted = statistics.summarised(
        villages, classes, inputs, predicted_signal, scenario, operator=operator
    )
    return Assessment(
        villages=villages,
        communes=communes,
        statistics=counted,
        fibre_gaps=fibre.summary(villages, inputs.communes),
        gap_statuses=None if inputs.gap_status is None else lifecycle.statistics(villages),
        scoreboard=_scoreboard(inputs, scenario),
        clusters=clusters,
        measured=found.measured,
        operator=operator,
    )


def _told_beside(
    villages: gpd.GeoDataFrame, inputs: Inputs, scenario: Scenario
) -> list[pd.DataFrame]:
    """Return what roads, fibre, gap updates and indicators add to the villages."""
    distance_m = villages["fibre_access_distance_m"]
    parts = [
        access.road_distance(inputs.villages, inputs.roads).to_frame(),
        fibre.grade(villages, distance_m, scenario.fibre),
    ]
    if inputs.gap_status is not None:
        parts.append(lifecycle.of_villages(villages, inputs.gap_status))
    if inputs.indicators is not None:
        parts.append(
            indicators.of_villages(
                villages, inputs.indicators, inputs.communes, scenario.indicators
            )
        )
    return parts


def _scoreboard(inputs: Inputs, scenario: Scenario) -> pd.DataFrame | None:
    if inputs.indicators is None:
        return None
    return indicators.scoreboard(
        inputs.indicators,
        inputs.communes,
        inputs.villages,
        scenario.indicators,
        synthetic="indicators" in inputs.synthetic_roles,
    )


def _graded_clusters(
    inputs: Inputs, predicted_signal: Prediction, scenario: Scenario, operator: str
) -> gpd.GeoDataFrame | None:
    if inputs.clusters is None:
        return None
    graded = gaps.grade_places(
        inputs.clusters, inputs, predicted_signal, scenario, operator=operator
    )
    found = evidence.assess(graded, inputs, predicted_signal, scenario, operator=operator)
    clusters = graded.assign(**found.table)
    return clusters.assign(**evidence.gap_size(clusters, clusters["verdict_4g"]))


def ranked(
    inputs: Inputs, predicted_signal: Prediction, assessment: Assessment, scenario: Scenario
) -> Result:
    """Score and rank graded villages."""
    ranking = priority.score(assessment.villages, scenario.priority)
    firmness = priority.stability(assessment.villages, scenario.priority, scenario.stability)
    villages = assessment.villages.join([ranking.table, firmness])
    return Result(
        inputs=inputs,
        scenario=scenario,
        prediction=predicted_signal,
        villages=villages,
        communes=assessment.communes,
        statistics=assessment.statistics,
        fibre_gaps=assessment.fibre_gaps,
        gap_statuses=assessment.gap_statuses,
        scoreboard=assessment.scoreboard,
        warnings=(*inputs.warnings, *priority.remarks(ranking), *lifecycle.remarks(villages)),
        clusters=assessment.clusters,
        measured=assessment.measured,
        measure_next=survey.measure_next(
            villages,
            inputs,
            predicted_signal,
            scenario,
            clusters=assessment.clusters,
            measured=assessment.measured,
            operator=assessment.operator,
        ),
    )


def plan(
    result: Result,
    *,
    budget: str | float | None = None,
    target: str | float | None = None,
    variants: bool | int = False,
    workers: int | None = None,
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
        Threads of the prediction of candidates; the plan does not depend on it.
    progress
        Called as candidates are predicted.

    Raises
    ------
    ScenarioError
        Where the budget is not an amount, the target not a share, neither is given, or a lock names
        an action that there is not.
    InfeasibleError
        Where what must be built cannot be, or the target not be reached, with the reason.
    """
    budget_vnd, target_share = _aim(budget, target, result.scenario)
    others = _variants(result.scenario, asked=variants)
    extra_db = widest_gain_db(others)
    prospect = make_prospect(result, workers=workers, progress=progress, extra_db=extra_db)
    _tell(progress, "planning", 0.0)
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
    _tell(progress, "planning", 1.0)
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
    """
    budget_vnd, target_share = _one_aim(budget, target, result.scenario)
    prospect = make_fibre_prospect(result)
    if target_share is not None:
        return fibre_for_target(prospect, target_share)
    assert budget_vnd is not None  # noqa: S101 - one of the two is given
    return fibre_for_budget(prospect, budget_vnd)


def fibre_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    budget: str | None = None,
    target: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[Result, FibrePlan, Path]:
    """Run a project folder, plan fibre to villages, and write every output, whole or not at all."""
    toml = project_path(path)
    folder = Path(out) if out is not None else toml.parent / "outputs"
    _refuse_input_folder(folder, toml.parent)
    clock = time.perf_counter()
    _tell(progress, "inputs", 0.0)
    inputs = load_project(toml)
    _one_aim(budget, target, inputs.scenario)
    _tell(progress, "inputs", 1.0)
    result = run(inputs, workers=workers, progress=progress)
    ran = time.perf_counter()
    _tell(progress, "planning", 0.0)
    found = plan_fibre(result, budget=budget, target=target)
    _tell(progress, "planning", 1.0)
    _tell(progress, "exports", 0.0)
    exports.write_outputs(
        result,
        folder,
        map_page=maps.map_html(result, plan=found),
        version=__version__,
        timings={"run_s": ran - clock, "fibre_s": time.perf_counter() - ran},
        fibre=found,
    )
    _tell(progress, "exports", 1.0)
    return result, found, folder


def _one_aim(
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
    return _aim(budget, target, scenario)


def plan_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    budget: str | None = None,
    target: str | None = None,
    variants: bool | int = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[Result, Plan, Path]:
    """Run a project folder, plan, and write every output of both, whole or not at all."""
    result, found, folder = _project_run(
        path,
        out,
        aim=(budget, target),
        variants=variants,
        workers=workers,
        progress=progress,
    )
    assert found is not None  # noqa: S101 - an aim was given
    return result, found, folder


def run_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[Result, Path]:
    """Run a project folder and write every output, whole or not at all.

    Returns
    -------
    tuple
        The result and the folder written to (default: `outputs` in the project).
    """
    result, _, folder = _project_run(path, out, aim=None, workers=workers, progress=progress)
    return result, folder


def _aim(
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


def _project_run(
    path: Path | str,
    out: Path | str | None,
    *,
    aim: tuple[str | None, str | None] | None,
    workers: int | None,
    progress: Progress | None,
    variants: bool | int = False,
) -> tuple[Result, Plan | None, Path]:
    toml = project_path(path)
    folder = Path(out) if out is not None else toml.parent / "outputs"
    _refuse_input_folder(folder, toml.parent)
    timings: dict[str, float] = {}
    clock = time.perf_counter()
    _tell(progress, "inputs", 0.0)
    inputs = load_project(toml)
    if aim is not None:
        _aim(*aim, inputs.scenario)  # what cannot be read is told before the work begins
    timings["inputs_s"] = time.perf_counter() - clock
    _tell(progress, "inputs", 1.0)
    result = run(inputs, workers=workers, progress=progress)
    timings["run_s"] = time.perf_counter() - clock - timings["inputs_s"]
    found = None
    if aim is not None:
        clock = time.perf_counter()
        budget, target = aim
        found = plan(
            result,
            budget=budget,
            target=target,
            variants=variants,
            workers=workers,
            progress=progress,
        )
        timings["plan_s"] = time.perf_counter() - clock
    _tell(progress, "exports", 0.0)
    exports.write_outputs(
        result,
        folder,
        map_page=maps.map_html(result, plan=found),
        version=__version__,
        timings=timings,
        plan=found,
    )
    _tell(progress, "exports", 1.0)
    return result, found, folder


def _refuse_input_folder(folder: Path, project: Path) -> None:
    """Refuse to write beside the inputs, which could overwrite them (`villages.csv` is both)."""
    if folder.resolve() == project.resolve():
        raise ScenarioError(
            Text(
                "Thư mục kết quả không được trùng với thư mục dự án; hãy chọn thư mục khác.",
                "The output folder must not be the project folder itself; choose another.",
            )
        )


def _tell(progress: Progress | None, stage: str, share: float) -> None:
    if progress is not None:
        progress(stage, share)


def _packed(found: Prediction) -> Arrays:
    arrays: Arrays = {}
    for (technology, operator), signal_dbm in found.signal_dbm.items():
        arrays[f"signal|{technology}|{operator}"] = signal_dbm
        arrays[f"server|{technology}|{operator}"] = found.server[technology, operator]
    for technology, possible_dbm in found.possible_dbm.items():
        arrays[f"possible|{technology}|"] = possible_dbm
    return arrays


def _unpacked(inputs: Inputs, scenario: Scenario, arrays: Arrays) -> Prediction:
    kinds: dict[str, dict[Any, np.ndarray[Any, Any]]] = {"signal": {}, "server": {}, "possible": {}}
    for name, array in arrays.items():
        kind, technology, operator = name.split("|", 2)
        kinds[kind][technology if kind == "possible" else (technology, operator)] = array
    return prediction.assembled(
        inputs,
        scenario.radio,
        signal_dbm=kinds["signal"],
        server=kinds["server"],
        possible_dbm=kinds["possible"],
    )
