"""Power of a site: sizes by hand, lines near and far, what is chosen and why."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from coverage.costs import Cost
from coverage.power import (
    OPTIONS,
    QUANTITIES,
    SolarDesign,
    option_parts,
    power_options,
    solar_design,
    solar_diesel_design,
)
from coverage.settings import default_scenario

CRS = "EPSG:3405"
SCENARIO = default_scenario()
COSTS = SCENARIO.costs
RULES = SCENARIO.power.model_copy(
    update={
        "irradiation_kwh_m2_day": (2.0,) * 6 + (4.0,) * 6,
        "performance_ratio": 0.5,
        "autonomy_days": 3.0,
        "hybrid_autonomy_days": 1.0,
        "depth_of_discharge": 0.8,
        "generator_kwh_per_litre": 2.0,
        "generator_kva_per_kw": 4.0,
        "max_solar_kwp": 20.0,
    }
)
LINES = gpd.GeoDataFrame(
    {"kind": ["mv", "lv", "hv"]},
    geometry=[
        LineString([(0, 0), (0, 10_000)]),
        LineString([(5_000, 0), (5_000, 100)]),
        LineString([(9_000, 0), (9_000, 10_000)]),
    ],
    crs=CRS,
)


def site(
    x: float, y: float, *, grid: bool | None = None, load_w: float = 1_000.0
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"load_w": [load_w], "has_grid_power": pd.Series([grid], dtype=object)},
        geometry=[Point(x, y)],
        crs=CRS,
    )


def options(where: gpd.GeoDataFrame, lines: gpd.GeoDataFrame | None = LINES) -> pd.DataFrame:
    table = power_options(where, lines, rules=RULES, costs=COSTS)
    assert list(table["power"]) == list(OPTIONS)
    return table.set_index("power")


def test_solar_sizes() -> None:
    # by hand: 1 kW is 24 kWh a day; 24 / (2.0 · 0.5) = 24 kWp; 24 · 3 / 0.8 = 90 kWh
    assert solar_design(1_000.0, RULES) == SolarDesign(panel_kwp=24.0, battery_kwh=90.0)


def test_solar_diesel_sizes() -> None:
    found = solar_diesel_design(1_000.0, RULES)
    # by hand: January to June have 181.25 days of 2.0, the others 184 of 4.0: mean 3.007529;
    # panels 24 / (3.007529 · 0.5) = 15.95995 kWp
    assert found.panel_kwp == pytest.approx(15.95995, abs=1e-5)
    # by hand: in the dark half 24 - 15.95995 · 2.0 · 0.5 = 8.04005 kWh lack on each of 181.25 days;
    # at 2 kWh a litre 728.63 litres
    assert found.diesel_litre_per_year == pytest.approx(728.63, abs=0.01)
    assert found.battery_kwh == pytest.approx(30.0)
    assert found.generator_kva == 4.0


def test_the_parts_of_an_option_add_up_to_its_cost() -> None:
    rate = COSTS.exchange.vnd_per_usd
    parts = option_parts(
        dict.fromkeys(QUANTITIES, 0.0) | {"panel_kwp": 10, "battery_kwh": 40}, COSTS
    )
    # by hand: 10 · 1,200 + 40 · 250 USD; yearly 10 · 30 + 40 · 25 USD
    assert parts == {
        "solar_panel": (10.0, Cost(capex_vnd=12_000 * rate, opex_vnd_per_year=300 * rate)),
        "battery": (40.0, Cost(capex_vnd=10_000 * rate, opex_vnd_per_year=1_000 * rate)),
    }
    table = options(site(400.0, 5_000.0))
    for option in table[table["capex_vnd"].notna()].to_dict("records"):
        costs = [cost for _, cost in option_parts(option, COSTS).values()]
        assert sum(cost.capex_vnd for cost in costs) == option["capex_vnd"]
        assert sum(cost.opex_vnd_per_year for cost in costs) == option["opex_vnd_per_year"]


def test_a_medium_voltage_line_in_reach_feeds_through_a_transformer() -> None:
    found = options(site(400.0, 5_000.0))
    assert found.loc["grid", "is_chosen"]
    assert found.loc["grid", "line_distance_m"] == 400.0
    # by hand: connection 40 M + transformer 300 M; 1 kW · 8,766 h · 2,200 VND (365.25 days)
    assert found.loc["grid", "capex_vnd"] == 340_000_000
    assert found.loc["grid", "opex_vnd_per_year"] == 8_766 * 2_200
    assert not found.loc["grid_extension", "is_feasible"]


def test_a_low_voltage_line_needs_none() -> None:
    found = options(site(5_000.0, 300.0))
    assert found.loc["grid", "line_kind"] == "lv"
    assert found.loc["grid", "capex_vnd"] == 40_000_000


def test_what_people_know_counts_more_than_the_drawn_lines() -> None:
    for lines in (LINES, None):
        found = options(site(20_000.0, 5_000.0, grid=True), lines)
        assert found.loc["grid", "is_chosen"]
        assert found.loc["grid", "capex_vnd"] == 40_000_000


def test_a_line_can_be_extended() -> None:
    found = options(site(-1_000.0, 5_000.0, grid=False))
    # by hand: 1 km · 1.2 · 1.7 billion + transformer 300 M
    assert found.loc["grid_extension", "is_feasible"]
    assert found.loc["grid_extension", "capex_vnd"] == 2_340_000_000
    assert not found.loc["grid", "is_feasible"]
    assert "1000 m" in found.loc["grid", "reason_vi"]


def test_a_high_voltage_line_feeds_nothing() -> None:
    found = options(site(9_000.0, 9_000.0))
    assert found.loc["grid", "line_kind"] == "mv"
    assert found.loc["grid", "line_distance_m"] == 9_000.0
    assert not found.loc["grid", "is_feasible"]


def test_too_far_for_a_line_leaves_the_sun() -> None:
    found = options(site(-20_000.0, 5_000.0, load_w=500.0))
    # 20 km · 1.2 is more than 15 km
    assert list(found["is_feasible"]) == [False, False, True, True]
    assert found.loc["grid_extension", "reason_en"].endswith("too far for a new line")
    cheapest = found[found["is_feasible"]]["present_vnd"].idxmin()
    assert found["is_chosen"].idxmax() == cheapest


def test_no_lines_known_is_not_no_line() -> None:
    found = options(site(0.0, 0.0), None)
    assert found.loc["grid", "reason_en"] == "No power line is known"
    assert found["line_distance_m"].isna().all()
    assert found.loc["grid_extension", ["capex_vnd", "present_vnd"]].isna().all()
    assert found.loc["solar_diesel", "is_chosen"]


def test_where_nothing_is_possible_nothing_is_chosen() -> None:
    found = options(site(-20_000.0, 5_000.0, load_w=10_000.0))
    assert not found["is_feasible"].any()
    assert not found["is_chosen"].any()
    assert "20 kWp" in found.loc["solar", "reason_vi"]


def test_no_sites() -> None:
    nothing = site(0.0, 0.0).iloc[:0]
    assert power_options(nothing, LINES, rules=RULES, costs=COSTS).empty


@given(st.lists(st.tuples(st.floats(-3e4, 3e4), st.floats(50, 5_000)), min_size=1, max_size=8))
def test_the_chosen_option_is_the_cheapest_feasible_one(where: list[tuple[float, float]]) -> None:
    sites = pd.concat([site(x, 5_000.0, load_w=w) for x, w in where], ignore_index=True)
    table = power_options(sites, LINES, rules=RULES, costs=COSTS)
    for _, rows in table.groupby("site"):
        feasible = rows[rows["is_feasible"]]
        assert rows["is_chosen"].sum() == min(len(feasible), 1)
        if len(feasible):
            chosen = rows.loc[rows["is_chosen"], "present_vnd"].iloc[0]
            assert chosen == feasible["present_vnd"].min()
