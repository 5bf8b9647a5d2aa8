"""Terrain: every tile format, voids stay unknown, tiles join, nothing becomes sea level."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray

from coverage.errors import CrsError, InputDataError
from coverage.grid import Grid
from coverage.io.rasters import Tile, bounds_in, classes_on, open_tile, terrain_on
from tests.io.made import CELL_M, CRS, NORTH_M, SIDE, TRANSFORM, WEST_M, heights, write_tif

GRID = Grid(CRS, WEST_M, NORTH_M, CELL_M, SIDE, SIDE)
HGT = 1201


def tile(path: Path) -> Tile:
    return open_tile(path, name=path.name)


def rules(path: Path) -> list[str]:
    with pytest.raises(InputDataError) as caught:
        terrain_on(GRID, [tile(path)])
    return [problem.rule for problem in caught.value.problems]


def hgt(folder: Path, name: str, array: NDArray[Any]) -> Path:
    path = folder / name
    data = array.astype(">i2").tobytes()
    if not name.endswith(".zip"):
        path.write_bytes(data)
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name.removesuffix(".zip"), data)
    return path


def degrees(row: int, col: int) -> Grid:
    """One cell of 0.001 ° centred on a post of N22E105; system in degrees, so nothing is warped."""
    north, west = 23.0 - row / 1200, 105.0 + col / 1200
    return Grid("EPSG:4326", west - 5e-4, north + 5e-4, 1e-3, 1, 1)


def test_aligned_terrain_is_taken_exactly_as_it_is(tmp_path: Path) -> None:
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", heights()))])
    assert np.array_equal(found, heights())


def test_aligned_terrain_that_starts_elsewhere_keeps_every_height(tmp_path: Path) -> None:
    part = heights()[10:30, 5:45]
    moved = TRANSFORM @ Affine.translation(5, 10)
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", part, transform=moved))])
    assert np.array_equal(found[10:30, 5:45], part)
    assert np.isnan(found).sum() == SIDE * SIDE - 20 * 40  # by hand: unknown around it, never 0


@pytest.mark.parametrize("nodata", [-32768.0, -9999.0, 0.0, np.nan])
def test_voids_are_unknown_whatever_marks_them(tmp_path: Path, nodata: float) -> None:
    array = heights()
    array[3, 4] = nodata
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", array, nodata=nodata))])
    assert np.argwhere(np.isnan(found)).tolist() == [[3, 4]]


def test_srtm_voids_are_unknown_where_nothing_is_marked(tmp_path: Path) -> None:
    array = heights().astype(np.int16)
    array[3, 4] = -32768
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", array, nodata=None))])
    assert np.argwhere(np.isnan(found)).tolist() == [[3, 4]]


def test_impossible_heights_are_unknown(tmp_path: Path) -> None:
    array = heights()
    array[0, :3] = [-501.0, 9001.0, 8999.0]
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", array, nodata=None))])
    assert np.isnan(found[0, :3]).tolist() == [True, True, False]


def test_finer_terrain_is_averaged(tmp_path: Path) -> None:
    fine = np.random.default_rng(1).uniform(100.0, 900.0, (2 * SIDE, 2 * SIDE)).astype(np.float32)
    half = Affine(CELL_M / 2, 0, WEST_M, 0, -CELL_M / 2, NORTH_M)
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", fine, transform=half))])
    mean = fine.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))  # by hand: 2 × 2 cells each
    np.testing.assert_allclose(found, mean, atol=0.01)


def test_coarser_terrain_is_interpolated(tmp_path: Path) -> None:
    row, col = np.mgrid[:20, :20]
    coarse = (100.0 + 30.0 * row + 12.0 * col).astype(np.float32)
    wide = Affine(270.0, 0, WEST_M, 0, -270.0, NORTH_M)
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", coarse, transform=wide))])
    # by hand: the plane at each cell's centre, away from the outermost half cells
    r, c = np.mgrid[2:58, 2:58]
    plane = 100.0 + 30.0 * ((r + 0.5) / 3 - 0.5) + 12.0 * ((c + 0.5) / 3 - 0.5)
    np.testing.assert_allclose(found[2:58, 2:58], plane, atol=0.01)


@pytest.mark.parametrize("crs", ["EPSG:9213", "EPSG:4326", "EPSG:32648"])
def test_terrain_in_another_system_lands_in_its_place(tmp_path: Path, crs: str) -> None:
    """A plane tilted east, written in each system from its own cell centres."""
    from pyproj import Transformer  # noqa: PLC0415

    back = Transformer.from_crs(CRS, crs, always_xy=True)
    corners_x, corners_y = back.transform(
        [WEST_M - 900, WEST_M + 6300, WEST_M - 900, WEST_M + 6300],
        [NORTH_M + 900, NORTH_M + 900, NORTH_M - 6300, NORTH_M - 6300],
    )
    west, east, south, north = min(corners_x), max(corners_x), min(corners_y), max(corners_y)
    step = (east - west) / 100
    shape = (int((north - south) / step), 100)
    place = Affine(step, 0, west, 0, -step, north)
    row, col = np.mgrid[: shape[0], : shape[1]]
    x, _ = Transformer.from_crs(crs, CRS, always_xy=True).transform(
        west + (col + 0.5) * step, north - (row + 0.5) * step
    )
    plane = (0.1 * (x - WEST_M) + 500).astype(np.float32)
    found = terrain_on(
        GRID, [tile(write_tif(tmp_path / "dem.tif", plane, crs=crs, transform=place))]
    )
    expected = 500 + 0.1 * CELL_M * (np.arange(SIDE) + 0.5)  # by hand: 9 m a cell
    np.testing.assert_allclose(found, np.broadcast_to(expected, GRID.shape), atol=0.9)  # ± 9 m E–W


@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_an_srtm_tile_has_its_posts_on_whole_degrees(tmp_path: Path, suffix: str) -> None:
    row, col = np.mgrid[:HGT, :HGT]
    array = row + 3 * col
    array[600, 600] = -32768
    found = tile(hgt(tmp_path, f"N22E105.hgt{suffix}", array))
    half = 0.5 / 1200
    assert found.bounds == pytest.approx((105 - half, 22 - half, 106 + half, 23 + half))  # by hand
    for r, c in ((0, 0), (1200, 1200), (300, 700)):
        assert terrain_on(degrees(r, c), [found])[0, 0] == pytest.approx(r + 3 * c, abs=1.5)
    assert np.isnan(terrain_on(degrees(600, 600), [found])[0, 0])


@pytest.mark.parametrize(
    ("name", "corner"), [("S37E175.hgt", (175, -37)), ("n05w060.hgt", (-60, 5))]
)
def test_srtm_names_of_every_hemisphere(tmp_path: Path, name: str, corner: tuple[int, int]) -> None:
    found = tile(hgt(tmp_path, name, np.zeros((HGT, HGT))))
    assert found.bounds[:2] == pytest.approx(corner, abs=0.001)


def test_two_srtm_tiles_join_without_a_gap(tmp_path: Path) -> None:
    west = tile(hgt(tmp_path, "N22E105.hgt", np.full((HGT, HGT), 300)))
    east = tile(hgt(tmp_path, "N22E106.hgt.zip", np.full((HGT, HGT), 500)))
    grid = Grid("EPSG:32648", 600_000.0, 2_490_000.0, 90.0, 20, 120)  # 105.97 to 106.08 E
    found = terrain_on(grid, [west, east])
    assert not np.isnan(found).any()
    assert set(np.unique(found[:, [0, -1]])) == {300.0, 500.0}
    assert found.min() >= 300.0


def test_the_first_tile_that_knows_a_cell_decides(tmp_path: Path) -> None:
    holed = heights()
    holed[:10] = -32768.0
    first = tile(write_tif(tmp_path / "a.tif", holed))
    second = tile(write_tif(tmp_path / "b.tif", heights() + 1000.0))
    found = terrain_on(GRID, [first, second])
    assert np.array_equal(found[10:], heights()[10:])
    assert np.array_equal(found[:10], heights()[:10] + 1000.0)


def test_real_tiles_join_and_their_voids_stay_unknown(shared: Path) -> None:
    """Two SRTM tiles of New Zealand touch at one corner: 36 °S, 175 °E."""
    folder = shared / "data" / "wavetrace_nz"
    north = tile(folder / "S36E174.SRTMGL3.hgt.zip")
    south = tile(folder / "S37E175.hgt")
    for one, corner in ((north, (174, -36)), (south, (175, -37))):
        assert one.shape == (HGT, HGT)
        assert one.bounds[:2] == pytest.approx(corner, abs=0.001)
    raw = np.frombuffer((folder / "S37E175.hgt").read_bytes(), ">i2").reshape(HGT, HGT)
    posts = Grid("EPSG:4326", 175 - 0.5 / 1200, -36 + 0.5 / 1200, 1 / 1200, HGT, HGT)
    found = terrain_on(posts, [south])
    # The whole tile, post by post: what is −32768 there is unknown here, all else is as written.
    assert np.array_equal(np.isnan(found), raw == -32768)
    assert np.array_equal(found[raw != -32768], raw[raw != -32768].astype(np.float32))
    joined = terrain_on(Grid("EPSG:4326", 174.9, -35.9, 0.001, 200, 200), [north, south])
    known = ~np.isnan(joined)
    assert known[:95, :95].any()
    assert known[105:, 105:].any()
    assert not known[:95, 105:].any()
    assert not known[105:, :95].any()


def test_land_cover_takes_the_most_frequent_class_and_zero_is_unknown(tmp_path: Path) -> None:
    fine = np.full((3 * SIDE, 3 * SIDE), 10, dtype=np.uint8)
    fine[:2, :3] = 50  # 6 of the 9 pixels of the first cell
    fine[3:6, :3] = 0
    third = Affine(30.0, 0, WEST_M, 0, -30.0, NORTH_M)
    found = classes_on(
        GRID, tile(write_tif(tmp_path / "lc.tif", fine, transform=third, nodata=None))
    )
    assert found[:3, 0].tolist() == [50, 0, 10]  # by hand


def test_terrain_without_overlap_is_unknown_everywhere(tmp_path: Path) -> None:
    far = Affine(CELL_M, 0, WEST_M + 50_000, 0, -CELL_M, NORTH_M)
    found = terrain_on(GRID, [tile(write_tif(tmp_path / "dem.tif", heights(), transform=far))])
    assert np.isnan(found).all()


def test_bounds_in_the_same_system_are_exact(tmp_path: Path) -> None:
    found = bounds_in(tile(write_tif(tmp_path / "dem.tif", heights())), CRS)
    assert found == (WEST_M, NORTH_M - SIDE * CELL_M, WEST_M + SIDE * CELL_M, NORTH_M)


def test_a_raster_without_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match="coordinate system"):
        tile(write_tif(tmp_path / "dem.tif", heights(), crs=None))


@pytest.mark.parametrize(
    "place", [Affine(90, 1, WEST_M, 1, -90, NORTH_M), Affine(90, 0, WEST_M, 0, 90, NORTH_M)]
)
def test_rotated_and_flipped_rasters_are_refused(tmp_path: Path, place: Affine) -> None:
    assert rules(write_tif(tmp_path / "dem.tif", heights(), transform=place)) == ["rotated_raster"]


VRT = '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand/></VRTDataset>'


@pytest.mark.parametrize("name", ["dem.tif", "dem.TIFF", "N22E105.hgt", "N22E105.hgt.zip"])
@pytest.mark.parametrize("content", ["chỉ là chữ", VRT, "PK\x03\x04 not a zip"])
def test_what_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert rules(tmp_path / name) == ["wrong_content"]


def test_damaged_rasters_are_messages(tmp_path: Path) -> None:
    whole = write_tif(tmp_path / "whole.tif", heights()).read_bytes()
    for name, data in (("cut.tif", whole[: len(whole) // 2]), ("head.tif", whole[:20])):
        (tmp_path / name).write_bytes(data)
        assert rules(tmp_path / name) == ["unreadable_raster"]
    noise = np.random.default_rng(1).integers(0, 900, (HGT, HGT))
    packed = bytearray(hgt(tmp_path, "N22E105.hgt.zip", noise).read_bytes())
    packed[60:90] = bytes(30)
    (tmp_path / "N22E105.hgt.zip").write_bytes(packed)
    assert rules(tmp_path / "N22E105.hgt.zip") == ["unreadable_raster"]


def test_srtm_tiles_need_their_name_and_size(tmp_path: Path) -> None:
    assert rules(hgt(tmp_path, "tile.hgt", np.zeros((HGT, HGT)))) == ["hgt_name"]
    assert rules(hgt(tmp_path, "N22E105.hgt", np.zeros((100, 100)))) == ["wrong_content"]
    assert rules(hgt(tmp_path, "N22E105.hgt.zip", np.zeros((100, 100)))) == ["hgt_size"]
