"""Jobs as they are: real processes that finish, are stopped, are killed, and are found again."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import psutil
import pytest

from coverage import pipeline
from coverage.comparison import compare
from coverage.errors import InputDataError, ScenarioError
from coverage.io.project import load_project
from coverage.jobs import Desk, Job, MapTask, PlanTask, PredictTask, RunTask, read_plan
from coverage.jobs.desk import MAKING, TASK_FILE
from coverage.jobs.process import Identity, is_alive
from coverage.jobs.work import MAP_FILE, OUTPUTS
from coverage.params import Scenario
from tests.io.made import write_project

pytestmark = pytest.mark.slow

LATEST_S: Final = 240.0
ROOT: Final = Path(__file__).resolve().parents[2]
AnyTask = TypeVar("AnyTask", PlanTask, PredictTask, RunTask, MapTask)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("made") / "dự án nhỏ")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(folder=tmp_path / "việc", slots=1)
    yield desk
    for job in desk.jobs():
        desk.stop(job.key)


@pytest.fixture
def lasting(demo_project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlanTask:
    """Return a plan that takes far longer than the test: nothing of it is kept yet."""
    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "cache"))
    return task(PlanTask, demo_project.parent, budget="60000000000")


def task(
    kind: type[AnyTask], folder: Path, *, scenario: Scenario | None = None, **more: Any
) -> AnyTask:
    inputs = load_project(folder)
    return kind(
        project=str(folder),
        section=inputs.project,
        fingerprint=inputs.fingerprint,
        scenario=scenario or inputs.scenario,
        **more,
    )


def wait(desk: Desk, key: str, until: Callable[[Job], bool]) -> Job:
    latest = time.monotonic() + LATEST_S
    while time.monotonic() < latest:
        job = desk.find(key)
        assert job is not None
        if until(job):
            return job
        time.sleep(0.05)
    pytest.fail(f"{key} is still {job.state}; {(job.folder / 'log.txt').read_text()}")


def ended(desk: Desk, key: str) -> Job:
    return wait(desk, key, lambda job: not job.is_live)


def at_work(desk: Desk, key: str) -> Job:
    """Wait until a lasting job predicts."""
    return wait(desk, key, lambda job: job.state.stage == "prediction")


def identity(job: Job) -> Identity:
    pid, started = (job.folder / "process").read_text().split()
    return Identity(int(pid), float(started))


def test_a_job_finishes_and_is_never_done_twice(desk: Desk, small: Path) -> None:
    asked = task(PlanTask, small, budget="60000000000")
    job = ended(desk, desk.submit(asked).key)
    assert job.status == "done", (job.folder / "log.txt").read_text()
    assert job.state.about["budget"] == 60_000_000_000
    assert (job.state.share, job.remaining_s) == (1.0, 0.0)
    assert {"inputs", "planning"} <= set(job.state.taken_s) <= set(asked.stages)
    assert read_plan(job.made).budget == 60_000_000_000
    again = desk.submit(asked)
    assert again.status == "done"
    assert again.state == job.state
    # the same project in another folder is the same work
    moved = asked.model_copy(update={"project": "/elsewhere"})
    assert desk.submit(moved).state == job.state
    # the next one knows what to expect
    other = task(PlanTask, small, budget="1000000000")
    assert other.key != asked.key
    assert ended(desk, desk.submit(other).key).status == "done"


def test_outputs_and_map_of_jobs_are_whole_and_can_be_compared(desk: Desk, small: Path) -> None:
    plan = ended(desk, desk.submit(task(PlanTask, small, budget="60000000000")).key)
    runs = [ended(desk, desk.submit(task(RunTask, small, plan=key)).key) for key in ("", plan.key)]
    assert [run.status for run in runs] == ["done", "done"]
    folders = [run.made / OUTPUTS for run in runs]
    assert [(folder / "plan_actions.csv").exists() for folder in folders] == [False, True]
    assert len(compare(*folders).runs) == 2
    page = ended(desk, desk.submit(task(MapTask, small, language="en", mast_positions="none")).key)
    text = (page.made / MAP_FILE).read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert '"sites":[]' in text


def test_an_error_of_the_work_comes_back_as_it_was(desk: Desk, small: Path) -> None:
    rules = load_project(small).scenario
    locked = rules.model_copy(
        update={"planning": rules.planning.model_copy(update={"must": ("N-0-0",)})}
    )
    job = ended(desk, desk.submit(task(PlanTask, small, scenario=locked, budget="1000")).key)
    assert job.status == "failed"
    assert job.state.failure is not None
    error = job.state.failure.error()
    assert type(error) is ScenarioError
    assert "N-0-0" in error.message("vi")
    assert "there is no action" in error.message("en")
    assert not job.made.exists()
    assert not (job.folder / MAKING).exists()


def test_problems_of_the_data_come_back_one_by_one(desk: Desk, tmp_path: Path) -> None:
    folder = write_project(tmp_path / "hỏng")
    asked = task(RunTask, folder)
    (folder / "villages.csv").write_text("name\nA\n", encoding="utf-8")
    job = ended(desk, desk.submit(asked).key)
    assert job.state.failure is not None
    error = job.state.failure.error()
    assert isinstance(error, InputDataError)
    assert {problem.file for problem in error.problems} == {"villages.csv"}
    assert len(error.problems) > 1


def test_changed_data_are_refused(desk: Desk, tmp_path: Path) -> None:
    folder = write_project(tmp_path / "đổi")
    asked = task(RunTask, folder)
    with (folder / "villages.csv").open("a", encoding="utf-8") as stream:
        stream.write("V9,Nà Mới,01840,105.8415,22.1315,10,40,true,\n")
    job = ended(desk, desk.submit(asked).key)
    assert job.state.failure is not None
    assert "changed" in job.state.failure.en


def test_a_stopped_job_leaves_nothing_half_made_and_starts_anew(
    desk: Desk, lasting: PlanTask
) -> None:
    job = at_work(desk, desk.submit(lasting).key)
    who = identity(job)
    assert is_alive(who)
    desk.stop(job.key)
    stopped = desk.find(job.key)
    assert stopped is not None
    assert stopped.status == "stopped"
    assert not is_alive(who)
    assert not (job.folder / MAKING).exists()
    assert not job.made.exists()
    again = desk.submit(lasting)
    assert again.is_live
    assert identity(again) != who


def test_a_killed_process_is_seen_and_its_job_starts_anew(desk: Desk, lasting: PlanTask) -> None:
    job = at_work(desk, desk.submit(lasting).key)
    psutil.Process(identity(job).pid).kill()
    lost = wait(desk, job.key, lambda found: found.status != "running")
    assert lost.status == "lost"
    again = at_work(desk, desk.submit(lasting).key)
    assert again.state.asked > job.state.asked


def test_the_same_number_of_another_process_is_not_the_job(desk: Desk, lasting: PlanTask) -> None:
    job = desk.submit(lasting)
    desk.stop(job.key)
    here = psutil.Process()
    (job.folder / "process").write_text(f"{here.pid} {here.create_time() - 60.0!r}")
    assert not is_alive(identity(job))
    desk.stop(job.key)  # and it is not this test that is ended


def test_two_sessions_and_a_new_server_find_one_process(desk: Desk, lasting: PlanTask) -> None:
    found: list[Job] = []
    askers = [threading.Thread(target=lambda: found.append(desk.submit(lasting))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len({job.key for job in found}) == 1
    assert len({identity(job) for job in found}) == 1
    # by another server: a process that asks for the same and ends at once
    script = (
        "import sys\nfrom pathlib import Path\nfrom coverage.jobs import Desk, PlanTask\n"
        "task = PlanTask.model_validate_json(Path(sys.argv[2]).read_bytes())\n"
        "job = Desk(folder=Path(sys.argv[1]), slots=1).submit(task)\n"
        "print((job.folder / 'process').read_text())\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, str(desk.folder), str(found[0].folder / TASK_FILE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == (found[0].folder / "process").read_text()
    children = psutil.Process().children(recursive=True)
    assert sum("coverage.jobs" in child.cmdline() for child in children) == 1


def test_a_job_outlives_the_server_that_asked(desk: Desk, small: Path, tmp_path: Path) -> None:
    asked = task(PlanTask, small, budget="70000000000")
    (tmp_path / "asked.json").write_text(asked.model_dump_json(), encoding="utf-8")
    script = (
        "import sys, os\nfrom pathlib import Path\nfrom coverage.jobs import Desk, PlanTask\n"
        "task = PlanTask.model_validate_json(Path(sys.argv[2]).read_bytes())\n"
        "Desk(folder=Path(sys.argv[1]), slots=1).submit(task)\nos._exit(9)\n"
    )
    command = [sys.executable, "-c", script, str(desk.folder), str(tmp_path / "asked.json")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert ended(desk, asked.key).status == "done"
    assert desk.submit(asked).status == "done"


def test_a_job_waits_until_a_slot_is_free(desk: Desk, lasting: PlanTask, small: Path) -> None:
    first = at_work(desk, desk.submit(lasting).key)
    second = desk.submit(task(PlanTask, small, budget="80000000000"))
    third = desk.submit(task(PlanTask, small, budget="90000000000"))
    time.sleep(4.0)  # longer than a process takes to start
    assert [desk.find(job.key).status for job in (second, third)] == ["waiting"] * 2  # type: ignore[union-attr]
    desk.stop(first.key)
    assert ended(desk, third.key).status == "done"
    done = [ended(desk, job.key) for job in (second, third)]
    assert [job.status for job in done] == ["done", "done"]
    assert done[0].state.ended < done[1].state.began + 0.5  # type: ignore[operator]


def test_what_is_old_or_too_much_goes_and_what_runs_stays(
    desk: Desk, lasting: PlanTask, small: Path
) -> None:
    done = [
        ended(desk, desk.submit(task(PlanTask, small, budget=budget)).key)
        for budget in ("1000", "2000", "3000")
    ]
    for job in done:
        wait(desk, job.key, lambda found: not is_alive(identity(found)))
    running = desk.submit(lasting)
    Desk(folder=desk.folder, slots=1, limit_bytes=1).sweep()
    assert {job.key for job in desk.jobs()} == {done[-1].key, running.key}
    Desk(folder=desk.folder, slots=1, keep_days=0.0).sweep()
    assert {job.key for job in desk.jobs()} == {running.key}


def test_a_prediction_is_kept_and_does_not_queue_behind_a_plan(
    desk: Desk, lasting: PlanTask, small: Path
) -> None:
    long = at_work(desk, desk.submit(lasting).key)
    asked = task(PredictTask, small)
    inputs = load_project(small)
    assert pipeline.kept_prediction(inputs, inputs.scenario) is None
    job = ended(desk, desk.submit(asked).key)
    assert job.status == "done", (job.folder / "log.txt").read_text()
    busy = desk.find(long.key)
    assert busy is not None
    assert busy.status == "running"  # the one slot for long work was taken all the while
    kept = pipeline.kept_prediction(inputs, inputs.scenario)
    assert kept is not None
    made = pipeline.predicted(inputs, inputs.scenario)
    for layer, signal_dbm in made.signal_dbm.items():
        np.testing.assert_array_equal(kept.signal_dbm[layer], signal_dbm)
    # asked anew, it runs again: the store may have lost it since
    again = desk.submit(asked, anew=True)
    assert again.state.asked > job.state.asked
    assert ended(desk, again.key).status == "done"


def test_a_prediction_that_the_cache_refuses_is_told_as_such(
    desk: Desk, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "results").write_text("a file where the folder of results should be")
    monkeypatch.setenv("PHUSONG_CACHE", str(cache))
    job = ended(desk, desk.submit(task(PredictTask, small)).key)
    assert job.status == "failed"
    assert job.state.failure is not None
    assert "PHUSONG_CACHE" in job.state.failure.en


@pytest.mark.parametrize("name", ["..", "../../etc", "/etc", "", "A" * 24, "0" * 23])
def test_a_name_from_an_address_never_leads_out_of_the_desk(desk: Desk, name: str) -> None:
    (desk.folder.parent / "task.json").write_text("{}")
    assert desk.find(name) is None
    desk.stop(name)
