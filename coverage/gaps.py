"""Who is served: predicted class of every place and technology, and what that makes of a commune.

What others say of the same places is the matter of `evidence`. Unknown is a third state: it is
counted beside, never as "no signal".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod
from scipy.special import ndtr

from coverage.grid import BoolArray, FloatArray, Grid
from coverage.model import Inputs, Prediction
from coverage.params import (
    COVERED_CLASSES,
    MAIN_TECHNOLOGY,
    TECHNOLOGIES,
    Scenario,
    Technology,
)

_MIN_KNOWN_SHARE: Final = 0.5
"""A disc of which less is known than this has an unknown signal."""
Grade = tuple[float, str, float, float, float]
_UNKNOWN: Final[Grade] = (np.nan, "unknown", np.nan, np.nan, np.nan)
_GRADE_COLUMNS: Final = (
    "rsrp_{}_dbm",
    "signal_class_{}",
    "served_probability_{}",
    "good_probability_{}",
    "served_area_share_{}",
)
_GEOD: Final = Geod(ellps="WGS84")
_NO_COMMUNE_NAME: Final = "(không thuộc xã nào)"


def assess_villages(
    inputs: Inputs, prediction: Prediction, scenario: Scenario, *, operator: str = ""
) -> gpd.GeoDataFrame:
    """Grade every village by technology, as `grade_places` does."""
    return grade_places(inputs.villages, inputs, prediction, scenario, operator=operator)


def grade_places(
    places: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    operator: str = "",
) -> gpd.GeoDataFrame:
    """Grade points (villages, clusters) by technology.

    Parameters
    ----------
    places
        Points in the grid's system, empty where not known; `coordinate_accuracy_m` if given.
    inputs, prediction, scenario
        What is known, predicted and ruled.
    operator
        Only this operator's signal; "" takes the strongest of any.

    Returns
    -------
    GeoDataFrame
        The places with, per technology t (3g, 4g, 5g), `rsrp_t_dbm` (median over the disc of the
        coordinates' accuracy; RSCP for 3G; NaN where there is none), `signal_class_t`,
        `served_probability_t` and `good_probability_t` (chance to reach the weak and the good limit
        under log-normal shadowing), `served_area_share_t` (share of the disc at or above the weak
        limit); and `server_4g`.
    """
    graded = places.copy()
    spots = _places(graded, inputs.grid)
    for technology in TECHNOLOGIES:
        signal = (
            _Signal(inputs, prediction, scenario, technology, operator)
            if technology in prediction.technologies
            else None
        )
        grades = [_UNKNOWN if p is None or signal is None else signal.grade(p) for p in spots]
        names = [name.format(technology.lower()) for name in _GRADE_COLUMNS]
        graded[names] = pd.DataFrame(grades, index=graded.index, columns=names)
    graded["server_4g"] = _servers(graded, inputs.grid, prediction, operator)
    return graded


@dataclass(frozen=True, slots=True)
class _Place:
    """A village's cell and the radius its coordinates are good for."""

    row: int
    col: int
    accuracy_m: float


def _places(villages: gpd.GeoDataFrame, grid: Grid) -> list[_Place | None]:
    """Place of each village; None where it has no coordinates or lies outside the grid."""
    row, col = grid.rowcol(villages.geometry.x, villages.geometry.y)
    accuracy_m = (
        villages["coordinate_accuracy_m"].fillna(0.0).to_numpy(dtype=float)
        if "coordinate_accuracy_m" in villages.columns
        else np.zeros(len(villages))
    )
    return [
        None if r < 0 else _Place(int(r), int(c), float(a))
        for r, c, a in zip(row, col, accuracy_m, strict=True)
    ]


class _Signal:
    """One technology's signal as villages see it."""

    def __init__(
        self,
        inputs: Inputs,
        prediction: Prediction,
        scenario: Scenario,
        technology: Technology,
        operator: str,
    ) -> None:
        self._grid = inputs.grid
        self._terrain_m = inputs.terrain_m
        self._signal_dbm = prediction.signal_dbm.get((technology, operator))
        self._possible_dbm = prediction.possible_dbm.get(technology)
        self._limits = scenario.thresholds.technologies[technology]
        self._rules = scenario.gaps
        self._sigma_db = scenario.sigma_db

    def grade(self, place: _Place) -> Grade:
        """Grade the disc of a village's accuracy: median signal, class, chances and share."""
        level_dbm = self._known_levels(place, place.accuracy_m)
        if level_dbm is None:
            return _UNKNOWN
        median_dbm = float(np.median(level_dbm))
        served = float((level_dbm >= self._limits.weak_dbm).mean())
        return (
            round(median_dbm, 2) if np.isfinite(median_dbm) else np.nan,
            self._class(place, median_dbm),
            self._chance(level_dbm, self._limits.weak_dbm),
            self._chance(level_dbm, self._limits.good_dbm),
            round(served, 4),
        )

    def _chance(self, level_dbm: FloatArray, limit_dbm: float) -> float:
        """Chance that a random spot of the disc reaches a limit."""
        return round(float(_probability(level_dbm, limit_dbm, self._sigma_db).mean()), 4)

    def _class(self, place: _Place, centre_dbm: float) -> str:
        centre = self._limits.class_of(centre_dbm)
        if self._rules.rule == "centre" or centre == "none":
            return centre
        around_dbm = self._known_levels(place, max(self._rules.surroundings_m, place.accuracy_m))
        if around_dbm is None:
            return "unknown"
        unserved = float((around_dbm < self._limits.weak_dbm).mean())
        return "weak" if unserved > self._rules.unserved_area_share else "good"

    def _known_levels(self, place: _Place, radius_m: float) -> FloatArray | None:
        """Signal of the known cells of a disc (-inf for none); None if too little is known."""
        cells = self._grid.disc(place.row, place.col, radius_m)
        level_dbm = (
            np.full(cells[0].size, -np.inf, dtype=np.float32)
            if self._signal_dbm is None
            else np.nan_to_num(self._signal_dbm[cells], nan=-np.inf)
        )
        known = ~np.isnan(self._terrain_m[cells])
        if self._possible_dbm is not None:
            weak_dbm = self._limits.weak_dbm
            known &= (level_dbm >= weak_dbm) | (self._possible_dbm[cells] < weak_dbm)
        return level_dbm[known] if known.mean() >= _MIN_KNOWN_SHARE else None


def _servers(
    villages: gpd.GeoDataFrame, grid: Grid, prediction: Prediction, operator: str
) -> list[str]:
    """Cell that serves each village's own point with the main technology; "" where none does."""
    server = prediction.server.get((MAIN_TECHNOLOGY, operator))
    if server is None:
        return [""] * len(villages)
    row, col = grid.rowcol(villages.geometry.x, villages.geometry.y)
    number = np.where(row >= 0, server[row, col], 0)
    names = np.concatenate([[""], prediction.cells["cell_id"].to_numpy(dtype=object)])
    return [str(name) for name in names[number]]


def area_by_commune(
    inputs: Inputs, prediction: Prediction, scenario: Scenario, *, operator: str = ""
) -> pd.DataFrame:
    """Return, per commune, the area whose signal is known and the area covered, by technology.

    Columns `area_known_share_t` and `area_covered_share_t` (of the known area), indexed as the
    communes. Cells belong to a commune by their centre.
    """
    pairs = zip(inputs.communes.geometry, range(1, len(inputs.communes) + 1), strict=True)
    commune = inputs.grid.rasterise(pairs).ravel()
    cells = np.bincount(commune, minlength=len(inputs.communes) + 1)[1:]
    columns: dict[str, Any] = {}
    for technology in TECHNOLOGIES:
        tag = technology.lower()
        covered, known = _covered_cells(inputs, prediction, scenario, technology, operator)
        known_cells = _count_by(commune, known, len(cells))
        columns[f"area_known_share_{tag}"] = _share(known_cells, cells)
        columns[f"area_covered_share_{tag}"] = _share(
            _count_by(commune, covered & known, len(cells)), known_cells
        )
    return pd.DataFrame(columns, index=inputs.communes.index)


def _covered_cells(
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    technology: Technology,
    operator: str,
) -> tuple[BoolArray, BoolArray]:
    nothing = np.zeros(inputs.grid.shape, dtype=bool)
    if technology not in prediction.technologies:
        return nothing, nothing
    weak_dbm = scenario.thresholds.technologies[technology].weak_dbm
    signal_dbm = prediction.signal_dbm.get((technology, operator))
    with np.errstate(invalid="ignore"):
        covered = nothing if signal_dbm is None else signal_dbm >= weak_dbm
    known = ~np.isnan(inputs.terrain_m)
    possible_dbm = prediction.possible_dbm.get(technology)
    if possible_dbm is not None:
        known &= covered | (possible_dbm < weak_dbm)
    return covered, known


def served_probability(
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    technology: Technology,
    *,
    operator: str = "",
) -> FloatArray:
    """Return every cell's chance to reach the weak limit under log-normal shadowing, 0-1.

    Φ((signal − limit)/σ), σ of the scenario; NaN where it is not known whether there is signal.
    """
    weak_dbm = scenario.thresholds.technologies[technology].weak_dbm
    _, known = _covered_cells(inputs, prediction, scenario, technology, operator)
    signal_dbm = prediction.signal_dbm.get((technology, operator))
    probability = np.zeros(inputs.grid.shape, dtype=np.float32)
    if signal_dbm is not None:
        level_dbm = np.nan_to_num(signal_dbm, nan=-np.inf)
        probability = _probability(level_dbm, weak_dbm, scenario.sigma_db)
    return np.where(known, probability, np.float32(np.nan))


def _probability(signal_dbm: FloatArray, limit_dbm: float, sigma_db: float) -> FloatArray:
    probability: FloatArray = ndtr((signal_dbm - limit_dbm) / sigma_db)
    return probability


def _count_by(commune: Any, chosen: BoolArray, communes: int) -> np.ndarray[Any, Any]:
    return np.asarray(np.bincount(commune[chosen.ravel()], minlength=communes + 1)[1:])


def by_commune(
    villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, areas: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Sum villages up to communes: each share with its numerator and denominator.

    Villages that belong to no commune of the layer make a last row of their own, without shape, so
    that the sums reconcile at every level.
    """
    table = gpd.GeoDataFrame(
        {
            "commune_code": communes["commune_code"],
            "name": communes["name"],
            "edition": communes["edition"] if "edition" in communes.columns else "",
        },
        geometry=communes.geometry,
        crs=communes.crs,
    )
    table["area_km2"] = _area_km2(communes)
    table = table.join(areas)
    if not villages["commune_code"].isin(table["commune_code"]).all():
        apart = gpd.GeoDataFrame(
            {"commune_code": [""], "name": [_NO_COMMUNE_NAME], "edition": [""]},
            geometry=[None],
            crs=communes.crs,
        )
        table = gpd.GeoDataFrame(pd.concat([table, apart], ignore_index=True), crs=communes.crs)
    code = villages["commune_code"].where(villages["commune_code"].isin(table["commune_code"]), "")
    for name, values in _village_counts(villages).items():
        sums = values.groupby(code).sum()
        table[name] = table["commune_code"].map(sums).fillna(0).astype("int64")
    for technology in TECHNOLOGIES:
        tag = technology.lower()
        for what in ("villages", "households", "population"):
            table[f"{what}_covered_share_{tag}"] = _share(
                table[f"{what}_covered_{tag}"], table[f"{what}_known_{tag}"]
            )
        table[f"area_covered_km2_{tag}"] = (
            table["area_km2"]
            * table[f"area_known_share_{tag}"]
            * table[f"area_covered_share_{tag}"]
        ).round(3)
    return table


def _village_counts(villages: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Per village: what it adds to its commune's counts."""
    weights = {
        "villages": pd.Series(1, index=villages.index),
        "households": villages["households"].astype("int64"),
        "population": villages["population"].astype("int64"),
    }
    counts = dict(weights)
    for technology in TECHNOLOGIES:
        tag = technology.lower()
        grade = villages[f"signal_class_{tag}"]
        for what, weight in weights.items():
            counts[f"{what}_covered_{tag}"] = weight.where(grade.isin(COVERED_CLASSES), 0)
            counts[f"{what}_known_{tag}"] = weight.where(grade != "unknown", 0)
        for name in ("good", "weak", "none", "unknown"):
            counts[f"villages_{name}_{tag}"] = (grade == name).astype("int64")
    return counts


def _area_km2(communes: gpd.GeoDataFrame) -> list[float]:
    """Area on the ellipsoid, not on the projected plane."""
    degrees = communes.geometry.to_crs("EPSG:4326")
    return [round(abs(_GEOD.geometry_area_perimeter(s)[0]) / 1e6, 3) for s in degrees]


def _share(part: Any, whole: Any) -> np.ndarray[Any, Any]:
    """Divide with care: an empty denominator gives an unknown share."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share.round(6)
