"""The file: what stands in it, that nothing of the data is markup, that it is always the same."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import folium
import pytest

from coverage.maps import front_end, make_map, map_html, map_payload
from coverage.maps.document import json_block
from coverage.model import Result
from tests.maps.world import HOSTILE, made_result


class Page(HTMLParser):
    """Elements with their attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data


@pytest.fixture(scope="module")
def text(map_file: Path) -> str:
    return map_file.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_is_a_folium_map_and_saves_what_map_html_gives(result: Result, text: str) -> None:
    drawn = make_map(result)
    assert isinstance(drawn, folium.Map)
    assert map_html(result) == text
    assert drawn.get_root().render() == drawn.get_root().render()


def test_the_bytes_do_not_depend_on_the_process(map_file: Path) -> None:
    code = (
        "import hashlib; from coverage.maps import map_html; "
        "from tests.maps.world import made_result; "
        "print(hashlib.sha256(map_html(made_result()).encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == hashlib.sha256(map_file.read_bytes()).hexdigest()


def test_data_stand_in_one_inert_block_and_read_back(page: Page, result: Result) -> None:
    blocks = [text for attributes, text in page.scripts if attributes.get("type")]
    assert len(blocks) == 1
    assert json.loads(blocks[0]) == map_payload(result, profiles=True)


def test_every_script_that_runs_is_named_by_its_hash(page: Page) -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in page.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert "unsafe" not in rules["script-src"]
    running = [text for attributes, text in page.scripts if not attributes]
    assert len(running) == 3
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in running
    }
    assert hashes == set(rules["script-src"].split())


def test_the_policy_stands_before_anything_it_rules(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    policy = next(i for i, (_, a) in enumerate(page.tags) if a.get("http-equiv"))
    assert policy < min(names.index("style"), names.index("script"))


def test_nothing_in_the_file_is_fetched(page: Page, text: str) -> None:
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "href", "srcset"} & set(attributes), tag
    assert not re.search(r"url\((?!#|data:)", text[: text.index("</head>")])
    assert "sourceMappingURL" not in text


def test_names_from_data_never_stand_as_they_are(text: str, page: Page) -> None:
    for name in HOSTILE[:3]:
        if "<" in name:
            assert name not in text
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)
    assert "{{ 7 * 7 }}" in text  # seen by no template
    assert "\u2028" not in text


@pytest.mark.parametrize("name", [*HOSTILE, "]]>", "\\u003c/script>", "<!--<script>"])
def test_json_blocks_cannot_end_their_element(name: str) -> None:
    block = json_block({name: [name]})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {name: [name]}


def test_the_title_is_escaped(text: str) -> None:
    title = re.search(r"<title>(.*)</title>", text)
    assert title is not None
    assert title[1] == "Phủ Sóng – &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"


def test_two_maps_of_one_process_do_not_mix(result: Result, text: str) -> None:
    other = make_map(made_result(name="Tỉnh khác", synthetic=False), language="en")
    assert make_map(result).get_root().render() == text
    assert '<html lang="en">' in other.get_root().render()


def test_the_date_shows_only_where_given(result: Result, text: str) -> None:
    dated = map_html(result, date="2026-06-30")
    assert '"date":"2026-06-30"' in dated
    assert '"date":""' in text


def test_other_folium_elements_may_be_added(result: Result) -> None:
    drawn = make_map(result)
    folium.CircleMarker([22.2, 105.9]).add_to(drawn)
    page = Page(drawn.get_root().render())
    assert "L.circleMarker" in page.scripts[-1][1]
    assert ".addTo(map_phusong)" in page.scripts[-1][1]


def test_a_notebook_shows_it_in_a_frame_of_its_own(result: Result) -> None:
    shown = make_map(result)._repr_html_()
    assert "srcdoc=" in shown
    assert "alert(1)</script>" not in shown


def test_the_front_end_holds_no_address_to_fetch() -> None:
    assets = front_end()
    assert "PhuSong" in assets.js
    assert "innerHTML" not in assets.phusong_js
    assert not re.search(r"url\((?!#)", assets.css.replace("url(data:", ""))
    assert "http" not in assets.phusong_js


def test_size_of_the_made_world(map_file: Path) -> None:
    assert map_file.stat().st_size < 400_000
