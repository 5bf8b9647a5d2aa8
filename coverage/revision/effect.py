"""What a change of the inputs changes for the villages."""

from __future__ import annotations

import pandas as pd

from coverage.model import Result
from coverage.params import SIGNAL_CLASSES, Technology


def changed_villages(before: Result, after: Result, technology: Technology) -> pd.DataFrame:
    """Return the villages of both results whose class differs, or that only the new one has.

    Returns
    -------
    DataFrame
        `village_id, name, commune_name, households, before, after`; `before` is "" for a new
        village. Those that gain most households come first.
    """
    column = f"signal_class_{technology.lower()}"
    earlier = before.villages.set_index("village_id")[column].astype(str)
    table = pd.DataFrame(
        {
            name: after.villages[name]
            for name in ("village_id", "name", "commune_name", "households")
        }
    )
    table["before"] = table["village_id"].map(earlier).fillna("")
    table["after"] = after.villages[column].astype(str)
    changed = table[table["before"] != table["after"]]
    order = {name: place for place, name in enumerate(SIGNAL_CLASSES)}
    worse = changed["before"].map(order).astype(float).fillna(len(order))
    return (
        changed.assign(gain=worse > changed["after"].map(order).astype(float))
        .sort_values(["gain", "households", "village_id"], ascending=[False, False, True])
        .drop(columns="gain")
        .reset_index(drop=True)
    )


def households_gained(changed: pd.DataFrame) -> int:
    """Return the households of villages that were not covered and are now."""
    covered = {"good", "weak"}
    gained = changed["after"].isin(covered) & changed["before"].isin({"none", "unknown"})
    return int(changed.loc[gained, "households"].sum())
