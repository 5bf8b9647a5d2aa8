"""A linear model under a robust likelihood in which censored values take part.

Residuals follow Student's t, or a normal with a share of wild values, whichever is likelier; the
degrees of freedom and the share are fitted as well, so that a few wild samples move nothing. A
censored value tells that the residual lies at or below it: it adds the logarithm of the
distribution function (a Tobit likelihood). Coefficients have normal priors (ridge). Neither
statsmodels nor scikit-learn fits this combination; scipy's trust-region solver does, from the exact
derivatives below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from scipy import optimize, sparse, stats

from coverage.calibration.shapes import Shape, StudentT, WithWild

Vector = np.ndarray[Any, np.dtype[np.float64]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Labels = np.ndarray[Any, np.dtype[np.int64]]

_TAILS: Final = tuple(map(StudentT, (200.0, 50.0, 20.0, 10.0, 6.0, 4.0, 3.0)))
"""From what is as good as normal to heavy tails."""
_WILD: Final = tuple(WithWild(share, 4.0) for share in (0.005, 0.01, 0.02, 0.04, 0.08))
_LEAST_SCALE_DB: Final = 0.1
_PRIOR_SCALE_DB: Final = 8.0
_PRIOR_LOG_SCALE: Final = 0.7
"""The scale is within a factor of two of 8 dB (TR 38.901 RMa NLOS), before any sample."""
_CONVERGED: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Rows of a regression: design (n, p), value (n,), whether it is censored, weight (n,).

    The design is a sparse `csr_array`: of a row few of many classes and bands are not zero.
    """

    design: Any
    value: Vector
    censored: Flags
    weight: Vector

    def subset(self, chosen: Any) -> Data:
        """Return some of the rows."""
        return Data(
            design=self.design[chosen],
            value=self.value[chosen],
            censored=self.censored[chosen],
            weight=self.weight[chosen],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted model: coefficients (p,), logarithm of the scale, shape of the residuals."""

    coefficients: Vector
    log_scale: float
    shape: Shape

    @property
    def sigma_db(self) -> float:
        """Half the width that holds 68.3 % of the residuals, wild ones left out."""
        return math.exp(self.log_scale) * self.shape.sigma_share


def fit(data: Data, prior_sd: Vector, *, near: Fit | None = None) -> Fit:
    """Fit the coefficients, the scale and the shape of the residuals.

    Heavier tails are tried while they are likelier than lighter ones; where any is likelier than
    the normal, shares of wild values are tried as well.

    Parameters
    ----------
    data
        The rows; weights count samples that are not independent for less than one.
    prior_sd
        Standard deviation (p,) of the normal prior, around zero, of every coefficient.
    near
        A fit to similar data, where the search begins; the result does not rest on it.
    """
    start = _start(data, prior_sd) if near is None else np.append(near.coefficients, near.log_scale)
    best = _likeliest(data, prior_sd, _TAILS, start)
    if best[1].shape != _TAILS[0]:
        wild = _likeliest(data, prior_sd, _WILD, _place(best[1]))
        best = min(best, wild, key=lambda one: one[0])
    return best[1]


def _likeliest(
    data: Data, prior_sd: Vector, shapes: Sequence[Shape], start: Vector
) -> tuple[float, Fit]:
    """Go through shapes while they get likelier; return the least loss and its fit."""
    best = _fitted(data, prior_sd, shapes[0], start)
    for shape in shapes[1:]:
        one = _fitted(data, prior_sd, shape, _place(best[1]))
        if one[0] >= best[0]:
            break
        best = one
    return best


def _fitted(data: Data, prior_sd: Vector, shape: Shape, start: Vector) -> tuple[float, Fit]:
    """Return the least loss for one shape, and where it lies."""
    problem = _Problem(data, prior_sd, shape)
    found = optimize.minimize(
        problem.loss,
        start,
        jac=problem.gradient,
        hess=problem.hessian,
        method="trust-exact",
        options={"gtol": _CONVERGED * max(1.0, float(data.weight.sum()))},
    )
    place = np.asarray(found.x, dtype=float)
    return float(found.fun), Fit(
        coefficients=place[:-1].copy(), log_scale=float(place[-1]), shape=shape
    )


def _place(found: Fit) -> Vector:
    return np.append(found.coefficients, found.log_scale)


def covariance(data: Data, found: Fit, prior_sd: Vector, blocks: Labels) -> Matrix:
    """Return the covariance (p + 1, p + 1) of coefficients and log scale around the truth.

    H⁻¹·P·H⁻¹ for the prior, with P its precision and H the curvature at the fit, and the jackknife
    over whole blocks for the data, by one Newton step each: samples of a block may depend on each
    other in any way.
    """
    problem = _Problem(data, prior_sd, found.shape)
    place = _place(found)
    curvature = problem.hessian(place)
    first, second = problem.pieces(place)
    labels, inverse = np.unique(blocks, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(labels.size + 1))
    spread = np.zeros_like(curvature)
    for lower, upper in pairwise(bounds.tolist()):
        members = order[lower:upper]
        design = data.design[members]
        rest = curvature - _curvature(design, second[members])
        if np.linalg.eigvalsh(rest)[0] <= 0.0:
            rest = curvature
        step = np.linalg.solve(rest, _score(design, first[members]))
        spread += np.outer(step, step)
    spread *= (labels.size - 1) / labels.size
    inverse_curvature = np.linalg.inv(curvature)
    return np.asarray(spread + inverse_curvature @ problem.precision @ inverse_curvature)


class _Problem:
    """The negative logarithm of the posterior, with its derivatives, for one shape.

    With z = (y - μ)/s, a value adds log f(z) - log s, a censored one log F(z); g is the derivative
    by z, so ∂μ = -g/s and ∂log s = -z·g (- 1 for a value).
    """

    def __init__(self, data: Data, prior_sd: Vector, shape: Shape) -> None:
        self.data = data
        self.shape = shape
        self.precision = np.diag(np.append(1.0 / prior_sd**2, 1.0 / _PRIOR_LOG_SCALE**2))
        self.centre = np.append(np.zeros(prior_sd.size), math.log(_PRIOR_SCALE_DB))

    def _z(self, place: Vector) -> tuple[Vector, float]:
        scale = max(math.exp(place[-1]), _LEAST_SCALE_DB)
        return (self.data.value - self.data.design @ place[:-1]) / scale, scale

    def loss(self, place: Vector) -> float:
        z, scale = self._z(place)
        values = self.shape.log_density(z) - math.log(scale)
        told = np.where(self.data.censored, np.log(self.shape.below(z)), values)
        away = place - self.centre
        return float(0.5 * away @ self.precision @ away - self.data.weight @ told)

    def _slopes(self, z: Vector) -> tuple[Vector, Vector]:
        """Return g and its derivative by z."""
        first, second = self.shape.score(z)
        ratio = np.exp(self.shape.log_density(z)) / self.shape.below(z)
        censored = self.data.censored
        return np.where(censored, ratio, first), np.where(censored, ratio * (first - ratio), second)

    def pieces(self, place: Vector) -> tuple[Matrix, Matrix]:
        """Return each row's derivatives (n, 2) by μ and log s, and the negative second ones (n, 3).

        The second are by μ, by both, and by log s.
        """
        z, scale = self._z(place)
        g, slope = self._slopes(z)
        weight = self.data.weight
        by_mean = -g / scale
        by_scale = -z * g - np.where(self.data.censored, 0.0, 1.0)
        first = weight[:, None] * np.column_stack([by_mean, by_scale])
        mixed = -(g + z * slope)
        second = weight[:, None] * np.column_stack([-slope / scale**2, mixed / scale, mixed * z])
        return first, second

    def gradient(self, place: Vector) -> Vector:
        first, _ = self.pieces(place)
        return np.asarray(self.precision @ (place - self.centre) - _score(self.data.design, first))

    def hessian(self, place: Vector) -> Matrix:
        _, second = self.pieces(place)
        return np.asarray(self.precision + _curvature(self.data.design, second))


def _score(design: Any, first: Matrix) -> Vector:
    """Return the derivatives by the coefficients and log s, summed over rows."""
    return np.append(design.T @ first[:, 0], first[:, 1].sum())


def _curvature(design: Any, second: Matrix) -> Matrix:
    """Put negative second derivatives by μ and log s together to those by the coefficients."""
    by_mean, mixed, by_scale = second.T
    corner = design.T @ mixed
    return np.block(
        [
            [_squared(design, by_mean), corner[:, None]],
            [corner[None, :], np.array([[by_scale.sum()]])],
        ]
    )


def _squared(design: Any, weight: Vector) -> Matrix:
    return np.asarray((design.T @ sparse.diags_array(weight) @ design).toarray())


def _start(data: Data, prior_sd: Vector) -> Vector:
    """Least squares with the prior on values alone, and the spread of what is left."""
    usable = ~data.censored if (~data.censored).any() else np.ones(len(data.value), dtype=bool)
    design, value = data.design[usable], data.value[usable]
    ridge = np.diag(_PRIOR_SCALE_DB**2 / prior_sd**2)
    coefficients = np.linalg.solve(_squared(design, np.ones(value.size)) + ridge, design.T @ value)
    spread = stats.median_abs_deviation(value - design @ coefficients, scale="normal")
    return np.append(coefficients, math.log(max(float(spread), 1.0)))
