"""Names of places as people write them: when two spellings name one place.

A name is compared in three steps, each looser than the one before: as written; by its spelling key,
in which tone placement (hoà, hòa), i and y (Sĩ, Sỹ), c and k (Cạn, Kạn), capitals, punctuation and
the kind of unit ("TT.", "xã", "thôn") no longer count; and without accents, only where one side
bears none at all. Văn Lăng therefore never becomes Văn Lang. What fits two units is ambiguous.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from coverage.text import normalised, split_tone, without_accents

Level = Literal["province", "district", "commune", "village"]
MatchKind = Literal["exact", "normalised", "unaccented", "ambiguous", "none"]
K = TypeVar("K", bound=Hashable)

_KINDS: Final[dict[Level, dict[str, tuple[str, ...]]]] = {
    "province": {
        "tỉnh": ("tỉnh", "t"),
        "thành phố": ("thành phố", "tp"),
    },
    "district": {
        "huyện": ("huyện", "h"),
        "quận": ("quận", "q"),
        "thị xã": ("thị xã", "tx"),
        "thành phố": ("thành phố", "tp"),
    },
    "commune": {
        "xã": ("xã", "x"),
        "phường": ("phường", "p"),
        "thị trấn": ("thị trấn", "tt"),
        "đặc khu": ("đặc khu",),
    },
    "village": {
        "thôn": ("thôn",),
        "bản": ("bản",),
        "xóm": ("xóm",),
        "làng": ("làng",),
        "ấp": ("ấp",),
        "buôn": ("buôn",),
        "tổ": ("tổ dân phố", "tổ nhân dân", "tổ", "tdp"),
        "khu phố": ("khu phố", "kp"),
        "tiểu khu": ("tiểu khu", "tk"),
        "khu": ("khu",),
        "khối": ("khối",),
    },
}
"""Kinds of unit by level, each with the ways to write it."""
_HAMLETS: Final = frozenset({"thôn", "bản", "xóm", "làng", "ấp", "buôn"})
"""Kinds of village that one list writes for another."""

_WORD: Final = re.compile(r"\d+|[^\W\d_]+")
_NUMBER_SIGN: Final = re.compile(r"\bs[ốo]\s+(?=\d)")
_LONE_Y: Final = re.compile(r"(?<=[bcdđghklmnprstvx])y$|(?<=qu)y$")
_HARD_K: Final = re.compile(r"^k(?=[aăâoôơuư])")
_SUGGESTED: Final = 3
_ALIKE: Final = 0.75
"""Share of letters in common from which a name is worth suggesting."""


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """What a name was found to be.

    `unit` is None where the name is ambiguous or fits none; `suggestions` then names the units it
    may have meant, best first.
    """

    kind: MatchKind
    unit: K | None = None
    suggestions: tuple[K, ...] = ()


def spelling_key(name: str) -> str:
    """Return what all correct spellings of a name share: "TT. Hoà-Mục" and "tt hòa mục" are one.

    Examples
    --------
    >>> spelling_key("Bản Bung") == spelling_key("BẢN BUNG")
    True
    >>> spelling_key("Bản Bung") == spelling_key("Bán Bung")
    False
    """
    return " ".join(_syllable(word) for word in _words(name))


def plain_key(name: str) -> str:
    """Return the key of a name that has lost its accents.

    Examples
    --------
    >>> plain_key("Bản  Bung")
    'ban bung'
    """
    return spelling_key(without_accents(name))


def split_kind(name: str, level: Level) -> tuple[str, str]:
    """Return the kind of unit that stands before a name, "" where none does, and the rest.

    A name that consists of such a word alone keeps it.

    Examples
    --------
    >>> split_kind("Xã Thượng Quan", "commune")
    ('xã', 'thượng quan')
    """
    words = _words(name)
    plain = _is_plain(name)
    for kind, spellings in _KINDS[level].items():
        for spelling in spellings:
            wanted = (without_accents(spelling) if plain else spelling).split()
            if len(words) > len(wanted) and words[: len(wanted)] == wanted:
                return kind, " ".join(words[len(wanted) :])
    return "", " ".join(words)


class NameList(Generic[K]):
    """Units that names are looked up in.

    Parameters
    ----------
    names
        Pairs of a unit and its name, with or without its kind; a unit may come with several names.
    level
        What the units are, which says which words before a name are its kind.
    """

    def __init__(self, names: Iterable[tuple[K, str]], level: Level) -> None:
        self._level = level
        self._known = [(unit, _Spelling(name, level)) for unit, name in names]
        self._by_plain: dict[str, list[tuple[K, _Spelling]]] = {}
        for unit, spelling in self._known:
            for key in sorted(spelling.plain_keys):
                self._by_plain.setdefault(key, []).append((unit, spelling))

    def match(self, name: str) -> Match[K]:
        """Find the unit that `name` means."""
        wanted = _Spelling(name, self._level)
        near = [pair for key in sorted(wanted.plain_keys) for pair in self._by_plain.get(key, ())]
        for kind, fits in _STEPS:
            found = tuple(dict.fromkeys(unit for unit, known in near if fits(wanted, known)))
            if len(found) == 1:
                return Match(kind, found[0])
            if found:
                return Match("ambiguous", None, found)
        return Match("none", None, self._suggestions(wanted))

    def _suggestions(self, wanted: _Spelling) -> tuple[K, ...]:
        scores: dict[K, float] = {}
        for unit, known in self._known:
            score = difflib.SequenceMatcher(None, wanted.plain_stem_key, known.plain_stem_key)
            scores[unit] = max(score.ratio(), scores.get(unit, 0.0))
        likely = [unit for unit, score in scores.items() if score >= _ALIKE]
        return tuple(sorted(likely, key=lambda unit: -scores[unit])[:_SUGGESTED])


class _Spelling:
    """One name and the keys by which it is compared."""

    def __init__(self, name: str, level: Level) -> None:
        self.written = normalised(name)
        self.kind, self.stem = split_kind(name, level)
        self.whole_key, self.stem_key = spelling_key(name), spelling_key(self.stem)
        self.plain_stem_key = plain_key(self.stem)
        self.plain_keys = {plain_key(name), self.plain_stem_key} - {""}
        self.is_plain = _is_plain(self.stem)

    def agrees_in_kind(self, other: _Spelling) -> bool:
        """Whether the kinds may name one unit; a mere number ("Thôn 1", "Tổ 1") needs the same."""
        if not self.kind or not other.kind or self.kind == other.kind:
            return True
        return {self.kind, other.kind} <= _HAMLETS and not self.stem.isdecimal()


def _as_written(a: _Spelling, b: _Spelling) -> bool:
    return a.written == b.written


def _same_whole_key(a: _Spelling, b: _Spelling) -> bool:
    return a.whole_key == b.whole_key


def _same_key(a: _Spelling, b: _Spelling) -> bool:
    return a.agrees_in_kind(b) and bool({a.whole_key, a.stem_key} & {b.whole_key, b.stem_key})


def _same_without_accents(a: _Spelling, b: _Spelling) -> bool:
    return a.agrees_in_kind(b) and (a.is_plain or b.is_plain)


_STEPS: Final[tuple[tuple[MatchKind, Callable[[_Spelling, _Spelling], bool]], ...]] = (
    ("exact", _as_written),
    ("normalised", _same_whole_key),
    ("normalised", _same_key),
    ("unaccented", _same_without_accents),
)
"""From strict to loose; names that come here already share a key without accents."""


def _words(name: str) -> list[str]:
    """Split into lower-case words and numbers; "số 02" becomes "2"."""
    words = _WORD.findall(_NUMBER_SIGN.sub("", normalised(name).lower()))
    return [str(int(word)) if word.isdecimal() else word for word in words]


def _syllable(word: str) -> str:
    """Return a syllable with its tone at the end and one spelling for i/y and c/k."""
    base, tone = split_tone(word)
    base = _HARD_K.sub("c", _LONE_Y.sub("i", base))
    return f"{base}{tone}" if tone else base


def _is_plain(name: str) -> bool:
    return normalised(name).isascii()
