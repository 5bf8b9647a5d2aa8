"""Routes of fibre on the page: their levers, the work under way, and what was found."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from coverage.exports.tables import fibre_tables
from coverage.jobs import FibreTask, Job
from coverage.model import FibrePlan, Inputs
from coverage.ui import access, at_work, cache, levers, maps_in_step, plan_view, session, state
from coverage.ui.numbers import written
from coverage.ui.speech import digits, language, money, say, told
from coverage.ui.words import plain

_OF: Final = "fibre"
_ASKED: Final = "fibre_asked"
_MAP: Final = "fibre_routes_map"
_KM: Final = 1000.0
_HEIGHT: Final = 420


def show(inputs: Inputs) -> None:
    """Show what routes would be asked for, and those found last."""
    levers.start_aim(_OF, 20.0, 80)
    with st.container(border=True, key="fibre_levers"):
        left, right = st.columns([6, 1], vertical_alignment="bottom")
        with left:
            levers.aim_levers(
                _OF, say("Cần nối (% hộ chưa có)", "To be joined (% of homes without)")
            )
        with right:
            st.button(
                say("Tìm tuyến", "Find routes"),
                type="primary",
                on_click=_ask,
                args=(inputs,),
                disabled=not access.may_edit(),
                help=access.why_not(),
                width="stretch",
            )
    asked = str(st.session_state.get(_ASKED, ""))
    for job in at_work.follow([asked]) if asked else []:
        _found(inputs, job, cache.fibre_plan_of(job))


def _ask(inputs: Inputs) -> None:
    budget, target = levers.aim_of(_OF)
    task = FibreTask(
        project=state.project(),
        section=inputs.project,
        fingerprint=inputs.fingerprint,
        scenario=session.scenario(inputs),
        budget=budget,
        target=target,
    )
    st.session_state[_ASKED] = at_work.submit(task).key


def _found(inputs: Inputs, job: Job, plan: FibrePlan) -> None:
    for note in plan.notes:
        st.info(plain(told(note)))
    km = digits(plan.routes["length_m"].sum() / _KM, 1)
    with st.container(horizontal=True, key="fibre_route_figures"):
        for label, value in (
            (say("Vốn dùng", "Capex used"), money(plan.spent)),
            (say("Cáp mới", "New fibre"), f"{km} km"),
            (say("Thôn được nối", "Villages joined"), digits(len(plan.villages))),
            (
                say("Hộ ở các thôn đó", "Households there"),
                digits(plan.villages["households"].sum()),
            ),
        ):
            st.metric(label, value, border=True, width="content")
    st.caption(plan_view.gap_told(plan))
    left, right = st.columns([11, 10])
    with left:
        result = session.result_of(inputs, job.task.scenario)
        maps_in_step.show([cache.map_of(result, language(), plan=plan, plan_key=job.key)], key=_MAP)
    with right:
        _villages(plan)
        st.download_button(
            say("Tải các bảng (ZIP)", "Download the tables (ZIP)"),
            lambda: plan_view.packed(fibre_tables(plan)),
            file_name="cap_quang.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
        )


def _villages(plan: FibrePlan) -> None:
    villages = plan.villages
    share = say("Phần vốn (triệu đồng)", "Share of capex (million VND)")
    route = say("Tuyến (km)", "Route (km)")
    shown = pd.DataFrame(
        {
            "#": villages["fibre_order"],
            say("Thôn", "Village"): villages["name"],
            say("Xã", "Commune"): villages["commune_name"],
            say("Hộ", "Households"): villages["households"],
            route: villages["route_length_m"] / _KM,
            share: villages["capex"] / 1e6,
            say("Nhánh", "Branch"): villages["branch_id"],
            say("Từ nút", "From node"): villages["source_id"],
        }
    )
    st.dataframe(
        written(shown.reset_index(drop=True), {route: 1}),
        hide_index=True,
        height=_HEIGHT,
        width="stretch",
    )
