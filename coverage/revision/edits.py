"""Steps of an edit to the tables of a project, applied in order; each can be undone whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

import pandas as pd
from pydantic import Field

from coverage.validation import Frozen

TableRole = Literal["villages", "stations"]
ROW: Final = "row"
_LONGEST: Final = 2_000
Word = Annotated[str, Field(max_length=_LONGEST)]


class CellEdit(Frozen):
    """One cell: the row number a person sees, what stood there, and what stands there now."""

    kind: Literal["set"] = "set"
    row: int
    column: Word
    was: Word
    becomes: Word


class RowAdded(Frozen):
    """A new row: its number, one that no row had before, and its cells by column."""

    kind: Literal["add"] = "add"
    row: int
    cells: dict[Word, Word]


class RowRemoved(Frozen):
    """A row that is taken out, with what stood in it."""

    kind: Literal["remove"] = "remove"
    row: int
    cells: dict[Word, Word]


Edit = Annotated[CellEdit | RowAdded | RowRemoved, Field(discriminator="kind")]


class Step(Frozen):
    """What a person did at once in one table."""

    role: TableRole
    edits: tuple[Edit, ...]


def edited(raw: pd.DataFrame, steps: Iterable[Step], role: TableRole) -> pd.DataFrame:
    """Return a raw table with the steps of its role applied.

    Parameters
    ----------
    raw
        Text by row number, as `rows.raw_rows` gives it.
    steps
        In the order in which they were made; those of other tables are passed over.

    Returns
    -------
    DataFrame
        Columns that an added row brings come last; an edit of a row that is not there is ignored.
    """
    columns = [str(name) for name in raw.columns]
    rows: dict[int, dict[str, str]] = {
        int(number): dict(zip(columns, cells, strict=True))
        for number, cells in zip(raw.index, raw.itertuples(index=False, name=None), strict=True)
    }
    for edit in (e for step in steps if step.role == role for e in step.edits):
        if isinstance(edit, RowAdded):
            columns += [name for name in edit.cells if name not in columns]
            rows[edit.row] = dict(edit.cells)
        elif edit.row not in rows:
            continue
        elif isinstance(edit, RowRemoved):
            del rows[edit.row]
        else:
            if edit.column not in columns:
                columns.append(edit.column)
            rows[edit.row][edit.column] = edit.becomes
    table = [[row.get(name, "") for name in columns] for row in rows.values()]
    return pd.DataFrame(table, columns=columns, index=pd.Index(list(rows), name=ROW), dtype=object)


def touched(steps: Iterable[Step], role: TableRole) -> frozenset[int]:
    """Return the numbers of the rows that steps changed or added."""
    return frozenset(
        edit.row
        for step in steps
        if step.role == role
        for edit in step.edits
        if not isinstance(edit, RowRemoved)
    )


def record(steps: Iterable[Step]) -> pd.DataFrame:
    """Return every change as a table: `table, row, change, column, was, becomes`."""
    lines: list[tuple[str, int, str, str, str, str]] = []
    for step in steps:
        for edit in step.edits:
            if isinstance(edit, CellEdit):
                lines.append((step.role, edit.row, edit.kind, edit.column, edit.was, edit.becomes))
                continue
            for column, value in edit.cells.items():
                was, becomes = ("", value) if isinstance(edit, RowAdded) else (value, "")
                lines.append((step.role, edit.row, edit.kind, column, was, becomes))
    return pd.DataFrame(lines, columns=["table", "row", "change", "column", "was", "becomes"])
