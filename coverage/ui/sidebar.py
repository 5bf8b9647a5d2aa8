"""The sidebar: language and project, filters, weights and thresholds."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

import streamlit as st

from coverage.errors import CoverageError, InputDataError
from coverage.maps.words import QUANTITIES
from coverage.model import Inputs
from coverage.params import SIGNAL_CLASSES, Criterion, Scenario, Technology
from coverage.text import vietnamese_order
from coverage.ui import address, cache, problems, session, state
from coverage.ui.speech import say, told
from coverage.ui.words import class_short, plain

_LOWEST_DBM: Final = -140
_HIGHEST_DBM: Final = -50


def open_project() -> Inputs:
    """Return the project of this session; where it cannot be read say why, and stop the page."""
    name = PurePath(state.project()).name or state.project()
    with (
        st.sidebar,
        st.expander(say(f"Dự án: {plain(name)}", f"Project: {plain(name)}"), key="project_box"),
    ):
        st.text_input(
            say("Thư mục dự án", "Project folder"),
            key=state.PROJECT,
            persist_state="session",
            on_change=state.forget_project,
            help=say(
                "Thư mục có tệp project.toml, rồi bấm Enter",
                "A folder that holds project.toml, then Enter",
            ),
        )
    try:
        with st.spinner(say("Đang đọc dữ liệu…", "Reading the project…")):
            inputs = cache.inputs_of(state.project())
    except CoverageError as error:
        _explain(error)
        st.stop()
    address.take(inputs)
    return inputs


def _explain(error: CoverageError) -> None:
    if isinstance(error, InputDataError):
        st.error(say("Dữ liệu đầu vào có lỗi", "The input data have errors"))
        problems.table(error.problems)
    else:
        st.error(plain(told(error.text)))
        st.caption(
            say("Tạo dự án mẫu: ", "A demo project: ") + "`python -m coverage demo data/demo`"
        )


def filters(inputs: Inputs) -> state.View:
    """Show the filters and return what is chosen."""
    operators = sorted(set(inputs.stations["operator"].astype(str)), key=vietnamese_order)
    communes = dict(
        zip(
            inputs.communes["commune_code"].astype(str),
            inputs.communes["name"].astype(str),
            strict=True,
        )
    )
    everything = say("Tất cả", "All")
    with st.sidebar:
        st.segmented_control(
            say("Công nghệ", "Technology"),
            state.technologies(inputs),
            default=state.first_technology(inputs),
            required=True,
            key=state.TECHNOLOGY,
            persist_state="session",
            width="stretch",
        )
        st.selectbox(
            say("Nhà mạng", "Operator"),
            ["", *operators],
            format_func=lambda name: name or everything,
            key=state.OPERATOR,
            persist_state="session",
            help=say(
                "Chấm lại các thôn chỉ theo sóng của nhà mạng này",
                "Grades the villages by the signal of this operator alone",
            ),
        )
        st.selectbox(
            say("Xã, phường", "Commune"),
            ["", *sorted(communes, key=lambda code: vietnamese_order(communes[code]))],
            format_func=lambda code: communes.get(code, everything),
            key=state.COMMUNE,
            persist_state="session",
        )
        st.pills(
            say("Loại sóng", "Class"),
            SIGNAL_CLASSES,
            selection_mode="multi",
            default=SIGNAL_CLASSES,
            format_func=class_short,
            key=state.CLASSES,
            persist_state="session",
        )
    return state.view_now(inputs)


def weights(inputs: Inputs) -> None:
    """Show a slider for the weight of each criterion."""
    with (
        st.sidebar,
        st.expander(say("Trọng số ưu tiên", "Weights"), expanded=True, icon=":material/tune:"),
    ):
        st.caption(
            say("Chỉ tỷ lệ giữa các trọng số có ý nghĩa.", "Only the ratio of weights counts.")
        )
        for criterion in session.base(inputs).priority.criteria:
            _weight(criterion)
        st.button(
            say("Về trọng số của dự án", "Back to the project's weights"),
            on_click=_reset_weights,
            args=(inputs.scenario,),
            width="stretch",
        )


def thresholds(inputs: Inputs, technology: Technology) -> None:
    """Show the threshold profiles and the limits of a technology."""
    profiles = session.profiles(session.base(inputs))
    title = say("Ngưỡng tín hiệu", "Thresholds")
    with st.sidebar, st.expander(title, icon=":material/signal_cellular_alt:"):
        name = st.selectbox(
            say("Bộ ngưỡng", "Profile"),
            list(profiles),
            format_func=lambda name: told(profiles[name].title),
            key=session.PROFILE,
            persist_state="session",
        )
        limits = profiles[name].technologies[technology]
        quantity = f"{technology} {QUANTITIES[technology]}, dBm"
        st.slider(
            say(f"{quantity}: yếu – tốt", f"{quantity}: weak – good"),
            min_value=_LOWEST_DBM,
            max_value=_HIGHEST_DBM,
            value=(round(limits.weak_dbm), round(limits.good_dbm)),
            key=session.limits_key(name, technology),
            persist_state="session",
        )
        if profiles[name].is_assumption:
            st.caption(say("Các ngưỡng này là giả định.", "These limits are an assumption."))


def _weight(criterion: Criterion) -> None:
    st.slider(
        plain(told(criterion.title)),
        min_value=0,
        max_value=100,
        value=session.in_percent(criterion),
        key=session.weight_key(criterion.name),
        persist_state="session",
    )


def _reset_weights(scenario: Scenario) -> None:
    for criterion in scenario.priority.criteria:
        st.session_state[session.weight_key(criterion.name)] = session.in_percent(criterion)
