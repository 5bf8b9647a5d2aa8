"""The villages page: ranked table and map in step, and the sheet of the chosen village."""

from __future__ import annotations

import streamlit as st

from coverage.ui import map_component, problems, session, sidebar, signal_map, villages
from coverage.ui.speech import say


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    view = sidebar.filters(inputs)
    sidebar.weights(inputs)
    sidebar.thresholds(inputs, view.technology)
    st.header(say("Thôn theo thứ tự ưu tiên", "Villages by priority"), anchor=False)
    problems.banner(inputs)
    if session.refused(inputs):
        st.error(
            say(
                "Ít nhất một trọng số phải lớn hơn 0; đang dùng trọng số của dự án.",
                "At least one weight must be above 0; the project's own are used.",
            )
        )
    result = session.result_of(inputs, session.scenario(inputs), operator=view.operator)
    left, right = st.columns([11, 10])
    with left:
        parts = signal_map.show(result, view)
    with right:
        villages.table(result, view)
    villages.sheet(result)
    map_component.send_parts(parts)
