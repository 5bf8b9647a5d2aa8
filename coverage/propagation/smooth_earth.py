"""Analysis of a path profile (ITU-R P.1812-6, Attachment 1 to Annex 1).

Horizons, the smooth Earth fitted to the terrain, and the effective antenna heights over it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import formula, kernel
from coverage.propagation.numerics import arctan


class Horizons(NamedTuple):
    """What the antennas see along the path, §5.3-5.5. Angles in mrad above the horizontal."""

    tx_angle_mrad: float
    rx_angle_mrad: float
    tx_horizon_km: float
    rx_horizon_km: float
    first: int  # profile points between which the roughness is taken
    last: int


class SmoothEarth(NamedTuple):
    """Effective antenna heights over the fitted Earth and the terrain's roughness, §5.6, in m."""

    tx_diffraction_m: float
    rx_diffraction_m: float
    tx_ducting_m: float
    rx_ducting_m: float
    roughness_m: float


@formula
def angle_mrad(slope_m_per_km: float) -> float:
    """Return the elevation angle of a slope, as in eq. (77)."""
    return 1e3 * arctan(1e-3 * slope_m_per_km)


@formula
def fitted_heights_m(distance_km: float, area: float, moment: float) -> tuple[float, float]:
    """Return the height of the fitted line at transmitter and receiver, eq. (85)-(88).

    `area` is v_1 and `moment` v_2, the sums over the sections of the path.
    """
    per_square = 1.0 / (distance_km * distance_km)
    return (
        (2.0 * area * distance_km - moment) * per_square,
        (moment - area * distance_km) * per_square,
    )


@formula
def diffraction_surface_m(
    tx_fit_m: float,
    rx_fit_m: float,
    tx_ground_m: float,
    rx_ground_m: float,
    obstruction_m: float,
    tx_obstruction: float,
    rx_obstruction: float,
) -> tuple[float, float]:
    """Return the smooth surface at both ends for the diffraction model, eq. (89)-(91).

    `obstruction_m` is the highest point over the line between the antennas, `tx_obstruction` and
    `rx_obstruction` the largest slope of such a point seen from either end.
    """
    slopes = tx_obstruction + rx_obstruction
    tx_part = tx_obstruction / (slopes if slopes != 0.0 else 1.0)
    raised_m = max(obstruction_m, 0.0)
    tx_surface_m = tx_fit_m - (raised_m * tx_part if raised_m > 0.0 else 0.0)
    rx_surface_m = rx_fit_m - (raised_m * (1.0 - tx_part) if raised_m > 0.0 else 0.0)
    return min(tx_surface_m, tx_ground_m), min(rx_surface_m, rx_ground_m)


@kernel
def find_horizons(
    distance_km: NDArray[np.float64],
    ground_m: NDArray[np.float64],
    tx_amsl_m: float,
    rx_amsl_m: float,
    earth_radius_km: float,
) -> Horizons:
    """Return the horizons of both antennas over bare ground, eq. (76)-(83a)."""
    last = distance_km.size - 1
    total_km = distance_km[last]
    half_curvature = 500.0 / earth_radius_km
    tx_slope, rx_slope = -np.inf, -np.inf
    tx_point, rx_point = 1, 1
    for i in range(1, last):
        d = distance_km[i]
        rest = total_km - d
        slope = (ground_m[i] - tx_amsl_m) / d - half_curvature * d
        if slope > tx_slope:
            tx_slope, tx_point = slope, i
        slope = (ground_m[i] - rx_amsl_m) / rest - half_curvature * rest
        if slope >= rx_slope:
            rx_slope, rx_point = slope, i
    direct = (rx_amsl_m - tx_amsl_m) / total_km
    bulge = half_curvature * total_km
    if tx_slope > direct - bulge:
        return Horizons(
            angle_mrad(tx_slope),
            angle_mrad(rx_slope),
            distance_km[tx_point],
            total_km - distance_km[rx_point],
            tx_point,
            rx_point,
        )
    nu, nu_point = -np.inf, 1
    for i in range(1, last):
        d = distance_km[i]
        rest = total_km - d
        clearance = ground_m[i] + half_curvature * d * rest - tx_amsl_m - direct * d
        value = clearance / math.sqrt(d * rest)
        if value >= nu:
            nu, nu_point = value, i
    return Horizons(
        angle_mrad(direct - bulge),
        angle_mrad(-direct - bulge),
        distance_km[nu_point],
        total_km - distance_km[nu_point],
        nu_point,
        nu_point,
    )


@kernel
def fit(
    distance_km: NDArray[np.float64],
    ground_m: NDArray[np.float64],
    tx_amsl_m: float,
    rx_amsl_m: float,
    horizons: Horizons,
) -> SmoothEarth:
    """Return the effective heights over the Earth fitted to bare ground, eq. (85)-(95)."""
    last = distance_km.size - 1
    total_km = distance_km[last]
    area, moment = 0.0, 0.0
    obstruction_m, tx_obstruction, rx_obstruction = -np.inf, -np.inf, -np.inf
    for i in range(1, last + 1):
        d, before = distance_km[i], distance_km[i - 1]
        h, h_before = ground_m[i], ground_m[i - 1]
        area += (d - before) * (h + h_before)
        moment += (d - before) * (h * (2.0 * d + before) + h_before * (d + 2.0 * before))
        if i < last:
            rest = total_km - d
            above_m = h - (tx_amsl_m * rest + rx_amsl_m * d) / total_km
            obstruction_m = max(obstruction_m, above_m)
            tx_obstruction = max(tx_obstruction, above_m / d)
            rx_obstruction = max(rx_obstruction, above_m / rest)
    tx_fit_m, rx_fit_m = fitted_heights_m(total_km, area, moment)
    tx_surface_m, rx_surface_m = diffraction_surface_m(
        tx_fit_m,
        rx_fit_m,
        ground_m[0],
        ground_m[last],
        obstruction_m,
        tx_obstruction,
        rx_obstruction,
    )
    tx_line_m, rx_line_m = min(tx_fit_m, ground_m[0]), min(rx_fit_m, ground_m[last])
    slope = (rx_line_m - tx_line_m) / total_km
    roughness_m = -np.inf
    for i in range(horizons.first, horizons.last + 1):
        roughness_m = max(roughness_m, ground_m[i] - (tx_line_m + slope * distance_km[i]))
    return SmoothEarth(
        tx_amsl_m - tx_surface_m,
        rx_amsl_m - rx_surface_m,
        tx_amsl_m - tx_line_m,
        rx_amsl_m - rx_line_m,
        roughness_m,
    )
