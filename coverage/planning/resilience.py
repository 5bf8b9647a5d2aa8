"""Which single mast, link or node, if lost, cuts off most people: as it is, and with the plan.

Of the network that stands only the masts are known, not how they hang on each other: what is lost
there is the service of the mast itself. In the plan an action lost takes along all that is fed
through it, and a mast that stands takes along what the plan puts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.links import existing_masts
from coverage.model import Plan, Result
from coverage.params import MAIN_TECHNOLOGY, Scenario
from coverage.planning.chains import behind, feeders, places
from coverage.planning.outages import Outages
from coverage.planning.plan import Prospect
from coverage.prediction import Keeper, Workers
from coverage.text import without_accents

ELEMENTS: Final = ("mast", "site", "link", "fibre_route", "fibre_node")
COLUMNS: Final = (
    *("network", "outage_rank", "element", "element_id", "longitude", "latitude"),
    *("villages_lost", "households_lost", "population_lost", "actions_lost", "operators_lost"),
    *("element_backhaul", "element_power", "is_solar_only", "is_single_homed", "village_ids_lost"),
)
BehindAll = Callable[[Iterable[str]], tuple[str, ...]]
"""Actions and all that is fed through them."""
_STANDS: Final = "M|"
_PLANNED: Final = "A|"
_SOLAR: Final = frozenset(
    {"solar", "mat troi", "pin mat troi", "dien mat troi", "nang luong mat troi"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """What may be lost, and the masts and actions that fall silent with it."""

    kind: str
    name: str
    place: shapely.Point
    masts: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    operators: str = ""
    backhaul: str = ""
    power: str = ""
    is_solar_only: bool | None = None
    is_single_homed: bool | None = None

    @property
    def silent(self) -> list[str]:
        return [_STANDS + name for name in self.masts] + [_PLANNED + name for name in self.actions]


def with_resilience(
    prospect: Prospect,
    plan: Plan,
    *,
    workers: Workers | None = None,
    keeper: Keeper | None = None,
) -> Plan:
    """Return the plan with its table of what is lost with a single element.

    Rows are elements without which some village has no 4G of any operator, in the order of the
    people cut off, before the plan ("before") and with it ("with_plan"). `element`: mast (with all
    operators on it), site (an action), link (microwave), fibre_route (a piece of new fibre),
    fibre_node (with the actions the plan joins to it). Flags are empty where they are not known:
    how a mast that stands is fed is not, beyond its kind.
    """
    result = prospect.result
    standing = _standing(result, prospect.scenario)
    planned = plan.stations.assign(operator=_PLANNED + plan.stations["site_id"], status="active")
    cells = gpd.GeoDataFrame(
        pd.concat([frame for frame in (standing, planned) if len(frame)] or [standing]),
        geometry="geometry",
        crs=result.inputs.grid.crs,
    ).reset_index(drop=True)
    outages = Outages(result, cells, workers=workers, keeper=keeper)
    now = frozenset(standing["operator"])
    masts = _masts(result, prospect.scenario)
    tables = [
        _table("before", result, masts, outages, now),
        _table(
            "with_plan",
            result,
            _elements(prospect, plan, masts),
            outages,
            now | frozenset(planned["operator"]),
        ),
    ]
    filled = [table for table in tables if len(table)] or tables[:1]
    return replace(plan, resilience=pd.concat(filled, ignore_index=True))


def _standing(result: Result, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the 4G cells that the run counted, each with its mast as the operator."""
    stations = result.inputs.stations
    statuses = ["active", "planned"] if scenario.radio.use_planned else ["active"]
    chosen = stations["status"].isin(statuses) & (stations["technology"] == MAIN_TECHNOLOGY)
    cells: gpd.GeoDataFrame = stations[chosen]
    return cells.assign(operator=_STANDS + _mast_ids(cells))


def _mast_ids(stations: pd.DataFrame) -> pd.Series:
    site = stations["site_id"].astype(str)
    if "mast_id" not in stations.columns:
        return site
    return stations["mast_id"].where(stations["mast_id"].fillna("") != "", site).astype(str)


def _masts(result: Result, scenario: Scenario) -> list[_Element]:
    """Return the masts on air."""
    stations = result.inputs.stations
    known = existing_masts(stations, scenario.links)
    active = stations[stations["status"] == "active"]
    groups = dict(tuple(active.groupby(_mast_ids(active).to_numpy())))
    found = []
    for mast in known.to_dict("records"):
        name = str(mast["place_id"])
        here = groups[name]
        power = sorted({str(value) for value in here.get("power", pd.Series()).dropna()} - {""})
        found.append(
            _Element(
                kind="mast",
                name=name,
                place=shapely.Point(mast["x_m"], mast["y_m"]),
                masts=(name,),
                operators=", ".join(sorted(set(here["operator"].astype(str)))),
                backhaul=str(mast["backhaul"]),
                power=", ".join(power),
                is_solar_only=all(without_accents(p) in _SOLAR for p in power) if power else None,
            )
        )
    return found


def _elements(prospect: Prospect, plan: Plan, masts: Iterable[_Element]) -> list[_Element]:
    """Return what may be lost once the plan is built."""
    feeder = feeders(prospect, plan)
    place = places(prospect, plan)
    at_mast, at_node = _joined(plan, feeder, place)

    def behind_all(first: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({action for name in first for action in behind(feeder, name)}))

    links = [
        _Element(
            kind="link",
            name=str(link["link_id"]),
            place=link["geometry"].interpolate(0.5, normalized=True),
            actions=behind_all([str(link["from_id"])]),
            backhaul="microwave",
        )
        for link in plan.links.to_dict("records")
    ]
    return [
        *(replace(mast, actions=behind_all(at_mast.get(mast.name, ()))) for mast in masts),
        *_sites(plan, place, behind_all),
        *links,
        *_pieces(prospect, plan, behind_all),
        *_nodes(prospect.result, at_node, behind_all),
    ]


def _joined(
    plan: Plan, feeder: Mapping[str, str], place: Mapping[str, str]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the actions on or linked to each mast that stands, and joined to each fibre node."""
    at_mast: dict[str, list[str]] = {}
    at_node: dict[str, list[str]] = {}
    for row in plan.actions.drop(columns="geometry").to_dict("records"):
        action, end = str(row["action_id"]), str(row["backhaul_to"])
        if place.get(action, "").startswith("M-"):
            at_mast.setdefault(place[action].removeprefix("M-"), []).append(action)
        elif end and action not in feeder:
            joined = at_node if row["backhaul_kind"] == "fibre" else at_mast
            joined.setdefault(end, []).append(action)
    return at_mast, at_node


def _sites(plan: Plan, place: Mapping[str, str], behind_all: BehindAll) -> list[_Element]:
    """Return the actions that stand on their own ground; each has one link alone."""
    return [
        _Element(
            kind="site",
            name=str(row["action_id"]),
            place=row["geometry"],
            actions=behind_all([str(row["action_id"])]),
            backhaul=str(row["backhaul_kind"]),
            power=str(row["power"]),
            is_solar_only=bool(row["power"] == "solar"),
            is_single_homed=True,
        )
        for row in plan.actions.to_dict("records")
        if not place.get(str(row["action_id"]), "M-").startswith("M-")
    ]


def _nodes(
    result: Result, at_node: Mapping[str, list[str]], behind_all: BehindAll
) -> list[_Element]:
    """Return the fibre nodes with the actions that the plan joins to them."""
    nodes = result.inputs.fibre_nodes
    if nodes is None:
        return []
    where = dict(zip(nodes["node_id"].astype(str), nodes.geometry, strict=True))
    return [
        _Element(
            kind="fibre_node",
            name=name,
            place=where[name],
            actions=behind_all(actions),
            backhaul="fibre",
        )
        for name, actions in sorted(at_node.items())
        if name in where
    ]


def _pieces(prospect: Prospect, plan: Plan, behind_all: BehindAll) -> list[_Element]:
    """Return the pieces of new fibre, each with the actions joined through it.

    A piece runs from the node outwards; it feeds what starts where it ends.
    """
    network, pieces = prospect.network, plan.fibre_routes
    if network.fibre is None or pieces.empty:
        return []
    ends = [(line.coords[0], line.coords[-1]) for line in pieces.geometry]
    number = {str(name): i for i, name in enumerate(network.nodes["place_id"])}
    at_end: dict[tuple[float, ...], list[str]] = {}
    for action, name in places(prospect, plan).items():
        if name in number:
            vertex = int(network.fibre.place_vertex[number[name]])
            if vertex >= 0:
                spot = tuple(network.fibre.vertices_m[vertex].tolist())
                at_end.setdefault(spot, []).append(action)
    by_fibre = set(plan.actions.loc[plan.actions["backhaul_kind"] == "fibre", "action_id"])
    found = []
    for own, piece in enumerate(pieces.to_dict("records")):
        through, reached = [own], [ends[own][1]]
        for end in reached:
            further = [i for i, (start, _) in enumerate(ends) if start == end and i not in through]
            through += further
            reached += [ends[i][1] for i in further]
        joined = [a for end in dict.fromkeys(reached) for a in at_end.get(end, ())]
        found.append(
            _Element(
                kind="fibre_route",
                name=str(piece["segment_id"]),
                place=piece["geometry"].interpolate(0.5, normalized=True),
                actions=behind_all([a for a in joined if a in by_fibre]),
                backhaul="fibre",
            )
        )
    return found


def _table(
    network: str,
    result: Result,
    elements: list[_Element],
    outages: Outages,
    on_air: frozenset[str],
) -> pd.DataFrame:
    """Return the elements without which some village is cut off, the worst first."""
    villages = result.villages
    people = villages["population"].to_numpy(dtype=np.int64)
    households = villages["households"].to_numpy(dtype=np.int64)
    ids = villages["village_id"].astype(str).to_numpy(dtype=object)
    losses = outages.losses(on_air, [element.silent for element in elements])
    degrees = gpd.GeoSeries(
        [element.place for element in elements], crs=result.inputs.grid.crs
    ).to_crs("EPSG:4326")
    rows: list[dict[str, Any]] = [
        {
            "network": network,
            "element": element.kind,
            "element_id": element.name,
            "longitude": round(float(point.x), 6),
            "latitude": round(float(point.y), 6),
            "villages_lost": int(lost.sum()),
            "households_lost": int(households[lost].sum()),
            "population_lost": int(people[lost].sum()),
            "actions_lost": len(element.actions),
            "operators_lost": element.operators,
            "element_backhaul": element.backhaul,
            "element_power": element.power,
            "is_solar_only": element.is_solar_only,
            "is_single_homed": element.is_single_homed,
            "village_ids_lost": " ".join(ids[lost]),
        }
        for element, lost, point in zip(elements, losses, degrees, strict=True)
        if lost.any()
    ]
    rows.sort(
        key=lambda row: (
            -row["population_lost"],
            -row["households_lost"],
            -row["villages_lost"],
            ELEMENTS.index(row["element"]),
            row["element_id"],
        )
    )
    ranked = [row | {"outage_rank": rank} for rank, row in enumerate(rows, start=1)]
    table = pd.DataFrame(ranked, columns=list(COLUMNS))
    return table.astype({"is_solar_only": "boolean", "is_single_homed": "boolean"})
