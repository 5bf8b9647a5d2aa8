"""Ducting and reflection from layers (ITU-R P.1812-6, Annex 1, §4.5).

The loss is A_f(f) + gamma_d(f) theta' + A(p): what depends on the path alone is computed once for
all frequencies.
"""

from __future__ import annotations

from coverage.propagation._compile import formula
from coverage.propagation.numerics import exp, exp2, log2, log10

_LOG10_E = 0.4342944819032518


@formula
def path_exponent(distance_km: float, tau: float) -> float:
    """Return alpha of eq. (55a), limited to -3.4."""
    return max(-0.6 - 3.5e-9 * exp2(3.1 * log2(distance_km)) * tau, -3.4)


@formula
def distance_exponent(distance_km: float) -> float:
    """Return 1e-6 d^1.13 of eq. (53a)."""
    return 1e-6 * exp2(1.13 * log2(distance_km))


@formula
def limited_angle_mrad(
    distance_km: float,
    tx_angle_mrad: float,
    rx_angle_mrad: float,
    tx_horizon_km: float,
    rx_horizon_km: float,
    earth_radius_km: float,
) -> float:
    """Return theta' of eq. (52) and (52a): the angular distance with limited horizon angles."""
    return (
        distance_km * (1e3 / earth_radius_km)
        + min(tx_angle_mrad, 0.1 * tx_horizon_km)
        + min(rx_angle_mrad, 0.1 * rx_horizon_km)
    )


@formula
def time_loss_db(
    distance_km: float,
    tx_height_m: float,
    rx_height_m: float,
    roughness_m: float,
    horizons_km: float,
    incidence_percent: float,
    alpha: float,
    distance_term: float,
    earth_radius_km: float,
    time_percent: float,
) -> float:
    """Return A(p), the dependence on time, eq. (53)-(56a).

    Heights are effective heights over the smooth Earth (m), `roughness_m` is h_m, `horizons_km` the
    sum of both horizon distances, `distance_term` comes from `distance_exponent`.
    """
    sum_of_roots = tx_height_m + rx_height_m + 2.0 * (tx_height_m * rx_height_m) ** 0.5
    mu2_log = alpha * log10(distance_km * distance_km * (500.0 / earth_radius_km) / sum_of_roots)
    between_km = min(distance_km - horizons_km, 40.0)
    mu3_log = -4.6e-5 * max(roughness_m - 10.0, 0.0) * (43.0 + 6.0 * between_km) * _LOG10_E
    beta_log = log10(incidence_percent) + min(mu2_log, 0.0) + mu3_log
    gamma = (
        1.076
        * exp2(-1.012 * log2(2.0058 - beta_log))
        * exp(-(9.51 - 4.8 * beta_log + 0.198 * beta_log * beta_log) * distance_term)
    )
    rarity_log = log10(time_percent) - beta_log
    return (
        -12.0
        + (1.2 + 3.7e-3 * distance_km) * rarity_log
        + 12.0 * exp2(3.321928094887362 * gamma * rarity_log)
    )


@formula
def site_shielding_db(frequency_ghz: float, angle_mrad: float, horizon_km: float) -> float:
    """Return A_st or A_sr, the diffraction loss at one terminal's horizon, eq. (48)."""
    excess = max(angle_mrad - 0.1 * horizon_km, 0.0)
    return 20.0 * log10(
        1.0 + 0.361 * excess * (frequency_ghz * horizon_km) ** 0.5
    ) + 0.264 * excess * exp2(log2(frequency_ghz) / 3.0)


@formula
def sea_coupling_db(
    coast_km: float, horizon_km: float, sea_share: float, antenna_amsl_m: float
) -> float:
    """Return A_ct or A_cr, the coupling of a terminal near the sea into ducts, eq. (49)."""
    near = (sea_share >= 0.75) and (coast_km <= horizon_km) and (coast_km <= 5.0)
    z = exp(2.0 * 0.07 * (50.0 - antenna_amsl_m))
    return -3.0 * exp(-0.25 * coast_km * coast_km) * (2.0 * z / (z + 1.0)) if near else 0.0


@formula
def low_frequency_db(frequency_ghz: float) -> float:
    """Return A_lf of eq. (47a), below 500 MHz."""
    return (
        45.375 - 137.0 * frequency_ghz + 92.5 * frequency_ghz * frequency_ghz
        if frequency_ghz < 0.5
        else 0.0
    )


@formula
def angular_attenuation_db_per_mrad(frequency_ghz: float, earth_radius_km: float) -> float:
    """Return gamma_d of eq. (51)."""
    return 5e-5 * earth_radius_km * exp2(log2(frequency_ghz) / 3.0)


@formula
def coupling_loss_db(
    frequency_ghz: float,
    tx_angle_mrad: float,
    rx_angle_mrad: float,
    tx_horizon_km: float,
    rx_horizon_km: float,
) -> float:
    """Return A_f without the sea terms, eq. (47)."""
    return (
        102.45
        + 20.0 * log10(frequency_ghz)
        + 20.0 * log10(tx_horizon_km + rx_horizon_km)
        + low_frequency_db(frequency_ghz)
        + site_shielding_db(frequency_ghz, tx_angle_mrad, tx_horizon_km)
        + site_shielding_db(frequency_ghz, rx_angle_mrad, rx_horizon_km)
    )
