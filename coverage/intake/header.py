"""Where the header of a sheet stands, under its title block, and the heading of every column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final

from coverage.intake.columns import SIGNAL, Column, assigned, described, with_units_as_names
from coverage.intake.sheet import Cell, Role, Sheet, is_blank, words_of
from coverage.text import normalised

_SEARCHED_ROWS: Final = 80
_TALLEST: Final = 4
_WIDEST: Final = 200
_LONG_HEADING: Final = 90
_GROUP_WORTH: Final = 0.4
_DATA_CELL: Final = 0.6
_ROW_COST: Final = 0.03
_TELLING: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A sheet and its header: rows `first`–`last` (from 1; 0 for none), columns, title above."""

    sheet: Sheet
    first: int
    last: int
    columns: tuple[Column, ...]
    title: tuple[str, ...]
    score: float

    def place(self, field: str) -> int | None:
        """Return the place of the column that holds a field."""
        return next((c.place for c in self.columns if c.field == field), None)


def layout_of(
    sheet: Sheet, role: Role, *, mapping: dict[str, str], rows: tuple[int, int] | None = None
) -> Layout | None:
    """Find the header of a sheet; None for a sheet without cells.

    Every block of one to four rows near the top is tried: the best is the one whose headings name
    most fields with the least that looks like data. `rows` states the block instead; (0, 0) says
    that there is none.
    """
    depth = min(len(sheet.rows), _SEARCHED_ROWS)
    width = min(max((len(row) for row in sheet.rows), default=0), _WIDEST)
    if not width:
        return None
    texts = _texts(sheet, depth, width)

    @cache
    def about(parts: tuple[str, ...], place: int) -> Column:
        return described(parts, place, role)

    def tried(first: int, last: int) -> Layout:
        return _layout(sheet, texts, first, last, about=about, mapping=mapping)

    if rows is not None:
        return tried(*rows)
    if sheet.is_layer:
        return tried(1, 1)
    telling = _telling_rows(texts, about)
    blocks = [
        tried(first, last)
        for first in range(1, depth + 1)
        if sum(bool(text) for text in texts[first - 1]) >= min(2, width)
        for last in range(first, min(first + _TALLEST, depth + 1))
        if not telling.isdisjoint(range(first, last + 1))
    ]
    if not blocks:
        return tried(1, 1)
    best = max(blocks, key=lambda block: block.score)
    first, last = _stretched(best, texts)
    found = best if (first, last) == (best.first, best.last) else tried(first, last)
    if role == "villages":
        found = replace(found, columns=with_units_as_names(found.columns))
    return found


def _telling_rows(
    texts: list[list[str]], about: Callable[[tuple[str, ...], int], Column]
) -> frozenset[int]:
    """Rows of which a cell alone names a field or a group."""
    return frozenset(
        number
        for number, row in enumerate(texts, start=1)
        if any(text and about((text,), 0).confidence >= _TELLING for text in row)
    )


def _texts(sheet: Sheet, depth: int, width: int) -> list[list[str]]:
    """Return the cells of the upper rows as text, merged ranges filled."""
    texts = [
        [normalised(words_of(cell)) for cell in [*row[:width], *[None] * (width - len(row))]]
        for row in sheet.rows[:depth]
    ]
    for merge in sheet.merges:
        if merge.top > depth or merge.left >= width:
            continue
        text = texts[merge.top - 1][merge.left]
        for row in range(merge.top, min(merge.bottom, depth) + 1):
            for column in range(merge.left, min(merge.right, width - 1) + 1):
                texts[row - 1][column] = text
    return texts


def _layout(
    sheet: Sheet,
    texts: list[list[str]],
    first: int,
    last: int,
    *,
    about: Callable[[tuple[str, ...], int], Column],
    mapping: dict[str, str],
) -> Layout:
    block = _filled_right(texts[max(first - 1, 0) : last]) if last else []
    width = len(texts[0])
    columns = assigned(
        [about(_distinct([row[place] for row in block]), place) for place in range(width)], mapping
    )
    known = sum(c.confidence * (_GROUP_WORTH if c.field == SIGNAL else 1) for c in columns)
    data = sum(
        _is_data(cell) for row in sheet.rows[max(first - 1, 0) : last] for cell in row[:width]
    )
    long = sum(len(part) > _LONG_HEADING for c in columns for part in c.parts) / 4
    return Layout(
        sheet=sheet,
        first=first,
        last=last,
        columns=columns,
        title=tuple(
            dict.fromkeys(text for row in texts[: max(first - 1, 0)] for text in row if text)
        ),
        score=known - _DATA_CELL * data - long - _ROW_COST * (last - first),
    )


def _filled_right(block: Sequence[Sequence[str]]) -> list[list[str]]:
    """Spread a group's title over the columns to its right that only lower levels name.

    Merged titles are spread already; this serves sheets that lost their merges (CSV).
    """
    filled = [list(row) for row in block]
    for level, row in enumerate(filled[:-1]):
        below = filled[level + 1]
        for place in range(1, len(row)):
            alone = not any(upper[place] for upper in filled[: level + 1])
            if alone and below[place] and row[place - 1] and below[place - 1]:
                if below[place - 1] == row[place - 1]:
                    continue  # the left neighbour is one merged cell, not a group
                row[place] = row[place - 1]
    return filled


def _distinct(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in parts if part))


def _is_data(cell: Cell) -> bool:
    if isinstance(cell, bool | date):
        return True
    if isinstance(cell, int | float):
        return True
    return not is_blank(cell) and _looks_numeric(words_of(cell))


def _looks_numeric(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    return digits > 0 and digits >= sum(c.isalpha() for c in text) * 2 and len(text) > 1


def _stretched(layout: Layout, texts: list[list[str]]) -> tuple[int, int]:
    """Let the block reach as far down as cells merged with it, or a row of sub-headings."""
    first, last = layout.first, layout.last
    for merge in layout.sheet.merges:
        if merge.bottom - merge.top >= _TALLEST:
            continue
        if first <= merge.top <= last < merge.bottom:
            last = merge.bottom
        if merge.top < first <= merge.bottom <= last:
            first = merge.top
    if last == layout.last and last < len(texts) and last - first + 1 < _TALLEST:
        below = texts[last]
        row = layout.sheet.rows[last]
        free = [not column.parts for column in layout.columns]
        opens = [not free[p] and p + 1 < len(free) and free[p + 1] for p in range(len(free))]
        filled = [place for place, text in enumerate(below) if text]
        if (
            any(free[place] for place in filled)
            and all(free[place] or opens[place] for place in filled)
            and not any(_is_data(cell) for cell in row)
        ):
            last += 1
    return first, last
