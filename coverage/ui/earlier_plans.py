"""Plans made before: opened again by the address of the page or from a list, with all levers."""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.jobs import Job, PlanTask
from coverage.model import Inputs
from coverage.ui import levers, sides
from coverage.ui.speech import say

ASKED: Final = "plan_asked"
"""Where the session keeps the job that it asked for last."""
URL: Final = "plan"
_EARLIER: Final = "plan_earlier"


def take_from_url(inputs: Inputs) -> None:
    """Open the plan that the address names, once in a session that has asked for none."""
    named = st.query_params.get(URL, "")
    if named and ASKED not in st.session_state:
        job = sides.plans(inputs).get(named)
        if job is not None:
            _open(job)


def choose(inputs: Inputs) -> None:
    """Offer the plans that were made of these data, whoever made them."""
    made = sides.plans(inputs)
    if not made:
        return
    st.selectbox(
        say(f"Phương án đã lập ({len(made)})", f"Plans made before ({len(made)})"),
        list(made),
        index=None,
        format_func=lambda key: sides.label(made[key]),
        label_visibility="collapsed",
        key=_EARLIER,
        placeholder=say(
            f"Mở lại phương án đã lập ({len(made)})", f"Open a plan made before ({len(made)})"
        ),
        on_change=_open_earlier,
        args=(made,),
    )


def _open_earlier(made: dict[str, Job]) -> None:
    job = made.get(str(st.session_state[_EARLIER]))
    if job is not None:
        _open(job)


def _open(job: Job) -> None:
    if isinstance(job.task, PlanTask):
        levers.take_from(job.task)
        st.session_state[ASKED] = job.key
