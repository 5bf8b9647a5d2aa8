"""An imported table brought into a project: what cannot be used, what replaces, what is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import pandas as pd

from coverage.errors import Problem
from coverage.intake.draft import FLAGS, SOURCE_ROW
from coverage.intake.sheet import Role
from coverage.io.commune_layer import project_communes
from coverage.names import spelling_key
from coverage.revision.edits import ROW, Step, edited
from coverage.revision.rows import raw_rows
from coverage.schema import TABLES
from coverage.tables import as_words, check

Way = Literal["replace", "add"]
_IDS: Final = {"villages": "village_id", "stations": "cell_id"}
_FIGURES: Final = ("population", "households")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Fit:
    """An imported table held against the definition of its role.

    `table` holds the rows that can be used, as text by their number in the sheet; `unusable` says
    of the others why not, one problem per reason. `missing` are problems of the whole table, with
    which none of it can be used.
    """

    role: Role
    table: pd.DataFrame
    unusable: tuple[tuple[int, Problem], ...]
    missing: tuple[Problem, ...]


def fit_of(clean: pd.DataFrame, role: Role, *, file: str) -> Fit:
    """Hold the clean table of an import against the definition of its role; nothing is guessed."""
    table = clean.drop(columns=[FLAGS]).set_axis(
        pd.Index(clean[SOURCE_ROW].astype(int), name=ROW), axis=0
    )
    table = pd.DataFrame({str(name): as_words(table[name]) for name in table.columns})
    if role == "communes":
        return Fit(role=role, table=table, unusable=(), missing=())
    placed = table.set_axis(range(len(table)), axis=0)
    problems = check(placed, TABLES[role], file=file, listed_rows=len(table)).problems
    wrong = [p for p in problems if p.severity == "error"]
    rows = table.index.to_list()
    unusable = sorted(
        ((int(rows[place]), problem) for problem in wrong for place in problem.rows),
        key=lambda pair: pair[0],
    )
    bad = {place for problem in wrong for place in problem.rows}
    return Fit(
        role=role,
        table=table.loc[[place not in bad for place in range(len(table))]],
        unusable=tuple(unusable),
        missing=tuple(problem for problem in wrong if not problem.rows),
    )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Joined:
    """A table of a project after an import, and how many of its rows came from where."""

    table: pd.DataFrame
    kept: int
    updated: int
    added: int


def joined(base: pd.DataFrame, fit: Fit, way: Way) -> Joined:
    """Let the imported rows replace a table, or bring its rows up to date and add new ones.

    Rows are one where their ids are, and villages also where commune and name are and no other
    village has both. An empty cell of the sheet changes nothing.
    """
    new = fit.table
    if way == "replace":
        return Joined(table=new, kept=0, updated=0, added=len(new))
    name_of_id = _IDS[fit.role]
    by_id = _places(base, name_of_id)
    by_name = _unique_names(base) if fit.role == "villages" else {}
    own_names = _unique_names(new) if fit.role == "villages" else {}
    columns = [*base.columns, *(name for name in new.columns if name not in base.columns)]
    rows = base.reindex(columns=columns, fill_value="").to_dict("records")
    updated, added, number = set(), 0, {value: key for key, value in own_names.items()}
    for place, row in enumerate(new.to_dict("records")):
        known = by_id.get(row[name_of_id], by_name.get(number.get(place, ()), None))
        if known is None:
            rows.append({name: row.get(name, "") for name in columns})
            added += 1
            continue
        filled = {n: cell for n, cell in row.items() if cell != "" and n != name_of_id}
        rows[known] |= filled
        updated.add(known)
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    return Joined(table=table, kept=len(base) - len(updated), updated=len(updated), added=added)


def _places(table: pd.DataFrame, column: str) -> dict[Hashable, int]:
    return {value: place for place, value in enumerate(table[column]) if value != ""}


def _unique_names(table: pd.DataFrame) -> dict[Hashable, int]:
    """Places of villages by commune and spelling, of those that no other shares."""
    if not {"commune_code", "name"} <= set(table.columns):
        return {}
    keys = [
        (code, spelling_key(name)) if code and name else ()
        for code, name in zip(table["commune_code"], table["name"], strict=True)
    ]
    times = Counter(keys)
    return {key: place for place, key in enumerate(keys) if key and times[key] == 1}


def communes_with(project: str, fit: Fit) -> tuple[gpd.GeoDataFrame, int]:
    """Return the commune layer with the figures of an imported list, and how many it updates.

    Outlines stay those of the project: a list has none.
    """
    layer = project_communes(project)
    listed = fit.table.drop_duplicates("commune_code").set_index("commune_code")
    known = layer["commune_code"].astype(str).isin(listed.index)
    for name in _FIGURES:
        if name not in listed.columns:
            continue
        figures = pd.to_numeric(layer["commune_code"].map(listed[name]), errors="coerce")
        earlier = layer[name] if name in layer.columns else pd.Series(dtype=float)
        layer[name] = figures.astype("Int64").fillna(
            pd.to_numeric(earlier.reindex(layer.index), errors="coerce").astype("Int64")
        )
    return layer, int(known.sum())


def tables_with(
    project: str, steps: Sequence[Step], fits: Sequence[tuple[Fit, Way]]
) -> dict[str, pd.DataFrame]:
    """Return the tables of a project that steps of editing and imported sheets change, by role.

    Of several sheets that replace one table, the first replaces it and the others are added.
    """
    tables: dict[str, pd.DataFrame] = {}
    for role in dict.fromkeys(step.role for step in steps):
        tables[role] = edited(raw_rows(project, role).table, steps, role)
    replaced = set()
    for fit, way in fits:
        if fit.role == "communes":
            tables["communes"] = communes_with(project, fit)[0]
            continue
        if way == "add" or fit.role in replaced:
            base = tables.get(fit.role)
            base = raw_rows(project, fit.role).table if base is None else base
            tables[fit.role] = joined(base, fit, "add").table
        else:
            tables[fit.role] = fit.table
        replaced.add(fit.role)
    return tables
