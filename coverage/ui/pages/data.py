"""The data page: every source with its hash and rows, and what was found wrong."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from coverage.ui import problems, sidebar
from coverage.ui.speech import say
from coverage.ui.words import count, plain, role, yes_or_no


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Dữ liệu", "Data"), anchor=False)
    problems.banner(inputs)
    grid = inputs.grid
    amounts = [count(len(table)) for table in (inputs.villages, inputs.communes, inputs.stations)]
    size = f"{grid.width} × {grid.height}, {grid.resolution_m:g} m, {plain(grid.crs)}"
    st.markdown(
        f"**{plain(inputs.project.name)}** · "
        + say(
            f"{amounts[0]} thôn · {amounts[1]} xã · {amounts[2]} ô phủ · lưới {size}",
            f"{amounts[0]} villages · {amounts[1]} communes · {amounts[2]} cells · grid {size}",
        )
    )
    rows = [
        {
            say("Vai trò", "Role"): role(source.role),
            say("Tệp", "File"): source.file,
            say("Tổng hợp", "Synthetic"): yes_or_no(source.is_synthetic),
            say("Đọc", "Read"): source.rows_read,
            say("Bỏ", "Dropped"): source.rows_dropped,
            say("Sửa", "Repaired"): source.rows_repaired,
            say("Hệ tọa độ", "CRS"): source.crs,
            "SHA-256": source.sha256,
        }
        for source in inputs.sources
    ]
    st.subheader(say("Nguồn", "Sources"), anchor=False)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.subheader(say("Cảnh báo khi đọc", "Findings"), anchor=False)
    if inputs.warnings:
        problems.table(inputs.warnings)
    else:
        st.caption(say("Không có.", "None."))
    st.caption(
        say("Dấu vân tay của dữ liệu", "Fingerprint of the data") + f": `{inputs.fingerprint}`"
    )
