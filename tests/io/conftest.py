"""The made project, one copy for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.io.made import write_project


@pytest.fixture(scope="session")
def _master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture
def project(_master: Path, tmp_path: Path) -> Path:
    """Folder of a small valid project that the test may spoil."""
    return Path(shutil.copytree(_master, tmp_path / "dự án nhỏ"))
