"""Which pixels see a mast's antenna over the terrain."""

from __future__ import annotations

import math

import numpy as np

from coverage.propagation._compile import kernel
from coverage.propagation.rays import UNIT, Integers, sample
from coverage.propagation.sweep import Flags, Heights


@kernel
def seen_pixels(
    terrain: Heights,
    cells: int,
    rises: Integers,
    first: Integers,
    owner_step: Integers,
    owner_across: Integers,
    tx_m: float,
    rx_height_m: float,
    resolution_m: float,
    earth_radius_m: float,
    known: Flags,
    seen: Flags,
) -> None:
    """Mark the pixels of a square window whose path is `known`, and those with line of sight.

    On the shared rays of the sweep (`ray_rises`, `ray_owners`), over the effective Earth: a pixel
    is seen where its antenna stands no lower than every line from the mast's antenna over the
    terrain before it.
    """
    side = 2 * cells + 1
    origin = cells * side + cells
    room = (first[1:] - first[:-1]).max() + cells + 1
    profile = np.empty(room)
    for octant in range(8):
        along_rows = octant < 4
        mirrored = octant % 2
        sign = 1 if octant % 4 < 2 else -1
        major = sign * side if along_rows else sign
        minor = (1 - 2 * mirrored) * (1 if along_rows else side)
        for ray in range(mirrored, rises.size if along_rows else rises.size - 1):
            begin, end = first[ray], first[ray + 1]
            if begin == end:
                continue
            step_m = resolution_m * math.sqrt(1.0 + (rises[ray] / UNIT) ** 2)
            drop_m = step_m * step_m / (2.0 * earth_radius_m)
            last = sample(
                terrain, origin, major, minor, rises[ray], UNIT, owner_step[end - 1] - 1, profile
            )
            steepest, at = -np.inf, 0
            for n in range(begin, end):
                step = owner_step[n]
                if step > last + 1:
                    break
                while at < step - 1:
                    at += 1
                    slope = (profile[at] - drop_m * at * at - tx_m) / at
                    steepest = max(steepest, slope)
                here = origin + step * major + owner_across[n] * minor
                ground_m = float(terrain[here])
                if math.isnan(ground_m):
                    continue
                known[here] = True
                seen[here] = (
                    ground_m + rx_height_m - drop_m * step * step - tx_m
                ) / step >= steepest
