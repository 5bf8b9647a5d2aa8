"""Refractivity of the lower atmosphere along a path (ITU-R P.1812-6, Annex 1, §3.3-3.7)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import formula, kernel
from coverage.propagation.numerics import exp, exp2, exp10, log2

EARTH_RADIUS_KM = 6371.0
DUCTING_EARTH_RADIUS_KM = 3.0 * EARTH_RADIUS_KM  # eq. (7b): exceeded for beta_0 % of time

SEA, COASTAL, INLAND = 1, 3, 4  # radio-climatic zones, §3.3

# Attachment 2: coefficients of the inverse complementary cumulative normal distribution
_C0, _C1, _C2 = 2.515516698, 0.802853, 0.010328
_D1, _D2, _D3 = 1.432788, 0.189269, 0.001308


@formula
def effective_earth_radius_km(delta_n: float) -> float:
    """Return the median effective Earth radius a_e, eq. (6) and (7a).

    `delta_n` is the lapse rate of refractivity in the lowest kilometre, N-units/km, positive.
    """
    return EARTH_RADIUS_KM * 157.0 / (157.0 - delta_n)


@formula
def land_weight(inland_km: float) -> float:
    """Return tau of eq. (3), 0 to 1, from the longest unbroken inland section of the path (km)."""
    return 1.0 - exp(-4.12e-4 * exp2(2.41 * log2(max(inland_km, 1e-9))))


@formula
def ducting_incidence_percent(latitude_deg: float, land_km: float, tau: float) -> float:
    """Return beta_0, the share of time (%) with ducting, eq. (2), (4) and (5).

    `land_km` is the longest unbroken section over land, inland or coastal.
    """
    mu1 = exp2(0.2 * log2(exp10(-land_km / (16.0 - 6.6 * tau)) + exp10(-2.48 - 1.77 * tau)))
    mu1 = min(mu1, 1.0)
    latitude = abs(latitude_deg)
    low = latitude <= 70.0
    exponent = -0.935 + 0.0176 * latitude if low else 0.3
    scale = exp10(1.67 - 0.015 * latitude) if low else 4.17
    return scale * exp2((1.0 + exponent) * log2(mu1))


@kernel
def zone_shares(
    distance_km: NDArray[np.float64], zone: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Return (share over sea, longest land section, longest inland section in km), §3.3, §3.6.

    `distance_km` and `zone` have one value per profile point. The border between two zones lies
    half-way between the points.
    """
    last = distance_km.size - 1
    sea_km, land_km, inland_km = 0.0, 0.0, 0.0
    longest_land_km, longest_inland_km = 0.0, 0.0
    for i in range(last + 1):
        before = 0.5 * (distance_km[i] - distance_km[i - 1]) if i > 0 else 0.0
        after = 0.5 * (distance_km[i + 1] - distance_km[i]) if i < last else 0.0
        if zone[i] == SEA:
            sea_km += before + after
            land_km = 0.0
        else:
            land_km += before + after
            longest_land_km = max(longest_land_km, land_km)
        if zone[i] == INLAND:
            inland_km += before + after
            longest_inland_km = max(longest_inland_km, inland_km)
        else:
            inland_km = 0.0
    return sea_km / (distance_km[last] - distance_km[0]), longest_land_km, longest_inland_km


@kernel
def inverse_normal(x: float) -> float:
    """Return I(x), the inverse complementary cumulative normal distribution, Attachment 2.

    `x` is a share; it is kept within 1e-6 and 1 - 1e-6 as the Recommendation asks.
    """
    share = min(max(x, 1e-6), 1.0 - 1e-6)
    t = math.sqrt(-2.0 * math.log(min(share, 1.0 - share)))
    tail = t - ((_C2 * t + _C1) * t + _C0) / (((_D3 * t + _D2) * t + _D1) * t + 1.0)
    return tail if share <= 0.5 else -tail
