"""Which coordinate system a sheet is in, and which of two numbers is the easting.

Every candidate system, in both orders, is tried on a sample of the rows: the right one puts the
points into the communes that the rows state. What the heading says decides only between systems
that fit alike. Geographic VN-2000 and WGS 84 lie 224 m apart, too little for this test: that is
told as a doubt, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError

from coverage.intake.angles import angle_of
from coverage.intake.numbers import Format
from coverage.intake.places import FloatArray, Places
from coverage.intake.vocabulary import SYSTEMS
from coverage.text import without_accents

Flags = np.ndarray[Any, np.dtype[np.bool_]]
WGS84: Final = "EPSG:4326"
VN2000_DEGREES: Final = "EPSG:4756"
FITS_M: Final = 1_500.0
_EAST: Final = 180.0
_POLE: Final = 90.0
_CUT_M: Final = 20_000.0
_SAMPLE: Final = 600
_CLOSE_SHARE: Final = 0.03
_LEAST_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What headings say about the system: a code, and the datum ("vn2000", "wgs84", "")."""

    system: str = ""
    datum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well one system explains the sample.

    `share` is the share of points within `FITS_M` of their commune in the better order of each;
    `away_m` their mean distance from it, cut at 20 km; `crossed_share` the share that needs the two
    numbers exchanged.
    """

    system: str
    share: float
    away_m: float
    crossed_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The system of a sheet: `crossed` where the first number is the northing."""

    system: str
    crossed: bool
    confidence: float
    fit: Fit
    rival: Fit | None
    stated: Stated


@cache
def _transformer(system: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(system, WGS84, always_xy=True)


def is_system(system: str) -> bool:
    """Whether a name stands for a coordinate system."""
    try:
        pyproj.CRS.from_user_input(system)
    except CRSError:
        return False
    return True


def in_degrees(
    first: FloatArray, second: FloatArray, system: str, *, crossed: Flags | bool
) -> tuple[FloatArray, FloatArray]:
    """Return longitude and latitude (WGS 84); NaN where the system cannot hold the numbers."""
    x = np.where(crossed, second, first)
    y = np.where(crossed, first, second)
    if system == WGS84:
        lon, lat = x.copy(), y.copy()
    else:
        try:
            lon, lat = (np.asarray(v, dtype=float) for v in _transformer(system).transform(x, y))
        except ProjError:
            lon = lat = np.full(len(x), np.nan)
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= _EAST) & (np.abs(lat) <= _POLE)
    return np.where(usable, lon, np.nan), np.where(usable, lat, np.nan)


def stated_in(texts: Iterable[str]) -> Stated:
    """Find what headings and titles say: an EPSG code, the central meridian and zone, the datum."""
    text = " ; ".join(texts)
    plain = without_accents(text).replace("\u2032", "'")
    datum = ""
    if re.search(r"vn\s*-?\s*2000", plain):
        datum = "vn2000"
    elif re.search(r"wgs\s*-?\s*84", plain):
        datum = "wgs84"
    code = re.search(r"epsg\s*:?\s*(\d{4,5})", plain)
    if code:
        return Stated(system=f"EPSG:{code[1]}", datum=datum)
    utm = re.search(r"utm.{0,12}?(48|49)\s*n?\b", plain)
    if utm:
        base = "EPSG:326" if datum == "wgs84" else "EPSG:34"
        zone = utm[1] if datum == "wgs84" else {"48": "05", "49": "06"}[utm[1]]
        return Stated(system=base + zone, datum=datum)
    meridian = _meridian(text)
    if meridian is None:
        return Stated(datum=datum)
    zone = "zone_6" if re.search(r"mui\s*(?:chieu\s*)?6", plain) else "zone_3"
    found = SYSTEMS[zone].get(f"{meridian:g}")
    return Stated(system=f"EPSG:{found}" if found else "", datum=datum or "vn2000")


def _meridian(text: str) -> float | None:
    plain = without_accents(text)
    found = re.search(
        r"(?:ktt|kinh tuyen truc|kinh tuyen trung tam|l0|lo|central meridian)\s*[:=]?\s*", plain
    )
    if not found:
        return None
    rest = re.match(r"[0-9]{2,6}(?:[^0-9a-z;)]{1,2}[0-9]{1,2})?[^0-9a-z;)]?", plain[found.end() :])
    if not rest:
        return None
    for written in (rest[0].strip(), rest[0][:3]):
        angle = angle_of(written, Format(",", 1.0))
        if angle is not None:
            return round(angle.value, 4)
    return None


def candidates(*, metres: bool, known: str | None, stated: Stated) -> list[str]:
    """Return the systems to try, the likeliest first."""
    first = [system for system in (known, stated.system) if system and is_system(system)]
    if metres:
        listed = [f"EPSG:{code}" for code in SYSTEMS["metres"]]
        if stated.datum == "wgs84":
            listed = [f"EPSG:{code}" for code in SYSTEMS["utm_wgs84"]] + listed
        first = [system for system in first if not pyproj.CRS(system).is_geographic]
    else:
        listed = [WGS84]
        first = [system for system in first if pyproj.CRS(system).is_geographic]
    return list(dict.fromkeys([*first, *listed]))


def chosen(
    first: FloatArray,
    second: FloatArray,
    codes: Sequence[str],
    places: Places,
    *,
    known: str | None,
    stated: Stated,
    fixed: str | None = None,
) -> Choice:
    """Choose the system of coordinates that are all degrees, or all metres.

    Parameters
    ----------
    first, second
        The two numbers of each row, the one meant for the east first.
    codes
        Commune of each row, "" where the row states none.
    places
        Where the communes lie.
    known, fixed
        The system a map layer states, tried like the others; the one a person states, not tried.
    stated
        What the headings say.
    """
    metres = bool(np.nanmax(np.abs(np.concatenate([first, second]))) > 360)  # noqa: PLR2004
    sample = _sample(len(first))
    a, b = first[sample], second[sample]
    tested = [codes[place] for place in sample]
    systems = [fixed] if fixed else candidates(metres=metres, known=known, stated=stated)
    fits = [_fit(system, a, b, tested, places) for system in systems]
    ranked = sorted(fits, key=lambda fit: (-round(fit.share, 2), round(fit.away_m, -2)))
    best = ranked[0]
    for wanted in (known, stated.system):
        alike = next((f for f in fits if f.system == wanted and _is_close(f, best)), None)
        if alike is not None:
            best = alike
            break
    rival = next((fit for fit in ranked if fit is not best), None)
    return Choice(
        system=best.system,
        crossed=best.crossed_share > 0.5,  # noqa: PLR2004
        confidence=1.0 if fixed else _confidence(best, rival, stated, known, places),
        fit=best,
        rival=rival,
        stated=stated,
    )


def _sample(count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Rows to try systems on: all of a small sheet, evenly spread ones of a large one."""
    if count <= _SAMPLE:
        return np.arange(count)
    return np.linspace(0, count - 1, _SAMPLE).astype(np.int64)


def _is_close(one: Fit, best: Fit) -> bool:
    return one.share >= best.share - _CLOSE_SHARE and one.away_m <= best.away_m + FITS_M / 2


def away_m(codes: Sequence[str], lon: FloatArray, lat: FloatArray, places: Places) -> FloatArray:
    """Distance from the stated commune, or where none is stated, from all communes together."""
    missed = places.miss_m(codes, lon, lat)
    off = places.off_area_m(lon, lat)
    away = np.where(np.isnan(missed), off, missed)
    return np.where(np.isfinite(lon), away, np.inf)


def _fit(system: str, a: FloatArray, b: FloatArray, codes: Sequence[str], places: Places) -> Fit:
    straight = away_m(codes, *in_degrees(a, b, system, crossed=False), places)
    crossed = away_m(codes, *in_degrees(a, b, system, crossed=True), places)
    better = np.minimum(straight, crossed)
    return Fit(
        system=system,
        share=float(np.mean(better <= FITS_M)),
        away_m=float(np.mean(np.minimum(better, _CUT_M))),
        crossed_share=float(np.mean(crossed < straight)),
    )


def _confidence(
    best: Fit, rival: Fit | None, stated: Stated, known: str | None, places: Places
) -> float:
    """How sure a choice is: how well it fits, and how much worse the next system does."""
    if best.share < _LEAST_SHARE:
        return 0.2
    if rival is None:
        return round(min(0.99, 0.5 + best.share / 2), 2)
    lead = best.share - rival.share + max(0.0, rival.away_m - best.away_m) / _CUT_M
    sure = 0.5 + 0.49 * min(1.0, lead * 2) * best.share
    if best.system in {stated.system, known}:
        sure = max(sure, 0.5 + 0.45 * best.share)
    return round(min(sure, 0.99 if places.is_exact else 0.95), 2)
