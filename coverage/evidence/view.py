"""How places are looked at: whose signal, from which day, over how far; and what "any" means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.model import Inputs, Prediction
from coverage.params import EvidenceRules, Technology
from coverage.text import spelling_key

UNKNOWN: Final = "unknown"
_DATES: Final = (
    ("villages", "report_date"),
    ("clusters", "report_date"),
    ("measurements", "measured_at"),
    ("operator_coverage", "published_at"),
)


@dataclass(frozen=True, slots=True)
class View:
    """Whose signal is looked at, and from which day.

    `operator` is "" for any. `listed` holds, by technology, the keys (`spelling_key`) of the
    operators that have cells; `names` maps a key to the operator's name. `oldest` is the first day
    whose sources still count, "" where there is no date at all.
    """

    operator: str
    listed: dict[Technology, frozenset[str]]
    names: dict[str, str]
    oldest: str

    def needed(self, technology: Technology) -> frozenset[str]:
        """Keys of the operators that must all lack signal before there is none."""
        if self.operator:
            return frozenset({spelling_key(self.operator)})
        return self.listed.get(technology, frozenset())

    def is_meant(self, key: str) -> bool:
        """Return whether what is known of this operator counts here."""
        return not self.operator or key == spelling_key(self.operator)

    def is_current(self, dates: pd.Series) -> pd.Series:
        """Tell dates (ISO text) that still count; what bears no date counts."""
        return (dates == "") | (dates >= self.oldest)


def view_of(inputs: Inputs, prediction: Prediction, rules: EvidenceRules, operator: str) -> View:
    """Return whose signal is looked at, and from which day."""
    cells = prediction.cells
    pairs = zip(cells["technology"], cells["operator"].map(spelling_key), strict=True)
    listed: dict[Technology, set[str]] = {}
    for technology, key in pairs:
        listed.setdefault(technology, set()).add(key)
    as_of = _as_of(inputs, rules)
    oldest = as_of - timedelta(days=rules.max_age_days) if as_of else None
    return View(
        operator=operator,
        listed={technology: frozenset(keys) for technology, keys in listed.items()},
        names={spelling_key(name): name for name in sorted(set(inputs.stations["operator"]))},
        oldest=oldest.isoformat() if oldest else "",
    )


def _as_of(inputs: Inputs, rules: EvidenceRules) -> date | None:
    """Day from which ages count: as ruled, else the newest date in the data."""
    if rules.as_of is not None:
        return rules.as_of
    newest = ""
    for table, column in _DATES:
        frame = getattr(inputs, table)
        if frame is not None and column in frame.columns:
            newest = max(newest, *frame[column].tolist())
    return date.fromisoformat(newest) if newest else None


def accuracy_m(places: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how far each place may lie from its coordinates; 0 where that is not stated."""
    stated = places.get("coordinate_accuracy_m", pd.Series(0.0, index=places.index))
    return np.asarray(stated.fillna(0.0), dtype=float)


def of_any(
    by_operator: pd.DataFrame, needed: Collection[str], *, ladder: Sequence[str]
) -> pd.Series:
    """Return what holds for any operator of `by_operator` (a column each, by key).

    The best rung of `ladder` (best first) that an operator reaches. The last rung holds only where
    every operator in `needed` is known to stand on it: one operator without signal does not make
    a place without signal.
    """
    found = pd.Series(UNKNOWN, index=by_operator.index, dtype=object)
    if needed:
        all_known = by_operator.reindex(columns=sorted(needed), fill_value=UNKNOWN)
        found = found.mask((all_known == ladder[-1]).all(axis=1), ladder[-1])
    for rung in reversed(ladder[:-1]):
        found = found.mask((by_operator == rung).any(axis=1), rung)
    return found
