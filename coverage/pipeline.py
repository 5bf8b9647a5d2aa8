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
    evidence,
    exports,
    gaps,
    maps,
    prediction,
    priority,
    survey,
)
from coverage.errors import Problem, ScenarioError
from coverage.io.project import load_project, project_path
from coverage.io.store import Arrays, Store, default_folder
from coverage.model import Inputs, Prediction, Result
from coverage.params import Scenario
from coverage.prediction import Progress
from coverage.text import Text


@dataclass(frozen=True, slots=True)
class Assessment:
    """Graded villages with their causes and distances, and the area covered by commune.

    `clusters` are graded like villages, `measured` sums up the samples around villages; both None
    without such data. `operator` is the one looked at, "" for any.
    """

    villages: gpd.GeoDataFrame
    areas: pd.DataFrame
    clusters: gpd.GeoDataFrame | None = None
    measured: pd.DataFrame | None = None
    operator: str = ""


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
    villages = villages.join(causes.explain(graded, inputs, predicted_signal, scenario)).join(
        access.fibre_distance(inputs.villages, inputs.fibre_nodes, inputs.roads)
    )
    return Assessment(
        villages=villages,
        areas=gaps.area_by_commune(inputs, predicted_signal, scenario, operator=operator),
        clusters=clusters,
        measured=found.measured,
        operator=operator,
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
    """Score and rank graded villages, and sum them up by commune."""
    ranking = priority.score(assessment.villages, scenario.priority)
    villages = assessment.villages.join(ranking.table)
    return Result(
        inputs=inputs,
        scenario=scenario,
        prediction=predicted_signal,
        villages=villages,
        communes=gaps.by_commune(villages, inputs.communes, assessment.areas),
        warnings=(*inputs.warnings, *_unused_criteria(ranking.unused)),
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
    toml = project_path(path)
    folder = Path(out) if out is not None else toml.parent / "outputs"
    _refuse_input_folder(folder, toml.parent)
    timings: dict[str, float] = {}
    clock = time.perf_counter()
    _tell(progress, "inputs", 0.0)
    inputs = load_project(toml)
    timings["inputs_s"] = time.perf_counter() - clock
    _tell(progress, "inputs", 1.0)
    result = run(inputs, workers=workers, progress=progress)
    timings["run_s"] = time.perf_counter() - clock - timings["inputs_s"]
    _tell(progress, "exports", 0.0)
    exports.write_outputs(
        result, folder, map_page=maps.map_html(result), version=__version__, timings=timings
    )
    _tell(progress, "exports", 1.0)
    return result, folder


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


def _unused_criteria(names: tuple[str, ...]) -> tuple[Problem, ...]:
    if not names:
        return ()
    listed = ", ".join(names)
    return (
        Problem(
            severity="warning",
            rule="criterion_without_data",
            file="[scenario.priority]",
            value=listed,
            what=Text(
                "tiêu chí không có cột dữ liệu; trọng số được chia cho các tiêu chí còn lại",
                "the data lack the criterion's column; its weight went to the others",
            ),
            fix=Text("Bổ sung cột hoặc bỏ tiêu chí.", "Add the column or drop the criterion."),
        ),
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
