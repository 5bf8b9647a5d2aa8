"""A copy of a project with some of its tables replaced: written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import tomli_w

from coverage.errors import CoverageError, InputDataError
from coverage.io.database import is_database
from coverage.io.files import companions
from coverage.io.project import examine, load_project, project_path
from coverage.io.writers import write_csv, write_layer
from coverage.model import Inputs
from coverage.saved_scenarios import FOLDER
from coverage.schema import TABLES, Kind
from coverage.settings import load_project_file, read_toml
from coverage.text import Text

_NUMBERS: Final = r"[+-]?(?:0|[1-9]\d*|(?=\.))(?:\.\d*)?(?:[eE][+-]?\d+)?"


def save_copy(
    project: str,
    folder: Path,
    *,
    name: str,
    tables: Mapping[str, pd.DataFrame],
    records: Mapping[str, pd.DataFrame],
) -> Path:
    """Write a copy of a project into a new folder, read it as `check` does, and return the folder.

    Parameters
    ----------
    project
        Folder or `project.toml` of the project; nothing in it is changed.
    folder
        Where the copy goes; it must not exist.
    name
        Title of the copy.
    tables
        New content by role: raw text or typed values, or the commune layer.
    records
        What was changed and why, by the stem of the CSV file it is kept in.

    Raises
    ------
    InputDataError, SettingsError
        Where the copy would have errors: all of them, and nothing is written.
    CoverageError
        Where it cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".phusong-", dir=folder.parent) as desk:
            made = Path(desk) / "project"
            _write(project, made, name=name, tables=tables)
            for stem, record in records.items():
                write_csv(made / f"{stem}.csv", record)
            _, problems = examine(made)
            if errors := [problem for problem in problems if problem.severity == "error"]:
                raise InputDataError(errors)
            _move(made, folder)
    except OSError as error:
        raise CoverageError(
            Text(
                f"Không ghi được dự án vào {folder}: {error.strerror or error}.",
                f"The project cannot be written to {folder}: {error.strerror or error}.",
            )
        ) from error
    return folder


def trial(project: str, tables: Mapping[str, pd.DataFrame]) -> Inputs:
    """Return the inputs that a copy with these tables would have; nothing stays on the disk.

    Raises
    ------
    InputDataError, SettingsError
        Where the copy would have errors.
    """
    with tempfile.TemporaryDirectory(prefix="phusong-", ignore_cleanup_errors=True) as desk:
        made = Path(desk) / "project"
        name = load_project_file(project_path(project))[0].project.name
        _write(project, made, name=name, tables=tables)
        return load_project(made)


def _write(project: str, made: Path, *, name: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a copy of a project with some tables replaced into a folder that it makes."""
    toml = project_path(project)
    file, _ = load_project_file(toml)
    settings = read_toml(toml)
    made.mkdir()
    _Copying(toml.parent, made).fill(settings, file.inputs.model_dump(), tables)
    settings["project"] = {**settings["project"], "name": name}
    saved = toml.parent / FOLDER
    if saved.is_dir():
        shutil.copytree(saved, made / FOLDER, copy_function=shutil.copyfile, dirs_exist_ok=True)
    text = tomli_w.dumps(settings)
    (made / "project.toml").write_text(text, encoding="utf-8", newline="\n")


def _move(made: Path, folder: Path) -> None:
    """Give a finished folder its name; one that has come into being meanwhile is left alone."""
    if folder.exists():
        raise FileExistsError(17, "File exists", str(folder))
    made.rename(folder)


class _Copying:
    """Copies the files of a project side by side into one folder."""

    def __init__(self, home: Path, made: Path) -> None:
        self.home = home
        self.made = made
        self.taken = {"project.toml"}

    def fill(
        self, settings: dict[str, Any], entries: Mapping[str, Any], tables: Mapping[str, Any]
    ) -> None:
        """Copy what `settings` names, and let them name the copies."""
        inputs = dict(settings["inputs"])
        for role, entry in entries.items():
            if role in tables:
                inputs[role] = self._written(role, entry, tables[role])
            elif isinstance(entry, str):
                if not is_database(entry):
                    inputs[role] = self._copied(entry)
            elif entry:
                inputs[role] = [self._copied(one) for one in entry]
        settings["inputs"] = inputs
        scenario = settings.get("scenario")
        if isinstance(scenario, str):
            settings["scenario"] = self._scenario(scenario)
        elif isinstance(scenario, dict):
            settings["scenario"] = self._calibrated(scenario, beside="project.toml", place="")

    def _scenario(self, entry: str) -> str:
        """Copy a scenario's file and the calibration that it names."""
        place = self._copied(entry)
        table = read_toml(self.home / entry)
        copied = self._calibrated(table, beside=entry, place=place)
        if copied != table:
            (self.made / place).write_text(tomli_w.dumps(copied), encoding="utf-8", newline="\n")
        return place

    def _calibrated(self, scenario: dict[str, Any], *, beside: str, place: str) -> dict[str, Any]:
        """Copy the calibration that a scenario names, and let it name the copy from its place."""
        radio = scenario.get("radio")
        named = radio.get("calibration") if isinstance(radio, dict) else None
        if not isinstance(radio, dict) or not isinstance(named, str):
            return scenario
        copied = self._copied(str(Path(beside).parent / named))
        upwards = "../" * (len(Path(place).parts) - 1)
        return {**scenario, "radio": {**radio, "calibration": f"{upwards}{copied}"}}

    def _copied(self, entry: str) -> str:
        source = self.home / entry
        place = self._free(source.name)
        for part in companions(source):
            shutil.copyfile(part, (self.made / place).with_suffix(part.suffix))
        return place

    def _written(self, role: str, entry: str | None, table: pd.DataFrame) -> str:
        """Write a table under the name it had, which may say that the data are synthetic."""
        known = entry is not None and not is_database(entry)
        stem = Path(str(entry)).stem if known else role
        if isinstance(table, gpd.GeoDataFrame):
            place = self._free(f"{stem}.gpkg")
            write_layer(self.made / place, role, table)
        else:
            place = self._free(f"{stem}.csv")
            write_csv(self.made / place, _typed(table, role))
        return place

    def _free(self, name: str) -> str:
        """Return where a file goes; it keeps its name, by which some tiles tell their place."""
        place, number = name, 1
        while place.lower() in self.taken:
            number += 1
            place = f"{number}/{name}"
        self.taken.add(place.lower())
        (self.made / place).parent.mkdir(exist_ok=True)
        return place


def _typed(table: pd.DataFrame, role: str) -> pd.DataFrame:
    """Give columns of numbers a numeric type, so that a minus sign is not taken for a formula."""
    typed = table.copy()
    for name in typed.columns:
        column = TABLES[role].column(str(name))
        if column is not None and column.kind not in {Kind.NUMBER, Kind.COUNT}:
            continue
        cells = typed[name].astype(object).where(typed[name].notna(), "").astype(str)
        filled = cells[cells != ""]
        if not filled.empty and filled.str.fullmatch(_NUMBERS).all():
            typed[name] = pd.to_numeric(cells.where(cells != "", None)).convert_dtypes()
    return typed
