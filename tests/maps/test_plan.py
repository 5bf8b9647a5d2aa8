"""A plan on the map: figures in words, actions in order, hostile names as text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright
from shapely.geometry import LineString, Point

from coverage.maps import map_html, map_payload
from coverage.model import Plan, Result

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def plan(result: Result) -> Plan:
    """Two actions, one hop, one piece of fibre, near the middle of the made world."""
    crs = result.inputs.grid.crs
    west, south, east, north = result.inputs.grid.bounds
    x_m, y_m = (west + east) / 2, (south + north) / 2
    places = [Point(x_m, y_m), Point(x_m + 500.0, y_m)]
    degrees = gpd.GeoSeries(places, crs=crs).to_crs("EPSG:4326")
    actions = gpd.GeoDataFrame(
        {
            "action_id": ["U-M1", f"N-{HOSTILE}"],
            "kind": ["upgrade", "new_site"],
            "longitude": degrees.x,
            "latitude": degrees.y,
            "phase": [1, 2],
            "capex": [429_000_000, 2_571_000_000],
            "opex_per_year": [26_000_000, 300_000_000],
            "power": ["", "solar_diesel"],
            "backhaul_kind": ["fibre", "microwave"],
            "backhaul_to": ["M1", HOSTILE],
            "villages_gained": [1, 2],
            "households_gained": [40, 1_200],
            "households_gained_cumulative": [40, 1_240],
        },
        geometry=places,
        crs=crs,
    )
    line = LineString(places)
    return Plan(
        actions=actions,
        links=gpd.GeoDataFrame({"link_id": ["L"]}, geometry=[line], crs=crs),
        fibre_routes=gpd.GeoDataFrame({"segment_id": []}, geometry=[], crs=crs),
        stations=gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=crs),
        aim="budget",
        budget=5_000_000_000,
        spent=3_000_000_000,
        objective=1_240.0,
        bound=1_250.0,
        gap=0.008,
        solver="HiGHS",
        curve=pd.DataFrame(),
        parameters={},
    )


def test_figures_are_sums_of_the_actions_in_words(result: Result, plan: Plan) -> None:
    figures = dict(map_payload(result, plan=plan)["plan"]["figures"])
    # by hand: 5 and 3 billion; 26 + 300 million a year; 1 + 2 villages; 40 + 1,200 households
    assert figures["Ngân sách"] == "5,0 tỷ đồng"
    assert figures["Vốn sử dụng"] == "3,0 tỷ đồng"
    assert figures["Chi phí mỗi năm"] == "0,326 tỷ đồng"
    assert figures["Thôn có thêm 4G"] == "3"
    assert figures["Hộ có thêm 4G"] == "1.240"
    assert figures["Cách phương án tốt nhất"] == "≤ 0,8 %"
    english = dict(map_payload(result, language="en", plan=plan)["plan"]["figures"])
    assert english["Households gained"] == "1,240"
    assert english["Capex used"] == "3.0 billion VND"


def test_an_action_tells_what_a_household_costs_and_who_pays(result: Result, plan: Plan) -> None:
    money = {
        "cost_per_household": pd.array([10_725_000, None], dtype="Int64"),
        "fund_capex": [429_000_000, 0],
        "operator_capex": [0, 571_000_000],
        "province_capex": [0, 2_000_000_000],
        "undecided_capex": [0, 0],
    }
    told = replace(plan, actions=plan.actions.assign(**money))
    first, second = (
        dict(action["rows"]) for action in map_payload(result, plan=told)["plan"]["actions"]
    )
    # by hand: 429 million for 40 households
    assert first["Vốn mỗi hộ"] == "10,7 triệu đồng"
    assert first["Nguồn vốn"] == "Quỹ viễn thông công ích 0,429 tỷ đồng"
    assert "Vốn mỗi hộ" not in second
    assert second["Nguồn vốn"] == "doanh nghiệp 0,571 tỷ đồng; tỉnh và nguồn khác 2,0 tỷ đồng"
    plain = map_payload(result, plan=plan)["plan"]["actions"][0]
    assert "Nguồn vốn" not in dict(plain["rows"])


def test_lines_and_places(result: Result, plan: Plan) -> None:
    drawn = map_payload(result, plan=plan)["plan"]
    assert [line["kind"] for line in drawn["lines"]] == ["microwave"]
    ends = [action["place"] for action in drawn["actions"]]
    # the hop runs from one action to the other; a unit of the fifth decimal is rounding
    assert drawn["lines"][0]["points"] == [pytest.approx(end, abs=1.1e-5) for end in ends]


def test_a_map_without_exact_masts_has_no_plan(result: Result, plan: Plan) -> None:
    assert "U-M1" in map_html(result, plan=plan)
    assert "U-M1" not in map_html(result, plan=plan, mast_positions="coarse")
    assert "U-M1" not in map_html(result, plan=plan, mast_positions="none")


def test_the_plan_is_read_on_a_phone(
    result: Result, plan: Plan, chromium: Path, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    path.write_text(map_html(result, plan=plan), encoding="utf-8", newline="")
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(path.as_uri())
        page.click(".ps-toggle")
        page.click(".ps-plan summary")
        steps = page.locator(".ps-step").all_inner_texts()
        page.click(".ps-step >> nth=1")
        page.wait_for_selector(".leaflet-popup")
        card = page.locator(".leaflet-popup .ps-card").inner_text()
        marks = page.evaluate("map_phusong_view.layers.plan.getLayers().length")
        page.click(".ps-toggle")
        page.click("[data-layer=plan]")
        hidden = not page.evaluate("map_phusong_view.map.hasLayer(map_phusong_view.layers.plan)")
        browser.close()
    assert [step.splitlines()[0] for step in steps] == ["1. nâng cấp trạm", "2. trạm mới"]
    assert HOSTILE in card
    assert "mặt trời và máy phát" in card
    assert "2,6 tỷ đồng" in card
    assert marks == 3
    assert hidden
    assert said == []
