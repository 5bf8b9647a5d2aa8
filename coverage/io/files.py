"""What a file is, told by its first bytes, and its fingerprint."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Final

from coverage.errors import InputDataError
from coverage.text import Text

_HEAD_BYTES: Final = 65_536
_SHP_MAGIC: Final = bytes.fromhex("0000270a")
_TIFF_MAGICS: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAGICS: Final = {
    "geojson": (b"{",),
    "gpkg": (b"SQLite format 3\x00",),
    "shp": (_SHP_MAGIC,),
    "tif": _TIFF_MAGICS,
}
_ARCHIVES: Final = {"xlsx": "xl/workbook.xml", "hgt.zip": ".hgt"}
_NEVER_TEXT: Final = (b"PK\x03\x04", b"%PDF", *_TIFF_MAGICS)
_HGT_BYTES: Final = frozenset({1201 * 1201 * 2, 3601 * 3601 * 2})

_TITLES: Final = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "shp": "Shapefile",
    "tif": "GeoTIFF",
    "hgt": "SRTM .hgt",
    "hgt.zip": "SRTM .hgt.zip",
}
_KIND_BY_SUFFIX: Final = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
    ".shp": "shp",
    ".tif": "tif",
    ".tiff": "tif",
    ".hgt": "hgt",
    ".hgt.zip": "hgt.zip",
}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def companions(path: Path) -> list[Path]:
    """Return the files that belong to `path`: itself, and the parts of a Shapefile."""
    if path.suffix.lower() != ".shp":
        return [path]
    parts = [path.with_suffix(suffix) for suffix in (".shx", ".dbf", ".prj", ".cpg")]
    return [path, *(part for part in parts if part.exists())]


def fingerprint_of(path: Path) -> str:
    """Return one hash over a file and the parts that belong to it."""
    parts = companions(path)
    if len(parts) == 1:
        return sha256_of(path)
    return hashlib.sha256("".join(sha256_of(part) for part in parts).encode()).hexdigest()


def kind_of(path: Path, allowed: tuple[str, ...], *, name: str) -> str:
    """Return the kind of a file after looking at its content.

    Parameters
    ----------
    path
        The file.
    allowed
        Kinds that the caller can read: keys such as "csv", "gpkg", "tif".
    name
        Name for messages.

    Raises
    ------
    InputDataError
        Where the file is absent or empty, its suffix is not among the allowed, or its content is
        not what its suffix says.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - a name too long is no file either
        raise InputDataError.about(
            name,
            "missing_file",
            Text("không tìm thấy tệp", "the file does not exist"),
            Text("Hãy kiểm tra đường dẫn trong project.toml.", "Check the path in project.toml."),
        )
    suffix = ".hgt.zip" if path.name.lower().endswith(".hgt.zip") else path.suffix.lower()
    kind = _KIND_BY_SUFFIX.get(suffix)
    readable = ", ".join(_TITLES[k] for k in allowed)
    if kind not in allowed:
        raise InputDataError.about(
            name,
            "unsupported_format",
            Text(f"không đọc được định dạng {suffix!r}", f"the format {suffix!r} is not read here"),
            Text(f"Các định dạng đọc được: {readable}.", f"Formats that are read: {readable}."),
        )
    if path.stat().st_size == 0:
        raise InputDataError.about(
            name,
            "empty_file",
            Text("tệp rỗng", "the file is empty"),
            Text("Hãy gửi lại tệp.", "Send the file again."),
        )
    try:
        is_what_it_says = _looks_like(path, kind)
    except OSError as error:
        raise InputDataError.about(
            name,
            "unreadable_file",
            Text(
                f"không đọc được tệp ({error.strerror})",
                f"the file cannot be read ({error.strerror})",
            ),
            Text("Hãy kiểm tra quyền đọc tệp.", "Check that you may read it."),
        ) from error
    if not is_what_it_says:
        raise InputDataError.about(
            name,
            "wrong_content",
            Text(
                f"nội dung tệp không phải là {_TITLES[kind]} như tên gọi",
                f"the content is not {_TITLES[kind]} as the name says",
            ),
            Text(
                "Hãy xuất lại tệp đúng định dạng, đừng chỉ đổi phần mở rộng.",
                "Export it again in that format; do not just rename it.",
            ),
        )
    return kind


def _looks_like(path: Path, kind: str) -> bool:
    if kind == "hgt":
        return path.stat().st_size in _HGT_BYTES
    if kind in _ARCHIVES:
        return _holds(path, _ARCHIVES[kind])
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if kind == "csv":
        return b"\x00" not in head and not head.startswith(_NEVER_TEXT)
    if kind == "geojson":
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(_MAGICS[kind])


def _holds(path: Path, ending: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(ending) for name in archive.namelist())
    except zipfile.BadZipFile:
        return False
