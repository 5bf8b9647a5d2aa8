"""The ranked table of villages, and the sheet of one."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from coverage.maps import path_drawing
from coverage.maps.words import QUANTITIES
from coverage.model import Result
from coverage.params import TECHNOLOGIES
from coverage.ui import state
from coverage.ui.numbers import written
from coverage.ui.speech import language, say, told
from coverage.ui.state import View
from coverage.ui.words import choice, class_short, count, number, plain, share, yes_or_no

_HEIGHT: Final = 600
_SHEET_HEIGHT: Final = 388


def in_view(result: Result, view: View) -> pd.DataFrame:
    """Return the villages that the filters leave, first in rank first."""
    villages = pd.DataFrame(result.villages.drop(columns="geometry"))
    shown = villages[f"signal_class_{view.technology.lower()}"].isin(view.classes)
    if view.commune:
        shown &= villages["commune_code"] == view.commune
    return villages[shown].sort_values("priority_rank", ignore_index=True)


def table(result: Result, view: View) -> None:
    """Show the ranked villages; marking a row chooses the village."""
    villages = in_view(result, view)
    tag = view.technology.lower()
    with st.container(horizontal=True, vertical_alignment="center"):
        parts = st.toggle(say("Phần điểm", "Parts"), key="parts", persist_state="session")
        title = say("Thôn theo thứ tự ưu tiên", "Ranked villages")
        st.markdown(f"**{title}** · {count(len(villages))}")
    village, commune, score = say("Thôn", "Village"), say("Xã", "Commune"), say("Điểm", "Score")
    level, cause = f"{QUANTITIES[view.technology]} (dBm)", say("Nguyên nhân", "Cause")
    shown = pd.DataFrame(
        {
            "#": villages["priority_rank"],
            village: villages["name"],
            commune: villages["commune_name"],
            view.technology: villages[f"signal_class_{tag}"].map(class_short),
            score: villages["priority_score"],
            say("Hộ", "Homes"): villages["households"],
            say("Người", "People"): villages["population"],
            level: villages[f"rsrp_{tag}_dbm"],
            cause: villages[f"cause_{language()}"],
            say("Mã", "Id"): villages["village_id"],
        }
    )
    named = _parts(result) if parts else {}
    for name, title in named.items():
        shown[title] = villages[name]
    state.mark_in_table(villages["village_id"].astype(str).tolist())
    st.dataframe(
        written(shown, {level: 1, score: 3} | dict.fromkeys(named.values(), 3)),
        hide_index=True,
        height=_HEIGHT - 40,
        width="stretch",
        key=state.TABLE,
        on_select=state.take_from_table,
        selection_mode="single-row",
        column_config={
            "#": st.column_config.NumberColumn(width=42, pinned=True),
            village: st.column_config.TextColumn(width=112, pinned=True),
            commune: st.column_config.TextColumn(width=98),
            view.technology: st.column_config.TextColumn(width=76),
            score: st.column_config.NumberColumn(width=60),
            cause: st.column_config.TextColumn(width=320),
        },
    )


def sheet(result: Result) -> None:
    """Show everything about the chosen village."""
    found = result.villages[result.villages["village_id"].astype(str) == state.chosen()]
    if found.empty:
        st.caption(
            say(
                "Bấm vào một thôn trên bản đồ hoặc một dòng của bảng để xem phiếu thôn.",
                "Click a village on the map or a row of the table for its sheet.",
            )
        )
        return
    village = found.iloc[0]
    with st.container(border=True, key="village_sheet"):
        st.subheader(f"{plain(village['name'])} · {plain(village['commune_name'])}", anchor=False)
        st.markdown(plain(village[f"cause_{language()}"]))
        drawing = path_drawing(result, str(village["village_id"]), language=language())
        if drawing is not None:
            st.image(drawing.url, caption=say("Mặt cắt đường truyền", "Path profile"), width=520)
        left, middle, right = st.columns(3)
        with left:
            _rows(_facts(result, village))
        with middle:
            _signal(village)
        with right:
            _contributions(result, village)


def _facts(result: Result, village: Any) -> dict[str, str]:
    facts = {
        say("Thứ tự ưu tiên", "Rank"): f"{village['priority_rank']} / {len(result.villages)}",
        say(
            "Thứ tự khi đổi trọng số", "Rank as weights vary"
        ): f"{village['rank_low']}–{village['rank_high']}",
        say("Vào 20 thôn đầu", "In top 20"): share(village["top20_share"], 1.0),
        say("Điểm", "Score"): number(village["priority_score"], 3),
        say("Mã thôn", "Village id"): str(village["village_id"]),
        say("Mã xã", "Commune code"): str(village["commune_code"]),
        say("Số hộ", "Households"): count(village["households"]),
        say("Số người", "People"): count(village["population"]),
        say("Điện lưới", "Grid power"): yes_or_no(village["has_grid_power"]),
        say("Địa phương báo cáo", "Reported"): choice(
            "reported_signal", village["reported_signal"]
        ),
        say("Đối chiếu", "Evidence"): choice("evidence", village["evidence"]),
        say("Kết luận 4G", "Verdict on 4G"): choice("verdict_4g", village["verdict_4g"]),
        say("Theo nguồn", "Decided by"): choice("verdict_source_4g", village["verdict_source_4g"]),
    }
    if "fibre_distance_m" in village:
        to_fibre = say("Cách nút cáp quang (km)", "To fibre (km)")
        facts[to_fibre] = number(village["fibre_distance_m"] / 1000)
    return facts


def _rows(facts: dict[str, str]) -> None:
    fact = say("Thông tin", "Fact")
    frame = pd.DataFrame({fact: facts.keys(), " ": facts.values()})
    wide = {fact: st.column_config.TextColumn(width=190)}
    st.dataframe(frame, hide_index=True, width="stretch", height=_SHEET_HEIGHT, column_config=wide)


def _signal(village: Any) -> None:
    rows = [
        {
            say("Sóng", "Signal"): f"{t} {QUANTITIES[t]}",
            "dBm": number(village[f"rsrp_{t.lower()}_dbm"]),
            say("Loại", "Class"): class_short(village[f"signal_class_{t.lower()}"]),
            say("Khả năng", "Chance"): share(village[f"served_probability_{t.lower()}"], 1),
        }
        for t in TECHNOLOGIES
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.caption(
        say(
            "Dự báo ngoài trời, không phải số đo; sai số vài dB đến hơn 10 dB.",
            "Outdoor prediction, not measured; it errs by a few dB to more than 10 dB.",
        )
    )


def _contributions(result: Result, village: Any) -> None:
    parts = _parts(result)
    points = {title: float(village[name]) for name, title in parts.items()}
    ordered = sorted(points.items(), key=lambda item: -item[1])
    criterion, score = say("Tiêu chí", "Criterion"), say("Điểm", "Points")
    st.dataframe(
        pd.DataFrame(ordered, columns=[criterion, score]),
        hide_index=True,
        width="stretch",
        height=_SHEET_HEIGHT,
        column_config={
            criterion: st.column_config.TextColumn(width=200),
            score: st.column_config.ProgressColumn(
                width=110, format="%.3f", min_value=0.0, max_value=max(*points.values(), 0.01)
            ),
        },
    )


def _parts(result: Result) -> dict[str, str]:
    """Columns of the score's parts, and what they are called."""
    named = {f"priority_{c.name}": told(c.title) for c in result.scenario.priority.criteria}
    return {name: title for name, title in named.items() if name in result.villages.columns}
