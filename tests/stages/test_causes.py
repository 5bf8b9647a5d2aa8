"""Each cause of a missing signal, on terrain made for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from coverage import causes, gaps, prediction
from coverage.model import Inputs
from tests.stages.world import (
    MAST_COL,
    MIDDLE_ROW,
    RIDGE_COL,
    cell,
    centre,
    terrain,
    village,
    world,
)


def explained(inputs: Inputs, **radio: Any) -> pd.DataFrame:
    settings = inputs.scenario.radio.model_copy(update=radio)
    scenario = inputs.scenario.model_copy(update={"radio": settings})
    found = prediction.predict(inputs, settings, scenario.land_cover, workers=1)
    villages = gaps.assess_villages(inputs, found, scenario)
    return villages.join(causes.explain(villages, inputs, found, scenario))


BEHIND = centre(MIDDLE_ROW, RIDGE_COL + 4)
WEAK_MAST = [cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=40.0, frequency_mhz=1800.0)]


def test_a_ridge_is_named_with_its_distance_and_height() -> None:
    row = explained(world([village("V1", BEHIND)], WEAK_MAST, terrain_m=terrain(250.0))).iloc[0]
    assert row["cause"] == "terrain"
    assert row["nearest_site"] == "A1"
    assert row["nearest_site_distance_m"] == 44 * 90
    # by hand: the ridge stands 3.6 km from the mast; line there 330 - 28.5·40/44 = 304.1 m, top
    # 550 m, bulge 0.1 m: 246 m
    assert "3,6 km" in row["cause_vi"]
    assert "246 m" in row["cause_vi"]
    assert "4,0 km" in row["cause_vi"]


def test_a_near_mast_without_the_technology() -> None:
    cells = [
        *WEAK_MAST,
        cell("B1-1", MIDDLE_ROW, RIDGE_COL + 8, technology="3G", bandwidth_mhz=5.0, operator="B"),
    ]
    row = explained(world([village("V1", BEHIND)], cells, terrain_m=terrain(250.0))).iloc[0]
    assert row["cause"] == "missing_technology"
    assert row["nearest_site"] == "B1"


def test_too_far() -> None:
    far = [cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=20.0)]
    row = explained(world([village("V1", centre(MIDDLE_ROW, 110))], far)).iloc[0]
    assert row["cause"] == "distance"


def test_open_path_but_weak() -> None:
    faint = [cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=5.0)]
    row = explained(world([village("V1", centre(MIDDLE_ROW, 30))], faint)).iloc[0]
    assert row["cause"] == "too_weak"


def test_unknown_has_causes_of_its_own() -> None:
    height_m = terrain()
    height_m[:20] = np.nan
    table = explained(
        world([village("V1", None), village("V2", centre(5, 60))], terrain_m=height_m)
    )
    assert list(table["cause"]) == ["no_position", "no_terrain"]


def test_good_signal_needs_no_cause_unless_the_field_says_otherwise() -> None:
    near = centre(MIDDLE_ROW, MAST_COL + 5)
    table = explained(world([village("V1", near), village("V2", near, reported_signal="none")]))
    assert list(table["cause"]) == ["", "report_differs"]


def test_without_any_4g_station() -> None:
    only_3g = [cell("A1-1", MIDDLE_ROW, MAST_COL, technology="3G", bandwidth_mhz=5.0)]
    row = explained(world([village("V1", BEHIND)], only_3g)).iloc[0]
    assert row["signal_class_4g"] == "unknown"
    assert row["cause"] == "no_station_list"


HILL_COL = MAST_COL + 10


def over_a_hill(height_m: float, **mast: Any) -> Inputs:
    """Return a mast, a hill 900 m from it, and a village 3,960 m from it."""
    ground_m = terrain()
    ground_m[:, HILL_COL] += height_m
    faint = cell(
        "A1-1", MIDDLE_ROW, MAST_COL, **({"eirp_dbm": 10.0, "frequency_mhz": 1800.0} | mast)
    )
    return world([village("V1", BEHIND)], [faint], terrain_m=ground_m)


def test_the_figures_of_the_path_by_hand() -> None:
    row = explained(over_a_hill(40.0)).iloc[0]
    assert row["cause"] == "terrain"
    assert (row["path_site"], row["path_operator"], row["path_distance_m"]) == ("A1", "A", 3960)
    assert (row["ridge_distance_m"], row["ridge_height_m"]) == (900, 340.0)
    # by hand in test_sight: excess 16.6, zone 10.81 of radius, raises 21.5 and 29.9
    assert row["ridge_excess_m"] == 16.6
    assert row["fresnel_intrusion_m"] == 21.6
    assert row["fresnel_intrusion_share"] == 1.0
    assert row["mast_raise_los_m"] == 21.5
    assert row["mast_raise_fresnel_m"] == 29.9
    assert "Nâng cột thêm 22 m thì nhìn thẳng tới thôn, thêm 30 m" in row["cause_vi"]
    assert "22 m more of mast would see the village, 30 m" in row["cause_en"]


def test_a_mast_beyond_the_limit_is_not_proposed() -> None:
    row = explained(over_a_hill(200.0)).iloc[0]
    assert row["cause"] == "terrain"
    # by hand: (500.162 - 323.523) / (1 - 10/44) = 229 m, over the 60 m of the scenario
    assert np.isnan(row["mast_raise_los_m"])
    assert np.isnan(row["mast_raise_fresnel_m"])
    assert "nâng cột thêm 60 m vẫn chưa vượt được núi" in row["cause_vi"]


def test_the_raise_that_is_proposed_ends_the_cause() -> None:
    table = explained(over_a_hill(40.0, antenna_height_m=30.0 + 22.0))
    assert table.iloc[0]["cause"] == "too_weak"
    assert table.iloc[0]["mast_raise_los_m"] == 0.0


def test_ground_in_the_fresnel_zone_weakens() -> None:
    row = explained(over_a_hill(20.0)).iloc[0]
    assert row["cause"] == "too_weak"
    # by hand in test_sight: 7.450 of 10.811 m
    assert "lấn 69 % bán kính vùng Fresnel thứ nhất" in row["cause_vi"]
    assert row["fresnel_intrusion_share"] == 0.689


def test_a_village_beside_the_beam() -> None:
    row = explained(over_a_hill(0.0, azimuth_deg=0.0, beamwidth_deg=65.0)).iloc[0]
    assert row["cause"] == "too_weak"
    # the village lies due east of an antenna that looks north
    assert "lệch 90°" in row["cause_vi"]
    assert "90° beside" in row["cause_en"]


def test_no_grid_power_and_no_site_in_reach() -> None:
    far = centre(MIDDLE_ROW, 110)
    places = [village("V1", far, has_grid_power=False), village("V2", far, has_grid_power=None)]
    table = explained(world(places, [cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=20.0)]))
    # 9 km lie beyond the 8 km of reach; unknown power is not no power
    assert list(table["cause"]) == ["no_grid_power", "distance"]
    assert "9,0 km" in table.iloc[0]["cause_vi"]
    assert "9.0 km" in table.iloc[0]["cause_en"]


def test_the_site_that_needs_the_least_mast_is_explained_in_any_order() -> None:
    ground_m = terrain()
    ground_m[:, HILL_COL] += 40.0
    ground_m[:, RIDGE_COL + 6] += 300.0
    faint = {"eirp_dbm": 0.0, "frequency_mhz": 1800.0}
    cells = [
        cell("A1-1", MIDDLE_ROW, MAST_COL, **faint),
        cell("B1-1", MIDDLE_ROW, RIDGE_COL + 8, operator="B", **faint),
        cell("C1-1", MIDDLE_ROW + 1, RIDGE_COL + 9, operator="C", **faint),
    ]
    tables = [
        explained(world([village("V1", BEHIND)], order, terrain_m=ground_m)).drop(
            columns="geometry"
        )
        for order in (cells, cells[::-1])
    ]
    row = tables[0].iloc[0]
    assert (row["nearest_site"], row["path_site"]) == ("B1", "A1")
    assert "Trạm dễ khai thông hơn là A1 (A)" in row["cause_vi"]
    columns = list(causes.reasons.COLUMNS)
    pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns])


def test_another_operators_site_does_not_count() -> None:
    inputs = over_a_hill(40.0)
    scenario = inputs.scenario
    found = prediction.predict(inputs, scenario.radio, scenario.land_cover, workers=1)
    villages = gaps.assess_villages(inputs, found, scenario)
    row = causes.explain(villages, inputs, found, scenario, operator="B").iloc[0]
    assert row["cause"] == "no_station_list"
    assert row["nearest_sites"] == ""


def test_next_to_its_site_there_is_nothing_to_draw() -> None:
    inputs = world(
        [village("V1", centre(MIDDLE_ROW, MAST_COL + 1), reported_signal="none")],
        [cell("A1-1", MIDDLE_ROW, MAST_COL)],
    )
    found = prediction.predict(inputs, inputs.scenario.radio, inputs.scenario.land_cover)
    villages = gaps.assess_villages(inputs, found, inputs.scenario)
    told = villages.join(causes.explain(villages, inputs, found, inputs.scenario))
    assert told.iloc[0]["cause"] == "report_differs"
    assert told.iloc[0]["fresnel_intrusion_m"] == 0.0
    view = causes.views(told, inputs, found, inputs.scenario)["V1"]
    assert view.sight is None
    assert view.is_clear
