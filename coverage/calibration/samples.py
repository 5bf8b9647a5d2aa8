"""Measurements made comparable: floors known, one value per pixel, operator and cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.grid import Grid
from coverage.params import MeasuringRules
from coverage.text import spelling_key

_BINS_ABOVE: Final = 3
_LEAST_PILE: Final = 5
_KEYS: Final = (
    *("row", "col", "operator_key", "technology"),
    *("cell_id", "frequency_mhz", "device_height_m"),
)
COLUMNS: Final = (
    *_KEYS,
    *("x_m", "y_m", "level_dbm", "floor_dbm", "is_censored", "count", "measured_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Thinned samples, and what became of those measured.

    `table` has a row per pixel, operator, technology, cell, band and device height: the median
    level with the number of samples behind it; `floors` the floor of each technology that was found
    as a pile at the least value (those stated in the table are not in it).
    """

    table: pd.DataFrame
    floors: dict[str, float]
    read: int
    without_level: int
    outside: int


def thinned(measurements: gpd.GeoDataFrame, grid: Grid, rules: MeasuringRules) -> Samples:
    """Bring measurements onto the grid, one row per pixel and cell.

    A standing car so counts once. A level at or below the device's floor is censored: all it tells
    is that the signal was no stronger. A pixel is censored where at least half its samples are; the
    median of the others is exact all the same, since only the order of the lower half is lost.

    Parameters
    ----------
    measurements
        Points in the grid's system with `operator`, `technology` and `rsrp_dbm`; `floor_dbm`,
        `measured_cell_id`, `frequency_mhz`, `device_height_m` and `measured_at` where given.
    grid
        The project's grid.
    rules
        When a pile of samples at the least value is a floor.
    """
    frame = pd.DataFrame(measurements.drop(columns="geometry")).assign(
        x_m=measurements.geometry.x.to_numpy(), y_m=measurements.geometry.y.to_numpy()
    )
    absent = pd.Series(np.nan, index=frame.index)
    level_dbm = frame.get("rsrp_dbm", absent).astype(float)
    row, col = grid.rowcol(frame["x_m"], frame["y_m"])
    usable = level_dbm.notna().to_numpy() & (row >= 0)
    blank = pd.Series("", index=frame.index)
    table = pd.DataFrame(
        {
            "row": row,
            "col": col,
            "x_m": frame["x_m"],
            "y_m": frame["y_m"],
            "operator_key": frame["operator"].map(spelling_key),
            "technology": frame["technology"],
            "cell_id": frame.get("measured_cell_id", blank).fillna("").astype(str),
            "frequency_mhz": frame.get("frequency_mhz", absent).astype(float),
            "device_height_m": frame.get("device_height_m", absent).astype(float),
            "level_dbm": level_dbm,
            "floor_dbm": frame.get("floor_dbm", absent).astype(float),
            "measured_at": frame.get("measured_at", blank).fillna("").astype(str),
        }
    )[usable]
    floors: dict[str, float] = {}
    for technology, own in table.groupby("technology"):
        found_dbm = found_floor(own.loc[own["floor_dbm"].isna(), "level_dbm"], rules)
        if found_dbm is not None:
            floors[str(technology)] = found_dbm
    table["floor_dbm"] = table["floor_dbm"].fillna(table["technology"].map(floors).astype(float))
    return Samples(
        table=_medians(table),
        floors=floors,
        read=len(frame),
        without_level=int(level_dbm.isna().sum()),
        outside=int((level_dbm.notna().to_numpy() & (row < 0)).sum()),
    )


def found_floor(level_dbm: Any, rules: MeasuringRules) -> float | None:
    """Return the floor that levels pile up at, None where there is none.

    The least value is a floor if at least `pile_share` of the samples (and five) have it, to half a
    decibel, and `pile_ratio` times as many as each of the next three decibels above.
    """
    level = np.asarray(level_dbm, dtype=float)
    level = level[~np.isnan(level)]
    if not level.size:
        return None
    least = float(level.min())
    above = np.floor(level - least + 0.5).astype(int)
    counts = np.bincount(np.minimum(above, _BINS_ABOVE + 1), minlength=_BINS_ABOVE + 2)
    pile, next_up = counts[0], counts[1 : _BINS_ABOVE + 1].max()
    enough = pile >= max(_LEAST_PILE, rules.pile_share * level.size)
    return least if enough and pile >= rules.pile_ratio * max(next_up, 1) else None


def _medians(table: pd.DataFrame) -> pd.DataFrame:
    """Return the median of each group; a censored sample counts as its floor."""
    censored = (table["level_dbm"] <= table["floor_dbm"]).to_numpy()
    table = table.assign(
        level_dbm=np.where(censored, table["floor_dbm"], table["level_dbm"]), was_censored=censored
    )
    groups = table.groupby(list(_KEYS), dropna=False, sort=True)
    found = groups.agg(
        x_m=("x_m", "mean"),
        y_m=("y_m", "mean"),
        level_dbm=("level_dbm", "median"),
        floor_dbm=("floor_dbm", "max"),
        censored_share=("was_censored", "mean"),
        count=("level_dbm", "size"),
        measured_at=("measured_at", "max"),
    ).reset_index()
    found["is_censored"] = found["censored_share"] >= 0.5  # noqa: PLR2004 - a median
    found.loc[found["is_censored"], "level_dbm"] = found["floor_dbm"]
    return found[list(COLUMNS)]
