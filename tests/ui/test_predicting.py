"""The first prediction of a project: a job that is followed, left, stopped, redone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from coverage.jobs import Desk, Job
from tests.ui.servers import ROOT, started

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAP: Final = ".app-map > div[data-version]"
OPEN_MS: Final = 60_000
WORK_MS: Final = 240_000
PICTURES: Final = Path(os.environ.get("PHUSONG_ARTEFACTS", ROOT / "build" / "screens"))


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def url(demo_project: Path, tmp_path: Path, cache_folder: Path) -> Iterator[str]:
    """Start the app where nothing was ever predicted."""
    project = shutil.copytree(demo_project.parent, tmp_path / "tỉnh mới")
    with started(str(project), surroundings={"PHUSONG_CACHE": str(cache_folder)}) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    yield context.new_page()
    context.close()


def predictions(cache_folder: Path) -> list[Job]:
    return [
        job
        for job in Desk(folder=cache_folder / "jobs", slots=1).jobs()
        if job.task.kind == "prediction"
    ]


def test_a_prediction_is_followed_left_found_again_stopped_and_redone(
    page: Page, url: str, cache_folder: Path
) -> None:
    page.goto(url)
    stop = page.get_by_role("button", name="Dừng")
    expect(stop).to_be_visible(timeout=OPEN_MS)
    expect(page.get_by_text("đã chạy")).to_be_visible(timeout=OPEN_MS)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "predicting.png")
    (job,) = predictions(cache_folder)
    page.locator("a[href$='/export']").first.click()  # another page answers meanwhile
    expect(page.get_by_role("button", name="Tạo tệp")).to_be_visible(timeout=OPEN_MS)
    context = page.context
    page.close()  # and a closed tab loses nothing
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_role("button", name="Dừng")).to_be_visible(timeout=OPEN_MS)
    assert [found.key for found in predictions(cache_folder)] == [job.key]
    assert predictions(cache_folder)[0].state.asked == job.state.asked
    page.get_by_role("button", name="Dừng").click()
    expect(page.get_by_text("Đã dừng theo yêu cầu.")).to_be_visible(timeout=OPEN_MS)
    assert predictions(cache_folder)[0].status == "stopped"
    page.get_by_role("button", name="Dự báo lại").click()
    page.wait_for_selector(MAP, timeout=WORK_MS)
    assert predictions(cache_folder)[0].status == "done"
