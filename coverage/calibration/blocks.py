"""How far residuals hang together in space, and blocks that are wider than that.

Neighbouring samples share their hills and trees. Taken as independent they promise too narrow an
interval; a validation that holds out every tenth sample only asks how well a neighbour is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import optimize, signal
from scipy.spatial.distance import pdist

Vector = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int64]]

_MOST_POINTS: Final = 3000
_BINS: Final = 20
_LEAST_PAIRS: Final = 30
_REACH: Final = 3.0
"""Correlation lengths after which 5 % is left of an exponential correlation."""
_CELLS_PER_LENGTH: Final = 2.0
_MOST_CELLS: Final = 4_000_000
_CLIPPED: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variogram:
    """Half the mean squared difference of residuals by distance, and the model laid through it.

    γ(h) = nugget + sill·(1 - exp(-h / length)). `lag_m`, `gamma` and `pairs` are the points of the
    experimental variogram.
    """

    lag_m: Vector
    gamma: Vector
    pairs: Labels
    nugget: float
    sill: float
    length_m: float

    @property
    def range_m(self) -> float:
        """Distance at which 5 % of the correlation is left; 0 where there is none."""
        return _REACH * self.length_m if self.sill > 0.0 else 0.0

    @property
    def shared(self) -> float:
        """Share of the variance that neighbours have in common."""
        total = self.nugget + self.sill
        return self.sill / total if total > 0.0 else 0.0


def variogram(
    x_m: Vector, y_m: Vector, residual_db: Vector, *, step_m: float, seed: int
) -> Variogram:
    """Estimate the variogram of residuals, wild ones clipped at three robust sigma.

    Distances are looked at up to half the diagonal of the samples; of more than 3,000 samples so
    many are drawn.

    Parameters
    ----------
    x_m, y_m, residual_db
        Samples (n,).
    step_m
        Least distance that is told apart: the size of a pixel.
    seed
        Of the draw.
    """
    chosen = np.arange(x_m.size)
    if x_m.size > _MOST_POINTS:
        chosen = np.sort(np.random.default_rng(seed).choice(x_m.size, _MOST_POINTS, replace=False))
    place = np.column_stack([x_m[chosen], y_m[chosen]])
    middle = np.median(residual_db)
    wide = max(1.4826 * float(np.median(np.abs(residual_db - middle))), 1e-9)
    values = np.clip(residual_db[chosen] - middle, -_CLIPPED * wide, _CLIPPED * wide)
    apart_m = pdist(place)
    half = 0.5 * pdist(values[:, None], "sqeuclidean")
    farthest_m = 0.5 * float(np.hypot(*np.ptp(place, axis=0)))
    edges = np.geomspace(step_m, max(farthest_m, 4.0 * step_m), _BINS + 1)
    edges[0] = 0.0
    number = np.digitize(apart_m, edges) - 1
    inside = number < _BINS
    pairs = np.bincount(number[inside], minlength=_BINS)
    enough = pairs >= _LEAST_PAIRS
    with np.errstate(invalid="ignore", divide="ignore"):
        lag_m = np.bincount(number[inside], weights=apart_m[inside], minlength=_BINS) / pairs
        gamma = np.bincount(number[inside], weights=half[inside], minlength=_BINS) / pairs
    lag_m, gamma, pairs = lag_m[enough], gamma[enough], pairs[enough]
    nugget, sill, length_m = _modelled(lag_m, gamma, pairs, float(values.var()), step_m)
    return Variogram(
        lag_m=lag_m, gamma=gamma, pairs=pairs, nugget=nugget, sill=sill, length_m=length_m
    )


def _modelled(
    lag_m: Vector, gamma: Vector, pairs: Labels, variance: float, step_m: float
) -> tuple[float, float, float]:
    """Lay the exponential model through the points, each weighted by √pairs over its distance."""
    if lag_m.size < 4 or variance <= 0.0:  # noqa: PLR2004 - three parameters
        return variance, 0.0, 0.0
    weight = np.sqrt(pairs / lag_m)
    weight /= weight.max()

    def misfit(place: Vector) -> Vector:
        nugget, sill, log_length = place
        model = nugget + sill * (1.0 - np.exp(-lag_m / math.exp(log_length)))
        return np.asarray(weight * (model - gamma) / variance)

    longest_m = float(lag_m[-1]) / 2.0
    found = optimize.least_squares(
        misfit,
        [0.3 * variance, 0.7 * variance, math.log(min(max(lag_m[-1] / 10.0, step_m), longest_m))],
        bounds=(
            [0.0, 0.0, math.log(step_m / 10.0)],
            [2.0 * variance, 2.0 * variance, math.log(max(longest_m, step_m))],
        ),
    )
    nugget, sill, log_length = (float(value) for value in found.x)
    return nugget, sill, math.exp(log_length)


def weights(x_m: Vector, y_m: Vector, group: Labels, shape: Variogram) -> Vector:
    """Return for how many independent samples each counts: one over the correlation around it.

    The sum over a group is near its effective number. Samples of different groups (operators,
    technologies) count as independent.
    """
    if shape.sill <= 0.0:
        return np.ones(x_m.size)
    extent_m = max(float(np.ptp(x_m)), float(np.ptp(y_m)), 1.0)
    cell_m = max(shape.length_m / _CELLS_PER_LENGTH, extent_m / math.sqrt(_MOST_CELLS))
    col = np.floor((x_m - x_m.min()) / cell_m).astype(np.int64)
    row = np.floor((y_m - y_m.min()) / cell_m).astype(np.int64)
    reach = math.ceil(_REACH * shape.length_m / cell_m)
    axis = np.arange(-reach, reach + 1) * cell_m
    kernel = shape.shared * np.exp(-np.hypot(axis[:, None], axis[None, :]) / shape.length_m)
    # within a cell the mean distance of two points of a square is 0.5214 sides
    kernel[reach, reach] = shape.shared * math.exp(-0.5214 * cell_m / shape.length_m)
    found = np.ones(x_m.size)
    for label in np.unique(group):
        own = np.flatnonzero(group == label)
        counts = np.zeros((int(row.max()) + 1, int(col.max()) + 1))
        np.add.at(counts, (row[own], col[own]), 1.0)
        around = signal.fftconvolve(counts, kernel, mode="same")[row[own], col[own]]
        others = np.maximum(around - kernel[reach, reach], 0.0)
        found[own] = 1.0 / (1.0 + others)
    return found


def blocks_of(x_m: Vector, y_m: Vector, size_m: float) -> Labels:
    """Return the number of the square block (from 0, in order of place) that each sample is in."""
    col = np.floor((x_m - x_m.min()) / size_m).astype(np.int64)
    row = np.floor((y_m - y_m.min()) / size_m).astype(np.int64)
    _, labels = np.unique(np.column_stack([row, col]), axis=0, return_inverse=True)
    return np.asarray(labels.ravel(), dtype=np.int64)


def folds_of(blocks: Labels, folds: int, seed: int) -> Labels:
    """Deal whole blocks out to folds, larger ones first, each to the fold with fewest samples."""
    labels, sizes = np.unique(blocks, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(labels.size)
    filled = np.zeros(min(folds, labels.size), dtype=np.int64)
    fold_of = np.zeros(labels.size, dtype=np.int64)
    for place in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold_of[place] = int(np.argmin(filled))
        filled[fold_of[place]] += sizes[place]
    return fold_of[np.searchsorted(labels, blocks)]
