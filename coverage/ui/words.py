"""Words of the app: Vietnamese first, English beside; and text that cannot become markup."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from coverage.maps.words import CHOICES, CLASS_NAMES, ROLES, SHORT_CLASS_NAMES
from coverage.params import SIGNAL_CLASSES, SignalClass
from coverage.text import Text

SYMBOLS: Final[Mapping[SignalClass, str]] = {"good": "●", "weak": "◆", "none": "✕", "unknown": "?"}
CLASS_WORDS: Final = {name: f"{SYMBOLS[name]} {CLASS_NAMES[name].vi}" for name in SIGNAL_CLASSES}
CLASS_SHORT: Final = {name: f"{SYMBOLS[name]} {SHORT_CLASS_NAMES[name]}" for name in SIGNAL_CLASSES}
CLASS_BRIEF: Final = {
    name: f"{SYMBOLS[name]} {SHORT_CLASS_NAMES[name].vi}" for name in SIGNAL_CLASSES
}
_MARKUP: Final = re.compile(r"""([\\`*_{}\[\]<>#!|~$:&]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)])""")


def plain(text: object) -> str:
    """Return text that markdown shows as it stands, whatever it holds."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def count(value: float) -> str:
    """Return a whole number with the thousands' points of Vietnamese."""
    return f"{int(value):,}".replace(",", ".")


def share(part: float, whole: float) -> str:
    """Return a percentage with the decimal comma, "–" where it is not known."""
    if not whole > 0 or math.isnan(part):
        return "–"
    return f"{100 * part / whole:.1f} %".replace(".", ",")


def number(value: float, digits: int = 1) -> str:
    """Return a number with the decimal comma; "–" where it is not known."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}".replace(".", ",")


def role(name: str) -> Text:
    """Return what a role of the inputs is called."""
    return ROLES.get(name, Text(name, name))


def choice(column: str, value: str) -> str:
    """Return the words of a coded value."""
    text = CHOICES[column].get(value)
    return str(text) if text else "–"
