"""Projects made to harm: refused by `phusong check`, with a typed error, cheaply.

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

import openpyxl
import pytest

from coverage.io.project import examine
from tests import hostile
from tests.io import made

Spoil = Callable[[Path], object]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 measures the child")


def view(project: Path) -> None:
    hostile.endless_view(project / "communes.gpkg", "communes")


def catalogue(project: Path) -> None:
    hostile.endless_catalogue(project / "communes.gpkg")


def terrain(name: str, make: Callable[[Path], object]) -> Spoil:
    def spoil(project: Path) -> None:
        make(project / name)
        made.write_toml(project, inputs={"terrain": [name]})

    return spoil


def communes(name: str, content: str) -> Spoil:
    def spoil(project: Path) -> None:
        (project / name).write_text(content, encoding="utf-8")
        made.write_toml(project, inputs={"communes": name})

    return spoil


def workbook(change: Callable[[Path], object]) -> Spoil:
    def spoil(project: Path) -> None:
        book = openpyxl.Workbook()
        for line in (made.VILLAGE_HEADER, *made.VILLAGES):
            book.worksheets[0].append(line.split(","))
        book.save(project / "v.xlsx")
        change(project / "v.xlsx")
        made.write_toml(project, inputs={"villages": "v.xlsx"})

    return spoil


def with_entities(path: Path) -> None:
    hostile.replaced(
        path, "xl/worksheets/sheet1.xml", "<worksheet", hostile.entities() + "<worksheet"
    )


def with_empty_rows(path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(10, 1_000_010))
    hostile.replaced(path, "xl/worksheets/sheet1.xml", "</sheetData>", f"{rows}</sheetData>")


def many_rows(project: Path) -> None:
    with (project / "villages.csv").open("w", encoding="utf-8") as stream:
        stream.write(made.VILLAGE_HEADER + "\n")
        for _ in range(1_000):
            stream.write("a,b,c\n" * 10_000)


def bomb(path: Path) -> None:
    hostile.zeros_in_zip(
        path, "xl/worksheets/sheet1.xml", 600, head={"xl/workbook.xml": "<workbook/>"}
    )


def linked(name: str, target: str) -> Spoil:
    def spoil(project: Path) -> None:
        (project / name).unlink()
        (project / name).symlink_to(target)

    return spoil


def circle(project: Path) -> None:
    linked("villages.csv", "other.csv")(project)
    (project / "other.csv").symlink_to("villages.csv")


def pipe(project: Path) -> None:
    (project / "villages.csv").unlink()
    os.mkfifo(project / "villages.csv")


def zero_bytes(project: Path) -> None:
    path = project / "villages.csv"
    path.write_bytes(path.read_bytes().replace(b"V2", b"V\x002"))


def toml(content: str) -> Spoil:
    return lambda project: (project / "project.toml").write_text(content, encoding="utf-8")


def named(**entries: object) -> Spoil:
    return lambda project: made.write_toml(project, inputs=entries)


ALGORITHM: Final = json.dumps(
    {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read communes.gpkg"}
)
DEEP: Final = '{"type":"FeatureCollection","features":' + "[" * 2_000_000
VRT: Final = '<VRTDataset rasterXSize="9" rasterYSize="9"/>'
HARM: Final[dict[str, tuple[Spoil, str]]] = {
    "endless view": (view, "computed_layer"),
    "endless catalogue": (catalogue, "computed_layer"),
    "sparse raster of 160 GB": (
        terrain("big.tif", lambda p: hostile.sparse_tif(p, 200_000)),
        "too_large",
    ),
    "raster of 2,000 bands": (
        terrain("bands.tif", lambda p: hostile.sparse_tif(p, 2_000, count=2_000, block=128)),
        "too_large",
    ),
    "raster of one block": (
        terrain("block.tif", lambda p: hostile.sparse_tif(p, 20_000, block=20_000)),
        "too_large",
    ),
    "vrt as hgt": (terrain("N22E105.hgt", lambda p: p.write_text(VRT)), "wrong_content"),
    "hgt cut short": (terrain("N22E105.hgt", lambda p: p.write_bytes(bytes(99))), "wrong_content"),
    "zip bomb as hgt": (
        terrain("N22E105.hgt.zip", lambda p: hostile.zeros_in_zip(p, "N22E105.hgt", 2_000)),
        "hgt_size",
    ),
    "encrypted hgt": (
        terrain("N22E105.hgt.zip", lambda p: hostile.encrypted_flag(hostile.hgt_zip(p))),
        "unreadable_raster",
    ),
    "command as geojson": (communes("c.geojson", ALGORITHM), "unreadable_layer"),
    "deep geojson": (communes("c.geojson", DEEP), "unreadable_layer"),
    "bomb of a workbook": (workbook(bomb), "too_large"),
    "entities in a workbook": (workbook(with_entities), "xml_entities"),
    "a million empty rows": (workbook(with_empty_rows), "too_many_cells"),
    "10 million rows": (many_rows, "too_many_rows"),
    "zero bytes": (zero_bytes, "wrong_content"),
    "zero byte in a name": (named(villages="a\x00.csv"), "not_toml"),
    "name too long": (named(villages=f"{'a' * 5_000}.csv"), "missing_file"),
    "address as a name": (named(communes="/vsicurl/http://127.0.0.1:9/c.gpkg"), "missing_file"),
    "deep settings": (toml("a = " + "[" * 100_000), "not_toml"),
    "settings of 300 MB": (toml("#" + "x" * 300_000_000), "too_large"),
    "link to endless zeros": (linked("villages.csv", "/dev/zero"), "missing_file"),
    "link to memory": (linked("villages.csv", "/proc/self/mem"), "empty_file"),
    "links in a circle": (circle, "missing_file"),
    "terrain linked to itself": (linked("dem.tif", "dem.tif"), "missing_file"),
    "a pipe": (pipe, "missing_file"),
}


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused(name: str, project: Path) -> None:
    spoil, rule = HARM[name]
    spoil(project)
    told = hostile.phusong("check", project, "--json", cwd=project)
    hostile.note(name, told)
    assert told.code == 2, told
    assert told.err == ""
    assert rule in {error["rule"] for error in json.loads(told.out)["errors"]}
    assert told.cpu_s < hostile.CPU_S
    assert told.memory_mib < hostile.MEMORY_MIB


def test_a_table_beside_an_endless_view_is_read(project: Path) -> None:
    hostile.endless_view(project / "communes.gpkg", "communes", beside=True)
    told = hostile.phusong("check", project, "--json", cwd=project)
    assert told.code == 0, told
    assert json.loads(told.out)["errors"] == []


def test_no_server_is_asked_for_a_coordinate_system(project: Path) -> None:
    made.COMMUNES.to_crs("EPSG:4326").to_file(project / "c.geojson", driver="GeoJSON")
    whole = json.loads((project / "c.geojson").read_text(encoding="utf-8"))
    made.write_toml(project, inputs={"communes": "c.geojson"})
    with hostile.listening() as (address, asked):
        for key, kind in (("href", "link"), ("url", "url")):
            crs = {"type": kind, "properties": {key: f"{address}/{kind}"}}
            text = json.dumps(whole | {"crs": crs})
            for spelt in (
                text,
                text.replace('"crs"', '"\\u0063rs"'),
                text.replace('"crs"', "'crs'"),
            ):
                (project / "c.geojson").write_text(spelt, encoding="utf-8")
                _, problems = examine(project)
                assert {p.rule for p in problems if p.severity == "error"} == {"linked_crs"}
        assert asked == []
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    (project / "c.geojson").write_text(json.dumps(whole | {"crs": named}), encoding="utf-8")
    inputs, _ = examine(project)
    assert inputs is not None


def test_no_member_of_an_archive_is_written_anywhere(project: Path) -> None:
    """A tile may lie in folders of its archive; it is read in memory, wherever its name leads."""
    places = ("../../../climbed/N22E105.hgt", "/tmp/climbed/N22E105.hgt", "..\\N22E105.hgt")  # noqa: S108
    for name in places:
        with zipfile.ZipFile(project / "N22E105.hgt.zip", "w") as archive:
            archive.writestr(name, bytes(1201 * 1201 * 2))
        made.write_toml(project, inputs={"terrain": ["N22E105.hgt.zip"]})
        before = sorted(project.parent.rglob("*"))
        examine(project)
        assert sorted(project.parent.rglob("*")) == before
    assert not Path("/tmp/climbed").exists()  # noqa: S108


def test_what_a_link_leads_to_is_not_told(project: Path, tmp_path: Path) -> None:
    """A message names the place of a wrong cell; of a file from elsewhere it tells no content."""
    secret = tmp_path / "secret.csv"
    secret.write_text("token\nhunter2-hunter2\n" * 3, encoding="utf-8")
    linked("villages.csv", str(secret))(project)
    _, problems = examine(project)
    told = " ".join(problem.line("en") for problem in problems)
    assert "link_outside" in {problem.rule for problem in problems}
    assert "hunter2" not in told


def test_a_link_out_of_the_project_is_told(project: Path) -> None:
    outside = project.parent / "elsewhere.csv"
    (project / "villages.csv").rename(outside)
    (project / "villages.csv").symlink_to(outside)
    inputs, problems = examine(project)
    assert inputs is not None
    assert [(p.rule, p.file) for p in problems if p.rule == "link_outside"] == [
        ("link_outside", "villages.csv")
    ]
    (project / "stations.csv").rename(project / "s.csv")
    (project / "stations.csv").symlink_to("s.csv")
    _, problems = examine(project)
    assert [p.file for p in problems if p.rule == "link_outside"] == ["villages.csv"]
