"""What is on the desk while a project is read: the problems found and the sources read so far."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coverage.errors import InputDataError, Problem
from coverage.io.database import Databases, is_database, name_of
from coverage.io.files import fingerprint_of
from coverage.model import Source
from coverage.text import Text


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
    databases: Databases = field(default_factory=Databases)

    def collecting(self) -> _Collecting:
        """Keep the problems of a file instead of stopping at the first."""
        return _Collecting(self.problems)

    def path(self, entry: str) -> Path:
        """Return where an entry of the project lies.

        Raises
        ------
        InputDataError
            Where the entry names a database: what asks for a path cannot be read from one.
        """
        if is_database(entry):
            raise InputDataError.about(
                name_of(entry),
                "database_not_here",
                Text("mục này chỉ đọc được từ tệp", "this is read from files only"),
                Text(
                    "Địa hình, lớp phủ và giản đồ ăng-ten phải là tệp.",
                    "Terrain, land cover and antenna patterns must be files.",
                ),
            )
        path = self.folder / entry
        self._tell_of_link(path)
        return path

    def _tell_of_link(self, path: Path) -> None:
        """Warn, once, where a link of the project's folder leads out of it."""
        # Not by `resolve`, which refuses links in a circle with an error of its own.
        home, place, there = (
            Path(os.path.realpath(one)) for one in (self.folder, path.parent, path)
        )
        if not place.is_relative_to(home) or there.is_relative_to(home):
            return
        warning = Problem(
            severity="warning",
            rule="link_outside",
            file=path.name,
            what=Text(
                "liên kết này dẫn ra ngoài thư mục dự án; tệp ở đó được đọc",
                "this link leads out of the project folder; the file there is read",
            ),
            fix=Text(
                "Nếu dự án do người khác gửi, hãy kiểm tra liên kết.",
                "If somebody sent you the project, look at the link.",
            ),
        )
        if warning not in self.problems:
            self.problems.append(warning)

    def add_source(self, role: str, entry: str, **counts: Any) -> None:
        """Note what was read, with the hash of its content and the counts of its rows."""
        name = entry_name(entry)
        synthetic = counts.pop("is_synthetic", False) or _says_synthetic(name)
        if is_database(entry):
            sha256 = self.databases.rows(entry, name=name).sha256
        else:
            sha256 = fingerprint_of(self.path(entry))
        self.sources.append(
            Source(
                role=role,
                file=name,
                sha256=sha256,
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


def entry_name(entry: str) -> str:
    """Return the name of an entry of `[inputs]`, for messages and the manifest."""
    return name_of(entry) if is_database(entry) else Path(entry).name


def _says_synthetic(name: str) -> bool:
    low = name.lower()
    return "synthetic" in low or "tong_hop" in low
