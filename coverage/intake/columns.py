"""What each column holds, told by its heading, with a confidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from coverage.intake import vocabulary
from coverage.intake.sheet import Role
from coverage.intake.vocabulary import Phrase, found_in, tokens
from coverage.text import without_accents

SIGNAL: Final = "signal"  # a column of a group operator × technology
LEAST: Final = 0.5
_SURE: Final = 0.98
_UNIT_AS_NAME: Final = 0.7
_VILLAGE_WORDS: Final = frozenset(
    {"thon", "ban", "xom", "to", "khu", "khom", "ap", "buon", "lang", "khoi"}
)
"""Kinds of village; a heading of nothing but these names the village."""
_VILLAGE_FILLERS: Final = frozenset({"ten", "dan", "pho", "cu", "tieu", "va", "hoac", "cac"})
_GROUP_WORDS: Final = frozenset(
    {"tinh", "trang", "song", "phu", "mang", "di", "dong", "hien", "vung"}
)
_UNITS: Final = {
    "%": "%",
    "m": "m",
    "met": "m",
    "km": "km",
    "mhz": "MHz",
    "ghz": "GHz",
    "dbm": "dBm",
    "dbw": "dBW",
    "w": "W",
    "kw": "kW",
    "mw": "mW",
    "do": "°",
    "km2": "km2",
    "ha": "ha",
}
_UNIT: Final = re.compile(
    r"[(\[/,]\s*(?:đvt:?\s*|tính bằng\s*)?([\wđ%²]+)\s*[)\]]?\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet and the field it is taken for ("" for none).

    `parts` are the levels of its heading, top first.
    """

    place: int
    parts: tuple[str, ...]
    field: str = ""
    confidence: float = 0.0
    unit: str = ""
    operator: str = ""
    technology: str = ""
    band_mhz: float | None = None

    @property
    def label(self) -> str:
        """The heading in one line."""
        return " | ".join(self.parts) or f"[{letters(self.place)}]"


def letters(place: int) -> str:
    """Return the letters that a spreadsheet shows over a column: 0 is A, 26 is AA."""
    text = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        text = chr(65 + digit) + text
    return text


def described(parts: Sequence[str], place: int, role: Role) -> Column:
    """Say what a heading means, alone, without regard to its neighbours."""
    texts = tuple(part for part in parts if part)
    words = tokens(" ".join(texts))
    unit = next((u for part in reversed(texts) if (u := _unit_of(part))), "")
    operators = found_in(words, vocabulary.OPERATORS)
    technologies = found_in(_with_bands_apart(words), vocabulary.TECHNOLOGIES)
    field, confidence = _best(texts, role)
    band = _band_of(words)
    one = Column(place=place, parts=texts, field=field, confidence=confidence, unit=unit)
    if _is_of_group(one, operators, technologies, words, role, band):
        return replace(
            one,
            field=SIGNAL,
            confidence=0.9,
            operator=operators[0] if operators else "",
            technology=technologies[0] if technologies else "",
            band_mhz=band,
        )
    return one


def _is_of_group(
    column: Column,
    operators: list[str],
    technologies: list[str],
    words: Phrase,
    role: Role,
    band: float | None,
) -> bool:
    """Whether a heading names one operator or technology and nothing else but the group."""
    if role == "communes" or len(operators) > 1 or len(technologies) > 1:
        return False
    if not operators and not technologies:
        return False
    if column.confidence >= _SURE and column.field not in {"reported_signal", "is_none", "is_weak"}:
        return False
    if (
        role == "stations"
        and column.field
        in {
            "frequency_mhz",
            "bandwidth_mhz",
            "antenna_height_m",
            "azimuth_deg",
            "tx_power_dbm",
            "downtilt_deg",
            "site_id",
            "cell_id",
        }
        and len(column.parts) == 1
        and band is None
    ):
        return False
    last = tokens(column.parts[-1])
    rest = [w for w in last if w not in _GROUP_WORDS and not _is_technical(w)]
    return (
        not rest
        or column.field == "reported_signal"
        or bool(set(words) & {"song", "phu", "tram", "bts"} and len(rest) <= 1)
    )


def _is_technical(word: str) -> bool:
    return (
        (word,) in vocabulary.OPERATORS
        or (word,) in vocabulary.TECHNOLOGIES
        or _BAND_WORD.fullmatch(word) is not None
        or word in {"mhz", "bang", "tan"}
    )


_BAND_WORD: Final = re.compile(
    r"(?:[234]g|5g|lte|nr|umts|gsm|l|u|n|g)?(700|800|900|1800|2100|2300|2600|3500|3700|3800)"
)


def _with_bands_apart(words: Phrase) -> list[str]:
    """Cut "lte1800" and "l1800" into technology and band."""
    short = {"l": "lte", "u": "umts", "n": "nr", "g": "gsm"}
    found = []
    for word in words:
        cut = re.fullmatch(r"([a-z]+|[2345]g)(\d{3,4})", word)
        if cut and _BAND_WORD.fullmatch(word):
            found += [short.get(cut[1], cut[1]), cut[2]]
        else:
            found.append(word)
    return found


def _band_of(words: Phrase) -> float | None:
    bands = [float(m[1]) for word in words if (m := _BAND_WORD.fullmatch(word))]
    return bands[0] if len(bands) == 1 else None


def _unit_of(part: str) -> str:
    found = _UNIT.search(part.strip())
    return _UNITS.get(without_accents(found[1]).replace("²", "2"), "") if found else ""


def _best(parts: Sequence[str], role: Role) -> tuple[str, float]:
    """Field of the phrase that explains most of a heading.

    The whole heading counts in full, its lowest level alone a little less, an upper level less.
    """
    if not parts:
        return "", 0.0
    tried: list[tuple[str, float]] = [(" ".join(parts), 1.0)]
    if len(parts) > 1:
        tried.append((parts[-1], 0.97))
        tried += [(part, 0.75) for part in parts[:-1]]
    best, most = "", 0.0
    for text, weight in tried:
        for words in {tokens(text), tokens(_without_brackets(text))}:
            field, share = _matched(words, role)
            if share * weight > most:
                best, most = field, share * weight
    return best, round(most, 3)


def _without_brackets(text: str) -> str:
    return re.sub(r"[(\[][^)\]]*[)\]]?", " ", text)


def _matched(words: Phrase, role: Role) -> tuple[str, float]:
    known = vocabulary.phrases(role)
    if words in known:
        return known[words], _SURE
    if role == "villages" and _names_villages(words):
        return "name", _SURE
    best, most = "", 0.0
    for length in range(min(len(words), 7), 0, -1):
        for place in range(len(words) - length + 1):
            field = known.get(words[place : place + length])
            if field is None:
                continue
            share = 0.35 + 0.6 * length / len(words) - 0.01 * place
            if length == 1 and len(words[place]) == 1:
                share -= 0.25
            if share > most:
                best, most = field, share
    return best, most


def _names_villages(words: Phrase) -> bool:
    """Whether a heading lists kinds of village and nothing else: "Xóm/Tổ dân phố"."""
    kinds = [word for word in words if word in _VILLAGE_WORDS]
    rest = [word for word in words if word not in _VILLAGE_WORDS]
    return bool(kinds) and all(word in _VILLAGE_FILLERS for word in rest)


def assigned(columns: Sequence[Column], mapping: Mapping[str, str]) -> tuple[Column, ...]:
    """Give each field to one column at most; `mapping` (field → heading or letters) comes first.

    A group's columns keep theirs. What loses is left without a field.
    """
    fixed = {
        place: field
        for field, wanted in mapping.items()
        if (place := _place_of(wanted, columns)) is not None
    }
    taken = set(fixed.values())
    settled: dict[int, Column] = {}
    for column in columns:
        if column.place in fixed:
            field = fixed[column.place]
            settled[column.place] = replace(column, field=field, confidence=1.0)
    for column in sorted(columns, key=lambda c: (-c.confidence, c.place)):
        if column.place in settled:
            continue
        keeps = column.field == SIGNAL or (
            column.confidence >= LEAST and column.field and column.field not in taken
        )
        if keeps and column.field != SIGNAL:
            taken.add(column.field)
        settled[column.place] = column if keeps else replace(column, field="", confidence=0.0)
    return tuple(settled[column.place] for column in columns)


def with_units_as_names(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Let "Tên đơn vị" name the villages where no other column does.

    Such sheets give the commune as a section row above its villages, in the same column.
    """
    if any(column.field == "name" for column in columns):
        return columns
    for place, column in enumerate(columns):
        if column.field == "commune" and "don vi" in " ".join(tokens(column.label)):
            named = replace(column, field="name", confidence=_UNIT_AS_NAME)
            return (*columns[:place], named, *columns[place + 1 :])
    return columns


def _place_of(wanted: str, columns: Sequence[Column]) -> int | None:
    """Find a column by its heading (whole or lowest level), else by its letters."""
    words = tokens(wanted)
    whole = {column.place: tokens(" ".join(column.parts)) for column in columns}
    lowest = {column.place: tokens(column.parts[-1]) for column in columns if column.parts}
    for headings in (whole, lowest):
        for place, heading in headings.items():
            if words and heading == words:
                return place
    for column in columns:
        if wanted.strip().upper() == letters(column.place):
            return column.place
    return None


def missing_in_map(columns: Sequence[Column], mapping: Mapping[str, str]) -> list[str]:
    """Return the headings of a map that the sheet does not have."""
    return [wanted for wanted in mapping.values() if _place_of(wanted, columns) is None]
