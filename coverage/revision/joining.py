"""An imported table brought into a project: what cannot be used, what replaces, what is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import pandas as pd

from coverage.errors import Problem
from coverage.intake.draft import FLAGS, SOURCE_ROW
from coverage.intake.sheet import Role
from coverage.io.commune_layer import project_communes
from coverage.names import NameList
from coverage.revision.edits import ROW, Step, edited
from coverage.revision.rows import raw_rows
from coverage.schema import TABLES
from coverage.tables import as_words, check

Way = Literal["replace", "add"]
_IDS: Final = {"villages": "village_id", "stations": "cell_id"}
_FIGURES: Final = ("population", "households")
_SURE: Final = frozenset({"exact", "normalised"})


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

    Rows are one where their ids are, and villages also where their commune and the spelling of
    their name are (`names.NameList`), unless two rows of the sheet would be one. An empty cell of
    the sheet changes nothing, and ids stay those of the project.
    """
    new = fit.table
    if way == "replace":
        return Joined(table=new, kept=0, updated=0, added=len(new))
    name_of_id = _IDS[fit.role]
    columns = [*base.columns, *(name for name in new.columns if name not in base.columns)]
    rows = base.reindex(columns=columns, fill_value="").to_dict("records")
    updated, added = set(), 0
    for known, row in zip(_same_rows(base, fit), new.to_dict("records"), strict=True):
        if known is None:
            rows.append({name: row.get(name, "") for name in columns})
            added += 1
            continue
        rows[known] |= {n: cell for n, cell in row.items() if cell != "" and n != name_of_id}
        updated.add(known)
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    return Joined(table=table, kept=len(base) - len(updated), updated=len(updated), added=added)


def _same_rows(base: pd.DataFrame, fit: Fit) -> list[int | None]:
    """Return for each imported row the place of the row of the project that it is about."""
    ids = {name: place for place, name in enumerate(base[_IDS[fit.role]]) if name}
    found = [ids.get(name) for name in fit.table[_IDS[fit.role]]]
    if fit.role == "villages" and {"commune_code", "name"} <= set(base.columns):
        lists = {
            code: NameList(zip(rows["village_id"].map(ids), rows["name"], strict=True), "village")
            for code, rows in base[base["village_id"] != ""].groupby("commune_code")
            if code
        }
        for place, (code, name) in enumerate(
            zip(fit.table["commune_code"], fit.table["name"], strict=True)
        ):
            if found[place] is None and code in lists:
                match = lists[code].match(name)
                found[place] = match.unit if match.kind in _SURE else None
    times = Counter(found)
    return [place if times[place] == 1 else None for place in found]


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
