"""The app in a real browser: map, filters, weights, and the way from a village to its sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAP: Final = ".app-map > div"
READY: Final = f"{MAP}[data-version]"
FIRST_LOAD_MS: Final = 300_000
CHANGE_MS: Final = 60_000


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """Open the app; at the end nothing may have been asked of another host or complained of."""
    context = browser.new_context(viewport={"width": 1440, "height": 1100}, locale="vi-VN")
    page = context.new_page()
    hosts: set[str] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).hostname or ""))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(app_url)
    page.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
    page.locator("a[href$='/villages']").first.click()
    expect(page.locator("h2").first).to_have_text("Thôn theo thứ tự ưu tiên", timeout=CHANGE_MS)
    page.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
    yield page
    context.close()
    assert hosts - {""} == {"127.0.0.1"}  # data: and blob: have no host
    # Opened below a page's path the framework asks for its health there first, in vain.
    assert [text for text in complaints if "404" not in text] == []


def ask(page: Page, expression: str) -> Any:
    """Evaluate an expression of `view`, the map."""
    return page.locator(MAP).evaluate(f"box => {{ const view = box.view; return {expression}; }}")


def wait_for(page: Page, expression: str) -> None:
    element = page.locator(MAP).element_handle()
    page.wait_for_function(
        f"box => {{ const view = box.view; return {expression}; }}", arg=element, timeout=CHANGE_MS
    )


def wait_for_new_data(page: Page, version: str) -> None:
    expect(page.locator(MAP)).not_to_have_attribute("data-version", version, timeout=CHANGE_MS)


def version_of(page: Page) -> str:
    return str(page.locator(MAP).get_attribute("data-version"))


def first_ids(page: Page) -> list[str]:
    """Ids of the villages by rank, as the map has them."""
    ranked = ask(
        page,
        "view.villages.rows.map((_, i) =>"
        " [view.villages.get(i, 'priority_rank'), view.villages.id(i)])",
    )
    return [name for _, name in sorted(ranked)]


def first_row(page: Page) -> str:
    """Text of the table's first row, from the table that stands behind its canvas."""
    cells = page.locator("[data-testid=stDataFrame] canvas [role=row][aria-rowindex='2'] td")
    return " | ".join(cells.all_text_contents())


def test_the_map_is_drawn(page: Page) -> None:
    assert page.locator(".leaflet-image-layer").count() >= 2
    assert ask(
        page,
        "[...box.querySelectorAll('.leaflet-image-layer')].every(i => i.naturalWidth > 300)",
    )
    assert len(ask(page, "view.state().villages")) > 300
    assert ask(page, "view.state().masts") > 100
    assert page.locator(f"{MAP} canvas.leaflet-zoom-animated").is_visible()
    assert page.get_by_text("DỮ LIỆU TỔNG HỢP").first.is_visible()


def test_a_weight_slider_changes_the_ranking_and_keeps_the_place(page: Page) -> None:
    before, row = first_ids(page), first_row(page)
    ask(
        page,
        "view.map.setView(view.data.villages.places.find(Boolean), 12, {animate: false}) && null",
    )
    place = ask(page, "[view.map.getCenter().lat, view.map.getCenter().lng, view.map.getZoom()]")
    version = version_of(page)
    slider = page.get_by_role("slider", name="Xa nút cáp quang")
    slider.focus()
    slider.press("End")
    wait_for_new_data(page, version)
    after = first_ids(page)
    assert sorted(after) == sorted(before)
    assert after != before
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_visible()
    if row:
        page.wait_for_function(
            "old => [...document.querySelectorAll("
            "\"[data-testid=stDataFrame] canvas [role=row][aria-rowindex='2'] td\")]"
            ".map(cell => cell.textContent).join(' | ') !== old",
            arg=row,
            timeout=CHANGE_MS,
        )
    assert place == ask(
        page, "[view.map.getCenter().lat, view.map.getCenter().lng, view.map.getZoom()]"
    )
    assert page.locator(".leaflet-image-layer").count() >= 2  # pictures are kept, not sent again


def test_the_map_follows_many_changes_in_a_row(page: Page) -> None:
    slider = page.get_by_role("slider", name="Xa nút cáp quang")
    slider.focus()
    for _ in range(15):
        version = version_of(page)
        slider.press("ArrowRight")
        wait_for_new_data(page, version)
    assert page.locator(".leaflet-image-layer").count() >= 2


def test_a_commune_filter_narrows_the_map(page: Page) -> None:
    everything = len(ask(page, "view.state().villages"))
    box = page.get_by_role("combobox", name="Xã, phường")
    box.click()
    page.get_by_role("option").nth(1).click()
    wait_for(page, "view.state().commune !== ''")
    assert 0 < len(ask(page, "view.state().villages")) < everything


def test_a_village_clicked_on_the_map_shows_its_sheet(page: Page) -> None:
    wanted = first_ids(page)[0]
    name = ask(page, f"view.villages.name(view.villages.find({wanted!r}))")
    ask(
        page,
        f"view.map.setView(view.data.villages.places[view.villages.find({wanted!r})], 15,"
        " {animate: false}) && null",
    )
    stage = page.locator(".ps-map")
    stage.scroll_into_view_if_needed()
    frame = stage.bounding_box()
    assert frame is not None
    page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    sheet = page.locator(".st-key-village_sheet")
    expect(sheet).to_be_visible(timeout=CHANGE_MS)
    expect(sheet.locator("h3")).to_contain_text(str(name))
    expect(page.locator(".leaflet-popup h3")).to_have_text(str(name))


def test_a_village_found_by_search_shows_its_sheet(page: Page) -> None:
    wanted = first_ids(page)[2]
    name = ask(page, f"view.villages.name(view.villages.find({wanted!r}))")
    page.locator(".ps-toggle").click()
    page.locator(".ps-search").fill(wanted)
    page.locator(".ps-search").press("Enter")
    sheet = page.locator(".st-key-village_sheet")
    expect(sheet).to_be_visible(timeout=CHANGE_MS)
    expect(sheet.locator("h3")).to_contain_text(str(name))


def test_two_sessions_do_not_mix(page: Page, browser: Browser, app_url: str) -> None:
    page.get_by_role("combobox", name="Xã, phường").click()
    page.get_by_role("option").nth(1).click()
    wait_for(page, "view.state().commune !== ''")
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(app_url)
        other.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
        assert ask(other, "view.state().commune") == ""


def test_a_view_is_sent_by_its_address(page: Page, browser: Browser) -> None:
    page.get_by_role("combobox", name="Xã, phường").click()
    page.get_by_role("option").nth(2).click()
    wait_for(page, "view.state().commune !== ''")
    slider = page.get_by_role("slider", name="Xa nút cáp quang")
    version = version_of(page)
    slider.focus()
    slider.press("End")
    wait_for_new_data(page, version)
    ask(page, "view.map.setView([22.2, 105.8], 12, {animate: false}) && null")
    page.get_by_role("button", name="Chép liên kết").click()
    page.wait_for_function("location.search.includes('at=')")
    ranked = first_ids(page)[:20]
    with browser.new_context(locale="en-GB") as context:
        other = context.new_page()
        other.goto(page.url.replace("?", "?lang=en&"))
        other.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
        wait_for(other, "view.state().commune !== ''")
        assert ask(other, "view.state().commune") == ask(page, "view.state().commune")
        assert first_ids(other)[:20] == ranked
        assert ask(other, "view.map.getZoom()") == 12
        assert ask(other, "view.map.getCenter().lat") == pytest.approx(22.2, abs=0.01)
        expect(other.locator("h2").first).to_have_text("Villages by priority")


def test_the_language_is_switched_for_labels_numbers_and_map(page: Page) -> None:
    page.get_by_role("link", name="Tổng quan").first.click()
    share = page.get_by_test_id("stMetricValue").filter(has_text="%").first
    expect(share).to_have_text(re.compile(r"^\d+,\d %$"), timeout=CHANGE_MS)
    page.get_by_role("radio", name="English").click()
    expect(share).to_have_text(re.compile(r"^\d+[.]\d %$"), timeout=CHANGE_MS)
    page.locator("a[href$='/villages']").first.click()
    expect(page.locator("h2").first).to_have_text("Villages by priority", timeout=CHANGE_MS)
    page.wait_for_selector(READY, timeout=CHANGE_MS)
    expect(page.locator(".ps-toggle")).to_contain_text("Controls")
    page.get_by_role("radio", name="Tiếng Việt").click()
    expect(page.locator("h2").first).to_have_text("Thôn theo thứ tự ưu tiên", timeout=CHANGE_MS)


def test_levers_are_kept_when_the_tab_is_loaded_anew(page: Page) -> None:
    slider = page.get_by_role("slider", name="Xa nút cáp quang")
    version = version_of(page)
    slider.focus()
    slider.press("End")
    wait_for_new_data(page, version)
    ranked = first_ids(page)[:20]
    page.wait_for_function("location.search.includes('scenario=')")
    page.reload()
    page.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
    assert first_ids(page)[:20] == ranked
    expect(page.get_by_role("slider", name="Xa nút cáp quang")).to_have_value("100")
    page.get_by_text("Kịch bản: default · đã chỉnh").click()
    page.get_by_role("button", name="Về gốc").click()
    page.wait_for_function("!location.search.includes('scenario=')")
