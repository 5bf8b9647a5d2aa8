"""Where communes lie, so that coordinates can be held against the commune a row states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.administration import AFTER_REFORM, administration
from coverage.intake.angles import METRES_PER_DEGREE
from coverage.intake.vocabulary import CENTRE_REACH_M

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Places:
    """Communes on a local plane in metres; `is_exact` where their outlines are known.

    The plane is equirectangular about the communes' middle: within a province its distances are
    right to 1 %, enough to ask whether a point lies in a commune.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    edition: str
    shapes: np.ndarray[Any, Any]
    scale: tuple[float, float]
    is_exact: bool
    populations: tuple[float, ...] = ()

    def _plane(self, lon: FloatArray, lat: FloatArray) -> np.ndarray[Any, Any]:
        points = shapely.points(lon * self.scale[0], lat * self.scale[1])
        return np.asarray(points)

    def miss_m(self, codes: Sequence[str], lon: FloatArray, lat: FloatArray) -> FloatArray:
        """How far each point lies outside the commune of its code; NaN for an unknown code."""
        place = {code: number for number, code in enumerate(self.codes)}
        at = np.array([place.get(code, -1) for code in codes], dtype=int)
        missed = np.full(len(at), np.nan)
        known = (at >= 0) & np.isfinite(lon) & np.isfinite(lat)
        points = self._plane(lon[known], lat[known])
        missed[known] = shapely.distance(self.shapes[at[known]], points)
        return missed

    def off_area_m(self, lon: FloatArray, lat: FloatArray) -> FloatArray:
        """How far each point lies outside all communes together; infinite for no point."""
        off = np.full(len(lon), np.inf)
        known = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)  # noqa: PLR2004
        hull = shapely.union_all(shapely.convex_hull(self.shapes))
        off[known] = shapely.distance(hull, self._plane(lon[known], lat[known]))
        return off

    def holding(self, lon: FloatArray, lat: FloatArray) -> list[str]:
        """Code of the commune that holds each point; "" for none, or where outlines are unknown."""
        held = [""] * len(lon)
        if not self.is_exact:
            return held
        known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        tree = shapely.STRtree(self.shapes)
        points = self._plane(lon[known], lat[known])
        for point, shape in tree.query(points, predicate="within").T.tolist():
            held[int(known[point])] = self.codes[shape]
        return held


def places_of(communes: gpd.GeoDataFrame) -> Places:
    """Return the communes of a project: `commune_code`, `name`, `geometry`, perhaps `edition`."""
    plain = communes.to_crs("EPSG:4326")
    _, south, _, north = plain.total_bounds
    scale = _scale((south + north) / 2)
    editions = {str(e) for e in plain.get("edition", []) if e}
    return Places(
        codes=tuple(plain["commune_code"].astype(str)),
        names=tuple(plain["name"].astype(str)),
        edition=editions.pop() if len(editions) == 1 else "",
        shapes=shapely.transform(plain.geometry.to_numpy(), lambda xy: xy * np.array(scale)),
        scale=scale,
        is_exact=True,
        populations=tuple(float(n) for n in plain.get("population", pd.Series(dtype=float))),
    )


@cache
def preset_places() -> Places:
    """Return the communes of the presets as discs about their centres."""
    units = [unit for unit in administration().of(AFTER_REFORM) if unit.longitude is not None]
    lon = np.array([unit.longitude for unit in units], dtype=float)
    lat = np.array([unit.latitude for unit in units], dtype=float)
    scale = _scale(float(lat.mean()))
    return Places(
        codes=tuple(unit.code for unit in units),
        names=tuple(unit.name for unit in units),
        edition=AFTER_REFORM,
        shapes=np.asarray(
            shapely.buffer(shapely.points(lon * scale[0], lat * scale[1]), CENTRE_REACH_M)
        ),
        scale=scale,
        is_exact=False,
    )


def _scale(latitude: float) -> tuple[float, float]:
    return METRES_PER_DEGREE * float(np.cos(np.radians(latitude))), METRES_PER_DEGREE
