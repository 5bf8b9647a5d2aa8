"""What is received around places and over land: levels that are known, and their class.

A place is heard over the disc of its position's accuracy. A level is known where the terrain is,
and either it reaches the weak limit or no cell behind unknown terrain could. One rule serves the
tables of villages and the areas of communes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
from scipy.special import ndtr

from coverage.grid import BoolArray, FloatArray, Grid, IndexArray
from coverage.model import Inputs, Prediction
from coverage.params import ClassThresholds, GapRules, Scenario, Technology

_MIN_KNOWN_SHARE: Final = 0.5
"""A disc of which less is known than this has an unknown signal."""
Numbers = np.ndarray[Any, np.dtype[np.float64]]
Classes = np.ndarray[Any, np.dtype[np.object_]]
Added = Callable[[IndexArray, IndexArray], FloatArray]
"""Signal in dBm (-inf for none), by rows and columns, of cells that the prediction lacks."""


def class_of(signal_dbm: Any, limits: ClassThresholds) -> Classes:
    """Return the classes of signals; -inf is no signal at all, NaN is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from coverage.settings import default_scenario
    >>> limits = default_scenario().thresholds.technologies["4G"]
    >>> class_of(np.array([-90.0, -110.0, -120.0]), limits).tolist()
    ['good', 'weak', 'none']
    """
    level_dbm = np.asarray(signal_dbm)
    reached = [level_dbm >= limits.good_dbm, level_dbm >= limits.weak_dbm, np.isnan(level_dbm)]
    found = np.select(reached, ["good", "weak", "unknown"], "none")
    return np.asarray(found, dtype=object)


@dataclass(frozen=True, slots=True)
class Discs:
    """Cells around places, one after the other: `place[i]` is the place that cell i belongs to."""

    count: int
    place: IndexArray
    row: IndexArray
    col: IndexArray

    def only(self, which: BoolArray) -> Discs:
        """Return the discs of some places alone; the others have no cells."""
        chosen = which[self.place]
        return Discs(
            count=self.count,
            place=self.place[chosen],
            row=self.row[chosen],
            col=self.col[chosen],
        )


def discs(places: gpd.GeoDataFrame, grid: Grid, *, at_least_m: float = 0.0) -> Discs:
    """Return the cells within each place's `coordinate_accuracy_m`, or `at_least_m` if larger.

    A place without coordinates or outside the grid has no cells.
    """
    row, col = grid.rowcol(places.geometry.x, places.geometry.y)
    radius_m = np.zeros(len(places))
    if "coordinate_accuracy_m" in places.columns:
        radius_m = places["coordinate_accuracy_m"].fillna(0.0).to_numpy(dtype=float)
    radius_m = np.maximum(radius_m, at_least_m)
    found = [
        (i, *grid.disc(int(row[i]), int(col[i]), float(radius_m[i])))
        for i in np.flatnonzero(row >= 0)
    ]
    nothing = np.empty(0, dtype=np.int64)
    return Discs(
        count=len(places),
        place=np.concatenate([nothing, *(np.full(rows.size, i) for i, rows, _ in found)]),
        row=np.concatenate([nothing, *(rows for _, rows, _ in found)]),
        col=np.concatenate([nothing, *(cols for _, _, cols in found)]),
    )


def near_and_around(places: gpd.GeoDataFrame, grid: Grid, rules: GapRules) -> tuple[Discs, Discs]:
    """Return the discs of the places' accuracy and, where the rule asks for them, surroundings."""
    near = discs(places, grid)
    if rules.rule == "centre":
        return near, near
    return near, discs(places, grid, at_least_m=rules.surroundings_m)


class Listening:
    """One technology and operator ("" for any), heard anywhere on the grid.

    With `added` it is heard as if further cells were on air.
    """

    def __init__(
        self,
        inputs: Inputs,
        prediction: Prediction,
        scenario: Scenario,
        technology: Technology,
        operator: str = "",
        *,
        added: Added | None = None,
    ) -> None:
        self._added = added
        self._terrain_m = inputs.terrain_m
        self._signal_dbm = prediction.signal_dbm.get((technology, operator))
        self._possible_dbm = (
            None if self._signal_dbm is None else prediction.possible_dbm.get(technology)
        )
        self._rules = scenario.gaps
        self.limits = scenario.thresholds.technologies[technology]

    def levels(self, row: IndexArray, col: IndexArray) -> tuple[FloatArray, BoolArray]:
        """Return the level of cells in dBm (-inf for none), and whether each is known."""
        level_dbm = (
            np.full(row.size, -np.inf, dtype=np.float32)
            if self._signal_dbm is None
            else np.nan_to_num(self._signal_dbm[row, col], nan=-np.inf)
        )
        if self._added is not None:
            level_dbm = np.maximum(level_dbm, self._added(row, col))
        known = ~np.isnan(self._terrain_m[row, col])
        if self._possible_dbm is not None:
            weak_dbm = self.limits.weak_dbm
            known &= (level_dbm >= weak_dbm) | (self._possible_dbm[row, col] < weak_dbm)
        return level_dbm, known

    def around(self, cells: Discs) -> Reception:
        """Return what is received in each disc."""
        level_dbm, known = self.levels(cells.row, cells.col)
        size = np.bincount(cells.place, minlength=cells.count)
        heard = np.bincount(cells.place[known], minlength=cells.count)
        enough = (size > 0) & (heard >= _MIN_KNOWN_SHARE * size)
        chosen = known & enough[cells.place]
        place, level_dbm = cells.place[chosen], level_dbm[chosen]
        order = np.lexsort((level_dbm, place))
        return Reception(
            limits=self.limits,
            is_known=enough,
            count=np.where(enough, heard, 0),
            place=place[order],
            level_dbm=level_dbm[order],
        )

    def classes(self, near: Discs, around: Discs) -> Classes:
        """Return the class of places by the scenario's rule.

        `near` are the discs of their accuracy; `around` those of their surroundings, which only the
        rule `centre_and_area` looks at.
        """
        reception = self.around(near)
        classes = reception.centre_classes()
        if self._rules.rule == "centre":
            return classes
        wider = self.around(around)
        unserved = 1.0 - wider.share_reaching(self.limits.weak_dbm)
        partly = np.where(unserved > self._rules.unserved_area_share, "weak", "good")
        served = np.isin(classes.astype(str), ("good", "weak"))
        classes[served] = np.where(wider.is_known, partly, "unknown")[served]
        return classes


@dataclass(frozen=True, slots=True)
class Reception:
    """Known levels of discs, sorted by place and then by level; `count` of them per place."""

    limits: ClassThresholds
    is_known: BoolArray
    count: IndexArray
    place: IndexArray
    level_dbm: FloatArray

    def median_dbm(self) -> Numbers:
        """Return the median level of each place: -inf where nothing is heard, NaN if not known."""
        first = np.cumsum(self.count) - self.count
        low, high = first + (self.count - 1) // 2, first + self.count // 2
        median_dbm = np.full(self.count.size, np.nan)
        known = self.is_known
        with np.errstate(invalid="ignore"):
            median_dbm[known] = (self.level_dbm[low[known]] + self.level_dbm[high[known]]) / 2
        return median_dbm

    def centre_classes(self) -> Classes:
        """Return the class of the median, "unknown" where too little of the disc is known."""
        classes = class_of(self.median_dbm(), self.limits)
        classes[~self.is_known] = "unknown"
        return classes

    def share_reaching(self, limit_dbm: float) -> Numbers:
        """Return the share of each disc at or above a limit; NaN if not known."""
        return self._mean((self.level_dbm >= limit_dbm).astype(float))

    def chance_of(self, limit_dbm: float, sigma_db: float) -> Numbers:
        """Return the chance that a random spot reaches a limit under log-normal shadowing."""
        return self._mean(np.asarray(ndtr((self.level_dbm - limit_dbm) / sigma_db), float))

    def _mean(self, values: Numbers) -> Numbers:
        total = np.bincount(self.place, weights=values, minlength=self.count.size)
        mean = np.full(self.count.size, np.nan)
        np.divide(total, self.count, out=mean, where=self.is_known)
        return mean
