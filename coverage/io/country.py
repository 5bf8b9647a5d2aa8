"""A country: a folder that lists its provinces' projects, and its ground read by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from coverage.errors import ScenarioError
from coverage.grid import Bounds, FloatArray, Grid, Window
from coverage.io.desk import Desk
from coverage.io.rasters import Tile, bounds_in, classes_on, terrain_on
from coverage.io.reading import cover_tile, terrain_tiles
from coverage.params import CountrySection
from coverage.settings import load_country_file, load_project_file
from coverage.text import Text

FILE: Final = "country.toml"
ClassArray = np.ndarray[Any, np.dtype[np.uint8]]

_BLOCK: Final = 512
_BLOCKS_KEPT: Final = 48
"""Blocks of 1.25 MiB; pieces that follow each other look at the same ones."""
_AROUND_CELLS: Final = 2
"""A tile may be looked at so far beyond a window, for interpolation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What `country.toml` says, and the provinces' `project.toml` by the names of their folders."""

    section: CountrySection
    projects: dict[str, Path]


def country_path(path: Path | str) -> Path | None:
    """Return the `country.toml` given by its folder or by itself; None for a single project."""
    path = Path(path)
    if path.name == FILE:
        return path
    inside = path / FILE
    return inside if inside.is_file() else None


def read_country(path: Path) -> Country:
    """Read `country.toml`.

    Raises
    ------
    ScenarioError
        Where it cannot be used, or a province has no project; all such provinces are named.
    """
    section = load_country_file(path).country
    projects = {Path(name).name: path.parent / name / "project.toml" for name in section.provinces}
    if len(projects) < len(section.provinces):
        raise ScenarioError(
            Text(
                f"{path.name}: hai tỉnh có thư mục trùng tên; hãy đặt tên khác nhau.",
                f"{path.name}: two provinces have folders of one name; give them different names.",
            )
        )
    missing = [name for name, project in projects.items() if not project.is_file()]
    if missing:
        listed = ", ".join(missing)
        raise ScenarioError(
            Text(
                f"{path.name}: không thấy project.toml của các tỉnh {listed}.",
                f"{path.name}: there is no project.toml for the provinces {listed}.",
            )
        )
    return Country(section=section, projects=projects)


class TiledGround:
    """Terrain and land cover of provinces, read block by block from their files.

    Blocks are fixed, so a cell has the same height in every window, resampled or not; some of them
    are kept. Of several files that know a cell the one listed first decides.
    """

    def __init__(self, grid: Grid, terrain: Sequence[Tile], covers: Sequence[Tile]) -> None:
        self._grid = grid
        self._terrain = [(tile, bounds_in(tile, grid.crs)) for tile in terrain]
        self._covers = [(tile, bounds_in(tile, grid.crs)) for tile in covers]
        self._block = lru_cache(maxsize=_BLOCKS_KEPT)(self._read)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""
        return self._grid.shape

    def window(self, window: Window) -> tuple[FloatArray, ClassArray | None]:
        """Return heights in metres (NaN unknown) and classes (0 unknown; None without any)."""
        terrain_m = np.full((window.height, window.width), np.nan, dtype=np.float32)
        cover = np.zeros(terrain_m.shape, dtype=np.uint8) if self._covers else None
        for row in range(window.row0 // _BLOCK, (window.row0 + window.height - 1) // _BLOCK + 1):
            for col in range(window.col0 // _BLOCK, (window.col0 + window.width - 1) // _BLOCK + 1):
                block_m, block_cover = self._block(row, col)
                here, there = _shared(window, row * _BLOCK, col * _BLOCK, block_m.shape)
                terrain_m[here] = block_m[there]
                if cover is not None and block_cover is not None:
                    cover[here] = block_cover[there]
        return terrain_m, cover

    def _read(self, row: int, col: int) -> tuple[FloatArray, ClassArray | None]:
        row0, col0 = row * _BLOCK, col * _BLOCK
        height, width = self._grid.shape
        part = self._grid.part(
            Window(
                row0=row0,
                col0=col0,
                height=min(_BLOCK, height - row0),
                width=min(_BLOCK, width - col0),
            )
        )
        terrain_m = terrain_on(part, _touching(self._terrain, part))
        if not self._covers:
            return terrain_m, None
        cover = np.zeros(part.shape, dtype=np.uint8)
        for tile in _touching(self._covers, part):
            cover = np.where(cover == 0, classes_on(part, tile), cover)
        return terrain_m, cover


def _shared(
    window: Window, row0: int, col0: int, shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a window and a block at a place overlap, in the one and in the other."""
    here, there = [], []
    for start, size, first, length in (
        (window.row0, window.height, row0, shape[0]),
        (window.col0, window.width, col0, shape[1]),
    ):
        low, high = max(start, first), min(start + size, first + length)
        here.append(slice(low - start, high - start))
        there.append(slice(low - first, high - first))
    return (here[0], here[1]), (there[0], there[1])


def ground_tiles(projects: Sequence[Path]) -> tuple[list[Tile], list[Tile]]:
    """Open the terrain and land-cover files of some projects, each file once."""
    terrain: dict[Path, Tile] = {}
    covers: dict[Path, Tile] = {}
    for path in projects:
        file, _ = load_project_file(path)
        desk = Desk(path.parent, [], declared_synthetic=file.project.synthetic)
        for tile in terrain_tiles(desk, file.inputs):
            terrain.setdefault(tile.path.resolve(), tile)
        cover = cover_tile(desk, file.inputs)
        if cover is not None:
            covers.setdefault(cover.path.resolve(), cover)
    return list(terrain.values()), list(covers.values())


def _touching(tiles: Sequence[tuple[Tile, Bounds]], part: Grid) -> list[Tile]:
    west, south, east, north = part.bounds
    found = []
    for tile, (left, bottom, right, top) in tiles:
        around_m = _AROUND_CELLS * max(part.resolution_m, (right - left) / tile.shape[1])
        if (
            left < east + around_m
            and right > west - around_m
            and bottom < north + around_m
            and top > south - around_m
        ):
            found.append(tile)
    return found
