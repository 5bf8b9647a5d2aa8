"""The about page: how results are made, and which of it is assumed."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from coverage import __version__
from coverage.settings import threshold_profiles
from coverage.text import Text
from coverage.ui import problems, session, sidebar, tour
from coverage.ui.speech import say, told
from coverage.ui.words import plain, yes_or_no

_METHODS: Final = Text(
    """
1. **Dự báo.** Suy hao của từng ô phủ tính trên địa hình thật theo ITU-R P.1812; mỗi điểm lấy ô mạnh
   nhất.
2. **Phân loại.** Mức thu ngoài trời so với hai ngưỡng: tốt, yếu (lõm sóng), không có (trắng sóng).
   Nơi thiếu địa hình, tọa độ hoặc danh sách trạm là *chưa rõ*, không phải không có sóng.
3. **Ưu tiên.** Điểm 0–1 là tổng có trọng số của các tiêu chí; mỗi phần đều xem được.
4. **Phương án.** Chọn trạm, nguồn điện và đường truyền cùng lúc trong ngân sách; luôn kèm cận trên
   cho biết còn có thể tốt hơn bao nhiêu.

Đây là dự báo, không phải kết quả đo.
""",
    """
1. **Prediction.** Path loss of every cell over the real terrain by ITU-R P.1812; each place takes
   the strongest cell.
2. **Classes.** The outdoor level against two limits: good, weak, none. Where terrain, coordinates
   or the station list are missing the answer is *unknown*, never "no signal".
3. **Priority.** A score of 0–1, the weighted sum of open criteria; every part can be read.
4. **Plan.** Sites, power and backhaul are chosen together within the budget, always with a bound
   that tells how much better a plan could be.

This is a prediction, not a measurement.
""",
)


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Giới thiệu", "About"), anchor=False)
    problems.banner(inputs)
    st.markdown(f"Phủ Sóng {plain(__version__)}\n{told(_METHODS)}")
    tour.offer_again()
    scenario = session.scenario(inputs)
    st.subheader(say("Bộ ngưỡng", "Threshold profiles"), anchor=False)
    profiles = [scenario.thresholds, *threshold_profiles().values()]
    rows = [
        {
            say("Bộ ngưỡng", "Profile"): told(profile.title),
            **{
                f"{t} (dBm)": f"≥ {limits.good_dbm:g} / ≥ {limits.weak_dbm:g}"
                for t, limits in profile.technologies.items()
            },
            say("Giả định", "Assumption"): yes_or_no(profile.is_assumption),
            say("Nguồn", "Source"): f"{profile.source} ({profile.year})",
        }
        for profile in dict.fromkeys(profiles)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.subheader(say("Trọng số", "Weights"), anchor=False)
    rules = scenario.priority
    weights = [
        {
            say("Tiêu chí", "Criterion"): told(criterion.title),
            say("Cột", "Column"): criterion.column,
            say("Trọng số (%)", "Weight (%)"): session.in_percent(criterion),
        }
        for criterion in rules.criteria
    ]
    st.dataframe(pd.DataFrame(weights), hide_index=True)
    assumed = (
        say("giả định", "an assumption") if rules.is_assumption else say("theo nguồn", "cited")
    )
    st.caption(f"{plain(rules.source)} ({rules.year}) · {assumed}")
