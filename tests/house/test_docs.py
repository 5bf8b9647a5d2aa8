"""What the pages promise is there: links, versions, the same commands on two systems."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest

import coverage

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "data/README.md"])
    if path.is_file()
]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")
MAKE_BAT: Final = (ROOT / "make.bat").read_text(encoding="utf-8")
# Targets that only serve others.
INNER: Final = {"help", "new-environment"}
# Targets for the build server, which is no Windows.
GATES: Final = (ROOT / "gates" / "gates.mk").read_text(encoding="utf-8")
SERVER: Final = set(" ".join(re.findall(r"^([a-z -]+):", GATES, flags=re.MULTILINE)).split())


def run_python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=900,
    )


def broken_links(page: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    links = re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text)
    files = [unquote(link.split("#")[0]) for link in links if "://" not in link]
    return [file for file in files if file and not (page.parent / file).exists()]


def commands(text: str) -> set[str]:
    """Return the `python -m` commands of a make file, without what differs between systems."""
    found = set()
    for line in text.replace('"', "").splitlines():
        for command in re.findall(r"(?:\$\(PY\)|%PY%|python(?:\.exe)?) -m (.+)", line):
            plain = command.split(" || ")[0]
            plain = re.sub(r"\$\((\w+)\)|%(\w+)%", lambda m: f"<{m[1] or m[2]}>", plain)
            found.add(plain.strip())
    return found


def make_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.MULTILINE)
    assert phony
    return set(phony[1].split())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_link_leads_nowhere(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found() -> None:
    text = "[a](docs/architecture.md#layers) [b](https://host.example/x) ![c](docs/none.png)"
    assert broken_links(ROOT / "README.md", text) == ["docs/none.png"]


def test_both_systems_know_the_same_targets_and_start_the_same_commands() -> None:
    labels = re.findall(r"for %%T in \(([a-z ]+)\) do if", MAKE_BAT)
    assert set(labels[0].split()) == make_targets() - INNER - SERVER
    for target in labels[0].split():
        assert re.search(rf"^:{target}\s*$", MAKE_BAT, flags=re.MULTILINE), target
    assert commands(MAKEFILE) == commands(MAKE_BAT)
    assert len(commands(MAKEFILE)) >= 9


def test_make_bat_is_what_cmd_reads_everywhere() -> None:
    raw = (ROOT / "make.bat").read_bytes()
    assert raw.isascii()
    # cmd.exe loses labels in files with bare line feeds.
    assert raw.count(b"\n") == raw.count(b"\r\n") > 0


def test_no_path_of_make_is_absolute_and_no_script_with_a_shebang_is_started() -> None:
    """A blank in an absolute path breaks targets; one in a shebang breaks a script."""
    assert "$(CURDIR)" not in MAKEFILE
    assert "$(abspath" not in MAKEFILE
    assert "$(realpath" not in MAKEFILE
    started = re.findall(r"\.venv/bin/([\w-]+)", MAKEFILE)
    assert set(started) == {"python", "phusong"}  # phusong: written there, never started
    assert re.findall(r"\.venv/bin/phusong", MAKEFILE) == [".venv/bin/phusong"] * 2


def test_every_make_target_the_pages_name_exists() -> None:
    named = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:^|`)(?:\.\\)?make ([a-z-]+)", text, flags=re.MULTILINE))
    assert {"run", "test", "lint", "bench", "lock", "environment"} <= named
    assert named - make_targets() == set()


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == coverage.__version__
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", log, flags=re.MULTILINE)
    assert "## [Unreleased]" in log
    assert released[:1] in ([], [coverage.__version__])


def example() -> str:
    code = re.search(r"```python\n(.+?)```", README, flags=re.DOTALL)
    assert code
    return code[1].strip()


def test_the_example_is_as_short_as_its_title_says() -> None:
    assert len(example().splitlines()) <= 15


@pytest.mark.slow
def test_the_example_runs(demo_project: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_project.parent, tmp_path / "data" / "demo")
    done = run_python("-c", example(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # by hand: one line of titles, ten villages, one line of the raster.
    assert len(done.stdout.strip().splitlines()) == 12, done.stdout
    assert "<html" in (tmp_path / "ban_do.html").read_text(encoding="utf-8")


COMMANDS: Final = re.findall(r"^\| `phusong (\w+)", README, flags=re.MULTILINE)


def test_the_table_of_commands_was_found() -> None:
    assert {"demo", "check", "run", "app"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_exists(command: str, tmp_path: Path) -> None:
    assert run_python("-m", "coverage", command, "--help", cwd=tmp_path).returncode == 0
    assert run_python("-m", "coverage", f"{command}x", "--help", cwd=tmp_path).returncode != 0
