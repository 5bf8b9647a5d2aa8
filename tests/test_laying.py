"""What a kilometre of fibre costs: road class, slope, rivers, ducts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry import LineString, Point

from coverage.grid import Grid
from coverage.laying import Ground
from coverage.routes import FibreNetwork, connect, fibre_network
from coverage.settings import default_scenario

CRS = "EPSG:3405"
SCENARIO = default_scenario()
# VND per metre by hand from the presets: USD per km · 26 VND per metre
POLES, PAVED, DUCT = 3_000 * 26, 15_850 * 26, 1_500 * 26
GRID = Grid(CRS, -1_000.0, 6_000.0, 100.0, 70, 30)


def layer(geometries: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometries, crs=CRS)


def road(road_class: str | None = None) -> gpd.GeoDataFrame:
    line = LineString([(0, 0), (0, 1_000), (0, 2_000), (0, 4_000)])
    return layer([line], surface=["paved"], road_class=[road_class])


def network(roads: gpd.GeoDataFrame, **changes: Any) -> FibreNetwork:
    return fibre_network(
        layer([Point(0, 4_000)]),
        fibre_nodes=layer([Point(0, 0)], node_id=["N1"]),
        roads=roads,
        rules=SCENARIO.routes,
        costs=SCENARIO.costs,
        **changes,
    )


def capex(roads: gpd.GeoDataFrame, **changes: Any) -> int:
    return connect(network(roads, **changes), np.array([0])).cost.capex_vnd


def inclined(slope: float) -> Ground:
    """Return ground that rises to the east."""
    east_m = np.arange(30) * GRID.resolution_m * slope
    return Ground(terrain_m=np.tile(east_m, (70, 1)).astype(np.float32), grid=GRID)


def test_the_class_of_the_road_counts() -> None:
    # by hand: factor 1.2 on a national road, 1 where the class is not known
    assert capex(road("national")) == round(4_000 * PAVED * 1.2)
    assert capex(road()) == 4_000 * PAVED


def test_slope_makes_digging_dearer_by_its_step() -> None:
    # by hand: 45° is in the last step (1.6), atan(0.3) = 16.7° in the second (1.15), 0 in the first
    for slope, factor in ((1.0, 1.6), (0.3, 1.15), (0.0, 1.0)):
        assert capex(road(), ground=inclined(slope)) == round(4_000 * PAVED * factor)


def test_unknown_ground_has_no_factor_and_is_told() -> None:
    unknown = Ground(terrain_m=np.full((70, 30), np.nan, dtype=np.float32), grid=GRID)
    assert capex(road(), ground=unknown) == 4_000 * PAVED
    assert network(road(), ground=unknown).slope_unknown.all()
    assert not network(road(), ground=inclined(1.0)).slope_unknown.any()


def test_poles_do_not_care_for_slope_or_class() -> None:
    lines = layer([LineString([(20, -100), (20, 4_100)])], kind=["mv"])
    assert capex(road("national"), power_lines=lines, ground=inclined(1.0)) == 4_000 * POLES


def test_each_river_is_paid_and_its_width_where_known() -> None:
    rivers = layer(
        [LineString([(-500, y), (500, y)]) for y in (500, 2_500, 3_000)],
        width_m=[40.0, np.nan, np.nan],
    )
    ground = Ground(rivers=rivers)
    # by hand: three crossings of 2,000 USD and 40 m of 50 USD
    assert capex(road(), ground=ground) == 4_000 * PAVED + (3 * 2_000 + 40 * 50) * 26_000
    found = connect(network(road(), ground=ground), np.array([0]))
    assert found.segments["river_crossings"].sum() == 3
    beside = layer([LineString([(300, 0), (300, 4_000)])])
    assert capex(road(), ground=Ground(rivers=beside)) == 4_000 * PAVED


def test_an_existing_duct_leaves_the_cable_to_pay() -> None:
    line = LineString([(10, 1_000), (10, 2_000)])
    river = layer([LineString([(-500, 1_500), (500, 1_500)])])
    for kind, along in (("duct", DUCT), ("trunk", PAVED)):
        lines = layer([line], kind=[kind], tap=[False])
        assert capex(road(), fibre_lines=lines) == 3_000 * PAVED + 1_000 * along
    duct = layer([line], kind=["duct"], tap=[False])
    crossed = capex(road(), fibre_lines=duct, ground=Ground(rivers=river))
    assert crossed == 3_000 * PAVED + 1_000 * DUCT
