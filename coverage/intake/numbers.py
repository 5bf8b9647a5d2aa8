"""Numbers as people write them: whether a comma or a dot is the decimal sign, decided by column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from coverage.intake.sheet import Cell, Finding, is_blank, plain, words_of
from coverage.intake.vocabulary import MARKS
from coverage.text import Text

Decimal = Literal[",", "."]
_WRITTEN: Final = re.compile(
    r"(?:~|≈|khoang|tren|duoi|>|<)?\s*([+-]?)\s*([0-9][0-9.,' \u2019]*|[.,][0-9]+)\s*"
    r"(%|do|°|ho|nguoi|khau|nhan khau|m|met|km|mhz|ghz|dbm|dbi|db|dbw|w|kw|ha|km2)?\.?"
)
_SPACED: Final = re.compile(r"[0-9]{1,3}(?:[ '\u2019][0-9]{3})+(?:[.,][0-9]+)?")
_PLAIN: Final = re.compile(r"[0-9]*[.,]?[0-9]+|[0-9]+[.,]?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
_LONGEST: Final = 40
_LARGEST: Final = 1e15
_DECIDED: Final = 0.6


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it is written: sign, digits with their separators, unit."""

    negative: bool
    digits: str
    unit: str


@dataclass(frozen=True, slots=True)
class Format:
    """The decimal sign of a column, how sure that is, and whether the column contradicts itself."""

    decimal: Decimal
    confidence: float
    is_mixed: bool = False


@lru_cache(maxsize=65_536)
def written(text: str) -> Written | None:
    """Take a written number apart; None where the text is none."""
    if len(text) > _LONGEST:
        return None
    bare = plain(text.replace("\u2212", "-").replace("\u2013", "-")).strip()
    found = _WRITTEN.fullmatch(bare)
    if found is None:
        return None
    digits = found[2].strip()
    if any(blank in digits for blank in " '\u2019"):
        if not _SPACED.fullmatch(digits):
            return None
        digits = re.sub(r"[ '\u2019]", "", digits)
    if not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        return None
    return Written(found[1] == "-", digits, found[3] or "")


def decimal_sign(digits: str) -> Decimal | Literal["either"] | None:
    """Return the decimal sign that the digits prove; "either" for 1.234, None without any sign."""
    dots, commas = digits.count("."), digits.count(",")
    if not dots and not commas:
        return None
    if dots and commas:
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    sign: Decimal = "." if dots else ","
    other: Decimal = "," if dots else "."
    if dots + commas > 1:
        return other
    before, after = digits.split(sign)
    if len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0"):  # noqa: PLR2004
        return "either"
    return sign


def format_of(texts: Iterable[str], *, whole: bool, elsewhere: Decimal | None = None) -> Format:
    """Decide the decimal sign of a column by what its cells prove.

    Parameters
    ----------
    texts
        The cells that are text.
    whole
        The column counts things: 1.030 is a thousand and thirty.
    elsewhere
        What the other columns of the sheet prove, for a column that proves nothing.
    """
    votes: dict[Decimal, int] = {",": 0, ".": 0}
    undecided = 0
    for text in texts:
        number = written(text)
        sign = None if number is None else decimal_sign(number.digits)
        if number is None or sign is None:
            continue
        if sign != "either":
            votes[sign] += 1
        elif whole:
            votes["," if "." in number.digits else "."] += 1
        else:
            undecided += 1
    total = votes[","] + votes["."]
    if total:
        decimal: Decimal = "," if votes[","] >= votes["."] else "."
        share = votes[decimal] / total
        return Format(decimal, round(0.6 + 0.39 * share, 2), is_mixed=share < 1)
    if elsewhere is not None:
        return Format(elsewhere, 0.8)
    return Format(".", 0.5 if undecided else 0.99)


def value_of(number: Written, form: Format) -> float:
    """Return the number; digits that prove their own decimal sign keep it."""
    sign = decimal_sign(number.digits)
    decimal = form.decimal if sign in {None, "either"} else sign
    thousands = "." if decimal == "," else ","
    digits = number.digits.replace(thousands, "").replace(str(decimal), ".")
    value = float(digits)
    return -value if number.negative else value


def as_text(value: float) -> str:
    """Return a number as the clean table holds it."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def numeric_column(
    cells: Sequence[Cell],
    rows: Sequence[int],
    *,
    column: str,
    whole: bool = False,
    form: Format | None = None,
    is_typed: bool,
    elsewhere: Decimal | None = None,
) -> tuple[list[float | None], list[str], list[Finding]]:
    """Read a column of numbers.

    Returns
    -------
    tuple
        The values (None where nothing is known), the unit written in each cell, and a finding for
        each repaired or doubtful cell; `is_typed` says that the file tells numbers from text, so a
        number as text is worth a line.
    """
    if form is None:
        texts = (cell for cell in cells if isinstance(cell, str))
        form = format_of(texts, whole=whole, elsewhere=elsewhere)
    values: list[float | None] = []
    units: list[str] = []
    findings: list[Finding] = []
    for key, cell in enumerate(cells):
        value, unit, told = _read(cell, form, whole=whole, is_typed=is_typed)
        if whole and value is not None and not value.is_integer():
            value, told = _whole(value)
        values.append(value)
        units.append(unit)
        if told is None:
            continue
        findings.append(
            Finding(
                rule=told.rule,
                kind="doubt" if value is None else "repair",
                row=rows[key],
                key=key,
                column=column,
                old=words_of(cell)[:100],
                new="" if value is None else as_text(value),
                confidence=told.confidence,
                what=told.what,
                undo=() if value is None else ((column, None),),
            )
        )
    return values, units, findings


@dataclass(frozen=True, slots=True)
class _Told:
    rule: str
    what: Text
    confidence: float = 0.5


def _read(
    cell: Cell, form: Format, *, whole: bool, is_typed: bool
) -> tuple[float | None, str, _Told | None]:
    """Read one cell: its value, the unit written in it, and what is to be told."""
    if is_blank(cell):
        return None, "", None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        usable = math.isfinite(cell) and abs(cell) < _LARGEST
        return (float(cell), "", None) if usable else (None, "", _NO_NUMBER)
    if not isinstance(cell, str):
        return None, "", _NO_NUMBER
    number = written(cell)
    if number is None:
        nothing = plain(cell) in MARKS["none"]
        return None, "", _Told("dash", _DASH) if nothing else _NO_NUMBER
    value = value_of(number, form)
    sign = decimal_sign(number.digits)
    told = None
    if sign == "either" and not whole and form.confidence < _DECIDED:
        told = _Told("ambiguous_separator", _AMBIGUOUS)
    elif number.digits != as_text(abs(value)) and sign is not None:
        sure = form.confidence if sign == "either" or form.is_mixed else 0.99
        told = _Told("separators", _SEPARATORS, sure)
    elif is_typed or number.unit:
        told = _Told("number_as_text", _AS_TEXT, 0.99)
    return value, number.unit, told


def _whole(value: float) -> tuple[float | None, _Told]:
    """Mend a count with a fraction: 1.03 was 1.030, a thousand and thirty."""
    thousandfold = round(value * 1000, 6)
    if thousandfold.is_integer() and 0 < value < 1000:  # noqa: PLR2004
        return thousandfold, _Told("lost_thousands", _LOST_THOUSANDS, 0.6)
    return None, _Told("not_whole", _NOT_WHOLE)


_NOT_A_NUMBER: Final = Text(
    "không phải là số; để trống (không rõ)", "not a number; left empty (unknown)"
)
_NO_NUMBER: Final = _Told("not_a_number", _NOT_A_NUMBER)
_DASH: Final = Text(
    "gạch ngang: không có thông tin; để trống (không rõ), không phải 0",
    "a dash: no information; left empty (unknown), not 0",
)
_AMBIGUOUS: Final = Text(
    "không rõ dấu phân cách là thập phân hay hàng nghìn; coi là thập phân",
    "the separator may be decimal or thousands; read as decimal",
)
_SEPARATORS: Final = Text(
    "dấu phân cách hàng nghìn và thập phân được đổi theo cả cột",
    "thousands and decimal separators turned, as the whole column has them",
)
_AS_TEXT: Final = Text("số được lưu dạng chữ", "a number stored as text")
_LOST_THOUSANDS: Final = Text(
    "số đếm có phần lẻ: dấu chấm hàng nghìn đã bị đọc thành dấu thập phân; nhân 1000",
    "a count with a fraction: a thousands dot was read as decimal; times 1000",
)
_NOT_WHOLE: Final = Text(
    "phải là số nguyên; để trống (không rõ)", "must be a whole number; left empty (unknown)"
)
