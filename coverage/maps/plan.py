"""A plan as the data that the map's front end draws: what is built where, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from coverage.maps.fields import Payload
from coverage.model import Plan
from coverage.text import Language, Text, decimal

KINDS: Final[Mapping[str, Text]] = {
    "upgrade": Text("nâng cấp trạm", "upgrade of a site"),
    "new_site": Text("trạm mới", "new site"),
    "satellite": Text("trạm nhỏ qua vệ tinh", "small cell by satellite"),
}
POWER: Final[Mapping[str, Text]] = {
    "": Text("đã có", "there already"),
    "grid": Text("điện lưới", "grid"),
    "grid_extension": Text("kéo điện lưới", "grid extension"),
    "solar": Text("mặt trời", "solar"),
    "solar_diesel": Text("mặt trời và máy phát", "solar and diesel"),
}
BACKHAUL: Final[Mapping[str, Text]] = {
    "fibre": Text("cáp quang", "fibre"),
    "microwave": Text("vi ba", "microwave"),
    "satellite": Text("vệ tinh", "satellite"),
    "unknown": Text("chưa rõ", "not known"),
}
_BILLION: Final = 1e9
_DEGREE_DIGITS: Final = 5
_SIMPLIFY_M: Final = 30.0


def plan_payload(plan: Plan, language: Language) -> Payload:
    """Return figures, actions in the order of building, and lines of new hops and fibre."""
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


def _actions(actions: gpd.GeoDataFrame, language: Language) -> list[Payload]:
    return [
        {
            "id": str(row["action_id"]),
            "kind": _word(KINDS, row["kind"], language),
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
    backhaul = _word(BACKHAUL, row["backhaul_kind"], language)
    end = f" → {row['backhaul_to']}" if row["backhaul_to"] else ""
    return [
        (Text("Năm thứ", "Year"), _whole(row["phase"], language)),
        (Text("Vốn", "Capex"), _money(row["capex"], language)),
        (Text("Chi phí mỗi năm", "Cost per year"), _money(row["opex_per_year"], language)),
        (Text("Nguồn điện", "Power"), _word(POWER, row["power"], language)),
        (Text("Truyền dẫn", "Backhaul"), f"{backhaul}{end}"),
        (Text("Thêm số thôn", "Villages gained"), _whole(row["villages_gained"], language)),
        (Text("Thêm số hộ", "Households gained"), _whole(row["households_gained"], language)),
    ]


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
    digits = 1 if amount_vnd >= _BILLION else 3
    number = decimal(amount_vnd / _BILLION, digits)
    return Text(f"{number.vi} tỷ đồng", f"{number.en} billion VND").get(language)


def _whole(value: int, language: Language) -> str:
    return decimal(value, 0).get(language)
