"""The scenario of a session: where it began, what the levers changed, and what follows from it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.errors import ScenarioError
from coverage.model import Inputs, Result
from coverage.params import (
    TECHNOLOGIES,
    ClassThresholds,
    Criterion,
    PriorityRules,
    Scenario,
    Technology,
    ThresholdProfile,
)
from coverage.settings import receiver_levels, threshold_profiles
from coverage.text import Text
from coverage.ui import cache, predicting

PROFILE: Final = "profile"
OWN_PROFILE: Final = "project"
_BEGAN_WITH: Final = "scenario_began_with"
_PERCENT: Final = 100.0
_CHANGED: Final = Text(" (đã chỉnh)", " (changed)")
_BY_APP: Final = "; changed in the app"


def base(inputs: Inputs) -> Scenario:
    """Return the scenario that the levers change: the project's own, or one opened since."""
    opened: Scenario | None = st.session_state.get(_BEGAN_WITH)
    return inputs.scenario if opened is None else opened


def begin_with(scenario: Scenario) -> None:
    """Set the scenario that the levers change, and the levers of weights and thresholds to it."""
    chosen = st.session_state
    chosen[_BEGAN_WITH] = scenario
    for criterion in scenario.priority.criteria:
        chosen[weight_key(criterion.name)] = in_percent(criterion)
    name = next(iter(profiles(scenario)))
    chosen[PROFILE] = name
    for technology, limits in scenario.thresholds.technologies.items():
        chosen[limits_key(name, technology)] = _rounded(limits)


def scenario(inputs: Inputs) -> Scenario:
    """Return the scenario with the weights and thresholds that this session has chosen.

    Weights that cannot be used, all of them 0, leave those of the base; `refused` tells of it.
    """
    began, chosen = base(inputs), st.session_state.get(PROFILE)
    offered = profiles(began)
    name = chosen if chosen in offered else next(iter(offered))
    try:
        rules = _weighed(began)
    except ScenarioError:
        rules = began.priority
    return began.model_copy(
        update={"thresholds": _thresholds(offered[name], name), "priority": rules}
    )


def refused(inputs: Inputs) -> ScenarioError | None:
    """Return why the weights chosen cannot be used; None where they can."""
    try:
        _weighed(base(inputs))
    except ScenarioError as error:
        return error
    return None


def profiles(scenario: Scenario) -> dict[str, ThresholdProfile]:
    """Return the threshold profiles to choose from, at every level, the scenario's own first."""
    shipped = {
        f"{name}_{level}": profile.raised(place)
        for level, place in receiver_levels().items()
        for name, profile in threshold_profiles().items()
    }
    own = next((n for n, p in shipped.items() if p == scenario.thresholds), None)
    if own is None:
        return {OWN_PROFILE: scenario.thresholds, **shipped}
    return {own: shipped.pop(own), **shipped}


def limits_key(profile: str, technology: Technology) -> str:
    """Name of the slider that holds a technology's limits."""
    return f"limits_{profile}_{technology}"


def weight_key(criterion: str) -> str:
    """Name of the slider that holds a criterion's weight."""
    return f"weight_{criterion}"


def in_percent(criterion: Criterion) -> int:
    """Return a criterion's weight as its slider shows it."""
    return round(_PERCENT * criterion.weight)


def result_of(inputs: Inputs, wanted: Scenario, *, operator: str = "") -> Result:
    """Return the result of a scenario; while its signal is predicted the page ends there."""
    prediction = predicting.of(inputs, wanted)
    return cache.result_of(inputs, prediction, wanted, operator=operator)


def _weighed(began: Scenario) -> PriorityRules:
    """Return the criteria with the weights chosen; a slider not moved keeps the weight behind it.

    Raises
    ------
    ScenarioError
        Where all are 0.
    """
    weights = {}
    for criterion in began.priority.criteria:
        percent = st.session_state.get(weight_key(criterion.name))
        if percent is None or percent == in_percent(criterion):
            weights[criterion.name] = criterion.weight
        else:
            weights[criterion.name] = percent / _PERCENT
    return began.priority.with_weights(weights)


def _rounded(limits: ClassThresholds) -> tuple[int, int]:
    return round(limits.weak_dbm), round(limits.good_dbm)


def _thresholds(profile: ThresholdProfile, name: str) -> ThresholdProfile:
    changed: dict[Technology, ClassThresholds] = {}
    for technology in TECHNOLOGIES:
        limits = st.session_state.get(limits_key(name, technology))
        if limits is None or technology not in profile.technologies:
            continue
        if tuple(limits) != _rounded(profile.technologies[technology]):
            weak_dbm, good_dbm = limits
            changed[technology] = ClassThresholds(good_dbm=good_dbm, weak_dbm=weak_dbm)
    if not changed:
        return profile
    return profile.model_copy(
        update={
            "technologies": {**profile.technologies, **changed},
            "title_vi": f"{profile.title_vi.removesuffix(_CHANGED.vi)}{_CHANGED.vi}",
            "title_en": f"{profile.title_en.removesuffix(_CHANGED.en)}{_CHANGED.en}",
            "source": f"{profile.source.removesuffix(_BY_APP)}{_BY_APP}",
            "is_assumption": True,
        }
    )
