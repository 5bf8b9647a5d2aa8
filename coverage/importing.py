"""A messy file to a clean table on disk, with its report: where `intake` and `io` meet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.confined import Limits
from coverage.errors import InputDataError, Problem
from coverage.intake.draft import Draft, Imported, apply
from coverage.intake.engine import in_unicode, propose, propose_of
from coverage.intake.files import read
from coverage.intake.measurement_report import findings_table, told
from coverage.intake.measurements import Measured, read_measurements
from coverage.intake.options import read_statements
from coverage.intake.places import Places, places_of
from coverage.intake.report import report_table, summary
from coverage.intake.roles import guessed_role
from coverage.intake.sheet import Role, Source
from coverage.intake.vocabulary import LIMITS
from coverage.io.commune_layer import project_communes
from coverage.io.writers import Sheet, plain_cell, write_csv, write_workbook
from coverage.text import Language, Text

CONFINES: Final = Limits(memory_mib=LIMITS["memory_mib"], time_s=LIMITS["time_s"])
"""What `phusong import` may take to read a file, in a child process."""
REPORT: Final = "import_report.csv"
_WRITTEN: Final = (".csv", ".xlsx")


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What was proposed, what was applied, and the two files written."""

    draft: Draft
    imported: Imported
    table: Path
    report: Path


@dataclass(frozen=True, eq=False, kw_only=True)
class SheetRead:
    """A sheet of a messy file: what its rows were taken for, and the table proposed.

    `role` is None where the sheet is left out; then, and where it cannot be used, `draft` is None.
    """

    sheet: str
    role: Role | None
    draft: Draft | None
    problems: tuple[Problem, ...] = ()


def read_sheets(
    path: Path, roles: Mapping[str, Role | None], *, project: Path | None = None
) -> tuple[SheetRead, ...]:
    """Propose a clean table for every sheet of a messy file; nothing is written.

    Parameters
    ----------
    path
        The file.
    roles
        By the name of a sheet, what its rows are, None to leave it out; guessed where absent.
    project
        A project, whose communes the coordinates are held against.

    Raises
    ------
    InputDataError
        Where the file cannot be read; a sheet that cannot be used tells so itself.
    """
    source = read(path)
    places = None if project is None else places_of(project_communes(project))
    found = []
    for sheet in source.sheets:
        role = roles[sheet.name] if sheet.name in roles else guessed_role(in_unicode(sheet)[0])
        alone = replace(source, sheets=(sheet,))
        found.append(_sheet_read(alone, sheet.name, role, places))
    return tuple(found)


def _sheet_read(source: Source, name: str, role: Role | None, places: Places | None) -> SheetRead:
    if role is None:
        return SheetRead(sheet=name, role=None, draft=None)
    try:
        draft = propose_of(source, role, places=places)
    except InputDataError as error:
        return SheetRead(sheet=name, role=role, draft=None, problems=error.problems)
    return SheetRead(sheet=name, role=role, draft=draft)


def import_file(
    path: Path,
    role: Role,
    out: Path,
    *,
    project: Path | None = None,
    mapping: Path | None = None,
    refused: Collection[str] = (),
) -> Outcome:
    """Import a messy file; write the clean table to `out` and `import_report.csv` beside it.

    Parameters
    ----------
    path
        The file.
    role
        villages, stations or communes.
    out
        A path ending in .csv or .xlsx.
    project
        A project, whose communes the coordinates are held against.
    mapping
        A TOML file of statements (`intake.options.Statements`).
    refused
        Ids of findings that are not wanted.

    Raises
    ------
    InputDataError
        Where the file cannot be used.
    SettingsError
        Where the mapping cannot be used.
    """
    _require_format(out)
    draft = propose(
        path,
        role,
        places=None if project is None else places_of(project_communes(project)),
        statements=None if mapping is None else read_statements(mapping),
    )
    imported = apply(draft, refused=refused)
    report = out.parent / REPORT
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, imported.table, role)
    _write(report, report_table(draft, imported), "report")
    return Outcome(draft=draft, imported=imported, table=out, report=report)


def import_told(
    path: Path,
    role: Role,
    out: Path,
    *,
    project: Path | None,
    mapping: Path | None,
    language: Language,
) -> tuple[str, Path, Path]:
    """Import as `import_file` does; return what to tell, the table and the report.

    What it returns is small, so it passes quickly from a child process (`confined`).
    """
    outcome = import_file(path, role, out, project=project, mapping=mapping)
    return summary(outcome.draft, outcome.imported, language), outcome.table, outcome.report


def import_measurements(path: Path, out: Path, *, mapping: Path | None = None) -> Measured:
    """Import an export of measurements; write the table to `out` and the report beside it.

    Parameters
    ----------
    path, out, mapping
        As for `import_file`.

    Raises
    ------
    InputDataError
        Where the file cannot be used.
    SettingsError
        Where the mapping cannot be used.
    """
    _require_format(out)
    found = read_measurements(path, None if mapping is None else read_statements(mapping))
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, found.table, "measurements")
    _write(out.parent / REPORT, findings_table(found), "report")
    return found


def measurements_told(
    path: Path, out: Path, *, mapping: Path | None, language: Language
) -> tuple[str, Path, Path]:
    """Import as `import_measurements` does; return what to tell, the table and the report."""
    found = import_measurements(path, out, mapping=mapping)
    return told(found, language), out, out.parent / REPORT


def _require_format(out: Path) -> None:
    if out.suffix.lower() not in _WRITTEN:
        raise InputDataError.about(
            out.name,
            "unsupported_format",
            Text(f"không ghi được định dạng {out.suffix!r}", f"{out.suffix!r} is not written here"),
            Text("Hãy đặt tên tệp ra là .csv hoặc .xlsx.", "Name the output .csv or .xlsx."),
        )


def _write(path: Path, table: pd.DataFrame, title: str) -> None:
    """Write a table so that the file appears complete or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        if path.suffix.lower() == ".csv":
            write_csv(partial, table)
        else:
            rows = [[plain_cell(v) for v in row] for row in table.itertuples(index=False)]
            write_workbook(partial, {title: Sheet([str(c) for c in table.columns], rows)})
        partial.replace(path)
    except OSError as error:
        raise InputDataError.about(
            path.name,
            "unwritable_file",
            Text(
                f"không ghi được tệp ({error.strerror})", f"it cannot be written ({error.strerror})"
            ),
            Text(
                "Hãy đóng tệp trong Excel và kiểm tra quyền ghi.",
                "Close it in Excel and check the permission.",
            ),
        ) from error
    finally:
        partial.unlink(missing_ok=True)
