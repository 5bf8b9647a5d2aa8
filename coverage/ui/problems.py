"""Problems of the inputs as a table, and what every page must say of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd
import streamlit as st

from coverage.errors import Problem
from coverage.model import Inputs
from coverage.text import Text
from coverage.ui.speech import say, told
from coverage.ui.words import plain, role

_SEVERITIES: Final[Mapping[str, Text]] = {
    "error": Text("lỗi", "error"),
    "warning": Text("cảnh báo", "warning"),
}


def table(found: Iterable[Problem]) -> None:
    """Show problems, one row each."""
    row = say("Dòng", "Row")
    rows = [
        {
            say("Mức", "Severity"): told(_SEVERITIES[problem.severity]),
            say("Tệp", "File"): problem.file,
            row: problem.row,
            say("Cột", "Column"): problem.column or "",
            say("Giá trị", "Value"): problem.value or "",
            say("Số dòng", "Rows"): problem.count,
            say("Vấn đề", "Problem"): told(problem.what),
            say("Cách xử lý", "What to do"): told(problem.fix),
        }
        for problem in found
    ]
    frame = pd.DataFrame(rows).astype({row: "Int64"}) if rows else pd.DataFrame()
    st.dataframe(frame, hide_index=True, width="stretch", placeholder="")


def banner(inputs: Inputs) -> None:
    """Say which data are synthetic, and what the project says of itself."""
    roles = inputs.synthetic_roles
    if roles or inputs.project.synthetic:
        names = plain(", ".join(role(name) for name in roles))
        st.warning(
            say(
                f"**DỮ LIỆU TỔNG HỢP (MÔ PHỎNG):** {names}",
                f"**SYNTHETIC DATA:** {names}",
            ),
            icon=":material/science:",
        )
    if inputs.project.note:
        st.caption(plain(inputs.project.note))


def warnings(found: tuple[Problem, ...]) -> None:
    """Offer the warnings of a run."""
    if found:
        title = say(f"Cảnh báo ({len(found)})", f"Warnings ({len(found)})")
        with st.expander(title, icon=":material/warning:"):
            table(found)
