"""Tables from CSV and XLSX files, every cell as the text that stands there."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coverage.archives import LARGEST_FILE, opened, too_large
from coverage.errors import InputDataError
from coverage.extent import weigh_lines, weigh_sheet
from coverage.io.files import kind_of
from coverage.text import Text

SHEET_KINDS: Final = ("csv", "xlsx")
# A damaged archive or sheet fails in many ways; broken XML is a SyntaxError.
_BROKEN_XLSX: Final = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_MOST_ROWS: Final = 1_000_000
"""Rows of a CSV table, as many as of a table in a database."""
_XML: Final = re.compile(r"\.(?:xml|rels)$")
_WORKSHEET: Final = "xl/worksheets/"
_DELIMITERS: Final = (",", ";", "\t", "|")


def read_sheet(path: Path, *, name: str) -> pd.DataFrame:
    """Read a table; CSV cells come as text, XLSX cells as they are typed.

    The index holds the row numbers a person sees (the header is row 1); blank rows are left out.

    Raises
    ------
    InputDataError
        Where the file cannot be read as a table, with the row at fault.
    """
    kind = kind_of(path, SHEET_KINDS, name=name)
    rows = _csv_rows(path, name) if kind == "csv" else _xlsx_rows(path, name)
    filled = {number: row for number, row in enumerate(rows, start=1) if not _is_blank(row)}
    if not filled:
        return pd.DataFrame()
    first, *others = filled
    header = [str(cell).strip() if cell is not None else "" for cell in filled[first]]
    while header[-1] == "":
        header.pop()
    numbered = {number: filled[number] for number in others}
    _refuse_long_rows(numbered, len(header), name)
    squared = [(row + [None] * len(header))[: len(header)] for row in numbered.values()]
    return pd.DataFrame(squared, columns=header, index=list(numbered), dtype=object)


def _csv_rows(path: Path, name: str) -> list[list[Any]]:
    data = path.read_bytes()
    weigh_lines(data, file=name, most=_MOST_ROWS)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputDataError.about(
            name,
            "not_utf8",
            Text("ký tự không phải UTF-8", "a character that is not UTF-8"),
            Text(
                "Hãy lưu lại là “CSV UTF-8”, hoặc dùng lệnh phusong import để chuyển mã.",
                "Save it as “CSV UTF-8”, or convert it with phusong import.",
            ),
            rows=(line,),
        ) from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[Any]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputDataError.about(
            name,
            "broken_csv",
            Text(f"CSV không hợp lệ ({error})", f"the CSV is broken ({error})"),
            Text("Hãy kiểm tra dấu ngoặc kép.", "Check the quotation marks."),
            rows=(len(rows) + 1,),
        ) from error
    return rows


def _xlsx_rows(path: Path, name: str) -> list[list[Any]]:
    import openpyxl  # noqa: PLC0415 - slow to load, and most projects have no workbook

    if path.stat().st_size > LARGEST_FILE:
        raise too_large(name)
    data = path.read_bytes()
    for part, content in opened(data, _XML, file=name).members.items():
        if part.startswith(_WORKSHEET):
            weigh_sheet(content, file=name)
    try:
        with (
            io.BytesIO(data) as stream,
            closing(openpyxl.load_workbook(stream, read_only=True, data_only=True)) as book,
        ):
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs state a smaller table than they write
            return [list(row) for row in sheet.iter_rows(values_only=True)]
    except _BROKEN_XLSX as error:
        raise InputDataError.about(
            name,
            "broken_xlsx",
            Text(f"không mở được bảng tính ({error})", f"the workbook does not open ({error})"),
            Text("Hãy lưu lại bằng Excel.", "Save it again with Excel."),
        ) from error


def _is_blank(row: list[Any]) -> bool:
    return all(cell is None or str(cell).strip() == "" for cell in row)


def _refuse_long_rows(rows: dict[int, list[Any]], width: int, name: str) -> None:
    """Text beyond the header's last column is an error, never silently lost."""
    long = [number for number, row in rows.items() if not _is_blank(row[width:])]
    if long:
        raise InputDataError.about(
            name,
            "too_many_cells",
            Text(
                f"dòng có nhiều ô hơn {width} cột của tiêu đề",
                f"the row has more cells than the {width} columns of the header",
            ),
            Text(
                "Kiểm tra dấu phân cách, dấu phẩy thập phân chưa đặt trong ngoặc kép.",
                "Check the delimiter, and decimal commas outside quotation marks.",
            ),
            rows=tuple(long[:20]),
            count=len(long),
        )
