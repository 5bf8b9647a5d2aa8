"""The command as a process that can be killed, and a small synthetic province for it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import ROOT, built_once

RESOLUTION_M: Final = 900
UNDER_WAY: Final = ("*.partial", "*.moving", ".phusong*")
HANG_S: Final = 300.0


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (-9 where it was killed), its time, what it said."""

    code: int
    cpu_s: float
    told: str


class Forks:
    """Runs the command in processes forked from one that has loaded the program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "crash" / "forking.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )

    def close(self) -> None:
        """End the server; what it runs ends by itself."""
        self._server.communicate()

    def run(
        self,
        *arguments: object,
        kill_after_s: float | None = None,
        **environment: object,
    ) -> Ended:
        """Run a command; kill it once it has used so much processor time.

        Processor time, since other work on the machine stretches the clock.
        """
        told = self.folder / "told.txt"
        self._send(
            {
                "arguments": [str(argument) for argument in arguments],
                "environment": {name: str(value) for name, value in environment.items()},
                "told": str(told),
            }
        )
        pid = int(self._receive()["pid"])
        if kill_after_s is not None:
            _kill_after(pid, kill_after_s)
        ended = self._receive()
        return Ended(ended["code"], ended["cpu_s"], told.read_text(encoding="utf-8"))

    def _send(self, content: Mapping[str, object]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(content) + "\n")
        self._server.stdin.flush()

    def _receive(self) -> Any:
        assert self._server.stdout is not None
        return json.loads(self._server.stdout.readline())


def _kill_after(pid: int, cpu_s: float) -> None:
    """Kill a process once it has used so much processor time, if it lives so long."""
    clock = (~pid << 3) | 2  # Linux's name of the processor clock of another process
    until = time.monotonic() + HANG_S
    while time.monotonic() < until:
        try:
            used_s = time.clock_gettime(clock)
        except OSError:
            return  # it has ended, and was waited for
        if used_s >= cpu_s:
            break
        time.sleep(min(0.01, max(0.0005, (cpu_s - used_s) / 2)))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Start the command in processes quickly."""
    if not sys.platform.startswith("linux"):
        pytest.skip("needs fork and the processor clocks of Linux")
    server = Forks(tmp_path_factory.mktemp("forks"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def coarse_demo(demo_project: Path, session_folder: Path) -> Path:
    """Folder of the synthetic province on a coarse grid: a run takes a second."""

    def build(folder: Path) -> None:
        shutil.copytree(demo_project.parent, folder, ignore=shutil.ignore_patterns("outputs"))
        toml = folder / "project.toml"
        text = toml.read_text(encoding="utf-8")
        fine = "resolution_m = 90\n"
        assert fine in text
        toml.write_text(text.replace(fine, f"resolution_m = {RESOLUTION_M}\n"), encoding="utf-8")

    return built_once(session_folder / "coarse-demo", build)


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a folder of outputs, but for how long things took."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != "timings.json"
    }


def left_over(folder: Path) -> list[str]:
    """Return what an interrupted run may leave in or beside the outputs, and no other."""
    return sorted(
        str(path.relative_to(folder)) for mark in UNDER_WAY for path in folder.rglob(mark)
    )


__all__ = ["Ended", "Forks", "digests", "left_over"]
