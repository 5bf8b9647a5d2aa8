"""The workbook: figures, tables with Vietnamese headings, warnings, the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.exports.tables import (
    fibre_tables,
    further_tables,
    plan_tables,
    totals,
    with_whole_counts,
)
from coverage.io import writers
from coverage.io.writers import Cell, Look, Sheet
from coverage.model import FibrePlan, Plan, Result, Statistics
from coverage.schema import Column, Kind, dictionary, output_columns, output_files
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
    "fibre_villages": "Thôn nối cáp",
    "fibre_routes": "Tuyến cáp",
    "fibre_curve": "Ngân sách và cáp",
}
_UNITS: Final = {"villages": "Số thôn", "households": "Số hộ", "population": "Số người"}
_CLASSES: Final = {
    "good": "sóng tốt",
    "weak": "sóng yếu (lõm sóng)",
    "none": "không có sóng (trắng sóng)",
    "unknown": "không rõ sóng",
}
_TOTALS: Final = {**_UNITS, "communes": "Số xã", "area_km2": "Diện tích, km²"}
_KEYS: Final = (("village_id", "name"), ("commune_code", "name"))
"""Columns that tell a row: they stand still while the others move."""
Known = Mapping[str, Column]


def write_report(
    result: Result,
    villages: pd.DataFrame,
    communes: pd.DataFrame,
    path: Path,
    *,
    plan: Plan | None,
    fibre: FibrePlan | None,
) -> None:
    """Write the workbook: one sheet a table, and sheets that explain the columns and files."""
    statistics = result.statistics
    further = further_tables(result) | ({} if plan is None else plan_tables(plan))
    further |= {} if fibre is None else fibre_tables(fibre)
    known = {column.name: column for column in described(result)}
    tables = [villages, communes, *further.values()]
    if statistics is not None:
        tables += [statistics.table, statistics.districts, *statistics.communes.values()]
    columns = [name for table in tables for name in table.columns]
    writers.write_workbook(
        path,
        {
            "Tổng hợp": _summary(result),
            "Thôn": _sheet(villages, known),
            "Xã": _sheet(communes, known),
            **({} if statistics is None else _statistics_sheets(statistics, known)),
            **{_SHEETS[name]: _sheet(table, known) for name, table in further.items()},
            "Cảnh báo": Sheet(
                ("Tệp", "Nội dung", "Số dòng"),
                [(p.file, p.line("vi"), p.count) for p in result.warnings],
            ),
            "Từ điển": _dictionary_sheet(columns, known),
            "Các tệp": Sheet(
                ("Tệp", "Ý nghĩa", "Meaning"),
                [(one.name, one.meaning.vi, one.meaning.en) for one in output_files()],
            ),
        },
    )


def _summary(result: Result) -> Sheet:
    figures: dict[str, Cell] = {}
    for name, value in totals(result).items():
        unit, *told = name.split("_")
        title = _TOTALS.get(name) or f"{_UNITS[unit]} {_CLASSES[told[0]]} {told[1].upper()}"
        figures[title] = value
    return Sheet(
        ("Chỉ tiêu", "Giá trị"), [*_notes(result), *figures.items()], looks=(None, "count")
    )


def _statistics_sheets(statistics: Statistics, known: Known) -> dict[str, Sheet]:
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
            _date(row["date"]),
        ]
        for row in cells.to_dict("records")
    ]
    count: Look = "count"
    looks: list[Look | None] = [*[None] * 4, *[count] * 7, "date"]
    return Sheet(header, rows, looks)


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


def _sheet(table: pd.DataFrame, known: Known) -> Sheet:
    columns = [known.get(str(name)) for name in table.columns]
    header = [
        str(name) if column is None else f"{column.meaning.vi}\n({name})"
        for name, column in zip(table.columns, columns, strict=True)
    ]
    looks = [None if column is None else _look(column) for column in columns]
    rows = [
        [
            _date(cell) if look == "date" else writers.plain_cell(cell)
            for cell, look in zip(row, looks, strict=True)
        ]
        for row in table.itertuples(index=False)
    ]
    is_keyed = tuple(map(str, table.columns[:2])) in _KEYS
    return Sheet(header, rows, looks, frozen_columns=2 if is_keyed else 0)


def _look(column: Column) -> Look | None:
    """Say how a column shows: a year is a number without a separator of thousands."""
    words = column.name.split("_")
    if column.kind is Kind.DATE:
        return "date"
    if column.kind is Kind.COUNT and (words[-1] != "year" or column.unit):
        return "count"
    return "share" if {"share", "probability"} & set(words) else None


def _date(cell: object) -> Cell:
    """Return a plain date; what is none, such as an empty cell, stays as it is."""
    try:
        return date.fromisoformat(str(cell))
    except ValueError:
        return writers.plain_cell(cell)


def _dictionary_sheet(columns: list[str], known: Known) -> Sheet:
    rows = [
        tuple(entry.values())
        for entry in dictionary(known[name] for name in dict.fromkeys(columns) if name in known)
    ]
    return Sheet(("Cột", "Đơn vị", "Ý nghĩa", "Meaning"), rows)
