"""Which cell is received strongest: the compiled inner loops of the prediction.

They run on one thread each and release the interpreter's lock.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from coverage.grid import FloatArray, IndexArray
from coverage.propagation._compile import formula, kernel
from coverage.propagation.antennas import measured_loss_db, pattern_loss_db

ServerArray = np.ndarray[Any, np.dtype[np.int32]]
LossArray = np.ndarray[Any, np.dtype[np.int16]]
ClassArray = np.ndarray[Any, np.dtype[np.uint8]]

LOSS_STEP_DB: Final = 0.01
UNKNOWN_LOSS: Final = -32768
"""Steps of a path that is not known."""
NO_PATH: Final = 32767
"""Steps of a path beyond the model's range, or of so great a loss that nothing arrives."""
FORMULA: Final = -1
"""Pattern of a sector whose antenna is the parametric one."""

_FREE_SPACE_DB: Final = 32.45  # at 1 km and 1 MHz (ITU-R P.525)


class Place(NamedTuple):
    """Where a mast stands and how far it is looked at."""

    row: int
    col: int
    antenna_height_m: float
    resolution_m: float
    radius_m: float
    rx_height_m: float


class Sectors(NamedTuple):
    """Cells of one mast and layer: number in the table (from 1), band of the losses, antenna."""

    number: IndexArray
    band: IndexArray
    level_dbm: FloatArray
    azimuth_deg: FloatArray
    beamwidth_deg: FloatArray
    downtilt_deg: FloatArray
    pattern: IndexArray


class Antennas(NamedTuple):
    """Constants of the parametric pattern, and the measured cuts (n, 360) that sectors name."""

    vertical_beamwidth_deg: float
    front_to_back_db: float
    side_lobe_db: float
    horizontal_db: FloatArray
    vertical_db: FloatArray


class Ground(NamedTuple):
    """Terrain, and the land cover that takes its loss at the receiver (band, class)."""

    terrain_m: FloatArray
    land_cover: ClassArray
    receiver_loss_db: FloatArray


def in_steps(loss_db: FloatArray) -> LossArray:
    """Return losses in whole steps of `LOSS_STEP_DB`, the form in which they are kept and used."""
    known = ~np.isnan(loss_db)
    steps = np.full(loss_db.shape, UNKNOWN_LOSS, dtype=np.int16)
    steps[known] = np.minimum(np.rint(loss_db[known] / LOSS_STEP_DB), NO_PATH)
    return steps


@formula
def _direction_deg(place: Place, terrain_m: FloatArray, row: int, col: int) -> tuple[float, float]:
    """Return the bearing of a pixel from the mast, and its angle below the antenna's horizon."""
    north_m = (place.row - row) * place.resolution_m
    east_m = (col - place.col) * place.resolution_m
    top_m = terrain_m[place.row, place.col] + place.antenna_height_m
    ground_m = terrain_m[row, col]
    drop_m = 0.0 if np.isnan(ground_m) else top_m - ground_m - place.rx_height_m
    near_m = max(math.sqrt(north_m * north_m + east_m * east_m), 0.5 * place.resolution_m)
    return math.degrees(math.atan2(east_m, north_m)), math.degrees(math.atan2(drop_m, near_m))


@formula
def _gain_dbm(
    k: int, sectors: Sectors, antennas: Antennas, bearing_deg: float, below_deg: float
) -> float:
    """Return a sector's level in a direction, before path loss."""
    off_axis_deg = bearing_deg - sectors.azimuth_deg[k]
    pattern = sectors.pattern[k]
    if pattern == FORMULA:
        loss_db = pattern_loss_db(
            off_axis_deg,
            below_deg,
            sectors.beamwidth_deg[k],
            sectors.downtilt_deg[k],
            antennas.vertical_beamwidth_deg,
            antennas.front_to_back_db,
            antennas.side_lobe_db,
        )
    else:
        loss_db = measured_loss_db(
            antennas.horizontal_db[pattern],
            antennas.vertical_db[pattern],
            off_axis_deg,
            below_deg,
            sectors.downtilt_deg[k],
        )
    return float(sectors.level_dbm[k]) - loss_db


@formula
def _strongest_sector(
    band: int, sectors: Sectors, antennas: Antennas, bearing_deg: float, below_deg: float
) -> tuple[float, int]:
    """Return the strongest of a band's sectors in a direction, before path loss, and its number."""
    best_dbm, number = -np.inf, 0
    for k in range(sectors.number.size):
        if sectors.band[k] == band:
            gain_dbm = _gain_dbm(k, sectors, antennas, bearing_deg, below_deg)
            if gain_dbm > best_dbm:
                best_dbm, number = gain_dbm, sectors.number[k]
    return best_dbm, number


@formula
def _greatest_level_dbm(band: int, sectors: Sectors) -> float:
    """Return the greatest level of a band's sectors in their axes; -inf where there is none."""
    greatest_dbm = -np.inf
    for k in range(sectors.number.size):
        if sectors.band[k] == band:
            greatest_dbm = max(greatest_dbm, sectors.level_dbm[k])
    return greatest_dbm


@formula
def _free_space_db(place: Place, row: int, col: int, frequency_mhz: float) -> float:
    """Return the loss over open ground to a pixel, at least a cell away."""
    cells = math.sqrt(float((row - place.row) ** 2 + (col - place.col) ** 2))
    distance_km = max(cells, 1.0) * place.resolution_m / 1000.0
    return _FREE_SPACE_DB + 20.0 * math.log10(distance_km * frequency_mhz)


@kernel
def strongest_of_mast(
    loss: LossArray,
    frequencies_mhz: FloatArray,
    ground: Ground,
    place: Place,
    sectors: Sectors,
    antennas: Antennas,
    best: FloatArray,
) -> tuple[FloatArray, ServerArray, FloatArray, bool]:
    """Return the strongest cell of one mast and layer over its window.

    `loss` is (bands, H, W), in steps; `best` is the layer's strongest signal so far, on the whole
    grid. Returned are the signal (-inf where there is none or `best` is stronger), the cell's
    number, the free-space signal where the path is not known, and whether there is any such path.

    Neither a pattern nor the ground adds to a signal, so most pixels are told by power and loss
    alone to be served better already, and their directions are never computed. `best` may grow in
    another thread meanwhile: then less is left out, and merging decides the same.
    """
    height, width = loss.shape[1:]
    half = height // 2
    signal = np.full((height, width), -np.inf, dtype=np.float32)
    server = np.zeros((height, width), dtype=np.int32)
    possible = np.full((height, width), -np.inf, dtype=np.float32)
    blocked = False
    reach = math.floor((place.radius_m / place.resolution_m) ** 2)
    rows, cols = ground.terrain_m.shape
    for band in range(loss.shape[0]):
        most_dbm = _greatest_level_dbm(band, sectors)
        if most_dbm == -np.inf:
            continue
        for i in range(max(0, half - place.row), min(height, rows - place.row + half)):
            r = place.row + i - half
            span = int(math.sqrt(reach - (i - half) ** 2))
            first = max(half - span, half - place.col)
            for j in range(first, min(half + span + 1, cols - place.col + half)):
                c = place.col + j - half
                steps = loss[band, i, j]
                known = steps != UNKNOWN_LOSS
                limit_dbm = max(best[r, c], signal[i, j])
                if steps == NO_PATH or (
                    known and np.float32(most_dbm - steps * LOSS_STEP_DB) < limit_dbm
                ):
                    continue
                bearing_deg, below_deg = _direction_deg(place, ground.terrain_m, r, c)
                gain_dbm, number = _strongest_sector(
                    band, sectors, antennas, bearing_deg, below_deg
                )
                if not known:
                    blocked = True
                    free_db = _free_space_db(place, r, c, frequencies_mhz[band])
                    possible[i, j] = max(possible[i, j], np.float32(gain_dbm - free_db))
                    continue
                at_receiver_db = ground.receiver_loss_db[band, ground.land_cover[r, c]]
                level = np.float32(gain_dbm - steps * LOSS_STEP_DB - at_receiver_db)
                if level > signal[i, j] or (level == signal[i, j] and number < server[i, j]):
                    signal[i, j] = level
                    server[i, j] = number
    return signal, server, possible, blocked


@kernel
def strongest_at(
    loss: LossArray,
    frequencies_mhz: FloatArray,
    ground: Ground,
    place: Place,
    sectors: Sectors,
    antennas: Antennas,
    rows: IndexArray,
    cols: IndexArray,
    wanted: IndexArray,
    wanted_mhz: Any,
    tolerance: float,
) -> tuple[FloatArray, IndexArray]:
    """Return the strongest cell of one mast and layer at single pixels of the grid.

    `loss` is (bands, H, W), in steps; `wanted` (n,) is the number of the one cell that may serve a
    pixel, 0 for any; `wanted_mhz` its carrier within the share `tolerance`, 0 for any. Returned are
    the levels (-inf where there is none) and the cells' numbers.
    """
    half = loss.shape[1] // 2
    reach = math.floor((place.radius_m / place.resolution_m) ** 2)
    level_dbm = np.full(rows.size, -np.inf, dtype=np.float32)
    number = np.zeros(rows.size, dtype=np.int64)
    for n in range(rows.size):
        r, c = rows[n], cols[n]
        i, j = r - place.row + half, c - place.col + half
        if (r - place.row) ** 2 + (c - place.col) ** 2 > reach:
            continue
        bearing_deg, below_deg = _direction_deg(place, ground.terrain_m, r, c)
        for k in range(sectors.number.size):
            band = sectors.band[k]
            steps = loss[band, i, j]
            if steps in (UNKNOWN_LOSS, NO_PATH):
                continue
            if wanted[n] != 0 and wanted[n] != sectors.number[k]:
                continue
            off = abs(frequencies_mhz[band] / wanted_mhz[n] - 1.0) if wanted_mhz[n] > 0.0 else 0.0
            if off > tolerance:
                continue
            gain_dbm = _gain_dbm(k, sectors, antennas, bearing_deg, below_deg)
            at_receiver_db = ground.receiver_loss_db[band, ground.land_cover[r, c]]
            level = np.float32(gain_dbm - steps * LOSS_STEP_DB - at_receiver_db)
            if level > level_dbm[n] or (level == level_dbm[n] and sectors.number[k] < number[n]):
                level_dbm[n] = level
                number[n] = sectors.number[k]
    return level_dbm, number


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
