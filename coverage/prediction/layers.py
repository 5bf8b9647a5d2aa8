"""Strongest signal so far and its cell, for every (technology, operator)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coverage.grid import FloatArray
from coverage.params import Technology
from coverage.propagation.best_server import ServerArray, keep_greater, keep_stronger

Key = tuple[Technology, str]


class Layers:
    """Rasters that masts are merged into from any thread; the order does not matter."""

    def __init__(self, keys: Sequence[Key], shape: tuple[int, int]) -> None:
        self._keys = tuple(keys)
        self._signal_dbm = np.full((len(keys), *shape), -np.inf, dtype=np.float32)
        self._server = np.zeros((len(keys), *shape), dtype=np.int32)
        self._possible_dbm: dict[int, FloatArray] = {}
        self._lock = threading.Lock()

    def best_dbm(self, layer: int) -> FloatArray:
        """Return the layer's strongest signal so far, -inf where there is none; only to look at."""
        best: FloatArray = self._signal_dbm[layer]
        return best

    def merge(self, layer: int, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        """Keep the stronger of the layer and a mast's window."""
        with self._lock:
            keep_stronger(self._signal_dbm[layer], self._server[layer], signal, server, row0, col0)

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        """Keep the greater of what may arrive over paths that are not known."""
        with self._lock:
            if layer not in self._possible_dbm:
                shape = self._signal_dbm.shape[1:]
                self._possible_dbm[layer] = np.full(shape, -np.inf, dtype=np.float32)
            keep_greater(self._possible_dbm[layer], possible, row0, col0)

    def possible_dbm(self, layer: int) -> FloatArray | None:
        """Return what may arrive over paths that are not known; None where all are."""
        return self._possible_dbm.get(layer)

    def server(self, layer: int) -> ServerArray:
        """Return the numbers of a layer's strongest cells, 0 for none."""
        numbers: ServerArray = self._server[layer]
        return numbers

    def named(
        self, technologies: Sequence[Technology]
    ) -> tuple[
        Mapping[Key, FloatArray], Mapping[Key, ServerArray], Mapping[Technology, FloatArray]
    ]:
        """Return signal, server and possible signal by name, the strongest of any operator added.

        Signal is NaN where there is none.
        """
        signal_dbm: dict[Key, FloatArray] = {}
        server: dict[Key, ServerArray] = {}
        possible_dbm: dict[Technology, FloatArray] = {}
        shape = self._signal_dbm.shape[1:]
        for technology in technologies:
            strongest = np.full(shape, -np.inf, dtype=np.float32)
            strongest_server = np.zeros(shape, dtype=np.int32)
            for layer, key in enumerate(self._keys):
                if key[0] != technology:
                    continue
                signal, number = self._signal_dbm[layer], self._server[layer]
                keep_stronger(strongest, strongest_server, signal, number, 0, 0)
                signal_dbm[key], server[key] = _nan_for_nothing(signal), number
                if layer in self._possible_dbm:
                    part = self._possible_dbm[layer]
                    possible_dbm[technology] = np.maximum(possible_dbm.get(technology, part), part)
            signal_dbm[technology, ""] = _nan_for_nothing(strongest)
            server[technology, ""] = strongest_server
        return signal_dbm, server, possible_dbm


def _nan_for_nothing(signal_dbm: FloatArray) -> FloatArray:
    return np.where(signal_dbm == -np.inf, np.float32(np.nan), signal_dbm)
