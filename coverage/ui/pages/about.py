"""The about page: how results are made, and which of it is assumed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from coverage import __version__
from coverage.settings import threshold_profiles
from coverage.ui import problems, sidebar, tour
from coverage.ui.words import plain

_METHODS = """
1. **Dự báo / Prediction.** Suy hao của từng ô phủ tính trên địa hình thật theo ITU-R P.1812;
   mỗi điểm lấy ô mạnh nhất. *Path loss of every cell over the real terrain (ITU-R P.1812); each
   place takes the strongest cell.*
2. **Phân loại / Classes.** Mức thu ngoài trời so với hai ngưỡng: tốt, yếu (lõm sóng), không có
   (trắng sóng). Nơi thiếu địa hình, tọa độ hoặc danh sách trạm là *chưa rõ*, không phải không có
   sóng. *Outdoor level against two limits; what is not known is "unknown", never "no signal".*
3. **Ưu tiên / Priority.** Điểm 0–1 là tổng có trọng số của các tiêu chí; mỗi phần đều xem được.
   *A weighted sum of open criteria; every part can be read.*

Đây là dự báo, không phải kết quả đo. *This is a prediction, not a measurement.*
"""


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header("Giới thiệu / About", anchor=False)
    problems.banner(inputs)
    st.markdown(f"Phủ Sóng {plain(__version__)}\n{_METHODS}")
    tour.offer_again()
    st.subheader("Bộ ngưỡng / Threshold profiles", anchor=False)
    profiles = [inputs.scenario.thresholds, *threshold_profiles().values()]
    rows = [
        {
            "Bộ ngưỡng / Profile": str(profile.title),
            **{
                f"{t} (dBm)": f"≥ {limits.good_dbm:g} / ≥ {limits.weak_dbm:g}"
                for t, limits in profile.technologies.items()
            },
            "Giả định / Assumption": profile.is_assumption,
            "Nguồn / Source": f"{profile.source} ({profile.year})",
        }
        for profile in dict.fromkeys(profiles)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.subheader("Trọng số của dự án / Weights of the project", anchor=False)
    rules = inputs.scenario.priority
    weights = [
        {
            "Tiêu chí / Criterion": str(c.title),
            "Cột / Column": c.column,
            "Trọng số / Weight": c.weight,
        }
        for c in rules.criteria
    ]
    st.dataframe(pd.DataFrame(weights), hide_index=True)
    assumed = "giả định / an assumption" if rules.is_assumption else "theo nguồn / as published"
    st.caption(f"{plain(rules.source)} ({rules.year}) · {assumed}")
