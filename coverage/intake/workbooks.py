"""XLSX, ODS and XLS workbooks with what plain readers leave out: hidden rows, merged cells."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

import python_calamine
import xlrd  # type: ignore[import-untyped]

from coverage.archives import Archive, opened
from coverage.extent import MOST_CELLS, MOST_ROWS, too_many_cells, weigh_sheet
from coverage.intake.sheet import Cell, Merge, Sheet, unreadable
from coverage.text import Text

_BROKEN_XLS: Final = (
    xlrd.XLRDError,
    xlrd.compdoc.CompDocError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_BROKEN_BOOK: Final = (
    python_calamine.CalamineError,
    python_calamine.PasswordError,
    python_calamine.WorksheetNotFound,
    OSError,
    ValueError,
)
_PARTS: Final = re.compile(
    r"^(xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/[^/]+\.xml|content\.xml)$"
)
_ROW_TAG: Final = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ODS_TAG: Final = re.compile(
    rb"<(table:table|table:table-row|table:table-cell|table:covered-table-cell)(?=[\s/>])([^>]*?)(/?)>"
)


def read_book(data: bytes, kind: str, *, file: str) -> tuple[Sheet, ...]:
    """Read every sheet of a workbook; `kind` is "xlsx", "ods" or "xls".

    Raises
    ------
    InputDataError
        Where it is damaged, encrypted or larger than the limits.
    """
    if kind == "xls":
        return _xls_sheets(data, file)
    archive = opened(data, _PARTS, file=file)
    hidden = _xlsx_hidden(archive, file) if kind == "xlsx" else _ods_hidden(archive, file)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return tuple(
            _sheet(book, number, hidden)
            for number, about in enumerate(book.sheets_metadata)
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet
        )
    except _BROKEN_BOOK as error:
        raise _broken(file, error) from error
    except BaseException as error:
        # A defect in the compiled reader arrives as an exception outside `Exception`.
        if type(error).__name__ == "PanicException":
            raise _broken(file, error) from error
        raise


def _sheet(
    book: python_calamine.CalamineWorkbook, number: int, hidden: dict[str, frozenset[int]]
) -> Sheet:
    raw = book.get_sheet_by_index(number)
    name = book.sheet_names[number]
    return Sheet(
        name=name,
        rows=[[_plain(cell) for cell in row] for row in raw.to_python(skip_empty_area=False)],
        merges=tuple(
            Merge(top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in sorted(raw.merged_cell_ranges or ())
        ),
        hidden_rows=hidden.get(name, frozenset()),
    )


def _plain(cell: Any) -> Cell:
    if cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell if isinstance(cell, str | int | float | bool | date) else str(cell)


def _xlsx_hidden(archive: Archive, file: str) -> dict[str, frozenset[int]]:
    """Hidden rows by sheet name; refuses sheets that are too large before they are decoded."""
    relations = _attributes(archive, "xl/_rels/workbook.xml.rels", rb"Relationship")
    targets = {entry.get("Id", ""): entry.get("Target", "") for entry in relations}
    hidden = {}
    for entry in _attributes(archive, "xl/workbook.xml", rb"(?:\w+:)?sheet"):
        target = targets.get(entry.get("r:id", entry.get("id", "")), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        content = archive.members.get(path, b"")
        hidden[_unescaped(entry.get("name", ""))] = frozenset(_hidden_rows(content))
    for name, content in archive.members.items():
        if name.startswith("xl/worksheets/"):
            weigh_sheet(content, file=file)
    return hidden


def _attributes(archive: Archive, part: str, tag: bytes) -> Iterator[dict[str, str]]:
    content = archive.members.get(part, b"")
    for found in re.finditer(rb"<" + tag + rb"\s([^>]*)>", content):
        yield {
            key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
            for key, value in re.findall(rb'([\w:]+)\s*=\s*"([^"]*)"', found[1])
        }


def _unescaped(text: str) -> str:
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'")):
        text = text.replace(entity, letter)
    text = re.sub(r"&#(\d{1,7});", lambda m: chr(min(int(m[1]), 0x10FFFF)), text)
    return text.replace("&amp;", "&")


def _hidden_rows(content: bytes) -> Iterator[int]:
    number = 0
    for found in _ROW_TAG.finditer(content):
        stated = re.search(rb'\br="(\d{1,8})"', found[1])
        number = int(stated[1]) if stated else number + 1
        if re.search(rb'\bhidden="(?:1|true)"', found[1]):
            yield number


def _ods_hidden(archive: Archive, file: str) -> dict[str, frozenset[int]]:
    """Hidden rows by sheet name; weighs repeated rows and cells before they are unrolled."""
    content = archive.members.get("content.xml", b"")
    hidden: dict[str, set[int]] = {}
    rows: set[int] = set()
    number = repeat = cells = filled = 0
    for tag, text, _ in _ODS_TAG.findall(content):
        if tag == b"table:table":
            rows = hidden.setdefault(_unescaped(_ods_text(text, b"table:name")), set())
            number = repeat = 0
        elif tag == b"table:table-row":
            number += repeat
            repeat = _ods_count(text, b"table:number-rows-repeated")
            filled = 0
            if re.search(rb'table:visibility="(?:collapse|filter)"', text) and repeat < MOST_ROWS:
                rows.update(range(number + 1, number + repeat + 1))
        elif b"office:value-type" in text:
            filled += _ods_count(text, b"table:number-columns-repeated")
            cells += repeat * filled
            if cells > MOST_CELLS or number > MOST_ROWS:
                raise too_many_cells(file)
    return {name: frozenset(found) for name, found in hidden.items()}


def _ods_text(attributes: bytes, name: bytes) -> str:
    found = re.search(re.escape(name) + rb'="([^"]*)"', attributes)
    return found[1].decode("utf-8", "replace") if found else ""


def _ods_count(attributes: bytes, name: bytes) -> int:
    found = re.search(re.escape(name) + rb'="(\d{1,9})"', attributes)
    return int(found[1]) if found else 1


def _xls_sheets(data: bytes, file: str) -> tuple[Sheet, ...]:
    try:
        with xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=io.StringIO()
        ) as book:
            return tuple(_xls_sheet(book, sheet) for sheet in book.sheets())
    except _BROKEN_XLS as error:
        raise _broken(file, error) from error


def _xls_sheet(book: Any, sheet: Any) -> Sheet:
    return Sheet(
        name=sheet.name,
        rows=[[_xls_cell(book, cell) for cell in sheet.row(row)] for row in range(sheet.nrows)],
        merges=tuple(
            Merge(top + 1, left, bottom, right - 1)
            for top, bottom, left, right in sorted(sheet.merged_cells)
        ),
        hidden_rows=frozenset(row + 1 for row, about in sheet.rowinfo_map.items() if about.hidden),
    )


def _xls_cell(book: Any, cell: Any) -> Cell:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment: datetime = xlrd.xldate_as_datetime(cell.value, book.datemode)
        except (ArithmeticError, ValueError):
            return float(cell.value)
        return moment
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR}:
        return None
    return _plain(cell.value)


def _broken(file: str, error: BaseException) -> Exception:
    return unreadable(
        file,
        "broken_workbook",
        Text(f"không mở được bảng tính ({error})", f"the workbook does not open ({error})"),
        Text(
            "Hãy bỏ mật khẩu nếu có và lưu lại bằng Excel.",
            "Remove a password, if any, and save it again with Excel.",
        ),
    )
