"""Ranges in which a model holds; outside, a ModelRangeError names value and range."""

from __future__ import annotations

from coverage.errors import ModelRangeError
from coverage.text import Text


def require(
    model: str, name: str, value: float, bounds: tuple[float, float], unit: str = ""
) -> None:
    """Raise ModelRangeError unless `value` lies within `bounds`, both included."""
    least, greatest = bounds
    if least <= value <= greatest:
        return
    shown = f"`{name}` = {value:g} {unit}".rstrip()
    allowed = f"{least:g}–{greatest:g} {unit}".rstrip()
    raise ModelRangeError(
        Text(
            vi=f"{shown} nằm ngoài phạm vi {allowed} của mô hình {model}",
            en=f"{shown} is outside the range {allowed} of the model {model}",
        )
    )
