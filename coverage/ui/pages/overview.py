"""The overview page: key figures, the map, and coverage by operator, edition and unit."""

from __future__ import annotations

import streamlit as st

from coverage.ui import (
    coverage_tables,
    figures,
    map_component,
    problems,
    session,
    sidebar,
    signal_map,
)
from coverage.ui.speech import say
from coverage.ui.words import plain


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    view = sidebar.filters(inputs)
    sidebar.thresholds(inputs, view.technology)
    st.header(plain(inputs.project.name), anchor=False)
    problems.banner(inputs)
    result = session.result_of(inputs, session.scenario(inputs), operator=view.operator)
    figures.show(result, view)
    left, right = st.columns([11, 10])
    with left:
        parts = signal_map.show(result, view)
    with right:
        by_operator, by_unit = st.tabs(
            [say("Theo nhà mạng", "By operator"), say("Theo địa bàn", "By area")]
        )
        with by_operator:
            coverage_tables.by_operator(result)
        with by_unit:
            coverage_tables.by_unit(result, view)
    problems.warnings(result.warnings)
    map_component.send_parts(parts)
