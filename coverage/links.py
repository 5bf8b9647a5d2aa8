"""Backhaul without a cable: microwave hops over the terrain, relays, and satellite.

Places are rows of a table with `place_id`, `x_m`, `y_m` (metres of the grid), `height_m` (of the
dish above ground), `is_node` (it has backhaul already) and, for relays, `has_tower`. Hops name them
by position. What shares a mast is one place: places at the same point are not joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage.costs import Cost, item_cost
from coverage.grid import FloatArray, Grid
from coverage.params import CostRules, LinkRules
from coverage.propagation.hop_clearance import hop_rooms_m
from coverage.text import without_accents

_KINDS: Final = {
    "fibre": ("fibre", "fiber", "quang", "cap quang", "ftth", "ftts", "optical"),
    "microwave": ("microwave", "vi ba", "viba", "mw", "radio"),
    "satellite": ("satellite", "ve tinh", "vsat", "leo"),
}
SATELLITE_ITEM: Final = "satellite_backhaul"
"""Price item of the link of last resort."""
_NO_CLUTTER: Final = np.empty((0, 0), dtype=np.float32)

IndexArray = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backhaul:
    """The way of one place to a node: the places passed through, and what it costs.

    `path` holds positions from the place to the node, both included; it is empty where there is no
    way within the allowed number of hops. `cost` covers hops and relays, not the place itself.
    """

    path: tuple[int, ...]
    cost: Cost

    @property
    def hops(self) -> int:
        """Number of hops."""
        return max(len(self.path) - 1, 0)


def existing_masts(stations: gpd.GeoDataFrame, rules: LinkRules) -> pd.DataFrame:
    """Return the masts on air as places, one row a mast in the order of their ids.

    `backhaul` is the best kind of any site on the mast (fibre, then microwave, satellite, unknown);
    `sites` counts them. A mast `is_node` where its backhaul is of a kind in `rules.connect_to`. The
    dish hangs below the highest antenna.
    """
    active = stations[stations["status"] == "active"]
    mast = active["site_id"]
    if "mast_id" in active.columns:
        mast = active["mast_id"].where(active["mast_id"].fillna("") != "", mast)
    text = active["backhaul"] if "backhaul" in active.columns else pd.Series("", active.index)
    ranks = ["fibre", "microwave", "satellite", "unknown"]
    cells = pd.DataFrame(
        {
            "place_id": mast.astype(str),
            "site_id": active["site_id"],
            "x_m": active.geometry.x,
            "y_m": active.geometry.y,
            "height_m": active["antenna_height_m"],
            "rank": [ranks.index(backhaul_kind(value)) for value in text],
        }
    )
    masts = (
        cells.groupby("place_id", sort=True)
        .agg(
            x_m=("x_m", "first"),
            y_m=("y_m", "first"),
            height_m=("height_m", "max"),
            rank=("rank", "min"),
            sites=("site_id", "nunique"),
        )
        .reset_index()
    )
    masts["height_m"] = (masts["height_m"] - rules.dish_below_top_m).clip(lower=1.0)
    masts["backhaul"] = [ranks[rank] for rank in masts.pop("rank")]
    masts["is_node"] = masts["backhaul"].isin(rules.connect_to)
    return masts


def backhaul_kind(value: object) -> str:
    """Return the kind that a station table's word for backhaul means; "unknown" for any other."""
    word = without_accents(value) if isinstance(value, str) else ""
    for kind, words in _KINDS.items():
        if any(word.startswith(known) for known in words):
            return kind
    return "unknown"


def microwave_hops(
    places: pd.DataFrame,
    terrain_m: FloatArray,
    grid: Grid,
    *,
    rules: LinkRules,
    costs: CostRules,
    clutter_m: FloatArray | None = None,
) -> pd.DataFrame:
    """Try hops between neighbouring places.

    Parameters
    ----------
    places
        As told above. A place without a height, or outside the grid, gets no hop.
    terrain_m, grid
        Ground heights.
    rules, costs
        Bands, clearance, prices.
    clutter_m
        Height of what stands on the ground; None counts bare ground only.

    Returns
    -------
    DataFrame
        One row for each pair tried, ordered by (`start`, `end`), positions of places with
        start < end; pairs of two nodes are not tried. `length_m`, `band`, `frequency_mhz`;
        `status`: "clear", "raise" (clear if both masts rise by `raise_m`), "blocked" or "unknown"
        (terrain not known on the way); `raise_m`: 0 where clear, NaN where blocked or unknown;
        `capex_vnd`, `opex_vnd_per_year` of the hop itself.
    """
    x_m, y_m = places["x_m"].to_numpy(dtype=float), places["y_m"].to_numpy(dtype=float)
    height_m = places["height_m"].to_numpy(dtype=float)
    inside = (grid.rowcol(x_m, y_m)[0] >= 0) & ~np.isnan(height_m)
    start, end = _pairs(x_m, y_m, inside, places["is_node"].to_numpy(dtype=bool), rules)
    length_m = np.hypot(x_m[end] - x_m[start], y_m[end] - y_m[start])
    reach_m = np.array([band.max_length_km * 1000.0 for band in rules.bands])
    band = np.searchsorted(reach_m, length_m)
    col = (x_m - grid.west_m) / grid.resolution_m
    row = (grid.north_m - y_m) / grid.resolution_m
    room_m = hop_rooms_m(
        terrain_m,
        _NO_CLUTTER if clutter_m is None else clutter_m,
        grid.resolution_m,
        np.column_stack([col[start], row[start], col[end], row[end]]),
        np.column_stack([height_m[start], height_m[end]]),
        np.array([b.frequency_mhz for b in rules.bands])[band],
        np.array([(c.k_factor, c.fresnel_share, c.from_km * 1000.0) for c in rules.clearance]),
        -rules.max_raise_m,
    )
    unknown, blocked = np.isnan(room_m), room_m < -rules.max_raise_m
    price = [item_cost(costs, band.item) for band in rules.bands]
    return pd.DataFrame(
        {
            "start": start,
            "end": end,
            "length_m": np.round(length_m, 1),
            "band": np.array([b.name for b in rules.bands], dtype=object)[band],
            "frequency_mhz": np.array([b.frequency_mhz for b in rules.bands])[band],
            "status": np.select(
                [unknown, blocked, room_m < 0.0], ["unknown", "blocked", "raise"], "clear"
            ),
            "raise_m": np.where(
                unknown | blocked, np.nan, np.ceil(np.maximum(-room_m, 0.0) * 10.0) / 10.0
            ),
            "capex_vnd": np.array([p.capex_vnd for p in price])[band],
            "opex_vnd_per_year": np.array([p.opex_vnd_per_year for p in price])[band],
        }
    )


def cheapest_backhaul(
    places: pd.DataFrame, hops: pd.DataFrame, *, rules: LinkRules, costs: CostRules
) -> list[Backhaul]:
    """Find each place's cheapest way (by capex) over clear hops to a node.

    A way passes through at most `rules.max_hops` hops. A place that has no tower yet (`has_tower`
    is False; without the column all have one) costs a relay tower where a way passes through it.
    Ties go to fewer hops, then to the earlier place. Nodes have an empty path of no cost.
    """
    count = len(places)
    is_node = places["is_node"].to_numpy(dtype=bool)
    relay = item_cost(costs, "relay_tower")
    has_tower = (
        places["has_tower"].to_numpy(dtype=bool)
        if "has_tower" in places.columns
        else np.ones(count, dtype=bool)
    )
    clear = hops[hops["status"] == "clear"]
    start, end = clear["start"].to_numpy(), clear["end"].to_numpy()
    tail, head = np.concatenate([start, end]), np.concatenate([end, start])
    hop_capex = np.tile(clear["capex_vnd"].to_numpy(dtype=float), 2)
    hop_opex = np.tile(clear["opex_vnd_per_year"].to_numpy(dtype=np.int64), 2)
    # The way of `tail` goes on through `head`, which becomes a relay unless it is a node.
    through = np.where(is_node | has_tower, 0.0, float(relay.capex_vnd))[head]
    best = np.where(is_node, 0.0, np.inf)
    layers = []
    for _ in range(rules.max_hops):
        offer = best[head] + hop_capex + through
        order = np.lexsort((head, offer, tail))
        first = order[np.concatenate([[True], np.diff(tail[order]) != 0])] if order.size else order
        better = first[offer[first] < best[tail[first]]]
        chosen = np.full(count, -1, dtype=np.int64)
        chosen[tail[better]] = better
        best = best.copy()
        best[tail[better]] = offer[better]
        layers.append(chosen)
    hop_cost = [
        Cost(capex_vnd=int(capex), opex_vnd_per_year=int(opex))
        for capex, opex in zip(hop_capex, hop_opex, strict=True)
    ]
    relay_cost = [Cost() if known else relay for known in is_node | has_tower]
    return [
        _walked(place, layers, head=head, hop_cost=hop_cost, relay_cost=relay_cost)
        for place in range(count)
    ]


def satellite_cost(costs: CostRules) -> Cost:
    """Return the cost of the last resort, which needs neither a road nor a line of sight."""
    return item_cost(costs, SATELLITE_ITEM)


def _pairs(
    x_m: np.ndarray[Any, Any],
    y_m: np.ndarray[Any, Any],
    usable: np.ndarray[Any, Any],
    is_node: np.ndarray[Any, Any],
    rules: LinkRules,
) -> tuple[IndexArray, IndexArray]:
    """Pairs where one is among the other's nearest, in reach of a band, not both nodes."""
    index = np.flatnonzero(usable)
    none = np.empty(0, dtype=np.int64)
    if index.size < 2:  # noqa: PLR2004 - a pair
        return none, none
    tree = cKDTree(np.column_stack([x_m[index], y_m[index]]))
    near = min(rules.neighbours + 1, index.size)
    found = tree.query(tree.data, k=near)
    one = np.repeat(np.arange(index.size), near)
    gap_m, other = np.ravel(found[0]), np.ravel(found[1])
    kept = (one != other) & (gap_m > 0.0) & (gap_m <= rules.bands[-1].max_length_km * 1000.0)
    one, other = index[one[kept]], index[other[kept]]
    both = np.unique(np.column_stack([np.minimum(one, other), np.maximum(one, other)]), axis=0)
    both = both[~(is_node[both[:, 0]] & is_node[both[:, 1]])]
    return both[:, 0].astype(np.int64), both[:, 1].astype(np.int64)


def _walked(
    place: int,
    layers: list[IndexArray],
    *,
    head: IndexArray,
    hop_cost: list[Cost],
    relay_cost: list[Cost],
) -> Backhaul:
    """Follow the choices from the last layer down to a node."""
    path, cost = [place], Cost()
    for chosen in reversed(layers):
        hop = chosen[path[-1]]
        if hop >= 0:
            path.append(int(head[hop]))
            cost += hop_cost[hop] + relay_cost[path[-1]]
    return Backhaul(path=tuple(path) if len(path) > 1 else (), cost=cost)
