"""Fibre on the page: figures, villages without it, and communes by distance."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from coverage.maps.fibre import FIBRE_CLASSES, HAS_FIBRE, class_range, fibre_classes
from coverage.model import Inputs, Result
from coverage.ui.numbers import written
from coverage.ui.speech import digits, percent, say, told

_HEIGHT: Final = 500
_KM: Final = 1000.0


def figures(result: Result) -> None:
    """Show how many villages, homes and people have no fibre, and of how many it is not known."""
    gaps = result.fibre_gaps
    if gaps is None:
        return
    whole = gaps[gaps["level"] == "province"].sum(numeric_only=True)
    units = (
        ("villages", say("Thôn chưa có cáp quang", "Villages without fibre")),
        ("households", say("Hộ ở các thôn đó", "Households there")),
        ("population", say("Người ở các thôn đó", "People there")),
    )
    with st.container(horizontal=True):
        for unit, label in units:
            without, unknown = whole[f"{unit}_without_fibre"], whole[f"{unit}_unknown_fibre"]
            known = whole[unit] - unknown
            share = percent(without / known) if known else "–"
            st.metric(
                label,
                digits(without),
                say(f"{share} · chưa rõ {digits(unknown)}", f"{share} · unknown {digits(unknown)}"),
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="content",
            )


def villages(result: Result) -> None:
    """List villages without fibre, the farthest first."""
    villages = pd.DataFrame(result.villages.drop(columns="geometry"))
    classes = fibre_classes(result)
    without = (classes != HAS_FIBRE) & (villages["households_without_fibre"].fillna(1) > 0)
    chosen = villages[without].assign(fibre_class=classes[without])
    chosen = chosen.sort_values("fibre_access_distance_m", ascending=False, na_position="last")
    st.markdown(
        say(
            f"**Thôn chưa có hoặc chưa rõ** · {digits(len(chosen))}",
            f"**Villages without, or not known** · {digits(len(chosen))}",
        )
    )
    distance = say("Cách (km)", "Distance (km)")
    shown = pd.DataFrame(
        {
            say("Thôn", "Village"): chosen["name"],
            say("Xã", "Commune"): chosen["commune_name"],
            distance: chosen["fibre_access_distance_m"] / _KM,
            say("Loại", "Class"): [told(FIBRE_CLASSES[c][0]) for c in chosen["fibre_class"]],
            say("Hộ", "Households"): chosen["households"],
            say("Người", "People"): chosen["population"],
            say("Mã", "Id"): chosen["village_id"],
        }
    )
    st.dataframe(
        written(shown.reset_index(drop=True), {distance: 1}),
        hide_index=True,
        height=_HEIGHT,
        width="stretch",
    )


def communes(result: Result) -> None:
    """Show homes without fibre by commune and class of distance."""
    gaps = result.fibre_gaps
    if gaps is None:
        return
    parts = gaps[gaps["level"] != "province"]
    table = parts.pivot_table(
        index=["commune_code", "commune_name"],
        columns="fibre_distance_class",
        values="households_without_fibre",
        aggfunc="sum",
        sort=False,
    )
    named = {
        name: f"{told(FIBRE_CLASSES[name][0])} {told(class_range(result, name))}".strip()
        for name in table.columns
    }
    table = table.rename(columns=named)
    table.insert(0, say("Hộ chưa có", "Households without"), table.sum(axis=1))
    table = table.sort_values(table.columns[0], ascending=False).reset_index()
    no_commune = say("(ngoài ranh giới)", "(outside the borders)")
    table["commune_name"] = table["commune_name"].replace("", no_commune)
    titles = {"commune_code": say("Mã", "Code"), "commune_name": say("Xã", "Commune")}
    st.dataframe(written(table.rename(columns=titles)), hide_index=True, width="stretch")


def basis(inputs: Inputs, result: Result) -> None:
    """Say what the distances rest on."""
    rules = result.scenario.fibre
    nodes = 0 if inputs.fibre_nodes is None else len(inputs.fibre_nodes)
    limits = " / ".join(f"{m / _KM:g}" for m in (rules.near_m, rules.medium_m, rules.far_m))
    st.caption(
        say(
            f"Khoảng cách theo đường bộ tới nơi gần nhất có thể đấu nối ({digits(nodes)} nút); "
            f"ranh giới các loại: {limits} km.",
            f"Distances along roads to the nearest place to tap ({digits(nodes)} nodes); limits of "
            f"the classes: {limits} km.",
        )
    )
