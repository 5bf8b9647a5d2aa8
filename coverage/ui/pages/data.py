"""The data page: what was read, sheets to import, tables to edit, a site to add."""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.text import Text
from coverage.ui import (
    data_checks,
    drafting,
    intake_review,
    problems,
    saving,
    sending,
    sidebar,
    site_adding,
    table_editor,
)
from coverage.ui.speech import say, told
from coverage.ui.words import plain

_PARTS: Final = {
    "check": Text("Kiểm tra", "Check"),
    "import": Text("Nhập bảng", "Import"),
    "edit": Text("Sửa bảng", "Edit tables"),
    "site": Text("Thêm trạm", "Add a site"),
}


def show() -> None:
    """Show the page."""
    drafting.take_from_url()
    inputs = sidebar.open_project()
    st.header(say("Dữ liệu", "Data") + f" · {plain(inputs.project.name)}", anchor=False)
    problems.banner(inputs)
    drafting.say_what_was_told()
    work = drafting.current()
    if not drafting.is_of_these_tables(work, inputs):
        st.error(
            say(
                "Tệp của dự án đã thay đổi sau khi bắt đầu sửa, nên bản nháp không còn khớp.",
                "The files of the project changed after the draft was begun; it fits no more.",
            )
        )
        st.button(say("Bỏ bản nháp", "Discard the draft"), on_click=drafting.throw_away)
        return
    part = _part()
    fits, reports, has_errors = [], {}, False
    if part == "check":
        data_checks.show(inputs)
        return
    if part == "import":
        sending.show(is_open=not work.files)
        fits = intake_review.show(inputs, work)
        reports = intake_review.reports(inputs, work)
        has_errors = table_editor.problems(inputs, work)
    elif part == "edit":
        has_errors = table_editor.show(inputs, work)
    else:
        site_adding.show(inputs, work)
        has_errors = table_editor.problems(inputs, work)
    saving.show(inputs, work, fits=fits, reports=reports, has_errors=has_errors)


def _part() -> str:
    """Let the reader choose a part of the page; the address names it."""
    named = str(st.query_params.get(drafting.PART, "check"))
    part = st.segmented_control(
        say("Phần", "Part"),
        list(_PARTS),
        format_func=lambda name: told(_PARTS[name]),
        default=named if named in _PARTS else "check",
        required=True,
        key="data_part",
        label_visibility="collapsed",
    )
    st.query_params[drafting.PART] = str(part)
    return str(part)
