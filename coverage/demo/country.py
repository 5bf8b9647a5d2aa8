"""A synthetic country of any part, made block by block from seed and place.

A block is a square commune of 9.9 km with its villages and masts; 10 × 10 blocks are a province, 34
provinces the country: 333,000 km², about 100,000 villages and 60,000 sites. What stands in a block
depends on the seed and the block's place alone, so a part of the country is the same whether or not
the rest is ever made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.demo.country_ground import CELL_M, FIELDS_BELOW_M, heights
from coverage.demo.names import COMMUNE_NAMES, village_name
from coverage.demo.stations import LTE_1800, NR, OPERATORS, UMTS, Carrier
from coverage.grid import Grid

Array = np.ndarray[Any, np.dtype[Any]]
Place = tuple[int, int]

CRS: Final = "EPSG:3405"
WEST_M, NORTH_M = 400_500.0, 2_511_000.0
BLOCK_CELLS: Final = 110
BLOCKS_OF_PROVINCE: Final = 10
PROVINCE_COLUMNS, PROVINCE_ROWS = 2, 17
PROVINCES: Final = PROVINCE_COLUMNS * PROVINCE_ROWS
PROVINCE_CELLS: Final = BLOCK_CELLS * BLOCKS_OF_PROVINCE
REACH_CELLS: Final = 334
"""Masts so far (30 km) beyond a province stand in its list: else its edge shows false gaps."""
EDITION: Final = "2025-07"

_BLOCK_M: Final = BLOCK_CELLS * CELL_M
_VILLAGES, _FEWEST_VILLAGES, _TRIED = 29.4, 4, 400
_MASTS_UP, _MASTS_LOW = 2.0, 10.5  # of a commune in the mountains, and more in the plain
_NEAR_CELLS: Final = 6
_OPERATOR_SHARES: Final = (0.48, 0.33, 0.19)
_SECOND_SHARE: Final = 0.38
_PEOPLE: Final = 4.2


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one block: tables with `row` and `col` of the country's cells."""

    seat: Place
    villages: pd.DataFrame
    sites: pd.DataFrame


@dataclass(frozen=True, slots=True)
class CountryProvince:
    """Tables and layers of one province; points in longitude and latitude, layers in metres."""

    communes: gpd.GeoDataFrame
    villages: pd.DataFrame
    stations: pd.DataFrame
    roads: gpd.GeoDataFrame
    power_lines: gpd.GeoDataFrame
    fibre_lines: gpd.GeoDataFrame
    fibre_nodes: pd.DataFrame


def country_grid(row0: int, col0: int, height: int, width: int) -> Grid:
    """Return the grid of a window of the country."""
    return Grid(CRS, WEST_M + col0 * CELL_M, NORTH_M - row0 * CELL_M, CELL_M, height, width)


def province_corner(number: int) -> Place:
    """Return the first row and column of a province; they are numbered by rows from 0."""
    row, col = divmod(number, PROVINCE_COLUMNS)
    return row * PROVINCE_CELLS, col * PROVINCE_CELLS


def neighbours(number: int) -> list[int]:
    """Return the provinces whose ground a province's masts may reach, itself first."""
    row, col = divmod(number, PROVINCE_COLUMNS)
    around = [
        r * PROVINCE_COLUMNS + c
        for r in range(max(row - 1, 0), min(row + 2, PROVINCE_ROWS))
        for c in range(max(col - 1, 0), min(col + 2, PROVINCE_COLUMNS))
    ]
    return [number, *(other for other in around if other != number)]


def make_country_province(seed: int, number: int, source: str) -> CountryProvince:
    """Return one province of the country of `seed`, with the masts around it."""
    row0, col0 = (cell // BLOCK_CELLS for cell in province_corner(number))
    own = [
        (row, col)
        for row in range(row0, row0 + BLOCKS_OF_PROVINCE)
        for col in range(col0, col0 + BLOCKS_OF_PROVINCE)
    ]
    villages = pd.concat([_block(seed, *at).villages for at in own], ignore_index=True)
    villages["commune_code"] = [_commune_code(*at) for at in own for _ in _rows(seed, at)]
    villages["commune_name"] = [f"Xã {_commune_name(*at)}" for at in own for _ in _rows(seed, at)]
    links = _links(seed, own)
    return CountryProvince(
        communes=_communes(own, villages, number).assign(source=source),
        villages=_with_degrees(villages).assign(source=source),
        stations=_with_degrees(_stations(seed, number)).assign(source=source),
        roads=gpd.GeoDataFrame(
            pd.concat([links, _village_roads(seed, own)], ignore_index=True), crs=CRS
        ).assign(source=source),
        power_lines=_lines(links, kind="mv").assign(source=source),
        fibre_lines=_lines(links, kind="trunk").assign(source=source),
        fibre_nodes=_with_degrees(_fibre_nodes(seed, own)).assign(source=source),
    )


def _rows(seed: int, at: Place) -> range:
    return range(len(_block(seed, *at).villages))


@lru_cache(maxsize=1024)
def _block(seed: int, row: int, col: int) -> Block:
    """Make a block: villages on low and level ground, masts on hills near the larger ones."""
    rng = np.random.default_rng([seed, 47, row, col])
    ground_m = heights(seed, row * BLOCK_CELLS, col * BLOCK_CELLS, BLOCK_CELLS, BLOCK_CELLS)
    steep = np.hypot(*np.gradient(ground_m)) / CELL_M
    spots = np.unique(rng.integers(1, BLOCK_CELLS - 1, (_TRIED, 2)), axis=0)
    wish = ground_m[tuple(spots.T)] + 900.0 * steep[tuple(spots.T)] + rng.normal(0, 70, len(spots))
    count = int(np.clip(rng.poisson(_VILLAGES), _FEWEST_VILLAGES, len(spots)))
    chosen = spots[np.argsort(wish, kind="stable")[:count]]
    households = np.maximum(8, rng.lognormal(4.1, 0.5, count)).astype(int)
    households[0] *= 4  # the commune's seat
    masts = _masts(rng, ground_m, chosen, households)
    villages = _villages(rng, (row, col), chosen, households, masts)
    sites = _sites(rng, (row, col), masts)
    for table in (villages, sites):
        table["row"] += row * BLOCK_CELLS
        table["col"] += col * BLOCK_CELLS
    seat = (int(chosen[0, 0]) + row * BLOCK_CELLS, int(chosen[0, 1]) + col * BLOCK_CELLS)
    return Block(seat, villages, sites)


def _masts(rng: np.random.Generator, ground_m: Array, villages: Array, households: Array) -> Array:
    """Return cells of masts: the highest of a few around the larger villages."""
    plain = float((ground_m < FIELDS_BELOW_M).mean())
    count = int(rng.poisson(_MASTS_UP + _MASTS_LOW * plain)) + 1
    order = np.argsort(-households * rng.uniform(0.3, 1.0, households.size), kind="stable")
    found = []
    for number in range(count):
        home = villages[order[number % order.size]]
        near = home + rng.integers(-_NEAR_CELLS, _NEAR_CELLS + 1, (5, 2))
        near = np.clip(near, 0, BLOCK_CELLS - 1)
        found.append(near[int(np.argmax(ground_m[tuple(near.T)]))])
    return np.unique(np.array(found), axis=0)


def _villages(
    rng: np.random.Generator, block: Place, cells: Array, households: Array, masts: Array
) -> pd.DataFrame:
    count = len(cells)
    taken: set[str] = set()
    away_m = np.hypot(*(cells[:, None] - masts[None]).transpose(2, 0, 1)).min(axis=1) * CELL_M
    felt = away_m * rng.lognormal(0.0, 0.5, count)
    report = np.select([felt < 2_500.0, felt < 4_500.0], ["good", "weak"], default="none")  # noqa: PLR2004
    poor = np.clip(rng.beta(1.5, 6.0, count) + felt / 40_000.0, 0.01, 0.85).round(2)
    return pd.DataFrame(
        {
            "village_id": [f"V{block[0]:03d}{block[1]:02d}{i:03d}" for i in range(count)],
            "name": [
                village_name(rng, taken, setting="valley", in_ward=False) for _ in range(count)
            ],
            "row": cells[:, 0],
            "col": cells[:, 1],
            "households": households,
            "population": (households * _PEOPLE).astype(int),
            "has_grid_power": rng.random(count) < 0.93,  # noqa: PLR2004
            "poor_household_share": poor,
            "extremely_difficult": poor > 0.4,  # noqa: PLR2004
            "has_fibre": rng.random(count) < 0.6,  # noqa: PLR2004
            "reported_signal": np.where(rng.random(count) < 0.15, "", report),  # noqa: PLR2004
            "coordinate_accuracy_m": rng.choice((30, 60, 120, 900), count, p=(0.3, 0.4, 0.2, 0.1)),
        }
    )


def _sites(rng: np.random.Generator, block: Place, masts: Array) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for number, (row, col) in enumerate(masts):
        first = int(rng.choice(len(OPERATORS), p=_OPERATOR_SHARES))
        height_m = float(rng.choice((30.0, 42.0, 50.0)))
        others = [o for o in range(len(OPERATORS)) if o != first and rng.random() < _SECOND_SHARE]
        for operator in (first, *others):
            rows.append(
                {
                    "site_id": f"S{block[0]:03d}{block[1]:02d}{len(rows):03d}",
                    "mast_id": f"M{block[0]:03d}{block[1]:02d}{number:03d}",
                    "operator": OPERATORS[operator],
                    "row": int(row),
                    "col": int(col),
                    "antenna_height_m": height_m - (0.0 if operator == first else 6.0),
                    "azimuth_deg": int(rng.integers(0, 120)),
                    "has_3g": bool(rng.random() < 0.85),  # noqa: PLR2004
                    "has_5g": bool(number == 0 and rng.random() < 0.5),  # noqa: PLR2004
                    "is_far": bool(rng.random() < 0.3),  # noqa: PLR2004
                }
            )
    return pd.DataFrame(rows)


def _stations(seed: int, number: int) -> pd.DataFrame:
    """Return the cells of a province and of the masts within reach of its border."""
    row0, col0 = province_corner(number)
    around = -(-REACH_CELLS // BLOCK_CELLS)
    first_row, first_col = row0 // BLOCK_CELLS, col0 // BLOCK_CELLS
    last_row, last_col = PROVINCE_ROWS * BLOCKS_OF_PROVINCE, PROVINCE_COLUMNS * BLOCKS_OF_PROVINCE
    sites = pd.concat(
        [
            _block(seed, row, col).sites
            for row in range(
                max(first_row - around, 0),
                min(first_row + BLOCKS_OF_PROVINCE + around, last_row),
            )
            for col in range(
                max(first_col - around, 0),
                min(first_col + BLOCKS_OF_PROVINCE + around, last_col),
            )
        ],
        ignore_index=True,
    )
    beyond = np.hypot(
        *(
            np.maximum(np.maximum(start - sites[axis], sites[axis] - start - PROVINCE_CELLS + 1), 0)
            for axis, start in (("row", row0), ("col", col0))
        )
    )
    return pd.DataFrame(
        [
            cell
            for site in sites[beyond <= REACH_CELLS].to_dict("records")
            for carrier in _carriers(site)
            for cell in _sectors(site, carrier)
        ]
    )


def _carriers(site: dict[Any, Any]) -> Iterator[Carrier]:
    if site["has_3g"]:
        yield UMTS
    yield LTE_1800
    if site["has_5g"]:
        yield NR[OPERATORS.index(site["operator"])]


def _sectors(site: dict[Any, Any], carrier: Carrier) -> Iterator[dict[str, object]]:
    for sector in range(3):
        yield {
            "cell_id": f"{site['site_id']}-{carrier.label}-{sector + 1}",
            "site_id": site["site_id"],
            "mast_id": site["mast_id"],
            "operator": site["operator"],
            "technology": carrier.technology,
            "frequency_mhz": carrier.frequency_mhz,
            "bandwidth_mhz": carrier.bandwidth_mhz,
            "row": site["row"],
            "col": site["col"],
            "antenna_height_m": site["antenna_height_m"],
            "azimuth_deg": site["azimuth_deg"] + 120 * sector,
            "beamwidth_deg": 65,
            "downtilt_deg": 4,
            "tx_power_dbm": carrier.tx_power_dbm,
            "antenna_gain_dbi": carrier.antenna_gain_dbi,
            "feeder_loss_db": carrier.feeder_loss_db,
            "backhaul": "microwave" if site["is_far"] else "fibre",
            "power": "grid",
            "status": "active",
        }


def _commune_code(row: int, col: int) -> str:
    """Return a code that stands in no official list."""
    return f"{90_000 + row * PROVINCE_COLUMNS * BLOCKS_OF_PROVINCE + col:05d}"


def _commune_name(row: int, col: int) -> str:
    place = (row % BLOCKS_OF_PROVINCE) * BLOCKS_OF_PROVINCE + col % BLOCKS_OF_PROVINCE
    turn, which = divmod(place, len(COMMUNE_NAMES))
    return COMMUNE_NAMES[which] + (f" {turn + 1}" if turn else "")


def _communes(own: Sequence[Place], villages: pd.DataFrame, number: int) -> gpd.GeoDataFrame:
    codes = [_commune_code(*at) for at in own]
    totals = villages.groupby("commune_code")[["population", "households"]].sum().loc[codes]
    return gpd.GeoDataFrame(
        {
            "commune_code": codes,
            "name": [_commune_name(*at) for at in own],
            "full_name": [f"Xã {_commune_name(*at)}" for at in own],
            "population": totals["population"].to_numpy(),
            "households": totals["households"].to_numpy(),
            "province_code": f"S{number + 1:02d}",
            "edition": EDITION,
        },
        geometry=[
            shapely.box(
                WEST_M + col * _BLOCK_M,
                NORTH_M - (row + 1) * _BLOCK_M,
                WEST_M + (col + 1) * _BLOCK_M,
                NORTH_M - row * _BLOCK_M,
            )
            for row, col in own
        ],
        crs=CRS,
    )


def _links(seed: int, own: Sequence[Place]) -> gpd.GeoDataFrame:
    """Return roads from each seat to those in the east and the south of it."""
    ends = [
        ((row, col), (row + down, col + right))
        for row, col in own
        for down, right in ((0, 1), (1, 0))
        if row + down < PROVINCE_ROWS * BLOCKS_OF_PROVINCE
        and col + right < PROVINCE_COLUMNS * BLOCKS_OF_PROVINCE
    ]
    shapes = [
        shapely.LineString([_xy(*_block(seed, *one).seat), _xy(*_block(seed, *other).seat)])
        for one, other in ends
    ]
    return gpd.GeoDataFrame(
        {"road_class": ["provincial"] * len(shapes), "surface": "paved"}, geometry=shapes, crs=CRS
    )


def _village_roads(seed: int, own: Sequence[Place]) -> gpd.GeoDataFrame:
    shapes = []
    for at in own:
        block = _block(seed, *at)
        cells = list(zip(block.villages["row"], block.villages["col"], strict=True))
        shapes += [
            shapely.LineString([_xy(*block.seat), _xy(*cell)])
            for number, cell in enumerate(cells[1:])
            if number % 8
        ]
    return gpd.GeoDataFrame(
        {"road_class": ["village"] * len(shapes), "surface": "unpaved"}, geometry=shapes, crs=CRS
    )


def _lines(links: gpd.GeoDataFrame, *, kind: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": kind}, index=links.index, geometry=links.geometry, crs=CRS)


def _fibre_nodes(seed: int, own: Sequence[Place]) -> pd.DataFrame:
    seats = [_block(seed, *at).seat for at in own]
    return pd.DataFrame(
        {
            "node_id": [f"F{row:03d}{col:02d}" for row, col in own],
            "name": [_commune_name(*at) for at in own],
            "row": [row for row, _ in seats],
            "col": [col for _, col in seats],
            "kind": "commune_pop",
        }
    )


def _xy(row: Any, col: Any) -> tuple[Any, Any]:
    """Return the centre of a cell in metres."""
    return WEST_M + (col + 0.5) * CELL_M, NORTH_M - (row + 0.5) * CELL_M


def _with_degrees(table: pd.DataFrame) -> pd.DataFrame:
    """Replace `row` and `col` by `longitude` and `latitude`, in their place."""
    points = gpd.GeoSeries.from_xy(*_xy(table["row"], table["col"]), crs=CRS).to_crs("EPSG:4326")
    found = table.rename(columns={"row": "longitude", "col": "latitude"})
    found["longitude"], found["latitude"] = points.x.round(7), points.y.round(7)
    return found
