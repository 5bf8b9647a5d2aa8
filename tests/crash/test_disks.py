"""Disks that are full or may not be written, and cache entries that are damaged.

A small disk is a tmpfs of its own, mounted for the test; where that is not allowed the test is
skipped and says so.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from coverage import pipeline
from coverage.io.store import Arrays, Store
from tests.conftest import built_once
from tests.crash.conftest import Ended, Forks, digests, left_over

Disk = Callable[[int], Path]
FULL: Final = re.compile(r"No space left on device|[\d.,]+ MiB free")
READ_ONLY: Final = "Read-only file system"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk of so many bytes."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        place = tmp_path / f"disk {len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no `mount` here for a small disk")
        if done.returncode != 0:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_read_only(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


@pytest.fixture(scope="module")
def known(forks: Forks, coarse_demo: Path, session_folder: Path) -> Path:
    """Run once with room enough: outputs and cache."""

    def build(place: Path) -> None:
        ended = run(forks, coarse_demo, place / "outputs", place / "cache")
        assert ended.code == 0, ended.told

    return built_once(session_folder / "with-room", build)


def run(forks: Forks, project: Path, out: Path, cache: Path, language: str = "en") -> Ended:
    arguments = ("run", project, "--out", out, "--quiet", "--lang", language)
    return forks.run(*arguments, PHUSONG_CACHE=cache)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.95])
def test_a_full_disk_is_told_and_leaves_nothing(
    forks: Forks, coarse_demo: Path, known: Path, disk: Disk, share: float
) -> None:
    """By hand: the disk's own pages come on top, so even 0.95 of the bytes is too little."""
    place = disk(max(8_192, int(share * size_of(known / "outputs"))))
    ended = run(forks, coarse_demo, place / "out", known / "cache")
    assert ended.code == 2, ended.told
    assert FULL.search(ended.told), ended.told
    assert "The outputs cannot be written to" in ended.told
    assert list(place.iterdir()) == []


def test_a_full_disk_leaves_the_earlier_outputs_whole(
    forks: Forks, coarse_demo: Path, known: Path, disk: Disk
) -> None:
    place = disk(int(1.5 * size_of(known / "outputs")) + 262_144)
    shutil.copytree(known / "outputs", place / "out")
    before = digests(place / "out")
    ended = run(forks, coarse_demo, place / "out", known / "cache", "vi")
    assert ended.code == 2, ended.told
    assert "Không ghi được kết quả vào" in ended.told
    assert digests(place / "out") == before
    assert [path.name for path in place.iterdir()] == ["out"]


def test_a_full_cache_costs_time_only(
    forks: Forks, coarse_demo: Path, known: Path, disk: Disk, tmp_path: Path
) -> None:
    place = disk(size_of(known / "cache") // 3)
    ended = run(forks, coarse_demo, tmp_path / "outputs", place / "cache")
    assert ended.code == 0, ended.told
    assert "not kept in the cache" in ended.told
    assert digests(tmp_path / "outputs") == digests(known / "outputs")
    assert list(place.rglob("*.partial")) == []


def test_a_folder_that_may_not_be_written_is_told(
    forks: Forks, coarse_demo: Path, known: Path, disk: Disk
) -> None:
    place = disk(size_of(known / "outputs") * 4)
    shutil.copytree(known / "outputs", place / "out")
    make_read_only(place)
    ended = run(forks, coarse_demo, place / "out", known / "cache")
    assert (ended.code, "The outputs cannot be written to" in ended.told) == (2, True), ended.told
    assert READ_ONLY in ended.told
    assert digests(place / "out") == digests(known / "outputs")


@pytest.mark.parametrize("is_filled", [False, True])
def test_a_cache_that_may_not_be_written_is_read(
    forks: Forks, coarse_demo: Path, known: Path, disk: Disk, tmp_path: Path, *, is_filled: bool
) -> None:
    place = disk(size_of(known / "cache") * 4)
    if is_filled:
        shutil.copytree(known / "cache", place / "cache")
    make_read_only(place)
    ended = run(forks, coarse_demo, tmp_path / "outputs", place / "cache")
    assert ended.code == 0, ended.told
    assert "damaged" not in ended.told
    assert digests(tmp_path / "outputs") == digests(known / "outputs")


def test_damaged_entries_of_the_cache_are_computed_anew(
    forks: Forks, coarse_demo: Path, known: Path, tmp_path: Path
) -> None:
    """Cut short, emptied, overwritten, changed in the middle: the largest, the prediction, too."""
    shutil.copytree(known / "cache", tmp_path / "cache")
    entries = sorted((tmp_path / "cache").rglob("*.npz"), key=lambda p: (-p.stat().st_size, p.name))
    whole = [path.read_bytes() for path in entries[:4]]
    assert len(whole) == 4
    entries[0].write_bytes(whole[0][: len(whole[0]) // 2])
    entries[1].write_bytes(b"")
    entries[2].write_bytes(bytes(len(whole[2])))
    middle = len(whole[3]) // 2
    changed = bytes([whole[3][middle] ^ 0xFF])
    entries[3].write_bytes(whole[3][:middle] + changed + whole[3][middle + 1 :])
    ended = run(forks, coarse_demo, tmp_path / "outputs", tmp_path / "cache")
    assert ended.code == 0, ended.told
    assert ended.told.count("is damaged and left out") == 4
    assert digests(tmp_path / "outputs") == digests(known / "outputs")
    assert [path.read_bytes() for path in entries[:4]] == whole


def test_no_changed_byte_of_an_entry_gives_another_result(tmp_path: Path) -> None:
    store, key = Store(tmp_path), {"a": 1}
    arrays: Arrays = {"signal|4G|a": np.arange(6, dtype=np.float32), "server|4G|a": np.arange(3)}
    store.put(key, arrays)
    entry = next((tmp_path / "results").glob("*.npz"))
    whole = entry.read_bytes()
    draw = random.Random(9)  # noqa: S311 - a draw
    for at in range(len(whole)):
        for flip in (1 << draw.randrange(8), draw.randrange(1, 256)):
            entry.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            found = store.get(key)
            if found is not None:
                assert found.keys() == arrays.keys(), at
                for name, array in arrays.items():
                    np.testing.assert_array_equal(found[name], array, strict=True)


def test_no_entry_cut_short_gives_a_result(tmp_path: Path) -> None:
    store, key = Store(tmp_path), {"a": 1}
    store.put(key, {"loss": np.arange(40)})
    entry = next((tmp_path / "results").glob("*.npz"))
    whole = entry.read_bytes()
    for length in range(len(whole)):
        entry.write_bytes(whole[:length])
        assert store.get(key) is None


@pytest.mark.parametrize("year", [1990, 2040])
def test_a_clock_that_was_set_changes_nothing(
    forks: Forks, coarse_demo: Path, known: Path, tmp_path: Path, year: int
) -> None:
    """Files of the future are what a clock that went backwards leaves; the result is by content."""
    for name in ("cache", "outputs"):
        shutil.copytree(known / name, tmp_path / name)
    project = shutil.copytree(coarse_demo, tmp_path / "project")
    moment = time.mktime((year, 1, 1, 0, 0, 0, 0, 1, 0))
    for path in tmp_path.rglob("*"):
        os.utime(path, (moment, moment))
    kept = {path: path.stat().st_ino for path in (tmp_path / "cache").rglob("*.npz")}
    ended = run(forks, project, tmp_path / "outputs", tmp_path / "cache")
    assert ended.code == 0, ended.told
    assert digests(tmp_path / "outputs") == digests(known / "outputs")
    assert {path: path.stat().st_ino for path in kept} == kept  # nothing was computed again


def test_a_clock_that_goes_backwards_in_the_middle_of_a_run(
    coarse_demo: Path, known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()

    def backwards() -> float:
        nonlocal now
        now -= 3_600.0
        return now

    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(time, "time", backwards)
    pipeline.run_project(coarse_demo, tmp_path / "outputs")
    assert digests(tmp_path / "outputs") == digests(known / "outputs")
    assert left_over(tmp_path) == []


def test_the_store_holds_its_limit_whatever_the_clock_says(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=20_000)
    for number in range(6):
        store.put({"n": number}, {"x": np.zeros(1_000)})
        for path in (tmp_path / "results").glob("*.npz"):
            os.utime(path, (4e9 - number, 4e9 - number))
    assert size_of(tmp_path) <= 20_000
