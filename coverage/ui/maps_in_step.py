"""Maps of whole payloads as a component: one, or several beside each other that move together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from coverage.maps import front_end
from coverage.maps.fields import Payload
from coverage.ui.map_component import own_asset


def show(
    maps: Sequence[tuple[str, Payload]],
    *,
    key: str,
    chosen: str = "",
    places: Sequence[tuple[float, float]] = (),
    on_chosen: Callable[[], None] | None = None,
    on_place: Callable[[], None] | None = None,
) -> None:
    """Draw maps; what they draw is sent once under its version.

    Parameters
    ----------
    maps
        Version and content of each map, from left to right.
    key
        Name of the component on the page.
    chosen
        Id of the village, commune or action whose pop-up is open; "" for none.
    places
        Longitude and latitude of places to mark.
    on_chosen
        Called when the reader chose something; `chosen_on` tells what.
    on_place
        Called when the reader named a place by a click with shift; `place_on` tells which.
    """
    _maps()(
        key=key,
        data={"versions": [version for version, _ in maps], "chosen": chosen, "places": [*places]},
        on_chosen_change=on_chosen or _ignore,
        on_place_change=on_place or _ignore,
    )
    for version, payload in dict(maps).items():
        _part()(
            key=f"{key}_{version}",
            data={"part": {"version": version, "payload": payload}},
            height=1,
        )


def chosen_on(key: str) -> tuple[str, str]:
    """Return kind and id of what the reader has just chosen; empty where nothing."""
    state: Any = st.session_state.get(key) or {}
    what = state.get("chosen") or {}
    return str(what.get("kind", "")), str(what.get("id", ""))


def place_on(key: str) -> tuple[float, float] | None:
    """Return longitude and latitude of the place that the reader has just named."""
    state: Any = st.session_state.get(key) or {}
    place = state.get("place")
    return (float(place[0]), float(place[1])) if place else None


def _ignore() -> None:
    """Let a choice of the reader change nothing on the page."""


@cache
def _maps() -> ComponentRenderer:
    assets = front_end()
    return st.components.v2.component(
        "phusong_maps_in_step",
        html='<div class="maps-frame"><div class="maps-in-step"></div></div>',
        css=f"{assets.css}\n{own_asset('maps_in_step.css')}",
        js=f"{assets.js}\n{own_asset('maps_in_step.js')}",
    )


@cache
def _part() -> ComponentRenderer:
    return st.components.v2.component("phusong_payload", js=own_asset("maps_in_step.js"))
