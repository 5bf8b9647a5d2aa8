"""The signal map on a page: the same map wherever it stands, and the village chosen on it."""

from __future__ import annotations

from coverage.maps.fields import Payload
from coverage.model import Result
from coverage.ui import address, cache, map_component, state
from coverage.ui.speech import language
from coverage.ui.state import View

Parts = dict[str, tuple[str, Payload]]


def show(result: Result, view: View) -> Parts:
    """Show the map; return what it draws, for `map_component.send_parts` to end the page with."""
    parts = cache.map_parts(result, view.operator, language())
    map_component.show_map(
        parts,
        language=language(),
        wanted=view.as_map_filter(),
        chosen=state.chosen(),
        place=address.place(),
        on_chosen=_take,
    )
    return parts


def _take() -> None:
    state.choose(map_component.chosen_on_map(language()))
