"""Rasters as pictures for a web map: warped to Web Mercator, few colours, small.

A picture is a data URL with the corners Leaflet needs. What is not known is hatched, and what lies
outside the grid is clear.
"""

from __future__ import annotations

import base64
import io
import math
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio.warp
from affine import Affine
from PIL import Image, WebPImagePlugin  # noqa: F401 - else Pillow loads all of its formats
from rasterio.enums import Resampling

from coverage.gaps import CODES
from coverage.grid import ByteArray, FloatArray, Grid
from coverage.maps.palette import HATCH, STYLES, rgb
from coverage.params import SIGNAL_CLASSES

MIN_SIDE_PX, MAX_SIDE_PX = 600, 900
"""Longer side of a picture; a finer grid is thinned and a coarser one repeated."""

_WEB: Final = "EPSG:3857"
_OUTSIDE: Final = 0
_HATCH_CODE: Final = len(SIGNAL_CLASSES) + 1
_HATCH_STEP_PX: Final = 6
_SUN_AZIMUTH_DEG: Final = 315.0
_SUN_HEIGHT_DEG: Final = 45.0
_EXAGGERATION: Final = 1.6
_DARKEST, _LIGHTEST = 105.0, 255.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's place on the web map."""

    transform: Affine
    height: int
    width: int

    @property
    def corners(self) -> list[list[float]]:
        """South-west and north-east corner as [latitude, longitude]."""
        west, north = self.transform @ (0, 0)
        east, south = self.transform @ (self.width, self.height)
        longitudes, latitudes = rasterio.warp.transform(
            _WEB, "EPSG:4326", [west, east], [south, north]
        )
        return [
            [round(latitude, 6), round(longitude, 6)]
            for longitude, latitude in zip(longitudes, latitudes, strict=True)
        ]


def frame_over(grid: Grid) -> Frame:
    """Return the web-map frame that holds the whole grid at a bounded number of pixels."""
    west, south, east, north = rasterio.warp.transform_bounds(grid.crs, _WEB, *grid.bounds)
    longer_m = max(east - west, north - south)
    pixel_m = longer_m / min(MAX_SIDE_PX, max(MIN_SIDE_PX, *grid.shape))
    height, width = (math.ceil(side / pixel_m - 1e-6) for side in (north - south, east - west))
    return Frame(Affine(pixel_m, 0.0, west, 0.0, -pixel_m, north), height, width)


def class_picture(codes: ByteArray, grid: Grid, frame: Frame) -> str:
    """Return a class raster as the data URL of a palette PNG; the commonest class wins a pixel."""
    warped = _hatched(_warped(codes, grid, frame, Resampling.mode, nodata=_OUTSIDE))
    colours = [(0, 0, 0), *(rgb(STYLES[name].area) for name in SIGNAL_CLASSES), rgb(HATCH)]
    return palette_png(warped, colours)


def unknown_picture(terrain_m: FloatArray, grid: Grid, frame: Frame) -> str:
    """Return the data URL of a picture that hatches unknown terrain; "" where all is known."""
    unknown = np.isnan(terrain_m)
    if not unknown.any():
        return ""
    codes = np.where(unknown, CODES["unknown"], CODES["good"]).astype(np.uint8)
    warped = _hatched(_warped(codes, grid, frame, Resampling.mode, nodata=_OUTSIDE))
    warped[warped == CODES["good"]] = _OUTSIDE
    colours = [(0, 0, 0)] * 4 + [rgb(STYLES["unknown"].area), rgb(HATCH)]
    return palette_png(warped, colours)


def relief_picture(terrain_m: FloatArray, grid: Grid, frame: Frame) -> str:
    """Return the data URL of the terrain's hillshade, clear where the height is not known."""
    is_thinned = max(grid.shape) > MIN_SIDE_PX
    resampling = Resampling.average if is_thinned else Resampling.bilinear
    height_m = _warped(terrain_m, grid, frame, resampling, nodata=np.nan)
    shade = _hillshade(height_m, frame)
    known = np.isfinite(height_m)
    grey = np.where(known, _DARKEST + (_LIGHTEST - _DARKEST) * shade, _LIGHTEST).astype(np.uint8)
    alpha = np.where(known, 255, 0).astype(np.uint8)
    picture = Image.merge("LA", (Image.fromarray(grey), Image.fromarray(alpha))).convert("RGBA")
    return _data_url(picture, "WEBP", quality=55, method=4, exact=False)


def _warped(values: Any, grid: Grid, frame: Frame, resampling: Resampling, *, nodata: float) -> Any:
    target = np.full((frame.height, frame.width), nodata, dtype=values.dtype)
    rasterio.warp.reproject(
        values,
        target,
        src_transform=grid.transform,
        src_crs=grid.crs,
        src_nodata=nodata,
        dst_transform=frame.transform,
        dst_crs=_WEB,
        dst_nodata=nodata,
        resampling=resampling,
        num_threads=1,
    )
    return target


def _hatched(codes: ByteArray) -> ByteArray:
    row, col = np.indices(codes.shape)
    line = (row + col) % _HATCH_STEP_PX == 0
    return np.where(line & (codes == CODES["unknown"]), np.uint8(_HATCH_CODE), codes)


def _hillshade(height_m: FloatArray, frame: Frame) -> FloatArray:
    """Lambert shading, 0-1; a pixel's size on the ground shrinks with the latitude."""
    corners = frame.corners
    middle = np.deg2rad((corners[0][0] + corners[1][0]) / 2)
    pixel_m = frame.transform.a * float(np.cos(middle))
    filled = np.nan_to_num(height_m, nan=float(np.nanmean(height_m)))
    south, east = np.gradient(filled * _EXAGGERATION, pixel_m)
    azimuth, height = np.deg2rad(_SUN_AZIMUTH_DEG), np.deg2rad(_SUN_HEIGHT_DEG)
    sun = (np.sin(azimuth) * np.cos(height), np.cos(azimuth) * np.cos(height), np.sin(height))
    light = -east * sun[0] + south * sun[1] + sun[2]
    shade: FloatArray = np.clip(light / np.sqrt(east**2 + south**2 + 1.0), 0.0, 1.0)
    return shade.astype(np.float32)


def palette_png(codes: ByteArray, colours: list[tuple[int, int, int]]) -> str:
    """Return codes below 16 as the data URL of a PNG, each in its colour, 0 clear."""
    picture = Image.fromarray(codes, mode="P")
    picture.putpalette([part for colour in colours for part in colour])
    # Run lengths suit large areas of one colour: as small as the highest level, 30 times faster.
    return _data_url(picture, "PNG", compress_type=zlib.Z_RLE, bits=4, transparency=_OUTSIDE)


def _data_url(picture: Image.Image, kind: str, **options: Any) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    content = base64.b64encode(stream.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{content}"
