"""Thinning, floors and the figures of a comparison, by hand on few samples."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from coverage.calibration import figures
from coverage.calibration.samples import found_floor, thinned
from coverage.settings import default_scenario
from tests.stages.world import CRS, GRID, centre

RULES = default_scenario().measuring


def measured(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return measurements of operator A, 4G, in pixel (60, 20) unless said."""
    table = pd.DataFrame(
        [
            {"operator": "A", "technology": "4G", "geometry": centre(60, 20), "measured_at": ""}
            | row
            for row in rows
        ]
    )
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def test_a_standing_car_counts_once() -> None:
    standing = [{"rsrp_dbm": -100.0 - n % 3} for n in range(999)]
    driven = {"rsrp_dbm": -80.0, "geometry": centre(60, 40)}
    found = thinned(measured(*standing, driven), GRID, RULES)
    assert found.table["level_dbm"].tolist() == [-101.0, -80.0]  # median of -100, -101, -102
    assert found.table["count"].tolist() == [999, 1]


def test_cells_operators_bands_and_heights_stay_apart() -> None:
    found = thinned(
        measured(
            {"rsrp_dbm": -100.0, "measured_cell_id": "1"},
            {"rsrp_dbm": -101.0, "measured_cell_id": "2"},
            {"rsrp_dbm": -102.0, "operator": "B", "measured_cell_id": "1"},
            {"rsrp_dbm": -103.0, "device_height_m": 3.0, "measured_cell_id": "1"},
        ),
        GRID,
        RULES,
    )
    assert sorted(found.table["level_dbm"]) == [-103.0, -102.0, -101.0, -100.0]


def test_samples_outside_or_without_a_level_are_counted() -> None:
    away = {"rsrp_dbm": -90.0, "geometry": centre(60, 500)}
    found = thinned(measured({"rsrp_dbm": -90.0}, {"rsrp_dbm": np.nan}, away), GRID, RULES)
    assert (found.read, found.without_level, found.outside, len(found.table)) == (3, 1, 1, 1)


def test_a_stated_floor_censors_what_lies_at_or_below_it() -> None:
    levels = (-95.0, -110.0, -112.0)
    rows = [
        {"rsrp_dbm": level, "floor_dbm": -110.0, "geometry": centre(60, 20 + 3 * n)}
        for n, level in enumerate(levels)
    ]
    table = thinned(measured(*rows), GRID, RULES).table
    assert table["is_censored"].tolist() == [False, True, True]
    assert table["level_dbm"].tolist() == [-95.0, -110.0, -110.0]


@pytest.mark.parametrize(
    ("levels", "median", "censored"),
    [
        # by hand: the floor is -110; of five, two at it: the third in order is known
        ((-110, -110, -105, -100, -90), -105.0, False),
        ((-110, -110, -110, -100, -90), -110.0, True),
        ((-110, -110, -100, -90), -110.0, True),  # half: the median lies at the floor or above
    ],
)
def test_a_pixel_is_censored_where_half_its_samples_are(
    levels: tuple[float, ...], median: float, *, censored: bool
) -> None:
    rows = [{"rsrp_dbm": float(level), "floor_dbm": -110.0} for level in levels]
    table = thinned(measured(*rows), GRID, RULES).table
    assert table["level_dbm"].tolist() == [median]
    assert table["is_censored"].tolist() == [censored]


def test_a_floor_is_found_as_a_pile_at_the_least_value() -> None:
    spread = np.arange(-115.0, -60.0, 0.5)
    assert found_floor(np.append(spread, np.full(30, -120.0)), RULES) == -120.0
    assert found_floor(spread, RULES) is None
    assert found_floor([], RULES) is None


def compared(**columns: Any) -> pd.DataFrame:
    """Return compared samples with the columns that figures look at."""
    count = len(columns["level_dbm"])
    usual = {
        "operator": "A",
        "technology": "4G",
        "server_mhz": 800.0,
        "clutter_code": 10,
        "distance_class": "0-1",
        "in_sight": True,
        "is_censored": False,
        "floor_dbm": -120.0,
        "weak_dbm": -115.0,
    }
    return pd.DataFrame({name: [value] * count for name, value in usual.items()} | columns)


def test_figures_by_hand() -> None:
    table = compared(level_dbm=[-90.0, -100.0, -110.0, -97.0])
    predicted = np.array([-95.0, -103.0, -98.0, -104.0])
    row = figures.by_group(table, predicted).iloc[0]
    # residuals 5, 3, -12, 7: mean 0.75; squares 25 + 9 + 144 + 49 = 227, over 4 is 56.75
    assert row["bias_db"] == pytest.approx(0.75)
    assert row["rmse_db"] == pytest.approx(56.75**0.5)
    assert (row["within_6_db_share"], row["within_10_db_share"]) == (0.5, 0.75)
    # levels around their mean 9.25, -0.75, -10.75, 2.25; predicted 5, -3, 2, -4: products sum to
    # 46.25 + 2.25 - 21.5 - 9 = 18, squares to 206.75 and 54
    assert row["correlation"] == pytest.approx(18.0 / (206.75 * 54.0) ** 0.5)


def test_groups_are_told_apart() -> None:
    table = compared(level_dbm=[-90.0, -100.0], operator=["A", "B"], in_sight=[True, False])
    told = figures.by_group(table, np.array([-95.0, -98.0])).set_index(["group", "value"])
    assert told.loc[("operator", "A"), "bias_db"] == 5.0
    assert told.loc[("operator", "B"), "bias_db"] == -2.0
    assert told.loc[("sight", "no"), "samples"] == 1


def test_confusion_by_hand() -> None:
    table = compared(
        level_dbm=[-100.0, -100.0, -118.0, -118.0, -110.0, -120.0, -90.0],
        is_censored=[False, False, False, False, True, True, False],
        floor_dbm=[-125.0, -125.0, -125.0, -125.0, -110.0, -120.0, -125.0],
    )
    predicted = np.array([-110.0, -116.0, -110.0, -120.0, -90.0, -90.0, np.nan])
    row = figures.confusion(table, predicted).iloc[0]
    # the weak limit is -115. The fifth is censored above it, so nobody knows; the sixth below it is
    # not served, and predicted served; the last has no prediction
    assert row["served_predicted_served"] == 1
    assert row["served_predicted_unserved"] == 1
    assert row["unserved_predicted_served"] == 2
    assert row["unserved_predicted_unserved"] == 1
    assert (row["undecided"], row["not_predicted"]) == (1, 1)
    assert row["accuracy"] == pytest.approx(2 / 5)
    assert row["missed_share"] == pytest.approx(2 / 3)
    assert row["false_gap_share"] == pytest.approx(1 / 2)


def test_chances_that_are_right_lie_on_the_diagonal() -> None:
    rng = np.random.default_rng(4)
    predicted = rng.uniform(-135.0, -95.0, 40_000)
    table = compared(level_dbm=predicted + rng.normal(0.0, 8.0, predicted.size))
    told = figures.reliability(table, predicted, 8.0)
    # of some 2,500 samples in a tenth, a share is known to two or three hundredths
    np.testing.assert_allclose(told["chance"], told["served_share"], atol=0.03)
    right = figures.reliability_figures(table, predicted, 8.0)["calibration_error"]
    narrow = figures.reliability_figures(table, predicted, 3.0)["calibration_error"]
    assert right < 0.01
    assert narrow > 0.05
