"""Signal of a large area, put together tile by tile and kept in files.

Patches come in any order. A tile is held in memory from the first patch that touches it until the
last that could, then it goes to its place in the files; so memory depends on how wide the area is,
and not on how large. The files are scratch of one run: plain, tiled, sparse GeoTIFFs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import rasterio

from coverage.grid import FloatArray, Grid, Window
from coverage.io.writers import extent_of, tiled_profile
from coverage.params import Technology
from coverage.propagation.best_server import ServerArray, keep_greater, keep_stronger

Key = tuple[Technology, str]
TILE: Final = 512
_IN_TILES: Final[dict[str, Any]] = {
    "blockxsize": TILE,
    "blockysize": TILE,
    "compress": "deflate",
    "zlevel": 1,
    "num_threads": 1,
}


@dataclass(slots=True)
class _Tile:
    """What is known of a tile so far, by layer and by technology."""

    shape: tuple[int, int]
    signal_dbm: dict[Key, FloatArray] = field(default_factory=dict)
    server: dict[Key, ServerArray] = field(default_factory=dict)
    possible_dbm: dict[Technology, FloatArray] = field(default_factory=dict)


class SignalTiles:
    """Rasters of a country's signal by (technology, operator), "" for the strongest of any.

    Parameters
    ----------
    folder
        Where the files go; it exists and is empty.
    grid
        Of the whole area.
    keys
        Every (technology, operator) there is.
    """

    def __init__(self, folder: Path, grid: Grid, keys: Sequence[Key]) -> None:
        self._grid = grid
        self._keys = tuple(sorted(keys))
        self._technologies = tuple(dict.fromkeys(technology for technology, _ in self._keys))
        self._named = (*self._keys, *((technology, "") for technology in self._technologies))
        self._tiles: dict[tuple[int, int], _Tile] = {}
        self._coming: Counter[tuple[int, int]] = Counter()
        self.unknown_paths: set[Technology] = set()
        self.most_tiles = 0
        self._paths = {
            **{("signal", key): folder / f"signal_{n}.tif" for n, key in enumerate(self._named)},
            **{("server", key): folder / f"server_{n}.tif" for n, key in enumerate(self._named)},
            **{
                ("possible", (technology, "")): folder / f"possible_{technology}.tif"
                for technology in self._technologies
            },
        }
        self._files = ExitStack()
        self._open: dict[tuple[str, Key], Any] = {}

    def __enter__(self) -> Self:
        """Open the files for writing."""
        kinds = {
            "signal": ("float32", np.nan),
            "server": ("int32", 0),
            "possible": ("float32", -np.inf),
        }
        for (kind, key), path in self._paths.items():
            dtype, nodata = kinds[kind]
            profile = tiled_profile(self._grid, dtype, nodata) | _IN_TILES
            self._open[kind, key] = self._files.enter_context(rasterio.open(path, "w", **profile))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close them; from now on they can be read."""
        self._files.close()
        self._open.clear()

    def expect(self, window: Window) -> None:
        """Say, before the first patch comes, that patches within a window will."""
        self._coming.update(_touched(window))

    def merge(self, key: Key, row0: int, col0: int, signal: FloatArray, server: Any) -> None:
        """Keep the stronger of a patch and what is there."""
        for at, tile in self._touched_tiles(row0, col0, signal.shape):
            if key not in tile.signal_dbm:
                tile.signal_dbm[key] = np.full(tile.shape, -np.inf, dtype=np.float32)
                tile.server[key] = np.zeros(tile.shape, dtype=np.int32)
            keep_stronger(
                tile.signal_dbm[key],
                tile.server[key],
                signal,
                server,
                row0 - at[0] * TILE,
                col0 - at[1] * TILE,
            )

    def merge_possible(self, key: Key, row0: int, col0: int, possible: FloatArray) -> None:
        """Keep the greater of what may arrive over paths that are not known."""
        technology = key[0]
        self.unknown_paths.add(technology)
        for at, tile in self._touched_tiles(row0, col0, possible.shape):
            if technology not in tile.possible_dbm:
                tile.possible_dbm[technology] = np.full(tile.shape, -np.inf, dtype=np.float32)
            keep_greater(
                tile.possible_dbm[technology], possible, row0 - at[0] * TILE, col0 - at[1] * TILE
            )

    def settle(self, window: Window) -> None:
        """Say that the patches of a window that was expected have come."""
        self.most_tiles = max(self.most_tiles, len(self._tiles))
        for at in _touched(window):
            self._coming[at] -= 1
            if not self._coming[at] and at in self._tiles:
                self._write(at, self._tiles.pop(at))

    def read(self, kind: str, key: Key, window: Window) -> np.ndarray[Any, Any]:
        """Return a window of "signal", "server" or "possible"."""
        with rasterio.open(self._paths[kind, key], driver="GTiff") as source:
            array: np.ndarray[Any, Any] = source.read(1, window=extent_of(window))
        return array

    def windows(self) -> Iterator[Window]:
        """Yield the tiles' windows, from north to south."""
        for row in range(0, self._grid.height, TILE):
            for col in range(0, self._grid.width, TILE):
                yield self._window((row // TILE, col // TILE))

    def _touched_tiles(
        self, row0: int, col0: int, shape: tuple[int, ...]
    ) -> Iterator[tuple[tuple[int, int], _Tile]]:
        for at in _touched(Window(row0=row0, col0=col0, height=shape[0], width=shape[1])):
            if at not in self._tiles:
                window = self._window(at)
                self._tiles[at] = _Tile((window.height, window.width))
            yield at, self._tiles[at]

    def _window(self, at: tuple[int, int]) -> Window:
        row0, col0 = at[0] * TILE, at[1] * TILE
        return Window(
            row0=row0,
            col0=col0,
            height=min(TILE, self._grid.height - row0),
            width=min(TILE, self._grid.width - col0),
        )

    def _write(self, at: tuple[int, int], tile: _Tile) -> None:
        extent = extent_of(self._window(at))
        for technology in self._technologies:
            strongest = np.full(tile.shape, -np.inf, dtype=np.float32)
            number = np.zeros(tile.shape, dtype=np.int32)
            for key in self._keys:
                if key[0] == technology and key in tile.signal_dbm:
                    keep_stronger(strongest, number, tile.signal_dbm[key], tile.server[key], 0, 0)
            if number.any():
                tile.signal_dbm[technology, ""], tile.server[technology, ""] = strongest, number
        for key, signal_dbm in tile.signal_dbm.items():
            nan_for_nothing = np.where(signal_dbm == -np.inf, np.float32(np.nan), signal_dbm)
            self._open["signal", key].write(nan_for_nothing, 1, window=extent)
            self._open["server", key].write(tile.server[key], 1, window=extent)
        for technology, possible_dbm in tile.possible_dbm.items():
            self._open["possible", (technology, "")].write(possible_dbm, 1, window=extent)


def _touched(window: Window) -> Iterator[tuple[int, int]]:
    for row in range(window.row0 // TILE, (window.row0 + window.height - 1) // TILE + 1):
        for col in range(window.col0 // TILE, (window.col0 + window.width - 1) // TILE + 1):
            yield row, col
