"""A run killed at any moment: nothing half-written, and the next run ends as if nothing had been.

The processes are real and so is SIGKILL. The points lie evenly over the processor time of a run
with an empty cache, each at random within its fiftieth; the order of writing is tried step by step.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Final

import pytest

from coverage.io.files import sha256_of
from tests.conftest import built_once
from tests.crash.conftest import Ended, Forks, digests, left_over

POINTS: Final = 50
GROUPS: Final = 10
SEED: Final = 20_260_701
KILLED: Final = -9


def run(forks: Forks, project: Path, place: Path, **options: float | None) -> Ended:
    """Run the project into `outputs` of a place, with the cache of that place."""
    return forks.run(
        *("run", project, "--out", place / "work" / "outputs", "--quiet", "--workers", 2),
        PHUSONG_CACHE=place / "cache",
        **options,
    )


@pytest.fixture(scope="module")
def undisturbed(forks: Forks, coarse_demo: Path, session_folder: Path) -> Path:
    """Run once undisturbed: outputs and cache, and how long it took."""

    def build(place: Path) -> None:
        ended = run(forks, coarse_demo, place)
        assert ended.code == 0, ended.told
        (place / "cpu_s").write_text(str(ended.cpu_s), encoding="utf-8")

    return built_once(session_folder / "undisturbed", build)


def earlier_outputs(undisturbed: Path, place: Path) -> Path:
    """Put the outputs of an earlier run of other content, one file of which is no longer made."""
    folder = place / "work" / "outputs"
    shutil.copytree(undisturbed / "work" / "outputs", folder)
    (folder / "villages.csv").write_text("earlier", encoding="utf-8")
    (folder / "plan_actions.csv").write_text("earlier", encoding="utf-8")
    listing = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("villages.csv", "plan_actions.csv"):
        listing["outputs"][name] = sha256_of(folder / name)
    (folder / "manifest.json").write_text(json.dumps(listing), encoding="utf-8")
    return folder


def assert_nothing_half_written(folder: Path, *known: dict[str, str]) -> None:
    """Every file is one that a whole run wrote; a manifest has all its files beside it."""
    if not folder.exists():
        return
    found = digests(folder)
    for name, digest in found.items():
        if name not in left_over(folder):
            assert digest in {files.get(name) for files in known}, name
    if "manifest.json" in found:
        listing = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"]
        assert {name: found[name] for name in listing} == listing


def entries(place: Path) -> dict[str, int]:
    """Return the finished pieces, with the number that the disk gives a file when it is written."""
    return {path.name: path.stat().st_ino for path in (place / "cache").rglob("*.npz")}


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_killed_run_is_taken_up_and_ends_with_the_same_bytes(
    forks: Forks, coarse_demo: Path, undisturbed: Path, tmp_path: Path, group: int
) -> None:
    whole_s = float((undisturbed / "cpu_s").read_text(encoding="utf-8"))
    expected = digests(undisturbed / "work" / "outputs")
    for point in range(group, POINTS, GROUPS):
        share = (point + random.Random(SEED + point).random()) / POINTS  # noqa: S311 - a draw
        place = tmp_path / f"{point}"
        code = 0
        while code != KILLED:  # one that was quicker than the measured one is killed earlier
            shutil.rmtree(place, ignore_errors=True)
            outputs = place / "work" / "outputs"
            known = [expected]
            if point % 2:
                known.append(digests(earlier_outputs(undisturbed, place)))
            code = run(forks, coarse_demo, place, kill_after_s=share * whole_s).code
            share *= 0.95
        assert_nothing_half_written(outputs, *known)
        finished = entries(place)
        ended = run(forks, coarse_demo, place)
        assert ended.code == 0, ended.told
        assert digests(outputs) == expected
        assert left_over(place / "work") == []
        assert finished.items() <= entries(place).items()  # none was computed and written again
        assert entries(place).keys() == entries(undisturbed).keys()


EARLIER: Final = {"villages.csv": "1", "plan_actions.csv": "2", "report.xlsx": "3"}
LATER: Final = {"villages.csv": "4", "map.html": "5"}
MOST_STEPS: Final = 100


def put(forks: Forks, folder: Path, files: dict[str, str], step: int = -1) -> int:
    """Put files with a manifest into a folder as a run does; killed before a step."""
    return forks.run("put", folder, json.dumps(files), step).code


def texts(folder: Path) -> dict[str, str]:
    """Return what stands in the files of a folder, the manifest left out."""
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in folder.iterdir()
        if path.name != "manifest.json"
    }


@pytest.mark.parametrize("is_chain", [False, True])
def test_killed_before_any_step_of_writing(forks: Forks, tmp_path: Path, *, is_chain: bool) -> None:
    """Every step of a few quick ones, which points in time miss; each anew, or one upon another."""
    folder = tmp_path / "outputs"
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    code, step, states = KILLED, 0, set()
    while code == KILLED:
        step += 1
        assert step < MOST_STEPS
        if not is_chain:
            shutil.rmtree(folder, ignore_errors=True)
        if not is_chain or step == 1:
            assert put(forks, folder, EARLIER) == 0
        code = put(forks, folder, LATER, step)
        found = texts(folder)
        for name, text in found.items():
            if not name.startswith("."):
                assert text in {EARLIER.get(name), LATER.get(name)}
        if (folder / "manifest.json").exists():
            listing = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"]
            assert listing.keys() in (EARLIER.keys(), LATER.keys())
            assert {name: sha256_of(folder / name) for name in listing} == listing
            states.add(tuple(listing))
        else:
            states.add(())
        if not is_chain:
            assert put(forks, folder, LATER) == 0
            assert texts(folder) == LATER
            assert left_over(tmp_path) == []
    assert code == 0
    assert len(states) == 3  # the earlier files, none, the later ones
    assert texts(folder) == LATER
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "outputs"]
