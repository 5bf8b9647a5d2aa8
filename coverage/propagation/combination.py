"""Putting the mechanisms together (ITU-R P.1812-6, Annex 1, §4.3.5, §4.6, §4.7, §4.9)."""

from __future__ import annotations

import math

from coverage.propagation._compile import formula, kernel
from coverage.propagation.atmosphere import inverse_normal
from coverage.propagation.numerics import exp, exp10, log, log10


@kernel
def time_interpolation(time_percent: float, incidence_percent: float) -> float:
    """Return F_i of eq. (40a): 0 at 50 % of time, 1 at and below beta_0 %."""
    if time_percent > incidence_percent:
        return inverse_normal(time_percent / 100.0) / inverse_normal(incidence_percent / 100.0)
    return 1.0


@formula
def distance_interpolation(distance_km: float) -> float:
    """Return F_k of eq. (58)."""
    return 1.0 / (1.0 + exp(0.15 * (distance_km - 20.0)))


@formula
def angle_interpolation(path_angle_mrad: float) -> float:
    """Return F_j of eq. (57): near 1 below 0.3 mrad, near 0 above."""
    return 1.0 / (1.0 + exp(16.0 * (path_angle_mrad - 0.3)))


@formula
def combined_db(
    free_space_db: float,
    enhancement_p_db: float,
    enhancement_b_db: float,
    diffraction_50_db: float,
    diffraction_p_db: float,
    ducting_db: float,
    troposcatter_db: float,
    fi: float,
    fj: float,
    fk: float,
    sea_share: float,
    time_percent: float,
    incidence_percent: float,
) -> float:
    """Return the loss not exceeded for p % of time and 50 % of locations, eq. (42)-(43), (59)-(63).

    `fi`, `fj`, `fk` are the interpolation factors, `incidence_percent` is beta_0.
    """
    los_p_db = free_space_db + enhancement_p_db
    median_db = free_space_db + diffraction_50_db
    diffraction_db = los_p_db + diffraction_p_db
    land_db = (1.0 - sea_share) * diffraction_p_db
    frequent_db = median_db + (free_space_db + enhancement_b_db + land_db - median_db) * fi
    least_db = frequent_db if time_percent >= incidence_percent else los_p_db + land_db
    higher_db, lower_db = max(ducting_db, los_p_db), min(ducting_db, los_p_db)
    duct_db = higher_db + 2.5 * log(1.0 + exp(0.4 * (lower_db - higher_db)))
    ducted_db = duct_db + (diffraction_db - duct_db) * fk
    enhanced_db = ducted_db if duct_db <= diffraction_db else diffraction_db
    modified_db = enhanced_db + (least_db - enhanced_db) * fj
    weaker_db = min(troposcatter_db, modified_db)
    return weaker_db - 5.0 * log10(1.0 + exp10(-0.2 * abs(troposcatter_db - modified_db)))


@formula
def location_deviation_db(
    frequency_ghz: float, antenna_m: float, clutter_m: float, area_width_m: float
) -> float:
    """Return the standard deviation over locations, §4.7 with its height term.

    `clutter_m` is the clutter height at the receiver, `area_width_m` the width of the square over
    which locations vary. It fades to zero from the clutter's top to 10 m above.
    """
    buried = min(max(1.0 - 0.1 * (antenna_m - clutter_m), 0.0), 1.0)
    return (0.52 + 0.024 * frequency_ghz) * math.pow(area_width_m, 0.28) * buried
