"""The choice of a model, line of sight, and loss in vegetation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from coverage.errors import ModelRangeError
from coverage.propagation.engine import pixels_in_sight, site_path_loss_db
from coverage.propagation.models import LIMITS, Mast, Surroundings, mast_path_loss_db
from coverage.propagation.vegetation import vegetation_loss_db

MAST = Mast(row=60, col=60, resolution_m=50.0, radius_m=2_500.0, tx_height_m=30.0, rx_height_m=1.5)


def ground(ridge_m: float = 0.0) -> np.ndarray:
    height_m = np.full((121, 121), 200.0, dtype=np.float32)
    height_m[:, 80] += ridge_m
    return height_m


def test_p1812_is_the_engine_unchanged() -> None:
    direct = site_path_loss_db(
        ground(60.0),
        None,
        row=60,
        col=60,
        resolution_m=50.0,
        radius_m=2_500.0,
        tx_height_m=30.0,
        rx_height_m=1.5,
        frequencies_mhz=[800.0],
    )
    chosen = mast_path_loss_db(ground(60.0), None, MAST, model="p1812", frequencies_mhz=[800.0])
    np.testing.assert_array_equal(direct, chosen)


def test_sight_ends_at_the_ridge_where_geometry_says() -> None:
    # by hand: from 30 m over a wall of 40 m at 20 cells, the line of sight leaves the ground for
    # good: nothing of 1.5 m behind is seen; the wall's top is, and everything before it.
    known, seen = pixels_in_sight(
        ground(40.0),
        row=60,
        col=60,
        resolution_m=50.0,
        radius_m=2_500.0,
        tx_height_m=30.0,
        rx_height_m=1.5,
    )
    assert known[50, 10:91].all()
    assert seen[50, 51:71].all()
    assert not seen[50, 71:101].any()
    # by hand: over a wall of 20 m the line falls 10 m in 20 cells, and meets 1.5 m above ground at
    # 28.5 m of fall: 57 cells, so beyond the radius of 50 nothing is seen, nor before.
    _, seen = pixels_in_sight(
        ground(20.0),
        row=60,
        col=60,
        resolution_m=50.0,
        radius_m=2_500.0,
        tx_height_m=30.0,
        rx_height_m=12.0,
    )
    # and 12 m above ground at 18 m of fall: 36 cells (0.1 m of it the Earth's curve)
    assert not seen[50, 71:86].any()
    assert seen[50, 87:101].all()


def test_sight_is_the_same_in_every_direction() -> None:
    rng = np.random.default_rng(3)
    terrain = rng.uniform(100.0, 180.0, (121, 121)).astype(np.float32)
    place = {"row": 60, "col": 60, "resolution_m": 50.0, "radius_m": 2_500.0}
    heights = {"tx_height_m": 60.0, "rx_height_m": 1.5}
    _, seen = pixels_in_sight(terrain, **place, **heights)
    _, turned = pixels_in_sight(np.rot90(terrain).copy(), **place, **heights)
    assert 0.05 < seen.mean() < 0.7
    # ties of ray ownership may fall on either side
    assert (np.rot90(seen) != turned).mean() < 0.01


def test_a_void_hides_what_lies_behind_it() -> None:
    terrain = ground()
    terrain[55:66, 70] = np.nan
    known, seen = pixels_in_sight(
        terrain,
        row=60,
        col=60,
        resolution_m=50.0,
        radius_m=2_500.0,
        tx_height_m=30.0,
        rx_height_m=1.5,
    )
    assert not known[50, 60:].any()
    assert not seen[50, 60:].any()
    loss_db = mast_path_loss_db(terrain, None, MAST, model="rma", frequencies_mhz=[800.0])
    assert math.isnan(loss_db[0, 50, 70])
    assert np.isfinite(loss_db[0, 50, 20])


@pytest.mark.parametrize(
    ("model", "frequency_mhz", "tx_height_m", "name"),
    [
        ("p1812", 10_000.0, 30.0, "frequency_mhz"),
        ("okumura_hata", 1_800.0, 30.0, "frequency_mhz"),
        ("cost231_hata", 2_100.0, 30.0, "frequency_mhz"),
        ("cost231_hata", 1_800.0, 20.0, "tx_height_m"),
        ("rma", 400.0, 30.0, "frequency_mhz"),
        ("rma", 800.0, 5.0, "tx_height_m"),
        ("uma", 1_800.0, 30.0, "tx_height_m"),
    ],
)
def test_a_value_outside_the_model_is_refused(
    model: str, frequency_mhz: float, tx_height_m: float, name: str
) -> None:
    mast = Mast(
        row=60,
        col=60,
        resolution_m=50.0,
        radius_m=2_500.0,
        tx_height_m=tx_height_m,
        rx_height_m=1.5,
    )
    value = frequency_mhz if name == "frequency_mhz" else tx_height_m
    with pytest.raises(ModelRangeError, match=rf"`{name}` = {value:g}"):
        mast_path_loss_db(
            ground(),
            None,
            mast,
            model=model,  # type: ignore[arg-type]
            frequencies_mhz=[frequency_mhz],
        )


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelRangeError, match="p1812"):
        mast_path_loss_db(ground(), None, MAST, model="magic", frequencies_mhz=[800.0])  # type: ignore[arg-type]
    assert set(LIMITS) == {
        "p1812",
        "free_space",
        "okumura_hata",
        "cost231_hata",
        "rma",
        "uma",
    }


def test_surroundings_reach_the_formulas() -> None:
    def far_db(model: str, **place: object) -> float:
        loss_db = mast_path_loss_db(
            ground(),
            None,
            MAST,
            model=model,  # type: ignore[arg-type]
            frequencies_mhz=[800.0],
            surroundings=Surroundings(**place),  # type: ignore[arg-type]
        )
        return float(loss_db[0, 50, 90])

    # published: suburban lies 2·log10(f/28)^2 + 5.4 = 9.64 dB under the city at 800 MHz
    city, suburb = (far_db("okumura_hata", hata_environment=e) for e in ("small_city", "suburban"))
    assert city - suburb == pytest.approx(9.64, abs=0.01)
    assert far_db("rma", building_height_m=20.0) != far_db("rma", building_height_m=5.0)


@pytest.mark.parametrize(
    ("depth_m", "frequency_mhz", "loss_db"),
    [
        (0.0, 900.0, 0.0),
        # by hand from the table's own rows: 26.5·(1 - exp(-20·0.17/26.5)), 29·(1 - exp(-20·0.3/29))
        (20.0, 949.0, 3.191),
        (20.0, 1852.2, 5.420),
        (10_000.0, 949.0, 26.5),  # the greatest loss of the row
        (10_000.0, 3_700.0, 34.1),  # the last row holds above it
    ],
)
def test_loss_in_vegetation(depth_m: float, frequency_mhz: float, loss_db: float) -> None:
    got = float(vegetation_loss_db(depth_m, frequency_mhz=frequency_mhz))
    assert got == pytest.approx(loss_db, abs=0.001)


def test_a_depth_below_zero_is_refused() -> None:
    with pytest.raises(ModelRangeError, match="depth_m"):
        vegetation_loss_db(-1.0, frequency_mhz=900.0)
