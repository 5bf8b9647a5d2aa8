"""What the import knows of headers, marks, systems and its limits: `presets/intake.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from coverage.intake.sheet import Role
from coverage.schema import TABLES
from coverage.text import without_accents

_PRESET: Final[Mapping[str, Any]] = tomllib.loads(
    (resources.files("coverage") / "presets" / "intake.toml").read_text(encoding="utf-8")
)
MARKS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(words) for name, words in _PRESET["marks"].items()
}
TOTAL_STARTS: Final = tuple(_PRESET["marks"]["total_starts"])
NOTE_STARTS: Final = tuple(_PRESET["marks"]["note_starts"])
SIGNAL_WORDS: Final[Mapping[str, str]] = {
    word: name for name, words in _PRESET["signal"].items() for word in words
}
SYSTEMS: Final[Mapping[str, Any]] = _PRESET["systems"]
CENTRE_REACH_M: Final[float] = _PRESET["systems"]["centre_reach_km"] * 1000.0
STATION_DEFAULTS: Final[Mapping[str, Any]] = _PRESET["station_defaults"]
LIMITS: Final[Mapping[str, Any]] = _PRESET["limits"]
UPLOADS: Final[Mapping[str, Any]] = _PRESET["uploads"]
NETWORKS: Final[Mapping[str, str]] = _PRESET["networks"]
Phrase = tuple[str, ...]


def tokens(text: str) -> Phrase:
    """Cut a text into words without accents and case; marks and brackets go."""
    return tuple(re.findall(r"[a-z0-9%#]+", without_accents(text)))


def _by_word(group: str) -> dict[Phrase, str]:
    return {tokens(word): name for name, words in _PRESET[group].items() for word in words}


OPERATORS: Final = _by_word("operators")
TECHNOLOGIES: Final = _by_word("technologies")


@cache
def phrases(role: Role) -> dict[Phrase, str]:
    """Return the field of every phrase that heads a column; names of our own tables come too."""
    found: dict[Phrase, str] = {}
    for group in ("any", role):
        for field, words in _PRESET["fields"][group].items():
            found |= {tokens(word): field for word in words}
    return found | {tokens(column.name): column.name for column in TABLES[role].columns}


def found_in(words: Iterable[str], names: Mapping[Phrase, str]) -> list[str]:
    """Return the names whose words stand in a text, in the order of the text, each once."""
    text = tuple(words)
    longest = max(map(len, names))
    found: dict[str, None] = {}
    place = 0
    while place < len(text):
        for length in range(min(longest, len(text) - place), 0, -1):
            name = names.get(text[place : place + length])
            if name is not None:
                found[name] = None
                place += length - 1
                break
        place += 1
    return list(found)
