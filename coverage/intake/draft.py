"""What an import proposes, and the pure function that applies what a person accepts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pandas as pd

from coverage.intake.columns import Column
from coverage.intake.sheet import Cell, Finding, Role

_SILENT: Final = frozenset({"merged_cell", "number_as_text", "blanks"})
SOURCE_ROW: Final = "source_row"
FLAGS: Final = "import_flags"


@dataclass(frozen=True, eq=False, kw_only=True)
class Draft:
    """A sheet as it was understood, with every repair in place.

    `table` holds every row of the sheet, those taken out too; `columns` say what each column of the
    sheet was taken for and how sure that is.
    """

    role: Role
    file: str
    sheet: str
    header_rows: tuple[int, int]
    columns: tuple[Column, ...]
    table: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Imported:
    """A clean table, and which findings were refused on the way to it."""

    table: pd.DataFrame
    findings: tuple[Finding, ...]
    refused: frozenset[str]


def apply(draft: Draft, *, refused: Collection[str] = ()) -> Imported:
    """Return the clean table with all repairs but the `refused` ones (ids of findings).

    A refused repair gives its cells their earlier value back, or an empty one where that value was
    no value of the column; a refused removal brings the row back. Ids that are not in the draft are
    ignored.
    """
    away = frozenset(f.id for f in draft.findings if f.can_be_refused and f.id in set(refused))
    table = draft.table.copy()
    gone = set()
    flags: dict[int, list[str]] = {}
    for finding in draft.findings:
        if finding.key is None:
            continue
        if finding.id in away:
            for column, value in finding.undo:
                if column in table.columns:
                    table[column] = _with(table[column], finding.key, value)
        elif finding.drops:
            gone.add(finding.key)
        elif finding.rule not in _SILENT:
            flags.setdefault(finding.key, []).append(finding.rule)
    table[FLAGS] = [" ".join(dict.fromkeys(flags.get(key, []))) for key in table.index]
    kept = table.loc[[key for key in table.index if key not in gone]]
    return Imported(
        table=_typed(kept.reset_index(drop=True)), findings=draft.findings, refused=away
    )


def _with(cells: pd.Series, key: int, value: Cell) -> pd.Series:
    values = cells.tolist()
    values[key] = value
    return pd.Series(values, index=cells.index, dtype=object)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns of whole numbers a type that keeps them whole beside unknown ones."""
    for name in table.columns:
        known = [cell for cell in table[name] if cell is not None]
        if known and all(isinstance(c, int) and not isinstance(c, bool) for c in known):
            table[name] = table[name].astype("Int64")
    return table
