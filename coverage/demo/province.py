"""The whole synthetic province, made stage by stage from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.demo.communes import EDITION, Communes, make_communes
from coverage.demo.fieldwork import make_clusters, make_measurements
from coverage.demo.indicators import make_indicators
from coverage.demo.land_cover import make_land_cover
from coverage.demo.masts import make_masts
from coverage.demo.names import PROVINCE_CODE
from coverage.demo.networks import make_networks
from coverage.demo.noise import generator
from coverage.demo.paths import ground_of
from coverage.demo.places import make_places
from coverage.demo.roads import make_roads
from coverage.demo.stations import make_stations
from coverage.demo.terrain import Terrain, make_terrain
from coverage.demo.villages import crosswalk, make_villages

Array = np.ndarray[Any, np.dtype[Any]]
Progress = Callable[[str, float], None]

VOID_M: Final = -32_768

_STEEPNESS_WEIGHT: Final = 40.0
_CLIMB_WEIGHT: Final = 2.5
_BRIDGE_M: Final = 250.0
_VOID_CELLS: Final = 26.0
_VOID_FROM_CORNER: Final = 40


@dataclass(frozen=True, slots=True)
class Province:
    """Tables, layers and rasters of the synthetic province, ready to be written.

    Points are in longitude and latitude, WGS 84; layers and rasters in the terrain's coordinate
    system. `elevation_m` holds `VOID_M` where the terrain is not known.
    """

    terrain: Terrain
    elevation_m: Array
    land_cover: Array
    communes: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    fibre_lines: gpd.GeoDataFrame
    power_lines: gpd.GeoDataFrame
    villages: pd.DataFrame
    stations: pd.DataFrame
    fibre_nodes: pd.DataFrame
    indicators: pd.DataFrame
    crosswalk: pd.DataFrame
    clusters: pd.DataFrame
    measurements: pd.DataFrame


def make_province(seed: int, progress: Progress = lambda _stage, _share: None) -> Province:
    """Return the province of `seed`; the same seed gives the same province.

    `progress` is told the stage and the share done, 0–1.
    """
    terrain = make_terrain(seed, lambda share: progress("terrain", 0.5 * share))
    ground = ground_of(
        terrain,
        steepness_weight=_STEEPNESS_WEIGHT,
        climb_weight=_CLIMB_WEIGHT,
        water_cost_m=_BRIDGE_M,
    )
    progress("communes", 0.5)
    communes = make_communes(seed, terrain, ground)
    progress("villages", 0.65)
    places = make_places(seed, terrain, communes)
    progress("roads", 0.7)
    roads = make_roads(seed, terrain, ground, communes, places)
    progress("fibre and power", 0.8)
    networks = make_networks(seed, terrain, communes, places, roads)
    progress("stations", 0.9)
    masts = make_masts(seed, terrain, communes, places, roads)
    stations = make_stations(seed, terrain, masts, networks)
    villages = make_villages(seed, communes, places, roads, networks=networks, masts=masts)
    progress("land cover", 0.95)
    source = source_of(seed)
    crs = terrain.grid.crs
    return Province(
        terrain=terrain,
        elevation_m=_with_void(seed, terrain, communes),
        land_cover=make_land_cover(seed, terrain, places, roads),
        communes=_commune_layer(communes, villages, crs=crs, source=source),
        roads=roads.lines.assign(source=source),
        fibre_lines=networks.fibre_lines.assign(source=source),
        power_lines=networks.power_lines.assign(source=source),
        villages=_with_degrees(villages, crs).assign(source=source),
        stations=_with_degrees(stations, crs).assign(source=source),
        fibre_nodes=_with_degrees(networks.fibre_nodes.drop(columns="cell"), crs).assign(
            source=source
        ),
        indicators=make_indicators(seed, communes, villages, source=source),
        crosswalk=crosswalk(communes, villages),
        clusters=_with_degrees(make_clusters(seed, places, villages), crs).assign(source=source),
        measurements=_with_degrees(make_measurements(seed, places, masts), crs).assign(
            source=source
        ),
    )


def source_of(seed: int) -> str:
    """Return the words that mark every table as invented."""
    return f"tổng hợp / synthetic (phusong demo, seed {seed})"


def _with_degrees(frame: pd.DataFrame, crs: str) -> pd.DataFrame:
    """Replace `x_m` and `y_m` by `longitude` and `latitude`, in their place."""
    points = gpd.GeoSeries.from_xy(frame["x_m"], frame["y_m"], crs=crs).to_crs("EPSG:4326")
    result = frame.rename(columns={"x_m": "longitude", "y_m": "latitude"})
    missing = frame["x_m"].isna()
    result["longitude"] = points.x.round(6).where(~missing)
    result["latitude"] = points.y.round(6).where(~missing)
    return result


def _commune_layer(
    communes: Communes, villages: pd.DataFrame, *, crs: str, source: str
) -> gpd.GeoDataFrame:
    codes = [unit.code for unit in communes.units]
    totals = villages.groupby("commune_code")[["population", "households"]].sum().loc[codes]
    return gpd.GeoDataFrame(
        {
            "commune_code": codes,
            "name": [unit.name for unit in communes.units],
            "full_name": [unit.full_name for unit in communes.units],
            "population": totals["population"].to_numpy(),
            "households": totals["households"].to_numpy(),
            "province_code": PROVINCE_CODE,
            "edition": EDITION,
            "source": source,
        },
        geometry=[unit.geometry for unit in communes.units],
        crs=crs,
    )


def _with_void(seed: int, terrain: Terrain, communes: Communes) -> Array:
    """Return whole heights with a void, such as survey tiles have, in the emptiest corner."""
    rng = generator(seed, "void")
    grid = terrain.grid
    rows, cols = np.indices(grid.shape)
    inside = np.column_stack(np.nonzero(communes.number >= 0))
    corners = [
        (row, col)
        for row in (_VOID_FROM_CORNER, grid.height - 1 - _VOID_FROM_CORNER)
        for col in (_VOID_FROM_CORNER, grid.width - 1 - _VOID_FROM_CORNER)
    ]
    clear = [float(np.min(np.hypot(*(inside - corner).T))) for corner in corners]
    row, col = corners[int(np.argmax(clear))]
    angle = np.arctan2(rows - row, cols - col)
    phase = rng.uniform(0.0, 2.0 * np.pi, 2)
    outline = 1.0 + 0.2 * np.cos(2 * angle + phase[0]) + 0.15 * np.cos(5 * angle + phase[1])
    radius = min(_VOID_CELLS, 0.6 * max(clear))
    void = np.hypot(rows - row, cols - col) < radius * outline
    return np.where(void & (communes.number < 0), VOID_M, np.round(terrain.elevation_m)).astype(
        np.int16
    )
