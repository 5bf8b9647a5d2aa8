"""Roads, power lines and named places from OpenStreetMap.

Overpass is asked by our own downloader and its answer is read by osmnx. The requests of osmnx
itself repeat without end while the service is busy and change how this process resolves names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from coverage.fetch.area import Area
from coverage.fetch.download import Downloader, Fetched, FetchError
from coverage.fetch.services import RoadService
from coverage.text import Text

_PLACES: Final = ("village", "hamlet", "isolated_dwelling", "neighbourhood", "quarter")
_POWER: Final = {"line": "hv", "minor_line": "mv"}
_TAGS: Final[dict[str, bool | str | list[str]]] = {
    "highway": True,
    "power": list(_POWER),
    "place": list(_PLACES),
}
_TAIL_BYTES: Final = 4096


@dataclass(frozen=True, eq=False, kw_only=True)
class StreetMap:
    """What OpenStreetMap knows of an area, in WGS 84.

    `roads` with `road_class` and `surface`, `power_lines` with `kind`, `places` with `place_id`,
    `name` and `place`. What a tag does not say is None.
    """

    roads: gpd.GeoDataFrame
    power_lines: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    file: Fetched


def street_map(downloader: Downloader, service: RoadService, area: Area) -> StreetMap:
    """Fetch and sort the features of an area.

    Raises
    ------
    FetchError
        Where they cannot be had, or Overpass gave up half-way.
    """
    bounds = area.around(service.margin_km)
    url = service.url.replace("{query}", quote(query(service, bounds), safe=""))
    file = downloader.get(url, check=_require_whole)
    features = _features(file.path)
    features = features[features.intersects(box(*bounds))]
    return StreetMap(
        roads=_roads(features, service),
        power_lines=_power_lines(features, service),
        places=_places(features, area),
        file=file,
    )


def query(service: RoadService, bounds: tuple[float, float, float, float]) -> str:
    """Return the question to Overpass, in its language."""
    west, south, east, north = (f"{value:.5f}" for value in bounds)
    highways = "|".join(value for values in service.classes.values() for value in values)
    return (
        f"[out:xml][timeout:{service.timeout_s}][bbox:{south},{west},{north},{east}];"
        f'(way["highway"~"^({highways})$"];'
        f'way["power"~"^({"|".join(_POWER)})$"];'
        f'node["place"~"^({"|".join(_PLACES)})$"];);'
        "(._;>;);out body;"
    )


def _require_whole(path: Path) -> None:
    """Refuse an answer that is no OSM file, or that Overpass ended with a remark of failure."""
    with path.open("rb") as stream:
        head = stream.read(_TAIL_BYTES)
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = stream.read()
    if b"<osm" not in head or b"</osm>" not in tail:
        raise FetchError(
            Text(
                "Overpass trả về thứ khác thay vì dữ liệu OpenStreetMap đầy đủ.",
                "Overpass sent something else than complete OpenStreetMap data.",
            )
        )
    if b"<remark>" in tail:
        raise FetchError(
            Text(
                "Overpass bỏ dở truy vấn (hết giờ hoặc hết bộ nhớ). Hãy thử lại sau.",
                "Overpass gave the query up (out of time or memory). Try again later.",
            )
        )


def _features(path: Path) -> gpd.GeoDataFrame:
    import osmnx as ox  # noqa: PLC0415  it takes a second to load

    try:
        return ox.features_from_xml(path, tags=_TAGS)
    except ox._errors.InsufficientResponseError:  # noqa: SLF001  it has no public name
        return gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs="EPSG:4326")
    except (ParseError, KeyError, ValueError) as error:
        path.unlink(missing_ok=True)  # to be fetched anew
        raise FetchError(
            Text(
                "Không đọc được dữ liệu OpenStreetMap tải về.",
                "The OpenStreetMap data that arrived cannot be read.",
            )
        ) from error


def _column(features: gpd.GeoDataFrame, tag: str) -> pd.Series:
    """Return a tag's values, None where a feature has none."""
    if tag not in features.columns:
        return pd.Series([None] * len(features), index=features.index, dtype=object)
    known = features[tag].notna()
    values = [v if k else None for v, k in zip(features[tag], known, strict=True)]
    return pd.Series(values, index=features.index, dtype=object)


def _mapped(values: pd.Series, table: Mapping[str, Any]) -> list[str | None]:
    by_value = {v: k for k, several in table.items() for v in several}
    return [by_value.get(value) for value in values]


def _lines(features: gpd.GeoDataFrame, tag: str) -> gpd.GeoDataFrame:
    is_line = features.geom_type.isin(["LineString", "MultiLineString"])
    return features[_column(features, tag).notna() & is_line]


def _roads(features: gpd.GeoDataFrame, service: RoadService) -> gpd.GeoDataFrame:
    ways = _lines(features, "highway")
    roads = gpd.GeoDataFrame(
        {
            "road_class": _mapped(_column(ways, "highway"), service.classes),
            "surface": _mapped(_column(ways, "surface"), service.surfaces),
        },
        geometry=ways.geometry.to_numpy(),
        crs="EPSG:4326",
    )
    return roads[roads["road_class"].notna()].reset_index(drop=True)


def _power_lines(features: gpd.GeoDataFrame, service: RoadService) -> gpd.GeoDataFrame:
    ways = _lines(features, "power")
    kinds = [
        _kind(power, volts, service)
        for power, volts in zip(_column(ways, "power"), _column(ways, "voltage"), strict=True)
    ]
    lines = gpd.GeoDataFrame({"kind": kinds}, geometry=ways.geometry.to_numpy(), crs="EPSG:4326")
    return lines[lines["kind"].notna()].reset_index(drop=True)


def _kind(power: str, voltage: str | None, service: RoadService) -> str | None:
    """Return the level by the stated voltage, the highest of several; else by the kind of line."""
    volts = [int(part) for part in (voltage or "").split(";") if part.strip().isdecimal()]
    if not volts:
        return _POWER.get(power)
    if max(volts) > service.hv_above_volt:
        return "hv"
    return "mv" if max(volts) >= service.mv_from_volt else "lv"


def _places(features: gpd.GeoDataFrame, area: Area) -> gpd.GeoDataFrame:
    """Return the named and unnamed places inside the area; an unnamed one is called by its id."""
    nodes = features[_column(features, "place").notna() & (features.geom_type == "Point")]
    nodes = nodes[nodes.within(area.shape)]
    ids = [f"osm-n{number}" for _, number in nodes.index] if len(nodes) else []
    names = [
        str(name).strip() if name and str(name).strip() else f"(không tên) {place_id}"
        for name, place_id in zip(_column(nodes, "name"), ids, strict=True)
    ]
    return gpd.GeoDataFrame(
        {"place_id": ids, "name": names, "place": list(_column(nodes, "place"))},
        geometry=nodes.geometry.to_numpy(),
        crs="EPSG:4326",
    )
