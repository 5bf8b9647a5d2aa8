"""The draft as a bar under the page: undo, throw away, save as a new project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from coverage.errors import CoverageError, InputDataError
from coverage.model import Inputs
from coverage.revision.copies import save_copy
from coverage.revision.drafts import Work
from coverage.revision.edits import record
from coverage.revision.joining import Fit, Way, tables_with
from coverage.revision.places import new_folder, projects_folder
from coverage.ui import access, data_checks, drafting
from coverage.ui.speech import digits, say, told
from coverage.ui.words import plain

_NAME: Final = "save_name"
_PROBLEMS: Final = "save_problems"
_CHANGES: Final = "changes"


def show(
    inputs: Inputs,
    work: Work,
    *,
    fits: Sequence[tuple[Fit, Way]],
    reports: Mapping[str, pd.DataFrame],
    has_errors: bool,
) -> None:
    """Show what the draft holds and let the person save it."""
    if not work.steps and not fits:
        return
    edits = sum(len(step.edits) for step in work.steps)
    with st.container(border=True, key="draft_bar"):
        words, back, away = st.columns([5, 2, 2], vertical_alignment="center")
        words.markdown(
            say(
                f"**Bản nháp**: {digits(edits)} thay đổi trong {digits(len(work.steps))} bước, "
                f"{digits(len(fits))} bảng sẽ nhập. Chưa ghi gì vào dự án.",
                f"**Draft**: {digits(edits)} changes in {digits(len(work.steps))} steps, "
                f"{digits(len(fits))} tables to import. Nothing is written yet.",
            )
        )
        back.button(
            say("Hoàn tác", "Undo"),
            icon=":material/undo:",
            on_click=drafting.undo,
            disabled=not work.steps,
            width="stretch",
        )
        away.button(
            say("Bỏ bản nháp", "Discard"),
            icon=":material/delete:",
            on_click=drafting.throw_away,
            width="stretch",
        )
        named, save = st.columns([5, 4], vertical_alignment="bottom")
        with named:
            st.text_input(
                say("Tên dự án mới", "Name of the new project"),
                key=_NAME,
                placeholder=say("ví dụ: Bắc Kạn tháng 11", "such as Province, November"),
                help=say(
                    f"Thư mục mới trong {projects_folder()}; dự án đang mở giữ nguyên.",
                    f"A new folder in {projects_folder()}; the open project stays as it is.",
                ),
            )
        save.button(
            say("Chấp nhận và lưu thành dự án mới", "Accept, and save as a new project"),
            type="primary",
            icon=":material/save:",
            on_click=_save,
            args=(inputs, work, tuple(fits), dict(reports)),
            disabled=has_errors or not access.may_edit(),
            width="stretch",
        )
        error: CoverageError | None = st.session_state.pop(_PROBLEMS, None)
        if isinstance(error, InputDataError):
            st.error(say("Chưa lưu được; không có gì được ghi.", "Not saved; nothing was written."))
            data_checks.problems(error.problems)
        elif error is not None:
            st.error(plain(told(error.text)))


def _save(
    inputs: Inputs,
    work: Work,
    fits: tuple[tuple[Fit, Way], ...],
    reports: dict[str, pd.DataFrame],
) -> None:
    """Write the new project and open it; where that fails keep the reason for the page."""
    if not access.may_edit() or not drafting.is_of_these_tables(work, inputs):
        return
    name = str(st.session_state.get(_NAME, "")).strip()
    records = reports | ({_CHANGES: record(work.steps)} if work.steps else {})
    try:
        folder = save_copy(
            drafting.open_path(),
            new_folder(name),
            name=name,
            tables=tables_with(drafting.open_path(), work.steps, fits),
            records=records,
        )
    except CoverageError as error:
        st.session_state[_PROBLEMS] = error
        return
    drafting.open_saved(str(folder))
