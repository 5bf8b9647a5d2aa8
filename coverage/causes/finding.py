"""What was found about one village, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coverage.causes.sites import Place, View


class Cause(StrEnum):
    """Closed list of causes."""

    NONE = ""
    NO_POSITION = "no_position"
    NO_TERRAIN = "no_terrain"
    NO_STATION_LIST = "no_station_list"
    TERRAIN = "terrain"
    MISSING_TECHNOLOGY = "missing_technology"
    DISTANCE = "distance"
    NO_GRID_POWER = "no_grid_power"
    TOO_WEAK = "too_weak"
    REPORT_DIFFERS = "report_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The cause of one village and the sites that it speaks of.

    `nearest` is the nearest site with 4G, `best` the one whose path needs the least of a mast, of
    `considered` sites; `other` is a nearer site in sight that lacks 4G, or, where there is no grid
    power, the nearest of any kind. `accuracy_m` is how well the village's place is known.
    """

    cause: Cause
    here: Place | None = None
    accuracy_m: float = 0.0
    nearest: View | None = None
    best: View | None = None
    other: View | None = None
    considered: int = 0
