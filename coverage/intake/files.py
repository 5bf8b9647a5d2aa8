"""What a file is, told by its content, and its sheets. The name's ending is never trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from coverage.archives import LARGEST_FILE
from coverage.extent import weigh_lines
from coverage.intake.layers import read_layers
from coverage.intake.sheet import Source, unreadable
from coverage.intake.texts import read_text
from coverage.intake.workbooks import read_book
from coverage.text import Text

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_SHP: Final = bytes.fromhex("0000270a")
_SQLITE: Final = b"SQLite format 3\x00"
_REFUSED: Final = (b"%PDF", b"{\\rtf", b"II*\x00", b"MM\x00*", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_HEAD: Final = 4096


def kind_of(data: bytes, *, file: str) -> str:
    """Return what the content is: xlsx, ods, xls, gpkg, shp, geojson, kml, kmz, gpx, dxf or csv.

    Raises
    ------
    InputDataError
        Where it is empty, or nothing that is read here.
    """
    if not data.strip():
        raise unreadable(
            file,
            "empty_file",
            Text("tệp rỗng", "the file is empty"),
            Text("Hãy gửi lại tệp.", "Send the file again."),
        )
    if data.startswith(b"PK\x03\x04"):
        return _archive_kind(data, file)
    for magic, kind in ((_OLE, "xls"), (b"\x09\x08", "xls"), (_SQLITE, "gpkg"), (_SHP, "shp")):
        if data.startswith(magic):
            return kind
    if data.startswith(_REFUSED):
        raise _unknown(file)
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<"):
        return _markup_kind(head, file)
    if head.startswith(b"{"):
        return "geojson"
    lines = head.split(b"\n", 3)
    if lines[0].strip() in {b"0", b"999"} and b"section" in head:
        return "dxf"
    return "csv"


def _archive_kind(data: bytes, file: str) -> str:
    """Tell the kind of a zip by the names in its directory, which stands at its end."""
    if b"xl/workbook." in data:
        return "xlsx"
    if b"application/vnd.oasis.opendocument.spreadsheet" in data[:_HEAD]:
        return "ods"
    if b"mimetype" in data and b"content.xml" in data:
        return "ods"  # packed again by a program that compressed its kind, too
    if b".kml" in data.lower():
        return "kmz"
    raise _unknown(file)


def _markup_kind(head: bytes, file: str) -> str:
    for tag, kind in ((b"<kml", "kml"), (b"<gpx", "gpx")):
        if tag in head:
            return kind
    raise _unknown(file)


def _unknown(file: str) -> Exception:
    return unreadable(
        file,
        "unsupported_format",
        Text("không nhận ra định dạng của tệp", "the format of the file is not known here"),
        Text(
            "Các định dạng đọc được: XLSX, XLS, ODS, CSV, GeoJSON, GeoPackage, Shapefile, KML, "
            "KMZ, GPX, DXF.",
            "Formats that are read: XLSX, XLS, ODS, CSV, GeoJSON, GeoPackage, Shapefile, KML, "
            "KMZ, GPX, DXF.",
        ),
    )


def read(path: Path, *, encoding: str | None = None) -> Source:
    """Read every sheet of a file.

    Raises
    ------
    InputDataError
        Where it is absent, too large, damaged or of no known format.
    """
    file = path.name
    if path.exists() and not path.is_file():
        raise unreadable(
            file,
            "not_a_file",
            Text("đây là thư mục hoặc thiết bị, không phải tệp", "this is a folder or a device"),
            Text("Hãy kiểm tra đường dẫn.", "Check the path."),
        )
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise _too_large(file)
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(
            file,
            "unreadable_file",
            Text(f"không đọc được tệp ({error.strerror})", f"it cannot be read ({error.strerror})"),
            Text("Hãy kiểm tra đường dẫn và quyền đọc.", "Check the path and the permission."),
        ) from error
    kind = kind_of(data, file=file)
    if kind in {"xlsx", "ods", "xls"}:
        return Source(file=file, sheets=read_book(data, kind, file=file))
    if kind == "csv":
        weigh_lines(data, file=file)
        sheet, findings = read_text(data, file=file, encoding=encoding)
        return Source(file=file, sheets=(sheet,), findings=tuple(findings))
    sheets, findings = read_layers(path, data, kind)
    return Source(file=file, sheets=sheets, findings=tuple(findings))


def _too_large(file: str) -> Exception:
    megabytes = LARGEST_FILE // 2**20
    return unreadable(
        file,
        "too_large",
        Text(
            f"tệp quá lớn (giới hạn {megabytes} MB)",
            f"the file is too large (the limit is {megabytes} MB)",
        ),
        Text("Hãy tách thành nhiều tệp nhỏ hơn.", "Split it into smaller files."),
    )
