"""A sketch map of one commune as SVG: villages by class, sites, what is planned, scale, north.

Shapes and colours are those of the map. Names are text nodes; nothing in them becomes markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from coverage.documents.facts import Commune, Facts, Village
from coverage.maps.palette import STYLES
from coverage.maps.words import CLASS_NAMES
from coverage.params import SIGNAL_CLASSES
from coverage.text import Language, Text, decimal

WIDTH, HEIGHT = 560, 430
_LEGEND: Final = 74
_EDGE: Final = 26
_FONT: Final = "Libertinus Serif, Noto Sans, Arial, sans-serif"
_INK, _PLAN, _PAPER = "#1b1f24", "#6a1b9a", "#ffffff"
_KILOMETRE: Final = 1_000
_LETTER, _LONGEST = 5.2, 24
_STEPS_M: Final = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_LINES: Final = {"links": "6 4", "fibre_routes": ""}
_LAYER_NAMES: Final = {
    "sites": Text("Trạm hiện có", "Existing site"),
    "actions": Text("Hạng mục dự kiến", "Planned action"),
    "links": Text("Vi ba mới", "New microwave hop"),
    "fibre_routes": Text("Cáp quang mới", "New fibre"),
}
Point = tuple[float, float]


class _Frame:
    """Metres on the ground to points of the drawing."""

    def __init__(self, shape: BaseGeometry) -> None:
        west, south, east, north = shape.bounds
        room = (WIDTH - 2 * _EDGE, HEIGHT - _LEGEND - 2 * _EDGE)
        self.per_m = min(room[0] / max(east - west, 1.0), room[1] / max(north - south, 1.0))
        self.centre = ((west + east) / 2, (south + north) / 2)
        half = (WIDTH / 2 / self.per_m, (HEIGHT - _LEGEND) / 2 / self.per_m)
        x, y = self.centre
        self.box = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])

    def at(self, x_m: float, y_m: float) -> Point:
        return (
            round(WIDTH / 2 + (x_m - self.centre[0]) * self.per_m, 1),
            round((HEIGHT - _LEGEND) / 2 - (y_m - self.centre[1]) * self.per_m, 1),
        )

    def path(self, coordinates: Iterable[Iterable[float]]) -> str:
        return "M" + "L".join("{} {}".format(*self.at(x, y)) for x, y in coordinates)


def sketch(facts: Facts, commune: Commune, language: Language) -> str | None:
    """Return the drawing as SVG text; None where the commune has no shape."""
    if commune.shape is None:
        return None
    frame = _Frame(commune.shape)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "width": str(WIDTH),
            "height": str(HEIGHT),
            "role": "img",
            "font-family": _FONT,
            "font-size": "10",
        },
    )
    ET.SubElement(root, "title").text = commune.name
    _add(root, "rect", width=WIDTH, height=HEIGHT, fill=_PAPER)
    _outline(root, frame, commune.shape, facts)
    shown = _lines(root, frame, facts)
    shown += _points(root, frame, facts)
    _villages(root, frame, commune.villages)
    _scale(root, frame, language)
    _north(root, language)
    _legend(root, shown, language)
    return ET.tostring(root, encoding="unicode")


def _add(parent: ET.Element, tag: str, **attributes: object) -> ET.Element:
    told = {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items()}
    return ET.SubElement(parent, tag, told)


def _write(parent: ET.Element, text: str, at: Point, **attributes: object) -> None:
    _add(parent, "text", x=at[0], y=at[1], fill=_INK, **attributes).text = text


def _outline(root: ET.Element, frame: _Frame, shape: BaseGeometry, facts: Facts) -> None:
    near = facts.layers["communes"].geometry
    for other in near[near.intersects(frame.box)]:
        _area(root, frame, other, fill="#f1f2f4", stroke="#b9c0c8", width=0.6)
    _area(root, frame, shape, fill="#fffdf4", stroke=_INK, width=1.6)


def _area(
    root: ET.Element, frame: _Frame, shape: BaseGeometry, *, fill: str, stroke: str, width: float
) -> None:
    inside = shape.intersection(frame.box).simplify(0.6 / frame.per_m)
    rings = [
        frame.path(ring.coords) + "Z"
        for part in shapely.get_parts(inside)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    if rings:
        _add(
            root,
            "path",
            d="".join(rings),
            fill=fill,
            stroke=stroke,
            stroke_width=width,
            fill_rule="evenodd",
        )


def _lines(root: ET.Element, frame: _Frame, facts: Facts) -> list[str]:
    shown = []
    for name, dashes in _LINES.items():
        if name not in facts.layers:
            continue
        inside = facts.layers[name].geometry.intersection(frame.box)
        parts = [
            part
            for shape in inside[~inside.is_empty]
            for part in shapely.get_parts(shape)
            if part.geom_type == "LineString"
        ]
        if not parts:
            continue
        shown.append(name)
        d = "".join(frame.path(part.simplify(0.4 / frame.per_m).coords) for part in parts)
        _add(
            root, "path", d=d, fill="none", stroke=_PLAN, stroke_width=1.6, stroke_dasharray=dashes
        )
    return shown


def _points(root: ET.Element, frame: _Frame, facts: Facts) -> list[str]:
    shown = []
    for name, draw in (("sites", _site), ("actions", _action)):
        if name not in facts.layers:
            continue
        points = facts.layers[name].geometry
        inside = points[points.notna() & points.intersects(frame.box)]
        for point in inside:
            draw(root, frame.at(point.x, point.y))
        if len(inside):
            shown.append(name)
    return shown


def _villages(root: ET.Element, frame: _Frame, villages: Iterable[Village]) -> None:
    """Draw the villages, the worst last, and the names of those without good signal that fit."""
    placed = [(v, frame.at(v.place.x, v.place.y)) for v in villages if v.place is not None]
    for name in ("good", "unknown", "weak", "none"):
        for village, at in placed:
            if village.verdict == name:
                _MARKS[STYLES[village.verdict].symbol](root, at, STYLES[village.verdict].colour)
    taken = np.zeros((0, 4))
    for village, (x, y) in placed:
        if village.verdict == "good":
            continue
        text = village.name
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 1] + "…"
        length = _LETTER * len(text)
        left = x + 8 if x + 8 + length < WIDTH else x - 8 - length
        box = np.array([left, y - 8, left + length, y + 4])
        if ((taken[:, :2] < box[2:]) & (taken[:, 2:] > box[:2])).all(axis=1).any():
            continue
        taken = np.vstack([taken, box])
        _write(
            root,
            text,
            (round(float(left), 1), round(y + 3.5, 1)),
            stroke=_PAPER,
            stroke_width=2.4,
            paint_order="stroke",
        )


def _circle(root: ET.Element, at: Point, colour: str) -> None:
    _add(root, "circle", cx=at[0], cy=at[1], r=4, fill=colour, stroke=_PAPER, stroke_width=0.8)


def _diamond(root: ET.Element, at: Point, colour: str) -> None:
    d = f"M{at[0]} {round(at[1] - 5.5, 1)}l5.5 5.5 -5.5 5.5 -5.5 -5.5Z"
    _add(root, "path", d=d, fill=colour, stroke=_PAPER, stroke_width=0.8)


def _cross(root: ET.Element, at: Point, colour: str) -> None:
    x, y = round(at[0] - 4.5, 1), round(at[1] - 4.5, 1)
    _add(root, "rect", x=x, y=y, width=9, height=9, fill=colour, stroke=_PAPER, stroke_width=0.8)
    d = f"M{x + 2:.1f} {y + 2:.1f}l5 5m0 -5l-5 5"
    _add(root, "path", d=d, stroke=_PAPER, stroke_width=1.5, fill="none")


def _question(root: ET.Element, at: Point, colour: str) -> None:
    _add(root, "circle", cx=at[0], cy=at[1], r=4.6, fill=_PAPER, stroke=colour, stroke_width=1.4)
    mark = _add(root, "text", x=at[0], y=round(at[1] + 3, 1), fill=colour, text_anchor="middle")
    mark.set("font-size", "8.5")
    mark.text = "?"


_MARKS: Final[dict[str, Callable[..., None]]] = {
    "circle": _circle,
    "diamond": _diamond,
    "cross": _cross,
    "question": _question,
}


def _site(root: ET.Element, at: Point) -> None:
    d = f"M{at[0]} {round(at[1] - 5, 1)}l4.5 8h-9Z"
    _add(root, "path", d=d, fill=_INK, stroke=_PAPER, stroke_width=0.8)


def _action(root: ET.Element, at: Point) -> None:
    x, y = round(at[0] - 5, 1), round(at[1] - 5, 1)
    _add(root, "rect", x=x, y=y, width=10, height=10, fill=_PLAN, stroke=_PAPER, stroke_width=0.8)
    d = f"M{x + 2:.1f} {y + 5:.1f}h6m-3 -3v6"
    _add(root, "path", d=d, stroke=_PAPER, stroke_width=1.5, fill="none")


def _scale(root: ET.Element, frame: _Frame, language: Language) -> None:
    length_m = max((s for s in _STEPS_M if s * frame.per_m <= 0.3 * WIDTH), default=_STEPS_M[0])
    length, y = round(length_m * frame.per_m, 1), HEIGHT - _LEGEND - 8
    d = f"M10 {y - 4}v4h{length}v-4"
    _add(root, "path", d=d, stroke=_INK, stroke_width=1.4, fill="none")
    text = decimal(length_m / 1000, 0 if length_m >= _KILOMETRE else 1).get(language)
    _write(root, f"{text} km", (10, y - 8), stroke=_PAPER, stroke_width=2, paint_order="stroke")


def _north(root: ET.Element, language: Language) -> None:
    _add(root, "path", d=f"M{WIDTH - 18} 10l6 18 -6 -4 -6 4Z", fill=_INK)
    _write(root, Text("B", "N").get(language), (WIDTH - 18, 40), text_anchor="middle")


def _legend(root: ET.Element, shown: Iterable[str], language: Language) -> None:
    """Explain the marks in three columns below the map."""
    top = HEIGHT - _LEGEND
    _add(root, "path", d=f"M0 {top}H{WIDTH}", stroke="#b9c0c8")
    entries: list[tuple[str, Callable[..., None]]] = []
    for name in SIGNAL_CLASSES:
        style = STYLES[name]
        mark = partial(_MARKS[style.symbol], root, colour=style.colour)
        entries.append((CLASS_NAMES[name].get(language), mark))
    entries += [(_LAYER_NAMES[name].get(language), partial(_sample, root, name)) for name in shown]
    for number, (text, draw) in enumerate(entries):
        column, row = divmod(number, 3)
        x, y = 16 + column * 190, top + 18 + row * 20
        draw((x, y))
        _write(root, text, (x + 14, y + 3.5))


def _sample(root: ET.Element, name: str, at: Point) -> None:
    if name == "sites":
        _site(root, at)
    elif name == "actions":
        _action(root, at)
    else:
        d = f"M{at[0] - 9} {at[1]}h18"
        _add(root, "path", d=d, stroke=_PLAN, stroke_width=1.6, stroke_dasharray=_LINES[name])
