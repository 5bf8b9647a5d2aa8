"""A made world small enough to work by hand: flat ground, one ridge, a mast, villages beside it."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point, box

from coverage.grid import Grid
from coverage.model import Inputs
from coverage.params import ProjectSection
from coverage.settings import default_scenario

CRS: Final = "EPSG:3405"
RESOLUTION_M: Final = 90.0
WEST_M: Final = 585_000.0
NORTH_M: Final = 2_450_000.0
SIDE: Final = 121
GRID: Final = Grid(CRS, WEST_M, NORTH_M, RESOLUTION_M, SIDE, SIDE)
MAST_COL: Final = 10
RIDGE_COL: Final = 50
MIDDLE_ROW: Final = 60


def centre(row: int, col: int) -> Point:
    """Return the centre of a cell."""
    return Point(WEST_M + (col + 0.5) * RESOLUTION_M, NORTH_M - (row + 0.5) * RESOLUTION_M)


def terrain(ridge_m: float = 0.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return ground at 300 m with a wall of `ridge_m` from north to south."""
    height_m = np.full((SIDE, SIDE), 300.0, dtype=np.float32)
    height_m[:, RIDGE_COL] += ridge_m
    return height_m


def cell(cell_id: str, row: int, col: int, **changes: Any) -> dict[str, Any]:
    """Return one omnidirectional 4G cell at 800 MHz, 46 dBm + 15 dBi - 1 dB, 10 MHz."""
    return {
        "cell_id": cell_id,
        "site_id": cell_id.split("-", maxsplit=1)[0],
        "operator": "A",
        "technology": "4G",
        "frequency_mhz": 800.0,
        "bandwidth_mhz": 10.0,
        "antenna_height_m": 30.0,
        "azimuth_deg": np.nan,
        "beamwidth_deg": 65.0,
        "downtilt_deg": 0.0,
        "eirp_dbm": 60.0,
        "status": "active",
        "geometry": centre(row, col),
    } | changes


def village(village_id: str, place: Point | None, **changes: Any) -> dict[str, Any]:
    """Return one village of 50 households and 200 people."""
    return {
        "village_id": village_id,
        "name": f"Thôn {village_id}",
        "commune_code": "00001",
        "commune_name": "Xã Một",
        "longitude": np.nan,
        "latitude": np.nan,
        "households": 50,
        "population": 200,
        "has_grid_power": True,
        "reported_signal": "",
        "coordinate_accuracy_m": 0.0,
        "geometry": place,
    } | changes


def world(
    villages: list[dict[str, Any]],
    cells: list[dict[str, Any]] | None = None,
    *,
    terrain_m: np.ndarray[Any, np.dtype[np.float32]] | None = None,
    **changes: Any,
) -> Inputs:
    """Return inputs over the made terrain; one commune in the west, one in the east."""
    half = WEST_M + SIDE * RESOLUTION_M / 2
    west, south, east, north = GRID.bounds
    stations = [cell("A1-1", MIDDLE_ROW, MAST_COL)] if cells is None else cells
    values: dict[str, Any] = {
        "project": ProjectSection(name="Thử"),
        "scenario": default_scenario(),
        "grid": GRID,
        "terrain_m": terrain() if terrain_m is None else terrain_m,
        "land_cover": None,
        "antennas": {},
        "communes": gpd.GeoDataFrame(
            {
                "commune_code": ["00001", "00002"],
                "name": ["Một", "Hai"],
                "edition": "2025-07",
                "geometry": [box(west, south, half, north), box(half, south, east, north)],
            },
            crs=CRS,
        ),
        "villages": gpd.GeoDataFrame(pd.DataFrame(villages), geometry="geometry", crs=CRS),
        "stations": gpd.GeoDataFrame(pd.DataFrame(stations), geometry="geometry", crs=CRS),
        "roads": None,
        "power_lines": None,
        "fibre_nodes": None,
        "fibre_lines": None,
        "measurements": None,
        "indicators": None,
        "crosswalk": None,
        "sources": (),
        "warnings": (),
        "fingerprint": "made",
        "radio_fingerprint": "made",
    }
    return Inputs(**(values | changes))
