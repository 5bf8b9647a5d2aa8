"""Where something can stand: hilltops, slopes, water, roads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from coverage.grid import BoolArray, Grid
from coverage.model import Inputs
from coverage.params import Scenario

_FAR_BELOW_M = -1_000.0
_NO_REACH_M = 1e-9


def hilltops(inputs: Inputs, scenario: Scenario, wrong: BoolArray) -> pd.DataFrame:
    """Return `row` and `col` of the highest grounds around that are not `wrong` for a mast."""
    rules, grid = scenario.planning.candidates, inputs.grid
    reach = max(1, round(rules.prominence_radius_m / grid.resolution_m))
    side = 2 * reach + 1
    height_m = np.nan_to_num(inputs.terrain_m, nan=_FAR_BELOW_M)
    top = height_m == ndimage.maximum_filter(height_m, size=side)
    around_m = ndimage.uniform_filter(height_m, size=side)
    tops = top & (height_m - around_m >= rules.min_prominence_m) & ~wrong
    row, col = np.nonzero(tops)
    spots = pd.DataFrame({"row": row, "col": col})
    near = near_road(inputs, spots, rules.road_reach_m)
    return spots[near].reset_index(drop=True)


def unfit(inputs: Inputs, scenario: Scenario) -> BoolArray:
    """Return the ground no mast can stand on: unknown, too steep, or water."""
    rules = scenario.planning.candidates
    rise = np.gradient(inputs.terrain_m.astype(np.float64), inputs.grid.resolution_m)
    with np.errstate(invalid="ignore"):
        steep = np.hypot(*rise) > np.tan(np.radians(rules.max_slope_deg))
    wrong = steep | np.isnan(inputs.terrain_m)
    if inputs.land_cover is not None:
        wrong |= np.isin(inputs.land_cover, rules.water_codes)
    return np.asarray(wrong)


def near_road(inputs: Inputs, spots: pd.DataFrame, reach_m: float) -> BoolArray:
    """Return which places are in reach of a road; without a road layer every one is."""
    if inputs.roads is None or spots.empty:
        return np.ones(len(spots), dtype=bool)
    points = [centre(inputs.grid, r, c) for r, c in zip(spots["row"], spots["col"], strict=True)]
    tree = shapely.STRtree(inputs.roads.geometry.to_numpy())
    found = tree.query_nearest(points, max_distance=reach_m or _NO_REACH_M, all_matches=False)
    near = np.zeros(len(spots), dtype=bool)
    near[found[0]] = True
    return near


def centre(grid: Grid, row: int, col: int) -> shapely.Point:
    """Return the middle of a cell of the grid."""
    return shapely.Point(
        grid.west_m + (col + 0.5) * grid.resolution_m,
        grid.north_m - (row + 0.5) * grid.resolution_m,
    )
