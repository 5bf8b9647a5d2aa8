"""Every notebook runs from its own folder, from a fresh kernel, and shows what it promises."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

NOTEBOOKS: Final = sorted((ROOT / "notebooks").glob("*.ipynb"))

# Made by libraries that start the kernel, not by us.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def executed(path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    monkeypatch.setenv("PHUSONG_PROJECT", str(project))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    return notebook


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, demo_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = executed(path, demo_project, monkeypatch)
    shown = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in shown if o.output_type == "error"]
    assert not [o for o in shown if o.output_type == "stream" and o.name == "stderr"]


@pytest.mark.slow
def test_it_runs_cold_beside_the_data_that_make_run_leaves(
    demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No setting, nothing kept from an earlier run: `data/demo` and `notebooks` side by side."""
    shutil.copytree(demo_project.parent, tmp_path / "data" / "demo")
    (tmp_path / "notebooks").mkdir()
    path = shutil.copy(NOTEBOOKS[0], tmp_path / "notebooks")
    monkeypatch.delenv("PHUSONG_PROJECT", raising=False)
    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path / "notebooks")}}
    ).execute()
    assert "phusong" in notebook.cells[-1].outputs[0].data["text/html"]
    assert any((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_kept_in_the_file(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert not [cell for cell in cells if cell.get("outputs")]


def test_the_first_map_takes_fifteen_lines(
    demo_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(NOTEBOOKS[0], demo_project, monkeypatch)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert len([line for line in "\n".join(code).splitlines() if line.strip()]) <= 15
    page = notebook.cells[-1].outputs[0].data["text/html"]
    assert "phusong" in page
