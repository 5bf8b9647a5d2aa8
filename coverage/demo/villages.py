"""What is known of each village: people, poverty, power, fibre, and the signal they report."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from shapely import contains_xy

from coverage.demo.communes import Communes
from coverage.demo.masts import Masts
from coverage.demo.networks import Networks
from coverage.demo.noise import generator
from coverage.demo.roads import Roads

Array = np.ndarray[Any, np.dtype[Any]]

_GOOD_DBM, _WEAK_DBM = -105.0, -115.0
_REPORT_NOISE_DB: Final = 4.0
_CONFLICT_SHARE: Final = 0.05
_NO_REPORT_SHARE: Final = 0.15
_REPORT_DATES: Final = ("2026-03-31", "2026-06-30", "2026-06-30", "2026-06-30")
_COARSE_SHARE: Final = 0.18
_ACCURACIES_M: Final = (30, 60, 60, 120)
_COARSE_M: Final = 900
_NO_COORDINATES: Final = 3
_VERY_POOR: Final = 0.30


def make_villages(
    seed: int,
    communes: Communes,
    places: pd.DataFrame,
    roads: Roads,
    *,
    networks: Networks,
    masts: Masts,
) -> pd.DataFrame:
    """Return the village table, with `x_m` and `y_m` as the list states them (some far off)."""
    rng = generator(seed, "villages")
    count = len(places)
    units = [communes.units[i] for i in places["commune"]]
    reported = _reported(rng, masts)
    stated = _stated_position(rng, communes, places)
    hardship = _hardship(places, roads, networks)
    poor = np.clip(0.05 + 0.55 * hardship + rng.normal(0.0, 0.05, count), 0.01, 0.85).round(2)
    in_ward = np.array([unit.is_ward for unit in units])
    minority = 0.97 - 0.35 * in_ward - 0.25 * rng.beta(1.2, 4.0, count) * (1.4 - hardship)
    households = places["households"].to_numpy()
    school = (rng.random(count) < 0.12 + households / 320.0) | places["is_seat"]
    clinic = places["is_seat"] | (rng.random(count) < 0.02)  # noqa: PLR2004
    return pd.DataFrame(
        {
            "village_id": [f"KP{i:04d}" for i in range(1, count + 1)],
            "name": places["name"],
            "commune_code": [unit.code for unit in units],
            "commune_name": [unit.full_name for unit in units],
            "x_m": stated["x_m"],
            "y_m": stated["y_m"],
            "households": households,
            "population": places["population"],
            "has_grid_power": networks.has_grid_power,
            "poor_household_share": poor,
            "ethnic_minority_share": np.clip(minority, 0.2, 1.0).round(2),
            "extremely_difficult": (poor > _VERY_POOR) & ~in_ward,
            "has_fibre": networks.has_fibre,
            "has_school": school,
            "has_clinic": clinic,
            "reported_signal": reported,
            "report_date": np.where(reported == "", "", rng.choice(_REPORT_DATES, count)),
            "coordinate_accuracy_m": stated["accuracy_m"],
            "commune_code_2025_03": _old_codes(rng, communes, places),
        }
    )


def crosswalk(communes: Communes, villages: pd.DataFrame) -> pd.DataFrame:
    """Return which commune of the former edition went into which of the new one."""
    pairs = villages[["commune_code_2025_03", "commune_code"]].drop_duplicates()
    pairs = pairs.sort_values(["commune_code", "commune_code_2025_03"]).reset_index(drop=True)
    names = {unit.code: unit.full_name for unit in communes.units}
    older = ("Thượng", "Trung", "Hạ")
    part = pairs.groupby("commune_code").cumcount().to_numpy()
    bare = {unit.code: unit.name for unit in communes.units}
    old_names = [
        f"Xã {bare[code]}" if i == 0 else f"Xã {bare[code]} {older[i - 1]}"
        for code, i in zip(pairs["commune_code"], part, strict=True)
    ]
    return pd.DataFrame(
        {
            "old_code": pairs["commune_code_2025_03"],
            "old_name": old_names,
            "new_code": pairs["commune_code"],
            "new_name": pairs["commune_code"].map(names),
        }
    )


def _reported(rng: np.random.Generator, masts: Masts) -> Array:
    """Return what the villages report: mostly the rough signal, with noise, conflicts and gaps."""
    active = (masts.frame["status"] == "active").to_numpy()
    best = masts.rsrp_dbm[active].max(axis=0)
    felt = best + rng.normal(0.0, _REPORT_NOISE_DB, best.size)
    words = np.select([felt >= _GOOD_DBM, felt >= _WEAK_DBM], ["good", "weak"], default="none")
    opposite = rng.random(best.size) < _CONFLICT_SHARE
    words = np.where(opposite, np.where(words == "good", "none", "good"), words)
    silent = rng.random(best.size) < _NO_REPORT_SHARE
    return np.where(silent, "", words)


def _stated_position(
    rng: np.random.Generator, communes: Communes, places: pd.DataFrame
) -> dict[str, Array]:
    """Return the positions as a list would state them; a few are missing, some are coarse."""
    count = len(places)
    x_m, y_m = places["x_m"].to_numpy().copy(), places["y_m"].to_numpy().copy()
    accuracy = rng.choice(_ACCURACIES_M, count).astype(float)
    coarse = (rng.random(count) < _COARSE_SHARE) & ~places["is_seat"].to_numpy()
    accuracy[coarse] = _COARSE_M
    turn, away = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(200.0, 700.0, count)
    for i in np.flatnonzero(coarse):
        land = communes.units[int(places["commune"].iloc[i])].geometry
        for shorter in (1.0, 0.6, 0.3):
            x = x_m[i] + shorter * away[i] * np.cos(turn[i])
            y = y_m[i] + shorter * away[i] * np.sin(turn[i])
            if contains_xy(land, x, y):
                x_m[i], y_m[i] = x, y
                break
    small = np.flatnonzero(~places["is_seat"].to_numpy() & ~coarse)
    missing = rng.choice(small, _NO_COORDINATES, replace=False)
    x_m[missing] = y_m[missing] = accuracy[missing] = np.nan
    return {"x_m": x_m, "y_m": y_m, "accuracy_m": accuracy}


def _hardship(places: pd.DataFrame, roads: Roads, networks: Networks) -> Array:
    """Return 0 (by the seat, on road and grid) to 1 (far, no road, no grid)."""
    far = 1.0 - np.exp(-places["walk_m"].to_numpy() / 12_000.0)
    off_road = 1.0 - np.exp(-roads.to_village_m / 5_000.0)
    hardship: Array = 0.4 * far + 0.3 * off_road
    hardship += 0.12 * ~roads.has_road + 0.18 * ~networks.has_grid_power
    return hardship


def _old_codes(rng: np.random.Generator, communes: Communes, places: pd.DataFrame) -> Array:
    """Return the former commune of each village: one to three parts of the new one.

    As in reality, one of the parts bore the code that the new commune bears.
    """
    codes = np.empty(len(places), dtype=object)
    for i, unit in enumerate(communes.units):
        own = np.flatnonzero(places["commune"].to_numpy() == i)
        parts = min(1 if unit.is_ward else int(rng.integers(2, 5)), len(own))
        x_m, y_m = places["x_m"].to_numpy()[own], places["y_m"].to_numpy()[own]
        centres = [0]  # the seat comes first
        while len(centres) < parts:
            away = np.hypot(x_m[:, None] - x_m[centres], y_m[:, None] - y_m[centres])
            centres.append(int(np.argmax(away.min(axis=1))))
        away = np.hypot(x_m[:, None] - x_m[centres], y_m[:, None] - y_m[centres])
        part = np.argmin(away, axis=1)
        codes[own] = [str(int(unit.code) + int(p)).zfill(5) for p in part]
    return codes
