"""Why a village has no good signal: one code of a closed list, and the words for it.

The words follow the official replies to voters: the nearest station by name, its distance, and what
stands between.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage.grid import FloatArray, Grid
from coverage.model import Inputs, Prediction
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY, Scenario
from coverage.terrain import Obstacle, main_obstacle, profile_between
from coverage.text import Text

_FAR_M: Final = 8_000.0
"""Beyond this a clear path counts as "too far" rather than "too weak" (assumption)."""


class Cause(StrEnum):
    """Closed list of causes."""

    NONE = ""
    NO_POSITION = "no_position"
    NO_TERRAIN = "no_terrain"
    NO_STATION_LIST = "no_station_list"
    TERRAIN = "terrain"
    MISSING_TECHNOLOGY = "missing_technology"
    DISTANCE = "distance"
    TOO_WEAK = "too_weak"
    REPORT_DIFFERS = "report_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mast:
    """The nearest mast of some kind, as seen from a village."""

    site_id: str
    operator: str
    distance_m: float
    frequency_mhz: float
    obstacle: Obstacle | None

    @property
    def is_blocked(self) -> bool:
        return self.obstacle is not None and self.obstacle.blocks


class _Masts:
    """Places and heights of the masts that carry some cells."""

    def __init__(self, cells: pd.DataFrame, x_m: FloatArray, y_m: FloatArray) -> None:
        self.cells = cells.reset_index(drop=True)
        self._xy = np.column_stack([x_m, y_m])
        self._tree = cKDTree(self._xy)

    def nearest(
        self, here: tuple[float, float], terrain_m: FloatArray, grid: Grid, rx_height_m: float
    ) -> _Mast:
        distance_m, index = self._tree.query(here)
        cell = self.cells.iloc[int(index)]
        frequency_mhz = float(cell["frequency_mhz"])
        profile = profile_between(terrain_m, grid, tuple(self._xy[int(index)]), here)
        return _Mast(
            site_id=str(cell["site_id"]),
            operator=str(cell["operator"]),
            distance_m=float(distance_m),
            frequency_mhz=frequency_mhz,
            obstacle=main_obstacle(
                profile,
                start_height_m=float(cell["antenna_height_m"]),
                end_height_m=rx_height_m,
                frequency_mhz=frequency_mhz,
            ),
        )


def explain(
    villages: gpd.GeoDataFrame, inputs: Inputs, prediction: Prediction, scenario: Scenario
) -> pd.DataFrame:
    """Explain every village's lack of good signal of the main technology.

    Parameters
    ----------
    villages
        Graded villages (`gaps.assess_villages`).
    inputs, prediction, scenario
        What they were graded from.

    Returns
    -------
    DataFrame
        Indexed as the villages: `cause` (code, empty where the signal is good and nobody says
        otherwise), `cause_vi`, `cause_en`, `nearest_site`, `nearest_site_distance_m`.
    """
    cells = _placed(prediction.cells, inputs)
    with_main = cells[cells["technology"] == MAIN_TECHNOLOGY]
    masts = _all_masts(cells)
    main_masts = _all_masts(with_main)
    rows = [
        _explain_one(village, inputs, scenario, masts, main_masts)
        for village in villages.itertuples(index=False)
    ]
    return pd.DataFrame(
        rows,
        index=villages.index,
        columns=["cause", "cause_vi", "cause_en", "nearest_site", "nearest_site_distance_m"],
    )


def _placed(cells: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    grid = inputs.grid
    return cells.assign(
        x_m=grid.west_m + (cells["col"] + 0.5) * grid.resolution_m,
        y_m=grid.north_m - (cells["row"] + 0.5) * grid.resolution_m,
    )


def _all_masts(cells: pd.DataFrame) -> _Masts | None:
    if cells.empty:
        return None
    return _Masts(cells, cells["x_m"].to_numpy(), cells["y_m"].to_numpy())


Row = tuple[str, str, str, str, float]


def _explain_one(
    village: object,
    inputs: Inputs,
    scenario: Scenario,
    masts: _Masts | None,
    main_masts: _Masts | None,
) -> Row:
    place = village.geometry  # type: ignore[attr-defined]
    grade = str(village.signal_class_4g)  # type: ignore[attr-defined]
    reported = str(village.reported_signal)  # type: ignore[attr-defined]
    if place is None or place.is_empty:
        return _row(Cause.NO_POSITION, _NO_POSITION, None)
    if masts is None or main_masts is None:
        return _row(Cause.NO_STATION_LIST, _NO_STATION_LIST, None)
    here = (float(place.x), float(place.y))
    rx_height_m = scenario.radio.rx_height_m
    nearest_main = main_masts.nearest(here, inputs.terrain_m, inputs.grid, rx_height_m)
    if grade == "unknown":
        return _row(Cause.NO_TERRAIN, _NO_TERRAIN, nearest_main)
    if grade == "good":
        if reported and reported not in COVERED_CLASSES:
            return _row(Cause.REPORT_DIFFERS, _REPORT_DIFFERS, nearest_main)
        return _row(Cause.NONE, Text("", ""), nearest_main)
    nearest = masts.nearest(here, inputs.terrain_m, inputs.grid, rx_height_m)
    cause = _cause(nearest, nearest_main)
    seen = nearest if cause is Cause.MISSING_TECHNOLOGY else nearest_main
    return _row(cause, _words(cause, seen, nearest_main), seen)


def _cause(nearest: _Mast, nearest_main: _Mast) -> Cause:
    closer = nearest.distance_m < nearest_main.distance_m - 1.0
    if closer and not nearest.is_blocked and nearest.distance_m <= _FAR_M:
        return Cause.MISSING_TECHNOLOGY
    if nearest_main.distance_m > _FAR_M:
        return Cause.DISTANCE
    return Cause.TERRAIN if nearest_main.is_blocked else Cause.TOO_WEAK


_NO_POSITION: Final = Text(
    "Chưa có tọa độ của thôn nên không dự báo được.",
    "The village has no coordinates, so nothing can be predicted.",
)
_NO_TERRAIN: Final = Text(
    "Chưa có dữ liệu địa hình tại thôn hoặc trên đường truyền.",
    "The terrain at the village or along the path is not known.",
)
_NO_STATION_LIST: Final = Text(
    "Chưa có danh sách trạm 4G.",
    "There is no list of 4G stations.",
)
_REPORT_DIFFERS: Final = Text(
    "Dự báo có sóng tốt nhưng địa phương báo không có: cần đo kiểm tại chỗ.",
    "Good signal is predicted but the field reports none: measure on the spot.",
)


def _words(cause: Cause, mast: _Mast, nearest_main: _Mast) -> Text:
    vi = f"Trạm {mast.site_id} ({mast.operator}) cách {_km_vi(mast.distance_m)}"
    en = f"Station {mast.site_id} ({mast.operator}) is {mast.distance_m / 1000:.1f} km away"
    match cause:
        case Cause.MISSING_TECHNOLOGY:
            return Text(
                f"{vi}, nhìn thẳng tới thôn nhưng chưa có 4G; "
                f"trạm 4G gần nhất cách {_km_vi(nearest_main.distance_m)}.",
                f"{en} in clear sight but has no 4G; "
                f"the nearest 4G station is {nearest_main.distance_m / 1000:.1f} km away.",
            )
        case Cause.DISTANCE:
            return Text(f"{vi}: quá xa, không có trạm 4G nào gần hơn.", f"{en}: too far.")
        case Cause.TERRAIN if mast.obstacle is not None:
            ridge = mast.obstacle
            return Text(
                f"{vi}, bị núi che khuất: sườn núi cách trạm {_km_vi(ridge.distance_m)} "
                f"cao hơn đường truyền {ridge.excess_m:.0f} m.",
                f"{en}, hidden by the terrain: a ridge {ridge.distance_m / 1000:.1f} km from it "
                f"stands {ridge.excess_m:.0f} m above the line of sight.",
            )
        case _:
            return Text(
                f"{vi}, không bị che khuất hẳn nhưng tín hiệu tới thôn yếu (hướng anten, tán cây).",
                f"{en}; the path is open but the signal arrives weak (antenna direction, trees).",
            )


def _km_vi(distance_m: float) -> str:
    return f"{distance_m / 1000:.1f}".replace(".", ",") + " km"


def _row(cause: Cause, words: Text, mast: _Mast | None) -> Row:
    return (
        cause.value,
        words.vi,
        words.en,
        "" if mast is None else mast.site_id,
        np.nan if mast is None else round(mast.distance_m, 0),
    )
