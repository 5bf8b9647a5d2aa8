"""The app: page settings, the table of pages, run. Started by `phusong app`."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from coverage.ui import access, state, tour
from coverage.ui.pages import about, compare, data, export, fibre, plan, signal_map

DEMO = Path(__file__).resolve().parent / "data" / "demo"

STYLE = "<style>.stMainBlockContainer { padding: 3.6rem 2rem 2rem; }</style>"

st.set_page_config(page_title="Phủ Sóng", page_icon="📶", layout="wide")
st.html(STYLE)
access.require()
state.start(sys.argv[1] if len(sys.argv) > 1 else str(DEMO))
DATA_PAGE = st.Page(data.show, title="Dữ liệu / Data", icon=":material/database:", url_path="data")
page = st.navigation(
    [
        st.Page(
            signal_map.show,
            title="Bản đồ / Map",
            icon=":material/map:",
            url_path="map",
            default=True,
        ),
        st.Page(
            plan.show, title="Phương án / Plan", icon=":material/construction:", url_path="plan"
        ),
        st.Page(fibre.show, title="Cáp quang / Fibre", icon=":material/cable:", url_path="fibre"),
        st.Page(
            compare.show, title="So sánh / Compare", icon=":material/compare:", url_path="compare"
        ),
        st.Page(export.show, title="Xuất / Export", icon=":material/download:", url_path="export"),
        DATA_PAGE,
        st.Page(about.show, title="Giới thiệu / About", icon=":material/info:", url_path="about"),
    ],
    position="top",
)
tour.show(DATA_PAGE)
page.run()
