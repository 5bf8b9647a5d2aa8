"""What the documents tell of a finished run: counted and put in order, not yet in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from shapely import Point
from shapely.geometry.base import BaseGeometry

from coverage.errors import InputDataError, Problem
from coverage.io.finished import PACKAGE, Finished, Layers
from coverage.io.manifests import RUN_FIRST, run_problem
from coverage.params import MAIN_TECHNOLOGY, SIGNAL_CLASSES, SignalClass
from coverage.text import Text, vietnamese_order

VERDICT: Final = f"verdict_{MAIN_TECHNOLOGY.lower()}"
_SOURCE: Final = f"verdict_source_{MAIN_TECHNOLOGY.lower()}"
_PREDICTED: Final = f"signal_class_{MAIN_TECHNOLOGY.lower()}"
_NEEDED: Final = (
    *("village_id", "name", "commune_code", "commune_name", "households", "has_grid_power"),
    *(VERDICT, _SOURCE, _PREDICTED, "cause_vi", "cause_en"),
    "priority_rank",
)
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of the text after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """A village: its signal by all evidence, and what stands in the way."""

    name: str
    commune_code: str
    commune_name: str
    households: int
    verdict: SignalClass
    source: str
    predicted: SignalClass
    cause: Text
    has_grid_power: bool | None
    is_extremely_difficult: bool | None
    rank: int
    place: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something a plan builds; money in whole units of the scenario's currency."""

    kind: str
    commune_code: str
    commune_name: str
    year: int
    capex: int
    villages_gained: int
    households_gained: int
    power: str
    backhaul: str
    place: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Villages, and the households in them."""

    villages: int
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commune:
    """A commune with its villages in order of rank, and the actions on its ground."""

    code: str
    name: str
    shape: BaseGeometry | None
    villages: tuple[Village, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the documents tell of a run.

    `actions` is None where the run has no plan; `layers` holds what the sketch maps draw.
    """

    title: str
    date: str
    data_dates: str
    synthetic_roles: tuple[str, ...] | None
    currency: str
    thresholds: dict[str, Any]
    fingerprint: str
    version: str
    communes: tuple[Commune, ...]
    actions: tuple[Action, ...] | None
    layers: Layers

    @property
    def villages(self) -> tuple[Village, ...]:
        """All villages in order of rank."""
        every = (village for commune in self.communes for village in commune.villages)
        return tuple(sorted(every, key=lambda village: village.rank))


def tallies(villages: Sequence[Village]) -> dict[SignalClass, Tally]:
    """Count villages and households of each class, by the verdict."""
    return {
        name: tally([village for village in villages if village.verdict == name])
        for name in SIGNAL_CLASSES
    }


def tally(villages: Sequence[Village]) -> Tally:
    """Count villages and their households."""
    return Tally(villages=len(villages), households=sum(v.households for v in villages))


def lacking(villages: Sequence[Village]) -> list[Village]:
    """Return those without good signal, the unknown among them."""
    return [village for village in villages if village.verdict != "good"]


def facts_of(run: Finished) -> Facts:
    """Read the facts of a finished run.

    Raises
    ------
    InputDataError
        Where its package lacks a layer or a column that the documents need.
    """
    _check(run)
    manifest, layers = run.manifest, run.layers
    shapes = layers["communes"]
    actions = None
    if "actions" in layers:
        actions = tuple(_actions(layers["actions"], shapes))
    roles = tuple(str(role) for role in manifest.get("synthetic_roles", ()))
    days = sorted({str(day) for day in shapes["date"].dropna() if str(day)})
    return Facts(
        title=printable(run.title),
        date=str(manifest["project"].get("date") or ""),
        data_dates=", ".join(days),
        synthetic_roles=roles if run.is_synthetic else None,
        currency=str(manifest["scenario"].get("costs", {}).get("currency", "VND")),
        thresholds=dict(manifest["scenario"]["thresholds"]),
        fingerprint=str(manifest.get("fingerprint", "")),
        version=str(manifest["software"].get("version", "")),
        communes=_communes(shapes, _villages(layers["villages"]), actions or ()),
        actions=actions,
        layers=layers,
    )


def printable(value: object) -> str:
    """Return text without what no document can hold: control signs, broken and turning letters."""
    kept = (
        " " if unicodedata.category(c) == "Cc" else c
        for c in str(value)
        if unicodedata.category(c) not in {"Cs", "Cn", "Co"} and c not in _TURNING
    )
    return " ".join("".join(kept).split())


def _check(run: Finished) -> None:
    problems: list[Problem] = []
    for layer, needed in (("villages", _NEEDED), ("communes", ("commune_code", "name", "date"))):
        columns = run.layers[layer].columns if layer in run.layers else ()
        if absent := [name for name in needed if name not in columns]:
            listed = ", ".join(absent)
            what = Text(f"lớp {layer} thiếu {listed}", f"layer {layer} lacks {listed}")
            problems.append(run_problem(PACKAGE, "missing_column", what, RUN_FIRST))
    if not isinstance(run.manifest["scenario"].get("thresholds"), dict):
        what = Text("bản kê thiếu ngưỡng sóng", "the manifest lacks the thresholds")
        problems.append(run_problem("manifest.json", "missing_thresholds", what, RUN_FIRST))
    if problems:
        raise InputDataError(problems)


def _villages(layer: gpd.GeoDataFrame) -> list[Village]:
    found = [
        Village(
            name=printable(row["name"]) or printable(row["village_id"]),
            commune_code=_text(row["commune_code"]),
            commune_name=_text(row["commune_name"]),
            households=_whole(row["households"]),
            verdict=_class(row[VERDICT]),
            source=_text(row[_SOURCE]),
            predicted=_class(row[_PREDICTED]),
            cause=Text(_text(row["cause_vi"]), _text(row["cause_en"])),
            has_grid_power=_truth(row["has_grid_power"]),
            is_extremely_difficult=_truth(row.get("extremely_difficult")),
            rank=_whole(row["priority_rank"]),
            place=_place(row["geometry"]),
        )
        for row in layer.to_dict("records")
    ]
    return sorted(found, key=lambda village: village.rank)


def _actions(layer: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> list[Action]:
    """Return actions by year, each with the commune whose ground it stands on."""
    found = []
    for row in layer.to_dict("records"):
        around = communes[communes.contains(row["geometry"])]
        found.append(
            Action(
                kind=_text(row["kind"]),
                commune_code=_text(around["commune_code"].iloc[0]) if len(around) else "",
                commune_name=_text(around["name"].iloc[0]) if len(around) else "",
                year=_whole(row["phase"]),
                capex=_whole(row["capex"]),
                villages_gained=_whole(row["villages_gained"]),
                households_gained=_whole(row["households_gained"]),
                power=_text(row["power"]),
                backhaul=_text(row["backhaul_kind"]),
                place=row["geometry"],
            )
        )
    return sorted(found, key=lambda action: action.year)


def _communes(
    layer: gpd.GeoDataFrame, villages: Sequence[Village], actions: Sequence[Action]
) -> tuple[Commune, ...]:
    """Return communes by name; those that only villages name stand without a shape."""
    named = {village.commune_code: village.commune_name for village in villages}
    shapes: dict[str, BaseGeometry | None] = dict.fromkeys(named)
    for row in layer.to_dict("records"):
        code = _text(row["commune_code"])
        if code or code in named:
            named[code], shapes[code] = _text(row["name"]), _place(row["geometry"])
    return tuple(
        Commune(
            code=code,
            name=named[code],
            shape=shapes[code],
            villages=tuple(v for v in villages if v.commune_code == code),
            actions=tuple(a for a in actions if a.commune_code == code),
        )
        for code in sorted(named, key=lambda code: (not code, vietnamese_order(named[code]), code))
    )


def _place(shape: Any) -> Any:
    """Return a shape, None for an empty one."""
    return None if shape is None or shape.is_empty else shape


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else printable(value)  # type: ignore[call-overload]


def _whole(value: Any) -> int:
    return 0 if value is None or pd.isna(value) else round(value)


def _class(value: Any) -> SignalClass:
    return value if value in SIGNAL_CLASSES else "unknown"


def _truth(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
