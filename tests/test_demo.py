"""The synthetic province: whole, believable, the same for the same seed."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from coverage.demo import write_demo
from coverage.demo.erosion import STEEPEST, carved, drainage_of
from coverage.demo.paths import chains
from coverage.errors import ScenarioError
from coverage.params import InputsSection
from coverage.schema import TABLES
from coverage.settings import load_project_file
from coverage.tables import check


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("first") / "tỉnh mẫu", seed=1).parent


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("second") / "demo", seed=2).parent


@pytest.fixture(scope="module", params=["project", "other"])
def any_seed(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def villages_of(folder: Path) -> gpd.GeoDataFrame:
    table = check(read(folder, "villages"), TABLES["villages"], file="villages.csv").frame
    points = gpd.points_from_xy(table["longitude"], table["latitude"], crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points).to_crs("EPSG:3405")


def test_same_seed_same_bytes(project: Path, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "again", seed=1).parent
    assert digests(again) == digests(project)


def test_seeds_differ(project: Path, other: Path) -> None:
    one, two = digests(project), digests(other)
    assert one.keys() == two.keys()
    assert all(one[name] != two[name] for name in one)


def test_project_file_is_valid_and_names_every_file(any_seed: Path) -> None:
    file, _ = load_project_file(any_seed / "project.toml")
    assert file.project.synthetic
    assert file.project.crs == "EPSG:3405"
    assert file.project.resolution_m == 90
    assert "tổng hợp" in file.project.name
    names = file.inputs.model_dump()
    missing = {key for key in InputsSection.model_fields if names[key] is None}
    assert missing == {"operator_coverage", "gap_status", "rivers"}  # the demo has none of them
    present = {path.name for path in any_seed.iterdir()}
    named = {str(v) for v in names.values() if isinstance(v, str)} | set(file.inputs.terrain)
    assert named | {"project.toml", "README.txt"} == present


def test_counts(any_seed: Path) -> None:
    villages, stations = read(any_seed, "villages"), read(any_seed, "stations")
    communes = gpd.read_file(any_seed / "communes.gpkg")
    assert 330 <= len(villages) <= 400
    assert 24 <= len(communes) <= 30
    assert 150 <= stations["site_id"].nunique() <= 200
    assert stations["mast_id"].nunique() < stations["site_id"].nunique()
    assert stations["operator"].nunique() == 3
    assert set(stations["technology"]) == {"2G", "3G", "4G", "5G"}
    assert {"700", "900", "1800"} <= set(stations.query("technology == '4G'")["frequency_mhz"])
    assert set(stations["status"]) == {"active", "planned", "off"}
    assert (stations["azimuth_deg"] == "").any()
    assert set(villages["reported_signal"]) == {"good", "weak", "none", ""}
    households = villages["households"].astype(int)
    assert households.between(20, 250).all()
    assert communes["households"].sum() == households.sum()
    assert communes["population"].sum() == villages["population"].astype(int).sum()


@pytest.mark.parametrize(
    "name",
    [
        "villages", "stations", "fibre_nodes", "indicators", "crosswalk", "clusters",
        "measurements",
    ],
)  # fmt: skip
def test_tables_pass_the_check(any_seed: Path, name: str) -> None:
    checked = check(read(any_seed, name), TABLES[name], file=f"{name}.csv")
    assert not checked.problems
    assert checked.ignored_rows == (12 if name == "stations" else 0)
    if name != "crosswalk":
        known = {column.name for column in TABLES[name].columns}
        assert set(checked.frame.columns) <= known | {"source", "commune_name"}


@pytest.mark.parametrize("name", ["communes", "roads", "power_lines", "fibre_lines"])
def test_layers_pass_the_check(any_seed: Path, name: str) -> None:
    layer = gpd.read_file(any_seed / f"{name}.gpkg")
    assert not check(pd.DataFrame(layer), TABLES[name], file=f"{name}.gpkg").problems
    assert layer.crs == "EPSG:3405"
    assert layer.is_valid.all()
    assert not layer.is_empty.any()
    assert layer["source"].str.contains("synthetic").all()


def test_communes_tile_the_province(any_seed: Path) -> None:
    communes = gpd.read_file(any_seed / "communes.gpkg")
    whole = communes.union_all()
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert communes.area.sum() == pytest.approx(whole.area, rel=1e-9)
    assert shapely.coverage_is_valid(communes.geometry.to_numpy())
    assert communes["commune_code"].str.fullmatch(r"99\d{3}").all()
    assert communes["commune_code"].is_unique
    assert communes["name"].is_unique
    assert (communes["edition"] == "2025-07").all()
    assert communes["full_name"].str.match("^(Xã|Phường) ").all()


def test_every_village_lies_in_its_commune(any_seed: Path) -> None:
    communes = gpd.read_file(any_seed / "communes.gpkg").set_index("commune_code")
    villages = villages_of(any_seed)
    assert set(villages["commune_code"]) == set(communes.index)
    placed = villages[villages["longitude"].notna()]
    assert len(villages) - len(placed) == 3
    land = gpd.GeoSeries(communes.geometry.loc[placed["commune_code"]].to_numpy(), crs=communes.crs)
    assert land.contains(placed.geometry.reset_index(drop=True)).all()


def test_terrain_is_mountainous_and_has_a_void_outside_the_communes(any_seed: Path) -> None:
    communes = gpd.read_file(any_seed / "communes.gpkg")
    with rasterio.open(any_seed / "dem.tif") as raster:
        assert raster.nodata == -32_768
        assert raster.dtypes == ("int16",)
        assert raster.tags()["synthetic"] == "yes"
        assert raster.res == (90.0, 90.0)
        assert 55_000 < raster.width * 90 < 65_000
        heights = raster.read(1, masked=True)
        inside = rasterio.features.geometry_mask(
            communes.geometry, heights.shape, raster.transform, invert=True, all_touched=True
        )
    assert 200 < heights.mask.sum() < 6_000
    assert not heights.mask[inside].any()
    assert heights.min() == 150
    assert heights.max() == 1_600
    assert np.std(heights[inside]) > 100


def test_land_cover_uses_the_legend(any_seed: Path) -> None:
    with rasterio.open(any_seed / "land_cover.tif") as raster:
        codes, counts = np.unique(raster.read(1), return_counts=True)
        assert raster.tags()["synthetic"] == "yes"
    share = dict(zip(codes.tolist(), counts / counts.sum(), strict=True))
    assert share.keys() == {10, 30, 40, 50, 80}
    assert share[10] > 0.4
    assert share[40] > share[50]


def test_some_villages_lie_in_the_dark(any_seed: Path) -> None:
    said = read(any_seed, "villages")["reported_signal"]
    assert 0.08 <= np.mean(said[said != ""] == "none") <= 0.25
    assert 0.08 <= np.mean(said == "") <= 0.25


def test_remote_villages_are_poorer_and_have_less_power(any_seed: Path) -> None:
    villages = villages_of(any_seed)
    off_grid = ~villages["has_grid_power"].astype(bool)
    assert 0.04 < off_grid.mean() < 0.25
    poor = villages["poor_household_share"]
    assert poor[off_grid].mean() > poor[~off_grid].mean() + 0.1


def test_roads_meet_at_their_ends_and_leave_some_villages_out(any_seed: Path) -> None:
    roads = gpd.read_file(any_seed / "roads.gpkg")
    assert set(roads["road_class"]) == {"national", "provincial", "district", "village", "track"}
    ends = shapely.get_point(roads.geometry.to_numpy(), [[0], [-1]])
    nodes = {(point.x, point.y) for point in ends.ravel()}
    assert len(nodes) < 1.2 * len(roads)
    villages = villages_of(any_seed)
    placed = villages[villages["coordinate_accuracy_m"].astype(float) < 200]
    away_m = placed.distance(roads.union_all())
    assert away_m.median() < 100
    assert 0.02 < np.mean(away_m > 500) < 0.2


def test_operators_on_one_mast_stand_together(any_seed: Path) -> None:
    stations = read(any_seed, "stations")
    places = stations.drop_duplicates(["mast_id", "longitude", "latitude"])
    assert places["mast_id"].is_unique
    sites = stations.drop_duplicates(["site_id", "operator"])
    assert sites["site_id"].is_unique
    assert sites["mast_id"].duplicated().sum() >= 20


def test_everything_says_that_it_is_synthetic(any_seed: Path) -> None:
    for path in any_seed.glob("*.csv"):
        assert pd.read_csv(path)["source"].str.contains("synthetic").all()
    readme = (any_seed / "README.txt").read_text(encoding="utf-8")
    assert "bịa đặt" in readme
    assert "invented" in readme


def test_an_earlier_demo_is_replaced_and_foreign_files_stay(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_demo(folder, seed=3)
    (folder / "outputs").mkdir()
    (folder / "outputs" / "map.html").write_text("x", encoding="utf-8")
    (folder / "villages.csv").write_text("spoilt", encoding="utf-8")
    write_demo(folder, seed=1)
    kept = folder / "outputs" / "map.html"
    assert kept.read_text(encoding="utf-8") == "x"
    kept.unlink()
    kept.parent.rmdir()
    assert digests(folder) == digests(project)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.parametrize(
    "content",
    [
        {"notes.txt": "mine"},
        {"project.toml": '[project]\nname = "Bắc Kạn"\n'},
        {"project.toml": '[project]\nname = "x"\nsynthetic = true\nnote = "my own"\n'},
        {"project.toml": "not toml ["},
        {"project.toml": "project = 1\n"},
    ],
)
def test_anything_else_is_left_alone(content: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = digests(folder)
    with pytest.raises(ScenarioError) as caught:
        write_demo(folder)
    assert "synthetic" in caught.value.message("en")
    assert "tổng hợp" in caught.value.message("vi")
    assert digests(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_failure_while_replacing_leaves_the_former_demo(
    other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(other, folder)
    rename = Path.rename

    def locked(self: Path, target: Path) -> Path:
        if self.name == "villages.csv" and target.parent == folder and "former" not in self.parts:
            raise PermissionError(13, "open in another program")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", locked)
    with pytest.raises(ScenarioError, match="open in another program"):
        write_demo(folder, seed=3)
    assert digests(folder) == digests(other)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("x", encoding="utf-8")
    with pytest.raises(ScenarioError):
        write_demo(tmp_path / "demo")


def test_nothing_is_left_when_the_writing_stops(tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop(stage: str, _share: float) -> None:
        if stage == "communes":
            raise Stop

    with pytest.raises(Stop):
        write_demo(tmp_path / "demo", progress=stop)
    assert not list(tmp_path.iterdir())


def test_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        write_demo(tmp_path / "demo", seed=-1)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    (tmp_path / "empty").mkdir()
    path = write_demo(tmp_path / "empty", progress=lambda _stage, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert tomllib.loads(path.read_text(encoding="utf-8"))["project"]["synthetic"] is True


def test_water_leaves_every_pit() -> None:
    height = np.array([[9.0, 9, 9, 9, 9], [9, 2, 5, 8, 9], [9, 9, 6, 3, 1], [9, 9, 9, 9, 9]])
    outlets = np.zeros(height.shape, dtype=bool)
    outlets[2, 4] = True
    drainage = drainage_of(height, outlets, cell_m=90.0)
    total = drainage.accumulated(np.ones(height.size))
    assert total[2 * 5 + 4] == height.size
    assert drainage.receiver[5 + 2] in (2 * 5 + 3, 2 * 5 + 2)  # over the pass at 5, not back
    assert drainage.receiver[5 + 1] == 5 + 2  # the pit at 2 overflows at its lowest pass


def test_carving_keeps_outlets_and_the_steepest_slope() -> None:
    rng = np.random.default_rng(7)
    height = 2_000.0 * rng.random((30, 30))
    outlets = np.zeros(height.shape, dtype=bool)
    outlets[0] = True
    drainage = drainage_of(height, outlets, cell_m=90.0)
    own = np.full(height.size, 8_100.0)
    lower = carved(height, np.ones(height.shape), drainage, erodibility=0.5, inflow_m2=own)
    assert np.array_equal(lower[0], height[0])
    drop = lower.ravel() - lower.ravel()[drainage.receiver]
    assert (drop <= STEEPEST * drainage.length_m + 1e-9).all()


def test_chains_end_at_junctions_and_where_the_kind_changes() -> None:
    kinds = {(1, 2): "a", (2, 3): "a", (3, 4): "a", (3, 9): "a", (4, 5): "b", (9, 10): "a"}
    found = {(kind, *sorted((cells[0], cells[-1]))) for kind, cells in chains(kinds)}
    assert found == {("a", 1, 3), ("a", 3, 4), ("a", 3, 10), ("b", 4, 5)}
    ring = {(1, 2): "a", (2, 3): "a", (1, 3): "a"}
    assert [len(cells) for _, cells in chains(ring)] == [4]
