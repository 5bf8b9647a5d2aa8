"""How villages reach communes of the layer, and what is told about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.administration import UnitKey, code_column
from coverage.errors import Problem
from coverage.io.commune_readings import Reading, Register, Row, Settled, table_edition
from coverage.io.commune_rules import (
    CODE_AGAINST_NAME,
    CODE_OF_TWO,
    COMMUNE_BY_NAME,
    COMMUNE_BY_PLACE,
    FORMER_CODE,
    FORMER_CODE_DIFFERS,
    LOST_ZEROS,
    NAME_NOT_FOUND,
    NAME_OF_SEVERAL,
    NO_COMMUNE,
    OUTSIDE_COMMUNE,
    UNKNOWN_COMMUNE,
    UNKNOWN_EDITION,
    UNKNOWN_FORMER_CODE,
)
from coverage.tables import Mask, Rule, rows_breaking
from coverage.text import Text, normalised

_OUTSIDE_COMMUNE_M: Final = 2_000.0

_SETTLED: Final = {
    "code": FORMER_CODE,
    "former_code": FORMER_CODE,
    "name": COMMUNE_BY_NAME,
    "similar_name": COMMUNE_BY_PLACE,
    "place": COMMUNE_BY_PLACE,
}
_ABOUT_NAMES: Final = (NAME_NOT_FOUND, NAME_OF_SEVERAL)
_REPAIRED: Final = (FORMER_CODE, COMMUNE_BY_NAME, COMMUNE_BY_PLACE)


def with_code_column(raw: pd.DataFrame) -> pd.DataFrame:
    """Give a village table that names communes in another way the column `commune_code`, empty."""
    other_ways = ("commune_name", "commune_code_")
    names = [normalised(str(name)) for name in raw.columns]
    if "commune_code" in names or not any(name.startswith(other_ways) for name in names):
        return raw
    return raw.assign(commune_code="")


def village_communes(
    villages: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    crosswalk: pd.DataFrame | None = None,
    file: str,
) -> tuple[gpd.GeoDataFrame, list[Problem], int]:
    """Bring each village to a commune of the layer, never by guessing.

    Parameters
    ----------
    villages
        Points; any of `commune_code`, `commune_name`, `edition` and `commune_code_EDITION`.
    communes
        The layer: `commune_code`, `name`; `full_name` and `edition` if given.
    crosswalk
        The project's own; None takes the shipped one.
    file
        Name of the villages' file, for messages.

    Returns
    -------
    tuple
        The villages with `commune_code` and `commune_name` of the layer, and their codes in other
        editions as far as known; the problems; and how many rows were repaired.
    """
    villages = villages.copy()
    register = Register(communes, crosswalk)
    stated, names = _texts(villages, "commune_code"), _texts(villages, "commune_name")
    known_codes = {code for _, code in register.names}
    codes = _with_zeros(stated, known_codes)
    former = {
        edition: _with_zeros(_texts(villages, code_column(edition)), known_codes)
        for edition in register.editions[1:]
    }
    editions = _texts(villages, "edition")
    strange = ~editions.isin({"", *register.editions})
    rows = [
        Row(code=code, name=name, edition=edition, former=tuple(others), place=place)
        for code, name, edition, others, place in zip(
            codes,
            names,
            editions.where(~strange, ""),
            _former_units(former, register, len(villages)),
            _holding_commune(villages, communes).fillna(""),
            strict=True,
        )
    ]
    readings = [register.read(row) for row in rows]
    prevailing = table_edition(readings)
    settled = [
        register.settle(reading, place=row.place, table_edition=prevailing)
        for row, reading in zip(rows, readings, strict=True)
    ]
    villages["commune_code"] = [one.code for one in settled]
    titles = communes.set_index("commune_code")["name"]
    villages["commune_name"] = villages["commune_code"].map(titles).fillna("")
    for edition, column in former.items():
        read = [one.unit[1] if one.unit and one.unit[0] == edition else "" for one in settled]
        if any(read) or column.any():
            villages[code_column(edition)] = column.where(column != "", read)
    if "edition" in villages.columns:
        villages["edition"] = [register.edition if one.code else "" for one in settled]
    told = [
        _rule_for(reading, one, register.edition)
        for reading, one in zip(readings, settled, strict=True)
    ]
    numbers = villages.index.to_numpy()
    lost: Mask = (codes != stated).to_numpy()
    problems = [
        *rows_breaking(LOST_ZEROS, lost, stated, file=file, column="commune_code", rows=numbers),
        *rows_breaking(
            UNKNOWN_EDITION,
            strange.to_numpy() & bool(register.edition),
            editions,
            file=file,
            column="edition",
            rows=numbers,
        ),
        *_told(told, rows, readings, register, file=file, numbers=numbers),
        *_former_problems(former, villages, register, file=file),
        *_far_from_their_commune(villages, communes, file),
    ]
    repaired = lost | np.array([rule in _REPAIRED for rule in told], dtype=bool)
    return villages, problems, int(repaired.sum())


def _texts(villages: gpd.GeoDataFrame, column: str) -> pd.Series:
    """Return a column as text; empty where there is none."""
    if column not in villages.columns:
        return pd.Series("", index=villages.index, dtype=object)
    texts: pd.Series = villages[column].fillna("").astype(str)
    return texts


def _with_zeros(codes: pd.Series, known: set[str]) -> pd.Series:
    """Put leading zeros back where that makes a code known."""
    padded = codes.str.zfill(max((len(code) for code in known), default=0))
    lost = ~codes.isin(known) & padded.isin(known) & (codes != "")
    return codes.where(~lost, padded)


def _former_units(
    former: dict[str, pd.Series], register: Register, count: int
) -> Iterator[list[UnitKey]]:
    """Yield, for each village, the units that its codes of other editions name."""
    for i in range(count):
        keys = [(edition, str(codes.iloc[i])) for edition, codes in former.items()]
        yield [key for key in keys if key in register.names]


def _rule_for(reading: Reading, one: Settled, edition: str) -> Rule | None:
    """Return what is to be told of a village; None where it stated a code of the layer."""
    if one.code:
        is_here = one.unit is None or one.unit[0] == edition
        return None if one.source == "code" and is_here else _SETTLED[one.source]
    if reading.is_conflict:
        return CODE_AGAINST_NAME
    if one.source in {"code", "former_code"}:
        return CODE_OF_TWO if reading.units else UNKNOWN_COMMUNE
    if one.source == "nothing":
        return NO_COMMUNE
    return NAME_OF_SEVERAL if one.source == "name" and reading.units else NAME_NOT_FOUND


def _told(
    rules: list[Rule | None],
    rows: list[Row],
    readings: list[Reading],
    register: Register,
    *,
    file: str,
    numbers: np.ndarray,
) -> list[Problem]:
    """Return a problem per rule, and for names one per name with what it may have meant."""
    problems: list[Problem] = []
    for rule in dict.fromkeys(rule for rule in rules if rule is not None):
        broken = np.array([one == rule for one in rules], dtype=bool)
        is_name = rule in _ABOUT_NAMES
        words = pd.Series([row.name if is_name else row.code or row.name for row in rows])
        column = "commune_name" if is_name or rule == COMMUNE_BY_NAME else "commune_code"
        if not is_name:
            problems += rows_breaking(rule, broken, words, file=file, column=column, rows=numbers)
            continue
        for name in dict.fromkeys(words[broken]):
            alike = broken & (words == name).to_numpy()
            units = readings[int(np.flatnonzero(alike)[0])].units
            problems += rows_breaking(
                _with_suggestions(rule, units, register),
                alike,
                words,
                file=file,
                column=column,
                rows=numbers,
            )
    return problems


def _with_suggestions(rule: Rule, units: tuple[UnitKey, ...], register: Register) -> Rule:
    if not units:
        return rule
    listed = ", ".join(f"{register.names[key]} ({key[1]}, {key[0]})" for key in units)
    fix = Text(f"{rule.fix.vi} Có phải: {listed}?", f"{rule.fix.en} Perhaps: {listed}?")
    return replace(rule, fix=fix)


def _former_problems(
    former: dict[str, pd.Series], villages: gpd.GeoDataFrame, register: Register, *, file: str
) -> list[Problem]:
    """Find codes of other editions that are not known, or lead to another commune."""
    problems: list[Problem] = []
    rows = villages.index.to_numpy()
    for edition, codes in former.items():
        column = code_column(edition)
        strange: Mask = np.array([bool(c) and (edition, c) not in register.names for c in codes])
        leads = [register.places([(edition, c)]) if c else frozenset() for c in codes]
        elsewhere: Mask = np.array(
            [
                bool(places) and bool(here) and here not in places
                for places, here in zip(leads, villages["commune_code"], strict=True)
            ]
        )
        for rule, broken in ((UNKNOWN_FORMER_CODE, strange), (FORMER_CODE_DIFFERS, elsewhere)):
            problems += rows_breaking(rule, broken, codes, file=file, column=column, rows=rows)
    return problems


def _holding_commune(villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    placed = villages.loc[villages.geometry.notna(), ["geometry"]]
    joined = gpd.sjoin(placed, communes[["commune_code", "geometry"]], predicate="within")
    joined = joined[~joined.index.duplicated()]
    held: pd.Series = joined["commune_code"].reindex(villages.index)
    return held


def _far_from_their_commune(
    villages: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, file: str
) -> list[Problem]:
    shapes = villages["commune_code"].map(communes.set_index("commune_code").geometry)
    distance_m = villages.geometry.distance(gpd.GeoSeries(shapes, crs=communes.crs)).to_numpy()
    accuracy_m = (
        villages["coordinate_accuracy_m"].fillna(0).to_numpy(dtype=float)
        if "coordinate_accuracy_m" in villages.columns
        else 0.0
    )
    with np.errstate(invalid="ignore"):
        far: Mask = distance_m > _OUTSIDE_COMMUNE_M + accuracy_m
    return rows_breaking(
        OUTSIDE_COMMUNE,
        far,
        villages["name"].astype(str),
        file=file,
        column="commune_code",
        rows=villages.index.to_numpy(),
    )
