"""Sites around a village, and the path from each of them to it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage.model import Inputs
from coverage.params import CauseRules, Scenario
from coverage.terrain import Obstacle, Sight, profile_between, sight_along

Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One operator's cells at one site, seen as one antenna: the highest, on the lowest carrier.

    `beams` holds azimuth and beamwidth of every sector in degrees; the azimuth of a cell that
    radiates all around is NaN.
    """

    site_id: str
    operator: str
    technologies: tuple[str, ...]
    place: Place
    antenna_height_m: float
    frequency_mhz: float
    beams: tuple[tuple[float, float], ...]

    @property
    def name(self) -> str:
        """Site and operator."""
        return f"{self.site_id} ({self.operator})"

    def off_beam_deg(self, here: Place) -> float:
        """Return the angle from the nearest sector's axis to a place; 0 in a half-power beam."""
        east_m, north_m = here[0] - self.place[0], here[1] - self.place[1]
        bearing_deg = math.degrees(math.atan2(east_m, north_m))
        angles_deg = [
            (abs((bearing_deg - azimuth + 180.0) % 360.0 - 180.0), width)
            for azimuth, width in self.beams
        ]
        if any(math.isnan(angle) or angle <= width / 2 for angle, width in angles_deg):
            return 0.0
        return min(angle for angle, _ in angles_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A site as a village sees it: the path between them and what stands in it.

    `sight` is None where both lie in neighbouring cells or an end stands on unknown terrain. The
    raises are metres that the mast would have to grow, NaN where the path is not wholly known.
    """

    site: Site
    distance_m: float
    sight: Sight | None
    ridge: Obstacle | None
    is_known: bool
    raise_los_m: float
    raise_fresnel_m: float

    @property
    def is_blocked(self) -> bool:
        """Whether the terrain, as far as it is known, cuts the line of sight."""
        return self.ridge is not None and self.ridge.blocks

    @property
    def is_clear(self) -> bool:
        """Whether the whole path is known and the line of sight free."""
        return self.is_known and not self.is_blocked


def view_from(site: Site, here: Place, inputs: Inputs, scenario: Scenario) -> View:
    """Look from a site to a village."""
    rules = scenario.causes
    profile = profile_between(inputs.terrain_m, inputs.grid, site.place, here)
    sight = sight_along(
        profile,
        start_height_m=site.antenna_height_m,
        end_height_m=scenario.radio.rx_height_m,
        frequency_mhz=site.frequency_mhz,
        k_factor=rules.k_factor,
    )
    is_known = not bool(np.isnan(profile.ground_m).any())
    open_m = 0.0 if is_known else math.nan
    return View(
        site=site,
        distance_m=math.hypot(here[0] - site.place[0], here[1] - site.place[1]),
        sight=sight,
        ridge=sight.ridge(rules.foreground_m) if sight else None,
        is_known=is_known,
        raise_los_m=sight.mast_raise_m(0.0, rules.foreground_m) if sight else open_m,
        raise_fresnel_m=(
            sight.mast_raise_m(rules.fresnel_clearance_share, rules.foreground_m)
            if sight
            else open_m
        ),
    )


def easiest(views: Iterable[View], rules: CauseRules) -> View:
    """Return the view that needs the least of a mast.

    Free ones come first; then the least raise that frees the Fresnel zone, the least that gives a
    line of sight, the least distance, and the name. Raises above the limit count as out of reach.
    """

    def need(view: View) -> tuple[Any, ...]:
        return (
            not view.is_clear,
            within(view.raise_fresnel_m, rules, math.inf),
            within(view.raise_los_m, rules, math.inf),
            round(view.distance_m, 3),
            view.site.site_id,
            view.site.operator,
        )

    return min(views, key=need)


def within(raise_m: float, rules: CauseRules, otherwise: float = math.nan) -> float:
    """Return a raise that a mast may have; `otherwise` where it is more or not known."""
    return raise_m if raise_m <= rules.max_mast_raise_m else otherwise


class Sites:
    """Sites with a search for the nearest; their order does not depend on that of the rows."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self.by_name = {(site.site_id, site.operator): site for site in sites}
        self._ordered = [self.by_name[name] for name in sorted(self.by_name)]
        self._tree = cKDTree([site.place for site in self._ordered])

    @classmethod
    def of(cls, cells: pd.DataFrame, inputs: Inputs) -> Self | None:
        """Group cells to sites; None where there are none."""
        if cells.empty:
            return None
        points = inputs.stations.drop_duplicates("cell_id").set_index("cell_id").geometry
        points = points.loc[cells["cell_id"]]
        placed = cells.assign(x_m=points.x.to_numpy(), y_m=points.y.to_numpy())
        members: dict[tuple[str, str], list[Any]] = {}
        for cell in placed.sort_values("cell_id", kind="stable").itertuples(index=False):
            members.setdefault((str(cell.site_id), str(cell.operator)), []).append(cell)
        return cls(_site(*name, cells_there) for name, cells_there in members.items())

    def nearest(self, here: Place, count: int) -> list[tuple[Site, float]]:
        """Return the nearest sites and their distances in metres, nearest first."""
        wanted = list(range(1, min(count, len(self._ordered)) + 1))
        distances_m, places = self._tree.query(here, k=wanted)
        pairs = zip(np.asarray(places), np.asarray(distances_m), strict=True)
        found = [(self._ordered[int(place)], float(distance_m)) for place, distance_m in pairs]
        return sorted(found, key=lambda f: (round(f[1], 3), f[0].site_id, f[0].operator))


def _site(site_id: str, operator: str, cells: list[Any]) -> Site:
    return Site(
        site_id=site_id,
        operator=operator,
        technologies=tuple(sorted({str(cell.technology) for cell in cells})),
        place=(float(cells[0].x_m), float(cells[0].y_m)),
        antenna_height_m=max(float(cell.antenna_height_m) for cell in cells),
        frequency_mhz=min(float(cell.frequency_mhz) for cell in cells),
        beams=tuple((float(cell.azimuth_deg), float(cell.beamwidth_deg)) for cell in cells),
    )
