"""Which commune each row belongs to, by code, by name of either edition, by its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from coverage.administration import AFTER_REFORM, BEFORE_REFORM, UnitKey, administration
from coverage.intake.places import FloatArray, Places
from coverage.intake.sheet import Cell, Finding, words_of
from coverage.intake.systems import FITS_M
from coverage.names import Match, NameList, spelling_key, split_kind
from coverage.text import Text, normalised

_SURE: Final = {"exact": 0.99, "normalised": 0.97, "unaccented": 0.85}
_UNIT_IN_TITLE: Final = re.compile(
    r"\b(?:xã|phường|thị trấn)\s+[^\W\d_]+(?:\s+[^\W\d_]+){0,2}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stated commune can mean: codes of today, likeliest first, and how they were found."""

    codes: tuple[str, ...]
    rule: str
    confidence: float
    suggestions: tuple[str, ...] = ()
    via: str = ""


class Register:
    """The communes of the project's edition and the older names that went into them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.edition = places.edition or AFTER_REFORM
        self.known = administration()
        self.names = dict(zip(places.codes, places.names, strict=True))
        self.today: NameList[str] = NameList(self.names.items(), "commune")
        self.old_units = self.known.of(BEFORE_REFORM) if self.edition == AFTER_REFORM else ()
        self.width = max((len(code) for code in places.codes), default=0)
        self.old: dict[str, NameList[UnitKey]] = {"": self._list("")}
        self.districts = NameList(
            {(unit.district, unit.district) for unit in self.old_units}, "district"
        )
        self.answers: dict[tuple[str, str, str, bool], Answer] = {}

    def _list(self, district: str) -> NameList[UnitKey]:
        return NameList(
            [(u.key, u.name) for u in self.old_units if district in {"", u.district}], "commune"
        )

    def _old_list(self, district: str) -> NameList[UnitKey]:
        found = self.districts.match(district).unit if district and self.old_units else None
        name = found or ""
        if name not in self.old:
            self.old[name] = self._list(name)
        return self.old[name]

    def successor(self, key: UnitKey) -> str:
        """Code of today for an old unit, "" where the project does not hold it."""
        new = self.known.translated(key, self.edition)
        return new[1] if new is not None and new[1] in self.names else ""

    def answer(self, name: str, code: str, district: str, *, prefers_old: bool) -> Answer:
        """Say what a stated name, code or both mean."""
        key = (name, code, district, prefers_old)
        if key not in self.answers:
            self.answers[key] = self._answer(*key[:3], prefers_old=prefers_old)
        return self.answers[key]

    def _answer(self, name: str, code: str, district: str, *, prefers_old: bool) -> Answer:
        by_name = self._by_name(name, district, prefers_old=prefers_old) if name else None
        by_code = self._by_code(code, prefers_old=prefers_old) if code else None
        if by_code is None or not by_code.codes:
            return by_name or by_code or Answer((), "no_commune", 0.5)
        if by_name is None or not by_name.codes:
            return by_code
        both = [c for c in by_code.codes if c in by_name.codes]
        if both:
            return Answer((both[0],), by_code.rule, 0.99, via=by_code.via)
        return Answer((*by_name.codes, *by_code.codes), "code_against_name", 0.5)

    def _by_code(self, code: str, *, prefers_old: bool) -> Answer:
        plain = code.removesuffix(".0")
        padded = plain.zfill(self.width) if plain.isdecimal() else plain
        rule = "" if padded == code else "lost_zeros"
        today = (padded,) if padded in self.names else ()
        before = self.successor((BEFORE_REFORM, padded)) if self.old_units else ""
        codes = tuple(dict.fromkeys([*today, before] if not prefers_old else [before, *today]))
        codes = tuple(c for c in codes if c)
        if not codes:
            return Answer((), "unknown_commune_code", 0.5)
        if len(codes) == 1:
            is_old = not today
            return Answer(codes, rule or ("old_commune_code" if is_old else ""), 0.95)
        return Answer(codes, "code_of_two_editions", 0.6)

    def _by_name(self, name: str, district: str, *, prefers_old: bool) -> Answer:
        new = self.today.match(name)
        old: Match[UnitKey] = self._old_list(district).match(name)
        old_code = self.successor(old.unit) if old.unit is not None else ""
        if new.unit is not None and old_code in {"", new.unit}:
            rule = "" if new.kind in {"exact", "normalised"} else "commune_without_accents"
            return Answer((new.unit,), rule, _SURE[new.kind])
        if new.unit is None and old_code and old.unit is not None:
            title = self.known.units[old.unit].name
            return Answer((old_code,), "old_commune", _SURE[old.kind] - 0.02, via=title)
        if new.unit is not None:
            stricter_new = _SURE[new.kind] > _SURE[old.kind]
            stricter_old = _SURE[old.kind] > _SURE[new.kind]
            first_old = stricter_old or (prefers_old and not stricter_new)
            both = (old_code, new.unit) if first_old else (new.unit, old_code)
            return Answer(both, "name_of_two_editions", 0.6)
        several = [*new.suggestions] if new.kind == "ambiguous" else []
        if old.kind == "ambiguous":
            several += [self.successor(unit) for unit in old.suggestions]
        codes = tuple(dict.fromkeys(code for code in several if code))
        if codes:
            rule = "ambiguous_commune" if len(codes) > 1 else "old_commune"
            return Answer(codes, rule, 0.5 if len(codes) > 1 else 0.85)
        near = [self.names[code] for code in new.suggestions]
        near += [self.known.units[unit].name for unit in old.suggestions]
        return Answer((), "unknown_commune", 0.5, suggestions=tuple(dict.fromkeys(near))[:3])

    def prefers_old(self, names: Sequence[str], codes: Sequence[str]) -> bool:
        """Whether a sheet is of the older edition: more of its names exist only there."""
        if not self.old_units:
            return False
        votes = 0
        for name in sorted(set(filter(None, names))):
            new, old = self.today.match(name), self.old[""].match(name)
            votes += (old.kind != "none") - (new.kind != "none")
        for code in sorted(set(filter(None, codes))):
            padded = code.removesuffix(".0").zfill(self.width)
            votes += ((BEFORE_REFORM, padded) in self.known.units) - (padded in self.names)
        return votes > 0

    def in_title(self, title: Sequence[str]) -> str:
        """Return the commune that the title names, where it names one only."""
        found = set()
        for text in title:
            for words in _UNIT_IN_TITLE.findall(normalised(text)):
                parts = words.split()
                for length in range(len(parts), 1, -1):
                    name = " ".join(parts[:length])
                    if split_kind(name, "commune")[0] and self.today.match(name).unit:
                        found.add(name)
                        break
        keys = {spelling_key(name) for name in found}
        return min(found) if len(keys) == 1 else ""


@dataclass(slots=True)
class Settled:
    """Commune code and name as stated by row, and the answers."""

    codes: list[str]
    answers: list[Answer]
    stated: list[str]


def stated_communes(
    names: Sequence[str], codes: Sequence[Cell], districts: Sequence[str], register: Register
) -> Settled:
    """Look every row's commune up; where several fit, the likeliest stands for now."""
    written = [words_of(code) for code in codes]
    old = register.prefers_old(names, written)
    answers = [
        register.answer(name, code, district, prefers_old=old)
        for name, code, district in zip(names, written, districts, strict=True)
    ]
    stated = [name or code for name, code in zip(names, written, strict=True)]
    return Settled([a.codes[0] if a.codes else "" for a in answers], answers, stated)


def settle(
    settled: Settled,
    rows: Sequence[int],
    lon: FloatArray,
    lat: FloatArray,
    register: Register,
) -> list[Finding]:
    """Let places decide between several communes and fill missing ones; tell each decision."""
    findings: list[Finding] = []
    choices = max((len(answer.codes) for answer in settled.answers), default=0)
    away = [
        register.places.miss_m(
            [a.codes[n] if n < len(a.codes) else "" for a in settled.answers], lon, lat
        )
        for n in range(choices)
    ]
    held = register.places.holding(lon, lat)
    for key, answer in enumerate(settled.answers):
        rule, confidence = answer.rule, answer.confidence
        code = settled.codes[key]
        if len(answer.codes) > 1:
            near = [n for n in range(len(answer.codes)) if away[n][key] <= FITS_M]
            if len(near) == 1:
                code, confidence = answer.codes[near[0]], 0.9
            elif not near and rule in {"ambiguous_commune", "code_against_name"}:
                code = ""
        if not code and held[key] and not answer.codes:
            code, rule, confidence = held[key], f"{rule}_by_place", 0.7
        settled.codes[key] = code
        if rule:
            findings.append(_told(rule, rows[key], key, settled, answer, confidence, register))
    return findings


def _told(
    rule: str,
    row: int,
    key: int,
    settled: Settled,
    answer: Answer,
    confidence: float,
    register: Register,
) -> Finding:
    code = settled.codes[key]
    name = register.names.get(code, "")
    what = _WHAT.get(rule, _WHAT["unknown_commune"])
    detail = None
    if answer.suggestions and not code:
        listed = ", ".join(answer.suggestions)
        detail = Text(f"gần giống {listed}", f"similar: {listed}")
    elif answer.via:
        detail = Text(answer.via, answer.via)
    return Finding(
        rule=rule,
        kind="repair" if code and confidence >= 0.8 else "doubt",  # noqa: PLR2004
        row=row,
        key=key,
        column="commune_code",
        old=settled.stated[key],
        new=f"{code} {name}".strip(),
        confidence=confidence,
        what=what,
        detail=detail,
        undo=(("commune_code", ""),) if code else (),
    )


_WHAT: Final = {
    "no_commune": Text("không ghi xã", "no commune is stated"),
    "no_commune_by_place": Text(
        "không ghi xã; lấy xã chứa tọa độ", "no commune stated; taken from the coordinates"
    ),
    "unknown_commune": Text(
        "không tìm thấy xã này; không đoán", "this commune is not known; nothing is guessed"
    ),
    "unknown_commune_by_place": Text(
        "không tìm thấy xã này; lấy xã chứa tọa độ",
        "this commune is not known; taken from the coordinates",
    ),
    "unknown_commune_code": Text("mã xã không có", "the commune code is not known"),
    "unknown_commune_code_by_place": Text(
        "mã xã không có; lấy xã chứa tọa độ",
        "the commune code is not known; taken from the coordinates",
    ),
    "lost_zeros": Text("mã xã mất số 0 ở đầu", "the code lost its leading zeros"),
    "old_commune": Text(
        "tên xã trước 7/2025; đổi sang xã mới", "a commune of before July 2025; its successor"
    ),
    "old_commune_code": Text(
        "mã xã trước 7/2025; đổi sang mã mới", "a code of before July 2025; its successor's"
    ),
    "commune_without_accents": Text(
        "tên xã không dấu, chỉ một xã khớp", "a name without accents that fits one commune only"
    ),
    "ambiguous_commune": Text(
        "tên khớp nhiều xã; chọn theo tọa độ nếu được",
        "the name fits several communes; the coordinates decide where they can",
    ),
    "name_of_two_editions": Text(
        "tên này có ở cả hai ấn bản địa giới; chọn theo tọa độ, nếu không thì theo cả bảng",
        "the name exists in both editions; decided by coordinates, else as the rest of the sheet",
    ),
    "code_of_two_editions": Text(
        "mã này có ở cả hai ấn bản địa giới; chọn theo tọa độ, nếu không thì theo cả bảng",
        "the code exists in both editions; decided by coordinates, else as the rest of the sheet",
    ),
    "code_against_name": Text(
        "mã và tên chỉ hai xã khác nhau; chọn theo tọa độ nếu được",
        "code and name are two communes; the coordinates decide where they can",
    ),
}
