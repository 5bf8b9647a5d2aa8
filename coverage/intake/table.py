"""The raw table of a sheet by field, and the tools that turn its columns into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from coverage.intake.columns import SIGNAL, Column
from coverage.intake.header import Layout
from coverage.intake.numbers import Decimal, Format, as_text, format_of, numeric_column
from coverage.intake.options import Statements
from coverage.intake.rows import Body, BodyRow
from coverage.intake.sheet import Cell, Finding, is_blank, words_of
from coverage.intake.values import CONVERSIONS, dates, flags, names
from coverage.text import Text

_NUMERIC_HINT: Final = frozenset(
    {
        "households",
        "population",
        "poor_household_share",
        "ethnic_minority_share",
        "longitude",
        "latitude",
        "x",
        "y",
        "area_km2",
        "frequency_mhz",
        "antenna_height_m",
    }
)


@dataclass
class RawTable:
    """Cells by field for the rows of a sheet (those taken out too); findings gather here."""

    numbers: list[int]
    fields: dict[str, list[Cell]]
    columns: dict[str, Column]
    groups: list[tuple[Column, list[Cell]]]
    others: list[tuple[Column, list[Cell]]]
    statements: Statements
    is_typed: bool
    elsewhere: Decimal | None
    dropped: list[bool]
    findings: list[Finding] = field(default_factory=list)

    def cells(self, name: str) -> list[Cell]:
        """Return the column of a field, blank where the sheet has none."""
        return self.fields.get(name) or [None] * len(self.numbers)

    def has(self, name: str) -> bool:
        """Whether the sheet, or the map, gives this field."""
        return name in self.fields

    def live(self, findings: Sequence[Finding]) -> None:
        """Keep findings, but not about rows that were taken out."""
        self.findings += [f for f in findings if f.key is None or not self.dropped[f.key]]

    def text(self, name: str, *, into: str | None = None) -> list[str]:
        """Return a column of text."""
        values, told = names(self.cells(name), self.numbers, column=into or name)
        self.live(told)
        return values

    def number(
        self, name: str, *, whole: bool = False, unit: str = "", into: str | None = None
    ) -> list[float | None]:
        """Return a column of numbers in `unit`; the heading or a cell may write another one."""
        column = into or name
        stated = self.statements.decimal
        values, units, told = numeric_column(
            self.cells(name),
            self.numbers,
            column=column,
            whole=whole,
            form=Format(stated, 1.0) if stated else None,
            is_typed=self.is_typed,
            elsewhere=self.elsewhere,
        )
        self.live(told)
        heading = self.statements.units.get(name) or self.unit_of(name)
        for key, value in enumerate(values):
            written = _known_unit(units[key]) or heading
            if value is None or not unit or written in {"", unit}:
                continue
            convert = CONVERSIONS.get((unit, written))
            if convert is None or (unit == "dBm" and written != "dBW" and value <= 0):
                continue
            values[key] = convert(value)
            self.live([self._converted(key, column, value, written, values[key], unit)])
        return values

    def _converted(
        self, key: int, column: str, old: float, written: str, new: float | None, unit: str
    ) -> Finding:
        return Finding(
            rule="unit_converted",
            kind="repair",
            row=self.numbers[key],
            key=key,
            column=column,
            old=f"{as_text(old)} {written}",
            new=f"{as_text(new or 0.0)} {unit}",
            confidence=0.95,
            what=Text(f"đổi đơn vị từ {written} sang {unit}", f"turned from {written} to {unit}"),
            undo=((column, None),),
        )

    def count(self, name: str) -> list[int | None]:
        """Return a column of whole numbers."""
        return [None if v is None else int(v) for v in self.number(name, whole=True)]

    def flag(self, name: str, *, groups: Sequence[str], negated: bool = False) -> list[bool | None]:
        """Return a column of yes and no."""
        into = "has_grid_power" if negated else name
        cells = self._without_dropped(name)
        values, told = flags(cells, self.numbers, column=into, groups=groups, negated=negated)
        self.live(told)
        return values

    def date(self, name: str) -> list[str]:
        """Return a column of dates, ISO."""
        values, told = dates(self.cells(name), self.numbers, column=name)
        self.live(told)
        return values

    def _without_dropped(self, name: str) -> list[Cell]:
        cells = zip(self.cells(name), self.dropped, strict=True)
        return [None if gone else cell for cell, gone in cells]

    def unit_of(self, name: str) -> str:
        """Return the unit in the heading of a field."""
        column = self.columns.get(name)
        return "" if column is None else column.unit


def raw_table(layout: Layout, body: Body, statements: Statements) -> RawTable:
    """Arrange the rows of a sheet by field."""
    rows = body.rows
    fields: dict[str, list[Cell]] = {}
    columns: dict[str, Column] = {}
    groups, others = [], []
    for column in layout.columns:
        cells = [row.cells[column.place] for row in rows]
        if column.field == SIGNAL:
            groups.append((column, cells))
        elif column.field:
            fields[column.field] = cells
            columns[column.field] = column
        elif any(not is_blank(cell) for cell in cells):
            others.append((column, cells))
    for name, value in statements.fixed.items():
        fields[name] = [value] * len(rows)
    _add_sections(fields, rows)
    texts = [
        cell
        for name in _NUMERIC_HINT & fields.keys()
        for cell in fields[name]
        if isinstance(cell, str)
    ]
    form = format_of(texts, whole=False)
    table = RawTable(
        numbers=[row.number for row in rows],
        fields=fields,
        columns=columns,
        groups=groups,
        others=others,
        statements=statements,
        is_typed=any(
            isinstance(cell, int | float) and not isinstance(cell, bool)
            for row in rows
            for cell in row.cells
        ),
        elsewhere=form.decimal if form.confidence > 0.9 else None,  # noqa: PLR2004
        dropped=[row.dropped for row in rows],
    )
    keys = {row.number: key for key, row in enumerate(rows)}
    table.findings += [_keyed(finding, keys) for finding in body.findings]
    return table


def _keyed(finding: Finding, keys: Mapping[int, int]) -> Finding:
    """Give a finding about a row the place of that row, and the way back of what was filled in."""
    if finding.row is None:
        return finding
    fills = finding.rule in {"merged_cell", "filled_down", "ditto"}
    column = "commune_code" if finding.column in {"commune", "commune_code"} else finding.column
    return Finding(
        rule=finding.rule,
        kind=finding.kind,
        what=finding.what,
        row=finding.row,
        key=keys[finding.row],
        column=finding.column,
        old=finding.old,
        new=finding.new,
        confidence=finding.confidence,
        undo=((column, None),) if fills else (),
        drops=finding.drops,
    )


def _add_sections(fields: dict[str, list[Cell]], rows: Sequence[BodyRow]) -> None:
    """Let the titles of sections stand for missing communes and districts."""
    for name in ("commune", "district"):
        titles: list[Cell] = [getattr(row, name) or None for row in rows]
        if not any(titles):
            continue
        own = fields.get(name)
        fields[name] = (
            titles
            if own is None
            else [t if is_blank(c) else c for c, t in zip(own, titles, strict=True)]
        )


def _known_unit(unit: str) -> str:
    return {"mhz": "MHz", "ghz": "GHz", "dbm": "dBm", "dbw": "dBW", "w": "W", "kw": "kW"}.get(
        unit, unit if unit in {"m", "km", "%"} else ""
    )


def plain_texts(cells: Sequence[Cell]) -> list[str]:
    """Return cells as text, for columns that are only carried along."""
    return [words_of(cell) for cell in cells]
