"""Made answers of the five services for one made province of two communes. No place is real."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.io import MemoryFile

from tests.fetch.loopback import Services

TOKEN = "pk.secret-of-the-user"  # noqa: S105
TILES = ("N21_00_E105", "N22_00_E105")
OSM = "/api/interpreter"
CELLS = "/ocid/downloads"


def tile_path(corner: str) -> str:
    name = f"Copernicus_DSM_COG_10_{corner}_00_DEM"
    return f"/dem/{name}/{name}.tif"


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(units: dict[str, dict[str, Any]]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"shapeName": name, "shapeID": f"{i}B{i}", "shapeGroup": "VNM"},
            "geometry": shape,
        }
        for i, (name, shape) in enumerate(units.items(), start=1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def tif(values: np.ndarray[Any, Any], west: float, north: float, step: float) -> bytes:
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype=values.dtype,
            crs="EPSG:4326",
            transform=Affine(step, 0.0, west, 0.0, -step, north),
            nodata=-99999.0,
        ) as raster:
            raster.write(values, 1)
        return bytes(memory.read())


def fill(server: Services) -> None:
    """Put the answers of a healthy day on the server. The country has no ADM3."""
    url, bodies = server.url, server.bodies
    server.token = TOKEN
    provinces = {
        "Bắc Kạn": square(105.80, 22.10, 105.90, 22.20),
        "Hà Nam": square(105.90, 20.4, 106.0, 20.6),
        "Hạ Nam": square(106.90, 20.4, 107.0, 20.6),
    }
    units = {
        "Xã Đông": square(105.85, 22.10, 105.90, 22.20),
        "Xã Tây": square(105.80, 22.10, 105.85, 22.20),
        "Nơi khác": square(106.0, 22.10, 106.1, 22.20),
    }
    for level, shapes in {"ADM1": provinces, "ADM2": units}.items():
        about = {
            "boundaryISO": "VNM",
            "boundaryType": level,
            "boundaryYearRepresented": "2019",
            "boundarySource": "made for a test",
            "boundaryLicense": "CC BY 3.0 IGO",
            "gjDownloadURL": f"{url}/gb/files/{level}.geojson",
        }
        bodies[f"/gb/VNM/{level}/"] = json.dumps(about).encode()
        bodies[f"/gb/files/{level}.geojson"] = collection(shapes)
    height = np.add.outer(np.arange(240.0), np.arange(240.0)).astype("float32")
    for corner in TILES:
        south = float(corner[1:3])
        bodies[tile_path(corner)] = tif(height + 100, 105.0, south + 1, 1 / 240)
    bodies[OSM] = osm().encode()
    rows = [
        "LTE,452,4,1,11,0,105.83,22.15,800,40,1,1500000000,1600000000,0",
        "UMTS,452,1,1,12,0,105.87,22.16,9000,2,1,1500000000,1600000000,0",
        "LTE,452,4,1,13,0,108.00,16.00,800,40,1,1500000000,1600000000,0",
    ]
    bodies[CELLS] = gzip.compress("\n".join(rows).encode())
    people = np.zeros((200, 200), dtype="float32")
    people[100, 60] = 36.0  # 22.1495 N, 105.8105+… E: beside Bản A
    people[100, 140] = 72.0  # beside the place without a name
    people[0, 0] = -99999.0
    bodies["/worldpop/vnm_ppp_2020.tif"] = tif(people, 105.75, 22.25, 0.001)
    bodies["/rest/data/pop/wpgp/VNM"] = json.dumps(
        {
            "data": [
                {"popyear": "2000", "iso3": "VNM", "files": [f"{url}/worldpop/old.tif"]},
                {"popyear": "2020", "iso3": "VNM", "files": [f"{url}/worldpop/vnm_ppp_2020.tif"]},
            ]
        }
    ).encode()


def osm() -> str:
    return """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="Overpass API">
<node id="1" lat="22.11" lon="105.81"/><node id="2" lat="22.15" lon="105.83"/>
<node id="3" lat="22.19" lon="105.88"/>
<node id="21" lat="22.149" lon="105.812">
<tag k="place" v="hamlet"/><tag k="name" v="Bản A"/></node>
<node id="22" lat="22.149" lon="105.892"><tag k="place" v="village"/></node>
<node id="23" lat="22.11" lon="105.86">
<tag k="place" v="village"/><tag k="name" v="Bản Vắng"/></node>
<node id="24" lat="22.15" lon="105.79"><tag k="place" v="village"/><tag k="name" v="Ngoài"/></node>
<way id="5"><nd ref="1"/><nd ref="2"/>
<tag k="highway" v="primary"/><tag k="surface" v="asphalt"/></way>
<way id="6"><nd ref="2"/><nd ref="3"/><tag k="highway" v="track"/></way>
<way id="7"><nd ref="1"/><nd ref="3"/><tag k="power" v="line"/><tag k="voltage" v="22000"/></way>
<way id="8"><nd ref="1"/><nd ref="2"/><tag k="power" v="line"/></way>
</osm>
"""


def height_of(path: object) -> float:
    with rasterio.open(path) as raster:
        return float(raster.read(1)[0, 0])
