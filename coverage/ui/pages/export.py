"""The export page: what is to leave the house, made in a job, then downloaded."""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.model import Inputs
from coverage.ui import at_work, exporting, problems, sidebar
from coverage.ui.speech import say

_ASKED: Final = "export_asked"


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Xuất kết quả", "Export"), anchor=False)
    problems.banner(inputs)
    left, right = st.columns(2)
    with left:
        side = exporting.side(inputs)
        chosen = exporting.things()
    with right:
        masts = exporting.positions(is_needed=exporting.MAP in chosen)
        exporting.map_language(is_needed=exporting.MAP in chosen)
    if side is None:
        return
    exporting.warn(inputs, chosen, masts, has_plan=bool(side.plan))
    tasks = exporting.tasks(inputs)
    st.button(
        say("Tạo tệp", "Make the files"),
        type="primary",
        icon=":material/package_2:",
        on_click=_ask,
        args=(inputs,),
        disabled=not tasks,
    )
    asked = st.session_state.get(_ASKED, ())
    found = [job for task in tasks if (job := at_work.desk().find(task.key)) is not None]
    done = at_work.follow([job.key for job in found if job.status == "done" or job.key in asked])
    for job in done:
        exporting.downloads(job, chosen)


def _ask(inputs: Inputs) -> None:
    """Ask for what is chosen when the button is pressed."""
    tasks = exporting.tasks(inputs)
    st.session_state[_ASKED] = tuple(at_work.submit(task).key for task in tasks)
