"""The clean table of villages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from coverage.intake.columns import Column
from coverage.intake.sheet import Cell, Finding
from coverage.intake.table import RawTable
from coverage.intake.values import signals
from coverage.intake.vocabulary import tokens
from coverage.text import Text, without_accents

FLAGS: Final = ("extremely_difficult", "has_fibre", "has_school", "has_clinic")
_BEST_FIRST: Final = ("good", "weak", "none")
_WIDE: Final = frozenset({"", "4G", "5G"})
_PERCENT: Final = 100.0


def village_columns(raw: RawTable, communes: Sequence[str]) -> dict[str, list[Cell]]:
    """Return the columns of villages by name, communes and coordinates apart.

    `communes` is the commune of each row as stated: what people fill in one way, they fill in so
    within a commune.
    """
    table: dict[str, list[Cell]] = {"name": [*raw.text("name")]}
    table["households"] = [*raw.count("households")]
    table["population"] = [*raw.count("population")]
    table["has_grid_power"] = _grid_power(raw, communes)
    table["reported_signal"] = _signal(raw, communes, table)
    if raw.has("report_date"):
        table["report_date"] = [*raw.date("report_date")]
    for name in FLAGS:
        if raw.has(name):
            table[name] = [*raw.flag(name, groups=communes)]
    for name in ("poor_household_share", "ethnic_minority_share"):
        if raw.has(name):
            table[name] = _share(raw, name, table["households"])
    return table


def _grid_power(raw: RawTable, communes: Sequence[str]) -> list[Cell]:
    if raw.has("has_grid_power"):
        return [*raw.flag("has_grid_power", groups=communes)]
    if raw.has("lacks_grid_power"):
        return [*raw.flag("lacks_grid_power", groups=communes, negated=True)]
    return [None] * len(raw.numbers)


def _signal(raw: RawTable, communes: Sequence[str], table: dict[str, list[Cell]]) -> list[Cell]:
    """Return what was reported for the village; add a column for each operator and technology."""
    known: list[list[str | None]] = []
    for column, cells in raw.groups:
        name = signal_name(column)
        values, told = signals(cells, raw.numbers, column=name)
        raw.live(told)
        table[name] = [*values]
        if column.technology in _WIDE:
            known.append(values)
    if raw.has("reported_signal"):
        values, told = signals(raw.cells("reported_signal"), raw.numbers, column="reported_signal")
        raw.live(told)
        known = [values]
    marked = {
        value: raw.flag(name, groups=communes)
        for name, value in (("is_none", "none"), ("is_weak", "weak"))
        if raw.has(name)
    }
    result: list[Cell] = []
    for key in range(len(raw.numbers)):
        found = {values[key] for values in known} - {None}
        found |= {value for value, flags in marked.items() if flags[key]}
        best = next((value for value in _BEST_FIRST if value in found), None)
        silent = len(known) > 1 and any(values[key] is None for values in known)
        if best == "none" and silent and not _is_village_wide(raw, key):
            raw.live([_partial(raw, key)])
        result.append(best)
    return result


def _is_village_wide(raw: RawTable, key: int) -> bool:
    """Whether a cell says "trắng sóng", which is said of a village, not of an operator."""
    return any(
        without_accents(str(cells[key] or "")).startswith("trang") for _, cells in raw.groups
    )


def signal_name(column: Column) -> str:
    """Return the name of an operator's column: reported_signal_viettel_4g."""
    parts = ["reported_signal", "_".join(tokens(column.operator)), column.technology.lower()]
    return "_".join(part for part in parts if part)


def _share(raw: RawTable, name: str, households: Sequence[Cell]) -> list[Cell]:
    """Return a share of households; percent and numbers of households are turned into it."""
    values = raw.number(name)
    known = [value for value in values if value is not None]
    column = raw.columns.get(name)
    heading = without_accents(column.label) if column else ""
    says_percent = (
        raw.unit_of(name) == "%"
        or "%" in heading
        or raw.statements.units.get(name) == "%"
        or any("%" in str(cell) for cell in raw.cells(name) if isinstance(cell, str))
        or (("ty le" in heading or "ti le" in heading) and any(value > 1 for value in known))
    )
    if says_percent:
        raw.findings.append(_note(name, "percent_to_share", _PERCENT_READ, 0.97))
        return [_in_range(raw, name, key, v, _PERCENT) for key, v in enumerate(values)]
    if all(value <= 1 for value in known):
        return [*values]
    raw.findings.append(_note(name, "count_to_share", _COUNT_READ, 0.7))
    return [
        _in_range(raw, name, key, value, float(total) if isinstance(total, int) else 0.0)
        for key, (value, total) in enumerate(zip(values, households, strict=True))
    ]


def _in_range(raw: RawTable, name: str, key: int, value: float | None, whole: float) -> Cell:
    if value is None:
        return None
    if whole > 0 and 0 <= value <= whole:
        return round(value / whole, 6)
    raw.live(
        [
            Finding(
                rule="share_out_of_range",
                kind="doubt",
                row=raw.numbers[key],
                key=key,
                column=name,
                old=f"{value:g}",
                confidence=0.5,
                what=_OUT_OF_RANGE,
            )
        ]
    )
    return None


def _note(column: str, rule: str, what: Text, confidence: float) -> Finding:
    sure = confidence > 0.9  # noqa: PLR2004
    return Finding(
        rule=rule, kind="note" if sure else "doubt", column=column, confidence=confidence, what=what
    )


def _partial(raw: RawTable, key: int) -> Finding:
    return Finding(
        rule="signal_of_some_operators",
        kind="doubt",
        row=raw.numbers[key],
        key=key,
        column="reported_signal",
        new="none",
        confidence=0.6,
        what=Text(
            "có nhà mạng ghi không có sóng, nhà mạng khác để trống; coi là không có sóng",
            "an operator is said to have no signal, others are empty; taken as no signal",
        ),
        undo=(("reported_signal", None),),
    )


_PERCENT_READ: Final = Text("phần trăm được đổi thành tỷ lệ 0–1", "percent turned into shares 0–1")
_COUNT_READ: Final = Text(
    "số hộ được chia cho tổng số hộ thành tỷ lệ; tiêu đề không ghi %",
    "numbers of households divided by all households; the heading states no %",
)
_OUT_OF_RANGE: Final = Text(
    "tỷ lệ ngoài 0–1, hoặc thiếu tổng số hộ; để trống (không rõ)",
    "the share is outside 0–1, or the number of households is missing; left empty (unknown)",
)
