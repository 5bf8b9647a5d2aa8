"""What was fetched, from where, when and under which licence: for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from coverage.fetch.download import Fetched
from coverage.fetch.services import Service
from coverage.text import Text

MANIFEST: Final = "fetch_manifest.json"
LICENCES: Final = "LICENCES.md"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One source: its files as fetched, the files of the project made from them, and its terms."""

    source: str
    title: str
    licence: str
    attribution: str
    document: str
    fetched: tuple[dict[str, Any], ...]
    files: dict[str, str] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()


def record(
    source: str,
    service: Service,
    fetched: Iterable[Fetched],
    *,
    files: Mapping[str, str],
    notes: Iterable[Text] = (),
    licence: str = "",
) -> Record:
    """Return the record of a source; `files` maps project files to their SHA-256."""
    return Record(
        source=source,
        title=service.title,
        licence=licence or service.licence,
        attribution=service.attribution,
        document=service.document,
        fetched=tuple(
            {"url": f.url, "date": f.date, "sha256": f.sha256, "size_bytes": f.size_bytes}
            for f in fetched
        ),
        files=dict(files),
        notes=tuple(notes),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder, empty where there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("sources"), dict) else {}


def own_files(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the files an earlier fetch wrote, with their SHA-256."""
    found = {
        str(name): str(digest)
        for source in manifest.get("sources", {}).values()
        for name, digest in source.get("files", {}).items()
    }
    pages = manifest.get("pages", {})
    return found | {str(name): str(digest) for name, digest in pages.items()}


def as_json(one: Record) -> dict[str, Any]:
    """Return a record for JSON."""
    return asdict(one) | {"fetched": list(one.fetched), "notes": [asdict(n) for n in one.notes]}


def licences(sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page of licences: what has to stand beside maps and tables made from the data."""
    lines = [
        "# Nguồn và giấy phép dữ liệu / Sources and licences of the data",
        "",
        "Khi công bố bản đồ hay bảng số làm từ dữ liệu này phải ghi các dòng «ghi công».",
        "Whoever publishes maps or tables made from these data states the lines of attribution.",
    ]
    for name, one in sorted(sources.items()):
        dates = sorted(str(f["date"]) for f in one["fetched"])
        lines += [
            "",
            f"## {name}: {one['title']}",
            "",
            f"- Giấy phép / licence: {one['licence']}",
            f"- Ghi công / attribution: {one['attribution']}",
            f"- Tài liệu / document: {one['document']}",
            f"- Tải ngày / fetched: {dates[-1] if dates else '–'}",
            f"- Tệp / files: {', '.join(sorted(one['files'])) or '–'}",
        ]
        for note in one["notes"]:
            lines += [f"- {note['vi']}", f"  {note['en']}"]
    return "\n".join(lines) + "\n"
