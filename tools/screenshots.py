"""Pictures of the documentation, made from the synthetic province: `make screenshots`.

Every picture has a fixed size, shows demo data only, and is written to docs/images as WebP. Needs
Chromium; that of QGIS is made where a Python with QGIS is found, else the one there is kept.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pypdfium2 import PdfDocument

from coverage.demo import write_demo
from coverage.documents import write_documents
from coverage.pipeline import plan_project, run_project

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs" / "images"
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
SCREEN: Final[ViewportSize] = {"width": 1440, "height": 1100}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
APP_PAGES: Final = ("villages", "fibre", "data")
BUDGET: Final = "40000000000"
QUALITY: Final = 80
SETTLED_MS: Final = 1_200
APP_START_S: Final = 120
APP_READY_MS: Final = 300_000
VIEW: Final = "map_phusong_view"
APP_MAP: Final = ".app-map > div[data-version]"
AT_WORK: Final = "[data-testid=stProgress], [data-testid=stSkeleton]"
IDLE: Final = "[data-testid=stApp][data-test-script-state=notRunning]"
PYTHON_OF_QGIS: Final = Path("/usr/bin/python3")
QGIS: Final = """
import os, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
folder, picture = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
names = ("villages", "actions", "links", "fibre_routes", "communes")
layers = [QgsVectorLayer(f"{folder}/results.gpkg|layername={n}", n, "ogr") for n in names]
layers.append(QgsRasterLayer(f"{folder}/class_4g.tif", "class"))
settings = QgsMapSettings()
settings.setLayers(layers)
settings.setBackgroundColor(QColor("white"))
settings.setOutputSize(QSize(1000, 800))
settings.setDestinationCrs(layers[0].crs())
settings.setExtent(layers[4].extent())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
os._exit(0)
"""

log = logging.getLogger("screenshots")


def main() -> None:
    """Make the pictures whose names are asked for, or all."""
    parser = argparse.ArgumentParser(description="Pictures of the documentation.")
    parser.add_argument("parts", nargs="*", choices=["map", "documents", "qgis", "app"], default=[])
    wanted = parser.parse_args().parts or ["map", "documents", "qgis", "app"]
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, browser() as chromium:
        project = Path(name) / "demo"
        write_demo(project, seed=1)
        run = run_project(project)[1] if "map" in wanted else project
        plan = Path(name) / "plan"
        if set(wanted) & {"map", "documents", "qgis"}:
            plan_project(project, budget=BUDGET, out=plan)
        if "map" in wanted:
            maps(chromium, run / "map.html", plan / "map.html")
        if "documents" in wanted:
            documents(plan, Path(name) / "documents")
        if "qgis" in wanted:
            qgis(plan, Path(name) / "qgis.png")
        if "app" in wanted:
            app(chromium, project)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium as the tests do."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("PHUSONG_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        sys.exit("Cần Chromium / Chromium is needed: PHUSONG_CHROMIUM=…")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def maps(chromium: Browser, run: Path, plan: Path) -> None:
    """Picture map.html on a desk, on a phone, as a table and on paper; and that of a plan."""
    page = opened(chromium, run.as_uri(), DESK)
    shoot(page, "map")
    page.get_by_role("button", name="Xem dạng bảng").click()
    page.wait_for_timeout(SETTLED_MS)
    shoot(page, "map_table", width=640)
    page = opened(chromium, run.as_uri(), PHONE)
    shoot(page, "map_phone")
    page = opened(chromium, run.as_uri(), DESK)
    keep(drawn_page(page.pdf(format="A4", print_background=True)), "map_print", width=640)
    page = opened(chromium, plan.as_uri(), DESK)
    shoot(page, "map_plan")


def documents(plan: Path, folder: Path) -> None:
    """Picture the sheet of the first commune that has villages without signal."""
    files = write_documents(plan, folder, forms=["pdf"])
    largest = max((f for f in files if f.suffix == ".pdf"), key=lambda f: f.stat().st_size)
    keep(drawn_page(largest.read_bytes()), "commune", width=720)


def qgis(plan: Path, picture: Path) -> None:
    """Let QGIS draw the layers of a plan over the classes."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    surroundings |= {"QT_QPA_PLATFORM": "offscreen", "HOME": str(picture.parent)}
    if PYTHON_OF_QGIS.exists():
        subprocess.run(
            [PYTHON_OF_QGIS, "-c", QGIS, str(plan), str(picture)],
            check=False,
            env=surroundings,
            capture_output=True,
        )
    if not picture.exists():
        log.info("qgis: không có QGIS, giữ hình cũ / no QGIS here, the old picture is kept")
        return
    keep(Image.open(picture), "qgis")


def app(chromium: Browser, project: Path) -> None:
    """Picture the first page of the app, and those further pages that the guides show."""
    with served(project) as url:
        page = chromium.new_page(viewport=SCREEN, locale="vi-VN")
        page.goto(url)
        page.wait_for_selector(APP_MAP, timeout=APP_READY_MS)
        settled(page)
        shoot(page, "app", width=1080)
        for name in APP_PAGES:
            page.goto(f"{url}/{name}")
            settled(page)
            if urlsplit(page.url).path.strip("/") != name:
                log.info("app: không có trang %s / no page %s, the old picture is kept", name, name)
                continue
            shoot(page, f"app_{name}", width=1080)


@contextmanager
def served(project: Path) -> Iterator[str]:
    """Start the app on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)),
            *("--server.address", "127.0.0.1", "--server.headless", "true", "--", str(project)),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        latest = time.monotonic() + APP_START_S
        while not healthy(url):
            if time.monotonic() > latest or process.poll() is not None:
                sys.exit("the app did not start")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def healthy(url: str) -> bool:
    """Ask whether the app answers."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def settled(page: Page) -> None:
    """Wait until the app has nothing more to do, and no work of its jobs is under way."""
    for pause_ms in (3 * SETTLED_MS, SETTLED_MS):
        page.wait_for_selector(IDLE, timeout=APP_READY_MS)
        page.wait_for_selector(AT_WORK, state="detached", timeout=APP_READY_MS)
        page.wait_for_timeout(pause_ms)


def opened(chromium: Browser, address: str, size: ViewportSize) -> Page:
    """Open a map without a network and wait until it is drawn."""
    page = chromium.new_context(viewport=size, offline=True, locale="vi-VN").new_page()
    page.goto(address)
    page.wait_for_function(f"window.{VIEW} !== undefined")
    page.wait_for_timeout(SETTLED_MS)
    return page


def drawn_page(document: bytes) -> Image.Image:
    """Return the first page of a PDF as a picture."""
    with PdfDocument(document) as pages:
        return pages[0].render(scale=2).to_pil()


def shoot(page: Page, name: str, *, width: int | None = None) -> None:
    """Keep what the page shows."""
    keep(Image.open(io.BytesIO(page.screenshot(animations="disabled"))), name, width=width)


def keep(picture: Image.Image, name: str, *, width: int | None = None) -> None:
    """Write a picture, at a width where one is given."""
    shown = picture.convert("RGB")
    if width is not None:
        size = (width, round(shown.height * width / shown.width))
        shown = shown.resize(size, Image.Resampling.LANCZOS)
    path = IMAGES / f"{name}.webp"
    shown.save(path, "WEBP", quality=QUALITY, method=6)
    log.info("%s: %d × %d, %d kB", path.name, *shown.size, path.stat().st_size // 1000)


if __name__ == "__main__":
    main()
