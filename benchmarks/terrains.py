"""Terrain to measure on: the real rasters where they are at hand, else a synthetic one.

`PHUSONG_SHARED` names the folder of shared data; by default `shared` beside the repository.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject, transform_bounds
from scipy.ndimage import zoom

SHARED = Path(os.environ.get("PHUSONG_SHARED", Path(__file__).parents[2] / "shared"))
BACKAN = SHARED / "data" / "backan" / "terrain_90m_conditioned.tif"
CALGARY = SHARED / "data" / "terrain" / "calgary_srtm_3arcsec.tif"
CALGARY_CRS = "EPSG:32611"  # UTM zone 11N


_NOWHERE = rasterio.Affine.identity()


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights in metres on a square metric grid, NaN where unknown."""

    name: str
    dem_m: NDArray[np.float32]
    resolution_m: float
    transform: rasterio.Affine = _NOWHERE


def real_terrains() -> list[Terrain]:
    """Return the real rasters that are at hand, 90 m."""
    found = []
    if BACKAN.exists():
        with rasterio.open(BACKAN) as source:
            found.append(_terrain("Bắc Kạn 90 m", source.read(1), source.nodata, source.transform))
    if CALGARY.exists():
        found.append(calgary())
    return found


def calgary() -> Terrain:
    """Return the SRTM tile of Calgary on a metric grid of 90 m."""
    with rasterio.open(CALGARY) as source:
        left, bottom, right, top = transform_bounds(source.crs, CALGARY_CRS, *source.bounds)
        transform = from_origin(left, top, 90.0, 90.0)
        dem = np.full((int((top - bottom) / 90.0), int((right - left) / 90.0)), np.nan, np.float32)
        reproject(
            source.read(1).astype(np.float32),
            dem,
            src_transform=source.transform,
            src_crs=source.crs,
            dst_transform=transform,
            dst_crs=CALGARY_CRS,
            dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )
    return Terrain("Calgary SRTM 90 m", dem, 90.0, transform)


def synthetic(resolution_m: float = 90.0, size: int = 1201) -> Terrain:
    """Return mountains made of waves, some with sharp crests; the same at any resolution."""
    random = np.random.default_rng(20)
    y, x = np.mgrid[:size, :size] * resolution_m / 1000.0
    dem = np.full((size, size), 500.0)
    for wavelength_km in (40.0, 20.0, 10.0, 5.0, 2.5, 1.2, 0.6):
        for _ in range(3):
            angle, phase = random.uniform(0.0, 2.0 * np.pi, 2)
            along = np.cos(angle) * x + np.sin(angle) * y
            wave = np.abs(np.sin(np.pi * along / wavelength_km + phase))
            dem += 9.0 * wavelength_km**0.75 * (1.0 - 2.0 * wave)
    return Terrain(f"synthetic {resolution_m:g} m", dem.astype(np.float32), resolution_m)


def fine(terrain: Terrain) -> Terrain:
    """Return the middle of a 90 m terrain interpolated to 30 m."""
    rows, cols = terrain.dem_m.shape
    part = terrain.dem_m[rows // 2 - 200 : rows // 2 + 200, cols // 2 - 200 : cols // 2 + 200]
    return Terrain(
        terrain.name.replace("90 m", "30 m"), zoom(part, 3, order=1).astype(np.float32), 30.0
    )


def _terrain(
    name: str, heights: NDArray[np.int16], nodata: float | None, transform: rasterio.Affine
) -> Terrain:
    dem = heights.astype(np.float32)
    if nodata is not None:
        dem[heights == nodata] = np.nan
    return Terrain(name, dem, float(transform.a), transform)
