"""CPU time and peak memory of a command, by the operating system's own account.

`run` starts this file as a small process between, which starts the command: on Linux a new program
begins with the peak memory of the process that started it, and the benchmarks themselves are large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

IS_POSSIBLE = hasattr(os, "wait4")  # not on Windows
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run of a command took; CPU includes the processes it waited for."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a command to its end, its output thrown away, and return what it took.

    Raises
    ------
    RuntimeError
        Where the command fails, with its last words.
    """
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-S", __file__, report, *command],
            cwd=cwd,
            env=os.environ | dict(environment or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace")[-1000:]
            message = f"{command[0]} ended with {done.returncode}: {last}"
            raise RuntimeError(message)
        return Usage(**json.loads(report.read_text(encoding="utf-8")))


def _main(report: Path, command: Sequence[str]) -> int:
    start = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    told = {
        "wall_s": time.perf_counter() - start,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss * _RSS_UNIT_BYTES / 2**20,
    }
    report.write_text(json.dumps(told), encoding="utf-8")
    return abs(child.returncode)


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2:]))
