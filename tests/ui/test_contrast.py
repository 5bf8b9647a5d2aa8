"""Text stands out on every page, light and dark, measured on what the browser draws."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.ui.test_browser import FIRST_LOAD_MS, READY

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEAK_TEXT: Final = (Path(__file__).parent / "weak_text.js").read_text(encoding="utf-8")
PAGES: Final = ("villages", "plan", "fibre", "compare", "indicators", "data", "export", "about")


def test_the_measure_finds_weak_text(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(
            "<div class=stApp style='background: #ffffff'><p style='color: #767676'>fine</p>"
            "<p style='color: #777777'>weak</p><p style='opacity: 0.5'>faint</p>"
            "<p style='color: #949494; font-size: 24px'>large</p></div>"
        )
        # published: #767676 on white is the lightest grey of 4.5:1, #949494 that of 3:1
        assert [text.split()[0] for text in page.evaluate(WEAK_TEXT)] == ["weak", "faint"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_on_every_page(browser: Browser, app_url: str, scheme: str) -> None:
    weak = {}
    with browser.new_context(color_scheme=scheme, locale="vi-VN") as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(app_url)
        page.wait_for_selector(READY, timeout=FIRST_LOAD_MS)
        for path in PAGES:
            page.locator(f"a[href$='/{path}']").first.click()
            page.wait_for_timeout(1500)
            if found := page.evaluate(WEAK_TEXT):
                weak[path] = found
    assert weak == {}
