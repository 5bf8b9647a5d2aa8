"""Tables from CSV and XLSX: cells as written, rows as a person counts them."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from coverage.errors import InputDataError
from coverage.io.sheets import read_sheet

NAMES = ["village_id", "name", "households"]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def rules(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    with pytest.raises(InputDataError) as caught:
        read_sheet(path, name=path.name)
    return [(problem.rule, problem.rows) for problem in caught.value.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_delimiter_mark_and_line_end_gives_the_same_table(
    tmp_path: Path, delimiter: str, encoding: str, end: str
) -> None:
    lines = [NAMES, ["V1", "Nà Lùng", "40"], ["V2", "Bản Cậu", "25"]]
    text = end.join(delimiter.join(line) for line in lines) + end
    frame = read_sheet(write(tmp_path / "t.csv", text, encoding), name="t.csv")
    assert frame.columns.tolist() == NAMES
    assert frame.to_numpy().tolist() == lines[1:]
    assert frame.index.tolist() == [2, 3]  # by hand: the header is row 1


def test_blank_rows_are_left_out_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    text = "village_id,name,households\n\nV1,A,1\n,,\n   \nV2,B,2\n\n"
    assert read_sheet(write(tmp_path / "t.csv", text), name="t").index.tolist() == [3, 6]  # by hand


def test_a_header_below_blank_rows_is_found(tmp_path: Path) -> None:
    frame = read_sheet(write(tmp_path / "t.csv", "\n;;\na;b\n1,5;2\n"), name="t")
    assert (frame.columns.tolist(), frame.index.tolist()) == (["a", "b"], [4])
    assert frame.loc[4].tolist() == ["1,5", "2"]


def test_quoted_delimiters_quotes_and_line_breaks_stay(tmp_path: Path) -> None:
    text = 'village_id,name,households\nV1,"Nà ""Lùng"", xóm\n1",40\nV2,B,1\n'
    frame = read_sheet(write(tmp_path / "t.csv", text), name="t")
    assert frame["name"].iloc[0] == 'Nà "Lùng", xóm\n1'
    assert frame["village_id"].tolist() == ["V1", "V2"]


def test_short_rows_are_empty_at_the_end_and_long_ones_are_errors(tmp_path: Path) -> None:
    frame = read_sheet(write(tmp_path / "short.csv", "a,b,c\n1\n1,2,3\n"), name="t")
    assert frame.loc[2].tolist() == ["1", None, None]
    assert rules(write(tmp_path / "long.csv", "a,b\n1,2\n1,2,3\n\n1,2,,4\n")) == [
        ("too_many_cells", (3, 5))
    ]


def test_a_table_without_any_cell_is_empty(tmp_path: Path) -> None:
    assert read_sheet(write(tmp_path / "t.csv", "\n\n , \n"), name="t").empty
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    assert read_sheet(tmp_path / "t.xlsx", name="t").empty


def test_text_in_another_encoding_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,name\n1,A\n2," + "Café".encode("cp1252") + b"\n")
    assert rules(path) == [("not_utf8", (3,))]


def test_a_quotation_mark_left_open_names_a_row(tmp_path: Path) -> None:
    assert rules(write(tmp_path / "t.csv", 'id,name\n1,A\n2,"B"C\n')) == [("broken_csv", (3,))]
    assert rules(write(tmp_path / "u.csv", 'id,name\n1,"A\n2,B\n')) == [("broken_csv", (2,))]


def test_xlsx_cells_come_as_typed_with_their_row_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    day = datetime(2026, 6, 30, tzinfo=UTC).replace(tzinfo=None)
    for row in (["id", "name", "n", "ok", "day"], ["V1", "Nà Lùng", 40, True, day], [], ["V2"]):
        sheet.append(row)
    sheet.cell(row=6, column=1, value="V3")
    book.save(tmp_path / "t.xlsx")
    frame = read_sheet(tmp_path / "t.xlsx", name="t.xlsx")
    assert frame.index.tolist() == [2, 4, 6]  # by hand
    assert frame.loc[2].tolist() == ["V1", "Nà Lùng", 40, True, day]
    assert frame["id"].tolist() == ["V1", "V2", "V3"]


def test_an_xlsx_that_states_too_small_a_table_is_read_whole(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2], [3, 4]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "right.xlsx")
    _rewrite(tmp_path / "right.xlsx", tmp_path / "wrong.xlsx", r'ref="A1:B3"', 'ref="A1"')
    frame = read_sheet(tmp_path / "wrong.xlsx", name="t")
    assert frame.to_numpy().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("damage", [r"<sheetData>", r"<worksheet"])
def test_a_damaged_xlsx_is_a_message(tmp_path: Path, damage: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["a"])
    book.save(tmp_path / "right.xlsx")
    _rewrite(tmp_path / "right.xlsx", tmp_path / "wrong.xlsx", damage, "<<")
    assert rules(tmp_path / "wrong.xlsx") == [("broken_xlsx", ())]


def _rewrite(source: Path, target: Path, pattern: str, replacement: str) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                found = re.subn(pattern, replacement, text.decode(), count=1)
                assert found[1] == 1
                text = found[0].encode()
            new.writestr(name, text)
