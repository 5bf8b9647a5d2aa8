"""What a job tells of itself: one small file, always whole."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from coverage import errors
from coverage.errors import CoverageError, InputDataError, Problem
from coverage.text import Text
from coverage.validation import Frozen, SettingsError

Status = Literal["waiting", "running", "done", "failed", "stopped", "lost"]
STATE_FILE: Final = "state.json"
_TRIES: Final = 20


class Failure(Frozen):
    """An error of ours on its way from one process to another, with all its problems."""

    kind: str
    vi: str
    en: str
    problems: tuple[dict[str, Any], ...] = ()

    @property
    def text(self) -> Text:
        """The message in both languages."""
        return Text(self.vi, self.en)

    def error(self) -> CoverageError:
        """Return the error again, of its own class."""
        if self.problems:
            found = [_problem(told) for told in self.problems]
            return SettingsError(found) if self.kind == "SettingsError" else InputDataError(found)
        kind = getattr(errors, self.kind, CoverageError)
        return CoverageError(self.text) if kind is InputDataError else kind(self.text)


class State(Frozen):
    """How far a job is; `written` and the like are seconds since 1970.

    `about` holds the figures by which a list of jobs tells them apart, `taken_s` what each stage
    took.
    """

    status: Status
    asked: float
    written: float
    began: float | None = None
    ended: float | None = None
    stage: str = ""
    share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    remaining_s: float | None = None
    taken_s: dict[str, float] = Field(default_factory=dict)
    failure: Failure | None = None
    about: dict[str, Any] = Field(default_factory=dict)


def failure_of(error: CoverageError) -> Failure:
    """Return what another process needs to raise an error again."""
    problems = getattr(error, "problems", ())
    return Failure(
        kind=type(error).__name__,
        vi=error.text.vi,
        en=error.text.en,
        problems=tuple(asdict(problem) for problem in problems),
    )


def read_state(folder: Path) -> State | None:
    """Return the state of a job; None where there is none that can be read."""
    try:
        return State.model_validate_json((folder / STATE_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_state(folder: Path, state: State) -> None:
    """Write the state in one step."""
    write_whole(folder / STATE_FILE, state.model_dump_json())


def write_whole(path: Path, text: str) -> None:
    """Put a text in place in one step; Windows refuses while somebody reads, for a moment."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    for tries in range(_TRIES):
        try:
            partial.replace(path)
        except PermissionError:
            if tries == _TRIES - 1:
                raise
            time.sleep(0.05)
        else:
            return


def _problem(told: dict[str, Any]) -> Problem:
    texts = {name: Text(**told[name]) for name in ("what", "fix")}
    return Problem(**{**told, **texts, "rows": tuple(told["rows"])})
