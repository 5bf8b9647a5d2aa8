"""The strongest signal over the whole grid, mast by mast.

One geometric pass per mast and antenna height serves all its carriers and sectors. Masts are worked
on by threads, or in pieces by a crew; the strongest cell wins and ties go to the cell listed first,
so the result does not depend on how many there are or which ends first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np

from coverage.errors import StoppedError
from coverage.grid import FloatArray
from coverage.model import Inputs, Prediction
from coverage.params import TECHNOLOGIES, LandCover, RadioParams, Technology
from coverage.prediction.cells import (
    antennas,
    cells_that_count,
    kernel_cells,
    layer_keys,
    masts_of,
)
from coverage.prediction.layers import Key, Layers
from coverage.prediction.losses import Keeper
from coverage.prediction.pieces import (
    CODE_DIGEST,
    MOST_MASTS,
    Crew,
    HeldGround,
    Piece,
    Rules,
    Scene,
)
from coverage.prediction.work import Sink, Visitor, bench, composite, heard, work_through
from coverage.propagation.best_server import ServerArray
from coverage.propagation.engine import Engine, PathParams, site_path_loss_db
from coverage.text import Text

Progress = Callable[[str, float], bool | None]
"""Called with a stage and its share done; returning False stops the work."""
Visit = Callable[[Key, int, int, FloatArray], None]
Workers = int | Crew
"""Threads of this process, or a crew elsewhere; what is found does not depend on it."""

_MASTS_APART: Final = 12
"""Masts of a piece whose signals are wanted one by one: each is a window of its own."""


def predict(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    *,
    workers: Workers | None = None,
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
        Threads, None for one per core; or a crew. The result does not depend on it.
    progress
        Called from this thread as masts are done.
    keeper
        Keeps the path loss of every mast and band, so that only what changed is computed anew. A
        crew keeps it where it works.

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
    scene = scene_of(inputs, radio, land_cover)
    layers = Layers(scene.keys, inputs.grid.shape)
    if isinstance(workers, int | None):
        _by_threads(
            inputs,
            scene,
            layers,
            threads=workers,
            progress=progress,
            stage="prediction",
            keeper=keeper,
        )
    else:
        layer_of = {key: number for number, key in enumerate(scene.keys)}
        groups = scene.groups(MOST_MASTS)
        done = 0
        pieces = [partial(scene.piece, rules, masts) for rules, masts in groups]
        for number, found in workers.results(composite, pieces):
            found.merge_into(layers, layer_of)
            done += len(groups[number][1])
            _tell(progress, "prediction", done / scene.masts)
    signal_dbm, server, possible_dbm = layers.named(_technologies(inputs))
    return assembled(inputs, radio, signal_dbm=signal_dbm, server=server, possible_dbm=possible_dbm)


def signal_by_layer(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    visit: Visit,
    *,
    workers: Workers | None = None,
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
        Called once a mast and layer, from several threads where threads work, with the layer's key,
        the row and column of the window's corner, which may lie outside the grid, and the signal in
        it (dBm, -inf where there is none). A crew leaves out windows without signal.
    beat_dbm
        Of the grid's shape: weaker signal is left out. Infinite where none is asked for, which
        spares the work. None asks for all.
    """
    scene = scene_of(inputs, radio, land_cover)
    if isinstance(workers, int | None):
        beat_dbm = _nothing_dbm(inputs) if beat_dbm is None else beat_dbm
        visitor = Visitor(scene.keys, visit, beat_dbm)
        _by_threads(
            inputs,
            scene,
            visitor,
            threads=workers,
            progress=progress,
            stage="candidates",
            keeper=keeper,
        )
        return
    groups = scene.groups(_MASTS_APART)
    done = 0
    pieces = [partial(scene.piece, rules, masts, beat_dbm) for rules, masts in groups]
    for number, patches in workers.results(heard, pieces):
        for patch in patches:
            visit(patch.key, patch.row0, patch.col0, patch.signal_dbm)
        done += len(groups[number][1])
        _tell(progress, "candidates", done / scene.masts)


def scene_of(inputs: Inputs, radio: RadioParams, land_cover: LandCover) -> Scene:
    """Return all masts that count on the ground of a project."""
    cells = cells_that_count(inputs, radio)
    keys = layer_keys(cells)
    rules = Rules(
        resolution_m=inputs.grid.resolution_m,
        radio=radio,
        legend=land_cover,
        path=path_params(radio, _middle_latitude_deg(inputs)),
        antennas=antennas(radio, inputs.antennas),
    )
    return Scene(
        ground=HeldGround(terrain_m=inputs.terrain_m, land_cover=inputs.land_cover),
        areas=((rules, tuple(masts_of(cells))),),
        cells=kernel_cells(
            cells, radio, {key: number for number, key in enumerate(keys)}, inputs.antennas
        ),
        keys=tuple(keys),
    )


def path_params(radio: RadioParams, latitude_deg: float) -> PathParams:
    """Return what the path loss depends on besides geometry and frequency."""
    return PathParams(
        time_percent=radio.time_percent,
        delta_n=radio.delta_n,
        n0=radio.n0,
        latitude_deg=latitude_deg,
        polarisation=radio.polarisation,
    )


def _by_threads(
    inputs: Inputs,
    scene: Scene,
    sink: Sink,
    *,
    threads: int | None,
    progress: Progress | None,
    stage: str,
    keeper: Keeper | None,
) -> None:
    """Work on all masts as one piece, which is the whole grid."""
    ((rules, masts),) = scene.areas
    whole = Piece(
        code=CODE_DIGEST,
        row0=0,
        col0=0,
        terrain_m=inputs.terrain_m,
        land_cover=inputs.land_cover,
        beat_dbm=None,
        masts=masts,
        cells=scene.cells,
        keys=scene.keys,
        rules=rules,
    )
    tell = None if progress is None else partial(progress, stage)
    if not work_through(bench(whole, sink, keeper), threads or os.cpu_count() or 1, tell):
        raise _stopped()


def _tell(progress: Progress | None, stage: str, share: float) -> None:
    if progress is not None and progress(stage, share) is False:
        raise _stopped()


def _stopped() -> StoppedError:
    return StoppedError(Text("Đã dừng theo yêu cầu.", "Stopped as asked."))


def _middle_latitude_deg(inputs: Inputs) -> float:
    _, south, _, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    return round(float(south + north) / 2.0, 2)


def _nothing_dbm(inputs: Inputs) -> FloatArray:
    return np.full(inputs.grid.shape, -np.inf, dtype=np.float32)


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
    'west 94 dB, east 149 dB'
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
