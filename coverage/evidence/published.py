"""Published: whether operators' own maps call a place served."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import pandas as pd

from coverage.evidence.view import UNKNOWN, View, accuracy_m, of_any
from coverage.grid import Grid
from coverage.params import Technology
from coverage.text import spelling_key

_LADDER: Final = ("served", "not_served")
_HALF: Final = 0.5


def published_columns(
    places: gpd.GeoDataFrame,
    coverage: gpd.GeoDataFrame,
    grid: Grid,
    technology: Technology,
    view: View,
) -> pd.DataFrame:
    """Bring one technology's published polygons to the places.

    Of each operator the newest publication counts, whole: outside its polygons it says "not
    served". An operator that published nothing for the technology says nothing.

    Returns
    -------
    DataFrame
        `published_t`: served (an operator's polygons hold at least half of the disc of the
        coordinates' accuracy), not_served (no operator with cells says so) or unknown; and
        `published_at_t`, the newest publication.
    """
    tag = technology.lower()
    own = coverage[coverage["technology"] == technology]
    dates = own.get("published_at", pd.Series("", index=own.index))
    keys = own["operator"].map(spelling_key)
    said, newest = {}, ""
    for key in sorted(set(keys[keys.map(view.is_meant)])):
        latest = dates[keys == key].max()
        newest = max(newest, latest)
        if view.is_current(pd.Series([latest])).all():
            shapes = own[(keys == key) & (dates == latest)].geometry
            said[key] = _words(places, shapes, grid)
    by_operator = pd.DataFrame(said, index=places.index)
    return pd.DataFrame(
        {
            f"published_{tag}": of_any(by_operator, view.needed(technology), ladder=_LADDER),
            f"published_at_{tag}": newest,
        },
        index=places.index,
    )


def _words(places: gpd.GeoDataFrame, shapes: gpd.GeoSeries, grid: Grid) -> list[str]:
    inside = grid.rasterise((shape, 1) for shape in shapes)
    row, col = grid.rowcol(places.geometry.x, places.geometry.y)
    words = []
    for r, c, radius_m in zip(row, col, accuracy_m(places), strict=True):
        if r < 0:
            words.append(UNKNOWN)
            continue
        share = inside[grid.disc(int(r), int(c), float(radius_m))].mean()
        words.append("served" if share >= _HALF else "not_served")
    return words
