"""The same page as a folium map, for notebooks and for further folium elements.

Data never pass through a Jinja template: branca renders what its macros return a second time.
"""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element, Figure
from jinja2 import Template

from coverage.maps.document import MAP_ELEMENT, MAP_NAME, MAP_SCRIPT, page_html
from coverage.maps.fields import Payload
from coverage.maps.payload import MastPositions, file_payload
from coverage.model import Plan, Result
from coverage.text import DEFAULT_LANGUAGE, Language


def make_map(
    result: Result,
    *,
    language: Language = DEFAULT_LANGUAGE,
    date: str = "",
    mast_positions: MastPositions = "exact",
    plan: Plan | None = None,
) -> folium.Map:
    """Return the map of a result as a folium map; `save` writes a file that needs no network.

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

    Examples
    --------
    >>> import coverage as cv
    >>> result = cv.run(cv.load_project("data/demo"))
    >>> page = cv.make_map(result, language="en", mast_positions="none")
    >>> page.save("map_for_the_web.html")
    """
    payload = file_payload(
        result, language=language, date=date, mast_positions=mast_positions, plan=plan
    )
    return OfflineMap(payload)


class OfflineMap(folium.Map):
    """A folium map drawn by our front end from a payload.

    Other folium elements may be added as long as they need no file of their own: the page's policy
    lets nothing be fetched.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own attribute, kept empty
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        f"{{% macro html(this, kwargs) %}}{MAP_ELEMENT}{{% endmacro %}}"
        f"{{% macro script(this, kwargs) %}}{MAP_SCRIPT}{{% endmacro %}}"
    )

    def __init__(self, payload: Payload) -> None:
        (south, west), (north, east) = payload["bounds"]
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        # folium's elements ask the map for its name, which is made of these two.
        self._name, self._id = MAP_NAME.split("_")
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
        return page_html(
            self.payload,
            head=self.header.render(**kwargs).strip(),
            body=self.html.render(**kwargs).strip(),
            script=self.script.render(**kwargs).strip(),
        )


def _child_of(page: Figure) -> Element:
    element = Element()
    element._parent = page  # noqa: SLF001 - as branca's Figure does
    return element
