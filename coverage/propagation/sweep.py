"""Path loss from one mast to every pixel around it: P.1812 along shared rays.

`rays` walks the terrain and leaves a few numbers per pixel. `describe_paths` turns them into the
geometry that P.1812 asks for and `add_losses` into decibels, once per frequency. Both are loops
that the compiler vectorises over the pixels of a ray; the formulas are those of the reference
model. What depends on the distance alone is looked up in a table.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coverage.propagation import ducting, troposcatter
from coverage.propagation._compile import formula, kernel
from coverage.propagation.atmosphere import (
    DUCTING_EARTH_RADIUS_KM,
    ducting_incidence_percent,
    land_weight,
)
from coverage.propagation.combination import (
    angle_interpolation,
    combined_db,
    distance_interpolation,
    time_interpolation,
)
from coverage.propagation.diffraction import (
    delta_bullington_db,
    edge_at,
    smooth_path,
    spherical_earth_db,
)
from coverage.propagation.line_of_sight import enhancement_db, free_space_db
from coverage.propagation.rays import (
    NEAREST_M,
    NEAREST_STEP,
    OBSTRUCTION,
    ROUGHNESS,
    RX_FIT,
    RX_SLOPE,
    RX_STEP,
    TRACE_ROWS,
    TX_FIT,
    TX_SLOPE,
    TX_STEP,
    Floats,
    Integers,
    sample,
    trace,
)
from coverage.propagation.smooth_earth import angle_mrad, diffraction_surface_m

# Rows of the paths: what the loss of a pixel depends on besides frequency
DISTANCE, SLANT = 0, 1
TX_HEIGHT, RX_HEIGHT = 2, 3  # effective heights for diffraction, m
EDGE, SMOOTH_EDGE, CLEARANCE, REQUIRED, RADIUS = 4, 5, 6, 7, 8  # median Earth
BETA_EDGE, BETA_SMOOTH_EDGE, BETA_CLEARANCE, BETA_REQUIRED, BETA_RADIUS = 9, 10, 11, 12, 13
TX_ANGLE, RX_ANGLE, TX_HORIZON, RX_HORIZON = 14, 15, 16, 17  # mrad and km
LIMITED_ANGLE, TIME_LOSS, SCATTER, FJ = 18, 19, 20, 21
INCIDENCE, FI, FK, ALPHA, DISTANCE_TERM = 22, 23, 24, 25, 26  # looked up by distance
PATH_ROWS = 27

_TABLE_PER_CELL = 8  # entries per cell of distance: the error in distance is 1/16 of a cell


@kernel
def distance_table(
    radius_cells: int, resolution_km: float, latitude_deg: float, time_percent: float
) -> Floats:
    """Return rows INCIDENCE to DISTANCE_TERM, one column per eighth of a cell of distance."""
    columns = (radius_cells + 2) * _TABLE_PER_CELL
    table = np.empty((PATH_ROWS - INCIDENCE, columns))
    for n in range(columns):
        distance_km = max(n, 1) * resolution_km / _TABLE_PER_CELL
        tau = land_weight(distance_km)
        incidence = ducting_incidence_percent(latitude_deg, distance_km, tau)
        table[0, n] = incidence
        table[FI - INCIDENCE, n] = time_interpolation(time_percent, incidence)
        table[FK - INCIDENCE, n] = distance_interpolation(distance_km)
        table[ALPHA - INCIDENCE, n] = ducting.path_exponent(distance_km, tau)
        table[DISTANCE_TERM - INCIDENCE, n] = ducting.distance_exponent(distance_km)
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
    rows: Floats,
    owned_step: Integers,
    owned_square: Integers,
    owned_ground: Floats,
    resolution_km: float,
    ground_m: float,
    tx_m: float,
    rx_height_m: float,
    curvature_m: float,
    earth_radius_km: float,
    paths: Floats,
) -> None:
    """Turn the first `count` columns of a trace into the geometry of P.1812, in `paths`."""
    for n in range(count):
        step = float(owned_step[n])
        distance_km = resolution_km * math.sqrt(float(owned_square[n]))
        step_km = distance_km / step
        pixel_m = owned_ground[n]
        rx_amsl_m = pixel_m + rx_height_m
        rx_m = rx_amsl_m - curvature_m * step * step
        direct = (rx_m - tx_m) / step
        flat = direct + curvature_m * step
        tx_slope, rx_slope = rows[TX_SLOPE, n], rows[RX_SLOPE, n]
        visible = tx_slope < direct
        paths[DISTANCE, n] = distance_km
        paths[SLANT, n] = distance_km * distance_km + 1e-6 * (tx_m - rx_amsl_m) * (tx_m - rx_amsl_m)
        paths[EDGE, n] = _edge(
            step, step_km, direct, tx_m, rx_m, tx_slope, rx_slope,
            rows[NEAREST_STEP, n], rows[NEAREST_M, n],
        )
        tx_surface_m, rx_surface_m = diffraction_surface_m(
            rows[TX_FIT, n],
            rows[RX_FIT, n],
            ground_m,
            pixel_m,
            rows[OBSTRUCTION, n],
            tx_slope + curvature_m * rows[TX_STEP, n] - flat,
            rx_slope - curvature_m * (step + rows[RX_STEP, n]) + flat,
        )
        paths[TX_HEIGHT, n] = tx_m - tx_surface_m
        paths[RX_HEIGHT, n] = rx_amsl_m - rx_surface_m
        edge, clearance_m, required_root_m, radius_km = smooth_path(
            distance_km, tx_m - tx_surface_m, rx_amsl_m - rx_surface_m, earth_radius_km
        )
        paths[SMOOTH_EDGE, n] = edge
        paths[CLEARANCE, n] = clearance_m
        paths[REQUIRED, n] = required_root_m
        paths[RADIUS, n] = radius_km
        tx_seen = direct if visible else tx_slope
        rx_seen = -direct if visible else rx_slope
        paths[TX_ANGLE, n] = angle_mrad(tx_seen / step_km)
        paths[RX_ANGLE, n] = angle_mrad((rx_seen - 2.0 * curvature_m * step) / step_km)
        tx_horizon = rows[NEAREST_STEP, n] if visible else rows[TX_STEP, n]
        rx_horizon = rows[NEAREST_STEP, n] if visible else rows[RX_STEP, n]
        paths[TX_HORIZON, n] = tx_horizon * step_km
        paths[RX_HORIZON, n] = (step - rx_horizon) * step_km


@kernel
def describe_edges(
    count: int,
    rows: Floats,
    owned_step: Integers,
    owned_square: Integers,
    owned_ground: Floats,
    resolution_km: float,
    tx_m: float,
    rx_height_m: float,
    curvature_m: float,
    edges: Floats,
) -> None:
    """Write only the Bullington edge of a trace, over clutter or over another Earth."""
    for n in range(count):
        step = float(owned_step[n])
        rx_m = owned_ground[n] + rx_height_m - curvature_m * step * step
        edges[n] = _edge(
            step,
            resolution_km * math.sqrt(float(owned_square[n])) / step,
            (rx_m - tx_m) / step,
            tx_m,
            rx_m,
            rows[TX_SLOPE, n],
            rows[RX_SLOPE, n],
            rows[NEAREST_STEP, n],
            rows[NEAREST_M, n],
        )


@kernel
def describe_smooth_beta(count: int, paths: Floats) -> None:
    """Write the smooth path for the Earth of beta_0 % of time."""
    for n in range(count):
        edge, clearance_m, required_root_m, radius_km = smooth_path(
            paths[DISTANCE, n], paths[TX_HEIGHT, n], paths[RX_HEIGHT, n], DUCTING_EARTH_RADIUS_KM
        )
        paths[BETA_SMOOTH_EDGE, n] = edge
        paths[BETA_CLEARANCE, n] = clearance_m
        paths[BETA_REQUIRED, n] = required_root_m
        paths[BETA_RADIUS, n] = radius_km


@kernel
def describe_rare_mechanisms(
    count: int,
    rows: Floats,
    owned_ground: Floats,
    ground_m: float,
    tx_m: float,
    rx_height_m: float,
    resolution_km: float,
    earth_radius_km: float,
    surface_refractivity: float,
    time_percent: float,
    table: Floats,
    paths: Floats,
) -> None:
    """Add to `paths` what ducting and troposcatter need whatever the frequency."""
    for n in range(count):
        column = int(paths[DISTANCE, n] * (_TABLE_PER_CELL / resolution_km) + 0.5)
        for row in range(PATH_ROWS - INCIDENCE):
            paths[INCIDENCE + row, n] = table[row, column]
    for n in range(count):
        paths[TIME_LOSS, n] = ducting.time_loss_db(
            paths[DISTANCE, n],
            tx_m - min(rows[TX_FIT, n], ground_m),
            owned_ground[n] + rx_height_m - min(rows[RX_FIT, n], owned_ground[n]),
            rows[ROUGHNESS, n],
            paths[TX_HORIZON, n] + paths[RX_HORIZON, n],
            paths[INCIDENCE, n],
            paths[ALPHA, n],
            paths[DISTANCE_TERM, n],
            earth_radius_km,
            time_percent,
        )
    for n in range(count):
        paths[LIMITED_ANGLE, n] = ducting.limited_angle_mrad(
            paths[DISTANCE, n],
            paths[TX_ANGLE, n],
            paths[RX_ANGLE, n],
            paths[TX_HORIZON, n],
            paths[RX_HORIZON, n],
            earth_radius_km,
        )
        path_angle_mrad = (
            1e3 * paths[DISTANCE, n] / earth_radius_km + paths[TX_ANGLE, n] + paths[RX_ANGLE, n]
        )
        paths[FJ, n] = angle_interpolation(path_angle_mrad)
        paths[SCATTER, n] = troposcatter.path_loss_db(
            paths[DISTANCE, n], path_angle_mrad, surface_refractivity, time_percent
        )


@kernel
def diffraction_losses(
    count: int, first_row: int, frequency_ghz: float, polarisation: int, paths: Floats, loss: Floats
) -> None:
    """Write the delta-Bullington loss; `first_row` is EDGE or BETA_EDGE."""
    for n in range(count):
        spherical_db = spherical_earth_db(
            paths[DISTANCE, n],
            paths[TX_HEIGHT, n],
            paths[RX_HEIGHT, n],
            paths[first_row + CLEARANCE - EDGE, n],
            paths[first_row + REQUIRED - EDGE, n],
            paths[first_row + RADIUS - EDGE, n],
            0.0,
            frequency_ghz,
            polarisation,
        )
        loss[n] = delta_bullington_db(
            paths[DISTANCE, n],
            paths[first_row, n],
            paths[first_row + SMOOTH_EDGE - EDGE, n],
            spherical_db,
            frequency_ghz,
        )


@kernel
def all_losses(
    count: int,
    frequency_ghz: float,
    time_percent: float,
    earth_radius_km: float,
    polarisation: int,
    paths: Floats,
    work: Floats,
) -> None:
    """Write the loss by all mechanisms to `work[0]`; the rest of `work` is room."""
    median, timely, duct = work[1], work[2], work[3]
    diffraction_losses(count, EDGE, frequency_ghz, polarisation, paths, median)
    if time_percent < 50.0:
        diffraction_losses(count, BETA_EDGE, frequency_ghz, polarisation, paths, timely)
        for n in range(count):
            timely[n] = median[n] + paths[FI, n] * (timely[n] - median[n])
    else:
        for n in range(count):
            timely[n] = median[n]
    slope = ducting.angular_attenuation_db_per_mrad(frequency_ghz, earth_radius_km)
    for n in range(count):
        coupling_db = ducting.coupling_loss_db(
            frequency_ghz,
            paths[TX_ANGLE, n],
            paths[RX_ANGLE, n],
            paths[TX_HORIZON, n],
            paths[RX_HORIZON, n],
        )
        duct[n] = coupling_db + slope * paths[LIMITED_ANGLE, n] + paths[TIME_LOSS, n]
    frequency_db = troposcatter.frequency_loss_db(frequency_ghz)
    for n in range(count):
        space_db = free_space_db(frequency_ghz, paths[SLANT, n])
        horizons_km = paths[TX_HORIZON, n] + paths[RX_HORIZON, n]
        enhancement_p_db = enhancement_db(horizons_km, time_percent)
        loss_db = combined_db(
            space_db,
            enhancement_p_db,
            enhancement_db(horizons_km, paths[INCIDENCE, n]),
            median[n],
            timely[n],
            duct[n],
            frequency_db + paths[SCATTER, n],
            paths[FI, n],
            paths[FJ, n],
            paths[FK, n],
            0.0,
            time_percent,
            paths[INCIDENCE, n],
        )
        work[0, n] = max(loss_db, space_db + enhancement_p_db)


@kernel
def diffraction_only(
    count: int, frequency_ghz: float, polarisation: int, paths: Floats, work: Floats
) -> None:
    """Write free space and diffraction alone to `work[0]`."""
    diffraction_losses(count, EDGE, frequency_ghz, polarisation, paths, work[1])
    for n in range(count):
        work[0, n] = free_space_db(frequency_ghz, paths[SLANT, n]) + work[1, n]


@kernel
def sweep(
    terrain: NDArray[np.float32],
    surface: NDArray[np.float32],
    clutter: bool,
    cells: int,
    reach: int,
    first: Integers,
    owner_step: Integers,
    owner_across: Integers,
    table: Floats,
    resolution_km: float,
    tx_height_m: float,
    rx_height_m: float,
    frequencies_ghz: Floats,
    time_percent: float,
    surface_refractivity: float,
    earth_radius_km: float,
    polarisation: int,
    mechanisms: int,
    loss: NDArray[np.float32],
) -> None:
    """Fill `loss` (frequency, pixel) on the rays around the middle of a square window.

    `terrain` and `surface` are the flattened window of 2 `cells` + 1 pixels a side, NaN where
    unknown; `surface` is used where `clutter` is set. `first`, `owner_step` and `owner_across` come
    from `ray_owners`, `table` from `distance_table`. `mechanisms` is 1 for all, 0 for diffraction
    alone. Pixels that no ray reaches keep their value.
    """
    side = 2 * cells + 1
    origin = cells * side + cells
    ground_m = float(terrain[origin])
    tx_m = ground_m + tx_height_m
    inverse = np.zeros(cells + 2)
    for i in range(1, cells + 2):
        inverse[i] = 1.0 / i
    profile, heights, slopes = np.empty(cells + 1), np.empty(cells + 1), np.empty(cells + 1)
    steps = np.empty(cells + 1, dtype=np.int64)
    step, square = np.empty(cells + 1, dtype=np.int64), np.empty(cells + 1, dtype=np.int64)
    pixel, ground = np.empty(cells + 1, dtype=np.int64), np.empty(cells + 1)
    rows, paths, work = (
        np.empty((TRACE_ROWS, cells + 1)),
        np.empty((PATH_ROWS, cells + 1)),
        np.empty((4, cells + 1)),
    )
    for octant in range(8):
        along_rows = octant < 4
        mirrored = octant % 2
        sign = 1 if octant % 4 < 2 else -1
        major = sign * side if along_rows else sign
        minor = (1 - 2 * mirrored) * (1 if along_rows else side)
        # Axis and diagonal rays belong to two octants each; one of them takes them.
        for ray in range(mirrored, cells + 1 if along_rows else cells):
            count = 0
            last = 0
            for n in range(first[ray], first[ray + 1]):
                i, k = owner_step[n], owner_across[n]
                last = i
                here = origin + i * major + k * minor
                if not math.isnan(terrain[here]):
                    step[count], square[count], pixel[count] = i, i * i + k * k, here
                    ground[count] = terrain[here]
                    count += 1
            if count == 0:
                continue
            step_km = resolution_km * math.sqrt(1.0 + (ray / cells) ** 2)
            drop_m = 500.0 / earth_radius_km * step_km * step_km
            known = sample(terrain, origin, major, minor, ray, cells, last - 1, profile)
            count = trace(
                profile, known, step[:count], ground, ground_m, tx_m, rx_height_m, drop_m,
                inverse, steps, heights, slopes, rows,
            )
            describe_paths(
                count, rows, step, square, ground, resolution_km, ground_m, tx_m, rx_height_m,
                drop_m, earth_radius_km, paths,
            )
            if mechanisms:
                describe_rare_mechanisms(
                    count, rows, ground, ground_m, tx_m, rx_height_m, resolution_km,
                    earth_radius_km, surface_refractivity, time_percent, table, paths,
                )
            if clutter:
                known = sample(surface, origin, major, minor, ray, cells, last - 1, profile)
                count = trace(
                    profile, known, step[:count], ground, ground_m, tx_m, rx_height_m, drop_m,
                    inverse, steps, heights, slopes, rows,
                )
                describe_edges(
                    count, rows, step, square, ground, resolution_km, tx_m, rx_height_m, drop_m,
                    paths[EDGE],
                )
            if time_percent < 50.0:
                beta_m = 500.0 / DUCTING_EARTH_RADIUS_KM * step_km * step_km
                count = trace(
                    profile, known, step[:count], ground, ground_m, tx_m, rx_height_m, beta_m,
                    inverse, steps, heights, slopes, rows,
                )
                describe_edges(
                    count, rows, step, square, ground, resolution_km, tx_m, rx_height_m, beta_m,
                    paths[BETA_EDGE],
                )
                describe_smooth_beta(count, paths)
            for f in range(frequencies_ghz.size):
                if mechanisms:
                    all_losses(
                        count, frequencies_ghz[f], time_percent, earth_radius_km, polarisation,
                        paths, work,
                    )
                else:
                    diffraction_only(count, frequencies_ghz[f], polarisation, paths, work)
                for n in range(count):
                    loss[f, pixel[n]] = work[0, n]
