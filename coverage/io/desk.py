"""What is on the desk while a project is read: the problems found and the sources read so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coverage.errors import InputDataError, Problem
from coverage.io.files import fingerprint_of
from coverage.model import Source


@dataclass(frozen=True, slots=True)
class _Collecting:
    """A `with` block whose input errors are added to a list."""

    problems: list[Problem]

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """Take the problems of an `InputDataError`; let everything else pass."""
        if not isinstance(error, InputDataError):
            return False
        self.problems.extend(error.problems)
        return True


@dataclass
class Desk:
    """Problems found and sources read so far."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    declared_synthetic: bool = False

    def collecting(self) -> _Collecting:
        """Keep the problems of a file instead of stopping at the first."""
        return _Collecting(self.problems)

    def path(self, entry: str) -> Path:
        """Return where an entry of the project lies."""
        return self.folder / entry

    def add_source(self, role: str, entry: str, **counts: Any) -> None:
        """Note a file that was read, with its hash and the counts of its rows."""
        path = self.path(entry)
        synthetic = counts.pop("is_synthetic", False) or _says_synthetic(path.name)
        self.sources.append(
            Source(
                role=role,
                file=path.name,
                sha256=fingerprint_of(path),
                is_synthetic=synthetic or self.declared_synthetic,
                **counts,
            )
        )

    def amend_source(self, role: str, **counts: Any) -> None:
        """State counts of a source that only show when tables are held against each other."""
        self.sources = [replace(s, **counts) if s.role == role else s for s in self.sources]

    @property
    def has_errors(self) -> bool:
        """Whether anything found so far makes the project unusable."""
        return any(problem.severity == "error" for problem in self.problems)


def _says_synthetic(name: str) -> bool:
    low = name.lower()
    return "synthetic" in low or "tong_hop" in low
