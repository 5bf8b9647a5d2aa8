"""How residuals are distributed: Student's t, or a normal with a few wild values among them.

A shape is a density of z = residual / scale, symmetric around zero. `score` is the derivative of
its logarithm by z, `score_slope` the second one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import special, stats

Vector = np.ndarray[Any, np.dtype[np.float64]]

_ONE_SIGMA: Final = float(special.ndtr(1.0))
_ROOT: Final = math.sqrt(2.0 * math.pi)
_TINY: Final = float(np.finfo(float).tiny)


@dataclass(frozen=True, slots=True)
class StudentT:
    """Student's t: tails the heavier, the fewer the degrees of freedom; normal without bound."""

    freedom: float

    @property
    def sigma_share(self) -> float:
        """Half the width that holds 68.3 %, as a share of the scale."""
        return float(stats.t.ppf(_ONE_SIGMA, self.freedom))

    def log_density(self, z: Vector) -> Vector:
        """Return the logarithm of the density."""
        return np.asarray(stats.t.logpdf(z, self.freedom))

    def below(self, z: Vector) -> Vector:
        """Return the distribution function, never quite zero."""
        return np.asarray(np.maximum(special.stdtr(self.freedom, z), _TINY))

    def score(self, z: Vector) -> tuple[Vector, Vector]:
        """Return the first and second derivative of the log density."""
        nu = self.freedom
        first = -(nu + 1.0) * z / (nu + z**2)
        return first, -(nu + 1.0) * (nu - z**2) / (nu + z**2) ** 2


@dataclass(frozen=True, slots=True)
class WithWild:
    """A standard normal, of which the share `wild` is `widening` times as wide."""

    wild: float
    widening: float

    @property
    def sigma_share(self) -> float:
        """One: sigma is that of the values that are not wild."""
        return 1.0

    def log_density(self, z: Vector) -> Vector:
        """Return the logarithm of the density."""
        tame, wild = self._parts(z)
        return np.asarray(np.log(np.maximum(tame + wild, _TINY)))

    def below(self, z: Vector) -> Vector:
        """Return the distribution function, never quite zero."""
        tame, wild = special.ndtr(z), special.ndtr(z / self.widening)
        return np.asarray(np.maximum((1.0 - self.wild) * tame + self.wild * wild, _TINY))

    def score(self, z: Vector) -> tuple[Vector, Vector]:
        """Return the first and second derivative of the log density."""
        tame, wild = self._parts(z)
        whole = np.maximum(tame + wild, _TINY)
        narrow = 1.0 / self.widening**2
        first = -z * (tame + narrow * wild) / whole
        second = ((z**2 - 1.0) * tame + (narrow * z**2 - 1.0) * narrow * wild) / whole
        return first, second - first**2

    def _parts(self, z: Vector) -> tuple[Vector, Vector]:
        tame = (1.0 - self.wild) / _ROOT * np.exp(-0.5 * z**2)
        wide = self.wild / (_ROOT * self.widening) * np.exp(-0.5 * (z / self.widening) ** 2)
        return tame, wide


Shape = StudentT | WithWild
