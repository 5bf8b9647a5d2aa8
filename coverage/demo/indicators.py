"""Digital-society indicators by commune."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage.demo.communes import EDITION, Communes
from coverage.demo.noise import generator

# name: (lowest, span that falls with poverty, target)
_INDICATORS: Final = {
    "internet_user_share": (0.55, 0.40, 0.90),
    "smartphone_share": (0.52, 0.38, 0.90),
    "eid_share": (0.45, 0.35, 0.80),
    "fibre_household_share": (0.25, 0.55, 0.80),
    "villages_with_community_digital_team_share": (0.70, 0.30, 1.00),
    "cashless_benefit_share": (0.40, 0.45, 0.80),
}
_YEARS: Final = (2024, 2025)
_GROWTH: Final = 0.035
_TARGET_YEAR: Final = 2025


def make_indicators(
    seed: int, communes: Communes, villages: pd.DataFrame, *, source: str
) -> pd.DataFrame:
    """Return one row per commune, indicator and year; the shares follow poverty and fibre."""
    rng = generator(seed, "indicators")
    weighted = villages["poor_household_share"] * villages["households"]
    totals = villages["households"].groupby(villages["commune_code"]).sum()
    poor = weighted.groupby(villages["commune_code"]).sum() / totals
    ease = 1.0 - np.clip(poor / 0.5, 0.0, 1.0)
    rows = []
    for unit in communes.units:
        for name, (lowest, span, target) in _INDICATORS.items():
            base = lowest + span * float(ease[unit.code]) + float(rng.normal(0.0, 0.04))
            for step, year in enumerate(_YEARS):
                value = round(float(np.clip(base + _GROWTH * step, 0.05, 1.0)), 3)
                rows.append((unit.code, EDITION, name, year, value, target, _TARGET_YEAR, source))
    columns = [
        "commune_code", "edition", "indicator", "year", "value", "target", "target_year", "source",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
