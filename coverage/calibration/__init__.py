"""Predictions held against measurements, and corrected by them.

`samples` thins what was measured, `residuals` puts the prediction beside it, `figures` sums up,
`likelihood` and `blocks` are the statistics, `corrections` the model, `outputs` the files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from coverage import __version__
from coverage.calibration import figures
from coverage.calibration.corrections import (
    Corrections,
    HeldOutValues,
    TooFewSamplesError,
    correct,
    held_out,
    usable,
)
from coverage.calibration.likelihood import Vector
from coverage.calibration.residuals import Compared, compared
from coverage.io.store import Store, default_folder
from coverage.model import Inputs, Result
from coverage.params import Calibration, InputFile, Scenario
from coverage.prediction import Keeper, Progress
from coverage.text import Text

__all__ = [
    "TooFewSamplesError",
    "Validation",
    "calibrate",
    "calibrate_project",
    "validate",
    "validate_project",
]

_PREDICTED_FROM: Final = ("stations", "terrain", "land_cover", "antennas", "measurements")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Measured against predicted.

    Tables have a column `basis`: "uncalibrated"; "held_out", corrected by a fit to other blocks;
    "scenario", with the scenario's own calibration, which may have seen these samples. `samples`
    has a row per thinned sample. `corrections` is None where samples are too few, for `reason`.
    """

    samples: pd.DataFrame
    figures: pd.DataFrame
    confusion: pd.DataFrame
    reliability: pd.DataFrame
    probabilities: pd.DataFrame
    compared: Compared
    corrections: Corrections | None
    reason: Text | None
    is_synthetic: bool


def validate(
    result: Result, *, workers: int | None = None, progress: Progress | None = None
) -> Validation:
    """Hold the measurements of a run's project against its prediction.

    Examples
    --------
    >>> import coverage as cv
    >>> found = cv.validate(cv.run(cv.load_project("data/demo")))
    >>> int(found.figures["samples"].iloc[0]) > 0
    True
    """
    return validate_project(result.inputs, result.scenario, workers=workers, progress=progress)


def calibrate(
    result: Result,
    *,
    name: str = "",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Return corrections of a run's prediction from the measurements of its project.

    Raises
    ------
    TooFewSamplesError
        Where there are too few samples, or in too few places.

    Examples
    --------
    >>> import coverage as cv
    >>> result = cv.run(cv.load_project("data/demo"))
    >>> try:
    ...     told = cv.calibrate(result).sigma_db > 0.0
    ... except cv.calibration.TooFewSamplesError:
    ...     told = "measure more"
    >>> told in (True, "measure more")
    True
    """
    return calibrate_project(
        result.inputs, result.scenario, name=name, workers=workers, progress=progress
    )


def validate_project(
    inputs: Inputs,
    scenario: Scenario,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
) -> Validation:
    """Hold a project's measurements against the prediction of a scenario.

    Path losses come from the store where a run left them there.

    Raises
    ------
    InputDataError
        Where the project has no measured level.
    """
    keeper = keeper or Store(default_folder())
    plain = compared(inputs, scenario, workers=workers, progress=progress, keeper=keeper)
    table = plain.table
    sigma_db = scenario.model_copy(
        update={"radio": scenario.radio.model_copy(update={"calibration": None})}
    ).sigma_db
    levels = {"uncalibrated": (table["predicted_dbm"].to_numpy(float), np.array(sigma_db))}
    corrections, reason = None, None
    try:
        corrections, left_out = _fitted(table, inputs, scenario)
    except TooFewSamplesError as error:
        reason = error.text
    else:
        levels["held_out"] = _spread(table, left_out)
    if scenario.radio.calibration is not None:
        own = compared(
            inputs,
            scenario,
            calibration=scenario.radio.calibration,
            workers=workers,
            progress=progress,
            keeper=keeper,
        ).table
        levels["scenario"] = (
            own["predicted_dbm"].to_numpy(float),
            np.array(scenario.radio.calibration.sigma_db),
        )
    told = {name: level for name, (level, _) in levels.items() if name != "uncalibrated"}
    return Validation(
        samples=table.assign(**{f"{name}_dbm": level for name, level in told.items()}),
        figures=_stacked({n: figures.by_group(table, level) for n, (level, _) in levels.items()}),
        confusion=_stacked({n: figures.confusion(table, v) for n, (v, _) in levels.items()}),
        reliability=_stacked({n: figures.reliability(table, *v) for n, v in levels.items()}),
        probabilities=pd.DataFrame(
            {"basis": n, **figures.reliability_figures(table, *v)} for n, v in levels.items()
        ),
        compared=plain,
        corrections=corrections,
        reason=reason,
        is_synthetic=bool(inputs.synthetic_roles),
    )


def calibrate_project(
    inputs: Inputs,
    scenario: Scenario,
    *,
    name: str = "",
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
) -> Calibration:
    """Return corrections of a scenario's prediction, with held-out figures and provenance.

    Raises
    ------
    InputDataError
        Where the project has no measured level.
    TooFewSamplesError
        Where there are too few samples, or in too few places.
    """
    keeper = keeper or Store(default_folder())
    plain = compared(inputs, scenario, workers=workers, progress=progress, keeper=keeper)
    corrections, left_out = _fitted(plain.table, inputs, scenario)
    samples = usable(plain.table)
    days = sorted(day[:10] for day in samples["measured_at"] if day)
    slope, sigma = corrections.slope(), corrections.sigma()
    length = corrections.correlation_length_m()
    radio = scenario.radio
    return Calibration(
        name=name or inputs.project.name,
        software=f"phusong {__version__}",
        synthetic=bool(inputs.synthetic_roles),
        measured_from=date.fromisoformat(days[0]) if days else None,
        measured_to=date.fromisoformat(days[-1]) if days else None,
        inputs=tuple(
            InputFile(role=s.role, file=s.file, sha256=s.sha256)
            for s in inputs.sources
            if s.role in _PREDICTED_FROM
        ),
        model_3g=radio.model_3g,
        model_4g=radio.model_4g,
        model_5g=radio.model_5g,
        clutter=radio.clutter,
        rx_height_m=radio.rx_height_m,
        samples=corrections.samples,
        censored=corrections.censored,
        blocks=corrections.block_count,
        block_m=round(corrections.block_m, 1),
        correlation_length_m=round(length[0], 1),
        correlation_low_m=round(length[1], 1),
        correlation_high_m=round(length[2], 1) if math.isfinite(length[2]) else None,
        offsets=corrections.offsets(samples),
        slope_db_per_decade=round(slope[0], 3),
        slope_low_db=round(slope[1], 3),
        slope_high_db=round(slope[2], 3),
        from_km=round(corrections.terms.from_km, 4),
        to_km=round(corrections.terms.to_km, 4),
        sigma_db=round(sigma[0], 3),
        sigma_low_db=round(sigma[1], 3),
        sigma_high_db=round(min(sigma[2], 60.0), 3),
        uncalibrated=figures.held_out_figures(samples, samples["predicted_dbm"].to_numpy(float)),
        calibrated=figures.held_out_figures(samples, left_out.corrected_dbm),
    )


def _fitted(
    table: pd.DataFrame, inputs: Inputs, scenario: Scenario
) -> tuple[Corrections, HeldOutValues]:
    samples = usable(table)
    corrections = correct(samples, scenario.measuring, step_m=inputs.grid.resolution_m)
    return corrections, held_out(samples, corrections, scenario.measuring)


def _spread(table: pd.DataFrame, left_out: HeldOutValues) -> tuple[Vector, Vector]:
    """Bring held-out values to all samples, NaN where nothing was predicted."""
    known = table["predicted_dbm"].notna().to_numpy()
    level_dbm, sigma_db = np.full(len(table), np.nan), np.ones(len(table))
    level_dbm[known], sigma_db[known] = left_out.corrected_dbm, left_out.sigma_db
    return level_dbm, sigma_db


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(
        [table.assign(basis=name)[["basis", *table.columns]] for name, table in tables.items()],
        ignore_index=True,
    )
