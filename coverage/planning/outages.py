"""Which villages have 4G while some of the masts that stand, or are planned, are silent.

The signal of every mast is predicted by itself and kept at the cells that a village's grade may
depend on. Signal that might come over unknown terrain counts as in the run: it stays as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np

from coverage.grid import FloatArray, IndexArray
from coverage.model import Result
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY
from coverage.planning.spots import Flags, Spots
from coverage.prediction import Keeper, Workers, signal_by_layer

_MARGIN_DB: Final = 20.0
"""Signal so far below the weak limit is left out: the median of a disc may lie between a cell above
the limit and one below."""


class Outages:
    """Signal of each mast around villages, and who is served while some are silent.

    Parameters
    ----------
    result
        A run.
    cells
        Rows of a station table whose `operator` names the mast each belongs to.
    workers, keeper
        As for `signal_by_layer`.
    """

    def __init__(
        self,
        result: Result,
        cells: gpd.GeoDataFrame,
        *,
        workers: Workers | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self._result = result
        grid, scenario = result.inputs.grid, result.scenario
        self._at = Spots(result.villages, grid, scenario.gaps)
        self._weak_dbm = scenario.thresholds.technologies[MAIN_TECHNOLOGY].weak_dbm
        self._silence = replace(
            result.prediction,
            signal_dbm={(MAIN_TECHNOLOGY, ""): np.full(grid.shape, np.nan, dtype=np.float32)},
        )
        self.masts: tuple[str, ...] = tuple(sorted(set(cells["operator"])))
        self._number = {name: i for i, name in enumerate(self.masts)}
        self._found: list[tuple[int, IndexArray, FloatArray]] = []
        self._lock = threading.Lock()
        if len(cells):
            signal_by_layer(
                replace(result.inputs, stations=cells),
                scenario.radio,
                scenario.land_cover,
                self._visit,
                workers=workers,
                keeper=keeper,
                beat_dbm=np.where(self._at.mask, self._weak_dbm - _MARGIN_DB, np.inf).astype(
                    np.float32
                ),
            )
        self._gather()

    def _visit(self, key: tuple[str, str], row0: int, col0: int, signal: FloatArray) -> None:
        """Keep what a mast gives the villages that it helps to serve; called from threads."""
        spots, level_dbm = self._at.heard(row0, col0, signal, self._weak_dbm)
        kept = level_dbm > -np.inf
        with self._lock:
            self._found.append((self._number[key[1]], spots[kept], level_dbm[kept]))

    def _gather(self) -> None:
        """Put what was found in order: by cell, the strongest mast first."""
        spot = np.concatenate([np.empty(0, np.int64), *(s for _, s, _ in self._found)])
        level_dbm = np.concatenate([np.empty(0, np.float32), *(v for _, _, v in self._found)])
        mast = np.concatenate(
            [np.empty(0, np.int64), *(np.full(s.size, n, np.int64) for n, s, _ in self._found)]
        )
        self._found.clear()
        order = np.lexsort((mast, -level_dbm, spot))
        self._level_dbm, self._mast = level_dbm[order], mast[order]
        self._first = np.searchsorted(spot[order], np.arange(self._at.size + 1))
        by_mast = np.argsort(self._mast, kind="stable")
        ends = np.searchsorted(self._mast[by_mast], np.arange(len(self.masts) + 1))
        listed = spot[order][by_mast]
        self._spots = [np.unique(listed[a:b]) for a, b in pairwise(ends)]

    def served(self, on_air: Collection[str]) -> Flags:
        """Return which villages count as served while exactly these masts are on air."""
        everywhere = np.arange(self._at.size)
        level_dbm = self._strongest(everywhere, self._are_on(on_air))
        return self._graded(level_dbm, np.ones(self._at.villages, dtype=bool))

    def losses(self, on_air: Collection[str], lost: Sequence[Collection[str]]) -> list[Flags]:
        """Return which villages lose service with each of some sets of masts, taken by itself."""
        on = self._are_on(on_air)
        level_dbm = self._strongest(np.arange(self._at.size), on)
        served = self._graded(level_dbm, np.ones(self._at.villages, dtype=bool))
        found = []
        for names in lost:
            left = on.copy()
            gone = [self._number[name] for name in names if name in self._number]
            left[gone] = False
            spots = np.unique(
                np.concatenate([np.empty(0, np.int64), *(self._spots[g] for g in gone)])
            )
            without_dbm = level_dbm.copy()
            without_dbm[spots] = self._strongest(spots, left)
            changed = np.zeros(self._at.size, dtype=bool)
            changed[spots] = without_dbm[spots] < level_dbm[spots]
            asked = served & self._at.touched(changed)
            found.append(asked & ~self._graded(without_dbm, asked))
        return found

    def _are_on(self, names: Collection[str]) -> Flags:
        return np.isin(np.array(self.masts, dtype=object), list(names))

    def _strongest(self, spots: IndexArray, on: Flags) -> FloatArray:
        """Return the strongest level of the masts on air at some cells, -inf for none."""
        size = self._first[spots + 1] - self._first[spots]
        own = np.repeat(np.arange(spots.size), size)
        entry = np.repeat(self._first[spots] - (np.cumsum(size) - size), size)
        entry = entry + np.arange(own.size)
        heard = on[self._mast[entry]]
        level_dbm = np.full(spots.size, -np.inf, dtype=np.float32)
        np.maximum.at(level_dbm, own[heard], self._level_dbm[entry[heard]])
        return level_dbm

    def _graded(self, level_dbm: FloatArray, which: Flags) -> Flags:
        """Return which of some villages are served at these levels."""
        return self._at.served(
            level_dbm,
            which,
            inputs=self._result.inputs,
            prediction=self._silence,
            scenario=self._result.scenario,
            classes=COVERED_CLASSES,
        )
