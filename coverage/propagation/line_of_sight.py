"""Free space with short-term enhancement (ITU-R P.1812-6, Annex 1, §4.2)."""

from __future__ import annotations

from coverage.propagation._compile import formula
from coverage.propagation.numerics import exp, log10


@formula
def free_space_db(frequency_ghz: float, slant_km2: float) -> float:
    """Return L_bfs, eq. (8), from the square of the distance between the antennas (8a), km²."""
    return 92.4 + 20.0 * log10(frequency_ghz) + 10.0 * log10(slant_km2)


@formula
def enhancement_db(horizons_km: float, percent: float) -> float:
    """Return E_sp or E_sb, multipath and focusing, eq. (9a) and (9b); at most zero up to 50 %.

    `horizons_km` is the sum of the distances of both horizons.
    """
    return 2.6 * (1.0 - exp(-0.1 * horizons_km)) * log10(0.02 * percent)
