"""Villages without service by grid power and hardship: the four cells that the ministry counts.

The official form counts villages "chưa có sóng băng rộng di động", with and without power, inside
and outside the list of extremely difficult ones. Where an attribute is not known the village stands
beside the four, never in one of them.
"""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.grid import BoolArray
from coverage.params import MAIN_TECHNOLOGY
from coverage.statistics.counting import MEASURES
from coverage.statistics.scopes import (
    ANY,
    NONE,
    UNKNOWN,
    WEAK,
    Codes,
    best_of,
    coded,
)
from coverage.statistics.tables import Material

ANSWERS: Final = ("yes", "no", "unknown")
SERVICES: Final = {"none": (NONE,), "none_or_weak": (NONE, WEAK)}


def four_cells(villages: gpd.GeoDataFrame, material: Material) -> pd.DataFrame:
    """Count villages, households and people without service.

    Returns
    -------
    DataFrame
        A row per basis (`mobile_broadband`: the best of 3G, 4G and 5G as predicted; `4G` as
        predicted; `reported`), per service (`none`; `none_or_weak`), grid power and hardship (yes,
        no, unknown): those without service, those whose signal is not known, and all of the cell.
    """
    power = _answers(villages, "has_grid_power")
    hardship = _answers(villages, "extremely_difficult")
    rows = [
        {
            "basis": basis,
            "service": service,
            "has_grid_power": ANSWERS[p],
            "extremely_difficult": ANSWERS[h],
            **_row((power == p) & (hardship == h), codes, wanted, material),
            "date": material.date,
        }
        for basis, codes in _bases(villages, material).items()
        for service, wanted in SERVICES.items()
        for p in range(len(ANSWERS))
        for h in range(len(ANSWERS))
    ]
    return pd.DataFrame(rows)


def _row(
    cell: BoolArray, codes: Codes, wanted: tuple[int, ...], material: Material
) -> dict[str, int]:
    chosen = {"": cell & np.isin(codes, wanted), "_unknown": cell & (codes == UNKNOWN)}
    chosen["_total"] = cell
    return {
        f"{measure}{suffix}": int(material.weights[measure][mask].sum())
        for suffix, mask in chosen.items()
        for measure in MEASURES
    }


def _bases(villages: gpd.GeoDataFrame, material: Material) -> dict[str, Codes]:
    count = len(villages)
    predicted = [codes for (_, scope), codes in material.codes.items() if scope == ANY]
    silent = np.full(count, UNKNOWN, dtype=np.uint8)
    return {
        "mobile_broadband": best_of(predicted) if predicted else silent,
        MAIN_TECHNOLOGY: material.codes.get((MAIN_TECHNOLOGY, ANY), silent),
        "reported": coded(villages["reported_signal"].replace("", "unknown")),
    }


def _answers(villages: gpd.GeoDataFrame, column: str) -> np.ndarray[Any, Any]:
    """Return the position in ANSWERS of each village's yes or no."""
    if column not in villages.columns:
        return np.full(len(villages), ANSWERS.index("unknown"))
    values = villages[column].astype("boolean")
    return np.select([values.fillna(value=False), ~values.fillna(value=True)], [0, 1], 2)
