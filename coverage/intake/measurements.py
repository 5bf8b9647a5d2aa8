"""Exports of measuring apps and drive tests, as the table `measurements` of a project.

They are made by programs, so one heading names one column and rows are alike: whole columns are
read at once, and what is set aside is told with its count and not row by row.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.errors import InputDataError
from coverage.intake.files import read
from coverage.intake.options import Statements
from coverage.intake.sheet import Finding, Sheet, is_blank, words_of
from coverage.intake.vocabulary import NETWORKS, OPERATORS, found_in, tokens
from coverage.schema import TABLES
from coverage.text import Text

_PRESET: Final[Mapping[str, Any]] = tomllib.loads(
    (resources.files("coverage") / "presets" / "measurement_columns.toml").read_text("utf-8")
)
_FIELDS: Final = {tokens(word): name for name, words in _PRESET["fields"].items() for word in words}
_QUANTITIES: Final = {tokens(word): name for word, name in _PRESET["quantities"].items()}
_TECHNOLOGIES: Final = {
    tokens(word): name for name, words in _PRESET["technologies"].items() for word in words
}
_PLAIN: Final = {token for word in _PRESET["words"]["plain"] for token in tokens(word)}
_NOT_SERVING: Final = frozenset(_PRESET["words"]["not_serving"])
_NO: Final = frozenset(_PRESET["words"]["no"])
_LIMITS: Final[Mapping[str, float]] = _PRESET["limits"]
_HOME_COUNTRY: Final = "452"
_SHARED: Final = "4G"
"""The technology whose quantity, RSRP, heads columns of 5G as well."""
_SEARCHED_ROWS: Final = 30
_ISO_DAY: Final = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_LOCAL_DAY: Final = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")
_COMPACT_DAY: Final = re.compile(r"(20\d{2})(\d{2})(\d{2})(?:\D|$)")
_EPOCH: Final = re.compile(r"\d{10}(?:\d{3})?")
_EPOCH_DIGITS: Final = 10
_OWN: Final = tuple(column.name for column in TABLES["measurements"].columns)


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """A table of measurements as a project takes it, and what was found on the way."""

    file: str
    sheet: str
    rows_read: int
    table: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A column of levels; its heading may name technology and operator.

    `usual` is the technology of a heading that names the quantity alone ("RSRP"), for rows that do
    not say their own: apps write 5G under it, too.
    """

    place: int
    technology: str = ""
    operator: str = ""
    usual: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    labels: tuple[str, ...]
    fields: dict[str, int] = field(default_factory=dict)
    levels: tuple[_Level, ...] = ()

    @property
    def is_placed(self) -> bool:
        """Whether both coordinates have a column."""
        return {"longitude", "latitude"} <= self.fields.keys()


def read_measurements(path: Path, statements: Statements | None = None) -> Measured:
    """Read an export of measurements.

    Known by their headings: logs of G-NetTrack and Network Signal Guru, exports of Android apps,
    tables of speed tests, CSV with a column per operator and technology, and plain tables of
    coordinates and levels. Columns and values for all rows can be stated.

    Parameters
    ----------
    path
        CSV with any delimiter, XLSX, XLS, ODS.
    statements
        What a person states: `columns` (field → heading) and `fixed` (field → value for all rows),
        of the fields of the project's table; `encoding`, `sheet`.

    Raises
    ------
    InputDataError
        Where there is no table of measurements in it; everything missing at once.
    """
    statements = statements or Statements()
    source = read(path, encoding=statements.encoding)
    sheets = [s for s in source.sheets if statements.sheet in {None, s.name}]
    headers = [(sheet, header) for sheet in sheets if (header := _header(sheet, statements))]
    if not headers:
        raise _missing(path.name, [_COORDINATES], ())
    sheet, header = max(headers, key=lambda pair: len(pair[0].rows))
    _require(header, statements, path.name)
    rows = [row for row in sheet.rows[header.row + 1 :] if not all(map(is_blank, row))]
    columns = _Columns(header, rows, statements)
    table, findings = _table(columns)
    told = [*source.findings, *_about(header, statements), *findings]
    return Measured(
        file=path.name, sheet=sheet.name, rows_read=len(rows), table=table, findings=tuple(told)
    )


def _header(sheet: Sheet, statements: Statements) -> _Header | None:
    """Find the row that names both coordinates, or columns a person stated."""
    for number, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        header = _described(number, [words_of(cell) for cell in row], statements)
        if header.is_placed:
            return header
    return None


def _described(number: int, labels: Sequence[str], statements: Statements) -> _Header:
    header = _Header(number, tuple(labels))
    stated = {tokens(label): name for name, label in statements.columns.items()}
    levels = []
    for place, label in enumerate(labels):
        words = tokens(label)
        name = stated.get(words) or _FIELDS.get(words, "")
        if name in {"rsrp_dbm", "level"}:
            levels.append(_Level(place=place))
        elif name:
            header.fields.setdefault(name, place)
        elif level := _level(words, place):
            levels.append(level)
    named = [level for level in levels if level.usual]
    return _Header(header.row, header.labels, header.fields, tuple(named or levels[:1]))


def _level(words: tuple[str, ...], place: int) -> _Level | None:
    """Understand a heading such as "EE LTE RSRP" or "NR SS-RSRP (dBm)"."""
    quantity = next((q for q in sorted(_QUANTITIES, key=len)[::-1] if _within(q, words)), None)
    if quantity is None or _NOT_SERVING & set(words):
        return None
    rest = [word for word in words if word not in quantity and word not in _PLAIN]
    stated = next((_TECHNOLOGIES[(word,)] for word in rest if (word,) in _TECHNOLOGIES), "")
    others = [word for word in rest if (word,) not in _TECHNOLOGIES]
    known = found_in(others, OPERATORS)
    usual = _QUANTITIES[quantity]
    return _Level(
        place=place,
        technology=stated or ("" if usual == _SHARED else usual),
        operator=known[0] if known else " ".join(others),
        usual=usual,
    )


def _within(part: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(words[i : i + len(part)] == part for i in range(len(words) - len(part) + 1))


class _Columns:
    """Whole columns of the rows under a header, with what was stated over them."""

    def __init__(
        self, header: _Header, rows: Sequence[Sequence[Any]], statements: Statements
    ) -> None:
        self.header = header
        self.count = len(rows)
        self._rows = rows
        self._statements = statements

    def text(self, name: str, place: int | None = None) -> pd.Series:
        """Return a field as text, "" where the cell is blank or there is no such column."""
        fixed = self._statements.fixed.get(name)
        if fixed is not None:
            return pd.Series(fixed, index=range(self.count), dtype=object)
        place = self.header.fields.get(name) if place is None else place
        if place is None:
            return pd.Series("", index=range(self.count), dtype=object)
        cells = (row[place] if place < len(row) else None for row in self._rows)
        return pd.Series([words_of(cell) for cell in cells], dtype=object)

    def number(self, name: str, place: int | None = None) -> pd.Series:
        """Return a field as numbers; a decimal comma is understood."""
        text = self.text(name, place).str.replace(",", ".", regex=False)
        return pd.to_numeric(text, errors="coerce").astype(float)


def _table(columns: _Columns) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row per level (or speed), and what was set aside."""
    lon, lat = columns.number("longitude"), columns.number("latitude")
    common = pd.DataFrame(
        {
            "longitude": lon,
            "latitude": lat,
            "operator": _operators(columns),
            "technology": _known_technology(columns.text("technology")),
            "download_mbps": _speed_mbps(columns),
            "measured_at": _days(columns.text("measured_at")),
            "device_height_m": columns.number("device_height_m"),
            "floor_dbm": columns.number("floor_dbm"),
            "frequency_mhz": _carriers(columns),
            "measured_cell_id": columns.text("measured_cell_id"),
            "accuracy_m": columns.number("accuracy_m"),
            "is_neighbour": columns.text("serving").str.lower().isin(_NO),
        }
    )
    parts = []
    for level in columns.header.levels or (None,):
        part = common.copy()
        part["rsrp_dbm"] = np.nan if level is None else columns.number("rsrp_dbm", level.place)
        if level is not None and level.technology:
            is_blank_cell = part["technology"] == ""
            same = is_blank_cell | (part["technology"] == level.technology)
            part["technology"] = part["technology"].mask(is_blank_cell, level.technology)
            part = part[same]
        elif level is not None:
            part["technology"] = part["technology"].mask(part["technology"] == "", level.usual)
        if level is not None and level.operator:
            part["operator"] = level.operator
        parts.append(part)
    return _kept(pd.concat(parts, ignore_index=True))


def _kept(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Set aside rows that are no measurement, each rule told once with its count."""
    findings = []
    level = table["rsrp_dbm"]
    no_level = level.notna() & ~level.between(_LIMITS["least_dbm"], _LIMITS["greatest_dbm"])
    findings += _told("no_such_level", no_level, _NO_SUCH_LEVEL)
    table = table.assign(rsrp_dbm=level.mask(no_level))
    rules: tuple[tuple[str, Text, Callable[[pd.DataFrame], pd.Series]], ...] = (
        ("no_position", _NO_POSITION, _is_nowhere),
        ("neighbour", _NEIGHBOUR, lambda t: t["is_neighbour"]),
        ("inaccurate", _INACCURATE, lambda t: t["accuracy_m"] > _LIMITS["max_accuracy_m"]),
        ("other_technology", _OTHER_TECHNOLOGY, lambda t: ~t["technology"].isin(_USED)),
        (
            "nothing_measured",
            _NOTHING,
            lambda t: t[["rsrp_dbm", "download_mbps"]].isna().all(axis=1),
        ),
    )
    for rule, what, applies in rules:
        gone = applies(table).astype(bool)
        findings += _told(rule, gone, what)
        table = table[~gone]
    names = [n for n in _OWN if n in table and table[n].replace("", np.nan).notna().any()]
    needed = [n for n in ("longitude", "latitude", "operator", "technology") if n not in names]
    return table[[*needed, *names]].reset_index(drop=True), findings


_USED: Final = ("3G", "4G", "5G")


def _is_nowhere(table: pd.DataFrame) -> pd.Series:
    lon, lat = table["longitude"], table["latitude"]
    return ~lon.between(-180, 180) | ~lat.between(-90, 90) | ((lon == 0) & (lat == 0))


def _operators(columns: _Columns) -> pd.Series:
    """Return names as one spells them here; a network code stands in for a missing name."""
    names = columns.text("operator")
    codes = columns.text("plmn").str.replace(r"\D", "", regex=True)
    apart = columns.text("mcc") + columns.text("mnc").str.zfill(2).where(
        columns.text("mnc") != "", ""
    )
    codes = codes.mask(codes == "", apart)
    by_code = codes.map(
        lambda c: NETWORKS.get(c[3:].zfill(2), "") if c.startswith(_HOME_COUNTRY) else c
    )
    is_code = names.str.fullmatch(r"\d{5,6}")
    names = names.mask((names == "") | is_code, by_code)
    known = {name: found_in(tokens(name), OPERATORS) for name in names.unique()}
    return names.map(lambda name: known[name][0] if len(known[name]) == 1 else name)


def _known_technology(text: pd.Series) -> pd.Series:
    found = {
        word: _TECHNOLOGIES.get(tokens(word))
        or next(iter(found_in(tokens(word), _TECHNOLOGIES)), "")
        for word in text.unique()
    }
    return text.map(found)


def _speed_mbps(columns: _Columns) -> pd.Series:
    found = columns.number("download_mbps")
    found = found.fillna(columns.number("download_kbps") / 1_000.0)
    return found.fillna(columns.number("download_bytes_s") * 8.0 / 1_000_000.0)


def _carriers(columns: _Columns) -> pd.Series:
    """Return the carrier: as stated, else by EARFCN, else by the number of the LTE band."""
    found = columns.number("frequency_mhz")
    earfcn = columns.number("earfcn")
    band = pd.to_numeric(columns.text("band").str.extract(r"(\d+)", expand=False), errors="coerce")
    for entry in _PRESET["bands"]:
        first, last = entry["earfcn"]
        is_it = earfcn.between(first, last) | (earfcn.isna() & (band == entry["band"]))
        found = found.fillna(is_it.map({True: entry["frequency_mhz"]}))
    return found


def _days(text: pd.Series) -> pd.Series:
    return text.map({word: _day(word) for word in text.unique()})


def _day(word: str) -> str:
    """Return the day of a time as apps write it; "" where it is not understood."""
    if _EPOCH.fullmatch(word):
        return pd.Timestamp(int(word[:_EPOCH_DIGITS]), unit="s").date().isoformat()
    if found := _ISO_DAY.search(word) or _COMPACT_DAY.match(word):
        year, month, day = found.groups()
    elif found := _LOCAL_DAY.search(word):
        day, month, year = found.groups()
    else:
        return ""
    try:
        return pd.Timestamp(int(year), int(month), int(day)).date().isoformat()
    except ValueError:
        return ""


def _require(header: _Header, statements: Statements, file: str) -> None:
    """Refuse a table that lacks what measurements cannot be without; say everything at once."""
    has = header.fields.keys() | statements.fixed.keys()
    missing = []
    if not has & {"operator", "plmn", "mnc"} and not all(
        x.operator for x in header.levels or [_Level(place=0)]
    ):
        missing.append(Text("nhà mạng (operator)", "the operator"))
    if "technology" not in has and not all(x.usual for x in header.levels or [_Level(place=0)]):
        missing.append(Text("công nghệ (technology)", "the technology"))
    speeds = {"download_mbps", "download_kbps", "download_bytes_s"}
    if not header.levels and not has & speeds:
        missing.append(
            Text("cột mức thu (RSRP) hoặc tốc độ", "a column of levels (RSRP) or speeds")
        )
    if missing:
        raise _missing(file, missing, header.labels)


def _missing(file: str, missing: Sequence[Text], labels: Sequence[str]) -> InputDataError:
    shown = "; ".join(label for label in labels if label)[:600]
    return InputDataError(
        problem
        for what in missing
        for problem in InputDataError.about(
            file,
            "missing_column",
            Text(f"thiếu {what.vi}", f"missing: {what.en}"),
            Text(
                f"Tiêu đề đọc được: {shown or '—'}. Hãy ghi trong tệp --map, ở [columns] hoặc "
                "[fixed] (một giá trị cho mọi dòng).",
                f"The heading read: {shown or '—'}. State it in a --map file, under [columns] or "
                "[fixed] (one value for all rows).",
            ),
        ).problems
    )


def _about(header: _Header, statements: Statements) -> list[Finding]:
    taken = {place: name for name, place in header.fields.items()}
    for level in header.levels:
        parts = ("rsrp_dbm", level.operator, level.technology)
        taken[level.place] = " ".join(part for part in parts if part)
    found = [
        Finding(
            rule="column_read" if place in taken else "column_left",
            kind="note",
            column=label,
            new=taken.get(place, "—"),
            what=_READ if place in taken else _LEFT,
        )
        for place, label in enumerate(header.labels)
        if label
    ]
    found += [
        Finding(rule="fixed", kind="note", column=name, new=value, what=_FIXED)
        for name, value in statements.fixed.items()
    ]
    return found


def _told(rule: str, gone: pd.Series, what: Text) -> list[Finding]:
    count = int(gone.sum())
    if not count:
        return []
    return [Finding(rule=rule, kind="repair", new=str(count), what=what)]


_COORDINATES: Final = Text("hai cột tọa độ WGS 84", "the two columns of WGS 84 coordinates")
_READ: Final = Text("cột được hiểu là trường này", "the column is taken for this field")
_LEFT: Final = Text("cột không được dùng", "the column is not used")
_FIXED: Final = Text("giá trị chung ghi trong --map", "one value for all rows, stated in --map")
_NO_SUCH_LEVEL: Final = Text(
    "giá trị không phải là mức thu (0, -1, số đánh dấu…), coi là không có mức thu",
    "no level (0, -1, a mark …): taken as none",
)
_NO_POSITION: Final = Text("dòng không có tọa độ, bỏ ra", "rows without coordinates, set aside")
_INACCURATE: Final = Text(
    f"tọa độ sai hơn {_LIMITS['max_accuracy_m']:g} m, bỏ ra",
    f"positions worse than {_LIMITS['max_accuracy_m']:g} m, set aside",
)
_OTHER_TECHNOLOGY: Final = Text(
    "2G, Wi-Fi hoặc không rõ công nghệ, bỏ ra", "2G, Wi-Fi or an unknown technology, set aside"
)
_NEIGHBOUR: Final = Text(
    "ô lân cận, không phải ô phục vụ, bỏ ra", "neighbouring cells, not the serving one, set aside"
)
_NOTHING: Final = Text(
    "không có mức thu và tốc độ, bỏ ra", "neither a level nor a speed, set aside"
)
