"""The map page: figures, map, ranked table, and the sheet of the chosen village."""

from __future__ import annotations

import streamlit as st

from coverage.ui import (
    cache,
    figures,
    map_component,
    predicting,
    problems,
    sidebar,
    state,
    villages,
)
from coverage.ui.words import plain


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    view = sidebar.filters(inputs)
    weights = sidebar.weights(inputs.scenario)
    profile = sidebar.thresholds(inputs.scenario, view.technology)
    scenario, refused = state.scenario_or_own_weights(inputs.scenario, profile, weights)
    st.header(plain(inputs.project.name), anchor=False)
    problems.banner(inputs)
    if refused:
        st.error(
            "Ít nhất một trọng số phải lớn hơn 0; đang dùng trọng số của dự án / "
            "at least one weight must be above 0; the project's own are used"
        )
    prediction = predicting.of(inputs, scenario)
    result = cache.result_of(inputs, prediction, scenario, operator=view.operator)
    figures.show(result, view)
    parts = cache.map_parts(result, view.operator)
    left, right = st.columns([11, 10])
    with left:
        map_component.show_map(
            parts,
            wanted=view.as_map_filter(),
            chosen=state.chosen(),
            on_chosen=_take_from_map,
        )
    with right:
        villages.table(result, view)
    villages.sheet(result)
    problems.warnings(result.warnings)
    map_component.send_parts(parts)


def _take_from_map() -> None:
    state.choose(map_component.chosen_on_map())
