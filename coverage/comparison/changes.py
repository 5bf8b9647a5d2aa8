"""What changed between the base run and another: village by village, in communes, in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from coverage.comparison.runs import Run
from coverage.params import SIGNAL_CLASSES, TECHNOLOGIES

BASES: Final = ("signal_class", "verdict")
"""What a class rests on: the prediction alone, or the most trusted source that knows."""
UNITS: Final = ("villages", "households", "population")
CHANGES: Final = (
    "better",
    "worse",
    "same",
    "became_unknown",
    "was_unknown",
    "unknown",
    "base_only",
    "other_only",
)
FLOWS: Final = (
    "better",
    "worse",
    "newly_covered",
    "no_longer_covered",
    "became_unknown",
    "was_unknown",
    "base_only",
    "other_only",
)
MONEY: Final = ("budget", "spent", "capex", "opex_per_year")
_GRADE: Final = {"none": 0, "weak": 1, "good": 2}
_COVERED: Final = ("good", "weak")
_KNOWN: Final = ("good", "weak", "none")
_SIDES: Final = ("base", "other")
_SCORE_DECIMALS: Final = 6
Row = dict[str, float | str | None]
_SHARE_DECIMALS: Final = 6


def village_changes(base: Run, other: Run) -> pd.DataFrame:
    """Return every village of either run by id, the two classes and what became of them.

    Name, commune, place and sizes are the base run's, and the other's where only it has the
    village. A positive `rank_change` is a move towards the first place.
    """
    ids = base.villages.index.union(other.villages.index).rename("village_id")
    a, b = base.villages.reindex(ids), other.villages.reindex(ids)
    in_a, in_b = ids.isin(base.villages.index), ids.isin(other.villages.index)
    first = a.where(pd.Series(in_a, index=ids), b)
    table = first[["name", "commune_code", "commune_name", "longitude", "latitude"]].copy()
    table.insert(0, "run", other.label)
    table["edition"] = np.where(in_a, base.edition, other.edition)
    table["presence"] = np.select([in_a & in_b, in_a], ["both", "base_only"], "other_only")
    for unit in ("households", "population"):
        table[unit] = first[unit].astype("Int64")
        table[f"{unit}_base"], table[f"{unit}_other"] = a[unit], b[unit]
    for technology in TECHNOLOGIES:
        for basis in BASES:
            column = f"{basis}_{technology.lower()}"
            table[f"{column}_base"], table[f"{column}_other"] = a[column], b[column]
            table[change_column(technology, basis)] = _change(
                a[column], b[column], table["presence"]
            )
    for name, change in (("priority_rank", "rank_change"), ("priority_score", "score_change")):
        table[f"{name}_base"], table[f"{name}_other"] = a[name], b[name]
        sign = -1 if name == "priority_rank" else 1
        table[change] = sign * (b[name] - a[name])
    table["score_change"] = table["score_change"].round(_SCORE_DECIMALS)
    table = table.reset_index()
    return table[["run", *(name for name in table.columns if name != "run")]]


def change_column(technology: str, basis: str = BASES[0]) -> str:
    """Return the column of `village_changes` that holds a change."""
    prefix = "" if basis == BASES[0] else f"{basis}_"
    return f"{prefix}change_{technology.lower()}"


def commune_changes(villages: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of `village_changes` by commune (edition, code) and technology."""
    rows = []
    # The name of a commune is the same in all its villages, an empty code is a group of its own.
    for keys, group in villages.groupby(["run", "edition", "commune_code"], sort=True):
        named = dict(zip(("run", "edition", "commune_code"), keys, strict=True))
        name = str(group["commune_name"].iloc[0])
        for technology in TECHNOLOGIES:
            row = named | {"commune_name": name, "technology": technology}
            for unit in UNITS:
                for side in _SIDES:
                    grades = _by_class(group, technology, unit, side)
                    row[f"{unit}_covered_{side}"] = sum(grades[c] for c in _COVERED)
                    row[f"{unit}_known_{side}"] = sum(grades[c] for c in _KNOWN)
                flows = _flows(group, technology, unit)
                row |= {f"{unit}_{flow}": count for flow, count in flows.items()}
            rows.append(row)
    return pd.DataFrame(rows)


def total_changes(villages: pd.DataFrame, base: Run, other: Run) -> pd.DataFrame:
    """Return the figures of the whole area, and of the plans where a run has one.

    One row per technology, unit and figure: `base`, `other` and `difference` = other − base; a
    flow (how many are better, worse …) stands in `difference` alone. What a run has not is empty,
    and so is the difference. Figures of verdicts begin with `verdict_`; they stand there where both
    runs have verdicts.
    """
    bases = BASES if base.has_verdicts and other.has_verdicts else BASES[:1]
    rows: list[Row] = [
        {"run": other.label, "technology": technology, "unit": unit, **figure}
        for technology in TECHNOLOGIES
        for unit in UNITS
        for basis in bases
        for figure in _figures(villages, technology, unit, basis)
    ]
    rows += [{"run": other.label, "technology": "", **figure} for figure in _plans(base, other)]
    table = pd.DataFrame(rows)
    for name in (*_SIDES, "difference"):
        # Counts stay whole beside shares with their decimals.
        table[name] = pd.Series([_plain(v) for v in table[name]], dtype=object)
    return table


def _plain(value: float | None) -> float | int | None:
    if value is None or np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _change(before: pd.Series, after: pd.Series, presence: pd.Series) -> np.ndarray:
    old, new = before.map(_GRADE).to_numpy(float), after.map(_GRADE).to_numpy(float)
    return np.select(
        [
            presence != "both",
            np.isnan(old) & np.isnan(new),
            np.isnan(old),
            np.isnan(new),
            new > old,
            new < old,
        ],
        [presence, "unknown", "was_unknown", "became_unknown", "better", "worse"],
        "same",
    )


def _size(villages: pd.DataFrame, unit: str, chosen: pd.Series, column: str) -> int:
    return int(chosen.sum()) if unit == "villages" else int(villages.loc[chosen, column].sum())


def _by_class(
    villages: pd.DataFrame, technology: str, unit: str, side: str, basis: str = BASES[0]
) -> dict[str, int]:
    """Count a unit by class on one side, with that run's own sizes."""
    grades = villages[f"{basis}_{technology.lower()}_{side}"]
    return {
        name: _size(villages, unit, grades == name, f"{unit}_{side}") for name in SIGNAL_CLASSES
    }


def _flows(
    villages: pd.DataFrame, technology: str, unit: str, basis: str = BASES[0]
) -> dict[str, int]:
    """Count what changed, with the base run's sizes, so that a new census is no new signal."""
    key = technology.lower()
    change = villages[change_column(technology, basis)]
    before = villages[f"{basis}_{key}_base"]
    after = villages[f"{basis}_{key}_other"]
    chosen = {flow: change == flow for flow in FLOWS} | {
        "newly_covered": (before == "none") & after.isin(_COVERED),
        "no_longer_covered": before.isin(_COVERED) & (after == "none"),
    }
    return {flow: _size(villages, unit, chosen[flow], unit) for flow in FLOWS}


def _figures(villages: pd.DataFrame, technology: str, unit: str, basis: str) -> Iterator[Row]:
    prefix = "" if basis == BASES[0] else f"{basis}_"
    sides = {side: _by_class(villages, technology, unit, side, basis) for side in _SIDES}
    for name in SIGNAL_CLASSES:
        yield _pair(prefix + name, *(sides[side][name] for side in _SIDES))
    covered = [sum(sides[side][c] for c in _COVERED) for side in _SIDES]
    known = [sum(sides[side][c] for c in _KNOWN) for side in _SIDES]
    yield _pair(f"{prefix}covered", *covered)
    yield _pair(f"{prefix}known", *known)
    shares = [
        round(part / whole, _SHARE_DECIMALS) if whole else None
        for part, whole in zip(covered, known, strict=True)
    ]
    yield _pair(f"{prefix}covered_share", *shares)
    for flow, count in _flows(villages, technology, unit, basis).items():
        yield {"figure": prefix + flow, "base": None, "other": None, "difference": count}


def _plans(base: Run, other: Run) -> Iterator[Row]:
    if base.plan is None and other.plan is None:
        return
    figures = base.plan or other.plan or {}
    currencies = sorted({run.currency for run in (base, other) if run.plan is not None})
    for name in figures:
        before, after = ((run.plan or {}).get(name) for run in (base, other))
        row = _pair(f"plan_{name}", before, after)
        is_money = name in MONEY
        if is_money and len(currencies) > 1:
            row["difference"] = None  # amounts of two currencies have no difference
        yield {"unit": "/".join(currencies) if is_money else "", **row}


def _pair(figure: str, before: float | None, after: float | None) -> Row:
    difference = None
    if before is not None and after is not None:
        difference = round(after - before, _SHARE_DECIMALS)
    return {"figure": figure, "base": before, "other": after, "difference": difference}
