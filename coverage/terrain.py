"""Terrain along a path: profile, line of sight, the ridge in it, the mast that would clear it.

Heights count above the chord of an Earth of radius k·a, on which rays are straight: the ground is
raised by the bulge d1·d2 / (2·k·a), the line of sight is a straight line (ITU-R P.526, §1: profiles
are drawn with the equivalent radius of P.834, 8,500 km where nothing else is known, k = 4/3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from coverage.grid import BoolArray, FloatArray, Grid

EARTH_RADIUS_M: Final = 6_371_000.0
K_FACTOR: Final = 4.0 / 3.0
"""Median effective-earth factor of a standard atmosphere (ITU-R P.526, §1; P.834)."""

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

    @property
    def intrusion_m(self) -> float:
        """How far it reaches into the first Fresnel zone from below, at most through all of it."""
        return min(max(self.excess_m + self.fresnel_m, 0.0), 2.0 * self.fresnel_m)

    @property
    def intrusion_share(self) -> float:
        """Reach into the zone as a share of its radius: 0 below it, 1 from the line of sight on."""
        return min(self.intrusion_m / self.fresnel_m, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A path between two antennas: its terrain, the straight line of sight, the Fresnel zone.

    Arrays (n,) as the profile's: `surface_m` is the ground with the bulge of the earth, `line_m`
    the line of sight, both in metres above sea at the ends; `fresnel_m` is the radius of the first
    Fresnel zone. Antenna heights are above ground.
    """

    profile: Profile
    start_height_m: float
    end_height_m: float
    frequency_mhz: float
    surface_m: Values
    line_m: Values
    fresnel_m: Values

    @property
    def excess_m(self) -> Values:
        """How far the ground stands above the line of sight."""
        return self.surface_m - self.line_m

    @property
    def is_known(self) -> bool:
        """Whether the terrain of the whole path is known."""
        return not bool(np.isnan(self.surface_m).any())

    def obstacles(self, foreground_m: float) -> BoolArray:
        """Return the points between the ends that count as obstacles, for a low antenna at the end.

        Ground that cuts the line of sight always counts. Other ground counts where it rises above
        the straight line between the feet of the antennas and lies more than `foreground_m` from
        the end: the ground around a phone lies inside its Fresnel zone whatever the mast.
        """
        with np.errstate(invalid="ignore"):
            counts = self._stands_out(foreground_m) | (self.excess_m > 0.0)
        counts[[0, -1]] = False
        return np.asarray(counts, dtype=np.bool_)

    def _stands_out(self, foreground_m: float) -> BoolArray:
        profile = self.profile
        start_m, end_m = profile.ground_m[0], profile.ground_m[-1]
        feet_m = start_m + (end_m - start_m) * profile.distance_m / profile.length_m
        outside = profile.length_m - profile.distance_m > foreground_m
        with np.errstate(invalid="ignore"):
            return np.asarray((profile.ground_m > feet_m) & outside, dtype=np.bool_)

    def ridge(self, foreground_m: float) -> Obstacle | None:
        """Return the obstacle that stands most in the way; None where nothing does."""
        return _highest(self, self.obstacles(foreground_m))

    def mast_raise_m(self, clearance_share: float, foreground_m: float) -> float:
        """Return the metres by which the mast at the start must grow to clear every obstacle.

        Raising the start by h lifts the line by h·(1 − d/D) at the distance d of D. An obstacle is
        cleared where the line passes `clearance_share` of the radius of the first Fresnel zone
        above it; 0 asks for the line of sight alone, which is enough for ground within
        `foreground_m` of the end. NaN where part of the path is not known.
        """
        if not self.is_known:
            return math.nan
        wanted_m = np.where(self._stands_out(foreground_m), clearance_share * self.fresnel_m, 0.0)
        lever = 1.0 - self.profile.distance_m / self.profile.length_m
        raise_m = (self.excess_m + wanted_m)[1:-1] / lever[1:-1]
        return float(np.max(raise_m, initial=0.0))


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
    """Return the height of the earth's bulge over the chord: d1·d2 / (2·k·a).

    Examples
    --------
    >>> round(earth_bulge_m(5_000.0, 10_000.0), 2)
    1.47
    """
    return distance_m * (length_m - distance_m) / (2.0 * k_factor * EARTH_RADIUS_M)


def fresnel_radius_m(distance_m: Values, length_m: float, frequency_mhz: float) -> Values:
    """Return the radius of the first Fresnel zone: 550·sqrt(d1·d2/(f·d)) (ITU-R P.526, §2.1).

    Examples
    --------
    >>> round(float(fresnel_radius_m(5_000.0, 10_000.0, 900.0)), 1)
    29.0
    """
    d1_km, d2_km = distance_m / 1000.0, (length_m - distance_m) / 1000.0
    return 550.0 * np.sqrt(np.maximum(d1_km * d2_km, 0.0) / (frequency_mhz * length_m / 1000.0))


def sight_along(
    profile: Profile,
    *,
    start_height_m: float,
    end_height_m: float,
    frequency_mhz: float,
    k_factor: float = K_FACTOR,
) -> Sight | None:
    """Look along a profile from antenna to antenna.

    Parameters
    ----------
    profile
        Terrain between them.
    start_height_m, end_height_m
        Antenna heights above ground.
    frequency_mhz
        For the Fresnel zone.
    k_factor
        Effective-earth factor.

    Returns
    -------
    Sight or None
        None where the path has no point between its ends or an end stands on unknown terrain.
    """
    distance_m, ground_m = profile.distance_m, profile.ground_m
    if distance_m.size <= 2 or math.isnan(ground_m[0]) or math.isnan(ground_m[-1]):  # noqa: PLR2004
        return None
    length_m = profile.length_m
    start_m, end_m = ground_m[0] + start_height_m, ground_m[-1] + end_height_m
    return Sight(
        profile=profile,
        start_height_m=start_height_m,
        end_height_m=end_height_m,
        frequency_mhz=frequency_mhz,
        surface_m=ground_m + earth_bulge_m(distance_m, length_m, k_factor),
        line_m=start_m + (end_m - start_m) * distance_m / length_m,
        fresnel_m=fresnel_radius_m(distance_m, length_m, frequency_mhz),
    )


def main_obstacle(
    profile: Profile,
    *,
    start_height_m: float,
    end_height_m: float,
    frequency_mhz: float,
    k_factor: float = K_FACTOR,
) -> Obstacle | None:
    """Find what stands most in the way between two antennas; parameters as of `sight_along`.

    Every point between the ends counts. None where the path has no such point, none of them is
    known, or an end stands on unknown terrain.
    """
    sight = sight_along(
        profile,
        start_height_m=start_height_m,
        end_height_m=end_height_m,
        frequency_mhz=frequency_mhz,
        k_factor=k_factor,
    )
    if sight is None:
        return None
    inner = np.ones(profile.distance_m.size, dtype=np.bool_)
    inner[[0, -1]] = False
    return _highest(sight, inner)


def _highest(sight: Sight, counts: BoolArray) -> Obstacle | None:
    """Return the known point among `counts` that rises most, in radii of the Fresnel zone."""
    places = np.flatnonzero(counts & ~np.isnan(sight.surface_m))
    if places.size == 0:
        return None
    excess_m = sight.excess_m
    worst = int(places[np.argmax(excess_m[places] / sight.fresnel_m[places])])
    return Obstacle(
        distance_m=float(sight.profile.distance_m[worst]),
        ground_m=float(sight.profile.ground_m[worst]),
        excess_m=float(excess_m[worst]),
        fresnel_m=float(sight.fresnel_m[worst]),
        is_known=sight.is_known,
    )
