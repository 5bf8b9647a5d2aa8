"""GeoPackages from strangers: which of their layers are tables, told without opening one."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Final

from coverage.errors import InputDataError
from coverage.text import Text

FEATURES: Final = frozenset({"features"})
_STORED: Final = "SELECT lower(name), name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
"""Views and virtual tables have no page of their own; both can compute without end."""


def stored_layers(
    path: Path, kinds: Collection[str] = FEATURES, *, name: str
) -> tuple[list[str], list[str]]:
    """Return the layers that lie in the file as tables, and those that are computed, as listed.

    GDAL is not asked: to list its layers it runs the first row of each view.

    Parameters
    ----------
    path
        The file, opened for reading only.
    kinds
        The kinds of content that are wanted: "features", "attributes".
    name
        Name for messages.

    Raises
    ------
    InputDataError
        Where it is no GeoPackage, or its own catalogue is computed.
    """
    beside = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if beside.exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)) as base:
            stored = dict(base.execute(_STORED))
            computed = base.execute(
                "SELECT name FROM sqlite_master WHERE name LIKE 'gpkg%' "
                "AND type IN ('table', 'view') AND rootpage = 0"
            ).fetchall()
            if computed or "gpkg_contents" not in stored:
                raise InputDataError.about(
                    name,
                    "computed_layer",
                    Text(
                        "mục lục của GeoPackage không phải là bảng",
                        "the catalogue of the GeoPackage is not a table",
                    ),
                    _EXPORT,
                )
            listed = base.execute(
                "SELECT table_name, data_type FROM gpkg_contents ORDER BY rowid"
            ).fetchall()
    except sqlite3.Error as error:
        raise InputDataError.about(
            name,
            "unreadable_layer",
            Text(f"không đọc được lớp ({error})", f"the layer cannot be read ({error})"),
            _EXPORT,
        ) from error
    wanted = [str(layer) for layer, kind in listed if kind in kinds]
    tables = [layer for layer in wanted if layer.lower() in stored]
    return tables, [layer for layer in wanted if layer.lower() not in stored]


def computed_layer(name: str, layer: str) -> InputDataError:
    """Return the error for a layer that is a view or a virtual table."""
    return InputDataError.about(
        name,
        "computed_layer",
        Text(
            f"lớp {layer!r} là khung nhìn (view), không phải bảng",
            f"the layer {layer!r} is a view, not a table",
        ),
        _EXPORT,
    )


_EXPORT: Final = Text("Hãy xuất lớp đó từ QGIS.", "Export that layer from QGIS.")
