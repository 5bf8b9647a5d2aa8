"""The drawing of a path: what stands where, and names that stay text."""

from __future__ import annotations

import base64
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import sync_playwright

from coverage import pipeline
from coverage.maps import map_html, map_payload, path_drawing, path_drawings
from coverage.model import Result
from tests.stages.world import (
    MAST_COL,
    MIDDLE_ROW,
    RIDGE_COL,
    cell,
    centre,
    terrain,
    village,
    world,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert(1)</script>"&\x00'


@pytest.fixture(scope="module")
def result() -> Result:
    """One village behind a ridge, one before it, one without a place."""
    weak = cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=40.0, frequency_mhz=1800.0)
    behind, near = centre(MIDDLE_ROW, RIDGE_COL + 4), centre(MIDDLE_ROW, MAST_COL + 5)
    villages = [
        village("V1", behind, name=HOSTILE),
        village("V2", near),
        village("V3", None),
    ]
    return pipeline.run(world(villages, [weak], terrain_m=terrain(250.0)), workers=1)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def test_only_villages_that_need_a_reason_are_drawn(result: Result) -> None:
    assert set(path_drawings(result)) == {"V1"}
    assert path_drawing(result, "V2") is None
    assert path_drawings(result, first=0) == {}


def test_the_ridge_is_drawn_where_it_stands(result: Result) -> None:
    drawing = path_drawing(result, "V1")
    assert drawing is not None
    root = ET.fromstring(drawing.svg)  # noqa: S314
    circles = root.findall(f"{SVG}circle")
    # by hand: the frame runs from x = 34 to 312 over 44 cells, the ridge stands at the 40th
    assert float(circles[1].attrib["cx"]) == pytest.approx(34 + 278 * 40 / 44, abs=0.06)
    # by hand: the line there is 330 - 28.5 · 40/44 = 304.1 m, the top 550 m, the bulge 0.1 m
    assert any("246" in text and "nhô" in text for text in texts(drawing.svg))
    # by hand: 44 cells of 90 m
    assert "4,0 km" in texts(drawing.svg)
    english = path_drawing(result, "V1", language="en")
    assert english is not None
    assert "4.0 km" in texts(english.svg)
    # the lowest point of the Fresnel zone lies under the ground, the ridge on top
    heights = [int(text) for text in texts(drawing.svg) if text.isdigit()]
    assert max(heights) == 550


def test_hostile_names_are_text_and_the_picture_has_no_script(result: Result) -> None:
    drawing = path_drawing(result, "V1")
    assert drawing is not None
    assert "<script" not in drawing.svg
    assert any(text.startswith("</title><script>") for text in texts(drawing.svg))
    assert drawing._repr_svg_() == drawing.svg
    encoded = drawing.url.removeprefix("data:image/svg+xml;base64,")
    assert base64.b64decode(encoded).decode() == drawing.svg


def test_unknown_ground_is_a_grey_column_not_sea() -> None:
    height_m = terrain(250.0)
    height_m[:, MAST_COL + 10 : MAST_COL + 14] = float("nan")
    weak = cell("A1-1", MIDDLE_ROW, MAST_COL, eirp_dbm=40.0, frequency_mhz=1800.0)
    behind = village("V1", centre(MIDDLE_ROW, RIDGE_COL + 4))
    drawing = path_drawing(pipeline.run(world([behind], [weak], terrain_m=height_m)), "V1")
    assert drawing is not None
    grey = ET.fromstring(drawing.svg).findall(f"{SVG}rect")[1]  # noqa: S314
    # by hand: from the last known sample, the 9th, to the next, the 14th, of 44
    assert float(grey.attrib["x"]) == pytest.approx(34 + 278 * 9 / 44, abs=0.06)
    assert float(grey.attrib["width"]) == pytest.approx(278 * 5 / 44, abs=0.11)


def test_profiles_travel_only_with_exact_masts(result: Result) -> None:
    assert set(map_payload(result, profiles=True)["profiles"]) == {"V1"}
    assert "profiles" not in map_payload(result)
    assert "image/svg+xml" not in map_html(result, mast_positions="coarse")


def test_the_pop_up_shows_cause_and_profile_on_a_phone(
    result: Result, chromium: Path, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    path.write_text(map_html(result), encoding="utf-8", newline="")
    messages: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda message: messages.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("map_phusong_view.select('V1')")
        picture = page.locator(".leaflet-popup img.ps-profile")
        picture.wait_for()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
        box = page.locator(".leaflet-popup").bounding_box()
        cause = page.locator(".ps-cause").inner_text()
        browser.close()
    assert box is not None
    assert box["y"] > 0
    assert box["y"] + box["height"] < 844
    assert "nhô 246 m" in cause
    assert messages == []
