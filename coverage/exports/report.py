"""The workbook: figures, tables with Vietnamese headings, warnings, the dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.exports.tables import further_tables, plan_tables, totals, with_whole_counts
from coverage.io import writers
from coverage.model import Plan, Result, Statistics
from coverage.schema import Column, Kind, dictionary, output_columns
from coverage.text import Text

_OFFICIAL_BASIS: Final = {
    "mobile_broadband": "Sóng băng rộng di động (3G, 4G hoặc 5G), theo dự báo",
    "4G": "Sóng 4G, theo dự báo",
    "reported": "Theo báo cáo của địa phương",
}
_OFFICIAL_SERVICE: Final = {
    "none": "Chưa có sóng (thôn trắng sóng)",
    "none_or_weak": "Chưa có sóng hoặc sóng yếu (trắng sóng và lõm sóng)",
}
_OFFICIAL_POWER: Final = {"yes": "Có điện", "no": "Chưa có điện", "unknown": "Không rõ"}
_OFFICIAL_HARDSHIP: Final = {"yes": "ĐBKK", "no": "Không thuộc diện ĐBKK", "unknown": "Không rõ"}
_SHEETS: Final = {
    "clusters": "Cụm dân cư",
    "measured": "Số đo theo thôn",
    "measure_next": "Cần đo tiếp",
    "fibre_gaps": "Cáp quang",
    "gap_status": "Xử lý lõm sóng",
    "scoreboard": "Chỉ số",
    "plan_actions": "Phương án",
    "plan_money": "Tài chính",
    "plan_funding": "Nguồn vốn",
    "plan_costs": "Dự toán",
    "resilience": "Điểm dễ đứt",
    "plan_firmness": "Độ chắc chắn",
    "plan_curve": "Ngân sách và số hộ",
    "plan_stations": "Trạm của phương án",
}
Sheet = tuple[Sequence[str], Sequence[Sequence[writers.Cell]]]


def write_report(
    result: Result,
    villages: pd.DataFrame,
    communes: pd.DataFrame,
    path: Path,
    *,
    plan: Plan | None,
) -> None:
    """Write the workbook: one sheet a table, and a sheet that explains the columns."""
    statistics = result.statistics
    further = further_tables(result) | ({} if plan is None else plan_tables(plan))
    known = {row["column"]: row for row in dictionary(described(result))}
    columns = [name for t in (villages, communes, *further.values()) for name in t.columns]
    if statistics is not None:
        columns += [*statistics.table.columns]
    writers.write_workbook(
        path,
        {
            "Tổng hợp": (("Chỉ tiêu", "Giá trị"), [*_notes(result), *totals(result).items()]),
            "Thôn": _sheet(villages, known),
            "Xã": _sheet(communes, known),
            **({} if statistics is None else _statistics_sheets(statistics, known)),
            **{_SHEETS[name]: _sheet(table, known) for name, table in further.items()},
            "Cảnh báo": (
                ("Tệp", "Nội dung", "Số dòng"),
                [(p.file, p.line("vi"), p.count) for p in result.warnings],
            ),
            "Từ điển": _dictionary_sheet(columns, known),
        },
    )


def _statistics_sheets(
    statistics: Statistics, known: Mapping[str, Mapping[str, str]]
) -> dict[str, Sheet]:
    provinces = statistics.table[statistics.table["level"] == "province"]
    return {
        "Thống kê": _sheet(with_whole_counts(provinces), known),
        "Huyện cũ": _sheet(statistics.districts, known),
        **{f"Xã {edition}": _sheet(table, known) for edition, table in statistics.communes.items()},
        "Điện và ĐBKK": _four_cell_sheet(statistics.four_cells),
    }


def _four_cell_sheet(cells: pd.DataFrame) -> Sheet:
    """Return the ministry's four cells in official words, and beside them what is not known."""
    header = [
        "Căn cứ",
        "Tình trạng",
        "Điện lưới quốc gia",
        "Đặc biệt khó khăn (ĐBKK)",
        "Số thôn",
        "Số hộ",
        "Số người",
        "Số thôn không rõ sóng",
        "Tổng số thôn của nhóm",
        "Tổng số hộ của nhóm",
        "Tổng số người của nhóm",
        "Số liệu đến ngày",
    ]
    rows = [
        [
            _OFFICIAL_BASIS[row["basis"]],
            _OFFICIAL_SERVICE[row["service"]],
            _OFFICIAL_POWER[row["has_grid_power"]],
            _OFFICIAL_HARDSHIP[row["extremely_difficult"]],
            *(row[name] for name in ("villages", "households", "population")),
            *(row[name] for name in ("villages_unknown", "villages_total")),
            *(row[name] for name in ("households_total", "population_total")),
            row["date"],
        ]
        for row in cells.to_dict("records")
    ]
    return header, rows


def _notes(result: Result) -> list[tuple[str, str]]:
    project = result.inputs.project
    notes = [("Dự án", project.name)]
    if result.inputs.synthetic_roles:
        roles = ", ".join(result.inputs.synthetic_roles)
        notes.append(("DỮ LIỆU MÔ PHỎNG / SYNTHETIC DATA", roles))
    if project.note:
        notes.append(("Ghi chú", project.note))
    return notes


def described(result: Result) -> list[Column]:
    """Return the columns of the outputs: the fixed ones, and those that a scenario names."""
    criteria = result.scenario.priority.criteria
    named = {
        f"priority_{c.name}": Text(f"Phần điểm: {c.title_vi}", f"Part of the score: {c.title_en}")
        for c in criteria
    } | {
        f"indicator_{d.code}": Text(f"{d.title_vi} (của xã)", f"{d.title_en} (of the commune)")
        for d in result.scenario.indicators.definitions
    }
    return [
        *output_columns(),
        *(
            Column(name=name, kind=Kind.NUMBER, meaning=meaning, synonyms={})
            for name, meaning in named.items()
        ),
    ]


def _sheet(
    table: pd.DataFrame, known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[list[writers.Cell]]]:
    header = [
        f"{known[name]['meaning_vi']}\n({name})" if name in known else str(name)
        for name in table.columns
    ]
    rows = [[writers.plain_cell(cell) for cell in row] for row in table.itertuples(index=False)]
    return header, rows


def _dictionary_sheet(
    columns: list[str], known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[list[writers.Cell]]]:
    rows: list[list[writers.Cell]] = [
        [name, known[name]["unit"], known[name]["meaning_vi"], known[name]["meaning_en"]]
        for name in dict.fromkeys(columns)
        if name in known
    ]
    return ["Cột", "Đơn vị", "Ý nghĩa", "Meaning"], rows
