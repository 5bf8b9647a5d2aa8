"""The signal map on a page: the same map wherever it stands, and the village chosen on it."""

from __future__ import annotations

from coverage.model import Result
from coverage.ui import address, cache, map_component, state
from coverage.ui.speech import language
from coverage.ui.state import View


def show(result: Result, view: View) -> None:
    """Show the map; its data are sent by `send`, which stands last on the page."""
    map_component.show_map(
        cache.map_parts(result, view.operator, language()),
        language=language(),
        wanted=view.as_map_filter(),
        chosen=state.chosen(),
        place=address.place(),
        on_chosen=_take,
    )


def send(result: Result, view: View) -> None:
    """Send what the map draws."""
    map_component.send_parts(cache.map_parts(result, view.operator, language()))


def _take() -> None:
    state.choose(map_component.chosen_on_map(language()))
