"""Finished runs read back from their output folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coverage.errors import InputDataError, Problem
from coverage.io.files import sha256_of
from coverage.io.manifests import (
    MANIFEST,
    PLAN_FIGURES,
    RUN_FIRST,
    missing,
    read_manifest,
    run_problem,
)
from coverage.io.sheets import read_sheet
from coverage.params import SIGNAL_CLASSES, TECHNOLOGIES
from coverage.schema import TABLES, Geometry, Kind, Table, output_columns
from coverage.tables import EMPTY_TABLE, check
from coverage.text import Text

_IDS: Final = ("village_id", "action_id")
_CLASSES: Final = tuple(f"signal_class_{t.lower()}" for t in TECHNOLOGIES)
_VERDICTS: Final = tuple(f"verdict_{t.lower()}" for t in TECHNOLOGIES)


def _table(name: str, title: Text, *columns: str, filled: Sequence[str] = ()) -> Table:
    """Return what a comparison needs of a table that a run writes; verdicts may be missing."""
    read = TABLES[name].columns if name in TABLES else ()
    known = {column.name: column for column in (*output_columns(), *read)}
    return Table(
        name=name,
        title=title,
        columns=tuple(
            replace(
                known[column],
                required=column not in _VERDICTS,
                filled=column in filled,
                unique=column in _IDS,
                default=None,
                choices=(
                    SIGNAL_CLASSES if column in _CLASSES + _VERDICTS else known[column].choices
                ),
            )
            for column in columns
        ),
        geometry=Geometry.NONE,
        patterns=(),
    )


_TABLES: Final = {
    "villages": _table(
        "villages",
        Text("Thôn", "Villages"),
        *("village_id", "name", "commune_code", "commune_name", "longitude", "latitude"),
        *("households", "population", *_CLASSES, *_VERDICTS, "priority_score", "priority_rank"),
        filled=("village_id", "households", "population", *_CLASSES, "priority_rank"),
    ),
    "communes": _table("communes", Text("Xã", "Communes"), "commune_code", "name", "edition"),
    "plan_actions": _table(
        "plan_actions",
        Text("Hạng mục", "Actions"),
        *("action_id", "capex", "opex_per_year", "villages_gained", "households_gained"),
        filled=("action_id", "capex", "opex_per_year", "villages_gained", "households_gained"),
    ),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """One finished run.

    `villages` is indexed by `village_id`; `label` is the shortest tail of its path that no other
    run of the comparison shares. `plan` holds the figures of its plan by name, None without one.
    """

    label: str
    folder: Path
    villages: pd.DataFrame
    edition: str
    manifest: Mapping[str, Any]
    plan: Mapping[str, float | None] | None
    sha256: Mapping[str, str]
    warnings: tuple[Problem, ...]

    @property
    def is_synthetic(self) -> bool:
        """Whether any input of the run was made up."""
        return bool(self.manifest["synthetic"])

    @property
    def has_verdicts(self) -> bool:
        """Whether the run says what all sources together tell of a village."""
        return bool(self.villages[list(_VERDICTS)].notna().any(axis=None))

    @property
    def currency(self) -> str:
        """Currency of the plan's money; empty where the manifest does not say."""
        costs = self.manifest["scenario"].get("costs")
        return str(costs.get("currency", "")) if isinstance(costs, Mapping) else ""


def read_runs(folders: Sequence[Path]) -> tuple[Run, ...]:
    """Read the output folders of finished runs.

    Raises
    ------
    InputDataError
        With every problem of every folder.
    """
    problems: list[Problem] = []
    runs = [_read(f, label, problems) for f, label in zip(folders, labels(folders), strict=True)]
    if problems:
        raise InputDataError(problems)
    return tuple(run for run in runs if run is not None)


def labels(folders: Sequence[Path]) -> list[str]:
    """Return a name for each folder: as much of the end of its path as tells them apart.

    Raises
    ------
    InputDataError
        Where a folder stands twice.
    """
    paths = [folder.resolve() for folder in folders]
    twice = sorted({path.name for path in paths if paths.count(path) > 1})
    if twice:
        raise InputDataError(
            run_problem(
                name,
                "same_run_twice",
                Text("thư mục này được nêu hai lần", "this folder is named twice"),
                Text("Hãy nêu mỗi lần chạy một lần.", "Name each run once."),
            )
            for name in twice
        )
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ["/".join(path.parts[-depth:]) for path in paths]


def _read(folder: Path, label: str, problems: list[Problem]) -> Run | None:
    """Read one run; None, and its problems, where it cannot be used."""
    found: list[Problem] = []
    if not folder.is_dir():
        problems.append(
            run_problem(
                label,
                "missing_folder",
                Text("không tìm thấy thư mục kết quả", "there is no such output folder"),
                RUN_FIRST,
            )
        )
        return None
    manifest = read_manifest(folder, label, found)
    villages = _read_table(folder, label, "villages", found)
    communes = _read_table(folder, label, "communes", found)
    has_plan = manifest is not None and "plan_actions.csv" in manifest["outputs"]
    actions = _read_table(folder, label, "plan_actions", found) if has_plan else None
    problems += [problem for problem in found if problem.severity == "error"]
    if manifest is None or villages is None or communes is None:
        return None
    names = ("villages.csv", "communes.csv", *(["plan_actions.csv"] if has_plan else []))
    sha256 = {name: sha256_of(folder / name) for name in (*names, MANIFEST)}
    found += [
        run_problem(
            f"{label}/{name}",
            "changed_since_run",
            Text("tệp đã bị sửa sau lần chạy", "the file was changed after the run"),
            Text(
                "Kết quả so sánh theo tệp hiện có; hãy chạy lại nếu không chủ ý sửa.",
                "The comparison takes it as it is; run again if that was not intended.",
            ),
            severity="warning",
        )
        for name in names
        if manifest["outputs"].get(name) != sha256[name]
    ]
    return Run(
        label=label,
        folder=folder,
        villages=villages.set_index("village_id").sort_index(),
        edition=str(communes["edition"].iloc[0]),
        manifest=manifest,
        plan=None if actions is None else _plan(manifest, actions),
        sha256=sha256,
        warnings=tuple(problem for problem in found if problem.severity == "warning"),
    )


def _read_table(
    folder: Path, label: str, name: str, problems: list[Problem]
) -> pd.DataFrame | None:
    """Read one table of a run; None where anything in it is wrong."""
    file = f"{label}/{name}.csv"
    path = folder / f"{name}.csv"
    if not path.is_file():
        problems.append(missing(file))
        return None
    table = _TABLES[name]
    try:
        checked = check(read_sheet(path, name=file), table, file=file)
    except InputDataError as error:
        problems += error.problems
        return None
    # A plan of a small budget may build nothing.
    is_fine_empty = name == "plan_actions" and checked.frame.empty
    found = [p for p in checked.problems if not (is_fine_empty and p.rule == EMPTY_TABLE.code)]
    problems += found
    if any(problem.severity == "error" for problem in found):
        return None
    frame = checked.frame.reindex(columns=[column.name for column in table.columns])
    counts = [column.name for column in table.columns if column.kind is Kind.COUNT]
    return frame.astype(dict.fromkeys(counts, "Int64"))


def _plan(manifest: Mapping[str, Any], actions: pd.DataFrame) -> dict[str, float | None]:
    sums = ("capex", "opex_per_year", "villages_gained", "households_gained")
    return {
        **{name: manifest[name] for name in PLAN_FIGURES},
        "actions": len(actions),
        **{name: int(actions[name].sum()) for name in sums},
    }
