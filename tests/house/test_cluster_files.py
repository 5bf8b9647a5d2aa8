"""Files for a small cluster: their form, for they need a container engine to be run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "deploy" / "compose.yml").read_text(encoding="utf-8")
)


def options(command: str) -> set[str]:
    return set(re.findall(r"--[a-z-]+", command))


def test_the_scheduler_is_open_to_this_machine_alone() -> None:
    ports = COMPOSE["services"]["scheduler"]["ports"]
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    assert "ports" not in COMPOSE["services"]["worker"]


def test_workers_are_started_as_the_page_says() -> None:
    command = COMPOSE["services"]["worker"]["command"]
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    for words in ("--nthreads 1", "--memory-limit 2GiB", "--preload coverage"):
        assert words in command
        assert words in page


def test_dask_knows_every_option_used() -> None:
    for name in ("scheduler", "worker"):
        told = subprocess.run(
            [sys.executable, "-m", "dask", name, "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert options(COMPOSE["services"][name]["command"]) <= options(told)


def test_the_image_is_made_of_the_lock_and_the_package() -> None:
    build = COMPOSE["services"]["worker"]["build"]
    context = (ROOT / "deploy" / build["context"]).resolve()
    assert context == ROOT
    dockerfile = (context / build["dockerfile"]).read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (\S+) ", dockerfile, flags=re.MULTILINE):
        assert (context / source).exists(), source
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER (?!root)", dockerfile, flags=re.MULTILINE)
