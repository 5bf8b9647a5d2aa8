"""What could be built where, for every village that is not served.

Existing masts may get 4G or the low band, or a further site that shares them; hilltops and villages
in reach of a road may get a new site; a village may get a small cell on a satellite link. Only
places that promise most for some unserved village are kept: promise is free-space loss plus a share
of how far the terrain stands in the line of sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage
from scipy.spatial import cKDTree

from coverage.errors import ScenarioError
from coverage.grid import BoolArray, Grid
from coverage.links import existing_masts
from coverage.model import Inputs, Result
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY, CellTemplate, Scenario
from coverage.propagation.hop_clearance import hop_rooms_m
from coverage.text import Text

_SIGHT: Final = np.array([(4.0 / 3.0, 0.0, 0.0)])
"""Clearance of a mere line of sight at the median k."""
_NO_CLUTTER: Final = np.empty((0, 0), dtype=np.float32)
_FLOOR_M: Final = -500.0
_DB_PER_BLOCKED_M: Final = 0.2
_FIRST_BLOCK_DB: Final = 6.0

CELL_COLUMNS: Final = (
    "cell_id",
    "site_id",
    "operator",
    "technology",
    "frequency_mhz",
    "bandwidth_mhz",
    "antenna_height_m",
    "azimuth_deg",
    "beamwidth_deg",
    "downtilt_deg",
    "eirp_dbm",
    "status",
    "geometry",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Actions that could be taken, and the cells each would put on air.

    `actions`: `action_id`, `kind`, `place_id` (actions of one place exclude each other), `cost`
    (kind of action in the prices), `load` (in the power rules; "" where power is there already),
    `needs_backhaul`, `has_grid_power` (yes, no, None), `x_m`, `y_m`, `height_m`, `backhaul_kind`
    (of the mast it stands on). Ordered by id. `cells` are rows of a station table whose `operator`
    is the action's id. `villages` are positions of the villages to serve.
    """

    actions: pd.DataFrame
    cells: gpd.GeoDataFrame
    villages: np.ndarray[Any, np.dtype[np.int64]]


def unserved(result: Result, scenario: Scenario) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the positions of villages whose 4G is known and does not count as served."""
    grade = result.villages[f"signal_class_{MAIN_TECHNOLOGY.lower()}"]
    served = COVERED_CLASSES if scenario.planning.serve == "covered" else ("good",)
    return np.flatnonzero(~grade.isin([*served, "unknown"]).to_numpy())


def make_candidates(result: Result, scenario: Scenario) -> Candidates:
    """Return every action that could serve a village that is not served now."""
    inputs = result.inputs
    targets = unserved(result, scenario)
    villages = result.villages.iloc[targets]
    row, col = inputs.grid.rowcol(villages.geometry.x, villages.geometry.y)
    wanted = pd.DataFrame(
        {
            "row": row,
            "col": col,
            "village_id": villages["village_id"].to_numpy(dtype=object),
            "households": villages["households"].to_numpy(dtype=float),
            "has_grid_power": villages["has_grid_power"].to_numpy(dtype=object),
        }
    )
    rows: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    if len(villages):
        _on_masts(inputs, scenario, wanted, rows, cells)
        _on_new_places(result, scenario, wanted, rows, cells)
    rules = scenario.planning
    named = {*rules.must, *rules.must_not}
    rows = [r for r in rows if r["kind"] in rules.kinds or r["action_id"] in named]
    allowed = {r["action_id"] for r in rows}
    cells = [c for c in cells if c["operator"] in allowed]
    order = sorted(range(len(rows)), key=lambda i: str(rows[i]["action_id"]))
    names = ["action_id", "kind", "place_id", "cost", "load", "needs_backhaul", "has_grid_power"]
    names += ["x_m", "y_m", "height_m", "backhaul_kind"]
    return Candidates(
        actions=pd.DataFrame([rows[i] for i in order], columns=names),
        cells=gpd.GeoDataFrame(
            pd.DataFrame(cells, columns=list(CELL_COLUMNS)),
            geometry="geometry",
            crs=inputs.grid.crs,
        ),
        villages=targets,
    )


def _on_masts(
    inputs: Inputs,
    scenario: Scenario,
    wanted: pd.DataFrame,
    rows: list[dict[str, Any]],
    cells: list[dict[str, Any]],
) -> None:
    """Add 4G or the low band to masts that stand, or a site that shares them."""
    rules = scenario.planning
    stations = inputs.stations[inputs.stations["status"] == "active"]
    if stations.empty:
        return
    masts = existing_masts(inputs.stations, scenario.links)
    mast_id = stations["site_id"].astype(str)
    if "mast_id" in stations.columns:
        mast_id = stations["mast_id"].where(stations["mast_id"].fillna("") != "", mast_id)
    by_mast = dict(tuple(stations.groupby(mast_id.astype(str).to_numpy(), sort=True)))
    top_m = np.array([by_mast[name]["antenna_height_m"].max() for name in masts["place_id"]])
    row, col = inputs.grid.rowcol(masts["x_m"], masts["y_m"])
    known = (row >= 0) & ~np.isnan(inputs.terrain_m[row, col])
    spots = pd.DataFrame({"row": row, "col": col, "height_m": top_m})
    for mast in np.flatnonzero(known & _promising(inputs, scenario, spots, wanted, known)):
        name = str(masts["place_id"].iloc[mast])
        here = by_mast[name]
        main = here[here["technology"] == MAIN_TECHNOLOGY]
        has_low_band = (
            not main.empty and main["frequency_mhz"].min() <= rules.candidates.low_band_mhz
        )
        kind = "new_site" if has_low_band else "upgrade"
        action = f"{'X' if has_low_band else 'U'}-{name}"
        cost = "upgrade_4g" if main.empty else "upgrade_low_band"
        rows.append(
            {
                "action_id": action,
                "kind": kind,
                "place_id": f"M-{name}",
                "cost": "shared_site" if has_low_band else cost,
                "load": "shared_site" if has_low_band else "",
                "needs_backhaul": False,
                "has_grid_power": None,
                "x_m": float(masts["x_m"].iloc[mast]),
                "y_m": float(masts["y_m"].iloc[mast]),
                "height_m": float(top_m[mast]),
                "backhaul_kind": str(masts["backhaul"].iloc[mast]),
            }
        )
        point = here.geometry.iloc[0]
        cells += _cells(action, rules.macro, point, height_m=float(top_m[mast]))


def _on_new_places(
    result: Result,
    scenario: Scenario,
    wanted: pd.DataFrame,
    rows: list[dict[str, Any]],
    cells: list[dict[str, Any]],
) -> None:
    """Add new sites on hilltops and in villages, and small cells on satellite links in villages."""
    inputs, rules = result.inputs, scenario.planning
    spots = _hilltops(inputs, scenario)
    spots["place_id"] = [f"H-{r}-{c}" for r, c in zip(spots["row"], spots["col"], strict=True)]
    spots["has_grid_power"] = None
    own = wanted[["row", "col"]].assign(
        place_id=[f"V-{name}" for name in wanted["village_id"]],
        has_grid_power=wanted["has_grid_power"].to_numpy(dtype=object),
    )
    near_road = _near_road(inputs, own, rules.candidates.road_reach_m)
    own["may_mast"] = near_road & ~_unfit(inputs, scenario)[own["row"], own["col"]]
    named = _named_places(inputs, scenario)
    spots = pd.concat([own, named, spots.assign(may_mast=True)], ignore_index=True)
    known = ~np.isnan(inputs.terrain_m[spots["row"], spots["col"]])
    looked = spots.assign(height_m=rules.macro.antenna_height_m)
    promising = _promising(inputs, scenario, looked, wanted, known)
    in_any_case = len(own) + len(named)
    promising[:in_any_case] |= known[:in_any_case]
    for number in np.flatnonzero(promising):
        spot = spots.iloc[int(number)]
        point = _centre(inputs.grid, int(spot["row"]), int(spot["col"]))
        base = {
            "place_id": spot["place_id"],
            "has_grid_power": spot["has_grid_power"],
            "x_m": point.x,
            "y_m": point.y,
            "backhaul_kind": "",
        }
        ladder = []
        if spot["may_mast"]:
            ladder.append(("N", "new_site", "new_site", True, rules.macro))
        if number < len(own) and known[number]:
            ladder.append(("S", "satellite", "small_cell", False, rules.small))
        for letter, kind, cost, needs_backhaul, template in ladder:
            action = f"{letter}-{spot['place_id']}"
            rows.append(
                base
                | {"action_id": action, "kind": kind, "cost": cost, "load": cost}
                | {"needs_backhaul": needs_backhaul, "height_m": template.antenna_height_m}
            )
            cells += _cells(action, template, point, height_m=template.antenna_height_m)


def _named_places(inputs: Inputs, scenario: Scenario) -> pd.DataFrame:
    """Return the places that the scenario names, whatever ground and road say of them."""
    wanted = scenario.planning.candidates.extra
    longitudes, latitudes = zip(*wanted, strict=True) if wanted else ((), ())
    points = gpd.GeoSeries(gpd.points_from_xy(longitudes, latitudes), crs="EPSG:4326")
    points = points.to_crs(inputs.grid.crs)
    row, col = inputs.grid.rowcol(points.x, points.y)
    outside = [place for place, r in zip(wanted, row, strict=True) if r < 0]
    if outside:
        raise ScenarioError(
            Text(
                f"[scenario.planning.candidates] extra: {outside} nằm ngoài vùng tính. Viết "
                "[kinh độ, vĩ độ] trong vùng.",
                f"[scenario.planning.candidates] extra: {outside} lie outside the area. Write "
                "[longitude, latitude] inside it.",
            )
        )
    places = pd.DataFrame({"row": row, "col": col}).drop_duplicates(ignore_index=True)
    names = [f"E-{r}-{c}" for r, c in zip(places["row"], places["col"], strict=True)]
    return places.assign(place_id=names, has_grid_power=None, may_mast=True)


def _cells(
    action: str, template: CellTemplate, point: shapely.Point, *, height_m: float
) -> list[dict[str, Any]]:
    return [
        {
            "cell_id": f"{action}-{number}",
            "site_id": action,
            "operator": action,
            "technology": MAIN_TECHNOLOGY,
            "frequency_mhz": template.frequency_mhz,
            "bandwidth_mhz": template.bandwidth_mhz,
            "antenna_height_m": height_m,
            "azimuth_deg": azimuth,
            "beamwidth_deg": template.beamwidth_deg,
            "downtilt_deg": template.downtilt_deg,
            "eirp_dbm": template.eirp_dbm,
            "status": "active",
            "geometry": point,
        }
        for number, azimuth in enumerate(template.azimuths_deg or (np.nan,), start=1)
    ]


def _hilltops(inputs: Inputs, scenario: Scenario) -> pd.DataFrame:
    """Return highest grounds around, on which a mast may stand."""
    rules, grid = scenario.planning.candidates, inputs.grid
    reach = max(1, round(rules.prominence_radius_m / grid.resolution_m))
    side = 2 * reach + 1
    height_m = np.nan_to_num(inputs.terrain_m, nan=-1_000.0)
    top = height_m == ndimage.maximum_filter(height_m, size=side)
    around_m = ndimage.uniform_filter(height_m, size=side)
    tops = top & (height_m - around_m >= rules.min_prominence_m) & ~_unfit(inputs, scenario)
    row, col = np.nonzero(tops)
    spots = pd.DataFrame({"row": row, "col": col})
    near = _near_road(inputs, spots, rules.road_reach_m)
    return spots[near].reset_index(drop=True)


def _unfit(inputs: Inputs, scenario: Scenario) -> BoolArray:
    """Ground no mast can stand on: unknown, too steep, or water."""
    rules = scenario.planning.candidates
    rise = np.gradient(inputs.terrain_m.astype(np.float64), inputs.grid.resolution_m)
    with np.errstate(invalid="ignore"):
        steep = np.hypot(*rise) > np.tan(np.radians(rules.max_slope_deg))
    unfit = steep | np.isnan(inputs.terrain_m)
    if inputs.land_cover is not None:
        unfit |= np.isin(inputs.land_cover, rules.water_codes)
    return np.asarray(unfit)


def _near_road(inputs: Inputs, spots: pd.DataFrame, reach_m: float) -> BoolArray:
    """Whether each place is in reach of a road; without a road layer every place is."""
    if inputs.roads is None or spots.empty:
        return np.ones(len(spots), dtype=bool)
    points = [_centre(inputs.grid, r, c) for r, c in zip(spots["row"], spots["col"], strict=True)]
    tree = shapely.STRtree(inputs.roads.geometry.to_numpy())
    found = tree.query_nearest(points, max_distance=reach_m or 1e-9, all_matches=False)
    near = np.zeros(len(spots), dtype=bool)
    near[found[0]] = True
    return near


def _promising(
    inputs: Inputs,
    scenario: Scenario,
    spots: pd.DataFrame,
    wanted: pd.DataFrame,
    usable: BoolArray,
) -> BoolArray:
    """Whether a place is among the most promising for some village, or for all it reaches."""
    rules, resolution_m = scenario.planning.candidates, inputs.grid.resolution_m
    chosen = np.zeros(len(spots), dtype=bool)
    index = np.flatnonzero(usable)
    if not index.size:
        return chosen
    here = wanted[["row", "col"]].to_numpy(dtype=float)
    there = spots[["row", "col"]].to_numpy(dtype=float)[index]
    pairs = cKDTree(here).query_ball_tree(cKDTree(there), rules.radius_km * 1000.0 / resolution_m)
    village = np.repeat(np.arange(len(here)), [len(p) for p in pairs])
    spot = np.array([s for p in pairs for s in sorted(p)], dtype=np.int64)
    if not spot.size:
        return chosen
    away_m = np.maximum(
        np.hypot(*(here[village] - there[spot]).T) * resolution_m, resolution_m / 2.0
    )
    ends = np.column_stack([there[spot][:, ::-1], here[village][:, ::-1]]) + 0.5
    height_m = spots["height_m"].to_numpy(dtype=float)[index][spot]
    room_m = hop_rooms_m(
        inputs.terrain_m,
        _NO_CLUTTER,
        resolution_m,
        ends,
        np.column_stack([height_m, np.full(spot.size, scenario.radio.rx_height_m)]),
        np.full(spot.size, scenario.planning.macro.frequency_mhz),
        _SIGHT,
        _FLOOR_M,
    )
    blocked_m = np.where(np.isnan(room_m), -_FLOOR_M, np.maximum(-room_m, 0.0))
    block_db = np.where(blocked_m > 0, _FIRST_BLOCK_DB + _DB_PER_BLOCKED_M * blocked_m, 0.0)
    loss_db = 20.0 * np.log10(away_m) + block_db
    reached = np.where(loss_db <= 20.0 * np.log10(rules.radius_km * 1000.0), 1.0, 0.0)
    reach = np.bincount(spot, reached * wanted["households"].to_numpy()[village], index.size)
    half = (rules.per_village + 1) // 2
    for merit in (loss_db, -reach[spot] + loss_db / 1e3):
        order = np.lexsort((spot, merit, village))
        first = np.searchsorted(village[order], village[order])
        chosen[index[spot[order[np.arange(order.size) - first < half]]]] = True
    return chosen


def _centre(grid: Grid, row: int, col: int) -> shapely.Point:
    return shapely.Point(
        grid.west_m + (col + 0.5) * grid.resolution_m,
        grid.north_m - (row + 0.5) * grid.resolution_m,
    )
