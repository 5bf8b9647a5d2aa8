"""The cells of the grid that villages' grades depend on, numbered, and grades from levels there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np

from coverage.grid import FloatArray, Grid, IndexArray
from coverage.model import Inputs, Prediction
from coverage.params import MAIN_TECHNOLOGY, GapRules, Scenario, SignalClass
from coverage.reception import Listening, near_and_around

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Spots:
    """Cells around villages; a level at each of them, in their order, is enough to grade.

    `size` counts the cells, `villages` the villages; `mask` tells the cells on the grid.
    """

    def __init__(self, villages: gpd.GeoDataFrame, grid: Grid, rules: GapRules) -> None:
        self._near, self._around = near_and_around(villages, grid, rules)
        self._number = np.full(grid.shape, -1, dtype=np.int64)
        for discs in (self._near, self._around):
            self._number[discs.row, discs.col] = 0
        self._rows, self._cols = np.nonzero(self._number == 0)
        self.size, self.villages = self._rows.size, self._near.count
        self._number[self._rows, self._cols] = np.arange(self.size)
        self._of_place = self._number[self._around.row, self._around.col]

    @property
    def mask(self) -> Flags:
        """Cells of the grid that a grade depends on."""
        return np.asarray(self._number >= 0)

    def heard(
        self, row0: int, col0: int, signal: FloatArray, limit_dbm: float
    ) -> tuple[IndexArray, FloatArray]:
        """Return cells and levels of a window: all of each village that it reaches at the limit."""
        row, col = self._rows - row0, self._cols - col0
        inside = (row >= 0) & (row < signal.shape[0]) & (col >= 0) & (col < signal.shape[1])
        spots = np.flatnonzero(inside)
        level_dbm = signal[row[spots], col[spots]]
        useful = np.zeros(self.size, dtype=bool)
        useful[spots[level_dbm >= limit_dbm]] = True
        kept = np.zeros(self.size, dtype=bool)
        kept[self._of_place[self.touched(useful)[self._around.place]]] = True
        return spots[kept[spots]], level_dbm[kept[spots]]

    def touched(self, spots: Flags) -> Flags:
        """Return the villages whose grade depends on any of some cells."""
        touched = np.zeros(self.villages, dtype=bool)
        touched[self._around.place[spots[self._of_place]]] = True
        return touched

    def served(
        self,
        level_dbm: FloatArray,
        which: Flags,
        *,
        inputs: Inputs,
        prediction: Prediction,
        scenario: Scenario,
        classes: Collection[SignalClass],
    ) -> Flags:
        """Return which of some villages are of some classes once signal of these levels is added.

        `prediction` is what there is without it.
        """

        def added(rows: IndexArray, cols: IndexArray) -> FloatArray:
            return np.asarray(level_dbm[self._number[rows, cols]])

        served = np.zeros(self.villages, dtype=bool)
        if which.any():
            listening = Listening(inputs, prediction, scenario, MAIN_TECHNOLOGY, added=added)
            found = listening.classes(self._near.only(which), self._around.only(which))
            served[which] = np.isin(found[which].astype(str), list(classes))
        return served
