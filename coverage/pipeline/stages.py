"""The stages of a run in order, the costly one kept on disk by content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage import (
    access,
    causes,
    evidence,
    fibre,
    gaps,
    indicators,
    lifecycle,
    prediction,
    priority,
    statistics,
    survey,
)
from coverage.io.store import Arrays, Store, default_folder
from coverage.model import Inputs, Prediction, Result, Statistics
from coverage.params import Scenario
from coverage.prediction import Progress, Workers


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
    workers: Workers | None = None,
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
        Threads of the prediction, None for one per core, or a crew (`coverage.distribution`). The
        result does not depend on it.
    progress
        Called as the work goes on.

    Examples
    --------
    >>> import coverage as cv
    >>> result = cv.run(cv.load_project("data/demo"))
    >>> sorted(result.rsrp_dbm)
    ['3G', '4G', '5G']
    >>> sorted(result.villages["priority_rank"]) == list(range(1, 368))
    True
    """
    scenario = scenario or inputs.scenario
    predicted_signal = predicted(inputs, scenario, workers=workers, progress=progress)
    tell(progress, "assessment", 0.0)
    result = judged(inputs, predicted_signal, scenario)
    tell(progress, "assessment", 1.0)
    return result


def judged(inputs: Inputs, predicted_signal: Prediction, scenario: Scenario) -> Result:
    """Grade, explain and rank what a prediction says of the villages."""
    return ranked(inputs, predicted_signal, assessed(inputs, predicted_signal, scenario), scenario)


def predicted(
    inputs: Inputs,
    scenario: Scenario,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Prediction:
    """Predict signal, or take it from the store if the same was predicted before.

    It depends on the masts, the terrain and the land cover, on `scenario.radio` and on
    `scenario.land_cover` alone. Where a mast changed, the path loss of the others is taken from the
    store.
    """
    store = store or Store(default_folder())
    kept = kept_prediction(inputs, scenario, store=store)
    if kept is not None:
        tell(progress, "prediction", 1.0)
        return kept
    found = prediction.predict(
        inputs,
        scenario.radio,
        scenario.land_cover,
        workers=workers,
        progress=progress,
        keeper=store,
    )
    store.put(_kept_under(inputs, scenario), _packed(found))
    return found


def kept_prediction(
    inputs: Inputs, scenario: Scenario, *, store: Store | None = None
) -> Prediction | None:
    """Return a prediction that the store holds, None where it must be made first."""
    kept = (store or Store(default_folder())).get(_kept_under(inputs, scenario))
    return None if kept is None else _unpacked(inputs, scenario, kept)


def _kept_under(inputs: Inputs, scenario: Scenario) -> dict[str, object]:
    return {
        "stage": "prediction",
        "code": prediction.CODE_DIGEST,
        "inputs": inputs.radio_fingerprint,
        "radio": scenario.radio.model_dump(mode="json"),
        "land_cover": scenario.land_cover.model_dump(mode="json"),
    }


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


def tell(progress: Progress | None, stage: str, share: float) -> None:
    """Say how far a stage is, where anyone listens."""
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
