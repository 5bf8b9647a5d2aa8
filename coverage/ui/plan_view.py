"""A finished plan on the page: figures, curve, map, the actions in order, and their locks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from coverage.exports.tables import plan_tables
from coverage.io.writers import write_csv
from coverage.jobs import Job
from coverage.maps.words import ACTION_KINDS, BACKHAUL_KINDS, POWER_SOURCES
from coverage.model import FibrePlan, Inputs, Plan
from coverage.text import Text
from coverage.ui import cache, maps_in_step, session
from coverage.ui.levers import MUST, MUST_NOT, PLACES
from coverage.ui.numbers import written
from coverage.ui.speech import digits, language, percent, say, told
from coverage.ui.words import plain

MAP: Final = "plan_map"
TABLE: Final = "plan_table"
_CHOSEN: Final = "plan_chosen"
_ORDER: Final = "plan_order"
_BILLION: Final = 1e9
_TABLE_HEIGHT: Final = 470
_RELAY: Final = "microwave"
_DEGREE_DIGITS: Final = 5
_HOUSEHOLDS_SERVED: Final = Text("Số hộ được phục vụ", "Households served")


def show(inputs: Inputs, job: Job, plan: Plan) -> None:
    """Show a plan."""
    _figures(plan)
    order = plan.actions["action_id"].astype(str).tolist()
    if plan.actions.empty:
        st.info(
            say(
                "Không hạng mục nào vừa ngân sách hoặc không còn thôn nào cần phục vụ.",
                "No action fits the budget, or no village is left to serve.",
            )
        )
    chosen = _chosen(order)
    left, right = st.columns([11, 10])
    with left:
        result = session.result_of(inputs, job.task.scenario)
        maps_in_step.show(
            [cache.map_of(result, language(), plan=plan, plan_key=job.key)],
            key=MAP,
            chosen=chosen,
            places=st.session_state[PLACES],
            on_chosen=_take_from_map,
            on_place=_take_place,
        )
    with right:
        _table(plan, order)
        _lock(chosen, plan)
    curve, tables = st.columns([2, 1], vertical_alignment="bottom")
    with curve:
        _curve(plan)
    with tables:
        st.download_button(
            say("Tải các bảng (ZIP)", "Download the tables (ZIP)"),
            lambda: packed(plan_tables(plan)),
            file_name="phuong_an.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
        )


def lock_lists() -> None:
    """Show what is locked; a lock is taken away where it stands."""
    chosen = st.session_state
    known = sorted({*chosen[MUST], *chosen[MUST_NOT], *chosen.get(_ORDER, [])})
    for column, (name, label) in zip(
        st.columns(2),
        (
            (MUST, say("Bắt buộc xây", "Must be built")),
            (MUST_NOT, say("Không được xây", "Must not be built")),
        ),
        strict=True,
    ):
        with column:
            st.multiselect(
                label,
                [action for action in known if not action.startswith("T-")],
                key=name,
                persist_state="session",
                placeholder=say("chưa có", "none"),
                on_change=_drop_doubles,
                args=(name,),
            )

    places = st.session_state[PLACES]
    st.multiselect(
        say("Vị trí xem xét thêm (kinh độ, vĩ độ)", "Further places (longitude, latitude)"),
        list(dict.fromkeys(places)),
        format_func=lambda place: f"{place[0]:.5f}, {place[1]:.5f}",
        key=PLACES,
        persist_state="session",
        placeholder=say(
            "Giữ Shift và bấm lên bản đồ phương án để thêm",
            "Hold Shift and click on the plan's map to add one",
        ),
    )


def gap_told(plan: Plan | FibrePlan) -> str:
    """Say in plain words how far the plan may be from the best possible."""
    if plan.gap <= 0.0:
        return say("Đây là phương án tốt nhất có thể.", "No plan can do better.")
    much = percent(plan.gap, 2)
    if plan.aim == "target":
        return say(
            f"Rẻ nhất có thể cũng không rẻ hơn quá {much}.",
            f"The cheapest possible plan is at most {much} cheaper.",
        )
    return say(
        f"Phương án tốt nhất có thể cũng không hơn quá {much}.",
        f"The best possible plan serves at most {much} more.",
    )


def _figures(plan: Plan) -> None:
    actions = plan.actions
    unit = say("tỷ đồng", "billion VND")
    figures = [
        (say(f"Ngân sách ({unit})", f"Budget ({unit})"), _billions(plan.budget)),
        (say(f"Vốn dùng ({unit})", f"Capex ({unit})"), _billions(plan.spent)),
        (say(f"Mỗi năm ({unit})", f"Yearly ({unit})"), _billions(actions["opex_per_year"].sum())),
        (say("Hạng mục", "Actions"), digits(len(actions))),
        (say("Thêm thôn có 4G", "Villages gained"), digits(actions["villages_gained"].sum())),
        (say("Thêm hộ có 4G", "Households gained"), digits(actions["households_gained"].sum())),
    ]
    with st.container(horizontal=True, key="plan_figures"):
        for label, value in figures:
            st.metric(label, value, border=True, width=150)
    st.caption(gap_told(plan))


def _billions(amount_vnd: float) -> str:
    return digits(amount_vnd / _BILLION, 1)


def _chosen(order: list[str]) -> str:
    """Return the action that is chosen, and let the table mark its row."""
    st.session_state[_ORDER] = order
    chosen = str(st.session_state.get(_CHOSEN, ""))
    if chosen not in order:
        chosen = ""
    wanted = [order.index(chosen)] if chosen else []
    shown = st.session_state.get(TABLE)
    if (shown["selection"]["rows"] if shown else []) != wanted:
        st.session_state[TABLE] = {"selection": {"rows": wanted, "columns": [], "cells": []}}
    return chosen


def _take_from_map() -> None:
    kind, name = maps_in_step.chosen_on(MAP)
    st.session_state[_CHOSEN] = name if kind == "action" else ""


def _take_from_table() -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    order = st.session_state[_ORDER]
    st.session_state[_CHOSEN] = order[rows[0]] if rows and rows[0] < len(order) else ""


def _take_place() -> None:
    place = maps_in_step.place_on(MAP)
    if place is not None:
        rounded = (round(place[0], _DEGREE_DIGITS), round(place[1], _DEGREE_DIGITS))
        st.session_state[PLACES] = [*st.session_state[PLACES], rounded]


def _table(plan: Plan, order: list[str]) -> None:
    actions = plan.actions
    locks = st.session_state
    signs = [
        "🔒" if name in locks[MUST] else "⛔" if name in locks[MUST_NOT] else "" for name in order
    ]
    money_title = say("Vốn (tỷ đồng)", "Capex (billion VND)")
    year_title = say("Mỗi năm (tỷ đồng)", "Per year (billion VND)")
    shown = pd.DataFrame(
        {
            "#": range(1, len(actions) + 1),
            say("Khóa", "Lock"): signs,
            say("Hạng mục", "Action"): [_word(ACTION_KINDS, kind) for kind in actions["kind"]],
            say("Năm", "Year"): actions["phase"],
            money_title: actions["capex"] / _BILLION,
            say("Thêm hộ", "Households"): actions["households_gained"],
            say("Thêm thôn", "Villages"): actions["villages_gained"],
            say("Cộng dồn", "Cumulative"): actions["households_gained_cumulative"],
            year_title: actions["opex_per_year"] / _BILLION,
            say("Nguồn điện", "Power"): [_word(POWER_SOURCES, power) for power in actions["power"]],
            say("Truyền dẫn", "Backhaul"): [
                _word(BACKHAUL_KINDS, kind) for kind in actions["backhaul_kind"]
            ],
            say("Mã", "Id"): order,
        }
    )
    st.dataframe(
        written(shown.reset_index(drop=True), {money_title: 2, year_title: 2}),
        hide_index=True,
        height=_TABLE_HEIGHT,
        width="stretch",
        key=TABLE,
        on_select=_take_from_table,
        selection_mode="single-row",
        column_config={
            "#": st.column_config.NumberColumn(width=40, pinned=True),
            say("Khóa", "Lock"): st.column_config.TextColumn(width=52),
            say("Hạng mục", "Action"): st.column_config.TextColumn(width=128),
        },
    )


def _lock(chosen: str, plan: Plan) -> None:
    """Offer the three states of a lock for the chosen action."""
    if not chosen:
        st.caption(
            say(
                "Bấm một hạng mục trong bảng hoặc trên bản đồ để khóa; Shift + bấm lên bản đồ để "
                "thêm vị trí xem xét; rồi lập lại phương án.",
                "Click an action in the table or on the map to lock it, shift-click on the map to "
                "name a further place; then plan again.",
            )
        )
        return
    kind = plan.actions.set_index("action_id").loc[chosen, "kind"]
    if kind == _RELAY:
        st.caption(
            say(
                f"{plain(chosen)}: cột trung chuyển đi theo trạm mà nó nối, không khóa riêng được.",
                f"{plain(chosen)}: a relay follows the site it feeds and has no lock of its own.",
            )
        )
        return
    words = {
        "free": say("Tự do", "Free"),
        MUST: say("Bắt buộc xây", "Must build"),
        MUST_NOT: say("Không xây", "Must not build"),
    }
    now = next((name for name in (MUST, MUST_NOT) if chosen in st.session_state[name]), "free")
    key = f"plan_lock_{chosen}_{now}"
    st.segmented_control(
        say(f"Khóa {plain(chosen)}", f"Lock of {plain(chosen)}"),
        list(words),
        format_func=words.__getitem__,
        default=now,
        required=True,
        key=key,
        on_change=_take_lock,
        args=(key, chosen),
    )


def _take_lock(key: str, action: str) -> None:
    wanted = st.session_state[key]
    for name in (MUST, MUST_NOT):
        others = [other for other in st.session_state[name] if other != action]
        st.session_state[name] = [*others, action] if name == wanted else others


def _drop_doubles(changed: str) -> None:
    """Let an action that was just locked one way no longer be locked the other way."""
    other = MUST_NOT if changed == MUST else MUST
    named = set(st.session_state[changed])
    st.session_state[other] = [a for a in st.session_state[other] if a not in named]


def _curve(plan: Plan) -> None:
    if len(plan.curve) < 2:  # noqa: PLR2004 - one point is no curve
        return
    budget, served = say("Ngân sách (tỷ đồng)", "Budget (billion VND)"), _served_word(plan)
    points = pd.DataFrame(
        {budget: plan.curve["budget"] / _BILLION, served: plan.curve["objective"]}
    )
    chart = (
        alt.Chart(points)
        .mark_line(point=True, color="#6a1b9a")
        .encode(
            x=alt.X(budget, type="quantitative"),
            y=alt.Y(served, type="quantitative"),
            tooltip=[budget, served],
        )
        .configure(locale=_locale())
        .properties(height=230, title=say("Ngân sách và kết quả", "Budget and what it serves"))
    )
    st.altair_chart(chart, width="stretch")


def _locale() -> alt.Locale:
    """Return how the chart writes numbers."""
    decimal, thousands = (".", ",") if language() == "en" else (",", ".")
    number = alt.NumberLocale(decimal=decimal, thousands=thousands, grouping=[3], currency=["", ""])
    return alt.Locale(number=number)


def _served_word(plan: Plan) -> str:
    words = {
        "population": Text("Số người được phục vụ", "People served"),
        "villages": Text("Số thôn được phục vụ", "Villages served"),
        "priority": Text("Hộ × điểm ưu tiên", "Households × priority"),
    }
    return told(words.get(str(plan.parameters["objective"]), _HOUSEHOLDS_SERVED))


def _word(words: Mapping[str, Text], key: str) -> str:
    return told(words[key]) if key in words else str(key)


def packed(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return tables as CSV files in one archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            with archive.open(f"{name}.csv", "w") as entry:
                write_csv(entry, table)
    return stream.getvalue()
