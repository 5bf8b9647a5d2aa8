"""Coordinates as they are written: degrees with every kind of sign, two in one cell, metres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from coverage.intake.numbers import Format, decimal_sign, value_of, written
from coverage.intake.sheet import Cell, words_of
from coverage.text import without_accents

Axis = Literal["east", "north", ""]
METRES_PER_DEGREE: Final = 111_320.0
_DEGREE_SIGNS: Final = "°º˚⁰ᵒ∘"
_MINUTE_SIGNS: Final = "'’‘′´`ʹʼ΄"
_SECOND_SIGNS: Final = '"”“″ʺ〃'
_SIGNS: Final = str.maketrans(
    dict.fromkeys(_DEGREE_SIGNS, "°")
    | dict.fromkeys(_MINUTE_SIGNS, "'")
    | dict.fromkeys(_SECOND_SIGNS, '"')
    | {"\u2212": "-", "\u2013": "-", "\xa0": " "}
)
_NUMBER: Final = r"\d{1,2}(?:[.,]\d+)?"
_DMS: Final = re.compile(
    rf"([+-]?)(\d{{1,3}})\s*°\s*(?:({_NUMBER})\s*(?:'|$)\s*(?:({_NUMBER})\s*\"?)?)?"
)
_LOST_SIGN: Final = re.compile(rf"(\d{{2,3}})[0o](\d{{2}}(?:[.,]\d+)?)'\s*(?:({_NUMBER})\s*\"?)?")
_SPACED: Final = re.compile(r"(\d{1,3})[ :\-](\d{1,2})[ :\-](\d{1,2}(?:[.,]\d+)?)")
_DECIMAL: Final = re.compile(r"([+-]?)(\d{1,3})[.,](\d{2,})\s*°?")
_AXIS_BEFORE: Final = re.compile(
    r"^\s*(kinh do(?: dong)?|vi do(?: bac)?|longitude|latitude|long?|lng|lat|[xyenbd])\s*[:=]?\s*"
)
_AXIS_AFTER: Final = re.compile(r"\s*(do bac|do dong|bac|dong|[nebd])\s*\.?$")
_EAST: Final = frozenset(
    {"kinh do", "kinh do dong", "longitude", "lon", "long", "lng", "e", "d", "dong", "do dong"}
)
_NORTH: Final = frozenset({"vi do", "vi do bac", "latitude", "lat", "n", "b", "bac", "do bac"})
_SEPARATORS: Final = (";", "/", "|", "\n", " - ", ", ", " ", ",")


@dataclass(frozen=True, slots=True)
class Angle:
    """One coordinate in degrees or metres, how it was written, and the axis it names, if any.

    `precision_m` is half the last written step on the ground (0 for metres).
    """

    value: float
    precision_m: float = 0.0
    axis: Axis = ""
    way: str = "number"


def angle_of(cell: Cell, form: Format) -> Angle | None:
    """Read one coordinate; None where it is none."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return Angle(float(cell), _decimal_step(repr(float(cell))))
    text = words_of(cell).translate(_SIGNS).replace("''", '"')
    plain = without_accents(text)
    plain = re.sub(r"(?<=\d)\s*(?:do|d|o)\s*(?=\d)", "°", plain)
    plain = re.sub(r"(?<=\d)\s*phut\b", "'", plain)
    plain = re.sub(r"(?<=\d)\s*giay\b", '"', plain)
    plain, axis = _without_axis(plain)
    angle = _degrees(plain)
    if angle is not None:
        return Angle(angle.value, angle.precision_m, axis, angle.way)
    number = written(plain)
    if number is None or number.unit not in {"", "m", "met", "do", "°"}:
        return None
    value = value_of(number, form)
    way = "number" if decimal_sign(number.digits) is None else "separators"
    return Angle(value, _decimal_step(repr(value)), axis, way)


def _without_axis(text: str) -> tuple[str, Axis]:
    axis: Axis = ""
    for pattern in (_AXIS_BEFORE, _AXIS_AFTER):
        found = pattern.search(text)
        if found is None:
            continue
        rest = text[: found.start()] + text[found.end() :]
        if not any(c.isdigit() for c in rest):
            continue
        axis = "east" if found[1] in _EAST else "north" if found[1] in _NORTH else axis
        text = rest
    return text.strip(), axis


def _degrees(text: str) -> Angle | None:
    found = _DMS.fullmatch(text)
    if found and (found[3] or "°" in text):
        sign = -1.0 if found[1] == "-" else 1.0
        return _sum(float(found[2]), found[3], found[4], sign=sign, way="degrees_minutes")
    found = _LOST_SIGN.fullmatch(text)
    if found:
        return _sum(float(found[1]), found[2], found[3], sign=1.0, way="lost_degree_sign")
    found = _SPACED.fullmatch(text)
    if found:
        return _sum(float(found[1]), found[2], found[3], sign=1.0, way="degrees_minutes")
    found = _DECIMAL.fullmatch(text)
    if found:
        value = float(f"{found[1]}{found[2]}.{found[3]}")
        way = "decimal_comma" if "," in text else "number"
        return Angle(value, _step(METRES_PER_DEGREE, found[3]), way=way)
    return None


def _sum(
    degrees: float, minutes: str | None, seconds: str | None, *, sign: float, way: str
) -> Angle | None:
    minute = float((minutes or "0").replace(",", "."))
    second = float((seconds or "0").replace(",", "."))
    if minute >= 60 or second >= 60:  # noqa: PLR2004
        return None
    if seconds is not None:
        precision = _step(METRES_PER_DEGREE / 3600, seconds.replace(",", ".").partition(".")[2])
    elif minutes is not None:
        precision = _step(METRES_PER_DEGREE / 60, minutes.replace(",", ".").partition(".")[2])
    else:
        precision = METRES_PER_DEGREE / 2
    return Angle(sign * (degrees + minute / 60 + second / 3600), precision, way=way)


def _step(unit_m: float, decimals: str) -> float:
    """Half of the last written step, in metres; beyond five digits it is nothing."""
    return float(unit_m / 2 / 10 ** min(len(decimals), 9))


def _decimal_step(text: str) -> float:
    whole, _, decimals = text.partition(".")
    if len(whole.lstrip("-")) > 3 or "e" in text:  # noqa: PLR2004 - metres
        return 0.0
    return _step(METRES_PER_DEGREE, decimals if decimals != "0" else "")


def pair_of(cell: Cell, form: Format) -> tuple[Angle, Angle] | None:
    """Read two coordinates that stand in one cell, in the order in which they stand."""
    text = words_of(cell).translate(_SIGNS).replace("''", '"').strip("()[] ")
    for separator in _SEPARATORS:
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        if len(parts) != 2:  # noqa: PLR2004
            continue
        first, second = (angle_of(part, form) for part in parts)
        if first is not None and second is not None:
            return first, second
    halves = re.match(r"(.*?(?:\"|'|°|\d)\s*[NEBDĐ]?)[\s,;]+(\D*\d.*)$", text)
    if halves:
        first, second = angle_of(halves[1], form), angle_of(halves[2], form)
        if first is not None and second is not None:
            return first, second
    return None
