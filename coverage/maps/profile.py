"""A drawing of the path from a station to a village: ground, line of sight, Fresnel zone, ridge.

Heights stand over the straight chord of an Earth of radius k·a, as in `coverage.terrain`, so the
line of sight is straight. Vertical and horizontal scales differ. Names are escaped as XML text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np

from coverage import causes
from coverage.causes import View
from coverage.maps.palette import STYLES
from coverage.model import Result
from coverage.terrain import Obstacle, Sight, Values
from coverage.text import DEFAULT_LANGUAGE, Language, Text, decimal

_WIDTH, _HEIGHT = 320, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 312.0, 30.0, 136.0
_MOST_POINTS: Final = 90
_LONGEST_NAME: Final = 26
_GROUND, _INK, _SOFT, _UNKNOWN = "#b9a88f", "#1f2933", "#5b6672", "#d9d9d9"
_RIDGE, _LINE = STYLES["none"].colour, STYLES["good"].colour
_HALO: Final = 'paint-order="stroke" stroke="#fff" stroke-width="2.5"'
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as SVG text; notebooks show it as such."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    @property
    def url(self) -> str:
        """The picture as a data URL, for an `img` element: scripts in it could not run."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode("ascii")


def path_drawings(
    result: Result, *, language: Language = DEFAULT_LANGUAGE, first: int | None = None
) -> dict[str, Drawing]:
    """Draw the path that explains each village without good signal.

    Parameters
    ----------
    result
        The result of a run.
    language
        Language of the words in the drawings.
    first
        Only the villages of the first so many ranks; None draws all.

    Returns
    -------
    dict
        By `village_id`. Villages with good signal, without a position, or next to their station
        have no path to draw and are absent.
    """
    villages = result.villages
    if first is not None:
        villages = villages[villages["priority_rank"] <= first]
    return _drawn(result, villages, language)


def path_drawing(
    result: Result, village_id: str, *, language: Language = DEFAULT_LANGUAGE
) -> Drawing | None:
    """Draw the path that explains one village; None where there is none, as in `path_drawings`."""
    village = result.villages[result.villages["village_id"].astype(str) == village_id]
    return _drawn(result, village, language).get(village_id)


def _drawn(result: Result, villages: gpd.GeoDataFrame, language: Language) -> dict[str, Drawing]:
    names = dict(zip(villages["village_id"].astype(str), villages["name"].astype(str), strict=True))
    views = causes.views(villages, result.inputs, result.prediction, result.scenario)
    return {
        village_id: Drawing(_svg(view, view.sight, names[village_id], language))
        for village_id, view in views.items()
        if view.sight is not None
    }


class _Frame:
    """Where metres lie in the picture."""

    def __init__(self, sight: Sight) -> None:
        known_m = sight.surface_m[~np.isnan(sight.surface_m)]
        low_m = min(float(known_m.min()), float((sight.line_m - sight.fresnel_m).min()))
        high_m = max(float(known_m.max()), float((sight.line_m + sight.fresnel_m).max()))
        self.low_m, self.high_m = low_m, max(high_m, low_m + 1.0)
        self.length_m = sight.profile.length_m

    def x(self, distance_m: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * distance_m / self.length_m

    def y(self, height_m: float) -> float:
        share = (height_m - self.low_m) / (self.high_m - self.low_m)
        return _BOTTOM - (_BOTTOM - _TOP) * share

    def points(self, distance_m: Iterable[float], height_m: Iterable[float]) -> str:
        return " ".join(
            f"{self.x(d):.1f},{self.y(h):.1f}" for d, h in zip(distance_m, height_m, strict=True)
        )


def _svg(view: View, sight: Sight, village: str, language: Language) -> str:
    frame = _Frame(sight)
    shown = _points_shown(sight, view.ridge)
    distance_m = sight.profile.distance_m
    upper = frame.points(distance_m[shown], (sight.line_m + sight.fresnel_m)[shown])
    lower = frame.points(distance_m[shown][::-1], (sight.line_m - sight.fresnel_m)[shown][::-1])
    ends = frame.points(distance_m[[0, -1]], sight.line_m[[0, -1]])
    title = _title(view, village).get(language)
    return "".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
                f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="10">'
            ),
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *_ground(frame, distance_m[shown], sight.surface_m[shown]),
            (
                f'<polygon points="{upper} {lower}" fill="{_LINE}" fill-opacity=".14" '
                f'stroke="{_LINE}" stroke-width=".6" stroke-dasharray="3 2"/>'
            ),
            f'<polyline points="{ends}" stroke="{_LINE}" stroke-width="1.4"/>',
            _mast(frame, sight),
            *_ridge(frame, sight, view.ridge, language),
            *_axes(frame, language),
            _name(_LEFT, "start", view.site.name),
            _name(_RIGHT, "end", village),
            "</svg>",
        ]
    )


def _points_shown(sight: Sight, ridge: Obstacle | None) -> list[int]:
    """Return the points to draw: evenly spread, and the ridge itself."""
    count = sight.profile.distance_m.size
    spread = np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int).tolist()
    if ridge is None:
        return sorted(set(spread))
    top = int(np.argmin(np.abs(sight.profile.distance_m - ridge.distance_m)))
    return sorted({*spread, top})


def _ground(frame: _Frame, distance_m: Values, surface_m: Values) -> list[str]:
    """Fill the ground; stretches that are not known stand as grey columns of full height."""
    parts = []
    for unknown, run in groupby(range(distance_m.size), key=lambda i: bool(np.isnan(surface_m[i]))):
        places = list(run)
        if unknown:
            left = frame.x(distance_m[max(places[0] - 1, 0)])
            right = frame.x(distance_m[min(places[-1] + 1, distance_m.size - 1)])
            parts.append(
                f'<rect x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" '
                f'height="{_BOTTOM - _TOP}" fill="{_UNKNOWN}"/>'
            )
            continue
        top = frame.points(distance_m[places], surface_m[places])
        left, right = frame.x(distance_m[places[0]]), frame.x(distance_m[places[-1]])
        parts.append(
            f'<polygon points="{left:.1f},{_BOTTOM} {top} {right:.1f},{_BOTTOM}" fill="{_GROUND}"/>'
        )
    return parts


def _mast(frame: _Frame, sight: Sight) -> str:
    foot, head = frame.y(float(sight.surface_m[0])), frame.y(float(sight.line_m[0]))
    end = frame.y(float(sight.line_m[-1]))
    return (
        f'<path d="M{_LEFT} {foot:.1f}V{head:.1f}" stroke="{_INK}" stroke-width="2.5"/>'
        f'<circle cx="{_RIGHT}" cy="{end:.1f}" r="3.5" fill="{_INK}"/>'
    )


def _ridge(frame: _Frame, sight: Sight, ridge: Obstacle | None, language: Language) -> list[str]:
    if ridge is None:
        return []
    top_m = float(np.interp(ridge.distance_m, sight.profile.distance_m, sight.surface_m))
    x, y, line = frame.x(ridge.distance_m), frame.y(top_m), frame.y(top_m - ridge.excess_m)
    over = f"{abs(ridge.excess_m):.0f}{_NO_BREAK}m"
    text = (
        Text(f"nhô {over} trên đường nhìn", f"{over} above the sight line")
        if ridge.blocks
        else Text(f"dưới đường nhìn {over}", f"{over} below the sight line")
    )
    to_the_left = x > (_LEFT + _RIGHT) / 2
    anchor, beside = ("end", x - 5) if to_the_left else ("start", x + 5)
    return [
        f'<path d="M{x:.1f} {y:.1f}V{line:.1f}" stroke="{_RIDGE}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{_RIDGE}"/>',
        (
            f'<text x="{beside:.1f}" y="{max(y - 3, _TOP + 4):.1f}" text-anchor="{anchor}" '
            f'fill="{_RIDGE}" font-weight="bold" {_HALO}>{text.get(language)}</text>'
        ),
    ]


def _axes(frame: _Frame, language: Language) -> list[str]:
    away = decimal(frame.length_m / 1000, 1).get(language)
    heights = [
        _word(_LEFT - 3, frame.y(height_m) + 3, "end", f"{height_m:.0f}")
        for height_m in (frame.low_m, frame.high_m)
    ]
    note = Text("độ cao (m); xanh: đường nhìn, Fresnel", "height (m); blue: sight line, Fresnel")
    return [
        f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}" stroke="{_SOFT}" fill="none"/>',
        *heights,
        _word(_LEFT, _BOTTOM + 13, "start", "0"),
        _word(_RIGHT, _BOTTOM + 13, "end", f"{away} km"),
        _word((_LEFT + _RIGHT) / 2, _BOTTOM + 26, "middle", note.get(language)),
    ]


def _word(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_SOFT}">{text}</text>'


def _name(x: float, anchor: str, name: str) -> str:
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return (
        f'<text x="{x}" y="{_TOP - 14}" text-anchor="{anchor}" fill="{_INK}">'
        f"{escape(_printable(short))}</text>"
    )


def _title(view: View, village: str) -> Text:
    site, place = _printable(view.site.name), _printable(village)
    return Text(f"Mặt cắt từ {site} tới {place}", f"Profile from {site} to {place}")


def _printable(name: str) -> str:
    """Drop what XML cannot carry."""
    return "".join(c for c in name if c.isprintable())
