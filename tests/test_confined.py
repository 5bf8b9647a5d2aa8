"""Reading in a child process: results, errors, and an end to what takes too much."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from coverage.confined import Limits, confined
from coverage.errors import CrsError, InputDataError
from coverage.text import Text
from coverage.validation import SettingsError, setting_problem

WIDE = Limits(memory_mib=1024, time_s=60.0)


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


def littering(_path: Path) -> str:
    kept = Path(tempfile.gettempdir())
    (kept / "left.bin").write_bytes(b"left")
    return str(kept)


def littering_and_dying(path: Path) -> None:
    path.write_text(littering(path), encoding="utf-8")
    os._exit(9)


def test_temporary_files_of_the_child_are_removed(tmp_path: Path) -> None:
    folder = Path(confined(WIDE, littering, Path("a.csv")))
    assert folder != Path(tempfile.gettempdir())
    assert not folder.exists()
    told = tmp_path / "where.txt"
    with pytest.raises(InputDataError, match="died"):
        confined(WIDE, littering_and_dying, told)
    assert not Path(told.read_text(encoding="utf-8")).exists()


def test_the_result_comes_from_another_process() -> None:
    name, number, pid = confined(WIDE, doubled, Path("a/b.csv"), number=21)
    assert (name, number) == ("b.csv", 42)
    assert pid != os.getpid()


def test_problems_come_back_as_they_were() -> None:
    with pytest.raises(CrsError) as caught:
        confined(WIDE, refused, Path("a.csv"))
    assert [problem.rule for problem in caught.value.problems] == ["missing_crs"]
    with pytest.raises(SettingsError, match="wrong"):
        confined(WIDE, misstated, Path("a.toml"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS bounds memory on Linux")
def test_too_much_memory_is_refused() -> None:
    with pytest.raises(InputDataError, match="256 MiB"):
        confined(Limits(memory_mib=256, time_s=60.0), hungry, Path("a.csv"))


def test_too_much_time_is_refused() -> None:
    with pytest.raises(InputDataError, match="1 seconds"):
        confined(Limits(memory_mib=1024, time_s=1.0), endless, Path("a.csv"))


def test_a_reader_that_dies_is_told() -> None:
    with pytest.raises(InputDataError, match="died"):
        confined(WIDE, dying, Path("a.csv"))
