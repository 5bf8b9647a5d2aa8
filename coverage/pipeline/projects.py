"""Project folders run from their files to their outputs, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from coverage import __version__, exports, maps
from coverage.errors import ScenarioError
from coverage.io.project import load_project, project_path
from coverage.model import FibrePlan, Plan, Result
from coverage.params import Scenario
from coverage.pipeline.plans import aim_of, one_aim, plan, plan_fibre
from coverage.pipeline.stages import run, tell
from coverage.prediction import Progress, Workers
from coverage.text import Text

Made = TypeVar("Made", bound=Plan | FibrePlan | None)
"""What is planned on top of a run, if anything."""


def run_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[Result, Path]:
    """Run a project folder and write every output, whole or not at all.

    Returns
    -------
    tuple
        The result and the folder written to (default: `outputs` in the project).
    """
    result, _, folder = _carried_out(
        path, out, check=_nothing, make=_nothing, workers=workers, progress=progress
    )
    return result, folder


def plan_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    budget: str | None = None,
    target: str | None = None,
    variants: bool | int = False,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[Result, Plan, Path]:
    """Run a project folder, plan, and write every output of both, whole or not at all."""

    def check(scenario: Scenario) -> None:
        aim_of(budget, target, scenario)

    def make(result: Result) -> Plan:
        return plan(
            result,
            budget=budget,
            target=target,
            variants=variants,
            workers=workers,
            progress=progress,
        )

    return _carried_out(path, out, check=check, make=make, workers=workers, progress=progress)


def fibre_project(
    path: Path | str,
    out: Path | str | None = None,
    *,
    budget: str | None = None,
    target: str | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[Result, FibrePlan, Path]:
    """Run a project folder, plan fibre to villages, and write every output, whole or not at all."""

    def check(scenario: Scenario) -> None:
        one_aim(budget, target, scenario)

    def make(result: Result) -> FibrePlan:
        tell(progress, "planning", 0.0)
        found = plan_fibre(result, budget=budget, target=target)
        tell(progress, "planning", 1.0)
        return found

    return _carried_out(path, out, check=check, make=make, workers=workers, progress=progress)


def _nothing(_: object) -> None:
    """Plan nothing, or find nothing wrong with the aim of it."""


def _carried_out(
    path: Path | str,
    out: Path | str | None,
    *,
    check: Callable[[Scenario], None],
    make: Callable[[Result], Made],
    workers: Workers | None,
    progress: Progress | None,
) -> tuple[Result, Made, Path]:
    """Read, run, plan and write; `check` refuses what cannot be aimed at before the work begins."""
    toml = project_path(path)
    folder = Path(out) if out is not None else toml.parent / "outputs"
    _refuse_input_folder(folder, toml.parent)
    began = time.perf_counter()
    tell(progress, "inputs", 0.0)
    inputs = load_project(toml)
    check(inputs.scenario)
    timings = {"inputs_s": time.perf_counter() - began}
    tell(progress, "inputs", 1.0)
    result = run(inputs, workers=workers, progress=progress)
    timings["run_s"] = time.perf_counter() - began - timings["inputs_s"]
    began = time.perf_counter()
    found = make(result)
    if found is not None:
        timings["plan_s"] = time.perf_counter() - began
    tell(progress, "exports", 0.0)
    exports.write_outputs(
        result,
        folder,
        map_page=maps.map_html(result, plan=found),
        version=__version__,
        timings=timings,
        plan=found if isinstance(found, Plan) else None,
        fibre=found if isinstance(found, FibrePlan) else None,
    )
    tell(progress, "exports", 1.0)
    return result, found, folder


def _refuse_input_folder(folder: Path, project: Path) -> None:
    """Refuse to write beside the inputs, which could overwrite them (`villages.csv` is both)."""
    if folder.resolve() == project.resolve():
        raise ScenarioError(
            Text(
                "Thư mục kết quả không được trùng với thư mục dự án; hãy chọn thư mục khác.",
                "The output folder must not be the project folder itself; choose another.",
            )
        )
