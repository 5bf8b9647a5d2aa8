"""Many provinces as one: no seams; the synthetic country is the same in every part."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import tomli_w
from affine import Affine
from shapely.geometry import box

from coverage import pipeline
from coverage.demo import country, write_country
from coverage.demo.country_ground import heights, land_cover
from coverage.demo.write_country import COUNTRY_FILE
from coverage.errors import ScenarioError
from coverage.grid import Grid, Window
from coverage.io import signal_tiles
from coverage.io.country import TiledGround, ground_tiles
from coverage.io.project import load_project
from coverage.io.signal_tiles import TILE, SignalTiles
from tests.io import made

CELL_M: Final = 90.0
WEST_M, NORTH_M, ROWS, COLS = 585_000.0, 2_450_000.0, 60, 160
"""A strip of 14.4 × 5.4 km; the border lies in its middle."""
MIDDLE_M: Final = WEST_M + COLS // 2 * CELL_M
RANGE_KM: Final = 3.0


def place(row: int, col: int) -> tuple[float, float]:
    point = gpd.GeoSeries.from_xy(
        [WEST_M + (col + 0.5) * CELL_M], [NORTH_M - (row + 0.5) * CELL_M], crs=made.CRS
    ).to_crs("EPSG:4326")
    return float(point.x[0]), float(point.y[0])


def ground() -> np.ndarray[Any, Any]:
    row, col = np.mgrid[:ROWS, :COLS]
    ridges = 180.0 * np.sin(col / 7.0) * np.cos(row / 9.0)
    return np.asarray(np.round(400.0 + ridges + 0.5 * row), dtype=np.float32)


MASTS: Final = [(30, 10 + 20 * i) for i in range(8)]  # two of them within 3 km of the border
VILLAGES: Final = [(20 + 4 * (i % 5), 3 + 4 * i) for i in range(39)]


def stations(cols: Sequence[int]) -> list[str]:
    rows = []
    for i, (row, col) in enumerate(MASTS):
        if col in cols:
            lon, lat = place(row, col)
            for technology, mhz in (("4G", 1800), ("3G", 2100)):
                rows.append(
                    f"{technology}-{i},S{i},{'viettel' if i % 2 else 'vnpt'},{technology},{mhz},5,"
                    f"{lon:.7f},{lat:.7f},12,,8,15,1,active"
                )
    return rows


def write_province(
    folder: Path, first: int, last: int, masts: Sequence[int], **scenario: Any
) -> Path:
    """Write the project of the columns `first` to `last` with the masts of some columns."""
    folder.mkdir(parents=True)
    west_m, east_m = WEST_M + first * CELL_M, WEST_M + last * CELL_M
    borders = [west_m, *(x for x in (MIDDLE_M,) if west_m < x < east_m), east_m]
    gpd.GeoDataFrame(
        {
            "commune_code": [f"{10_000 + round(x)}" for x in borders[:-1]],
            "name": [f"Xã {round(x)}" for x in borders[:-1]],
        },
        geometry=[box(a, NORTH_M - ROWS * CELL_M, b, NORTH_M) for a, b in pairwise(borders)],
        crs=made.CRS,
    ).to_file(folder / "communes.gpkg", layer="communes", driver="GPKG")
    rows = []
    for i, (row, col) in enumerate(VILLAGES):
        if first <= col < last:
            lon, lat = place(row, col)
            code = 10_000 + round(WEST_M if col < COLS // 2 else MIDDLE_M)
            rows.append(f"V{i},Thôn {i},{code},{lon:.7f},{lat:.7f},40,160,true,")
    made.write_table(folder / "villages.csv", made.VILLAGE_HEADER, rows)
    made.write_table(folder / "stations.csv", made.STATION_HEADER, stations(masts))
    tiles = folder.parent / "terrain"
    tiles.mkdir(exist_ok=True)
    for name, at in (("west", 0), ("east", COLS // 2)):
        transform = Affine(CELL_M, 0.0, WEST_M + at * CELL_M, 0.0, -CELL_M, NORTH_M)
        part = ground()[:, at : at + COLS // 2]
        made.write_tif(tiles / f"{name}.tif", part, transform=transform)
    settings = {
        "project": {"name": folder.name, "crs": made.CRS, "resolution_m": 90},
        "inputs": made.SETTINGS["inputs"]
        | {"terrain": ["../terrain/west.tif", "../terrain/east.tif"]},
        "scenario": {"radio": {"max_range_km": RANGE_KM} | scenario},
    }
    (folder / "project.toml").write_bytes(tomli_w.dumps(settings).encode())
    return folder


def write_toml(folder: Path, *provinces: str) -> Path:
    told = {"country": {"name": "Thử", "provinces": list(provinces)}}
    (folder / COUNTRY_FILE).write_bytes(tomli_w.dumps(told).encode())
    return folder


ALL: Final = [col for _, col in MASTS]
WEST: Final = [col for col in ALL if col < COLS // 2 + 34]  # own masts, and within 3 km beyond
EAST: Final = [col for col in ALL if col >= COLS // 2 - 34]
NUMBERS: Final = ["rsrp_3g_dbm", "rsrp_4g_dbm", "served_probability_4g", "signal_class_4g"]


def villages(*folders: Path) -> pd.DataFrame:
    tables = [pd.read_csv(folder / "villages.csv") for folder in folders]
    return pd.concat(tables).set_index("village_id").sort_index()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Run the strip undivided, and as two provinces; return the folders of the outputs."""
    base = tmp_path_factory.mktemp("country")
    whole, parts = base / "whole", base / "parts"
    write_province(whole / "all", 0, COLS, ALL)
    write_province(parts / "tây", 0, COLS // 2, WEST)
    write_province(parts / "đông", COLS // 2, COLS, EAST)
    write_toml(whole, "all")
    write_toml(parts, "tây", "đông")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal_tiles, "TILE", 16)
        patch.setattr("coverage.pipeline.areas.MOST_MASTS", 1)
        for folder in (whole, parts):
            pipeline.run_country(folder, workers=2)
    return whole / "outputs", parts / "outputs"


def test_a_border_changes_nothing(both: tuple[Path, Path]) -> None:
    whole, parts = both
    undivided = villages(whole / "provinces" / "all")
    divided = villages(parts / "provinces" / "tây", parts / "provinces" / "đông")
    assert len(undivided) == len(VILLAGES)
    pd.testing.assert_frame_equal(divided[NUMBERS], undivided[NUMBERS])
    assert (divided["server_4g"].fillna("") == undivided["server_4g"].fillna("")).all()
    assert set(undivided["signal_class_4g"]) >= {"good", "none"}
    for name in ("rsrp_3g_dbm.tif", "rsrp_4g_dbm.tif"):
        with rasterio.open(whole / name) as one, rasterio.open(parts / name) as other:
            assert one.read(1).tobytes() == other.read(1).tobytes()
            assert one.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_without_the_neighbours_masts_the_border_would_show_false_gaps(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    write_province(tmp_path / "tây", 0, COLS // 2, [col for col in ALL if col < COLS // 2])
    pipeline.run_project(tmp_path / "tây", tmp_path / "out", workers=1)
    alone = villages(tmp_path / "out")
    undivided = villages(both[0] / "provinces" / "all").loc[alone.index]
    weaker = alone["rsrp_4g_dbm"].fillna(-999.0) < undivided["rsrp_4g_dbm"].fillna(-999.0)
    assert weaker.any()
    near = alone.index[weaker].str[1:].astype(int)
    assert all(VILLAGES[i][1] > COLS // 2 - 34 for i in near)


def test_a_country_of_one_is_the_project_alone(both: tuple[Path, Path], tmp_path: Path) -> None:
    """But for the latitude: a project goes by its middle, a country by the whole degree."""
    pipeline.run_project(both[0].parent / "all", tmp_path, workers=1)
    alone, together = villages(tmp_path), villages(both[0] / "provinces" / "all")
    difference_db = (alone["rsrp_4g_dbm"] - together["rsrp_4g_dbm"]).abs()
    # regression: 22.1 or 22 degrees change the anomalous propagation by some hundredths
    assert difference_db.max() < 0.1
    assert (alone["signal_class_4g"] == together["signal_class_4g"]).all()


def test_the_country_sums_up_its_provinces(both: tuple[Path, Path]) -> None:
    _, parts = both
    table = pd.read_csv(parts / "provinces.csv")
    assert list(table["province"]) == ["tây", "đông"]
    assert table["villages"].sum() == len(VILLAGES)
    told = json.loads((parts / "manifest.json").read_text(encoding="utf-8"))
    assert set(told["outputs"]) == {path.name for path in parts.iterdir() if path.is_file()} - {
        "manifest.json"
    }
    cells = pd.read_csv(parts / "cells.csv")
    assert len(cells) == cells["cell_id"].nunique() == 2 * len(MASTS)
    with rasterio.open(parts / "server_4g.tif") as raster:
        served = raster.read(1)[30, MASTS[0][1]]
    assert cells.loc[served - 1, "cell_id"] == "4G-0"
    assert [path.name for path in parts.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: write_toml(f, "tây", "nowhere"), "no project.toml .* nowhere"),
        (lambda f: write_toml(f, "tây", "x/tây"), "one name"),
        (lambda f: (f / COUNTRY_FILE).write_text("[country]\nname = 1\n"), "provinces"),
        (
            lambda f: (f / "đông" / "stations.csv").write_text(
                (f / "đông" / "stations.csv").read_text().replace(",12,,8,", ",13,,8,")
            ),
            r"4G-\d \((tây|đông)\)",
        ),
        (
            lambda f: (f / "đông" / "project.toml").write_text(
                (f / "đông" / "project.toml").read_text().replace("3.0", "4.0")
            ),
            "đông differs .* rules of the prediction",
        ),
    ],
)
def test_provinces_that_do_not_fit_are_refused(tmp_path: Path, spoil: Any, told: str) -> None:
    write_province(tmp_path / "tây", 0, COLS // 2, WEST)
    write_province(tmp_path / "đông", COLS // 2, COLS, EAST)
    write_toml(tmp_path, "tây", "đông")
    spoil(tmp_path)
    with pytest.raises(ScenarioError, match=told):
        pipeline.run_country(tmp_path)
    assert not (tmp_path / "outputs" / "manifest.json").exists()


def test_a_country_is_planned_under_one_budget(both: tuple[Path, Path], tmp_path: Path) -> None:
    folder, budget = both[1].parent, 30_000_000_000
    table, out = pipeline.plan_country(folder, tmp_path / "out", budget=str(budget), workers=1)
    assert table["plan_budget"].sum() == budget
    assert (table["plan_spent"] <= table["plan_budget"]).all()
    assert table["plan_objective"].sum() > 0
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["split"]
    # Each province's own plan reaches what the split counted on, and the bound holds for both.
    assert told["objective"] - 1e-6 <= table["plan_objective"].sum() <= told["bound"] + 1e-6
    for province in ("tây", "đông"):
        assert (out / "provinces" / province / "plan_actions.csv").is_file()


def test_a_budget_that_is_no_amount_is_refused_at_once(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match="much"):
        pipeline.plan_country(both[1].parent, tmp_path / "out", budget="much")
    assert not (tmp_path / "out").exists()


def test_ground_by_window_is_that_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where files are not in step with the grid, and must be resampled."""
    monkeypatch.setattr("coverage.io.country._BLOCK", 32)
    project = write_province(tmp_path / "all", 0, COLS, ALL) / "project.toml"
    fine = Affine(30.0, 0.0, WEST_M + 7.0, 0.0, -30.0, NORTH_M - 11.0)
    made.write_tif(tmp_path / "terrain" / "west.tif", np.repeat(ground(), 2, 1), transform=fine)
    terrain, _ = ground_tiles([project])
    grid = Grid(made.CRS, WEST_M, NORTH_M, CELL_M, ROWS, COLS)
    tiled = TiledGround(grid, terrain, [])
    whole, cover = tiled.window(Window(row0=0, col0=0, height=ROWS, width=COLS))
    assert cover is None
    assert 0.6 < np.isfinite(whole).mean() < 0.7  # the fine tile ends after a third of the rows
    for row0, col0 in ((0, 0), (13, 29), (40, 75), (31, 120)):
        window = Window(row0=row0, col0=col0, height=20, width=40)
        part, _ = tiled.window(window)
        np.testing.assert_array_equal(part, whole[window.cut])


def test_tiles_go_to_their_files_as_soon_as_they_are_done(tmp_path: Path) -> None:
    """Along a strip of 40 tiles no more are held than the patches under way touch."""
    grid = Grid(made.CRS, WEST_M, NORTH_M, CELL_M, 40 * TILE, TILE)
    windows = [Window(row0=TILE * i, col0=0, height=TILE + 9, width=TILE) for i in range(39)]
    key = ("4G", "A")
    with SignalTiles(tmp_path, grid, [key]) as tiles:
        for window in windows:
            tiles.expect(window)
        for number, window in enumerate(windows, start=1):
            signal = np.full((window.height, window.width), -100.0 + number, dtype=np.float32)
            server = np.full(signal.shape, number, dtype=np.int32)
            tiles.merge(key, window.row0, window.col0, signal, server)
            tiles.settle(window)
    assert tiles.most_tiles == 2
    seam = tiles.read("server", ("4G", ""), Window(row0=2 * TILE, col0=5, height=11, width=1))
    # by hand: the third window is the stronger from its first row on, also where the second ends
    assert seam.ravel().tolist() == [3] * 11
    last = tiles.read("signal", key, Window(row0=39 * TILE + 8, col0=0, height=2, width=1))
    assert last[0, 0] == -61.0
    assert np.isnan(last[1, 0])


@pytest.fixture(scope="module")
def made_country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "nước"
    write_country(folder, seed=3, provinces=2)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_part_of_the_country_is_that_part_of_the_whole(
    made_country: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "coverage", "demo", tmp_path / "phần", "--country"),
            *("--seed", "3", "--provinces", "1", "--quiet"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "phần" / COUNTRY_FILE)
    part, whole = contents(tmp_path / "phần"), contents(made_country)
    assert part.pop(COUNTRY_FILE) != whole.pop(COUNTRY_FILE)
    assert len(part) > 10
    assert {name: whole[name] for name in part} == part


def test_the_country_has_the_promised_size(made_country: Path) -> None:
    layer = gpd.read_file(made_country / "provinces" / "01" / "communes.gpkg")
    assert len(layer) == 100
    assert layer.area.sum() / 1e6 * 34 == pytest.approx(333_234, rel=1e-3)  # by hand: 34 * 99² km²
    random = np.random.default_rng(1)
    places = zip(random.integers(0, 170, 300), random.integers(0, 20, 300), strict=True)
    blocks = [country._block(3, int(row), int(col)) for row, col in places]
    # Relief decides where masts are; over 300 of 3,400 communes their mean is known to 3 %.
    assert np.mean([len(b.villages) for b in blocks]) * 3_400 == pytest.approx(100_000, rel=0.1)
    assert np.mean([len(b.sites) for b in blocks]) * 3_400 == pytest.approx(60_000, rel=0.1)


def test_its_projects_are_sound_and_say_that_they_are_synthetic(made_country: Path) -> None:
    inputs = load_project(made_country / "provinces" / "02")
    assert inputs.warnings == ()
    assert {"communes", "villages", "stations", "terrain"} <= set(inputs.synthetic_roles)
    reach = country.REACH_CELLS
    assert inputs.grid.shape == (1100 + reach, 1100 + reach)  # a corner of the country
    assert np.isfinite(inputs.terrain_m).mean() > 0.99
    masts = inputs.grid.rowcol(inputs.stations.geometry.x, inputs.stations.geometry.y)
    assert (masts[0] >= 0).all()
    assert (masts[1] < reach).any()  # those of the neighbour


def test_ground_is_the_same_in_every_window() -> None:
    whole = heights(5, 100, 200, 300, 280)
    np.testing.assert_array_equal(heights(5, 230, 310, 50, 60), whole[130:180, 110:170])
    cover = land_cover(5, 100, 200, 300, 280)
    np.testing.assert_array_equal(land_cover(5, 230, 310, 50, 60), cover[130:180, 110:170])
    assert (heights(6, 100, 200, 300, 280) != whole).mean() > 0.9
    assert whole.max() - whole.min() > 300.0


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thơ.txt").write_text("của tôi", encoding="utf-8")
    with pytest.raises(ScenarioError, match="not a synthetic country"):
        write_country(tmp_path, provinces=1)
    with pytest.raises(ScenarioError, match="1 to 34"):
        write_country(tmp_path / "x", provinces=35)
    assert (tmp_path / "thơ.txt").read_text(encoding="utf-8") == "của tôi"
