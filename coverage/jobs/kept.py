"""A plan on disk, field by field: tables as Parquet, all else as JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from coverage.model import Plan

_LAYER: Final = ".geo.parquet"
_TABLE: Final = ".parquet"
_REST: Final = "plan.json"


def write_plan(plan: Plan, folder: Path) -> None:
    """Write a plan into an empty folder."""
    rest: dict[str, Any] = {}
    for field in fields(plan):
        value = getattr(plan, field.name)
        if isinstance(value, gpd.GeoDataFrame):
            value.to_parquet(folder / f"{field.name}{_LAYER}")
        elif isinstance(value, pd.DataFrame):
            value.to_parquet(folder / f"{field.name}{_TABLE}")
        else:
            rest[field.name] = value
    (folder / _REST).write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")


def read_plan(folder: Path) -> Plan:
    """Read what `write_plan` wrote."""
    found: dict[str, Any] = json.loads((folder / _REST).read_text(encoding="utf-8"))
    for path in sorted(folder.glob(f"*{_TABLE}")):
        if path.name.endswith(_LAYER):
            found[path.name.removesuffix(_LAYER)] = gpd.read_parquet(path)
        else:
            found[path.name.removesuffix(_TABLE)] = pd.read_parquet(path)
    return Plan(**found)
