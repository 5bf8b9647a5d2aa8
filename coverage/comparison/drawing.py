"""The change of 4G as marks on a plain plane, and the change of signal as a picture."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage.comparison.signals import MARKED_DB, SignalChange
from coverage.maps.rasters import palette_png
from coverage.text import Text

_MAPPED: Final = "4g"
_MAP_PX: Final = 520.0
_MARKS: Final = {
    "better": "M{x} {u}L{r} {d}L{l} {d}Z",
    "worse": "M{x} {d}L{r} {u}L{l} {u}Z",
    "doubt": "M{x} {u}L{r} {y}L{x} {d}L{l} {y}Z",
}
LEGEND: Final = Text(
    "▲ tốt lên · ▼ kém đi · ◆ không rõ ở một bên, hoặc chỉ có ở một bên · • không đổi",
    "▲ better · ▼ worse · ◆ unknown or absent in one of them · • unchanged",
)


def drawing(placed: pd.DataFrame) -> str:
    """Return villages with coordinates as an SVG, the changed ones on top; shapes beside colours.

    Nothing from the table but numbers stands in it.
    """
    longitude = placed["longitude"].to_numpy(float)
    latitude = placed["latitude"].to_numpy(float)
    x = (longitude - longitude.min()) * np.cos(np.radians(latitude.mean()))
    y = latitude.max() - latitude
    scale = (_MAP_PX - 20.0) / max(float(x.max()), float(y.max()), 1e-9)
    x, y = 10.0 + x * scale, 10.0 + y * scale
    change = placed[f"change_{_MAPPED}"].to_numpy()
    same = np.isin(change, ["same", "unknown"])
    doubt = ~same & ~np.isin(change, ["better", "worse"])
    shown = {"same": same, "doubt": doubt, "better": change == "better", "worse": change == "worse"}
    width, height = float(x.max()) + 10.0, float(y.max()) + 10.0
    paths = {
        kind: "".join(_mark(kind, *at) for at in zip(x[chosen], y[chosen], strict=True))
        for kind, chosen in shown.items()
    }
    marks = [f'<path class="{kind}" d="{path}"/>' for kind, path in paths.items() if path]
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    drawn = "\n".join(marks)
    return f'<svg {size} role="img">\n{drawn}\n</svg>'


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "same":
        return f"M{x - 1:.1f} {y - 1:.1f}h2v2h-2z"
    ends = {"x": x, "y": y, "l": x - 4, "r": x + 4, "u": y - 4, "d": y + 4}
    return _MARKS[kind].format(**{name: f"{value:.1f}" for name, value in ends.items()})


_STRONG_DB: Final = 10.0
_PICTURE_PX: Final = 600
SIGNAL_LEGEND: Final = (
    ("#08519c", Text(f"mạnh lên từ {_STRONG_DB:g} dB", f"stronger by {_STRONG_DB:g} dB or more")),
    ("#9ecae1", Text(f"mạnh lên từ {MARKED_DB:g} dB", f"stronger by {MARKED_DB:g} dB or more")),
    ("#f0f0f0", Text(f"đổi dưới {MARKED_DB:g} dB", f"change below {MARKED_DB:g} dB")),
    ("#fdae6b", Text(f"yếu đi từ {MARKED_DB:g} dB", f"weaker by {MARKED_DB:g} dB or more")),
    ("#a63603", Text(f"yếu đi từ {_STRONG_DB:g} dB", f"weaker by {_STRONG_DB:g} dB or more")),
    ("#7b3294", Text("chỉ có tín hiệu ở lần gốc", "signal in the base run only")),
    ("#1b9e77", Text("chỉ có tín hiệu ở lần kia", "signal in the other run only")),
)
"""Colours of a picture of signal, in the order of its codes from 1."""


def signal_picture(change: SignalChange) -> str:
    """Return the data URL of a picture of a difference, north up; clear where neither has signal.

    A large raster is thinned: every so many cells one is shown.
    """
    difference_db = change.difference_db.array
    has_base, has_other = ~np.isnan(change.base_dbm), ~np.isnan(change.other_dbm)
    codes = np.select(
        [
            difference_db >= _STRONG_DB,
            difference_db >= MARKED_DB,
            difference_db <= -_STRONG_DB,
            difference_db <= -MARKED_DB,
            ~np.isnan(difference_db),
            has_base & ~has_other,
            has_other & ~has_base,
        ],
        [1, 2, 5, 4, 3, 6, 7],
        0,
    ).astype(np.uint8)
    step = -(-max(codes.shape) // _PICTURE_PX)
    colours = [(0, 0, 0), *(_rgb(colour) for colour, _ in SIGNAL_LEGEND)]
    return palette_png(np.ascontiguousarray(codes[::step, ::step]), colours)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
