"""Tropospheric scatter (ITU-R P.1812-6, Annex 1, §4.4)."""

from __future__ import annotations

from coverage.propagation._compile import formula
from coverage.propagation.numerics import exp2, log2, log10


@formula
def frequency_loss_db(frequency_ghz: float) -> float:
    """Return L_f of eq. (45)."""
    return 25.0 * log10(frequency_ghz) - 2.5 * log10(0.5 * frequency_ghz) ** 2


@formula
def path_loss_db(
    distance_km: float, path_angle_mrad: float, surface_refractivity: float, time_percent: float
) -> float:
    """Return the troposcatter loss without its frequency term: eq. (44) minus L_f.

    `surface_refractivity` is N_0, `path_angle_mrad` the angular distance of the path.
    """
    rarity = log10(50.0 / time_percent)
    time_db = 10.125 * exp2(0.7 * log2(rarity)) if rarity > 0.0 else 0.0
    return (
        190.1
        + 20.0 * log10(distance_km)
        + 0.573 * path_angle_mrad
        - 0.15 * surface_refractivity
        - time_db
    )
