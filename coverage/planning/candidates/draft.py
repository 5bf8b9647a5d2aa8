"""Actions and their cells, collected one by one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.params import MAIN_TECHNOLOGY, CellTemplate

ACTION_COLUMNS: Final = {
    "action_id": "",
    "kind": "",
    "place_id": "",
    "cost": "",
    "load": "",
    "needs_backhaul": False,
    "has_grid_power": None,
    "x_m": np.nan,
    "y_m": np.nan,
    "height_m": np.nan,
    "raise_m": 0.0,
    "stands_on": "",
    "donor": "",
    "backhaul_kind": "",
}
"""Columns of the table of actions, and what stands where an action says nothing.

`cost` is a kind of action in the prices, to which `raise_m` metres of mast are added; `load` one in
the power rules, "" where power is there already; `has_grid_power` yes, no or None; `stands_on` the
mast it uses; `donor` the site that a repeater repeats; `backhaul_kind` that of the mast.
"""
_CELL_COLUMNS: Final = (
    *("cell_id", "site_id", "operator", "technology", "frequency_mhz", "bandwidth_mhz"),
    *("antenna_height_m", "azimuth_deg", "beamwidth_deg", "downtilt_deg", "eirp_dbm", "status"),
    "geometry",
)


class Draft:
    """Actions in the making; of a kind that is not wanted, only those that are named are kept."""

    def __init__(self, kinds: Collection[str], named: Collection[str]) -> None:
        self._kinds, self._named = frozenset(kinds), frozenset(named)
        self._actions: list[dict[str, Any]] = []
        self._cells: list[dict[str, Any]] = []

    def add(
        self, template: CellTemplate, point: shapely.Point, *, height_m: float, **action: Any
    ) -> None:
        """Add an action that puts the template's cells on air at a height above ground."""
        name = action["action_id"]
        if action["kind"] not in self._kinds and name not in self._named:
            return
        self._actions.append(
            ACTION_COLUMNS | {"x_m": point.x, "y_m": point.y, "height_m": height_m} | action
        )
        self._cells += [
            {
                "cell_id": f"{name}-{number}",
                "site_id": name,
                "operator": name,
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

    def actions(self) -> pd.DataFrame:
        """Return the actions, ordered by id."""
        rows = sorted(self._actions, key=lambda row: str(row["action_id"]))
        return pd.DataFrame(rows, columns=list(ACTION_COLUMNS))

    def station_cells(self, crs: str) -> gpd.GeoDataFrame:
        """Return the cells as rows of a station table."""
        table = pd.DataFrame(self._cells, columns=list(_CELL_COLUMNS))
        return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
