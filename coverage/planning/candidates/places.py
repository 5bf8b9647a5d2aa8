"""New sites on hilltops and in villages, and small cells on satellite links in villages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coverage.model import Inputs
from coverage.params import Scenario
from coverage.planning.candidates.draft import Draft
from coverage.planning.candidates.ground import centre, hilltops, near_road, unfit
from coverage.planning.candidates.promise import promising


def add_on_new_places(
    inputs: Inputs, scenario: Scenario, wanted: pd.DataFrame, draft: Draft
) -> None:
    """Add new sites where one may stand, and to every village a small cell of its own."""
    rules = scenario.planning
    spots = hilltops(inputs, scenario)
    spots["place_id"] = [f"H-{r}-{c}" for r, c in zip(spots["row"], spots["col"], strict=True)]
    spots["has_grid_power"] = None
    own = wanted[["row", "col"]].assign(
        place_id=[f"V-{name}" for name in wanted["village_id"]],
        has_grid_power=wanted["has_grid_power"].to_numpy(dtype=object),
    )
    reached = near_road(inputs, own, rules.candidates.road_reach_m)
    own["may_mast"] = reached & ~unfit(inputs, scenario)[own["row"], own["col"]]
    spots["may_mast"] = True
    spots = pd.concat([own, spots], ignore_index=True)
    known = ~np.isnan(inputs.terrain_m[spots["row"], spots["col"]])
    looked = spots.assign(height_m=rules.macro.antenna_height_m)
    chosen = promising(inputs, scenario, looked, wanted, known)
    chosen[: len(own)] |= known[: len(own)]
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
