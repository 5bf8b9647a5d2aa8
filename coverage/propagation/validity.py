"""Ranges in which a model holds; outside, a ModelRangeError names value and range."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

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


def require_all(
    model: str,
    name: str,
    values: NDArray[np.float64],
    bounds: tuple[float, float],
    unit: str = "",
) -> None:
    """Raise ModelRangeError unless every one of `values` lies within `bounds`."""
    for extreme in (values.min(), values.max()) if values.size else ():
        require(model, name, float(extreme), bounds, unit)


def require_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raise ModelRangeError unless `value` is one of `choices`."""
    known = tuple(choices)
    if value in known:
        return
    raise ModelRangeError(
        Text(
            vi=f"`{name}` = {value!r}, chỉ nhận: {', '.join(known)}",
            en=f"`{name}` = {value!r}, must be one of: {', '.join(known)}",
        )
    )
