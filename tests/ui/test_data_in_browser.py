"""The data page as a person uses it: a messy sheet, an edited table, a site added by a click."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from coverage.revision.drafts import Drafts, Work
from coverage.revision.places import projects_folder

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("plans")]

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = Path(os.environ.get("PHUSONG_ARTEFACTS", ROOT / "build" / "screens"))
MAP: Final = ".app-map > div[data-version]"
SITE_MAP: Final = ".maps-in-step[data-versions]"
HOSTILE: Final = "<img src=x onerror=window.hacked=1> **Bản** [a](javascript:alert(1))"
ROW_PX: Final = 33
"""Height of a row of a table, and of its head, in the theme of the app."""
OPEN_MS: Final = 60_000
WORK_MS: Final = 400_000


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """Return a new page that can reach the app and nobody else."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    context.route(lambda url: not url.startswith(app_url), lambda route: route.abort())
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def settled(page: Page) -> None:
    """Wait until the page is drawn whole."""
    page.wait_for_timeout(500)
    expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0, timeout=WORK_MS)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=OPEN_MS)
    page.wait_for_timeout(700)


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    settled(page)
    page.screenshot(path=PICTURES / f"{name}.png")


def save_as(page: Page, name: str) -> Path:
    """Accept what the draft holds and return the new project."""
    box = page.get_by_role("textbox", name="Tên dự án mới")
    box.fill(name)
    box.press("Enter")
    settled(page)
    page.get_by_role("button", name="Chấp nhận và lưu").click()
    expect(page.get_by_text("Đã lưu và mở dự án mới")).to_be_visible(timeout=OPEN_MS)
    return projects_folder() / name


def villages_on_map(page: Page) -> str:
    """Return what the map of the first page draws of villages, as text."""
    page.locator("a[href$='/overview'], a[href$='/']").first.click()
    page.wait_for_selector(MAP, timeout=WORK_MS)
    drawn: Any = page.locator(MAP).evaluate("box => JSON.stringify(box.view.data.villages)")
    return str(drawn)


def test_a_messy_sheet_is_reviewed_accepted_and_seen_on_the_map(
    page: Page, app_url: str, shared: Path, tmp_path: Path
) -> None:
    # The real province with the first cells of its list only: its signal is not what is tested.
    project = tmp_path / "backan"
    shutil.copytree(shared / "data" / "backan", project, copy_function=shutil.copyfile)
    project.chmod(0o755)
    cells = project / "stations_synthetic.csv"
    pd.read_csv(cells, dtype=str).head(6).to_csv(cells, index=False)
    draft = Drafts().begin(Work(project=str(project)))
    page.goto(f"{app_url}/data?part=import&draft={draft}")
    box = page.locator("input[type=file]").first
    box.wait_for(state="attached", timeout=OPEN_MS)
    box.set_input_files(shared / "data" / "dirty" / "villages_messy.xlsx")
    expect(page.get_by_text("83 dòng dùng được")).to_be_visible(timeout=OPEN_MS)
    picture(page, "data_review")
    tables = page.locator("[data-testid=stDataFrame]")

    def tick_subtotals() -> None:
        """Tick or untick the kind that takes subtotals out, the sixth of the table."""
        settled(page)
        tables.first.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        frame = tables.first.bounding_box()
        assert frame is not None
        page.mouse.click(frame["x"] + 51, frame["y"] + ROW_PX * 6.5)

    tick_subtotals()  # refused, its 6 rows return
    expect(page.get_by_text("3 dòng bỏ ra")).to_be_visible(timeout=OPEN_MS)
    page.reload()  # what was decided is kept on the server
    expect(page.get_by_text("3 dòng bỏ ra")).to_be_visible(timeout=OPEN_MS)
    assert not (projects_folder() / "Nhập thử").exists()  # nothing before it is accepted
    tick_subtotals()
    expect(page.get_by_text("9 dòng bỏ ra")).to_be_visible(timeout=OPEN_MS)
    made = save_as(page, "Nhập thử")
    picture(page, "data_accepted")
    written = pd.read_csv(made / "villages.csv", dtype=str)
    assert len(written) == 83
    assert (made / "import_report_1_villages.csv").is_file()
    assert Drafts().read(draft) is None
    told = villages_on_map(page)
    assert all(name in told for name in written["name"].head(5))
    picture(page, "data_on_map")


def test_a_cell_is_edited_undone_and_saved_and_hostile_names_stay_text(
    page: Page, app_url: str, demo_project: Path
) -> None:
    page.goto(f"{app_url}/data?part=edit")
    expect(page.get_by_text("Bấm đúp vào ô")).to_be_visible(timeout=OPEN_MS)

    def type_in_first_name(text: str) -> None:
        settled(page)
        frame = page.locator("[data-testid=stDataFrame]").first.bounding_box()
        assert frame is not None
        page.mouse.dblclick(frame["x"] + 150, frame["y"] + ROW_PX * 1.5)
        typed = page.locator("textarea.gdg-input, .gdg-input textarea, #portal textarea").first
        typed.wait_for(timeout=OPEN_MS)
        typed.fill(text)
        page.keyboard.press("Enter")

    type_in_first_name("Bản Sửa")
    expect(page.get_by_text("1 thay đổi trong 1 bước")).to_be_visible(timeout=OPEN_MS)
    type_in_first_name(HOSTILE)
    expect(page.get_by_text("2 thay đổi trong 2 bước")).to_be_visible(timeout=OPEN_MS)
    picture(page, "data_edit")
    address = page.url
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_text("1 thay đổi trong 1 bước")).to_be_visible(timeout=OPEN_MS)
    type_in_first_name(HOSTILE)
    expect(page.get_by_text("2 thay đổi trong 2 bước")).to_be_visible(timeout=OPEN_MS)
    page.reload()
    expect(page.get_by_text("2 thay đổi trong 2 bước")).to_be_visible(timeout=OPEN_MS)
    # Another session without the address sees nothing of it.
    other = page.context.new_page()
    other.goto(f"{app_url}/data?part=edit")
    expect(other.get_by_text("Bấm đúp vào ô")).to_be_visible(timeout=OPEN_MS)
    expect(other.get_by_text("Bản nháp")).to_have_count(0)
    other.close()
    assert "draft=" in address
    before = demo_project.with_name("villages.csv").read_bytes()
    made = save_as(page, "Sửa thử")
    assert demo_project.with_name("villages.csv").read_bytes() == before
    assert HOSTILE in set(pd.read_csv(made / "villages.csv", dtype=str)["name"])
    villages_on_map(page)
    page.wait_for_timeout(2000)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src='x']").count() == 0


def test_a_site_is_added_by_a_click_and_its_effect_is_seen(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/data?part=site")
    page.wait_for_selector(SITE_MAP, timeout=WORK_MS)
    uncovered: Any = page.locator(f"{SITE_MAP} > div").first.evaluate(
        "box => Object.entries(box.view.state().villages).find(([, kind]) => kind === 'none')?.[0]"
    )
    assert uncovered
    place: Any = page.locator(f"{SITE_MAP} > div").first.evaluate(
        """(box, id) => {
            const rows = box.view.data.villages, at = rows.ids ? rows.ids.indexOf(id) : -1;
            box.view.select(id);
            return [box.view.map.getCenter().lat, box.view.map.getCenter().lng, at];
        }""",
        uncovered,
    )
    assert place
    stage = page.locator(f"{SITE_MAP} .ps-map")
    stage.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    frame = stage.bounding_box()
    assert frame is not None
    page.keyboard.down("Shift")
    page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.keyboard.up("Shift")
    picture(page, "data_site_form")
    page.get_by_role("button", name="Thêm trạm vào bản nháp").click()
    expect(page.get_by_text("3 thay đổi trong 1 bước")).to_be_visible(timeout=OPEN_MS)
    page.get_by_role("button", name="Xem tác dụng").click()
    expect(page.get_by_text("thôn đổi loại sóng")).to_be_visible(timeout=WORK_MS)
    picture(page, "data_site_effect")
    made = save_as(page, "Thêm trạm thử")
    cells = pd.read_csv(made / "stations.csv", dtype=str)
    assert (cells["site_id"] == "MOI001").sum() == 3
