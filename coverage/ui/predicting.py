"""The prediction of a project on a page: taken from the cache, or made by a job meanwhile followed.

The first prediction of a project takes a minute or more. It runs in a process of its own, so other
pages and other readers are served meanwhile, and a closed tab loses nothing.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from coverage.jobs import PredictTask
from coverage.model import Inputs, Prediction
from coverage.params import Scenario
from coverage.ui import at_work, cache, state
from coverage.ui.speech import say

_ASKED: Final = "predictions_asked"


def of(inputs: Inputs, scenario: Scenario) -> Prediction:
    """Return the prediction; while it is being made show how far it is, and end the script there.

    What stands on the page before the call stays usable; the page is drawn anew once it is made.
    """
    found = cache.kept_prediction(inputs, scenario)
    if found is not None:
        return found
    task = _task(inputs, scenario)
    asked = st.session_state.setdefault(_ASKED, set())
    if task.key not in asked:
        _ask(task)
    place = st.container(key="predicting")
    with place:
        done = at_work.follow([task.key])
    found = cache.kept_prediction(inputs, scenario) if done else None
    if found is not None:
        return found
    if done:
        asked.discard(task.key)  # it was swept from the cache since
        st.rerun()
    with place:
        _beside(task)
    return st.stop()


def _task(inputs: Inputs, scenario: Scenario) -> PredictTask:
    """Return the work, the same one for all scenarios that a prediction cannot tell apart."""
    alike = {"radio": scenario.radio, "land_cover": scenario.land_cover}
    return PredictTask(
        project=state.project(),
        section=inputs.project,
        fingerprint=inputs.fingerprint,
        scenario=inputs.scenario.model_copy(update=alike),
    )


def _beside(task: PredictTask) -> None:
    """Say what a reader may do meanwhile, or offer to begin again."""
    job = at_work.desk().find(task.key)
    if job is not None and job.is_live:
        st.caption(
            say(
                "Lần đầu mở dự án cần dự báo sóng; việc này chạy riêng: có thể xem trang khác hoặc "
                "đóng trang này, kết quả vẫn được giữ.",
                "A project opened for the first time needs its signal predicted. That runs apart: "
                "look at other pages or close this one, the result is kept.",
            )
        )
        return
    st.button(
        say("Dự báo lại", "Predict again"),
        icon=":material/refresh:",
        on_click=_ask,
        args=(task,),
    )


def _ask(task: PredictTask) -> None:
    at_work.submit(task, anew=True)
    st.session_state.setdefault(_ASKED, set()).add(task.key)
