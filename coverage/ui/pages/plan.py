"""The plan page: levers, the plan being made, and the plan that was made."""

from __future__ import annotations

import streamlit as st

from coverage.jobs import PlanTask
from coverage.model import Inputs
from coverage.ui import (
    access,
    at_work,
    cache,
    earlier_plans,
    levers,
    plan_view,
    problems,
    session,
    sidebar,
)
from coverage.ui.speech import say


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Phương án xây dựng", "Plan"), anchor=False)
    problems.banner(inputs)
    levers.start(session.base(inputs).planning)
    earlier_plans.take_from_url(inputs)
    with st.container(border=True, key="plan_levers"):
        main, ask = st.columns([6, 1], vertical_alignment="bottom")
        with main:
            levers.main()
        locks = sum(len(st.session_state[name]) for name in levers.LOCKS)
        places = len(st.session_state[levers.PLACES])
        more = say(
            f"Tùy chọn khác · khóa: {locks} · vị trí thêm: {places}",
            f"More levers · locks: {locks} · further places: {places}",
        )
        left, right = st.columns([1, 1], vertical_alignment="top")
        with right:
            earlier_plans.choose(inputs)
        with left.expander(more, icon=":material/tune:"):
            plan_view.lock_lists()
            levers.further(inputs)
        task = levers.task(inputs)
        with ask:
            st.button(
                say("Lập phương án", "Plan"),
                type="primary",
                on_click=_ask,
                args=(inputs,),
                disabled=task is None or not access.may_edit(),
                help=access.why_not(),
                width="stretch",
            )
    if task is None:
        st.error(say("Hãy chọn ít nhất một loại hạng mục.", "Choose at least one kind of action."))
        return
    _outcome(inputs, task)


def _outcome(inputs: Inputs, task: PlanTask) -> None:
    """Show the plan of the levers if it was made, else the last one, and the work under way."""
    desk = at_work.desk()
    asked = str(st.session_state.get(earlier_plans.ASKED, ""))
    now = desk.find(task.key)
    done = at_work.follow([asked]) if asked else []
    job = now if now is not None and now.status == "done" else next(iter(done), None)
    if job is None:
        if not asked:
            st.caption(
                say(
                    "Chọn ngân sách hoặc mục tiêu rồi bấm “Lập phương án”. Việc tính chạy riêng: "
                    "có thể xem các trang khác hoặc đóng trang này trong lúc chờ.",
                    "Choose a budget or a target, then “Make the plan”. The work runs apart: look "
                    "at other pages or close this one meanwhile.",
                )
            )
        return
    if job.key != task.key:
        st.warning(
            say(
                "Các lựa chọn đã đổi so với phương án đang hiện; hãy lập lại phương án.",
                "The levers differ from the plan shown; make the plan again.",
            )
        )
    st.query_params[earlier_plans.URL] = job.key
    plan_view.show(inputs, job, cache.plan_of(job))


def _ask(inputs: Inputs) -> None:
    """Ask for the plan of the levers as they stand when the button is pressed."""
    task = levers.task(inputs)
    if task is not None:
        st.session_state[earlier_plans.ASKED] = at_work.submit(task).key
