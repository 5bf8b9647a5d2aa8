"""Which cause a village has, and the columns that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.causes.finding import Cause, Finding
from coverage.causes.sites import Place, Site, Sites, View, easiest, view_from, within
from coverage.causes.words import WITHOUT_SITES, listed, words_for
from coverage.model import Inputs, Prediction
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY, CauseRules, Scenario

_LISTED_SITES: Final = 3
_SAME_MAST_M: Final = 1.0

COLUMNS: Final = (
    "cause",
    "cause_vi",
    "cause_en",
    "nearest_site",
    "nearest_site_distance_m",
    "nearest_sites",
    "path_site",
    "path_operator",
    "path_distance_m",
    "ridge_distance_m",
    "ridge_height_m",
    "ridge_excess_m",
    "fresnel_intrusion_m",
    "fresnel_intrusion_share",
    "mast_raise_los_m",
    "mast_raise_fresnel_m",
)


def explain(
    villages: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    operator: str = "",
) -> pd.DataFrame:
    """Explain every village's lack of good signal of the main technology.

    Parameters
    ----------
    villages
        Graded villages (`gaps.assess_villages`).
    inputs, prediction, scenario
        What they were graded from.
    operator
        Only this operator's sites, as in the grading; "" takes those of any.

    Returns
    -------
    DataFrame
        Indexed as the villages, with `COLUMNS`. `cause` is a code, empty where the signal is good
        and nobody says otherwise; then the columns of a path are empty as well. Those of a ridge
        are NaN where nothing stands out of the ground, raises also where they exceed the limit.
    """
    cells = prediction.cells
    if operator:
        cells = cells[cells["operator"] == operator]
    every = Sites.of(cells, inputs)
    main = Sites.of(cells[cells["technology"] == MAIN_TECHNOLOGY], inputs)
    around = None if every is None or main is None else _Around(inputs, scenario, every, main)
    rows = [_row(village, around) for village in _told(villages)]
    return pd.DataFrame(rows, index=villages.index, columns=list(COLUMNS))


def views(
    villages: gpd.GeoDataFrame, inputs: Inputs, prediction: Prediction, scenario: Scenario
) -> dict[str, View]:
    """Return the paths that explained villages speak of, by `village_id`; those without are absent.

    `villages` has the columns of `explain`; their sites are those of `prediction`. Villages that
    were not explained have no paths.
    """
    cells = prediction.cells
    if "path_site" not in villages.columns:
        return {}
    spoken_of = cells["site_id"].isin(villages["path_site"])
    sites = Sites.of(cells[spoken_of & (cells["technology"] == MAIN_TECHNOLOGY)], inputs)
    if sites is None:
        return {}
    names = zip(villages["path_site"], villages["path_operator"], strict=True)
    return {
        str(village_id): view_from(sites.by_name[name], (place.x, place.y), inputs, scenario)
        for village_id, place, name in zip(
            villages["village_id"], villages.geometry, names, strict=True
        )
        if name in sites.by_name
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """What the village table says of one village."""

    here: Place | None
    grade: str
    reported: str
    lacks_power: bool
    accuracy_m: float


def _told(villages: gpd.GeoDataFrame) -> list[_Told]:
    def column(name: str) -> list[Any]:
        return list(villages[name]) if name in villages.columns else [None] * len(villages)

    return [
        _Told(
            here=None if place is None or place.is_empty else (float(place.x), float(place.y)),
            grade=str(grade),
            reported=str(reported),
            lacks_power=not (power is None or pd.isna(power) or power),
            accuracy_m=0.0 if accuracy is None or pd.isna(accuracy) else float(accuracy),
        )
        for place, grade, reported, power, accuracy in zip(
            villages.geometry,
            villages[f"signal_class_{MAIN_TECHNOLOGY.lower()}"],
            villages["reported_signal"],
            column("has_grid_power"),
            column("coordinate_accuracy_m"),
            strict=True,
        )
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """Where sites are looked for: `every` of any technology, `main` with the main one."""

    inputs: Inputs
    scenario: Scenario
    every: Sites
    main: Sites

    def view(self, site: Site, here: Place) -> View:
        return view_from(site, here, self.inputs, self.scenario)


def _row(village: _Told, around: _Around | None) -> tuple[Any, ...]:
    """Return one village's values of `COLUMNS`."""
    if village.here is None or around is None:
        cause = Cause.NO_POSITION if village.here is None else Cause.NO_STATION_LIST
        words = WITHOUT_SITES[cause]
        return cause.value, words.vi, words.en, "", np.nan, "", *_path_values(None, None)
    rules = around.scenario.causes
    finding = _found(village, village.here, around)
    words = words_for(finding, rules)
    spoken, distance_m = (
        (finding.other.site, finding.other.distance_m)
        if finding.other
        else around.main.nearest(village.here, 1)[0]
    )
    return (
        finding.cause.value,
        words.vi,
        words.en,
        spoken.site_id,
        round(distance_m, 0),
        listed(around.every.nearest(village.here, _LISTED_SITES)),
        *_path_values(finding.best, rules),
    )


def _path_values(path: View | None, rules: CauseRules | None) -> tuple[Any, ...]:
    """Return site, ridge, intrusion and raises of a path."""
    if path is None or rules is None:
        return ("", "", *[np.nan] * 8)
    ridge = path.ridge
    free = 0.0 if path.is_known else np.nan
    return (
        path.site.site_id,
        path.site.operator,
        round(path.distance_m, 0),
        np.nan if ridge is None else round(ridge.distance_m, 0),
        np.nan if ridge is None else round(ridge.ground_m, 1),
        np.nan if ridge is None else round(ridge.excess_m, 1),
        free if ridge is None else round(ridge.intrusion_m, 1),
        free if ridge is None else round(ridge.intrusion_share, 3),
        round(within(path.raise_los_m, rules), 1),
        round(within(path.raise_fresnel_m, rules), 1),
    )


def _found(village: _Told, here: Place, around: _Around) -> Finding:
    """Find the cause of one village with a place."""
    rules = around.scenario.causes
    if village.grade == "unknown":
        return Finding(cause=Cause.NO_TERRAIN)
    differs = bool(village.reported) and village.reported not in COVERED_CLASSES
    if village.grade == "good" and not differs:
        return Finding(cause=Cause.NONE)
    (first, _), *rest = around.main.nearest(here, rules.sites_considered)
    in_reach = [site for site, distance_m in rest if distance_m <= rules.reach_m]
    paths = [around.view(site, here) for site in (first, *in_reach)]
    nearest, best = paths[0], easiest(paths, rules)
    cause, other = Cause.REPORT_DIFFERS, None
    if village.grade != "good":
        cause, other = _cause(village, here, around, nearest, best)
    return Finding(
        cause=cause,
        here=here,
        accuracy_m=village.accuracy_m,
        nearest=nearest,
        best=best,
        other=other,
        considered=len(paths),
    )


def _cause(
    village: _Told, here: Place, around: _Around, nearest: View, best: View
) -> tuple[Cause, View | None]:
    """Return the cause, and the site without the main technology where it speaks of one."""
    rules = around.scenario.causes
    every = around.every.nearest(here, rules.sites_considered)
    for site, distance_m in every:
        if distance_m > min(rules.reach_m, nearest.distance_m - _SAME_MAST_M):
            break
        seen = around.view(site, here)
        if seen.is_clear:
            return Cause.MISSING_TECHNOLOGY, seen
    closest, distance_m = every[0]
    if village.lacks_power and distance_m > rules.reach_m:
        return Cause.NO_GRID_POWER, around.view(closest, here)
    if nearest.distance_m > rules.reach_m:
        return Cause.DISTANCE, None
    if best.is_clear:
        return Cause.TOO_WEAK, None
    return (Cause.TERRAIN if best.is_blocked else Cause.NO_TERRAIN), None
