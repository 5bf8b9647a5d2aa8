"""Road stretches to drive with a measuring phone: those along which answers would change most."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.ops import substring

from coverage.model import Inputs, Result

STRETCH_M: Final = 2000.0
"""A stretch is a few minutes by car or motorcycle, and short enough to be chosen by itself."""
_STEP_M: Final = 50.0
_DEGREES: Final = "EPSG:4326"
_GAINS: Final = ("expected_households_change", "expected_rank_change")
_COLUMNS: Final = (
    *("drive_rank", "road_class", "length_m", "villages", "households", "village_ids"),
    *(*_GAINS, "samples_near"),
    *("longitude_from", "latitude_from", "longitude_to", "latitude_to"),
)


def stretches(result: Result, *, length_m: float = STRETCH_M) -> gpd.GeoDataFrame:
    """Choose road stretches by what measuring along them would change.

    Roads are cut into stretches. One that passes a village within the radius in which samples count
    for it answers that village; each village counts once, for the stretch chosen first. The next is
    always the one that changes most: expected households, then ranks, then the shorter, then the
    one listed first. Stretches that answer nothing are left out.

    Parameters
    ----------
    result
        Of a run; `measure_next` holds the villages whose answer is not sure.
    length_m
        Longest stretch.

    Returns
    -------
    GeoDataFrame
        In the project's system, columns as in presets/outputs.toml, `drive_rank` 1 first; empty
        without roads or without villages to measure.
    """
    villages, inputs = _to_measure(result), result.inputs
    if inputs.roads is None or villages.empty:
        return _table([], inputs)
    cut = _cut(inputs.roads, length_m)
    passed = _passed(cut, villages)
    found = [
        _told(cut.iloc[place], villages.iloc[answered])
        for place, answered in _chosen(cut, passed, villages)
    ]
    return _table(found, inputs)


def _to_measure(result: Result) -> gpd.GeoDataFrame:
    """Return the villages to measure that have a place, with it."""
    listed = pd.DataFrame() if result.measure_next is None else result.measure_next
    places = result.villages.set_index("village_id").geometry
    if listed.empty:
        return gpd.GeoDataFrame(geometry=[], crs=result.inputs.grid.crs)
    table = gpd.GeoDataFrame(listed, geometry=listed["village_id"].map(places), crs=places.crs)
    return table[table.geometry.notna()].reset_index(drop=True)


def _cut(roads: gpd.GeoDataFrame, length_m: float) -> gpd.GeoDataFrame:
    """Cut lines into equal stretches of at most `length_m`."""
    lines = roads.explode(ignore_index=True)
    lines = lines[lines.geometry.geom_type == "LineString"]
    parts = []
    classes = lines.get("road_class", pd.Series("", index=lines.index))
    for line, kind in zip(lines.geometry, classes, strict=True):
        count = max(1, math.ceil(line.length / length_m))
        ends = np.linspace(0.0, 1.0, count + 1)
        parts += [(kind, substring(line, a, b, normalized=True)) for a, b in pairwise(ends)]
    return gpd.GeoDataFrame(
        {"road_class": [kind for kind, _ in parts]},
        geometry=[line for _, line in parts],
        crs=roads.crs,
    )


def _passed(cut: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> list[list[int]]:
    """Return which villages each stretch passes within their radius."""
    shapes = cut.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found: list[list[int]] = [[] for _ in shapes]
    for number, (place, reach) in enumerate(
        zip(villages.geometry, villages["radius_m"], strict=True)
    ):
        for stretch in np.sort(tree.query(place, predicate="dwithin", distance=float(reach))):
            found[stretch].append(number)
    return found


def _chosen(
    cut: gpd.GeoDataFrame, passed: list[list[int]], villages: gpd.GeoDataFrame
) -> list[tuple[int, list[int]]]:
    """Take the stretch that answers most, again and again, each village once."""
    gain = villages[list(_GAINS)].to_numpy(float)
    length_m = cut.geometry.length.to_numpy()
    left = {place: numbers for place, numbers in enumerate(passed) if numbers}
    chosen = []
    while left:
        worth = {
            place: (*gain[numbers].sum(axis=0), -length_m[place], -place)
            for place, numbers in left.items()
        }
        best = max(left, key=worth.__getitem__)
        answered = left.pop(best)
        chosen.append((best, answered))
        remaining = {p: [n for n in numbers if n not in answered] for p, numbers in left.items()}
        left = {place: numbers for place, numbers in remaining.items() if numbers}
    return chosen


def _told(stretch: Any, answered: gpd.GeoDataFrame) -> dict[str, Any]:
    return {
        "road_class": stretch["road_class"],
        "length_m": round(float(stretch.geometry.length), 1),
        "villages": len(answered),
        "households": int(answered["households"].fillna(0).sum()),
        "village_ids": ", ".join(answered["village_id"].astype(str)),
        **{name: round(float(answered[name].sum()), 1) for name in _GAINS},
        "geometry": stretch.geometry,
    }


def _table(found: list[dict[str, Any]], inputs: Inputs) -> gpd.GeoDataFrame:
    """Add ranks, the ends in degrees, and how many samples lie along each stretch already."""
    lines = gpd.GeoSeries([row["geometry"] for row in found], crs=inputs.grid.crs)
    degrees = lines.to_crs(_DEGREES)
    ends = [(line.coords[0], line.coords[-1]) for line in degrees]
    table = pd.DataFrame(found, columns=_COLUMNS).assign(
        drive_rank=np.arange(1, len(found) + 1),
        samples_near=_samples_near(lines, inputs),
        longitude_from=[round(a[0], 6) for a, _ in ends],
        latitude_from=[round(a[1], 6) for a, _ in ends],
        longitude_to=[round(b[0], 6) for _, b in ends],
        latitude_to=[round(b[1], 6) for _, b in ends],
    )
    return gpd.GeoDataFrame(
        table.reindex(columns=list(_COLUMNS)), geometry=lines.to_numpy(), crs=inputs.grid.crs
    )


def _samples_near(lines: gpd.GeoSeries, inputs: Inputs) -> list[int]:
    """Count the samples within a pixel of each line."""
    if inputs.measurements is None or inputs.measurements.empty:
        return [0] * len(lines)
    points = inputs.measurements.geometry
    tree = cKDTree(np.column_stack([points.x, points.y]))
    near = inputs.grid.resolution_m
    counts = []
    for line in lines:
        along = shapely.get_coordinates(shapely.segmentize(line, _STEP_M))
        hits: Any = tree.query_ball_point(along, near)
        counts.append(len({number for hit in hits for number in hit}))
    return counts
