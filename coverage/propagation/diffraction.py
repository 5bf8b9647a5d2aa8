"""Diffraction over terrain and over the smooth Earth (ITU-R P.1812-6, Annex 1, §4.3).

The same delta-Bullington method is in ITU-R P.526, §4.5. Clearances are kept as `nu_root_lambda`,
the diffraction parameter times the square root of the wavelength: it depends on the path alone, so
one analysis of the path serves every frequency.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.propagation._compile import formula, kernel
from coverage.propagation.numerics import exp, exp2, log2, log10

HORIZONTAL, VERTICAL = 1, 2  # polarisation of the wave
FIRST_LOSS_NU = -0.78  # an edge of a smaller parameter costs nothing

_LAND_PERMITTIVITY, _LAND_CONDUCTIVITY = 22.0, 0.003  # §4.3.3; conductivity in S/m
_SEA_PERMITTIVITY, _SEA_CONDUCTIVITY = 80.0, 5.0


@formula
def wavelength_m(frequency_ghz: float) -> float:
    """Return the wavelength with the speed of light that P.1812 uses."""
    return 0.2998 / frequency_ghz


@formula
def knife_edge(nu: float) -> float:
    """Return J(nu) in dB, eq. (12); zero where nu is at most -0.78."""
    v = nu - 0.1
    loss_db = 6.9 + 20.0 * log10(math.sqrt(v * v + 1.0) + v)
    return loss_db if nu > FIRST_LOSS_NU else 0.0


@kernel
def _knife_edges(nu: NDArray[np.float64]) -> NDArray[np.float64]:
    loss_db = np.empty_like(nu)
    for n in range(nu.size):
        loss_db[n] = knife_edge(nu[n])
    return loss_db


def knife_edge_loss_db(nu: ArrayLike) -> NDArray[np.float64]:
    """Return the loss over one knife edge, ITU-R P.526-15 eq. (31), P.1812-6 eq. (12).

    Parameters
    ----------
    nu
        Diffraction parameter, any shape: positive where the edge rises above the line of sight.

    Returns
    -------
    Loss in dB, zero for nu ≤ -0.78. Above, the formula is
    within 0.13 dB of the Fresnel integrals.

    Examples
    --------
    >>> import numpy as np
    >>> knife_edge_loss_db(np.array([-1.0, 0.0, 1.0])).round(2)
    array([ 0.  ,  6.03, 13.93])
    """
    values = np.asarray(nu, dtype=np.float64)
    loss_db: NDArray[np.float64] = _knife_edges(values.ravel()).reshape(values.shape)[()]
    return loss_db


@formula
def bullington_db(nu_root_lambda: float, frequency_ghz: float, distance_km: float) -> float:
    """Return the Bullington loss L_bull from the equivalent edge, eq. (12) and (21)."""
    edge_db = knife_edge(nu_root_lambda * (1.0 / math.sqrt(wavelength_m(frequency_ghz))))
    return edge_db + (1.0 - exp(-edge_db * (1.0 / 6.0))) * (10.0 + 0.02 * distance_km)


@formula
def edge_at(point_km: float, above_line_m: float, distance_km: float) -> float:
    """Return nu_root_lambda of an edge `above_line_m` over the line between the antennas."""
    return above_line_m * math.sqrt(0.002 * distance_km / (point_km * (distance_km - point_km)))


@kernel
def bullington_edge(
    distance_km: NDArray[np.float64],
    surface_m: NDArray[np.float64],
    tx_amsl_m: float,
    rx_amsl_m: float,
    earth_radius_km: float,
) -> tuple[float, float]:
    """Return (nu_root_lambda, distance of the point from the transmitter in km), eq. (13)-(20).

    `surface_m` is ground with clutter, `distance_km` the distance from the transmitter; both ends
    are included and not used as obstacles. On a line-of-sight path the point is the profile point
    of the largest nu, otherwise where the two horizon rays meet.
    """
    last = distance_km.size - 1
    total_km = distance_km[last]
    curvature = 500.0 / earth_radius_km
    direct_slope = (rx_amsl_m - tx_amsl_m) / total_km
    tx_slope, rx_slope = -np.inf, -np.inf
    for i in range(1, last):
        d = distance_km[i]
        rest = total_km - d
        height = surface_m[i] + curvature * d * rest
        tx_slope = max(tx_slope, (height - tx_amsl_m) / d)
        rx_slope = max(rx_slope, (height - rx_amsl_m) / rest)
    if tx_slope < direct_slope:
        largest, largest_km = -np.inf, 0.5 * total_km
        for i in range(1, last):
            d = distance_km[i]
            rest = total_km - d
            height = surface_m[i] + curvature * d * rest
            nu = edge_at(d, height - tx_amsl_m - direct_slope * d, total_km)
            if nu >= largest:
                largest, largest_km = nu, d
        return largest, largest_km
    point_km = (rx_amsl_m - tx_amsl_m + rx_slope * total_km) / (tx_slope + rx_slope)
    return edge_at(point_km, (tx_slope - direct_slope) * point_km, total_km), point_km


def bullington_loss_db(
    distance_km: ArrayLike,
    ground_m: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    effective_earth_radius_km: float = 6371.0 * 157.0 / (157.0 - 45.0),
) -> float:
    """Return the Bullington diffraction loss of a path, ITU-R P.1812-6 eq. (13)-(21).

    Parameters
    ----------
    distance_km, ground_m
        Distance from the transmitter (km, rising from 0) and height of the ground above sea level
        (m), equally long, at least three points. Clutter is added to the ground beforehand.
    frequency_mhz, tx_height_m, rx_height_m
        Frequency and antenna heights above ground.
    effective_earth_radius_km
        Infinite for a flat Earth; the default belongs to a lapse rate of 45 N-units/km.

    Examples
    --------
    >>> import numpy as np
    >>> loss_db = bullington_loss_db(
    ...     np.array([0.0, 5.0, 10.0]), np.array([100.0, 300.0, 100.0]),
    ...     frequency_mhz=900.0, tx_height_m=40.0, rx_height_m=1.5,
    ... )
    >>> round(float(loss_db), 1)
    41.9
    """
    distance = np.asarray(distance_km, dtype=np.float64)
    ground = np.asarray(ground_m, dtype=np.float64)
    nu_root_lambda, _ = bullington_edge(
        distance,
        ground,
        float(ground[0] + tx_height_m),
        float(ground[-1] + rx_height_m),
        float(effective_earth_radius_km),
    )
    return bullington_db(nu_root_lambda, frequency_mhz / 1e3, float(distance[-1]))


@formula
def reflection_point_km(
    distance_km: float, tx_height_m: float, rx_height_m: float, earth_radius_km: float
) -> float:
    """Return how far from the transmitter the smooth Earth reflects, d_se1 of eq. (24)-(24e).

    cos(pi/3 + arccos(x)/3) of eq. (24c) is s with 3 s - 4 s^3 = x: a polynomial in
    sqrt((1 - |x|)/2), right to 2e-5, and one step of Newton's method.
    """
    per_height = 1.0 / (tx_height_m + rx_height_m)
    c = (tx_height_m - rx_height_m) * per_height
    m = (250.0 / earth_radius_km) * distance_km * distance_km * per_height
    fraction = 1.0 / (m + 1.0)
    root = math.sqrt(3.0 * m * fraction)
    x = 1.5 * c * root * fraction
    t = math.sqrt(max(0.5 - 0.5 * abs(x), 0.0))
    high = 0.01736428138803421 + t * (
        -0.27240791004037335 + t * (0.3686170137538951 - t * 0.27839322018033535)
    )
    s = 0.49999252093372 + t * (-0.5767896522486 + t * (-0.1210579125398800 + t * high))
    s -= (s * (3.0 - 4.0 * s * s) - abs(x)) / max(3.0 - 12.0 * s * s, 1e-3)
    b = 2.0 * (s if x >= 0.0 else -s) / root
    return 0.5 * distance_km * (1.0 + b)


@formula
def smooth_path(
    distance_km: float, tx_height_m: float, rx_height_m: float, earth_radius_km: float
) -> tuple[float, float, float, float]:
    """Return what the smooth-Earth path contributes whatever the frequency.

    (nu_root_lambda of the Bullington method over the smooth Earth, clearance h_se in m, required
    clearance h_req over the root of the wavelength, radius for the first term in km), eq. (22) to
    (26). Beyond the horizon the clearance is 0 and the required one infinite, which makes eq. (27)
    the whole first term. The edge follows the closed form that P.1812-6, Attachment 4 gives for a
    smooth path: at the point of reflection, or where both horizon rays meet.
    """
    curvature = 500.0 / earth_radius_km
    tx_root, rx_root = math.sqrt(tx_height_m), math.sqrt(rx_height_m)
    marginal = distance_km / (tx_root + rx_root)
    marginal_radius_km = 500.0 * marginal * marginal  # eq. (26)
    within = marginal_radius_km < earth_radius_km  # eq. (22): d < d_los
    bulge = curvature * distance_km
    steepness = 2.0 * math.sqrt(curvature)
    tx_slope, rx_slope = bulge - steepness * tx_root, bulge - steepness * rx_root
    slopes = tx_slope + rx_slope
    rise_m = rx_height_m - tx_height_m
    meeting_km = (rise_m + rx_slope * distance_km) / (slopes if slopes != 0.0 else 1.0)
    reflection_km = reflection_point_km(distance_km, tx_height_m, rx_height_m, earth_radius_km)
    point_km = reflection_km if within else meeting_km
    point_km = min(max(point_km, 1e-9 * distance_km), (1.0 - 1e-9) * distance_km)
    rest_km = distance_km - point_km
    per_distance = 1.0 / distance_km
    width_root = math.sqrt(point_km * rest_km * per_distance)
    line_m = rise_m * per_distance * point_km  # over the transmitter
    clearance_m = tx_height_m + line_m - curvature * point_km * rest_km  # eq. (23)
    above_m = -clearance_m if within else tx_slope * point_km - line_m
    return (
        math.sqrt(0.002) * above_m / width_root,
        clearance_m if within else 0.0,
        17.456 * width_root if within else np.inf,  # eq. (25)
        marginal_radius_km if within else earth_radius_km,
    )


@formula
def _height_gain_db(height: float, admittance_log: float) -> float:
    """Return G(Y) of eq. (34)-(35a); `height` is B, `admittance_log` 20 log10 K."""
    high = height > 2.0
    argument = height - 1.1 if high else height + 0.1 * height * height * height
    logarithm = log10(argument)
    root = math.sqrt(max(height - 1.1, 0.0))
    gain_db = 17.6 * root - 5.0 * logarithm - 8.0 if high else 20.0 * logarithm
    return max(gain_db, 2.0 + admittance_log)


@formula
def first_term_db(
    distance_km: float,
    tx_height_m: float,
    rx_height_m: float,
    radius_km: float,
    frequency_ghz: float,
    permittivity: float,
    conductivity: float,
    polarisation: int,
) -> float:
    """Return the first term of the diffraction over a spherical Earth, eq. (29)-(36)."""
    loss_tangent = 18.0 * conductivity / frequency_ghz
    ground = (permittivity - 1.0) ** 2 + loss_tangent**2
    scale_log2 = log2(radius_km * frequency_ghz) * (-1.0 / 3.0)
    scale = exp2(scale_log2)  # (a f)^(-1/3)
    admittance = 0.036**2 / math.sqrt(ground)
    admittance = (
        admittance * (permittivity**2 + loss_tangent**2) if polarisation == VERTICAL else admittance
    )
    k2 = admittance * scale * scale  # K squared, eq. (29a), (29b)
    beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
    x = 21.88 * beta * frequency_ghz * scale * scale * distance_km  # eq. (31)
    height_scale = 0.9575 * beta * beta * frequency_ghz * scale  # eq. (32), (35): B = beta Y
    x_log2 = log2(x)
    far_db = 11.0 + 3.010299956639812 * x_log2 - 17.6 * x
    near_db = -6.020599913279624 * x_log2 - 5.6488 * exp2(1.425 * x_log2)
    distance_db = far_db if x >= 1.6 else near_db  # eq. (33)
    k_log = 10.0 * log10(admittance) + 6.020599913279624 * scale_log2  # 20 log10 K
    return (
        -distance_db
        - _height_gain_db(height_scale * tx_height_m, k_log)
        - _height_gain_db(height_scale * rx_height_m, k_log)
    )


@formula
def spherical_earth_db(
    distance_km: float,
    tx_height_m: float,
    rx_height_m: float,
    clearance_m: float,
    required_root_m: float,
    radius_km: float,
    sea_share: float,
    frequency_ghz: float,
    polarisation: int,
) -> float:
    """Return the spherical-Earth loss L_dsph, eq. (22)-(28), from `smooth_path`'s quantities."""
    first_db = first_term_db(
        distance_km,
        tx_height_m,
        rx_height_m,
        radius_km,
        frequency_ghz,
        _LAND_PERMITTIVITY,
        _LAND_CONDUCTIVITY,
        polarisation,
    )
    if sea_share > 0.0:
        sea_db = first_term_db(
            distance_km,
            tx_height_m,
            rx_height_m,
            radius_km,
            frequency_ghz,
            _SEA_PERMITTIVITY,
            _SEA_CONDUCTIVITY,
            polarisation,
        )
        first_db = sea_share * sea_db + (1.0 - sea_share) * first_db
    required_m = required_root_m * math.sqrt(wavelength_m(frequency_ghz))
    missing = max(1.0 - clearance_m / required_m, 0.0)
    beyond = required_root_m == np.inf
    return first_db if beyond else missing * max(first_db, 0.0)


@formula
def delta_bullington_db(
    distance_km: float,
    terrain_edge: float,
    smooth_edge: float,
    spherical_db: float,
    frequency_ghz: float,
) -> float:
    """Return the complete diffraction loss L_d, eq. (39).

    Both edges are nu_root_lambda: of the terrain and of the smooth Earth.
    """
    smooth_db = bullington_db(smooth_edge, frequency_ghz, distance_km)
    correction_db = max(spherical_db - smooth_db, 0.0)
    return bullington_db(terrain_edge, frequency_ghz, distance_km) + correction_db
