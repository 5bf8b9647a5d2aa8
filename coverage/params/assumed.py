"""Which values of a scenario no source settles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from coverage.params.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A group of settings that is an assumption, by its place in the scenario."""

    group: str
    source: str
    year: int | None


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """Return every group of a scenario that says of itself that it is an assumption."""
    return tuple(_within(scenario, ""))


def _within(value: Any, place: str) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        if getattr(value, "is_assumption", False):
            source, year = getattr(value, "source", ""), getattr(value, "year", None)
            yield Assumption(group=place, source=str(source), year=year)
        inner: Mapping[Any, Any] = {name: getattr(value, name) for name in type(value).model_fields}
    elif isinstance(value, Mapping):
        inner = value
    elif isinstance(value, tuple):
        inner = {getattr(one, "name", number): one for number, one in enumerate(value, start=1)}
    else:
        return
    for name, one in inner.items():
        yield from _within(one, f"{place}.{name}" if place else str(name))
