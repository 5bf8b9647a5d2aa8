"""Processes as every system has them: started apart, told alive from dead, ended as a family.

A process is known by its number and the time of its start: a number alone is used again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_SAME_S: Final = 2.0
"""Clocks may be set while a process runs; a start time is compared this loosely."""
_GRACE_S: Final = 3.0
_KINDER: Final = 5
_THREADS: Final = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PACKAGE_PARENT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process it is."""

    pid: int
    started: float


def start(arguments: list[str], *, log: Path, threads: int) -> Identity:
    """Start Python with arguments as a process that outlives this one, at a lower priority."""
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(PACKAGE_PARENT), *([known] if known else [])])
    limits = dict.fromkeys(_THREADS, str(threads))
    surroundings = os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"} | limits
    with log.open("wb") as stream:
        child = subprocess.Popen(  # noqa: S603 - our own module, and a folder that we named
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=surroundings,
            cwd=PACKAGE_PARENT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    # Somebody must wait for it, or it stays among the processes as a dead one.
    threading.Thread(target=child.wait, daemon=True).start()
    try:
        process = psutil.Process(child.pid)
        process.nice(_KINDER if os.name == "posix" else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return Identity(child.pid, process.create_time())
    except psutil.Error:
        return Identity(child.pid, 0.0)  # it has ended already


def is_alive(who: Identity) -> bool:
    """Whether this very process runs."""
    return _found(who) is not None


def end(who: Identity) -> None:
    """End a process and all that it started; return when they are gone."""
    process = _found(who)
    if process is None:
        return
    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        _signal(member, kill=False)
    _, left = psutil.wait_procs(family, timeout=_GRACE_S)
    for member in left:
        _signal(member, kill=True)
    psutil.wait_procs(left, timeout=_GRACE_S)


def _found(who: Identity) -> psutil.Process | None:
    try:
        process = psutil.Process(who.pid)
        is_it = abs(process.create_time() - who.started) <= _SAME_S
        return process if is_it and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
