"""What the lock holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / "build"
TOOLS: Final = BUILD / "gates" / "bin"
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pinned() -> dict[str, frozenset[str]]:
    """Return the versions of the lock by name, as PEP 503 writes names; some depend on Python's."""
    found: dict[str, set[str]] = {}
    for name, version in _PINNED.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")):
        found.setdefault(normal(name), set()).add(version)
    return {name: frozenset(versions) for name, versions in found.items()}


def normal(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
