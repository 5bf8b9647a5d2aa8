"""Microwave hops over made ground: Fresnel and bulge by hand, ridges, relays, existing masts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.grid import FloatArray
from coverage.links import (
    backhaul_kind,
    cheapest_backhaul,
    existing_masts,
    microwave_hops,
    satellite_cost,
)
from coverage.params import Clearance, LinkRules
from coverage.propagation.hop_clearance import hop_rooms_m
from coverage.settings import default_scenario
from coverage.terrain import main_obstacle, profile_between
from tests.stages.world import (
    GRID,
    MAST_COL,
    MIDDLE_ROW,
    RESOLUTION_M,
    RIDGE_COL,
    cell,
    centre,
    terrain,
    village,
    world,
)

SCENARIO = default_scenario()
RULES, COSTS = SCENARIO.links, SCENARIO.costs
MEDIAN_ONLY = RULES.model_copy(
    update={"clearance": (Clearance(k_factor=4 / 3, fresnel_share=1.0),)}
)
LOW_K_ONLY = RULES.model_copy(update={"clearance": (Clearance(k_factor=0.6, fresnel_share=0.3),)})
# 80 cells apart with the ridge in the middle: 7.2 km, in reach of 15 GHz.
FAR_COL = RIDGE_COL + (RIDGE_COL - MAST_COL)


def places(*rows: tuple[int, int, float, bool], **columns: list[Any]) -> pd.DataFrame:
    """Return places at centres of cells: row, column, height, whether it is a node."""
    points = [centre(row, col) for row, col, _, _ in rows]
    table = pd.DataFrame(
        {
            "place_id": [f"P{i}" for i in range(len(rows))],
            "x_m": [p.x for p in points],
            "y_m": [p.y for p in points],
            "height_m": [h for _, _, h, _ in rows],
            "is_node": [n for *_, n in rows],
        }
    )
    return table.assign(**columns)


def hops(
    table: pd.DataFrame,
    terrain_m: FloatArray,
    rules: LinkRules = RULES,
    clutter_m: FloatArray | None = None,
) -> pd.DataFrame:
    return microwave_hops(table, terrain_m, GRID, rules=rules, costs=COSTS, clutter_m=clutter_m)


def across(height_m: float) -> pd.DataFrame:
    return places((MIDDLE_ROW, MAST_COL, height_m, True), (MIDDLE_ROW, FAR_COL, height_m, False))


def test_the_room_over_a_ridge_by_hand() -> None:
    # by hand, 7.2 km at 15 GHz, ridge of 20 m in the middle, masts of 40 m: bulge at k = 4/3
    # 3.6²/(2·8.4947) km = 0.763 m; F1 = sqrt(0.0199862 · 3600 / 2) = 5.998 m
    # 40 - 20 - 0.763 - 5.998 = 13.24 m; at k = 0.6 the bulge is 1.695 m: 40 - 20 - 1.695 - 1.799
    # = 16.51 m
    ends = np.array([[MAST_COL + 0.5, MIDDLE_ROW + 0.5, FAR_COL + 0.5, MIDDLE_ROW + 0.5]])
    for (k, share), expected in {(4 / 3, 1.0): 13.24, (0.6, 0.3): 16.51}.items():
        room = hop_rooms_m(
            terrain(20.0),
            np.empty((0, 0), dtype=np.float32),
            RESOLUTION_M,
            ends,
            np.array([[40.0, 40.0]]),
            np.array([15_000.0]),
            np.array([[k, share, 0.0]]),
            -50.0,
        )
        assert room[0] == pytest.approx(expected, abs=0.01)


def test_a_ridge_refuses_a_hop_and_ten_metres_more_mast_accept_it() -> None:
    # by hand: 30 m of ridge leave 37 - 30 - 6.76 = 0.24 m over the whole zone with masts of 37 m,
    # and 9.76 m too little with 27 m
    assert hops(across(37.0), terrain(30.0))["status"].tolist() == ["clear"]
    low = hops(across(27.0), terrain(30.0)).iloc[0]
    assert low["status"] == "raise"
    assert low["raise_m"] == pytest.approx(9.8)
    assert hops(across(27.0), terrain(60.0))["status"].tolist() == ["blocked"]


def test_the_low_k_rule_decides_on_long_hops() -> None:
    # by hand, flat: 36 km at 7 GHz need 42.4 m + 0.6 · 19.6 m = 54.2 m at k = 0.6 with 0.6 F1, but
    # 19.1 m + 19.6 m = 38.7 m at k = 4/3. The made world is 10.9 km wide, so the rule starts lower
    # here: 9 km at 15 GHz need 2.65 m + 0.6 · 6.71 m = 6.67 m.
    rule = (Clearance(k_factor=0.6, fresnel_share=0.6, from_km=8.0),)
    rules = RULES.model_copy(update={"clearance": rule})
    table = places((MIDDLE_ROW, 10, 6.0, True), (MIDDLE_ROW, 110, 6.0, False))
    assert hops(table, terrain(), rules)["raise_m"].tolist() == [0.7]
    shorter = places((MIDDLE_ROW, 10, 6.0, True), (MIDDLE_ROW, 90, 6.0, False))
    assert hops(shorter, terrain(), rules)["status"].tolist() == ["clear"]


def test_the_band_follows_the_length_and_sets_the_price() -> None:
    table = places((0, 0, 40.0, True), (0, 50, 40.0, False), (0, 60, 40.0, False))
    found = hops(table, terrain())
    # 4.5 km, 5.4 km and 0.9 km
    assert found["band"].tolist() == ["23 GHz", "15 GHz", "23 GHz"]
    assert found["capex_vnd"].tolist() == [15_000 * 26_000] * 3
    no_long = RULES.model_copy(update={"bands": RULES.bands[:1]})
    assert len(hops(table, terrain(), no_long)) == 2


def test_trees_on_the_way_count_and_those_at_the_mast_do_not() -> None:
    trees_m = np.zeros(GRID.shape, dtype=np.float32)
    trees_m[:, [MAST_COL, FAR_COL]] = 60.0
    assert hops(across(30.0), terrain(), clutter_m=trees_m)["status"].tolist() == ["clear"]
    trees_m[:, RIDGE_COL] = 60.0
    assert hops(across(30.0), terrain(), clutter_m=trees_m)["status"].tolist() == ["blocked"]


def test_unknown_ground_on_the_way_is_told() -> None:
    height_m = terrain()
    height_m[:, 40] = np.nan
    assert hops(across(40.0), height_m)["status"].tolist() == ["unknown"]
    height_m[:, RIDGE_COL] += 500.0  # blocked, whatever lies under the unknown cells
    assert hops(across(40.0), height_m)["status"].tolist() == ["blocked"]


def test_places_without_height_or_outside_get_no_hop_and_nodes_need_none() -> None:
    table = places(
        (0, 0, np.nan, True), (0, 9, 40.0, True), (0, 20, 40.0, True), (0, 5, 40.0, False)
    )
    table.loc[4] = ["out", 0.0, 0.0, 40.0, False]
    found = hops(table, terrain())
    assert list(zip(found["start"], found["end"], strict=True)) == [(1, 3), (2, 3)]
    assert hops(table.iloc[:1], terrain()).empty


@given(st.integers(0, 2**32 - 1), st.floats(5, 60), st.floats(5, 60))
def test_hops_agree_with_the_profile_of_one_path(seed: int, one: float, other: float) -> None:
    rng = np.random.default_rng(seed)
    ground_m = rng.uniform(0.0, 60.0, GRID.shape).astype(np.float32)
    west, south, east, north = GRID.bounds
    table = places((0, 0, one, True), (0, 0, other, False))
    table["x_m"], table["y_m"] = rng.uniform(west, east, 2), rng.uniform(south, north, 2)
    # Without a share of the Fresnel zone the least room decides, which need not be where the
    # profile's main obstacle is; but whether the line of sight is cut is the same question.
    sight = RULES.model_copy(update={"clearance": (Clearance(k_factor=4 / 3, fresnel_share=0.0),)})
    found = hops(table, ground_m, sight).iloc[0]
    start, end = table[["x_m", "y_m"]].to_numpy().tolist()
    profile = profile_between(ground_m, GRID, tuple(start), tuple(end))
    obstacle = main_obstacle(
        profile,
        start_height_m=one,
        end_height_m=other,
        frequency_mhz=float(found["frequency_mhz"]),
    )
    blocks = obstacle is not None and obstacle.blocks
    assert (found["status"] == "clear") != blocks


@given(st.floats(20, 60), st.floats(0.5, 15))
def test_more_mast_never_closes_a_hop(height_m: float, more_m: float) -> None:
    ground_m = terrain(25.0)
    before, after = (hops(across(h), ground_m).iloc[0] for h in (height_m, height_m + more_m))
    assert not (before["status"] == "clear" and after["status"] != "clear")
    if before["status"] == "raise":
        # both masts rise by the same, so the room grows by exactly that; one decimal is told
        left = max(before["raise_m"] - more_m, 0.0)
        assert after["raise_m"] == pytest.approx(left, abs=0.11)


def test_a_relay_behind_the_ridge() -> None:
    ridge_m = terrain(400.0)
    # The node, a place on the ridge, and two in the valley beyond.
    table = places(
        (MIDDLE_ROW, MAST_COL, 40.0, True),
        (MIDDLE_ROW, RIDGE_COL, 40.0, False),
        (MIDDLE_ROW, FAR_COL, 40.0, False),
        has_tower=[True, False, False],
    )
    tried = hops(table, ridge_m)
    assert tried["status"].tolist() == ["clear", "blocked", "clear"]
    node, ridge, valley = cheapest_backhaul(table, tried, rules=RULES, costs=COSTS)
    assert (node.path, node.cost.capex_vnd) == ((), 0)
    assert ridge.path == (1, 0)
    assert valley.path == (2, 1, 0)
    assert valley.hops == 2
    # by hand: two small hops and a relay tower on the ridge
    assert valley.cost.capex_vnd == (15_000 + 15_000 + 15_000) * 26_000
    assert valley.cost.opex_vnd_per_year == (1_500 + 1_500 + 1_500) * 26_000
    one_hop = RULES.model_copy(update={"max_hops": 1})
    assert cheapest_backhaul(table, tried, rules=one_hop, costs=COSTS)[2].path == ()
    built = table.assign(has_tower=True)
    assert cheapest_backhaul(built, tried, rules=RULES, costs=COSTS)[2].cost.capex_vnd == (
        30_000 * 26_000
    )


def test_no_node_no_way() -> None:
    table = across(40.0).assign(is_node=False)
    tried = hops(table, terrain())
    assert [b.path for b in cheapest_backhaul(table, tried, rules=RULES, costs=COSTS)] == [(), ()]
    assert satellite_cost(COSTS).capex_vnd > 0


@given(st.integers(0, 2**32 - 1))
def test_ways_are_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 6
    table = places(*((0, i, 40.0, bool(rng.random() < 0.3)) for i in range(count))).assign(
        has_tower=rng.random(count) < 0.5
    )
    start, end = np.triu_indices(count, 1)
    kept = rng.random(start.size) < 0.5
    made = pd.DataFrame({"start": start[kept], "end": end[kept], "status": "clear"}).assign(
        capex_vnd=rng.integers(1, 900_000_000, kept.sum()), opex_vnd_per_year=0
    )
    rules = RULES.model_copy(update={"max_hops": 3})
    relay = 15_000 * 26_000
    price = {
        pair: int(capex)
        for a, b, capex in zip(made["start"], made["end"], made["capex_vnd"], strict=True)
        for pair in ((a, b), (b, a))
    }

    def least(place: int, left: int) -> float:
        if table["is_node"][place]:
            return 0.0
        return min(
            (
                capex
                + least(b, left - 1)
                + (0 if table["is_node"][b] or table["has_tower"][b] else relay)
                for (a, b), capex in price.items()
                if a == place and left > 0
            ),
            default=np.inf,
        )

    for place, way in enumerate(cheapest_backhaul(table, made, rules=rules, costs=COSTS)):
        expected = least(place, 3)
        assert (way.cost.capex_vnd if way.path or table["is_node"][place] else np.inf) == expected


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("fibre", "fibre"),
        ("Cáp quang", "fibre"),
        ("Quang", "fibre"),
        ("microwave", "microwave"),
        ("Viba", "microwave"),
        ("vi ba 7 GHz", "microwave"),
        ("Vệ tinh", "satellite"),
        ("", "unknown"),
        (None, "unknown"),
        (np.nan, "unknown"),
        ("2 Mbit/s", "unknown"),
    ],
)
def test_words_for_backhaul(word: object, kind: str) -> None:
    assert backhaul_kind(word) == kind


def test_masts_on_air() -> None:
    cells = [
        cell("B1-1", 5, 5, mast_id="M1", backhaul="microwave", antenna_height_m=42.0),
        cell("A1-1", 5, 5, mast_id="M1", backhaul="fibre", antenna_height_m=30.0),
        cell("A2-1", 6, 6, mast_id="", backhaul=None),
        cell("A3-1", 7, 7, mast_id="M3", backhaul="fibre", status="planned"),
    ]
    masts = existing_masts(world([village("V1", None)], cells).stations, RULES)
    assert masts["place_id"].tolist() == ["A2", "M1"]
    assert masts["backhaul"].tolist() == ["unknown", "fibre"]
    assert masts["is_node"].tolist() == [False, True]
    assert masts["sites"].tolist() == [1, 2]
    assert masts["height_m"].tolist() == [27.0, 39.0]  # by hand: 3 m below the highest antenna
