"""The map: one picture of a result, in one file that needs no network.

`make_map` gives a `folium.Map` to show in a notebook, extend or save; `map_html` the finished file;
`map_payload` the data alone, for another page that draws them with the same front end
(`front_end`). Data never become markup or code: they travel as one JSON block and are set as text.
"""

from __future__ import annotations

from coverage.maps.document import FrontEnd, front_end, make_map, map_html
from coverage.maps.payload import MastPositions, map_payload

__all__ = ["FrontEnd", "MastPositions", "front_end", "make_map", "map_html", "map_payload"]
