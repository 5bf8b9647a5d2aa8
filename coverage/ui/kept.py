"""What the data page keeps between reruns, beside `cache`: drafts' names, sheets read, trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from coverage import pipeline
from coverage.confined import confined
from coverage.errors import InputDataError, Problem
from coverage.importing import CONFINES, SheetRead, read_sheets
from coverage.intake.sheet import Role
from coverage.model import Inputs, Prediction
from coverage.params import Scenario
from coverage.revision.copies import trial
from coverage.revision.edits import Step, TableRole
from coverage.revision.joining import tables_with
from coverage.revision.rows import Rows, raw_rows


@st.cache_resource(scope="session", show_spinner=False)
def session_names() -> dict[str, Any]:
    """Return a table of this session alone, which outlives a change of the project."""
    return {}


@st.cache_resource(max_entries=12, show_spinner=False)
def sheets_read(
    key: str,  # noqa: ARG001 - of what it depends on
    _path: Path,
    _roles: dict[str, Role | None],
    _project: str,
) -> tuple[tuple[SheetRead, ...], tuple[Problem, ...]]:
    """Return the sheets of a file of a stranger, read in a child process; or why not."""
    try:
        return confined(CONFINES, read_sheets, _path, _roles, project=Path(_project)), ()
    except InputDataError as error:
        return (), error.problems


@st.cache_resource(max_entries=8, show_spinner=False)
def rows_of(sha256: str, _project: str, role: TableRole) -> Rows:  # noqa: ARG001 - part of the key
    """Return a table of the project as its file has it."""
    return raw_rows(_project, role)


@st.cache_resource(max_entries=4, show_spinner=False)
def trial_of(key: str, _project: str, _steps: tuple[Step, ...]) -> Inputs:  # noqa: ARG001
    """Return the inputs that the steps of a draft would give."""
    return trial(_project, tables_with(_project, _steps, ()))


@st.cache_resource(max_entries=2, show_spinner=False)
def prediction_of_trial(key: str, _inputs: Inputs, _scenario: Scenario) -> Prediction:  # noqa: ARG001
    """Return the prediction of a draft's inputs, made here: only its own masts are computed."""
    return pipeline.predicted(_inputs, _scenario)
