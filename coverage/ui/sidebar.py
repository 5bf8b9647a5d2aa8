"""The sidebar: which project, which filters, which weights and thresholds."""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.errors import CoverageError, InputDataError
from coverage.maps.words import QUANTITIES
from coverage.model import Inputs
from coverage.params import (
    MAIN_TECHNOLOGY,
    SIGNAL_CLASSES,
    TECHNOLOGIES,
    Criterion,
    Scenario,
    Technology,
)
from coverage.text import vietnamese_order
from coverage.ui import cache, problems, state
from coverage.ui.words import CLASS_SHORT, plain

_LOWEST_DBM: Final = -140
_HIGHEST_DBM: Final = -50


def open_project() -> Inputs:
    """Return the project of this session; where it cannot be read say why, and stop the page."""
    with st.sidebar:
        st.text_input(
            "Thư mục dự án / Project folder",
            key=state.PROJECT,
            persist_state="session",
            on_change=state.forget_project,
            help="Thư mục có project.toml, rồi bấm Enter / a folder with project.toml, then Enter",
        )
    try:
        with st.spinner("Đang đọc dữ liệu / Reading the project…"):
            return cache.inputs_of(str(st.session_state[state.PROJECT]).strip())
    except CoverageError as error:
        _explain(error)
        st.stop()


def _explain(error: CoverageError) -> None:
    if isinstance(error, InputDataError):
        st.error("Dữ liệu đầu vào có lỗi / The input data have errors")
        problems.table(error.problems)
    else:
        st.error(plain(error.text))
        st.caption("Dự án mẫu / demo project: `python -m coverage demo data/demo`")


def filters(inputs: Inputs) -> state.View:
    """Show the filters and return what is chosen."""
    present = set(inputs.stations["technology"])
    technologies = [t for t in TECHNOLOGIES if t in present] or [MAIN_TECHNOLOGY]
    operators = sorted(set(inputs.stations["operator"].astype(str)), key=vietnamese_order)
    communes = dict(
        zip(
            inputs.communes["commune_code"].astype(str),
            inputs.communes["name"].astype(str),
            strict=True,
        )
    )
    with st.sidebar:
        technology = st.segmented_control(
            "Công nghệ / Technology",
            technologies,
            default=MAIN_TECHNOLOGY if MAIN_TECHNOLOGY in technologies else technologies[0],
            required=True,
            key="technology",
            persist_state="session",
            width="stretch",
        )
        operator = st.selectbox(
            "Nhà mạng / Operator",
            ["", *operators],
            format_func=lambda name: name or "Tất cả / All",
            key="operator",
            persist_state="session",
            help="Chấm lại các thôn chỉ theo sóng của nhà mạng này / grades by this operator alone",
        )
        commune = st.selectbox(
            "Xã, phường / Commune",
            ["", *sorted(communes, key=lambda code: vietnamese_order(communes[code]))],
            format_func=lambda code: communes.get(code, "Tất cả / All"),
            key="commune",
            persist_state="session",
        )
        classes = st.pills(
            "Loại sóng / Class",
            SIGNAL_CLASSES,
            selection_mode="multi",
            default=SIGNAL_CLASSES,
            format_func=CLASS_SHORT.__getitem__,
            key="classes",
            persist_state="session",
        )
    return state.View(technology, operator or "", commune or "", tuple(classes))


def weights(scenario: Scenario) -> dict[str, float]:
    """Show a slider per criterion and return the weights."""
    with (
        st.sidebar,
        st.expander("Trọng số ưu tiên / Weights", expanded=True, icon=":material/tune:"),
    ):
        st.caption("Chỉ tỷ lệ giữa các trọng số có nghĩa / only their ratio counts")
        chosen = {c.name: _weight(c) for c in scenario.priority.criteria}
        st.button("Đặt lại / Reset", on_click=_reset_weights, args=(scenario,), width="stretch")
    return chosen


def thresholds(scenario: Scenario, technology: Technology) -> str:
    """Show the threshold profiles and the chosen technology's limits; return the profile's name."""
    profiles = state.profiles(scenario)
    with st.sidebar, st.expander("Ngưỡng / Thresholds", icon=":material/signal_cellular_alt:"):
        name = st.selectbox(
            "Bộ ngưỡng / Profile",
            list(profiles),
            format_func=lambda name: str(profiles[name].title),
            key="profile",
            persist_state="session",
        )
        limits = profiles[name].technologies[technology]
        st.slider(
            f"{technology} {QUANTITIES[technology]}, dBm: yếu – tốt / weak – good",
            min_value=_LOWEST_DBM,
            max_value=_HIGHEST_DBM,
            value=(round(limits.weak_dbm), round(limits.good_dbm)),
            key=state.limits_key(name, technology),
            persist_state="session",
        )
        if profiles[name].is_assumption:
            st.caption("Ngưỡng là giả định / the limits are an assumption")
    return str(name)


def _weight(criterion: Criterion) -> float:
    percent = st.slider(
        plain(criterion.title),
        min_value=0,
        max_value=100,
        value=round(100 * criterion.weight),
        key=state.weight_key(criterion.name),
        persist_state="session",
    )
    return criterion.weight if percent == round(100 * criterion.weight) else percent / 100


def _reset_weights(scenario: Scenario) -> None:
    for criterion in scenario.priority.criteria:
        st.session_state[state.weight_key(criterion.name)] = round(100 * criterion.weight)
