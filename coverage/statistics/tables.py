"""Tables of counts: wide ones by commune or district, and one long one of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.params import TECHNOLOGIES, SwitchOff, Technology
from coverage.statistics.counting import (
    AREA,
    MEASURES,
    Counts,
    covered,
    known,
    share_of,
    unit_areas,
    village_counts,
)
from coverage.statistics.scopes import ANY, CLASS_CODES, UNKNOWN, Codes, Key
from coverage.statistics.units import Level

_GAP_STATES: Final = 3
"""No future gap, a future gap, not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that is counted.

    `codes` and `cells` are keyed by (technology, scope): the class of each village, and the raster
    cells of each commune by class. `gap_codes` holds 0 no future gap, 1 a future gap, 2 not known.
    """

    weights: Mapping[str, Counts]
    codes: Mapping[Key, Codes]
    cells: Mapping[Key, Counts]
    area_km2: Counts
    gap_codes: np.ndarray[Any, Any]
    ends: SwitchOff
    date: str


def wide_table(level: Level, material: Material, *, scope: str = ANY) -> pd.DataFrame:
    """Return a row per unit: its villages, households, people and area, and what is covered.

    Columns are those of `communes.csv`; the first is named for the level. Areas are empty where the
    edition's shapes are not known.
    """
    columns: dict[str, Any] = {
        f"{level.name}_code": [code for code, _ in level.units],
        "name": [name for _, name in level.units],
        "edition": level.edition,
        "date": material.date,
        AREA: _total_areas(level, material),
    }
    for measure, weight in material.weights.items():
        columns[measure] = np.bincount(
            level.village, weights=weight, minlength=len(level.units)
        ).astype(np.int64)
    for technology in TECHNOLOGIES:
        columns |= _of_technology(level, material, technology, scope)
    gaps = {m: _gap_counts(level, material, m) for m in MEASURES}
    columns |= {f"{m}_future_gap": counts[:, 1].astype(np.int64) for m, counts in gaps.items()}
    columns["villages_future_gap_unknown"] = gaps["villages"][:, 2].astype(np.int64)
    return pd.DataFrame(columns)


def _total_areas(level: Level, material: Material) -> Counts:
    total = np.full(len(level.units), np.nan)
    if level.commune is not None:
        total[np.unique(level.commune)] = 0.0
        np.add.at(total, level.commune, material.area_km2)
    return total.round(3)


def _of_technology(
    level: Level, material: Material, technology: Technology, scope: str
) -> dict[str, Any]:
    tag = technology.lower()
    counts = {m: _counts(level, material, (technology, scope), m) for m in MEASURES}
    columns: dict[str, Any] = {}
    for measure, by_class in counts.items():
        columns[f"{measure}_covered_{tag}"] = covered(by_class).astype(np.int64)
        columns[f"{measure}_known_{tag}"] = known(by_class).astype(np.int64)
        columns[f"{measure}_covered_share_{tag}"] = share_of(covered(by_class), known(by_class))
    for name in ("good", "weak", "none", "unknown"):
        of_class = counts["villages"][:, CLASS_CODES.index(name)]
        columns[f"villages_{name}_{tag}"] = of_class.astype(np.int64)
    area = _areas(level, material, (technology, scope))
    part, whole = covered(area), known(area)
    columns[f"area_known_share_{tag}"] = share_of(whole, area.sum(axis=1))
    columns[f"area_covered_share_{tag}"] = share_of(part, whole)
    columns[f"area_covered_km2_{tag}"] = np.where(whole > 0, part, np.nan).round(3)
    return columns


def long_table(levels: tuple[Level, ...], material: Material) -> pd.DataFrame:
    """Return a row per level, edition, unit, technology, scope and measure.

    `covered` of `known` is the share; `unknown` stands beside, and the three classes and `unknown`
    add up to `total`. `future_gap` is filled for a technology that ends, under the scope "any".
    """
    return pd.concat([_long(level, material) for level in levels], ignore_index=True)


def _long(level: Level, material: Material) -> pd.DataFrame:
    measures = (*MEASURES, *([AREA] if level.commune is not None else []))
    keys = _keys(material)
    rows = pd.MultiIndex.from_product([range(len(level.units)), range(len(keys)), measures])
    unit, key, measure = (rows.get_level_values(i).to_numpy() for i in range(3))
    counts = _by_unit([[_amounts(level, material, k, m) for m in measures] for k in keys])
    gaps = _by_unit([[_ending(level, material, k, m) for m in measures] for k in keys])
    ends = [material.ends.until(technology) for technology, _ in keys]
    return pd.DataFrame(
        {
            "level": level.name,
            "edition": level.edition,
            "code": np.array([code for code, _ in level.units], dtype=object)[unit],
            "name": np.array([name for _, name in level.units], dtype=object)[unit],
            "technology": np.array([technology for technology, _ in keys], dtype=object)[key],
            "scope": np.array([scope for _, scope in keys], dtype=object)[key],
            "unit": measure,
            **{name: counts[:, CLASS_CODES.index(name)] for name in ("good", "weak", "none")},
            "covered": covered(counts).round(3),
            "known": known(counts).round(3),
            "unknown": counts[:, UNKNOWN],
            "total": counts.sum(axis=1).round(3),
            "share": share_of(covered(counts), known(counts)),
            "future_gap": pd.Series(gaps[:, 1]).astype("Int64"),
            "future_gap_unknown": pd.Series(gaps[:, 2]).astype("Int64"),
            "service_until": np.array(ends, dtype=object)[key],
            "date": material.date,
        }
    )


def _keys(material: Material) -> list[Key]:
    present = {technology for technology, _ in material.codes}
    silent: list[Key] = [(t, ANY) for t in TECHNOLOGIES if t not in present]
    return sorted([*material.codes, *silent], key=lambda key: TECHNOLOGIES.index(key[0]))


def _by_unit(blocks: list[list[Counts]]) -> Counts:
    """Turn tables by key and measure into rows by unit, key and measure."""
    stacked = np.array(blocks).transpose(2, 0, 1, 3)
    return stacked.reshape(-1, stacked.shape[-1])


def _amounts(level: Level, material: Material, key: Key, measure: str) -> Counts:
    if measure == AREA:
        return _areas(level, material, key).round(3)
    return _counts(level, material, key, measure)


def _ending(level: Level, material: Material, key: Key, measure: str) -> Counts:
    """Return the states of future gaps where the technology ends; NaN elsewhere."""
    if measure == AREA or key[1] != ANY or not material.ends.until(key[0]):
        return np.full((len(level.units), _GAP_STATES), np.nan)
    return _gap_counts(level, material, measure)


def _counts(level: Level, material: Material, key: Key, measure: str) -> Counts:
    weight = material.weights[measure]
    codes = material.codes.get(key)
    if codes is None:
        codes = np.full(weight.size, UNKNOWN, dtype=np.uint8)
    return village_counts(level, codes, weight)


def _areas(level: Level, material: Material, key: Key) -> Counts:
    found = unit_areas(level, material.cells[key], material.area_km2)
    return np.full((len(level.units), len(CLASS_CODES)), np.nan) if found is None else found


def _gap_counts(level: Level, material: Material, measure: str) -> Counts:
    cell = level.village * _GAP_STATES + material.gap_codes
    size = len(level.units) * _GAP_STATES
    sums = np.bincount(cell, weights=material.weights[measure], minlength=size)
    return np.asarray(sums.reshape(-1, _GAP_STATES), float)
