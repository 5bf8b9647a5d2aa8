"""Three people at once on one server: everybody sees their own choices and nobody else's."""

from __future__ import annotations

import shutil
from itertools import chain
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.sessions import (
    Known,
    differences,
    expected,
    new_page,
    opening,
    ranked_as,
    steps,
    together,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_no_state_crosses_between_three_people_and_two_projects(
    browser: Browser, app_url: str, demo_project: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(demo_project.parent, tmp_path / "dự án khác")
    villages = other / "villages.csv"  # the same villages, one of them out: another ranking
    lines = villages.read_text(encoding="utf-8").splitlines(keepends=True)
    villages.write_text("".join(lines[:-1]), encoding="utf-8")
    demo, changed = Known.of(demo_project.parent), Known.of(other)
    people = [demo, changed, demo]
    choices = [known.choice(number) for number, known in enumerate(people)]
    wanted = [expected(known, choice) for known, choice in zip(people, choices, strict=True)]
    assert len({str(one) for one in wanted}) == 3
    pages = [new_page(browser) for _ in people]
    together([(page, opening(page, app_url)) for page in pages])
    together(
        [
            (
                page,
                chain(
                    steps(page, choice, known.name_of(choice.commune)),
                    [ranked_as(must["first"])],
                ),
            )
            for page, known, choice, must in zip(pages, people, choices, wanted, strict=True)
        ]
    )
    assert [differences(*pair) for pair in zip(pages, wanted, strict=True)] == [{}, {}, {}]
    # what one changes now is not seen by the others
    together(
        [(pages[0], iter(steps(pages[0], demo.choice(5), demo.name_of(demo.choice(5).commune))))]
    )
    assert [differences(*pair) for pair in zip(pages[1:], wanted[1:], strict=True)] == [{}, {}]
    for page in pages:
        page.context.close()
