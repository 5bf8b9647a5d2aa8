"""Fibre routes: prices by way, shared trenches, bridges where no road leads, what cannot be."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from coverage.errors import InfeasibleError
from coverage.routes import FibreNetwork, connect, fibre_network, single_routes
from coverage.settings import default_scenario

CRS = "EPSG:3405"
SCENARIO = default_scenario()
RATE = 26_000
# VND per metre by hand from the presets: USD per km · 26 VND per metre
POLES, PAVED, UNPAVED, OFF_ROAD = 3_000 * 26, 15_850 * 26, 10_000 * 26, 20_000 * 26


def layer(geometries: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometries, crs=CRS)


NODES = layer([Point(0, 0)], node_id=["N1"])
# A trunk road north from the node, and two unpaved branches at 4 km.
ROADS = layer(
    [
        LineString([(0, 0), (0, 1_000), (0, 2_000), (0, 4_000)]),
        LineString([(0, 4_000), (-1_000, 4_000)]),
        LineString([(0, 4_000), (1_000, 4_000), (3_000, 4_000)]),
    ],
    surface=["paved", "unpaved", "unpaved"],
)
PLACES = layer([Point(-1_000, 4_000), Point(3_000, 4_000), Point(0, 2_000), None])


def network(places: gpd.GeoDataFrame = PLACES, **changes: Any) -> FibreNetwork:
    given_layers = {"fibre_nodes": NODES, "roads": ROADS} | changes
    return fibre_network(places, rules=SCENARIO.routes, costs=SCENARIO.costs, **given_layers)


def test_a_shared_way_is_paid_once() -> None:
    found = connect(network(), np.array([0, 1]))
    # by hand: 4 km paved once, 1 km and 3 km unpaved
    assert found.cost.capex_vnd == 4_000 * PAVED + 4_000 * UNPAVED
    assert found.length_m == 8_000.0
    assert found.bound_vnd == found.cost.capex_vnd
    assert found.gap == 0.0
    segments = found.segments.sort_values(["kind", "length_m"])
    assert segments["kind"].tolist() == ["fibre_paved", "fibre_unpaved", "fibre_unpaved"]
    assert segments["length_m"].tolist() == [4_000.0, 1_000.0, 3_000.0]
    assert segments["places"].tolist() == [2, 1, 1]
    assert segments["capex_vnd"].sum() == found.cost.capex_vnd
    assert found.places["route_length_m"].tolist() == [5_000.0, 7_000.0]
    assert found.places["source_id"].tolist() == ["N1", "N1"]
    assert found.places["off_road_m"].tolist() == [0.0, 0.0]


def test_single_routes_do_not_share() -> None:
    found = single_routes(network())
    assert found["capex_vnd"].tolist()[:3] == [
        4_000 * PAVED + 1_000 * UNPAVED,
        4_000 * PAVED + 3_000 * UNPAVED,
        2_000 * PAVED,
    ]
    assert found["length_m"].tolist()[:3] == [5_000.0, 7_000.0, 2_000.0]
    assert np.isnan(found["capex_vnd"][3])
    assert found["source_id"][3] == ""


def test_poles_beside_the_road_make_it_cheaper() -> None:
    lines = layer(
        [LineString([(20, -100), (20, 2_100)]), LineString([(500, 4_010), (4_000, 4_010)])],
        kind=["lv", "hv"],
    )
    found = connect(network(power_lines=lines), np.array([1]))
    assert found.cost.capex_vnd == 2_000 * POLES + 2_000 * PAVED + 3_000 * UNPAVED
    assert found.segments["kind"].tolist().count("fibre_poles") == 1


def test_a_place_beside_the_road_comes_by_a_bridge() -> None:
    found = connect(network(layer([Point(1_000, 4_600)])), np.array([0]))
    # by hand: 600 m · 1.3 to the vertex at (1000, 4000)
    assert found.places["off_road_m"].tolist() == [780.0]
    assert found.cost.capex_vnd == 4_000 * PAVED + 1_000 * UNPAVED + 780 * OFF_ROAD


def test_roads_that_do_not_meet_are_bridged_at_their_nearest_ends() -> None:
    island = layer([LineString([(3_000, 4_500), (6_000, 4_500)])], surface=["unpaved"])
    roads = layer(
        [*ROADS.geometry, *island.geometry], surface=[*ROADS["surface"], *island["surface"]]
    )
    found = connect(network(layer([Point(6_000, 4_500)]), roads=roads), np.array([0]))
    assert found.places["off_road_m"].tolist() == [650.0]
    assert found.places["route_length_m"].tolist() == [4_000.0 + 3_000.0 + 650.0 + 3_000.0]


def test_without_roads_everything_is_off_road() -> None:
    found = connect(network(roads=None), np.array([2]))
    assert found.segments["kind"].tolist() == ["fibre_off_road"]
    assert found.length_m == 2_600.0


def test_a_line_is_tapped_only_where_it_may_be() -> None:
    line = LineString([(-1_000, 4_050), (-1_000, 9_000)])
    for tap, capex in ((True, 0), (False, 4_000 * PAVED + 1_000 * UNPAVED)):
        lines = layer([line], tap=[tap])
        found = connect(network(fibre_lines=lines), np.array([0]))
        assert found.cost.capex_vnd == capex
        assert found.places["source_id"].tolist() == ["" if tap else "N1"]


def test_without_any_source_there_is_no_plan() -> None:
    for nodes in (None, NODES.iloc[:0]):
        with pytest.raises(InfeasibleError) as caught:
            network(fibre_nodes=nodes)
        assert caught.value.exit_code == 3
        assert "fibre_nodes" in caught.value.text.vi


def test_places_without_coordinates_and_no_places() -> None:
    found = connect(network(), np.array([3]))
    assert found.segments.empty
    assert found.cost.capex_vnd == 0
    assert np.isnan(found.places["route_length_m"].iloc[0])
    assert connect(network(), np.array([], dtype=int)).places.empty


@given(st.integers(0, 2**32 - 1))
def test_trees_hold_what_they_promise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = layer([Point(*rng.uniform(0, 9_000, 2)) for _ in range(7)])
    nodes = layer([Point(*rng.uniform(0, 9_000, 2)) for _ in range(2)], node_id=["a", "b"])
    lines = [LineString(rng.uniform(0, 9_000, (3, 2))) for _ in range(4)]
    roads = layer(lines, surface=["paved", "unpaved", None, "paved"])
    net = network(places, fibre_nodes=nodes, roads=roads)
    found = connect(net, np.arange(7))
    alone = single_routes(net)
    assert found.bound_vnd <= found.cost.capex_vnd <= alone["capex_vnd"].sum()
    assert found.cost.capex_vnd >= alone["capex_vnd"].max()
    assert found.segments["capex_vnd"].sum() == found.cost.capex_vnd
    assert found.segments["length_m"].sum() == pytest.approx(found.length_m, abs=1.0)
    assert set(found.places["source_id"]) <= {"a", "b"}
    assert (found.places["route_length_m"] >= alone["length_m"].min() - 0.1).all()


@given(st.integers(0, 2**32 - 1))
def test_small_trees_equal_brute_force(seed: int) -> None:
    """Every subset of edges of a small network is tried."""
    rng = np.random.default_rng(seed)
    places = layer([Point(*rng.integers(0, 9, 2) * 1_000.0) for _ in range(2)])
    corners = rng.integers(0, 4, (5, 2, 2)) * 3_000.0
    roads = layer([LineString(c) for c in corners], surface=["paved", "unpaved"] * 2 + ["paved"])
    net = network(places, roads=roads)
    edges = range(len(net.start))
    least = min(
        int(net.capex_vnd[list(some)].sum())
        for some in chain.from_iterable(combinations(edges, n) for n in range(len(edges) + 1))
        if _joins(net, some)
    )
    found = connect(net, np.array([0, 1]))
    assert found.cost.capex_vnd == least
    assert found.bound_vnd <= least


def _joins(net: FibreNetwork, edges: tuple[int, ...]) -> bool:
    reached = set(net.sources.tolist())
    for _ in edges:
        for edge in edges:
            pair = {int(net.start[edge]), int(net.end[edge])}
            if pair & reached:
                reached |= pair
    return set(net.place_vertex.tolist()) <= reached


def test_on_the_reference_province(shared: Any) -> None:
    from coverage.io.project import load_project  # noqa: PLC0415 - only where the data are

    inputs = load_project(shared / "data" / "backan" / "project.toml")
    net = fibre_network(
        inputs.villages,
        fibre_nodes=inputs.fibre_nodes,
        roads=inputs.roads,
        fibre_lines=inputs.fibre_lines,
        power_lines=inputs.power_lines,
        rules=SCENARIO.routes,
        costs=SCENARIO.costs,
    )
    without = np.flatnonzero(inputs.villages["has_fibre"] == False)  # noqa: E712 - may be None
    found = connect(net, without)
    assert len(found.places) == 185
    assert found.places["route_length_m"].notna().all()
    assert found.gap <= 0.01  # regression: 0.0, the tree is proven the cheapest
    assert found.segments["capex_vnd"].sum() == found.cost.capex_vnd
