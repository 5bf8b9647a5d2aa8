"""The app with the demo project, its signal predicted beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coverage import pipeline
from coverage.io.project import load_project
from tests.ui.servers import started


@pytest.fixture(scope="session")
def demo_project(demo_project: Path) -> Path:
    """Return the demo's project once its prediction lies in the cache, where pages find it."""
    inputs = load_project(demo_project)
    pipeline.predicted(inputs, inputs.scenario)
    return demo_project


@pytest.fixture(scope="module")
def app_url(demo_project: Path) -> Iterator[str]:
    with started(str(demo_project.parent)) as url:
        yield url
