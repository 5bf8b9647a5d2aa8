"""Layers as KML 2.2 for Google Earth: a folder a layer, signal classes in their colours."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from coverage.maps.palette import STYLES
from coverage.params import SIGNAL_CLASSES
from coverage.schema import TABLES, Column, output_columns
from coverage.text import Language, Text

_NAMESPACE: Final = "http://www.opengis.net/kml/2.2"
_ICON: Final = "files/dot.png"
_DOT_PX: Final = 32
_DIGITS: Final = 6
_EPOCH: Final = (2000, 1, 1, 0, 0, 0)
_TITLES: Final[Mapping[str, Text]] = {
    "villages": Text("Thôn", "Villages"),
    "communes": Text("Xã", "Communes"),
    "sites": Text("Trạm", "Sites"),
    "clusters": Text("Cụm dân cư", "Clusters"),
    "actions": Text("Hạng mục của phương án", "Actions of the plan"),
    "links": Text("Chặng vi ba", "Microwave hops"),
    "fibre_routes": Text("Tuyến cáp quang", "Fibre routes"),
    "measure_next": Text("Thôn cần đo", "Villages to measure"),
    "measure_stretches": Text("Đoạn đường nên đi đo", "Road stretches to drive"),
}
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "villages": (
        *("village_id", "commune_name", "households", "population", "has_grid_power"),
        *("signal_class_3g", "signal_class_4g", "signal_class_5g", "rsrp_4g_dbm"),
        *("reported_signal", "verdict_4g", "evidence", "fibre_distance_m", "priority_rank"),
    ),
    "communes": (
        *("commune_code", "edition", "villages", "households", "population", "area_km2"),
        *("villages_covered_4g", "households_covered_share_4g", "population_covered_share_4g"),
        "area_covered_share_4g",
    ),
}
"""Columns of large tables that a pop-up tells; other layers tell all of theirs."""
_NAMES: Final = ("name", "site_id", "action_id", "link_id", "segment_id", "cluster_id")
_BRACKETS: Final = str.maketrans("<>", "‹›")
_WORDS: Final[Mapping[str, Text]] = {
    "good": Text("sóng tốt", "good"),
    "weak": Text("sóng yếu (lõm sóng)", "weak"),
    "none": Text("không có sóng (trắng sóng)", "none"),
    "unknown": Text("không rõ", "unknown"),
}
_YES: Final = Text("có", "yes")
_NO: Final = Text("không", "no")
_CLASS: Final[Mapping[str, str]] = {"villages": "signal_class_4g", "clusters": "verdict_4g"}


def write_kmz(path: Path, layers: Mapping[str, gpd.GeoDataFrame], **words: Any) -> None:
    """Write `document` compressed, with the picture of its points; equal content, equal bytes."""
    files = {"doc.kml": document(layers, icon=_ICON, **words), _ICON: _dot()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def document(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    title: str,
    is_synthetic: bool,
    language: Language,
    icon: str | None = None,
) -> bytes:
    """Return layers in WGS 84 degrees as one KML document.

    A pop-up of Google Earth runs HTML: angle brackets in names become guillemets, so that no name
    is ever markup there. Nothing in the document asks the network. A village without coordinates is
    listed and not drawn.

    Parameters
    ----------
    layers
        By name; those that the project knows have a title in words.
    title, is_synthetic
        Of the project.
    language
        Of titles and causes.
    icon
        Picture of points beside the document; None leaves the viewer's own.
    """
    outputs = {column.name: column for column in output_columns()}
    root = ET.Element("kml", xmlns=_NAMESPACE)
    top = ET.SubElement(root, "Document")
    _text(top, "name", f"Phủ Sóng – {title}")
    if is_synthetic:
        synthetic = Text("DỮ LIỆU MÔ PHỎNG", "SYNTHETIC DATA")
        _text(top, "description", synthetic.get(language))
    for grade, style in STYLES.items():
        _point_style(top, grade, style.colour, icon)
    _point_style(top, "mast", "#3c3c3c", icon)
    _line_style(top, "area", "#505050")
    _line_style(top, "route", "#6a3d9a")
    for name, layer in layers.items():
        folder = ET.SubElement(top, "Folder")
        _text(folder, "name", _TITLES.get(name, Text(name, name)).get(language))
        known = outputs | _own_columns(name)
        table = pd.DataFrame(layer.drop(columns=layer.geometry.name))
        for row, shape in zip(table.to_dict("records"), layer.geometry, strict=True):
            placemark = ET.SubElement(folder, "Placemark")
            _describe(placemark, name, row, language)
            has_place = shape is not None and not shape.is_empty
            if has_place:
                _text(placemark, "styleUrl", f"#{_style_of(name, row, shape)}")
            _tell(placemark, {n: row.get(n) for n in _TOLD.get(name, row)}, known, language)
            if has_place:
                _geometry(placemark, shape)
    ET.indent(root, space=" ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _own_columns(layer: str) -> dict[str, Column]:
    """Return what the columns of an input table mean, which another table may name alike."""
    return {c.name: c for c in TABLES[layer].columns} if layer in TABLES else {}


def _describe(
    placemark: ET.Element, layer: str, row: Mapping[Any, Any], language: Language
) -> None:
    name = next((row[n] for n in _NAMES if n in row), layer)
    _text(placemark, "name", _plain(name, language))
    cause = row.get(f"cause_{language}")
    if isinstance(cause, str) and cause:
        _text(placemark, "description", _plain(cause, language))


def _tell(
    placemark: ET.Element,
    told: Mapping[Any, Any],
    known: Mapping[str, Column],
    language: Language,
) -> None:
    """Add values to the pop-up, each with what its column means; what is empty is left out."""
    data = ET.SubElement(placemark, "ExtendedData")
    for column, value in told.items():
        if value is None or value == "" or pd.isna(value):
            continue
        entry = ET.SubElement(data, "Data", name=column)
        if column in known:
            _text(entry, "displayName", known[column].meaning.get(language))
        _text(entry, "value", _plain(value, language))


def _style_of(layer: str, row: Mapping[Any, Any], shape: BaseGeometry) -> str:
    if layer in _CLASS:
        grade = row.get(_CLASS[layer])
        return str(grade) if grade in SIGNAL_CLASSES else "unknown"
    if shape.geom_type.endswith("Polygon"):
        return "area"
    return "route" if shape.geom_type.endswith("LineString") else "mast"


def _geometry(parent: ET.Element, shape: BaseGeometry) -> None:
    if isinstance(shape, shapely.Point):
        _text(ET.SubElement(parent, "Point"), "coordinates", _coordinates(shape))
    elif isinstance(shape, shapely.LineString):
        line = ET.SubElement(parent, "LineString")
        _text(line, "tessellate", "1")
        _text(line, "coordinates", _coordinates(shape))
    elif isinstance(shape, shapely.Polygon):
        polygon = ET.SubElement(parent, "Polygon")
        _text(polygon, "tessellate", "1")
        _ring(polygon, "outerBoundaryIs", shape.exterior)
        for ring in shape.interiors:
            _ring(polygon, "innerBoundaryIs", ring)
    else:
        parts = ET.SubElement(parent, "MultiGeometry")
        for part in shapely.get_parts(shape):
            _geometry(parts, part)


def _ring(polygon: ET.Element, side: str, ring: shapely.LinearRing) -> None:
    edge = ET.SubElement(ET.SubElement(polygon, side), "LinearRing")
    _text(edge, "coordinates", _coordinates(ring))


def _coordinates(shape: BaseGeometry) -> str:
    points = shapely.get_coordinates(shape)
    return " ".join(f"{x:.{_DIGITS}f},{y:.{_DIGITS}f}" for x, y in points)


def _point_style(document: ET.Element, name: str, colour: str, icon: str | None) -> None:
    style = ET.SubElement(document, "Style", id=name)
    point = ET.SubElement(style, "IconStyle")
    _text(point, "color", _abgr(colour))
    _text(point, "scale", "0.8")
    if icon is not None:
        _text(ET.SubElement(point, "Icon"), "href", icon)
    _text(ET.SubElement(style, "LabelStyle"), "scale", "0.7")


def _line_style(document: ET.Element, name: str, colour: str) -> None:
    """Add a style of lines, and of areas by their border alone."""
    style = ET.SubElement(document, "Style", id=name)
    line = ET.SubElement(style, "LineStyle")
    _text(line, "color", _abgr(colour))
    _text(line, "width", "2")
    _text(ET.SubElement(style, "PolyStyle"), "fill", "0")


def _dot() -> bytes:
    """Return a white disc that a style's colour tints."""
    picture = Image.new("LA", (_DOT_PX, _DOT_PX), (255, 0))
    edge = _DOT_PX // 8
    ImageDraw.Draw(picture).ellipse((edge, edge, _DOT_PX - edge, _DOT_PX - edge), fill=(255, 255))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _abgr(colour: str) -> str:
    """Return "#rrggbb" in the order of KML: opacity, blue, green, red."""
    return f"ff{colour[5:7]}{colour[3:5]}{colour[1:3]}"


def _plain(value: object, language: Language) -> str:
    """Return a value in words, without anything that a balloon could take for markup."""
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value].get(language)
    if isinstance(value, bool | np.bool_):
        return (_YES if value else _NO).get(language)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return "".join(c for c in text if c.isprintable()).translate(_BRACKETS)


def _text(parent: ET.Element, tag: str, content: str) -> None:
    ET.SubElement(parent, tag).text = content
