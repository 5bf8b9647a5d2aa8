"""Zip archives from strangers: weighed before anything in them is decoded."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from coverage.errors import InputDataError
from coverage.text import Text

LARGEST_FILE: Final = 64 * 2**20
LARGEST_CONTENT: Final = 512 * 2**20
_LARGEST_KEPT: Final = 256 * 2**20
"""Of what is kept in memory; a worksheet of 50,000 rows and 9 columns takes about 30 MiB."""
_MOST_MEMBERS: Final = 2_000
_BLOCK: Final = 1 << 20
BROKEN_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
_ENTITY: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PROLOG: Final = re.compile(
    rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of an archive that were asked for, unpacked; and the names of all."""

    names: tuple[str, ...]
    members: dict[str, bytes]


def opened(data: bytes, wanted: re.Pattern[str], *, file: str) -> Archive:
    """Unpack the members whose names match `wanted`, after weighing every member.

    Raises
    ------
    InputDataError
        Where the archive is damaged, encrypted or grows too large, or its XML defines entities.
    """
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_MEMBERS:
                raise too_large(file)
            left, kept_left = LARGEST_CONTENT, _LARGEST_KEPT
            for entry in entries:
                if entry.is_dir():
                    continue
                keep = bool(wanted.search(entry.filename))
                content = _bounded(
                    archive, entry, min(left, kept_left) if keep else left, keep=keep
                )
                if content is None:
                    raise too_large(file)
                size, kept = content
                left -= size
                if kept is not None:
                    members[entry.filename] = kept
                    kept_left -= size
            names = tuple(entry.filename for entry in entries)
    except BROKEN_ZIP as error:
        if isinstance(error, ValueError) and hasattr(error, "problems"):
            raise
        raise InputDataError.about(
            file,
            "broken_archive",
            Text(f"tệp hỏng hoặc có mật khẩu ({error})", f"damaged or encrypted ({error})"),
            Text(
                "Hãy bỏ mật khẩu và lưu lại bằng Excel.",
                "Remove the password and save it again with Excel.",
            ),
        ) from error
    for name, member in members.items():
        if name.endswith((".xml", ".kml", ".rels")):
            refuse_entities(member, file=file)
    return Archive(names, members)


def _bounded(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, *, keep: bool
) -> tuple[int, bytes | None] | None:
    """Unpack one member block by block; None where it grows beyond what is left."""
    size = 0
    kept = bytearray()
    with archive.open(entry) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > left:
                return None
            if keep:
                kept += block
    return size, bytes(kept) if keep else None


def refuse_entities(content: bytes, *, file: str) -> None:
    """Refuse XML that defines a document type: no sheet needs one, a bomb does."""
    wide = b"\x00" in content[:4]
    text = content.replace(b"\x00", b"") if wide else content
    text = text[:3].lstrip(b"\xef\xbb\xbf\xff\xfe") + text[3:]
    if _ENTITY.search(text, 0, 65_536) or _PROLOG.match(text):
        raise InputDataError.about(
            file,
            "xml_entities",
            Text("XML của tệp có khai báo DOCTYPE", "the file's XML declares a DOCTYPE"),
            Text("Hãy lưu lại bằng Excel hoặc QGIS.", "Save it again with Excel or QGIS."),
        )


def too_large(file: str) -> InputDataError:
    """Return the error for content beyond our limits."""
    megabytes, kept = LARGEST_CONTENT // 2**20, _LARGEST_KEPT // 2**20
    return InputDataError.about(
        file,
        "too_large",
        Text(
            f"nội dung giải nén quá lớn (giới hạn {megabytes} MB, một bảng {kept} MB)",
            f"the unpacked content is too large (the limit is {megabytes} MB, {kept} MB a table)",
        ),
        Text("Hãy tách thành nhiều tệp nhỏ hơn.", "Split it into smaller files."),
    )
