"""Words for people: every message exists in Vietnamese and in English.

Also the two things that Vietnamese text needs everywhere: comparison without accents and the
dictionary order of its letters and tones.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["vi", "en"]
DEFAULT_LANGUAGE: Final[Language] = "vi"

_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_RANK: Final = {letter: rank for rank, letter in enumerate(_ALPHABET)}
_TONES: Final = ("\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # huyền hỏi ngã sắc nặng
_TONE_RANK: Final = {tone: rank for rank, tone in enumerate(_TONES, start=1)}
_SEPARATORS: Final = str.maketrans(",.", ".,")
_LOOKALIKES: Final = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ", "\u0256": "đ"})


@dataclass(frozen=True, slots=True)
class Text:
    """One message in both languages."""

    vi: str
    en: str

    def get(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return the message in `language`."""
        return self.vi if language == "vi" else self.en

    def __str__(self) -> str:
        """Return both languages, Vietnamese first."""
        return self.vi if self.vi == self.en else f"{self.vi} / {self.en}"


def decimal(value: float, digits: int) -> Text:
    """Write a number in the separators of each language."""
    english = f"{value:,.{digits}f}"
    return Text(english.translate(_SEPARATORS), english)


def normalised(value: str) -> str:
    """Return `value` in NFC, with the look-alikes of Đ mended and outer and double blanks gone."""
    return " ".join(unicodedata.normalize("NFC", value).translate(_LOOKALIKES).split())


def without_accents(value: str) -> str:
    """Return `value` in lower case without any accent: "Chợ Đồn" becomes "cho don".

    Examples
    --------
    >>> without_accents("Bản Bung")
    'ban bung'
    """
    plain = normalised(value).lower().replace("đ", "d")
    decomposed = unicodedata.normalize("NFD", plain)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def spelling_key(value: str) -> str:
    """Return what all spellings of a name share: "VNPT-Net" and "vnpt net" are "vnptnet"."""
    return "".join(c for c in without_accents(value) if c.isalnum())


def vietnamese_order(value: str) -> tuple[object, ...]:
    """Sort key of Vietnamese names: letters first, then tones, numbers by their value.

    "Thôn 2" stands before "Thôn 10", and "Ba" < "Bà" < "Bả" < "Băng" < "Bâng".

    Examples
    --------
    >>> sorted(["Thôn 10", "Đà Vị", "Thôn 2", "Da Lộc"], key=vietnamese_order)
    ['Da Lộc', 'Đà Vị', 'Thôn 2', 'Thôn 10']
    """
    letters: list[tuple[int, int, str]] = []
    tones: list[int] = []
    for part in re.findall(r"\d+|\D", normalised(value).lower()):
        if part.isdecimal():
            letters.append((1, int(part), ""))
            continue
        base, tone = split_tone(part)
        rank = _LETTER_RANK.get(base)
        letters.append((2, rank, "") if rank is not None else (0, 0, base))
        tones.append(tone)
    return (tuple(letters), tuple(tones), value)


def split_tone(letters: str) -> tuple[str, int]:
    """Return a letter or syllable without its tone, and the tone's rank (0 for the level one)."""
    decomposed = unicodedata.normalize("NFD", letters)
    tone = next((_TONE_RANK[c] for c in decomposed if c in _TONE_RANK), 0)
    base = "".join(c for c in decomposed if c not in _TONE_RANK)
    return unicodedata.normalize("NFC", base), tone
