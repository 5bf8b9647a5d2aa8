"""The strongest signal over the whole grid, mast by mast.

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

from coverage.errors import StoppedError
from coverage.grid import FloatArray
from coverage.model import Inputs, Prediction
from coverage.params import TECHNOLOGIES, LandCover, RadioParams, Technology
from coverage.prediction.cells import (
    Band,
    Cells,
    Mast,
    antennas,
    cells_that_count,
    kernel_cells,
    layer_keys,
    masts_of,
)
from coverage.prediction.layers import Key, Layers
from coverage.prediction.losses import Field, Keeper, digest_of
from coverage.propagation import SOURCE_DIGEST
from coverage.propagation.best_server import (
    Antennas,
    ClassArray,
    Ground,
    Place,
    ServerArray,
    strongest_of_mast,
)
from coverage.propagation.engine import Engine, PathParams, site_path_loss_db
from coverage.propagation.vegetation import vegetation_loss_db
from coverage.text import Text

Progress = Callable[[str, float], bool | None]
"""Called with a stage and its share done; returning False stops the work."""
Visit = Callable[[Key, int, int, FloatArray], None]

_CLASSES: Final = 256


def _code_digest() -> str:
    digest = hashlib.sha256(SOURCE_DIGEST.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


CODE_DIGEST: Final = _code_digest()
"""Stands for the code that predicts, in the names of results that are kept."""


def predict(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
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
    keeper
        Keeps the path loss of every mast and band, so that only what changed is computed anew.

    Returns
    -------
    Prediction
        RSRP (4G), SS-RSRP (5G) and RSCP (3G) in dBm.

    Raises
    ------
    StoppedError
        Where `progress` returned False.
    ModelRangeError
        Where a cell lies outside the range of its technology's model.
    """
    cells = cells_that_count(inputs, radio)
    present = layer_keys(cells)
    layer_of = {key: number for number, key in enumerate(present)}
    layers = Layers(present, inputs.grid.shape)
    work = _Work(
        terrain_m=inputs.terrain_m,
        land_cover=_classes(inputs, radio),
        legend=land_cover,
        radio=radio,
        field=_field(inputs, radio, land_cover, keeper),
        cells=kernel_cells(cells, radio, layer_of, inputs.antennas),
        antennas=antennas(radio, inputs.antennas),
        layers=layers,
    )
    _work_through(masts_of(cells), work, workers or os.cpu_count() or 1, progress)
    signal_dbm, server, possible_dbm = layers.named(_technologies(inputs))
    return assembled(inputs, radio, signal_dbm=signal_dbm, server=server, possible_dbm=possible_dbm)


def signal_by_layer(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    visit: Visit,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
    beat_dbm: FloatArray | None = None,
) -> None:
    """Hand over the signal of every mast and (technology, operator) by itself, not merged.

    Parameters
    ----------
    inputs, radio, land_cover, workers, progress, keeper
        As for `predict`.
    visit
        Called from the threads, once a mast and layer, with the layer's key, the row and column of
        the window's corner, which may lie outside the grid, and the signal in it (dBm, -inf where
        there is none).
    beat_dbm
        Of the grid's shape: weaker signal is left out. Infinite where none is asked for, which
        spares the work. None asks for all.
    """
    cells = cells_that_count(inputs, radio)
    present = layer_keys(cells)
    layer_of = {key: number for number, key in enumerate(present)}
    work = _Work(
        terrain_m=inputs.terrain_m,
        land_cover=_classes(inputs, radio),
        legend=land_cover,
        radio=radio,
        field=_field(inputs, radio, land_cover, keeper),
        cells=kernel_cells(cells, radio, layer_of, inputs.antennas),
        antennas=antennas(radio, inputs.antennas),
        layers=_Visitor(present, visit, _nothing_dbm(inputs) if beat_dbm is None else beat_dbm),
    )
    _work_through(masts_of(cells), work, workers or os.cpu_count() or 1, progress, "candidates")


def _nothing_dbm(inputs: Inputs) -> FloatArray:
    return np.full(inputs.grid.shape, -np.inf, dtype=np.float32)


class _Visitor:
    """Stands where layers stand, and hands every window on."""

    def __init__(self, keys: Sequence[Key], visit: Visit, beat_dbm: FloatArray) -> None:
        self._keys = tuple(keys)
        self._visit = visit
        self._beat_dbm = beat_dbm

    def best_dbm(self, layer: int) -> FloatArray:
        """Return what a window has to beat."""
        del layer
        return self._beat_dbm

    def merge(self, layer: int, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        del server
        self._visit(self._keys[layer], row0, col0, signal)

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        """Leave out what is not known."""


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

    Examples
    --------
    A ridge to the east of the mast takes the signal from the land behind it:

    >>> import numpy as np
    >>> from coverage.prediction import path_loss_raster_db
    >>> dem_m = np.full((61, 61), 200.0, dtype=np.float32)
    >>> dem_m[:, 40] = 500.0
    >>> loss_db = path_loss_raster_db(
    ...     dem_m, row=30, col=30, resolution_m=90.0, radius_m=2000.0,
    ...     frequency_mhz=900.0, tx_height_m=30.0,
    ... )
    >>> middle = loss_db.shape[0] // 2
    >>> f"west {loss_db[middle, middle - 15]:.0f} dB, east {loss_db[middle, middle + 15]:.0f} dB"
    '@@RASTER@@'
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


def assembled(
    inputs: Inputs,
    radio: RadioParams,
    *,
    signal_dbm: Mapping[Key, FloatArray],
    server: Mapping[Key, ServerArray],
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


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything a thread needs to work on a mast."""

    terrain_m: FloatArray
    land_cover: ClassArray
    legend: LandCover
    radio: RadioParams
    field: Field
    cells: Cells
    antennas: Antennas
    layers: Layers | _Visitor


def _work_through(
    masts: Sequence[Mast],
    work: _Work,
    workers: int,
    progress: Progress | None,
    stage: str = "prediction",
) -> None:
    stop = threading.Event()

    def one(mast: Mast) -> None:
        if not stop.is_set():
            _add_mast(mast, work)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        done = as_completed([pool.submit(one, mast) for mast in masts])
        for count, future in enumerate(done, start=1):
            future.result()
            if progress is not None and progress(stage, count / len(masts)) is False:
                stop.set()
    if stop.is_set():
        raise StoppedError(Text("Đã dừng theo yêu cầu.", "Stopped as asked."))


def _add_mast(mast: Mast, work: _Work) -> None:
    bands = sorted({work.cells.band[i] for i in mast.cells})
    loss = work.field.losses(mast, bands)
    half = loss.shape[1] // 2
    row0, col0 = mast.row - half, mast.col - half
    place = Place(
        row=mast.row,
        col=mast.col,
        antenna_height_m=mast.antenna_height_m,
        resolution_m=work.field.resolution_m,
        radius_m=work.radio.max_range_m,
        rx_height_m=work.radio.rx_height_m,
    )
    ground = Ground(work.terrain_m, work.land_cover, _receiver_loss_db(bands, work))
    frequencies_mhz = np.array([band.frequency_mhz for band in bands])
    for layer in sorted({int(work.cells.layer[i]) for i in mast.cells}):
        members = [i for i in mast.cells if work.cells.layer[i] == layer]
        signal, server, possible, blocked = strongest_of_mast(
            loss,
            frequencies_mhz,
            ground,
            place,
            work.cells.sectors(members, bands),
            work.antennas,
            work.layers.best_dbm(layer),
        )
        work.layers.merge(layer, row0, col0, signal, server)
        if blocked:
            work.layers.merge_possible(layer, row0, col0, possible)


def _field(
    inputs: Inputs, radio: RadioParams, land_cover: LandCover, keeper: Keeper | None
) -> Field:
    clutter_m = None
    if inputs.land_cover is not None and radio.clutter == "profile":
        heights = np.zeros(_CLASSES, dtype=np.float32)
        for entry in land_cover.classes:
            heights[entry.code] = entry.height_m
        clutter_m = heights[inputs.land_cover]
    _, south, _, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    return Field(
        terrain_m=inputs.terrain_m,
        clutter_m=clutter_m,
        resolution_m=inputs.grid.resolution_m,
        radio=radio,
        path=PathParams(
            time_percent=radio.time_percent,
            delta_n=radio.delta_n,
            n0=radio.n0,
            latitude_deg=round(float(south + north) / 2.0, 2),
            polarisation=radio.polarisation,
        ),
        digest=digest_of(inputs.terrain_m, clutter_m),
        keeper=keeper,
    )


def _classes(inputs: Inputs, radio: RadioParams) -> ClassArray:
    """Return the land cover that takes a loss at the receiver; class 0 everywhere for none."""
    if inputs.land_cover is None or radio.clutter != "receiver_loss":
        return np.zeros(inputs.grid.shape, dtype=np.uint8)
    return inputs.land_cover


def _receiver_loss_db(bands: Sequence[Band], work: _Work) -> FloatArray:
    """Return the loss at the receiver by band and land-cover class.

    A class takes its fixed loss and that of the vegetation around the receiver. Class 0 is ground
    of which nothing is known: it takes none.
    """
    loss_db = np.zeros((len(bands), _CLASSES), dtype=np.float32)
    for number, band in enumerate(bands):
        for entry in work.legend.classes:
            vegetation_db = vegetation_loss_db(
                entry.vegetation_depth_m, frequency_mhz=band.frequency_mhz
            )
            loss_db[number, entry.code] = entry.receiver_loss_db + float(vegetation_db)
    loss_db[:, 0] = 0.0
    return loss_db
