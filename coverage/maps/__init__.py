"""The map: one picture of a result, in one file that needs no network.

`map_html` gives the finished file; `make_map` the same as a `folium.Map`, to show in a notebook,
extend or save; `path_drawing` the profile that explains one village; `map_payload` the data alone,
for another page that draws them with the same front end (`front_end`). Data never become markup or
code: they travel as one JSON block and are set as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage.maps.document import FrontEnd, front_end, map_html, payload_in
from coverage.maps.fibre import fibre_payload
from coverage.maps.payload import MastPositions, map_payload
from coverage.maps.profile import Drawing, path_drawing, path_drawings

if TYPE_CHECKING:
    from coverage.maps.folium_map import make_map

__all__ = [
    "Drawing",
    "FrontEnd",
    "MastPositions",
    "fibre_payload",
    "front_end",
    "make_map",
    "map_html",
    "map_payload",
    "path_drawing",
    "path_drawings",
    "payload_in",
]


def __getattr__(name: str) -> object:
    """Load `make_map` on first use: folium takes half a second that a run need not wait for."""
    if name == "make_map":
        from coverage.maps.folium_map import make_map  # noqa: PLC0415

        return make_map
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
