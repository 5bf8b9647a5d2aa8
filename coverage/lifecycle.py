"""The life of a gap: open, assigned, planned, on air, verified; told by people, beside prediction.

The table of updates is a history of its own. The newest update counts; it never changes what was
predicted or reported. Where it says that there is service and prediction says none, both are shown.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from coverage.errors import Problem
from coverage.params import GAP_STATUSES, TECHNOLOGIES
from coverage.tables import flags
from coverage.text import Text

SERVED_STATUSES: Final = ("on_air", "verified")
_LISTED: Final = 20
NOT_RECORDED: Final = "not_recorded"
_FIBRE: Final = "fibre"
_OF_NEWEST: Final = {
    "gap_status": "status",
    "gap_status_date": "date",
    "gap_operator": "operator",
    "gap_planned_date": "planned_date",
}


def of_villages(villages: pd.DataFrame, updates: pd.DataFrame) -> pd.DataFrame:
    """Give each village the newest update of every technology that the table speaks of.

    Parameters
    ----------
    villages
        With `village_id` and `signal_class_t`; `has_fibre` where the project knows it.
    updates
        The table `gap_status`: dates as text, an update without one counts as older than all
        others, of two on one day the lower row is the newer.

    Returns
    -------
    DataFrame
        Indexed as the villages, per technology t (3g, 4g, 5g, fibre): `gap_status_t` ("" where
        nothing was told), `gap_status_date_t`, `gap_operator_t`, `gap_planned_date_t`, and
        `gap_conflict_t`: told to be in service, but none is predicted (fibre: the village table has
        none); empty where that is not known.
    """
    table = pd.DataFrame(index=villages.index)
    newest = updates.sort_values("date", kind="stable")
    newest = newest.drop_duplicates(["village_id", "technology"], keep="last")
    for technology in (*TECHNOLOGIES, _FIBRE):
        told = newest[newest["technology"] == technology].set_index("village_id")
        if told.empty:
            continue
        tag = technology.lower()
        for name, source in _OF_NEWEST.items():
            values = told[source] if source in told.columns else pd.Series("", index=told.index)
            table[f"{name}_{tag}"] = villages["village_id"].map(values).fillna("")
        claimed = table[f"gap_status_{tag}"].isin(SERVED_STATUSES)
        lacking = _lacking(villages, tag)
        table[f"gap_conflict_{tag}"] = (lacking & claimed).mask(lacking.isna() & claimed)
    return table


def statistics(villages: pd.DataFrame) -> pd.DataFrame:
    """Count villages, households and people by technology, operator in charge and status.

    Parameters
    ----------
    villages
        With the columns of `of_villages`.

    Returns
    -------
    DataFrame
        `technology`, `operator` ("" for all together), `status`, `villages`, `households`,
        `population`, `villages_lacking` (no signal predicted, or no fibre), `villages_in_conflict`.
        The rows of all operators hold every status, `not_recorded` included, and sum to all
        villages; those of an operator hold only what it has in charge.
    """
    rows = []
    for technology in (*TECHNOLOGIES, _FIBRE):
        tag = technology.lower()
        if f"gap_status_{tag}" not in villages.columns:
            continue
        status = villages[f"gap_status_{tag}"].where(
            villages[f"gap_status_{tag}"] != "", NOT_RECORDED
        )
        counts = pd.DataFrame(
            {
                "villages": 1,
                "households": villages["households"].astype("int64"),
                "population": villages["population"].astype("int64"),
                "villages_lacking": _lacking(villages, tag).fillna(False).astype("int64"),
                "villages_in_conflict": villages[f"gap_conflict_{tag}"]
                .fillna(False)
                .astype("int64"),
            },
            index=villages.index,
        )
        operator = villages[f"gap_operator_{tag}"]
        whole = counts.groupby(status).sum().reindex([*GAP_STATUSES, NOT_RECORDED], fill_value=0)
        rows.append(_titled(whole, technology, ""))
        for name in sorted(set(operator) - {""}):
            part = counts[operator == name].groupby(status).sum()
            in_order = [s for s in GAP_STATUSES if s in part.index]
            rows.append(_titled(part.reindex(in_order), technology, name))
    return pd.concat(rows, ignore_index=True)


def _lacking(villages: pd.DataFrame, tag: str) -> pd.Series:
    """Say which villages have no service as far as the tool knows; NA where it does not."""
    if tag == _FIBRE:
        if "has_fibre" not in villages.columns:
            return pd.Series(pd.NA, index=villages.index, dtype="boolean")
        return ~flags(villages["has_fibre"])
    grade = villages[f"signal_class_{tag}"]
    return (grade == "none").astype("boolean").mask(grade == "unknown")


def _titled(sums: pd.DataFrame, technology: str, operator: str) -> pd.DataFrame:
    table = sums.rename_axis("status").reset_index()
    table.insert(0, "technology", technology)
    table.insert(1, "operator", operator)
    return table


def remarks(villages: pd.DataFrame) -> tuple[Problem, ...]:
    """Say of which villages service is told though none is predicted; neither overwrites."""
    columns = [name for name in villages.columns if name.startswith("gap_conflict_")]
    return tuple(
        Problem(
            severity="warning",
            rule="status_against_prediction",
            file="gap_status",
            column=name.replace("conflict", "status"),
            value=", ".join(villages.loc[in_conflict, "village_id"].astype(str).head(_LISTED)),
            count=int(in_conflict.sum()),
            what=Text(
                "ghi là đã phát sóng nhưng dự báo (hoặc bảng thôn) cho thấy chưa có",
                "told to be in service, but prediction (or the village table) says there is none",
            ),
            fix=Text(
                "Đo kiểm tại thôn; cả hai thông tin được giữ lại.",
                "Measure in the village; both statements are kept.",
            ),
        )
        for name in columns
        if (in_conflict := villages[name].fillna(False).astype(bool)).any()
    )
