"""Longitude and latitude of every row, each repair with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyproj

from coverage.intake import systems
from coverage.intake.angles import Angle, angle_of, pair_of
from coverage.intake.datum import UNSURE, about_choice, datum_doubt
from coverage.intake.numbers import Decimal, format_of
from coverage.intake.places import FloatArray, Places
from coverage.intake.sheet import Cell, Finding, is_blank, words_of
from coverage.intake.systems import FITS_M, WGS84, Choice, Flags, Stated, away_m, in_degrees
from coverage.text import Text

PAIRS: Final = (("longitude", "latitude"), ("x", "y"))
DATUM_DOUBT_M: Final = 250.0
_FAR_M: Final = 50_000.0
_FULL_CIRCLE: Final = 360.0
_TOLD_PRECISION_M: Final = 50.0
_LEAST_SHARE: Final = 0.3
_DIGITS: Final = 6
_WAYS: Final = {
    "degrees_minutes": (
        0.97,
        Text("độ, phút, giây được đổi sang độ thập phân", "degrees and minutes turned to degrees"),
    ),
    "lost_degree_sign": (
        0.9,
        Text("dấu độ bị mất thành số 0 (106030′ là 106°30′)", "the degree sign had become a 0"),
    ),
    "decimal_comma": (0.98, Text("dấu phẩy thập phân", "decimal comma")),
    "separators": (0.97, Text("dấu phân cách hàng nghìn và thập phân", "separators of a number")),
}


@dataclass
class Located:
    """Coordinates by row in WGS 84 (NaN where unknown), their accuracy, and what was found."""

    lon: FloatArray
    lat: FloatArray
    accuracy_m: FloatArray
    choices: list[Choice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two numbers of a row as written; `is_ordered` where they name their axes."""

    east: Angle
    north: Angle
    is_ordered: bool


def located(
    cells: Mapping[str, Sequence[Cell]],
    rows: Sequence[int],
    codes: Sequence[str],
    places: Places,
    *,
    headings: Sequence[str],
    layer_crs: str | None,
    fixed: str | None,
    elsewhere: Decimal | None,
) -> Located:
    """Find where the rows lie.

    Parameters
    ----------
    cells
        The columns of coordinates by field: longitude, latitude, x, y, place.
    rows, codes
        Row number and commune code ("" where unknown) of each row.
    places
        Where the communes lie.
    headings
        Headings of those columns and the title above, which may name the system.
    layer_crs
        The system that a map layer states.
    fixed
        The system that a person states.
    elsewhere
        The decimal sign of the other columns.
    """
    count = len(rows)
    out = Located(np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan))
    pairs = _pairs(cells, rows, out, elsewhere)
    stated = systems.stated_in(headings)
    degrees = [k for k, pair in pairs.items() if _is_degrees(pair)]
    known = set(degrees)
    metres = [k for k in pairs if k not in known]
    for keys, is_metres in ((degrees, False), (metres, True)):
        if keys:
            _settle(out, keys, pairs, rows, codes, places, stated, layer_crs, fixed, is_metres)
    return out


def _pairs(
    cells: Mapping[str, Sequence[Cell]],
    rows: Sequence[int],
    out: Located,
    elsewhere: Decimal | None,
) -> dict[int, _Pair]:
    """Take the two numbers of each row; what cannot be read is told."""
    forms = {
        name: format_of((c for c in column if isinstance(c, str)), whole=False, elsewhere=elsewhere)
        for name, column in cells.items()
    }
    pairs: dict[int, _Pair] = {}
    for key in range(len(rows)):
        for first, second in PAIRS:
            if key in pairs or first not in cells or second not in cells:
                continue
            a, b = cells[first][key], cells[second][key]
            if is_blank(a) and is_blank(b):
                continue
            one, two = angle_of(a, forms[first]), angle_of(b, forms[second])
            if one is None or two is None:
                rule = "half_coordinates" if is_blank(a) or is_blank(b) else "not_a_coordinate"
                what = _HALF if rule == "half_coordinates" else _NOT_A_COORDINATE
                old = f"{words_of(a)} / {words_of(b)}"
                out.findings.append(_doubt(rule, what, rows[key], key, old))
                continue
            pairs[key] = _ordered(one, two)
        if key not in pairs and "place" in cells and not is_blank(cells["place"][key]):
            cell = cells["place"][key]
            found = pair_of(cell, forms["place"])
            if found is None:
                out.findings.append(
                    _doubt("not_a_coordinate", _NOT_A_COORDINATE, rows[key], key, words_of(cell))
                )
                continue
            pairs[key] = _ordered(*found)
    _tell_ways(pairs, cells, rows, out)
    return pairs


def _ordered(one: Angle, two: Angle) -> _Pair:
    if one.axis == "north" and two.axis != "north":
        return _Pair(two, one, is_ordered=True)
    return _Pair(one, two, is_ordered="" not in {one.axis, two.axis} and one.axis != two.axis)


def _tell_ways(
    pairs: Mapping[int, _Pair],
    cells: Mapping[str, Sequence[Cell]],
    rows: Sequence[int],
    out: Located,
) -> None:
    for key, pair in pairs.items():
        way = pair.east.way if pair.east.way != "number" else pair.north.way
        if way == "number":
            continue
        confidence, what = _WAYS[way]
        old = " / ".join(
            words_of(column[key]) for column in cells.values() if not is_blank(column[key])
        )
        out.findings.append(
            Finding(
                rule=way,
                kind="repair",
                row=rows[key],
                key=key,
                column="coordinates",
                old=old[:200],
                new=f"{pair.east.value!r} / {pair.north.value!r}"[:200],
                confidence=confidence,
                what=what,
                undo=_EMPTY,
            )
        )


def _is_degrees(pair: _Pair) -> bool:
    return max(abs(pair.east.value), abs(pair.north.value)) <= _FULL_CIRCLE


def _settle(
    out: Located,
    keys: list[int],
    pairs: Mapping[int, _Pair],
    rows: Sequence[int],
    codes: Sequence[str],
    places: Places,
    stated: Stated,
    layer_crs: str | None,
    fixed: str | None,
    is_metres: bool,  # noqa: FBT001
) -> None:
    """Choose the system of rows that are all degrees, or all metres, and place them."""
    first = np.array([pairs[key].east.value for key in keys])
    second = np.array([pairs[key].north.value for key in keys])
    named = np.array([pairs[key].is_ordered for key in keys])
    here = [codes[key] for key in keys]
    if fixed is not None and pyproj.CRS.from_user_input(fixed).is_geographic is is_metres:
        fixed = None
    choice = systems.chosen(
        first, second, here, places, known=layer_crs, stated=stated, fixed=fixed
    )
    is_tested = choice.fit.share >= _LEAST_SHARE
    if not is_tested and fixed is None:
        choice = _untested(choice, layer_crs, is_metres=is_metres)
    out.choices.append(choice)
    out.findings.append(about_choice(choice, len(keys), is_tested=is_tested))
    if not choice.system:
        out.findings += [
            _doubt(
                "unknown_system", _UNKNOWN_SYSTEM, rows[key], key, f"{first[n]!r} / {second[n]!r}"
            )
            for n, key in enumerate(keys)
        ]
        return
    crossed = np.where(named, False, choice.crossed)
    if not is_tested and choice.system == WGS84:
        crossed = np.abs(second) > 90  # noqa: PLR2004 - no latitude
    lon, lat = in_degrees(first, second, choice.system, crossed=crossed)
    if is_tested:
        lon, lat = _mended(out, keys, first, second, lon, lat, crossed, rows, here, places, choice)
    out.lon[keys], out.lat[keys] = np.round(lon, _DIGITS), np.round(lat, _DIGITS)
    _set_accuracy(out, keys, pairs, choice, first, second)


def _untested(choice: Choice, layer_crs: str | None, *, is_metres: bool) -> Choice:
    """Without communes nearby nothing can be tested: only what is stated counts."""
    system = layer_crs or choice.stated.system or ("" if is_metres else WGS84)
    if system and pyproj.CRS.from_user_input(system).is_geographic is is_metres:
        system = "" if is_metres else WGS84
    return Choice(
        system=system,
        crossed=False,
        confidence=0.5 if system else 0.0,
        fit=choice.fit,
        rival=None,
        stated=choice.stated,
    )


def _mended(
    out: Located,
    keys: list[int],
    first: FloatArray,
    second: FloatArray,
    lon: FloatArray,
    lat: FloatArray,
    crossed: Flags,
    rows: Sequence[int],
    codes: list[str],
    places: Places,
    choice: Choice,
) -> tuple[FloatArray, FloatArray]:
    """Exchange the numbers of single rows, try other systems, tell what fits nowhere."""
    other_lon, other_lat = in_degrees(first, second, choice.system, crossed=~crossed)
    away = away_m(codes, lon, lat, places)
    other = away_m(codes, other_lon, other_lat, places)
    off, other_off = places.off_area_m(lon, lat), places.off_area_m(other_lon, other_lat)
    swap = (away > FITS_M) & ((other <= FITS_M) | ((off > _FAR_M) & (other_off <= FITS_M)))
    lon, lat = np.where(swap, other_lon, lon), np.where(swap, other_lat, lat)
    away, off = np.where(swap, other, away), np.where(swap, other_off, off)
    lost = away > _FAR_M
    for system in systems.candidates(
        metres=choice.system != WGS84, known=None, stated=choice.stated
    ):
        if not lost.any() or system == choice.system:
            continue
        for order in (crossed, ~crossed):
            new_lon, new_lat = in_degrees(first, second, system, crossed=order)
            new_away = away_m(codes, new_lon, new_lat, places)
            found = lost & (new_away <= FITS_M)
            lon, lat = np.where(found, new_lon, lon), np.where(found, new_lat, lat)
            away = np.where(found, new_away, away)
            off = np.where(found, 0.0, off)
            lost &= ~found
            for n in np.flatnonzero(found):
                out.findings.append(
                    _repair(
                        "other_system", _other_system(system), rows, keys, int(n), first, second
                    )
                )
    for n in np.flatnonzero(swap):
        sure = 0.99 if away[n] <= FITS_M else 0.7
        out.findings.append(
            _repair("swapped_coordinates", _SWAPPED, rows, keys, int(n), first, second, sure)
        )
    for n in np.flatnonzero(~(away <= FITS_M)):
        old = f"{first[n]!r} / {second[n]!r}"
        if off[n] > _FAR_M:
            place = (("longitude", float(lon[n])), ("latitude", float(lat[n])))
            known = bool(np.isfinite(lon[n]))
            out.findings.append(
                Finding(
                    rule="far_outside",
                    kind="doubt",
                    row=rows[keys[n]],
                    key=keys[n],
                    column="coordinates",
                    old=old,
                    confidence=0.9,
                    what=_FAR,
                    undo=place if known else (),
                )
            )
            lon[n] = lat[n] = np.nan
        else:
            detail = Text(f"{away[n] / 1000:.1f} km", f"{away[n] / 1000:.1f} km")
            finding = _doubt("outside_commune", _OUTSIDE, rows[keys[n]], keys[n], old)
            out.findings.append(replace(finding, detail=detail))
    return lon, lat


def _set_accuracy(
    out: Located,
    keys: list[int],
    pairs: Mapping[int, _Pair],
    choice: Choice,
    first: FloatArray,
    second: FloatArray,
) -> None:
    """Half of the last written step; more where the datum or the system is in doubt.

    Trailing zeros get lost, so decimal degrees take the finest step of their column.
    """
    plain = {"number", "decimal_comma", "separators"}
    steps = [a.precision_m for k in keys for a in (pairs[k].east, pairs[k].north) if a.way in plain]
    finest = min(steps, default=0.0)
    floor = 0.0
    if "datum" in datum_doubt(choice):
        floor = DATUM_DOUBT_M
    if choice.confidence < UNSURE and choice.rival is not None:
        floor = max(floor, min(_apart_m(choice, first, second), _FAR_M))
    for key in keys:
        pair = pairs[key]
        step = max(
            finest if angle.way in plain else angle.precision_m for angle in (pair.east, pair.north)
        )
        step = max(step, floor)
        if step >= _TOLD_PRECISION_M and np.isfinite(out.lon[key]):
            out.accuracy_m[key] = round(step)


def _apart_m(choice: Choice, first: FloatArray, second: FloatArray) -> float:
    """Median distance between what the chosen system and its rival make of the rows."""
    if choice.rival is None:
        return 0.0
    one = in_degrees(first, second, choice.system, crossed=choice.crossed)
    two = in_degrees(first, second, choice.rival.system, crossed=choice.crossed)
    east = (one[0] - two[0]) * np.cos(np.radians(one[1]))
    apart = np.hypot(east, one[1] - two[1]) * 111_320.0
    return float(np.nanmedian(apart)) if np.isfinite(apart).any() else 0.0


def _doubt(rule: str, what: Text, row: int, key: int, old: str) -> Finding:
    return Finding(
        rule=rule,
        kind="doubt",
        row=row,
        key=key,
        column="coordinates",
        old=old[:200],
        confidence=0.5,
        what=what,
    )


def _repair(
    rule: str,
    what: Text,
    rows: Sequence[int],
    keys: Sequence[int],
    n: int,
    first: FloatArray,
    second: FloatArray,
    confidence: float = 0.7,
) -> Finding:
    key = keys[n]
    return Finding(
        rule=rule,
        kind="repair",
        row=rows[key],
        key=key,
        column="coordinates",
        old=f"{float(first[n])!r} / {float(second[n])!r}",
        new=f"{float(second[n])!r} / {float(first[n])!r}" if rule.startswith("swap") else "",
        confidence=confidence,
        what=what,
        undo=_EMPTY,
    )


_EMPTY: Final[tuple[tuple[str, Cell], ...]] = (("longitude", None), ("latitude", None))
_HALF: Final = Text(
    "chỉ có một trong hai tọa độ; để trống (không rõ)",
    "only one of the two coordinates is there; left empty (unknown)",
)
_NOT_A_COORDINATE: Final = Text(
    "không đọc được tọa độ; để trống (không rõ)",
    "the coordinates cannot be read; left empty (unknown)",
)
_UNKNOWN_SYSTEM: Final = Text(
    'không rõ hệ tọa độ; để trống (không rõ). Hãy ghi hệ trong tệp --map (crs = "EPSG:…")',
    'the system is not known; left empty (unknown). State it in the --map file (crs = "EPSG:…")',
)
_SWAPPED: Final = Text(
    "hai tọa độ bị đổi chỗ ở dòng này; đổi lại thì điểm rơi vào xã đã ghi",
    "the two coordinates are exchanged in this row; put right, the point lies in its commune",
)
_FAR: Final = Text(
    "tọa độ cách vùng các xã hơn 50 km; để trống (không rõ)",
    "the coordinates lie more than 50 km from all communes; left empty (unknown)",
)


def _other_system(system: str) -> Text:
    return Text(
        f"chỉ hệ {system} đưa điểm vào xã đã ghi", f"only {system} puts the point into its commune"
    )


_OUTSIDE: Final = Text(
    "điểm nằm ngoài xã đã ghi; giữ nguyên, hãy kiểm tra",
    "the point lies outside its commune; kept, please check",
)
