"""The reference model against the ITU-R profiles, its ranges and its limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.errors import ModelRangeError
from coverage.propagation import p1812
from tests.propagation.reference import PROFILES, SHARED, read_profile

PATH: dict[str, Any] = {
    "frequency_mhz": 900.0,
    "tx_height_m": 30.0,
    "rx_height_m": 1.5,
    "time_percent": 50.0,
    "latitude_deg": 22.0,
    "delta_n": 45.0,
    "n0": 325.0,
}


def loss(ground: Any, clutter: Any = None, zone: Any = None, **changes: Any) -> float:
    ground = np.asarray(ground, dtype=float)
    length_km = changes.pop("length_km", 10.0)
    return p1812.basic_transmission_loss_db(
        np.linspace(0.0, length_km, ground.size),
        ground,
        np.zeros(ground.size) if clutter is None else clutter,
        np.full(ground.size, 4) if zone is None else zone,
        **PATH | changes,
    )


@pytest.mark.skipif(not PROFILES, reason=f"no ITU-R profiles under {SHARED}")
@pytest.mark.parametrize("file", PROFILES, ids=lambda file: file.stem)
def test_every_reference_row_is_met_within_a_hundredth_of_a_decibel(file: Any) -> None:
    profile = read_profile(file)
    assert profile.rows
    for row in profile.rows:
        # published: validation profiles of ITU-R Working Party 3K; tolerance of the project
        assert p1812.basic_transmission_loss_db(
            profile.distance_km,
            profile.ground_m,
            profile.clutter_m,
            profile.zone,
            frequency_mhz=row.frequency_mhz,
            tx_height_m=row.tx_height_m,
            rx_height_m=row.rx_height_m,
            time_percent=row.time_percent,
            latitude_deg=profile.latitude_deg,
            delta_n=profile.delta_n,
            n0=profile.n0,
            polarisation="vertical" if row.vertical else "horizontal",
        ) == pytest.approx(row.loss_db, abs=0.01)


def test_a_clear_short_path_has_the_loss_of_free_space() -> None:
    high = loss(np.zeros(101), tx_height_m=200.0, rx_height_m=200.0, length_km=2.0)
    # by hand: 92.4 + 20 log10(0.9) + 20 log10(2) = 97.505 dB; ducting may lower it slightly
    assert high == pytest.approx(97.505, abs=0.01)


def test_a_ridge_costs_signal_behind_it_and_not_on_it() -> None:
    ground = np.zeros(201)
    ground[95:106] = 300.0
    assert loss(ground) > loss(np.zeros(201)) + 20.0
    on_top = np.zeros(101)
    on_top[-1] = 300.0
    assert loss(on_top, length_km=5.0) < loss(np.zeros(101), length_km=5.0) + 1.0


@pytest.mark.parametrize("polarisation", ["horizontal", "vertical"])
def test_sea_changes_low_frequencies_with_polarisation(polarisation: p1812.Polarisation) -> None:
    ground, sea = np.zeros(201), np.full(201, 1)
    settings_ = {"frequency_mhz": 100.0, "length_km": 60.0, "polarisation": polarisation}
    over_land, over_sea = loss(ground, **settings_), loss(ground, zone=sea, **settings_)
    if polarisation == "vertical":
        assert over_sea < over_land - 2.0
    else:
        assert over_sea == pytest.approx(over_land, abs=0.5)


def test_more_rare_times_have_less_loss() -> None:
    ground = 40.0 * np.sin(np.linspace(0.0, 30.0, 301)) + 50.0
    values = [loss(ground, length_km=80.0, time_percent=p) for p in (1.0, 5.0, 20.0, 50.0)]
    assert values == sorted(values)


def test_clutter_counts_between_the_terminals_and_not_at_them() -> None:
    ground, clutter = np.zeros(101), np.zeros(101)
    clutter[[0, -1]] = 20.0
    assert loss(ground, clutter) == pytest.approx(loss(ground))
    clutter[90:] = 20.0
    assert loss(ground, clutter) > loss(ground) + 5.0


def test_locations_vary_by_the_published_deviation() -> None:
    ground, clutter = np.zeros(101), np.full(101, 10.0)
    median = loss(ground, clutter)
    # by hand: sigma = (0.52 + 0.024 · 0.9) · 100^0.28 = 1.966 dB; I(0.9) = -1.2817
    assert loss(ground, clutter, location_percent=90.0) == pytest.approx(
        median + 1.2817 * 1.966, abs=0.01
    )
    above = loss(ground, clutter, rx_height_m=25.0)
    assert loss(ground, clutter, location_percent=90.0, rx_height_m=25.0) == pytest.approx(above)
    sea = np.full(101, 1)
    assert loss(ground, zone=sea, location_percent=90.0) == loss(ground, zone=sea)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"frequency_mhz": 20.0}, "30–6000 MHz"),
        ({"frequency_mhz": 7000.0}, "frequency_mhz` = 7000"),
        ({"tx_height_m": 0.5}, "tx_height_m` = 0.5 m"),
        ({"rx_height_m": 4000.0}, "1–3000 m"),
        ({"time_percent": 60.0}, "1–50 %"),
        ({"location_percent": 99.5}, "1–99 %"),
        ({"latitude_deg": 95.0}, "latitude_deg"),
        ({"delta_n": 157.0}, "delta_n"),
        ({"n0": 100.0}, "n0"),
        ({"polarisation": "slanted"}, "'slanted'"),
        ({"frequency_mhz": float("nan")}, "frequency_mhz` = nan"),
        ({"length_km": 4000.0}, "distance_km` = 4000 km"),
    ],
)
def test_values_outside_the_model_are_named_with_the_range(
    change: dict[str, Any], named: str
) -> None:
    with pytest.raises(ModelRangeError) as caught:
        loss(np.zeros(50), **change)
    assert named in caught.value.message("en")
    assert named in caught.value.message("vi")


@pytest.mark.parametrize(
    ("distance", "ground", "zone"),
    [
        ([0.0, 1.0], [0.0, 0.0], [4, 4]),
        ([0.0, 1.0, 2.0], [0.0, 0.0], [4, 4, 4]),
        ([0.0, 1.0, 2.0], [0.0, np.nan, 0.0], [4, 4, 4]),
        ([0.5, 1.0, 2.0], [0.0, 0.0, 0.0], [4, 4, 4]),
        ([0.0, 2.0, 1.0], [0.0, 0.0, 0.0], [4, 4, 4]),
        ([0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [4, 2, 4]),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(
    distance: list[float], ground: list[float], zone: list[int]
) -> None:
    with pytest.raises(ModelRangeError):
        p1812.basic_transmission_loss_db(distance, ground, np.zeros(len(ground)), zone, **PATH)


heights = st.lists(st.floats(0.0, 800.0), min_size=4, max_size=60)


@settings(max_examples=60, deadline=None)
@given(heights, st.floats(2.0, 100.0), st.floats(2.0, 100.0), st.floats(1.0, 60.0))
def test_the_path_back_has_the_same_loss(
    ground: list[float], tx_m: float, rx_m: float, length_km: float
) -> None:
    there = loss(ground, tx_height_m=tx_m, rx_height_m=rx_m, length_km=length_km)
    back = loss(ground[::-1], tx_height_m=rx_m, rx_height_m=tx_m, length_km=length_km)
    assert there == pytest.approx(back, abs=1e-6)
