"""The change of 4G as marks on a plain plane."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

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
