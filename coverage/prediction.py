"""Signal of every cell over the terrain, and the best server per technology and operator.

One geometric pass per mast and antenna height serves all its carriers and sectors. Masts are worked
on by threads; the strongest cell wins and ties go to the cell listed first, so the result does not
depend on how many threads there are or which ends first.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.carriers import reference_share_db
from coverage.errors import StoppedError
from coverage.grid import FloatArray
from coverage.model import Inputs, Prediction
from coverage.params import TECHNOLOGIES, LandCover, RadioParams, Technology
from coverage.propagation import SOURCE_DIGEST
from coverage.propagation.antennas import OMNI_BEAMWIDTH_DEG
from coverage.propagation.best_server import (
    ServerArray,
    keep_greater,
    keep_stronger,
    strongest_of_mast,
)
from coverage.propagation.engine import Engine, PathParams, site_path_loss_db
from coverage.text import Text

CODE_DIGEST: Final = hashlib.sha256(
    SOURCE_DIGEST.encode() + Path(__file__).read_bytes()
).hexdigest()
"""Stands for the code that predicts, in the names of results that are kept."""

Progress = Callable[[str, float], bool | None]
"""Called with a stage and its share done; returning False stops the work."""


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
            keep_stronger(self.signal_dbm[layer], self.server[layer], signal, server, row0, col0)

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        with self._lock:
            if layer not in self.possible_dbm:
                self.possible_dbm[layer] = np.full(self._shape, -np.inf, dtype=np.float32)
            keep_greater(self.possible_dbm[layer], possible, row0, col0)


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
    cells = cells_that_count(inputs, radio)
    present = sorted(set(zip(cells["technology"], cells["operator"], strict=True)))
    table = _kernel_cells(cells, radio, {key: i for i, key in enumerate(present)})
    layers = _Layers(present, inputs.grid.shape)
    masts = _masts(cells)
    clutter_m, receiver_loss_db = _clutter(inputs, radio, land_cover)
    work = _Work(
        inputs=inputs,
        radio=radio,
        path=_path_params(inputs, radio),
        clutter_m=clutter_m,
        receiver_loss_db=receiver_loss_db,
        cells=table,
        layers=layers,
    )
    _work_through(masts, work, workers or os.cpu_count() or 1, progress)
    return _collected(layers, inputs, radio)


def path_loss_raster_db(
    dem_m: FloatArray,
    *,
    row: int,
    col: int,
    resolution_m: float,
    radius_m: float,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float = 1.5,
    clutter_m: FloatArray | None = None,
    engine: Engine = "sweep",
) -> FloatArray:
    """Return the basic transmission loss around one mast, by the kernel the pipeline uses.

    ITU-R P.1812 at 50 % of time and locations, ΔN 45, N0 325, vertical polarisation.

    Parameters
    ----------
    dem_m
        Terrain in metres on a square metric grid, NaN where unknown.
    row, col
        The mast's cell.
    resolution_m, radius_m
        Size of a cell; how far to go.
    frequency_mhz, tx_height_m, rx_height_m
        Carrier and antenna heights above ground.
    clutter_m
        Clutter heights of the same shape as `dem_m`, or None.
    engine
        "sweep", or "profile" for each pixel's own profile (the reference).

    Returns
    -------
    ndarray
        Loss in dB, float32, a square window centred on the mast; NaN outside the radius and where
        the path is not known.
    """
    loss_db = site_path_loss_db(
        dem_m,
        clutter_m,
        row=row,
        col=col,
        resolution_m=resolution_m,
        radius_m=radius_m,
        tx_height_m=tx_height_m,
        rx_height_m=rx_height_m,
        frequencies_mhz=[frequency_mhz],
        engine=engine,
    )
    return np.asarray(loss_db[0])


def cells_that_count(inputs: Inputs, radio: RadioParams) -> pd.DataFrame:
    """Return the cells on air (and planned ones if asked) whose mast stands on known terrain.

    With the columns of the stations, `row` and `col` on the grid; the index counts from 0.
    """
    stations = inputs.stations
    statuses = ["active", "planned"] if radio.use_planned else ["active"]
    row, col = inputs.grid.rowcol(stations.geometry.x, stations.geometry.y)
    placed = (row >= 0) & ~np.isnan(inputs.terrain_m[row, col])
    counted = stations["status"].isin(statuses).to_numpy() & placed
    table = pd.DataFrame(stations.drop(columns="geometry")).assign(row=row, col=col)
    return pd.DataFrame(table[counted]).reset_index(drop=True)


def _kernel_cells(
    cells: pd.DataFrame, radio: RadioParams, layer_of: Mapping[tuple[str, str], int]
) -> _Cells:
    share_db = [
        reference_share_db(technology, bandwidth, frequency, radio.pilot_power_share)
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
    members: dict[tuple[int, int, float], list[int]] = {}
    places = zip(cells["row"], cells["col"], cells["antenna_height_m"], strict=True)
    for cell, (row, col, height_m) in enumerate(places):
        members.setdefault((int(row), int(col), float(height_m)), []).append(cell)
    return [_Mast(*place, tuple(listed)) for place, listed in sorted(members.items())]


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything a thread needs to work on a mast."""

    inputs: Inputs
    radio: RadioParams
    path: PathParams
    clutter_m: FloatArray | None
    receiver_loss_db: FloatArray
    cells: _Cells
    layers: _Layers


def _clutter(
    inputs: Inputs, radio: RadioParams, land_cover: LandCover
) -> tuple[FloatArray | None, FloatArray]:
    """Return heights along paths (or None) and losses at the receiver, on the grid."""
    no_loss = np.zeros(inputs.grid.shape, dtype=np.float32)
    classes = inputs.land_cover
    if classes is None or radio.clutter == "none":
        return None, no_loss
    heights = np.zeros(256, dtype=np.float32)
    losses = np.zeros(256, dtype=np.float32)
    for entry in land_cover.classes:
        heights[entry.code] = entry.height_m
        losses[entry.code] = entry.receiver_loss_db
    if radio.clutter == "profile":
        return heights[classes], no_loss
    return None, losses[classes]


def _work_through(
    masts: Sequence[_Mast], work: _Work, workers: int, progress: Progress | None
) -> None:
    stop = threading.Event()

    def one(mast: _Mast) -> None:
        if not stop.is_set():
            _add_mast(mast, work)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        done = as_completed([pool.submit(one, mast) for mast in masts])
        for count, future in enumerate(done, start=1):
            future.result()
            if progress is not None and progress("prediction", count / len(masts)) is False:
                stop.set()
    if stop.is_set():
        raise StoppedError(Text("Đã dừng theo yêu cầu.", "Stopped as asked."))


def _add_mast(mast: _Mast, work: _Work) -> None:
    grid, radio = work.inputs.grid, work.radio
    indices = np.array(mast.cells, dtype=np.int64)
    frequencies = sorted({float(f) for f in work.cells.frequency_mhz[indices]})
    loss_db = site_path_loss_db(
        work.inputs.terrain_m,
        work.clutter_m,
        row=mast.row,
        col=mast.col,
        resolution_m=grid.resolution_m,
        radius_m=radio.max_range_km * 1000.0,
        tx_height_m=mast.antenna_height_m,
        rx_height_m=radio.rx_height_m,
        frequencies_mhz=frequencies,
        params=work.path,
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
        signal, server, possible, blocked = strongest_of_mast(
            loss_db,
            work.inputs.terrain_m,
            work.receiver_loss_db,
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


def _path_params(inputs: Inputs, radio: RadioParams) -> PathParams:
    """Return what the path-loss model needs besides geometry, for a project's place on earth."""
    _, south, _, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    return PathParams(
        time_percent=radio.time_percent,
        delta_n=radio.delta_n,
        n0=radio.n0,
        latitude_deg=round(float(south + north) / 2.0, 2),
        polarisation=radio.polarisation,
    )


def assembled(
    inputs: Inputs,
    radio: RadioParams,
    *,
    signal_dbm: Mapping[tuple[Technology, str], FloatArray],
    server: Mapping[tuple[Technology, str], ServerArray],
    possible_dbm: Mapping[Technology, FloatArray],
) -> Prediction:
    """Put a prediction together from its rasters, computed now or kept from an earlier run."""
    return Prediction(
        grid=inputs.grid,
        cells=cells_that_count(inputs, radio),
        signal_dbm=signal_dbm,
        server=server,
        possible_dbm=possible_dbm,
        operators=tuple(sorted(set(inputs.stations["operator"]))),
        technologies=_technologies(inputs),
        parameters=radio.model_dump(),
    )


def _technologies(inputs: Inputs) -> tuple[Technology, ...]:
    listed = set(inputs.stations["technology"])
    return tuple(technology for technology in TECHNOLOGIES if technology in listed)


def _collected(layers: _Layers, inputs: Inputs, radio: RadioParams) -> Prediction:
    """Name the layers, and add the strongest of any operator."""
    signal_dbm: dict[tuple[Technology, str], FloatArray] = {}
    server: dict[tuple[Technology, str], ServerArray] = {}
    possible_dbm: dict[Technology, FloatArray] = {}
    for technology in _technologies(inputs):
        strongest = np.full(inputs.grid.shape, -np.inf, dtype=np.float32)
        strongest_server = np.zeros(inputs.grid.shape, dtype=np.int32)
        for layer, key in enumerate(layers.keys):
            if key[0] != technology:
                continue
            signal, number = layers.signal_dbm[layer], layers.server[layer]
            keep_stronger(strongest, strongest_server, signal, number, 0, 0)
            signal_dbm[key], server[key] = _nan_for_nothing(signal), number
            if layer in layers.possible_dbm:
                part = layers.possible_dbm[layer]
                possible_dbm[technology] = np.maximum(possible_dbm.get(technology, part), part)
        signal_dbm[technology, ""] = _nan_for_nothing(strongest)
        server[technology, ""] = strongest_server
    return assembled(inputs, radio, signal_dbm=signal_dbm, server=server, possible_dbm=possible_dbm)


def _nan_for_nothing(signal_dbm: FloatArray) -> FloatArray:
    return np.where(signal_dbm == -np.inf, np.float32(np.nan), signal_dbm)
