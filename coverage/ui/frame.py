"""What stands around every page: style and language before it, scenario and address after."""

from __future__ import annotations

import streamlit as st

from coverage.ui import address, cache, levers, scenarios, state
from coverage.ui.map_component import own_asset
from coverage.ui.speech import LANGUAGE

_LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


def head() -> None:
    """Show what stands before a page: its style, and the choice of language."""
    st.html(f"<style>{own_asset('page.css')}</style>")
    st.session_state[LANGUAGE] = st.session_state.get(LANGUAGE) or "vi"
    with st.sidebar:
        st.segmented_control(
            "Ngôn ngữ / Language",
            list(_LANGUAGES),
            format_func=_LANGUAGES.__getitem__,
            required=True,
            key=LANGUAGE,
            persist_state="session",
            label_visibility="collapsed",
            width="stretch",
        )


def foot() -> None:
    """Show what stands after a page, once its levers are known."""
    inputs = cache.inputs_of(state.project())
    scenario = levers.scenario(inputs)
    scenarios.show(inputs, scenario)
    address.write(inputs, scenario)
    address.tell_refused()
