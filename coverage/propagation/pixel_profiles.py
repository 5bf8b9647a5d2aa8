"""Path loss from one mast with each pixel's own terrain profile: the reference of the sweep."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import kernel
from coverage.propagation.atmosphere import ducting_incidence_percent, land_weight
from coverage.propagation.line_of_sight import free_space_db
from coverage.propagation.p1812 import (
    Climate,
    analyse,
    diffraction_db,
    median_location_loss_db,
)
from coverage.propagation.ray_paths import Link
from coverage.propagation.rays import sample

_FAR_FROM_COAST_KM = 500.0


@kernel
def profile_losses(
    terrain: NDArray[np.float32],
    surface: NDArray[np.float32],
    cells: int,
    reach: int,
    latitude_deg: float,
    link: Link,
    frequencies_ghz: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    loss: NDArray[np.float32],
) -> None:
    """Fill `loss` (frequency, pixel) around the middle of a square window.

    `terrain` and `surface` are as in `sweep.sweep`, `reach` is the squared radius in cells,
    `wanted` says which pixels to compute; those behind a void become NaN. A profile has one point
    per cell along its main axis.
    """
    side = 2 * cells + 1
    origin = cells * side + cells
    distance_km, level_m = np.empty(cells + 1), np.zeros(cells + 1)
    ground_m, surface_m = np.empty(cells + 1), np.empty(cells + 1)
    for down in range(-cells, cells + 1):
        for right in range(-cells, cells + 1):
            square = down * down + right * right
            pixel = origin + down * side + right
            if square > reach or square == 0 or not wanted[pixel]:
                continue
            vertical = abs(down) >= abs(right)
            last = abs(down) if vertical else abs(right)
            across = abs(right) if vertical else abs(down)
            row_step = side if down > 0 else -side
            col_step = 1 if right > 0 else -1
            major, minor = (row_step, col_step) if vertical else (col_step, row_step)
            if sample(terrain, origin, major, minor, across, last, last, ground_m) < last:
                loss[:, pixel] = np.nan
                continue
            sample(surface, origin, major, minor, across, last, last, surface_m)
            surface_m[last] = ground_m[last]
            total_km = link.resolution_km * math.sqrt(float(square))
            for i in range(last + 1):
                distance_km[i] = total_km * i / last
            path = analyse(
                distance_km[: last + 1],
                ground_m[: last + 1],
                surface_m[: last + 1],
                level_m[: last + 1],
                link.tx_m - link.ground_m,
                link.rx_height_m,
                link.earth_radius_km,
                link.time_percent,
            )
            tau = land_weight(total_km)
            climate = Climate(
                link.earth_radius_km,
                link.surface_refractivity,
                ducting_incidence_percent(latitude_deg, total_km, tau),
                0.0,
                tau,
                _FAR_FROM_COAST_KM,
                _FAR_FROM_COAST_KM,
            )
            for f in range(frequencies_ghz.size):
                if link.rare:
                    loss_db, least_db = median_location_loss_db(
                        path, climate, frequencies_ghz[f], link.time_percent, link.polarisation
                    )
                    loss[f, pixel] = max(loss_db, least_db)
                else:
                    loss[f, pixel] = free_space_db(
                        frequencies_ghz[f], path.slant_km2
                    ) + diffraction_db(
                        path, climate, link.earth_radius_km, frequencies_ghz[f], link.polarisation
                    )
