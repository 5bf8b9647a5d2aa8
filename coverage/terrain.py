"""Terrain along a path: profile, line of sight, the ridge that stands highest in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from coverage.grid import FloatArray, Grid

EARTH_RADIUS_M: Final = 6_371_000.0
K_FACTOR: Final = 4.0 / 3.0
"""Median effective-earth factor of a standard atmosphere (ITU-R P.530)."""

Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Ground heights along a straight path, both ends included.

    `distance_m` (n,) counts from the start; `ground_m` (n,) is NaN where the terrain is not known.
    """

    distance_m: Values
    ground_m: Values

    @property
    def length_m(self) -> float:
        """Length of the path."""
        return float(self.distance_m[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """The point of a profile that rises most over the line of sight, relative to the Fresnel zone.

    `excess_m` is how far it stands above the line of sight (negative: below it); `fresnel_m` is the
    radius of the first Fresnel zone there; `is_known` is False where part of the path is unknown.
    """

    distance_m: float
    ground_m: float
    excess_m: float
    fresnel_m: float
    is_known: bool

    @property
    def blocks(self) -> bool:
        """Whether the line of sight is cut."""
        return self.excess_m > 0.0


def profile_between(
    terrain_m: FloatArray,
    grid: Grid,
    start: tuple[float, float],
    end: tuple[float, float],
) -> Profile:
    """Read the terrain between two points (x, y in metres), a sample per cell or closer.

    Heights are those of the cells the samples fall into; outside the grid they are NaN.
    """
    length_m = math.hypot(end[0] - start[0], end[1] - start[1])
    count = max(2, math.ceil(length_m / grid.resolution_m) + 1)
    share = np.linspace(0.0, 1.0, count)
    row, col = grid.rowcol(
        start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
    )
    ground_m = np.where(row >= 0, terrain_m[row, col], np.nan).astype(float)
    return Profile(distance_m=share * length_m, ground_m=ground_m)


def earth_bulge_m(distance_m: Values, length_m: float, k_factor: float = K_FACTOR) -> Values:
    """Return the height of the earth's bulge over the chord: d1·d2 / (2·k·a) (ITU-R P.530)."""
    return distance_m * (length_m - distance_m) / (2.0 * k_factor * EARTH_RADIUS_M)


def fresnel_radius_m(distance_m: Values, length_m: float, frequency_mhz: float) -> Values:
    """Return the radius of the first Fresnel zone: 550·sqrt(d1·d2/(f·d)) (ITU-R P.530 eq. 3)."""
    d1_km, d2_km = distance_m / 1000.0, (length_m - distance_m) / 1000.0
    return 550.0 * np.sqrt(np.maximum(d1_km * d2_km, 0.0) / (frequency_mhz * length_m / 1000.0))


def main_obstacle(
    profile: Profile,
    *,
    start_height_m: float,
    end_height_m: float,
    frequency_mhz: float,
    k_factor: float = K_FACTOR,
) -> Obstacle | None:
    """Find what stands most in the way between two antennas.

    Parameters
    ----------
    profile
        Terrain between them.
    start_height_m, end_height_m
        Antenna heights above ground.
    frequency_mhz
        For the Fresnel zone, which decides between obstacles near the ends and in the middle.
    k_factor
        Effective-earth factor.

    Returns
    -------
    Obstacle or None
        None where the path has no point between its ends or an end stands on unknown terrain.
    """
    inner = slice(1, -1)
    distance_m, ground_m = profile.distance_m, profile.ground_m
    if distance_m.size <= 2 or math.isnan(ground_m[0]) or math.isnan(ground_m[-1]):  # noqa: PLR2004
        return None
    length_m = profile.length_m
    start_m, end_m = ground_m[0] + start_height_m, ground_m[-1] + end_height_m
    sight_m = start_m + (end_m - start_m) * distance_m / length_m
    excess_m = ground_m + earth_bulge_m(distance_m, length_m, k_factor) - sight_m
    fresnel_m = fresnel_radius_m(distance_m, length_m, frequency_mhz)
    known = ~np.isnan(excess_m[inner])
    if not known.any():
        return None
    relative = np.where(known, excess_m[inner] / fresnel_m[inner], -np.inf)
    worst = int(np.argmax(relative)) + 1
    return Obstacle(
        distance_m=float(distance_m[worst]),
        ground_m=float(ground_m[worst]),
        excess_m=float(excess_m[worst]),
        fresnel_m=float(fresnel_m[worst]),
        is_known=bool(known.all()),
    )
