"""What the rows of a sheet most likely are: villages, stations or communes."""

from __future__ import annotations

from typing import Final, get_args

from coverage.intake.header import Layout, layout_of
from coverage.intake.rows import KEYS
from coverage.intake.sheet import Role, Sheet, words_of
from coverage.names import split_kind

ROLES: Final[tuple[Role, ...]] = get_args(Role)
_LEAST_SCORE: Final = 1.5
_PLACES: Final = (("longitude", "latitude"), ("x", "y"), ("place",))
_NEEDED: Final[dict[Role, tuple[tuple[str, ...], ...]]] = {
    "villages": (("households",), ("population",), *_PLACES),
    "stations": _PLACES,
    "communes": (("population",), ("households",), ("area_km2",), *_PLACES),
}
_OF_COMMUNES: Final = frozenset({"area_km2", "province_code", "unit_type", "full_name"})
_SHARED: Final = frozenset(
    {
        *("", "order", "name", "commune_code", "households", "population", "note", "edition"),
        *("longitude", "latitude", "x", "y", "place", "province", "district"),
    }
)


def guessed_role(sheet: Sheet) -> Role | None:
    """Return the role whose fields the header of a sheet names best; None where no role fits.

    A role fits where the sheet has the column that names its rows and at least one of those that
    such a list is kept for. Between villages and communes, which share most columns, those that
    only one of them has decide, then whether the names begin like those of communes.
    """
    found: dict[Role, Layout] = {
        role: layout
        for role in ROLES
        if (layout := layout_of(sheet, role, mapping={})) is not None
        and layout.score >= _LEAST_SCORE
        and _fits(layout, role)
    }
    if {"villages", "communes"} <= found.keys():
        found.pop("villages" if _lists_communes(found) else "communes")
    best = max(found.values(), key=lambda layout: layout.score, default=None)
    return next((role for role, layout in found.items() if layout is best), None)


def _fits(layout: Layout, role: Role) -> bool:
    fields = _fields(layout)
    return bool(fields & set(KEYS[role])) and any(fields >= set(some) for some in _NEEDED[role])


def _fields(layout: Layout) -> set[str]:
    return {column.field for column in layout.columns}


def _lists_communes(found: dict[Role, Layout]) -> bool:
    of_villages = len(_fields(found["villages"]) - _SHARED)
    of_communes = len(_fields(found["communes"]) & _OF_COMMUNES)
    if of_villages != of_communes:
        return of_communes > of_villages
    layout = found["communes"]
    place = layout.place("name")
    rows = layout.sheet.rows[layout.last :]
    names = [words_of(row[place]) for row in rows if place is not None and place < len(row)]
    named = [name for name in names if name]
    return 2 * sum(bool(split_kind(name, "commune")[0]) for name in named) > len(named)
