"""A plan read back is the plan that was written."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coverage import pipeline
from coverage.jobs.kept import read_plan, write_plan
from tests.planning.test_plan import ridged, scenario


@pytest.mark.parametrize("budget", [100_000_000_000.0, 0.0])
def test_every_table_and_figure_comes_back(budget: float, tmp_path: Path) -> None:
    plan = pipeline.plan(pipeline.run(ridged(), scenario()), budget=budget)
    assert plan.actions.empty is (budget == 0.0)
    write_plan(plan, tmp_path)
    found = read_plan(tmp_path)
    for field in fields(plan):
        before, after = getattr(plan, field.name), getattr(found, field.name)
        if isinstance(before, pd.DataFrame):
            assert type(after) is type(before)
            assert_frame_equal(after, before, check_dtype=not before.empty)
            if isinstance(before, gpd.GeoDataFrame):
                assert after.crs == before.crs
        elif field.name != "parameters":
            assert after == before
    # JSON has lists where the rules have tuples
    assert found.parameters["objective"] == plan.parameters["objective"]
