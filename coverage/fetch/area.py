"""The part of the world that data are fetched for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from coverage.fetch.download import FetchError
from coverage.text import Text

KM_PER_DEGREE: Final = 111.32
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A province or a box: its name, its country (ISO 3166-1 alpha-3), its shape in WGS 84."""

    name: str
    iso3: str
    shape: BaseGeometry

    def around(self, margin_km: float) -> Box:
        """Return west, south, east, north in degrees, at least `margin_km` around the area."""
        west, south, east, north = self.shape.bounds
        up = margin_km / KM_PER_DEGREE
        aside = up / max(0.05, math.cos(math.radians(max(abs(south), abs(north)))))
        return (
            max(-180.0, west - aside),
            max(-90.0, south - up),
            min(180.0, east + aside),
            min(90.0, north + up),
        )


def box_area(text: str, iso3: str) -> Area:
    """Return the area of "west,south,east,north" in degrees.

    Raises
    ------
    FetchError
        Where the text is no such box.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004
        raise FetchError(
            Text(
                f"--bbox phải là tây,nam,đông,bắc tính bằng độ, không phải {text!r}.",
                f"--bbox must be west,south,east,north in degrees, not {text!r}.",
            )
        )
    return Area(name=text, iso3=iso3, shape=box(west, south, east, north))
