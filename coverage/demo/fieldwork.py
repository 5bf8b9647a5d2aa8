"""What people on the spot add: clusters of houses inside villages, and samples of signal."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.demo.masts import Masts
from coverage.demo.noise import generator
from coverage.demo.stations import OPERATORS

Array = np.ndarray[Any, np.dtype[Any]]

_VILLAGES_WITH_CLUSTERS: Final = 20
_CLUSTERS: Final = 2
_CLUSTER_SHARES: Final = (0.2, 0.35)
_CLUSTER_AWAY_M: Final = (400.0, 1_200.0)
_MEASURED_VILLAGES: Final = 30
_SAMPLES: Final = 4
_SAMPLE_AWAY_M: Final = 150.0
_LEVEL_NOISE_DB: Final = 4.0
_BEHIND_BEST_DB: Final = (0.0, 8.0, 16.0)  # the operators, in an order drawn for each village
_LOWEST_DBM: Final = -125.0  # weaker than this a phone finds no 4G and reports a speed of 0
_SPEED_ONLY_SHARE: Final = 0.25
_DATES: Final = ("2023-04-12", "2026-04-18", "2026-05-09", "2026-05-23")


def make_clusters(seed: int, places: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Return clusters of some villages, with `x_m` and `y_m`; some say that they have no signal."""
    rng = generator(seed, "clusters")
    rows = []
    large = np.flatnonzero(places["households"].to_numpy() >= 60)  # noqa: PLR2004
    for i in sorted(rng.choice(large, min(_VILLAGES_WITH_CLUSTERS, len(large)), replace=False)):
        village = villages.iloc[i]
        for number in range(1, _CLUSTERS + 1):
            share = rng.uniform(*_CLUSTER_SHARES)
            x_m, y_m = _beside(rng, places.iloc[i], *_CLUSTER_AWAY_M)
            rows.append(
                {
                    "cluster_id": f"{village['village_id']}-{number}",
                    "village_id": village["village_id"],
                    "name": f"{village['name']}, cụm {number}",
                    "x_m": x_m,
                    "y_m": y_m,
                    "households": int(share * village["households"]),
                    "population": int(share * village["population"]),
                    "has_grid_power": bool(village["has_grid_power"]),
                    "reported_signal": str(rng.choice(["", village["reported_signal"], "none"])),
                    "coordinate_accuracy_m": 60,
                }
            )
    return pd.DataFrame(rows)


def make_measurements(seed: int, places: pd.DataFrame, masts: Masts) -> pd.DataFrame:
    """Return samples of 4G around some villages, with `x_m` and `y_m`."""
    rng = generator(seed, "measurements")
    active = (masts.frame["status"] == "active").to_numpy()
    rows = []
    for i in sorted(rng.choice(len(places), _MEASURED_VILLAGES, replace=False)):
        date = str(rng.choice(_DATES))
        speed_only = rng.random() < _SPEED_ONLY_SHARE
        behind_db = rng.permutation(_BEHIND_BEST_DB)
        for operator, less_db in zip(OPERATORS, behind_db, strict=True):
            best_dbm = float(masts.rsrp_dbm[active, i].max()) - less_db
            for _ in range(_SAMPLES):
                level_dbm = best_dbm + rng.normal(0.0, _LEVEL_NOISE_DB)
                dark = level_dbm < _LOWEST_DBM
                x_m, y_m = _beside(rng, places.iloc[i], 0.0, _SAMPLE_AWAY_M)
                rows.append(
                    {
                        "x_m": x_m,
                        "y_m": y_m,
                        "operator": operator,
                        "technology": "4G",
                        "rsrp_dbm": np.nan if dark or speed_only else round(level_dbm, 1),
                        "download_mbps": _speed_mbps(level_dbm) if not dark else 0.0,
                        "measured_at": date,
                        "device_height_m": 1.5,
                    }
                )
    return pd.DataFrame(rows)


def _beside(
    rng: np.random.Generator, place: pd.Series, nearest_m: float, farthest_m: float
) -> tuple[float, float]:
    turn, away_m = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(nearest_m, farthest_m)
    return place["x_m"] + away_m * np.cos(turn), place["y_m"] + away_m * np.sin(turn)


def _speed_mbps(level_dbm: float) -> float:
    """Return a speed that grows with the level: 3 Mbit/s at -115 dBm, 60 at -75 dBm and above."""
    return round(float(np.interp(level_dbm, [-125.0, -115.0, -75.0], [0.3, 3.0, 60.0])), 1)
