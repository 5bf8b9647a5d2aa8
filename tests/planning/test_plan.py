"""Whole plans on a made world: what is claimed is what a new prediction with the plan finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from coverage import pipeline
from coverage.costs import item_cost
from coverage.errors import InfeasibleError, ScenarioError
from coverage.model import Inputs, Plan, Result
from coverage.params import COVERED_CLASSES, Scenario
from coverage.planning.candidates import make_candidates
from coverage.settings import scenario_from
from tests.stages.world import CRS, MAST_COL, MIDDLE_ROW, cell, centre, terrain, village, world

PLENTY: Final = 100_000_000_000
COLUMNS: Final = [
    *("action_id", "kind", "longitude", "latitude", "phase", "capex", "opex_per_year", "power"),
    *("backhaul_kind", "backhaul_to", "villages_gained", "households_gained"),
    *("households_gained_cumulative", "stands_on", "raise_m"),
    *("villages_fibre_gained", "households_fibre_gained", "present_value", "cost_per_household"),
    *("fund_capex", "operator_capex", "province_capex", "undecided_capex"),
]


def scenario(**planning: Any) -> Scenario:
    return scenario_from({"planning": {"curve_points": 0} | planning}, "made.toml")


def ridged(**changes: Any) -> Inputs:
    """Return a mast in the west and, behind a wall of 900 m, villages it does not reach.

    Two lie close together, one far in the north whose position is known to 400 m only, one in the
    south; one is served now and one has no place.
    """
    villages = [
        village("V1", centre(60, 80), households=30),
        village("V2", centre(62, 84), households=50),
        village("V3", centre(10, 110), households=20, coordinate_accuracy_m=400.0),
        village("V4", centre(110, 75), households=40),
        village("V5", centre(60, 20), households=99),
        village("V6", None, households=77),
    ]
    cells = [cell("A1-1", MIDDLE_ROW, MAST_COL, backhaul="fibre")]
    given = {
        "terrain_m": terrain(900.0),
        "fingerprint": "ridged",
        "radio_fingerprint": "ridged",
        "fibre_nodes": gpd.GeoDataFrame(
            {"node_id": ["F1"], "name": ["F1"], "kind": ["node"]},
            geometry=[centre(60, 100)],
            crs=CRS,
        ),
    }
    return world(villages, cells, **(given | changes))


@pytest.fixture(scope="module")
def result() -> Result:
    return pipeline.run(ridged(), scenario())


@pytest.fixture(scope="module")
def plan(result: Result) -> Plan:
    return pipeline.plan(result, budget=PLENTY)


def served_after(plan: Plan, before: Result) -> np.ndarray[Any, Any]:
    """Predict anew with the plan's stations on air."""
    built = plan.stations.assign(status="active")
    stations = gpd.GeoDataFrame(
        pd.concat([before.inputs.stations, built], ignore_index=True), geometry="geometry", crs=CRS
    )
    name = "+".join(sorted(built["cell_id"]))
    inputs = replace(before.inputs, stations=stations, fingerprint=name, radio_fingerprint=name)
    after = pipeline.run(inputs, before.scenario)
    return after.villages["signal_class_4g"].isin(COVERED_CLASSES).to_numpy()


def gained(plan: Plan, before: Result) -> int:
    was = before.villages["signal_class_4g"].isin([*COVERED_CLASSES, "unknown"]).to_numpy()
    now = served_after(plan, before)
    return int(before.villages.loc[now & ~was, "households"].sum())


def test_a_new_prediction_with_the_plan_finds_the_households_it_claims(
    plan: Plan, result: Result
) -> None:
    table = plan.actions
    # by hand: 30 + 50 + 20 + 40 households are behind the wall; money is no limit
    assert plan.objective == table["households_gained"].sum() == 140
    assert table["villages_gained"].sum() == 4
    assert gained(plan, result) == 140


@pytest.mark.parametrize("budget", [3_000_000_000, 4_000_000_000, 6_000_000_000])
def test_claims_hold_under_small_budgets(result: Result, budget: int) -> None:
    small = pipeline.plan(result, budget=budget)
    assert small.spent == small.actions["capex"].sum() <= budget
    assert gained(small, result) == small.actions["households_gained"].sum() == small.objective
    assert small.objective <= small.bound
    assert small.gap == pytest.approx((small.bound - small.objective) / max(small.bound, 1.0))


def test_the_table_has_the_columns_of_the_contract_and_counts_once(plan: Plan) -> None:
    table = plan.actions
    assert list(table.columns) == [*COLUMNS, "geometry"]
    assert table["households_gained_cumulative"].tolist() == (
        table["households_gained"].cumsum().tolist()
    )
    new = table[table["kind"] == "new_site"]
    assert len(new) > 0
    assert (new["power"] != "").all()
    assert (new["backhaul_kind"] != "").all()
    assert plan.spent == table["capex"].sum()
    assert plan.parameters["objective"] == "households"


def test_years_pay_for_what_they_build(result: Result) -> None:
    found = pipeline.plan(result, budget=8_000_000_000)
    table, shares = found.actions, result.scenario.planning.phases
    limits = np.cumsum(shares) / sum(shares) * found.budget
    for year, limit in enumerate(limits, start=1):
        assert table.loc[table["phase"] <= year, "capex"].sum() <= limit
    assert table["phase"].is_monotonic_increasing


def test_the_same_again_and_on_any_number_of_threads(result: Result, plan: Plan) -> None:
    again = pipeline.plan(result, budget=f"{PLENTY}VND", workers=3)
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.actions.drop(columns="geometry")),
        pd.DataFrame(plan.actions.drop(columns="geometry")),
    )
    assert (again.objective, again.bound, again.spent) == (plan.objective, plan.bound, plan.spent)


def test_more_money_never_serves_fewer(result: Result) -> None:
    rules = result.scenario.planning.model_copy(update={"curve_points": 6})
    curved = replace(result, scenario=result.scenario.model_copy(update={"planning": rules}))
    curve = pipeline.plan(curved, budget=9_000_000_000).curve
    assert len(curve) == 6
    assert curve["objective"].is_monotonic_increasing
    assert (curve["objective"] <= curve["bound"]).all()
    assert (curve["capex"] <= curve["budget"]).all()


@pytest.mark.parametrize("budget", [0, 1_000_000])
def test_too_little_money_is_an_empty_plan(result: Result, budget: int) -> None:
    empty = pipeline.plan(result, budget=budget)
    assert (len(empty.actions), empty.spent, empty.objective) == (0, 0, 0.0)
    assert len(empty.links) == len(empty.fibre_routes) == len(empty.stations) == 0


def test_where_everybody_is_served_there_is_nothing_to_build() -> None:
    inputs = world([village("V1", centre(60, 20))], radio_fingerprint="served")
    found = pipeline.plan(pipeline.run(inputs, scenario()), budget=PLENTY)
    assert (len(found.actions), found.bound, found.gap) == (0, 0.0, 0.0)


def test_without_node_or_sight_a_new_site_takes_a_satellite_link() -> None:
    inputs = ridged(fibre_nodes=None, radio_fingerprint="no node")
    inputs = replace(inputs, stations=inputs.stations.assign(backhaul="satellite"))
    found = pipeline.plan(pipeline.run(inputs, scenario()), budget=PLENTY)
    new = found.actions[found.actions["kind"] == "new_site"]
    assert found.objective == 140
    assert "satellite" in set(new["backhaul_kind"])
    assert set(new["backhaul_kind"]) <= {"satellite", "microwave"}


def far_from_roads() -> Inputs:
    """Return the ridged world with one road in the far west, beside no village to serve."""
    road = LineString([centre(0, 0), centre(120, 0)])
    roads = gpd.GeoDataFrame(
        {"road_class": ["village"], "surface": ["paved"]}, geometry=[road], crs=CRS
    )
    return ridged(roads=roads, radio_fingerprint="roads")


def test_where_no_mast_can_stand_a_satellite_cell_is_the_last_resort() -> None:
    before = pipeline.run(far_from_roads(), scenario())
    found = pipeline.plan(before, budget=PLENTY)
    assert set(found.actions["kind"]) == {"satellite"}
    assert set(found.actions["backhaul_kind"]) == {"satellite"}
    assert gained(found, before) == found.actions["households_gained"].sum() > 0
    terminal = item_cost(before.scenario.costs, "satellite_backhaul").capex_vnd
    assert (found.actions["capex"] > terminal).all()


def test_no_mast_stands_on_water_or_steep_ground() -> None:
    water = np.zeros((121, 121), dtype=np.uint8)
    water[:, 51:] = 80
    height_m = terrain(900.0)
    height_m[:40, :49] += np.arange(49, dtype=np.float32)[::-1] * 90.0  # 45 degrees
    inputs = ridged(land_cover=water, terrain_m=height_m, radio_fingerprint="water")
    actions = make_candidates(pipeline.run(inputs, scenario()), scenario()).actions
    new = actions[actions["kind"] == "new_site"]
    row, col = inputs.grid.rowcol(new["x_m"], new["y_m"])
    assert len(new) > 0
    assert (water[row, col] == 0).all()
    assert not ((row < 40) & (col > 0) & (col < 49)).any()


def test_what_must_be_built_is_and_what_must_not_is_not(result: Result, plan: Plan) -> None:
    first = str(plan.actions["action_id"].iloc[0])
    for locks in ({"must": (first,)}, {"must_not": (first,)}):
        rules = result.scenario.planning.model_copy(update=locks)
        locked = replace(result, scenario=result.scenario.model_copy(update={"planning": rules}))
        found = pipeline.plan(locked, budget=PLENTY)
        assert (first in set(found.actions["action_id"])) == ("must" in locks)
        if "must" in locks:
            with pytest.raises(InfeasibleError, match="ít nhất"):
                pipeline.plan(locked, budget=1_000)


def test_only_kinds_that_are_allowed_or_named_are_looked_at(result: Result, plan: Plan) -> None:
    rules = scenario(kinds=["satellite"])
    kinds = make_candidates(result, rules).actions["kind"]
    assert set(kinds) == {"satellite"}
    found = pipeline.plan(replace(result, scenario=rules), budget=PLENTY)
    assert set(found.actions["kind"]) == {"satellite"}
    first = str(plan.actions["action_id"].iloc[0])
    named = scenario(kinds=["satellite"], must=[first])
    made = make_candidates(result, named)
    assert sum(made.actions["kind"] != "satellite") == 1
    assert set(made.cells["operator"]) == set(made.actions["action_id"])
    with pytest.raises(ScenarioError, match="kinds"):
        scenario(kinds=["castle"])


def test_a_named_place_is_looked_at_wherever_it_lies(result: Result) -> None:
    inputs = far_from_roads()  # no village and no hilltop may carry a mast there
    at = gpd.GeoSeries([centre(61, 82)], crs=CRS).to_crs("EPSG:4326")
    place = [float(at.x.iloc[0]), float(at.y.iloc[0])]
    rules = scenario(candidates={"extra": [place, place]})
    before = pipeline.run(inputs, rules)
    actions = make_candidates(before, rules).actions
    new = actions["action_id"][actions["action_id"].str.startswith("N-")]
    assert new.tolist() == ["N-E-61-82"]
    found = pipeline.plan(before, budget=PLENTY)
    assert "N-E-61-82" in set(found.actions["action_id"])
    # by hand: the mast stands between V1 and V2, two and three cells away
    assert gained(found, before) == found.actions["households_gained"].sum() >= 80
    with pytest.raises(ScenarioError, match="outside the area"):
        make_candidates(result, scenario(candidates={"extra": [[0.0, 0.0]]}))


@pytest.mark.parametrize("budget", ["five", "5EUR", "-1", "1.000.000"])
def test_what_is_not_an_amount_is_refused(result: Result, budget: str) -> None:
    with pytest.raises(ScenarioError):
        pipeline.plan(result, budget=budget)


def test_a_lock_on_an_unknown_action_is_refused(result: Result) -> None:
    rules = result.scenario.planning.model_copy(update={"must": ("N-nowhere",)})
    locked = replace(result, scenario=result.scenario.model_copy(update={"planning": rules}))
    with pytest.raises(ScenarioError, match="N-nowhere"):
        pipeline.plan(locked, budget=PLENTY)


def test_a_target_is_reached_at_least_cost(result: Result, plan: Plan) -> None:
    # V1, V2, V3 and V4 of 140 households are without service: half of them are 70
    half = pipeline.plan(result, target=0.5)
    assert half.aim == "target"
    assert int(half.actions["households_gained"].sum()) >= 70
    assert half.spent <= half.budget
    # one mast behind the wall serves all at once: half needs no less
    assert half.spent == plan.spent
    assert 0.0 < half.bound <= half.objective
    assert half.gap == pytest.approx(1 - half.bound / half.objective)
    # the same money cannot reach the half with less: one dong below it no plan does
    with pytest.raises(InfeasibleError):
        pipeline.plan(result, target=0.5, budget=0)
    everything = pipeline.plan(result, target="100%")
    assert int(everything.actions["households_gained"].sum()) == 140
    assert everything.objective >= half.objective


@pytest.mark.parametrize("target", ["0%", "101%", "nhiều", 0.0, float("nan")])
def test_a_target_is_a_share(result: Result, target: str | float) -> None:
    with pytest.raises(ScenarioError, match="90%"):
        pipeline.plan(result, target=target)


def test_a_plan_needs_an_aim(result: Result) -> None:
    with pytest.raises(ScenarioError, match="budget or a target"):
        pipeline.plan(result)


def test_priority_as_the_weight(result: Result) -> None:
    rules = scenario(objective="priority")
    weighted = replace(result, scenario=rules)
    found = pipeline.plan(weighted, budget=PLENTY)
    served = result.villages[result.villages["village_id"].isin(["V1", "V2", "V3", "V4"])]
    # with plenty of money all four are served; their weight by hand is the sum of products
    wanted = float((served["households"] * served["priority_score"]).sum())
    assert found.objective == pytest.approx(wanted, rel=1e-9)


def only(result: Result, *kinds: str) -> Result:
    """Return the result with a scenario that builds some kinds of action alone."""
    rules = result.scenario.planning.model_copy(update={"kinds": kinds})
    return replace(result, scenario=result.scenario.model_copy(update={"planning": rules}))


def low_ridge(**changes: Any) -> Result:
    """Return a ridge that hides a village from the mast as it stands, and less from a higher one.

    The mast has 4G at 800 MHz at 30 m; the village lies close behind a wall of 60 m.
    """
    cells = [
        cell("A1-1", MIDDLE_ROW, MAST_COL, backhaul="fibre", frequency_mhz=800.0, eirp_dbm=35.0)
    ]
    villages = [village("V1", centre(60, 70), households=30)]
    given = {"terrain_m": terrain(60.0), "radio_fingerprint": f"low ridge {sorted(changes)}"}
    inputs = world(villages, cells, **(given | changes))
    return pipeline.run(inputs, scenario())


def test_a_mast_that_grows_serves_what_it_claims_and_costs_by_the_metre() -> None:
    before = only(low_ridge(), "raise_mast")
    found = pipeline.plan(before, budget=PLENTY)
    (action,) = found.actions.to_dict("records")
    assert action["kind"] == "raise_mast"
    assert action["households_gained"] == gained(found, before) == 30
    costs = before.scenario.costs
    # by hand: works, antennas and radios, and so many metres; power and backhaul are there
    by_hand = (
        item_cost(costs, "mast_works").capex_vnd
        + item_cost(costs, "carrier_low_band").capex_vnd
        + item_cost(costs, "mast_metre").capex_vnd * action["raise_m"]
    )
    assert action["capex"] == found.spent == by_hand
    assert action["stands_on"] == "A1"
    assert (action["backhaul_kind"], action["backhaul_to"]) == ("fibre", "A1")
    assert found.stations["antenna_height_m"].unique().tolist() == [30.0 + action["raise_m"]]


def test_of_the_ways_to_use_a_mast_one_is_built(result: Result) -> None:
    actions = make_candidates(result, result.scenario).actions
    on_mast = actions[actions["place_id"] == "M-A1"]
    assert set(on_mast["raise_m"]) == {0.0, 10.0, 20.0}
    assert on_mast["action_id"].is_unique


def test_a_repeater_stands_where_it_hears_its_donor_and_serves_what_it_claims() -> None:
    # The village lies at the foot of the wall; its top, 270 m away, sees the mast.
    villages = [village("V1", centre(60, 53), households=30)]
    cells = [cell("A1-1", MIDDLE_ROW, MAST_COL, backhaul="fibre")]
    inputs = world(villages, cells, terrain_m=terrain(900.0), radio_fingerprint="repeater")
    before = pipeline.run(inputs, scenario())
    assert before.villages["signal_class_4g"].tolist() == ["none"]
    actions = make_candidates(before, before.scenario).actions
    places = actions[actions["kind"] == "repeater"]
    row, col = inputs.grid.rowcol(places["x_m"], places["y_m"])
    heard_dbm = before.prediction.signal_dbm["4G", ""][row, col]
    assert len(places) > 0
    assert (heard_dbm >= before.scenario.planning.repeater.donor_dbm).all()
    assert set(places["donor"]) == {"A1"}
    # by hand: a resource element of a 10 MHz carrier is 27.78 dB below it; never above 38 dBm
    rules = before.scenario.planning.repeater
    by_hand_dbm = np.minimum(heard_dbm + 10.0 * np.log10(600.0) + rules.gain_db, rules.eirp_dbm)
    cells_of = make_candidates(before, before.scenario).cells.set_index("operator")
    assert cells_of.loc[places["action_id"], "eirp_dbm"].to_numpy() == pytest.approx(by_hand_dbm)
    found = pipeline.plan(only(before, "repeater"), budget=PLENTY)
    (action,) = found.actions.to_dict("records")
    assert action["households_gained"] == gained(found, before) == 30
    assert (action["backhaul_kind"], action["backhaul_to"]) == ("donor", "A1")
    assert action["power"] != ""


def test_where_nothing_is_heard_there_is_no_repeater(result: Result) -> None:
    deaf = result.scenario.planning.repeater.model_copy(update={"donor_dbm": 0.0})
    rules = result.scenario.planning.model_copy(update={"repeater": deaf})
    quiet = result.scenario.model_copy(update={"planning": rules})
    assert "repeater" not in set(make_candidates(result, quiet).actions["kind"])


def test_what_may_not_be_built_is_no_candidate(result: Result) -> None:
    actions = make_candidates(result, only(result, "upgrade", "satellite").scenario).actions
    assert "satellite" in set(actions["kind"]) <= {"upgrade", "satellite"}
    with pytest.raises(ScenarioError, match="kinds"):
        scenario(kinds=["balloon"])


def test_a_longer_ladder_never_serves_fewer(result: Result) -> None:
    short = only(result, "upgrade", "new_site", "satellite")
    for budget in (1_500_000_000, 4_000_000_000):
        fewer = pipeline.plan(short, budget=budget).objective
        assert pipeline.plan(result, budget=budget).objective >= fewer


def test_a_hop_over_a_low_ridge_is_taken_with_higher_masts_and_their_price() -> None:
    # Villages behind a wall that a hop of 42 m masts does not clear; no node, no relay.
    villages = [village("V1", centre(60, 70), households=30)]
    cells = [cell("A1-1", MIDDLE_ROW, MAST_COL, backhaul="fibre", eirp_dbm=30.0)]
    hops = {}
    for height_m in (45.0, 200.0):
        inputs = world(
            villages, cells, terrain_m=terrain(height_m), radio_fingerprint=f"hop {height_m}"
        )
        one_hop = scenario_from(
            {"planning": {"curve_points": 0, "must": ["N-V-V1"]}, "links": {"max_hops": 1}}, "made"
        )
        before = pipeline.run(inputs, one_hop)
        found = pipeline.plan(before, budget=PLENTY)
        hops[height_m] = (found, found.actions.set_index("action_id").loc["N-V-V1"])
    raised, action = hops[45.0]
    assert action["backhaul_kind"] == "microwave"
    (link,) = raised.links.to_dict("records")
    assert link["raise_m"] > 0.0
    costs = scenario().costs
    hop = item_cost(costs, "microwave_small").capex_vnd
    # by hand: the hop, works on the standing mast, and the metres of both
    metres = item_cost(costs, "mast_metre").capex_vnd * 2 * link["raise_m"]
    assert link["capex"] == round(hop + item_cost(costs, "mast_works").capex_vnd + metres)
    assert hops[200.0][1]["backhaul_kind"] == "satellite"
    assert hops[200.0][0].links.empty


def lone_village_island() -> Inputs:
    """Return the ridged world in which V4 stands on known ground with none known around it."""
    height_m = terrain(900.0)
    height_m[95:, 60:95] = np.nan
    height_m[108:113, 73:78] = 300.0
    return ridged(terrain_m=height_m, radio_fingerprint="island")


def torn_roads() -> Inputs:
    """Return the ridged world with a road beside the node and another far from it, not joined."""
    lines = [
        LineString([centre(60, 70), centre(60, 118)]),
        LineString([centre(5, 100), centre(20, 118)]),
    ]
    roads = gpd.GeoDataFrame(
        {"road_class": ["village"] * 2, "surface": ["paved"] * 2}, geometry=lines, crs=CRS
    )
    return ridged(roads=roads, radio_fingerprint="torn roads")


@pytest.mark.parametrize(
    ("make", "households"),
    [
        (ridged, 140),  # no roads layer
        (lambda: ridged(fibre_nodes=None, radio_fingerprint="no node, no roads"), 140),
        (torn_roads, 140),
        (lone_village_island, 100),  # by hand: all but the 40 households of V4
    ],
    ids=["no roads", "no node and no roads", "roads in two parts", "village on an island"],
)
def test_poor_surroundings_have_a_clear_outcome(make: Any, households: int) -> None:
    before = pipeline.run(make(), scenario())
    found = pipeline.plan(before, budget=PLENTY)
    assert found.actions["households_gained"].sum() >= households
    assert gained(found, before) == found.actions["households_gained"].sum() == found.objective
    assert found.objective <= found.bound


def test_without_any_station_nothing_is_known_and_nothing_is_built() -> None:
    inputs = ridged(radio_fingerprint="silent")
    inputs = replace(inputs, stations=inputs.stations.iloc[:0])
    before = pipeline.run(inputs, scenario())
    assert set(before.villages["signal_class_4g"]) == {"unknown"}
    found = pipeline.plan(before, budget=PLENTY)
    assert found.actions[found.actions["kind"] != "fibre"].empty
    assert found.objective == 0.0
