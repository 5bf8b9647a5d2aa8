"""GeoJSON from strangers: it may name a coordinate system, never an address to fetch one from."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from coverage.errors import InputDataError
from coverage.text import Text

_MEMBER: Final = re.compile(rb"""["']crs["']\s*(.)""", re.IGNORECASE | re.DOTALL)
_ESCAPED_LETTER: Final = re.compile(rb"\\u00(4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])", re.IGNORECASE)
_LONGEST: Final = 4_096
_NAMED: Final = frozenset({"name", "epsg", "ogc"})


def refuse_links(data: bytes, *, name: str) -> None:
    """Refuse a `crs` member that is anything but a name: GDAL asks the address of a link.

    Raises
    ------
    InputDataError
        Where such a member stands anywhere in the file.
    """
    if b"\\u00" in data:
        data = _ESCAPED_LETTER.sub(lambda found: bytes([int(found[1], 16)]), data)
    for found in _MEMBER.finditer(data):
        if found[1] in b",}]":  # a value, not a member
            continue
        if found[1] != b":" or not _is_name(data[found.end() : found.end() + _LONGEST]):
            raise InputDataError.about(
                name,
                "linked_crs",
                Text(
                    "hệ tọa độ của tệp là một liên kết, không phải tên",
                    "the coordinate system of the file is a link, not a name",
                ),
                Text("Hãy xuất lại tệp từ QGIS.", "Export it again from QGIS."),
            )


def _is_name(content: bytes) -> bool:
    """Whether the value that starts here is plain, or names a system."""
    text = content.decode("utf-8", "replace").lstrip()
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return not isinstance(value, dict | list) or _names(value)


def _names(value: Any) -> bool:
    kinds = (
        [kind for key, kind in value.items() if key.lower() == "type"]
        if isinstance(value, dict)
        else []
    )
    return len(kinds) == 1 and str(kinds[0]).lower() in _NAMED
