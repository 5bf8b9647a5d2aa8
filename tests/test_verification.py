"""A finished run against its manifest: what is intact, what changed, what is not checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from coverage.cli import main
from coverage.comparison.verification import Verification, verify
from coverage.errors import InputDataError
from coverage.pipeline import run_project


@pytest.fixture(scope="module")
def finished(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified") / "demo"
    shutil.copytree(demo_project.parent, folder)
    run_project(folder)
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    shutil.copytree(finished, folder)
    return folder


def differing(found: Verification) -> dict[str, str]:
    return {f.name: f.state for f in found.findings if f.state != "same"}


def test_a_fresh_run_is_intact_and_current(project: Path) -> None:
    found = verify(project / "outputs")
    assert found.is_intact
    assert found.is_current
    assert differing(found) == {}
    parts = {f.part for f in found.findings}
    assert parts == {"output", "input", "setting", "version"}


def test_a_changed_a_lost_and_a_new_output_are_told(project: Path) -> None:
    out = project / "outputs"
    with (out / "villages.csv").open("ab") as stream:
        stream.write(b"x")
    (out / "communes.csv").unlink()
    (out / "mine.txt").write_text("x", encoding="utf-8")
    found = verify(out)
    assert differing(found) == {
        "villages.csv": "changed",
        "communes.csv": "missing",
        "mine.txt": "added",
    }
    assert not found.is_intact


def test_a_new_file_alone_leaves_a_run_intact(project: Path) -> None:
    (project / "outputs" / "mine.txt").write_text("x", encoding="utf-8")
    assert verify(project / "outputs").is_intact


def test_a_changed_input_and_setting_are_told(project: Path) -> None:
    with (project / "villages.csv").open("ab") as stream:
        stream.write(b"\r\n")
    toml = project / "project.toml"
    text = toml.read_text(encoding="utf-8")
    assert "[scenario" not in text
    toml.write_text(text + "\n[scenario.planning]\nseed = 2\n", encoding="utf-8")
    found = verify(project / "outputs")
    assert found.is_intact
    assert not found.is_current
    names = differing(found)
    assert names["villages: villages.csv"] == "changed"
    assert names["scenario.planning.seed"] == "changed"


def test_a_project_that_cannot_be_read_is_refused(project: Path) -> None:
    with (project / "project.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[scenario.planning]\nseeds = 2\n")
    with pytest.raises(InputDataError, match="seeds"):
        verify(project / "outputs")


def test_an_input_that_is_gone_and_one_that_came_are_told(project: Path) -> None:
    toml = project / "project.toml"
    text = toml.read_text(encoding="utf-8")
    (project / "stations.csv").rename(project / "masts.csv")
    toml.write_text(text.replace("stations.csv", "masts.csv"), encoding="utf-8")
    names = differing(verify(project / "outputs"))
    assert names["stations: stations.csv"] == "missing"
    assert names["stations: masts.csv"] == "added"


def test_without_a_project_the_inputs_are_unchecked(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "moved"
    shutil.copytree(project / "outputs", out)
    found = verify(out)
    assert found.project is None
    assert found.is_intact
    assert not found.is_current
    assert {f.state for f in found.findings if f.part == "input"} == {"unchecked"}
    assert verify(out, project).is_current


def test_a_manifest_does_not_lead_out_of_its_folder(project: Path) -> None:
    path = project / "outputs" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["outputs"] = {"../villages.csv": "0" * 64}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert differing(verify(project / "outputs"))["../villages.csv"] == "missing"


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"manifest\.json"):
        verify(tmp_path)


def test_the_command_tells_by_its_exit_code(project: Path) -> None:
    done = CliRunner().invoke(main, ["verify", str(project / "outputs"), "--lang", "en"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["current"] is True
    assert "intact and belong" in done.stderr
    (project / "outputs" / "villages.csv").unlink()
    done = CliRunner().invoke(main, ["verify", str(project / "outputs")])
    assert done.exit_code == 2
    assert "hãy chạy lại" in done.stderr
