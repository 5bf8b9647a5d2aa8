"""A small made province behind a loopback server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coverage.fetch.download import Downloader
from coverage.fetch.services import Services as Settings
from coverage.fetch.services import services as read_services
from tests.fetch.loopback import Services, serving
from tests.fetch.world import fill

QUICK = {
    "connect_timeout_s": 2.0,
    "read_timeout_s": 0.4,
    "total_timeout_s": 20.0,
    "attempts": 4,
    "backoff_s": 0.01,
    "max_wait_s": 0.5,
    "max_bytes": 5_000_000,
}


@pytest.fixture
def server() -> Iterator[Services]:
    with serving() as services:
        yield services


@pytest.fixture
def world(server: Services) -> Services:
    fill(server)
    return server


@pytest.fixture
def settings_file(server: Services, tmp_path: Path) -> Path:
    lines = ["[download]", *(f"{key} = {value}" for key, value in QUICK.items())]
    for name, rest in {
        "boundaries": "gb/{iso3}/{level}/",
        "terrain": "dem/{tile}/{tile}.tif",
        "roads": "api/interpreter?data={query}",
        "stations": "ocid/downloads?token={token}&type=mcc&file={mcc}.csv.gz",
        "population": "rest/data/pop/wpgp/{iso3}",
    }.items():
        lines += [f"[{name}]", f'url = "{server.url}/{rest}"']
    path = tmp_path / "services.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def settings(settings_file: Path) -> Settings:
    return read_services(settings_file)


@pytest.fixture
def downloader(settings: Settings, tmp_path: Path) -> Callable[..., Downloader]:
    def make(**changes: Any) -> Downloader:
        refresh = changes.pop("refresh", False)
        rules = settings.download.model_copy(update=changes)
        return Downloader(tmp_path / "cache", rules, refresh=refresh)

    return make
