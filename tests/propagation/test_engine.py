"""Path loss over a raster: the sweep, the reference engine, and what must hold for both."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from coverage.errors import ExtentError, ModelRangeError
from coverage.propagation import p1812
from coverage.propagation.engine import Engine, PathParams, site_path_loss_db

ROOT = Path(__file__).parents[2]
ENGINES: tuple[Engine, ...] = ("sweep", "profile")
SITE: dict[str, Any] = {
    "row": 60,
    "col": 60,
    "resolution_m": 90.0,
    "radius_m": 5000.0,
    "tx_height_m": 30.0,
    "rx_height_m": 1.5,
    "frequencies_mhz": [900.0],
}


def hills(seed: int = 0, size: int = 121, relief_m: float = 120.0) -> NDArray[np.float32]:
    """Smooth random terrain: a sum of waves of random direction and phase."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    terrain = np.full((size, size), 400.0)
    for _ in range(24):
        frequency, angle, phase = random.uniform(6.0, 45.0), *random.uniform(0.0, 2.0 * np.pi, 2)
        wave = np.sin(frequency * (np.cos(angle) * x + np.sin(angle) * y) + phase)
        terrain += relief_m * wave * 10.0 / (10.0 + frequency)
    return terrain.astype(np.float32)


def loss(terrain: NDArray[Any], clutter: NDArray[Any] | None = None, **changes: Any) -> Any:
    return site_path_loss_db(terrain, clutter, **SITE | changes)


def disc(side: int, radius_cells: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[:side, :side] - side // 2
    return x * x + y * y <= radius_cells * radius_cells


@pytest.mark.parametrize("engine", ENGINES)
def test_every_pixel_inside_the_radius_has_a_value(engine: Engine) -> None:
    found = loss(hills(), engine=engine)
    assert found.shape == (1, 113, 113)
    assert found.dtype == np.float32
    assert (np.isfinite(found[0]) == disc(113, 5000.0 / 90.0)).all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("row", "col"), [(0, 0), (120, 3), (60, 120)])
def test_pixels_outside_the_raster_have_none(engine: Engine, row: int, col: int) -> None:
    found = loss(hills(), engine=engine, row=row, col=col)[0]
    rows, cols = np.mgrid[:113, :113] + np.array([row, col]).reshape(2, 1, 1) - 56
    inside = (rows >= 0) & (rows < 121) & (cols >= 0) & (cols < 121)
    assert (np.isfinite(found) == (disc(113, 5000.0 / 90.0) & inside)).all()


def test_a_pixel_of_the_reference_engine_is_the_model_on_its_own_profile() -> None:
    terrain = hills(3)
    found = loss(terrain, engine="profile", frequencies_mhz=[700.0, 3700.0])
    for row, col in ((90, 60), (60, 100), (91, 83), (30, 42)):
        steps = max(abs(row - 60), abs(col - 60))
        at = np.linspace(0.0, 1.0, steps + 1)
        rows, cols = 60 + (row - 60) * at, 60 + (col - 60) * at
        low_row, low_col = np.floor(rows + 1e-9).astype(int), np.floor(cols + 1e-9).astype(int)
        part = np.maximum(rows - low_row, cols - low_col)
        high_row, high_col = np.ceil(rows - 1e-9).astype(int), np.ceil(cols - 1e-9).astype(int)
        ground = terrain[low_row, low_col] * (1 - part) + terrain[high_row, high_col] * part
        for band, frequency_mhz in enumerate((700.0, 3700.0)):
            expected = p1812.basic_transmission_loss_db(
                at * 0.09 * np.hypot(row - 60, col - 60),
                ground,
                np.zeros(ground.size),
                np.full(ground.size, 4),
                frequency_mhz=frequency_mhz,
                tx_height_m=30.0,
                rx_height_m=1.5,
                time_percent=50.0,
                latitude_deg=22.0,
                delta_n=45.0,
                n0=325.0,
                polarisation="vertical",
            )
            assert found[band, row - 4, col - 4] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"params": PathParams(time_percent=5.0)},
        {"params": PathParams(polarisation="horizontal"), "frequencies_mhz": [450.0]},
        {"mechanisms": "diffraction"},
        {"tx_height_m": 60.0, "frequencies_mhz": [3700.0]},
    ],
    ids=str,
)
@pytest.mark.parametrize("clutter", [False, True])
def test_the_sweep_is_near_the_reference(change: dict[str, Any], clutter: bool) -> None:  # noqa: FBT001 - a parameter of the test
    terrain = hills(7)
    covered = 15.0 * (hills(8) > 420.0) if clutter else None
    difference = loss(terrain, covered, **change) - loss(
        terrain, covered, engine="profile", **change
    )
    known = difference[np.isfinite(difference)]
    assert np.sqrt((known**2).mean()) <= 2.0
    assert abs(known.mean()) <= 0.3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("level_m", [0.0, 2000.0])
def test_on_level_ground_the_engines_give_the_smooth_earth(engine: Engine, level_m: float) -> None:
    flat = np.full((121, 121), level_m, dtype=np.float32)
    found = loss(flat, engine=engine)[0]
    expected = p1812.basic_transmission_loss_db(
        np.linspace(0.0, 4.5, 51),
        np.zeros(51),
        np.zeros(51),
        np.full(51, 4),
        frequency_mhz=900.0,
        tx_height_m=30.0,
        rx_height_m=1.5,
        time_percent=50.0,
        latitude_deg=22.0,
        delta_n=45.0,
        n0=325.0,
    )
    # The sweep takes the smooth Earth as a curve, the model as points: 0.04 dB apart here.
    assert found[56, 106] == pytest.approx(expected, abs=0.02 if engine == "profile" else 0.06)
    assert found[56, 6] == found[106, 56] == found[6, 56]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_ridge_shades_what_lies_behind_and_not_itself(engine: Engine) -> None:
    ridge = np.zeros((121, 121), dtype=np.float32)
    ridge[:, 80] = 200.0
    with_ridge, without = (loss(dem, engine=engine)[0] for dem in (ridge, 0.0 * ridge))
    assert with_ridge[56, 90] > without[56, 90] + 20.0
    assert with_ridge[56, 76] < without[56, 76] + 1.0
    assert with_ridge[56, 40] == pytest.approx(without[56, 40], abs=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_void_hides_what_lies_behind_it(engine: Engine) -> None:
    terrain = hills()
    terrain[58:63, 80] = np.nan
    found = loss(terrain, engine=engine)[0]
    whole = loss(hills(), engine=engine)[0]
    assert np.isnan(found[54:59, 76]).all()
    assert np.isnan(found[56, 77:106]).all()
    assert np.isfinite(found[56, 57:76]).all()
    beside = np.isfinite(found)
    same = (found == whole)[beside].mean()
    # Pixels whose ray passes close to the void get their own profile also in the sweep.
    assert same == 1.0 if engine == "profile" else same > 0.9


def test_both_engines_know_the_same_pixels() -> None:
    terrain = hills()
    terrain[np.random.default_rng(1).random(terrain.shape) < 0.002] = np.nan
    terrain[60, 60] = 400.0
    sweep, profile = (np.isfinite(loss(terrain, engine=engine)[0]) for engine in ENGINES)
    assert (sweep == profile).all()
    assert 0.05 < profile.mean() < 0.75


def test_all_frequencies_of_a_mast_come_from_one_pass() -> None:
    bands = [700.0, 1800.0, 3700.0]
    together = loss(hills(), frequencies_mhz=bands)
    for band, frequency_mhz in zip(together, bands, strict=True):
        assert (band == loss(hills(), frequencies_mhz=[frequency_mhz])[0])[
            disc(113, 5000.0 / 90.0)
        ].all()


def test_threads_change_nothing() -> None:
    terrain = hills()
    sites = [(20 + 9 * n, 100 - 8 * n) for n in range(10)]

    def of(site: tuple[int, int]) -> bytes:
        found: bytes = loss(terrain, row=site[0], col=site[1]).tobytes()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(of, sites)) == [of(site) for site in sites]


TURNS: dict[str, Any] = {
    "left-right": np.fliplr,
    "up-down": np.flipud,
    "quarter": np.rot90,
    "diagonal": np.transpose,
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
def test_turned_terrain_turns_the_result(engine: Engine, turn: Any) -> None:
    terrain = hills(5)
    turned = loss(np.ascontiguousarray(turn(terrain)), engine=engine)[0]
    difference = np.abs(turned - turn(loss(terrain, engine=engine)[0]))
    known = np.isfinite(difference)
    # Pixels half-way between two rays may change owner; they lie on few rays.
    assert (difference[known] > 0.001).mean() < 0.02


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    row=st.integers(0, 40),
    col=st.integers(0, 40),
    radius_m=st.floats(100.0, 3000.0),
    tx_height_m=st.floats(5.0, 80.0),
    relief_m=st.floats(0.0, 400.0),
)
def test_no_gap_inside_the_radius_wherever_the_mast_stands(
    *, seed: int, row: int, col: int, radius_m: float, tx_height_m: float, relief_m: float
) -> None:
    found = loss(
        hills(seed, 41, relief_m), row=row, col=col, radius_m=radius_m, tx_height_m=tx_height_m
    )[0]
    half = found.shape[0] // 2
    rows, cols = np.mgrid[: 2 * half + 1, : 2 * half + 1] - half
    inside = (
        (rows + row >= 0)
        & (rows + row < 41)
        & (cols + col >= 0)
        & (cols + col < 41)
        & ((rows**2 + cols**2) <= np.floor((radius_m / 90.0) ** 2))
    )
    assert (np.isfinite(found) == inside).all()
    # by hand: free space to the nearest possible antenna, half a pixel away, is 64.5 dB at 900 MHz
    assert (found[inside] > 60.0).all()


def test_elevations_may_be_integers_or_doubles() -> None:
    whole = np.round(hills()).astype(np.int16)
    found = loss(whole)
    assert np.array_equal(found, loss(whole.astype(np.float64)), equal_nan=True)


@pytest.mark.parametrize(("row", "col"), [(-1, 5), (5, 121), (60, 400)])
def test_a_mast_outside_the_raster_is_refused(row: int, col: int) -> None:
    with pytest.raises(ExtentError, match=f"row {row}, col {col}"):
        loss(hills(), row=row, col=col)


def test_a_mast_on_unknown_terrain_is_refused() -> None:
    terrain = hills()
    terrain[60, 60] = np.nan
    with pytest.raises(ExtentError, match="row 60, col 60"):
        loss(terrain)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"frequencies_mhz": [900.0, 7000.0]}, "7000 MHz"),
        ({"tx_height_m": 0.0}, "tx_height_m` = 0 m"),
        ({"rx_height_m": 5000.0}, "1–3000 m"),
        ({"radius_m": 10.0}, "radius_m"),
        ({"resolution_m": 0.0}, "resolution_m"),
        ({"radius_m": 4e6, "resolution_m": 1000.0}, "radius_m` = 4000 km"),
        ({"params": PathParams(time_percent=80.0)}, "time_percent"),
        ({"engine": "guess"}, "guess"),
        ({"mechanisms": "none"}, "none"),
    ],
)
def test_values_outside_the_model_are_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ModelRangeError, match=named):
        loss(hills(), **change)


def test_clutter_of_another_shape_is_refused() -> None:
    with pytest.raises(ModelRangeError, match="clutter_m"):
        loss(hills(), np.zeros((3, 3)))


def test_without_a_writable_cache_folder_the_kernels_still_run() -> None:
    code = (
        "from coverage.propagation import _compile, numerics;"
        "print(_compile._CACHE_FOLDER, round(numerics.log2(8.0), 6))"
    )
    nowhere = {"NUMBA_CACHE_DIR": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | nowhere,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["None", "3.0"]
