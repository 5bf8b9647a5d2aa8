"""A prediction cut into pieces that can be worked out anywhere, and put together again.

A piece is a group of masts that stand close together, with the window of terrain and land cover
that their signal reaches, and the rules. What it gives is a pure function of it: the strongest
signal in its window. Of equal signals the cell listed first wins, whichever piece it comes from, so
the whole does not depend on how it is cut, nor where and in which order the pieces are worked out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from coverage.errors import CoverageError
from coverage.grid import FloatArray, Window
from coverage.params import LandCover, RadioParams
from coverage.prediction.cells import Cells, Mast
from coverage.prediction.layers import Key, Layers
from coverage.prediction.losses import Keeper
from coverage.propagation import SOURCE_DIGEST
from coverage.propagation.best_server import Antennas, ClassArray
from coverage.propagation.engine import PathParams
from coverage.text import Text

MOST_MASTS: Final = 48
"""Masts of a piece: some seconds of work, which is also what a lost worker costs."""
WIDEST_CELLS: Final = 512
"""Masts of a piece lie in a square of so many cells, which bounds the memory of a worker."""

Found = TypeVar("Found")
Found_co = TypeVar("Found_co", covariant=True)


def _code_digest() -> str:
    digest = hashlib.sha256(SOURCE_DIGEST.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


CODE_DIGEST: Final = _code_digest()
"""Stands for the code that predicts, in the names of results that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for all masts of a piece."""

    resolution_m: float
    radio: RadioParams
    legend: LandCover
    path: PathParams
    antennas: Antennas


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Masts and all that their signal depends on.

    `row0` and `col0` are the corner of the window on the whole grid; the masts' rows and columns
    count from there. `land_cover` is None where none is known. `keys` names the layers that `cells`
    number. Signal weaker than `beat_dbm` (of the window's shape; None for all) may be left out.
    """

    code: str
    row0: int
    col0: int
    terrain_m: FloatArray
    land_cover: ClassArray | None
    beat_dbm: FloatArray | None
    masts: tuple[Mast, ...]
    cells: Cells
    keys: tuple[Key, ...]
    rules: Rules

    def require_own_code(self) -> None:
        """Refuse a piece that another version of the program has cut."""
        if self.code != CODE_DIGEST:
            raise CoverageError(
                Text(
                    "Máy tính toán dùng phiên bản phusong khác với máy ra lệnh; hãy cài cùng một "
                    "phiên bản.",
                    "A worker runs another version of phusong than the machine that asks; install "
                    "the same version on both.",
                )
            )


class Ground(Protocol):
    """Terrain and land cover of the whole grid, given out by window."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""

    def window(self, window: Window) -> tuple[FloatArray, ClassArray | None]:
        """Return heights in metres (NaN unknown) and land-cover classes (0 unknown) in a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGround:
    """Ground that lies in memory."""

    terrain_m: FloatArray
    land_cover: ClassArray | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""
        rows, cols = self.terrain_m.shape
        return rows, cols

    def window(self, window: Window) -> tuple[FloatArray, ClassArray | None]:
        """Return both in a window."""
        cover = self.land_cover
        return self.terrain_m[window.cut], None if cover is None else cover[window.cut]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All masts of a prediction on their ground.

    `areas` holds masts by the rules they go by; `cells` and `keys` are those of all masts.
    """

    ground: Ground
    areas: tuple[tuple[Rules, tuple[Mast, ...]], ...]
    cells: Cells
    keys: tuple[Key, ...]

    @property
    def masts(self) -> int:
        """Number of masts."""
        return sum(len(masts) for _, masts in self.areas)

    def groups(self, most: int) -> list[tuple[Rules, tuple[Mast, ...]]]:
        """Return the masts in groups that stand close together, from north to south."""
        return [(rules, group) for rules, masts in self.areas for group in _grouped(masts, most)]

    def reach_of(self, rules: Rules, masts: Sequence[Mast]) -> Window:
        """Return the window of the grid that the signal of some masts reaches."""
        cells = math.ceil(rules.radio.max_range_m / rules.resolution_m)
        rows, cols = [mast.row for mast in masts], [mast.col for mast in masts]
        row0, col0 = max(min(rows) - cells, 0), max(min(cols) - cells, 0)
        height, width = self.ground.shape
        return Window(
            row0=row0,
            col0=col0,
            height=min(max(rows) + cells + 1, height) - row0,
            width=min(max(cols) + cells + 1, width) - col0,
        )

    def piece(
        self, rules: Rules, masts: Sequence[Mast], beat_dbm: FloatArray | None = None
    ) -> Piece:
        """Cut out a group of masts; `beat_dbm` is of the whole grid."""
        window = self.reach_of(rules, masts)
        terrain_m, land_cover = self.ground.window(window)
        members = np.array([cell for mast in masts for cell in mast.cells], dtype=np.int64)
        position = {int(cell): at for at, cell in enumerate(members)}
        present = sorted(set(self.cells.layer[members].tolist()))
        cells = self.cells.of(members)
        return Piece(
            code=CODE_DIGEST,
            row0=window.row0,
            col0=window.col0,
            terrain_m=terrain_m,
            land_cover=land_cover,
            beat_dbm=None if beat_dbm is None else beat_dbm[window.cut],
            masts=tuple(
                Mast(
                    row=mast.row - window.row0,
                    col=mast.col - window.col0,
                    antenna_height_m=mast.antenna_height_m,
                    cells=tuple(position[cell] for cell in mast.cells),
                )
                for mast in masts
            ),
            cells=replace(cells, layer=np.searchsorted(present, cells.layer)),
            keys=tuple(self.keys[layer] for layer in present),
            rules=rules,
        )


class Work(Protocol[Found_co]):
    """What is to be done with a piece."""

    def __call__(self, piece: Piece, keeper: Keeper | None, /) -> Found_co:
        """Return what comes of it."""


class Crew(Protocol):
    """Whoever works on pieces: threads, or machines far away."""

    def results(
        self, work: Work[Found], pieces: Iterable[Callable[[], Piece]]
    ) -> Iterator[tuple[int, Found]]:
        """Yield the number of each piece and what came of it, as they are done.

        A piece is cut when there is room for it, so never all are held at once.
        """


@dataclass(frozen=True, slots=True)
class Patch:
    """One layer's signal in a rectangle of the whole grid, and the cells it comes from."""

    key: Key
    row0: int
    col0: int
    signal_dbm: FloatArray
    server: Any


@dataclass(frozen=True, slots=True)
class Composite:
    """The strongest signal of a piece by layer, and what may arrive over paths not known."""

    patches: tuple[Patch, ...]
    possible: tuple[Patch, ...]

    def merge_into(self, layers: Layers, layer_of: dict[Key, int]) -> None:
        """Keep the stronger of the layers and these."""
        for patch in self.patches:
            layers.merge(
                layer_of[patch.key], patch.row0, patch.col0, patch.signal_dbm, patch.server
            )
        for patch in self.possible:
            layers.merge_possible(layer_of[patch.key], patch.row0, patch.col0, patch.signal_dbm)


def trimmed(key: Key, row0: int, col0: int, signal_dbm: FloatArray, server: Any) -> Patch | None:
    """Return the part of a window in which there is signal; None where there is none."""
    heard = signal_dbm > -np.inf
    rows, cols = np.flatnonzero(heard.any(axis=1)), np.flatnonzero(heard.any(axis=0))
    if not rows.size:
        return None
    cut = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return Patch(
        key,
        row0 + int(rows[0]),
        col0 + int(cols[0]),
        np.ascontiguousarray(signal_dbm[cut]),
        None if server is None else np.ascontiguousarray(server[cut]),
    )


def _grouped(masts: Sequence[Mast], most: int) -> Iterator[tuple[Mast, ...]]:
    """Halve the masts across their longer side until each group is small and close together."""
    if not masts:
        return
    rows, cols = (np.array(axis) for axis in zip(*((m.row, m.col) for m in masts), strict=True))
    tall, wide = int(np.ptp(rows)), int(np.ptp(cols))
    if len(masts) <= most and max(tall, wide) < WIDEST_CELLS:
        yield tuple(masts)
        return
    order = np.lexsort((cols, rows) if tall >= wide else (rows, cols))
    half = len(masts) // 2 if max(tall, wide) else most
    for part in (order[:half], order[half:]):
        yield from _grouped([masts[i] for i in part], most)
