"""Profiles, line of sight and the obstacle in it."""

from __future__ import annotations

import numpy as np
import pytest

from coverage.terrain import (
    earth_bulge_m,
    fresnel_radius_m,
    main_obstacle,
    profile_between,
)
from tests.stages.world import GRID, MAST_COL, MIDDLE_ROW, RIDGE_COL, centre, terrain

START = centre(MIDDLE_ROW, MAST_COL).coords[0]
END = centre(MIDDLE_ROW, RIDGE_COL + 20).coords[0]


def test_fresnel_radius() -> None:
    # by hand: 10 km at 7 GHz, midpoint: 0.5·sqrt(0.042827·10000) = 10.35 m; the rounded constant of
    # P.530 (17.3) gives the same to 0.5 %
    middle = fresnel_radius_m(np.array([5_000.0]), 10_000.0, 7_000.0)
    assert middle[0] == pytest.approx(10.35, rel=0.005)


def test_earth_bulge() -> None:
    # by hand: 25 km · 25 km / (2 · 4/3 · 6371 km) = 36.79 m
    assert earth_bulge_m(np.array([25_000.0]), 50_000.0)[0] == pytest.approx(36.79, abs=0.01)


def test_the_ridge_is_found_with_its_height_over_the_line() -> None:
    profile = profile_between(terrain(200.0), GRID, START, END)
    found = main_obstacle(profile, start_height_m=30.0, end_height_m=1.5, frequency_mhz=800.0)
    assert found is not None
    assert found.blocks
    assert found.distance_m == pytest.approx(40 * 90.0)
    # by hand: top 500 m; the line at 3.6 of 5.4 km is 330 - 28.5·2/3 = 311.0 m; bulge
    # 3.6·1.8/(2·8.4947) = 0.38 m
    assert found.excess_m == pytest.approx(200.0 - 11.0 + 0.38, abs=0.05)


def test_open_ground_does_not_block() -> None:
    profile = profile_between(terrain(), GRID, START, END)
    found = main_obstacle(profile, start_height_m=30.0, end_height_m=1.5, frequency_mhz=800.0)
    assert found is not None
    assert not found.blocks


def test_unknown_ground_on_the_way_is_told() -> None:
    height_m = terrain(200.0)
    height_m[:, 40] = np.nan
    profile = profile_between(height_m, GRID, START, END)
    found = main_obstacle(profile, start_height_m=30.0, end_height_m=1.5, frequency_mhz=800.0)
    assert found is not None
    assert not found.is_known
    assert found.blocks


def test_ends_on_unknown_ground_have_no_answer() -> None:
    height_m = terrain()
    height_m[:, MAST_COL] = np.nan
    profile = profile_between(height_m, GRID, START, END)
    assert main_obstacle(profile, start_height_m=30, end_height_m=1.5, frequency_mhz=800) is None
