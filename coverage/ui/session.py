"""What the pages beside the map need of the session: its scenario, and the result of one."""

from __future__ import annotations

import streamlit as st

from coverage.model import Inputs, Result
from coverage.params import Scenario
from coverage.ui import cache, predicting, state

_PERCENT = 100.0


def scenario(inputs: Inputs) -> Scenario:
    """Return the project's scenario with what this session has changed in the sidebar."""
    base = inputs.scenario
    weights = {}
    for criterion in base.priority.criteria:
        percent = st.session_state.get(state.weight_key(criterion.name))
        if percent is None or percent == round(_PERCENT * criterion.weight):
            weights[criterion.name] = criterion.weight
        else:
            weights[criterion.name] = percent / _PERCENT
    profiles = state.profiles(base)
    profile = st.session_state.get("profile")
    name = profile if profile in profiles else next(iter(profiles))
    return state.scenario_or_own_weights(base, name, weights)[0]


def result_of(inputs: Inputs, wanted: Scenario) -> Result:
    """Return the result of a scenario; while its signal is predicted the page ends there."""
    prediction = predicting.of(inputs, wanted)
    return cache.result_of(inputs, prediction, wanted, operator="")
