"""The file in a real browser with the network off: what a reader sees and can do."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from coverage.maps import front_end, map_payload
from coverage.maps.palette import STYLES, rgb
from coverage.model import Result
from tests.maps.world import HOSTILE, OPERATORS, VILLAGE_NAMES

pytestmark = pytest.mark.browser

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
VIEW = "map_phusong_view"


@dataclass
class Opened:
    """A page and everything it did that it should not."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        return dict(self.page.evaluate(f"{VIEW}.state()"))

    def count(self, name: str) -> str:
        return self.page.locator(f".ps-panel .ps-count[data-class={name}]").inner_text()


def opened(browser: Browser, viewport: ViewportSize) -> Opened:
    context = browser.new_context(viewport=viewport, offline=True, locale="vi-VN")
    this = Opened(context.new_page())

    def dismiss(dialog: Any) -> None:
        this.dialogs.append(dialog.message)
        dialog.dismiss()

    this.page.on("dialog", dismiss)
    this.page.on("pageerror", lambda error: this.complaints.append(str(error)))
    this.page.on(
        "console",
        lambda m: this.complaints.append(m.text) if m.type in {"error", "warning"} else None,
    )
    this.page.on("request", lambda request: this.requests.append(request.url))
    return this


@pytest.fixture(params=[WIDE], ids=["wide"])
def view(request: pytest.FixtureRequest, browser: Browser, map_file: Path) -> Iterator[Opened]:
    """Open the map; at the end nothing may have been asked for, complained of or popped up."""
    this = opened(browser, request.param)
    this.page.goto(map_file.as_uri())
    this.page.wait_for_function(f"window.{VIEW} !== undefined")
    yield this
    asked = [url for url in this.requests if not url.startswith("data:")]
    this.page.context.close()
    assert asked == [map_file.as_uri()]
    assert this.complaints == []
    assert this.dialogs == []


def test_everything_is_drawn(view: Opened) -> None:
    page = view.page
    assert len(view.state()["villages"]) == 11
    assert view.state()["masts"] == 4
    assert page.locator(".leaflet-image-layer").count() == 3  # relief, hatch, signal
    assert page.evaluate(
        "[...document.querySelectorAll('.leaflet-image-layer')].every(i => i.naturalWidth > 300)"
    )
    assert page.locator(".leaflet-control-scale-line").is_visible()
    assert page.locator(".ps-synthetic").inner_text().endswith("SYNTHETIC DATA: trạm")
    assert page.locator("html").get_attribute("lang") == "vi"


def test_marks_are_really_painted_in_the_colours_of_their_class(view: Opened) -> None:
    colours = view.page.evaluate(
        """() => {
            const view = map_phusong_view, out = [];
            view.layers.villages.eachLayer((mark) => {
                const p = view.map.latLngToContainerPoint(mark.getLatLng());
                out.push([mark.phusong.class, Math.round(p.x), Math.round(p.y), mark._radius]);
            });
            const canvas = document.querySelector("canvas.leaflet-zoom-animated");
            const box = canvas.getBoundingClientRect();
            const frame = document.querySelector(".ps-map").getBoundingClientRect();
            const scale = canvas.width / box.width;
            const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return out.map(([name, x, y, r]) => {
                const column = Math.round((x - r * 0.65 + frame.x - box.x) * scale);
                const row = Math.round((y + frame.y - box.y) * scale);
                const at = 4 * (row * canvas.width + column);
                return [name, [...image.data.slice(at, at + 4)]];
            });
        }"""
    )
    for name, count in (("good", 1), ("weak", 1), ("none", 7)):  # some lie below others
        wanted = rgb(STYLES[name].colour)
        pixels = [pixel for drawn, pixel in colours if drawn == name]
        assert sum(np.allclose(p[:3], wanted, atol=15) and p[3] == 255 for p in pixels) >= count


def test_hostile_names_show_as_text(view: Opened) -> None:
    page = view.page
    assert page.locator("h1").inner_text().endswith(HOSTILE[2])
    assert HOSTILE[0] in page.locator(".ps-note").inner_text()
    assert HOSTILE[0] in page.locator("select").first.inner_text()
    assert OPERATORS[1] in page.locator("select").nth(1).inner_text()
    for number, name in enumerate(VILLAGE_NAMES[:-1]):
        assert page.evaluate(f"{VIEW}.select('V{number:04d}')")
        heading = page.locator(".leaflet-popup h3")
        assert heading.text_content() == name
    assert page.evaluate(f"{VIEW}.select('09999')")
    assert page.locator(".leaflet-popup h3").text_content() == HOSTILE[0]
    assert page.locator(".phusong img:not(.leaflet-image-layer), .phusong script").count() == 0


def test_hostile_names_are_inert_in_tooltips_and_matches(view: Opened) -> None:
    page = view.page
    page.evaluate(
        f"{VIEW}.layers.villages.eachLayer(m => m.openTooltip());"
        f"{VIEW}.layers.sites.eachLayer(m => m.openTooltip())"
    )
    shown = page.locator(".ps-tooltip").all_text_contents()
    assert any(HOSTILE[0] in text for text in shown)
    assert any(OPERATORS[1] in text and "42 m" in text for text in shown)
    page.locator("input[type=search]").fill("alert")
    assert page.locator("[role=option]").count() == 6


def test_the_technology_changes_villages_overlay_and_legend(view: Opened, result: Result) -> None:
    page = view.page
    seen = {}
    for technology in ("3G", "4G", "5G"):
        page.locator(f"input[type=radio][value='{technology}']").check()
        key = f"signal_class_{technology.lower()}"
        classes = dict(zip(result.villages["village_id"], result.villages[key], strict=True))
        del classes["V0011"]  # has no coordinates
        assert view.state()["villages"] == classes
        seen[technology] = page.locator(".ps-crisp").last.get_attribute("src")
        counts = result.villages[key].value_counts()
        for name in ("good", "weak", "none", "unknown"):
            assert view.count(name) == str(counts.get(name, 0))
    assert len(set(seen.values())) == 3
    assert page.evaluate("document.activeElement.value") == "5G"  # the focus stays


def test_layers_switch(view: Opened) -> None:
    page = view.page
    for name, gone in (("signal", 2), ("relief", 0)):
        page.locator(f"input[data-layer={name}]").uncheck()
        assert page.locator(".leaflet-image-layer").count() == gone
    for name in ("communes", "villages", "sites"):
        page.locator(f"input[data-layer={name}]").uncheck()
        assert not page.evaluate(f"{VIEW}.map.hasLayer({VIEW}.layers.{name})")
    assert page.locator(".ps-label").count() == 0
    page.locator("input[data-layer=signal]").check()
    assert page.locator(".leaflet-image-layer").count() == 1


def test_a_click_on_a_village_opens_its_row(view: Opened) -> None:
    page = view.page
    page.evaluate(f"{VIEW}.map.setView({VIEW}.data.villages.places[0], 13, {{animate: false}})")
    box = page.locator(".ps-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    popup = page.locator(".leaflet-popup-content")
    text = popup.inner_text()
    for part in ("Bản Bung", "V0000", "Xã Phong Quang", "dBm", "Thứ tự ưu tiên", "0,9"):
        assert part in text
    assert "bị núi che khuất" in text
    assert "dự báo và báo cáo khớp nhau" in text
    popup.locator("summary").click()
    expect(popup.get_by_text("Mức độ thiếu sóng")).to_be_visible()
    assert page.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "Đóng"


@pytest.mark.parametrize("words", ["khuoi deng", "Khuổi Đeng", "KHUOI", "duc xuan khuoi"])
def test_search_finds_with_and_without_accents(view: Opened, words: str) -> None:
    page = view.page
    page.locator("input[type=search]").focus()
    page.keyboard.type(words)
    found = page.locator("[role=option] span").all_text_contents()
    assert found in (["Khuổi Đeng"], [])
    if not found:  # the third village lies in another commune
        assert words == "duc xuan khuoi"
        return
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup h3").text_content() == "Khuổi Đeng"


def test_search_finds_communes_and_says_when_nothing_is_found(view: Opened) -> None:
    page = view.page
    search = page.locator("input[type=search]")
    search.fill("cho don")
    assert page.locator("[role=option] span").first.text_content() == "Xã Chợ Đồn"
    search.fill("zzz")
    assert page.locator(".ps-matches").inner_text() == "Không tìm thấy"
    page.keyboard.press("Escape")
    assert page.locator(".ps-matches").is_hidden()


def test_classes_communes_and_operators_filter(view: Opened) -> None:
    page = view.page
    before = view.state()["villages"]
    page.locator("input[type=checkbox][value=none]").uncheck()
    assert view.state()["villages"] == {k: v for k, v in before.items() if v != "none"}
    page.locator("input[type=checkbox][value=none]").check()
    page.locator("select").first.select_option(label="Xã Phong Quang")
    assert sorted(view.state()["villages"]) == ["V0000", "V0004", "V0008"]
    assert "3 / 3" in page.locator(".ps-shown").inner_text()
    page.locator("select").nth(1).select_option(value=OPERATORS[1])
    assert view.state()["masts"] == 2


def test_villages_without_coordinates_are_listed(view: Opened) -> None:
    page = view.page
    box = page.locator(".ps-unplaced > summary")
    assert box.inner_text() == "Không có tọa độ / No coordinates: 1"
    page.locator("input[type=search]").fill("javascript")
    page.keyboard.press("Enter")
    assert page.locator(".ps-unplaced").get_attribute("open") is not None
    page.locator(".ps-village table").first.wait_for()
    assert "Mã xã" in page.locator(".ps-village").inner_text()


def test_every_control_is_reached_by_the_keyboard(view: Opened) -> None:
    page = view.page
    reached = set()
    page.locator("body").click(position={"x": 400, "y": 20})
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(() => { const n = document.activeElement;"
                " return n.getAttribute('data-focus') || n.className; })()"
            )
        )
    wanted = {"search", "technology-4G", "class-none", "commune", "operator", "layer-signal"}
    assert wanted | {"opacity", "ps-home", "leaflet-control-zoom-in"} <= reached
    assert any("ps-map" in name for name in reached)


@pytest.mark.parametrize("view", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_shows_the_map_first_and_never_scrolls_sideways(view: Opened) -> None:
    page = view.page
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    assert page.locator(".ps-panel").is_hidden()
    assert page.locator(".ps-strip").is_visible()
    box = page.locator(".ps-map").bounding_box()
    assert box is not None
    assert box["height"] > 500
    page.locator(".ps-toggle").click()
    assert page.locator(".ps-panel").is_visible()
    assert page.evaluate(overflow) == 0
    panel = page.locator(".ps-panel")
    assert panel.evaluate("n => n.scrollWidth - n.clientWidth") == 0
    page.locator("input[type=search]").fill("pac nam")
    page.keyboard.press("Enter")
    assert page.locator(".ps-panel").is_hidden()
    popup = page.locator(".leaflet-popup").bounding_box()
    assert popup is not None
    assert popup["x"] >= 0
    assert popup["x"] + popup["width"] <= 390


def test_new_data_keep_place_choice_and_open_popup(view: Opened, result: Result) -> None:
    page = view.page
    page.locator("input[type=radio][value='3G']").check()
    page.evaluate(f"{VIEW}.select('V0001')")
    page.wait_for_timeout(600)  # the map glides until the whole pop-up shows
    centre = page.evaluate(f"{VIEW}.map.getCenter()")
    changed = result.villages.assign(priority_rank=77, signal_class_3g="weak")
    payload = map_payload(replace(result, villages=changed), pictures=False)
    page.evaluate(f"payload => {VIEW}.update(payload) && null", payload)
    assert set(view.state()["villages"].values()) == {"weak"}
    assert view.state()["technology"] == "3G"
    assert page.evaluate(f"{VIEW}.map.getCenter()") == centre
    assert page.locator(".leaflet-image-layer").count() == 3
    assert "77" in page.locator(".leaflet-popup").inner_text()


def test_it_draws_inside_a_shadow_root_and_tells_what_is_chosen(
    browser: Browser, result: Result
) -> None:
    """As another page would hold it: assets in a module, styles and map below a shadow root."""
    this = opened(browser, WIDE)
    page = this.page
    assets = front_end()
    page.set_content("<!DOCTYPE html><div id=host style='height:600px'></div>")
    page.add_script_tag(content=assets.js, type="module")
    page.wait_for_function("window.PhuSong !== undefined")
    page.evaluate(
        """([css, payload]) => {
            const shadow = document.getElementById("host").attachShadow({mode: "open"});
            const style = document.createElement("style");
            style.textContent = css;
            const box = document.createElement("div");
            box.style.height = "600px";
            shadow.append(style, box);
            window.chosen = [];
            const onSelect = (what) => window.chosen.push(what);
            window.view = PhuSong.draw(box, payload, {onSelect});
            view.map.setView(payload.villages.places[0], 13, {animate: false});
        }""",
        [assets.css, json.loads(json.dumps(map_payload(result)))],
    )
    box = page.evaluate("view.mapBox.getBoundingClientRect().toJSON()")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.evaluate("window.chosen") == [{"kind": "village", "id": "V0000"}]
    page.evaluate("view.destroy()")
    page.context.close()
    assert this.complaints == []
    assert this.dialogs == []


def test_villages_are_filtered_by_power_and_hardship(view: Opened, result: Result) -> None:
    # by hand: the same villages counted in the table
    villages = result.villages
    placed = villages.geometry.notna() & ~villages.geometry.is_empty
    for name, column in (("power", "has_grid_power"), ("hardship", "extremely_difficult")):
        if column not in villages:
            assert view.page.locator(f"select[data-focus={name}]").count() == 0
            continue
        for answer, chosen in (
            ("yes", villages[column].eq(True).fillna(value=False)),
            ("no", villages[column].eq(False).fillna(value=False)),
            ("not_known", villages[column].isna()),
        ):
            view.page.locator(f"select[data-focus={name}]").select_option(answer)
            assert set(view.state()["villages"]) == set(villages["village_id"][chosen & placed])
        view.page.locator(f"select[data-focus={name}]").select_option("")


def test_table_shows_what_the_filters_leave_and_opens_a_village(view: Opened) -> None:
    page = view.page
    page.get_by_role("button", name="Xem dạng bảng").click()
    rows = page.locator(".ps-list tbody tr")
    assert not page.locator(".ps-map").is_visible()
    everything = rows.count()
    assert everything == page.evaluate(f"{VIEW}.villages.rows.length")
    names = page.locator(".ps-list tbody th").all_text_contents()
    assert set(VILLAGE_NAMES[:-1]) <= set(names)  # hostile ones among them, as text
    page.locator("input[value=good]").uncheck()
    assert rows.count() < everything
    page.locator(".ps-list tbody button").first.click()
    assert page.locator(".ps-map").is_visible()
    assert not page.locator(".ps-list").is_visible()
    assert page.locator(".leaflet-popup h3").text_content() in names


@pytest.mark.parametrize(("paper", "size_pt"), [("a4", (842, 595)), ("a3", (1191, 842))])
def test_paper_holds_the_whole_map_with_legend_and_mark(
    view: Opened, paper: str, size_pt: tuple[int, int]
) -> None:
    page = view.page
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(f"button[data-focus=print-{paper}]").click()
    page.wait_for_function("window.printed")
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert len(sheets) == 1
    width, height = (float(side) for side in sheets[0].mediabox[2:])
    assert (width, height) == pytest.approx(size_pt, abs=1)
    text = sheets[0].extract_text()
    for word in ("SYNTHETIC DATA", "Chú giải", "Sóng tốt", "Bộ ngưỡng", "km"):
        assert word in text
    assert "Xem dạng bảng" not in text
    corners = f"{VIEW}.data.bounds.map((p) => {VIEW}.map.latLngToContainerPoint(p))"
    room = page.evaluate(f"{VIEW}.map.getSize()")
    for corner in page.evaluate(corners):
        assert 0 <= corner["x"] <= room["x"]
        assert 0 <= corner["y"] <= room["y"]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".ps-searchbox").is_visible()


@pytest.mark.parametrize(("paper", "width_mm"), [("A4", 297.0), ("A3", 420.0)])
@pytest.mark.parametrize("view", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_the_command_of_the_browser_prints_the_whole_map(
    view: Opened, paper: str, width_mm: float
) -> None:
    page = view.page
    page.wait_for_timeout(400)
    before = page.evaluate(f"{VIEW}.map.getBounds().toBBoxString()")
    printed = page.pdf(format=paper, print_background=True)
    sheets = PdfReader(io.BytesIO(printed)).pages
    assert len(sheets) == 1
    assert float(sheets[0].mediabox[2]) * 25.4 / 72 == pytest.approx(width_mm, abs=1)  # across
    text = sheets[0].extract_text()
    for word in ("SYNTHETIC DATA", "Chú giải", "Sóng tốt", "Bộ ngưỡng", "Về bản đồ này", "km"):
        assert word in text
    with PdfDocument(printed) as document:
        pixels = np.asarray(document[0].render(scale=1).to_pil().convert("RGB")).astype(int)
    inked = (pixels < 250).any(axis=2)
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    # by hand: margins of 10 mm are 28 of 842 points, and the layout is as wide as the rest
    height, width = inked.shape
    edge = 72 * 9 / 25.4
    assert edge < columns[0]
    assert columns[-1] < width - edge
    assert edge < rows[0]
    assert rows[-1] < height - edge
    assert columns[-1] - columns[0] > 0.9 * (width - 2 * edge)
    # Relief and areas lie under the marks: most of the map's half of the page is in colour.
    middle = pixels[height // 3 : 2 * height // 3, width // 4 : width // 2]
    assert (middle.max(axis=2) - middle.min(axis=2) > 12).mean() > 0.25
    page.pdf(format=paper)  # once more: nothing is complained of then either
    page.wait_for_timeout(400)
    assert page.evaluate(f"{VIEW}.map.getBounds().toBBoxString()") == before
    assert page.locator(".ps-printing").count() == 0
