"""The made world, drawn once per session."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage.maps import make_map
from coverage.model import Result
from tests.maps.world import made_result


@pytest.fixture(scope="session")
def result() -> Result:
    return made_result()


@pytest.fixture(scope="session")
def map_file(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bản đồ") / "map.html"
    make_map(result).save(path)
    return path
