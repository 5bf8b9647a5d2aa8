"""The first minutes in a real browser: the demo, the tour, the way to one's own data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.servers import ROOT, started

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAP: Final = ".app-map > div[data-version]"
LONG_MS: Final = 120_000
PICTURES: Final = Path(os.environ.get("PHUSONG_ARTEFACTS", ROOT / "build" / "screens"))


@pytest.fixture(scope="module")
def first_url(demo_project: Path) -> Iterator[str]:
    """Start the app with nothing: it opens the demo."""
    with started(surroundings={"PHUSONG_DEMO": str(demo_project.parent)}) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_tour_is_walked_by_keyboard_and_stays_closed(page: Page, first_url: str) -> None:
    page.goto(first_url)
    page.wait_for_selector(MAP, timeout=LONG_MS)
    tour = page.locator(".tour")
    expect(tour).to_be_visible()
    expect(tour).to_contain_text("1/3")
    expect(tour).to_have_attribute("aria-label", "Hướng dẫn nhanh")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "tour.png")
    assert page.evaluate("document.activeElement === document.body")  # it takes no focus
    # it covers nothing: what lies under its middle is itself, and the map begins below it
    box, stage = tour.bounding_box(), page.locator(".app-map").bounding_box()
    assert box is not None
    assert stage is not None
    assert box["y"] + box["height"] <= stage["y"]
    forward = tour.get_by_role("button", name="Tiếp")
    forward.focus()
    page.keyboard.press("Enter")
    expect(tour).to_contain_text("2/3")
    page.keyboard.press("Enter")
    expect(tour).to_contain_text("3/3")
    expect(forward).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(tour).to_contain_text("2/3")
    page.reload()  # the step is kept in this tab
    page.wait_for_selector(MAP, timeout=LONG_MS)
    expect(page.locator(".tour")).to_contain_text("2/3")
    page.locator(".tour .tour-back").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".tour")).to_be_hidden()
    later = page.context.new_page()  # another session of the same browser
    later.goto(first_url)
    later.wait_for_selector(MAP, timeout=LONG_MS)
    expect(later.locator(".tour")).to_be_hidden()
    later.goto(f"{first_url}/about")
    later.get_by_role("button", name="Xem lại hướng dẫn nhanh").click(timeout=LONG_MS)
    expect(later.locator(".tour")).to_contain_text("1/3", timeout=30_000)
    later.close()


def test_open_my_data_leads_to_the_data_page(page: Page, first_url: str) -> None:
    page.goto(first_url)
    page.wait_for_selector(MAP, timeout=LONG_MS)
    page.get_by_role("button", name="Mở dữ liệu của tôi").click()
    page.wait_for_url(re.compile(r"/data\b"), timeout=30_000)
    expect(page.locator("h2").first).to_contain_text("Dữ liệu", timeout=30_000)


def test_a_project_of_ones_own_has_no_tour(page: Page, demo_project: Path, tmp_path: Path) -> None:
    with started(
        str(demo_project.parent), surroundings={"PHUSONG_DEMO": str(tmp_path / "elsewhere")}
    ) as url:
        page.goto(url)
        page.wait_for_selector(MAP, timeout=LONG_MS)
        assert page.locator(".tour").count() == 0
