"""Fibre to villages: what is joined, what it costs, and how each is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from coverage import pipeline
from coverage.errors import InfeasibleError, ScenarioError
from coverage.exports.open_fibre import open_fibre
from coverage.model import Inputs, Plan, Result
from coverage.planning.village_fibre import with_village_fibre
from coverage.settings import scenario_from
from tests.stages.world import CRS, centre, village, world

PAVED_M = 15_850 * 26  # VND by hand from the preset
RICH = 10**12


def line(*cells: tuple[int, int]) -> LineString:
    return LineString([centre(row, col) for row, col in cells])


def made(**changes: Any) -> Inputs:
    """Return a node, a road east of it with a branch north, and villages along both.

    Cells are 90 m: V1 2 cells from the node, V2 10, V3 north of V2 by 20, V4 off any road.
    """
    given = {
        "fibre_nodes": gpd.GeoDataFrame(
            {"node_id": ["F1"], "name": ["Nút"], "kind": ["node"]},
            geometry=[centre(60, 20)],
            crs=CRS,
        ),
        "roads": gpd.GeoDataFrame(
            {"surface": ["paved", "paved"]},
            geometry=[line((60, 20), (60, 22), (60, 30)), line((60, 30), (40, 30))],
            crs=CRS,
        ),
        "fingerprint": "fibre",
        "radio_fingerprint": "fibre",
    }
    villages = [
        village("V1", centre(60, 22), households=10, has_fibre=False),
        village("V2", centre(60, 30), households=30, has_fibre=False),
        village("V3", centre(40, 30), households=50, has_fibre=False),
        village("V4", centre(100, 100), households=5, has_fibre=False),
        village("V5", centre(60, 25), households=90, has_fibre=True),
        village("V6", centre(60, 26), households=70, has_fibre=None),
        village("V7", None, households=20, has_fibre=False),
    ]
    return world(villages, **(given | changes))


@pytest.fixture(scope="module")
def result() -> Result:
    return pipeline.run(made(), scenario_from({"planning": {"curve_points": 3}}, "made.toml"))


def test_under_a_budget_the_most_households(result: Result) -> None:
    # by hand: 10 cells of 90 m reach V1 and V2 and cost less than 900 m; V3 takes 20 more
    found = pipeline.plan_fibre(result, budget=1_000 * PAVED_M)
    assert found.villages["village_id"].tolist() == ["V1", "V2"]
    assert found.spent == 900 * PAVED_M == found.routes["capex"].sum()
    assert found.villages["capex"].sum() == found.spent
    assert (found.objective, found.bound, found.gap) == (40.0, 40.0, 0.0)
    assert found.villages["route_length_m"].tolist() == [180.0, 900.0]
    assert set(found.villages["source_id"]) == {"F1"}
    assert found.routes["households"].max() == 40
    assert (found.candidates, found.unknown) == (5, 1)
    assert found.curve["objective"].is_monotonic_increasing
    assert (found.curve["capex"] <= found.curve["budget"]).all()


def test_a_target_at_least_cost(result: Result) -> None:
    # by hand: of 95 households with a place, V1 to V3 have 90
    found = pipeline.plan_fibre(result, target="90%")
    assert found.spent == 2_700 * PAVED_M
    assert found.bound == pytest.approx(found.spent)
    whole = pipeline.plan_fibre(result, target=1.0)
    assert set(whole.villages["village_id"]) == {"V1", "V2", "V3", "V4"}
    assert "fibre_off_road" in set(whole.routes["kind"])


def test_too_little_money_is_an_empty_plan(result: Result) -> None:
    for budget in (0, 1_000):
        found = pipeline.plan_fibre(result, budget=budget)
        assert found.routes.empty
        assert found.villages.empty
        assert found.spent == 0
        assert open_fibre(found.routes, result.inputs)["fibre_spans_ofds.geojson"]["features"] == []


def test_a_budget_or_a_target_not_both(result: Result) -> None:
    for aims in ({}, {"budget": 1, "target": 0.5}, {"target": "viel"}):
        with pytest.raises(ScenarioError):
            pipeline.plan_fibre(result, **aims)


def test_no_node_no_roads_roads_in_parts(result: Result) -> None:
    scenario = result.scenario
    without = replace(result, inputs=replace(result.inputs, fibre_nodes=None))
    with pytest.raises(InfeasibleError) as caught:
        pipeline.plan_fibre(without, budget=RICH)
    assert caught.value.exit_code == 3
    bare = replace(result, inputs=replace(result.inputs, roads=None))
    found = pipeline.plan_fibre(bare, budget=RICH)
    assert set(found.routes["kind"]) == {"fibre_off_road"}
    assert len(found.villages) == 4
    apart = result.inputs.roads.iloc[[1]]
    parts = replace(result, inputs=replace(result.inputs, roads=apart), scenario=scenario)
    bridged = pipeline.plan_fibre(parts, budget=RICH)
    assert len(bridged.villages) == 4
    assert "fibre_off_road" in set(bridged.routes["kind"])


def test_nobody_known_to_be_without(result: Result) -> None:
    villages = result.villages.drop(columns="has_fibre")
    found = pipeline.plan_fibre(replace(result, villages=villages), budget=RICH)
    assert (found.candidates, found.unknown) == (0, 7)
    assert found.routes.empty
    assert len(found.notes) == 2


def test_the_open_fibre_data_standard(result: Result) -> None:
    # published: required fields of schema 0.3 (network: id, links; node and span: id; link: href,
    # rel; crs: name, uri), and that a span's ends are nodes of the network
    found = pipeline.plan_fibre(result, budget=RICH)
    files = open_fibre(found.routes, result.inputs)
    network = files["fibre_routes_ofds.json"]
    assert network["links"][0]["rel"] == "describedby"
    assert "0__3__0" in network["links"][0]["href"]
    assert set(network["crs"]) == {"name", "uri"}
    nodes = {node["id"]: node for node in network["nodes"]}
    assert len(nodes) == len(network["nodes"])
    names = {node.get("name") for node in nodes.values()}
    assert {"Nút", "Thôn V2", "Thôn V3"} <= names
    assert {n["status"] for n in nodes.values() if n.get("name") == "Nút"} == {"operational"}
    total_km = 0.0
    for span in network["spans"]:
        route = span["route"]["coordinates"]
        assert nodes[span["start"]]["location"]["coordinates"] == route[0]
        assert nodes[span["end"]]["location"]["coordinates"] == route[-1]
        assert span["transmissionMedium"] == ["fibre"]
        total_km += span["fibreLength"]
    assert total_km == pytest.approx(found.routes["length_m"].sum() / 1000.0, abs=0.01)
    spans = files["fibre_spans_ofds.geojson"]
    assert len(spans["features"]) == len(network["spans"])
    assert spans["features"][0]["properties"]["network"]["id"] == network["id"]
    assert files == open_fibre(found.routes, result.inputs)


@pytest.fixture
def idle(result: Result) -> Plan:
    """Return a plan that builds nothing for mobile service."""
    return pipeline.plan(result, budget=0)


def test_what_mobile_leaves_goes_to_fibre(result: Result, idle: Plan) -> None:
    budget = 1_000 * PAVED_M
    plan = with_village_fibre(result, idle, budget)
    assert plan.fibre is not None
    fibre = plan.actions[plan.actions["kind"] == "fibre"]
    assert fibre["households_fibre_gained"].sum() == 40
    assert fibre["villages_fibre_gained"].sum() == 2
    assert (fibre["households_gained"] == 0).all()
    assert plan.spent == plan.actions["capex"].sum() == 900 * PAVED_M <= plan.budget == budget
    assert plan.fibre_routes["capex_vnd"].sum() == 900 * PAVED_M
    assert (plan.objective, plan.bound) == (idle.objective, idle.bound)


def test_fibre_laid_for_sites_is_there_for_villages(result: Result, idle: Plan) -> None:
    laid = gpd.GeoDataFrame(
        {
            "segment_id": ["F0001"],
            "kind": ["fibre_paved"],
            "length_m": [900.0],
            "capex_vnd": [0],
            "opex_vnd_per_year": [0],
            "river_crossings": [0],
            "places": [1],
        },
        geometry=[line((60, 20), (60, 22), (60, 30))],
        crs=CRS,
    )
    plan = with_village_fibre(result, replace(idle, fibre_routes=laid), 1_800 * PAVED_M)
    assert plan.fibre is not None
    assert set(plan.fibre.villages["village_id"]) == {"V1", "V2", "V3"}
    # by hand: only the branch north is new, less the last 100 m that a tapped line reaches
    assert 1_700 * PAVED_M <= plan.spent <= 1_800 * PAVED_M


def test_no_fibre_actions_without_a_source_or_without_leave(result: Result, idle: Plan) -> None:
    nowhere = replace(result, inputs=replace(result.inputs, fibre_nodes=None))
    strict = scenario_from({"planning": {"fibre": {"use_rest": False}}}, "made.toml")
    kept = replace(result, scenario=strict)
    for found in (with_village_fibre(nowhere, idle, RICH), with_village_fibre(kept, idle, RICH)):
        assert found.fibre is None
        assert (found.actions["kind"] != "fibre").all()
    columns = idle.actions.columns
    assert {"villages_fibre_gained", "households_fibre_gained"} <= set(columns)
    assert not np.any(idle.actions["households_gained"])
