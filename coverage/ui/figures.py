"""The key figures above the map."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from coverage.model import Result
from coverage.ui.state import View
from coverage.ui.words import CLASS_WORDS, count, plain, share


def show(result: Result, view: View) -> None:
    """Show how many villages, households and people have signal; unknown is counted beside."""
    communes = pd.DataFrame(result.communes.drop(columns="geometry"))
    if view.commune:
        communes = communes[communes["commune_code"] == view.commune]
    total = communes.sum(numeric_only=True)
    tag, t = view.technology.lower(), view.technology
    whose = plain(view.operator) or "mọi nhà mạng / any operator"
    st.caption(f"{t} · {whose} · ngoài trời / outdoors")
    known = total[f"villages_known_{tag}"]
    unknown = total[f"villages_unknown_{tag}"]
    with st.container(horizontal=True, gap="xsmall"):
        _figure("Thôn / Villages", count(total["villages"]), f"{count(known)} đã rõ / known")
        for name, label in (("none", "Trắng sóng / None"), ("weak", "Lõm sóng / Weak")):
            part = total[f"villages_{name}_{tag}"]
            _figure(
                label, count(part), f"{count(part)} / {count(known)} = {share(part, known)}", name
            )
        _figure(
            "Chưa rõ / Unknown",
            count(unknown),
            f"{count(unknown)} / {count(total['villages'])}",
        )
        for what, label in (
            ("households", f"Hộ có {t} / Homes"),
            ("population", f"Dân có {t} / People"),
        ):
            part, whole = total[f"{what}_covered_{tag}"], total[f"{what}_known_{tag}"]
            beside = count(total[what] - whole)
            _figure(
                label,
                share(part, whole),
                f"{count(part)} / {count(whole)}",
                more=f"chưa rõ / unknown: {beside}",
            )


def _figure(label: str, value: str, detail: str, name: str = "", *, more: str = "") -> None:
    words = [CLASS_WORDS[name]] if name in CLASS_WORDS else []
    st.metric(
        label,
        value,
        detail,
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=158,
        help="; ".join([*words, *filter(None, [more])]) or None,
    )
