"""The tables of villages and stations as editors; every change is a step of the draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

import pandas as pd
import streamlit as st

from coverage.errors import Problem
from coverage.model import Inputs
from coverage.revision.drafts import Work
from coverage.revision.edits import CellEdit, Edit, RowRemoved, TableRole, edited, touched
from coverage.revision.rows import Rows, problems_of
from coverage.schema import TABLES, Column, Kind
from coverage.tables import as_words, numbers
from coverage.text import Text, without_accents
from coverage.ui import access, data_checks, drafting, kept
from coverage.ui.speech import digits, say, told

_TITLES: Final[Mapping[TableRole, Text]] = {
    "villages": Text("Thôn", "Villages"),
    "stations": Text("Trạm, ô phủ", "Stations, cells"),
}
_NAMES: Final = ("name", "village_id", "commune_name", "site_id", "cell_id", "operator")
_HEIGHT: Final = 430


def show(inputs: Inputs, work: Work) -> bool:
    """Show an editor of the chosen table; return whether the draft has errors."""
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        role = st.segmented_control(
            say("Bảng", "Table"),
            get_args(TableRole),
            format_func=lambda name: told(_TITLES[name]),
            default="villages",
            required=True,
            key="edit_role",
        )
    with right:
        sought = st.text_input(
            say("Tìm theo tên, mã, nhà mạng", "Find by name, id or operator"),
            key="edit_sought",
            placeholder=say("ví dụ: Na Lai, Viettel", "such as Na Lai, Viettel"),
        )
    rows = kept.rows_of(drafting.hash_of(inputs, role), drafting.open_path(), role)
    _editor(inputs, rows, work, str(sought or ""))
    return problems(inputs, work)


def problems(inputs: Inputs, work: Work) -> bool:
    """Tell what a check says of the changed rows; return whether there are errors."""
    found: list[Problem] = []
    for role in get_args(TableRole):
        numbers_of_rows = touched(work.steps, role)
        if not numbers_of_rows:
            continue
        rows = kept.rows_of(drafting.hash_of(inputs, role), drafting.open_path(), role)
        table = edited(rows.table, work.steps, role)
        found += problems_of(table, numbers_of_rows, inputs, role, file=rows.file)
    if not found:
        return False
    has_errors = any(problem.severity == "error" for problem in found)
    if has_errors:
        st.error(
            say(
                "Các dòng vừa sửa có lỗi; sửa tiếp hoặc hoàn tác rồi mới lưu được.",
                "The rows just changed have errors; mend or undo them before saving.",
            )
        )
    data_checks.problems(found)
    return has_errors


def _editor(inputs: Inputs, rows: Rows, work: Work, sought: str) -> None:
    """Show the rows that match; the editor keeps what was typed until its key changes."""
    key = f"edit_{rows.role}_{drafting.epoch()}_{sought}"
    # What the editor began with: its own memory holds what was typed since.
    base = st.session_state.setdefault(
        f"base_{key}", _matching(edited(rows.table, work.steps, rows.role), sought)
    )
    st.caption(
        say(
            f"{digits(len(base))} / {digits(len(rows.table))} dòng. Bấm đúp vào ô để sửa; chọn "
            "dòng ở lề trái để xóa. Ô trống nghĩa là chưa rõ.",
            f"{digits(len(base))} of {digits(len(rows.table))} rows. Double-click a cell to "
            "change it; mark rows at the left to delete them. An empty cell means unknown.",
        )
    )
    columns = {name: _column_of(rows.role, name) for name in base.columns}
    shown = pd.DataFrame({name: _shown(base[name], column) for name, column in columns.items()})
    st.data_editor(
        shown.rename_axis(say("Dòng", "Row")),
        key=key,
        num_rows="delete",
        height=_HEIGHT,
        width="stretch",
        disabled=not access.may_edit(),
        on_change=_take,
        args=(inputs, rows, base, key),
        column_config={name: _config(name, base[name], column) for name, column in columns.items()},
    )


def _matching(table: pd.DataFrame, sought: str) -> pd.DataFrame:
    words = without_accents(sought)
    if not words:
        return table
    places = [name for name in _NAMES if name in table.columns]
    found = table[places].map(lambda cell: words in without_accents(cell)).any(axis=1)
    return table[found]


def _column_of(role: TableRole, name: str) -> Column | None:
    return TABLES[role].column(name)


def _is_numeric(cells: pd.Series, column: Column | None) -> bool:
    """Whether a column can be shown as numbers without losing what stands in it."""
    if column is None or column.kind not in {Kind.NUMBER, Kind.COUNT}:
        return False
    return bool((numbers(cells).notna() | (cells == "")).all())


def _shown(cells: pd.Series, column: Column | None) -> pd.Series:
    if _is_numeric(cells, column):
        return numbers(cells)
    return cells.where(cells != "", None)


def _config(name: str, cells: pd.Series, column: Column | None) -> Any:
    """Return how a column is edited: numbers, a list to choose from, or text."""
    if column is None:
        return st.column_config.TextColumn(name)
    title = told(column.title)
    hint = f"{name}: {told(column.meaning)}{f' ({column.unit})' if column.unit else ''}"
    if _is_numeric(cells, column):
        return st.column_config.NumberColumn(
            title,
            help=hint,
            step=1 if column.kind is Kind.COUNT else None,
            format="%.6f" if name in {"longitude", "latitude"} else None,
        )
    options: list[str] = []
    if column.kind is Kind.CHOICE:
        options = list(column.choices)
    elif column.kind is Kind.FLAG:
        options = ["True", "False"]
    if options:
        others = sorted({str(cell) for cell in cells if cell and cell not in options})
        return st.column_config.SelectboxColumn(title, help=hint, options=[*options, *others])
    return st.column_config.TextColumn(title, help=hint, pinned=name in {"name", "cell_id"})


def _take(inputs: Inputs, rows: Rows, base: pd.DataFrame, key: str) -> None:
    """Turn what the editor holds into the step that leads from the draft to it."""
    typed: Any = st.session_state[key]
    now = edited(rows.table, drafting.shown().steps, rows.role)
    edits: list[Edit] = []
    for place in typed["deleted_rows"]:
        number = int(base.index[int(place)])
        if number in now.index:
            edits.append(RowRemoved(row=number, cells=_cells(now, number)))
    for place, cells in typed["edited_rows"].items():
        number = int(base.index[int(place)])
        if number not in now.index:
            continue
        for column, value in cells.items():
            if column not in now.columns:
                continue  # the number of a row stays what it is
            was = str(now.loc[number, column])
            becomes = str(as_words(pd.Series([value], dtype=object)).iloc[0])
            if was != becomes and not _same_number(was, becomes):
                edits.append(CellEdit(row=number, column=column, was=was, becomes=becomes))
    if not drafting.add_step(inputs, rows.role, tuple(edits)):
        drafting.new_epoch()


def _cells(table: pd.DataFrame, number: int) -> dict[str, str]:
    return {str(name): str(table.loc[number, name]) for name in table.columns}


def _same_number(was: str, becomes: str) -> bool:
    """Whether two texts are one number: an editor writes 105.850 as 105.85."""
    pair = numbers(pd.Series([was, becomes], dtype=object))
    return bool(pair.notna().all() and pair.iloc[0] == pair.iloc[1] and was != "")
