"""Editions of administrative units, and which unit of one became which of the other.

The key of a unit is (edition, code), never the code alone: the reform of July 2025 used codes again
for other communes. An old commune went whole into one new one; the way back is known only for a
commune that came from a single one.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from coverage.names import NameList
from coverage.text import Text

UnitKey = tuple[str, str]
"""(edition, code)."""
BEFORE_REFORM: Final = "2025-03"
AFTER_REFORM: Final = "2025-07"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One vintage of the units; the dates are ISO, "" where open."""

    name: str
    title: Text
    province_code: str
    province: str
    valid_from: str
    valid_until: str
    source: str
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A commune of one edition, with its district and province, "" where there is none.

    `name` bears the kind of unit: "Xã Văn Lang". The centre is in WGS 84, None where not known.
    """

    edition: str
    code: str
    name: str
    district_code: str = ""
    district: str = ""
    province_code: str = ""
    province: str = ""
    longitude: float | None = None
    latitude: float | None = None

    @property
    def key(self) -> UnitKey:
        """(edition, code)."""
        return self.edition, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """The units of every edition by key, and the one unit that each old one went into.

    `divided` are old units that went into several new ones: which part went where is not known.
    """

    editions: tuple[Edition, ...]
    units: Mapping[UnitKey, Unit]
    successors: Mapping[UnitKey, UnitKey]
    divided: Mapping[UnitKey, frozenset[UnitKey]] = field(default_factory=dict)

    def of(self, edition: str) -> tuple[Unit, ...]:
        """Return the units of an edition, by code."""
        return tuple(self.units[key] for key in sorted(self.units) if key[0] == edition)

    def edition(self, name: str) -> Edition | None:
        """Return what is known of an edition."""
        return next((edition for edition in self.editions if edition.name == name), None)

    def names(self, edition: str) -> NameList[UnitKey]:
        """Return the names of an edition's communes, to look names up in."""
        return NameList(((unit.key, unit.name) for unit in self.of(edition)), "commune")

    def translated(self, key: UnitKey, edition: str) -> UnitKey | None:
        """Return the unit of `edition` that holds all of `key`, or None where none is known to.

        Forward, that is the successor; backward, the predecessor of a unit that came from one
        only, whole.
        """
        if key[0] == edition:
            return key
        successor = self.successors.get(key)
        if successor is not None and successor[0] == edition:
            return successor
        before = self.predecessors(key)
        if len(before) != 1 or before[0][0] != edition or before[0] in self.divided:
            return None
        return before[0]

    def predecessors(self, key: UnitKey) -> tuple[UnitKey, ...]:
        """Return the old units that went into `key`, whole or in part."""
        whole = {old for old, new in self.successors.items() if new == key}
        return tuple(sorted(whole | {old for old, new in self.divided.items() if key in new}))

    def linked(self, edition: str, keys: Iterable[UnitKey]) -> tuple[Unit, ...]:
        """Return the units of `edition` that share land with the units `keys`, by code."""
        wanted = set(keys)
        near = {new for old, new in self.successors.items() if old in wanted}
        near |= {old for old, new in self.successors.items() if new in wanted}
        near |= {part for old in self.divided if old in wanted for part in self.divided[old]}
        near |= {old for old, parts in self.divided.items() if parts & wanted}
        return tuple(unit for unit in self.of(edition) if unit.key in near)

    def other_editions(self, edition: str) -> tuple[str, ...]:
        """Return the editions that units of `edition` came from or went into, oldest first."""
        pairs = {(old[0], new[0]) for old, new in self.successors.items()}
        pairs |= {(old[0], new[0]) for old, parts in self.divided.items() for new in parts}
        linked = {name for pair in pairs if edition in pair for name in pair}
        return tuple(sorted(linked - {edition}))

    def edition_of(self, communes: Iterable[tuple[str, str]]) -> str:
        """Return the edition that most (code, name) pairs are of; "" where no single one leads."""
        votes = dict.fromkeys(sorted({key[0] for key in self.units}), 0)
        for code, name in communes:
            for edition in votes:
                unit = self.units.get((edition, code))
                votes[edition] += unit is not None and _is_name_of(name, unit)
        best = max(votes.values(), default=0)
        leaders = [edition for edition, count in votes.items() if count == best]
        return leaders[0] if best and len(leaders) == 1 else ""


def of_layer(communes: pd.DataFrame, crosswalk: pd.DataFrame | None) -> tuple[Administration, str]:
    """Return the units that a commune layer belongs with, and the layer's edition.

    The edition is the one the layer states, else the one that its codes and names are of, else that
    of a crosswalk's new codes; "" where nothing tells. The layer needs `commune_code` and `name`.
    """
    stated = communes["edition"].fillna("").astype(str) if "edition" in communes.columns else None
    if stated is not None and stated.any():
        edition = str(stated[stated != ""].mode()[0])
    else:
        codes, names = communes["commune_code"].astype(str), communes["name"].astype(str)
        edition = _shipped().edition_of(zip(codes, names, strict=True))
        edition = edition or ("" if crosswalk is None else AFTER_REFORM)
    return administration(crosswalk, edition=edition or AFTER_REFORM), edition


def code_column(edition: str) -> str:
    """Return the village column that holds codes of `edition`: `commune_code_2025_03`."""
    return f"commune_code_{edition.replace('-', '_')}"


def administration(
    crosswalk: pd.DataFrame | None = None, *, edition: str = AFTER_REFORM
) -> Administration:
    """Return the shipped editions and units, or those of a project's own crosswalk.

    Parameters
    ----------
    crosswalk
        Columns `old_code`, `new_code`, and where known `old_name`, `new_name`,
        `old_district_code`, `old_district`, `old_edition`; it replaces the preset whole.
    edition
        The edition of its new codes.
    """
    if crosswalk is None:
        return _shipped()
    units: dict[UnitKey, Unit] = {}
    successors: dict[UnitKey, set[UnitKey]] = {}
    for row in crosswalk.fillna("").to_dict("records"):
        old = Unit(
            edition=str(row.get("old_edition") or BEFORE_REFORM),
            code=str(row["old_code"]),
            name=str(row.get("old_name", "")),
            district_code=str(row.get("old_district_code", "")),
            district=str(row.get("old_district", "")),
        )
        new = Unit(edition=edition, code=str(row["new_code"]), name=str(row.get("new_name", "")))
        units.setdefault(old.key, old)
        units.setdefault(new.key, new)
        successors.setdefault(old.key, set()).add(new.key)
    return Administration(
        editions=_shipped().editions,
        units=units,
        successors={old: min(new) for old, new in successors.items() if len(new) == 1},
        divided={old: frozenset(new) for old, new in successors.items() if len(new) > 1},
    )


@cache
def _shipped() -> Administration:
    editions = tuple(
        Edition(
            name=name,
            title=Text(entry["title_vi"], entry["title_en"]),
            province_code=entry["province_code"],
            province=entry["province"],
            valid_from=entry.get("valid_from", ""),
            valid_until=entry.get("valid_until", ""),
            source=entry["source"],
            year=entry["year"],
        )
        for name, entry in tomllib.loads(_preset("administration.toml")).items()
    )
    rows = {
        edition.name: list(csv.DictReader(_preset(f"communes_{edition.name}.csv").splitlines()))
        for edition in editions
    }
    units = [_unit(edition, row) for edition in editions for row in rows[edition.name]]
    following = {old.name: new.name for old, new in pairwise(editions)}
    return Administration(
        editions=editions,
        units={unit.key: unit for unit in units},
        successors={
            (name, row["code"]): (following[name], row["successor_code"])
            for name, listed in rows.items()
            for row in listed
            if row.get("successor_code")
        },
    )


def _unit(edition: Edition, row: Mapping[str, Any]) -> Unit:
    centre = {name: float(row[name]) for name in ("longitude", "latitude") if row.get(name)}
    return Unit(
        edition=edition.name,
        code=row["code"],
        name=row["name"],
        district_code=row.get("district_code", ""),
        district=row.get("district", ""),
        province_code=edition.province_code,
        province=edition.province,
        **centre,
    )


def _preset(file: str) -> str:
    return (resources.files("coverage") / "presets" / file).read_text(encoding="utf-8")


def _is_name_of(name: str, unit: Unit) -> bool:
    return NameList([(unit.key, unit.name)], "commune").match(name).unit is not None
