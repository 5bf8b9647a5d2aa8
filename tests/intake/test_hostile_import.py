"""Files made to harm: refused by `phusong import`, with a typed error, cheaply.

Bounds of time and memory are those of the project's rule for hostile input (10 s, 1 GiB), held
against processor time, since the machine may be busy.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import geopandas as gpd
import pytest
from messy import Style, made, save
from shapely.geometry import Point

from coverage.errors import InputDataError
from coverage.intake.engine import propose
from tests import hostile

Make = Callable[[Path], object]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 measures the child")
SHEET: Final = "xl/worksheets/sheet1.xml"
KML: Final = "<kml><Document><Placemark><name>a</name></Placemark></Document></kml>"


def sheet(path: Path) -> Path:
    save(made(Style(), seed=1, communes=1, each=3), path)
    return path


def text(content: str) -> Make:
    return lambda path: path.write_text(content, encoding="utf-8")


def bytes_of(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def layer(path: Path) -> Path:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(105.8, 22.1)], crs="EPSG:4326")
    frame.to_file(path, layer="a", driver="GPKG")
    return path


def empty_rows(path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(100, 1_000_100))
    hostile.replaced(sheet(path), SHEET, "</sheetData>", f"{rows}</sheetData>")


def repeated_rows(path: Path) -> None:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="900"/>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    hostile.replaced(sheet(path), "content.xml", "</table:table>", f"{row}</table:table>")


def many_rows(path: Path) -> None:
    with path.open("wb") as stream:
        for _ in range(1_000):
            stream.write(b"a,b,c\n" * 10_000)


def kmz(head: str, member: str = "doc.kml") -> Make:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, head)

    return make


ODS: Final = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
DEEP: Final = '{"type":"FeatureCollection","features":'
HARM: Final[dict[str, tuple[str, Make, str]]] = {
    "bomb.xlsx": (
        "a.xlsx",
        lambda p: hostile.zeros_in_zip(p, SHEET, 600, head={"xl/workbook.xml": "<workbook/>"}),
        "too_large",
    ),
    "bomb.ods": (
        "a.ods",
        lambda p: hostile.zeros_in_zip(p, "content.xml", 600, head=ODS),
        "too_large",
    ),
    "bomb.kmz": ("a.kmz", lambda p: hostile.zeros_in_zip(p, "doc.kml", 600), "too_large"),
    "bomb below the limit": (
        "a.kmz",
        lambda p: hostile.zeros_in_zip(p, "doc.kml", 500, head={"a.kml": KML}),
        "too_large",
    ),
    "entities.kml": ("a.kml", text(f"{hostile.entities()}<kml>&j;</kml>"), "xml_entities"),
    "entities.gpx": ("a.gpx", text(f"{hostile.entities()}<gpx>&j;</gpx>"), "xml_entities"),
    "late entities.kml": (
        "a.kml",
        text(f"<!--<kml {'x' * 200_000}-->{hostile.entities()}<kml>&j;</kml>"),
        "xml_entities",
    ),
    "entities.kmz": ("a.kmz", kmz(f"{hostile.entities()}<kml>&j;</kml>"), "xml_entities"),
    "entities.xlsx": (
        "a.xlsx",
        lambda p: hostile.replaced(
            sheet(p), SHEET, "<worksheet", f"{hostile.entities()}<worksheet"
        ),
        "xml_entities",
    ),
    "entities.ods": (
        "a.ods",
        lambda p: hostile.replaced(
            sheet(p), "content.xml", "<office:document-c", f"{hostile.entities()}<office:document-c"
        ),
        "xml_entities",
    ),
    "10 million rows": ("a.csv", many_rows, "too_many_rows"),
    "a million empty rows": ("a.xlsx", empty_rows, "too_many_cells"),
    "repeated rows": ("a.ods", repeated_rows, "too_many_cells"),
    "zero bytes": ("a.csv", bytes_of(b"xa;thon\n" + b"\x00" * 9 + b"a;b\n" * 2_000), "not_text"),
    "deep lists": ("a.geojson", text(DEEP + "[" * 2_000_000), "unreadable_layer"),
    "command": (
        "a.geojson",
        text('{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read a.gpkg"}'),
        "unreadable_layer",
    ),
    "garbage.dxf": (
        "a.dxf",
        bytes_of(b"0\nSECTION\n2\nENTITIES\n" + b"0\nINSERT\n2\nA\n70\n99999\n71\n99999\n" * 5_000),
        "",
    ),
    "endless view": ("a.gpkg", lambda p: hostile.endless_view(layer(p), "a"), "computed_layer"),
    "endless catalogue": (
        "a.gpkg",
        lambda p: hostile.endless_catalogue(layer(p)),
        "computed_layer",
    ),
    "a pipe": ("a.csv", os.mkfifo, "not_a_file"),
}


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused(name: str, tmp_path: Path) -> None:
    file, make, rule = HARM[name]
    make(tmp_path / file)
    told = hostile.phusong(
        "import", file, "--as", "villages", "--out", "o.csv", "--lang", "en", cwd=tmp_path
    )
    hostile.note(name, told)
    assert told.code == 2, told
    assert "Traceback" not in told.err
    assert not (tmp_path / "o.csv").exists()
    assert told.cpu_s < hostile.CPU_S
    assert told.memory_mib < hostile.MEMORY_MIB
    if rule and name != "a pipe":
        with pytest.raises(InputDataError) as caught:
            propose(tmp_path / file, "villages")
        assert [problem.rule for problem in caught.value.problems] == [rule]


def test_a_table_beside_an_endless_view_is_read(tmp_path: Path) -> None:
    hostile.endless_view(layer(tmp_path / "a.gpkg"), "a", beside=True)
    draft = propose(tmp_path / "a.gpkg", "villages")
    assert len(draft.table) == 1


def test_no_server_is_asked(tmp_path: Path) -> None:
    with hostile.listening() as (address, asked):
        linked = {"type": "link", "properties": {"href": f"{address}/crs"}}
        (tmp_path / "a.geojson").write_text(hostile.collection(crs=linked), encoding="utf-8")
        with pytest.raises(InputDataError, match="liên kết"):
            propose(tmp_path / "a.geojson", "villages")
        (tmp_path / "b.geojson").write_text(
            hostile.collection(url=f"{address}/x", links=[{"rel": "next", "href": f"{address}/n"}]),
            encoding="utf-8",
        )
        assert len(propose(tmp_path / "b.geojson", "villages").table) == 1
        parts = (
            f"<NetworkLink><Link><href>{address}/link</href></Link></NetworkLink>"
            f'<Style id="s"><IconStyle><Icon><href>{address}/icon</href></Icon></IconStyle></Style>'
            f"<Placemark><name>Nà Pam</name><styleUrl>{address}/style#s</styleUrl>"
            "<Point><coordinates>105.8,22.1</coordinates></Point></Placemark>"
        )
        (tmp_path / "c.kml").write_text(
            f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{parts}</Document></kml>',
            encoding="utf-8",
        )
        assert len(propose(tmp_path / "c.kml", "villages").table) == 1
        assert asked == []


def test_nothing_is_written_beside_a_hostile_archive(tmp_path: Path) -> None:
    point = "<Point><coordinates>105.8,22.1</coordinates></Point>"
    document = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Nà Pam</name>'
        f"{point}</Placemark></Document></kml>"
    )
    inner = tmp_path / "in"
    inner.mkdir()
    kmz(document, "../../climbed.kml")(inner / "a.kmz")
    before = sorted(tmp_path.rglob("*"))
    assert len(propose(inner / "a.kmz", "villages").table) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_layer_without_a_name_is_read_under_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(hostile.collection(), encoding="utf-8")
    draft = propose(tmp_path / "a.geojson", "villages")
    assert draft.table["name"].tolist() == ["Nà Pam"]
    assert "pyogrio_" not in json.dumps([f.new + f.old for f in draft.findings])
