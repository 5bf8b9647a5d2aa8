"""What runs in the process of a job."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any, Final

from coverage import __version__, exports, maps, pipeline
from coverage.errors import CoverageError, InputDataError, ScenarioError
from coverage.io.project import load_project
from coverage.io.store import default_folder
from coverage.jobs.clock import Clock
from coverage.jobs.desk import MADE, MAKING, TASK_FILE, is_running, places
from coverage.jobs.kept import read_plan, write_fibre_plan, write_plan
from coverage.jobs.state import State, failure_of, read_state, write_state
from coverage.jobs.task import AnyTask, FibreTask, MapTask, PlanTask, PredictTask, read_task
from coverage.locks import Lock
from coverage.model import Inputs, Plan, Result
from coverage.prediction import Progress
from coverage.text import Text

MAP_FILE: Final = "map.html"
OUTPUTS: Final = "outputs"
ZIP_FILE: Final = "outputs.zip"
_LOOK_S: Final = 0.2
_SPEAK_S: Final = 0.4


def work(place: Path, slots: int) -> None:
    """Wait for a turn, do the task of a job's folder, and leave its results or its error there."""
    task = read_task(place / TASK_FILE)
    state = read_state(place)
    assert state is not None  # noqa: S101 - it is written before the process starts
    turn = _wait_for_turn(place, slots, state, task)
    clock = Clock(task.stages, _expected_s(place, task.kind))
    state = state.model_copy(update={"status": "running", "began": time.time()})
    spoken = 0.0

    def speak(**more: Any) -> None:
        nonlocal spoken
        spoken = time.monotonic()
        told = {
            "stage": clock.stage,
            "share": clock.share,
            "remaining_s": clock.remaining_s,
            "written": time.time(),
        }
        write_state(place, state.model_copy(update=told | more))

    def tell(stage: str, share: float) -> None:
        is_new = stage != clock.stage
        clock.tell(stage, share)
        if is_new or time.monotonic() - spoken > _SPEAK_S:
            speak()

    try:
        speak()
        making = place / MAKING
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        about = _done(task, making, tell, int(os.environ.get("NUMBA_NUM_THREADS", "1")))
        clock.finish()
        making.replace(place / MADE)
        speak(
            status="done",
            ended=time.time(),
            share=1.0,
            remaining_s=0.0,
            taken_s=clock.taken_s,
            about=about,
        )
    except CoverageError as error:
        shutil.rmtree(place / MAKING, ignore_errors=True)
        failure = failure_of(error)
        speak(status="failed", ended=time.time(), remaining_s=None, failure=failure)
    finally:
        turn.release()


def _done(task: AnyTask, making: Path, tell: Progress, workers: int) -> dict[str, Any]:
    """Do a task and return the figures that tell it apart in a list."""
    began = time.perf_counter()
    tell("inputs", 0.0)
    inputs = _inputs_of(task)
    if isinstance(task, PredictTask):
        return _predicted(task, inputs, tell, workers)
    result = pipeline.run(inputs, task.scenario, workers=workers, progress=tell)
    if isinstance(task, PlanTask):
        return _planned(task, result, making, tell, workers)
    if isinstance(task, FibreTask):
        return _fibre_planned(task, result, making, tell)
    tell("exports", 0.0)
    plan = _plan_of(task.plan, making) if task.plan else None
    if isinstance(task, MapTask):
        page = maps.map_html(
            result, language=task.language, mast_positions=task.mast_positions, plan=plan
        )
        (making / MAP_FILE).write_text(page, encoding="utf-8", newline="\n")
    else:
        exports.write_outputs(
            result,
            making / OUTPUTS,
            map_page=maps.map_html(result, plan=plan),
            version=__version__,
            timings={"run_s": time.perf_counter() - began},
            plan=plan,
        )
        _pack(making / OUTPUTS, making / ZIP_FILE)
    return {"synthetic": bool(inputs.synthetic_roles)}


def _predicted(task: PredictTask, inputs: Inputs, tell: Progress, workers: int) -> dict[str, Any]:
    pipeline.predicted(inputs, task.scenario, workers=workers, progress=tell)
    if pipeline.kept_prediction(inputs, task.scenario) is None:
        raise CoverageError(
            Text(
                f"Không giữ được dự báo trong bộ nhớ đệm {default_folder()}: hết chỗ hoặc không có "
                "quyền ghi. Hãy giải phóng chỗ, hoặc đặt PHUSONG_CACHE sang nơi khác.",
                f"The prediction cannot be kept in the cache {default_folder()}: no space, or no "
                "right to write. Free some space, or set PHUSONG_CACHE to another place.",
            )
        )
    return {}


def _pack(folder: Path, path: Path) -> None:
    """Put a folder's files into an archive, with the same bytes every time."""
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _planned(
    task: PlanTask, result: Result, making: Path, tell: Progress, workers: int
) -> dict[str, Any]:
    plan = pipeline.plan(
        result, budget=task.budget, target=task.target, workers=workers, progress=tell
    )
    write_plan(plan, making)
    return exports.plan_figures(plan)


def _fibre_planned(task: FibreTask, result: Result, making: Path, tell: Progress) -> dict[str, Any]:
    tell("planning", 0.0)
    plan = pipeline.plan_fibre(result, budget=task.budget, target=task.target)
    write_fibre_plan(plan, making)
    return exports.fibre_figures(plan)


def _inputs_of(task: AnyTask) -> Inputs:
    inputs = load_project(task.project)
    if inputs.fingerprint != task.fingerprint:
        raise InputDataError.about(
            task.project,
            "changed_inputs",
            Text(
                "dữ liệu đã thay đổi sau khi đặt việc", "the data changed after the work was asked"
            ),
            Text("Hãy mở lại dự án rồi chạy lại.", "Open the project again and start anew."),
        )
    return inputs


def _plan_of(key: str, making: Path) -> Plan:
    """Read the plan of another job of the same desk."""
    kept = making.parent.parent / key / MADE
    if not kept.is_dir():
        raise ScenarioError(
            Text(
                "Phương án này không còn được giữ; hãy lập lại phương án.",
                "This plan is no longer kept; make it again.",
            )
        )
    return read_plan(kept)


def _wait_for_turn(place: Path, slots: int, state: State, task: AnyTask) -> Lock:
    """Return a slot of the desk once one is free and no earlier job waits for it."""
    names = ["brief-slot"] if task.is_brief else [f"slot-{number}" for number in range(slots)]
    doors = [Lock(place.parent / f"{name}.lock") for name in names]
    while True:
        if not _has_elder(place, state.asked, task):
            for door in doors:
                if door.take():
                    return door
        time.sleep(_LOOK_S)


def _has_elder(place: Path, asked: float, task: AnyTask) -> bool:
    for other in places(place.parent):
        told = None if other == place else read_state(other)
        if told is None or told.status != "waiting":
            continue
        is_earlier = (told.asked, other.name) < (asked, place.name)
        if is_earlier and is_running(other) and _is_brief(other) == task.is_brief:
            return True
    return False


def _is_brief(place: Path) -> bool:
    try:
        return read_task(place / TASK_FILE).is_brief
    except (OSError, ValueError):
        return False


def _expected_s(place: Path, kind: str) -> dict[str, float]:
    """Return what each stage took in the last finished job of a kind."""
    latest: State | None = None
    for other in places(place.parent):
        told = read_state(other)
        if told is None or told.status != "done" or _kind_of(other) != kind:
            continue
        if latest is None or (told.ended or 0.0) > (latest.ended or 0.0):
            latest = told
    return dict(latest.taken_s) if latest else {}


def _kind_of(place: Path) -> str:
    try:
        return read_task(place / TASK_FILE).kind
    except (OSError, ValueError):
        return ""
