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
