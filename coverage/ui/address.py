"""The address of a page: it says what is looked at, so that it can be sent and opened again.

Whatever an address holds is checked against the project before it is used; a project is named by a
short mark that only the server can turn into a folder.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from coverage.errors import ScenarioError
from coverage.model import Inputs
from coverage.params import SIGNAL_CLASSES, Scenario
from coverage.saved_scenarios import settings_of
from coverage.settings import scenario_from
from coverage.text import Text
from coverage.ui import cache, levers, state
from coverage.ui.speech import LANGUAGE, language, say

PROJECT: Final = "project"
PLACE: Final = "at"
_LANGUAGE: Final = "lang"
_SCENARIO: Final = "scenario"
_FILTERS: Final = {
    "tech": state.TECHNOLOGY,
    "operator": state.OPERATOR,
    "commune": state.COMMUNE,
    "village": state.CHOSEN,
}
_CLASSES: Final = "classes"
_REFUSED: Final = "address_refused"
_LONGEST: Final = 65_536
_MARK_LENGTH: Final = 12
_ZOOMS: Final = (1.0, 19.0)


def start() -> None:
    """Take language and project from the address, once in a session."""
    if state.ADDRESS_TAKEN in st.session_state:
        return
    if st.query_params.get(_LANGUAGE) in ("vi", "en"):
        st.session_state[LANGUAGE] = st.query_params[_LANGUAGE]
    named = st.query_params.get(PROJECT)
    known = cache.projects_opened().get(named or "")
    if known is not None:
        st.session_state[state.PROJECT] = known
    elif named:
        st.session_state[_REFUSED] = [
            say(
                "dự án trong liên kết chưa được mở trên máy chủ này",
                "the project of the link has not been opened on this server",
            )
        ]


def take(inputs: Inputs) -> None:
    """Take filters, village and scenario from the address, once in a session.

    What does not fit the project is left out, and `tell_refused` says so.
    """
    cache.projects_opened()[_mark(state.project())] = state.project()
    if state.ADDRESS_TAKEN in st.session_state:
        return
    st.session_state[state.ADDRESS_TAKEN] = True
    refused: list[str] = st.session_state.setdefault(_REFUSED, [])
    asked = st.query_params
    allowed = {
        "tech": set(state.technologies(inputs)),
        "operator": set(inputs.stations["operator"].astype(str)),
        "commune": set(inputs.communes["commune_code"].astype(str)),
        "village": set(inputs.villages["village_id"].astype(str)),
    }
    for name, key in _FILTERS.items():
        if asked.get(name) in allowed[name]:
            st.session_state[key] = asked[name]
        elif asked.get(name):
            refused.append(f"{name} = {asked[name]}")
    if classes := asked.get(_CLASSES):
        wanted = [name for name in SIGNAL_CLASSES if name in classes.split("-")]
        if wanted:
            st.session_state[state.CLASSES] = wanted
        else:
            refused.append(f"{_CLASSES} = {classes}")
    if packed := asked.get(_SCENARIO):
        try:
            levers.begin_with(unpacked(packed, inputs.scenario))
        except ScenarioError as error:
            refused.append(error.message(language()))


def tell_refused() -> None:
    """Say once what of the address could not be used."""
    refused = st.session_state.get(_REFUSED)
    if refused:
        st.session_state[_REFUSED] = []
        st.toast(
            say("Liên kết có phần không dùng được: ", "Parts of the link cannot be used: ")
            + "; ".join(text.replace("\n", " ")[:200] for text in refused),
            icon=":material/link_off:",
            duration="long",
        )


def place() -> tuple[float, float, float] | None:
    """Return latitude, longitude and zoom that the address asks a map to show; None if none."""
    try:
        latitude, longitude, zoom = map(float, st.query_params.get(PLACE, "").split(","))
    except ValueError:
        return None
    fits = abs(latitude) <= 90.0 and abs(longitude) <= 180.0 and _ZOOMS[0] <= zoom <= _ZOOMS[1]  # noqa: PLR2004
    return (latitude, longitude, zoom) if fits else None


def write(inputs: Inputs, scenario: Scenario) -> None:
    """Put what is looked at into the address."""
    view = state.view_now(inputs)
    own = state.project() == st.session_state[state.STARTED_WITH]
    values = {
        _LANGUAGE: "" if language() == "vi" else language(),
        PROJECT: "" if own else _mark(state.project()),
        "tech": "" if view.technology == state.first_technology(inputs) else view.technology,
        "operator": view.operator,
        "commune": view.commune,
        "village": state.chosen(),
        _CLASSES: "" if set(view.classes) == set(SIGNAL_CLASSES) else "-".join(view.classes),
        _SCENARIO: "" if scenario == inputs.scenario else _packed_or_nothing(scenario),
    }
    for name, value in values.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def packed(scenario: Scenario) -> str:
    """Write a scenario as letters, digits, - and _.

    Raises
    ------
    ScenarioError
        As `saved_scenarios.settings_of` does.
    """
    text = json.dumps(settings_of(scenario), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8"), 9)).decode().rstrip("=")


def unpacked(text: str, own: Scenario) -> Scenario:
    """Read what `packed` wrote; the legend of the land cover is that of the project's `own`.

    Raises
    ------
    ScenarioError
        Where it is nothing of the kind, or settings are wrong.
    """
    opener = zlib.decompressobj()
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        settings: Any = json.loads(opener.decompress(content, _LONGEST))
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise _no_scenario() from error
    if not isinstance(settings, Mapping) or opener.unconsumed_tail:
        raise _no_scenario()
    legend = own.land_cover.model_dump(mode="json")
    return scenario_from(settings, say("liên kết", "link"), land_cover=legend)


def _packed_or_nothing(scenario: Scenario) -> str:
    try:
        return packed(scenario)
    except ScenarioError:
        return ""


def _no_scenario() -> ScenarioError:
    return ScenarioError(
        Text(
            "phần kịch bản của liên kết bị hỏng hoặc bị cắt mất một đoạn",
            "the scenario in the link is damaged or cut off",
        )
    )


def _mark(project: str) -> str:
    return hashlib.sha256(project.encode("utf-8")).hexdigest()[:_MARK_LENGTH]
