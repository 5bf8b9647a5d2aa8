"""A country: a folder that lists its provinces' projects, and its ground read by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    """Terrain and land cover of provinces, read by window from their files.

    Of several files that know a cell the one listed first decides.
    """

    def __init__(self, grid: Grid, terrain: Sequence[Tile], covers: Sequence[Tile]) -> None:
        self._grid = grid
        self._terrain = [(tile, bounds_in(tile, grid.crs)) for tile in terrain]
        self._covers = [(tile, bounds_in(tile, grid.crs)) for tile in covers]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""
        return self._grid.shape

    def window(
        self, window: Window
    ) -> tuple[FloatArray, np.ndarray[Any, np.dtype[np.uint8]] | None]:
        """Return heights in metres (NaN unknown) and classes (0 unknown; None without any)."""
        part = self._grid.part(window)
        terrain_m = terrain_on(part, _touching(self._terrain, part), exact=True)
        if not self._covers:
            return terrain_m, None
        cover = np.zeros(part.shape, dtype=np.uint8)
        for tile in _touching(self._covers, part):
            cover = np.where(cover == 0, classes_on(part, tile, exact=True), cover)
        return terrain_m, cover


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
