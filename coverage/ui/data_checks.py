"""What was read of the open project: problems as `check` tells them, sources, assumptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd
import streamlit as st

from coverage.errors import Problem
from coverage.model import Inputs
from coverage.params import assumptions
from coverage.ui.numbers import written
from coverage.ui.speech import digits, say, told
from coverage.ui.words import plain, role, yes_or_no

_SHOWN_ROWS: Final = 8


def show(inputs: Inputs) -> None:
    """Show everything about the inputs."""
    grid = inputs.grid
    figures = [
        (say("Thôn", "Villages"), digits(len(inputs.villages))),
        (say("Xã, phường", "Communes"), digits(len(inputs.communes))),
        (say("Trạm", "Sites"), digits(inputs.stations["site_id"].nunique())),
        (say("Ô phủ", "Cells"), digits(len(inputs.stations))),
        (say("Lỗi", "Errors"), "0"),
        (say("Cảnh báo", "Warnings"), digits(len(inputs.warnings))),
    ]
    with st.container(horizontal=True, key="data_figures"):
        for label, value in figures:
            st.metric(label, value, border=True, width=140)
    st.subheader(say("Kết quả kiểm tra", "Check results"), anchor=False)
    if inputs.warnings:
        problems(inputs.warnings)
    else:
        st.caption(say("Không có lỗi hay cảnh báo nào.", "No error and no warning."))
    st.subheader(say("Nguồn dữ liệu", "Sources"), anchor=False)
    _sources(inputs)
    st.caption(
        say(
            f"Lưới {grid.width} × {grid.height} ô, {grid.resolution_m:g} m, {plain(grid.crs)}. "
            f"Dấu vân tay của toàn bộ dữ liệu: `{inputs.fingerprint}`",
            f"Grid {grid.width} × {grid.height} cells, {grid.resolution_m:g} m, "
            f"{plain(grid.crs)}. Fingerprint of all inputs: `{inputs.fingerprint}`",
        )
    )
    st.subheader(say("Giả định của kịch bản", "Assumptions of the scenario"), anchor=False)
    _assumptions(inputs)


def problems(found: Iterable[Problem]) -> None:
    """Show problems, errors first, one row each."""
    words = {"error": say("lỗi", "error"), "warning": say("cảnh báo", "warning")}
    rows = [
        {
            say("Mức", "Level"): words[problem.severity],
            say("Tệp", "File"): problem.file,
            say("Dòng", "Row"): _rows(problem),
            say("Cột", "Column"): problem.column or "",
            say("Giá trị", "Value"): problem.value or "",
            say("Vấn đề", "Problem"): told(problem.what),
            say("Cách xử lý", "What to do"): told(problem.fix),
            say("Số dòng", "Rows"): problem.count,
            say("Quy tắc", "Rule"): problem.rule,
        }
        for problem in sorted(found, key=lambda one: one.severity)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        column_config={
            say("Mức", "Level"): st.column_config.TextColumn(width=76),
            say("Vấn đề", "Problem"): st.column_config.TextColumn(width=330),
            say("Cách xử lý", "What to do"): st.column_config.TextColumn(width=300),
        },
    )


def _rows(problem: Problem) -> str:
    listed = ", ".join(str(row) for row in problem.rows[:_SHOWN_ROWS])
    return f"{listed}…" if problem.count > min(len(problem.rows), _SHOWN_ROWS) > 0 else listed


def _sources(inputs: Inputs) -> None:
    rows = [
        {
            say("Vai trò", "Role"): role(source.role),
            say("Tệp", "File"): source.file,
            say("Tổng hợp", "Synthetic"): yes_or_no(source.is_synthetic),
            say("Dòng đọc", "Rows read"): source.rows_read,
            say("Bỏ", "Dropped"): source.rows_dropped,
            say("Sửa", "Repaired"): source.rows_repaired,
            say("Hệ tọa độ", "CRS"): source.crs,
            "SHA-256": source.sha256,
        }
        for source in inputs.sources
    ]
    st.dataframe(written(pd.DataFrame(rows)), hide_index=True, width="stretch")


def _assumptions(inputs: Inputs) -> None:
    rows = [
        {
            say("Nhóm", "Group"): one.group,
            say("Nguồn", "Source"): one.source,
            say("Năm", "Year"): str(one.year or ""),
        }
        for one in assumptions(inputs.scenario)
    ]
    st.caption(
        say(
            f"{len(rows)} nhóm giá trị chưa có nguồn chính thức; hãy thay bằng số của tỉnh trong "
            "[scenario] của project.toml.",
            f"{len(rows)} groups of values that no official source settles; replace them with "
            "those of the province under [scenario] of project.toml.",
        )
    )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
