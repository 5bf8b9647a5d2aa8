"""What only shows when tables are held against each other: places and communes."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import Problem
from coverage.grid import FloatArray, Grid
from coverage.tables import Mask, Rule, rows_breaking
from coverage.text import Text

_FAR_AWAY_DEG: Final = 3.0

SWAPPED: Final = Rule(
    "swapped_coordinates",
    Text(
        "kinh độ và vĩ độ bị đổi chỗ (đổi lại thì điểm rơi vào vùng nghiên cứu)",
        "longitude and latitude are swapped (swapped back, the point lies in the study area)",
    ),
    Text("Hãy đổi lại hai cột ở các dòng này.", "Exchange the two columns in these rows."),
)
NO_COORDINATES: Final = Rule(
    "no_coordinates",
    Text(
        "không có tọa độ; thôn được giữ lại, tín hiệu là “không rõ”",
        "no coordinates; the village stays, its signal is “unknown”",
    ),
    Text("Hãy bổ sung tọa độ nếu có.", "Add coordinates where you have them."),
    "warning",
)
HALF_COORDINATES: Final = Rule(
    "half_coordinates",
    Text("chỉ có một trong hai tọa độ", "only one of the two coordinates is there"),
    Text(
        "Hãy điền cả kinh độ và vĩ độ, hoặc để trống cả hai.",
        "Fill both longitude and latitude, or leave both empty.",
    ),
)
NO_TERRAIN_VILLAGE: Final = Rule(
    "outside_terrain",
    Text(
        "thôn nằm ngoài vùng có địa hình; tín hiệu là “không rõ”",
        "the village lies outside the known terrain; its signal is “unknown”",
    ),
    Text(
        "Hãy thêm ô địa hình phủ tới đây, hoặc kiểm tra tọa độ.",
        "Add a terrain tile that reaches here, or check the coordinates.",
    ),
    "warning",
)
NO_TERRAIN_MAST: Final = Rule(
    "mast_outside_terrain",
    Text(
        "cột nằm ngoài vùng có địa hình; không dự báo được từ ô phủ này",
        "the mast lies outside the known terrain; this cell is not predicted",
    ),
    Text(
        "Hãy thêm ô địa hình phủ tới đây, hoặc kiểm tra tọa độ.",
        "Add a terrain tile that reaches here, or check the coordinates.",
    ),
    "warning",
)


def coordinates(
    frame: pd.DataFrame,
    *,
    area: tuple[float, float, float, float] | None,
    file: str,
    may_be_empty: Rule | None = None,
) -> list[Problem]:
    """Find swapped, half and missing coordinates (degrees); `area` is west, south, east, north.

    `may_be_empty` is the rule that says what becomes of a row without coordinates; None where every
    row needs them.
    """
    if not {"longitude", "latitude"} <= set(frame.columns):
        return []
    rows = frame.index.to_numpy()
    lon, lat = frame["longitude"].to_numpy(dtype=float), frame["latitude"].to_numpy(dtype=float)
    without: Mask = np.isnan(lon) & np.isnan(lat)
    swapped: Mask = (np.abs(lat) > 90) & (np.abs(lon) <= 90)  # noqa: PLR2004
    if area is not None:
        swapped |= ~_inside(lon, lat, area) & _inside(lat, lon, area)
    values = frame["longitude"].astype(str) + " / " + frame["latitude"].astype(str)
    problems = rows_breaking(
        SWAPPED, swapped, values, file=file, column="longitude, latitude", rows=rows
    )
    if may_be_empty is not None:
        half: Mask = (np.isnan(lon) ^ np.isnan(lat)) & (
            frame["longitude"].isna() ^ frame["latitude"].isna()
        ).to_numpy()
        problems += rows_breaking(
            HALF_COORDINATES, half, values, file=file, column="longitude, latitude", rows=rows
        )
        problems += rows_breaking(
            may_be_empty, without, None, file=file, column="longitude, latitude", rows=rows
        )
    return problems


def _inside(x: np.ndarray, y: np.ndarray, area: tuple[float, float, float, float]) -> Mask:
    west, south, east, north = area
    pad = _FAR_AWAY_DEG
    return (x > west - pad) & (x < east + pad) & (y > south - pad) & (y < north + pad)


def on_terrain(
    points: gpd.GeoDataFrame,
    terrain_m: FloatArray,
    grid: Grid,
    rule: Rule,
    *,
    file: str,
    column: str,
) -> list[Problem]:
    """Find points with coordinates where the terrain is not known."""
    placed = points[points.geometry.notna()]
    row, col = grid.rowcol(placed.geometry.x, placed.geometry.y)
    known = (row >= 0) & ~np.isnan(terrain_m[row, col])
    return rows_breaking(
        rule,
        ~known,
        placed[column].astype(str),
        file=file,
        column=column,
        rows=placed.index.to_numpy(),
    )
