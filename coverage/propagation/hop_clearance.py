"""How much room a microwave hop leaves over the ground, for many hops at once, compiled.

At every sample of the path, with d1 and d2 the distances to its ends in metres,

    room = sight − (ground + clutter) − d1·d2 / (2·k·a) − share · F1,   F1 = sqrt(λ·d1·d2 / d)

must not be negative for any rule (k, share): ITU-R P.530 (path clearance), P.526 eq. (2) for F1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from coverage.propagation._compile import kernel
from coverage.propagation.atmosphere import EARTH_RADIUS_KM

_EARTH_RADIUS_M = EARTH_RADIUS_KM * 1000.0
_LIGHT_SPEED_M_MHZ = 299.792458

Values = np.ndarray[Any, np.dtype[np.float64]]


@kernel
def hop_rooms_m(
    terrain_m: np.ndarray[Any, np.dtype[np.float32]],
    clutter_m: np.ndarray[Any, np.dtype[np.float32]],
    resolution_m: float,
    ends: Values,
    heights_m: Values,
    frequency_mhz: Values,
    rules: Values,
    give_up_m: float,
) -> Values:
    """Return the least room of each hop in metres; NaN where unknown terrain leaves it open.

    Parameters
    ----------
    terrain_m, clutter_m
        Ground (rows, columns), NaN where not known, and what stands on it; an empty clutter counts
        as none. Clutter does not count within a cell of the masts, which stand clear of it.
    ends
        (n, 4): column and row of the start, column and row of the end, with fractions.
    heights_m, frequency_mhz
        (n, 2) antenna heights above ground at both ends; (n,) frequencies.
    rules
        (r, 3): effective-earth factor, share of the first Fresnel zone, least length in metres of
        the hops the rule is for.
    give_up_m
        A hop with less room than this is not followed further; its room is then at most what is
        returned. Raising both masts by x adds exactly x to the room.
    """
    count = ends.shape[0]
    room_m = np.full(count, np.inf)
    for hop in range(count):
        col0, row0, col1, row1 = ends[hop]
        length_m = resolution_m * math.hypot(col1 - col0, row1 - row0)
        start_m = terrain_m[int(row0), int(col0)] + heights_m[hop, 0]
        end_m = terrain_m[int(row1), int(col1)] + heights_m[hop, 1]
        if math.isnan(start_m) or math.isnan(end_m):
            room_m[hop] = np.nan
            continue
        wavelength_m = _LIGHT_SPEED_M_MHZ / frequency_mhz[hop]
        steps = max(1, math.ceil(length_m / resolution_m))
        is_known = True
        for step in range(1, steps):
            share = step / steps
            row = int(row0 + share * (row1 - row0))
            col = int(col0 + share * (col1 - col0))
            ground_m = terrain_m[row, col]
            if math.isnan(ground_m):
                is_known = False
                continue
            before_m, after_m = share * length_m, (1.0 - share) * length_m
            if clutter_m.size > 0 and min(before_m, after_m) > resolution_m:
                ground_m += clutter_m[row, col]
            above_m = start_m + (end_m - start_m) * share - ground_m
            for rule in range(rules.shape[0]):
                k_factor, fresnel_share, from_m = rules[rule]
                if length_m < from_m:
                    continue
                bulge_m = before_m * after_m / (2.0 * k_factor * _EARTH_RADIUS_M)
                fresnel_m = math.sqrt(wavelength_m * before_m * after_m / length_m)
                room_m[hop] = min(room_m[hop], above_m - bulge_m - fresnel_share * fresnel_m)
            if room_m[hop] < give_up_m:
                break
        if not is_known and room_m[hop] >= give_up_m:
            room_m[hop] = np.nan
    return room_m
