"""Work on a project that is not saved yet, on disk: steps of editing, and files under review.

A draft is a folder with a name nobody can guess. Its content is written as numbered files, each
whole; a number can be taken once, so of two sessions that change one draft at the same time the
later is told, and nothing is mixed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from coverage.archives import LARGEST_FILE
from coverage.errors import CoverageError, InputDataError
from coverage.intake.sheet import Role
from coverage.intake.vocabulary import UPLOADS
from coverage.revision.edits import Step
from coverage.revision.joining import Way
from coverage.revision.places import projects_folder, safe_name
from coverage.text import Text
from coverage.validation import Frozen

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{16}")
_NAME_BYTES: Final = 12
_FILES: Final = "files"
_MIB: Final = 2**20
_DAY_S: Final = 86_400.0


class SheetReview(Frozen):
    """What a person decided about a sheet of a file; `role` is None where it is left out."""

    role: Role | Literal["guessed"] | None = "guessed"
    refused: frozenset[str] = frozenset()
    way: Way = "replace"


class KeptFile(Frozen):
    """A file under review: its name, the folder it lies in, and the decisions by sheet."""

    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: str
    sheets: dict[str, SheetReview] = Field(default_factory=dict)


class Work(Frozen):
    """The content of a draft; `hashes` are those of the tables that the steps were made on."""

    project: str
    hashes: dict[str, str] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    files: tuple[KeptFile, ...] = ()


class DraftChangedError(CoverageError):
    """Another session changed the draft in the meantime."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Bản nháp này vừa được sửa ở một thẻ hoặc máy khác; đang hiện bản mới nhất. "
                "Hãy làm lại thao tác vừa rồi nếu còn cần.",
                "This draft was just changed in another tab or on another machine; the newest is "
                "shown. Do the last thing again if it is still needed.",
            )
        )


class Drafts:
    """All drafts of a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._home = projects_folder() / ".drafts" if folder is None else folder

    def begin(self, work: Work) -> str:
        """Keep a new draft and return its name; drafts that nobody touches any more go."""
        self._forget_old()
        name = secrets.token_urlsafe(_NAME_BYTES)
        with _told(self._home):
            (self._home / name).mkdir(mode=0o700, parents=True)
        self.write(name, work, after=0)
        return name

    def read(self, name: str) -> tuple[int, Work] | None:
        """Return number and content of a draft; None where there is none that can be read."""
        if not _NAME.fullmatch(name):
            return None
        for number in sorted(self._numbers(name), reverse=True):
            try:
                text = (self._home / name / f"{number}.json").read_text(encoding="utf-8")
                return number, Work.model_validate_json(text)
            except (OSError, ValidationError):
                continue
        return None

    def write(self, name: str, work: Work, *, after: int) -> int:
        """Keep the content that follows number `after`; return its number.

        Raises
        ------
        DraftChangedError
            Where another session has written that number.
        CoverageError
            Where it cannot be written.
        """
        place = self._place(name)
        wanted = place / f"{after + 1}.json"
        partial = place / f".{secrets.token_hex(8)}"
        if max(self._numbers(name), default=0) != after:
            raise DraftChangedError
        with _told(place):
            try:
                partial.write_text(work.model_dump_json(), encoding="utf-8")
                os.link(partial, wanted)
            except FileExistsError as error:
                raise DraftChangedError from error
            finally:
                partial.unlink(missing_ok=True)
            for number in self._numbers(name):
                if number < after:  # the one before stays for whoever is reading it
                    (place / f"{number}.json").unlink(missing_ok=True)
        return after + 1

    def forget(self, name: str) -> None:
        """Remove a draft with its files."""
        shutil.rmtree(self._place(name), ignore_errors=True)

    def add_file(self, name: str, file: str, size: int, read: Callable[[], bytes]) -> KeptFile:
        """Keep the content of a file for review, under a safe form of its name.

        Parameters
        ----------
        name
            Of the draft.
        file
            What the file is called where it comes from.
        size
            Its bytes; `read` gives them, and is not called for a file that is too large.

        Raises
        ------
        InputDataError
            Where it is too large or cannot be read, or too much is kept already.
        """
        shown = safe_name(file, instead="file")
        if size > LARGEST_FILE:
            raise _too_much(shown, f"{LARGEST_FILE // _MIB} MiB")
        held = list(self._place(name).glob(f"{_FILES}/*"))
        if len(held) >= UPLOADS["most_files"]:
            raise _too_many(shown)
        if self._kept_bytes() + size > UPLOADS["most_kept_mib"] * _MIB:
            raise _no_room(shown)
        try:
            data = read()
        except OSError as error:
            raise _unreadable(shown, error) from error
        token = secrets.token_urlsafe(_NAME_BYTES)
        place = self._place(name) / _FILES / token
        with _told(place):
            place.mkdir(mode=0o700, parents=True)
            (place / shown).write_bytes(data)
        return KeptFile(token=token, name=shown)

    def path_of(self, name: str, file: KeptFile) -> Path:
        """Return where a file under review lies."""
        return self._place(name) / _FILES / file.token / safe_name(file.name, instead="file")

    def drop_file(self, name: str, file: KeptFile) -> None:
        """Remove a file under review from the disk."""
        shutil.rmtree(self.path_of(name, file).parent, ignore_errors=True)

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise CoverageError(Text("Không có bản nháp này.", "There is no such draft."))
        return self._home / name

    def _numbers(self, name: str) -> list[int]:
        files = self._place(name).glob("*.json")
        return [int(file.stem) for file in files if file.stem.isdecimal()]

    def _kept_bytes(self) -> int:
        return sum(f.stat().st_size for f in self._home.glob(f"*/{_FILES}/*/*") if f.is_file())

    def _forget_old(self) -> None:
        oldest = time.time() - UPLOADS["kept_days"] * _DAY_S
        for place in self._home.glob("*"):
            if _NAME.fullmatch(place.name) and place.stat().st_mtime < oldest:
                shutil.rmtree(place, ignore_errors=True)


class _told:  # noqa: N801 - reads as a statement
    """Tell of a disk that cannot be written to."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn an error of the system into one for the user."""
        if isinstance(error, OSError):
            raise CoverageError(
                Text(
                    f"Không ghi được bản nháp vào {self._place} ({error.strerror}). Kiểm tra chỗ "
                    "trống và quyền ghi, hoặc đặt PHUSONG_PROJECTS.",
                    f"The draft cannot be written to {self._place} ({error.strerror}). Check the "
                    "space and the permission, or set PHUSONG_PROJECTS.",
                )
            ) from error


def _unreadable(file: str, error: OSError) -> InputDataError:
    return InputDataError.about(
        file,
        "unreadable_file",
        Text(f"không đọc được tệp ({error.strerror})", f"it cannot be read ({error.strerror})"),
        Text("Hãy kiểm tra đường dẫn và quyền đọc.", "Check the path and the permission."),
    )


def _too_much(file: str, limit: str) -> InputDataError:
    return InputDataError.about(
        file,
        "too_large",
        Text(f"tệp quá lớn (giới hạn {limit})", f"the file is too large (the limit is {limit})"),
        Text("Hãy tách thành nhiều tệp nhỏ hơn.", "Split it into smaller files."),
    )


def _too_many(file: str) -> InputDataError:
    most = UPLOADS["most_files"]
    return InputDataError.about(
        file,
        "too_many_files",
        Text(f"đã có {most} tệp đang xem xét", f"{most} files are under review already"),
        Text("Hãy chấp nhận hoặc bỏ bớt tệp trước.", "Accept or remove some of them first."),
    )


def _no_room(file: str) -> InputDataError:
    return InputDataError.about(
        file,
        "no_room",
        Text("máy chủ đang giữ quá nhiều tệp chờ xem xét", "the server keeps too many files"),
        Text("Hãy bỏ bớt tệp hoặc báo người quản trị.", "Remove files, or tell who runs it."),
    )
