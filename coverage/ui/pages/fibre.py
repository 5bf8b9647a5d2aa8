"""The fibre page: who has none, how far they are, and where the gaps are largest."""

from __future__ import annotations

import streamlit as st

from coverage.model import Inputs, Result
from coverage.ui import cache, fibre_routes, fibre_view, maps_in_step, problems, session, sidebar
from coverage.ui.speech import language, say


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Cáp quang", "Fibre"), anchor=False)
    problems.banner(inputs)
    result = session.result_of(inputs, session.scenario(inputs))
    fibre_view.figures(result)
    views = {
        "gaps": say("Nơi chưa có", "Where it lacks"),
        "routes": say("Tuyến mới", "New routes"),
    }
    chosen = st.segmented_control(
        say("Xem", "View"),
        list(views),
        format_func=views.__getitem__,
        default="gaps",
        required=True,
        label_visibility="collapsed",
        key="fibre_view",
        persist_state="session",
    )
    if chosen == "routes":
        fibre_routes.show(inputs)
    else:
        gaps(inputs, result)


def gaps(inputs: Inputs, result: Result) -> None:
    """Show where fibre lacks."""
    left, right = st.columns([11, 10])
    with left:
        maps_in_step.show([cache.fibre_map_of(result, language())], key="fibre_map")
    with right:
        fibre_view.villages(result)
    st.subheader(say("Hộ chưa có, theo xã", "Homes without, by commune"), anchor=False)
    fibre_view.communes(result)
    fibre_view.basis(inputs, result)
