"""The report of an import: one line per repair, doubt and note; and a summary for reading."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pandas as pd

from coverage.errors import Problem
from coverage.intake.columns import SIGNAL
from coverage.intake.draft import Draft, Imported
from coverage.schema import TABLES
from coverage.tables import check
from coverage.text import Language, Text

_KINDS: Final = {
    "repair": Text("Đã sửa", "Repaired"),
    "doubt": Text("Nghi vấn", "In doubt"),
    "note": Text("Ghi chú", "Noted"),
}
_SHOWN_ROWS: Final = 8


def report_table(draft: Draft, imported: Imported) -> pd.DataFrame:
    """Return the report, in the order of the rows of the sheet."""
    lines = [
        {
            "id": finding.id,
            "kind": finding.kind,
            "file": draft.file,
            "sheet": draft.sheet,
            "row": "" if finding.row is None else finding.row,
            "column": finding.column,
            "old_value": finding.old,
            "new_value": finding.new,
            "rule": finding.rule,
            "confidence": finding.confidence,
            "refused": finding.id in imported.refused,
            "message_vi": finding.text.vi,
            "message_en": finding.text.en,
        }
        for finding in imported.findings
    ]
    lines += [
        {
            "id": f"sheet:{problem.column or ''}:check_{problem.rule}",
            "kind": "doubt",
            "file": draft.file,
            "sheet": draft.sheet,
            "row": row,
            "column": problem.column or "",
            "old_value": problem.value or "",
            "new_value": "",
            "rule": f"check_{problem.rule}",
            "confidence": 1.0,
            "refused": False,
            "message_vi": f"{problem.what.vi}. {problem.fix.vi}",
            "message_en": f"{problem.what.en}. {problem.fix.en}",
        }
        for problem in remaining(draft, imported)
        for row in (problem.rows or ("",))
    ]
    return pd.DataFrame(lines, columns=_COLUMNS)


_COLUMNS: Final = [
    "id",
    "kind",
    "file",
    "sheet",
    "row",
    "column",
    "old_value",
    "new_value",
    "rule",
    "confidence",
    "refused",
    "message_vi",
    "message_en",
]


def remaining(draft: Draft, imported: Imported) -> tuple[Problem, ...]:
    """Return what `phusong check` would still say about the clean table; rows are the sheet's."""
    table = imported.table
    frame = table.set_axis(pd.Index(table["source_row"].astype(int)), axis=0)
    return check(frame, TABLES[draft.role], file=draft.file).problems


def summary(draft: Draft, imported: Imported, language: Language) -> str:
    """Return what a person needs to know before using the table."""
    vi = language == "vi"
    gone = sum(finding.drops and finding.id not in imported.refused for finding in draft.findings)
    read, kept = len(set(draft.table["source_row"])), len(imported.table)
    first, last = draft.header_rows
    lines = [
        f"{draft.file}: {read} dòng đọc, {gone} dòng bỏ ra, {kept} dòng kết quả."
        if vi
        else f"{draft.file}: {read} rows read, {gone} set aside, {kept} rows out.",
        f"Trang “{draft.sheet}”, tiêu đề ở dòng {first}–{last}."
        if vi
        else f"Sheet “{draft.sheet}”, header in rows {first}–{last}.",
    ]
    lines += [
        _column_line(column.label, column.field, column.confidence)
        for column in draft.columns
        if column.field
    ]
    for kind, title in _KINDS.items():
        groups = _groups(imported, kind)
        if not groups:
            continue
        lines += ["", f"{title.get(language)}:"]
        lines += [
            _group_line(what, count, rows, language) for what, (count, rows) in groups.items()
        ]
    problems = remaining(draft, imported)
    if problems:
        lines += ["", "Còn thiếu cho phusong check:" if vi else "Still missing for phusong check:"]
        lines += [f"  ! {problem.line(language)}" for problem in problems]
    return "\n".join(lines)


def _column_line(label: str, field: str, confidence: float) -> str:
    name = "reported_signal_*" if field == SIGNAL else field
    return f"  {label} → {name} ({confidence:.0%})"


def _groups(imported: Imported, kind: str) -> dict[Text, tuple[int, list[int]]]:
    """Count findings by what they say, with the first rows of each; details stay in the report."""
    counted: Counter[Text] = Counter()
    rows: dict[Text, list[int]] = {}
    for finding in imported.findings:
        if finding.kind != kind or finding.rule in {"column_read", "column_kept"}:
            continue
        counted[finding.what] += 1
        if finding.row is not None and len(rows.setdefault(finding.what, [])) < _SHOWN_ROWS:
            rows[finding.what].append(finding.row)
    return {what: (count, rows.get(what, [])) for what, count in counted.most_common()}


def _group_line(what: Text, count: int, rows: list[int], language: Language) -> str:
    place = ""
    if rows:
        more = "…" if count > len(rows) else ""
        place = f" [{'dòng' if language == 'vi' else 'row'} {', '.join(map(str, rows))}{more}]"
    times = f"{count}× " if count > 1 else ""
    return f"  {times}{what.get(language)}{place}"
