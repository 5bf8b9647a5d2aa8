"""What is done with a piece: the strongest signal of its masts, or that of each by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from coverage.grid import FloatArray
from coverage.prediction.cells import Mast
from coverage.prediction.layers import Key, Layers
from coverage.prediction.losses import Field, Keeper
from coverage.prediction.pieces import Composite, Patch, Piece, Rules, trimmed
from coverage.prediction.receiver import CLASSES, cover_at_receiver, receiver_side
from coverage.propagation.best_server import ClassArray, Ground, Place, strongest_of_mast


class Sink(Protocol):
    """Takes in the signal of masts."""

    def best_dbm(self, layer: int) -> FloatArray:
        """Return what a window has to beat, on the piece's grid."""

    def merge(self, layer: int, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        """Take a mast's window."""

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        """Take what may arrive over paths that are not known."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A piece made ready: clutter and land cover as the rules want them, and where signal goes."""

    piece: Piece
    field: Field
    land_cover: ClassArray
    sink: Sink

    def add(self, mast: Mast) -> None:
        """Work out a mast and hand its signal to the sink."""
        piece, cells = self.piece, self.piece.cells
        bands = sorted({cells.band[i] for i in mast.cells})
        side = receiver_side(bands, piece.rules.radio, piece.rules.legend)
        loss = side.corrected(self.field.losses(mast, bands), piece.rules.resolution_m)
        half = loss.shape[1] // 2
        row0, col0 = mast.row - half, mast.col - half
        place = place_of(mast, piece.rules)
        ground = Ground(piece.terrain_m, self.land_cover, side.loss_db)
        frequencies_mhz = np.array([band.frequency_mhz for band in bands])
        for layer in sorted({int(cells.layer[i]) for i in mast.cells}):
            members = [i for i in mast.cells if cells.layer[i] == layer]
            signal, server, possible, blocked = strongest_of_mast(
                loss,
                frequencies_mhz,
                ground,
                place,
                cells.sectors(members, bands),
                piece.rules.antennas,
                self.sink.best_dbm(layer),
            )
            self.sink.merge(layer, row0, col0, signal, server)
            if blocked:
                self.sink.merge_possible(layer, row0, col0, possible)


def bench(piece: Piece, sink: Sink, keeper: Keeper | None) -> Bench:
    """Make a piece ready."""
    radio = piece.rules.radio
    return Bench(
        piece=piece,
        field=field_of(piece.terrain_m, piece.land_cover, piece.rules, keeper),
        land_cover=cover_at_receiver(piece.land_cover, _shape(piece.terrain_m), radio),
        sink=sink,
    )


def field_of(
    terrain_m: FloatArray, land_cover: ClassArray | None, rules: Rules, keeper: Keeper | None
) -> Field:
    """Return the terrain that masts stand on, with clutter heights if the paths take them."""
    clutter_m = None
    if land_cover is not None and rules.radio.clutter == "profile":
        heights = np.zeros(CLASSES, dtype=np.float32)
        for entry in rules.legend.classes:
            heights[entry.code] = entry.height_m
        clutter_m = heights[land_cover]
    return Field(
        terrain_m=terrain_m,
        clutter_m=clutter_m,
        resolution_m=rules.resolution_m,
        radio=rules.radio,
        path=rules.path,
        keeper=keeper,
    )


def place_of(mast: Mast, rules: Rules) -> Place:
    """Return a mast's place for the kernels."""
    return Place(
        row=mast.row,
        col=mast.col,
        antenna_height_m=mast.antenna_height_m,
        resolution_m=rules.resolution_m,
        radius_m=rules.radio.max_range_m,
        rx_height_m=rules.radio.rx_height_m,
    )


def work_through(
    ready: Bench, threads: int, tell: Callable[[float], bool | None] | None = None
) -> bool:
    """Add all masts of a piece; return whether they were all wanted.

    Parameters
    ----------
    ready
        The piece.
    threads
        How many masts are worked on at once.
    tell
        Called from this thread with the share done; returning False stops the work.
    """
    masts = ready.piece.masts
    stop = threading.Event()

    def one(mast: Mast) -> None:
        if not stop.is_set():
            ready.add(mast)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        done = as_completed([pool.submit(one, mast) for mast in masts])
        for count, future in enumerate(done, start=1):
            future.result()
            if tell is not None and tell(count / len(masts)) is False:
                stop.set()
    return not stop.is_set()


def composite(piece: Piece, keeper: Keeper | None = None, /) -> Composite:
    """Return the strongest signal of a piece, by one thread."""
    piece.require_own_code()
    layers = Layers(piece.keys, _shape(piece.terrain_m))
    ready = bench(piece, layers, keeper)
    for mast in piece.masts:
        ready.add(mast)
    patches, possible = [], []
    for layer, key in enumerate(piece.keys):
        signal_dbm, server = layers.best_dbm(layer), layers.server(layer)
        patches.append(trimmed(key, piece.row0, piece.col0, signal_dbm, server))
        if (maybe_dbm := layers.possible_dbm(layer)) is not None:
            # Kept whole: that it is there at all says that some path is not known.
            possible.append(Patch(key, piece.row0, piece.col0, maybe_dbm, None))
    return Composite(tuple(patch for patch in patches if patch is not None), tuple(possible))


def heard(piece: Piece, keeper: Keeper | None = None, /) -> tuple[Patch, ...]:
    """Return the signal of every mast and layer of a piece by itself, by one thread."""
    piece.require_own_code()
    apart = _Apart(piece)
    ready = bench(piece, apart, keeper)
    for mast in piece.masts:
        ready.add(mast)
    return tuple(apart.patches)


class Visitor:
    """Stands where layers stand, and hands every window on."""

    def __init__(
        self,
        keys: Sequence[Key],
        visit: Callable[[Key, int, int, FloatArray], None],
        beat_dbm: FloatArray,
    ) -> None:
        self._keys = tuple(keys)
        self._visit = visit
        self._beat_dbm = beat_dbm

    def best_dbm(self, layer: int) -> FloatArray:
        """Return what a window has to beat."""
        del layer
        return self._beat_dbm

    def merge(self, layer: int, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        """Hand a window on."""
        del server
        self._visit(self._keys[layer], row0, col0, signal)

    def merge_possible(self, layer: int, row0: int, col0: int, possible: FloatArray) -> None:
        """Leave out what is not known."""


class _Apart(Visitor):
    """Collects windows, each cut to where there is signal."""

    def __init__(self, piece: Piece) -> None:
        self.patches: list[Patch] = []
        self._corner = piece.row0, piece.col0
        beat_dbm = piece.beat_dbm
        if beat_dbm is None:
            beat_dbm = np.full(piece.terrain_m.shape, -np.inf, dtype=np.float32)
        super().__init__(piece.keys, self._collect, beat_dbm)

    def _collect(self, key: Key, row0: int, col0: int, signal: FloatArray) -> None:
        patch = trimmed(key, self._corner[0] + row0, self._corner[1] + col0, signal, None)
        if patch is not None:
            self.patches.append(patch)


def _shape(raster: FloatArray) -> tuple[int, int]:
    rows, cols = raster.shape
    return rows, cols
