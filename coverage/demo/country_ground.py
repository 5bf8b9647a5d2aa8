"""Ground of the synthetic country: heights and land cover of any window, the same in every window.

Noise stands on lattices whose values are hashes of seed and place, so a cell's height depends on
nothing but its own place: no tile has to know another.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from coverage.demo.land_cover import BUILT_UP, CROPLAND, GRASS, TREES
from coverage.grid import FloatArray

Array = np.ndarray[Any, np.dtype[Any]]
Classes = np.ndarray[Any, np.dtype[np.uint8]]

CELL_M: Final = 90.0

_RIDGES_M: Final = (24_000.0, 12_000.0, 6_000.0, 3_000.0)
_HILLS_M: Final = (2_000.0, 1_000.0, 500.0)
_RANGES_M: Final = 70_000.0
_LOWEST_M, _RELIEF_M, _HILL_M = 90.0, 1_250.0, 55.0
FIELDS_BELOW_M: Final = 320.0
_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_SECOND: Final = np.uint64(0xBF58476D1CE4E5B9)
_THIRD: Final = np.uint64(0x94D049BB133111EB)


def heights(seed: int, row0: int, col0: int, height: int, width: int) -> FloatArray:
    """Return whole metres above sea level of a window; row 0 is the north of the country."""
    rows, cols = np.arange(row0, row0 + height), np.arange(col0, col0 + width)
    ridges, weight, total = np.zeros((height, width)), np.ones((height, width)), 0.0
    for octave, wave_m in enumerate(_RIDGES_M):
        crest = (1.0 - np.abs(_noise(seed, octave, rows, cols, wave_m))) ** 2
        ridges += 0.5**octave * weight * crest
        weight = np.clip(1.6 * crest, 0.0, 1.0)
        total += 0.5**octave
    ranges = 0.6 + 0.4 * _noise(seed, 20, rows, cols, _RANGES_M)
    ground = _LOWEST_M + _RELIEF_M * ranges * (ridges / total) ** 1.5
    for octave, wave_m in enumerate(_HILLS_M):
        ground += _HILL_M * 0.5**octave * _noise(seed, 10 + octave, rows, cols, wave_m)
    return np.round(np.maximum(ground, 1.0)).astype(np.float32)


def land_cover(seed: int, row0: int, col0: int, height: int, width: int) -> Classes:
    """Return land-cover codes of ESA WorldCover of a window: fields low down, forest above."""
    ground_m = heights(seed, row0, col0, height, width)
    rows, cols = np.arange(row0, row0 + height), np.arange(col0, col0 + width)
    patches = _noise(seed, 30, rows, cols, 3_000.0) + 0.5 * _noise(seed, 31, rows, cols, 900.0)
    cover = np.full(ground_m.shape, TREES, dtype=np.uint8)
    cover[patches > 0.75] = GRASS  # noqa: PLR2004
    cover[ground_m < FIELDS_BELOW_M + 120.0 * patches] = CROPLAND
    cover[(ground_m < FIELDS_BELOW_M) & (patches < -1.05)] = BUILT_UP  # noqa: PLR2004
    return cover


def _noise(seed: int, stream: int, rows: Array, cols: Array, wave_m: float) -> Array:
    """Return smooth noise between -1 and 1: lattice values joined by quintic curves."""
    step = wave_m / CELL_M
    (row, down), (col, across) = _places(rows, step), _places(cols, step)
    top = _between(_lattice(seed, stream, row, col), _lattice(seed, stream, row, col + 1), across)
    low = _between(
        _lattice(seed, stream, row + 1, col), _lattice(seed, stream, row + 1, col + 1), across
    )
    return _between(top, low, down[:, None])


def _places(cells: Array, step: float) -> tuple[Array, Array]:
    """Return the lattice line before each cell, and how far behind it the cell lies, smoothed."""
    place = (cells + 0.5) / step
    line = np.floor(place).astype(np.int64)
    t = place - line
    return line, t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def _between(one: Array, other: Array, share: Array) -> Array:
    mixed: Array = one + (other - one) * share
    return mixed


def _lattice(seed: int, stream: int, row: Array, col: Array) -> Array:
    """Return hashes of places as numbers between -1 and 1 (splitmix64)."""
    key = np.uint64((seed * 64 + stream) & 0xFFFFFFFFFFFF)
    with np.errstate(over="ignore"):
        state = row.astype(np.uint64)[:, None] * _FIRST + key * _THIRD
        state = _mixed(state) + col.astype(np.uint64)[None, :] * _SECOND
        return (_mixed(state) >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def _mixed(state: Array) -> Array:
    state = (state ^ (state >> np.uint64(30))) * _SECOND
    state = (state ^ (state >> np.uint64(27))) * _THIRD
    mixed: Array = state ^ (state >> np.uint64(31))
    return mixed
