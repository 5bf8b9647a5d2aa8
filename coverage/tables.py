"""The check of a table against its definition.

`check` looks at every row, gives the columns their types and returns all problems at once; it reads
no file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.errors import Problem, Severity
from coverage.schema import Column, Kind, Table
from coverage.text import Text, normalised

Mask = np.ndarray[Any, np.dtype[np.bool_]]

LISTED_ROWS: Final = 20
_LARGEST_COUNT: Final = 2.0**53
_TRUE: Final = frozenset({"true", "1", "yes", "y", "có", "co", "x"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "không", "khong", "chưa", "chua"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule a value can break: its code, what is wrong, what to do."""

    code: str
    what: Text
    fix: Text
    severity: Severity = "error"


EMPTY_TABLE: Final = Rule(
    "empty_table",
    Text("bảng không có dòng dữ liệu nào", "the table has no data row"),
    Text("Hãy kiểm tra lại tệp.", "Check the file."),
)
DUPLICATE_COLUMN: Final = Rule(
    "duplicate_column",
    Text("cột này xuất hiện nhiều lần", "this column stands more than once"),
    Text("Hãy giữ lại một cột.", "Keep one of them."),
)
MISSING_VALUE: Final = Rule(
    "missing_value",
    Text("ô này để trống", "this cell is empty"),
    Text("Cột này phải có giá trị ở mọi dòng.", "This column must be filled in every row."),
)
DUPLICATE_ID: Final = Rule(
    "duplicate_id",
    Text("giá trị bị lặp lại", "the value stands more than once"),
    Text("Mỗi dòng phải có mã riêng.", "Each row needs an id of its own."),
)
_WRONG_KIND: Final = {
    Kind.NUMBER: (
        Text("không phải là số", "is not a number"),
        Text(
            "Hãy ghi số với dấu chấm thập phân, không kèm đơn vị (ví dụ 105.85).",
            "Write a number with a decimal point and without unit (such as 105.85).",
        ),
    ),
    Kind.COUNT: (
        Text("không phải là số nguyên", "is not a whole number"),
        Text(
            "Hãy ghi số nguyên, không có dấu phân cách.",
            "Write a whole number without separators.",
        ),
    ),
    Kind.FLAG: (
        Text("không phải là có/không", "is not yes or no"),
        Text("Hãy ghi true/false, có/không hoặc 1/0.", "Write true/false, yes/no or 1/0."),
    ),
    Kind.DATE: (
        Text("không phải là ngày", "is not a date"),
        Text(
            "Hãy ghi năm-tháng-ngày (2026-06-30) hoặc ngày/tháng/năm (30/06/2026).",
            "Write year-month-day (2026-06-30) or day/month/year (30/06/2026).",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A table after the check: typed columns, what is wrong, and how many rows were set aside."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    ignored_rows: int = 0


def check(
    frame: pd.DataFrame, table: Table, *, file: str, listed_rows: int = LISTED_ROWS
) -> Checked:
    """Check a table of raw values against its definition and give the columns their types.

    Parameters
    ----------
    frame
        Raw values, text or typed, indexed by the row numbers a person sees; the geometry of a
        GeoDataFrame is left alone.
    table
        The definition.
    file
        Name shown in messages.
    listed_rows
        How many of the rows that share a problem are named.

    Returns
    -------
    Checked
        Columns that the definition knows are typed, missing optional ones with a default are added,
        unknown ones are kept as they are.
    """
    rows = frame.index.to_numpy()
    problems: list[Problem] = []
    frame = frame.copy()
    frame.columns = pd.Index([normalised(str(name)) for name in frame.columns])
    twice = frame.columns.duplicated()
    problems += [
        _about_column(DUPLICATE_COLUMN, file, name) for name in sorted(set(frame.columns[twice]))
    ]
    frame = frame.loc[:, ~twice]
    problems += [
        _about_column(_missing(column, frame), file, column.name)
        for column in table.columns
        if column.required and column.name not in frame.columns
    ]
    if frame.empty:
        return Checked(frame, (*problems, _about_column(EMPTY_TABLE, file, None)))
    known = {
        str(name): column
        for name in frame.columns
        if name != "geometry" and (column := table.column(str(name))) is not None
    }
    ignored: Mask = np.zeros(len(frame), dtype=bool)
    for name, column in known.items():
        if column.ignored:
            ignored |= frame[name].map(_word).str.lower().isin(column.ignored).to_numpy()
    frame, rows = frame.loc[~ignored], rows[~ignored]
    for name, column in known.items():
        reading = _read(frame[name], column)
        frame[name] = reading.typed
        for rule, wrong in reading.broken:
            problems += rows_breaking(
                rule, wrong, reading.words, file=file, column=name, rows=rows, listed=listed_rows
            )
    for column in table.columns:
        if column.default is None:
            continue
        if column.name not in frame.columns:
            frame[column.name] = column.default
            continue
        values = frame[column.name]
        if column.kind is Kind.CHOICE:
            values = values.where(values != "", None)
        frame[column.name] = values.fillna(column.default)
    return Checked(frame, tuple(problems), ignored_rows=int(ignored.sum()))


def rows_breaking(
    rule: Rule,
    wrong: Mask,
    words: pd.Series | None,
    *,
    file: str,
    column: str | None,
    rows: np.ndarray[Any, Any],
    listed: int = LISTED_ROWS,
) -> list[Problem]:
    """Return the problem that the `wrong` rows break `rule`, or nothing where none does.

    `words` are the values as written, the first wrong one is quoted; `rows` are the row numbers a
    person sees.
    """
    where = np.flatnonzero(wrong)
    if where.size == 0:
        return []
    value = "" if words is None else str(words.iloc[int(where[0])])
    return [
        Problem(
            severity=rule.severity,
            rule=rule.code,
            file=file,
            column=column,
            value=value or None,
            rows=tuple(int(row) for row in rows[where[:listed]]),
            count=int(where.size),
            what=rule.what,
            fix=rule.fix,
        )
    ]


def as_words(raw: pd.Series) -> pd.Series:
    """Read cells, text or typed, as the text a person would type; "" for every kind of nothing."""
    return raw.map(_word).astype(object)


def numbers(raw: pd.Series) -> pd.Series:
    """Read cells as numbers, text or typed; NaN where there is none."""
    if pd.api.types.is_bool_dtype(raw.dtype):
        return raw.astype("Float64").astype(float)
    if pd.api.types.is_numeric_dtype(raw.dtype):
        plain = raw.astype(float)
        return plain.where(np.isfinite(plain.to_numpy()))
    return _read_number(raw.map(_word))[0]


def flags(raw: pd.Series) -> pd.Series:
    """Read cells as yes and no, text or typed; NA where there is neither."""
    if pd.api.types.is_bool_dtype(raw.dtype):
        return raw.astype("boolean")
    return _read_flag(raw.map(_word))[0]


def _about_column(rule: Rule, file: str, column: str | None) -> Problem:
    return Problem(
        severity=rule.severity,
        rule=rule.code,
        file=file,
        column=column,
        what=rule.what,
        fix=rule.fix,
    )


def _missing(column: Column, frame: pd.DataFrame) -> Rule:
    found = ", ".join(str(name) for name in frame.columns[:30])
    return Rule(
        "missing_column",
        Text(
            f"thiếu cột bắt buộc ({column.meaning.vi}); các cột trong tệp: {found}",
            f"a required column is missing ({column.meaning.en}); columns in the file: {found}",
        ),
        Text(
            "Hãy thêm cột hoặc đổi tên cột tương ứng.",
            "Add it or rename the matching column.",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """One column as read: its values, the words they came from, and the rows that break a rule."""

    typed: pd.Series
    words: pd.Series
    broken: list[tuple[Rule, Mask]]


def _read(raw: pd.Series, column: Column) -> _Reading:
    words = raw.map(_word)
    blank: Mask = (words == "").to_numpy()
    values, understood = _READERS[column.kind](words, column)
    broken = [(_wrong_kind(column), ~understood & ~blank)]
    if column.filled:
        broken.append((MISSING_VALUE, blank))
    if column.unique:
        broken.append((DUPLICATE_ID, words.duplicated(keep=False).to_numpy() & ~blank))
    if column.kind in {Kind.NUMBER, Kind.COUNT}:
        broken.append(_out_of_range(values, column))
    return _Reading(values, words, broken)


def _word(value: object) -> str:
    """Return a cell as the text a person would type; empty for every kind of nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() else str(value)
    return normalised(str(value))


Values = tuple[pd.Series, Mask]


def _read_text(words: pd.Series, _column: Column) -> Values:
    return words.astype(object), np.ones(len(words), dtype=bool)


def _read_number(words: pd.Series, _column: Column | None = None) -> Values:
    values = pd.to_numeric(words.where(words != "", None), errors="coerce").astype(float)
    finite: Mask = np.isfinite(values.to_numpy())
    return values.where(finite), finite


def _read_count(words: pd.Series, _column: Column) -> Values:
    values, understood = _read_number(words)
    exact = values.fillna(0.5).to_numpy()
    understood &= (np.mod(exact, 1) == 0) & (np.abs(exact) <= _LARGEST_COUNT)
    return values.where(understood).astype("Int64"), understood


def _read_flag(words: pd.Series, _column: Column | None = None) -> Values:
    low = words.str.lower()
    yes: Mask = low.isin(_TRUE).to_numpy()
    understood: Mask = yes | low.isin(_FALSE).to_numpy()
    return pd.Series(yes, index=words.index).where(understood).astype("boolean"), understood


def _read_choice(words: pd.Series, column: Column) -> Values:
    spellings = {choice.lower(): choice for choice in column.choices} | dict(column.synonyms)
    found = [spellings.get(word.lower()) for word in words]
    understood: Mask = np.array([choice is not None for choice in found], dtype=bool)
    return pd.Series([c or "" for c in found], index=words.index, dtype=object), understood


def _read_date(words: pd.Series, _column: Column) -> Values:
    days = words.str.slice(0, 10)
    dates = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce")
    dates = dates.fillna(pd.to_datetime(days, format="%d/%m/%Y", errors="coerce"))
    return dates.dt.strftime("%Y-%m-%d").fillna("").astype(object), dates.notna().to_numpy()


_READERS: Final[dict[Kind, Callable[[pd.Series, Column], Values]]] = {
    Kind.TEXT: _read_text,
    Kind.CODE: _read_text,
    Kind.NUMBER: _read_number,
    Kind.COUNT: _read_count,
    Kind.FLAG: _read_flag,
    Kind.CHOICE: _read_choice,
    Kind.DATE: _read_date,
}


def _wrong_kind(column: Column) -> Rule:
    if column.kind is Kind.CHOICE:
        allowed = ", ".join(column.choices)
        return Rule(
            "not_in_list",
            Text("giá trị không thuộc danh mục", "the value is not in the list"),
            Text(f"Các giá trị được phép: {allowed}.", f"Allowed values: {allowed}."),
        )
    what, fix = _WRONG_KIND.get(column.kind, (Text("không hợp lệ", "is not valid"), Text("", "")))
    return Rule(f"not_a_{column.kind}", what, fix)


def _out_of_range(values: pd.Series, column: Column) -> tuple[Rule, Mask]:
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    span = f"{low:g} … {high:g} {column.unit}".rstrip()
    fix = Text("Hãy kiểm tra giá trị và đơn vị.", "Check the value and its unit.")
    if column.name in {"longitude", "latitude"}:
        fix = Text(
            "Kinh độ và vĩ độ có thể bị đổi chỗ, hoặc đây là tọa độ VN-2000 tính bằng mét.",
            "Longitude and latitude may be swapped, or these are VN-2000 metres.",
        )
    rule = Rule(
        "out_of_range",
        Text(f"ngoài khoảng cho phép {span}", f"outside the allowed range {span}"),
        fix,
    )
    plain = values.astype(float).to_numpy(na_value=np.nan)
    return rule, (plain < low) | (plain > high)
