"""The app in real browsers: a server process, Chromium, and what a person does on the map page."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parents[1]
MAP: Final = ".app-map > div"
DRAWN: Final = f"{MAP}[data-version]"
LONG_MS: Final = 300_000
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_START_S: Final = 180.0


@dataclass
class Server:
    """A server process with all it started, watched while it runs."""

    url: str
    process: psutil.Process
    peak_mib: float = 0.0
    cpu_s: float = 0.0
    _dead_cpu_s: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Note memory (resident; pages that processes share count for each) and CPU time."""
        resident = 0
        for member in self.family():
            try:
                with member.oneshot():
                    resident += member.memory_info().rss
                    times = member.cpu_times()
                    self._dead_cpu_s[member.pid] = times.user + times.system
            except psutil.Error:
                continue
        self.peak_mib = max(self.peak_mib, resident / 2**20)
        self.cpu_s = sum(self._dead_cpu_s.values())

    def family(self) -> list[psutil.Process]:
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@contextmanager
def served(
    arguments: Sequence[str], *, port: int, surroundings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server for the time of a block; its memory is looked at twice a second."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    child = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path} | dict(surroundings or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(f"http://127.0.0.1:{port}", psutil.Process(child.pid))
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            server.look()

    threading.Thread(target=watch, daemon=True).start()
    try:
        _wait_until_healthy(server.url, child)
        yield server
    finally:
        server.look()
        over.set()
        family = server.family()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.terminate()
        _, left = psutil.wait_procs(family, timeout=15)
        for member in left:
            member.kill()
        child.wait(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Drive the installed Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the tests' environment

    path = os.environ.get("PHUSONG_CHROMIUM") or next(
        filter(None, map(shutil.which, _BROWSERS)), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(page: Page, expression: str) -> Any:
    """Evaluate an expression of `view`, the map."""
    return page.locator(MAP).evaluate(f"box => {{ const view = box.view; return {expression}; }}")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def settled(page: Page) -> None:
    """Wait until the browser has painted what it has."""
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def _wait_until_healthy(url: str, child: subprocess.Popen[bytes]) -> None:
    latest = time.monotonic() + _START_S
    while time.monotonic() < latest:
        if child.poll() is not None:
            message = f"the server ended with {child.returncode}"
            raise RuntimeError(message)
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    message = f"no answer from {url} within {_START_S:.0f} s"
    raise RuntimeError(message)
