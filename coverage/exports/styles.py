"""How QGIS draws the layers of the package, and the rasters beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from PIL import ImageColor

from coverage.gaps import CODES
from coverage.io.writers import Category
from coverage.params import SIGNAL_CLASSES, ClassThresholds

_COLOURS: Final = {
    "good": "0,114,178",
    "weak": "230,159,0",
    "none": "213,94,0",
    "unknown": "153,153,153",
}

_TITLES: Final = {
    "good": "Sóng tốt",
    "weak": "Lõm sóng (yếu)",
    "none": "Trắng sóng",
    "unknown": "Không rõ",
}
_AREAS: Final = {"good": "#8cc4e8", "weak": "#f5c84c", "none": "#c8695a", "unknown": "#d9d9d9"}
_PLAN: Final = "106,27,154"
_HALF_STEP_DB: Final = 0.005
"""Signal is written in hundredths; QGIS counts a bound to the class below it."""


def class_style(column: str) -> str:
    """Return the style of points by the signal class in a column."""
    shapes = {"good": "circle", "weak": "triangle", "none": "cross_fill", "unknown": "diamond"}
    categories = "".join(
        f'<category value="{name}" symbol="{i}" label="{_TITLES[name]} (4G)" render="true"/>'
        for i, name in enumerate(SIGNAL_CLASSES)
    )
    symbols = "".join(
        _marker(i, shapes[name], _COLOURS[name]) for i, name in enumerate(SIGNAL_CLASSES)
    )
    return _qml(
        f'<renderer-v2 type="categorizedSymbol" attr="{column}" enableorderby="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def site_style() -> str:
    """Return the style of sites."""
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        f"{_marker(0, 'equilateral_triangle', '60,60,60')}</symbols></renderer-v2>"
    )


def commune_style() -> str:
    """Return the style of communes: their border alone."""
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        '<symbol type="fill" name="0" alpha="1"><layer class="SimpleFill" enabled="1">'
        '<Option type="Map"><Option name="style" value="no" type="QString"/>'
        '<Option name="outline_color" value="80,80,80,255" type="QString"/>'
        '<Option name="outline_width" value="0.4" type="QString"/></Option>'
        "</layer></symbol></symbols></renderer-v2>"
    )


def planned_points_style() -> str:
    """Return the style of what a plan builds, or of the villages that new fibre joins."""
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        f"{_marker(0, 'square', _PLAN)}</symbols></renderer-v2>"
    )


def planned_lines_style(*, is_radio: bool) -> str:
    """Return the style of new lines: radio hops dashed, fibre drawn through."""
    dashes = '<Option name="line_style" value="dash" type="QString"/>' if is_radio else ""
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        '<symbol type="line" name="0" alpha="1"><layer class="SimpleLine" enabled="1">'
        f'<Option type="Map"><Option name="line_color" value="{_PLAN},255" type="QString"/>'
        f'<Option name="line_width" value="0.5" type="QString"/>{dashes}</Option>'
        "</layer></symbol></symbols></renderer-v2>"
    )


def signal_raster_style(levels: ClassThresholds) -> str:
    """Return the style of a raster of dBm: the classes as three areas."""
    bounds = {
        "none": f"{levels.weak_dbm - _HALF_STEP_DB:g}",
        "weak": f"{levels.good_dbm - _HALF_STEP_DB:g}",
        "good": "inf",
    }
    items = "".join(
        f'<item value="{bound}" color="{_AREAS[name]}" alpha="255" label="{_TITLES[name]}"/>'
        for name, bound in bounds.items()
    )
    return _raster_qml("DISCRETE", items)


def share_raster_style() -> str:
    """Return the style of a raster of percent: from none over weak to good."""
    stops = ((0, "none"), (50, "weak"), (100, "good"))
    items = "".join(
        f'<item value="{percent}" color="{_AREAS[name]}" alpha="255" label="{percent} %"/>'
        for percent, name in stops
    )
    return _raster_qml("INTERPOLATED", items)


def class_raster_style(categories: Sequence[Category]) -> str:
    """Return the style of a raster of classes; value 0, not known, is drawn too."""
    unknown, *classes = categories
    red, green, blue = unknown.rgb
    entries = "".join(
        f'<paletteEntry value="{value}" color="{_hexadecimal(one)}" alpha="255" '
        f"label={quoteattr(one.title)}/>"
        for value, one in enumerate(classes, start=1)
    )
    return (
        '<!DOCTYPE qgis><qgis version="3.22"><pipe><rasterrenderer type="paletted" band="1" '
        f'opacity="0.8" alphaBand="-1" nodataColor="{red},{green},{blue},255">'
        f"<colorPalette>{entries}</colorPalette></rasterrenderer></pipe></qgis>\n"
    )


def _hexadecimal(category: Category) -> str:
    return "#{:02x}{:02x}{:02x}".format(*category.rgb)


def class_categories() -> tuple[Category, ...]:
    """Return what the values of an exported raster of classes stand for; 0 is not known."""
    known = sorted((name for name in SIGNAL_CLASSES if name != "unknown"), key=CODES.__getitem__)
    return tuple(
        Category(f"{_TITLES[name]} / {name}", ImageColor.getrgb(_AREAS[name])[:3])
        for name in ("unknown", *known)
    )


def _raster_qml(kind: str, items: str) -> str:
    return (
        '<!DOCTYPE qgis><qgis version="3.22"><pipe><rasterrenderer type="singlebandpseudocolor" '
        'band="1" opacity="0.8" alphaBand="-1"><rastershader><colorrampshader '
        f'colorRampType="{kind}" classificationMode="1" clip="0">{items}</colorrampshader>'
        "</rastershader></rasterrenderer></pipe></qgis>\n"
    )


def _marker(index: int, shape: str, colour: str) -> str:
    return (
        f'<symbol type="marker" name="{index}" alpha="1"><layer class="SimpleMarker" enabled="1">'
        f'<Option type="Map"><Option name="name" value="{shape}" type="QString"/>'
        f'<Option name="color" value="{colour},255" type="QString"/>'
        '<Option name="outline_color" value="255,255,255,255" type="QString"/>'
        '<Option name="size" value="2.6" type="QString"/></Option></layer></symbol>'
    )


def _qml(renderer: str) -> str:
    return f'<!DOCTYPE qgis><qgis version="3.22">{renderer}</qgis>'
