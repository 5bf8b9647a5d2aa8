"""Colours and shapes of the signal classes.

Colours are of the Okabe-Ito family, darkened until each stands out from white by 3:1 or more; every
class also has a shape of its own, and the colours of the areas differ in lightness, so neither a
colour-blind reader nor a grey print loses a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from coverage.params import SignalClass

Symbol = Literal["circle", "diamond", "cross", "question"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a class is drawn: villages as `symbol` in `colour`, areas in `area`."""

    symbol: Symbol
    colour: str
    area: str


STYLES: Final[Mapping[SignalClass, Style]] = MappingProxyType(
    {
        "good": Style("circle", "#0072b2", "#8cc4e8"),
        "weak": Style("diamond", "#b36b00", "#f5c84c"),
        "none": Style("cross", "#b3261e", "#c8695a"),
        "unknown": Style("question", "#4d4d4d", "#f2f2f2"),
    }
)
HATCH: Final = "#8a8a8a"
"""Colour of the lines that hatch what is not known."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
