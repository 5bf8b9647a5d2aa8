"""People from WorldPop: how many live in each commune, and around each named place."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.windows import Window
from scipy.spatial import cKDTree

from coverage.fetch.download import Downloader, Fetched, FetchError, read_json, secure
from coverage.fetch.services import PopulationService
from coverage.text import Text

_WGS84: Final = "EPSG:4326"


def population(
    downloader: Downloader, service: PopulationService, iso3: str
) -> tuple[Fetched, int]:
    """Fetch a country's raster of people per cell, of the latest year; return it and the year.

    Raises
    ------
    FetchError
        Where it cannot be had or is not what was asked for.
    """
    asked = downloader.get(service.url.format(iso3=iso3), check=_require_list)
    url, year = _latest(asked.path)
    return downloader.get(secure(url), check=_require_raster), year


def people(raster: Path, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the inhabited cells of a raster inside communes.

    Returns
    -------
    DataFrame
        `longitude`, `latitude`, `commune` (position in `communes`), `people`.
    """
    with rasterio.open(raster, driver="GTiff") as source:
        crs, whole = source.crs, source.transform
        west, south, east, north = communes.to_crs(crs).total_bounds
        cols = np.clip([(west - whole.c) / whole.a, (east - whole.c) / whole.a], 0, source.width)
        rows = np.clip([(north - whole.f) / whole.e, (south - whole.f) / whole.e], 0, source.height)
        left, top = int(cols[0]), int(rows[0])
        window = Window.from_slices((top, math.ceil(rows[1])), (left, math.ceil(cols[1])))
        counts = source.read(1, window=window, masked=True).filled(0.0).astype(float)
    transform = Affine(
        whole.a, 0.0, whole.c + left * whole.a, 0.0, whole.e, whole.f + top * whole.e
    )
    shapes = zip(communes.to_crs(crs).geometry, range(1, len(communes) + 1), strict=True)
    owner = rasterize(shapes, out_shape=counts.shape, transform=transform, dtype="int32")
    row, col = np.nonzero((owner > 0) & (counts > 0) & np.isfinite(counts))
    lon = transform.c + (col + 0.5) * transform.a
    lat = transform.f + (row + 0.5) * transform.e
    return pd.DataFrame(
        {
            "longitude": lon,
            "latitude": lat,
            "commune": owner[row, col] - 1,
            "people": counts[row, col],
        }
    )


def with_population(communes: gpd.GeoDataFrame, cells: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the communes with `population`, the people of their cells."""
    total = cells.groupby("commune")["people"].sum()
    counts = total.reindex(range(len(communes)), fill_value=0.0).round().astype(int)
    return communes.assign(population=counts.to_numpy())


def villages(
    places: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    service: PopulationService,
) -> pd.DataFrame:
    """Return places as the project's table of villages, with the people who live around them.

    A cell belongs to the nearest place within `catchment_km`, whatever its commune; households are
    its people by the assumed size of a household. Power and signal stay unknown. Places outside all
    communes, and places around which nobody lives, are left out.
    """
    inside = gpd.sjoin(places, communes[["commune_code", "geometry"]], predicate="within")
    inside = inside[~inside.index.duplicated()]
    metric = inside.estimate_utm_crs() if len(inside) else _WGS84
    people_near = np.zeros(len(inside))
    if len(inside) and len(cells):
        spots = gpd.GeoSeries(
            gpd.points_from_xy(cells["longitude"], cells["latitude"]), crs=_WGS84
        ).to_crs(metric)
        towns = inside.geometry.to_crs(metric)
        tree = cKDTree(np.column_stack([towns.x, towns.y]))
        _, found = tree.query(
            np.column_stack([spots.x, spots.y]),
            distance_upper_bound=service.catchment_km * 1000.0,
        )
        nearest = np.asarray(found)
        near = nearest < len(inside)
        np.add.at(people_near, nearest[near], cells["people"].to_numpy()[near])
    table = pd.DataFrame(
        {
            "village_id": inside["place_id"],
            "name": inside["name"],
            "commune_code": inside["commune_code"],
            "longitude": inside.geometry.x.round(6),
            "latitude": inside.geometry.y.round(6),
            "households": np.ceil(people_near / service.household_size).astype(int),
            "population": np.round(people_near).astype(int),
            "has_grid_power": "",
            "reported_signal": "",
        }
    )
    return table[table["population"] > 0].sort_values("village_id").reset_index(drop=True)


def _latest(path: Path) -> tuple[str, int]:
    """Return the address and the year of the latest raster an answer names."""
    answer: Any = read_json(path, "WorldPop")
    try:
        found = [
            (int(entry["popyear"]), str(file))
            for entry in answer["data"]
            for file in entry["files"]
            if str(file).lower().endswith((".tif", ".tiff"))
        ]
    except (KeyError, TypeError, ValueError):
        found = []
    if not found:
        raise FetchError(
            Text(
                "WorldPop không có bản đồ dân số của nước này, hoặc đã đổi cấu trúc trả lời.",
                "WorldPop names no population raster of this country, or answers in a new form.",
            )
        )
    year, url = max(found)
    return url, year


def _require_list(path: Path) -> None:
    _latest(path)


def _require_raster(path: Path) -> None:
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            usable = raster.count >= 1 and raster.crs is not None
    except RasterioError:
        usable = False
    if not usable:
        raise FetchError(
            Text(
                "Bản đồ dân số tải về không phải là GeoTIFF đọc được.",
                "The population raster that arrived is not a readable GeoTIFF.",
            )
        )
