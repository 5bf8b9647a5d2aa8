"""Finished runs read back from their output folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from coverage.errors import InputDataError, Problem, Severity
from coverage.io.files import sha256_of
from coverage.io.sheets import read_sheet
from coverage.params import SIGNAL_CLASSES, TECHNOLOGIES
from coverage.schema import TABLES, Geometry, Kind, Table, output_columns
from coverage.tables import EMPTY_TABLE, check
from coverage.text import Text

MANIFEST: Final = "manifest.json"
_GROUPS: Final = ("software", "project", "scenario", "grid", "outputs")
_PLAN_FIGURES: Final = ("budget", "spent", "objective", "bound", "gap")
_IDS: Final = ("village_id", "action_id")
_CLASSES: Final = tuple(f"signal_class_{t.lower()}" for t in TECHNOLOGIES)


def _table(name: str, title: Text, *columns: str, filled: Sequence[str] = ()) -> Table:
    """Return what a comparison needs of a table that a run writes."""
    read = TABLES[name].columns if name in TABLES else ()
    known = {column.name: column for column in (*output_columns(), *read)}
    return Table(
        name=name,
        title=title,
        columns=tuple(
            replace(
                known[column],
                required=True,
                filled=column in filled,
                unique=column in _IDS,
                default=None,
                choices=SIGNAL_CLASSES if column in _CLASSES else known[column].choices,
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
        *("households", "population", *_CLASSES, "priority_score", "priority_rank"),
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
            _problem(
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
            _problem(
                label,
                "missing_folder",
                Text("không tìm thấy thư mục kết quả", "there is no such output folder"),
                _RUN_FIRST,
            )
        )
        return None
    manifest = _manifest(folder, label, found)
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
        _problem(
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
        problems.append(_missing(file))
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
    frame = checked.frame[[column.name for column in table.columns]]
    counts = [column.name for column in table.columns if column.kind is Kind.COUNT]
    return frame.astype(dict.fromkeys(counts, "Int64"))


def _manifest(folder: Path, label: str, problems: list[Problem]) -> dict[str, Any] | None:
    file = f"{label}/{MANIFEST}"
    path = folder / MANIFEST
    if not path.is_file():
        problems.append(_missing(file))
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, RecursionError, ValueError) as error:
        problems.append(_broken(file, Text(f"không đọc được ({error})", f"unreadable ({error})")))
        return None
    missing = _lacking(content)
    if missing:
        listed = ", ".join(missing)
        problems.append(
            _broken(file, Text(f"thiếu hoặc sai mục: {listed}", f"missing or wrong: {listed}"))
        )
        return None
    return dict(content)


def _refuse(constant: str) -> None:
    message = f"{constant} is no JSON"
    raise ValueError(message)


def _lacking(content: object) -> list[str]:
    """Return the parts that a manifest should have and this one has not, or not in their form."""
    if not isinstance(content, dict):
        return [*_GROUPS, "inputs", "synthetic"]
    lacking = [name for name in _GROUPS if not isinstance(content.get(name), dict)]
    inputs = content.get("inputs")
    if not (isinstance(inputs, list) and all(isinstance(one, dict) for one in inputs)):
        lacking.append("inputs")
    if not isinstance(content.get("synthetic"), bool):
        lacking.append("synthetic")
    if "plan_actions.csv" in (content.get("outputs") or ()):
        lacking += [name for name in _PLAN_FIGURES if not _is_number(content.get(name))]
    return lacking


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _plan(manifest: Mapping[str, Any], actions: pd.DataFrame) -> dict[str, float | None]:
    sums = ("capex", "opex_per_year", "villages_gained", "households_gained")
    return {
        **{name: manifest[name] for name in _PLAN_FIGURES},
        "actions": len(actions),
        **{name: int(actions[name].sum()) for name in sums},
    }


_RUN_FIRST: Final = Text(
    "Hãy nêu thư mục do `phusong run` hoặc `phusong plan` ghi ra.",
    "Name a folder that `phusong run` or `phusong plan` wrote.",
)


def _missing(file: str) -> Problem:
    what = Text(
        "không có tệp này: lần chạy chưa xong hoặc thư mục không phải là kết quả",
        "there is no such file: the run did not end, or the folder holds no outputs",
    )
    return _problem(file, "missing_file", what, _RUN_FIRST)


def _broken(file: str, why: Text) -> Problem:
    what = Text(f"bản kê bị hỏng: {why.vi}", f"the manifest is broken: {why.en}")
    fix = Text("Hãy chạy lại `phusong run`.", "Run `phusong run` again.")
    return _problem(file, "broken_manifest", what, fix)


def _problem(
    file: str, rule: str, what: Text, fix: Text, *, severity: Severity = "error"
) -> Problem:
    return Problem(severity=severity, rule=rule, file=file, what=what, fix=fix)
