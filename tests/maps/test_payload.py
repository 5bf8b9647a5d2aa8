"""The data the front end draws, and the pictures in them."""

from __future__ import annotations

import base64
import io
import itertools
import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from coverage import gaps
from coverage.gaps import CODES
from coverage.maps import map_payload
from coverage.maps.fields import Payload
from coverage.maps.palette import STYLES, rgb
from coverage.maps.rasters import MAX_SIDE_PX, frame_over
from coverage.model import Result, Statistics
from coverage.params import SIGNAL_CLASSES, Technology
from tests.maps.world import GRID, HOSTILE, OPERATORS, VILLAGE_NAMES


@pytest.fixture(scope="module")
def payload(result: Result) -> Payload:
    return map_payload(result)


def class_raster(result: Result, technology: Technology, *, operator: str = "") -> Any:
    known = (result.inputs, result.prediction, result.scenario)
    return gaps.class_raster(*known, technology, operator=operator)


def column(table: Payload, key: str) -> list[Any]:
    at = [field["key"] for field in table["fields"]].index(key)
    values = table["fields"][at].get("values")
    cells = [row[at] for row in table["rows"]]
    return cells if values is None else [values[cell] for cell in cells]


def polygons(table: Payload) -> list[BaseGeometry]:
    def ring(steps: list[int]) -> np.ndarray[Any, Any]:
        return np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / 1e5

    def polygon(part: list[list[int]]) -> shapely.Polygon:
        return shapely.Polygon(ring(part[0]), [ring(hole) for hole in part[1:]])

    return [shapely.union_all([polygon(part) for part in shape]) for shape in table["shapes"]]


def picture(payload: Payload, name: str) -> Image.Image:
    url = next(o["url"] for o in payload["overlays"] if o["id"] == name)
    return Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])))


def test_every_village_travels_and_reads_back(payload: Payload, result: Result) -> None:
    villages = payload["villages"]
    assert column(villages, "name") == list(VILLAGE_NAMES)
    for tag in ("3g", "4g", "5g"):
        key = f"signal_class_{tag}"
        assert column(villages, key) == result.villages[key].tolist()
    assert [place is None for place in villages["places"]] == [False] * 11 + [True]
    latitude, longitude = villages["places"][0]
    assert 22.0 < latitude < 22.7
    assert 105.8 < longitude < 106.5


def test_it_is_json_without_nan(payload: Payload) -> None:
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_columns_a_result_lacks_are_left_out(result: Result) -> None:
    fewer = replace(result, villages=result.villages.drop(columns=["cause_vi", "fibre_distance_m"]))
    keys = [field["key"] for field in map_payload(fewer, pictures=False)["villages"]["fields"]]
    assert "fibre_distance_m" not in keys
    assert "cause" in keys
    assert "served_probability_4g" not in keys


def test_the_cause_follows_the_language(result: Result, payload: Payload) -> None:
    english = map_payload(result, language="en", pictures=False)["villages"]
    assert column(payload["villages"], "cause_vi")[0].startswith("Trạm S0")
    assert column(english, "cause_en")[0].startswith("Station S0")


def test_communes_keep_their_common_borders(payload: Payload, result: Result) -> None:
    communes = payload["communes"]
    shapes = polygons(communes)
    assert column(communes, "name")[-1] == "Xã Phong Quang"  # in the order of the alphabet
    for one, other in itertools.combinations(shapes, 2):
        assert one.intersection(other).area == pytest.approx(0.0, abs=1e-12)
    whole = result.communes.to_crs("EPSG:4326").union_all()
    assert shapely.union_all(shapes).symmetric_difference(whole).area < 0.005 * whole.area
    points = sum(shapely.get_num_coordinates(shape) for shape in shapes)
    assert points < shapely.get_num_coordinates(result.communes.geometry.array).sum()


def test_a_commune_without_a_shape_keeps_its_row(result: Result) -> None:
    apart = result.communes.iloc[[0]].assign(commune_code="", name="(không thuộc xã nào)")
    apart["geometry"] = gpd.GeoSeries([None], index=apart.index, crs=apart.crs)
    communes = gpd.GeoDataFrame(gpd.pd.concat([result.communes, apart], ignore_index=True))
    drawn = map_payload(replace(result, communes=communes), pictures=False)["communes"]
    assert len(drawn["rows"]) == 5
    assert sorted(bool(shape) for shape in drawn["shapes"]) == [False, True, True, True, True]


def test_sites_of_one_mast_stand_together(payload: Payload) -> None:
    sites = {mast["id"]: mast["sites"] for mast in payload["sites"]}
    assert sorted(sites) == ["M1", "S2", "S3", "S4"]
    assert sites["M1"] == [
        ["S0", OPERATORS[0], ["3G", "4G", "5G"], 42, "active"],
        ["S1", OPERATORS[1], ["3G", "4G", "5G"], 42, "active"],
    ]
    assert sites["S4"][0][-1] == "planned"


def test_mast_positions_can_be_coarse_or_left_out(result: Result, payload: Payload) -> None:
    coarse = map_payload(result, mast_positions="coarse", pictures=False)
    assert coarse["sites_coarse"] is True
    for exact, rough in zip(payload["sites"], coarse["sites"], strict=True):
        assert rough["place"] == [round(x, 2) for x in rough["place"]]
        assert np.allclose(exact["place"], rough["place"], atol=0.0051)
        assert exact["place"] != rough["place"]
    assert map_payload(result, mast_positions="none", pictures=False)["sites"] == []


def test_classes_of_the_raster_follow_the_thresholds(result: Result) -> None:
    codes = class_raster(result, "4G")
    dbm = result.rsrp_dbm["4G"].array
    known = ~np.isnan(result.inputs.terrain_m)
    assert (codes[~known] == CODES["unknown"]).all()
    assert ((codes == CODES["good"]) == (known & (dbm >= -105))).all()
    assert ((codes == CODES["weak"]) == (known & (dbm >= -115) & (dbm < -105))).all()
    assert (codes[known & np.isnan(dbm)] == CODES["none"]).all()


def test_where_a_free_path_would_serve_the_class_is_unknown(result: Result) -> None:
    possible_dbm = np.full(GRID.shape, -np.inf, dtype=np.float32)
    possible_dbm[50:, :] = -90.0
    prediction = replace(result.prediction, possible_dbm={"4G": possible_dbm})
    before = class_raster(result, "4G")
    after = class_raster(replace(result, prediction=prediction), "4G")
    assert (after[50:][before[50:] == CODES["none"]] == CODES["unknown"]).all()
    assert (after[:50] == before[:50]).all()
    assert (after[before == CODES["weak"]] == CODES["weak"]).all()


def test_an_operator_without_cells_has_no_signal(result: Result) -> None:
    codes = class_raster(result, "4G", operator="nobody")
    assert set(np.unique(codes)) == {CODES["none"], CODES["unknown"]}


def test_pictures_are_small_palettes_in_web_mercator(payload: Payload) -> None:
    assert [o["id"] for o in payload["overlays"]] == ["relief", "unknown", "3G", "4G", "5G"]
    for name in ("unknown", "3G", "4G", "5G"):
        drawn = picture(payload, name)
        assert drawn.mode == "P"
        assert max(drawn.size) <= MAX_SIDE_PX + 1
    assert picture(payload, "relief").size == picture(payload, "4G").size


@pytest.mark.parametrize(("row", "col"), [(3, 40), (50, 60), (90, 110), (20, 30), (52, 48)])
def test_a_pixel_shows_the_class_of_its_place(
    result: Result, payload: Payload, row: int, col: int
) -> None:
    drawn = picture(payload, "4G").convert("RGBA")
    frame = frame_over(GRID)
    to_web = Transformer.from_crs(GRID.crs, "EPSG:3857", always_xy=True)
    x, y = to_web.transform(
        GRID.west_m + (col + 0.5) * GRID.resolution_m,
        GRID.north_m - (row + 0.5) * GRID.resolution_m,
    )
    i, j = ~frame.transform @ (x, y)
    *colour, alpha = drawn.getpixel((int(i), int(j)))
    name = SIGNAL_CLASSES[class_raster(result, "4G")[row, col] - 1]
    assert tuple(colour) == rgb(STYLES[name].area)
    assert alpha == 255


def test_unknown_terrain_is_hatched_and_never_shaded(payload: Payload) -> None:
    relief = np.asarray(picture(payload, "relief").convert("RGBA"))
    hatch = np.asarray(picture(payload, "unknown").convert("RGBA"))
    inside = np.s_[20:80, 20:80]
    assert (relief[inside][..., 3] == 0).all()
    assert (hatch[inside][..., 3] == 255).all()
    assert len(np.unique(hatch[inside].reshape(-1, 4), axis=0)) == 2
    assert (hatch[300:, 300:, 3] == 0).all()


def test_without_unknown_terrain_nothing_is_hatched(result: Result) -> None:
    terrain_m = np.nan_to_num(result.inputs.terrain_m, nan=100.0)
    full = replace(result, inputs=replace(result.inputs, terrain_m=terrain_m))
    assert "unknown" not in [o["id"] for o in map_payload(full)["overlays"]]


def test_without_any_terrain_or_prediction_the_map_still_stands(result: Result) -> None:
    prediction = replace(result.prediction, technologies=(), signal_dbm={}, operators=())
    bare = replace(
        result,
        prediction=prediction,
        inputs=replace(
            result.inputs,
            terrain_m=np.full(GRID.shape, np.nan, dtype=np.float32),
            stations=result.inputs.stations.iloc[:0],
        ),
    )
    payload = map_payload(bare)
    assert [t["id"] for t in payload["technologies"]] == ["4G"]
    assert [o["id"] for o in payload["overlays"]] == ["unknown"]
    assert payload["sites"] == []


def test_pictures_can_be_left_out(result: Result) -> None:
    assert "overlays" not in map_payload(result, pictures=False)


def test_synthetic_roles_are_named(result: Result, payload: Payload) -> None:
    assert payload["synthetic"] == ["trạm"]
    assert map_payload(result, language="en", pictures=False)["synthetic"] == ["stations"]
    assert HOSTILE[0] in payload["note"]


def luminance(colour: str) -> float:
    parts = np.array(rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_symbols_stand_out_and_differ_in_shape() -> None:
    assert len({style.symbol for style in STYLES.values()}) == len(SIGNAL_CLASSES)
    for style in STYLES.values():
        assert contrast(style.colour, "#ffffff") >= 3.0


def test_areas_differ_in_lightness() -> None:
    shades = [STYLES[name].area for name in ("good", "weak", "none")]
    assert contrast(STYLES["none"].area, STYLES["good"].area) >= 1.8
    assert contrast(STYLES["none"].area, STYLES["weak"].area) >= 1.8
    assert len(set(shades)) == 3


# Machado, Oliveira & Fernandes 2009, severity 1.0.
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]


@pytest.mark.parametrize("vision", [PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("what", ["colour", "area"])
def test_a_colour_blind_reader_tells_the_classes_apart(
    vision: list[list[float]], what: str
) -> None:
    seen = [
        np.array(vision) @ (np.array(rgb(getattr(STYLES[name], what))) / 255) * 255
        for name in SIGNAL_CLASSES
    ]
    for one, other in itertools.combinations(seen, 2):
        assert float(np.linalg.norm(one - other)) > 40


def test_without_a_date_the_map_tells_that_of_the_data(result: Result) -> None:
    assert map_payload(result)["date"] == ""  # no statistics: not known
    empty = pd.DataFrame()
    known = Statistics(
        date="2026-06-30", table=empty, communes={}, districts=empty, four_cells=empty
    )
    dated = replace(result, statistics=known)
    assert map_payload(dated)["date"] == "số liệu đến ngày 2026-06-30"
    assert map_payload(dated, language="en")["date"] == "data as of 2026-06-30"
    assert map_payload(dated, date="2026-11-28")["date"] == "2026-11-28"
