"""Every page works with the network cut, and asks nobody beyond this machine for anything."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORK_MS: Final = 120_000
IDLE: Final = (
    "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
)


def is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""  # data: and blob: have none
    return host in {"", "127.0.0.1", "localhost"}


@pytest.fixture
def cut_off(browser: Browser, chromium: Path) -> Iterator[tuple[Page, list[str]]]:
    """Return a page that reaches this machine only, and what it asked of others."""
    other = browser.browser_type.launch(
        executable_path=chromium,
        args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
    )
    context = other.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    asked: list[str] = []
    context.route(
        lambda url: not is_here(url), lambda route: (asked.append(route.request.url), route.abort())
    )
    page = context.new_page()
    page.on("request", lambda r: None if is_here(r.url) else asked.append(r.url))
    page.on("websocket", lambda s: None if is_here(s.url) else asked.append(s.url))
    yield page, asked
    other.close()


@contextmanager
def watched(port: int) -> Iterator[set[str]]:
    """Look all the while with whom the server speaks; yields the addresses beyond this machine."""
    found: set[str] = set()
    over = threading.Event()
    server = next(
        psutil.Process(c.pid)
        for c in psutil.net_connections("tcp")
        if c.status == psutil.CONN_LISTEN and c.laddr.port == port and c.pid
    )

    def look() -> None:
        while not over.wait(0.05):
            for connection in server.net_connections("inet"):
                if connection.raddr and not ipaddress.ip_address(connection.raddr.ip).is_loopback:
                    found.add(connection.raddr.ip)

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    yield found
    over.set()
    watch.join()


def test_the_watch_sees_a_request_to_others(cut_off: tuple[Page, list[str]], app_url: str) -> None:
    page, asked = cut_off
    page.goto(f"{app_url}/_stcore/health")
    page.evaluate("() => fetch('https://elsewhere.example/', {mode: 'no-cors'}).catch(() => 0)")
    assert asked


def test_every_page_works_with_the_network_cut(
    cut_off: tuple[Page, list[str]], app_url: str
) -> None:
    page, asked = cut_off
    with watched(int(app_url.rpartition(":")[2])) as spoken_to:
        page.goto(app_url)
        page.wait_for_selector(".app-map > div[data-version]", timeout=WORK_MS)
        links = page.locator("nav a[href], [data-testid=stTopNavLink]")
        more = page.get_by_role("button", name="more")
        if more.count():
            more.click()
            page.wait_for_timeout(500)
        addresses = {
            str(link)
            for link in page.evaluate("() => [...document.querySelectorAll('a')].map(a => a.href)")
            if str(link).startswith(app_url) and "#" not in str(link)
        }
        assert links.count() >= 5
        assert len(addresses) >= 7
        for address in sorted(addresses):
            page.goto(address)
            expect(page.locator("h1, h2").first).to_be_visible(timeout=WORK_MS)
            page.wait_for_function(IDLE, timeout=WORK_MS)
            page.wait_for_timeout(500)
            assert page.locator("[data-testid=stException]").count() == 0, address
            if page.locator(".ps-map").count():
                expect(page.locator(".leaflet-image-layer").first).to_be_attached(timeout=WORK_MS)
        assert asked == []
        assert spoken_to == set()
