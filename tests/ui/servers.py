"""The app as a process of its own on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
_START_S: Final = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(
    *arguments: str, port: int = 0, surroundings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Start `phusong app` with arguments for the time of a block; yields its address."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "coverage", "app", "--port", str(port), *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | dict(surroundings or {}),
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, process)
        yield url
    finally:
        ended(process)


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, with the server that it started."""
    if os.name == "posix":
        os.killpg(process.pid, 15)
    else:
        process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    latest = time.monotonic() + _START_S
    while time.monotonic() < latest:
        if process.poll() is not None:
            pytest.fail(f"the app ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the app did not answer within {_START_S:.0f} s")
