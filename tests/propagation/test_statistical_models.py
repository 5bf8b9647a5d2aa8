"""Free space, Okumura-Hata, COST-231-Hata, 3GPP TR 38.901."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coverage.errors import ModelRangeError
from coverage.propagation.free_space import free_space_loss_db
from coverage.propagation.hata import Environment, cost231_hata_loss_db, okumura_hata_loss_db
from coverage.propagation.tr38901 import rma_loss_db, uma_loss_db


def test_free_space() -> None:
    # by hand: 32.4478 + 20 log10(900) = 91.53 dB at 1 km, 20 dB more at 10 km
    found = free_space_loss_db([1.0, 10.0], frequency_mhz=900.0)
    assert found == pytest.approx(np.array([91.5326, 111.5326]), abs=1e-3)


@pytest.mark.parametrize(
    # by hand from Hata's formulas: 900 MHz, 30 m, 1.5 m, 1 km
    ("environment", "expected_db"),
    [("small_city", 126.40), ("suburban", 116.46), ("open", 97.90), ("large_city", 126.42)],
)
def test_okumura_hata(environment: Environment, expected_db: float) -> None:
    found = okumura_hata_loss_db(
        1.0, frequency_mhz=900.0, tx_height_m=30.0, environment=environment
    )
    assert found == pytest.approx(expected_db, abs=0.01)


def test_large_city_below_300_mhz_has_its_own_term() -> None:
    # by hand: a(1.5 m) = 8.29 log10(2.31)² - 1.1 = -0.0045 dB
    found = okumura_hata_loss_db(
        1.0, frequency_mhz=200.0, tx_height_m=30.0, environment="large_city"
    )
    assert found == pytest.approx(69.55 + 60.195 - 20.414 + 0.0045, abs=0.01)


def test_cost231_hata() -> None:
    # by hand: 46.3 + 33.9 log10(1800) - 13.82 log10(30) - a + (44.9 - 6.55 log10(30)) log10(5)
    # = 46.3 + 110.353 - 20.414 - 0.043 + 35.225·0.69897 = 160.82 dB
    found = cost231_hata_loss_db(5.0, frequency_mhz=1800.0, tx_height_m=30.0)
    assert found == pytest.approx(160.82, abs=0.01)
    centre = cost231_hata_loss_db(
        5.0, frequency_mhz=1800.0, tx_height_m=30.0, environment="large_city"
    )
    assert centre == pytest.approx(found + 3.0)


def test_rural_macro_in_sight() -> None:
    # published: MathWorks nrPathLoss example, 110.1615 dB
    found = rma_loss_db(
        1414.2,
        frequency_mhz=3500.0,
        tx_height_m=30.0,
        rx_height_m=1.5,
        building_height_m=7.0,
        street_width_m=25.0,
        line_of_sight=True,
    )
    assert found == pytest.approx(110.16, abs=0.005)


def test_rural_macro_grows_faster_beyond_the_break_point_and_out_of_sight() -> None:
    distance = np.array([1000.0, 2000.0, 4000.0, 8000.0])
    seen = rma_loss_db(distance, frequency_mhz=700.0, tx_height_m=30.0, line_of_sight=True)
    # by hand: break point 2π·30·1.5·700e6/3e8 = 660 m; beyond it 12.04 dB per doubling of distance
    assert np.diff(seen) == pytest.approx(12.04, abs=0.01)
    unseen = rma_loss_db(distance[:3], frequency_mhz=700.0, tx_height_m=30.0, line_of_sight=False)
    assert (unseen > seen[:3]).all()


def test_urban_macro() -> None:
    # by hand at 100 m, slant 102.724 m, 3.5 GHz: 28 + 22 log10 + 20 log10(3.5) = 83.138 in sight;
    # 13.54 + 39.08 log10 + 20 log10(3.5) = 103.038 out of it
    assert uma_loss_db(100.0, frequency_mhz=3500.0, line_of_sight=True) == pytest.approx(
        83.138, abs=1e-3
    )
    assert uma_loss_db(100.0, frequency_mhz=3500.0, line_of_sight=False) == pytest.approx(
        103.038, abs=1e-3
    )
    # by hand beyond the break point 4·24·0.5·700e6/3e8 = 112 m: 12.04 dB per doubling, far away
    far = uma_loss_db([2000.0, 4000.0], frequency_mhz=700.0, line_of_sight=True)
    assert np.diff(far) == pytest.approx(12.04, abs=0.01)


@pytest.mark.parametrize(
    ("model", "distance", "change", "named"),
    [
        (okumura_hata_loss_db, 1.0, {"frequency_mhz": 1800.0, "tx_height_m": 30.0}, "150–1500"),
        (okumura_hata_loss_db, 25.0, {"frequency_mhz": 900.0, "tx_height_m": 30.0}, "1–20 km"),
        (okumura_hata_loss_db, 5.0, {"frequency_mhz": 900.0, "tx_height_m": 15.0}, "30–200 m"),
        (cost231_hata_loss_db, 5.0, {"frequency_mhz": 2100.0, "tx_height_m": 30.0}, "1500–2000"),
        (rma_loss_db, 9.0, {"frequency_mhz": 700.0, "tx_height_m": 30.0}, "10–10000 m"),
        (rma_loss_db, 90.0, {"frequency_mhz": 450.0, "tx_height_m": 30.0}, "500–30000"),
        (uma_loss_db, 90.0, {"frequency_mhz": 700.0, "tx_height_m": 30.0}, "25–25 m"),
        (free_space_loss_db, 0.0, {"frequency_mhz": 700.0}, "distance_km"),
    ],
)
def test_values_outside_a_model_are_named_with_the_range(
    model: Callable[..., Any], distance: float, change: dict[str, float], named: str
) -> None:
    sight = {"line_of_sight": True} if model in (rma_loss_db, uma_loss_db) else {}
    with pytest.raises(ModelRangeError, match=named):
        model([5.0 * distance or 1.0, distance] if distance > 10 else distance, **change, **sight)


def test_unknown_surroundings_are_refused() -> None:
    with pytest.raises(ModelRangeError, match="open"):
        cost231_hata_loss_db(5.0, frequency_mhz=1800.0, tx_height_m=30.0, environment="open")
    forest: Any = "forest"
    with pytest.raises(ModelRangeError, match="forest"):
        okumura_hata_loss_db(5.0, frequency_mhz=900.0, tx_height_m=30.0, environment=forest)
