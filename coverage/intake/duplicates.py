"""Rows that may be one village twice: told, never joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from coverage.intake.sheet import Cell, Finding
from coverage.names import spelling_key, split_kind
from coverage.text import Text

_SAME_PLACE_M: Final = 30.0
_NEAR_M: Final = 300.0


def duplicates(
    columns: Mapping[str, Sequence[Cell]], rows: Sequence[int], dropped: Sequence[bool]
) -> list[Finding]:
    """Find same names in a commune, names that differ by their kind only, and same places.

    Two villages of a commune may bear one name with different kinds ("Bản Cốc", "Thôn Cốc"), so
    that alone is the weakest of the three doubts.
    """
    findings: list[Finding] = []
    whole: dict[tuple[str, str], list[int]] = {}
    stems: dict[tuple[str, str], list[int]] = {}
    ids: dict[str, int] = {}
    for key, gone in enumerate(dropped):
        name, code = str(columns["name"][key] or ""), str(columns["commune_code"][key] or "")
        if gone or not name:
            continue
        own_id = str(columns["village_id"][key] or "")
        if own_id and own_id in ids:
            findings.append(_doubt("duplicate_id", _SAME_ID, key, ids[own_id], rows, own_id, 0.95))
        ids.setdefault(own_id, key)
        exact, stem = spelling_key(name), spelling_key(split_kind(name, "village")[1])
        for first in whole.get((code, exact), ())[:1]:
            apart = _apart_m(columns, first, key)
            rule = "duplicate_village" if apart <= _NEAR_M else "same_name"
            sure = 0.95 if apart <= _SAME_PLACE_M else 0.7 if apart <= _NEAR_M else 0.4
            findings.append(_doubt(rule, _SAME_NAME, key, first, rows, name, sure))
        for first in stems.get((code, stem), ())[:1]:
            if first in whole.get((code, exact), ()):
                continue
            sure = 0.7 if _apart_m(columns, first, key) <= _NEAR_M else 0.3
            findings.append(_doubt("near_duplicate", _NEAR_NAME, key, first, rows, name, sure))
        whole.setdefault((code, exact), []).append(key)
        stems.setdefault((code, stem), []).append(key)
    return findings + _same_places(columns, rows, dropped)


def _apart_m(columns: Mapping[str, Sequence[Cell]], one: int, two: int) -> float:
    places = [columns[name][key] for key in (one, two) for name in ("longitude", "latitude")]
    if not all(isinstance(value, float) for value in places):
        return float("inf")
    lon_1, lat_1, lon_2, lat_2 = (float(str(value)) for value in places)
    east = (lon_1 - lon_2) * np.cos(np.radians(lat_1))
    return float(np.hypot(east, lat_1 - lat_2) * 111_320.0)


def _same_places(
    columns: Mapping[str, Sequence[Cell]], rows: Sequence[int], dropped: Sequence[bool]
) -> list[Finding]:
    findings = []
    seen: dict[tuple[Cell, Cell], int] = {}
    for key, gone in enumerate(dropped):
        place = columns["longitude"][key], columns["latitude"][key]
        if gone or None in place:
            continue
        first = seen.setdefault(place, key)
        if first != key and columns["name"][first] != columns["name"][key]:
            name = str(columns["name"][key])
            findings.append(_doubt("same_place", _SAME_PLACE, key, first, rows, name, 0.6))
    return findings


def _doubt(
    rule: str, what: Text, key: int, first: int, rows: Sequence[int], old: str, confidence: float
) -> Finding:
    number = rows[first]
    return Finding(
        rule=rule,
        kind="doubt",
        row=rows[key],
        key=key,
        column="name",
        old=old[:200],
        confidence=confidence,
        what=what,
        detail=Text(f"dòng {number}", f"row {number}"),
    )


_SAME_ID: Final = Text("mã thôn lặp lại", "the village id stands twice")
_SAME_NAME: Final = Text(
    "cùng tên trong cùng xã; có thể là một thôn ghi hai lần",
    "the same name in the same commune; perhaps one village twice",
)
_NEAR_NAME: Final = Text(
    "tên chỉ khác loại đơn vị (thôn, bản, tổ); có thể là một thôn ghi hai lần",
    "the names differ by the kind of unit only; perhaps one village twice",
)
_SAME_PLACE: Final = Text(
    "hai thôn khác tên có cùng tọa độ", "two villages of different names at one place"
)
