"""Which rows under a header are data, and what the others are: numbering, subtotals, totals, notes.

No row leaves in silence: each one that is taken out has a finding that says why, and returns when
that finding is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from coverage.intake import vocabulary
from coverage.intake.columns import SIGNAL, letters
from coverage.intake.header import Layout
from coverage.intake.sheet import Cell, Finding, Role, is_blank, plain, words_of
from coverage.text import Text, normalised

KEYS: Final[dict[Role, tuple[str, ...]]] = {
    "villages": ("name",),
    "stations": ("site_id", "cell_id"),
    "communes": ("name", "commune_code"),
}
_PLACES: Final = ("longitude", "latitude", "x", "y", "place")
_GROUPING: Final = ("province", "district", "commune", "old_commune", "commune_code")
_SITE_WIDE: Final = (
    *_GROUPING,
    "site_id",
    "mast_id",
    "operator",
    *_PLACES,
    "antenna_height_m",
    "mast_height_m",
    "status",
)
_NUMBERING: Final = re.compile(r"[(\[]?\s*(?:(\d{1,3})|([A-Za-z]))\s*[)\]]?(?:\s*=.*)?")
_ROMAN: Final = re.compile(r"[IVXL]{1,7}\.?|[A-H]\.?", re.IGNORECASE)
_UPPER_UNIT: Final = re.compile(r"(?:huyen|thanh pho|thi xa|quan|tinh)\b|(?:tp|h|tx)\.", re.ASCII)
_LOWER_UNIT: Final = re.compile(r"(?:xa|phuong|thi tran)\b|(?:tt|x|p)\.", re.ASCII)
_REPEATED: Final = 3
_FEW: Final = 2


@dataclass(slots=True)
class BodyRow:
    """One row of data: its number in the file, its cells, and the sections it stands in."""

    number: int
    cells: list[Cell]
    commune: str = ""
    district: str = ""
    dropped: bool = False


@dataclass(slots=True)
class Body:
    """The rows under a header, those taken out included, and what was found."""

    rows: list[BodyRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class _Reader:
    """Reads a sheet row by row; remembers the section and the values above."""

    def __init__(self, layout: Layout, role: Role) -> None:
        self.layout = layout
        self.role = role
        self.keys = [p for f in KEYS[role] if (p := layout.place(f)) is not None]
        self.places = [p for f in _PLACES if (p := layout.place(f)) is not None]
        self.groups = {f: p for f in _GROUPING if (p := layout.place(f)) is not None}
        self.order = layout.place("order")
        self.header = [{plain(part) for part in c.parts} for c in layout.columns]
        self.known = {c.place for c in layout.columns if c.field and c.field != "note"}
        self.body = Body()
        self.section = {"commune": "", "district": ""}
        self.above: list[Cell] = []

    def read(self) -> Body:
        sheet = self.layout.sheet
        covered = self._merged()
        for number in range(self.layout.last + 1, len(sheet.rows) + 1):
            cells = list(sheet.rows[number - 1])
            if all(map(is_blank, cells)):
                continue
            cells += [None] * (len(self.layout.columns) - len(cells))
            self._take(number, cells, covered.get(number, {}))
        return self.body

    def _merged(self) -> dict[int, dict[int, Cell]]:
        """Values of cells merged downwards, by row and column, where they hold for each row."""
        fillable = {
            column.place
            for column in self.layout.columns
            if column.field in (_SITE_WIDE if self.role == "stations" else _GROUPING)
        }
        found: dict[int, dict[int, Cell]] = {}
        rows = self.layout.sheet.rows
        for merge in self.layout.sheet.merges:
            if merge.top <= self.layout.last or merge.left not in fillable:
                continue
            top = rows[merge.top - 1]
            value = top[merge.left] if merge.left < len(top) else None
            for number in range(merge.top + 1, min(merge.bottom, len(rows)) + 1):
                found.setdefault(number, {})[merge.left] = value
        return found

    def _take(self, number: int, cells: list[Cell], merged: dict[int, Cell]) -> None:
        texts = [plain(words_of(cell)) for cell in cells]
        reason = self._reason(number, texts, cells, merged)
        if reason is not None:
            rule, what, confidence = reason
            self._drop(number, cells, rule, what, confidence)
            return
        row = BodyRow(number, cells, self.section["commune"], self.section["district"])
        self._fill(row, merged)
        self.body.rows.append(row)
        self.above = row.cells

    def _reason(  # noqa: PLR0911 - one kind of row each
        self, number: int, texts: list[str], cells: list[Cell], merged: dict[int, Cell]
    ) -> tuple[str, Text, float] | None:
        """Why a row is not data, with a confidence; None for data."""
        filled = [place for place, text in enumerate(texts) if text]
        if number <= self.layout.last + _FEW and _is_numbering([texts[p] for p in filled]):
            return "numbering_row", _NUMBERING_ROW, 0.99
        same = sum(texts[p] in self.header[p] for p in filled if p < len(self.header))
        if same >= min(_REPEATED, len(filled)) and same * 2 > len(filled) and same > 1:
            return "repeated_header", _REPEATED_HEADER, 0.98
        has_place = any(texts[p] for p in self.places)
        if not has_place and any(map(_is_total, (texts[p] for p in filled[:4]))):
            return "total_row", _TOTAL_ROW, 0.97
        name = next((texts[p] for p in self.keys if texts[p]), "")
        numbered = self.order is not None and texts[self.order].rstrip(".").isdecimal()
        if self._is_section(texts, filled, name, numbered=numbered, has_place=has_place):
            self._enter(cells, texts, filled)
            return "section_row", _SECTION_ROW, 0.95
        if name and (has_place or numbered or not texts[filled[0]].startswith(_NOTES)):
            return None if len(filled) > 1 or len(self.known) == 1 or has_place else _LONE
        if has_place or (numbered and len(filled) > _FEW):
            return None  # data without a name stay, and are told
        if merged and len(filled) > _FEW:
            return None
        if texts[filled[0]].startswith(_NOTES) or len(filled) <= _FEW:
            return "note_row", _NOTE_ROW, 0.9
        return "unrecognised_row", _UNRECOGNISED, 0.5

    def _is_section(
        self, texts: list[str], filled: list[int], name: str, *, numbered: bool, has_place: bool
    ) -> bool:
        """Whether a row only names the unit that the next rows belong to."""
        if has_place or numbered:
            return False
        units = (_UPPER_UNIT,) if self.role == "communes" else (_UPPER_UNIT, _LOWER_UNIT)
        spoken = [texts[p] for p in filled if not _is_numeric(texts[p])]
        is_unit = any(unit.match(text) for text in spoken for unit in units)
        ranked = self.order is not None and bool(_ROMAN.fullmatch(texts[self.order]))
        if ranked and not is_unit and spoken:
            rest = [text for text in spoken if text != texts[self.order or 0]]
            return len(rest) == 1 and self.role != "communes"
        if not is_unit:
            return False
        # A village row may hold its commune too; a section holds no second name.
        others = [text for text in spoken if not any(unit.match(text) for unit in units)]
        return all(_ROMAN.fullmatch(text) for text in others) and (
            not name or any(unit.match(name) for unit in units)
        )

    def _enter(self, cells: list[Cell], texts: list[str], filled: list[int]) -> None:
        """Remember the unit that a section row names."""
        place = next(
            (p for p in filled if _UPPER_UNIT.match(texts[p]) or _LOWER_UNIT.match(texts[p])),
            next((p for p in filled if not _is_numeric(texts[p]) and p != self.order), filled[0]),
        )
        title = normalised(words_of(cells[place]))
        title = re.sub(r"^[IVXLA-H]{1,7}\s*[.)-]\s*", "", title)
        is_upper = bool(_UPPER_UNIT.match(texts[place]))
        if is_upper:
            self.section = {"commune": "", "district": title}
        else:
            self.section["commune"] = title
        self.above = []

    def _fill(self, row: BodyRow, merged: dict[int, Cell]) -> None:
        """Fill what a merged cell, a ditto mark or the row above says."""
        for place, value in merged.items():
            if is_blank(row.cells[place]) and not is_blank(value):
                row.cells[place] = value
                self._repaired(row, place, "merged_cell", _MERGED, 0.99, old="")
        for place, cell in enumerate(row.cells[: len(self.layout.columns)]):
            if isinstance(cell, str) and plain(cell) in vocabulary.MARKS["ditto"]:
                above = self.above[place] if place < len(self.above) else None
                row.cells[place] = above
                rule = "ditto" if not is_blank(above) else "ditto_of_blank"
                self._repaired(row, place, rule, _DITTO, 0.9 if above else 0.5, old=cell)
        for name, place in self.groups.items():
            if not is_blank(row.cells[place]) or place >= len(self.above):
                continue
            if self.section.get(name):
                continue
            above = self.above[place]
            if not is_blank(above):
                row.cells[place] = above
                self._repaired(row, place, "filled_down", _FILLED_DOWN, 0.8, old="")

    def _repaired(
        self, row: BodyRow, place: int, rule: str, what: Text, confidence: float, *, old: str
    ) -> None:
        new = words_of(row.cells[place])
        column = self.layout.columns[place]
        self.body.findings.append(
            Finding(
                rule=rule,
                kind="repair" if new else "doubt",
                row=row.number,
                column=column.field if column.field != SIGNAL else column.label,
                old=old,
                new=new,
                confidence=confidence,
                what=what,
            )
        )

    def _drop(
        self, number: int, cells: list[Cell], rule: str, what: Text, confidence: float
    ) -> None:
        self.body.rows.append(BodyRow(number, cells, dropped=True))
        self.body.findings.append(
            Finding(
                rule=rule,
                kind="doubt" if rule == "unrecognised_row" else "repair",
                row=number,
                old=" | ".join(words_of(cell) for cell in cells if not is_blank(cell))[:300],
                confidence=confidence,
                what=what,
                drops=True,
            )
        )


def body_of(layout: Layout, role: Role) -> Body:
    """Return the rows under the header of a sheet, and what was taken out or filled."""
    body = _Reader(layout, role).read()
    body.findings += _hidden(layout, body.rows)
    body.findings += _beyond(layout, body.rows)
    return body


def _hidden(layout: Layout, rows: Iterable[BodyRow]) -> list[Finding]:
    return [
        Finding(rule="hidden_row", kind="doubt", row=row.number, confidence=0.5, what=_HIDDEN)
        for row in rows
        if row.number in layout.sheet.hidden_rows and not row.dropped
    ]


def _beyond(layout: Layout, rows: Iterable[BodyRow]) -> list[Finding]:
    """Cells to the right of the last heading are told."""
    width = len(layout.columns)
    return [
        Finding(
            rule="cells_beyond_header",
            kind="doubt",
            row=row.number,
            column=letters(place),
            old=words_of(cell)[:300],
            confidence=0.5,
            what=_BEYOND,
        )
        for row in rows
        if not row.dropped
        for place, cell in enumerate(row.cells[width:], start=width)
        if not is_blank(cell)
    ]


def _is_numbering(texts: Sequence[str]) -> bool:
    """Whether cells number the columns: (1)(2)(3), A B 1 2, 3=1+2."""
    found = [_NUMBERING.fullmatch(text) for text in texts]
    if len(texts) < _REPEATED or not all(found):
        return False
    numbers = [int(m[1]) for m in found if m and m[1]]
    return numbers == sorted(set(numbers)) and (
        not numbers or numbers[-1] - numbers[0] <= len(texts) + _FEW
    )


def _is_total(text: str) -> bool:
    bare = text.strip(" :.")
    return bare in vocabulary.MARKS["total"] or text.startswith(vocabulary.TOTAL_STARTS)


def _is_numeric(text: str) -> bool:
    return bool(text) and not any(c.isalpha() for c in text)


_NOTES: Final = vocabulary.NOTE_STARTS
_NUMBERING_ROW: Final = Text(
    "dòng đánh số cột, không phải dữ liệu", "the row numbers the columns; it is not data"
)
_REPEATED_HEADER: Final = Text("tiêu đề lặp lại", "the header stands again")
_TOTAL_ROW: Final = Text("dòng tổng cộng, không phải dữ liệu", "a total, not data")
_SECTION_ROW: Final = Text(
    "dòng đề mục hoặc cộng của một đơn vị, không phải một thôn",
    "the title or subtotal of a unit, not a row of its own",
)
_NOTE_ROW: Final = Text("dòng ghi chú hoặc ký tên", "a note or signature")
_UNRECOGNISED: Final = Text(
    "không hiểu dòng này là gì nên bỏ ra; hãy xem lại",
    "it is not clear what this row is, so it is left out; please look",
)
_LONE: Final = ("unrecognised_row", _UNRECOGNISED, 0.5)
_MERGED: Final = Text("lấy từ ô gộp phía trên", "taken from the merged cell above")
_DITTO: Final = Text("“như trên”: lấy giá trị dòng trên", "ditto: the value of the row above")
_FILLED_DOWN: Final = Text(
    "ô trống được điền theo dòng trên", "an empty cell, filled from the row above"
)
_HIDDEN: Final = Text(
    "dòng bị ẩn trong bảng; vẫn được giữ lại, hãy xem có cần không",
    "the row is hidden in the sheet; it is kept, please see whether it counts",
)
_BEYOND: Final = Text(
    "ô nằm ngoài các cột của tiêu đề, không được dùng",
    "the cell stands beyond the columns of the header and is not used",
)
