"""A whole province from a server on this machine: fetched, checked, run; and what if parts fail."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from coverage.fetch.area import box_area
from coverage.fetch.download import Downloader, FetchError
from coverage.fetch.province import Outcome, Request, fetch
from coverage.fetch.services import Services as Settings
from coverage.fetch.services import services as read_services
from coverage.fetch.terrain import tile_names
from coverage.io.files import sha256_of
from coverage.io.project import load_project
from coverage.validation import SettingsError
from tests.conftest import ROOT
from tests.fetch.loopback import Fault, Services
from tests.fetch.world import CELLS, OSM, TOKEN, height_of, tile_path

Make = Callable[..., Downloader]
FetchNow = Callable[..., Outcome]


@pytest.fixture
def fetch_now(world: Services, settings: Settings, downloader: Make, tmp_path: Path) -> FetchNow:
    assert world.url

    def run(**changes: object) -> Outcome:
        refresh = bool(changes.pop("refresh", False))
        wanted = {"province": "bac can", "token": TOKEN} | changes
        return fetch(tmp_path / "project", Request(**wanted), settings, downloader(refresh=refresh))

    return run


@pytest.mark.slow
def test_the_command_makes_a_project_that_checks_and_runs(
    world: Services, settings_file: Path, tmp_path: Path
) -> None:
    project = tmp_path / "bắc kạn"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PHUSONG_CACHE": str(tmp_path / "cache"),
        "OPENCELLID_TOKEN": TOKEN,
    }

    def phusong(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=300,
        )

    fetched = phusong(
        *("fetch", "--province", "Tỉnh Bắc Cạn", "--out", str(project)),
        *("--services", str(settings_file), "--lang", "en"),
    )
    assert fetched.returncode == 0, fetched.stderr
    told = json.loads(fetched.stdout)
    assert told["ready_to_run"]
    assert not told["missing"]
    assert TOKEN not in fetched.stdout + fetched.stderr
    assert "ASSUMED" in fetched.stderr
    checked = phusong("check", str(project), "--json")
    assert checked.returncode == 0, checked.stdout
    file = project / "project.toml"
    coarse = file.read_text("utf-8").replace("[project]", "[project]\nresolution_m = 500")
    file.write_text(coarse, encoding="utf-8")
    ran = phusong("run", str(project), "--quiet")
    assert ran.returncode == 0, ran.stderr
    made = pd.read_csv(Path(json.loads(ran.stdout)["out"]) / "villages.csv")
    assert len(made) == 2
    assert world.times("/ocid") == 1


def test_what_was_fetched_is_what_the_services_said(fetch_now: FetchNow) -> None:
    outcome = fetch_now()
    folder = outcome.folder
    assert not outcome.missing
    communes = gpd.read_file(folder / "communes.gpkg").set_index("name")
    # by hand: 36 people west of 105.85° E, 72 east of it; the third unit lies elsewhere
    assert communes["population"].to_dict() == {"Xã Đông": 72, "Xã Tây": 36}
    villages = pd.read_csv(folder / "villages.csv").set_index("village_id")
    # by hand: 36 / 3.6 = 10 and 72 / 3.6 = 20; nobody lives around n23, n24 is outside
    assert villages["households"].to_dict() == {"osm-n21": 10, "osm-n22": 20}
    assert villages.loc["osm-n21", "name"] == "Bản A"
    assert "không tên" in villages.loc["osm-n22", "name"]
    assert villages["reported_signal"].isna().all()
    assert villages["has_grid_power"].isna().all()
    roads = gpd.read_file(folder / "roads.gpkg")
    surfaces = roads["surface"].fillna("unknown")
    assert list(zip(roads["road_class"], surfaces, strict=True)) == [
        ("national", "paved"),
        ("track", "unknown"),
    ]
    assert sorted(gpd.read_file(folder / "power_lines.gpkg")["kind"]) == ["hv", "mv"]
    stations = pd.read_csv(folder / "stations.csv")
    assert sorted(stations["operator"]) == ["MobiFone", "Viettel"]
    tile = folder / "terrain" / "Copernicus_DSM_COG_10_N22_00_E105_00_DEM.tif"
    assert height_of(tile) == 100.0
    inputs = load_project(folder)
    assert len(inputs.villages) == 2


def test_the_manifest_and_licences_name_sources_but_no_token(
    fetch_now: FetchNow, tmp_path: Path
) -> None:
    folder = fetch_now().folder
    sources = json.loads((folder / "fetch_manifest.json").read_text("utf-8"))["sources"]
    assert set(sources) == {"communes", "terrain", "roads", "stations", "population"}
    assert sources["communes"]["licence"] == "CC BY 3.0 IGO"
    assert all(len(f["sha256"]) == 64 for one in sources.values() for f in one["fetched"])
    for one in sources.values():
        assert one["files"] == {name: sha256_of(folder / name) for name in one["files"]}
    page = (folder / "LICENCES.md").read_text("utf-8")
    assert "ODbL 1.0" in page
    assert "GIẢ ĐỊNH" in page
    assert "July 2025" in page
    kept = [p for top in (folder, tmp_path / "cache") for p in top.rglob("*") if p.is_file()]
    assert not [p for p in kept if TOKEN.encode() in p.read_bytes()]


def test_absent_tiles_are_named_and_stay_unknown(fetch_now: FetchNow) -> None:
    outcome = fetch_now(what=("terrain",))
    note = next(note.en for note in outcome.remarks if "left unknown" in note.en)
    assert "N22_00_E106" in note
    assert len(outcome.files["terrain"]) == 2


@pytest.mark.parametrize(
    ("path", "fault", "source", "message"),
    [
        (tile_path("N22_00_E105"), Fault(503), "terrain", "busy"),
        (OSM, Fault(429, {"Retry-After": "900"}), "roads", "429"),
        (OSM, Fault(body=b"<html>Overpass: overloaded</html>"), "roads", "something else"),
        (
            OSM,
            Fault(body=b"<osm><remark>runtime error: Query timed out</remark></osm>"),
            "roads",
            "gave the query up",
        ),
        (OSM, Fault(body=b"<osm><node id='1'></osm>"), "roads", "cannot be read"),
        (CELLS, Fault(401), "stations", "token"),
        (CELLS, Fault(body=b'{"message":"INVALID_TOKEN"}'), "stations", "token is wrong"),
        (CELLS, Fault(body=b"RATE_LIMITED"), "stations", "used up"),
        (CELLS, Fault(body=gzip.compress(b"LTE,452" * 999)[:30]), "stations", "damaged"),
        ("/rest/data/pop/wpgp/VNM", Fault(body=b'{"data":[]}'), "population", "no population"),
        ("/worldpop/vnm_ppp_2020.tif", Fault(body=b"<html>"), "population", "GeoTIFF"),
        ("/gb/VNM/ADM2/", Fault(body=b"<html>"), "communes", "HTML"),
        ("/gb/files/ADM2.geojson", Fault(404), "communes", "404"),
    ],
)
def test_one_source_that_fails_leaves_the_others_and_is_made_good_later(
    world: Services,
    fetch_now: FetchNow,
    path: str,
    fault: Fault,
    source: str,
    message: str,
) -> None:
    world.faults[path] = [fault] * 4
    first = fetch_now()
    assert message in first.missing[source].en
    assert not first.is_complete or source == "roads"
    assert {"terrain", "stations"} - {source} <= set(first.files)
    assert not list(first.folder.rglob(".fetch-*"))
    world.faults.clear()
    second = fetch_now()
    assert second.is_complete
    assert not second.missing


def test_a_second_run_asks_nothing_again_and_writes_the_same(
    world: Services, fetch_now: FetchNow
) -> None:
    folder = fetch_now().folder
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    before = {p: p.read_bytes() for p in files}
    absent = world.times("E106") + world.times("ADM3")
    count = len(world.asked)
    assert not fetch_now().missing
    assert len(world.asked) - count == absent  # what does not exist is asked for anew
    assert {p: p.read_bytes() for p in files} == before


def test_the_users_own_files_and_lines_are_kept(fetch_now: FetchNow, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("villages.csv", "LICENCES.md"):
        (folder / name).write_text("mine", encoding="utf-8")
    (folder / "project.toml").write_text(
        '# ghi chú của tôi\n[project]\nname = "X"\n[inputs]\nroads = "other.gpkg"\n[scenario]\n',
        encoding="utf-8",
    )
    outcome = fetch_now()
    assert "left alone" in outcome.missing["population"].en
    for name in ("villages.csv", "LICENCES.md"):
        assert (folder / name).read_text("utf-8") == "mine"
    text = (folder / "project.toml").read_text("utf-8")
    assert text.startswith("# ghi chú của tôi")
    inputs = tomllib.loads(text)["inputs"]
    assert inputs["roads"] == "other.gpkg"
    assert inputs["communes"] == "communes.gpkg"
    assert any("your own" in note.en for note in outcome.remarks)


@pytest.mark.parametrize(
    ("province", "message"),
    [("Hà Tĩnh", "has no province 'Hà Tĩnh'"), ("ha nam", "Hà Nam, Hạ Nam|Hạ Nam, Hà Nam")],
)
def test_a_province_that_is_none_or_several(
    fetch_now: FetchNow, tmp_path: Path, province: str, message: str
) -> None:
    with pytest.raises(FetchError, match=message):
        fetch_now(province=province)
    assert not (tmp_path / "project").exists()


def test_a_box_in_place_of_a_province(fetch_now: FetchNow) -> None:
    outcome = fetch_now(province="", bbox="105.79,22.09,105.86,22.21", what=("communes",))
    assert list(gpd.read_file(outcome.folder / "communes.gpkg")["name"]) == ["Xã Tây"]


@pytest.mark.parametrize(
    "changes",
    [
        {"province": ""},
        {"bbox": "1,2,3,4"},
        {"country": "Việt Nam"},
        {"what": ("moon",)},
        {"what": ()},
        {"province": "", "bbox": "106,22,105,23"},
        {"province": "", "bbox": "a,b"},
    ],
)
def test_a_wrong_request_is_told_before_anything_is_asked(
    world: Services, fetch_now: FetchNow, changes: dict[str, object]
) -> None:
    with pytest.raises(FetchError):
        fetch_now(**changes)
    assert not world.asked


def test_no_token_is_told(fetch_now: FetchNow) -> None:
    outcome = fetch_now(token="", what=("stations",))
    assert "OPENCELLID_TOKEN" in outcome.missing["stations"].en


def test_tiles_are_named_by_their_south_west_corner() -> None:
    # published: the tile of 22–23° N, 105–106° E is …N22_00_E105_00…; by hand: across 0°, 0°
    assert tile_names((105.2, 22.1, 105.9, 22.9)) == ["Copernicus_DSM_COG_10_N22_00_E105_00_DEM"]
    assert tile_names((105.0, 22.0, 106.0, 23.0)) == ["Copernicus_DSM_COG_10_N22_00_E105_00_DEM"]
    assert [name[22:37] for name in tile_names((-0.5, -0.5, 0.5, 0.5))] == [
        "S01_00_W001_00_",
        "S01_00_E000_00_",
        "N00_00_W001_00_",
        "N00_00_E000_00_",
    ]


def test_the_margin_is_kept_on_every_side() -> None:
    west, south, east, north = box_area("105,22,106,23", "VNM").around(30.0)
    assert south == pytest.approx(22 - 30 / 111.32)
    assert north == pytest.approx(23 + 30 / 111.32)
    assert 105 - west == pytest.approx(east - 106)
    assert 105 - west >= 30 / 111.32 / 0.9272  # cos 22°: narrower degrees, so more of them


def test_the_shipped_services_are_https_and_unknown_keys_are_refused(tmp_path: Path) -> None:
    shipped = read_services()
    for name in ("boundaries", "terrain", "roads", "stations", "population"):
        assert getattr(shipped, name).url.startswith("https://")
        assert getattr(shipped, name).licence
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[download]\nattempst = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="attempst"):
        read_services(wrong)
