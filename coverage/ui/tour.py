"""The first minutes: three steps above the demo, and the way to one's own data.

The strip stands in the flow of the page, covers nothing and takes no focus. Closed, it stays closed
in this browser until `offer_again` brings it back.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit.navigation.page import StreamlitPage

from coverage.serving import demo_folder
from coverage.text import Text
from coverage.ui import state
from coverage.ui.map_component import own_asset
from coverage.ui.speech import say, told

KEY: Final = "tour"
_OPEN: Final = "tour_open"
_AGAIN: Final = "tour_again"
STEPS: Final = (
    Text(
        "Đây là tỉnh mẫu với dữ liệu mô phỏng. Bấm một thôn trên bản đồ hoặc trong bảng để đọc vì "
        "sao thôn đó chưa có sóng.",
        "This is a made-up province with synthetic data. Click a village on the map or in the "
        "table to read why it has no signal.",
    ),
    Text(
        "Kéo một trọng số ở thanh bên: thứ tự ưu tiên và bản đồ đổi theo.",
        "Move a weight in the sidebar: the ranking and the map follow.",
    ),
    Text(
        "Sang trang Phương án, nêu ngân sách rồi lập phương án: xây gì trước thì được nhiều hộ "
        "nhất. Sau đó mở dữ liệu của bạn.",
        "On the Plan page name a budget and make a plan: what to build first for most households. "
        "Then open your own data.",
    ),
)
_STRIP: Final = """
<section class="tour" hidden>
  <span class="tour-count"></span>
  <p class="tour-text" aria-live="polite"></p>
  <button type="button" class="tour-back"></button>
  <button type="button" class="tour-next"></button>
  <button type="button" class="tour-open"></button>
  <button type="button" class="tour-close"></button>
</section>
"""


def show(data_page: StreamlitPage) -> None:
    """Show the tour where the demo is open; `data_page` is where one's own data are opened."""
    if st.session_state.pop(_OPEN, False):
        st.switch_page(data_page)
    if not _is_demo_open():
        return
    _strip()(
        key=KEY,
        data={
            "steps": [told(step) for step in STEPS],
            "words": {
                "title": say("Hướng dẫn nhanh", "Quick tour"),
                "back": say("Lùi", "Back"),
                "next": say("Tiếp", "Next"),
                "open": say("Mở dữ liệu của tôi", "Open my data"),
                "close": say("Đóng", "Close"),
                "close_for_good": say("Đóng hướng dẫn, không hiện lại", "Close the tour for good"),
            },
            "again": st.session_state.get(_AGAIN, 0),
        },
        on_open_change=_open,
    )


def offer_again() -> None:
    """Show a button that brings a closed tour back."""
    if _is_demo_open():
        st.button(
            say("Xem lại hướng dẫn nhanh", "Show the quick tour again"),
            icon=":material/replay:",
            on_click=_again,
        )


def _is_demo_open() -> bool:
    return Path(state.project()).resolve() == demo_folder()


def _open() -> None:
    st.session_state[_OPEN] = True


def _again() -> None:
    st.session_state[_AGAIN] = st.session_state.get(_AGAIN, 0) + 1


@cache
def _strip() -> ComponentRenderer:
    return st.components.v2.component(
        "phusong_tour", html=_STRIP, css=own_asset("tour.css"), js=own_asset("tour.js")
    )
