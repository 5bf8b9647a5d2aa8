"""The stages of a run in order, the costly one kept on disk by content."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
from coverage.errors import Problem, ScenarioError
from coverage.io.project import load_project, project_path
from coverage.io.store import Arrays, Store, default_folder
from coverage.model import Inputs, Plan, Prediction, Result, Statistics
from coverage.params import Scenario
from coverage.planning.plan import make_plan, make_prospect
from coverage.prediction import Progress
from coverage.text import Text

_LISTED: Final = 20


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
        statistics.future_gaps(strongest, predicted_signal.technologies, scenario.switch_off)
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
        warnings=(*inputs.warnings, *_told(ranking), *_claimed_in_vain(villages)),
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
    budget: str | float,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Choose what to build under a budget, for the villages that a run found without 4G.

    Parameters
    ----------
    result
        What `run` found, with its scenario.
    budget
        Limit of the capex: an amount in VND, or a text such as "5000000USD".
    workers
        Threads of the prediction of candidates; the plan does not depend on it.
    progress
        Called as candidates are predicted.

    Raises
    ------
    ScenarioError
        Where the budget is not an amount, or a lock names an action that there is not.
    InfeasibleError
        Where what must be built cannot be, with the reason.
    """
    budget_vnd = _budget(budget, result.scenario)
    prospect = make_prospect(result, workers=workers, progress=progress)
    _tell(progress, "planning", 0.0)
    found = make_plan(prospect, budget_vnd)
    _tell(progress, "planning", 1.0)
    return found


def plan_project(
    path: Path | str,
    budget: str,
    out: Path | str | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[Result, Plan, Path]:
    """Run a project folder, plan, and write every output of both, whole or not at all."""
    result, found, folder = _project_run(
        path, out, budget=budget, workers=workers, progress=progress
    )
    assert found is not None  # noqa: S101 - a budget was given
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
    result, _, folder = _project_run(path, out, budget=None, workers=workers, progress=progress)
    return result, folder


def _budget(budget: str | float, scenario: Scenario) -> int:
    text = budget if isinstance(budget, str) else f"{budget:.0f}VND"
    return costs.parse_amount(text, scenario.costs)


def _project_run(
    path: Path | str,
    out: Path | str | None,
    *,
    budget: str | None,
    workers: int | None,
    progress: Progress | None,
) -> tuple[Result, Plan | None, Path]:
    toml = project_path(path)
    folder = Path(out) if out is not None else toml.parent / "outputs"
    _refuse_input_folder(folder, toml.parent)
    timings: dict[str, float] = {}
    clock = time.perf_counter()
    _tell(progress, "inputs", 0.0)
    inputs = load_project(toml)
    if budget is not None:
        _budget(budget, inputs.scenario)  # a wrong amount is told before the work begins
    timings["inputs_s"] = time.perf_counter() - clock
    _tell(progress, "inputs", 1.0)
    result = run(inputs, workers=workers, progress=progress)
    timings["run_s"] = time.perf_counter() - clock - timings["inputs_s"]
    found = None
    if budget is not None:
        clock = time.perf_counter()
        found = plan(result, budget=budget, workers=workers, progress=progress)
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


def _told(ranking: priority.Ranking) -> tuple[Problem, ...]:
    """Say which criteria could not be used, tell nothing apart, or lack values."""
    found = (
        (
            "criterion_without_data",
            ranking.unused,
            Text(
                "tiêu chí không có cột dữ liệu; trọng số được chia cho các tiêu chí còn lại",
                "the data lack the criterion's column; its weight went to the others",
            ),
            Text("Bổ sung cột hoặc bỏ tiêu chí.", "Add the column or drop the criterion."),
        ),
        (
            "criterion_all_equal",
            ranking.flat,
            Text(
                "mọi thôn bằng nhau ở tiêu chí này; nó không làm đổi thứ hạng",
                "all villages are equal on the criterion; it does not change the ranks",
            ),
            Text("Kiểm tra cột dữ liệu hoặc bỏ tiêu chí.", "Check the column, or drop it."),
        ),
        (
            "criterion_with_unknown_values",
            tuple(f"{name}: {count}" for name, count in ranking.unknown.items()),
            Text(
                "tiêu chí thiếu giá trị ở một số thôn; được tính theo quy tắc “missing”",
                "the criterion lacks values of some villages; its rule “missing” applies",
            ),
            Text("Bổ sung giá trị còn thiếu.", "Fill in the values."),
        ),
    )
    return tuple(
        Problem(
            severity="warning",
            rule=rule,
            file="[scenario.priority]",
            value=", ".join(names),
            what=what,
            fix=fix,
        )
        for rule, names, what, fix in found
        if names
    )


def _claimed_in_vain(villages: pd.DataFrame) -> tuple[Problem, ...]:
    """Say of which villages service is told though none is predicted; neither overwrites."""
    columns = [name for name in villages.columns if name.startswith("gap_conflict_")]
    return tuple(
        Problem(
            severity="warning",
            rule="status_against_prediction",
            file="gap_status",
            column=name.replace("conflict", "status"),
            value=", ".join(villages.loc[in_conflict, "village_id"].astype(str).head(_LISTED)),
            count=int(in_conflict.sum()),
            what=Text(
                "ghi là đã phát sóng nhưng dự báo (hoặc bảng thôn) cho thấy chưa có",
                "told to be in service, but prediction (or the village table) says there is none",
            ),
            fix=Text(
                "Đo kiểm tại thôn; cả hai thông tin được giữ lại.",
                "Measure in the village; both statements are kept.",
            ),
        )
        for name in columns
        if (in_conflict := villages[name].fillna(False).astype(bool)).any()
    )


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
