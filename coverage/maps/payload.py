"""A result as the JSON-able data that the map's front end draws.

Rings are whole hundred-thousandths of a degree, each point as the step from the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from coverage.gaps import class_raster
from coverage.grid import BoolArray
from coverage.maps.fields import Payload, commune_fields, rounded, table_payload, village_fields
from coverage.maps.palette import STYLES
from coverage.maps.plan import plan_payload
from coverage.maps.profile import path_drawings
from coverage.maps.rasters import (
    class_picture,
    frame_over,
    relief_picture,
    unknown_picture,
)
from coverage.maps.words import (
    CHOICES,
    CLASS_NAMES,
    NAME,
    QUANTITIES,
    ROLES,
    SHORT_CLASS_NAMES,
    beside,
    screen_words,
)
from coverage.model import FibrePlan, Plan, Result
from coverage.params import MAIN_TECHNOLOGY, SIGNAL_CLASSES, TECHNOLOGIES, Technology
from coverage.text import DEFAULT_LANGUAGE, Language, Text, vietnamese_order

Rings = list[list[int]]
MastPositions = Literal["exact", "coarse", "none"]

_DRAWN_RANKS: Final = 200
"""More drawings would make the file too large to send by a messenger."""

_SIMPLIFY_M: Final = 60.0
_SCALE: Final = 100_000
_COARSE_DEGREES: Final = 0.01
_CELL_COLUMNS: Final = ("site_id", "operator", "status", "technology", "antenna_height_m")


def map_payload(
    result: Result,
    *,
    language: Language = DEFAULT_LANGUAGE,
    date: str = "",
    mast_positions: MastPositions = "exact",
    operator: str = "",
    pictures: bool = True,
    profiles: bool = False,
    plan: Plan | FibrePlan | None = None,
) -> Payload:
    """Return what the front end needs to draw a result.

    Parameters
    ----------
    result
        The result of a run.
    language
        Language of every word; short headings of a Vietnamese map carry English beside.
    date
        Shown under the title; without one, the day that the data stand for, so that the bytes
        depend on the result only.
    mast_positions
        `coarse` rounds masts to about 1 km and `none` leaves them out, for maps that leave the
        house.
    operator
        Whose signal the pictures show; "" is the strongest of any.
    pictures
        False leaves the hillshade and the signal pictures out: the front end keeps those it has.
    profiles
        Whether the paths that explain missing signal are drawn, for the first ranks.
    plan
        What to build, drawn over the result.
    """
    technologies = _technologies(result)
    payload: Payload = {
        "name": NAME,
        "language": language,
        "title": result.inputs.project.name,
        "date": date or _data_date(result, language),
        "note": result.inputs.project.note,
        "synthetic": _synthetic(result, language),
        "words": screen_words(language),
        "choices": _choices(language),
        "classes": _classes(language),
        "technologies": _technology_rows(result, technologies),
        "technology": MAIN_TECHNOLOGY if MAIN_TECHNOLOGY in technologies else technologies[0],
        "operator_shown": operator,
        "operators": list(result.prediction.operators),
        "facts": _facts(result, language),
        "communes": _communes(result, technologies, language),
        "villages": _villages(result, language),
        "sites": _sites(result, mast_positions),
        "sites_coarse": mast_positions == "coarse",
        "bounds": _bounds(result),
    }
    if pictures:
        payload["overlays"] = _overlays(result, operator)
    if profiles:
        drawings = path_drawings(result, language=language, first=_DRAWN_RANKS)
        payload["profiles"] = {village: drawing.url for village, drawing in drawings.items()}
    if plan is not None:
        payload["plan"] = plan_payload(plan, language)
    return payload


def file_payload(
    result: Result,
    *,
    language: Language,
    date: str,
    mast_positions: MastPositions,
    plan: Plan | FibrePlan | None,
) -> Payload:
    """Return what a map in a file draws: all, but what tells of masts only where they are exact."""
    is_exact = mast_positions == "exact"
    return map_payload(
        result,
        language=language,
        date=date,
        mast_positions=mast_positions,
        profiles=is_exact,
        plan=plan if is_exact else None,
    )


def _technologies(result: Result) -> list[Technology]:
    """Technologies of the prediction in order; 4G alone where there is none, all unknown."""
    present = set(result.prediction.technologies)
    return [t for t in TECHNOLOGIES if t in present] or [MAIN_TECHNOLOGY]


def _data_date(result: Result, language: Language) -> str:
    """Say which day the figures stand for; nothing where it is not known."""
    if result.statistics is None or not result.statistics.date:
        return ""
    return screen_words(language)["data_as_of"].format(date=result.statistics.date)


def _synthetic(result: Result, language: Language) -> list[str]:
    roles = result.inputs.synthetic_roles
    if not roles and result.inputs.project.synthetic:
        roles = ("project",)
    return [ROLES[role].get(language) if role in ROLES else role for role in roles]


def _choices(language: Language) -> dict[str, dict[str, str]]:
    return {
        key: {value: text.get(language) for value, text in texts.items()}
        for key, texts in CHOICES.items()
    }


def _classes(language: Language) -> list[dict[str, str]]:
    return [
        {
            "id": name,
            "label": beside(CLASS_NAMES[name], language),
            "short": SHORT_CLASS_NAMES[name].get(language),
            "symbol": STYLES[name].symbol,
            "colour": STYLES[name].colour,
            "area": STYLES[name].area,
        }
        for name in SIGNAL_CLASSES
    ]


def _technology_rows(
    result: Result, technologies: Sequence[Technology]
) -> list[dict[str, str | float]]:
    limits = result.scenario.thresholds.technologies
    return [
        {
            "id": technology,
            "quantity": QUANTITIES[technology],
            "good_dbm": limits[technology].good_dbm,
            "weak_dbm": limits[technology].weak_dbm,
        }
        for technology in technologies
    ]


def _facts(result: Result, language: Language) -> list[list[str]]:
    """Return what a reader must know to judge the map: a label and a text each."""
    thresholds = result.scenario.thresholds
    assumed = Text(" (giả định)", " (assumption)") if thresholds.is_assumption else Text("", "")
    radio, grid = result.scenario.radio, result.inputs.grid
    facts = [
        (Text("Kịch bản", "Scenario"), Text(result.scenario.name, result.scenario.name)),
        (
            Text("Bộ ngưỡng", "Thresholds"),
            Text(f"{thresholds.title_vi}{assumed.vi}", f"{thresholds.title_en}{assumed.en}"),
        ),
        (
            Text("Tín hiệu", "Signal"),
            Text(
                f"dự báo ngoài trời ở độ cao {_comma(radio.rx_height_m)} m, "
                f"tầm xa nhất {_comma(radio.max_range_km)} km",
                f"predicted outdoors at {radio.rx_height_m:g} m, "
                f"range up to {radio.max_range_km:g} km",
            ),
        ),
        (
            Text("Lưới", "Grid"),
            Text(
                f"{_comma(grid.resolution_m)} m, {grid.crs}",
                f"{grid.resolution_m:g} m, {grid.crs}",
            ),
        ),
        (
            Text("Chưa rõ", "Unknown"),
            Text(
                "gạch chéo: chưa có địa hình hoặc đường truyền đi qua vùng chưa có địa hình; "
                "không phải là không có sóng",
                "hatched: the terrain there or along the path is not known; "
                "this does not mean no signal",
            ),
        ),
    ]
    return [[label.get(language), text.get(language)] for label, text in facts]


def _comma(value: float) -> str:
    """Write a number with the decimal comma of Vietnamese."""
    return f"{value:g}".replace(".", ",")


def _bounds(result: Result) -> list[list[float]]:
    """South-west and north-east corner of the communes, or of the grid where there are none."""
    shapes = result.communes.geometry
    shapes = shapes[_is_there(shapes)]
    if shapes.empty:
        shapes = gpd.GeoSeries(
            [shapely.box(*result.inputs.grid.bounds)], crs=result.inputs.grid.crs
        )
    west, south, east, north = shapes.to_crs("EPSG:4326").total_bounds
    return [[round(south, 5), round(west, 5)], [round(north, 5), round(east, 5)]]


def _overlays(result: Result, operator: str) -> list[Payload]:
    grid, terrain_m = result.inputs.grid, result.inputs.terrain_m
    frame = frame_over(grid)
    corners = frame.corners
    overlays: list[Payload] = []
    if np.isfinite(terrain_m).any():
        picture = relief_picture(terrain_m, grid, frame)
        overlays.append({"id": "relief", "url": picture, "bounds": corners})
    if hatch := unknown_picture(terrain_m, grid, frame):
        overlays.append({"id": "unknown", "url": hatch, "bounds": corners})
    for technology in _technologies(result):
        if technology not in result.prediction.technologies:
            continue
        codes = class_raster(
            result.inputs, result.prediction, result.scenario, technology, operator=operator
        )
        picture = class_picture(codes, grid, frame)
        overlays.append({"id": technology, "url": picture, "bounds": corners})
    return overlays


def _villages(result: Result, language: Language) -> Payload:
    villages = result.villages
    fields = village_fields(result, language)
    return table_payload(villages, fields, language) | {"places": _places(villages.geometry)}


def _communes(result: Result, technologies: Iterable[Technology], language: Language) -> Payload:
    names = result.communes["name"].astype(str)
    order = sorted(range(len(names)), key=lambda i: vietnamese_order(names.iloc[i]))
    communes = result.communes.iloc[order]
    fields = commune_fields(communes, technologies)
    shapes = _simplified(communes.geometry)
    return table_payload(communes, fields, language) | {
        "shapes": [
            _rings(shape) if drawn else []
            for shape, drawn in zip(shapes, _is_there(shapes), strict=True)
        ],
        "outline": _outline(shapes),
    }


def _sites(result: Result, positions: MastPositions) -> list[Payload]:
    """Masts with the sites they carry; a site without `mast_id` stands alone."""
    stations = result.inputs.stations
    if positions == "none" or stations.empty:
        return []
    mast = stations["site_id"].astype(str)
    if "mast_id" in stations.columns:
        named = stations["mast_id"].notna() & (stations["mast_id"].astype(str) != "")
        mast = stations["mast_id"].astype(str).where(named, mast)
    places = _places(stations.geometry)
    cells = list(zip(*(stations[name] for name in _CELL_COLUMNS), strict=True))
    rows: list[Payload] = []
    for name, positions_in_table in stations.groupby(mast.to_numpy(), sort=True).indices.items():
        place = next((places[i] for i in positions_in_table if places[i] is not None), None)
        if place is None:
            continue
        if positions == "coarse":
            place = [round(round(x / _COARSE_DEGREES) * _COARSE_DEGREES, 2) for x in place]
        rows.append(
            {
                "id": str(name),
                "place": place,
                "sites": _site_rows(cells[i] for i in positions_in_table),
            }
        )
    return rows


def _site_rows(cells: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """[site, operator, technologies, greatest antenna height, status] of each site of one mast.

    A cell is given by its `_CELL_COLUMNS`.
    """
    technologies: dict[tuple[str, str, str], set[str]] = {}
    heights_m: dict[tuple[str, str, str], float] = {}
    for site, operator, status, technology, height_m in cells:
        key = (str(site), str(operator), str(status))
        technologies.setdefault(key, set()).add(str(technology))
        heights_m[key] = max(heights_m.get(key, 0.0), float(height_m))
    return [
        [*key[:2], sorted(technologies[key]), rounded(heights_m[key], 1), key[2]]
        for key in sorted(technologies)
    ]


def _places(points: gpd.GeoSeries) -> list[list[float] | None]:
    """[latitude, longitude] of each point; None where there is none."""
    degrees = points.to_crs("EPSG:4326")
    there = _is_there(degrees)
    x, y = np.asarray(shapely.get_x(degrees)), np.asarray(shapely.get_y(degrees))
    return [
        [round(float(lat), 5), round(float(lon), 5)] if drawn else None
        for drawn, lon, lat in zip(there, x, y, strict=True)
    ]


def _simplified(polygons: gpd.GeoSeries) -> gpd.GeoSeries:
    """Polygons simplified together, so that neighbours keep a common border; in degrees."""
    there = _is_there(polygons)
    simple = np.array(polygons.to_numpy(), dtype=object)
    if there.any():
        simple[there] = shapely.coverage_simplify(simple[there], _SIMPLIFY_M)
    return gpd.GeoSeries(simple, crs=polygons.crs).to_crs("EPSG:4326")


def _is_there(shapes: gpd.GeoSeries) -> BoolArray:
    there: BoolArray = ~(shapes.isna() | shapes.is_empty).to_numpy()
    return there


def _outline(polygons: gpd.GeoSeries) -> list[Rings]:
    """Rings of the whole area."""
    there = polygons[_is_there(polygons)].to_numpy()
    return _rings(shapely.union_all(shapely.make_valid(there))) if there.size else []


def _rings(shape: BaseGeometry) -> list[Rings]:
    parts = getattr(shape, "geoms", [shape])
    return [
        [_steps(ring) for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in parts
        if polygon.geom_type == "Polygon"
    ]


def _steps(ring: BaseGeometry) -> list[int]:
    points = np.round(shapely.get_coordinates(ring) * _SCALE).astype(np.int64)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moved = np.any(steps != 0, axis=1)
    return [int(step) for step in steps[moved].ravel()]
