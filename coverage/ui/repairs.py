"""Repairs and doubts of a sheet under review: accepted or refused by kind, or one by one."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from coverage.intake.draft import Draft
from coverage.intake.sheet import Finding, Role
from coverage.revision.drafts import KeptFile, SheetReview
from coverage.schema import TABLES
from coverage.text import Text
from coverage.ui import drafting
from coverage.ui.speech import percent, say, told

_KINDS: Final = {
    "repair": Text("Đã sửa", "Repaired"),
    "doubt": Text("Nghi vấn", "In doubt"),
    "note": Text("Ghi chú", "Noted"),
}
_HEIGHT: Final = 330


def kinds(file: KeptFile, draft: Draft, decided: SheetReview) -> None:
    """Show the kinds of repairs, each accepted or refused as a whole."""
    groups = _refusable(draft)
    if not groups:
        st.caption(say("Không có chỗ nào phải sửa.", "Nothing had to be repaired."))
        return
    accept = say("Nhận", "Accept")
    table = pd.DataFrame(
        [
            {
                accept: not all(f.id in decided.refused for f in group),
                say("Loại", "Kind"): told(_KINDS[group[0].kind]),
                say("Điều gì", "What"): told(what),
                say("Số chỗ", "Places"): len(group),
                say("Đã từ chối", "Refused"): sum(f.id in decided.refused for f in group),
            }
            for what, group in groups.items()
        ]
    )
    st.caption(
        say(
            "Bỏ dấu ở cột “Nhận” để từ chối cả loại; ở bảng dưới, từ chối từng chỗ. Từ chối thì ô "
            "giữ giá trị cũ (hoặc để trống nếu giá trị cũ không dùng được), dòng bị bỏ ra trở lại.",
            "Untick “Accept” to refuse a whole kind; in the table below, one place alone. Refused, "
            "a cell keeps its old value (or stays empty where that is none), a row set aside "
            "returns.",
        )
    )
    key = f"groups_{file.token}_{draft.sheet}_{_turn(file, draft)}"
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        width="stretch",
        disabled=[name for name in table.columns if name != accept],
        on_change=_take_groups,
        args=(file, draft, key),
        column_config={
            accept: st.column_config.CheckboxColumn(width=64),
            say("Điều gì", "What"): st.column_config.TextColumn(width=560),
        },
    )


def places(file: KeptFile, draft: Draft, decided: SheetReview) -> None:
    """Show repairs and doubts one by one."""
    groups = _refusable(draft)
    told_only = [
        f
        for f in draft.findings
        if not f.can_be_refused and f.rule not in {"column_read", "column_kept"}
    ]
    everything = Text("Tất cả", "All")
    others = Text("Chỉ để biết (không đổi gì)", "For information (nothing changes)")
    choices = [everything, *groups, *([others] if told_only else [])]
    chosen = st.selectbox(
        say("Xem từng chỗ", "Look at each place"),
        range(len(choices)),
        format_func=lambda place: told(choices[place]),
        key=f"kind_{file.token}_{draft.sheet}",
    )
    what = choices[chosen]
    if what is others:
        st.dataframe(
            _as_lines(draft.role, told_only), hide_index=True, width="stretch", height=_HEIGHT
        )
        return
    shown = [f for g in groups.values() for f in g] if what is everything else groups[what]
    shown = sorted(shown, key=lambda f: f.row or 0)
    if not shown:
        return
    accept = say("Nhận", "Accept")
    key = f"lines_{file.token}_{draft.sheet}_{chosen}_{_turn(file, draft)}"
    # What the editor began with: its own memory holds what was ticked since.
    base = st.session_state.setdefault(f"base_{key}", decided.refused)
    table = _as_lines(draft.role, shown)
    table.insert(0, accept, [f.id not in base for f in shown])
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        width="stretch",
        height=_HEIGHT,
        disabled=[name for name in table.columns if name != accept],
        on_change=_take_lines,
        args=(file, draft, key, [f.id for f in shown]),
        column_config={
            accept: st.column_config.CheckboxColumn(width=64),
            say("Dòng", "Row"): st.column_config.NumberColumn(width=56),
            say("Vì sao", "Why"): st.column_config.TextColumn(width=420),
        },
    )


def _refusable(draft: Draft) -> dict[Text, list[Finding]]:
    """Return what can be refused, by what is said of it, most first."""
    groups: dict[Text, list[Finding]] = {}
    for finding in draft.findings:
        if finding.can_be_refused:
            groups.setdefault(finding.what, []).append(finding)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def _take_groups(file: KeptFile, draft: Draft, key: str) -> None:
    groups = list(_refusable(draft).values())
    edits = st.session_state[key]["edited_rows"]

    def by_kind(decided: SheetReview) -> SheetReview:
        refused = decided.refused
        for place, cells in edits.items():
            ids = {finding.id for finding in groups[int(place)]}
            for is_accepted in cells.values():
                refused = refused - ids if is_accepted else refused | ids
        return decided.model_copy(update={"refused": refused})

    drafting.decide(file, draft.sheet, by_kind)
    turn = f"turn_{file.token}_{draft.sheet}"
    st.session_state[turn] = int(st.session_state.get(turn, 0)) + 1


def _as_lines(role: Role, findings: list[Finding]) -> pd.DataFrame:
    taken_out = say("(bỏ dòng này)", "(row taken out)")
    return pd.DataFrame(
        {
            say("Dòng", "Row"): pd.Series([f.row for f in findings], dtype="Int64"),
            say("Cột", "Column"): [_title(role, f.column) for f in findings],
            say("Trong tệp", "Was"): [f.old for f in findings],
            say("Thành", "Becomes"): [taken_out if f.drops else f.new for f in findings],
            say("Vì sao", "Why"): [told(f.text) for f in findings],
            say("Chắc chắn", "Certainty"): [percent(f.confidence, 0) for f in findings],
            say("Loại", "Kind"): [told(_KINDS[f.kind]) for f in findings],
        }
    )


def _take_lines(file: KeptFile, draft: Draft, key: str, ids: list[str]) -> None:
    base = st.session_state[f"base_{key}"]
    changed = {
        ids[int(place)]: is_accepted
        for place, cells in st.session_state[key]["edited_rows"].items()
        for is_accepted in cells.values()
    }
    inside = {name for name in ids if not changed.get(name, name not in base)}

    def by_place(decided: SheetReview) -> SheetReview:
        refused = (decided.refused - set(ids)) | inside
        return decided.model_copy(update={"refused": refused})

    drafting.decide(file, draft.sheet, by_place)


def _turn(file: KeptFile, draft: Draft) -> int:
    return int(st.session_state.get(f"turn_{file.token}_{draft.sheet}", 0)) + drafting.epoch()


def _title(role: Role, name: str) -> str:
    """Return what a column is called; headings of the sheet stay as they are."""
    column = TABLES[role].column(name)
    return name if column is None else told(column.title)
