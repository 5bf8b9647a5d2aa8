"""Signal at single points is that of the rasters; a calibration is added after the path loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coverage.model import Inputs
from coverage.params import Calibration, Offset, RadioParams
from coverage.prediction import predict, signal_at
from coverage.settings import default_scenario
from coverage.validation import SettingsError, validated
from tests.stages.world import SIDE, cell, centre, terrain, village, world

SCENARIO = default_scenario()
FOREST, GRASS = 10, 30


class Kept:
    """Keeps arrays in memory, and counts what is put."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}
        self.puts = 0

    def get(self, parts: Mapping[str, object], /) -> dict[str, Any] | None:
        return self.arrays.get(repr(sorted(parts.items())))

    def put(self, parts: Mapping[str, object], arrays: Mapping[str, Any], /) -> None:
        self.puts += 1
        self.arrays[repr(sorted(parts.items()))] = dict(arrays)


def made() -> Inputs:
    """Return a ridge, grass in the west and forest in the east, two masts of one operator."""
    cover = np.full((SIDE, SIDE), GRASS, dtype=np.uint8)
    cover[:, 60:] = FOREST
    cells = [
        cell("A1-1", 60, 10),
        cell("A2-1", 60, 100, azimuth_deg=200.0, frequency_mhz=1800.0),
    ]
    places = [village("1", centre(60, 80))]
    return replace(world(places, cells, terrain_m=terrain(60.0)), land_cover=cover)


def points(count: int = 500, **changes: Any) -> pd.DataFrame:
    """Return pixels at random."""
    rng = np.random.default_rng(1)
    usual = {
        "row": rng.integers(0, SIDE, count),
        "col": rng.integers(0, SIDE, count),
        "operator": "A",
        "technology": "4G",
        "cell_id": "",
        "frequency_mhz": np.nan,
    }
    return pd.DataFrame(usual | changes)


def calibration(**changes: Any) -> Calibration:
    """Return +3 dB everywhere, -5 dB instead in forest at 800 MHz, -4 dB a decade."""
    usual: dict[str, Any] = {
        "name": "made",
        "model_3g": SCENARIO.radio.model_3g,
        "model_4g": SCENARIO.radio.model_4g,
        "model_5g": SCENARIO.radio.model_5g,
        "clutter": SCENARIO.radio.clutter,
        "rx_height_m": 1.5,
        "samples": 9,
        "censored": 0,
        "blocks": 9,
        "block_m": 1000.0,
        "correlation_length_m": 300.0,
        "slope_db_per_decade": -4.0,
        "from_km": 0.2,
        "to_km": 5.0,
        "sigma_db": 6.0,
        "sigma_low_db": 5.0,
        "sigma_high_db": 7.0,
        "offsets": (
            Offset(offset_db=3.0, low_db=1.0, high_db=5.0, samples=9),
            Offset(
                clutter_code=FOREST,
                frequency_mhz=800.0,
                offset_db=-5.0,
                low_db=-6.0,
                high_db=-4.0,
                samples=9,
            ),
        ),
    }
    return Calibration(**(usual | changes))


def with_it(found: Calibration | None = None) -> RadioParams:
    """Return the default radio settings with a calibration."""
    return SCENARIO.radio.model_copy(update={"calibration": found or calibration()})


@pytest.mark.parametrize("radio", [SCENARIO.radio, with_it()], ids=["plain", "calibrated"])
def test_points_have_the_values_of_the_raster(radio: RadioParams) -> None:
    inputs, places = made(), points()
    raster = predict(inputs, radio, SCENARIO.land_cover)
    found = signal_at(inputs, radio, SCENARIO.land_cover, places)
    at = places["row"], places["col"]
    np.testing.assert_array_equal(
        found["predicted_dbm"].to_numpy(np.float32), raster.signal_dbm["4G", "A"][at]
    )
    np.testing.assert_array_equal(found["server"] + 1, raster.server["4G", "A"][at])


def test_a_calibration_adds_offset_and_slope_to_each_pixel() -> None:
    inputs = made()
    inputs = replace(inputs, stations=inputs.stations.iloc[:1])
    plain = predict(inputs, SCENARIO.radio, SCENARIO.land_cover).signal_dbm["4G", "A"]
    found = predict(inputs, with_it(), SCENARIO.land_cover).signal_dbm["4G", "A"]
    row, col = np.indices(plain.shape)
    distance_km = np.hypot(row - 60, col - 10) * 0.09
    offset = np.where(inputs.land_cover == FOREST, -5.0, 3.0)
    by_hand = offset - 4.0 * np.log10(np.clip(distance_km, 0.2, 5.0))
    # path loss lies in steps of 0.01 dB: half a step of the slope, half of the raised path
    np.testing.assert_allclose(found - plain, by_hand, atol=0.011)


def test_a_calibration_reuses_the_kept_path_loss() -> None:
    inputs, keeper = made(), Kept()
    predict(inputs, SCENARIO.radio, SCENARIO.land_cover, keeper=keeper)
    puts = keeper.puts
    assert puts == 2  # two masts of one band each
    predict(inputs, with_it(), SCENARIO.land_cover, keeper=keeper)
    signal_at(inputs, with_it(), SCENARIO.land_cover, points(), keeper=keeper)
    assert keeper.puts == puts


def test_a_named_cell_or_band_alone_serves() -> None:
    inputs = made()
    places = points(300, cell_id="A2-1")
    named = signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, places)
    assert set(named["server"]) <= {1, -1}
    band = signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, points(300, frequency_mhz=1800.0))
    pd.testing.assert_frame_equal(named, band)
    unknown = points(300, cell_id="no such cell")
    anyone = signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, unknown)
    pd.testing.assert_frame_equal(
        anyone, signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, points(300))
    )


def test_other_operators_and_threads_change_nothing() -> None:
    inputs = made()
    assert (
        signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, points(50, operator="B"))[
            "predicted_dbm"
        ]
        .isna()
        .all()
    )
    one, four = (
        signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, points(), workers=n) for n in (1, 4)
    )
    pd.testing.assert_frame_equal(one, four)


def test_sight_ends_at_the_ridge() -> None:
    inputs = world([village("1", centre(60, 80))], terrain_m=terrain(200.0))
    places = points(2).assign(row=60, col=[40, 70])
    found = signal_at(inputs, SCENARIO.radio, SCENARIO.land_cover, places)
    assert found["in_sight"].tolist() == [True, False]
    assert found["distance_km"].tolist() == pytest.approx([2.7, 5.4])  # 30 and 60 pixels of 90 m


def test_offsets_fall_back_from_pair_to_band_to_class_to_any() -> None:
    def offset(value: float, **key: Any) -> Offset:
        return Offset(offset_db=value, low_db=value, high_db=value, samples=1, **key)

    found = calibration(
        offsets=(
            offset(1.0),
            offset(2.0, clutter_code=10),
            offset(3.0, frequency_mhz=800.0),
            offset(4.0, clutter_code=10, frequency_mhz=800.0),
        )
    )
    assert found.offset_db(10, 805.0) == 4.0  # 805 MHz is within 3 % of 800
    assert found.offset_db(30, 800.0) == 3.0
    assert found.offset_db(10, 1800.0) == 2.0
    assert found.offset_db(30, 1800.0) == 1.0


def test_a_calibration_of_another_model_is_refused() -> None:
    other = calibration(model_4g="rma").model_dump()
    settings = SCENARIO.radio.model_dump() | {"calibration": other}
    with pytest.raises(SettingsError, match="calibrate again"):
        validated(RadioParams, settings, "scenario.toml")


def test_sigma_of_a_calibration_stands_for_terrain_and_heights() -> None:
    plain = SCENARIO.sigma_db
    assert plain == pytest.approx(8.0)  # the preset's shadowing alone
    calibrated = SCENARIO.model_copy(update={"radio": with_it()})
    assert calibrated.sigma_db == pytest.approx(6.0)
