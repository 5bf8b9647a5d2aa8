"""Fibre routes in the Open Fibre Data Standard 0.3: a network as JSON, its parts as GeoJSON.

https://open-fibre-data-standard.readthedocs.io. Spans are proposed; who will build and run them is
not known and not told.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.model import Inputs

_SCHEMA: Final = (
    "https://raw.githubusercontent.com/Open-Telecoms-Data/open-fibre-data-standard/0__3__0/"
    "schema/network-schema.json"
)
_CRS: Final = {
    "name": "urn:ogc:def:crs:OGC::CRS84",
    "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
}
_PHASE: Final = {"id": "1", "name": "Phương án cáp quang / planned fibre"}
_NAMESPACE: Final = uuid.UUID("6f1f3f4e-5f0e-5d44-9f0f-0a4d8c4c2b11")
_SAME_M: Final = 1.5
"""The road graph rounds to whole metres; a named place so close to a span's end is that end."""
_DEPLOYMENT: Final = {"fibre_poles": "aboveGround", "fibre_duct": "belowGround"}
"""Of other ways the standard's question, above or below ground, is open."""
_DIGITS: Final = 6

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    status: str


def open_fibre(routes: gpd.GeoDataFrame, inputs: Inputs) -> dict[str, Json]:
    """Return the files by name: the network, and its nodes and spans as feature collections.

    Parameters
    ----------
    routes
        Pieces with `segment_id`, `kind`, `length_m` and lines, as in `FibrePlan.routes`.
    inputs
        Of the run; existing fibre nodes and villages name the ends of spans.
    """
    ends_m = np.array(
        [(line.coords[0], line.coords[-1]) for line in routes.geometry], dtype=float
    ).reshape(-1, 2)
    keys, end = np.unique(np.round(ends_m).astype(np.int64), axis=0, return_inverse=True)
    places = _places(keys.astype(float), inputs)
    points = gpd.GeoSeries(gpd.points_from_xy(*keys.T.astype(float)), crs=routes.crs)
    degrees = shapely.get_coordinates(points.to_crs("EPSG:4326")).round(_DIGITS)
    nodes = [
        {
            "id": f"N{number + 1:04d}",
            **({"name": place.name} if place.name else {}),
            "phase": _PHASE,
            "status": place.status,
            "location": {"type": "Point", "coordinates": where.tolist()},
        }
        for number, (place, where) in enumerate(zip(places, degrees, strict=True))
    ]
    for node, place in zip(nodes, places, strict=True):
        if place.status == "operational":
            del node["phase"]
    lines = routes.geometry.to_crs("EPSG:4326") if len(routes) else []
    told = routes.drop(columns="geometry").to_dict("records")
    spans = [
        _span(row, line, nodes[end[2 * k]], nodes[end[2 * k + 1]])
        for k, (row, line) in enumerate(zip(told, lines, strict=True))
    ]
    identity: Json = {
        "id": str(uuid.uuid5(_NAMESPACE, inputs.fingerprint + "|" + "|".join(_told(routes)))),
        "name": f"{inputs.project.name}: cáp quang dự kiến / planned fibre",
    }
    network = identity | {
        "crs": _CRS,
        "language": "vi",
        "links": [{"href": _SCHEMA, "rel": "describedby"}],
    }
    if nodes:
        network |= {"nodes": nodes, "spans": spans, "phases": [_PHASE]}
    return {
        "fibre_routes_ofds.json": network,
        "fibre_nodes_ofds.geojson": _features(nodes, "location", identity),
        "fibre_spans_ofds.geojson": _features(spans, "route", identity),
    }


def _told(routes: gpd.GeoDataFrame) -> list[str]:
    return [shapely.to_wkt(line, rounding_precision=0) for line in routes.geometry]


def _places(ends_m: np.ndarray[Any, Any], inputs: Inputs) -> list[_Place]:
    """Name the ends: an existing node, a village, or a branching point without a name."""
    found = [_Place("", "proposed") for _ in ends_m]
    nodes = inputs.fibre_nodes
    named = [(inputs.villages, "name", "proposed")]
    if nodes is not None:
        known = nodes.assign(called=nodes.get("name", pd.Series(index=nodes.index, dtype=object)))
        known["called"] = known["called"].fillna(known["node_id"])
        named.append((known, "called", "operational"))
    for frame, column, status in named:
        placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        if not len(placed) or not len(ends_m):
            continue
        tree = shapely.STRtree(placed.geometry.to_numpy())
        end, place = tree.query(shapely.points(ends_m), "dwithin", distance=_SAME_M)
        for e, p in zip(end.tolist(), place.tolist(), strict=True):
            found[e] = _Place(str(placed[column].iloc[p]), status)
    return found


def _span(row: dict[Any, Any], line: Any, start: Json, end: Json) -> Json:
    kind = str(row["kind"])
    deployment = {"deployment": [_DEPLOYMENT[kind]]} if kind in _DEPLOYMENT else {}
    return {
        "id": str(row["segment_id"]),
        "phase": _PHASE,
        "status": "proposed",
        "start": start["id"],
        "end": end["id"],
        "route": {
            "type": "LineString",
            "coordinates": shapely.get_coordinates(line).round(_DIGITS).tolist(),
        },
        "transmissionMedium": ["fibre"],
        **deployment,
        "deploymentDetails": {"description": kind},
        "fibreLength": round(float(row["length_m"]) / 1000.0, 4),
        "countries": ["VN"],
    }


def _features(entries: list[Json], shape: str, network: Json) -> Json:
    """Return entries as features, each with the network it belongs to."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": entry[shape],
                "properties": {k: v for k, v in entry.items() if k != shape} | {"network": network},
            }
            for entry in entries
        ],
    }
