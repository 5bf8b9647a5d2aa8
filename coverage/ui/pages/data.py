"""The data page: every source with its hash and rows, and what was found wrong."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from coverage.ui import problems, sidebar
from coverage.ui.words import count, plain, role


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header("Dữ liệu / Data", anchor=False)
    problems.banner(inputs)
    grid = inputs.grid
    st.markdown(
        f"**{plain(inputs.project.name)}** · {count(len(inputs.villages))} thôn / villages · "
        f"{count(len(inputs.communes))} xã / communes · {count(len(inputs.stations))} "
        f"ô phủ / cells · lưới / grid {grid.width} × {grid.height}, {grid.resolution_m:g} m, "
        f"{plain(grid.crs)}"
    )
    rows = [
        {
            "Vai trò / Role": str(role(source.role)),
            "Tệp / File": source.file,
            "Tổng hợp / Synthetic": source.is_synthetic,
            "Đọc / Read": source.rows_read,
            "Bỏ / Dropped": source.rows_dropped,
            "Sửa / Repaired": source.rows_repaired,
            "Hệ tọa độ / CRS": source.crs,
            "SHA-256": source.sha256,
        }
        for source in inputs.sources
    ]
    st.subheader("Nguồn / Sources", anchor=False)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.subheader("Cảnh báo khi đọc / Findings", anchor=False)
    if inputs.warnings:
        problems.table(inputs.warnings)
    else:
        st.caption("Không có / none")
    st.caption(f"Dấu vân tay của dữ liệu / fingerprint of the data: `{inputs.fingerprint}`")
