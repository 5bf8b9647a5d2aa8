"""The app: page settings, the table of pages, run. Started by `phusong app`."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from coverage.ui import access, address, frame, state, tour
from coverage.ui.pages import (
    about,
    compare,
    data,
    export,
    fibre,
    indicators,
    overview,
    plan,
    villages,
)
from coverage.ui.speech import say

DEMO = Path(__file__).resolve().parent / "data" / "demo"

st.set_page_config(page_title="Phủ Sóng", page_icon="📶", layout="wide")
access.require()
state.start(str(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else DEMO))
address.start()
frame.head()
PAGES = [
    (overview, "overview", say("Tổng quan", "Overview"), ":material/map:"),
    (villages, "villages", say("Thôn", "Villages"), ":material/holiday_village:"),
    (plan, "plan", say("Phương án", "Plan"), ":material/construction:"),
    (fibre, "fibre", say("Cáp quang", "Fibre"), ":material/cable:"),
    (compare, "compare", say("So sánh", "Compare"), ":material/compare:"),
    (indicators, "indicators", say("Chỉ tiêu", "Indicators"), ":material/flag:"),
    (data, "data", say("Dữ liệu", "Data"), ":material/database:"),
    (export, "export", say("Xuất", "Export"), ":material/download:"),
    (about, "about", say("Giới thiệu", "About"), ":material/info:"),
]
NAVIGATION = {
    path: st.Page(page.show, title=title, icon=icon, url_path=path, default=path == "overview")
    for page, path, title, icon in PAGES
}
chosen = st.navigation(list(NAVIGATION.values()), position="top")
tour.show(NAVIGATION["data"])
chosen.run()
frame.foot()
