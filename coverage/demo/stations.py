"""The station list: operators on masts, their technologies, sectors and supply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.demo.masts import Masts
from coverage.demo.networks import Networks
from coverage.demo.noise import generator
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

OPERATORS: Final = ("Nhà mạng A", "Nhà mạng B", "Nhà mạng C")

_SITES: Final = (165, 186)
_FIRST_CHOICE: Final = (0.48, 0.33, 0.19)
_CROWD: Final = {"ward": 6.0, "seat": 3.0, "road": 1.0, "village": 0.4, "border": 0.5}
_OWN_MAST_SHARE: Final = 0.3  # of second and third operators, which stand some metres apart
_OMNI_MASTS: Final = 7
_GSM_SITES: Final = 4
_OFF_SITES: Final = 4
_FIBRE_WITHIN_M: Final = 600.0
_GRID_WITHIN_M: Final = 1_200.0


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier as it is built here."""

    label: str
    technology: str
    frequency_mhz: int
    bandwidth_mhz: float
    tx_power_dbm: float
    antenna_gain_dbi: float
    feeder_loss_db: float


GSM = Carrier("2G900", "2G", 900, 5, 43, 16, 2.0)
UMTS = Carrier("3G2100", "3G", 2100, 5, 43, 17, 2.0)
LTE_1800 = Carrier("4G1800", "4G", 1800, 20, 46, 17, 2.0)
LTE_900 = Carrier("4G900", "4G", 900, 10, 46, 16, 2.0)
LTE_700 = Carrier("4G700", "4G", 700, 10, 46, 15, 2.0)
NR = (
    Carrier("5G2600", "5G", 2600, 100, 49, 23, 0.5),
    Carrier("5G3700", "5G", 3700, 100, 49, 23, 0.5),
    Carrier("5G3700", "5G", 3700, 100, 49, 23, 0.5),
)


def make_stations(seed: int, terrain: Terrain, masts: Masts, networks: Networks) -> pd.DataFrame:
    """Return one row per cell, with `x_m` and `y_m` in the grid's coordinates."""
    rng = generator(seed, "stations")
    sites = _sites(rng, masts)
    row, col = terrain.grid.rowcol(sites["x_m"], sites["y_m"])
    by_fibre = networks.to_fibre_m[row, col] < _FIBRE_WITHIN_M
    by_grid = networks.to_power_m[row, col] < _GRID_WITHIN_M
    sites["backhaul"] = np.where(by_fibre, "fibre", "microwave")
    sites["power"] = np.where(by_grid, "grid", "solar_diesel")
    lonely = np.flatnonzero(~by_fibre & ~by_grid & (sites["role"] == "village"))
    sites.loc[lonely[:2], "backhaul"] = "satellite"
    cells: list[dict[str, object]] = []
    for site in sites.to_dict("records"):
        azimuth = int(rng.integers(0, 120))
        for carrier in _carriers(rng, site):
            cells += _cells(rng, site, carrier, azimuth)
    return pd.DataFrame(cells)


def _sites(rng: np.random.Generator, masts: Masts) -> pd.DataFrame:
    """Return the sites: which operators stand at each mast."""
    frame = masts.frame
    wanted = int(rng.integers(*_SITES))
    first = rng.choice(len(OPERATORS), size=len(frame), p=_FIRST_CHOICE)
    pairs = [(mast, int(operator)) for mast, operator in enumerate(first)]
    others = [(m, o) for m in range(len(frame)) for o in range(len(OPERATORS)) if o != first[m]]
    crowd = frame["role"].map(_CROWD).to_numpy() * (frame["status"] == "active").to_numpy()
    weight = np.array([crowd[m] * _FIRST_CHOICE[o] for m, o in others])
    more = rng.choice(len(others), size=wanted - len(pairs), replace=False, p=weight / weight.sum())
    pairs += [others[i] for i in np.sort(more)]
    rows = []
    own_masts = len(frame)
    for number, (mast, operator) in enumerate(sorted(pairs)):
        home = frame.iloc[mast]
        x_m, y_m, mast_number = home["x_m"], home["y_m"], mast + 1
        is_first = operator == first[mast]
        if not is_first and rng.random() < _OWN_MAST_SHARE:
            own_masts += 1
            mast_number = own_masts
            x_m, y_m = x_m + rng.uniform(-140.0, 140.0), y_m + rng.uniform(-140.0, 140.0)
        rows.append(
            {
                "site_id": f"KP{'ABC'[operator]}{number + 1:03d}",
                "mast_id": f"M{mast_number:03d}",
                "operator": operator,
                "x_m": x_m,
                "y_m": y_m,
                "height_m": home["height_m"] - (0.0 if is_first else 6.0),
                "role": home["role"],
                "status": home["status"],
                "low_band": bool(home["low_band"]) and is_first,
                "is_first": is_first,
            }
        )
    sites = pd.DataFrame(rows)
    sites["is_omni"] = False
    sites["has_gsm"] = False
    active = sites["status"] == "active"
    remote = sites.index[active & (sites["role"] == "village") & sites["is_first"]]
    sites.loc[remote[:_OMNI_MASTS], "is_omni"] = True
    along = sites.index[active & (sites["role"] == "road")]
    sites.loc[rng.choice(along, _GSM_SITES, replace=False), "has_gsm"] = True
    second = sites.index[active & ~sites["is_first"]]
    sites.loc[rng.choice(second, _OFF_SITES, replace=False), "status"] = "off"
    return sites


def _carriers(rng: np.random.Generator, site: dict[Any, Any]) -> list[Carrier]:
    """Return what a site transmits; every first operator of a mast has 4G."""
    draw = rng.random(5)
    in_town, operator = site["role"] == "ward", int(site["operator"])
    found = []
    if site["has_gsm"]:
        found.append(GSM)
    if draw[0] < 0.85:  # noqa: PLR2004
        found.append(UMTS)
    if site["is_first"] or draw[1] < 0.94 or not found:  # noqa: PLR2004
        found.append(LTE_1800)
        if site["low_band"]:
            found.append(LTE_900)
        if operator < 2 and draw[2] < 0.08 and not in_town:  # noqa: PLR2004
            found.append(LTE_700)
    if in_town or (site["role"] == "seat" and draw[3] < 0.14):  # noqa: PLR2004
        found.append(NR[operator])
    return found


def _cells(
    rng: np.random.Generator, site: dict[Any, Any], carrier: Carrier, azimuth: int
) -> list[dict[str, object]]:
    sectors = 1 if site["is_omni"] else 3
    cells: list[dict[str, object]] = []
    for sector in range(sectors):
        turn = (azimuth + 120 * sector + int(rng.integers(-8, 9))) % 360
        cells.append(
            {
                "cell_id": f"{site['site_id']}-{carrier.label}-{sector + 1}",
                "site_id": site["site_id"],
                "mast_id": site["mast_id"],
                "operator": OPERATORS[int(site["operator"])],
                "technology": carrier.technology,
                "frequency_mhz": carrier.frequency_mhz,
                "bandwidth_mhz": carrier.bandwidth_mhz,
                "x_m": site["x_m"],
                "y_m": site["y_m"],
                "antenna_height_m": site["height_m"],
                "azimuth_deg": "" if site["is_omni"] else str(turn),
                "beamwidth_deg": 360 if site["is_omni"] else 65,
                "downtilt_deg": 0 if site["is_omni"] else int(rng.integers(1, 6)),
                "tx_power_dbm": carrier.tx_power_dbm,
                "antenna_gain_dbi": 11 if site["is_omni"] else carrier.antenna_gain_dbi,
                "feeder_loss_db": carrier.feeder_loss_db,
                "backhaul": site["backhaul"],
                "power": site["power"],
                "status": site["status"],
            }
        )
    return cells
