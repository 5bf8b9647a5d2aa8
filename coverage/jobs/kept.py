"""A plan on disk, field by field: tables as Parquet, all else as JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from coverage.model import FibrePlan, Plan
from coverage.text import Text

_LAYER: Final = ".geo.parquet"
_TABLE: Final = ".parquet"
_REST: Final = "plan.json"
_MIXED: Final = "mixed"
_FIBRE: Final = "fibre"


def write_plan(plan: Plan, folder: Path) -> None:
    """Write a plan into an empty folder; the fibre plan in it gets a folder inside."""
    _write(plan, folder)
    if plan.fibre is not None:
        (folder / _FIBRE).mkdir()
        write_fibre_plan(plan.fibre, folder / _FIBRE)


def write_fibre_plan(plan: FibrePlan, folder: Path) -> None:
    """Write a fibre plan into an empty folder."""
    _write(plan, folder)


def read_plan(folder: Path) -> Plan:
    """Read what `write_plan` wrote."""
    found = _read(folder)
    if (folder / _FIBRE).is_dir():
        found[_FIBRE] = read_fibre_plan(folder / _FIBRE)
    return Plan(**found)


def read_fibre_plan(folder: Path) -> FibrePlan:
    """Read what `write_fibre_plan` wrote."""
    found = _read(folder)
    notes = tuple(Text(*note) for note in found.pop("notes"))
    return FibrePlan(**found, notes=notes)


def _write(plan: Plan | FibrePlan, folder: Path) -> None:
    rest: dict[str, Any] = {_MIXED: {}}
    for field in fields(plan):
        value = getattr(plan, field.name)
        if isinstance(value, gpd.GeoDataFrame):
            value.to_parquet(folder / f"{field.name}{_LAYER}")
        elif isinstance(value, pd.DataFrame):
            mixed = [name for name in value.columns if _is_mixed(value[name])]
            table = value.assign(**{name: value[name].map(json.dumps) for name in mixed})
            table.to_parquet(folder / f"{field.name}{_TABLE}")
            rest[_MIXED][field.name] = mixed
        elif field.name == "notes":
            rest[field.name] = [(note.vi, note.en) for note in value]
        elif not isinstance(value, FibrePlan):
            rest[field.name] = value
    (folder / _REST).write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / _REST).read_text(encoding="utf-8"))
    mixed = found.pop(_MIXED)
    for path in sorted(folder.glob(f"*{_TABLE}")):
        if path.name.endswith(_LAYER):
            found[path.name.removesuffix(_LAYER)] = gpd.read_parquet(path)
            continue
        name = path.name.removesuffix(_TABLE)
        table = pd.read_parquet(path)
        for column in mixed[name]:
            values = [json.loads(value) for value in table[column]]
            table[column] = pd.Series(values, index=table.index, dtype=object)
        found[name] = table
    return found


def _is_mixed(column: pd.Series) -> bool:
    """Whether a column holds whole numbers beside others, which Parquet would make alike."""
    kinds = {type(value) for value in column} if column.dtype == object else set()
    return len(kinds) > 1 and kinds <= {int, float}
