"""One sheet as it lies in a file: cells, merged ranges, hidden rows; and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from coverage.errors import InputDataError
from coverage.text import Text, normalised, without_accents

Cell = str | int | float | bool | date | datetime | time | None
Role = Literal["villages", "stations", "communes"]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; rows count from 1, columns from 0, both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A grid of cells; row number n, as a person sees it, is `rows[n - 1]`.

    `crs` is known for map layers only; `is_layer` says that the first row is the header for sure.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    crs: str | None = None
    is_layer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One repair, doubt or note.

    A repair is already in the table; refused, the cells of `undo` get their value back, and a row
    that `drops` took out returns. `key` is the place of the row in the table, `row` its number in
    the file. `what` is the same for all findings of a rule; `detail` is of this one.
    """

    rule: str
    kind: Literal["repair", "doubt", "note"]
    what: Text
    row: int | None = None
    key: int | None = None
    column: str = ""
    old: str = ""
    new: str = ""
    confidence: float = 1.0
    undo: tuple[tuple[str, Cell], ...] = ()
    drops: bool = False
    detail: Text | None = None

    @property
    def id(self) -> str:
        """Stable name, by which a person accepts or refuses it."""
        place = "sheet" if self.row is None else f"row{self.row}"
        part = "" if self.key is None or not self.undo else f".{self.key}"
        return f"{place}{part}:{self.column}:{self.rule}"

    @property
    def text(self) -> Text:
        """What is said of it, with its detail."""
        if self.detail is None:
            return self.what
        return Text(f"{self.what.vi}: {self.detail.vi}", f"{self.what.en}: {self.detail.en}")

    @property
    def can_be_refused(self) -> bool:
        """Whether refusing it changes anything in the table."""
        return self.drops or bool(self.undo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Sheets read from one file and what was found on the way."""

    file: str
    sheets: tuple[Sheet, ...]
    findings: tuple[Finding, ...] = field(default_factory=tuple)


def words_of(cell: Cell) -> str:
    """Return a cell as a person would type it, in NFC without outer blanks."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell if cell.isascii() and cell.strip() == cell else normalised(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return str(cell)


def plain(text: str) -> str:
    """Return `without_accents(text)`, fast for what sheets repeat and for figures."""
    return " ".join(text.lower().split()) if text.isascii() else _plain(text)


@lru_cache(maxsize=65_536)
def _plain(text: str) -> str:
    return without_accents(text)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip("\u200b\ufeff \t\r\n\xa0"))


def unreadable(file: str, rule: str, what: Text, fix: Text) -> InputDataError:
    """Return the error for a file that cannot be read on."""
    return InputDataError.about(file, rule, what, fix)
