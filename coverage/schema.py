"""Columns, units and ranges of every table: the definitions that checks and dictionaries share.

The definitions themselves are data: `presets/tables.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, Final

from coverage.text import Text


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    COUNT = "count"
    FLAG = "flag"
    CHOICE = "choice"
    DATE = "date"


class Geometry(StrEnum):
    """What a layer's shapes must be."""

    NONE = "none"
    LINE = "line"
    POLYGON = "polygon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its kind, range and meaning.

    `required` columns must be there; `filled` ones must hold a value in every row. `synonyms` maps
    accepted spellings (lower case) of a choice to the choice; rows whose value is `ignored` are set
    aside and counted.
    """

    name: str
    kind: Kind
    meaning: Text
    unit: str = ""
    required: bool = False
    filled: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    synonyms: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    default: str | float | bool | None = None

    @property
    def title(self) -> Text:
        """What heads the column: its meaning without remarks and unit."""
        return Text(
            *(re.split(r";| \(|, ", words)[0] for words in (self.meaning.vi, self.meaning.en))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table or layer of a project."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    geometry: Geometry
    patterns: tuple[tuple[str, Column], ...]

    def column(self, name: str) -> Column | None:
        """Return the definition that applies to the column `name`, or None for an unknown one."""
        for column in self.columns:
            if column.name == name:
                return column
        for pattern, column in self.patterns:
            if re.fullmatch(pattern, name):
                return column
        return None


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of the outputs: its name, in which * stands for any letters, and its meaning."""

    name: str
    meaning: Text


def _column(entry: Mapping[str, Any]) -> Column:
    rest = {k: v for k, v in entry.items() if k not in {"kind", "vi", "en", "pattern"}}
    lists = {k: tuple(v) for k, v in rest.items() if isinstance(v, list)}
    return Column(
        kind=Kind(entry["kind"]),
        meaning=Text(entry["vi"], entry["en"]),
        **({"synonyms": {}} | rest | lists),
    )


def _tables() -> dict[str, Table]:
    text = (resources.files("coverage") / "presets" / "tables.toml").read_text(encoding="utf-8")
    return {
        name: Table(
            name=name,
            title=Text(entry["vi"], entry["en"]),
            columns=tuple(_column(column) for column in entry["columns"]),
            geometry=Geometry(entry["geometry"]),
            patterns=tuple((c["pattern"], _column(c)) for c in entry.get("patterns", [])),
        )
        for name, entry in tomllib.loads(text).items()
    }


TABLES: Final = _tables()


def output_columns() -> list[Column]:
    """Return the definitions of the columns that outputs may hold, those of inputs included.

    Examples
    --------
    >>> [column.unit for column in output_columns() if column.name == "rsrp_4g_dbm"]
    ['dBm']
    """
    made = [_column(entry) for entry in _outputs()["columns"]]
    read = [
        c for name in ("clusters", "villages", "communes", "stations") for c in TABLES[name].columns
    ]
    return list({column.name: column for column in [*read, *made]}.values())


def output_files() -> list[OutputFile]:
    """Return the files that a run, a plan or a fibre plan may write.

    Examples
    --------
    >>> [one.meaning.en for one in output_files() if one.name == "map.html"]
    ['The map as one file, without a network']
    """
    return [OutputFile(one["name"], Text(one["vi"], one["en"])) for one in _outputs()["files"]]


def _outputs() -> dict[str, Any]:
    text = (resources.files("coverage") / "presets" / "outputs.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def dictionary(columns: Iterable[Column]) -> list[dict[str, str]]:
    """Return the data dictionary of `columns`, one row each.

    Examples
    --------
    >>> rows = dictionary(output_columns())
    >>> sorted(rows[0])
    ['column', 'meaning_en', 'meaning_vi', 'unit']
    """
    return [
        {"column": c.name, "unit": c.unit, "meaning_vi": c.meaning.vi, "meaning_en": c.meaning.en}
        for c in columns
    ]
