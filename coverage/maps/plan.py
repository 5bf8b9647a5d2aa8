"""A plan as the data that the map's front end draws: what is built where, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.maps.fields import Payload
from coverage.maps.words import ACTION_KINDS, BACKHAUL_KINDS, POWER_SOURCES
from coverage.model import FibrePlan, Plan
from coverage.text import Language, Text, decimal

_PAYERS: Final[Mapping[str, Text]] = {
    "fund": Text("Quỹ viễn thông công ích", "telecom fund"),
    "operator": Text("doanh nghiệp", "operators"),
    "province": Text("tỉnh và nguồn khác", "province and others"),
    "undecided": Text("chưa rõ", "not known"),
}
_BILLION: Final = 1e9
_TENTH_OF_BILLION: Final = 1e8
_MILLION: Final = 1e6
_DEGREE_DIGITS: Final = 5
_SIMPLIFY_M: Final = 30.0


def plan_payload(plan: Plan | FibrePlan, language: Language) -> Payload:
    """Return figures, actions in the order of building, and lines of new hops and fibre."""
    if isinstance(plan, FibrePlan):
        return {
            "figures": _fibre_figures(plan, language),
            "actions": _joined(plan.villages, language),
            "lines": _lines(plan.routes, "fibre"),
        }
    return {
        "figures": _figures(plan, language),
        "actions": _actions(plan.actions, language),
        "lines": [*_lines(plan.links, "microwave"), *_lines(plan.fibre_routes, "fibre")],
    }


def _figures(plan: Plan, language: Language) -> list[list[str]]:
    gained = plan.actions[["villages_gained", "households_gained"]].sum()
    figures = [
        (Text("Ngân sách", "Budget"), _money(plan.budget, language)),
        (Text("Vốn sử dụng", "Capex used"), _money(plan.spent, language)),
        (
            Text("Chi phí mỗi năm", "Cost per year"),
            _money(int(plan.actions["opex_per_year"].sum()), language),
        ),
        (Text("Hạng mục", "Actions"), _whole(len(plan.actions), language)),
        (Text("Thôn có thêm 4G", "Villages gained"), _whole(gained["villages_gained"], language)),
        (Text("Hộ có thêm 4G", "Households gained"), _whole(gained["households_gained"], language)),
        (
            Text("Cách phương án tốt nhất", "From the best possible"),
            f"≤ {decimal(100.0 * plan.gap, 1).get(language)} %",
        ),
    ]
    return [[label.get(language), text] for label, text in figures]


def _fibre_figures(plan: FibrePlan, language: Language) -> list[list[str]]:
    km = float(plan.routes["length_m"].sum()) / 1000.0
    households = int(plan.villages["households"].sum())
    figures = [
        (Text("Ngân sách", "Budget"), _money(plan.budget, language)),
        (Text("Vốn sử dụng", "Capex used"), _money(plan.spent, language)),
        (Text("Cáp quang mới", "New fibre"), f"{decimal(km, 1).get(language)} km"),
        (Text("Thôn được nối", "Villages joined"), _whole(len(plan.villages), language)),
        (Text("Hộ ở các thôn đó", "Households there"), _whole(households, language)),
        (
            Text("Cách phương án tốt nhất", "From the best possible"),
            f"≤ {decimal(100.0 * plan.gap, 1).get(language)} %",
        ),
    ]
    return [[label.get(language), text] for label, text in figures]


def _joined(villages: gpd.GeoDataFrame, language: Language) -> list[Payload]:
    points = villages.geometry.to_crs("EPSG:4326")
    word = Text("thôn được nối cáp quang", "village joined to fibre").get(language)
    return [
        {
            "id": str(row["name"]),
            "kind": word,
            "place": [round(point.y, _DEGREE_DIGITS), round(point.x, _DEGREE_DIGITS)],
            "gained": int(row["households"]),
            "rows": [
                [Text("Nhánh", "Branch").get(language), str(row["branch_id"])],
                [
                    Text("Phần vốn", "Share of the capex").get(language),
                    _money(row["capex"], language),
                ],
                [Text("Số hộ", "Households").get(language), _whole(row["households"], language)],
            ],
        }
        for row, point in zip(
            villages.drop(columns="geometry").to_dict("records"), points, strict=True
        )
    ]


def _actions(actions: gpd.GeoDataFrame, language: Language) -> list[Payload]:
    return [
        {
            "id": str(row["action_id"]),
            "kind": _word(ACTION_KINDS, row["kind"], language),
            "place": [
                round(float(row["latitude"]), _DEGREE_DIGITS),
                round(float(row["longitude"]), _DEGREE_DIGITS),
            ],
            "gained": int(row["households_gained"]),
            "rows": [[label.get(language), text] for label, text in _facts(row, language)],
        }
        for row in actions.drop(columns="geometry").to_dict("records")
    ]


def _facts(row: Mapping[Any, Any], language: Language) -> list[tuple[Text, str]]:
    backhaul = _word(BACKHAUL_KINDS, row["backhaul_kind"], language)
    end = f" → {row['backhaul_to']}" if row["backhaul_to"] else ""
    return [
        (Text("Năm thứ", "Year"), _whole(row["phase"], language)),
        (Text("Vốn", "Capex"), _money(row["capex"], language)),
        (Text("Chi phí mỗi năm", "Cost per year"), _money(row["opex_per_year"], language)),
        (Text("Nguồn điện", "Power"), _word(POWER_SOURCES, row["power"], language)),
        (Text("Truyền dẫn", "Backhaul"), f"{backhaul}{end}"),
        (Text("Thêm số thôn", "Villages gained"), _whole(row["villages_gained"], language)),
        (Text("Thêm số hộ", "Households gained"), _whole(row["households_gained"], language)),
        (
            Text("Số hộ ở thôn có thêm cáp quang", "Households in villages joined to fibre"),
            _whole(row.get("households_fibre_gained", 0), language),
        ),
        *_money_facts(row, language),
    ]


def _money_facts(row: Mapping[Any, Any], language: Language) -> list[tuple[Text, str]]:
    """Return what a household costs and who pays, where the plan tells."""
    found = []
    per_household = row.get("cost_per_household")
    if per_household is not None and per_household is not pd.NA:
        label = Text("Vốn mỗi hộ", "Capex per household")
        found.append((label, _money(int(per_household), language)))
    paid = [
        f"{name.get(language)} {_money(int(row[f'{payer}_capex']), language)}"
        for payer, name in _PAYERS.items()
        if row.get(f"{payer}_capex")
    ]
    if paid:
        found.append((Text("Nguồn vốn", "Paid by"), "; ".join(paid)))
    return found


def _lines(layer: gpd.GeoDataFrame, kind: str) -> list[Payload]:
    if layer.empty:
        return []
    simple = layer.geometry.simplify(_SIMPLIFY_M).to_crs("EPSG:4326")
    parts = [part for shape in simple for part in getattr(shape, "geoms", [shape])]
    return [
        {
            "kind": kind,
            "points": np.round(shapely.get_coordinates(part)[:, ::-1], _DEGREE_DIGITS).tolist(),
        }
        for part in parts
    ]


def _word(words: Mapping[str, Text], key: Any, language: Language) -> str:
    return words[key].get(language) if key in words else str(key)


def _money(amount_vnd: int, language: Language) -> str:
    if 0 < amount_vnd < _TENTH_OF_BILLION:
        number = decimal(amount_vnd / _MILLION, 1)
        return Text(f"{number.vi} triệu đồng", f"{number.en} million VND").get(language)
    digits = 1 if amount_vnd >= _BILLION else 3
    number = decimal(amount_vnd / _BILLION, digits)
    return Text(f"{number.vi} tỷ đồng", f"{number.en} billion VND").get(language)


def _whole(value: int, language: Language) -> str:
    return decimal(value, 0).get(language)
