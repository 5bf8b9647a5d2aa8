"""From what a ray saw of its pixels to the path geometry that P.1812 asks for.

Every loop runs over the pixels of one block and is arithmetic only, so that the compiler vectorises
it. What depends on the distance alone is looked up in a table.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from coverage.propagation import ducting, troposcatter
from coverage.propagation._compile import formula, kernel
from coverage.propagation.atmosphere import (
    DUCTING_EARTH_RADIUS_KM,
    ducting_incidence_percent,
    land_weight,
)
from coverage.propagation.combination import (
    angle_interpolation,
    distance_interpolation,
    time_interpolation,
)
from coverage.propagation.diffraction import (
    edge_at,
    smooth_path,
)
from coverage.propagation.rays import (
    AREA,
    BLOCK,
    GROUND,
    MOMENT,
    NEAREST_M,
    NEAREST_STEP,
    OBSTRUCTION,
    ROUGHNESS,
    RX_SLOPE,
    RX_STEP,
    SQUARE,
    STEP,
    TX_SLOPE,
    TX_STEP,
    Floats,
)
from coverage.propagation.smooth_earth import angle_mrad, diffraction_surface_m, fitted_heights_m

# A block of paths holds, in rows as `rays` has them, what the loss of its pixels depends on besides
# frequency. Heights are effective heights for diffraction (m), angles are in mrad, horizons in km.
(
    DISTANCE, SLANT, TX_HEIGHT, RX_HEIGHT,
    EDGE, SMOOTH_EDGE, CLEARANCE, REQUIRED, RADIUS,  # for the median Earth
    BETA_EDGE, BETA_SMOOTH_EDGE, BETA_CLEARANCE, BETA_REQUIRED, BETA_RADIUS,
    TX_ANGLE, RX_ANGLE, TX_HORIZON, RX_HORIZON,
    LIMITED_ANGLE, TIME_LOSS, SCATTER, FJ,
    INCIDENCE, FI, FK, ALPHA, DISTANCE_TERM,  # looked up by distance
    PATHS_SIZE,
) = range(0, 28 * BLOCK, BLOCK)  # fmt: skip
_TABULATED = (PATHS_SIZE - INCIDENCE) // BLOCK


class Link(NamedTuple):
    """What all paths of one mast share. Heights above sea level: the mast's ground, its antenna."""

    ground_m: float
    tx_m: float
    rx_height_m: float
    resolution_km: float
    earth_radius_km: float
    surface_refractivity: float
    time_percent: float
    polarisation: int
    clutter: int  # 1 where heights that obstruct differ from the ground
    rare: int  # 1 to include ducting and troposcatter, 0 for diffraction alone


_TABLE_PER_CELL = 8  # entries per cell of distance: the error in distance is 1/16 of a cell


@kernel
def distance_table(
    radius_cells: int, resolution_km: float, latitude_deg: float, time_percent: float
) -> Floats:
    """Return rows INCIDENCE to DISTANCE_TERM, one column per eighth of a cell of distance."""
    columns = (radius_cells + 2) * _TABLE_PER_CELL
    table = np.empty((_TABULATED, columns))
    for n in range(columns):
        distance_km = max(n, 1) * resolution_km / _TABLE_PER_CELL
        tau = land_weight(distance_km)
        incidence = ducting_incidence_percent(latitude_deg, distance_km, tau)
        table[0, n] = incidence
        table[(FI - INCIDENCE) // BLOCK, n] = time_interpolation(time_percent, incidence)
        table[(FK - INCIDENCE) // BLOCK, n] = distance_interpolation(distance_km)
        table[(ALPHA - INCIDENCE) // BLOCK, n] = ducting.path_exponent(distance_km, tau)
        table[(DISTANCE_TERM - INCIDENCE) // BLOCK, n] = ducting.distance_exponent(distance_km)
    return table


@formula
def _edge(
    step: float,
    step_km: float,
    direct: float,
    tx_m: float,
    rx_m: float,
    tx_slope: float,
    rx_slope: float,
    nearest_step: float,
    nearest_m: float,
) -> float:
    """Return nu_root_lambda of the Bullington edge of a pixel, as `diffraction.bullington_edge`."""
    visible = tx_slope < direct
    slopes = tx_slope + rx_slope
    meeting = (rx_m - tx_m + rx_slope * step) / (slopes if slopes > 0.0 else 1.0)
    point = nearest_step if visible else meeting
    above_m = nearest_m if visible else (tx_slope - direct) * meeting
    return edge_at(point * step_km, above_m, step * step_km)


@kernel
def describe_paths(
    count: int,
    trace: Floats,
    link: Link,
    curvature_m: float,
    paths: Floats,
) -> None:
    """Turn the first `count` columns of a trace into the geometry of P.1812, in `paths`."""
    for n in range(count):
        step = trace[STEP + n]
        distance_km = link.resolution_km * math.sqrt(trace[SQUARE + n])
        per_step = 1.0 / step
        step_km = distance_km * per_step
        pixel_m = trace[GROUND + n]
        rx_amsl_m = pixel_m + link.rx_height_m
        rx_m = rx_amsl_m - curvature_m * step * step
        direct = (rx_m - link.tx_m) * per_step
        flat = direct + curvature_m * step
        tx_slope, rx_slope = trace[TX_SLOPE + n], trace[RX_SLOPE + n]
        paths[DISTANCE + n] = distance_km
        paths[SLANT + n] = distance_km * distance_km + 1e-6 * (link.tx_m - rx_amsl_m) * (
            link.tx_m - rx_amsl_m
        )
        paths[EDGE + n] = _edge(
            step,
            step_km,
            direct,
            link.tx_m,
            rx_m,
            tx_slope,
            rx_slope,
            trace[NEAREST_STEP + n],
            trace[NEAREST_M + n],
        )
        tx_fit_m, rx_fit_m = fitted_heights_m(step, trace[AREA + n], trace[MOMENT + n])
        tx_surface_m, rx_surface_m = diffraction_surface_m(
            tx_fit_m,
            rx_fit_m,
            link.ground_m,
            pixel_m,
            trace[OBSTRUCTION + n],
            tx_slope + curvature_m * trace[TX_STEP + n] - flat,
            rx_slope - curvature_m * (step + trace[RX_STEP + n]) + flat,
        )
        paths[TX_HEIGHT + n] = link.tx_m - tx_surface_m
        paths[RX_HEIGHT + n] = rx_amsl_m - rx_surface_m
        edge, clearance_m, required_root_m, radius_km = smooth_path(
            distance_km, link.tx_m - tx_surface_m, rx_amsl_m - rx_surface_m, link.earth_radius_km
        )
        paths[SMOOTH_EDGE + n] = edge
        paths[CLEARANCE + n] = clearance_m
        paths[REQUIRED + n] = required_root_m
        paths[RADIUS + n] = radius_km


@kernel
def describe_horizons(
    count: int, trace: Floats, link: Link, curvature_m: float, paths: Floats
) -> None:
    """Add the horizon angles and distances of both antennas, eq. (76)-(83a)."""
    for n in range(count):
        step = trace[STEP + n]
        step_km = paths[DISTANCE + n] / step
        per_step_km = 1.0 / step_km
        rx_m = trace[GROUND + n] + link.rx_height_m - curvature_m * step * step
        direct = (rx_m - link.tx_m) / step
        visible = trace[TX_SLOPE + n] < direct
        tx_slope = direct if visible else trace[TX_SLOPE + n]
        rx_slope = -direct if visible else trace[RX_SLOPE + n]
        paths[TX_ANGLE + n] = angle_mrad(tx_slope * per_step_km)
        paths[RX_ANGLE + n] = angle_mrad((rx_slope - 2.0 * curvature_m * step) * per_step_km)
        tx_step = trace[NEAREST_STEP + n] if visible else trace[TX_STEP + n]
        rx_step = trace[NEAREST_STEP + n] if visible else trace[RX_STEP + n]
        paths[TX_HORIZON + n] = tx_step * step_km
        paths[RX_HORIZON + n] = (step - rx_step) * step_km


@kernel
def describe_edges(
    count: int,
    trace: Floats,
    link: Link,
    curvature_m: float,
    row: int,
    paths: Floats,
) -> None:
    """Write the Bullington edge of a trace over clutter or another Earth to a row of `paths`."""
    for n in range(count):
        step = trace[STEP + n]
        rx_m = trace[GROUND + n] + link.rx_height_m - curvature_m * step * step
        paths[row + n] = _edge(
            step,
            link.resolution_km * math.sqrt(trace[SQUARE + n]) / step,
            (rx_m - link.tx_m) / step,
            link.tx_m,
            rx_m,
            trace[TX_SLOPE + n],
            trace[RX_SLOPE + n],
            trace[NEAREST_STEP + n],
            trace[NEAREST_M + n],
        )


@kernel
def describe_smooth_beta(count: int, paths: Floats) -> None:
    """Write the smooth path for the Earth of beta_0 % of time."""
    for n in range(count):
        edge, clearance_m, required_root_m, radius_km = smooth_path(
            paths[DISTANCE + n], paths[TX_HEIGHT + n], paths[RX_HEIGHT + n], DUCTING_EARTH_RADIUS_KM
        )
        paths[BETA_SMOOTH_EDGE + n] = edge
        paths[BETA_CLEARANCE + n] = clearance_m
        paths[BETA_REQUIRED + n] = required_root_m
        paths[BETA_RADIUS + n] = radius_km


@kernel
def describe_rare_mechanisms(
    count: int,
    trace: Floats,
    link: Link,
    table: Floats,
    paths: Floats,
) -> None:
    """Add to `paths` what ducting and troposcatter need whatever the frequency."""
    for n in range(count):
        column = int(paths[DISTANCE + n] * (_TABLE_PER_CELL / link.resolution_km) + 0.5)
        for row in range(_TABULATED):
            paths[INCIDENCE + row * BLOCK + n] = table[row, column]
    for n in range(count):
        tx_fit_m, rx_fit_m = fitted_heights_m(trace[STEP + n], trace[AREA + n], trace[MOMENT + n])
        paths[TIME_LOSS + n] = ducting.time_loss_db(
            paths[DISTANCE + n],
            link.tx_m - min(tx_fit_m, link.ground_m),
            trace[GROUND + n] + link.rx_height_m - min(rx_fit_m, trace[GROUND + n]),
            trace[ROUGHNESS + n],
            paths[TX_HORIZON + n] + paths[RX_HORIZON + n],
            paths[INCIDENCE + n],
            paths[ALPHA + n],
            paths[DISTANCE_TERM + n],
            link.earth_radius_km,
            link.time_percent,
        )
    for n in range(count):
        paths[LIMITED_ANGLE + n] = ducting.limited_angle_mrad(
            paths[DISTANCE + n],
            paths[TX_ANGLE + n],
            paths[RX_ANGLE + n],
            paths[TX_HORIZON + n],
            paths[RX_HORIZON + n],
            link.earth_radius_km,
        )
        path_angle_mrad = (
            paths[DISTANCE + n] * (1e3 / link.earth_radius_km)
            + paths[TX_ANGLE + n]
            + paths[RX_ANGLE + n]
        )
        paths[FJ + n] = angle_interpolation(path_angle_mrad)
        paths[SCATTER + n] = troposcatter.path_loss_db(
            paths[DISTANCE + n], path_angle_mrad, link.surface_refractivity, link.time_percent
        )
