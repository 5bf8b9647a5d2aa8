"""The file: one page in which all scripts and data stand.

A page made here asks for nothing: Leaflet comes from its wheel, data stand in a JSON block, and a
Content-Security-Policy lets only our own scripts run, each named by its hash. Data never become
markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from xstatic.pkg import leaflet

from coverage.maps.fields import Payload
from coverage.maps.payload import MastPositions, file_payload
from coverage.maps.words import NAME, screen_words
from coverage.model import FibrePlan, Plan, Result
from coverage.text import DEFAULT_LANGUAGE, Language

_ESCAPES: Final = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)
_DATA_ID: Final = "phusong-data"
MAP_NAME: Final = "map_phusong"
"""Name of the map's element, and of the script's variable that holds the Leaflet map."""

MAP_ELEMENT: Final = f'<div id="{MAP_NAME}"></div>'
MAP_SCRIPT: Final = f"""\
var {MAP_NAME}_view = PhuSong.draw(
    document.getElementById("{MAP_NAME}"),
    JSON.parse(document.getElementById("{_DATA_ID}").textContent));
var {MAP_NAME} = {MAP_NAME}_view.map;"""


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What draws a payload: Leaflet and our own code, then `PhuSong.draw(element, payload)`.

    Both are plain scripts that set the globals `L` and `PhuSong`; both may stand in a module.
    """

    css: str
    leaflet_js: str
    phusong_js: str

    @property
    def js(self) -> str:
        """Both scripts, in order."""
        return f"{self.leaflet_js}\n{self.phusong_js}"


@cache
def front_end() -> FrontEnd:
    """Return the scripts and styles, with nothing in them that would be fetched."""
    wheel = Path(leaflet.BASE_DIR)
    own = resources.files("coverage.maps") / "assets"
    leaflet_css = re.sub(r"url\((?!data:)[^)]*\)", "none", _text(wheel / "leaflet.css"))
    leaflet_js = re.sub(r"//# sourceMappingURL=.*", "", _text(wheel / "leaflet.js"))
    css = f"{leaflet_css}\n{own.joinpath('phusong.css').read_text(encoding='utf-8')}"
    phusong_js = own.joinpath("phusong.js").read_text(encoding="utf-8")
    return FrontEnd(
        css=_one_line_ends(css), leaflet_js=leaflet_js, phusong_js=_one_line_ends(phusong_js)
    )


def map_html(
    result: Result,
    *,
    language: Language = DEFAULT_LANGUAGE,
    date: str = "",
    mast_positions: MastPositions = "exact",
    plan: Plan | FibrePlan | None = None,
) -> str:
    """Return the map of a result as one complete HTML file.

    Parameters
    ----------
    result
        The result of a run.
    language
        Language of the map.
    date
        Shown under the title; without one, the day that the data stand for.
    mast_positions
        `coarse` rounds masts to about 1 km, `none` leaves them out; either leaves out the profiles
        and the plan, which tell where masts stand.
    plan
        What to build, drawn over the result.
    """
    return page_html(
        file_payload(result, language=language, date=date, mast_positions=mast_positions, plan=plan)
    )


def page_html(
    payload: Payload, *, head: str = "", body: str = MAP_ELEMENT, script: str = MAP_SCRIPT
) -> str:
    """Return the complete file that draws a payload; `script` runs once all else is there."""
    assets = front_end()
    scripts = [assets.leaflet_js, assets.phusong_js, script]
    language = payload["language"]
    title = html.escape(f"{NAME} – {payload['title']}")
    no_script = html.escape(screen_words(language)["no_script"])
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta http-equiv="Content-Security-Policy" content="' + _policy(scripts) + '">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>",
            f"<style>\n{assets.css}\nhtml, body {{ margin: 0; height: 100%; }}\n</style>",
            head,
            "</head>",
            '<body class="phusong-page">',
            f"<noscript>{no_script}</noscript>",
            body,
            f'<script type="application/json" id="{_DATA_ID}">',
            json_block(payload),
            "</script>",
            *(f"<script>{script}</script>" for script in scripts),
            "</body>",
            "</html>",
            "",
        ]
    )


def json_block(payload: Payload) -> str:
    """Return JSON that cannot end the script element it stands in, nor open another."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def payload_in(page: str) -> Payload | None:
    """Return the payload that stands in a file made by `map_html`; None where there is none."""
    start = page.find(f'id="{_DATA_ID}">')
    if start < 0:
        return None
    try:
        payload = json.JSONDecoder().raw_decode(page[page.index(">", start) + 1 :].lstrip())[0]
    except ValueError:
        return None
    return payload if isinstance(payload, dict) and "villages" in payload else None


def _policy(scripts: Iterable[str]) -> str:
    hashes = " ".join(
        "'sha256-{}'".format(
            base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        )
        for script in scripts
    )
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        f"style-src 'unsafe-inline'; script-src {hashes}"
    )


def _text(path: Path) -> str:
    return _one_line_ends(path.read_text(encoding="utf-8"))


def _one_line_ends(text: str) -> str:
    """Browsers read a script with single line feeds, and so must its hash."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
