"""A folder holds what its manifest names: earlier outputs go, what people made stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.text import Text


def put(folder: Path, **files: str) -> None:
    """Write tables and their manifest as a run does."""
    with writers.whole_folder(folder, Text("kết quả", "outputs")) as desk:
        for name, text in files.items():
            (desk / f"{name}.csv").write_text(text, encoding="utf-8")
        named = {path.name: sha256_of(path) for path in desk.iterdir()}
        writers.write_json(desk / "manifest.json", {"outputs": named})


def test_what_an_earlier_manifest_names_goes_unless_it_was_changed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    put(folder, villages="1", plan_actions="2", plan_curve="3")
    (folder / "plan_curve.csv").write_text("changed by hand", encoding="utf-8")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    put(folder, villages="4")
    assert {path.name for path in folder.iterdir()} == {
        *("villages.csv", "plan_curve.csv", "notes.txt", "manifest.json")
    }
    assert (folder / "villages.csv").read_text(encoding="utf-8") == "4"


@pytest.mark.parametrize("broken", ["{", "[]", '{"outputs": 7}', '{"outputs": ["a"]}', "\x00"])
def test_a_broken_manifest_removes_nothing(tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "out"
    put(folder, villages="1", plan_actions="2")
    (folder / "manifest.json").write_text(broken, encoding="utf-8")
    put(folder, villages="3")
    assert (folder / "plan_actions.csv").exists()


def test_a_manifest_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.csv", tmp_path / "out"
    outside.write_text("mine", encoding="utf-8")
    put(folder, villages="1")
    writers.write_json(
        folder / "manifest.json", {"outputs": {"../outside.csv": sha256_of(outside)}}
    )
    put(folder, villages="2")
    assert outside.read_text(encoding="utf-8") == "mine"
