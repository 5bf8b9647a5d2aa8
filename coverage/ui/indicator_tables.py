"""Indicators on the page: against their targets, by commune, and what is done about the gaps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from coverage.model import Result
from coverage.text import Text, vietnamese_order
from coverage.ui.numbers import written
from coverage.ui.speech import digits, language, percent, say, told
from coverage.ui.words import count, yes_or_no

_STATUSES: Final[Mapping[str, Text]] = {
    "reached": Text("✓ đạt", "✓ reached"),
    "on_track": Text("→ kịp tiến độ", "→ on track"),
    "behind": Text("▽ chậm", "▽ behind"),
    "missed": Text("✕ không đạt", "✕ missed"),
    "below": Text("▽ dưới mục tiêu", "▽ below target"),
    "no_target": Text("– chưa có mục tiêu", "– no target"),
    "unknown": Text("? chưa có số liệu", "? no figure"),
    "undefined": Text("? chưa định nghĩa", "? not defined"),
}
_TRENDS: Final[Mapping[str, Text]] = {
    "better": Text("tốt lên", "better"),
    "worse": Text("kém đi", "worse"),
    "same": Text("không đổi", "the same"),
}
_BASES: Final[Mapping[str, Text]] = {
    "mobile_broadband": Text("Dự báo: 3G trở lên", "Predicted: 3G or better"),
    "4G": Text("Dự báo: 4G", "Predicted: 4G"),
    "reported": Text("Địa phương báo cáo", "Reported from the field"),
}
_SERVICES: Final[Mapping[str, Text]] = {
    "none": Text("Không có sóng", "No signal"),
    "none_or_weak": Text("Không có hoặc yếu", "None or weak"),
}
_LIFE: Final[Mapping[str, Text]] = {
    "open": Text("chưa xử lý", "open"),
    "assigned": Text("đã giao", "assigned"),
    "planned": Text("có kế hoạch", "planned"),
    "on_air": Text("đã phát sóng", "on air"),
    "verified": Text("đã xác nhận", "verified"),
    "not_recorded": Text("chưa ghi nhận", "not recorded"),
}
_HEIGHT: Final = 420


def province(result: Result) -> None:
    """Show the indicators of the whole province against their targets."""
    board = result.scoreboard
    if board is None:
        st.info(
            say(
                "Dự án chưa có bảng chỉ số. Thêm tệp `indicators` vào project.toml (mã xã, năm, "
                "giá trị, mục tiêu) để xem ở đây.",
                "The project has no table of indicators. Name a file `indicators` in project.toml "
                "(commune code, year, value, target) to see it here.",
            )
        )
        return
    rows = board[board["level"] == "province"]
    st.dataframe(
        pd.DataFrame([_told(row) for row in rows.to_dict("records")]),
        hide_index=True,
        width="stretch",
    )
    if board["synthetic"].any():
        st.caption(
            say(
                "Có số liệu tổng hợp (mô phỏng), không phải số liệu thật.",
                "Some figures are synthetic, not real.",
            )
        )


def communes(result: Result) -> None:
    """Show one indicator by commune."""
    board = result.scoreboard
    if board is None:
        return
    rows = board[board["level"] == "commune"]
    titles = dict(zip(rows["indicator"], rows[f"title_{language()}"], strict=True))
    if not titles:
        return
    chosen = st.selectbox(
        say("Theo xã", "By commune"),
        list(titles),
        format_func=lambda code: str(titles[code]),
        key="indicator_chosen",
        persist_state="session",
    )
    rows = rows[rows["indicator"] == chosen]
    rows = rows.sort_values("commune_name", key=lambda names: names.map(vietnamese_order))
    is_share = set(rows["unit"]) == {"share"}
    scale, mark = (100.0, " (%)") if is_share else (1.0, "")
    value, target = say(f"Giá trị{mark}", f"Value{mark}"), say(f"Mục tiêu{mark}", f"Target{mark}")
    lacking = say("Còn thiếu", "Short by")
    shown = pd.DataFrame(
        {
            say("Xã, phường", "Commune"): rows["commune_name"],
            value: scale * rows["value"],
            target: scale * rows["target"],
            lacking: scale * rows["gap"].clip(lower=0.0),
            say("Tình trạng", "Status"): [_status(name) for name in rows["status"]],
            say("Mã xã", "Code"): rows["commune_code"],
        }
    ).reset_index(drop=True)
    places = dict.fromkeys((value, target, lacking), 1)
    st.dataframe(written(shown, places), hide_index=True, height=_HEIGHT, width="stretch")


def four_cells(result: Result) -> None:
    """Show the villages without service by grid power and hardship."""
    if result.statistics is None:
        return
    cells = result.statistics.four_cells
    left, right = st.columns(2)
    with left:
        basis = st.selectbox(
            say("Theo", "By"),
            list(dict.fromkeys(cells["basis"])),
            format_func=lambda name: told(_BASES[name]) if name in _BASES else name,
            key="cells_basis",
            persist_state="session",
        )
    with right:
        service = st.selectbox(
            say("Mức phục vụ", "Service"),
            list(dict.fromkeys(cells["service"])),
            format_func=lambda name: told(_SERVICES[name]) if name in _SERVICES else name,
            key="cells_service",
            persist_state="session",
        )
    rows = cells[(cells["basis"] == basis) & (cells["service"] == service)]
    answers = {"yes": True, "no": False}
    shown = pd.DataFrame(
        {
            say("Điện lưới", "Grid power"): [_answer(a, answers) for a in rows["has_grid_power"]],
            say("Đặc biệt khó khăn", "Extremely difficult"): [
                _answer(a, answers) for a in rows["extremely_difficult"]
            ],
            say("Thôn", "Villages"): rows["villages"],
            say("Hộ", "Households"): rows["households"],
            say("Người", "People"): rows["population"],
            say("Thôn chưa rõ", "Villages unknown"): rows["villages_unknown"],
            say("Tổng số thôn", "All villages"): rows["villages_total"],
        }
    ).reset_index(drop=True)
    st.dataframe(written(shown), hide_index=True, width="stretch")
    ending = result.villages["future_gap"].fillna(value=False).astype(bool).sum()
    st.caption(
        say(
            f"Số thôn sẽ mất dịch vụ khi các mạng cũ tắt: {count(ending)}.",
            f"Villages that lose service when old networks are switched off: {count(ending)}.",
        )
    )


def life_of_gaps(result: Result) -> None:
    """Show how far the work on the gaps is."""
    stations = result.gap_statuses
    if stations is None:
        st.info(
            say(
                "Dự án chưa có bảng tiến độ. Thêm tệp `gap_status` vào project.toml (mã thôn, "
                "công nghệ, tình trạng, ngày) để theo dõi ở đây.",
                "The project has no table of progress. Name a file `gap_status` in project.toml "
                "(village id, technology, status, date) to follow it here.",
            )
        )
        return
    shown = pd.DataFrame(
        {
            say("Công nghệ", "Technology"): [
                say("Cáp quang", "Fibre") if name == "fibre" else name
                for name in stations["technology"]
            ],
            say("Nhà mạng", "Operator"): [
                name or say("Tất cả", "All") for name in stations["operator"]
            ],
            say("Tình trạng", "Status"): [told(_LIFE[name]) for name in stations["status"]],
            say("Thôn", "Villages"): stations["villages"],
            say("Hộ", "Households"): stations["households"],
            say("Người", "People"): stations["population"],
            say("Trong đó không có sóng", "Of these without service"): stations["villages_lacking"],
            say(
                "Báo đã xong nhưng dự báo vẫn thiếu", "Told as done, predicted as lacking"
            ): stations["villages_in_conflict"],
        }
    )
    st.dataframe(written(shown), hide_index=True, width="stretch")


def _told(row: Mapping[Any, Any]) -> dict[str, object]:
    year = "" if pd.isna(row["target_year"]) else f" ({int(row['target_year'])})"
    trend = _TRENDS.get(row["trend"])
    return {
        say("Chỉ số", "Indicator"): row[f"title_{language()}"],
        say("Năm", "Year"): str(row["year"]) if not pd.isna(row["year"]) else "–",
        say("Giá trị", "Value"): _amount(row["value"], row["unit"]),
        say("Mục tiêu", "Target"): f"{_amount(row['target'], row['unit'])}{year}",
        say("Tình trạng", "Status"): _status(row["status"]),
        say("Xu hướng", "Trend"): told(trend) if trend else "–",
        say("Xã đạt", "Communes there"): f"{count(row['communes_reached'])} / "
        f"{count(row['communes_known'])}",
        say("Tổng số xã", "Communes"): count(row["communes"]),
        say("Nguồn", "Source"): row["source"],
    }


def _amount(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    return percent(value) if unit == "share" else digits(value, 0 if value == int(value) else 1)


def _status(name: str) -> str:
    return told(_STATUSES[name]) if name in _STATUSES else name


def _answer(answer: str, known: Mapping[str, bool]) -> str:
    return yes_or_no(known[answer]) if answer in known else say("chưa rõ", "unknown")
