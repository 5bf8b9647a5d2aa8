"""Terrain tiles of Copernicus GLO-30: one GeoTIFF per degree."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from coverage.fetch.area import Area, Box
from coverage.fetch.download import AbsentError, Downloader, Fetched, FetchError
from coverage.fetch.services import TerrainService
from coverage.text import Text


def tile_names(bounds: Box) -> list[str]:
    """Return the tiles that touch a box in degrees; each is named by its south-west corner."""
    west, south, east, north = bounds
    return [
        f"Copernicus_DSM_COG_10_{'N' if lat >= 0 else 'S'}{abs(lat):02d}_00_"
        f"{'E' if lon >= 0 else 'W'}{abs(lon):03d}_00_DEM"
        for lat in range(math.floor(south), math.ceil(north))
        for lon in range(math.floor(west), math.ceil(east))
    ]


def terrain(
    downloader: Downloader, service: TerrainService, area: Area, tell: Callable[[float], None]
) -> tuple[dict[str, Fetched], list[str]]:
    """Fetch the tiles of an area and of its surroundings.

    Returns
    -------
    dict, list
        The files by the tile's name, and the names of tiles that do not exist: open sea, or land
        not released. Terrain is unknown there, never 0 m.

    Raises
    ------
    FetchError
        Where a tile cannot be had; those that came before stay in the cache. Where none exists.
    """
    names = tile_names(area.around(service.margin_km))
    found: dict[str, Fetched] = {}
    absent = []
    for number, name in enumerate(names, start=1):
        try:
            found[name] = downloader.get(
                service.url.format(tile=name), check=_require_raster, md5_in_etag=True
            )
        except AbsentError:
            absent.append(name)
        tell(number / len(names))
    if not found:
        raise FetchError(
            Text(
                f"Không có ô địa hình nào cho vùng này: {', '.join(absent)}.",
                f"No terrain tile exists for this area: {', '.join(absent)}.",
            )
        )
    return found, absent


def _require_raster(path: Path) -> None:
    try:
        with rasterio.open(path, driver="GTiff") as tile:
            tile.checksum(1)  # reads every block
    except RasterioError as error:
        raise FetchError(
            Text(
                "Ô địa hình tải về không phải là GeoTIFF đọc được.",
                "The terrain tile that arrived is not a readable GeoTIFF.",
            )
        ) from error
