"""Drawings of a validation as SVG text: no library, no script, names escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from coverage.calibration.blocks import Variogram
from coverage.text import Text

_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 446.0, 16.0, 256.0
_INK, _SOFT = "#1f2933", "#5b6672"
_COLOURS: Final = {"uncalibrated": "#d55e00", "held_out": "#0072b2", "scenario": "#009e73"}
_FALLBACK: Final = "#cc79a7"
_MOST_DOTS: Final = 3000
_TICKS: Final = 5
_RESIDUAL_DB: Final = 30.0
_BLOCKS_SHOWN: Final = 8.0
_CENSORED: Final = "#9aa5b1"

BASES: Final = {
    "uncalibrated": Text("chưa hiệu chỉnh", "uncalibrated"),
    "held_out": Text("hiệu chỉnh, mẫu không tham gia", "calibrated, held out"),
    "scenario": Text("hiệu chỉnh của kịch bản", "scenario's calibration"),
}


class _Frame:
    """Axes, and where values lie on them."""

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        titles: tuple[Text, Text],
        *,
        is_log: bool = False,
    ) -> None:
        self.is_log = is_log
        self._x = (math.log10(x[0]), math.log10(x[1])) if is_log else x
        self._y = y
        self.parts = [
            f'<line x1="{_LEFT}" y1="{_BOTTOM}" x2="{_RIGHT}" y2="{_BOTTOM}" stroke="{_SOFT}"/>',
            f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{_BOTTOM}" stroke="{_SOFT}"/>',
            _words((_LEFT + _RIGHT) / 2, _HEIGHT - 6.0, titles[0], "middle"),
            f'<g transform="rotate(-90 12 {(_TOP + _BOTTOM) / 2})">'
            + _words(12.0, (_TOP + _BOTTOM) / 2, titles[1], "middle")
            + "</g>",
        ]
        for value in _ticks(x, is_log=is_log):
            self.parts.append(_number(self.x(value), _BOTTOM + 14.0, value, "middle"))
        for value in _ticks(y):
            self.parts.append(_number(_LEFT - 5.0, self.y(value) + 4.0, value, "end"))

    def x(self, value: float) -> float:
        """Return where a value lies across."""
        placed = math.log10(value) if self.is_log else value
        return _LEFT + (_RIGHT - _LEFT) * (placed - self._x[0]) / (self._x[1] - self._x[0])

    def y(self, value: float) -> float:
        """Return where a value lies downwards, held inside the frame."""
        share = (value - self._y[0]) / (self._y[1] - self._y[0])
        return _BOTTOM - (_BOTTOM - _TOP) * min(max(share, 0.0), 1.0)

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False
    ) -> None:
        """Draw a line through points."""
        told = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )

    def dot(self, x: float, y: float, colour: str, radius: float) -> None:
        """Draw a dot."""
        self.parts.append(
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius:.1f}" fill="{colour}" '
            'fill-opacity="0.6"/>'
        )

    def legend(self, names: Sequence[str]) -> None:
        """Name the colours of the bases."""
        for number, name in enumerate(names):
            y = _TOP + 10.0 + 16.0 * number
            colour = _COLOURS.get(name, _FALLBACK)
            self.parts.append(f'<circle cx="{_LEFT + 12}" cy="{y - 4}" r="4" fill="{colour}"/>')
            title = BASES.get(name, Text(name, name))
            self.parts.append(_words(_LEFT + 20.0, y, title, "start"))

    @property
    def svg(self) -> str:
        """The whole drawing."""
        return _svg(self.parts, _WIDTH, _HEIGHT)


def residuals_by_distance(samples: pd.DataFrame) -> str:
    """Draw measured minus predicted over the distance, uncalibrated and held out."""
    known = samples[samples["predicted_dbm"].notna() & ~samples["is_censored"]]
    far_km = max(float(known["distance_km"].max()) if len(known) else 1.0, 0.1)
    near_km = max(float(known["distance_km"].min()) if len(known) else 0.05, 0.02)
    frame = _Frame(
        (near_km * 0.9, far_km * 1.1),
        (-_RESIDUAL_DB, _RESIDUAL_DB),
        (
            Text("khoảng cách đến trạm, km", "distance from the mast, km"),
            Text("đo − dự báo, dB", "measured − predicted, dB"),
        ),
        is_log=True,
    )
    frame.line([(near_km, 0.0), (far_km, 0.0)], _SOFT, dashed=True)
    bases = {"uncalibrated": "predicted_dbm"}
    if "held_out_dbm" in known:
        bases["held_out"] = "held_out_dbm"
    step = max(1, math.ceil(len(known) / _MOST_DOTS))
    edges = np.geomspace(near_km, far_km * 1.0001, 9)
    for name, column in bases.items():
        residual_db = (known["level_dbm"] - known[column]).to_numpy(float)
        distance_km = known["distance_km"].to_numpy(float)
        if name == "uncalibrated":
            for x, y in zip(distance_km[::step], residual_db[::step], strict=True):
                frame.dot(x, y, _COLOURS[name], 1.6)
        place = np.digitize(distance_km, edges) - 1
        middles = [
            (math.sqrt(edges[k] * edges[k + 1]), float(np.median(residual_db[place == k])))
            for k in range(len(edges) - 1)
            if (place == k).any()
        ]
        frame.line(middles, _COLOURS[name])
    frame.legend(list(bases))
    return frame.svg


def reliability_diagram(reliability: pd.DataFrame) -> str:
    """Draw how often service was there over the chance that was promised."""
    frame = _Frame(
        (0.0, 1.0),
        (0.0, 1.0),
        (
            Text("khả năng có sóng theo dự báo", "chance of service, predicted"),
            Text("tỷ lệ đo được có sóng", "share measured served"),
        ),
    )
    frame.line([(0.0, 0.0), (1.0, 1.0)], _SOFT, dashed=True)
    names = list(dict.fromkeys(reliability["basis"]))
    for name in names:
        own = reliability[(reliability["basis"] == name) & (reliability["samples"] > 0)]
        colour = _COLOURS.get(name, _FALLBACK)
        frame.line(list(zip(own["chance"], own["served_share"], strict=True)), colour)
        most = max(int(own["samples"].max()), 1) if len(own) else 1
        for row in own.itertuples():
            radius = 2.0 + 5.0 * math.sqrt(int(str(row.samples)) / most)
            frame.dot(float(str(row.chance)), float(str(row.served_share)), colour, radius)
    frame.legend(names)
    return frame.svg


def variogram_drawing(shape: Variogram, block_m: float) -> str:
    """Draw the experimental variogram, its model, and the width of the blocks."""
    farthest_m = float(shape.lag_m[-1]) if shape.lag_m.size else max(block_m, 1.0)
    far_m = min(farthest_m, _BLOCKS_SHOWN * block_m)
    top = max([shape.nugget + shape.sill, *shape.gamma.tolist(), 1e-6]) * 1.15
    frame = _Frame(
        (0.0, max(far_m, block_m) * 1.02),
        (0.0, top),
        (
            Text("khoảng cách giữa hai mẫu, m", "distance between two samples, m"),
            Text("bán phương sai, dB²", "semivariance, dB²"),
        ),
    )
    lags = np.linspace(0.0, far_m, 60)
    model = shape.nugget + shape.sill * (1.0 - np.exp(-lags / max(shape.length_m, 1e-9)))
    frame.line(list(zip(lags.tolist(), model.tolist(), strict=True)), _COLOURS["held_out"])
    for lag, gamma in zip(shape.lag_m, shape.gamma, strict=True):
        if lag <= far_m:
            frame.dot(float(lag), float(gamma), _COLOURS["uncalibrated"], 3.0)
    frame.line([(block_m, 0.0), (block_m, top)], _SOFT, dashed=True)
    return frame.svg


def residual_map(samples: pd.DataFrame, column: str) -> str:
    """Draw where the prediction is too strong (orange) or too weak (blue), samples as dots."""
    known = samples[samples[column].notna()]
    x, y = known["x_m"].to_numpy(float), known["y_m"].to_numpy(float)
    if not known.size or not len(known):
        return _svg([], _WIDTH, _HEIGHT)
    extent_m = max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    scale = (_HEIGHT - 30.0) / extent_m
    residual_db = (known["level_dbm"] - known[column]).to_numpy(float)
    censored = known["is_censored"].to_numpy(bool)
    step = max(1, math.ceil(len(known) / _MOST_DOTS))
    parts = []
    for k in range(0, len(known), step):
        cx, cy = 15.0 + (x[k] - x.min()) * scale, 15.0 + (y.max() - y[k]) * scale
        colour = _CENSORED if censored[k] else _shade(residual_db[k])
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="2.2" fill="{colour}"/>')
    return _svg(parts, _WIDTH, _HEIGHT)


def _shade(residual_db: float) -> str:
    """Return orange for predicted too strong, blue for too weak, grey in between."""
    share = min(abs(residual_db) / 15.0, 1.0)
    end = (0, 114, 178) if residual_db > 0 else (213, 94, 0)
    red, green, blue = (round(225 + (one - 225) * share) for one in end)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _ticks(ends: tuple[float, float], *, is_log: bool = False) -> list[float]:
    low, high = ends
    if is_log:
        steps = [
            base * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for base in (1.0, 2.0, 5.0)
        ]
        return [value for value in steps if low <= value <= high]
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(base * power for base in (1.0, 2.0, 5.0, 10.0) if base * power >= raw)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _number(x: float, y: float, value: float, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="10" fill="{_SOFT}" '
        f'text-anchor="{anchor}">{value:g}</text>'
    )


def _words(x: float, y: float, text: Text, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="10" fill="{_INK}" '
        f'text-anchor="{anchor}">{escape(f"{text.vi} / {text.en}")}</text>'
    )


def _svg(parts: Sequence[Any], width: int, height: int) -> str:
    inner = "".join(str(part) for part in parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif">{inner}</svg>'
    )
