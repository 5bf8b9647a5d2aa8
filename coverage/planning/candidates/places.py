"""New sites on hilltops and in villages, and small cells on satellite links in villages."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import ScenarioError
from coverage.grid import BoolArray
from coverage.model import Inputs
from coverage.params import Scenario
from coverage.planning.candidates.draft import Draft
from coverage.planning.candidates.ground import centre, hilltops, near_road
from coverage.planning.candidates.promise import promising
from coverage.text import Text


def add_on_new_places(
    inputs: Inputs, scenario: Scenario, wanted: pd.DataFrame, wrong: BoolArray, draft: Draft
) -> None:
    """Add new sites where one may stand, and to every village a small cell of its own.

    `wrong` is the ground no mast can stand on.
    """
    rules = scenario.planning
    spots = hilltops(inputs, scenario, wrong)
    spots["place_id"] = [f"H-{r}-{c}" for r, c in zip(spots["row"], spots["col"], strict=True)]
    spots["has_grid_power"] = None
    own = wanted[["row", "col"]].assign(
        place_id=[f"V-{name}" for name in wanted["village_id"]],
        has_grid_power=wanted["has_grid_power"].to_numpy(dtype=object),
    )
    reached = near_road(inputs, own, rules.candidates.road_reach_m)
    own["may_mast"] = reached & ~wrong[own["row"], own["col"]]
    named = _named_places(inputs, scenario)
    spots = pd.concat([own, named, spots.assign(may_mast=True)], ignore_index=True)
    known = ~np.isnan(inputs.terrain_m[spots["row"], spots["col"]])
    looked = spots.assign(height_m=rules.macro.antenna_height_m)
    chosen = promising(inputs, scenario, looked, wanted, known)
    in_any_case = len(own) + len(named)
    chosen[:in_any_case] |= known[:in_any_case]
    for number in np.flatnonzero(chosen):
        spot = spots.iloc[int(number)]
        point = centre(inputs.grid, int(spot["row"]), int(spot["col"]))
        common = {"place_id": spot["place_id"], "has_grid_power": spot["has_grid_power"]}
        if spot["may_mast"]:
            draft.add(
                rules.macro,
                point,
                height_m=rules.macro.antenna_height_m,
                action_id=f"N-{spot['place_id']}",
                kind="new_site",
                cost="new_site",
                load="new_site",
                needs_backhaul=True,
                **common,
            )
        if number < len(own) and known[number]:
            draft.add(
                rules.small,
                point,
                height_m=rules.small.antenna_height_m,
                action_id=f"S-{spot['place_id']}",
                kind="satellite",
                cost="small_cell",
                load="small_cell",
                **common,
            )


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
