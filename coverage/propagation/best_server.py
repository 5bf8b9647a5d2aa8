"""Which cell is received strongest: the compiled inner loops of the prediction.

They run on one thread each and release the interpreter's lock.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from coverage.grid import FloatArray, IndexArray
from coverage.propagation._compile import kernel
from coverage.propagation.antennas import pattern_loss_db

ServerArray = np.ndarray[Any, np.dtype[np.int32]]

_FREE_SPACE_DB: Final = 32.45  # at 1 km and 1 MHz (ITU-R P.525)


@kernel
def strongest_of_mast(
    loss_db: FloatArray,
    terrain_m: FloatArray,
    receiver_loss_db: FloatArray,
    row: int,
    col: int,
    antenna_height_m: float,
    resolution_m: float,
    radius_m: float,
    rx_height_m: float,
    frequencies_mhz: FloatArray,
    members: IndexArray,
    bands: IndexArray,
    level_dbm: FloatArray,
    azimuth_deg: FloatArray,
    beamwidth_deg: FloatArray,
    downtilt_deg: FloatArray,
    vertical_beamwidth_deg: float,
    front_to_back_db: float,
    side_lobe_db: float,
) -> tuple[FloatArray, ServerArray, FloatArray, bool]:
    """Return the strongest cell of one mast and layer over its window.

    `loss_db` is (bands, H, W), NaN where a path is out of reach or not known. Returned are the
    signal (-inf where there is none), the cell's number (1 + position in the table), the free-space
    signal where the path is not known, and whether there is any such path.
    """
    height, width = loss_db.shape[1:]
    half = height // 2
    signal = np.full((height, width), -np.inf, dtype=np.float32)
    server = np.zeros((height, width), dtype=np.int32)
    possible = np.full((height, width), -np.inf, dtype=np.float32)
    blocked = False
    top_m = terrain_m[row, col] + antenna_height_m
    for i in range(height):
        r = row + i - half
        if r < 0 or r >= terrain_m.shape[0]:
            continue
        for j in range(width):
            c = col + j - half
            if c < 0 or c >= terrain_m.shape[1]:
                continue
            north_m = (half - i) * resolution_m
            east_m = (j - half) * resolution_m
            distance_m = math.sqrt(north_m * north_m + east_m * east_m)
            if distance_m > radius_m:
                continue
            bearing_deg = math.degrees(math.atan2(east_m, north_m))
            ground_m = terrain_m[r, c]
            drop_m = 0.0 if np.isnan(ground_m) else top_m - ground_m - rx_height_m
            below_deg = math.degrees(math.atan2(drop_m, max(distance_m, 0.5 * resolution_m)))
            for k in range(members.size):
                loss = loss_db[bands[k], i, j]
                gain = level_dbm[k] - pattern_loss_db(
                    bearing_deg - azimuth_deg[k],
                    below_deg,
                    beamwidth_deg[k],
                    downtilt_deg[k],
                    vertical_beamwidth_deg,
                    front_to_back_db,
                    side_lobe_db,
                )
                if np.isnan(loss):
                    blocked = True
                    far_km = max(distance_m, resolution_m) / 1000.0
                    free_db = _FREE_SPACE_DB + 20.0 * math.log10(far_km * frequencies_mhz[bands[k]])
                    possible[i, j] = max(possible[i, j], np.float32(gain - free_db))
                    continue
                level = np.float32(gain - loss - receiver_loss_db[r, c])
                if level > signal[i, j]:
                    signal[i, j] = level
                    server[i, j] = members[k] + 1
    return signal, server, possible, blocked


@kernel
def keep_stronger(
    best: FloatArray,
    server: ServerArray,
    signal: FloatArray,
    candidate: ServerArray,
    row0: int,
    col0: int,
) -> None:
    """Keep the stronger of two signals in place; of equal ones the cell listed first."""
    for i in range(max(0, -row0), min(signal.shape[0], best.shape[0] - row0)):
        for j in range(max(0, -col0), min(signal.shape[1], best.shape[1] - col0)):
            level = signal[i, j]
            if level == -np.inf:
                continue
            r, c = row0 + i, col0 + j
            if level > best[r, c] or (level == best[r, c] and candidate[i, j] < server[r, c]):
                best[r, c] = level
                server[r, c] = candidate[i, j]


@kernel
def keep_greater(best: FloatArray, part: FloatArray, row0: int, col0: int) -> None:
    """Keep the greater of two rasters in place."""
    for i in range(max(0, -row0), min(part.shape[0], best.shape[0] - row0)):
        for j in range(max(0, -col0), min(part.shape[1], best.shape[1] - col0)):
            best[row0 + i, col0 + j] = max(best[row0 + i, col0 + j], part[i, j])
