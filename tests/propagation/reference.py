"""Reading of the ITU-R validation profiles of P.1812."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHARED = Path(os.environ.get("PHUSONG_SHARED", Path(__file__).parents[3] / "shared"))
PROFILES = sorted((SHARED / "data" / "propagation" / "p1812").glob("*.csv"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of measurements: the settings and the reference loss."""

    frequency_mhz: float
    tx_height_m: float
    rx_height_m: float
    vertical: bool
    time_percent: float
    loss_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One file: a path and its reference losses."""

    delta_n: float
    n0: float
    latitude_deg: float
    distance_km: NDArray[np.float64]
    ground_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    zone: NDArray[np.int64]
    rows: tuple[Row, ...]


def read_profile(path: Path) -> Profile:
    """Read one file; the middle of the path is half-way between the ends' coordinates."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))
    header = {line[0].strip().rstrip(":"): line[1] for line in lines if len(line) > 1 and line[1]}
    first = next(n for n, line in enumerate(lines) if line[0].startswith("Number of Points"))
    count = int(lines[first][1])
    table = np.array(
        [[float(v) for v in line[:5]] for line in lines[first + 1 : first + 1 + count]]
    )
    start = next(n for n, line in enumerate(lines) if line[0].startswith("{Begin of Meas"))
    end = next(n for n, line in enumerate(lines) if line[0].startswith("{End of Meas"))
    return Profile(
        delta_n=_value(header, "dN"),
        n0=_value(header, "No"),
        latitude_deg=_middle_latitude(header, table[-1, 0]),
        distance_km=table[:, 0],
        ground_m=table[:, 1],
        clutter_m=table[:, 3],
        zone=table[:, 4].astype(np.int64),
        rows=tuple(_row(line) for line in lines[start + 1 : end]),
    )


def _value(header: dict[str, str], word: str) -> float:
    return next(float(v) for k, v in header.items() if word in k.split() or f" {word} " in k)


def _row(line: list[str]) -> Row:
    filled = [value for value in line if value.strip()]
    return Row(
        frequency_mhz=float(line[0]),
        tx_height_m=float(line[1]),
        rx_height_m=float(line[3]),
        vertical=line[4].strip() == "2",
        time_percent=float(line[14]),
        loss_db=float(filled[-1]),
    )


def _middle_latitude(header: dict[str, str], length_km: float) -> float:
    """Latitude half a path length from the transmitter towards the receiver's coordinates.

    Some files hold a shortened path under the coordinates of the long one.
    """
    names = ("Tx LAT", "Tx LON", "Rx LAT", "Rx LON")
    lat_t, lon_t, lat_r, lon_r = (np.radians(float(header[name])) for name in names)
    tx, rx = (
        np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        for lat, lon in ((lat_t, lon_t), (lat_r, lon_r))
    )
    towards = rx - (rx @ tx) * tx
    angle = length_km / 2.0 / 6371.0
    middle = np.cos(angle) * tx + np.sin(angle) * towards / np.linalg.norm(towards)
    return float(np.degrees(np.arcsin(middle[2])))
