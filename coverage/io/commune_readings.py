"""What the row of a village says of its commune, and the commune of the layer that this leads to.

The key of a unit is (edition, code). A code or name that two editions use for different units is
read by what else the row or its table says, never by itself alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from coverage.administration import UnitKey, of_layer
from coverage.names import NameList

Source = Literal["code", "former_code", "name", "similar_name", "place", "nothing"]
_NOWHERE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a row states; `former` are codes that stand in columns of other editions.

    `place` is the code of the commune of the layer that holds the village's point.
    """

    code: str = ""
    name: str = ""
    edition: str = ""
    former: tuple[UnitKey, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Units of any edition that a row may mean, and what says so.

    `is_conflict` marks a code and a name that mean two communes. A similar name only suggests.
    """

    units: tuple[UnitKey, ...]
    source: Source
    is_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The commune of the layer, "" where it stays open, and the unit that was read."""

    code: str = ""
    unit: UnitKey | None = None
    source: Source


class Register:
    """Units of the layer and of the editions it is linked with."""

    def __init__(self, communes: pd.DataFrame, crosswalk: pd.DataFrame | None) -> None:
        self._known, self.edition = of_layer(communes, crosswalk)
        names = communes["name"].astype(str)
        if "full_name" in communes.columns:
            full = communes["full_name"].fillna("").astype(str)
            names = full.where(full != "", names)
        codes = communes["commune_code"].astype(str)
        here = [(self.edition, code) for code in codes]
        self.names = dict(zip(here, names, strict=True))
        others = self._known.other_editions(self.edition)
        for other in others:
            self.names |= {unit.key: unit.name for unit in self._known.linked(other, here)}
        self.editions = (self.edition, *others)
        self._lists = {
            edition: NameList(
                ((key, name) for key, name in self.names.items() if key[0] == edition), "commune"
            )
            for edition in self.editions
        }
        self._named: dict[tuple[str, tuple[str, ...]], tuple[tuple[UnitKey, ...], bool]] = {}
        self._places: dict[UnitKey, frozenset[str]] = {}

    def read(self, row: Row) -> Reading:
        """Return what a row may mean."""
        editions = (row.edition,) if row.edition else self.editions
        coded = tuple((e, row.code) for e in editions if (e, row.code) in self.names)
        named, is_match = self._read_name(row.name, editions)
        if row.code:
            return self._read_code(coded, named if is_match else ())
        if row.former:
            return Reading(units=row.former, source="former_code")
        if named:
            return Reading(units=named, source="name" if is_match else "similar_name")
        return Reading(units=(), source="name" if row.name else "nothing")

    def _read_code(self, coded: tuple[UnitKey, ...], named: tuple[UnitKey, ...]) -> Reading:
        """Read a code by the name beside it."""
        both = tuple(key for key in coded if key in named)
        near = tuple(key for key in coded if self.places([key]) & self.places(named))
        if coded and named and not near:
            return Reading(units=(*coded, *named), source="code", is_conflict=True)
        return Reading(units=both or near or coded, source="code")

    def _read_name(self, name: str, editions: tuple[str, ...]) -> tuple[tuple[UnitKey, ...], bool]:
        """Return the units that bear a name, else those whose names are similar."""
        if not name:
            return (), False
        if (name, editions) not in self._named:
            found = [self._lists[edition].match(name) for edition in editions]
            units = [match.unit for match in found if match.unit is not None]
            several = [key for m in found if m.kind == "ambiguous" for key in m.suggestions]
            alike = [key for match in found for key in match.suggestions]
            borne = tuple(dict.fromkeys([*units, *several]))
            self._named[name, editions] = (borne or tuple(dict.fromkeys(alike)), bool(borne))
        return self._named[name, editions]

    def settle(self, reading: Reading, *, place: str, table_edition: str) -> Settled:
        """Return the commune that a reading leads to.

        Where it leads to several, the village's point decides among them, then the edition of which
        the rest of the table is.
        """
        units, source = reading.units, reading.source
        if source == "nothing":
            return Settled(code=place, source="place" if place else "nothing")
        places = self.places(units)
        if source == "similar_name":
            return Settled(code=place if place in places else "", source=source)
        if len(places) > 1 and place in places:
            units = tuple(unit for unit in units if place in self.places([unit]))
            places = frozenset({place})
        elif reading.is_conflict:
            return Settled(source=source)
        units = tuple(unit for unit in units if unit[0] == table_edition) or units
        places = self.places(units) & places
        if len(places) != 1:
            return Settled(source=source)
        own = tuple(unit for unit in units if unit[0] == self.edition)
        sole = units[0] if len(units) == 1 else None
        return Settled(code=min(places), unit=own[0] if own else sole, source=source)

    def places(self, units: Iterable[UnitKey]) -> frozenset[str]:
        """Return the codes of the communes of the layer that units may lie in."""
        return _NOWHERE.union(*(self._places_of(unit) for unit in units))

    def _places_of(self, unit: UnitKey) -> frozenset[str]:
        if unit not in self._places:
            whole = self._known.translated(unit, self.edition)
            parts = self._known.linked(self.edition, [unit])
            keys = [whole] if whole else [part.key for part in parts]
            self._places[unit] = frozenset(key[1] for key in keys if key in self.names)
        return self._places[unit]


def table_edition(readings: Sequence[Reading]) -> str:
    """Return the one edition that a table is of, "" where that does not show.

    Rows that can be of one edition only must all be of the same, and be half of the rows with a
    code or name at least. Codes in columns of other editions say nothing of these.
    """
    telling = [r for r in readings if r.source in {"code", "name"} and not r.is_conflict]
    editions = [{unit[0] for unit in reading.units} for reading in telling]
    sole = [min(found) for found in editions if len(found) == 1]
    return sole[0] if len(set(sole)) == 1 and 2 * len(sole) >= len(telling) else ""
