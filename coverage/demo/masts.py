"""Where masts stand: at seats, along main roads and by large villages, on near-by hills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import ndimage

from coverage.demo.communes import Communes
from coverage.demo.noise import generator
from coverage.demo.paths import centre_of
from coverage.demo.radio import rough_rsrp_dbm
from coverage.demo.roads import Roads
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

SERVED_DBM: Final = -112.0

_ROAD_SPACING_M: Final = 3_600.0
_HILL_REACH_M: Final = {"seat": 500.0, "ward": 350.0, "road": 900.0, "village": 700.0}
_HILL_CLIMB: Final = 0.12  # a hill must gain this much height per metre away from its anchor
_WARD_MASTS: Final = 4
_LARGE_VILLAGE: Final = 60  # households
_DARK_SHARE: Final = (0.115, 0.155)
_PLANNED: Final = 8
_BORDER_MASTS: Final = 9
_APART_M: Final = 1_000.0
_TOWERS_M: Final = (30.0, 36.0, 42.0, 48.0)


@dataclass(frozen=True, slots=True)
class Masts:
    """The masts: a frame with `x_m`, `y_m`, `height_m`, `role` and `status`, and who hears them.

    `role` is `ward`, `seat`, `road`, `village`, `border`; `low_band` says that the mast has a 4G
    carrier below 1 GHz. `rsrp_dbm` is the rough 4G signal, masts by villages.
    """

    frame: pd.DataFrame
    rsrp_dbm: Array


def make_masts(
    seed: int, terrain: Terrain, communes: Communes, places: pd.DataFrame, roads: Roads
) -> Masts:
    """Return the masts; they leave a share of the villages dark, as networks in mountains do."""
    rng = generator(seed, "masts")
    frame = _candidates(rng, terrain, communes, places, roads)
    villages = places[["x_m", "y_m"]].to_numpy()
    rsrp = rough_rsrp_dbm(
        terrain,
        frame[["x_m", "y_m"]].to_numpy(),
        frame["height_m"].to_numpy(),
        villages,
        frequency_mhz=np.where(frame["low_band"], 900.0, 1800.0),
    )
    chosen = _chosen(rng, frame, rsrp > SERVED_DBM)
    planned = _planned(frame, rsrp > SERVED_DBM, chosen, places["households"].to_numpy())
    frame["status"] = np.where(chosen, "active", "")
    frame.loc[planned, "status"] = "planned"
    kept = (frame["status"] != "").to_numpy()
    return Masts(frame[kept].reset_index(drop=True), rsrp[kept])


def _candidates(
    rng: np.random.Generator,
    terrain: Terrain,
    communes: Communes,
    places: pd.DataFrame,
    roads: Roads,
) -> pd.DataFrame:
    anchors: list[tuple[int, str]] = []
    for unit, cell in zip(communes.units, communes.seats, strict=True):
        anchors.append((int(cell), "ward" if unit.is_ward else "seat"))
    wards = places[places["commune"] < sum(unit.is_ward for unit in communes.units)]
    biggest = wards[~wards["is_seat"]].nlargest(2 * (_WARD_MASTS - 1), "households")
    anchors += [(int(cell), "ward") for cell in biggest["cell"]]
    anchors += [(cell, "road") for cell in _along_main_roads(rng, terrain, communes, roads)]
    reached = places[roads.has_road & (places["households"] >= _LARGE_VILLAGE)]
    anchors += [(int(cell), "village") for cell in reached["cell"]]
    beyond = np.array(roads.border_seats)
    nearest = beyond[np.argsort(_from_border(terrain, communes, beyond), kind="stable")]
    anchors += [(int(cell), "border") for cell in nearest[:_BORDER_MASTS]]
    cells: list[int] = []
    roles: list[str] = []
    near = _APART_M / terrain.grid.resolution_m
    for anchor, role in anchors:
        hill = _hill_near(terrain, anchor, _HILL_REACH_M.get(role, 500.0))
        row, col = np.divmod(np.array(cells, dtype=int), terrain.grid.width)
        away = np.hypot(row - hill // terrain.grid.width, col - hill % terrain.grid.width)
        if not cells or away.min() >= (0.5 * near if role == "ward" else near):
            cells.append(hill)
            roles.append(role)
    x_m, y_m = centre_of(terrain, np.array(cells))
    return pd.DataFrame(
        {
            "cell": cells,
            "role": roles,
            "x_m": x_m + rng.uniform(-30.0, 30.0, len(cells)),
            "y_m": y_m + rng.uniform(-30.0, 30.0, len(cells)),
            "height_m": rng.choice(_TOWERS_M, len(cells)),
            "low_band": rng.random(len(cells)) < 0.3,  # noqa: PLR2004
        }
    )


def _from_border(terrain: Terrain, communes: Communes, cells: Array) -> Array:
    """Return the distance of cells from the province, in cells."""
    away: Array = ndimage.distance_transform_edt(communes.number < 0)
    row, col = np.divmod(cells, terrain.grid.width)
    near: Array = away[row, col]
    return near


def _along_main_roads(
    rng: np.random.Generator, terrain: Terrain, communes: Communes, roads: Roads
) -> list[int]:
    """Return spaced cells of national and provincial roads inside the province."""
    cells = {
        cell
        for edge, name in roads.classes.items()
        if name in {"national", "provincial"}
        for cell in edge
    }
    number = communes.number.ravel()
    inside = np.array(sorted(cell for cell in cells if number[cell] >= 0))
    row, col = np.divmod(inside, terrain.grid.width)
    near = _ROAD_SPACING_M / terrain.grid.resolution_m
    chosen: list[int] = []
    for i in rng.permutation(inside.size):
        if not chosen or np.min(np.hypot(row[chosen] - row[i], col[chosen] - col[i])) >= near:
            chosen.append(int(i))
    return [int(inside[i]) for i in chosen]


def _hill_near(terrain: Terrain, cell: int, reach_m: float) -> int:
    """Return the cell near `cell` that is worth the climb."""
    grid = terrain.grid
    rows, cols = grid.disc(cell // grid.width, cell % grid.width, reach_m)
    away = np.hypot(rows - cell // grid.width, cols - cell % grid.width) * grid.resolution_m
    worth = terrain.elevation_m[rows, cols] - _HILL_CLIMB * away - 1e3 * terrain.water[rows, cols]
    best = int(np.argmax(worth))
    return int(rows[best] * grid.width + cols[best])


def _chosen(rng: np.random.Generator, frame: pd.DataFrame, heard: Array) -> Array:
    """Choose masts until the share of dark villages is within bounds."""
    role = frame["role"].to_numpy()
    chosen = np.isin(role, ["ward", "seat", "road", "border"])
    low, high = _DARK_SHARE
    count = heard.sum(axis=0, where=chosen[:, None])
    while np.mean(count == 0) > high:
        gain = np.where(chosen, -1, heard[:, count == 0].sum(axis=1))
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen[best] = True
        count = count + heard[best]
    order = rng.permutation(np.flatnonzero(np.isin(role, ["road", "border"])))
    for mast in order:
        if np.mean(count == 0) >= low:
            break
        fewer = count - heard[mast]
        if np.any((fewer == 0) & (count > 0)) and np.mean(fewer == 0) <= high:
            chosen[mast], count = False, fewer
    return chosen


def _planned(frame: pd.DataFrame, heard: Array, chosen: Array, households: Array) -> list[int]:
    """Return candidates that would bring most households out of the dark."""
    dark = ~heard[chosen].any(axis=0)
    found: list[int] = []
    for _ in range(_PLANNED):
        gain = (heard[:, dark] * households[dark]).sum(axis=1)
        gain = np.where(chosen | np.isin(np.arange(len(frame)), found), -1, gain)
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        found.append(best)
        dark &= ~heard[best]
    return found
