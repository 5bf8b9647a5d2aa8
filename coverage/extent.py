"""How far a sheet may reach, told from its raw content before a cell of it is decoded."""

from __future__ import annotations

import re
from typing import Final

from coverage.errors import InputDataError
from coverage.text import Text

MOST_CELLS: Final = 8_000_000
MOST_ROWS: Final = 400_000
_MOST_COLUMNS: Final = 1_000
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_CELL_PLACE: Final = re.compile(rb'\br="([A-Z]{1,4})([0-9]{1,8})"')


def weigh_sheet(content: bytes, *, file: str) -> None:
    """Refuse a worksheet of a workbook whose farthest cells would span too much memory.

    Raises
    ------
    InputDataError
        Where it reaches beyond the limits, also with cells that hold a format only.
    """
    rows = sum(1 for _ in _ROW.finditer(content))
    columns = set()
    for found in _CELL_PLACE.finditer(content):
        columns.add(found[1])
        rows = max(rows, int(found[2]))
    width = max((_column_number(letters) for letters in columns), default=0)
    if rows * width > MOST_CELLS or rows > MOST_ROWS or width > _MOST_COLUMNS:
        raise too_many_cells(file, f"{rows:,} × {width:,}")


def weigh_lines(data: bytes, *, file: str, most: int = MOST_ROWS) -> None:
    """Refuse delimited text of more lines than rows are read.

    Raises
    ------
    InputDataError
        Where it has more.
    """
    lines = max(data.count(b"\n"), data.count(b"\r"))
    if lines > most:
        raise InputDataError.about(
            file,
            "too_many_rows",
            Text(
                f"bảng có {lines:,} dòng (giới hạn {most:,})",
                f"the table has {lines:,} rows (the limit is {most:,})",
            ),
            Text("Hãy tách thành nhiều tệp nhỏ hơn.", "Split it into smaller files."),
        )


def too_many_cells(file: str, reach: str = "") -> InputDataError:
    """Return the error for a sheet that reaches too far."""
    told = f" ({reach})" if reach else ""
    return InputDataError.about(
        file,
        "too_many_cells",
        Text(
            f"bảng quá rộng{told}: giới hạn {MOST_ROWS:,} dòng, {_MOST_COLUMNS:,} cột, "
            f"{MOST_CELLS:,} ô, kể cả ô trống có định dạng",
            f"the sheet reaches too far{told}: the limits are {MOST_ROWS:,} rows, "
            f"{_MOST_COLUMNS:,} columns, {MOST_CELLS:,} cells, empty formatted ones included",
        ),
        Text(
            "Hãy xóa các dòng, cột trống dưới và bên phải bảng rồi lưu lại.",
            "Delete the empty rows below and columns beside the table, and save it again.",
        ),
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
