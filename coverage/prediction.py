"""Signal of every cell over the terrain, and the best server per technology and operator.

One geometric pass per mast and antenna height serves all its carriers and sectors. Masts are worked
on by threads; the strongest cell wins and ties go to the cell listed first, so the result does not
depend on how many threads there are or which ends first.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import pandas as pd

from coverage.antennas import OMNI_BEAMWIDTH_DEG, pattern_loss_db
from coverage.errors import ScenarioError, StoppedError
from coverage.grid import FloatArray
from coverage.model import Inputs, Prediction
from coverage.params import LandCover, RadioParams, Technology, carriers
from coverage.propagation.engine import PathParams, site_path_loss_db
from coverage.text import Text

Progress = Callable[[str, float], bool | None]
"""Called with a stage and its share done; returning False stops the work."""

_FREE_SPACE_DB: Final = 32.45  # free-space loss at 1 km and 1 MHz, dB (ITU-R P.525)


@dataclass(frozen=True, slots=True)
class _Mast:
    """Cells that share a place and an antenna height: one geometric pass."""

    row: int
    col: int
    antenna_height_m: float
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Cells:
    """What the kernel needs of every cell, in the order of the table."""

    level_dbm: FloatArray  # power of one resource element (or the pilot) in the axis, before loss
    frequency_mhz: FloatArray
    azimuth_deg: FloatArray
    beamwidth_deg: FloatArray
    downtilt_deg: FloatArray
    layer: np.ndarray[Any, np.dtype[np.int64]]  # position of (technology, operator)


class _Layers:
    """Strongest signal and its cell for every (technology, operator), under one lock."""

    def __init__(self, keys: Sequence[tuple[Technology, str]], shape: tuple[int, int]) -> None:
        self.keys = tuple(keys)
        self.signal_dbm = np.full((len(keys), *shape), -np.inf, dtype=np.float32)
        self.server = np.zeros((len(keys), *shape), dtype=np.int32)
        self.possible_dbm: dict[int, FloatArray] = {}
        self._shape = shape
        self._lock = threading.Lock()

    def merge(self, layer: int, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        with self._lock:
            _keep_stronger(self.signal_dbm[layer], self.server[layer], signal, server, row0, col0)

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        with self._lock:
            if layer not in self.possible_dbm:
                self.possible_dbm[layer] = np.full(self._shape, -np.inf, dtype=np.float32)
            _keep_greater(self.possible_dbm[layer], possible, row0, col0)


def predict(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prediction:
    """Predict the signal of every cell that counts, on the whole grid.

    Parameters
    ----------
    inputs
        The project.
    radio
        How signal is predicted.
    land_cover
        Legend of the land-cover raster, for clutter.
    workers
        Threads; None takes one per core. The result does not depend on it.
    progress
        Called from this thread as masts are done.

    Returns
    -------
    Prediction
        RSRP (4G), SS-RSRP (5G) and RSCP (3G) in dBm.

    Raises
    ------
    StoppedError
        Where `progress` returned False.
    """
    cells = _cells_that_count(inputs, radio)
    technologies = tuple(sorted(set(inputs.stations["technology"])))
    operators = tuple(sorted(set(inputs.stations["operator"])))
    present = sorted(set(zip(cells["technology"], cells["operator"], strict=True)))
    table = _kernel_cells(cells, radio, {key: i for i, key in enumerate(present)})
    layers = _Layers(present, inputs.grid.shape)
    masts = _masts(cells)
    work = _Work(inputs, radio, land_cover, table, layers)
    _work_through(masts, work, workers or os.cpu_count() or 1, progress)
    return _prediction(inputs, radio, cells, technologies, operators, layers)


def resource_element_share_db(
    technology: Technology, bandwidth_mhz: float, frequency_mhz: float, pilot_power_share: float
) -> float:
    """Return what one resource element (3G: the pilot) gets of the carrier's power, in dB.

    4G and 5G: -10·log10(12·N_RB), the power spread evenly over all subcarriers (3GPP TS 36.214
    section 5.1.1 defines RSRP per resource element). 3G: the pilot's share.

    Raises
    ------
    ScenarioError
        Where the technology has no channel of that bandwidth.
    """
    if technology == "3G":
        return 10.0 * math.log10(pilot_power_share)
    blocks = _resource_blocks(technology, frequency_mhz)
    key = f"{bandwidth_mhz:g}"
    if key not in blocks:
        raise ScenarioError(
            Text(
                f"{technology} không có kênh {key} MHz ở {frequency_mhz:g} MHz; "
                f"các băng thông: {', '.join(blocks)} MHz.",
                f"{technology} has no channel of {key} MHz at {frequency_mhz:g} MHz; "
                f"bandwidths: {', '.join(blocks)} MHz.",
            )
        )
    return -10.0 * math.log10(12.0 * blocks[key])


def _resource_blocks(technology: Technology, frequency_mhz: float) -> Mapping[str, int]:
    table = carriers()[technology]
    if technology == "4G":
        return dict(table["resource_blocks"])
    low_band = frequency_mhz < table["wide_subcarriers_from_mhz"]
    return dict(table["resource_blocks_15khz" if low_band else "resource_blocks_30khz"])


def _cells_that_count(inputs: Inputs, radio: RadioParams) -> pd.DataFrame:
    """Cells on air (and planned ones if asked) whose mast stands on known terrain."""
    stations = inputs.stations
    statuses = ["active", "planned"] if radio.use_planned else ["active"]
    row, col = inputs.grid.rowcol(stations.geometry.x, stations.geometry.y)
    placed = (row >= 0) & ~np.isnan(inputs.terrain_m[row, col])
    counted = stations["status"].isin(statuses).to_numpy() & placed
    return (
        pd.DataFrame(stations.drop(columns="geometry"))
        .assign(row=row, col=col)[counted]
        .reset_index(drop=True)
    )


def _kernel_cells(
    cells: pd.DataFrame, radio: RadioParams, layer_of: Mapping[tuple[str, str], int]
) -> _Cells:
    share_db = [
        resource_element_share_db(technology, bandwidth, frequency, radio.pilot_power_share)
        for technology, bandwidth, frequency in zip(
            cells["technology"], cells["bandwidth_mhz"], cells["frequency_mhz"], strict=True
        )
    ]
    omni = cells["azimuth_deg"].isna()
    return _Cells(
        level_dbm=(cells["eirp_dbm"] + share_db).to_numpy(np.float32),
        frequency_mhz=cells["frequency_mhz"].to_numpy(np.float32),
        azimuth_deg=cells["azimuth_deg"].fillna(0.0).to_numpy(np.float32),
        beamwidth_deg=cells["beamwidth_deg"].mask(omni, OMNI_BEAMWIDTH_DEG).to_numpy(np.float32),
        downtilt_deg=cells["downtilt_deg"].to_numpy(np.float32),
        layer=np.array(
            [layer_of[key] for key in zip(cells["technology"], cells["operator"], strict=True)],
            dtype=np.int64,
        ),
    )


def _masts(cells: pd.DataFrame) -> list[_Mast]:
    """Group the cells by pixel and height, in a fixed order."""
    groups = cells.groupby(["row", "col", "antenna_height_m"], sort=True).indices
    return [
        _Mast(int(row), int(col), float(height), tuple(int(i) for i in members))
        for (row, col, height), members in groups.items()
    ]


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything a thread needs to work on a mast."""

    inputs: Inputs
    radio: RadioParams
    land_cover: LandCover
    cells: _Cells
    layers: _Layers

    def clutter(self) -> tuple[FloatArray | None, FloatArray]:
        """Return heights along paths (or None) and losses at the receiver, on the grid."""
        shape = self.inputs.grid.shape
        no_loss = np.zeros(shape, dtype=np.float32)
        classes = self.inputs.land_cover
        if classes is None or self.radio.clutter == "none":
            return None, no_loss
        heights = np.zeros(256, dtype=np.float32)
        losses = np.zeros(256, dtype=np.float32)
        for entry in self.land_cover.classes:
            heights[entry.code] = entry.height_m
            losses[entry.code] = entry.receiver_loss_db
        if self.radio.clutter == "profile":
            return heights[classes], no_loss
        return None, losses[classes]


def _work_through(
    masts: Sequence[_Mast], work: _Work, workers: int, progress: Progress | None
) -> None:
    clutter_m, receiver_loss_db = work.clutter()
    stop = threading.Event()

    def one(mast: _Mast) -> None:
        if not stop.is_set():
            _add_mast(mast, work, clutter_m, receiver_loss_db)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        done = as_completed([pool.submit(one, mast) for mast in masts])
        for count, future in enumerate(done, start=1):
            future.result()
            if progress is not None and progress("prediction", count / len(masts)) is False:
                stop.set()
    if stop.is_set():
        raise StoppedError(Text("Đã dừng theo yêu cầu.", "Stopped as asked."))


def _add_mast(
    mast: _Mast, work: _Work, clutter_m: FloatArray | None, receiver_loss_db: FloatArray
) -> None:
    grid, radio = work.inputs.grid, work.radio
    indices = np.array(mast.cells, dtype=np.int64)
    frequencies = sorted({float(f) for f in work.cells.frequency_mhz[indices]})
    loss_db = site_path_loss_db(
        work.inputs.terrain_m,
        clutter_m,
        row=mast.row,
        col=mast.col,
        resolution_m=grid.resolution_m,
        radius_m=radio.max_range_km * 1000.0,
        tx_height_m=mast.antenna_height_m,
        rx_height_m=radio.rx_height_m,
        frequencies_mhz=frequencies,
        params=path_params(work.inputs, radio),
        engine=radio.engine,
    )
    band_of = {frequency: band for band, frequency in enumerate(frequencies)}
    half = loss_db.shape[1] // 2
    row0, col0 = mast.row - half, mast.col - half
    for layer in sorted({int(work.cells.layer[i]) for i in mast.cells}):
        members = np.array([i for i in mast.cells if work.cells.layer[i] == layer], dtype=np.int64)
        bands = np.array(
            [band_of[float(work.cells.frequency_mhz[i])] for i in members], dtype=np.int64
        )
        signal, server, possible, blocked = _strongest_of_mast(
            loss_db,
            work.inputs.terrain_m,
            receiver_loss_db,
            mast.row,
            mast.col,
            mast.antenna_height_m,
            grid.resolution_m,
            radio.max_range_km * 1000.0,
            radio.rx_height_m,
            np.array(frequencies),
            members,
            bands,
            work.cells.level_dbm[members],
            work.cells.azimuth_deg[members],
            work.cells.beamwidth_deg[members],
            work.cells.downtilt_deg[members],
            radio.vertical_beamwidth_deg,
            radio.front_to_back_db,
            radio.side_lobe_db,
        )
        work.layers.merge(layer, row0, col0, signal, server)
        if blocked:
            work.layers.merge_possible(layer, row0, col0, possible)


def path_params(inputs: Inputs, radio: RadioParams) -> PathParams:
    """Return what the path-loss model needs besides geometry, for a project's place on earth."""
    _, south, _, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    return PathParams(
        time_percent=radio.time_percent,
        delta_n=radio.delta_n,
        n0=radio.n0,
        latitude_deg=round(float(south + north) / 2.0, 2),
        polarisation=radio.polarisation,
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _strongest_of_mast(  # type: ignore[no-untyped-def]
    loss_db,
    terrain_m,
    receiver_loss_db,
    row,
    col,
    antenna_height_m,
    resolution_m,
    radius_m,
    rx_height_m,
    frequencies_mhz,
    members,
    bands,
    level_dbm,
    azimuth_deg,
    beamwidth_deg,
    downtilt_deg,
    vertical_beamwidth_deg,
    front_to_back_db,
    side_lobe_db,
):
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _keep_stronger(best, server, signal, candidate, row0, col0):  # type: ignore[no-untyped-def]
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _keep_greater(best, part, row0, col0):  # type: ignore[no-untyped-def]
    for i in range(max(0, -row0), min(part.shape[0], best.shape[0] - row0)):
        for j in range(max(0, -col0), min(part.shape[1], best.shape[1] - col0)):
            best[row0 + i, col0 + j] = max(best[row0 + i, col0 + j], part[i, j])


def _prediction(
    inputs: Inputs,
    radio: RadioParams,
    cells: pd.DataFrame,
    technologies: Iterable[Technology],
    operators: tuple[str, ...],
    layers: _Layers,
) -> Prediction:
    signal: dict[tuple[Technology, str], FloatArray] = {}
    server: dict[tuple[Technology, str], np.ndarray[Any, np.dtype[np.int32]]] = {}
    possible: dict[Technology, FloatArray] = {}
    technologies = tuple(technologies)
    for technology in technologies:
        any_signal = np.full(inputs.grid.shape, -np.inf, dtype=np.float32)
        any_server = np.zeros(inputs.grid.shape, dtype=np.int32)
        for layer, key in enumerate(layers.keys):
            if key[0] != technology:
                continue
            _keep_stronger(
                any_signal, any_server, layers.signal_dbm[layer], layers.server[layer], 0, 0
            )
            signal[key] = _nan_for_nothing(layers.signal_dbm[layer])
            server[key] = layers.server[layer]
            if layer in layers.possible_dbm:
                earlier = possible.get(technology, layers.possible_dbm[layer])
                possible[technology] = np.maximum(earlier, layers.possible_dbm[layer])
        signal[technology, ""] = _nan_for_nothing(any_signal)
        server[technology, ""] = any_server
    return Prediction(
        grid=inputs.grid,
        cells=cells,
        signal_dbm=signal,
        server=server,
        possible_dbm=possible,
        operators=operators,
        technologies=technologies,
        parameters=radio.model_dump(),
    )


def _nan_for_nothing(signal_dbm: FloatArray) -> FloatArray:
    signal_dbm[signal_dbm == -np.inf] = np.nan
    return signal_dbm
