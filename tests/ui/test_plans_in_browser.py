"""Plans, comparisons and exports as a person makes them: in a real browser, with real jobs."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from coverage.jobs import Desk, PlanTask, default_desk, read_fibre_plan

# One worker, so that jobs of these tests do not wait for each other.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("plans")]

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = Path(os.environ.get("PHUSONG_ARTEFACTS", ROOT / "build" / "screens"))
MAPS: Final = ".maps-in-step[data-versions]"
HEADINGS: Final = {
    "plan": "Phương án xây dựng",
    "fibre": "Cáp quang",
    "compare": "So sánh",
    "export": "Xuất kết quả",
}
OPEN_MS: Final = 30_000
WORK_MS: Final = 300_000


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


@pytest.fixture
def desk() -> Desk:
    return default_desk()


def go(page: Page, path: str) -> None:
    """Change to a page by its link in the bar, within the session."""
    page.locator(f"a[href$='/{path}']").first.click(timeout=OPEN_MS)
    expect(page.locator("h2").first).to_have_text(HEADINGS[path], timeout=OPEN_MS)


def opened(page: Page, app_url: str, path: str) -> None:
    """Open a page by its address."""
    page.goto(f"{app_url}/{path}")
    expect(page.locator("h2").first).to_have_text(HEADINGS[path], timeout=OPEN_MS)


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like on a desk and on a phone."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(700)
    page.screenshot(path=PICTURES / f"{name}_phone.png")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.wait_for_timeout(300)


def ask(page: Page, expression: str, number: int = 0) -> Any:
    """Evaluate an expression of `view`, one of the maps in step."""
    box = page.locator(f"{MAPS} > div").nth(number)
    return box.evaluate(f"box => {{ const view = box.view; return {expression}; }}")


def make_plan(page: Page, amount: str) -> list[str]:
    """Ask for a plan of a budget and return the ids of its actions."""
    box = page.get_by_role("spinbutton", name="Ngân sách đầu tư")
    box.fill(amount)
    box.press("Enter")
    return made(page)


def made(page: Page) -> list[str]:
    page.get_by_role("button", name="Lập phương án").click()
    stop = page.get_by_role("button", name="Dừng")
    expect(stop).to_be_visible(timeout=OPEN_MS)
    expect(stop).to_have_count(0, timeout=WORK_MS)
    page.wait_for_selector(MAPS, timeout=OPEN_MS)
    return list(ask(page, "view.data.plan.actions.map(one => one.id)"))


def test_a_plan_is_made_while_the_app_stays_usable_and_a_lock_is_obeyed(
    page: Page, app_url: str
) -> None:
    opened(page, app_url, "plan")
    box = page.get_by_role("spinbutton", name="Ngân sách đầu tư")
    box.fill("30")
    box.press("Enter")
    page.get_by_role("button", name="Lập phương án").click()
    expect(page.get_by_role("button", name="Dừng")).to_be_visible(timeout=OPEN_MS)
    expect(page.get_by_text("đã chạy").first).to_be_visible(timeout=OPEN_MS)
    picture(page, "plan_running")
    go(page, "export")  # another page answers while the plan is made
    expect(page.get_by_role("button", name="Tạo tệp")).to_be_visible(timeout=OPEN_MS)
    go(page, "plan")
    page.wait_for_selector(MAPS, timeout=WORK_MS)
    actions = ask(page, "view.data.plan.actions")
    assert len(actions) > 3
    assert page.get_by_text("tốt nhất có thể").is_visible()
    picture(page, "plan")
    # the same plan by its address, in a session of its own
    address = page.url
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_selector(MAPS, timeout=OPEN_MS)
    assert other.locator("h2").first.inner_text() == "Phương án xây dựng"
    assert ask(other, "view.data.plan.actions.map(one => one.id)") == [a["id"] for a in actions]
    expect(other.get_by_role("spinbutton", name="Ngân sách đầu tư")).to_have_value("30")
    other.close()
    # lock the dearest loss: a new site, by a click on the map
    wanted = next(one for one in actions if one["id"].startswith("N-"))
    ask(page, f"view.map.setView({wanted['place']!r}, 14, {{animate: false}}) && null")
    stage = page.locator(f"{MAPS} .ps-map")
    stage.scroll_into_view_if_needed()
    frame = stage.bounding_box()
    assert frame is not None
    page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    lock = page.get_by_role("radiogroup").filter(has_text="Không xây")
    expect(page.get_by_text(f"Khóa {wanted['id']}")).to_be_visible(timeout=OPEN_MS)
    picture(page, "plan_lock")
    lock.get_by_text("Không xây").click()
    expect(page.get_by_text("hãy lập lại phương án")).to_be_visible(timeout=OPEN_MS)
    # and name a further place by a click with shift
    page.locator(f"{MAPS} .ps-map").click(position={"x": 120, "y": 380}, modifiers=["Shift"])
    expect(page.get_by_text("vị trí thêm: 1")).to_be_visible(timeout=OPEN_MS)
    after = made(page)
    assert wanted["id"] not in after
    expect(page.get_by_text("khóa: 1 · vị trí thêm: 1")).to_be_visible(timeout=OPEN_MS)
    assert len(after) > 3


def test_a_long_plan_is_stopped(page: Page, app_url: str, desk: Desk) -> None:
    opened(page, app_url, "plan")
    page.get_by_role("combobox", name="Tăng nhiều nhất").click()
    page.get_by_role("option", name="Số người").click()
    page.get_by_role("button", name="Lập phương án").click()
    stop = page.get_by_role("button", name="Dừng")
    expect(stop).to_be_visible(timeout=OPEN_MS)
    # Other sessions may be at work on the same desk: this plan is the one that counts people.
    working = [
        job
        for job in desk.jobs()
        if job.is_live
        and isinstance(job.task, PlanTask)
        and job.task.scenario.planning.objective == "population"
    ]
    assert len(working) == 1
    stop.click()
    expect(page.get_by_text("Đã dừng theo yêu cầu.")).to_be_visible(timeout=OPEN_MS)
    found = desk.find(working[0].key)
    assert found is not None
    assert found.status == "stopped"
    pid = int((found.folder / "process").read_text().split()[0])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert {path.name for path in found.folder.iterdir()} == {
        *("task.json", "state.json", "process", "log.txt")
    }


def test_two_scenarios_stand_side_by_side(page: Page, app_url: str) -> None:
    page.goto(app_url)
    page.wait_for_selector(".app-map > div[data-version]", timeout=WORK_MS)
    page.get_by_text("Ngưỡng tín hiệu").click()
    profile = page.get_by_role("combobox", name="Bộ ngưỡng")
    expect(profile).to_be_visible(timeout=OPEN_MS)
    page.wait_for_timeout(1500)  # the box slides open
    profile.click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_timeout(1500)
    go(page, "compare")
    page.get_by_role("button", name="So sánh").click()
    page.wait_for_selector(MAPS, timeout=WORK_MS)
    assert page.locator(f"{MAPS} > div").count() == 2
    ask(
        page,
        "view.map.setView([view.map.getCenter().lat + 0.05, view.map.getCenter().lng], 11,"
        " {animate: false}) && null",
    )
    middles = [ask(page, "[view.map.getCenter().lat, view.map.getZoom()]", n) for n in (0, 1)]
    assert middles[0] == pytest.approx(middles[1], abs=1e-4)  # the same place, to a screen point
    classes = [ask(page, "view.state().villages", n) for n in (0, 1)]
    assert classes[0] != classes[1]
    expect(page.get_by_text("Bên mất: sóng kém đi")).to_be_attached()
    picture(page, "compare")


def test_an_export_is_made_downloaded_and_opened(
    page: Page, app_url: str, browser: Browser, tmp_path: Path
) -> None:
    opened(page, app_url, "export")
    page.get_by_text("Làm tròn khoảng 1 km").click()
    expect(page.get_by_text("có thể cho biết vị trí chính xác")).to_be_visible(timeout=OPEN_MS)
    things = page.get_by_role("combobox", name="Những gì cần xuất")
    things.click()
    page.get_by_role("option", name="Toàn bộ thư mục").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tạo tệp").click()
    link = page.get_by_role("button", name="Tải outputs.zip")
    expect(link).to_be_visible(timeout=WORK_MS)
    expect(page.get_by_role("button", name="Tải map.html")).to_be_visible(timeout=WORK_MS)
    picture(page, "export")
    for name in ("outputs.zip", "map.html"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Tải {name}").click()
        waiting.value.save_as(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "outputs.zip") as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["synthetic"] is True
        assert set(manifest["outputs"]) <= set(archive.namelist())
        assert {"report.xlsx", "results.gpkg", "villages.csv"} <= set(archive.namelist())
    with browser.new_context(offline=True) as context:
        map_page = context.new_page()
        map_page.goto((tmp_path / "map.html").as_uri())
        map_page.wait_for_selector(".leaflet-image-layer")
        assert map_page.locator(".ps-synthetic").is_visible()
        assert map_page.evaluate("map_phusong_view.data.sites_coarse") is True


def test_fibre_is_shown_by_village_and_commune(page: Page, app_url: str) -> None:
    opened(page, app_url, "fibre")
    page.wait_for_selector(MAPS, timeout=WORK_MS)
    shown = ask(page, "view.state().villages")
    assert {"fibre", "far"} <= set(shown.values())
    picture(page, "fibre")


def test_routes_of_fibre_are_found_and_drawn(page: Page, app_url: str, desk: Desk) -> None:
    opened(page, app_url, "fibre")
    page.get_by_role("radio", name="Tuyến mới").click(timeout=WORK_MS)
    page.get_by_role("button", name="Tìm tuyến").click()
    figures = page.locator(".st-key-fibre_route_figures")
    expect(figures).to_contain_text("Thôn được nối", timeout=WORK_MS)
    job = next(job for job in desk.jobs() if job.task.kind == "fibre" and job.status == "done")
    plan = read_fibre_plan(job.made)
    assert 0 < plan.spent <= plan.budget == 20_000_000_000
    expect(figures).to_contain_text(f"{plan.routes['length_m'].sum() / 1000:.1f}".replace(".", ","))
    expect(page.locator(MAPS)).to_have_count(1, timeout=OPEN_MS)
    assert len(ask(page, "view.data.plan.actions")) == len(plan.villages)
    picture(page, "fibre-routes")
