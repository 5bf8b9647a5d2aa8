"""Who is served: predicted class of every place by technology and operator.

What others say of the same places is the matter of `evidence`. Unknown is a third state: it is
counted beside, never as "no signal".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import ndtr

from coverage.grid import BoolArray, ByteArray, FloatArray, Grid
from coverage.model import Inputs, Prediction
from coverage.params import (
    MAIN_TECHNOLOGY,
    SIGNAL_CLASSES,
    TECHNOLOGIES,
    Scenario,
    SignalClass,
    Technology,
)
from coverage.reception import Listening, near_and_around

CODES: Final[Mapping[SignalClass, int]] = MappingProxyType(
    {name: code for code, name in enumerate(SIGNAL_CLASSES, start=1)}
)
"""Code of each class in a class raster; 0 is left for what lies outside the grid."""

_GRADE_COLUMNS: Final = (
    "rsrp_{}_dbm",
    "signal_class_{}",
    "served_probability_{}",
    "good_probability_{}",
    "served_area_share_{}",
)


def assess_villages(
    inputs: Inputs, prediction: Prediction, scenario: Scenario, *, operator: str = ""
) -> gpd.GeoDataFrame:
    """Grade every village by technology, as `grade_places` does."""
    return grade_places(inputs.villages, inputs, prediction, scenario, operator=operator)


def grade_places(
    places: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    operator: str = "",
) -> gpd.GeoDataFrame:
    """Grade points (villages, clusters) by technology.

    Parameters
    ----------
    places
        Points in the grid's system, empty where not known; `coordinate_accuracy_m` if given.
    inputs, prediction, scenario
        What is known, predicted and ruled.
    operator
        Only this operator's signal; "" takes the strongest of any.

    Returns
    -------
    GeoDataFrame
        The places with, per technology t (3g, 4g, 5g), `rsrp_t_dbm` (median over the disc of the
        coordinates' accuracy; RSCP for 3G; NaN where there is none), `signal_class_t`,
        `served_probability_t` and `good_probability_t` (chance to reach the weak and the good limit
        under log-normal shadowing), `served_area_share_t` (share of the disc at or above the weak
        limit); and `server_4g`.
    """
    graded = places.copy()
    near, around = near_and_around(graded, inputs.grid, scenario.gaps)
    sigma_db = scenario.sigma_db
    for technology in TECHNOLOGIES:
        tag = technology.lower()
        names = [name.format(tag) for name in _GRADE_COLUMNS]
        graded[names] = [np.nan, "unknown", np.nan, np.nan, np.nan]
        if technology not in prediction.technologies:
            continue
        listening = Listening(inputs, prediction, scenario, technology, operator)
        reception, limits = listening.around(near), listening.limits
        median_dbm, weak_dbm = reception.median_dbm(), limits.weak_dbm
        graded[f"rsrp_{tag}_dbm"] = np.where(np.isfinite(median_dbm), median_dbm, np.nan).round(2)
        graded[f"signal_class_{tag}"] = listening.classes(near, around)
        graded[f"served_probability_{tag}"] = reception.chance_of(weak_dbm, sigma_db).round(4)
        graded[f"good_probability_{tag}"] = reception.chance_of(limits.good_dbm, sigma_db).round(4)
        graded[f"served_area_share_{tag}"] = reception.share_reaching(weak_dbm).round(4)
    graded["server_4g"] = _servers(graded, inputs.grid, prediction, operator)
    return graded


def operator_classes(
    inputs: Inputs, prediction: Prediction, scenario: Scenario
) -> dict[tuple[Technology, str], pd.Series]:
    """Return every village's class by technology and operator, "" for any; one set of discs."""
    villages = inputs.villages
    near, around = near_and_around(villages, inputs.grid, scenario.gaps)
    return {
        (technology, operator): pd.Series(
            Listening(inputs, prediction, scenario, technology, operator).classes(near, around),
            index=villages.index,
        )
        for technology in prediction.technologies
        for operator in ("", *prediction.operators)
    }


def served_probability(
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    technology: Technology,
    *,
    operator: str = "",
) -> FloatArray:
    """Return every cell's chance to reach the weak limit under log-normal shadowing, 0-1.

    Φ((signal − limit)/σ), σ of the scenario; NaN where it is not known whether there is signal.
    """
    share = np.full(inputs.grid.shape, np.nan, dtype=np.float32)
    if technology not in prediction.technologies:
        return share
    listening = Listening(inputs, prediction, scenario, technology, operator)
    level_dbm, known = listening.levels(*(axis.ravel() for axis in np.indices(share.shape)))
    chance = ndtr((level_dbm[known] - listening.limits.weak_dbm) / scenario.sigma_db)
    share[known.reshape(share.shape)] = chance
    return share


def class_raster(
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    technology: Technology,
    *,
    operator: str = "",
) -> ByteArray:
    """Return the signal class of every cell of the grid as one of `CODES`.

    As for villages: known is a cell whose terrain is known and which is either served or could not
    be served even over a free path.
    """
    limits = scenario.thresholds.technologies[technology]
    signal_dbm = prediction.signal_dbm.get((technology, operator))
    codes = np.full(inputs.grid.shape, CODES["none"], dtype=np.uint8)
    if signal_dbm is not None:
        with np.errstate(invalid="ignore"):
            codes[signal_dbm >= limits.weak_dbm] = CODES["weak"]
            codes[signal_dbm >= limits.good_dbm] = CODES["good"]
    unknown: BoolArray = np.isnan(inputs.terrain_m)
    possible_dbm = prediction.possible_dbm.get(technology)
    if possible_dbm is not None:
        unknown |= (codes == CODES["none"]) & (possible_dbm >= limits.weak_dbm)
    codes[unknown] = CODES["unknown"]
    return codes


def _servers(
    villages: gpd.GeoDataFrame, grid: Grid, prediction: Prediction, operator: str
) -> list[str]:
    """Cell that serves each village's own point with the main technology; "" where none does."""
    server = prediction.server.get((MAIN_TECHNOLOGY, operator))
    if server is None:
        return [""] * len(villages)
    row, col = grid.rowcol(villages.geometry.x, villages.geometry.y)
    number = np.where(row >= 0, server[row, col], 0)
    names = np.concatenate([[""], prediction.cells["cell_id"].to_numpy(dtype=object)])
    return [str(name) for name in names[number]]
