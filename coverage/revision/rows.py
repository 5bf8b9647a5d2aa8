"""The tables of a project as they stand in its files, and the check of their edited rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from coverage.errors import Problem
from coverage.io.desk import Desk, entry_name
from coverage.io.project import project_path
from coverage.io.reading import examine_table, raw_table
from coverage.model import Inputs
from coverage.revision.edits import ROW, TableRole
from coverage.schema import TABLES
from coverage.settings import load_project_file
from coverage.tables import DUPLICATE_ID, as_words, rows_breaking


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Rows:
    """A table as text by row number, and the name of the file it stands in."""

    role: TableRole
    file: str
    table: pd.DataFrame


def raw_rows(project: str, role: TableRole) -> Rows:
    """Read a table of a project as text, unchecked.

    Raises
    ------
    InputDataError, SettingsError
        Where the project or the table cannot be read.
    """
    toml = project_path(project)
    entry = getattr(load_project_file(toml)[0].inputs, role)
    raw = raw_table(Desk(toml.parent), entry)
    table = pd.DataFrame(
        {str(name): as_words(raw[name]) for name in raw.columns},
        index=pd.Index(raw.index, name=ROW),
    )
    return Rows(role=role, file=entry_name(entry), table=table)


def problems_of(
    table: pd.DataFrame,
    numbers: Collection[int],
    inputs: Inputs,
    role: TableRole,
    *,
    file: str,
) -> tuple[Problem, ...]:
    """Return what a check of the file would say of the rows of these numbers.

    What only shows against terrain and communes is found when the copy is saved.
    """
    mine = table[table.index.isin(list(numbers))]
    if mine.empty:
        return ()
    west, south, east, north = inputs.communes.to_crs("EPSG:4326").total_bounds
    problems = examine_table(
        mine,
        role,
        name=file,
        area=(float(west), float(south), float(east), float(north)),
        patterns=inputs.antennas,
        radio=inputs.scenario.radio,
    ).problems
    return (
        *(p for p in problems if p.rule != DUPLICATE_ID.code),
        *_doubles(table, mine, role, file),
    )


def _doubles(table: pd.DataFrame, mine: pd.DataFrame, role: TableRole, file: str) -> list[Problem]:
    """Find ids of some rows that stand elsewhere in the table too."""
    found = []
    for column in TABLES[role].columns:
        if not column.unique or column.name not in table.columns:
            continue
        twice = table[column.name].duplicated(keep=False).loc[mine.index]
        twice &= mine[column.name] != ""
        found += rows_breaking(
            DUPLICATE_ID,
            twice.to_numpy(),
            mine[column.name],
            file=file,
            column=column.name,
            rows=mine.index.to_numpy(),
        )
    return found
