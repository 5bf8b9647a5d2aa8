"""Terrain and land cover from GeoTIFF and SRTM tiles, joined onto the project's grid.

What no tile knows stays unknown: NaN for terrain, 0 for land cover. Never sea level.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import Resampling, reproject, transform_bounds

from coverage.archives import BROKEN_ZIP
from coverage.errors import CrsError, InputDataError
from coverage.grid import MAX_CELLS, Bounds, FloatArray, Grid
from coverage.io.files import kind_of
from coverage.model import Raster
from coverage.text import Text

RASTER_KINDS: Final = ("tif", "hgt", "hgt.zip")
_SAME_M: Final = 1e-6
_MOST_DECODED_BYTES: Final = 4 * 2**30
"""All bands decoded: `MAX_CELLS` of 8 bytes each. Files of many bands interleave them."""
_LARGEST_BLOCK_BYTES: Final = 256 * 2**20
"""One tile or strip, which is decoded whole; 512 × 512 of 8 bytes take 2 MiB."""
_LARGEST_ARCHIVE_BYTES: Final = 64 * 2**20
"""A tile of 1″ takes 25 MiB even where it is only stored."""
_SRTM_VOID: Final = -32768
_LOWEST_M: Final = -500.0
_HIGHEST_M: Final = 9_000.0
_HGT_NAME: Final = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tile:
    """One raster file: where it lies and what it says of itself."""

    path: Path
    name: str
    kind: str
    crs: str
    transform: Affine
    shape: tuple[int, int]
    nodata: float | None
    is_synthetic: bool

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in the tile's own coordinates."""
        rows, cols = self.shape
        west, north = self.transform.c, self.transform.f
        return west, north + rows * self.transform.e, west + cols * self.transform.a, north


def open_tile(path: Path, *, name: str) -> Tile:
    """Read what a raster says of itself, without its pixels.

    Raises
    ------
    InputDataError
        Where it is not a raster we read, is rotated, or is too large.
    CrsError
        Where it states no coordinate system.
    """
    kind = kind_of(path, RASTER_KINDS, name=name)
    if kind != "tif":
        return _srtm_tile(path, name, kind)
    try:
        with rasterio.open(path, driver="GTiff") as source:
            _weigh(source, name)
            return _described(source, path, name)
    except RasterioError as error:
        raise _unreadable(name, error) from error


def bounds_in(tile: Tile, crs: str) -> Bounds:
    """Return a tile's bounds in another coordinate system."""
    if CRS.from_user_input(tile.crs) == CRS.from_user_input(crs):
        return tile.bounds
    west, south, east, north = transform_bounds(tile.crs, crs, *tile.bounds, densify_pts=21)
    return west, south, east, north


def terrain_on(grid: Grid, tiles: Sequence[Tile]) -> FloatArray:
    """Join terrain tiles onto the grid: heights in metres, NaN where no tile knows.

    The first tile that knows a cell decides. Finer tiles are averaged, coarser ones interpolated; a
    tile already in step with the grid is taken as it is.
    """
    height_m = np.full(grid.shape, np.nan, dtype=np.float32)
    for tile in tiles:
        part = _warped(grid, tile, np.nan, np.float32, _resampling(grid, tile))
        with np.errstate(invalid="ignore"):
            part[(part < _LOWEST_M) | (part > _HIGHEST_M)] = np.nan
        height_m = np.where(np.isnan(height_m), part, height_m)
    return height_m


def classes_on(grid: Grid, tile: Tile) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bring a class raster onto the grid: the most frequent class of each cell, 0 unknown."""
    return _warped(grid, tile, 0, np.uint8, _class_resampling(grid, tile))


def signal_raster(tile: Tile) -> Raster:
    """Return a raster that a run wrote, on its own grid; NaN where nothing is known.

    Raises
    ------
    InputDataError
        Where its pixels cannot be read, or are not square.
    """
    rows, cols = tile.shape
    side_m = tile.transform.a
    if abs(tile.transform.e + side_m) > _SAME_M:
        raise InputDataError.about(
            tile.name,
            "unreadable",
            Text("các ô không vuông", "its cells are not square"),
            Text("Hãy chạy lại.", "Run again."),
        )
    try:
        with rasterio.open(tile.path, driver="GTiff") as source:
            array = source.read(1, masked=True).astype(np.float32).filled(np.nan)
    except RasterioError as error:
        raise _unreadable(tile.name, error) from error
    grid = Grid(tile.crs, tile.transform.c, tile.transform.f, side_m, rows, cols)
    return Raster(array=array, grid=grid)


def in_step(grid_crs: str, resolution_m: float, tile: Tile) -> bool:
    """Whether a tile's cells have the size and the system of the grid to be made."""
    return (
        CRS.from_user_input(tile.crs) == CRS.from_user_input(grid_crs)
        and abs(tile.transform.a - resolution_m) < 1e-6  # noqa: PLR2004
        and abs(tile.transform.e + resolution_m) < 1e-6  # noqa: PLR2004
    )


def _described(source: DatasetReader, path: Path, name: str) -> Tile:
    if source.crs is None:
        raise CrsError.about(
            name,
            "missing_crs",
            Text("ảnh không ghi hệ tọa độ", "the raster states no coordinate system"),
            Text("Hãy gán hệ tọa độ khi xuất.", "Assign it on export."),
        )
    transform = source.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputDataError.about(
            name,
            "rotated_raster",
            Text("ảnh bị xoay hoặc lật", "the raster is rotated or flipped"),
            Text("Hãy nắn về hướng bắc.", "Warp it to north-up."),
        )
    return Tile(
        path=path,
        name=name,
        kind="tif",
        crs=_short_name(source.crs.to_wkt()),
        transform=transform,
        shape=source.shape,
        nodata=source.nodata,
        is_synthetic="synthetic" in " ".join(source.tags().values()).lower(),
    )


def _weigh(source: DatasetReader, name: str) -> None:
    """Refuse what decodes to too much; a sparse file of 7 MB can hold 160 GB."""
    rows, cols = source.shape
    cell_bytes = sum(np.dtype(kind).itemsize for kind in source.dtypes)
    block_bytes = max(height * width for height, width in source.block_shapes) * cell_bytes
    if (
        rows * cols <= MAX_CELLS
        and rows * cols * cell_bytes <= _MOST_DECODED_BYTES
        and block_bytes <= _LARGEST_BLOCK_BYTES
    ):
        return
    size, block = rows * cols * cell_bytes / 2**30, block_bytes / 2**20
    raise InputDataError.about(
        name,
        "too_large",
        Text(
            f"ảnh quá lớn ({rows} × {cols} ô, {source.count} kênh, giải nén {size:.1f} GiB, "
            f"mỗi khối {block:.0f} MiB; giới hạn {MAX_CELLS:,} ô, "
            f"{_MOST_DECODED_BYTES // 2**30} GiB, khối {_LARGEST_BLOCK_BYTES // 2**20} MiB)",
            f"the raster is too large ({rows} × {cols} cells, {source.count} bands, "
            f"{size:.1f} GiB decoded, {block:.0f} MiB a block; the limits are {MAX_CELLS:,} cells, "
            f"{_MOST_DECODED_BYTES // 2**30} GiB, {_LARGEST_BLOCK_BYTES // 2**20} MiB a block)",
        ),
        Text(
            "Hãy cắt theo vùng nghiên cứu, giữ một kênh, lưu dạng chia ô (tiled).",
            "Cut it to the study area, keep one band, save it tiled.",
        ),
    )


def _short_name(wkt: str) -> str:
    """Return a system's authority code where it has one."""
    crs = CRS.from_wkt(wkt)
    code = crs.to_authority()
    return wkt if code is None else ":".join(code)


def _srtm_tile(path: Path, name: str, kind: str) -> Tile:
    """Describe an SRTM tile: named for its south-west corner, pixels on whole arc seconds."""
    found = _HGT_NAME.search(path.name)
    if found is None:
        raise InputDataError.about(
            name,
            "hgt_name",
            Text("tên tệp .hgt không ghi góc tây nam", "the .hgt name states no south-west corner"),
            Text("Hãy đặt tên như N22E105.hgt.", "Name it like N22E105.hgt."),
        )
    south = int(found[2]) * (1 if found[1].upper() == "N" else -1)
    west = int(found[4]) * (1 if found[3].upper() == "E" else -1)
    side = _srtm_side(path, kind, name)
    step = 1.0 / (side - 1)
    return Tile(
        path=path,
        name=name,
        kind=kind,
        crs="EPSG:4326",
        transform=Affine(step, 0.0, west - step / 2, 0.0, -step, south + 1 + step / 2),
        shape=(side, side),
        nodata=float(_SRTM_VOID),
        is_synthetic=False,
    )


def _srtm_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    return next(item for item in archive.infolist() if item.filename.lower().endswith(".hgt"))


def _srtm_side(path: Path, kind: str, name: str) -> int:
    size = path.stat().st_size
    if kind != "hgt" and size <= _LARGEST_ARCHIVE_BYTES:
        with zipfile.ZipFile(path) as archive:
            size = _srtm_member(archive).file_size
    for side in (1201, 3601):
        if size == side * side * 2:
            return side
    raise InputDataError.about(
        name,
        "hgt_size",
        Text(f"kích thước .hgt lạ ({size} byte)", f"unusual .hgt size ({size} bytes)"),
        Text("Cần ô 1″ hoặc 3″ nguyên vẹn.", "A whole tile of 1″ or 3″ is needed."),
    )


def _srtm_heights(tile: Tile) -> np.ndarray[Any, Any]:
    if tile.kind == "hgt":
        data = tile.path.read_bytes()
    else:
        try:
            with zipfile.ZipFile(tile.path) as archive:
                data = archive.read(_srtm_member(archive))
        except BROKEN_ZIP as error:
            raise _unreadable(tile.name, error) from error
    return np.frombuffer(data, dtype=">i2").reshape(tile.shape).astype(np.int16)


@contextmanager
def _pixels(tile: Tile) -> Iterator[Any]:
    """Yield what `reproject` takes as source: a band of the open file, or an array."""
    if tile.kind != "tif":
        yield _srtm_heights(tile)
        return
    with rasterio.open(tile.path, driver="GTiff") as source:
        yield rasterio.band(source, 1)


def _warped(
    grid: Grid, tile: Tile, unknown: float, dtype: Any, resampling: Resampling
) -> np.ndarray[Any, Any]:
    target = np.full(grid.shape, unknown, dtype=dtype)
    nodata = tile.nodata if tile.nodata is not None else _default_nodata(tile, dtype)
    try:
        with _pixels(tile) as source:
            _reproject(
                source,
                tile,
                grid=grid,
                target=target,
                source_nodata=nodata,
                unknown=unknown,
                resampling=resampling,
            )
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise _unreadable(tile.name, error) from error
    return target


def _reproject(
    source: Any,
    tile: Tile,
    *,
    grid: Grid,
    target: np.ndarray[Any, Any],
    source_nodata: float | None,
    unknown: float,
    resampling: Resampling,
) -> None:
    reproject(
        source=source,
        destination=target,
        src_transform=tile.transform,
        src_crs=tile.crs,
        src_nodata=source_nodata,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        dst_nodata=unknown,
        resampling=resampling,
        num_threads=1,
    )


def _default_nodata(tile: Tile, dtype: Any) -> float | None:
    if dtype is np.uint8:
        return 0
    with rasterio.open(tile.path, driver="GTiff") as source:
        return None if np.issubdtype(np.dtype(source.dtypes[0]), np.unsignedinteger) else _SRTM_VOID


def _cell_ratio(grid: Grid, tile: Tile) -> float:
    """Size of a tile's cell as a share of the grid's."""
    west, _, east, _ = bounds_in(tile, grid.crs)
    return (east - west) / tile.shape[1] / grid.resolution_m


def _is_aligned(grid: Grid, tile: Tile) -> bool:
    if not in_step(grid.crs, grid.resolution_m, tile):
        return False
    shift = (
        (tile.transform.c - grid.west_m) / grid.resolution_m,
        (tile.transform.f - grid.north_m) / grid.resolution_m,
    )
    return all(abs(part - round(part)) < 1e-6 for part in shift)  # noqa: PLR2004


def _resampling(grid: Grid, tile: Tile) -> Resampling:
    if _is_aligned(grid, tile):
        return Resampling.nearest
    return Resampling.average if _cell_ratio(grid, tile) < 0.7 else Resampling.bilinear  # noqa: PLR2004


def _class_resampling(grid: Grid, tile: Tile) -> Resampling:
    return Resampling.mode if _cell_ratio(grid, tile) < 0.7 else Resampling.nearest  # noqa: PLR2004


def _unreadable(name: str, error: Exception) -> InputDataError:
    return InputDataError.about(
        name,
        "unreadable_raster",
        Text(f"không đọc được ảnh ({error})", f"the raster cannot be read ({error})"),
        Text("Hãy tải hoặc xuất lại tệp.", "Download or export the file again."),
    )
