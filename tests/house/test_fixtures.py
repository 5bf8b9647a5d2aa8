"""The shared fixtures skip, fail and build as they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import built_once

ROOT: Final = Path(__file__).resolve().parents[2]
ASKING: Final = """
def test_data(shared):
    assert (shared / "data").is_dir()

def test_browser(chromium):
    assert chromium.is_file()
"""
WORKERS: Final = """
import pytest
from pathlib import Path
from tests.conftest import built_once

def build(folder):
    folder.mkdir()
    with (folder / "log").open("a") as log:
        log.write("built\\n")

@pytest.mark.parametrize("n", range(8))
def test_it(n, session_folder):
    assert built_once(session_folder / "thing", build).joinpath("log").read_text() == "built\\n"
"""


def outcome(tmp_path: Path, source: str, *options: str, **setting: str) -> str:
    """Run a test file of its own under the project's conftest and return what pytest prints."""
    file = tmp_path / "test_asking.py"
    file.write_text(source, encoding="utf-8")
    known = {"PHUSONG_SHARED", "PHUSONG_REQUIRE_SHARED", "PHUSONG_CHROMIUM", "CI"}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    surroundings = {k: v for k, v in inherited.items() if k not in known} | setting
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml"), *options, str(file)],
        cwd=ROOT,
        env=surroundings | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    return done.stdout + done.stderr


def test_what_is_missing_is_skipped_with_a_reason(tmp_path: Path) -> None:
    said = outcome(tmp_path, ASKING, PHUSONG_SHARED=str(tmp_path), PATH="", PHUSONG_CHROMIUM="/no")
    assert "2 skipped" in said, said
    assert f"the reference data are not at {tmp_path}" in said
    assert "no Chromium" in said


def test_what_is_promised_and_missing_fails(tmp_path: Path) -> None:
    promise = {"PHUSONG_REQUIRE_SHARED": "1", "CI": "true"}
    said = outcome(
        tmp_path, ASKING, PHUSONG_SHARED=str(tmp_path), PHUSONG_CHROMIUM="/no", **promise
    )
    assert "2 errors" in said, said
    assert "SKIPPED" not in said


def test_what_is_there_is_used(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    browser = tmp_path / "chromium"
    browser.touch()
    said = outcome(
        tmp_path, ASKING, PHUSONG_SHARED=str(tmp_path), PHUSONG_CHROMIUM=str(browser), CI="true"
    )
    assert "2 passed" in said, said


def test_workers_build_once_between_them(tmp_path: Path) -> None:
    said = outcome(tmp_path, WORKERS, "-n", "2")
    assert "8 passed" in said, said


def test_a_build_that_fails_fails_for_all(tmp_path: Path) -> None:
    def broken(_folder: Path) -> None:
        raise RuntimeError("no province today")

    with pytest.raises(RuntimeError, match="no province"):
        built_once(tmp_path / "thing", broken)
    with pytest.raises(pytest.fail.Exception, match="RuntimeError: no province today"):
        built_once(tmp_path / "thing", broken)


def test_started_processes_keep_to_the_cache_of_the_session() -> None:
    cache = Path(os.environ["PHUSONG_CACHE"])
    assert "pytest" in str(cache)
    assert os.environ["PYTHONPATH"] == str(ROOT)
