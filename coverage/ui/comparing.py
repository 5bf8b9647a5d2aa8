"""A comparison on the page: figures, plans, winners and losers, what differs in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from coverage.comparison import Comparison
from coverage.maps.words import ACTION_KINDS, SHORT_CLASS_NAMES
from coverage.model import Plan
from coverage.params import MAIN_TECHNOLOGY, TECHNOLOGIES
from coverage.text import Text
from coverage.ui.speech import digits, money, percent, say, told
from coverage.ui.words import UNITS

_PLAN_FIGURES: Final[Mapping[str, Text]] = {
    "plan_budget": Text("Ngân sách", "Budget"),
    "plan_spent": Text("Vốn sử dụng", "Capex used"),
    "plan_opex_per_year": Text("Chi phí mỗi năm", "Cost per year"),
    "plan_actions": Text("Hạng mục", "Actions"),
    "plan_villages_gained": Text("Thôn có thêm 4G", "Villages gained"),
    "plan_households_gained": Text("Hộ có thêm 4G", "Households gained"),
}
_MONEY: Final = ("plan_budget", "plan_spent", "plan_opex_per_year")
_CHANGES: Final[Mapping[str, Text]] = {
    "better": Text("Tốt lên", "Better"),
    "worse": Text("Kém đi", "Worse"),
    "became_unknown": Text("Thành chưa rõ", "Became unknown"),
    "was_unknown": Text("Trước chưa rõ", "Was unknown"),
}
_PARTS: Final[Mapping[str, Text]] = {
    "version": Text("phiên bản", "version"),
    "parameter": Text("tham số", "parameter"),
    "input": Text("dữ liệu", "input"),
}


def headline(found: Comparison) -> None:
    """Say in one row what became of 4G, by homes, and whether the data are made up."""
    rows = {
        row["figure"]: row
        for row in found.totals.to_dict("records")
        if (row["technology"], row["unit"]) == (MAIN_TECHNOLOGY, "households")
    }
    covered, share = rows["covered"], rows["covered_share"]
    t = MAIN_TECHNOLOGY
    told_ = [
        (say(f"Hộ có {t}: gốc", f"Homes with {t}: base"), _both(covered["base"], share["base"])),
        (
            say(f"Hộ có {t}: bên kia", f"Homes with {t}: other"),
            _both(covered["other"], share["other"]),
        ),
        (say("Chênh lệch", "Difference"), _signed(covered["difference"])),
        (say("Hộ tốt lên", "Homes better off"), digits(rows["better"]["difference"])),
        (say("Hộ kém đi", "Homes worse off"), digits(rows["worse"]["difference"])),
    ]
    st.markdown(" · ".join(f"{label} **{value}**" for label, value in told_))
    if found.is_synthetic:
        st.caption(say("Có dữ liệu tổng hợp (mô phỏng).", "Some of the data are synthetic."))


def figures(found: Comparison) -> None:
    """Show what is covered on both sides, and how many won and lost, by technology."""
    by = {
        (row["technology"], row["unit"], row["figure"]): row
        for row in found.totals.to_dict("records")
    }
    table = []
    for technology in TECHNOLOGIES:
        for unit, name in UNITS.items():
            known, covered, share = (
                by[technology, unit, figure] for figure in ("known", "covered", "covered_share")
            )
            if not known["base"] and not known["other"]:
                continue
            table.append(
                {
                    say("Mạng", "Technology"): technology,
                    say("Đơn vị", "Unit"): told(name),
                    say("Có sóng: gốc", "Covered: base"): _both(covered["base"], share["base"]),
                    say("Có sóng: bên kia", "Covered: other"): _both(
                        covered["other"], share["other"]
                    ),
                    say("Chênh lệch", "Difference"): _signed(covered["difference"]),
                    **{
                        told(word): digits(by[technology, unit, change]["difference"])
                        for change, word in _CHANGES.items()
                    },
                }
            )
    st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch")


def plans(found: Comparison, both: Sequence[Plan | None]) -> None:
    """Show the figures of the plans, and the actions that stand in one of them only."""
    rows = {row["figure"]: row for row in found.totals.to_dict("records") if not row["technology"]}
    shown = [name for name in _PLAN_FIGURES if name in rows]
    if not shown:
        return
    st.subheader(say("Phương án", "Plans"), anchor=False)
    table = [
        {
            " ": told(_PLAN_FIGURES[name]),
            say("Gốc", "Base"): _figure(name, rows[name]["base"]),
            say("Bên kia", "Other"): _figure(name, rows[name]["other"]),
            say("Chênh lệch", "Difference"): _figure(name, rows[name]["difference"], signed=True),
        }
        for name in shown
    ]
    st.dataframe(pd.DataFrame(table), hide_index=True)
    st.caption(
        say(
            "Mức sóng ở trên và trên bản đồ là trước khi xây; thôn, hộ có thêm 4G là kết quả dự "
            "kiến của từng phương án.",
            "Signal above and on the maps is that before building; villages and homes gained are "
            "what each plan is to bring.",
        )
    )
    base, other = both
    if base is None or other is None:
        return
    left, right = st.columns(2)
    with left:
        _only(say("Chỉ có ở gốc", "In the base only"), base, other)
    with right:
        _only(say("Chỉ có ở bên kia", "In the other only"), other, base)


def villages(found: Comparison) -> None:
    """List who wins and who loses, the largest villages first."""
    for change, title in (
        ("better", say("Bên được: sóng tốt lên", "Winners: better signal")),
        ("worse", say("Bên mất: sóng kém đi", "Losers: worse signal")),
    ):
        st.subheader(title, anchor=False)
        parts = [_changed(found.villages, technology, change) for technology in TECHNOLOGIES]
        table = pd.concat(parts)
        if table.empty:
            st.caption(say("Không có.", "None."))
        else:
            st.dataframe(table, hide_index=True, width="stretch")
    moved = found.villages[found.villages["rank_change"].fillna(0) != 0]
    with st.expander(say("Thứ hạng thay đổi", "Ranks that moved") + f" ({digits(len(moved))})"):
        order = moved["rank_change"].abs().sort_values(ascending=False, kind="stable").index
        top = moved.loc[order]
        st.dataframe(
            pd.DataFrame(
                {
                    say("Thôn", "Village"): top["name"],
                    say("Xã", "Commune"): top["commune_name"],
                    say("Hạng gốc", "Rank, base"): top["priority_rank_base"],
                    say("Hạng bên kia", "Rank, other"): top["priority_rank_other"],
                    say("Lên (+) xuống (−)", "Up (+) down (−)"): top["rank_change"],
                    say("Hộ", "Households"): top["households"],
                }
            ),
            hide_index=True,
            width="stretch",
        )


def differences(found: Comparison) -> None:
    """List what differs in versions, settings and data."""
    rows = found.differences
    with st.expander(
        say("Khác nhau về thiết lập và dữ liệu", "Settings that differ") + f" ({len(rows)})"
    ):
        st.dataframe(
            pd.DataFrame(
                {
                    say("Loại", "Kind"): [told(_PARTS[part]) for part in rows["part"]],
                    say("Mục", "Entry"): rows["entry"].to_numpy(),
                    say("Gốc", "Base"): rows["base"].astype(str).to_numpy(),
                    say("Bên kia", "Other"): rows["other"].astype(str).to_numpy(),
                }
            ),
            hide_index=True,
            width="stretch",
        )


def _changed(table: pd.DataFrame, technology: str, change: str) -> pd.DataFrame:
    key = technology.lower()
    found = table[table[f"change_{key}"] == change].sort_values(
        ["households", "village_id"], ascending=[False, True]
    )
    return pd.DataFrame(
        {
            say("Thôn", "Village"): found["name"],
            say("Xã", "Commune"): found["commune_name"],
            say("Mạng", "Technology"): technology,
            say("Gốc", "Base"): found[f"signal_class_{key}_base"].map(_class),
            say("Bên kia", "Other"): found[f"signal_class_{key}_other"].map(_class),
            say("Hộ", "Households"): found["households"],
            say("Người", "People"): found["population"],
            say("Mã", "Id"): found["village_id"],
        }
    )


def _only(title: str, here: Plan, there: Plan) -> None:
    mine = here.actions[~here.actions["action_id"].isin(there.actions["action_id"])]
    st.markdown(f"**{title}** · {digits(len(mine))}")
    st.dataframe(
        pd.DataFrame(
            {
                say("Hạng mục", "Action"): [
                    told(ACTION_KINDS[kind]) if kind in ACTION_KINDS else kind
                    for kind in mine["kind"]
                ],
                say("Vốn", "Capex"): [money(capex) for capex in mine["capex"]],
                say("Thêm hộ", "Households"): mine["households_gained"].to_numpy(),
                say("Mã", "Id"): mine["action_id"].to_numpy(),
            }
        ),
        hide_index=True,
        width="stretch",
    )


def _class(name: object) -> str:
    known = {str(key): text for key, text in SHORT_CLASS_NAMES.items()}
    return told(known[str(name)]) if str(name) in known else "–"


def _both(count: float | None, share: float | None) -> str:
    if count is None:
        return "–"
    return digits(count) if share is None else f"{digits(count)} ({percent(share)})"


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{digits(abs(value))}"


def _figure(name: str, value: float | None, *, signed: bool = False) -> str:
    if value is None or pd.isna(value):
        return "–"
    text = money(abs(value)) if name in _MONEY else digits(abs(value))
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{text}"
