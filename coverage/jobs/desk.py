"""Jobs by their names: started once whoever asks, found again, stopped, cleared away.

Everything a job is lies in its folder, so a server that starts anew finds the work of the last one.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from coverage.io.store import default_folder
from coverage.jobs import process
from coverage.jobs.process import Identity
from coverage.jobs.state import State, Status, read_state, write_state, write_whole
from coverage.jobs.task import Task, read_task
from coverage.locks import held

MADE: Final = "made"
"""Folder of the results, inside that of the job; it is there once the job is done."""
MAKING: Final = "making"
TASK_FILE: Final = "task.json"
LOG_FILE: Final = "log.txt"
_PROCESS_FILE: Final = "process"
_LIVE: Final = ("waiting", "running")
_DAY_S: Final = 86_400.0
_NAME: Final = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands at the moment it was looked at."""

    key: str
    folder: Path
    task: Task
    state: State

    @property
    def status(self) -> Status:
        """Where it stands; `lost` where its process died without a word."""
        return self.state.status

    @property
    def is_live(self) -> bool:
        """Whether it waits or runs."""
        return self.status in _LIVE

    @property
    def made(self) -> Path:
        """Folder of the results."""
        return self.folder / MADE

    @property
    def remaining_s(self) -> float | None:
        """Seconds still needed, as estimated when the job last spoke; None where not known."""
        if self.state.remaining_s is None:
            return None
        return max(self.state.remaining_s - (time.time() - self.state.written), 0.0)

    @property
    def running_s(self) -> float:
        """Seconds it has run, or ran."""
        if self.state.began is None:
            return 0.0
        return (self.state.ended or time.time()) - self.state.began


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All jobs of one folder.

    Parameters
    ----------
    folder
        Where the jobs lie.
    slots
        So many run at once; the others wait, first come first served. What a reader waits for (a
        prediction) has one slot of its own.
    keep_days, limit_bytes
        What is older, or beyond this size, goes, the longest unused first.
    """

    folder: Path
    slots: int
    keep_days: float = 30.0
    limit_bytes: int = 4 * 1024**3

    def submit(self, task: Task, *, anew: bool = False) -> Job:
        """Return the job of a task: the one that is there, or a new one, started.

        With `anew` what was done before is done again.
        """
        place = self.folder / task.key
        self.folder.mkdir(parents=True, exist_ok=True)
        with held(self.folder / "desk.lock"):
            found = self.find(task.key)
            if found is not None and (found.is_live or (found.status == "done" and not anew)):
                os.utime(place)
                return found
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            write_whole(place / TASK_FILE, task.model_dump_json())
            now = time.time()
            write_state(place, State(status="waiting", asked=now, written=now))
            who = process.start(
                ["coverage.jobs", str(place.resolve()), str(self.slots)],
                log=place / LOG_FILE,
                threads=max(1, (os.cpu_count() or 1) // self.slots),
            )
            write_whole(place / _PROCESS_FILE, f"{who.pid} {who.started!r}")
        self.sweep()
        started = self.find(task.key)
        assert started is not None  # noqa: S101 - it was written above
        return started

    def find(self, key: str) -> Job | None:
        """Return a job by its name, None where there is none; the name may come from strangers."""
        if not _NAME.fullmatch(key):
            return None
        place = self.folder / key
        state = read_state(place)
        if state is None:
            return None
        if state.status in _LIVE and not is_running(place):
            # It may have ended between the two looks.
            state = read_state(place) or state
            if state.status in _LIVE:
                state = state.model_copy(update={"status": "lost"})
        try:
            return Job(key, place, read_task(place / TASK_FILE), state)
        except (OSError, ValidationError):
            return None

    def jobs(self) -> list[Job]:
        """Return all jobs, the latest first."""
        found = [job for place in places(self.folder) if (job := self.find(place.name))]
        return sorted(found, key=lambda job: (-job.state.asked, job.key))

    def stop(self, key: str) -> None:
        """End a job that waits or runs, with all its processes, and what it had half made."""
        if not _NAME.fullmatch(key):
            return
        place = self.folder / key
        who = _identity(place)
        if who is not None:
            process.end(who)
        with held(self.folder / "desk.lock"):
            state = read_state(place)
            if state is None or state.status not in _LIVE or is_running(place):
                return
            shutil.rmtree(place / MAKING, ignore_errors=True)
            now = time.time()
            told = {"status": "stopped", "ended": now, "written": now, "remaining_s": None}
            write_state(place, state.model_copy(update=told))

    def sweep(self) -> None:
        """Remove jobs that are too old, and those unused for longest beyond the size limit."""
        idle = [place for place in places(self.folder) if not is_running(place)]
        used = sorted(idle, key=lambda place: place.stat().st_mtime, reverse=True)
        size_bytes = 0
        for place in used:
            size_bytes += sum(f.stat().st_size for f in place.rglob("*") if f.is_file())
            is_old = time.time() - place.stat().st_mtime > self.keep_days * _DAY_S
            if is_old or (size_bytes > self.limit_bytes and place != used[0]):
                shutil.rmtree(place, ignore_errors=True)


def default_desk() -> Desk:
    """Return the desk of this machine, in the cache folder.

    PHUSONG_JOBS sets how many jobs run at once (default: one for every two cores).
    """
    named = os.environ.get("PHUSONG_JOBS", "")
    slots = int(named) if named.isdecimal() and int(named) > 0 else (os.cpu_count() or 1) // 2
    return Desk(folder=default_folder() / "jobs", slots=max(1, min(slots, 16)))


def places(folder: Path) -> Iterator[Path]:
    """Yield the folders of jobs."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if (path / TASK_FILE).is_file())


def is_running(place: Path) -> bool:
    """Whether the process of a job lives."""
    who = _identity(place)
    return who is not None and process.is_alive(who)


def _identity(place: Path) -> Identity | None:
    try:
        pid, started = (place / _PROCESS_FILE).read_text(encoding="utf-8").split()
        return Identity(int(pid), float(started))
    except (OSError, ValueError):
        return None
