"""Files under review: what each sheet was taken for, its repairs accepted or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

import pandas as pd
import streamlit as st

from coverage.errors import Problem
from coverage.importing import SheetRead
from coverage.intake.draft import Draft, Imported, apply
from coverage.intake.report import report_table
from coverage.intake.sheet import Role
from coverage.io.writers import csv_bytes
from coverage.model import Inputs
from coverage.revision.drafts import KeptFile, SheetReview, Work
from coverage.revision.joining import Fit, Way, fit_of, joined
from coverage.text import Text
from coverage.ui import cache, data_checks, drafting, kept, repairs
from coverage.ui.speech import digits, say, told
from coverage.ui.words import plain

_ROLES: Final = {
    "villages": Text("Thôn", "Villages"),
    "stations": Text("Trạm, ô phủ", "Stations, cells"),
    "communes": Text("Xã, phường (số liệu)", "Communes (figures)"),
    "": Text("Không đọc trang này", "Leave this sheet out"),
}
_SHOWN: Final = 1_000
_HEIGHT: Final = 330


def show(inputs: Inputs, work: Work) -> list[tuple[Fit, Way]]:
    """Show every file under review; return what accepting would bring into the project."""
    fits: list[tuple[Fit, Way]] = []
    for file in work.files:
        with st.container(border=True, key=f"review_{file.token}"):
            title, away = st.columns([6, 1], vertical_alignment="center")
            title.markdown(f"**{plain(file.name)}**")
            away.button(
                say("Bỏ tệp", "Remove"),
                key=f"remove_{file.token}",
                icon=":material/delete:",
                on_click=drafting.remove_file,
                args=(file,),
                width="stretch",
            )
            sheets, problems = _sheets_of(inputs, file)
            if problems:
                st.error(say("Không đọc được tệp này.", "This file cannot be read."))
                data_checks.problems(problems)
            for sheet in sheets:
                found = _sheet(inputs, file, sheet)
                if found is not None:
                    fits.append(found)
    return fits


def reports(inputs: Inputs, work: Work) -> dict[str, pd.DataFrame]:
    """Return the import report of every sheet that is read, by the stem of its file."""
    found = {}
    for number, file in enumerate(work.files, start=1):
        for sheet in _sheets_of(inputs, file)[0]:
            if sheet.draft is not None and sheet.role is not None:
                refused = _decided(file, sheet).refused
                stem = f"import_report_{number}_{sheet.role}"
                while stem in found:
                    stem += "_2"
                found[stem] = report_table(sheet.draft, apply(sheet.draft, refused=refused))
    return found


def _sheets_of(inputs: Inputs, file: KeptFile) -> tuple[tuple[SheetRead, ...], tuple[Problem, ...]]:
    """Return the sheets of a file as they are understood, or why it cannot be read."""
    roles: dict[str, Role | None] = {
        name: one.role for name, one in file.sheets.items() if one.role != "guessed"
    }
    path = drafting.drafts().path_of(drafting.name(), file)
    key = cache.key_of(file.token, repr(sorted(roles.items())), inputs.fingerprint)
    with st.spinner(say("Đang đọc tệp…", "Reading the file…")):
        return kept.sheets_read(key, path, roles, drafting.open_path())


def _decided(file: KeptFile, sheet: SheetRead) -> SheetReview:
    return file.sheets.get(sheet.sheet, SheetReview())


def _sheet(inputs: Inputs, file: KeptFile, sheet: SheetRead) -> tuple[Fit, Way] | None:
    key = f"{file.token}_{sheet.sheet}"
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        st.selectbox(
            say(f"Trang “{plain(sheet.sheet)}” là", f"Sheet “{plain(sheet.sheet)}” holds"),
            list(_ROLES),
            index=list(_ROLES).index(sheet.role or ""),
            format_func=lambda name: told(_ROLES[name]),
            key=f"role_{key}",
            on_change=_take_role,
            args=(file, sheet.sheet, f"role_{key}"),
        )
    if sheet.problems:
        data_checks.problems(sheet.problems)
    if sheet.draft is None or sheet.role is None:
        return None
    decided = _decided(file, sheet)
    imported = apply(sheet.draft, refused=decided.refused)
    fit = fit_of(imported.table, sheet.role, file=file.name)
    with right:
        _figures(sheet.draft, imported, fit)
    lines, table, unusable = st.tabs(
        [
            say("Sửa chữa và nghi vấn", "Repairs and doubts"),
            say("Bảng sau khi làm sạch", "The cleaned table"),
            say(
                f"Dòng không dùng được ({len({row for row, _ in fit.unusable})})",
                f"Rows that cannot be used ({len({row for row, _ in fit.unusable})})",
            ),
        ],
        key=f"tabs_{key}",
    )
    with lines:
        repairs.kinds(file, sheet.draft, decided)
        repairs.places(file, sheet.draft, decided)
    with table:
        _cleaned(file, sheet.draft, imported)
    with unusable:
        _unusable(fit)
    return _way(inputs, file, sheet, fit, decided)


def _take_role(file: KeptFile, sheet: str, key: str) -> None:
    role: Any = st.session_state[key] or None
    anew = SheetReview(role=role)
    drafting.decide(file, sheet, lambda _: anew)


def _figures(draft: Draft, imported: Imported, fit: Fit) -> None:
    gone = sum(f.drops and f.id not in imported.refused for f in draft.findings)
    first, last = draft.header_rows
    repairs = sum(f.kind == "repair" for f in draft.findings)
    doubts = sum(f.kind == "doubt" for f in draft.findings)
    st.markdown(
        say(
            f"**{len(fit.table)}** dòng dùng được · {len(set(draft.table['source_row']))} dòng đọc"
            f" · {gone} dòng bỏ ra · {repairs} chỗ sửa · {doubts} nghi vấn · tiêu đề ở dòng "
            f"{first}–{last}",
            f"**{len(fit.table)}** usable rows · {len(set(draft.table['source_row']))} rows read"
            f" · {gone} set aside · {repairs} repairs · {doubts} doubts · header in rows "
            f"{first}–{last}",
        )
    )


def _cleaned(file: KeptFile, draft: Draft, imported: Imported) -> None:
    st.dataframe(
        imported.table.head(_SHOWN).astype(str).replace({"None": "", "<NA>": "", "nan": ""}),
        hide_index=True,
        width="stretch",
        height=_HEIGHT,
    )
    stem = Path(file.name).stem
    with st.container(horizontal=True):
        st.download_button(
            say("Tải bảng đã làm sạch (CSV)", "Download the cleaned table (CSV)"),
            lambda: csv_bytes(imported.table),
            file_name=f"{stem}_{draft.role}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"table_{file.token}_{draft.sheet}",
            on_click="ignore",
        )
        st.download_button(
            say("Tải báo cáo (CSV)", "Download the report (CSV)"),
            lambda: csv_bytes(report_table(draft, imported)),
            file_name=f"{stem}_import_report.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"report_{file.token}_{draft.sheet}",
            on_click="ignore",
        )


def _unusable(fit: Fit) -> None:
    if not fit.unusable:
        st.caption(say("Mọi dòng đều dùng được.", "Every row can be used."))
        return
    st.caption(
        say(
            "Các dòng này không vào dự án khi chấp nhận; hãy sửa trong tệp rồi tải lên lại.",
            "These rows stay outside when you accept; mend them in the file and send it again.",
        )
    )
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("Dòng", "Row"): row,
                    say("Cột", "Column"): problem.column or "",
                    say("Vì sao", "Why"): told(problem.what),
                    say("Cách xử lý", "What to do"): told(problem.fix),
                }
                for row, problem in fit.unusable
            ]
        ),
        hide_index=True,
        width="stretch",
    )


def _way(
    inputs: Inputs, file: KeptFile, sheet: SheetRead, fit: Fit, decided: SheetReview
) -> tuple[Fit, Way] | None:
    """Let the person say what becomes of the project's rows; None where nothing can be used."""
    if fit.missing:
        st.error(
            say("Bảng này chưa dùng được cho dự án:", "The project cannot use this table yet:")
        )
        data_checks.problems(fit.missing)
        return None
    if fit.role == "communes":
        known = inputs.communes["commune_code"].astype(str).isin(fit.table["commune_code"])
        found = f"{digits(int(known.sum()))} / {digits(len(known))}"
        st.caption(
            say(
                f"Số dân, số hộ của danh sách được ghi vào lớp xã của dự án theo mã ({found} xã có "
                "trong danh sách); ranh giới giữ nguyên.",
                "People and households of the list go into the project's commune layer by code "
                f"({found} communes are listed); outlines stay.",
            )
        )
        if known.any():
            return fit, "replace"
        st.warning(
            say(
                "Không mã xã nào của danh sách có trong dự án, nên không có gì để nhập.",
                "No commune code of the list is one of the project, so there is nothing to import.",
            )
        )
        return None
    if fit.table.empty:
        return None
    sha256 = drafting.hash_of(inputs, fit.role)
    base = kept.rows_of(sha256, drafting.open_path(), fit.role).table
    added = joined(base, fit, "add")
    words = {
        "replace": say(
            f"Thay toàn bộ bảng: {digits(len(base))} → {digits(len(fit.table))} dòng",
            f"Replace the table: {digits(len(base))} → {digits(len(fit.table))} rows",
        ),
        "add": say(
            f"Bổ sung: cập nhật {digits(added.updated)}, thêm {digits(added.added)}, giữ nguyên "
            f"{digits(added.kept)} dòng",
            f"Add to it: {digits(added.updated)} brought up to date, {digits(added.added)} new, "
            f"{digits(added.kept)} as they are",
        ),
    }
    key = f"way_{file.token}_{sheet.sheet}"
    st.radio(
        say("Khi chấp nhận", "When accepted"),
        get_args(Way),
        index=get_args(Way).index(decided.way),
        format_func=words.__getitem__,
        horizontal=True,
        key=key,
        on_change=_take_way,
        args=(file, sheet, key),
    )
    return fit, decided.way


def _take_way(file: KeptFile, sheet: SheetRead, key: str) -> None:
    way = st.session_state[key]
    drafting.decide(file, sheet.sheet, lambda decided: decided.model_copy(update={"way": way}))
