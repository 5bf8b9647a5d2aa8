"""Vietnamese text from before Unicode: TCVN3 (ABC, .VnTime fonts), VNI, and UTF-8 read as cp1252.

Python has no codec for the first two. The tables are facts: TCVN 5712:1993 (VN2, as ISO-IR 180),
and the letters of the VNI fonts for Windows. Text in such a font reaches us as letters of Western
Europe; which scheme it is shows in how many words become syllables that exist in Vietnamese.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

Scheme = Literal["unicode", "tcvn3", "vni", "utf8_as_cp1252"]

_TCVN3_FROM: Final = 0xA1
_TCVN3_LETTERS: Final = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ"
)
TCVN3: Final = {
    chr(_TCVN3_FROM + place): letter
    for place, letter in enumerate(_TCVN3_LETTERS)
    if not unicodedata.combining(letter)  # the fonts have signs there, such as ° for degrees
}
_WITHOUT_CAPITAL: Final = frozenset(
    letter for letter in _TCVN3_LETTERS if letter.upper() not in _TCVN3_LETTERS
)
_TONES: Final = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")  # sắc huyền hỏi ngã nặng
_PLAIN_MARKS: Final = "ùøûõï"
_ROOF_MARKS: Final = "âáàåãä"
_BREVE_MARKS: Final = "êéèúüë"
_VNI_ALONE: Final = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni_pairs() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for base, letter in (("a", "a"), ("e", "e"), ("o", "o"), ("u", "u"), ("y", "y")):
        pairs |= {
            base + mark: letter + tone for mark, tone in zip(_PLAIN_MARKS, _TONES, strict=False)
        }
    for base, letter in (("ô", "ơ"), ("ö", "ư")):
        pairs |= {
            base + mark: letter + tone for mark, tone in zip(_PLAIN_MARKS, _TONES, strict=False)
        }
    for base in "aeo":
        pairs |= {
            base + mark: f"{base}\u0302{tone}"
            for mark, tone in zip(_ROOF_MARKS, ("", *_TONES), strict=False)
        }
    pairs |= {
        f"a{mark}": f"a\u0306{tone}"
        for mark, tone in zip(_BREVE_MARKS, ("", *_TONES), strict=False)
    }
    lower = {key: unicodedata.normalize("NFC", value) for key, value in pairs.items()}
    upper = {key.upper(): value.upper() for key, value in lower.items()}
    first_upper = {key[0].upper() + key[1]: value.upper() for key, value in lower.items()}
    return lower | upper | first_upper


VNI: Final = (
    _vni_pairs() | _VNI_ALONE | {key.upper(): value.upper() for key, value in _VNI_ALONE.items()}
)
_VNI_LETTER: Final = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))
_SPOKEN: Final = re.compile(r"[^\s\d,.;:()/\-]+")
_CP1252_LETTERS: Final = "ŒœŠšŸŽžƒˆ"
_SAMPLE: Final = 2_000
_BYTE: Final = 0xFF
_LEAST_WORDS: Final = 2
_CLEARLY_MORE: Final = 1.25
_WORD: Final = re.compile(r"[^\W\d_]+")


def from_tcvn3(text: str) -> str:
    """Return Unicode for text of a TCVN3 font.

    The capital fonts (.VnTimeH) share their codes with the small letters: a word whose other
    letters are capitals is raised as a whole, and a toned first letter, which has no capital code,
    is raised after a capitalised word ("Khuổi Ún").
    """
    plain = unicodedata.normalize("NFC", "".join(TCVN3.get(c, c) for c in text))
    plain = _WORD.sub(lambda word: _raised(word[0]), plain)
    words = plain.split(" ")
    for place in range(1, len(words)):
        before, word = words[place - 1], words[place]
        if before[:1].isupper() and word[:1] in _WITHOUT_CAPITAL:
            words[place] = word[0].upper() + word[1:]
    return " ".join(words)


def _raised(word: str) -> str:
    plain = [c for c in word if c.isascii()]
    capitals = sum(c.isupper() for c in plain)
    return word.upper() if capitals == len(plain) and capitals > 1 else word


def from_vni(text: str) -> str:
    """Return Unicode for text of a VNI font."""
    return unicodedata.normalize("NFC", _VNI_LETTER.sub(lambda found: VNI[found[0]], text))


def from_utf8_as_cp1252(text: str) -> str:
    """Return what UTF-8 said before it was read as cp1252; the same text where that fails."""
    raw = bytearray()
    for letter in text:
        try:
            raw += letter.encode("cp1252")
        except UnicodeEncodeError:
            if ord(letter) > _BYTE:
                return text
            raw.append(ord(letter))
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError:
        return text


DECODERS: Final[dict[Scheme, Callable[[str], str]]] = {
    "utf8_as_cp1252": from_utf8_as_cp1252,
    "tcvn3": from_tcvn3,
    "vni": from_vni,
}

_ONSET: Final = "b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu?|r|s|th?|tr?|v|x"
_RHYME: Final = (
    "a(?:c|ch|i|m|n|ng|nh|o|p|t|u|y)?|ă(?:c|m|n|ng|p|t)|â(?:c|m|n|ng|p|t|u|y)?|e(?:c|m|n|ng|o|p|t)?|"
    "ê(?:ch|m|n|nh|p|t|u)?|i(?:a|ch|m|n|nh|p|t|u)?|iê(?:c|m|n|ng|p|t|u)|o(?:c|i|m|n|ng|p|t)?|"
    "oa(?:c|ch|i|m|n|ng|nh|o|p|t|y)?|oă(?:c|m|n|ng|t)|oe(?:n|o|t)?|oo(?:c|ng)|ô(?:c|i|m|n|ng|p|t)?|"
    "ơ(?:i|m|n|p|t)?|u(?:a|c|i|m|n|ng|p|t)?|uâ(?:n|ng|t|y)|uê(?:ch|nh)?|uô(?:c|i|m|n|ng|t)|uơ|"
    "uy(?:a|ch|n|nh|p|t|u)?|uyê(?:n|t)|ư(?:a|c|i|m|n|ng|t|u)?|ươ(?:c|i|m|n|ng|p|t|u)|"
    "y(?:t)?|yê(?:m|n|ng|t|u)"
)
_SYLLABLE: Final = re.compile(f"(?:{_ONSET})?(?:{_RHYME})|gi|qu(?:ô|a|â|e|ê|ă|y)?[cnmptgh]*[iouy]?")


def is_syllable(word: str) -> bool:
    """Whether a word is spelled as a Vietnamese syllable (tone marks aside)."""
    marks = unicodedata.normalize("NFD", word.lower())
    tones = sum(marks.count(tone) for tone in _TONES)
    toneless = unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES))
    return tones <= 1 and _SYLLABLE.fullmatch(toneless) is not None


def _foreign_words(text: str) -> list[str]:
    """Words with letters outside ASCII; marks that stand as letters of a font belong to them."""
    return [
        word
        for word in _SPOKEN.findall(text)
        if not word.isascii() and any(c.isalpha() for c in word)
    ]


def _good_words(text: str) -> tuple[int, int]:
    words = _foreign_words(text)
    return sum(is_syllable(word) for word in words), len(words)


def _is_western(text: str) -> bool:
    """Whether no letter of the text lies beyond what a Western code page holds."""
    return all(ord(c) <= _BYTE or not c.isalpha() or c in _CP1252_LETTERS for c in text)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the texts of a sheet are to be read; `is_mixed` where some are Unicode already."""

    scheme: Scheme
    is_mixed: bool = False

    def of(self, text: str) -> str:
        """Return `text` in Unicode; in a mixed sheet only where that makes it more Vietnamese."""
        if self.scheme == "unicode" or text.isascii() or not _is_western(text):
            return text
        decoded = DECODERS[self.scheme](text)
        if not self.is_mixed:
            return decoded
        return decoded if _good_words(decoded)[0] > _good_words(text)[0] else text


def reading_of(texts: Iterable[str]) -> Reading:
    """Find the scheme that makes most words of the texts Vietnamese.

    Unicode stays unless another scheme explains clearly more: a quarter more words than are
    syllables as they stand, and more than half of all.
    """
    foreign = [text for text in texts if not text.isascii()][:_SAMPLE]
    western = [text for text in foreign if _is_western(text)]
    most, total = (
        (sum(c) for c in zip(*map(_good_words, western), strict=False)) if western else (0, 0)
    )
    best: Scheme = "unicode"
    need = max(_CLEARLY_MORE * most, _LEAST_WORDS)
    for scheme, decoder in DECODERS.items():
        good = sum(_good_words(decoder(text))[0] for text in western)
        if good >= need and good > total // 2:
            best, need = scheme, good + 1
    return Reading(best, is_mixed=len(western) < len(foreign))


def vietnamese_words(text: str) -> int:
    """Count the words with Vietnamese letters that are spelled as syllables."""
    return _good_words(text[: _SAMPLE * 100])[0]
