"""What standing masts could carry besides."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coverage.links import existing_masts
from coverage.model import Inputs
from coverage.params import MAIN_TECHNOLOGY, Scenario
from coverage.planning.candidates.draft import Draft
from coverage.planning.candidates.promise import promising


def add_on_masts(inputs: Inputs, scenario: Scenario, wanted: pd.DataFrame, draft: Draft) -> None:
    """Add to each promising mast 4G or the low band, or a site that shares it; or let it grow.

    A mast that grows carries a second set of antennas at its new top; what hangs on it stays, so
    that nobody loses service.
    """
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
    highest_m = max(rules.candidates.raises_m, default=0.0)
    spots = pd.DataFrame({"row": row, "col": col, "height_m": top_m + highest_m})
    for mast in np.flatnonzero(known & promising(inputs, scenario, spots, wanted, known)):
        name = str(masts["place_id"].iloc[mast])
        here = by_mast[name]
        main = here[here["technology"] == MAIN_TECHNOLOGY]
        has_low_band = (
            not main.empty and main["frequency_mhz"].min() <= rules.candidates.low_band_mhz
        )
        common = {
            "place_id": f"M-{name}",
            "stands_on": name,
            "backhaul_kind": str(masts["backhaul"].iloc[mast]),
        }
        point, height_m = here.geometry.iloc[0], float(top_m[mast])
        if has_low_band:
            ways = {"action_id": f"X-{name}", "kind": "new_site", "cost": "shared_site"}
            ways["load"] = "shared_site"
        else:
            cost = "upgrade_4g" if main.empty else "upgrade_low_band"
            ways = {"action_id": f"U-{name}", "kind": "upgrade", "cost": cost}
        draft.add(rules.macro, point, height_m=height_m, **(common | ways))
        for raise_m in rules.candidates.raises_m:
            draft.add(
                rules.macro,
                point,
                height_m=height_m + raise_m,
                action_id=f"R{raise_m:g}-{name}",
                kind="raise_mast",
                cost="raise_mast",
                raise_m=raise_m,
                **common,
            )
