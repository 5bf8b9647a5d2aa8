"""Problems of the inputs as a table, and what every page must say of the data."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from coverage.errors import Problem
from coverage.model import Inputs
from coverage.ui.words import plain, role

_SEVERITIES = {"error": "lỗi / error", "warning": "cảnh báo / warning"}


def table(found: Iterable[Problem]) -> None:
    """Show problems, one row each."""
    rows = [
        {
            "Mức / Severity": _SEVERITIES[problem.severity],
            "Tệp / File": problem.file,
            "Dòng / Row": problem.row,
            "Cột / Column": problem.column or "",
            "Giá trị / Value": problem.value or "",
            "Số dòng / Rows": problem.count,
            "Vấn đề / Problem": str(problem.what),
            "Cách xử lý / What to do": str(problem.fix),
        }
        for problem in found
    ]
    frame = pd.DataFrame(rows).astype({"Dòng / Row": "Int64"})
    st.dataframe(frame, hide_index=True, width="stretch", placeholder="")


def banner(inputs: Inputs) -> None:
    """Say which data are synthetic, and what the project says of itself."""
    roles = inputs.synthetic_roles
    if roles or inputs.project.synthetic:
        names = ", ".join(role(name).vi for name in roles)
        names_en = ", ".join(role(name).en for name in roles)
        st.warning(
            f"**DỮ LIỆU TỔNG HỢP (MÔ PHỎNG) / SYNTHETIC DATA:** {plain(names)} / {plain(names_en)}",
            icon=":material/science:",
        )
    if inputs.project.note:
        st.caption(plain(inputs.project.note))


def warnings(found: tuple[Problem, ...]) -> None:
    """Offer the warnings of a run."""
    if found:
        with st.expander(f"Cảnh báo / Warnings ({len(found)})", icon=":material/warning:"):
            table(found)
