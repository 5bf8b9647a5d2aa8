"""The file: a folium map whose scripts and data all stand in the page.

A page made here asks for nothing: Leaflet comes from its wheel, data stand in a JSON block, and a
Content-Security-Policy lets only our own scripts run, each named by its hash. Data never pass
through a Jinja template (branca renders what its macros return a second time) and never become
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
from typing import Any, Final

import folium
from branca.element import Element, Figure
from jinja2 import Template
from xstatic.pkg import leaflet

from coverage.maps.fields import Payload
from coverage.maps.payload import MastPositions, map_payload
from coverage.maps.words import NAME, screen_words
from coverage.model import Result
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


def make_map(
    result: Result,
    *,
    language: Language = DEFAULT_LANGUAGE,
    date: str = "",
    mast_positions: MastPositions = "exact",
) -> folium.Map:
    """Return the map of a result as a folium map; `save` writes a file that needs no network.

    Parameters
    ----------
    result
        The result of a run.
    language
        Language of the map.
    date
        Shown under the title where given.
    mast_positions
        `coarse` rounds masts to about 1 km, `none` leaves them out.
    """
    payload = map_payload(result, language=language, date=date, mast_positions=mast_positions)
    return OfflineMap(payload)


def map_html(
    result: Result,
    *,
    language: Language = DEFAULT_LANGUAGE,
    date: str = "",
    mast_positions: MastPositions = "exact",
) -> str:
    """Return the map of a result as one complete HTML file; see `make_map`."""
    drawn = make_map(result, language=language, date=date, mast_positions=mast_positions)
    return str(drawn.get_root().render())


class OfflineMap(folium.Map):
    """A folium map drawn by our front end from a payload.

    Other folium elements may be added as long as they need no file of their own: the page's policy
    lets nothing be fetched.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own attribute, kept empty
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro html(this, kwargs) %}<div id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }}_view = PhuSong.draw(
            document.getElementById("{{ this.get_name() }}"),
            JSON.parse(document.getElementById("{{ this.data_id }}").textContent));
        var {{ this.get_name() }} = {{ this.get_name() }}_view.map;
        {% endmacro %}
        """
    )

    def __init__(self, payload: Payload) -> None:
        (south, west), (north, east) = payload["bounds"]
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        self._id = "phusong"
        self.data_id = _DATA_ID
        self.payload = payload
        OfflinePage(payload).add_child(self)


class OfflinePage(Figure):
    """The page around an `OfflineMap`."""

    def __init__(self, payload: Payload) -> None:
        super().__init__(height="640px")
        self._id = "phusong"
        self.header = _child_of(self)
        self.html = _child_of(self)
        self.script = _child_of(self)
        self.payload = payload

    def render(self, **kwargs: Any) -> str:
        """Return the complete file."""
        for child in self._children.values():
            child.render(**kwargs)
        assets = front_end()
        scripts = [assets.leaflet_js, assets.phusong_js, self.script.render(**kwargs)]
        language = self.payload["language"]
        title = html.escape(f"{NAME} – {self.payload['title']}")
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
                self.header.render(**kwargs),
                "</head>",
                '<body class="phusong-page">',
                f"<noscript>{no_script}</noscript>",
                self.html.render(**kwargs),
                f'<script type="application/json" id="{_DATA_ID}">',
                json_block(self.payload),
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


def _child_of(page: Figure) -> Element:
    element = Element()
    element._parent = page  # noqa: SLF001 - as branca's Figure does
    return element


def _text(path: Path) -> str:
    return _one_line_ends(path.read_text(encoding="utf-8"))


def _one_line_ends(text: str) -> str:
    """Browsers read a script with single line feeds, and so must its hash."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
