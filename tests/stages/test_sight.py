"""Line of sight, Fresnel zone and the mast that clears them, with figures by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.terrain import Profile, Sight, sight_along

FOREGROUND_M = 300.0


def made(heights_m: list[float], mast_m: float = 30.0) -> Sight:
    """Look over ground given every 90 m, from a mast to a phone, at 1,800 MHz."""
    ground_m = np.array(heights_m, dtype=float)
    profile = Profile(distance_m=np.arange(ground_m.size) * 90.0, ground_m=ground_m)
    sight = sight_along(profile, start_height_m=mast_m, end_height_m=1.5, frequency_mhz=1800.0)
    assert sight is not None
    return sight


def hill(height_m: float, at: int = 10) -> list[float]:
    return [300.0 + (height_m if i == at else 0.0) for i in range(45)]


def test_a_hill_in_the_way_by_hand() -> None:
    ridge = made(hill(40.0)).ridge(FOREGROUND_M)
    assert ridge is not None
    assert ridge.blocks
    assert ridge.distance_m == 900.0
    assert ridge.ground_m == 340.0
    # by hand: line 330 - 28.5·10/44 = 323.523; bulge 900·3060/(2·4/3·6,371,000) = 0.162
    assert ridge.excess_m == pytest.approx(340 + 0.162 - 323.523, abs=0.001)
    # by hand: 550·sqrt(0.9·3.06/(1800·3.96)) = 10.811
    assert ridge.fresnel_m == pytest.approx(10.811, abs=0.001)
    # it fills the zone: no more than its two radii
    assert ridge.intrusion_m == pytest.approx(2 * 10.811, abs=0.002)
    assert ridge.intrusion_share == 1.0


def test_the_mast_that_clears_it_by_hand() -> None:
    sight = made(hill(40.0))
    # by hand: 16.639 / (1 - 10/44) = 21.533; with 0.6·10.811 = 6.486 more: 29.927
    assert sight.mast_raise_m(0.0, FOREGROUND_M) == pytest.approx(21.533, abs=0.002)
    assert sight.mast_raise_m(0.6, FOREGROUND_M) == pytest.approx(29.927, abs=0.003)


def test_a_hill_below_the_line_reaches_into_the_zone() -> None:
    ridge = made(hill(20.0)).ridge(FOREGROUND_M)
    assert ridge is not None
    assert not ridge.blocks
    # by hand: 320.162 - 323.523 = -3.361, the zone begins 10.811 below the line
    assert ridge.excess_m == pytest.approx(-3.361, abs=0.001)
    assert ridge.intrusion_m == pytest.approx(7.450, abs=0.002)
    assert ridge.intrusion_share == pytest.approx(7.450 / 10.811, abs=0.001)


def test_flat_ground_and_the_ground_at_the_phone_are_no_obstacle() -> None:
    assert made([300.0] * 45).ridge(FOREGROUND_M) is None
    assert made([300.0] * 45).mast_raise_m(0.6, FOREGROUND_M) == 0.0
    # 180 m before the phone a rise of 1 m lies in its zone but below the line of sight
    assert made(hill(1.0, at=42)).ridge(FOREGROUND_M) is None
    # the same rise counts once it cuts the line
    near = made(hill(10.0, at=42)).ridge(FOREGROUND_M)
    assert near is not None
    assert near.blocks


def test_unknown_ground_gives_no_mast_but_a_known_ridge_stays() -> None:
    heights_m = hill(40.0)
    heights_m[20] = float("nan")
    sight = made(heights_m)
    assert np.isnan(sight.mast_raise_m(0.0, FOREGROUND_M))
    ridge = sight.ridge(FOREGROUND_M)
    assert ridge is not None
    assert ridge.blocks
    assert not ridge.is_known


def test_no_sight_without_a_point_between_or_an_end() -> None:
    two = Profile(distance_m=np.array([0.0, 90.0]), ground_m=np.array([300.0, 300.0]))
    blind = Profile(distance_m=np.arange(3) * 90.0, ground_m=np.array([300.0, 300.0, np.nan]))
    for profile in (two, blind):
        assert (
            sight_along(profile, start_height_m=30.0, end_height_m=1.5, frequency_mhz=1800.0)
            is None
        )


@given(
    heights_m=st.lists(st.floats(0.0, 800.0), min_size=3, max_size=60),
    share=st.sampled_from([0.0, 0.6, 1.0]),
)
def test_the_stated_raise_clears_and_less_does_not(heights_m: list[float], share: float) -> None:
    raise_m = made(heights_m).mast_raise_m(share, FOREGROUND_M)
    # heights are of the order of 1,000 m: 1e-6 m is rounding
    assert made(heights_m, 30.0 + raise_m).mast_raise_m(share, FOREGROUND_M) <= 1e-6 * (1 + raise_m)
    if raise_m > 1.0:
        assert made(heights_m, 30.0 + raise_m - 0.5).mast_raise_m(share, FOREGROUND_M) > 0.49


@given(heights_m=st.lists(st.floats(0.0, 800.0), min_size=3, max_size=60), lift=st.floats(0, 100))
def test_a_higher_ridge_never_needs_less_mast(heights_m: list[float], lift: float) -> None:
    middle = len(heights_m) // 2
    lifted = [h + (lift if i == middle else 0.0) for i, h in enumerate(heights_m)]
    before = made(heights_m).mast_raise_m(0.6, FOREGROUND_M)
    assert made(lifted).mast_raise_m(0.6, FOREGROUND_M) >= before - 1e-9
