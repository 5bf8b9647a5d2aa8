"""Map layers as sheets: GeoJSON, GeoPackage, Shapefile, KML and KMZ, GPX, DXF points."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

from coverage.archives import opened, refuse_entities
from coverage.geojson import refuse_links
from coverage.geopackage import computed_layer, stored_layers
from coverage.intake.sheet import Cell, Finding, Sheet, unreadable
from coverage.text import Text

X_LABEL: Final = "geometry x"
Y_LABEL: Final = "geometry y"
_UNREADABLE: Final = (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
    shapely.errors.GEOSException,
    UnicodeError,
    ValueError,
)
_CONTENT: Final = frozenset({"features", "attributes"})
_MOST_FEATURES: Final = 400_000


def read_layers(path: Path, data: bytes, kind: str) -> tuple[tuple[Sheet, ...], list[Finding]]:
    """Read every layer; points give two columns, other shapes a point inside them.

    Raises
    ------
    InputDataError
        Where the file cannot be read.
    """
    source: Path | bytes = path
    if kind == "kmz":
        documents = opened(data, re.compile(r"\.kml$"), file=path.name).members
        if not documents:
            raise _broken(path.name, "no .kml inside")
        source = documents[min(documents)]
    elif kind in {"kml", "gpx"}:
        refuse_entities(data, file=path.name)
        source = data
    elif kind in {"geojson", "dxf"}:
        if kind == "geojson":
            refuse_links(data, name=path.name)
        source = data
    tables = _tables(path) if kind == "gpkg" else []
    try:
        layers: list[tuple[str | int, str]] = (
            [(name, name) for name in tables]
            if kind == "gpkg"
            else list(enumerate(_layers(source, path.name)))
        )
        sheets = [sheet for key, name in layers if (sheet := _sheet(source, key, name)) is not None]
    except _UNREADABLE as error:
        raise _broken(path.name, str(error)) from error
    findings = [
        finding for sheet in sheets if (finding := _about_shapes(sheet, source)) is not None
    ]
    return tuple(sheets), findings


def _layers(source: Path | bytes, file: str) -> list[str]:
    """Names of the layers; bytes without a name of their own get a random one from the reader."""
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    return [file if name.startswith("pyogrio_") else name for name in names]


def _tables(path: Path) -> list[str]:
    """Layers of a GeoPackage that are tables; a view could run without end."""
    tables, computed = stored_layers(path, _CONTENT, name=path.name)
    if computed and not tables:
        raise computed_layer(path.name, computed[0])
    return [name for name in sorted(tables) if name != "layer_styles"]


def _sheet(source: Path | bytes, layer: str | int, name: str) -> Sheet | None:
    frame = pyogrio.read_dataframe(source, layer=layer, max_features=_MOST_FEATURES)
    labels: list[Cell] = [str(name) for name in frame.columns if name != "geometry"]
    columns = [frame[name].tolist() for name in labels]
    crs = None
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.notna().any():
        places = _points(frame)
        crs = None if frame.crs is None else frame.crs.to_string()
        labels += [X_LABEL, Y_LABEL]
        columns += [shapely.get_x(places).tolist(), shapely.get_y(places).tolist()]
    if not len(frame) or not labels:
        return None
    rows = [labels, *([_plain(cell) for cell in row] for row in zip(*columns, strict=True))]
    return Sheet(name=name, rows=rows, crs=crs, is_layer=True)


def _points(frame: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Points as they are; of another shape a point inside it."""
    shapes = frame.geometry.to_numpy()
    is_point = shapely.get_type_id(shapes) == 0
    inside: np.ndarray[Any, Any] = np.where(is_point, shapes, shapely.point_on_surface(shapes))
    return inside


def _plain(cell: Any) -> Cell:
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    if isinstance(cell, float) and not np.isfinite(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        moment: datetime = cell.to_pydatetime()
        return moment
    return cell if isinstance(cell, str | int | float | bool | date) else str(cell)


def _about_shapes(sheet: Sheet, source: Path | bytes) -> Finding | None:
    if Y_LABEL not in sheet.rows[0] or sheet.crs is not None:
        return None
    del source
    return Finding(
        rule="layer_without_crs",
        kind="doubt",
        old=sheet.name,
        confidence=0.5,
        what=Text(
            "lớp không ghi hệ tọa độ; hệ được đoán theo vị trí các xã",
            "the layer states no coordinate system; it is found by where the communes lie",
        ),
    )


def _broken(file: str, reason: str) -> Exception:
    return unreadable(
        file,
        "unreadable_layer",
        Text(f"không đọc được lớp ({reason})", f"the layer cannot be read ({reason})"),
        Text("Hãy xuất lại tệp từ QGIS.", "Export it again from QGIS."),
    )
