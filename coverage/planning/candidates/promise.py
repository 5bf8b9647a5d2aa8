"""Which places promise most for a village, told before anything is predicted.

Promise is the loss in free space plus a share of how far the terrain stands in the line of sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage.grid import BoolArray, IndexArray
from coverage.model import Inputs
from coverage.params import Scenario
from coverage.propagation.hop_clearance import hop_rooms_m

_SIGHT: Final = np.array([(4.0 / 3.0, 0.0, 0.0)])
"""Clearance of a mere line of sight at the median k."""
_NO_CLUTTER: Final = np.empty((0, 0), dtype=np.float32)
_FLOOR_M: Final = -500.0
_DB_PER_BLOCKED_M: Final = 0.2
_FIRST_BLOCK_DB: Final = 6.0

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Ways from places to villages in their reach, by position; `loss_db` only ranks them."""

    village: IndexArray
    spot: IndexArray
    loss_db: Numbers

    def first(self, merit: Numbers, per_village: int) -> IndexArray:
        """Return the places of least merit, so many for each village."""
        order = np.lexsort((self.spot, merit, self.village))
        first = np.searchsorted(self.village[order], self.village[order])
        return np.unique(self.spot[order[np.arange(order.size) - first < per_village]])


def paths(
    inputs: Inputs,
    scenario: Scenario,
    spots: pd.DataFrame,
    wanted: pd.DataFrame,
    *,
    reach_m: float,
) -> Paths:
    """Look from every place (`row`, `col`, `height_m`) at every village within `reach_m`."""
    resolution_m = inputs.grid.resolution_m
    here = wanted[["row", "col"]].to_numpy(dtype=float)
    there = spots[["row", "col"]].to_numpy(dtype=float)
    pairs = cKDTree(here).query_ball_tree(cKDTree(there), reach_m / resolution_m)
    village = np.repeat(np.arange(len(here)), [len(p) for p in pairs])
    spot = np.array([s for p in pairs for s in sorted(p)], dtype=np.int64)
    if not spot.size:
        return Paths(village=village, spot=spot, loss_db=np.zeros(0))
    away_m = np.maximum(
        np.hypot(*(here[village] - there[spot]).T) * resolution_m, resolution_m / 2.0
    )
    room_m = hop_rooms_m(
        inputs.terrain_m,
        _NO_CLUTTER,
        resolution_m,
        np.column_stack([there[spot][:, ::-1], here[village][:, ::-1]]) + 0.5,
        np.column_stack(
            [
                spots["height_m"].to_numpy(dtype=float)[spot],
                np.full(spot.size, scenario.radio.rx_height_m),
            ]
        ),
        np.full(spot.size, scenario.planning.macro.frequency_mhz),
        _SIGHT,
        _FLOOR_M,
    )
    blocked_m = np.where(np.isnan(room_m), -_FLOOR_M, np.maximum(-room_m, 0.0))
    block_db = np.where(blocked_m > 0, _FIRST_BLOCK_DB + _DB_PER_BLOCKED_M * blocked_m, 0.0)
    return Paths(village=village, spot=spot, loss_db=20.0 * np.log10(away_m) + block_db)


def promising(
    inputs: Inputs,
    scenario: Scenario,
    spots: pd.DataFrame,
    wanted: pd.DataFrame,
    usable: BoolArray,
) -> BoolArray:
    """Return which places are among the best for some village, or for all that they reach."""
    rules = scenario.planning.candidates
    chosen = np.zeros(len(spots), dtype=bool)
    index = np.flatnonzero(usable)
    if not index.size:
        return chosen
    reach_m = rules.radius_km * 1000.0
    found = paths(inputs, scenario, spots.iloc[index], wanted, reach_m=reach_m)
    if not found.spot.size:
        return chosen
    reached = np.where(found.loss_db <= 20.0 * np.log10(reach_m), 1.0, 0.0)
    households = wanted["households"].to_numpy(dtype=float)[found.village]
    reach = np.bincount(found.spot, reached * households, index.size)
    half = (rules.per_village + 1) // 2
    for merit in (found.loss_db, -reach[found.spot] + found.loss_db / 1e3):
        chosen[index[found.first(merit, half)]] = True
    return chosen
