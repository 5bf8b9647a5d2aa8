"""The compare page: two scenarios, plans or output folders beside each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import streamlit as st

from coverage.errors import CoverageError, InputDataError
from coverage.model import Inputs
from coverage.ui import access, at_work, cache, comparing, maps_in_step, problems, sidebar, sides
from coverage.ui.sides import Side
from coverage.ui.speech import say, told
from coverage.ui.words import plain

_ASKED: Final = "compare_asked"
_BASE: Final = "compare_a"
_OTHER: Final = "compare_b"


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("So sánh", "Compare"), anchor=False)
    problems.banner(inputs)
    left, right = st.columns(2)
    with left:
        base = sides.choose(inputs, say("Gốc", "Base"), _BASE, first=sides.PROJECT)
    with right:
        other = sides.choose(inputs, say("Bên kia", "Other"), _OTHER, first=sides.SESSION)
    if base is None or other is None:
        st.caption(say("Hãy nêu thư mục cần so sánh.", "Name the folder to compare."))
        return
    if base == other:
        st.info(say("Hai bên đang giống nhau.", "Both sides are the same."))
        return
    both = [_ready(inputs, side) for side in (base, other)]
    folders = [folder for folder in both if isinstance(folder, Path)]
    if len(folders) == len(both):
        _told(lambda: _compared(folders[0], folders[1], base, other))
        return
    st.button(
        say("So sánh", "Compare"),
        type="primary",
        icon=":material/compare_arrows:",
        on_click=_ask,
        args=(inputs,),
    )
    keys = [key for key in both if isinstance(key, str)]
    asked = st.session_state.get(_ASKED, ())
    at_work.follow([key for key in keys if key in asked])


def _ready(inputs: Inputs, side: Side) -> Path | str:
    """Return the folder of a side, or the key of the job that would write it."""
    if side.folder is not None:
        return side.folder
    key = side.task(inputs).key
    job = at_work.desk().find(key)
    return sides.outputs_of(job) if job is not None and job.status == "done" else key


def _ask(inputs: Inputs) -> None:
    """Ask for the outputs of both sides as they stand when the button is pressed."""
    both = [sides.chosen_now(inputs, key) for key in (_BASE, _OTHER)]
    tasks = [side.task(inputs) for side in both if side is not None and side.folder is None]
    st.session_state[_ASKED] = tuple(at_work.submit(task).key for task in tasks)


def _compared(base: Path, other: Path, *both: Side) -> None:
    for side in both:
        if side.folder is not None:
            access.demand_folder(side.folder)
    found = cache.comparison_of(base, other)
    comparing.headline(found)
    maps = [cache.map_of_folder(folder) for folder in (base, other)]
    if all(maps):
        st.caption(
            say(
                "Trái: gốc · phải: bên kia. Hai bản đồ di chuyển cùng nhau.",
                "Left: base · right: other. Both maps move together.",
            )
        )
        maps_in_step.show([one for one in maps if one is not None], key="compare_maps")
    comparing.figures(found)
    comparing.plans(found, [cache.plan_by_key(at_work.desk(), side.plan) for side in both])
    comparing.villages(found)
    comparing.differences(found)
    problems.warnings(found.warnings)


def _told(draw: Callable[[], None]) -> None:
    """Draw, or say why it cannot be."""
    try:
        draw()
    except InputDataError as error:
        st.error(say("Không so sánh được", "These cannot be compared"))
        problems.table(error.problems)
    except CoverageError as error:
        st.error(plain(told(error.text)))
