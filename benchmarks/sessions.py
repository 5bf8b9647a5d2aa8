"""Ten people at once on one server: everybody served, nobody sees another's choices, memory."""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.browsing import (
    DRAWN,
    LONG_MS,
    MAP,
    ask,
    chromium,
    free_port,
    seconds,
    served,
)
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
_CHANGE_MS: Final = 120_000


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


def choose(page: Page, choice: Choice, commune_name: str) -> None:
    """Make a choice as a person does, and wait until the map shows it."""
    folder = page.locator(".st-key-project input")
    if folder.input_value() != str(choice.project):
        folder.fill(str(choice.project))
        folder.press("Enter")
        wait_for(page, f"box.textContent !== null && {_has_commune(choice.commune)}")
    page.locator(".st-key-technology").get_by_text(choice.technology, exact=True).click()
    wait_for(page, f"view.state().technology === {choice.technology!r}")
    box = page.locator(".st-key-commune input")
    box.click()
    box.fill(commune_name)
    box.press("Enter")
    wait_for(page, f"view.state().commune === {choice.commune!r}")
    slider = weight_slider(page)
    slider.focus()
    slider.press("End")
    for _ in range(100 - choice.weight_percent):
        slider.press("ArrowLeft")


def shown(page: Page) -> dict[str, Any]:
    """Return what a page shows of its person's choices."""
    state = ask(page, "view.state()")
    ranked = ask(
        page,
        "view.villages.rows.map((_, i) =>"
        " [view.villages.get(i, 'priority_rank'), view.villages.id(i)])",
    )
    return {
        "project": page.locator(".st-key-project input").input_value(),
        "technology": state["technology"],
        "commune": state["commune"],
        "weight": int(weight_slider(page).get_attribute("aria-valuenow") or -1),
        "first": [name for _, name in sorted(ranked)[:5]],
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
    return page.locator(f".st-key-weight_{CRITERION} [role=slider]")


def wait_for(page: Page, expression: str) -> None:
    """Wait until an expression of `view`, the map, holds; the map may be drawn anew meanwhile."""
    page.wait_for_function(
        f"() => {{ const box = document.querySelector({MAP!r}), view = box?.view;"
        f" return Boolean(view && ({expression})); }}",
        timeout=_CHANGE_MS,
    )


def wait_until_shown(page: Page, wanted: dict[str, Any]) -> None:
    """Wait until a page shows what it must; where it never does, say what it shows."""
    first = wanted["first"]
    try:
        wait_for(
            page,
            "JSON.stringify(view.villages.rows.map((_, i) => [view.villages.get(i, 'priority_rank'),"
            " view.villages.id(i)]).sort((a, b) => a[0] - b[0]).slice(0, 5).map((p) => p[1]))"
            f" === JSON.stringify({first!r})",
        )
    finally:
        found = shown(page)
        if found != wanted:
            message = f"shown {found}, chosen {wanted}"
            raise AssertionError(message)


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
        with served(start, port=port) as server:
            opened, chosen = _all_at_once(server.url, people, choices, wanted)
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


def _all_at_once(
    url: str, people: Sequence[Known], choices: Sequence[Choice], wanted: Sequence[dict[str, Any]]
) -> tuple[list[float], list[float]]:
    """Let every person work in a thread and browser of their own; return what they waited."""
    opened, chosen = [0.0] * len(people), [0.0] * len(people)
    failed: list[BaseException] = []
    gate = threading.Barrier(len(people))

    def person(number: int) -> None:
        try:
            with chromium() as browser:
                page = _page(browser)
                gate.wait()
                opened[number] = seconds(lambda: _open(page, url))
                name = people[number].name_of(choices[number].commune)

                def work() -> None:
                    choose(page, choices[number], name)
                    wait_until_shown(page, wanted[number])

                chosen[number] = seconds(work)
                gate.wait()  # everybody has chosen: nothing of the others may have come in
                wait_until_shown(page, wanted[number])
                page.reload()
        except BaseException as error:
            failed.append(error)
            gate.abort()
            raise

    threads = [threading.Thread(target=person, args=(n,)) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return opened, chosen


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1366, "height": 768}).new_page()


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(DRAWN, timeout=LONG_MS)


def _has_commune(code: str) -> str:
    """Return an expression that tells whether the map's communes hold a code."""
    return f"view.data.communes && JSON.stringify(view.data.communes).includes({code!r})"
