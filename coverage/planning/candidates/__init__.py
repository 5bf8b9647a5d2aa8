"""What could be built where, for every village that is not served.

A standing mast may get 4G or the low band, grow by some metres with new antennas at its top, or
carry a further site that shares it; a repeater may pass on what it hears near a village; hilltops
and villages in reach of a road may get a new site; a village may get a small cell on a satellite
link. Only places that promise most for some unserved village are kept: see `promise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.model import Result
from coverage.params import COVERED_CLASSES, MAIN_TECHNOLOGY, Scenario
from coverage.planning.candidates.draft import Draft
from coverage.planning.candidates.ground import unfit
from coverage.planning.candidates.masts import add_on_masts
from coverage.planning.candidates.places import add_on_new_places
from coverage.planning.candidates.repeaters import add_repeaters


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Actions that could be taken, and the cells each would put on air.

    `actions`: the columns of `draft.ACTION_COLUMNS`, ordered by id; actions of one `place_id`
    exclude each other. `cells` are rows of a station table whose `operator` is the action's id.
    `villages` are positions of the villages to serve.
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
    rules = scenario.planning
    draft = Draft(rules.kinds, {*rules.must, *rules.must_not})
    if len(villages):
        add_on_masts(inputs, scenario, wanted, draft)
        wrong = unfit(inputs, scenario)
        add_on_new_places(inputs, scenario, wanted, wrong, draft)
        add_repeaters(result, scenario, wanted, wrong, draft)
    return Candidates(
        actions=draft.actions(), cells=draft.station_cells(inputs.grid.crs), villages=targets
    )


__all__ = ["Candidates", "make_candidates", "unserved"]
