"""The indicators page: targets, villages without service in four cells, the life of the gaps."""

from __future__ import annotations

import streamlit as st

from coverage.ui import indicator_tables, problems, session, sidebar
from coverage.ui.speech import say


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Chỉ tiêu", "Indicators"), anchor=False)
    problems.banner(inputs)
    result = session.result_of(inputs, session.scenario(inputs))
    targets, cells, life = st.tabs(
        [
            say("Chỉ tiêu và mục tiêu", "Targets"),
            say("Điện và mức khó khăn", "Power and hardship"),
            say("Tiến độ xử lý", "Life of the gaps"),
        ]
    )
    with targets:
        indicator_tables.province(result)
        indicator_tables.communes(result)
    with cells:
        indicator_tables.four_cells(result)
    with life:
        indicator_tables.life_of_gaps(result)
