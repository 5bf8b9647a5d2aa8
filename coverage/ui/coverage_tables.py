"""Coverage in tables: technologies by operators, and communes, districts, province by edition."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final

import pandas as pd
import streamlit as st

from coverage.model import Result, Statistics
from coverage.text import Text, vietnamese_order
from coverage.ui.numbers import written
from coverage.ui.speech import say, told
from coverage.ui.state import View
from coverage.ui.words import UNITS, count, number, share

_PEOPLE_FIRST: Final = ("households", "population", "villages")
_AREA: Final = "area_km2"
_UNITS: Final[Mapping[str, Text]] = {
    **{unit: UNITS[unit] for unit in _PEOPLE_FIRST},
    _AREA: Text("Diện tích (km²)", "Area (km²)"),
}
_SCOPES: Final[Mapping[str, Text]] = {
    "any": Text("Ít nhất một nhà mạng", "At least one operator"),
    "all": Text("Mọi nhà mạng", "Every operator"),
}
_LEVELS: Final[Mapping[str, Text]] = {
    "commune": Text("Xã, phường", "Communes"),
    "district": Text("Huyện cũ", "Old districts"),
    "province": Text("Tỉnh", "Province"),
}
_HEIGHT: Final = 452


def by_operator(result: Result) -> None:
    """Show what share each operator covers with each technology."""
    if result.statistics is None:
        return
    unit = _choose_unit("overview_unit", list(_UNITS))
    table = result.statistics.table
    whole = table[(table["level"] == "province") & (table["edition"] == _of_layer(table))]
    rows = whole[whole["unit"] == unit]
    scopes = sorted(set(rows["scope"]) - set(_SCOPES), key=vietnamese_order)
    covered = {(row["scope"], row["technology"]): row for row in rows.to_dict("records")}
    technologies = list(dict.fromkeys(rows["technology"]))
    shown = [
        {
            say("Nhà mạng", "Operator"): told(_SCOPES[scope]) if scope in _SCOPES else scope,
            **{t: _share_told(covered.get((scope, t)), unit) for t in technologies},
        }
        for scope in (*_SCOPES, *scopes)
        if any((scope, t) in covered for t in technologies)
    ]
    st.dataframe(pd.DataFrame(shown), hide_index=True, width="stretch")
    totals = rows[rows["scope"] == "any"]
    unknown = totals["unknown"].max() if len(totals) else 0
    st.caption(
        say(
            f"Tỷ lệ có sóng tốt hoặc yếu trên phần đã rõ. Chưa rõ nhiều nhất: {count(unknown)}. "
            f"Số liệu ngày {_date(result.statistics)}.",
            f"Share with good or weak signal of what is known. Unknown at most: {count(unknown)}. "
            f"Data of {_date(result.statistics)}.",
        )
    )


def by_unit(result: Result, view: View) -> None:
    """Show communes, old districts or the province, in any edition that the villages lead to."""
    if result.statistics is None:
        return
    table = result.statistics.table
    offered = list(dict.fromkeys(zip(table["level"], table["edition"], strict=True)))
    offered.sort(key=lambda pair: (list(_LEVELS).index(pair[0]), pair[1] != _of_layer(table)))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(
            say("Cấp và địa giới", "Level and edition"),
            offered,
            format_func=lambda pair: f"{told(_LEVELS[pair[0]])} · {pair[1]}",
            key="overview_level",
            persist_state="session",
        )
    with right:
        unit = _choose_unit("overview_level_unit", list(_PEOPLE_FIRST))
    level, edition = chosen
    rows = table[
        (table["level"] == level)
        & (table["edition"] == edition)
        & (table["technology"] == view.technology)
        & (table["scope"] == (view.operator or "any"))
        & (table["unit"] == unit)
    ]
    rows = rows.sort_values("name", key=lambda names: names.map(vietnamese_order))
    covered = say("Có sóng (%)", "Covered (%)")
    shown = pd.DataFrame(
        {
            say("Tên", "Name"): rows["name"],
            covered: 100.0 * rows["share"],
            say("Tốt", "Good"): rows["good"],
            say("Yếu", "Weak"): rows["weak"],
            say("Không", "None"): rows["none"],
            say("Chưa rõ", "Unknown"): rows["unknown"],
            say("Tổng", "Total"): rows["total"],
            say("Sắp mất sóng", "Future gap"): rows["future_gap"].astype("Float64"),
            say("Mã", "Code"): rows["code"],
        }
    ).reset_index(drop=True)
    st.dataframe(written(shown, {covered: 1}), hide_index=True, height=_HEIGHT, width="stretch")
    st.caption(
        say(
            f"{view.technology}, {view.operator or 'mọi nhà mạng'}. “Sắp mất sóng”: nơi chỉ có "
            "mạng sẽ tắt.",
            f"{view.technology}, {view.operator or 'any operator'}. “Future gap”: served only by a "
            "network that will be switched off.",
        )
    )


def _choose_unit(key: str, units: list[str]) -> str:
    return st.selectbox(
        say("Đơn vị tính", "Counted in"),
        units,
        format_func=lambda name: told(_UNITS[name]),
        key=key,
        persist_state="session",
    )


def _of_layer(table: pd.DataFrame) -> str:
    """Return the edition of the commune layer: the one with areas."""
    with_area = table[table["unit"] == _AREA]
    return str((with_area if len(with_area) else table)["edition"].iloc[0])


def _date(statistics: Statistics) -> str:
    if not statistics.date:
        return say("không ghi", "not stated")
    year, *rest = statistics.date.split("-")
    return say("/".join([*reversed(rest), year]), statistics.date)


def _share_told(row: Mapping[Hashable, float] | None, unit: str) -> str:
    if row is None:
        return "–"
    amount = number(row["covered"], 1) if unit == _AREA else count(row["covered"])
    return f"{share(row['covered'], row['known'])} · {amount}"
