"""How QGIS draws the layers of the package."""

from __future__ import annotations

from typing import Final

from coverage.params import SIGNAL_CLASSES

_COLOURS: Final = {
    "good": "0,114,178",
    "weak": "230,159,0",
    "none": "213,94,0",
    "unknown": "153,153,153",
}


def class_style(column: str) -> str:
    """Return the style of points by the signal class in a column."""
    shapes = {"good": "circle", "weak": "triangle", "none": "cross_fill", "unknown": "diamond"}
    titles = {
        "good": "Sóng tốt",
        "weak": "Lõm sóng (yếu)",
        "none": "Trắng sóng",
        "unknown": "Không rõ",
    }
    categories = "".join(
        f'<category value="{name}" symbol="{i}" label="{titles[name]} (4G)" render="true"/>'
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
