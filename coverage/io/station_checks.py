"""What only shows when stations are held against bands, models, antennas and the ground."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.carriers import has_channel
from coverage.errors import Problem
from coverage.params import TECHNOLOGIES, LandCover, RadioParams
from coverage.propagation.antennas import AntennaPattern
from coverage.propagation.models import LIMITS
from coverage.tables import Mask, Rule, rows_breaking
from coverage.text import Text

_MASTS_APART_M: Final = 50.0
_POWER_COLUMNS: Final = ("tx_power_dbm", "antenna_gain_dbi", "feeder_loss_db")

NO_POWER: Final = Rule(
    "no_power",
    Text(
        "thiếu công suất: cần eirp_dbm, hoặc cả tx_power_dbm, antenna_gain_dbi, feeder_loss_db",
        "no power: eirp_dbm, or all of tx_power_dbm, antenna_gain_dbi, feeder_loss_db is needed",
    ),
    Text("Hãy điền một trong hai cách.", "Fill in one of the two ways."),
)
NO_CHANNEL: Final = Rule(
    "no_such_channel",
    Text(
        "công nghệ này không có kênh với băng thông như vậy",
        "the technology has no channel of this bandwidth",
    ),
    Text(
        "4G: 1.4, 3, 5, 10, 15, 20 MHz; 5G: 5 đến 100 MHz theo TS 38.104.",
        "4G: 1.4, 3, 5, 10, 15, 20 MHz; 5G: 5 to 100 MHz as in TS 38.104.",
    ),
)
NO_PATTERN: Final = Rule(
    "unknown_antenna",
    Text("không có mẫu anten tên này", "there is no antenna pattern of this name"),
    Text(
        "Thêm tệp MSI vào [inputs] antennas, hoặc để trống cột antenna.",
        "Add the MSI file to [inputs] antennas, or leave the column antenna empty.",
    ),
)
UNKNOWN_CLASS: Final = "unknown_land_cover"
SITE_APART: Final = Rule(
    "site_in_two_places",
    Text(
        "các ô phủ của cùng một trạm cách nhau hơn 50 m",
        "cells of one site stand more than 50 m apart",
    ),
    Text("Kiểm tra mã trạm hoặc tọa độ.", "Check the site id or the coordinates."),
    "warning",
)


def with_eirp(
    stations: pd.DataFrame, patterns: Mapping[str, AntennaPattern] | None = None
) -> pd.DataFrame:
    """Return the stations with `eirp_dbm` filled from the three power columns.

    An antenna gain that is not stated is that of the cell's measured pattern.
    """
    stations = stations.copy()
    for name in (*_POWER_COLUMNS, "eirp_dbm"):
        if name not in stations.columns:
            stations[name] = np.nan
    if patterns and "antenna" in stations.columns:
        gains = {name: pattern.gain_dbi for name, pattern in patterns.items()}
        stations["antenna_gain_dbi"] = stations["antenna_gain_dbi"].fillna(
            stations["antenna"].map(gains)
        )
    summed = stations["tx_power_dbm"] + stations["antenna_gain_dbi"] - stations["feeder_loss_db"]
    stations["eirp_dbm"] = stations["eirp_dbm"].fillna(summed)
    return stations


def station_antennas(
    stations: pd.DataFrame, patterns: Mapping[str, AntennaPattern], *, file: str
) -> list[Problem]:
    """Find cells that name an antenna pattern which the project does not have."""
    if "antenna" not in stations.columns:
        return []
    named = stations["antenna"].astype(str)
    unknown: Mask = ((named != "") & ~named.isin(list(patterns))).to_numpy()
    rows = stations.index.to_numpy()
    return rows_breaking(NO_PATTERN, unknown, named, file=file, column="antenna", rows=rows)


def station_models(stations: pd.DataFrame, radio: RadioParams, *, file: str) -> list[Problem]:
    """Find cells outside the range of the path-loss model that their technology uses."""
    problems = []
    rows = stations.index.to_numpy()
    for technology in TECHNOLOGIES:
        limits = LIMITS[radio.model_of(technology)]
        mine: Mask = (stations["technology"] == technology).to_numpy()
        for column, (low, high), unit in (
            ("frequency_mhz", limits.frequency_mhz, "MHz"),
            ("antenna_height_m", limits.tx_height_m, "m"),
        ):
            values = stations[column].astype(float)
            outside: Mask = mine & ((values < low) | (values > high)).to_numpy()
            rule = Rule(
                "outside_model_range",
                Text(
                    f"nằm ngoài phạm vi {low:g}–{high:g} {unit} của mô hình {limits.title}",
                    f"is outside the range {low:g}–{high:g} {unit} of the model {limits.title}",
                ),
                Text(
                    f"Chọn mô hình khác cho {technology}: [scenario.radio] "
                    f"model_{technology.lower()}.",
                    f"Choose another model for {technology}: [scenario.radio] "
                    f"model_{technology.lower()}.",
                ),
            )
            problems += rows_breaking(
                rule, outside, values.astype(str), file=file, column=column, rows=rows
            )
    return problems


def land_cover_classes(
    classes: np.ndarray[Any, np.dtype[np.uint8]], legend: LandCover, *, file: str
) -> list[Problem]:
    """Find codes of the land-cover raster that the legend does not name."""
    codes, counts = np.unique(classes, return_counts=True)
    known = {0, *(entry.code for entry in legend.classes)}
    return [
        Problem(
            severity="warning",
            rule=UNKNOWN_CLASS,
            file=file,
            value=str(code),
            count=int(count),
            what=Text(
                "mã lớp phủ không có trong bảng chú giải; coi như đất trống, không suy hao",
                "the land-cover code is not in the legend; taken as open ground, no loss",
            ),
            fix=Text(
                "Thêm lớp này vào bảng [land_cover] của dự án.",
                "Add the class to the project's [land_cover] table.",
            ),
        )
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
        if code not in known
    ]


def station_power(
    stations: pd.DataFrame, patterns: Mapping[str, AntennaPattern], *, file: str
) -> list[Problem]:
    """Find cells whose power is not stated in either way."""
    missing: Mask = with_eirp(stations, patterns)["eirp_dbm"].isna().to_numpy()
    rows = stations.index.to_numpy()
    return rows_breaking(NO_POWER, missing, None, file=file, column="eirp_dbm", rows=rows)


def station_bandwidth(stations: pd.DataFrame, *, file: str) -> list[Problem]:
    """Find cells whose technology has no channel of their bandwidth."""
    wrong = [
        technology in TECHNOLOGIES
        and np.isfinite(bandwidth)
        and not has_channel(technology, bandwidth, frequency)
        for technology, bandwidth, frequency in zip(
            stations["technology"],
            stations["bandwidth_mhz"],
            stations["frequency_mhz"],
            strict=True,
        )
    ]
    return rows_breaking(
        NO_CHANNEL,
        np.array(wrong, dtype=bool),
        stations["bandwidth_mhz"].astype(str),
        file=file,
        column="bandwidth_mhz",
        rows=stations.index.to_numpy(),
    )


def station_places(stations: gpd.GeoDataFrame, *, file: str) -> list[Problem]:
    """Find sites whose cells stand apart."""
    first = stations.groupby("site_id")["geometry"].transform("first")
    apart: Mask = (
        stations.geometry.distance(gpd.GeoSeries(first, crs=stations.crs)) > _MASTS_APART_M
    ).to_numpy()
    return rows_breaking(
        SITE_APART,
        apart,
        stations["site_id"].astype(str),
        file=file,
        column="site_id",
        rows=stations.index.to_numpy(),
    )
