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
from coverage.ui.state import View
from coverage.ui.words import CLASS_BRIEF, choice, count, number, plain, share

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
        parts = st.toggle("Phần điểm / Parts", key="parts", persist_state="session")
        st.markdown(f"**Thôn theo ưu tiên / Ranked villages** · {count(len(villages))}")
    shown = pd.DataFrame(
        {
            "#": villages["priority_rank"],
            "Thôn / Village": villages["name"],
            "Xã / Commune": villages["commune_name"],
            view.technology: villages[f"signal_class_{tag}"].map(CLASS_BRIEF),
            "Điểm / Score": villages["priority_score"],
            "Hộ / Households": villages["households"],
            "Người / People": villages["population"],
            f"{QUANTITIES[view.technology]} (dBm)": villages[f"rsrp_{tag}_dbm"],
            "Nguyên nhân / Cause": villages["cause_vi"],
            "Mã / Id": villages["village_id"],
        }
    )
    for name, title in _parts(result).items() if parts else ():
        shown[title] = villages[name]
    state.mark_in_table(villages["village_id"].astype(str).tolist())
    st.dataframe(
        shown,
        hide_index=True,
        height=_HEIGHT - 40,
        width="stretch",
        key=state.TABLE,
        on_select=state.take_from_table,
        selection_mode="single-row",
        column_config={
            "#": st.column_config.NumberColumn(width=42, pinned=True),
            "Thôn / Village": st.column_config.TextColumn(width=112, pinned=True),
            "Xã / Commune": st.column_config.TextColumn(width=98),
            view.technology: st.column_config.TextColumn(width=76),
            "Điểm / Score": st.column_config.ProgressColumn(
                width=104, format="%.3f", min_value=0.0, max_value=1.0
            ),
            "Nguyên nhân / Cause": st.column_config.TextColumn(width=320),
        },
    )


def sheet(result: Result) -> None:
    """Show everything about the chosen village."""
    found = result.villages[result.villages["village_id"].astype(str) == state.chosen()]
    if found.empty:
        st.caption(
            "Bấm vào một thôn trên bản đồ hoặc một dòng của bảng để xem phiếu thôn / "
            "click a village on the map or a row of the table for its sheet."
        )
        return
    village = found.iloc[0]
    with st.container(border=True, key="village_sheet"):
        st.subheader(f"{plain(village['name'])} · {plain(village['commune_name'])}", anchor=False)
        st.markdown(f"{plain(village['cause_vi'])} / *{plain(village['cause_en'])}*")
        drawing = path_drawing(result, str(village["village_id"]))
        if drawing is not None:
            st.image(drawing.url, caption="Mặt cắt đường truyền / path profile", width=520)
        left, middle, right = st.columns(3)
        with left:
            _rows(_facts(result, village))
        with middle:
            _signal(village)
        with right:
            _contributions(result, village)


def _facts(result: Result, village: Any) -> dict[str, str]:
    facts = {
        "Thứ tự ưu tiên / Rank": f"{village['priority_rank']} / {len(result.villages)}",
        "Thứ tự 5–95 % / Rank 5–95 %": f"{village['rank_low']}–{village['rank_high']}",
        "Vào 20 thôn đầu / In top 20": share(village["top20_share"], 1.0),
        "Điểm / Score": number(village["priority_score"], 3),
        "Mã thôn / Village id": str(village["village_id"]),
        "Mã xã / Commune code": str(village["commune_code"]),
        "Số hộ / Households": count(village["households"]),
        "Số người / People": count(village["population"]),
        "Điện lưới / Grid power": _yes_or_no(village["has_grid_power"]),
        "Địa phương báo cáo / Reported": choice("reported_signal", village["reported_signal"]),
        "Đối chiếu / Evidence": choice("evidence", village["evidence"]),
        "Kết luận 4G / Verdict": choice("verdict_4g", village["verdict_4g"]),
        "Theo nguồn / Decided by": choice("verdict_source_4g", village["verdict_source_4g"]),
    }
    if "fibre_distance_m" in village:
        facts["Cách nút cáp quang / To fibre (km)"] = number(village["fibre_distance_m"] / 1000)
    return facts


def _rows(facts: dict[str, str]) -> None:
    frame = pd.DataFrame({"Thông tin / Fact": facts.keys(), " ": facts.values()})
    wide = {"Thông tin / Fact": st.column_config.TextColumn(width=190)}
    st.dataframe(frame, hide_index=True, width="stretch", height=_SHEET_HEIGHT, column_config=wide)


def _signal(village: Any) -> None:
    rows = [
        {
            "Sóng / Signal": f"{t} {QUANTITIES[t]}",
            "dBm": number(village[f"rsrp_{t.lower()}_dbm"]),
            "Loại / Class": CLASS_BRIEF[village[f"signal_class_{t.lower()}"]],
            "Khả năng / Chance": share(village[f"served_probability_{t.lower()}"], 1),
        }
        for t in TECHNOLOGIES
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.caption("Dự báo ngoài trời; sai số vài dB đến hơn 10 dB / outdoor prediction, not measured")


def _contributions(result: Result, village: Any) -> None:
    parts = _parts(result)
    points = {title: float(village[name]) for name, title in parts.items()}
    ordered = sorted(points.items(), key=lambda item: -item[1])
    frame = pd.DataFrame(ordered, columns=["Tiêu chí / Criterion", "Điểm / Points"])
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=_SHEET_HEIGHT,
        column_config={
            "Tiêu chí / Criterion": st.column_config.TextColumn(width=200),
            "Điểm / Points": st.column_config.ProgressColumn(
                width=110, format="%.3f", min_value=0.0, max_value=max(*points.values(), 0.01)
            ),
        },
    )


def _parts(result: Result) -> dict[str, str]:
    """Columns of the score's parts, and what they are called."""
    named = {f"priority_{c.name}": str(c.title) for c in result.scenario.priority.criteria}
    return {name: title for name, title in named.items() if name in result.villages.columns}


def _yes_or_no(value: Any) -> str:
    if value is None or pd.isna(value):
        return "–"
    return "có / yes" if value else "không / no"
