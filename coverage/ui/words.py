"""Words of the app in the language of the session, and text that cannot become markup."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from coverage.maps.words import CHOICES, CLASS_NAMES, ROLES, SHORT_CLASS_NAMES
from coverage.params import SignalClass
from coverage.text import Text
from coverage.ui.speech import digits, percent, say, told

SYMBOLS: Final[Mapping[SignalClass, str]] = {"good": "●", "weak": "◆", "none": "✕", "unknown": "?"}
UNITS: Final[Mapping[str, Text]] = {
    "villages": Text("Thôn", "Villages"),
    "households": Text("Hộ", "Households"),
    "population": Text("Người", "People"),
}
_MARKUP: Final = re.compile(r"""([\\`*_{}\[\]<>#!|~$:&]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)])""")


def plain(text: object) -> str:
    """Return text that markdown shows as it stands, whatever it holds."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def class_name(name: SignalClass) -> str:
    """Return symbol and full name of a class."""
    return f"{SYMBOLS[name]} {told(CLASS_NAMES[name])}"


def class_short(name: SignalClass) -> str:
    """Return symbol and short name of a class."""
    return f"{SYMBOLS[name]} {told(SHORT_CLASS_NAMES[name])}"


def count(value: float) -> str:
    """Return a whole number with the thousands' marks of the language; "–" if not known."""
    return "–" if pd.isna(value) else digits(int(value))


def share(part: float, whole: float) -> str:
    """Return a percentage, "–" where it is not known."""
    if not whole > 0 or math.isnan(part):
        return "–"
    return percent(part / whole)


def number(value: float, decimals: int = 1) -> str:
    """Return a number in the separators of the language; "–" where it is not known."""
    return "–" if pd.isna(value) else digits(value, decimals)


def yes_or_no(value: Any) -> str:
    """Return a flag in words; "–" where it is not known."""
    if value is None or pd.isna(value):
        return "–"
    return say("có", "yes") if value else say("không", "no")


def role(name: str) -> str:
    """Return what a role of the inputs is called."""
    return told(ROLES[name]) if name in ROLES else name


def choice(column: str, value: str) -> str:
    """Return the words of a coded value."""
    text = CHOICES[column].get(value)
    return told(text) if text else "–"
