"""Vector layers from GeoJSON, GeoPackage and Shapefile, in any coordinate system."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

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

from coverage.errors import CrsError, InputDataError
from coverage.geojson import refuse_links
from coverage.geopackage import computed_layer, stored_layers
from coverage.io.files import kind_of
from coverage.schema import Geometry
from coverage.text import Text

LAYER_KINDS: Final = ("geojson", "gpkg", "shp")
_UNREADABLE: Final = (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
    shapely.errors.GEOSException,
    UnicodeDecodeError,
)
_SHAPEFILE_NAME: Final = 10
_SHAPES: Final = {
    Geometry.POLYGON: frozenset({"Polygon", "MultiPolygon"}),
    Geometry.LINE: frozenset({"LineString", "MultiLineString"}),
}


def read_layer(path: Path, geometry: Geometry, *, crs: str, name: str) -> gpd.GeoDataFrame:
    """Read the first layer of a file with shapes and bring it into `crs`; the index counts from 1.

    Invalid polygons are mended (`shapely.make_valid`); rows without shape are errors.

    Raises
    ------
    InputDataError
        Where the file cannot be read, its layer is computed (a view) or its coordinate system is a
        link, or shapes are missing or of another kind.
    CrsError
        Where the file states no coordinate system.
    """
    kind = kind_of(path, LAYER_KINDS, name=name)
    if kind == "geojson":
        refuse_links(path.read_bytes(), name=name)
    first = _stored_layer(path, name) if kind == "gpkg" else None
    try:
        frame = pyogrio.read_dataframe(path, layer=_first_layer(path) if first is None else first)
    except _UNREADABLE as error:
        raise InputDataError.about(
            name,
            "unreadable_layer",
            Text(f"không đọc được lớp ({error})", f"the layer cannot be read ({error})"),
            Text("Hãy xuất lại tệp từ QGIS.", "Export it again from QGIS."),
        ) from error
    return settled_layer(frame, geometry, crs=crs, name=name)


def settled_layer(
    frame: pd.DataFrame, geometry: Geometry, *, crs: str, name: str
) -> gpd.GeoDataFrame:
    """Check the shapes of a layer and bring it into `crs`, as `read_layer` does.

    Raises
    ------
    InputDataError
        Where shapes are missing or of another kind.
    CrsError
        Where the layer states no coordinate system.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _without_shapes(name)
    layer: gpd.GeoDataFrame = frame
    _check_shapes(layer, geometry, name)
    if layer.crs is None:
        raise CrsError.about(
            name,
            "missing_crs",
            Text("tệp không ghi hệ tọa độ", "the file states no coordinate system"),
            Text(
                "Hãy gán hệ tọa độ khi xuất (Shapefile cần tệp .prj).",
                "Assign it on export (a Shapefile needs its .prj).",
            ),
        )
    if layer.geometry.name != "geometry":
        layer = layer.rename_geometry("geometry")
    layer = layer.to_crs(crs)
    layer.index = pd.RangeIndex(1, len(layer) + 1)
    if geometry is Geometry.POLYGON:
        layer["geometry"] = shapely.make_valid(layer.geometry.array)
    return layer


def with_full_names(frame: gpd.GeoDataFrame, names: Iterable[str]) -> gpd.GeoDataFrame:
    """Give columns back the names that a Shapefile cut to ten characters.

    A name is restored only where it alone, of those given, begins like the column.
    """
    cut: dict[str, list[str]] = {}
    for name in names:
        cut.setdefault(name[:_SHAPEFILE_NAME], []).append(name)
    present = {str(name) for name in frame.columns}
    full = {
        str(name): found[0]
        for name in frame.columns
        if len(found := cut.get(str(name).lower(), [])) == 1 and found[0] not in present
    }
    return frame.rename(columns=full)


def points(frame: pd.DataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Return a table with `longitude` and `latitude` (WGS 84) as points in `crs`.

    A row without coordinates keeps an empty place: its geometry is None.
    """
    known = frame["longitude"].notna() & frame["latitude"].notna()
    shapes = gpd.GeoSeries.from_xy(frame["longitude"], frame["latitude"], crs="EPSG:4326")
    placed = shapes.to_crs(crs)
    known &= np.isfinite(placed.x) & np.isfinite(placed.y)
    return gpd.GeoDataFrame(frame, geometry=placed.where(known, None), crs=crs)


def _first_layer(path: Path) -> str | int:
    """Return the first layer with shapes, else the first."""
    layers = pyogrio.list_layers(path)
    return next((str(layer) for layer, shape in layers if shape is not None), 0)


def _stored_layer(path: Path, name: str) -> str:
    """Return the first layer of a GeoPackage that lies in it as a table."""
    tables, computed = stored_layers(path, name=name)
    if not tables:
        raise computed_layer(name, computed[0]) if computed else _without_shapes(name)
    return tables[0]


def _without_shapes(name: str) -> InputDataError:
    return InputDataError.about(
        name,
        "no_geometry",
        Text("tệp không có hình học", "the file has no shapes"),
        Text("Hãy dùng lớp bản đồ, không phải bảng.", "Use a map layer, not a table."),
    )


def _check_shapes(frame: gpd.GeoDataFrame, geometry: Geometry, name: str) -> None:
    wrong = [
        number
        for number, (kind, missing) in enumerate(
            zip(
                frame.geometry.geom_type,
                frame.geometry.isna() | frame.geometry.is_empty,
                strict=True,
            ),
            start=1,
        )
        if missing or kind not in _SHAPES[geometry]
    ]
    if wrong:
        raise InputDataError.about(
            name,
            "wrong_geometry",
            Text(
                f"đối tượng không có hình hoặc không phải là {geometry}",
                f"the feature has no shape or is not a {geometry}",
            ),
            Text("Hãy sửa lớp trong QGIS.", "Mend the layer in QGIS."),
            rows=tuple(wrong[:20]),
            count=len(wrong),
        )
