"""The manifest of a finished run, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from coverage.errors import Problem, Severity
from coverage.text import Text

MANIFEST: Final = "manifest.json"
PLAN_FIGURES: Final = ("budget", "spent", "objective", "bound", "gap")
_GROUPS: Final = ("software", "project", "scenario", "grid", "outputs")

RUN_FIRST: Final = Text(
    "Hãy nêu thư mục do `phusong run` hoặc `phusong plan` ghi ra.",
    "Name a folder that `phusong run` or `phusong plan` wrote.",
)


def read_manifest(folder: Path, label: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Read the manifest of a run; None, and the problem, where it cannot be used."""
    file = f"{label}/{MANIFEST}"
    path = folder / MANIFEST
    if not path.is_file():
        problems.append(missing(file))
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, RecursionError, ValueError) as error:
        problems.append(_broken(file, Text(f"không đọc được ({error})", f"unreadable ({error})")))
        return None
    lacking = _lacking(content)
    if lacking:
        listed = ", ".join(lacking)
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
        lacking += [name for name in PLAN_FIGURES if not _is_number(content.get(name))]
    return lacking


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def missing(file: str) -> Problem:
    """Return the problem of a file that a finished run would have."""
    what = Text(
        "không có tệp này: lần chạy chưa xong hoặc thư mục không phải là kết quả",
        "there is no such file: the run did not end, or the folder holds no outputs",
    )
    return run_problem(file, "missing_file", what, RUN_FIRST)


def _broken(file: str, why: Text) -> Problem:
    what = Text(f"bản kê bị hỏng: {why.vi}", f"the manifest is broken: {why.en}")
    fix = Text("Hãy chạy lại `phusong run`.", "Run `phusong run` again.")
    return run_problem(file, "broken_manifest", what, fix)


def run_problem(
    file: str, rule: str, what: Text, fix: Text, *, severity: Severity = "error"
) -> Problem:
    """Return a problem with a finished run."""
    return Problem(severity=severity, rule=rule, file=file, what=what, fix=fix)
