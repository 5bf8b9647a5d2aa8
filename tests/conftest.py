"""What several test folders share: the reference data, a browser, a demo project, a cache.

With pytest-xdist every worker is a process of its own; what is costly is made once per session and
lies in the folder that the workers share.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).resolve().parents[1]
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LONGEST_BUILD_S: Final = 900.0

# A first call compiles, so a single example may take seconds; the build server draws the same
# examples every time.
settings.register_profile(
    "phusong", deadline=None, derandomize=os.environ.get("CI") == "true", print_blob=True
)
settings.load_profile("phusong")


def shared_folder() -> Path:
    """Return where the reference data should lie, whether they are there or not."""
    return Path(os.environ.get("PHUSONG_SHARED") or ROOT.parent / "shared").resolve()


def browser_path() -> Path | None:
    """Return the installed Chromium, or None."""
    named = os.environ.get("PHUSONG_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _BROWSERS)), None)
    return Path(found) if found else None


def set_aside(reason: str, *, must_run: bool) -> None:
    """Skip the test, or fail it where the surroundings promise that it can run."""
    if must_run:
        pytest.fail(reason)
    pytest.skip(reason)


def built_once(folder: Path, build: Callable[[Path], object]) -> Path:
    """Return `folder`, filled by `build` in whichever process comes first; the others wait."""
    turn, done = folder.with_name(f"{folder.name}.turn"), folder.with_name(f"{folder.name}.done")
    try:
        turn.mkdir(parents=True)
    except FileExistsError:
        _wait_for(done)
    else:
        error = ""
        try:
            build(folder)
        except BaseException as problem:
            error = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            partial = done.with_suffix(".partial")
            partial.write_text(error, encoding="utf-8")
            partial.replace(done)
    if error := done.read_text(encoding="utf-8"):
        pytest.fail(f"{folder.name} could not be built in another process: {error}")
    return folder


def _wait_for(done: Path) -> None:
    latest = time.monotonic() + _LONGEST_BUILD_S
    while not done.exists():
        if time.monotonic() > latest:
            pytest.fail(f"waited {_LONGEST_BUILD_S:.0f} s for {done.stem} of another process")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(session_folder: Path) -> Iterator[None]:
    """Keep the user's own folders out of the tests, and let started processes find the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHUSONG_CACHE", str(session_folder / "cache"))
        patch.setenv("PHUSONG_PROJECTS", str(session_folder / "projects"))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYTHONUTF8", "1")
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the reference data, `shared / "data" / …`.

    It is the one named by PHUSONG_SHARED, else `shared` beside the project. Where it is missing the
    test is skipped, or fails under PHUSONG_REQUIRE_SHARED=1.
    """
    folder = shared_folder()
    if not (folder / "data").is_dir():
        set_aside(
            f"the reference data are not at {folder} (set PHUSONG_SHARED)",
            must_run=os.environ.get("PHUSONG_REQUIRE_SHARED") == "1",
        )
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of an installed Chromium; without one the test is skipped, or fails under CI=true."""
    path = browser_path()
    if path is None or not path.is_file():
        set_aside(
            "no Chromium on PATH (install chromium, or set PHUSONG_CHROMIUM)",
            must_run=os.environ.get("CI") == "true",
        )
    assert path is not None
    return path


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - few tests need it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_project(session_folder: Path) -> Path:
    """`project.toml` of the synthetic province of seed 1; copy its folder before changing it."""

    def build(folder: Path) -> None:
        from coverage.demo import write_demo  # noqa: PLC0415 - other tests must not pay for it

        write_demo(folder, seed=1)

    return built_once(session_folder / "demo", build) / "project.toml"


@pytest.fixture(scope="session")
def demo_plan(demo_project: Path, session_folder: Path) -> Path:
    """Output folder of a plan for the synthetic province; copy it before changing it."""

    def build(folder: Path) -> None:
        from coverage.pipeline import plan_project  # noqa: PLC0415 - as above

        shutil.copytree(demo_project.parent, folder)
        plan_project(folder, budget="40000000000")

    return built_once(session_folder / "demo_plan", build) / "outputs"
