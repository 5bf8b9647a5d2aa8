"""What one session has chosen: project, filters, village."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from coverage.model import Inputs
from coverage.params import (
    MAIN_TECHNOLOGY,
    SIGNAL_CLASSES,
    TECHNOLOGIES,
    SignalClass,
    Technology,
)
from coverage.ui.speech import LANGUAGE

PROJECT: Final = "project"
STARTED_WITH: Final = "project_of_server"
CHOSEN: Final = "village"
TABLE: Final = "villages_table"
TABLE_IDS: Final = "villages_in_table"
TECHNOLOGY: Final = "technology"
OPERATOR: Final = "operator"
COMMUNE: Final = "commune"
CLASSES: Final = "classes"
ADDRESS_TAKEN: Final = "address_taken"
"""Whether this session has taken what its address asked for."""
_KEPT: Final = frozenset({PROJECT, STARTED_WITH, LANGUAGE, ADDRESS_TAKEN})


@dataclass(frozen=True, slots=True)
class View:
    """What the filters leave to be seen; "" stands for any operator and for all communes."""

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
    """Set what a new session begins with: the project that the server was started with."""
    # Written in every run: what a widget was only given once is lost when the page changes.
    st.session_state[STARTED_WITH] = project
    st.session_state[PROJECT] = st.session_state.get(PROJECT) or project
    st.session_state.setdefault(CHOSEN, "")


def project() -> str:
    """Return where the project of this session lies."""
    return str(st.session_state[PROJECT]).strip()


def forget_project() -> None:
    """Drop every choice that belongs to the project shown before."""
    for key in list(st.session_state):
        if key not in _KEPT:
            del st.session_state[key]
    st.session_state[CHOSEN] = ""


def view_now(inputs: Inputs) -> View:
    """Return what the filters of this session leave, wherever their widgets stand."""
    chosen = st.session_state
    classes = chosen.get(CLASSES) or SIGNAL_CLASSES
    return View(
        chosen.get(TECHNOLOGY) or first_technology(inputs),
        str(chosen.get(OPERATOR) or ""),
        str(chosen.get(COMMUNE) or ""),
        tuple(name for name in SIGNAL_CLASSES if name in classes),
    )


def technologies(inputs: Inputs) -> list[Technology]:
    """Return the technologies that the station list holds."""
    present = set(inputs.stations["technology"])
    return [t for t in TECHNOLOGIES if t in present] or [MAIN_TECHNOLOGY]


def first_technology(inputs: Inputs) -> Technology:
    """Return the technology that a session begins with."""
    found = technologies(inputs)
    return MAIN_TECHNOLOGY if MAIN_TECHNOLOGY in found else found[0]


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
