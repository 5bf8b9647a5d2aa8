"""The key figures above the map."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from coverage.model import Result
from coverage.params import SignalClass
from coverage.ui.speech import say
from coverage.ui.state import View
from coverage.ui.words import class_name, count, plain, share


def show(result: Result, view: View) -> None:
    """Show how many villages, households and people have signal; unknown is counted beside."""
    communes = pd.DataFrame(result.communes.drop(columns="geometry"))
    if view.commune:
        communes = communes[communes["commune_code"] == view.commune]
    total = communes.sum(numeric_only=True)
    tag, t = view.technology.lower(), view.technology
    whose = plain(view.operator) or say("mọi nhà mạng", "any operator")
    st.caption(f"{t} · {whose} · {say('ngoài trời', 'outdoors')}")
    known = total[f"villages_known_{tag}"]
    unknown = total[f"villages_unknown_{tag}"]
    with st.container(horizontal=True, gap="xsmall"):
        _figure(
            say("Thôn", "Villages"),
            count(total["villages"]),
            say(f"{count(known)} đã rõ", f"{count(known)} known"),
        )
        shown: tuple[tuple[SignalClass, str], ...] = (
            ("none", say("Trắng sóng", "No signal")),
            ("weak", say("Lõm sóng", "Weak signal")),
        )
        for name, label in shown:
            part = total[f"villages_{name}_{tag}"]
            _figure(
                label, count(part), f"{count(part)} / {count(known)} = {share(part, known)}", name
            )
        _figure(
            say("Chưa rõ", "Unknown"),
            count(unknown),
            f"{count(unknown)} / {count(total['villages'])}",
        )
        for what, label in (
            ("households", say(f"Hộ có {t}", f"Homes with {t}")),
            ("population", say(f"Dân có {t}", f"People with {t}")),
        ):
            part, whole = total[f"{what}_covered_{tag}"], total[f"{what}_known_{tag}"]
            beside = count(total[what] - whole)
            _figure(
                label,
                share(part, whole),
                f"{count(part)} / {count(whole)}",
                more=say(f"chưa rõ: {beside}", f"unknown: {beside}"),
            )


def _figure(
    label: str, value: str, detail: str, name: SignalClass | None = None, *, more: str = ""
) -> None:
    words = [class_name(name)] if name else []
    st.metric(
        label,
        value,
        detail,
        delta_color="off",
        delta_arrow="off",
        border=True,
        width="stretch",
        help="; ".join([*words, *filter(None, [more])]) or None,
    )
