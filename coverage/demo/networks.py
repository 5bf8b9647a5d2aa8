"""Fibre and power: both follow the roads, and both end before the last villages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import ndimage
from scipy.sparse import csr_array
from shapely import LineString

from coverage.demo.communes import Communes
from coverage.demo.noise import generator
from coverage.demo.paths import Edge, centre_of, chains, edges_of, line_through
from coverage.demo.roads import Roads, along_roads
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

_FIBRE_REACH_M: Final = 3_200.0  # along the road from the trunk, at even odds
_FIBRE_NODES_ACCESS: Final = 14
_GRID_REACH_M: Final = 4_500.0  # flat metres from a main road, at even odds
_GRID_WITHOUT_ROAD: Final = 0.25
_TOWER_SPAN_M: Final = 4_000.0


@dataclass(frozen=True, slots=True)
class Networks:
    """Fibre nodes and lines, power lines, and which village has what.

    `to_power_m` and `to_fibre_m` are rasters of the straight distance to the nearest medium-voltage
    and fibre line.
    """

    fibre_nodes: pd.DataFrame
    fibre_lines: gpd.GeoDataFrame
    power_lines: gpd.GeoDataFrame
    has_fibre: Array
    has_grid_power: Array
    to_power_m: Array
    to_fibre_m: Array


def make_networks(
    seed: int, terrain: Terrain, communes: Communes, places: pd.DataFrame, roads: Roads
) -> Networks:
    """Return the fibre and power networks."""
    rng = generator(seed, "networks")
    travel = roads.travel(terrain)
    fibre, has_fibre = _fibre(rng, travel, communes, places, roads)
    power, has_power = _power(rng, travel, places, roads)
    hv = _towers(communes, roads, terrain)
    mv = _lines(terrain, dict.fromkeys(power, "mv"))
    return Networks(
        fibre_nodes=_nodes(rng, terrain, communes, places, has_fibre & roads.has_road),
        fibre_lines=_lines(terrain, fibre),
        power_lines=gpd.GeoDataFrame(pd.concat([hv, mv], ignore_index=True)),
        has_fibre=has_fibre,
        has_grid_power=has_power,
        to_power_m=_away_m(terrain, power),
        to_fibre_m=_away_m(terrain, fibre),
    )


def _fibre(
    rng: np.random.Generator,
    travel: csr_array,
    communes: Communes,
    places: pd.DataFrame,
    roads: Roads,
) -> tuple[dict[Edge, str], Array]:
    """Return the kind of every step with fibre, and which villages have it."""
    seats = np.asarray(communes.seats)
    from_town = along_roads(travel, seats[:1])
    kinds: dict[Edge, str] = {}
    for cell in [*seats, *roads.exits]:
        for edge in edges_of(from_town.way(int(cell))):
            kinds[edge] = "trunk"
    from_trunk = along_roads(travel, np.unique(np.array(list(kinds)).ravel()))
    cells = places["cell"].to_numpy()
    away_m = from_trunk.cost[cells]
    odds = 1.0 / (1.0 + (np.where(np.isfinite(away_m), away_m, 1e9) / _FIBRE_REACH_M) ** 3)
    odds *= np.clip(0.72 + places["households"].to_numpy() / 250.0, 0.0, 1.0)
    has_fibre = (rng.random(cells.size) < odds) | places["is_seat"].to_numpy()
    has_fibre &= np.isfinite(away_m)
    for cell in cells[has_fibre]:
        for edge in edges_of(from_trunk.way(int(cell))):
            kinds.setdefault(edge, "access")
    return kinds, has_fibre


def _power(
    rng: np.random.Generator, travel: csr_array, places: pd.DataFrame, roads: Roads
) -> tuple[set[Edge], Array]:
    """Return the steps with a medium-voltage line, and which villages are on the grid."""
    main = roads.main_edges()
    away_m = roads.to_village_m
    odds = 1.0 / (1.0 + (away_m / (1.6 * _GRID_REACH_M)) ** 4)
    odds = np.where(roads.has_road, odds, _GRID_WITHOUT_ROAD)
    has_power = (rng.random(away_m.size) < odds) | (away_m < 0.2 * _GRID_REACH_M)
    from_main = along_roads(travel, np.unique(np.array(main).ravel()))
    lines = set(main)
    for cell in places["cell"].to_numpy()[has_power & roads.has_road]:
        lines.update(edges_of(from_main.way(int(cell))))
    return lines, has_power


def _nodes(
    rng: np.random.Generator,
    terrain: Terrain,
    communes: Communes,
    places: pd.DataFrame,
    has_fibre: Array,
) -> pd.DataFrame:
    """Return the fibre nodes: the core in the town, one at each seat, some in large villages."""
    number = communes.number.ravel()
    rows = [
        (unit.name, int(cell), "commune_pop" if i else "core")
        for i, (unit, cell) in enumerate(zip(communes.units, communes.seats, strict=True))
    ]
    fit = places[has_fibre & ~places["is_seat"] & (places["walk_m"] > 2_500.0)]  # noqa: PLR2004
    large = fit.nlargest(3 * _FIBRE_NODES_ACCESS, "households")
    picked = rng.permutation(len(large))[:_FIBRE_NODES_ACCESS]
    for _, place in large.iloc[np.sort(picked)].iterrows():
        unit = communes.units[int(number[place["cell"]])]
        rows.append((f"{place['name']} ({unit.name})", int(place["cell"]), "access"))
    frame = pd.DataFrame(rows, columns=["name", "cell", "kind"])
    frame["x_m"], frame["y_m"] = centre_of(terrain, frame["cell"].to_numpy())
    frame.insert(0, "node_id", [f"F{i:02d}" for i in range(1, len(frame) + 1)])
    return frame


def _lines(terrain: Terrain, kinds: dict[Edge, str]) -> gpd.GeoDataFrame:
    found = chains(kinds)
    return gpd.GeoDataFrame(
        {"kind": [kind for kind, _ in found]},
        geometry=[line_through(terrain, cells) for _, cells in found],
        crs=terrain.grid.crs,
    )


def _towers(communes: Communes, roads: Roads, terrain: Terrain) -> gpd.GeoDataFrame:
    """Return the high-voltage lines, straight over the ridges from the border to the town."""
    x_m, y_m = centre_of(terrain, np.array([communes.seats[0], *roads.exits]))
    lines = []
    for x, y in zip(x_m[1:3], y_m[1:3], strict=True):
        line = LineString([(x, y), (x_m[0] + 700.0, y_m[0] + 500.0)])
        lines.append(line.segmentize(_TOWER_SPAN_M))
    return gpd.GeoDataFrame({"kind": ["hv"] * len(lines)}, geometry=lines, crs=terrain.grid.crs)


def _away_m(terrain: Terrain, edges: Iterable[Edge]) -> Array:
    """Return the raster of the distance to the nearest step, m."""
    empty = np.ones(terrain.elevation_m.size, dtype=bool)
    empty[np.array(sorted(edges)).ravel()] = False
    away: Array = ndimage.distance_transform_edt(
        empty.reshape(terrain.grid.shape), sampling=terrain.grid.resolution_m
    )
    return away
