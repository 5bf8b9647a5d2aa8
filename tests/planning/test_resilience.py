"""What a single loss cuts off: a made world by hand, and masts taken away and predicted anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import coverage as cv
from coverage import pipeline
from coverage.model import Plan, Result
from coverage.params import COVERED_CLASSES
from coverage.planning.chains import behind
from coverage.planning.plan import make_plan, make_prospect
from coverage.planning.resilience import COLUMNS, with_resilience
from tests.planning.test_plan import PLENTY, ridged, scenario
from tests.stages.world import CRS, MIDDLE_ROW, cell, centre, terrain, village, world


def covered(result: Result) -> np.ndarray[Any, Any]:
    return result.villages["signal_class_4g"].isin(COVERED_CLASSES).to_numpy()


def of(plan: Plan, network: str) -> pd.DataFrame:
    assert plan.resilience is not None
    return plan.resilience[plan.resilience["network"] == network]


def two_sides() -> Result:
    """Return a mast west and one east of a wall, with villages on both sides and on the wall."""
    villages = [
        village("W1", centre(60, 20), households=30, population=100),
        village("W2", centre(62, 30), households=10, population=40),
        village("E1", centre(60, 90), households=20, population=90),
        village("TOP", centre(MIDDLE_ROW, 50), households=99, population=400),
    ]
    cells = [
        cell("A1-1", MIDDLE_ROW, 10, mast_id="West", operator="A", backhaul="fibre", power="solar"),
        cell("B1-1", MIDDLE_ROW, 10, mast_id="West", operator="B", backhaul="", power="Solar"),
        cell("C1-1", MIDDLE_ROW, 110, mast_id="East", operator="A", backhaul="vi ba", power="grid"),
    ]
    inputs = world(
        villages, cells, terrain_m=terrain(900.0), fingerprint="two", radio_fingerprint="two"
    )
    return pipeline.run(inputs, scenario())


def test_a_mast_lost_takes_what_it_alone_serves() -> None:
    result = two_sides()
    assert covered(result).all()
    table = of(pipeline.plan(result, budget=0), "before").set_index("element_id")
    # by hand: nobody but the west mast is behind the wall; its two operators fall together; the
    # village on top of the wall sees both masts and is never cut off
    assert table.index.tolist() == ["West", "East"]
    assert list(table.reset_index().columns) != []
    west, east = table.loc["West"], table.loc["East"]
    assert west[["outage_rank", "villages_lost", "households_lost"]].tolist() == [1, 2, 40]
    assert west["population_lost"] == 140
    assert west["village_ids_lost"] == "W1 W2"
    assert west["operators_lost"] == "A, B"
    assert west["is_solar_only"]
    assert (east["village_ids_lost"], east["element_backhaul"]) == ("E1", "microwave")
    assert not east["is_solar_only"]
    assert east[["is_single_homed"]].isna().all()  # how a mast that stands is fed is not known
    with_plan = of(pipeline.plan(result, budget=0), "with_plan").set_index("element_id")
    assert with_plan["village_ids_lost"].to_dict() == table["village_ids_lost"].to_dict()


def test_in_the_plan_a_chain_falls_with_its_first_link() -> None:
    result = pipeline.run(ridged(), scenario())
    plan = pipeline.plan(result, budget=PLENTY)
    table = of(plan, "with_plan").set_index(["element", "element_id"])
    assert list(of(plan, "before").columns) == list(COLUMNS)
    # A link and the site it feeds cut off the same; a node all that hangs on it.
    for link in plan.links.to_dict("records"):
        one, other = ("link", link["link_id"]), ("site", link["from_id"])
        assert (one in table.index) == (other in table.index)
        if one in table.index:
            assert table.loc[one, "village_ids_lost"] == table.loc[other, "village_ids_lost"]
    by_fibre = plan.actions[plan.actions["backhaul_kind"] == "fibre"]
    assert len(by_fibre) > 0
    node = table.loc["fibre_node", str(by_fibre["backhaul_to"].iloc[0])]
    pieces = table.loc["fibre_route"]
    assert pieces["population_lost"].max() == node["population_lost"]
    assert table.loc["site", "is_single_homed"].all()


def test_everything_behind_is_found_once() -> None:
    feeder = {"b": "a", "c": "a", "d": "c"}
    assert behind(feeder, "a") == ["a", "b", "c", "d"]
    assert behind(feeder, "c") == ["c", "d"]
    assert behind(feeder, "d") == ["d"]


@pytest.fixture(scope="module")
def demo(demo_project: Path) -> Result:
    return cv.run(cv.load_project(demo_project))


@pytest.fixture(scope="module")
def planned(demo: Result) -> Plan:
    prospect = make_prospect(demo)
    return with_resilience(prospect, make_plan(prospect, 6_000_000_000))


def without(result: Result, mast: str, built: gpd.GeoDataFrame) -> Result:
    """Predict anew with a mast taken away and further stations on air."""
    stations = result.inputs.stations
    site = stations["site_id"].astype(str)
    if "mast_id" in stations.columns:
        site = stations["mast_id"].where(stations["mast_id"].fillna("") != "", site).astype(str)
    left = pd.concat([stations[site != mast], built.assign(status="active")], ignore_index=True)
    inputs = replace(
        result.inputs,
        stations=gpd.GeoDataFrame(left, geometry="geometry", crs=stations.crs),
        fingerprint=f"without {mast} {len(built)}",
        radio_fingerprint=f"without {mast} {len(built)}",
    )
    return pipeline.run(inputs, result.scenario)


def test_masts_taken_away_lose_the_villages_that_are_told(demo: Result, planned: Plan) -> None:
    told = of(planned, "before").set_index("element_id")["village_ids_lost"]
    stations = demo.inputs.stations
    every = stations["mast_id"].where(stations["mast_id"].fillna("") != "", stations["site_id"])
    harmless = sorted(set(every[stations["status"] == "active"].astype(str)) - set(told.index))
    assert len(told) >= 4
    ids = demo.villages["village_id"].to_numpy()
    for mast in [*told.index[:3], *harmless[:1]]:
        after = without(demo, str(mast), stations.iloc[:0])
        lost = " ".join(ids[covered(demo) & ~covered(after)])
        assert lost == told.get(mast, "")


def test_with_the_plan_too(demo: Result, planned: Plan) -> None:
    table = of(planned, "with_plan")
    masts = table[(table["element"] == "mast") & (table["actions_lost"] == 0)].head(1)
    whole = without(demo, "no such mast", planned.stations)
    ids = demo.villages["village_id"].to_numpy()
    assert covered(whole).sum() > covered(demo).sum()
    for row in masts.to_dict("records"):
        after = without(demo, row["element_id"], planned.stations)
        assert " ".join(ids[covered(whole) & ~covered(after)]) == row["village_ids_lost"]
    # An action that stands on its own ground: its cells alone are taken away.
    sites = table[table["element"] == "site"].head(1)
    for row in sites[sites["actions_lost"] == 1].to_dict("records"):
        rest = planned.stations[planned.stations["site_id"] != row["element_id"]]
        after = without(demo, "no such mast", rest)
        assert " ".join(ids[covered(whole) & ~covered(after)]) == row["village_ids_lost"]


def test_the_same_on_any_number_of_threads(demo: Result, planned: Plan) -> None:
    prospect = make_prospect(demo, workers=3)
    again = with_resilience(prospect, make_plan(prospect, 6_000_000_000), workers=3)
    assert again.resilience is not None
    assert planned.resilience is not None
    pd.testing.assert_frame_equal(again.resilience, planned.resilience)
    assert planned.actions.crs != CRS or len(planned.resilience) > 0
