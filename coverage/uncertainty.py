"""Chance of service where position, antenna height and terrain are not exact, by seeded sampling.

A scenario adds errors of terrain and heights to its spread by two formulas (`params.GapRules`), the
same for every village. On a real path they act more or less: not at all in clear sight, most behind
a ridge. Here the path to each village is drawn anew with such errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import ndtr

from coverage.model import Inputs, Prediction
from coverage.params import MAIN_TECHNOLOGY, GapRules, RadioParams, Scenario, Technology
from coverage.propagation import p1812
from coverage.reception import discs
from coverage.terrain import profile_between

DRAWS: Final = 100
_LEAST_HEIGHT_M: Final = 2.0
_LEAST_POINTS: Final = 3
_INLAND: Final = 4
Draws = np.ndarray[Any, np.dtype[np.float64]]


def sampled_chances(
    villages: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    technology: Technology = MAIN_TECHNOLOGY,
    draws: int = DRAWS,
    seed: int = 2026,
) -> pd.DataFrame:
    """Draw paths with errors and return each village's chance of service under all of them.

    In a draw the village lies somewhere in the disc of its `coordinate_accuracy_m`; the height of
    its serving antenna is out by `antenna_height_error_share` of itself and the ground along the
    path by `terrain_error_m`, correlated over `terrain_error_length_m`. The path's loss changes by
    what ITU-R P.1812 says of the altered path. Shadowing is not drawn: the chance is the mean over
    the draws of Φ((level − change − weak limit)/σ). A calibrated spread was measured with errors of
    terrain and height in it, so with a calibration only the position is drawn.

    Parameters
    ----------
    villages, inputs, prediction, scenario
        Of a run.
    technology
        Of the service.
    draws, seed
        How many, and from where; a village's draws do not depend on the other villages.

    Returns
    -------
    DataFrame
        On the index of `villages`: `loss_shift_db` and `loss_spread_db`, mean and standard
        deviation of the change of the loss; `served_probability`. NaN where the village or its path
        is not known, or nothing serves it.
    """
    table = pd.DataFrame(
        np.nan,
        index=villages.index,
        columns=["loss_shift_db", "loss_spread_db", "served_probability"],
    )
    signal_dbm = prediction.signal_dbm.get((technology, ""))
    server = prediction.server.get((technology, ""))
    if signal_dbm is None or server is None:
        return table
    gaps, calibration = scenario.gaps, scenario.radio.calibration
    outdoors_db = gaps.shadowing_sigma_db
    if calibration is not None:
        gaps = gaps.model_copy(update={"terrain_error_m": 0.0, "antenna_height_error_share": 0.0})
        outdoors_db = calibration.sigma_db
    sigma_db = math.hypot(outdoors_db, scenario.thresholds.extra_sigma_db)
    weak_dbm = scenario.thresholds.technologies[technology].weak_dbm
    _, south, _, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    paths = _Paths(inputs, scenario.radio, gaps, latitude_deg=float(south + north) / 2.0)
    around = discs(villages, inputs.grid)
    row, col = inputs.grid.rowcol(villages.geometry.x, villages.geometry.y)
    starts = np.searchsorted(around.place, np.arange(len(villages) + 1))
    for number in range(len(villages)):
        if row[number] < 0 or not (cell := int(server[row[number], col[number]])):
            continue
        rng = np.random.default_rng([seed, row[number], col[number]])
        place = villages.geometry.iloc[number]
        mast = prediction.cells.iloc[cell - 1]
        change_db = paths.changes_db(mast, (float(place.x), float(place.y)), draws, rng)
        if change_db is None:
            continue
        own = slice(starts[number], starts[number + 1])
        level_dbm = signal_dbm[around.row[own], around.col[own]].astype(float)
        level_dbm = np.nan_to_num(level_dbm, nan=-np.inf)[rng.integers(0, level_dbm.size, draws)]
        chance = ndtr((level_dbm - change_db - weak_dbm) / sigma_db)
        table.iloc[number] = [change_db.mean(), change_db.std(), chance.mean()]
    return table


@dataclass(frozen=True, slots=True)
class _Paths:
    """Paths over the terrain of a project, with its errors."""

    inputs: Inputs
    radio: RadioParams
    gaps: GapRules
    latitude_deg: float

    def changes_db(
        self, cell: Any, here: tuple[float, float], draws: int, rng: np.random.Generator
    ) -> Draws | None:
        """Return by how much the loss of a path changes in each draw, None for an unknown path."""
        gaps, grid = self.gaps, self.inputs.grid
        if gaps.terrain_error_m <= 0.0 and gaps.antenna_height_error_share <= 0.0:
            return np.zeros(draws)
        mast = (
            grid.west_m + (float(cell["col"]) + 0.5) * grid.resolution_m,
            grid.north_m - (float(cell["row"]) + 0.5) * grid.resolution_m,
        )
        path = profile_between(self.inputs.terrain_m, grid, mast, here)
        if np.isnan(path.ground_m).any() or path.ground_m.size < _LEAST_POINTS:
            return None
        frequency_mhz, tall_m = float(cell["frequency_mhz"]), float(cell["antenna_height_m"])
        share = gaps.antenna_height_error_share * rng.standard_normal(draws)
        talls_m = np.maximum(tall_m * (1.0 + share), min(_LEAST_HEIGHT_M, tall_m))
        errors = _along(path.distance_m, gaps.terrain_error_length_m, draws, rng)
        as_it_is = self._loss_db(path.distance_m, path.ground_m, tall_m, frequency_mhz)
        return np.array(
            [
                self._loss_db(path.distance_m, ground_m, one_m, frequency_mhz) - as_it_is
                for ground_m, one_m in zip(
                    path.ground_m + gaps.terrain_error_m * errors, talls_m, strict=True
                )
            ]
        )

    def _loss_db(
        self, distance_m: Draws, ground_m: Draws, tall_m: float, frequency_mhz: float
    ) -> float:
        return p1812.basic_transmission_loss_db(
            distance_m / 1000.0,
            ground_m,
            np.zeros(ground_m.size),
            np.full(ground_m.size, _INLAND),
            frequency_mhz=frequency_mhz,
            tx_height_m=tall_m,
            rx_height_m=self.radio.rx_height_m,
            time_percent=self.radio.time_percent,
            latitude_deg=self.latitude_deg,
            delta_n=self.radio.delta_n,
            n0=self.radio.n0,
            polarisation=self.radio.polarisation,
        )


def _along(distance_m: Draws, length_m: float, draws: int, rng: np.random.Generator) -> Draws:
    """Return normal errors (draws, n) of unit variance, correlated by exp(-distance / length)."""
    step = np.exp(-np.diff(distance_m) / length_m)
    fresh = rng.standard_normal((draws, distance_m.size))
    found = np.empty_like(fresh)
    found[:, 0] = fresh[:, 0]
    for n, kept in enumerate(step, start=1):
        found[:, n] = kept * found[:, n - 1] + math.sqrt(1.0 - kept**2) * fresh[:, n]
    return found
