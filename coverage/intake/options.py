"""What a person states about a sheet, over what would be guessed: the file of `--map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from coverage.intake.systems import is_system
from coverage.intake.texts import ENCODINGS
from coverage.settings import read_toml
from coverage.text import Text
from coverage.validation import Frozen, RuleError, validated

Row = Annotated[int, Field(ge=0, le=1_000_000)]


class Statements(Frozen):
    """Everything that can be stated; what is absent is found out.

    `columns` maps a field to the heading of a column, or to its letters in the spreadsheet; `fixed`
    gives one value to every row; `units` maps a field to its unit; `header_rows` are the first and
    last row of the header, [0, 0] for none.
    """

    sheet: str | None = None
    header_rows: tuple[Row, Row] | None = None
    encoding: str | None = None
    decimal: Literal[",", "."] | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    fixed: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)

    @field_validator("crs")
    @classmethod
    def _known_system(cls, value: str | None) -> str | None:
        if value is not None and not is_system(value):
            raise RuleError(
                Text(f"hệ tọa độ {value!r} không có", f"there is no coordinate system {value!r}")
            )
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is not None and value not in ENCODINGS:
            listed = ", ".join(ENCODINGS)
            raise RuleError(Text(f"phải là một trong: {listed}", f"must be one of: {listed}"))
        return value

    @field_validator("header_rows")
    @classmethod
    def _in_order(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and (value[0] > value[1] or (value[0] == 0) != (value[1] == 0)):
            raise RuleError(Text("phải là [dòng đầu, dòng cuối]", "must be [first row, last row]"))
        return value


def read_statements(path: Path) -> Statements:
    """Read a `--map` file.

    Raises
    ------
    SettingsError
        Where it cannot be read, or holds unknown keys or values.
    """
    return validated(Statements, read_toml(path), path.name)
