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

_OUTSIDE_COMMUNE_M: Final = 2_000.0
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
UNKNOWN_COMMUNE: Final = Rule(
    "unknown_commune",
    Text("mã xã không có trong lớp xã", "the commune code is not in the commune layer"),
    Text(
        "Kiểm tra mã xã có cùng ấn bản địa giới với lớp xã (mã cũ và mã mới dùng lẫn nhau).",
        "Check that the code is of the layer's edition (old and new codes overlap).",
    ),
)
COMMUNE_BY_PLACE: Final = Rule(
    "commune_by_place",
    Text(
        "không có mã xã; lấy xã chứa tọa độ của thôn",
        "no commune code; taken from the commune that holds the village's point",
    ),
    Text("Hãy xác nhận hoặc điền mã xã.", "Confirm it or fill in the code."),
    "warning",
)
NO_COMMUNE: Final = Rule(
    "no_commune",
    Text(
        "không có mã xã và không xác định được theo tọa độ",
        "no commune code, and the coordinates do not tell it",
    ),
    Text(
        "Hãy điền mã xã; thôn được tính riêng ở dòng “không thuộc xã nào”.",
        "Fill in the code; the village is counted apart, in no commune.",
    ),
    "warning",
)
LOST_ZEROS: Final = Rule(
    "lost_zeros",
    Text("mã xã mất số 0 ở đầu; đã được thêm lại", "the code lost its leading zeros; put back"),
    Text(
        "Hãy định dạng cột mã là văn bản trong Excel.", "Format the code column as text in Excel."
    ),
    "warning",
)
OUTSIDE_COMMUNE: Final = Rule(
    "outside_its_commune",
    Text(
        "tọa độ nằm cách xã ghi trong bảng hơn 2 km",
        "the point lies more than 2 km outside the commune it states",
    ),
    Text(
        "Kiểm tra tọa độ, hoặc mã xã có thể thuộc ấn bản địa giới khác.",
        "Check the coordinates; or the code may be of another edition.",
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


def village_communes(
    villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Problem], int]:
    """Bring each village to a commune of the layer, never by guessing over a stated code.

    Returns
    -------
    tuple
        The villages with `commune_code` settled and `commune_name`, the problems, and how many rows
        were repaired.
    """
    villages = villages.copy()
    rows = villages.index.to_numpy()
    known = set(communes["commune_code"])
    longest = max((len(code) for code in known), default=0)
    stated = villages["commune_code"].astype(str)
    padded = stated.str.zfill(longest)
    lost: Mask = (~stated.isin(known) & padded.isin(known) & (stated != "")).to_numpy()
    settled = stated.where(~lost, padded)
    blank: Mask = (stated == "").to_numpy()
    holder = _holding_commune(villages, communes)
    by_place: Mask = blank & holder.notna().to_numpy()
    settled = settled.where(~by_place, holder)
    unknown: Mask = ~settled.isin(known).to_numpy() & ~blank
    problems = [
        *rows_breaking(LOST_ZEROS, lost, stated, file=file, column="commune_code", rows=rows),
        *rows_breaking(
            COMMUNE_BY_PLACE, by_place, None, file=file, column="commune_code", rows=rows
        ),
        *rows_breaking(
            NO_COMMUNE, blank & ~by_place, None, file=file, column="commune_code", rows=rows
        ),
        *rows_breaking(
            UNKNOWN_COMMUNE, unknown, stated, file=file, column="commune_code", rows=rows
        ),
    ]
    villages["commune_code"] = settled.fillna("")
    names = communes.set_index("commune_code")["name"]
    villages["commune_name"] = villages["commune_code"].map(names).fillna("")
    problems += _far_from_their_commune(villages, communes, file)
    return villages, problems, int(lost.sum() + by_place.sum())


def _holding_commune(villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    placed = villages.loc[villages.geometry.notna(), ["geometry"]]
    joined = gpd.sjoin(placed, communes[["commune_code", "geometry"]], predicate="within")
    joined = joined[~joined.index.duplicated()]
    held: pd.Series = joined["commune_code"].reindex(villages.index)
    return held


def _far_from_their_commune(
    villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, file: str
) -> list[Problem]:
    shapes = villages["commune_code"].map(communes.set_index("commune_code").geometry)
    distance_m = villages.geometry.distance(gpd.GeoSeries(shapes, crs=communes.crs)).to_numpy()
    accuracy_m = (
        villages["coordinate_accuracy_m"].fillna(0).to_numpy(dtype=float)
        if "coordinate_accuracy_m" in villages.columns
        else 0.0
    )
    with np.errstate(invalid="ignore"):
        far: Mask = distance_m > _OUTSIDE_COMMUNE_M + accuracy_m
    return rows_breaking(
        OUTSIDE_COMMUNE,
        far,
        villages["name"].astype(str),
        file=file,
        column="commune_code",
        rows=villages.index.to_numpy(),
    )


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
