"""What was measured beside what is predicted there, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage import prediction
from coverage.calibration.samples import Samples, thinned
from coverage.errors import InputDataError
from coverage.model import Inputs
from coverage.params import Calibration, Scenario
from coverage.prediction import Keeper, Progress
from coverage.text import Text, spelling_key

_HEIGHT_STEP_M: Final = 0.5
_LEAST_HEIGHT_M: Final = 1.0
NO_CLASS: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Thinned samples with the prediction at each.

    `table` has the columns of `Samples.table`; `operator` as the stations spell it; of
    `prediction.signal_at` `predicted_dbm` … `in_sight`; `server_cell`; `clutter_code` (0 unknown);
    `distance_class`; `residual_db`, measured minus predicted (for a censored sample its floor minus
    predicted, which the true residual does not exceed); and the limits `weak_dbm` and `good_dbm`.
    """

    table: pd.DataFrame
    samples: Samples
    calibration: Calibration | None


def compared(
    inputs: Inputs,
    scenario: Scenario,
    *,
    calibration: Calibration | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
) -> Compared:
    """Hold a project's measurements against the prediction of its scenario.

    Parameters
    ----------
    inputs, scenario
        The project; the scenario's own calibration is left out.
    calibration
        Corrections to predict with; None predicts without any.
    workers, progress, keeper
        As for `prediction.predict`.

    Raises
    ------
    InputDataError
        Where the project has no measured level.
    """
    if inputs.measurements is None or inputs.measurements.empty:
        raise _nothing_measured()
    samples = thinned(inputs.measurements, inputs.grid, scenario.measuring)
    if samples.table.empty:
        raise _nothing_measured()
    names = {spelling_key(name): name for name in sorted(set(inputs.stations["operator"]))}
    table = samples.table.assign(
        operator=samples.table["operator_key"].map(names).fillna(samples.table["operator_key"])
    )
    radio = scenario.radio.model_copy(update={"calibration": calibration})
    height_m = table["device_height_m"].fillna(radio.rx_height_m)
    height_m = (height_m / _HEIGHT_STEP_M).round() * _HEIGHT_STEP_M
    parts = [
        prediction.signal_at(
            inputs,
            radio.model_copy(update={"rx_height_m": max(float(height), _LEAST_HEIGHT_M)}),
            scenario.land_cover,
            own,
            workers=workers,
            progress=progress,
            keeper=keeper,
        )
        for height, own in table.groupby(height_m)
    ]
    found = pd.concat(parts).reindex(table.index)
    cells = prediction.cells_that_count(inputs, radio)
    cell_ids = np.append(cells["cell_id"].to_numpy(dtype=object), "")
    limits = scenario.thresholds.technologies
    table = table.join(found.drop(columns="server")).assign(
        server_cell=cell_ids[found["server"].to_numpy()],
        clutter_code=_cover(inputs, table),
        residual_db=table["level_dbm"] - found["predicted_dbm"],
        weak_dbm=[limits[name].weak_dbm for name in table["technology"]],
        good_dbm=[limits[name].good_dbm for name in table["technology"]],
    )
    table["distance_class"] = _distance_class(table["distance_km"], scenario)
    return Compared(table=table, samples=samples, calibration=calibration)


def _cover(inputs: Inputs, table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    if inputs.land_cover is None:
        return np.full(len(table), NO_CLASS, dtype=np.int64)
    return np.asarray(inputs.land_cover[table["row"], table["col"]], dtype=np.int64)


def _distance_class(distance_km: pd.Series, scenario: Scenario) -> list[str]:
    edges = sorted(scenario.measuring.distance_edges_km)
    names = [
        *(f"{low:g}-{high:g}" for low, high in zip([0.0, *edges], edges, strict=False)),
        f">{edges[-1]:g}",
    ]
    place = np.searchsorted(edges, distance_km.to_numpy(float), side="left")
    known = distance_km.notna()
    return [names[p] if k else "" for p, k in zip(place, known, strict=True)]


def _nothing_measured() -> InputDataError:
    return InputDataError.about(
        "project.toml",
        "no_measurements",
        Text(
            "dự án không có mức thu đo được nào trong vùng nghiên cứu",
            "the project has no measured level inside the study area",
        ),
        Text(
            "Hãy thêm `measurements` vào [inputs] (phusong import … --as measurements).",
            "Add `measurements` to [inputs] (phusong import … --as measurements).",
        ),
        column="measurements",
    )
