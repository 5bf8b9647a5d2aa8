"""One lock, for pip and conda alike: hashed, without addresses, without coverage.py."""

from __future__ import annotations

import itertools
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT: Final = (ROOT / "environment.yml").read_text(encoding="utf-8")
ARCHITECTURE: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

# Both would put a folder `coverage` beside ours, or need it.
FORBIDDEN: Final = {"coverage", "pytest-cov", "nbmake", "coveralls"}


def normal(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """Return the name at the start of a requirement."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    assert found, requirement
    return normal(found[0])


def blocks(lock: str) -> dict[str, list[str]]:
    """Return every pinned requirement of a lock with its lines, `name==version` first."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\S)", lock.strip()):
        lines = [line.removesuffix("\\").strip() for line in block.splitlines() if line.strip()]
        if lines and not lines[0].startswith(("-", "#")):
            found[lines[0]] = lines
    return found


def faults(lock: str) -> list[str]:
    """List what a lock may not hold, or lacks."""
    found = [line for line in lock.splitlines() if re.search(r"://|\bfile:|@ |^-[ifer]\b", line)]
    found += [line for line in lock.splitlines() if re.match(r"--(?!only-binary :all:)", line)]
    for head, lines in blocks(lock).items():
        if not re.match(r"[a-z0-9.-]+==[^ ]+( ; .+)?$", head):
            found.append(f"not one exact version: {head}")
        if not lines[1:] or not all(
            re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in lines[1:]
        ):
            found.append(f"not hashed: {head}")
        if name_of(head) in FORBIDDEN:
            found.append(f"must not be here: {head}")
    return found


def declared() -> dict[str, str]:
    """Return every requirement of pyproject.toml by name."""
    groups = PROJECT["optional-dependencies"].values()
    listed = [*PROJECT["dependencies"], *itertools.chain(*groups)]
    return {name_of(requirement): requirement for requirement in listed}


def test_the_lock_is_exact_hashed_and_without_addresses() -> None:
    assert len(blocks(LOCK)) > len(declared())
    assert faults(LOCK) == []


HASH: Final = f"    --hash=sha256:{'0' * 64}\n"


@pytest.mark.parametrize(
    "planted",
    [
        "--index-url https://host.example/simple\n",
        "--extra-index-url mirror\n",
        "-i mirror\n",
        "--find-links file:/wheels\n",
        f"numpy @ https://host.example/numpy.whl \\\n{HASH}",
        "# from https://host.example/simple\n",
        "numpy==2.0\n",
        f"numpy>=2.0 \\\n{HASH}",
        f"coverage==7.0 \\\n{HASH}",
        f"pytest-cov==7.0 \\\n{HASH}",
    ],
)
def test_a_planted_fault_of_the_lock_is_found(planted: str) -> None:
    good = f"--only-binary :all:\n\nclick==8.0 ; python_version < '4' \\\n{HASH}"
    assert faults(good) == []
    assert faults(good + planted) != []


def test_the_lock_holds_what_the_project_declares() -> None:
    pinned = {name_of(head) for head in blocks(LOCK)}
    assert sorted(declared().keys() - pinned) == [], "run `make lock`"


def test_every_dependency_has_its_reason_and_every_reason_its_dependency() -> None:
    section = ARCHITECTURE.split("\n## Dependencies\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z0-9.-]+) \| (.+) \|$", section, flags=re.MULTILINE)
    reasons = {name: reason for name, reason in rows if name != "package"}
    assert sorted(reasons) == sorted(declared())
    assert [name for name, reason in reasons.items() if len(reason.split()) < 2] == []


def test_conda_installs_the_same_lock() -> None:
    lines = [line for line in ENVIRONMENT.splitlines() if not line.startswith("#")]
    at = lines.index("dependencies:")
    # Python and pip come from conda; any third entry would be a second source of versions.
    assert lines[at + 1 : at + 5] == [
        f"  - python{PROJECT['requires-python']}",
        "  - pip",
        "  - pip:",
        "      - -r requirements.txt",
    ]
    rest = lines[at + 5 :]
    assert rest[0] == "variables:"
    assert any(line.startswith("  PYTHONPATH:") for line in rest)
    assert "coverage" not in "".join(lines)


def test_what_is_installed_is_what_the_lock_says() -> None:
    """Only in the environment that make built: elsewhere other versions may be tried."""
    if not (ROOT / ".venv" / "requirements.txt").is_file() or not _runs_in(ROOT / ".venv"):
        pytest.skip("this is not the environment that make built")
    pinned = {head.split(" ")[0] for head in blocks(LOCK)}
    ours = {
        f"{normal(d.metadata['Name'])}=={d.version}"
        for d in metadata.distributions()
        if d.metadata["Name"] not in {"pip", "setuptools"}
    }
    assert sorted(one for one in ours if one not in pinned) == []


def _runs_in(folder: Path) -> bool:
    return Path(sys.prefix).resolve() == folder.resolve()
