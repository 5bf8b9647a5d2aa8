"""The table of gap updates: what can be wrong with it, and how a new update is put down."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.errors import InputDataError, Problem
from coverage.io.files import kind_of
from coverage.io.sheets import read_sheet
from coverage.io.writers import not_a_formula
from coverage.params import GAP_STATUSES
from coverage.schema import TABLES
from coverage.tables import Mask, Rule, check, rows_breaking
from coverage.text import Text
from coverage.whole import write_whole

_TABLE: Final = TABLES["gap_status"]
_COLUMNS: Final = tuple(column.name for column in _TABLE.columns)
_one_at_a_time = threading.Lock()

UNKNOWN_VILLAGE: Final = Rule(
    "unknown_village",
    Text(
        "mã thôn không có trong danh sách thôn; dòng được để riêng",
        "the village list has no such village; the row is set aside",
    ),
    Text(
        "Kiểm tra mã thôn; thôn đã sáp nhập thì ghi mã mới.",
        "Check the id; of a village that was merged write the new one.",
    ),
    "warning",
)
NO_DATE: Final = Rule(
    "no_date",
    Text(
        "không có ngày; dòng được coi là cũ hơn mọi dòng có ngày",
        "no date; the row counts as older than every dated one",
    ),
    Text("Hãy điền ngày cập nhật.", "Fill in the date of the update."),
    "warning",
)
PLANNED_WITHOUT_DATE: Final = Rule(
    "planned_without_date",
    Text(
        "tình trạng “có kế hoạch” nhưng không có ngày dự kiến",
        "status “planned” without a date foreseen",
    ),
    Text("Hãy điền cột planned_date.", "Fill in planned_date."),
    "warning",
)
WITHOUT_OPERATOR: Final = Rule(
    "no_operator_in_charge",
    Text(
        "đã giao hoặc có kế hoạch nhưng không ghi nhà mạng",
        "assigned or planned, but to no operator",
    ),
    Text("Hãy điền nhà mạng được giao.", "Fill in the operator in charge."),
    "warning",
)
BACKWARDS: Final = Rule(
    "status_backwards",
    Text(
        "tình trạng lùi lại so với lần cập nhật trước; lần mới nhất được dùng",
        "the status goes back from the update before; the newest one counts",
    ),
    Text(
        "Kiểm tra ngày và tình trạng; nếu đúng (ví dụ trạm ngừng) thì ghi lý do vào note.",
        "Check date and status; if it is right (a mast gone), say why in note.",
    ),
    "warning",
)


def gap_updates(
    updates: pd.DataFrame, villages: pd.DataFrame, *, file: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Look at the updates, and set those of unknown villages aside.

    Returns
    -------
    tuple
        The updates of known villages in file order, and what was found.
    """
    needed = {"village_id", "technology", "status", "date"}
    if not needed <= set(updates.columns) or "village_id" not in villages.columns:
        return updates, []
    problems: list[Problem] = []

    def tell(rule: Rule, wrong: pd.Series, column: str) -> None:
        mask: Mask = wrong.to_numpy(dtype=bool)
        words = updates[column].astype(str) if column in updates.columns else None
        rows = updates.index.to_numpy()
        problems.extend(rows_breaking(rule, mask, words, file=file, column=column, rows=rows))

    known = updates["village_id"].isin(villages["village_id"])
    planned = updates["status"] == "planned"
    tell(UNKNOWN_VILLAGE, ~known, "village_id")
    tell(NO_DATE, updates["date"] == "", "date")
    tell(PLANNED_WITHOUT_DATE, planned & (_texts(updates, "planned_date") == ""), "planned_date")
    in_charge = planned | (updates["status"] == "assigned")
    tell(WITHOUT_OPERATOR, in_charge & (_texts(updates, "operator") == ""), "operator")
    tell(BACKWARDS, _goes_back(updates), "status")
    return updates[known], problems


def append_gap_update(path: Path, update: Mapping[str, str]) -> None:
    """Add one update to the end of the table, which is made where there is none.

    Nothing that stands in the table is changed: rows are only added. The file is whole at every
    moment: the new one is written beside it and put in its place.

    Parameters
    ----------
    path
        A CSV file in UTF-8.
    update
        Texts by column: `village_id`, `technology`, `status`, `date`, and as far as known
        `operator`, `planned_date`, `who`, `note`.

    Raises
    ------
    InputDataError
        Where the update breaks a rule of the table, or the file is not such a table.
    CoverageError
        Where the file cannot be written.
    """
    name = path.name
    if unknown := sorted(set(update) - set(_COLUMNS)):
        raise InputDataError.about(
            name,
            "unknown_column",
            Text("bảng không có cột này", "the table has no such column"),
            Text(f"Các cột: {', '.join(_COLUMNS)}.", f"Columns: {', '.join(_COLUMNS)}."),
            column=unknown[0],
        )
    row = {column: update.get(column, "") for column in _COLUMNS}
    checked = check(pd.DataFrame([row], index=[1]), _TABLE, file=name)
    problems = [p for p in checked.problems if p.severity == "error"]
    if not row["date"].strip():
        problems.append(_missing_date(name))
    if problems:
        raise InputDataError(problems)
    plain = {c: str(not_a_formula(checked.frame[c].iloc[0])) for c in _COLUMNS}
    with _one_at_a_time:
        write_whole(path, _with_row(path, plain).encode("utf-8"))


def _with_row(path: Path, row: Mapping[str, str]) -> str:
    """Return the text of the table with one row more, in the columns and delimiter it has."""
    if not path.exists():
        return "\ufeff" + _line(_COLUMNS, ",") + _line([row[c] for c in _COLUMNS], ",")
    kind_of(path, ("csv",), name=path.name)
    header = [str(column) for column in read_sheet(path, name=path.name).columns]
    lacking = [c for c in _COLUMNS if c not in header and row[c]]
    if lacking:
        raise InputDataError.about(
            path.name,
            "missing_column",
            Text("bảng chưa có cột này", "the table lacks this column"),
            Text("Hãy thêm cột vào dòng tiêu đề.", "Add it to the header."),
            column=lacking[0],
        )
    text = path.read_bytes().decode("utf-8")
    first = text.removeprefix("\ufeff").splitlines()[0]
    delimiter = max((",", ";", "\t", "|"), key=first.count)
    end = "" if text.endswith(("\n", "\r")) else "\r\n"
    return text + end + _line([row.get(c, "") for c in header], delimiter)


def _line(cells: list[str] | tuple[str, ...], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def _goes_back(updates: pd.DataFrame) -> pd.Series:
    """Say which updates stand at an earlier station than the one before them."""
    ordered = updates.sort_values("date", kind="stable")
    station = ordered["status"].map({name: place for place, name in enumerate(GAP_STATUSES)})
    before = station.groupby([ordered["village_id"], ordered["technology"]]).shift()
    back: pd.Series = (station < before).reindex(updates.index)
    return back


def _texts(updates: pd.DataFrame, column: str) -> pd.Series:
    if column in updates.columns:
        return updates[column].fillna("")
    return pd.Series("", index=updates.index)


def _missing_date(name: str) -> Problem:
    return Problem(
        severity="error",
        rule=NO_DATE.code,
        file=name,
        column="date",
        what=Text("thiếu ngày cập nhật", "the date of the update is missing"),
        fix=NO_DATE.fix,
    )
