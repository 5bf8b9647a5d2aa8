"""Tables as pop-ups read them: which columns they show, and how a table travels.

A table travels as `fields` (what a column is) and `rows`; a column whose values repeat travels as
its distinct values and positions among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from coverage.maps.words import QUANTITIES
from coverage.model import Result
from coverage.params import TECHNOLOGIES, Technology
from coverage.text import Language, Text

Payload = dict[str, Any]
Kind = Literal[
    "text", "count", "metres", "dbm", "share", "score", "flag", "class", "choice", "area"
]

_DIGITS: Final[Mapping[Kind, int]] = {
    "count": 0,
    "metres": 0,
    "dbm": 1,
    "share": 3,
    "score": 3,
    "area": 1,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a pop-up: where it comes from, what it is called, how it is written.

    `role` tells the front end of columns it treats apart from the list of a pop-up.
    """

    key: str
    label: Text
    kind: Kind
    role: Literal["", "id", "name", "level", "part", "cause"] = ""


_WHO: Final = (
    Field("village_id", Text("Mã thôn", "Village id"), "text", "id"),
    Field("name", Text("Tên thôn", "Name"), "text", "name"),
    Field("commune_name", Text("Xã, phường", "Commune"), "text"),
    Field("commune_code", Text("Mã xã", "Commune code"), "text"),
    Field("priority_rank", Text("Thứ tự ưu tiên", "Priority rank"), "count"),
    Field("priority_score", Text("Điểm ưu tiên (0–1)", "Priority score (0–1)"), "score"),
    Field(
        "rank_low", Text("Thứ hạng 5 % (trọng số thay đổi)", "Rank, 5 % (weights vary)"), "count"
    ),
    Field("rank_high", Text("Thứ hạng 95 %", "Rank, 95 %"), "count"),
    Field("top20_share", Text("Tỷ lệ vào 20 thôn đầu", "Share in the top 20"), "share"),
    Field("households", Text("Số hộ", "Households"), "count"),
    Field("population", Text("Số người", "People"), "count"),
)
_CAUSE: Final = Text("Nguyên nhân", "Cause")
_WHAT_ELSE: Final = (
    Field("served_probability_4g", Text("Xác suất có sóng 4G", "Chance of 4G signal"), "share"),
    Field("server_4g", Text("Ô phủ 4G mạnh nhất", "Strongest 4G cell"), "text"),
    Field("reported_signal", Text("Địa phương báo cáo", "Reported"), "choice"),
    Field("report_date", Text("Ngày báo cáo", "Date of report"), "text"),
    Field("evidence", Text("Đối chiếu", "Evidence"), "choice"),
    Field("verdict_4g", Text("Kết luận về 4G", "Verdict on 4G"), "choice"),
    Field("verdict_source_4g", Text("Theo nguồn", "Decided by"), "choice"),
    Field("has_grid_power", Text("Có điện lưới", "Grid power"), "flag"),
    Field("extremely_difficult", Text("Đặc biệt khó khăn", "Extremely difficult"), "flag"),
    Field("fibre_distance_m", Text("Cách nút cáp quang", "Distance to fibre"), "metres"),
    Field("coordinate_accuracy_m", Text("Độ chính xác tọa độ", "Coordinate accuracy"), "metres"),
)
_COMMUNE: Final = (
    Field("commune_code", Text("Mã xã", "Commune code"), "text", "id"),
    Field("name", Text("Tên xã", "Name"), "text", "name"),
    Field("villages", Text("Số thôn", "Villages"), "count"),
    Field("households", Text("Số hộ", "Households"), "count"),
    Field("population", Text("Số người", "People"), "count"),
    Field("area_km2", Text("Diện tích (km²)", "Area (km²)"), "area"),
)


def village_fields(result: Result, language: Language) -> list[Field]:
    """Return what a village's pop-up shows, as far as the result has it."""
    has = set(result.villages.columns)
    cause = next((key for key in (f"cause_{language}", "cause") if key in has), "cause")
    fields = [
        *_WHO,
        *(field for technology in TECHNOLOGIES for field in _signal_fields(technology)),
        Field(cause, _CAUSE, "text", "cause"),
        *_WHAT_ELSE,
        *(
            Field(f"priority_{criterion.name}", criterion.title, "score", "part")
            for criterion in result.scenario.priority.criteria
        ),
    ]
    return [field for field in fields if field.key in has]


def commune_fields(communes: pd.DataFrame, technologies: Iterable[Technology]) -> list[Field]:
    """Return what a commune's pop-up shows, as far as the result has it."""
    fields = [*_COMMUNE, *(field for t in technologies for field in _coverage_fields(t))]
    return [field for field in fields if field.key in communes.columns]


def _signal_fields(technology: Technology) -> tuple[Field, ...]:
    tag, label = technology.lower(), f"{technology} ({QUANTITIES[technology]})"
    return (
        Field(f"rsrp_{tag}_dbm", Text(label, label), "dbm", "level"),
        Field(f"signal_class_{tag}", Text(label, label), "class"),
    )


def _coverage_fields(technology: Technology) -> tuple[Field, ...]:
    t, tag = technology, technology.lower()
    return (
        Field(
            f"population_covered_share_{tag}", Text(f"Dân có sóng {t}", f"People with {t}"), "share"
        ),
        Field(
            f"area_covered_share_{tag}", Text(f"Diện tích có sóng {t}", f"Area with {t}"), "share"
        ),
        Field(f"villages_none_{tag}", Text(f"Thôn không có {t}", f"Villages without {t}"), "count"),
        Field(
            f"villages_unknown_{tag}",
            Text(f"Thôn chưa rõ {t}", f"Villages unknown for {t}"),
            "count",
        ),
    )


def table_payload(frame: pd.DataFrame, fields: Sequence[Field], language: Language) -> Payload:
    """Return the columns of `frame` that `fields` describe; each must be there."""
    described: list[Payload] = []
    columns: list[list[Any]] = []
    for field in fields:
        values = [_value(value, field.kind) for value in frame[field.key]]
        description = {"key": field.key, "label": field.label.get(language), "kind": field.kind}
        if field.role:
            description["role"] = field.role
        distinct = list(dict.fromkeys(values))
        if field.kind in {"text", "class", "choice"} and len(distinct) <= len(values) // 2:
            position = {value: i for i, value in enumerate(distinct)}
            described.append(description | {"values": distinct})
            columns.append([position[value] for value in values])
        else:
            described.append(description)
            columns.append(values)
    return {"fields": described, "rows": [list(row) for row in zip(*columns, strict=True)]}


def _value(value: Any, kind: Kind) -> Any:
    if kind in {"text", "class", "choice"}:
        return "" if value is None or pd.isna(value) else str(value)
    if value is None or pd.isna(value):
        return None
    return bool(value) if kind == "flag" else rounded(value, _DIGITS[kind])


def rounded(value: Any, digits: int) -> float | int | None:
    """Return a number for JSON; None where it is not finite."""
    number = float(value)
    if not np.isfinite(number):
        return None
    short = round(number, digits)
    return int(short) if short.is_integer() else short
