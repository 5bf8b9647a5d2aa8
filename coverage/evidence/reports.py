"""Reported: what people on the spot say of any operator, and operator by operator."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from coverage.evidence.view import UNKNOWN, View, of_any
from coverage.params import MAIN_TECHNOLOGY, Technology
from coverage.text import spelling_key

_LADDER: Final = ("good", "weak", "none")


def raw_report(places: pd.DataFrame, view: View) -> pd.Series:
    """Return what is reported of the main technology ("" for nothing), whatever its date.

    For one operator that is its own report; "no signal of any operator" holds for each of them.
    """
    general = _column(places, "reported_signal")
    if not view.operator:
        return general
    own = _by_operator(places, MAIN_TECHNOLOGY, view)
    said = own.iloc[:, 0] if len(own.columns) else pd.Series("", index=places.index)
    return said.where(said != "", general.where(general == "none", ""))


def reported_class(places: pd.DataFrame, technology: Technology, view: View) -> pd.Series:
    """Return the class that reports of the last years give a technology.

    `reported_signal` speaks of any operator with 4G or better: its "none" holds for 5G too, its
    "good" does not. Without it the reports by operator decide.
    """
    by_operator = _by_operator(places, technology, view).replace("", UNKNOWN)
    found = of_any(by_operator, view.needed(technology), ladder=_LADDER)
    if technology == MAIN_TECHNOLOGY:
        said = raw_report(places, view)
        found = said.where(said != "", found)
    elif technology == "5G":
        nowhere = (_column(places, "reported_signal") == "none") & (found == UNKNOWN)
        found = found.mask(nowhere, "none")
    return found.where(view.is_current(_column(places, "report_date")), UNKNOWN)


def _by_operator(places: pd.DataFrame, technology: Technology, view: View) -> pd.DataFrame:
    """Return the reports by operator, a column per key."""
    form = re.compile(rf"reported_signal_(.+)_{technology.lower()}")
    columns = {
        spelling_key(found[1]): places[name]
        for name in places.columns
        if (found := form.fullmatch(str(name)))
    }
    return pd.DataFrame(
        {key: values for key, values in columns.items() if view.is_meant(key)}, index=places.index
    )


def _column(places: pd.DataFrame, name: str) -> pd.Series:
    return places.get(name, pd.Series("", index=places.index)).astype(object)
