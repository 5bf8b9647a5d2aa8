"""Path loss from one mast to every pixel around it: P.1812 along shared rays.

`rays` walks the terrain and leaves a few numbers per pixel, `ray_paths` turns them into the
geometry of each path, `ray_losses` into decibels once per frequency.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import kernel
from coverage.propagation.atmosphere import (
    DUCTING_EARTH_RADIUS_KM,
)
from coverage.propagation.ray_losses import LOSS, WORK_SIZE, all_losses, diffraction_only
from coverage.propagation.ray_paths import (
    BETA_EDGE,
    EDGE,
    PATHS_SIZE,
    describe_edges,
    describe_paths,
    describe_rare_mechanisms,
    describe_smooth_beta,
)
from coverage.propagation.rays import (
    BLOCK,
    TRACE_SIZE,
    Floats,
    Integers,
    sample,
    trace_ray,
)


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
    profile, heights = np.empty(cells + 1), np.empty(cells + 1)
    slopes, offsets = np.empty(cells + 1), np.empty(cells + 1)
    steps = np.empty(cells + 1, dtype=np.int64)
    step, square = np.empty(cells + 1, dtype=np.int64), np.empty(cells + 1, dtype=np.int64)
    pixel, ground = np.empty(cells + 1, dtype=np.int64), np.empty(cells + 1)
    most_blocks = cells // BLOCK + 1
    bare, covered = np.empty(most_blocks * TRACE_SIZE), np.empty(most_blocks * TRACE_SIZE)
    curved = np.empty(most_blocks * TRACE_SIZE)
    paths, work = np.empty(PATHS_SIZE), np.empty(WORK_SIZE)
    for octant in range(8):
        along_rows = octant < 4
        mirrored = octant % 2
        sign = 1 if octant % 4 < 2 else -1
        major = sign * side if along_rows else sign
        minor = (1 - 2 * mirrored) * (1 if along_rows else side)
        # Axis and diagonal rays belong to two octants each; one of them takes them.
        for ray in range(mirrored, cells + 1 if along_rows else cells):
            count = 0
            for n in range(first[ray], first[ray + 1]):
                i, k = owner_step[n], owner_across[n]
                here = origin + i * major + k * minor
                if not math.isnan(terrain[here]):
                    step[count], square[count], pixel[count] = i, i * i + k * k, here
                    ground[count] = terrain[here]
                    count += 1
            if count == 0:
                continue
            step_km = resolution_km * math.sqrt(1.0 + (ray / cells) ** 2)
            drop_m = 500.0 / earth_radius_km * step_km * step_km
            beta_drop_m = 500.0 / DUCTING_EARTH_RADIUS_KM * step_km * step_km
            last = step[count - 1] - 1
            known = sample(terrain, origin, major, minor, ray, cells, last, profile)
            count = trace_ray(
                profile, known, step[:count], square, ground, ground_m, tx_m, rx_height_m, drop_m,
                inverse, steps, heights, slopes, offsets, bare,
            )  # fmt: skip
            if clutter:
                known = sample(surface, origin, major, minor, ray, cells, last, profile)
                trace_ray(
                    profile, known, step[:count], square, ground, ground_m, tx_m, rx_height_m,
                    drop_m, inverse, steps, heights, slopes, offsets, covered,
                )  # fmt: skip
            if time_percent < 50.0:
                trace_ray(
                    profile, known, step[:count], square, ground, ground_m, tx_m, rx_height_m,
                    beta_drop_m, inverse, steps, heights, slopes, offsets, curved,
                )  # fmt: skip
            for block in range((count + BLOCK - 1) // BLOCK):
                size = min(count - block * BLOCK, BLOCK)
                at = block * TRACE_SIZE
                describe_paths(
                    size, bare[at:], resolution_km, ground_m, tx_m, rx_height_m, drop_m,
                    earth_radius_km, paths,
                )  # fmt: skip
                if mechanisms:
                    describe_rare_mechanisms(
                        size, bare[at:], ground_m, tx_m, rx_height_m, resolution_km,
                        earth_radius_km, surface_refractivity, time_percent, table, paths,
                    )  # fmt: skip
                if clutter:
                    describe_edges(
                        size, covered[at:], resolution_km, tx_m, rx_height_m, drop_m, EDGE, paths
                    )
                if time_percent < 50.0:
                    describe_edges(
                        size, curved[at:], resolution_km, tx_m, rx_height_m, beta_drop_m,
                        BETA_EDGE, paths,
                    )  # fmt: skip
                    describe_smooth_beta(size, paths)
                for f in range(frequencies_ghz.size):
                    if mechanisms:
                        all_losses(
                            size, frequencies_ghz[f], time_percent, earth_radius_km, polarisation,
                            paths, work,
                        )  # fmt: skip
                    else:
                        diffraction_only(size, frequencies_ghz[f], polarisation, paths, work)
                    for n in range(size):
                        loss[f, pixel[block * BLOCK + n]] = work[LOSS + n]
