"""Every error the package raises on purpose, and the problem it reports.

A `CoverageError` is meant for the user: it says what is wrong, the value, the rule and what to do,
in Vietnamese and English. Anything else that escapes is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from coverage.text import DEFAULT_LANGUAGE, Language, Text

Severity = Literal["error", "warning"]
_SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the input.

    `row` is the row as a person sees it in the sheet (the header is row 1); `count` says how many
    rows share the problem and `rows` names the first few of them.
    """

    severity: Severity
    rule: str
    file: str
    what: Text
    fix: Text
    column: str | None = None
    value: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 1

    @property
    def row(self) -> int | None:
        """First row concerned, or None where the problem is not about a row."""
        return self.rows[0] if self.rows else None

    def line(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return the problem as one line of text."""
        vi = language == "vi"
        place = [self.file]
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:_SHOWN_ROWS])
            more = "…" if self.count > min(len(self.rows), _SHOWN_ROWS) else ""
            place.append(f"{'dòng' if vi else 'row'} {shown}{more}")
        if self.column:
            place.append(f"{'cột' if vi else 'column'} {self.column}")
        value = f" ({'giá trị' if vi else 'value'}: {self.value!r})" if self.value else ""
        times = f" [{self.count} {'dòng' if vi else 'rows'}]" if self.count > 1 else ""
        return (
            f"{', '.join(place)}: {self.what.get(language)}{value}{times}. {self.fix.get(language)}"
        )

    def as_dict(self, language: Language = DEFAULT_LANGUAGE) -> dict[str, object]:
        """Return the problem for JSON."""
        return {
            "file": self.file,
            "row": self.row,
            "rows": list(self.rows),
            "count": self.count,
            "column": self.column,
            "value": self.value,
            "rule": self.rule,
            "message": self.what.get(language),
            "what_to_do": self.fix.get(language),
        }


class CoverageError(Exception):
    """Base of all errors meant for the user."""

    exit_code = 2

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text

    def message(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return the message in `language`."""
        return self.text.get(language)


class InputDataError(CoverageError, ValueError):
    """Input files that cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(
            Text(
                vi=_joined("Dữ liệu đầu vào có lỗi", self.problems, "vi"),
                en=_joined("The input data have errors", self.problems, "en"),
            )
        )

    @classmethod
    def about(
        cls,
        file: str,
        rule: str,
        what: Text,
        fix: Text,
        *,
        column: str | None = None,
        value: str | None = None,
        rows: tuple[int, ...] = (),
        count: int = 1,
    ) -> Self:
        """Return the error of a single problem, for a file that cannot be read on."""
        problem = Problem(
            severity="error",
            rule=rule,
            file=file,
            what=what,
            fix=fix,
            column=column,
            value=value,
            rows=rows,
            count=count,
        )
        return cls([problem])


class CrsError(InputDataError):
    """A coordinate system that is missing, geographic where metres are needed, or unknown."""


class ExtentError(InputDataError):
    """Something lies outside the terrain or the study area."""


class ScenarioError(CoverageError, ValueError):
    """Scenario or preset settings that cannot be used."""


class ModelRangeError(CoverageError, ValueError):
    """A frequency, height or distance outside a model's validity."""


class InfeasibleError(CoverageError, RuntimeError):
    """No plan satisfies the conditions."""

    exit_code = 3


class OutOfTimeError(CoverageError, RuntimeError):
    """The time limit ran out before any plan was found; nothing is proven infeasible."""


class AccessError(CoverageError):
    """The reader's role does not allow what was asked."""


class StoppedError(CoverageError):
    """The user stopped a long computation."""

    exit_code = 130


def _joined(title: str, problems: Sequence[Problem], language: Language) -> str:
    return "\n- ".join([f"{title}:", *(problem.line(language) for problem in problems)])
