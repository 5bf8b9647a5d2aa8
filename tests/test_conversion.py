"""Finished runs in other forms: read back, in their coordinate system, harmless, the same bytes."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from geopandas.testing import assert_geodataframe_equal

from coverage.cli import main
from coverage.conversion import FORMS, convert
from coverage.conversion.kml import document
from coverage.errors import CrsError, InputDataError, ScenarioError
from coverage.io.finished import read_finished
from coverage.pipeline import run_project

SPACE: Final = {"k": "http://www.opengis.net/kml/2.2"}
HOSTILE: Final = "<img src=x onerror=alert(1)>`${7*7}`\x00]]>"


@pytest.fixture(scope="module")
def out(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("converted") / "demo"
    shutil.copytree(demo_project.parent, folder)
    return run_project(folder)[1]


def placemarks(kml: bytes) -> dict[str, list[ET.Element]]:
    root = ET.fromstring(kml)  # noqa: S314 - our own
    return {
        folder.findtext("k:name", "", SPACE): folder.findall("k:Placemark", SPACE)
        for folder in root.iterfind(".//k:Folder", SPACE)
    }


def document_of(layers: Mapping[str, gpd.GeoDataFrame]) -> bytes:
    return document(layers, title="Thử", is_synthetic=True, language="vi")


def test_every_form_holds_every_village(out: Path, tmp_path: Path) -> None:
    villages = read_finished(out).layers["villages"]
    convert(out, tmp_path / "all", forms=FORMS)
    kml = placemarks((tmp_path / "all" / "results.kml").read_bytes())
    assert len(kml["Thôn"]) == len(villages)
    drawn = [p for p in kml["Thôn"] if p.find("k:Point", SPACE) is not None]
    assert len(drawn) == (~villages.geometry.is_empty & villages.geometry.notna()).sum() > 0
    assert len(drawn) < len(villages)  # the demo has villages without coordinates
    with zipfile.ZipFile(tmp_path / "all" / "results.kmz") as archive:
        assert placemarks(archive.read("doc.kml")).keys() == kml.keys()
        assert archive.read("files/dot.png").startswith(b"\x89PNG")
    parquet = gpd.read_parquet(tmp_path / "all" / "villages.parquet")
    assert_geodataframe_equal(parquet, villages, check_dtype=False)
    package = pyogrio.read_dataframe(tmp_path / "all" / "results.gpkg", layer="villages")
    assert_geodataframe_equal(package, villages)
    web = pyogrio.read_dataframe(tmp_path / "all" / "villages.geojson")
    # Six decimals of a degree are 0.11 m.
    away_m = web.to_crs(villages.crs).geometry.distance(villages.geometry, align=False)
    assert float(away_m.max()) < 0.2


def test_coordinates_follow_the_system_asked_for(out: Path, tmp_path: Path) -> None:
    convert(out, tmp_path / "vn", forms=["gpkg", "geoparquet", "geojson"], crs="EPSG:9213")
    moved = read_finished(out).layers["villages"].to_crs("EPSG:9213")
    package = pyogrio.read_dataframe(tmp_path / "vn" / "results.gpkg", layer="villages")
    assert package.crs.to_epsg() == 9213
    assert_geodataframe_equal(package, moved)
    assert gpd.read_parquet(tmp_path / "vn" / "sites.parquet").crs.to_epsg() == 9213
    web = json.loads((tmp_path / "vn" / "villages.geojson").read_text(encoding="utf-8"))
    assert "crs" not in web  # RFC 7946 knows WGS 84 only
    assert 102 < web["features"][0]["geometry"]["coordinates"][0] < 110


def test_parquet_tells_version_and_system(out: Path, tmp_path: Path) -> None:
    convert(out, tmp_path / "p", forms=["geoparquet"], layers=["villages"])
    metadata = pq.read_schema(tmp_path / "p" / "villages.parquet").metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]


def test_the_same_run_gives_the_same_bytes_and_says_what_it_was(out: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        convert(out, tmp_path / name, forms=FORMS)
    listing = json.loads((tmp_path / "one" / "export_manifest.json").read_text(encoding="utf-8"))
    assert listing["synthetic"] is True
    assert set(listing["outputs"]) == {
        p.name for p in (tmp_path / "one").iterdir() if p.name != "export_manifest.json"
    }
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_class_has_its_colour_and_its_words(out: Path) -> None:
    villages = read_finished(out).layers["villages"].to_crs("EPSG:4326")
    found = placemarks(document_of({"villages": villages}))["Thôn"]
    for placemark, grade in zip(found, villages["signal_class_4g"], strict=True):
        if placemark.find("k:Point", SPACE) is not None:
            assert placemark.findtext("k:styleUrl", "", SPACE) == f"#{grade}"
        else:
            assert grade == "unknown"
    root = ET.fromstring(document_of({}))  # noqa: S314 - our own
    styles = {style.get("id") for style in root.iterfind(".//k:Style", SPACE)}
    assert styles >= {"good", "weak", "none", "unknown"}


def test_no_name_is_markup_and_nothing_is_asked_of_the_network() -> None:
    layer = gpd.GeoDataFrame(
        {"name": [HOSTILE], "cause_vi": [HOSTILE], "commune_name": [HOSTILE]},
        geometry=[shapely.Point(105.8, 22.1)],
        crs="EPSG:4326",
    )
    content = document_of({"villages": layer})
    (placemark,) = placemarks(content)["Thôn"]
    for text in placemark.itertext():
        assert "<" not in text
        assert "\x00" not in text
    assert b"http" not in content.replace(b"http://www.opengis.net/kml/2.2", b"")


def test_holes_parts_and_empty_shapes() -> None:
    square = shapely.box(105.0, 22.0, 105.1, 22.1).difference(
        shapely.box(105.04, 22.04, 105.06, 22.06)
    )
    two = shapely.MultiPolygon([square, shapely.box(105.2, 22.0, 105.3, 22.1)])
    layer = gpd.GeoDataFrame(
        {"commune_code": ["1", "2"], "name": ["Một", "Hai"]},
        geometry=[two, shapely.Point()],
        crs="EPSG:4326",
    )
    placemark, placeless = placemarks(document_of({"communes": layer}))["Xã"]
    assert [child.tag.rpartition("}")[2] for child in placeless] == ["name", "ExtendedData"]
    assert len(placemark.findall("k:MultiGeometry/k:Polygon", SPACE)) == 2
    hole = placemark.findtext(".//k:innerBoundaryIs/k:LinearRing/k:coordinates", "", SPACE)
    assert "105.040000,22.040000" in hole.split()


def test_what_cannot_be_done_is_told(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="roads"):
        convert(out, tmp_path / "x", forms=["kml"], layers=["roads"])
    with pytest.raises(CrsError, match="EPSG:999999"):
        convert(out, tmp_path / "x", forms=["gpkg"], crs="EPSG:999999")
    with pytest.raises(ScenarioError):
        convert(out, tmp_path / "x", forms=[])
    with pytest.raises(ScenarioError):
        convert(out, out, forms=["kml"])
    with pytest.raises(InputDataError, match=r"manifest\.json"):
        convert(tmp_path, tmp_path / "x", forms=["kml"])
    assert not (tmp_path / "x").exists()


def test_a_broken_package_is_told(out: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(out, folder)
    (folder / "results.gpkg").write_bytes(b"no package")
    with pytest.raises(InputDataError, match=r"results\.gpkg"):
        convert(folder, tmp_path / "x", forms=["kml"])


def test_the_command_lists_what_it_wrote(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "share"
    done = CliRunner().invoke(
        main, ["export", str(out), "--as", "kmz", "--layer", "villages", "--out", str(target)]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [str(target / "results.kmz")]
