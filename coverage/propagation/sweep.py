"""Path loss from one mast to every pixel around it: P.1812 along shared rays.

`rays` walks the terrain and leaves a few numbers per pixel, `ray_paths` turns them into the
geometry of each path, `ray_losses` into decibels once per frequency.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import kernel
from coverage.propagation.atmosphere import DUCTING_EARTH_RADIUS_KM
from coverage.propagation.diffraction import FIRST_LOSS_NU, wavelength_m
from coverage.propagation.ray_losses import LOSS, WORK_SIZE, all_losses, diffraction_only
from coverage.propagation.ray_paths import (
    BETA_EDGE,
    EDGE,
    PATHS_SIZE,
    Link,
    describe_edges,
    describe_horizons,
    describe_paths,
    describe_rare_mechanisms,
    describe_smooth_beta,
)
from coverage.propagation.rays import (
    BLOCK,
    TRACE_SIZE,
    UNIT,
    Floats,
    Hull,
    Integers,
    refine_nearest,
    sample,
    trace_ray,
)

Heights = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Owned(NamedTuple):
    """Pixels of a ray: steps along it, squared distance in cells, elevation, place in window."""

    step: Integers
    square: Integers
    ground: Floats
    pixel: Integers


class Traces(NamedTuple):
    """What a ray tells of its pixels: over bare ground, over clutter, over the Earth of beta_0."""

    bare: Floats
    covered: Floats
    curved: Floats


@kernel
def find_owned(
    terrain: Heights,
    origin: int,
    major: int,
    minor: int,
    steps: Integers,
    acrosses: Integers,
    owned: Owned,
) -> int:
    """Fill `owned` with the ray's pixels of known elevation and return their number.

    `steps` and `acrosses` are its pixels from `ray_owners`; a step along the ray moves `major`
    cells of the flattened window, one across it `minor`.
    """
    count = 0
    for n in range(steps.size):
        i, k = steps[n], acrosses[n]
        here = origin + i * major + k * minor
        height_m = float(terrain[here])
        if not math.isnan(height_m):
            owned.step[count] = i
            owned.square[count] = i * i + k * k
            owned.ground[count] = height_m
            owned.pixel[count] = here
            count += 1
    return count


@kernel
def add_losses(
    count: int,
    owned: Owned,
    traces: Traces,
    link: Link,
    drop_m: float,
    beta_drop_m: float,
    table: Floats,
    frequencies_ghz: Floats,
    paths: Floats,
    work: Floats,
    loss: NDArray[np.float32],
) -> None:
    """Write the loss of the first `count` pixels of a ray at every frequency, block by block."""
    for first in range(0, count, BLOCK):
        size = min(count - first, BLOCK)
        at = first // BLOCK * TRACE_SIZE
        describe_paths(size, traces.bare[at:], link, drop_m, paths)
        if link.rare:
            describe_horizons(size, traces.bare[at:], link, drop_m, paths)
            describe_rare_mechanisms(size, traces.bare[at:], link, table, paths)
        if link.clutter:
            describe_edges(size, traces.covered[at:], link, drop_m, EDGE, paths)
        if link.time_percent < 50.0:
            describe_edges(size, traces.curved[at:], link, beta_drop_m, BETA_EDGE, paths)
            describe_smooth_beta(size, paths)
        for f in range(frequencies_ghz.size):
            if link.rare:
                all_losses(size, frequencies_ghz[f], link, paths, work)
            else:
                diffraction_only(size, frequencies_ghz[f], link, paths, work)
            for n in range(size):
                loss[f, owned.pixel[first + n]] = work[LOSS + n]


@kernel
def sweep(
    terrain: Heights,
    surface: Heights,
    cells: int,
    rises: Integers,
    first: Integers,
    owner_step: Integers,
    owner_across: Integers,
    table: Floats,
    link: Link,
    frequencies_ghz: Floats,
    guarded: Heights,
    doubtful: Flags,
    loss: NDArray[np.float32],
) -> None:
    """Fill `loss` (frequency, pixel) on the rays around the middle of a square window.

    `terrain` and `surface` are the flattened window of 2 `cells` + 1 pixels a side, NaN where
    unknown; `surface` holds the heights that obstruct. `rises` come from `ray_rises`, `first`,
    `owner_step` and `owner_across` from `ray_owners`, `table` from `distance_table`. Pixels that no
    ray reaches keep their value. `guarded` is the terrain without the cells beside a void, or empty
    where there is no void; pixels that lie behind such a cell are marked `doubtful`.
    """
    side = 2 * cells + 1
    room = (first[1:] - first[:-1]).max() + cells + 1
    origin = cells * side + cells
    inverse = np.zeros(room + 1)
    for i in range(1, room + 1):
        inverse[i] = 1.0 / i
    profile = np.empty(room)
    hull = Hull(np.empty(room, dtype=np.int64), np.empty(room), np.empty(room), np.empty(room))
    owned = Owned(
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty(room),
        np.empty(room, dtype=np.int64),
    )
    blocks = (room // BLOCK + 1) * TRACE_SIZE
    traces = Traces(np.empty(blocks), np.empty(blocks), np.empty(blocks))
    paths, work = np.empty(PATHS_SIZE), np.empty(WORK_SIZE)
    longest_wave_m = wavelength_m(frequencies_ghz.min())
    for octant in range(8):
        along_rows = octant < 4
        mirrored = octant % 2
        sign = 1 if octant % 4 < 2 else -1
        major = sign * side if along_rows else sign
        minor = (1 - 2 * mirrored) * (1 if along_rows else side)
        # Axis and diagonal rays belong to two octants each; one of them takes them.
        for ray in range(mirrored, rises.size if along_rows else rises.size - 1):
            own = slice(first[ray], first[ray + 1])
            count = find_owned(
                terrain, origin, major, minor, owner_step[own], owner_across[own], owned
            )
            if count == 0:
                continue
            step_km = link.resolution_km * math.sqrt(1.0 + (rises[ray] / UNIT) ** 2)
            drop_m = 500.0 / link.earth_radius_km * step_km * step_km
            clear = FIRST_LOSS_NU**2 * longest_wave_m * step_km / 0.002
            beta_drop_m = 500.0 / DUCTING_EARTH_RADIUS_KM * step_km * step_km
            last = owned.step[count - 1] - 1
            if guarded.size > 0:
                known = sample(guarded, origin, major, minor, rises[ray], UNIT, last, profile)
                for n in range(count):
                    if owned.step[n] > known:
                        doubtful[owned.pixel[n]] = True
            known = sample(terrain, origin, major, minor, rises[ray], UNIT, last, profile)
            count = trace_ray(
                profile, known, owned.step[:count], owned.square, owned.ground, link.ground_m,
                link.tx_m, link.rx_height_m, drop_m, inverse, hull, link.rare, traces.bare,
            )  # fmt: skip
            refine_nearest(
                count, profile, link.tx_m, link.rx_height_m, drop_m, inverse, clear, traces.bare
            )
            if link.clutter:
                known = sample(surface, origin, major, minor, rises[ray], UNIT, last, profile)
                trace_ray(
                    profile, known, owned.step[:count], owned.square, owned.ground, link.ground_m,
                    link.tx_m, link.rx_height_m, drop_m, inverse, hull, 0, traces.covered,
                )  # fmt: skip
                refine_nearest(
                    count,
                    profile,
                    link.tx_m,
                    link.rx_height_m,
                    drop_m,
                    inverse,
                    clear,
                    traces.covered,
                )
            if link.time_percent < 50.0:
                trace_ray(
                    profile, known, owned.step[:count], owned.square, owned.ground, link.ground_m,
                    link.tx_m, link.rx_height_m, beta_drop_m, inverse, hull, 0, traces.curved,
                )  # fmt: skip
                refine_nearest(
                    count,
                    profile,
                    link.tx_m,
                    link.rx_height_m,
                    beta_drop_m,
                    inverse,
                    clear,
                    traces.curved,
                )
            add_losses(
                count, owned, traces, link, drop_m, beta_drop_m, table, frequencies_ghz, paths,
                work, loss,
            )  # fmt: skip
