"""Scopes: whose service counts, at least one operator's, all operators', or a single one's.

Classes are handled as numbers here, so that villages and rasters go the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.grid import IndexArray
from coverage.model import Inputs, Prediction
from coverage.params import Scenario, Technology
from coverage.reception import Listening

ANY: Final = "any"
ALL: Final = "all"
CLASS_CODES: Final = ("none", "weak", "good", "unknown")
NONE, WEAK, GOOD, UNKNOWN = range(4)
Codes = np.ndarray[Any, np.dtype[np.uint8]]
Key = tuple[Technology, str]
"""(technology, scope)."""


def coded(classes: pd.Series) -> Codes:
    """Return classes as numbers."""
    numbers = {name: code for code, name in enumerate(CLASS_CODES)}
    return np.array([numbers[name] for name in classes], dtype=np.uint8)


def worst_of(codes: Sequence[Codes]) -> Codes:
    """Return the worst class of several: one "none" settles it, else one unknown leaves it open."""
    lowest = np.minimum.reduce([np.where(c == UNKNOWN, GOOD, c) for c in codes])
    is_open = np.logical_or.reduce([c == UNKNOWN for c in codes]) & (lowest != NONE)
    return np.where(is_open, UNKNOWN, lowest).astype(np.uint8)


def best_of(codes: Sequence[Codes]) -> Codes:
    """Return the best class of several: one served settles it, else one unknown leaves it open."""
    highest = np.maximum.reduce([np.where(c == UNKNOWN, NONE, c) for c in codes])
    is_open = np.logical_or.reduce([c == UNKNOWN for c in codes]) & (highest == NONE)
    return np.where(is_open, UNKNOWN, highest).astype(np.uint8)


def village_codes(
    classes: Mapping[tuple[Technology, str], pd.Series], prediction: Prediction
) -> dict[Key, Codes]:
    """Return every village's class by technology and scope."""
    found: dict[Key, Codes] = {}
    for technology in prediction.technologies:
        single = {name: coded(classes[technology, name]) for name in prediction.operators}
        found[technology, ANY] = coded(classes[technology, ""])
        found[technology, ALL] = worst_of(list(single.values()))
        found |= {(technology, name): codes for name, codes in single.items()}
    return found


def cell_codes(
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    technology: Technology,
    *,
    row: IndexArray,
    col: IndexArray,
) -> dict[str, Codes]:
    """Return the class of raster cells by scope."""

    def heard(operator: str) -> Codes:
        listening = Listening(inputs, prediction, scenario, technology, operator)
        level_dbm, known = listening.levels(row, col)
        limits = listening.limits
        served = (level_dbm >= limits.weak_dbm).astype(np.uint8) + (level_dbm >= limits.good_dbm)
        return np.where(known, served, UNKNOWN).astype(np.uint8)

    single = {operator: heard(operator) for operator in prediction.operators}
    return {ANY: heard(""), ALL: worst_of(list(single.values())), **single}
