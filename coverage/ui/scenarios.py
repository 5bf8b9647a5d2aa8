"""The scenario box of the sidebar: undo, names under which scenarios are kept, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from coverage.errors import CoverageError
from coverage.io.project import project_path
from coverage.model import Inputs
from coverage.params import Scenario
from coverage.saved_scenarios import as_toml, save, saved
from coverage.settings import read_toml, scenario_from
from coverage.ui import access, levers, state
from coverage.ui.speech import language, say
from coverage.ui.words import plain

_EARLIER: Final = "scenarios_before"
_NAME: Final = "scenario_name"
_OPENED: Final = "scenario_opened"
_SAID: Final = "scenario_said"
_MOST: Final = 30


def show(inputs: Inputs, scenario: Scenario) -> None:
    """Show the box; stands after every lever, so that it knows what they changed."""
    _remember(scenario)
    changed = scenario != inputs.scenario
    name = plain(scenario.name)
    mark = say(" · đã chỉnh", " · changed") if changed else ""
    title = say(f"Kịch bản: {name}{mark}", f"Scenario: {name}{mark}")
    with st.sidebar, st.expander(title, icon=":material/bookmark:", key="scenario_box"):
        left, right = st.columns(2)
        left.button(
            say("Hoàn tác", "Undo"),
            icon=":material/undo:",
            on_click=_undo,
            disabled=len(st.session_state[_EARLIER]) < 2,  # noqa: PLR2004 - the last one is now
            width="stretch",
            key="scenario_undo",
        )
        right.button(
            say("Về gốc", "Reset"),
            icon=":material/restart_alt:",
            help=say("Trở về kịch bản của dự án", "Back to the project's own scenario"),
            on_click=levers.begin_with,
            args=(inputs.scenario,),
            disabled=not changed,
            width="stretch",
            key="scenario_reset",
        )
        _choose_saved(inputs)
        _offer_to_save(scenario)
    _tell()


def _remember(scenario: Scenario) -> None:
    """Keep a scenario for undo where it differs from the last one kept."""
    earlier: tuple[Scenario, ...] = st.session_state.get(_EARLIER, ())
    if not earlier or earlier[-1] != scenario:
        earlier = (*earlier, scenario)[-_MOST:]
    st.session_state[_EARLIER] = earlier


def _undo() -> None:
    *earlier, _now = st.session_state[_EARLIER]
    st.session_state[_EARLIER] = tuple(earlier)
    levers.begin_with(earlier[-1])


def _folder() -> Path:
    return project_path(state.project()).parent


def _choose_saved(inputs: Inputs) -> None:
    files = {path.stem: path for path in saved(_folder())}
    if not files:
        return
    st.selectbox(
        say("Mở kịch bản đã lưu", "Open a saved scenario"),
        list(files),
        index=None,
        placeholder=say(f"{len(files)} kịch bản", f"{len(files)} scenarios"),
        key=_OPENED,
        on_change=_open,
        args=(inputs, files),
    )


def _open(inputs: Inputs, files: dict[str, Path]) -> None:
    path = files.get(str(st.session_state[_OPENED]))
    if path is None:
        return
    legend = inputs.scenario.land_cover.model_dump(mode="json")
    try:
        levers.begin_with(scenario_from(read_toml(path), path.name, land_cover=legend))
    except CoverageError as error:
        st.session_state[_SAID] = (False, error.message(language()))
    st.session_state[_OPENED] = None


def _offer_to_save(scenario: Scenario) -> None:
    st.text_input(
        say("Lưu với tên", "Save under a name"),
        key=_NAME,
        placeholder=say("ví dụ: Ưu tiên vùng khó khăn", "for example: hardship first"),
    )
    left, right = st.columns(2)
    left.button(
        say("Lưu", "Save"),
        icon=":material/save:",
        on_click=_save,
        args=(scenario,),
        disabled=not access.may_edit(),
        width="stretch",
        key="scenario_save",
        help=say(
            "Ghi tệp TOML vào thư mục scenarios của dự án; tệp cùng tên được thay.",
            "Writes a TOML file into the project's folder scenarios; one of that name is replaced.",
        ),
    )
    try:
        text = as_toml(scenario)
    except CoverageError as error:
        st.caption(plain(error.message(language())))
        return
    right.download_button(
        "TOML",
        text,
        file_name="scenario.toml",
        mime="application/toml",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def _save(scenario: Scenario) -> None:
    name = str(st.session_state.get(_NAME) or "")
    try:
        access.demand_editor()
        path = save(scenario, name, _folder())
    except CoverageError as error:
        st.session_state[_SAID] = (False, error.message(language()))
        return
    levers.begin_with(scenario.model_copy(update={"name": " ".join(name.split())}))
    st.session_state[_SAID] = (True, say(f"Đã lưu {path.name}", f"Saved {path.name}"))


def _tell() -> None:
    """Say once what became of the last saving or opening."""
    said = st.session_state.pop(_SAID, None)
    if said is not None:
        fine, text = said
        st.toast(plain(text), icon=":material/check:" if fine else ":material/error:")
