"""A Dask cluster of real processes on loopback, started and ended by the tests that use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_LONGEST_START_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Loopback:
    """A scheduler's address, and the folder in which its workers keep path loss."""

    address: str
    store: Path


@contextmanager
def loopback(folder: Path, *, workers: int, nanny: bool = True) -> Iterator[Loopback]:
    """Give a cluster of `workers` processes; a nanny starts those anew that die."""
    folder.mkdir(parents=True, exist_ok=True)
    told, store = folder / "scheduler.json", folder / "store"
    environment = os.environ | {"PHUSONG_CACHE": str(store)}
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(told)]
        with (folder / f"{words[0]}-{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
            )

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        address = _address(told)
        options = ["--nthreads", "1", "--memory-limit", "2GiB", "--preload", "coverage"]
        options += ["--no-dashboard", "--local-directory", str(folder / "spill")]
        for _ in range(workers):
            start("worker", *options, "--nanny" if nanny else "--no-nanny")
        yield Loopback(address, store)
    finally:
        for process in started:
            family = psutil.Process(process.pid)
            for member in [*family.children(recursive=True), family]:
                member.kill()
            process.wait()


def _address(told: Path) -> str:
    latest = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < latest:
        try:
            return str(json.loads(told.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError):
            time.sleep(0.2)
    message = "the scheduler did not start"
    raise RuntimeError(message)
