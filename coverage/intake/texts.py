"""CSV and other delimited text, whatever its encoding and delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections import Counter
from typing import Final

from coverage.intake import legacy
from coverage.intake.sheet import Cell, Finding, Sheet, unreadable
from coverage.text import Text

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_LINES: Final = 300
_LONGEST_CELL: Final = 32_768
ENCODINGS: Final = ("utf-8", "utf-16", "cp1258", "cp1252", "tcvn3", "vni")


def read_text(
    data: bytes, *, file: str, encoding: str | None = None
) -> tuple[Sheet, list[Finding]]:
    """Read delimited text into a sheet; `encoding` (one of `ENCODINGS`) overrides the guess.

    Raises
    ------
    InputDataError
        Where the content is no delimited text.
    """
    text, name = _decoded(data, encoding, file)
    findings = []
    if name not in {"utf-8", "utf-8-sig"}:
        findings.append(
            Finding(
                rule="encoding",
                kind="note",
                new=name,
                confidence=0.9 if encoding is None else 1.0,
                what=Text(
                    f"bảng mã của tệp là {name}; đã chuyển sang Unicode",
                    f"the file is encoded in {name}; turned into Unicode",
                ),
            )
        )
    if "\x00" in text:
        raise unreadable(
            file,
            "not_text",
            Text("tệp không phải là văn bản", "the file is not text"),
            Text("Hãy xuất lại thành CSV hoặc XLSX.", "Export it again as CSV or XLSX."),
        )
    return Sheet(name=file, rows=_rows(text, file)), findings


def _decoded(data: bytes, encoding: str | None, file: str) -> tuple[str, str]:
    if encoding in {"tcvn3", "vni"}:
        text = data.decode("cp1252", errors="replace")
        decoder = legacy.DECODERS["tcvn3" if encoding == "tcvn3" else "vni"]
        return decoder(text), encoding
    if encoding is not None:
        return _strictly(data, encoding, file), encoding
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _strictly(data, name, file), name
    wide = _wide_without_mark(data)
    if wide is not None:
        return _strictly(data, wide, file), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _one_byte(data)


def _strictly(data: bytes, encoding: str, file: str) -> str:
    try:
        return unicodedata.normalize("NFC", data.decode(encoding))
    except UnicodeError as error:
        raise unreadable(
            file,
            "wrong_encoding",
            Text(f"không đọc được theo bảng mã {encoding}", f"it cannot be read as {encoding}"),
            Text("Hãy lưu lại là “CSV UTF-8”.", "Save it as “CSV UTF-8”."),
        ) from error


def _wide_without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of Western text is 0."""
    head = data[:4000]
    if len(head) < 4:  # noqa: PLR2004
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _one_byte(data: bytes) -> tuple[str, str]:
    """Tell cp1258, TCVN3 and VNI apart by the Vietnamese words they make."""
    western = "".join(
        bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256)
    )
    text = data.decode("latin-1").translate(dict(enumerate(western)))
    lines = text.splitlines()
    windows = unicodedata.normalize("NFC", data.decode("cp1258", errors="replace"))
    reading = legacy.reading_of(lines)
    best = legacy.DECODERS[reading.scheme](text) if reading.scheme != "unicode" else text
    if legacy.vietnamese_words(windows) > legacy.vietnamese_words(best):
        return windows, "cp1258"
    return best, "cp1252" if reading.scheme == "unicode" else reading.scheme


def _rows(text: str, file: str) -> list[list[Cell]]:
    lines = text.splitlines()
    stated = lines[0].strip().lower() if lines else ""
    if stated.startswith("sep=") and len(stated) == 5:  # noqa: PLR2004 - Excel's own hint
        delimiter, text = lines[0].strip()[4], "\n".join(["", *lines[1:]])
    else:
        delimiter = _delimiter(lines)
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[_cell(cell) for cell in row] for row in found]
    except csv.Error as error:
        raise unreadable(
            file,
            "broken_csv",
            Text(f"CSV không hợp lệ ({error})", f"the CSV is broken ({error})"),
            Text("Hãy kiểm tra dấu ngoặc kép.", "Check the quotation marks."),
        ) from error


def _cell(cell: str) -> Cell:
    return cell[:_LONGEST_CELL] if cell else None


def _delimiter(lines: list[str]) -> str:
    """Choose the delimiter that cuts most lines into one same number of cells."""
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]

    def agreement(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(map(len, csv.reader(sample, delimiter=delimiter)))
        except csv.Error:
            return 0, 0
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return 0, 0
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        return count, width

    return max(_DELIMITERS, key=agreement)
