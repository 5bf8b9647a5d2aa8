"""The report of an import of measurements: what each column was taken for, what was set aside."""

from __future__ import annotations

import pandas as pd

from coverage.intake.measurements import Measured
from coverage.intake.sheet import Finding
from coverage.text import Language

_COLUMNS = (
    *("id", "kind", "file", "sheet", "column", "old_value", "new_value", "rule"),
    *("message_vi", "message_en"),
)


def findings_table(measured: Measured) -> pd.DataFrame:
    """Return one line per finding, with the columns of the reports of other imports."""
    lines = [
        {
            "id": finding.id,
            "kind": finding.kind,
            "file": measured.file,
            "sheet": measured.sheet,
            "column": finding.column,
            "old_value": finding.old,
            "new_value": finding.new,
            "rule": finding.rule,
            "message_vi": finding.text.vi,
            "message_en": finding.text.en,
        }
        for finding in measured.findings
    ]
    return pd.DataFrame(lines, columns=list(_COLUMNS))


def told(measured: Measured, language: Language) -> str:
    """Return what a person needs to know before using the table."""
    kept = len(measured.table)
    lines = [
        f"{measured.file}: {measured.rows_read} dòng đọc, {kept} số đo kết quả."
        if language == "vi"
        else f"{measured.file}: {measured.rows_read} rows read, {kept} measurements out."
    ]
    lines += [_line(finding, language) for finding in measured.findings]
    return "\n".join(lines)


def _line(finding: Finding, language: Language) -> str:
    what = finding.text.get(language)
    if finding.kind == "note":
        return f"  {finding.column} → {finding.new or '—'}"
    return f"  {finding.new}× {what}"
