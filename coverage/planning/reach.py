"""Whom each candidate would serve, by the prediction itself and the grades of villages.

Only the cells that some unserved village's grade depends on are kept of each candidate's signal.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coverage.grid import FloatArray, IndexArray
from coverage.model import Result
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY, Scenario
from coverage.planning.candidates import Candidates
from coverage.planning.spots import Flags, Spots
from coverage.prediction import Progress, Workers, signal_by_layer


@dataclass(frozen=True, slots=True)
class _Part:
    """Signal of one candidate at some of the cells that matter; no cell twice."""

    spots: IndexArray
    level_dbm: FloatArray


class Reach:
    """Signal of the candidates where it matters, and the grades that follow from it.

    `served_before` tells which of the villages to serve the masts that stand serve by the
    scenario's thresholds: none, unless it is another than the candidates'. `extra_db` keeps signal
    so far below the weak limit as well; `heard` is what another `Reach` kept.
    """

    def __init__(
        self,
        result: Result,
        scenario: Scenario,
        candidates: Candidates,
        *,
        extra_db: float = 0.0,
        heard: list[list[_Part]] | None = None,
    ) -> None:
        self._number = {str(name): i for i, name in enumerate(candidates.actions["action_id"])}
        self._result, self._scenario, self._candidates = result, scenario, candidates
        self._good = COVERED_CLASSES if scenario.planning.serve == "covered" else ("good",)
        villages = result.villages.iloc[candidates.villages]
        self._at = Spots(villages, result.inputs.grid, scenario.gaps)
        self._weak_dbm = scenario.thresholds.technologies[MAIN_TECHNOLOGY].weak_dbm - extra_db
        self._parts = [[] for _ in self._number] if heard is None else heard
        self._lock = threading.Lock()
        everyone = np.ones(self._at.villages, dtype=bool)
        self.served_before = self._graded(self._with([]), everyone)

    @property
    def beat_dbm(self) -> FloatArray:
        """Signal that a candidate has to beat: none where villages may depend on it."""
        return np.where(self._at.mask, -np.inf, np.inf).astype(np.float32)

    def visit(self, key: tuple[str, str], row0: int, col0: int, signal: FloatArray) -> None:
        """Keep what matters of a candidate's window; called from the threads of the prediction."""
        part = _Part(*self._at.heard(row0, col0, signal, self._weak_dbm))
        with self._lock:
            self._parts[self._number[key[1]]].append(part)

    def under(self, scenario: Scenario) -> Reach:
        """Return the same signal, graded by another scenario's thresholds."""
        return Reach(self._result, scenario, self._candidates, heard=self._parts)

    def served(self, action: int) -> Flags:
        """Return which of the villages to serve an action serves alone."""
        served = self._graded(self._with([action]), self._around_of([action]))
        return served & ~self.served_before

    def served_in_turn(self, actions: Sequence[int]) -> list[Flags]:
        """Return which villages are served after each of some actions, taken one after another.

        -1 stands for an action that serves nobody (a relay).
        """
        level_dbm = self._with([])
        served = np.zeros(self._at.villages, dtype=bool)
        found = []
        for action in actions:
            if action >= 0:
                self._add(level_dbm, action)
                graded = self._graded(level_dbm, self._around_of([action]))
                served = served | (graded & ~self.served_before)
            found.append(served)
        return found

    def _with(self, actions: Iterable[int]) -> FloatArray:
        level_dbm = np.full(self._at.size, -np.inf, dtype=np.float32)
        for action in actions:
            self._add(level_dbm, action)
        return level_dbm

    def _add(self, level_dbm: FloatArray, action: int) -> None:
        for part in self._parts[action]:
            level_dbm[part.spots] = np.maximum(level_dbm[part.spots], part.level_dbm)

    def _around_of(self, actions: Iterable[int]) -> Flags:
        spots = np.zeros(self._at.size, dtype=bool)
        for action in actions:
            for part in self._parts[action]:
                spots[part.spots] = True
        return self._at.touched(spots)

    def _graded(self, level_dbm: FloatArray, which: Flags) -> Flags:
        """Return which of some villages are served once signal of these levels is added."""
        return self._at.served(
            level_dbm,
            which,
            inputs=self._result.inputs,
            prediction=self._result.prediction,
            scenario=self._scenario,
            classes=self._good,
        )


def make_reach(
    result: Result,
    scenario: Scenario,
    candidates: Candidates,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
    extra_db: float = 0.0,
) -> Reach:
    """Predict every candidate and keep what villages get of it."""
    reach = Reach(result, scenario, candidates, extra_db=extra_db)
    if len(candidates.cells):
        signal_by_layer(
            replace(result.inputs, stations=candidates.cells),
            scenario.radio,
            scenario.land_cover,
            reach.visit,
            workers=workers,
            progress=progress,
            beat_dbm=reach.beat_dbm,
        )
    return reach


def serving(reach: Reach, candidates: Candidates) -> pd.DataFrame:
    """Return which action serves which village alone: `action`, `village`, by position.

    A satellite cell is the last resort: it is kept only for a village nothing else serves.
    """
    kind = candidates.actions["kind"].to_numpy(dtype=object)
    found = {action: reach.served(action) for action in range(len(kind))}
    otherwise = np.zeros(len(candidates.villages), dtype=bool)
    for action, served in found.items():
        if kind[action] != "satellite":
            otherwise |= served
    pairs = [
        (action, int(village))
        for action, served in found.items()
        if kind[action] != "satellite" or (served & ~otherwise).any()
        for village in np.flatnonzero(served)
    ]
    return pd.DataFrame(pairs, columns=["action", "village"], dtype=np.int64)
