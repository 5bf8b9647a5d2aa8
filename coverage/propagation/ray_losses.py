"""Path loss of a block of pixels at one frequency, in loops that the compiler vectorises.

The formulas are those of the reference model, `p1812`; every path runs over land.
"""

from __future__ import annotations

from coverage.propagation import ducting, troposcatter
from coverage.propagation._compile import kernel
from coverage.propagation.combination import (
    combined_db,
)
from coverage.propagation.diffraction import (
    delta_bullington_db,
    spherical_earth_db,
)
from coverage.propagation.line_of_sight import enhancement_db, free_space_db
from coverage.propagation.ray_paths import (
    BETA_EDGE,
    CLEARANCE,
    DISTANCE,
    EDGE,
    FI,
    FJ,
    FK,
    INCIDENCE,
    LIMITED_ANGLE,
    RADIUS,
    REQUIRED,
    RX_ANGLE,
    RX_HEIGHT,
    RX_HORIZON,
    SCATTER,
    SLANT,
    SMOOTH_EDGE,
    TIME_LOSS,
    TX_ANGLE,
    TX_HEIGHT,
    TX_HORIZON,
    Link,
)
from coverage.propagation.rays import (
    BLOCK,
    Floats,
)

# Rows of the room in which losses are computed
LOSS, MEDIAN, TIMELY, DUCT, WORK_SIZE = range(0, 5 * BLOCK, BLOCK)


@kernel
def diffraction_losses(
    count: int,
    earth: int,
    frequency_ghz: float,
    polarisation: int,
    row: int,
    paths: Floats,
    work: Floats,
) -> None:
    """Write the delta-Bullington loss to a row of `work`; `earth` is EDGE or BETA_EDGE."""
    for n in range(count):
        spherical_db = spherical_earth_db(
            paths[DISTANCE + n],
            paths[TX_HEIGHT + n],
            paths[RX_HEIGHT + n],
            paths[earth + CLEARANCE - EDGE + n],
            paths[earth + REQUIRED - EDGE + n],
            paths[earth + RADIUS - EDGE + n],
            0.0,
            frequency_ghz,
            polarisation,
        )
        work[row + n] = delta_bullington_db(
            paths[DISTANCE + n],
            paths[earth + n],
            paths[earth + SMOOTH_EDGE - EDGE + n],
            spherical_db,
            frequency_ghz,
        )


@kernel
def all_losses(
    count: int,
    frequency_ghz: float,
    link: Link,
    paths: Floats,
    work: Floats,
) -> None:
    """Write the loss by all mechanisms to row LOSS of `work`; the rest of `work` is room."""
    diffraction_losses(count, EDGE, frequency_ghz, link.polarisation, MEDIAN, paths, work)
    if link.time_percent < 50.0:
        diffraction_losses(count, BETA_EDGE, frequency_ghz, link.polarisation, TIMELY, paths, work)
        for n in range(count):
            work[TIMELY + n] = work[MEDIAN + n] + paths[FI + n] * (
                work[TIMELY + n] - work[MEDIAN + n]
            )
    else:
        for n in range(count):
            work[TIMELY + n] = work[MEDIAN + n]
    slope = ducting.angular_attenuation_db_per_mrad(frequency_ghz, link.earth_radius_km)
    for n in range(count):
        coupling_db = ducting.coupling_loss_db(
            frequency_ghz,
            paths[TX_ANGLE + n],
            paths[RX_ANGLE + n],
            paths[TX_HORIZON + n],
            paths[RX_HORIZON + n],
        )
        work[DUCT + n] = coupling_db + slope * paths[LIMITED_ANGLE + n] + paths[TIME_LOSS + n]
    frequency_db = troposcatter.frequency_loss_db(frequency_ghz)
    for n in range(count):
        space_db = free_space_db(frequency_ghz, paths[SLANT + n])
        horizons_km = paths[TX_HORIZON + n] + paths[RX_HORIZON + n]
        enhancement_p_db = enhancement_db(horizons_km, link.time_percent)
        loss_db = combined_db(
            space_db,
            enhancement_p_db,
            enhancement_db(horizons_km, paths[INCIDENCE + n]),
            work[MEDIAN + n],
            work[TIMELY + n],
            work[DUCT + n],
            frequency_db + paths[SCATTER + n],
            paths[FI + n],
            paths[FJ + n],
            paths[FK + n],
            0.0,
            link.time_percent,
            paths[INCIDENCE + n],
        )
        work[LOSS + n] = max(loss_db, space_db + enhancement_p_db)


@kernel
def diffraction_only(
    count: int, frequency_ghz: float, link: Link, paths: Floats, work: Floats
) -> None:
    """Write free space and diffraction alone to row LOSS of `work`."""
    diffraction_losses(count, EDGE, frequency_ghz, link.polarisation, MEDIAN, paths, work)
    for n in range(count):
        work[LOSS + n] = free_space_db(frequency_ghz, paths[SLANT + n]) + work[MEDIAN + n]
