"""Fibre gaps: classes of distance, people affected, and sums that reconcile."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from coverage import fibre
from coverage.errors import ScenarioError
from coverage.params import FibreRules
from coverage.settings import scenario_from

RULES = FibreRules(near_m=1_000.0, medium_m=3_000.0, far_m=10_000.0)
COMMUNES = gpd.GeoDataFrame(
    {"commune_code": ["00002", "00001"], "name": ["Hai", "Một"], "edition": "2025-07"},
    geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
    crs="EPSG:3405",
)


def villages() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "village_id": list("abcde"),
            "commune_code": ["00001", "00001", "00002", "", "00001"],
            "households": [10, 20, 30, 40, 0],
            "population": [40, 80, 120, 160, 0],
            "has_fibre": pd.array([True, False, None, False, False], dtype="boolean"),
        }
    )


def test_classes_by_hand() -> None:
    table = pd.DataFrame({"households": 1, "population": 4}, index=range(6))
    distance_m = pd.Series([0.0, 1_000.0, 1_000.1, 10_000.0, 10_000.1, np.nan])
    found = fibre.grade(table, distance_m, RULES)["fibre_distance_class"]
    assert found.tolist() == ["near", "near", "medium", "far", "remote", "unknown"]


def test_people_affected() -> None:
    found = fibre.grade(villages(), pd.Series([0.0] * 5), RULES)
    assert found["households_without_fibre"].tolist() == [0, 20, pd.NA, 40, 0]
    assert found["population_without_fibre"].tolist() == [0, 80, pd.NA, 160, 0]
    silent = villages().drop(columns="has_fibre")
    found = fibre.grade(silent, pd.Series([0.0] * 5), RULES)
    assert found["households_without_fibre"].isna().all()


def test_the_summary_by_hand() -> None:
    distance_m = pd.Series([500.0, 5_000.0, 2_000.0, np.nan, 5_000.0])
    graded = villages().join(fibre.grade(villages(), distance_m, RULES))
    table = fibre.summary(graded, COMMUNES)
    key = ["level", "commune_code", "fibre_distance_class"]
    assert table["commune_code"].drop_duplicates().tolist() == ["", "00002", "00001"]
    found = table.set_index(key)
    far = found.loc[("commune", "00001", "far")]
    assert far["villages"] == far["villages_without_fibre"] == 2
    assert far["households_without_fibre"] == 20
    medium = found.loc[("commune", "00002", "medium")]
    assert (medium["villages_unknown_fibre"], medium["households_unknown_fibre"]) == (1, 30)
    apart = found.loc[("no_commune", "", "unknown")]
    assert (apart["population"], apart["population_without_fibre"]) == (160, 160)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["00001", "00002", "", "99999"]),
            st.sampled_from([True, False, None]),
            st.one_of(st.none(), st.floats(0, 40_000)),
            st.integers(0, 900),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_every_level_sums_to_the_same_figures(
    rows: list[tuple[str, bool | None, float | None, int]],
) -> None:
    table = pd.DataFrame(
        {
            "commune_code": [row[0] for row in rows],
            "has_fibre": pd.array([row[1] for row in rows], dtype="boolean"),
            "households": [row[3] for row in rows],
            "population": [4 * row[3] for row in rows],
        }
    )
    distance_m = pd.Series([row[2] for row in rows], dtype=float)
    graded = table.join(fibre.grade(table, distance_m, RULES))
    summary = fibre.summary(graded, COMMUNES)
    province = summary[summary["level"] == "province"].sum(numeric_only=True)
    pd.testing.assert_series_equal(
        summary[summary["level"] != "province"].sum(numeric_only=True), province
    )
    assert province["villages"] == len(rows)
    assert province["households"] == table["households"].sum()
    for what in ("villages", "households", "population"):
        states = [f"{what}_{state}_fibre" for state in ("with", "without", "unknown")]
        assert province[states].sum() == province[what]


def test_limits_must_ascend() -> None:
    assert scenario_from({"fibre": {"far_m": 20_000}}, "s").fibre.far_m == 20_000
    with pytest.raises(ScenarioError, match="ascend"):
        scenario_from({"fibre": {"near_m": 5_000}}, "s")
