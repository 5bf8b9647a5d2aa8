"""Values other than numbers: yes and no, signal words, dates, shares, units of power."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from coverage.intake.sheet import Cell, Finding, is_blank, plain, words_of
from coverage.intake.vocabulary import MARKS, SIGNAL_WORDS
from coverage.text import Text, normalised

Told = list[Finding]
_SERIAL_FROM: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - plain dates
_SERIALS: Final = range(20_000, 80_000)
_DATE: Final = re.compile(r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{2,4})(?:[ T].*)?")
_CENTURY: Final = 2000
_MONTHS: Final = 12


def plain_word(cell: Cell) -> str:
    """Return a cell's word without accents, case and outer punctuation; numbers as digits."""
    return plain(words_of(cell)).strip(" .,;:()[]")


def _doubt(
    rule: str, what: Text, *, row: int, key: int, column: str, old: Cell, confidence: float = 0.5
) -> Finding:
    return Finding(
        rule=rule,
        kind="doubt",
        row=row,
        key=key,
        column=column,
        old=words_of(old)[:100],
        confidence=confidence,
        what=what,
    )


def flags(
    cells: Sequence[Cell],
    rows: Sequence[int],
    *,
    column: str,
    groups: Sequence[str],
    negated: bool = False,
) -> tuple[list[bool | None], Told]:
    """Read yes and no.

    Offices mark with words (Có, Chưa) or with ticks (x, nothing). Under ticks an empty cell means
    no; under words it means that nobody knows. Which of the two holds is decided by `groups`, the
    commune of each row, because each commune filled in its own part. `negated` columns ask the
    opposite ("chưa có điện").
    """
    words = [plain_word(cell) for cell in cells]
    ticks = {g for g, word in zip(groups, words, strict=True) if word in MARKS["tick"]}
    denied = {g for g, word in zip(groups, words, strict=True) if word in MARKS["no"]}
    spoken = {
        g
        for g, word in zip(groups, words, strict=True)
        if word in MARKS["no"] | MARKS["yes"] - MARKS["tick"]
    }
    means_no = (ticks - denied) | (set(groups) - ticks - spoken if ticks else set())
    values: list[bool | None] = []
    told: Told = []
    for key, (cell, word, group) in enumerate(zip(cells, words, groups, strict=True)):
        value = _flag(word)
        if word == "" and group in means_no:
            value = False
            told.append(
                Finding(
                    rule="blank_under_ticks",
                    kind="doubt",
                    row=rows[key],
                    key=key,
                    column=column,
                    new="true" if negated else "false",
                    confidence=0.8,
                    what=_BLANK_UNDER_TICKS,
                    undo=((column, None),),
                )
            )
        elif value is None and word:
            rule, what = ("dash", _NO_WORD) if word in MARKS["none"] else ("not_yes_no", _NOT_YES)
            told.append(_doubt(rule, what, row=rows[key], key=key, column=column, old=cell))
        values.append(value if value is None or not negated else not value)
    return values, told


def _flag(word: str) -> bool | None:
    if word in MARKS["no"]:
        return False
    if word in MARKS["yes"] or word == "1":
        return True
    if re.match(r"(?:chua|khong)\b", word):
        return False
    if re.match(r"(?:da )?co (?:dien luoi|cap|song|internet|truong|tram)", word):
        return True
    return None


_SERIAL_DIGITS: Final = 6
_MERELY_SIGNAL: Final = frozenset({"co", "co song", "da co song"})


def signals(
    cells: Sequence[Cell], rows: Sequence[int], *, column: str
) -> tuple[list[str | None], Told]:
    """Read reported signal: good, weak, none; a dash or an empty cell is unknown."""
    values: list[str | None] = []
    told: Told = []
    for key, cell in enumerate(cells):
        word = plain_word(cell)
        value = _signal(word)
        if value is None and word:
            rule, what = (
                ("dash", _NO_WORD)
                if word in MARKS["none"] | {"-"} or not word.strip("-–—")
                else ("unknown_signal_word", _NO_SIGNAL_WORD)
            )
            told.append(_doubt(rule, what, row=rows[key], key=key, column=column, old=cell))
        values.append(value)
    return values, told


def _signal(word: str) -> str | None:
    if word in SIGNAL_WORDS:
        return SIGNAL_WORDS[word]
    if word in {"true", "1"}:
        return "good"
    if word in {"false", "0"}:
        return "none"
    for start, value in (("khong", "none"), ("chua", "none"), ("trang", "none"), ("lom", "weak")):
        if word.startswith(start + " "):
            return value
    words = " ".join(re.findall(r"\w+", word))
    padded = f" {words} "
    spoken = {known for known in SIGNAL_WORDS if len(known) > 1 and f" {known} " in padded}
    # "Có sóng yếu": that there is signal says less than what it is like.
    found = {SIGNAL_WORDS[known] for known in spoken - _MERELY_SIGNAL}
    found = found or {SIGNAL_WORDS[known] for known in spoken}
    return found.pop() if len(found) == 1 else None


def dates(cells: Sequence[Cell], rows: Sequence[int], *, column: str) -> tuple[list[str], Told]:
    """Read dates: typed, serial numbers, day/month/year; others are unknown."""
    values: list[str] = []
    told: Told = []
    for key, cell in enumerate(cells):
        text, rule = _date(cell)
        if rule:
            told.append(
                Finding(
                    rule=rule,
                    kind="repair" if text else "doubt",
                    row=rows[key],
                    key=key,
                    column=column,
                    old=words_of(cell)[:100],
                    new=text,
                    confidence=0.5 if not text else 0.9,
                    what=_DATE_READ if text else _NO_DATE,
                    undo=((column, ""),) if text else (),
                )
            )
        values.append(text)
    return values, told


def _date(cell: Cell) -> tuple[str, str]:  # noqa: PLR0911 - one way of writing each
    if is_blank(cell):
        return "", ""
    if isinstance(cell, datetime):
        return cell.date().isoformat(), ""
    if isinstance(cell, date):
        return cell.isoformat(), ""
    text = words_of(cell)
    # A number of thousands of digits is no date, and more than Python turns into a whole number.
    if text.isdecimal() and len(text) <= _SERIAL_DIGITS and int(text) in _SERIALS:
        return (_SERIAL_FROM + timedelta(days=int(text))).date().isoformat(), "date_serial"
    found = _DATE.fullmatch(text)
    if found is None:
        return "", "not_a_date"
    first, second, third = (int(part) for part in found.groups())
    if first > 31:  # noqa: PLR2004 - year first
        year, month, day, rule = first, second, third, ""
    else:
        year, month, day, rule = third, second, first, "date_order"
        if second > _MONTHS >= first:
            month, day, rule = first, second, "date_month_first"
    year += _CENTURY if year < 100 else 0  # noqa: PLR2004 - two digits
    try:
        return date(year, month, day).isoformat(), rule
    except ValueError:
        return "", "not_a_date"


def names(cells: Sequence[Cell], rows: Sequence[int], *, column: str) -> tuple[list[str], Told]:
    """Read text: NFC, look-alikes of Đ mended, blanks trimmed; each change is told."""
    values: list[str] = []
    told: Told = []
    for key, cell in enumerate(cells):
        raw = cell if isinstance(cell, str) else words_of(cell)
        text = normalised(raw)
        if text != raw and text:
            trimmed = " ".join(raw.replace("\xa0", " ").split())
            rule, what = ("blanks", _BLANKS) if text == trimmed else ("letters", _LETTERS)
            told.append(
                Finding(
                    rule=rule,
                    kind="repair",
                    row=rows[key],
                    key=key,
                    column=column,
                    old=raw[:200],
                    new=text[:200],
                    confidence=0.99,
                    what=what,
                    undo=((column, raw),),
                )
            )
        values.append(text)
    return values, told


def in_dbm(watts: float) -> float:
    """Return a power in dBm; −inf never comes out: 0 W is refused by the caller."""
    return round(10 * math.log10(watts) + 30, 2)


CONVERSIONS: Final[dict[tuple[str, str], Callable[[float], float]]] = {
    ("dBm", "W"): in_dbm,
    ("dBm", "kW"): lambda value: in_dbm(value * 1000),
    ("dBm", "mW"): lambda value: in_dbm(value / 1000),
    ("dBm", "dBW"): lambda value: value + 30,
    ("MHz", "GHz"): lambda value: value * 1000,
    ("m", "km"): lambda value: value * 1000,
}

_BLANK_UNDER_TICKS: Final = Text(
    "xã này đánh dấu bằng “x”, nên ô trống được hiểu là không",
    "this commune marks with “x”, so an empty cell is read as no",
)
_NO_WORD: Final = Text(
    "gạch ngang: không có thông tin; để trống (không rõ)",
    "a dash: no information; left empty (unknown)",
)
_NOT_YES: Final = Text(
    "không rõ là có hay không; để trống (không rõ)", "neither yes nor no; left empty (unknown)"
)
_NO_SIGNAL_WORD: Final = Text(
    "không hiểu tình trạng sóng này; để trống (không rõ)",
    "this word for signal is not known; left empty (unknown)",
)
_DATE_READ: Final = Text("ngày được đọc theo ngày/tháng/năm", "date read as day/month/year")
_NO_DATE: Final = Text("không phải là ngày; để trống", "not a date; left empty")
_BLANKS: Final = Text(
    "bỏ khoảng trắng thừa (kể cả khoảng trắng cứng)", "superfluous blanks taken out"
)
_LETTERS: Final = Text(
    "chữ được đưa về Unicode dựng sẵn (NFC), chữ Đ đúng mã", "letters in composed Unicode (NFC)"
)
