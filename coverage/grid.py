"""The metric raster grid that every layer of a project is brought onto.

Row 0 is the northern edge; a cell is an area and its value stands for its centre. Coordinates are
metres of the grid's coordinate system.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio.features
from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from coverage.errors import CrsError, ExtentError
from coverage.text import Text

FloatArray = np.ndarray[Any, np.dtype[np.float32]]
BoolArray = np.ndarray[Any, np.dtype[np.bool_]]
ByteArray = np.ndarray[Any, np.dtype[np.uint8]]
IndexArray = np.ndarray[Any, np.dtype[np.int64]]
Bounds = tuple[float, float, float, float]

MAX_CELLS: Final = 500_000_000
_IN_STEP: Final = 1e-6
"""Part of a cell by which corners of grids in step may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A rectangle of cells of a grid."""

    row0: int
    col0: int
    height: int
    width: int

    @property
    def cut(self) -> tuple[slice, slice]:
        """Rows and columns, to cut it out of a raster of the grid."""
        return (
            slice(self.row0, self.row0 + self.height),
            slice(self.col0, self.col0 + self.width),
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid of square cells in a metric coordinate system."""

    crs: str
    west_m: float
    north_m: float
    resolution_m: float
    height: int
    width: int

    @property
    def transform(self) -> Affine:
        """Affine from (column, row) to (x, y)."""
        return Affine(self.resolution_m, 0.0, self.west_m, 0.0, -self.resolution_m, self.north_m)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in metres."""
        south = self.north_m - self.height * self.resolution_m
        return self.west_m, south, self.west_m + self.width * self.resolution_m, self.north_m

    @property
    def cell_area_km2(self) -> float:
        """Area of one cell on the grid."""
        return (self.resolution_m / 1000.0) ** 2

    def part(self, window: Window) -> Grid:
        """Return the grid of a window."""
        return Grid(
            crs=self.crs,
            west_m=self.west_m + window.col0 * self.resolution_m,
            north_m=self.north_m - window.row0 * self.resolution_m,
            resolution_m=self.resolution_m,
            height=window.height,
            width=window.width,
        )

    def window_of(self, part: Grid) -> Window:
        """Return the window that another grid in step with this one covers of it.

        Raises
        ------
        ValueError
            Where it is not in step, or reaches beyond.
        """
        row0 = (self.north_m - part.north_m) / self.resolution_m
        col0 = (part.west_m - self.west_m) / self.resolution_m
        window = Window(row0=round(row0), col0=round(col0), height=part.height, width=part.width)
        if (
            (self.crs, self.resolution_m) != (part.crs, part.resolution_m)
            or max(abs(row0 - window.row0), abs(col0 - window.col0)) > _IN_STEP
            or min(window.row0, window.col0) < 0
            or window.row0 + part.height > self.height
            or window.col0 + part.width > self.width
        ):
            message = f"{part} is no window of {self}"
            raise ValueError(message)
        return window

    def rowcol(self, x_m: Any, y_m: Any) -> tuple[IndexArray, IndexArray]:
        """Return row and column of points; -1 for both where a point is outside or not known."""
        x, y = np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)
        with np.errstate(invalid="ignore"):
            col = np.floor((x - self.west_m) / self.resolution_m)
            row = np.floor((self.north_m - y) / self.resolution_m)
            inside = (row >= 0) & (row < self.height) & (col >= 0) & (col < self.width)
        return np.where(inside, row, -1).astype(np.int64), np.where(inside, col, -1).astype(
            np.int64
        )

    def disc(self, row: int, col: int, radius_m: float) -> tuple[IndexArray, IndexArray]:
        """Return rows and columns of the cells whose centre lies within `radius_m` of a cell.

        The cell itself always belongs; cells outside the grid are left out.
        """
        reach = int(radius_m // self.resolution_m)
        d_row, d_col = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        near = np.hypot(d_row, d_col) * self.resolution_m <= radius_m
        near[reach, reach] = True
        rows, cols = row + d_row[near], col + d_col[near]
        inside = (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)
        return rows[inside], cols[inside]

    def rasterise(
        self, shapes: Iterable[tuple[BaseGeometry, int]]
    ) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Burn polygons of this grid's coordinate system; a cell belongs by its centre, else 0."""
        pairs = list(shapes)
        if not pairs:
            return np.zeros(self.shape, dtype=np.int32)
        burnt = rasterio.features.rasterize(
            pairs, out_shape=self.shape, transform=self.transform, fill=0, dtype="int32"
        )
        return np.asarray(burnt, dtype=np.int32)


def metric_crs(name: str, *, file: str) -> str:
    """Return `name` if it is a projected system in metres.

    Raises
    ------
    CrsError
        Where it is unknown, geographic, or not in metres.
    """
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise _crs_error(
            file,
            name,
            Text("không nhận ra hệ tọa độ này", "this coordinate system is not known"),
        ) from error
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise _crs_error(
            file,
            name,
            Text("lưới phải dùng hệ tọa độ phẳng tính bằng mét", "the grid needs metres"),
        )
    return name


def grid_over(
    bounds: Bounds, *, crs: str, resolution_m: float, anchor: tuple[float, float] = (0.0, 0.0)
) -> Grid:
    """Return the smallest grid that covers `bounds` with cell corners in step with `anchor`.

    Raises
    ------
    ExtentError
        Where the area is empty or needs more cells than one machine holds.
    """
    west, south, east, north = bounds
    col0 = math.floor((west - anchor[0]) / resolution_m + 1e-9)
    row0 = math.floor((anchor[1] - north) / resolution_m + 1e-9)
    width = math.ceil((east - anchor[0]) / resolution_m - 1e-9) - col0
    height = math.ceil((anchor[1] - south) / resolution_m - 1e-9) - row0
    if width <= 0 or height <= 0 or width * height > MAX_CELLS:
        size = Text(
            f"vùng nghiên cứu rỗng hoặc quá lớn ({width} × {height} ô)",
            f"the study area is empty or too large ({width} × {height} cells)",
        )
        fix = Text(
            "Hãy kiểm tra hệ tọa độ của các lớp, hoặc tăng resolution_m.",
            "Check the layers' coordinate systems, or raise resolution_m.",
        )
        raise ExtentError.about("project.toml", "extent", size, fix)
    return Grid(
        crs=crs,
        west_m=anchor[0] + col0 * resolution_m,
        north_m=anchor[1] - row0 * resolution_m,
        resolution_m=resolution_m,
        height=height,
        width=width,
    )


def _crs_error(file: str, value: str, what: Text) -> CrsError:
    fix = Text(
        'Ví dụ dùng "EPSG:3405" (VN-2000 / UTM 48N) hoặc "EPSG:9213".',
        'Use for example "EPSG:3405" (VN-2000 / UTM 48N) or "EPSG:9213".',
    )
    return CrsError.about(file, "crs", what, fix, column="crs", value=value)
