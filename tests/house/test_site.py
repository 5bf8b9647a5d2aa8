"""The site of the documentation: built strictly, whole, and read without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from coverage.schema import TABLES, output_columns, output_files

ROOT: Final = Path(__file__).resolve().parents[2]
LOADED: Final = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
PAGES: Final = {"guide_planner", "guide_analyst", "guide_official", "methods", "conventions"} | {
    *(
        "nomenclature",
        "dictionary",
        "validation",
        "architecture",
        "import",
        "fetch",
        "changelog",
        "server",
    ),
    *("contributing", "index"),
}


class Links(HTMLParser):
    """What a page loads, where it leads to, and the places in it that can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.places |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.leads.append(told["href"])
        if tag in LOADED and LOADED[tag] in told:
            self.loads.append(told[LOADED[tag]])


def broken(pages: dict[Path, Links]) -> list[str]:
    """Return links and images of the pages that lead nowhere."""
    found = []
    for page, links in pages.items():
        for link in (*links.leads, *links.loads):
            parts = urlsplit(link)
            if parts.scheme or link in {"", "#"}:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            place = unquote(parts.fragment)
            is_lost = place and target in pages and place not in pages[target].places
            if is_lost or not target.is_file():
                found.append(f"{page.name}: {link}")
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trang") / "site"
    command = [sys.executable, "-m", "tools.site", "--out", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    return {
        path.resolve(): Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")
    }


def test_every_page_is_there(pages: dict[Path, Links]) -> None:
    assert {path.stem for path in pages} >= PAGES


def test_no_link_and_no_image_leads_nowhere(pages: dict[Path, Links]) -> None:
    assert sum(len(links.leads) for links in pages.values()) > 300
    assert broken(pages) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("", encoding="utf-8")
    text = '<p id="x"><a href="#x"><a href="#y"><a href="b.html"><img src="c.png">'
    assert broken({page: Links(text)}) == ["a.html: #y", "a.html: b.html", "a.html: c.png"]


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Links]) -> None:
    loaded = [one for links in pages.values() for one in links.loads]
    assert [one for one in loaded if urlsplit(one).scheme not in {"", "data"}] == []
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text), style.name


def test_the_dictionary_holds_every_definition(site: Path) -> None:
    text = (site / "dictionary.html").read_text(encoding="utf-8")
    named = set(re.findall(r'<span class="pre">([^<]+)</span>', text))
    columns = [c.name for table in TABLES.values() for c in table.columns]
    columns += [c.name for c in output_columns()]
    assert {c for c in columns if c not in named} == set()
    assert {one.name for one in output_files()} <= named


@pytest.mark.browser
def test_it_is_read_and_searched_without_a_network(site: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto((site / "guide_planner.html").as_uri())
    assert page.locator("h1").inner_text().startswith("Người lập kế hoạch")
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 300)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto((site / "search.html").as_uri() + "?q=Bullington")
    page.wait_for_selector("ul.search li a")
    assert "methods.html" in str(page.locator("ul.search").inner_html())
    context.close()
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    assert complaints == []
