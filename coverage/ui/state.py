"""What one session has chosen, and the scenario that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from coverage.errors import ScenarioError
from coverage.params import (
    SIGNAL_CLASSES,
    TECHNOLOGIES,
    ClassThresholds,
    Scenario,
    SignalClass,
    Technology,
    ThresholdProfile,
)
from coverage.settings import receiver_levels, threshold_profiles

PROJECT = "project"
CHOSEN = "village"
TABLE = "villages_table"
TABLE_IDS = "villages_in_table"
OWN_PROFILE = "project"
_KEPT = frozenset({PROJECT})


@dataclass(frozen=True, slots=True)
class View:
    """The filters of the map page."""

    technology: Technology
    operator: str
    commune: str
    classes: tuple[SignalClass, ...]

    def as_map_filter(self) -> dict[str, object]:
        """Return the filters as the map's front end takes them."""
        return {
            "technology": self.technology,
            "operator": self.operator,
            "commune": self.commune,
            "classes": list(self.classes or SIGNAL_CLASSES),
        }


def start(project: str) -> None:
    """Set what a new session begins with."""
    # Written in every run: what a widget was only given once is lost when the page changes.
    st.session_state[PROJECT] = st.session_state.get(PROJECT) or project
    st.session_state.setdefault(CHOSEN, "")


def forget_project() -> None:
    """Drop every choice that belongs to the project shown before."""
    for key in list(st.session_state):
        if key not in _KEPT:
            del st.session_state[key]
    st.session_state[CHOSEN] = ""


def chosen() -> str:
    """Return the id of the chosen village, "" for none."""
    return str(st.session_state.get(CHOSEN, ""))


def choose(village_id: str) -> None:
    """Choose a village."""
    st.session_state[CHOSEN] = village_id


def take_from_table() -> None:
    """Choose the village whose row was marked."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    ids = st.session_state.get(TABLE_IDS, [])
    choose(ids[rows[0]] if rows and rows[0] < len(ids) else "")


def mark_in_table(ids: list[str]) -> None:
    """Mark the chosen village's row, wherever filters and weights have put it."""
    st.session_state[TABLE_IDS] = ids
    wanted = [ids.index(chosen())] if chosen() in ids else []
    shown = st.session_state.get(TABLE)
    if (shown["selection"]["rows"] if shown else []) != wanted:
        st.session_state[TABLE] = {"selection": {"rows": wanted, "columns": [], "cells": []}}


def profiles(scenario: Scenario) -> dict[str, ThresholdProfile]:
    """Return the threshold profiles to choose from, at every level, the project's own first."""
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


def scenario_now(base: Scenario, profile_name: str, weights: Mapping[str, float]) -> Scenario:
    """Return the project's scenario with what the session has changed.

    Raises
    ------
    ScenarioError
        Where every weight is 0.
    """
    return base.model_copy(
        update={
            "thresholds": _thresholds(profiles(base)[profile_name], profile_name),
            "priority": base.priority.with_weights(weights),
        }
    )


def scenario_or_own_weights(
    base: Scenario, profile_name: str, weights: Mapping[str, float]
) -> tuple[Scenario, ScenarioError | None]:
    """Return the scenario, with the project's own weights where those chosen cannot be used."""
    try:
        return scenario_now(base, profile_name, weights), None
    except ScenarioError as error:
        return scenario_now(base, profile_name, {}), error


def _thresholds(profile: ThresholdProfile, name: str) -> ThresholdProfile:
    changed: dict[Technology, ClassThresholds] = {}
    for technology in TECHNOLOGIES:
        limits = st.session_state.get(limits_key(name, technology))
        if limits is not None and technology in profile.technologies:
            weak_dbm, good_dbm = limits
            new = ClassThresholds(good_dbm=good_dbm, weak_dbm=weak_dbm)
            if new != profile.technologies[technology]:
                changed[technology] = new
    if not changed:
        return profile
    return profile.model_copy(
        update={
            "technologies": {**profile.technologies, **changed},
            "title_vi": f"{profile.title_vi} (đã chỉnh)",
            "title_en": f"{profile.title_en} (changed)",
            "source": f"{profile.source}; changed in the app",
            "is_assumption": True,
        }
    )
