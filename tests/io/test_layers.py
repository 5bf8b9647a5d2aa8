"""Layers in any format and any coordinate system become the same shapes in metres."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, Polygon

from coverage.errors import CrsError, InputDataError
from coverage.io.layers import points, read_layer, with_full_names
from coverage.schema import Geometry
from tests.io.made import COMMUNES, CRS

# published: proj's cs2cs of this point, WGS 84 to the national systems (longitude, latitude).
LONGITUDE, LATITUDE = 105.835, 22.147
KNOWN = {"EPSG:3405": (585_906.240, 2_449_441.974), "EPSG:9213": (431_212.185, 2_450_092.490)}
DRIVERS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "geojson": "GeoJSON"}


def layer(path: Path, geometry: Geometry = Geometry.POLYGON) -> gpd.GeoDataFrame:
    return read_layer(path, geometry, crs=CRS, name=path.name)


def rules(path: Path, geometry: Geometry = Geometry.POLYGON) -> list[tuple[str, tuple[int, ...]]]:
    with pytest.raises(InputDataError) as caught:
        layer(path, geometry)
    return [(problem.rule, problem.rows) for problem in caught.value.problems]


@pytest.mark.parametrize("crs", KNOWN)
def test_points_stand_where_published(crs: str) -> None:
    frame = pd.DataFrame({"longitude": [LONGITUDE], "latitude": [LATITUDE]})
    point = points(frame, crs=crs).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx(KNOWN[crs], abs=0.002)  # published


def test_points_without_or_with_impossible_coordinates_have_no_place() -> None:
    frame = pd.DataFrame(
        {"longitude": [105.8, None, 105.8, 22.1], "latitude": [22.1, 22.1, None, 105.8]},
        index=[2, 3, 5, 8],
    ).astype(float)
    placed = points(frame, crs=CRS)
    assert placed.geometry.isna().tolist() == [False, True, True, True]
    assert placed.index.tolist() == [2, 3, 5, 8]


@pytest.mark.parametrize("suffix", DRIVERS)
@pytest.mark.parametrize("crs", ["EPSG:3405", "EPSG:9213", "EPSG:4326"])
def test_every_format_and_system_gives_the_same_shapes(
    tmp_path: Path, suffix: str, crs: str
) -> None:
    if suffix == "geojson" and crs != "EPSG:4326":
        pytest.skip("GeoJSON is longitude and latitude by definition")
    path = tmp_path / f"communes.{suffix}"
    COMMUNES[["name", "geometry"]].to_crs(crs).to_file(path, driver=DRIVERS[suffix])
    found = layer(path)
    assert found.crs == CRS
    assert found.index.tolist() == [1, 2]
    assert found["name"].tolist() == ["Chợ Đồn", "Bằng Lũng"]
    # GeoJSON holds 7 decimals of a degree, 1.1 cm; the others hold doubles.
    apart_m = found.geometry.hausdorff_distance(COMMUNES.geometry.set_axis([1, 2]))
    assert apart_m.max() < (0.02 if suffix == "geojson" else 0.001)


def test_a_bow_tie_is_mended(tmp_path: Path) -> None:
    shape = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    gpd.GeoDataFrame({"name": ["x"]}, geometry=[shape], crs=CRS).to_file(tmp_path / "c.gpkg")
    mended = layer(tmp_path / "c.gpkg").geometry.iloc[0]
    assert mended.is_valid
    assert mended.area == pytest.approx(5000.0)  # by hand: two triangles of 100 × 50 / 2


def test_the_first_layer_with_shapes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    COMMUNES.to_file(path, layer="xã", driver="GPKG")
    pd_table = gpd.GeoDataFrame({"note": ["x"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=CRS)
    pd_table.to_file(path, layer="đường", driver="GPKG")
    assert len(layer(path)) == 2


@pytest.mark.parametrize("suffix", DRIVERS)
def test_wrong_shapes_are_named_by_row(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"points.{suffix}"
    shapes = [Point(105.8, 22.1), Point(105.9, 22.1)]
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=shapes, crs="EPSG:4326").to_file(
        path, driver=DRIVERS[suffix]
    )
    assert rules(path) == [("wrong_geometry", (1, 2))]
    assert rules(path, Geometry.LINE) == [("wrong_geometry", (1, 2))]


def test_a_feature_without_shape_is_an_error(tmp_path: Path) -> None:
    frame = COMMUNES.copy()
    frame.loc[1, "geometry"] = None
    frame.to_file(tmp_path / "c.gpkg", driver="GPKG")
    assert rules(tmp_path / "c.gpkg") == [("wrong_geometry", (2,))]


def test_a_shapefile_without_prj_states_no_system(tmp_path: Path) -> None:
    COMMUNES[["name", "geometry"]].to_file(tmp_path / "c.shp")
    (tmp_path / "c.prj").unlink()
    with pytest.raises(CrsError) as caught:
        layer(tmp_path / "c.shp")
    assert [p.rule for p in caught.value.problems] == ["missing_crs"]


def test_a_shapefile_without_its_index_is_a_message(tmp_path: Path) -> None:
    COMMUNES[["name", "geometry"]].to_file(tmp_path / "c.shp")
    (tmp_path / "c.shx").unlink()
    assert [rule for rule, _ in rules(tmp_path / "c.shp")] == ["unreadable_layer"]


VRT = '<OGRVRTDataSource><OGRVRTLayer name="c"><SrcDataSource>c.shp</SrcDataSource></OGRVRTLayer>'


@pytest.mark.parametrize("suffix", DRIVERS)
@pytest.mark.parametrize("content", ["chỉ là chữ", VRT, "<html>404</html>", "PK\x03\x04"])
def test_what_is_not_what_its_name_says_is_refused_unopened(
    tmp_path: Path, suffix: str, content: str
) -> None:
    path = tmp_path / f"communes.{suffix}"
    path.write_text(content, encoding="utf-8")
    assert rules(path) == [("wrong_content", ())]


@pytest.mark.parametrize(
    "content",
    ['{"type": "FeatureCollection", "features": [', '{"a": 1}', "{", '{"type": "Feature"}'],
)
def test_json_that_is_no_layer_is_a_message(tmp_path: Path, content: str) -> None:
    (tmp_path / "c.geojson").write_text(content, encoding="utf-8")
    assert len(rules(tmp_path / "c.geojson")) == 1


def test_a_layer_without_features_is_left_to_the_table_check(tmp_path: Path) -> None:
    COMMUNES.iloc[:0].to_file(tmp_path / "c.gpkg", driver="GPKG")
    assert layer(tmp_path / "c.gpkg").empty


def test_a_geojson_without_features_is_left_to_the_table_check(tmp_path: Path) -> None:
    content = json.dumps({"type": "FeatureCollection", "features": []})
    (tmp_path / "c.geojson").write_text(content, encoding="utf-8")
    assert layer(tmp_path / "c.geojson").empty


def test_a_cut_off_geopackage_is_a_message(tmp_path: Path) -> None:
    COMMUNES.to_file(tmp_path / "whole.gpkg", driver="GPKG")
    (tmp_path / "cut.gpkg").write_bytes((tmp_path / "whole.gpkg").read_bytes()[:3000])
    assert [rule for rule, _ in rules(tmp_path / "cut.gpkg")] == ["unreadable_layer"]


def test_a_shapefile_gets_its_full_column_names_back() -> None:
    frame = gpd.GeoDataFrame(
        {
            "COMMUNE_CO": ["1"],
            "name": ["x"],
            "province_c": ["2"],
            "households": [3],
            "other_colu": [4],
        },
        geometry=[Point(0, 0)],
        crs=CRS,
    )
    names = ["commune_code", "name", "province_code", "households", "other_column", "other_columns"]
    assert with_full_names(frame, names).columns.tolist() == [
        "commune_code",
        "name",
        "province_code",
        "households",
        "other_colu",  # two definitions begin like it, so none is guessed
        "geometry",
    ]
