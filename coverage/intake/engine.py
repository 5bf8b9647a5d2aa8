"""From a file to a proposal: every stage of the import in order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.errors import InputDataError
from coverage.intake import legacy
from coverage.intake.columns import SIGNAL, missing_in_map
from coverage.intake.communes import Register, Settled, settle, stated_communes
from coverage.intake.coordinates import located
from coverage.intake.datum import datum_findings
from coverage.intake.draft import SOURCE_ROW, Draft
from coverage.intake.duplicates import duplicates
from coverage.intake.files import read
from coverage.intake.header import Layout, layout_of
from coverage.intake.options import Statements
from coverage.intake.places import Places, preset_places
from coverage.intake.populations import suspicious_populations
from coverage.intake.rows import KEYS, body_of
from coverage.intake.sheet import (
    Cell,
    Finding,
    Role,
    Sheet,
    Source,
    is_blank,
    unreadable,
    words_of,
)
from coverage.intake.stations import station_columns, unfolded
from coverage.intake.table import RawTable, plain_texts, raw_table
from coverage.intake.villages import village_columns
from coverage.intake.vocabulary import tokens
from coverage.schema import TABLES
from coverage.text import Text

_PLACE_FIELDS: Final = ("longitude", "latitude", "x", "y", "place")
_LEAST_SCORE: Final = 0.8
_RIVAL_SHEET: Final = 0.6
_SURE_COLUMN: Final = 0.8


def propose(
    path: Path,
    role: Role,
    *,
    places: Places | None = None,
    statements: Statements | None = None,
) -> Draft:
    """Read a messy file and propose a clean table.

    Parameters
    ----------
    path
        The file, of any format that `files.kind_of` knows.
    role
        What the rows are: villages, stations or communes.
    places
        Where the communes lie; those of the presets unless given.
    statements
        What a person states over what would be found out.

    Raises
    ------
    InputDataError
        Where the file cannot be read, or no table of that kind is in it; all problems at once.
    """
    statements = statements or Statements()
    source = read(path, encoding=statements.encoding)
    return propose_of(source, role, places=places, statements=statements)


def propose_of(
    source: Source,
    role: Role,
    *,
    places: Places | None = None,
    statements: Statements | None = None,
) -> Draft:
    """Propose a clean table as `propose` does, of a file that was read already."""
    statements = statements or Statements()
    findings = list(source.findings)
    sheets = []
    for sheet in source.sheets:
        mended, told = in_unicode(sheet)
        sheets.append(mended)
        findings += told
    layout, told = _chosen_sheet(sheets, role, statements, source.file)
    findings += told
    _require(layout, role, statements, source.file)
    raw = raw_table(layout, body_of(layout, role), statements)
    if not any(not gone for gone in raw.dropped):
        raise unreadable(
            source.file,
            "no_rows",
            Text("không có dòng dữ liệu nào dưới tiêu đề", "no data row stands under the header"),
            Text("Hãy kiểm tra lại tệp hoặc dùng --map.", "Check the file, or use --map."),
        )
    findings += _about_columns(layout, statements)
    if role == "stations":
        raw = unfolded(raw)
    table = _table(raw, layout, role, Register(places or preset_places()))
    findings += raw.findings
    return Draft(
        role=role,
        file=source.file,
        sheet=layout.sheet.name,
        header_rows=(layout.first, layout.last),
        columns=layout.columns,
        table=table,
        findings=_in_order(findings),
    )


def in_unicode(sheet: Sheet) -> tuple[Sheet, list[Finding]]:
    """Turn text of old Vietnamese fonts into Unicode."""
    texts = [cell for row in sheet.rows for cell in row if isinstance(cell, str)]
    reading = legacy.reading_of(texts)
    if reading.scheme == "unicode":
        return sheet, []
    rows = [[reading.of(cell) if isinstance(cell, str) else cell for cell in r] for r in sheet.rows]
    changed = sum(
        old != new
        for before, after in zip(sheet.rows, rows, strict=True)
        for old, new in zip(before, after, strict=True)
    )
    title = {"tcvn3": "TCVN3 (ABC, .VnTime)", "vni": "VNI", "utf8_as_cp1252": "UTF-8/cp1252"}
    name = title[reading.scheme]
    what = Text(
        f"chữ theo bảng mã {name}: đã chuyển {changed} ô sang Unicode",
        f"text in {name}: {changed} cells turned into Unicode",
    )
    told = Finding(
        rule="legacy_letters", kind="note", old=sheet.name, new=name, confidence=0.9, what=what
    )
    return replace(sheet, rows=rows), [told]


def _chosen_sheet(
    sheets: Sequence[Sheet], role: Role, statements: Statements, file: str
) -> tuple[Layout, list[Finding]]:
    """Choose the sheet whose header names most fields over most rows; say so where others exist."""
    if statements.sheet is not None:
        wanted = [sheet for sheet in sheets if sheet.name == statements.sheet]
        if not wanted:
            listed = ", ".join(sheet.name for sheet in sheets)
            raise unreadable(
                file,
                "no_such_sheet",
                Text(f"không có trang {statements.sheet!r}", f"no sheet {statements.sheet!r}"),
                Text(f"Các trang: {listed}.", f"The sheets are: {listed}."),
            )
        sheets = wanted
    found = [
        layout
        for sheet in sheets
        if (
            layout := layout_of(
                sheet, role, mapping=statements.columns, rows=statements.header_rows
            )
        )
    ]
    if not found:
        raise unreadable(
            file,
            "no_table",
            Text("tệp không có bảng nào", "there is no table in the file"),
            Text("Hãy kiểm tra lại tệp.", "Check the file."),
        )
    ranked = sorted(found, key=lambda layout: -_worth(layout, role))
    best, others = ranked[0], ranked[1:]
    findings = []
    if others:
        what = Text(
            f"đọc trang {best.sheet.name!r}, trang có nhiều cột và dòng nhận ra được nhất",
            f"the sheet {best.sheet.name!r} is read: it has most columns and rows that are known",
        )
        findings.append(
            Finding(
                rule="sheet_chosen", kind="note", new=best.sheet.name, confidence=0.9, what=what
            )
        )
    for layout in others:
        rows = sum(any(not is_blank(cell) for cell in row) for row in layout.sheet.rows)
        if not rows:
            continue
        similar = layout.score >= _RIVAL_SHEET * best.score
        what = Text(
            f"trang {layout.sheet.name!r} ({rows} dòng) không được đọc"
            + ("; trang này cũng giống một bảng như vậy" if similar else ""),
            f"the sheet {layout.sheet.name!r} ({rows} rows) is not read"
            + ("; it looks like such a table too" if similar else ""),
        )
        findings.append(
            Finding(
                rule="sheet_not_read",
                kind="doubt" if similar else "note",
                old=layout.sheet.name,
                confidence=0.5 if similar else 0.9,
                what=what,
            )
        )
    return best, findings


def _worth(layout: Layout, role: Role) -> float:
    has_key = any(layout.place(name) is not None for name in KEYS[role])
    return layout.score * math.log1p(len(layout.sheet.rows)) * (1.0 if has_key else 0.1)


def _require(layout: Layout, role: Role, statements: Statements, file: str) -> None:
    """Refuse a sheet that lacks what such a table cannot be without; say everything at once."""
    fields = {column.field for column in layout.columns} | statements.fixed.keys()
    missing: list[Text] = []
    if layout.score < _LEAST_SCORE and statements.header_rows is None:
        missing.append(Text("không thấy dòng tiêu đề", "no header row is found"))
    if not fields & set(KEYS[role]):
        names = {
            "villages": Text("cột tên thôn", "the column of village names"),
            "stations": Text("cột mã hoặc tên trạm", "the column of station ids or names"),
            "communes": Text("cột tên hoặc mã xã", "the column of commune names or codes"),
        }
        missing.append(names[role])
    if role == "stations" and not (
        {"longitude", "latitude"} <= fields or {"x", "y"} <= fields or "place" in fields
    ):
        halves = [name for name in ("longitude", "latitude", "x", "y") if name in fields]
        found = f" ({', '.join(halves)} …)" if halves else ""
        missing.append(Text(f"hai cột tọa độ{found}", f"the two columns of coordinates{found}"))
    missing += [
        Text(f"cột {label!r} ghi trong --map", f"the column {label!r} stated in --map")
        for label in missing_in_map(layout.columns, statements.columns)
    ]
    if not missing:
        return
    labels = "; ".join(column.label for column in layout.columns if column.parts)[:600]
    rows = f"{layout.first}–{layout.last}"
    raise InputDataError(
        [
            problem
            for what in missing
            for problem in InputDataError.about(
                file,
                "missing_column",
                Text(f"thiếu {what.vi}", f"missing: {what.en}"),
                Text(
                    f"Tiêu đề đọc được ở dòng {rows}: {labels}. Hãy ghi cột trong tệp --map.",
                    f"The heading read in rows {rows}: {labels}. State the column in a --map file.",
                ),
                rows=(layout.first,) if layout.first else (),
            ).problems
        ]
    )


def _about_columns(layout: Layout, statements: Statements) -> list[Finding]:
    """One line for each column: what it was taken for, and how sure that is."""
    findings = []
    for column in layout.columns:
        if not column.parts and not column.field:
            continue
        used = column.field and column.field != "order"
        name = column.field or "—"
        if column.field == SIGNAL:
            name = " ".join(part for part in (column.operator, column.technology) if part)
        sure = column.confidence >= _SURE_COLUMN or not used
        findings.append(
            Finding(
                rule="column_read" if column.field else "column_kept",
                kind="note" if sure else "doubt",
                column=column.label,
                new=name,
                confidence=column.confidence if column.field else 1.0,
                what=_COLUMN_READ if column.field else _COLUMN_KEPT,
            )
        )
    findings += [
        Finding(rule="fixed", kind="note", column=name, new=value, what=_FIXED)
        for name, value in statements.fixed.items()
    ]
    return findings


def _table(raw: RawTable, layout: Layout, role: Role, register: Register) -> pd.DataFrame:
    """Turn the raw table of a role into clean columns."""
    titles = [*layout.title, *(c.label for c in layout.columns if c.field in _PLACE_FIELDS)]
    stated = _stated(raw, layout, role, register)
    if role == "communes":
        columns = _commune_columns(raw)
    elif role == "villages":
        columns = village_columns(raw, stated.stated)
    else:
        columns = station_columns(raw)
    where = located(
        {name: _live(raw, name) for name in _PLACE_FIELDS if raw.has(name)},
        raw.numbers,
        stated.codes,
        register.places,
        headings=titles,
        layer_crs=layout.sheet.crs,
        fixed=raw.statements.crs,
        elsewhere=raw.statements.decimal or raw.elsewhere,
    )
    raw.live(where.findings)
    raw.findings += datum_findings(where.choices)
    if role == "villages":
        raw.live(settle(stated, raw.numbers, where.lon, where.lat, register))
    columns |= {
        "longitude": [_number(v) for v in where.lon],
        "latitude": [_number(v) for v in where.lat],
    }
    if role == "villages" and (
        np.isfinite(where.accuracy_m).any() or raw.has("coordinate_accuracy_m")
    ):
        given = raw.number("coordinate_accuracy_m", unit="m")
        columns["coordinate_accuracy_m"] = [
            own if own is not None else _number(found)
            for own, found in zip(given, where.accuracy_m, strict=True)
        ]
    if role == "communes":
        columns["commune_code"] = _codes(raw, stated, register)
    if role == "villages":
        columns["commune_code"] = [*stated.codes]
        columns["commune_stated"] = [*stated.stated]
        columns["village_id"] = _village_ids(raw, stated.codes)
        raw.live(_without_place(raw, where.lon))
        raw.live(duplicates(columns, raw.numbers, raw.dropped))
    elif role == "communes":
        raw.live(suspicious_populations(columns, raw.numbers, raw.dropped, register))
    raw.live(_missing_names(raw, columns, role))
    return _framed(raw, columns, role)


def _live(raw: RawTable, name: str) -> list[Cell]:
    return [None if gone else c for c, gone in zip(raw.cells(name), raw.dropped, strict=True)]


def _stated(raw: RawTable, layout: Layout, role: Role, register: Register) -> Settled:
    """Look up the commune of every row; rows that were taken out have none."""
    names_field = "name" if role == "communes" else "commune"
    names = raw.text(names_field, into="commune_stated") if raw.has(names_field) else []
    if raw.has("old_commune") and not names:
        names = raw.text("old_commune", into="commune_stated")
    codes = raw.cells("commune_code")
    names = names or [""] * len(raw.numbers)
    title = "" if any(names) or raw.has("commune_code") else register.in_title(layout.title)
    if title and role == "villages":
        names = [title] * len(names)
        raw.findings.append(
            Finding(
                rule="commune_of_title",
                kind="doubt",
                column="commune_code",
                new=title,
                confidence=0.7,
                what=Text("lấy xã ghi ở tiêu đề bảng", "the commune named in the title is taken"),
            )
        )
    live = [name if not gone else "" for name, gone in zip(names, raw.dropped, strict=True)]
    districts = plain_texts(raw.cells("district"))
    return stated_communes(live, codes, districts, register)


def _commune_columns(raw: RawTable) -> dict[str, list[Cell]]:
    columns: dict[str, list[Cell]] = {"name": [*raw.text("name")]}
    for name in ("full_name", "unit_type", "province", "edition"):
        if raw.has(name):
            columns[name] = [*raw.text(name)]
    if raw.has("province_code"):
        columns["province_code"] = [*plain_texts(raw.cells("province_code"))]
    columns["population"] = [*raw.count("population")]
    columns["households"] = [*raw.count("households")]
    columns["area_km2"] = [*raw.number("area_km2")]
    return columns


def _codes(raw: RawTable, stated: Settled, register: Register) -> list[Cell]:
    """Codes of a list of communes are its own; only missing ones are looked up by name."""
    if not raw.has("commune_code"):
        raw.live(
            [
                Finding(
                    rule="code_by_name",
                    kind="repair" if code else "doubt",
                    row=row,
                    key=key,
                    column="commune_code",
                    old=stated.stated[key],
                    new=code,
                    confidence=stated.answers[key].confidence,
                    what=_CODE_BY_NAME,
                    undo=(("commune_code", ""),),
                )
                for key, (row, code) in enumerate(zip(raw.numbers, stated.codes, strict=True))
            ]
        )
        return [*stated.codes]
    codes: list[Cell] = []
    for key, cell in enumerate(raw.cells("commune_code")):
        code = words_of(cell)
        padded = code.zfill(register.width) if code.isdecimal() else code
        if padded != code and padded in register.names:
            raw.live(
                [
                    Finding(
                        rule="lost_zeros",
                        kind="repair",
                        row=raw.numbers[key],
                        key=key,
                        column="commune_code",
                        old=code,
                        new=padded,
                        confidence=0.9,
                        what=Text("mã xã mất số 0 ở đầu", "the code lost its leading zeros"),
                        undo=(("commune_code", code),),
                    )
                ]
            )
            code = padded
        codes.append(code)
    return codes


def _village_ids(raw: RawTable, codes: Sequence[str]) -> list[Cell]:
    """Ids of the sheet; without them commune code and row number, which lead back to the row."""
    if raw.has("village_id"):
        return [*raw.text("village_id")]
    return [f"{code or 'X'}-{row}" for code, row in zip(codes, raw.numbers, strict=True)]


def _without_place(raw: RawTable, lon: np.ndarray[Any, Any]) -> list[Finding]:
    return [
        Finding(
            rule="no_coordinates",
            kind="doubt",
            row=row,
            key=key,
            column="coordinates",
            confidence=1.0,
            what=_NO_COORDINATES,
        )
        for key, row in enumerate(raw.numbers)
        if not np.isfinite(lon[key])
    ]


def _missing_names(raw: RawTable, columns: dict[str, list[Cell]], role: Role) -> list[Finding]:
    key_field = {"villages": "name", "stations": "site_id", "communes": "name"}[role]
    return [
        Finding(
            rule="no_name",
            kind="doubt",
            row=row,
            key=key,
            column=key_field,
            confidence=1.0,
            what=Text("dòng không có tên hoặc mã; vẫn giữ lại", "no name or id; the row is kept"),
        )
        for key, row in enumerate(raw.numbers)
        if is_blank(columns[key_field][key])
    ]


def _framed(raw: RawTable, columns: dict[str, list[Cell]], role: Role) -> pd.DataFrame:
    """Put the columns in the order of the project's table; carried ones follow."""
    ordered = [c.name for c in TABLES[role].columns if c.name in columns]
    ordered += [name for name in columns if name not in ordered]
    table = {name: columns[name] for name in ordered}
    for name in ("district", "note"):
        if raw.has(name) and name not in table:
            table[name] = [*plain_texts(raw.cells(name))]
    for column, cells in raw.others:
        name = "_".join(tokens(column.label)) or f"column_{column.place + 1}"
        while name in table:
            name += "_2"
        table[name] = [*plain_texts(cells)]
    table[SOURCE_ROW] = [*raw.numbers]
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in table.items()})


def _number(value: float) -> Cell:
    return float(value) if np.isfinite(value) else None


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Order by row, sheet first; give equal ids a number."""
    ordered = sorted(findings, key=lambda f: f.row if f.row is not None else -1)
    seen: Counter[str] = Counter()
    unique = []
    for finding in ordered:
        seen[finding.id] += 1
        times = seen[finding.id]
        unique.append(finding if times == 1 else replace(finding, rule=f"{finding.rule}_{times}"))
    return tuple(unique)


_COLUMN_READ: Final = Text("cột được hiểu là trường này", "the column is taken for this field")
_COLUMN_KEPT: Final = Text(
    "không nhận ra cột; giữ nguyên dưới tên của nó",
    "the column is not recognised; it is kept under its own name",
)
_CODE_BY_NAME: Final = Text(
    "bảng không có mã xã; tra theo tên", "the list has no codes; looked up by name"
)
_FIXED: Final = Text("giá trị chung ghi trong --map", "one value for all rows, stated in --map")
_NO_COORDINATES: Final = Text(
    "không có tọa độ; thôn được giữ lại, tín hiệu sẽ là “không rõ”",
    "no coordinates; the village is kept, its signal will be “unknown”",
)
