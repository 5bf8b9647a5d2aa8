"""The map as a component of the page: it keeps the reader's place through every change.

Its data travel in parts, one message each. The browser keeps what it has received, and an unchanged
message is sent to it as a reference only; so a new weight sends the village table and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from coverage.maps import front_end
from coverage.maps.fields import Payload
from coverage.text import Language
from coverage.ui.speech import say

KEY = "signal_map"


def show_map(
    parts: Mapping[str, tuple[str, Payload]],
    *,
    language: Language,
    wanted: Mapping[str, object],
    chosen: str,
    place: tuple[float, float, float] | None,
    on_chosen: Callable[[], None],
) -> None:
    """Draw the map.

    Parameters
    ----------
    parts
        Version and content of `pictures`, `base` and `rows`, sent by `send_parts`.
    language
        Its words; a map of another language is another map.
    wanted
        Filters as the front end's `filter` takes them.
    chosen
        The village whose pop-up is open; "" for none.
    place
        Latitude, longitude and zoom that it shows at first; None for everything.
    on_chosen
        Called when the reader chose another; `chosen_on_map` tells which.
    """
    versions = {name: version for name, (version, _) in parts.items()}
    _map()(
        key=f"{KEY}_{language}",
        data={
            "versions": versions,
            "filter": dict(wanted),
            "chosen": chosen,
            "place": place and [*place],
            "words": {
                "link": say("Chép liên kết của khung nhìn này", "Copy a link to this view"),
                "copied": say("Đã chép liên kết", "Link copied"),
            },
        },
        on_chosen_change=on_chosen,
    )


def send_parts(parts: Mapping[str, tuple[str, Payload]]) -> None:
    """Send the map's data; stands last on the page, where its empty boxes take no room."""
    for name, (version, payload) in parts.items():
        _part()(
            key=f"{KEY}_{name}",
            data={"part": {"name": name, "version": version, "payload": payload}},
            height=1,
        )


def chosen_on_map(language: Language) -> str:
    """Return the village that the reader has just chosen on the map, or ""."""
    state: Any = st.session_state.get(f"{KEY}_{language}") or {}
    return str(state.get("chosen") or "")


@cache
def _map() -> ComponentRenderer:
    assets = front_end()
    return st.components.v2.component(
        "phusong_map",
        html='<div class="app-map"><div></div></div>',
        css=f"{assets.css}\n{own_asset('map.css')}",
        js=f"{assets.js}\n{own_asset('map.js')}",
    )


@cache
def _part() -> ComponentRenderer:
    return st.components.v2.component("phusong_part", js=own_asset("map.js"))


def own_asset(name: str) -> str:
    """Return the text of a file in the app's own assets."""
    return (resources.files("coverage.ui") / "assets" / name).read_text(encoding="utf-8")
