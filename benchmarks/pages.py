"""How long a person waits for the app: first screen, slider, click, pages; beside streamlit-folium.

Both stand on the same machine, project and browser, one after the other. CPU seconds are those of
the server; they say more than the clock where the machine has other work.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xstatic.pkg import leaflet as leaflet_files

from benchmarks.browsing import (
    DRAWN,
    LONG_MS,
    MAP,
    Server,
    ask,
    chromium,
    free_port,
    seconds,
    served,
    settled,
)
from benchmarks.sessions import new_page, weight_slider
from benchmarks.terrains import SHARED
from coverage import pipeline
from coverage.demo import write_demo
from coverage.io.project import load_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MOVES: Final = 20
CLICKS: Final = 10
SLIDER_LIMIT_S, CLICK_LIMIT_S, FIRST_LIMIT_S, PAGE_LIMIT_S = 1.0, 1.0, 5.0, 1.0
_SHEET: Final = ".st-key-village_sheet h3"
_PAGES: Final = (
    *("villages", "plan", "fibre", "compare", "indicators", "export", "data", "about"),
)


@dataclass
class Waits:
    """What was waited for, in seconds, one list a thing; and the CPU of the server."""

    first: list[float] = field(default_factory=list)
    slider: list[float] = field(default_factory=list)
    click: list[float] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=dict)
    slider_cpu_s: float = 0.0
    peak_mib: float = 0.0


def measure() -> None:
    """Print the table of the app beside the same map through st_folium."""
    backan = SHARED / "data" / "backan"
    with tempfile.TemporaryDirectory() as name:
        project = backan if backan.exists() else write_demo(Path(name) / "demo").parent
        inputs = load_project(project)
        pipeline.predicted(inputs, inputs.scenario)  # warm, as after the first visit
        load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
        print(f"App on {inputs.project.name}, Chromium, {os.cpu_count()} cores, load {load}")
        print(f"{'median (longest), s':42}{'limits':>7}{'first screen':>16}", end="")
        print(f"{f'{MOVES} slider moves':>18}{f'{CLICKS} clicks':>16}{'CPU a move':>12}")
        limits = f"{FIRST_LIMIT_S:g} / {SLIDER_LIMIT_S:g} / {CLICK_LIMIT_S:g}"
        ours = _ours(project)
        _row("ours", limits, ours)
        if _has_rival():
            _row("the same map through st_folium", "", _theirs(project, Path(name)))
        else:
            print("streamlit-folium is not installed: nothing to compare with")
        print("limits " + ", ".join(f"{what} {verdict}" for what, verdict in _verdicts(ours)))
        print(f"pages of ours, from the overview, limit {PAGE_LIMIT_S:g} s:")
        for page, took in ours.pages.items():
            print(f"  {page:12}{_told(took):>16}  {_verdict(took, PAGE_LIMIT_S)}")


def _row(name: str, limits: str, waits: Waits) -> None:
    cells = f"{_told(waits.first):>16}{_told(waits.slider):>18}{_told(waits.click):>16}"
    print(f"{name:32}{limits:>17}{cells}{waits.slider_cpu_s:>12.2f}", flush=True)


def _verdicts(waits: Waits) -> list[tuple[str, str]]:
    return [
        ("first screen", _verdict(waits.first, FIRST_LIMIT_S)),
        ("slider", _verdict(waits.slider, SLIDER_LIMIT_S)),
        ("click", _verdict(waits.click, CLICK_LIMIT_S)),
    ]


def _ours(project: Path) -> Waits:
    port = free_port()
    with served(["coverage", "app", str(project), "--port", str(port)], port=port) as server:
        return _waits(server, _opened, _slide, _click, pages=_PAGES)


def _theirs(project: Path, folder: Path) -> Waits:
    script = folder / "rival.py"
    shutil.copy(Path(__file__).with_name("folium_app.py"), script)
    leaflet = folder / "static" / "leaflet"
    leaflet.parent.mkdir()
    shutil.copytree(leaflet_files.BASE_DIR, leaflet)
    port = free_port()
    command = [
        *("streamlit", "run", str(script), "--server.address=127.0.0.1", f"--server.port={port}"),
        *("--server.headless=true", "--browser.gatherUsageStats=false"),
        *("--server.enableStaticServing=true", "--server.fileWatcherType=none"),
        *("--", str(project)),
    ]
    with served(command, port=port) as server:
        return _waits(server, _rival_opened, _rival_slide, _rival_click)


def _waits(
    server: Server,
    open_page: Callable[[Page], None],
    slide: Callable[[Page, int], None],
    click: Callable[[Page, int], None],
    *,
    pages: Sequence[str] = (),
) -> Waits:
    waits = Waits()
    with chromium() as browser:
        page = _visit(browser, server.url, open_page)  # the first visit fills the caches
        for _ in range(3):
            page.context.close()
            start = time.perf_counter()
            page = _visit(browser, server.url, open_page)
            waits.first.append(time.perf_counter() - start)
        page.wait_for_timeout(1000)
        if pages:
            _turn(page, "villages")  # where weights are set and sheets are read
        slide(page, 0)
        server.look()
        before = server.cpu_s
        waits.slider += [seconds(lambda n=n: slide(page, n)) for n in range(1, MOVES + 1)]
        server.look()
        waits.slider_cpu_s = (server.cpu_s - before) / MOVES
        waits.click += [_timed_click(page, click, number) for number in range(CLICKS)]
        for name in pages:
            waits.pages[name] = [_turn(page, name) for _ in range(3)]
    waits.peak_mib = server.peak_mib
    return waits


def _visit(browser: Browser, url: str, open_page: Callable[[Page], None]) -> Page:
    page = new_page(browser)
    page.goto(url, wait_until="commit")
    open_page(page)
    return page


def _opened(page: Page) -> None:
    page.wait_for_selector(DRAWN, timeout=LONG_MS)
    settled(page)


def _slide(page: Page, number: int) -> None:
    """Move the slider by one and wait until the map has the new ranking and it is painted."""
    box = page.locator(MAP).element_handle()
    version = box.get_attribute("data-version")
    slider = weight_slider(page)
    slider.focus()
    slider.press("ArrowRight" if number < MOVES - 1 else "ArrowLeft")
    page.wait_for_function(
        "([box, old]) => box.dataset.version !== old", arg=[box, version], timeout=LONG_MS
    )
    settled(page)


def _timed_click(page: Page, click: Callable[[Page, int], None], number: int) -> float:
    click(page, -1 - number)  # bring a village to the middle
    page.wait_for_timeout(400)
    return seconds(lambda: click(page, number))


def _click(page: Page, number: int) -> None:
    """Bring a village to the middle (number below 0), or click there and wait for its sheet."""
    which = -1 - number if number < 0 else number
    ranked = ask(
        page,
        "view.villages.rows.map((_, i) => [view.villages.get(i, 'priority_rank'), i])"
        ".sort((a, b) => a[0] - b[0]).map((pair) => pair[1])",
    )
    row = ranked[3 * which]
    if number < 0:
        place = f"view.data.villages.places[{row}]"
        ask(
            page, f"view.map.closePopup() && view.map.setView({place}, 15, {{animate: false}}) && 0"
        )
        page.locator(".ps-map").scroll_into_view_if_needed()
        return
    _click_middle(page, page.locator(".ps-map").bounding_box())
    _wait_for_sheet(page, ask(page, f"view.villages.name({row})"))


def _turn(page: Page, name: str) -> float:
    """Go from the map to a page by its link; until the page's heading and last element stand."""
    page.locator("a[data-testid=stTopNavLink]").first.click()
    page.wait_for_selector(DRAWN, timeout=LONG_MS)
    _wait_until_idle(page)
    link = page.locator(f"a[href$='/{name}']").first
    if not link.is_visible():  # a narrow bar keeps the last pages in a menu
        page.get_by_role("button", name="more").click()

    def work() -> None:
        link.click()
        page.wait_for_url(f"**/{name}*")
        _wait_until_idle(page)
        settled(page)

    return seconds(work)


def _wait_until_idle(page: Page) -> None:
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.dataset.testScriptState === 'notRunning'",
        timeout=LONG_MS,
    )


def _has_rival() -> bool:
    return importlib.util.find_spec("streamlit_folium") is not None


def _frame(page: Page) -> Any:
    return page.frame_locator("iframe[title*='st_folium']").last


def _rival_opened(page: Page) -> None:
    _frame(page).locator("i[class^=drawn-]").wait_for(state="attached", timeout=LONG_MS)
    settled(page)


def _rival_slide(page: Page, number: int) -> None:
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight" if number < MOVES - 1 else "ArrowLeft")
    _frame(page).locator(f"i.drawn-{slider.input_value()}").wait_for(
        state="attached", timeout=LONG_MS
    )
    settled(page)


def _rival_click(page: Page, number: int) -> None:
    which = -1 - number if number < 0 else number
    frame = page.frame(url=lambda url: "st_folium" in url)
    assert frame is not None  # noqa: S101 - it has drawn before
    places = (
        "() => { const found = []; window.map.eachLayer((l) => { const p = l.feature?.properties;"
        " if (p?.priority_rank) found.push([p.priority_rank, p.name, l.getLatLng()]); });"
        " return found.sort((a, b) => a[0] - b[0]); }"
    )
    _, name, place = frame.evaluate(places)[3 * which]
    if number < 0:
        frame.evaluate("(p) => window.map.setView(p, 15, {animate: false}) && 0", place)
        return
    _click_middle(page, page.locator("iframe[title*='st_folium']").last.bounding_box())
    _wait_for_sheet(page, name)


def _click_middle(page: Page, box: Any) -> None:
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _wait_for_sheet(page: Page, name: str) -> None:
    page.wait_for_function(
        "([css, name]) => document.querySelector(css)?.textContent.includes(name)",
        arg=[_SHEET, name],
        timeout=LONG_MS,
    )


def _told(took: Sequence[float]) -> str:
    return f"{statistics.median(took):.2f} ({max(took):.2f})"


def _verdict(took: Sequence[float], limit: float) -> str:
    return "kept" if statistics.median(took) <= limit else "MISSED"
