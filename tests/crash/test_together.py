"""Several processes on one folder at once: each ends with a whole result or says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from coverage.errors import CoverageError
from coverage.io import placing, writers
from coverage.io.files import sha256_of
from coverage.locks import Lock
from coverage.text import Text
from tests.crash.conftest import Forks, digests, left_over

ROUNDS: Final = 40


def test_two_runs_on_one_folder_both_end_whole(coarse_demo: Path, tmp_path: Path) -> None:
    """With one empty cache, so that they compute and keep the same pieces at the same time."""
    out = tmp_path / "out" / "outputs"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "coverage", "run", coarse_demo, "--out", out, "--quiet"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PHUSONG_CACHE": str(tmp_path / "cache")},
        )
        for _ in range(2)
    ]
    for process in running:
        _, told = process.communicate(timeout=300)
        assert (process.returncode, told) == (0, "")
    listing = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    found = digests(out)
    assert found.keys() == {*listing, "manifest.json"}
    assert {name: found[name] for name in listing} == listing
    assert left_over(tmp_path / "out") == []


def test_many_processes_that_write_one_folder_never_mix(tmp_path: Path) -> None:
    """A reader that finds the same manifest before and after its look has seen one whole result."""
    folder = tmp_path / "outputs"
    servers = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        servers.append((name, Forks(tmp_path / name)))
    codes: list[int] = []

    def write(name: str, server: Forks) -> None:
        for number in range(ROUNDS):
            files = {f"{name}.csv": f"{name}{number}", "shared.csv": f"{name}{number}"}
            codes.append(server.run("put", folder, json.dumps(files), -1).code)

    threads = [threading.Thread(target=write, args=one) for one in servers]
    for thread in threads:
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in threads):
        seen += looked_at(folder)
    for thread, (_, server) in zip(threads, servers, strict=True):
        thread.join()
        server.close()
    assert codes == [0] * (2 * ROUNDS)
    assert seen > 0
    assert looked_at(folder) == 1
    left = sorted(path.name for path in folder.iterdir())
    assert left in (
        ["a.csv", "manifest.json", "shared.csv"],
        ["b.csv", "manifest.json", "shared.csv"],
    )
    assert left_over(tmp_path) == []


def looked_at(folder: Path) -> int:
    """Return 1 where a whole result could be read, 0 where one was being written."""
    try:
        before = (folder / "manifest.json").read_bytes()
        listing = json.loads(before)["outputs"]
        found = {name: sha256_of(folder / name) for name in listing}
        if (folder / "manifest.json").read_bytes() != before:
            return 0
    except FileNotFoundError:
        return 0
    assert found == listing
    return 1


def put(folder: Path, names: Sequence[str]) -> None:
    with writers.whole_folder(folder, Text("kết quả", "outputs")) as desk:
        for name in names:
            (desk / name).write_text("new", encoding="utf-8")
        writers.write_json(desk / "manifest.json", {"outputs": {}})


def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "PATIENCE_S", 0.2)
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "a.csv").write_text("old", encoding="utf-8")
    other = Lock(folder / ".phusong.turn")
    assert other.take()
    with pytest.raises(CoverageError, match="another command has been writing") as caught:
        put(folder, ["a.csv"])
    assert "một lệnh khác đang ghi" in caught.value.message("vi")
    assert (folder / "a.csv").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outputs"]
    other.remove()
    put(folder, ["a.csv"])
    assert (folder / "a.csv").read_text(encoding="utf-8") == "new"


def test_the_workshop_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    with placing.workshop(tmp_path) as first:
        (first / "a.csv").write_text("1", encoding="utf-8")
        with placing.workshop(tmp_path) as second:
            assert first != second
            assert (first / "a.csv").exists()
        assert (first / "a.csv").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_workshop_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / ".phusong-mine" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    with placing.workshop(tmp_path):
        pass
    assert mine.read_text(encoding="utf-8") == "mine"
