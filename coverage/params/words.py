"""Terms that several groups of parameters share."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import Field

Technology = Literal["3G", "4G", "5G"]
TECHNOLOGIES: Final[tuple[Technology, ...]] = ("3G", "4G", "5G")
MAIN_TECHNOLOGY: Final[Technology] = "4G"
SignalClass = Literal["good", "weak", "none", "unknown"]
SIGNAL_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak", "none", "unknown")
COVERED_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak")
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
DecibelMilliwatts = Annotated[float, Field(ge=-200.0, le=100.0)]


def class_by(value: float, good: float, weak: float) -> SignalClass:
    """Return the class of a value by its limits; NaN is not known."""
    if math.isnan(value):
        return "unknown"
    if value >= good:
        return "good"
    return "weak" if value >= weak else "none"
