"""Reading in a child process: results, errors, and an end to what takes too much."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from coverage import confined as module
from coverage.confined import confined
from coverage.errors import CrsError, InputDataError
from coverage.text import Text
from coverage.validation import SettingsError, setting_problem


def doubled(path: Path, *, number: int) -> tuple[str, int, int]:
    return path.name, 2 * number, os.getpid()


def refused(path: Path) -> None:
    raise CrsError.about(path.name, "missing_crs", Text("thiếu", "missing"), Text("thêm", "add"))


def misstated(path: Path) -> None:
    raise SettingsError([setting_problem(path.name, "k", 1, Text("sai", "wrong"), rule="r")])


def hungry(_path: Path) -> int:
    kept = [bytes(64 * 2**20) for _ in range(1000)]
    return len(kept)


def endless(_path: Path) -> None:
    while True:
        time.sleep(0.01)


def dying(_path: Path) -> None:
    os._exit(9)


def test_the_result_comes_from_another_process() -> None:
    name, number, pid = confined(doubled, Path("a/b.csv"), number=21)
    assert (name, number) == ("b.csv", 42)
    assert pid != os.getpid()


def test_problems_come_back_as_they_were() -> None:
    with pytest.raises(CrsError) as caught:
        confined(refused, Path("a.csv"))
    assert [problem.rule for problem in caught.value.problems] == ["missing_crs"]
    with pytest.raises(SettingsError, match="wrong"):
        confined(misstated, Path("a.toml"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS bounds memory on Linux")
def test_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY_MIB", 256)
    with pytest.raises(InputDataError, match="256 MiB"):
        confined(hungry, Path("a.csv"))


def test_too_much_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIME_S", 1.0)
    with pytest.raises(InputDataError, match="1 seconds"):
        confined(endless, Path("a.csv"))


def test_a_reader_that_dies_is_told() -> None:
    with pytest.raises(InputDataError, match="died"):
        confined(dying, Path("a.csv"))
