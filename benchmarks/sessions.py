"""Ten people at once on one server: everybody served, nobody sees another's choices, memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.browsing import MAP, ask, chromium, free_port, served
from benchmarks.terrains import SHARED
from coverage import pipeline
from coverage.demo import write_demo
from coverage.io.project import load_project
from coverage.text import vietnamese_order

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from coverage.model import Inputs, Prediction

PEOPLE: Final = 10
MEMORY_LIMIT_MIB: Final = 3 * 1024.0
CRITERION: Final = "fibre_distance"
_LATEST_S: Final = 900.0
_LOOK_S: Final = 0.05
_FIRST: Final = (
    "view.villages.rows.map((_, i) => [view.villages.get(i, 'priority_rank'), view.villages.id(i)])"
    ".sort((a, b) => a[0] - b[0]).slice(0, 5).map((pair) => pair[1])"
)


@dataclass(frozen=True)
class Choice:
    """What one person chooses: project, technology, commune, weight of a criterion in percent."""

    project: Path
    technology: str
    commune: str
    weight_percent: int


@dataclass(frozen=True)
class Known:
    """A project as the library knows it, to check what pages show."""

    folder: Path
    inputs: Inputs
    prediction: Prediction

    @classmethod
    def of(cls, folder: Path) -> Known:
        inputs = load_project(folder)
        return cls(folder, inputs, pipeline.predicted(inputs, inputs.scenario))

    def choice(self, number: int) -> Choice:
        """Return another choice for every number."""
        codes = sorted(
            self.inputs.communes["commune_code"].astype(str),
            key=lambda code: vietnamese_order(self._names[code]),
        )
        technology = ("4G", "3G", "5G")[number % 3]
        return Choice(self.folder, technology, codes[number % len(codes)], 100 - 3 * number)

    def name_of(self, commune: str) -> str:
        return self._names[commune]

    def first(self, choice: Choice, count: int = 5) -> list[str]:
        """Return the ids that rank first under a choice, by the library itself."""
        base = self.inputs.scenario
        weights = {c.name: c.weight for c in base.priority.criteria}
        scenario = base.model_copy(
            update={
                "priority": base.priority.with_weights(
                    weights | {CRITERION: choice.weight_percent / 100}
                )
            }
        )
        assessment = pipeline.assessed(self.inputs, self.prediction, base)
        villages = pipeline.ranked(self.inputs, self.prediction, assessment, scenario).villages
        ordered = villages.sort_values("priority_rank")["village_id"].astype(str)
        return ordered.head(count).tolist()

    @property
    def _names(self) -> dict[str, str]:
        communes = self.inputs.communes
        return dict(
            zip(communes["commune_code"].astype(str), communes["name"].astype(str), strict=True)
        )


def steps(page: Page, choice: Choice, commune_name: str) -> Iterator[str]:
    """Make a choice as a person does; after each step yields what the map must show to go on."""
    folder = page.locator(".st-key-project input")
    if folder.input_value() != str(choice.project):
        page.locator(".st-key-project_box summary").click()
        folder.fill(str(choice.project))
        folder.press("Enter")
        yield f"JSON.stringify(view.data.communes).includes({choice.commune!r})"
    page.locator(".st-key-technology").get_by_text(choice.technology, exact=True).click()
    yield f"view.state().technology === {choice.technology!r}"
    box = page.locator(".st-key-commune input")
    box.click()
    box.fill(commune_name)
    box.press("Enter")
    yield f"view.state().commune === {choice.commune!r}"
    slider = weight_slider(page)
    slider.focus()
    slider.press("End")
    for _ in range(100 - choice.weight_percent):
        slider.press("ArrowLeft")


def together(people: Sequence[tuple[Page, Iterator[str]]]) -> list[float]:
    """Let people act side by side, each as soon as their page is ready; seconds of each."""
    start = time.perf_counter()
    took = [0.0] * len(people)
    waiting: dict[int, str] = dict.fromkeys(range(len(people)), "true")
    while waiting:
        for number, condition in list(waiting.items()):
            page, more = people[number]
            if condition != "true" and not _holds(page, condition):
                continue
            try:
                waiting[number] = next(more)
            except StopIteration:
                took[number] = time.perf_counter() - start
                del waiting[number]
        if time.perf_counter() - start > _LATEST_S:
            message = f"still waiting for {waiting}"
            raise AssertionError(message)
        time.sleep(_LOOK_S)
    return took


def shown(page: Page) -> dict[str, Any]:
    """Return what a page shows of its person's choices."""
    state = ask(page, "view.state()")
    return {
        "project": page.locator(".st-key-project input").input_value(),
        "technology": state["technology"],
        "commune": state["commune"],
        "weight": int(weight_slider(page).input_value()),
        "first": ask(page, _FIRST),
    }


def expected(known: Known, choice: Choice) -> dict[str, Any]:
    """Return what a page must show, the ranking worked out by the library."""
    return {
        "project": str(choice.project),
        "technology": choice.technology,
        "commune": choice.commune,
        "weight": choice.weight_percent,
        "first": known.first(choice),
    }


def weight_slider(page: Page) -> Any:
    return page.locator(f".st-key-weight_{CRITERION} input[type=range]")


def ranked_as(first: Sequence[str]) -> str:
    """Return the condition that a map ranks these villages first."""
    return f"JSON.stringify({_FIRST}) === JSON.stringify({list(first)!r})"


def differences(page: Page, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows otherwise than it must, with what it must."""
    found = shown(page)
    return {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}


def _holds(page: Page, condition: str) -> bool:
    """Whether a condition of `view`, the map, holds; False where no map is drawn."""
    box = page.locator(MAP)
    return box.count() > 0 and bool(ask(page, f"Boolean(view && ({condition}))"))


def measure() -> None:
    """Print what ten simultaneous sessions take."""
    with tempfile.TemporaryDirectory() as name:
        demo = Path(name) / "demo"
        write_demo(demo)
        backan = SHARED / "data" / "backan"
        projects = [Known.of(folder) for folder in (backan, demo) if folder.exists()]
        people = [projects[n % len(projects)] for n in range(PEOPLE)]
        choices = [known.choice(number) for number, known in enumerate(people)]
        wanted = [expected(*pair) for pair in zip(people, choices, strict=True)]
        port = free_port()
        start = ["coverage", "app", str(projects[0].folder), "--port", str(port)]
        with served(start, port=port) as server, chromium() as browser:
            pages = [new_page(browser) for _ in people]
            opened = together([(page, opening(page, server.url)) for page in pages])
            names = [k.name_of(c.commune) for k, c in zip(people, choices, strict=True)]
            acting = [
                (page, chain(steps(page, choice, name), [ranked_as(must["first"])]))
                for page, choice, name, must in zip(pages, choices, names, wanted, strict=True)
            ]
            chosen = together(acting)
            crossed = [
                found for pair in zip(pages, wanted, strict=True) if (found := differences(*pair))
            ]
        if crossed:
            message = f"state crossed: {crossed}"
            raise AssertionError(message)
        print(f"{PEOPLE} sessions at once in Chromium on one server, {len(projects)} projects")
        print(f"{'':32}{'median':>9}{'longest':>9}")
        for title, took in (("first screen, s", opened), ("four choices until shown, s", chosen)):
            print(f"{title:32}{statistics.median(took):9.1f}{max(took):9.1f}")
        print(f"state crossed: none; all {PEOPLE} rankings are those of the library")
        verdict = "kept" if server.peak_mib <= MEMORY_LIMIT_MIB else "BROKEN"
        print(
            f"memory of the server and its jobs, peak {server.peak_mib:.0f} MiB "
            f"(limit {MEMORY_LIMIT_MIB:.0f}: {verdict}); CPU {server.cpu_s:.0f} s"
        )


def new_page(browser: Browser) -> Page:
    """Return a page of a person of its own."""
    return browser.new_context(viewport={"width": 1366, "height": 768}).new_page()


def opening(page: Page, url: str) -> Iterator[str]:
    """Open the page of villages."""
    page.goto(f"{url}/villages", wait_until="commit")
    yield "true && box.dataset.version"
