"""Spellings of place names: what is one place, what is two, what is in doubt."""

from __future__ import annotations

import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.administration import administration
from coverage.names import Match, NameList, plain_key, spelling_key, split_kind
from coverage.text import normalised, without_accents

OLD: Final = administration().names("2025-03")
# by hand: names of the official list beside the ways offices write them
VARIANTS: Final = [
    ("Xã Trung Hòa", "01948", "normalised"),
    ("Trung Hoà", "01948", "normalised"),
    ("Hòa Mục", "02098", "normalised"),
    ("xã Sỹ Bình", "01978", "normalised"),
    ("LIÊM THỦY", "02197", "normalised"),
    ("Xã Kim Hỉ", "02146", "normalised"),
    ("cao kì", "02104", "normalised"),
    ("TT.Chợ Rã", "01888", "normalised"),
    ("P. Xuất Hoá", "01855", "normalised"),
    ("X. Bản Thi", "02035", "normalised"),
    ("\u00d0ức Xuân", "01840", "normalised"),
    ("  Xã\u00a0 Văn  Lang ", "02140", "exact"),
    ("Van Lang", "02140", "unaccented"),
    ("ban thi", "02035", "unaccented"),
]


@pytest.mark.parametrize(("written", "code", "kind"), VARIANTS)
def test_a_variant_names_the_unit(written: str, code: str, kind: str) -> None:
    assert OLD.match(written) == Match(kind, ("2025-03", code))
    assert OLD.match(unicodedata.normalize("NFD", written)) == Match(kind, ("2025-03", code))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Văn Lăng", "02140"),  # a commune elsewhere in Thái Nguyên
        ("Bằng Thanh", "01858"),  # a tone lost while others stay
        ("Yên Lạc", "02155"),
        ("Xã Chợ Rã", "01888"),  # then a township
        ("Liem Thui", "02197"),
    ],
)
def test_another_name_is_suggested_never_joined(written: str, meant: str) -> None:
    found = OLD.match(written)
    assert (found.kind, found.unit, found.suggestions[0]) == ("none", None, ("2025-03", meant))


def test_two_units_of_one_key_are_ambiguous() -> None:
    units = NameList([("02143", "Xã Văn Lang"), ("05665", "Xã Văn Lăng")], "commune")
    assert units.match("Văn Lang") == Match("normalised", "02143")
    assert units.match("Văn Lăng") == Match("normalised", "05665")
    assert units.match("van lang") == Match("ambiguous", None, ("02143", "05665"))


def test_the_kind_tells_two_units_apart() -> None:
    units = NameList([(1, "Thị trấn Chợ Rã"), (2, "Xã Chợ Rã")], "commune")
    assert units.match("Xã Chợ Rã").unit == 2
    assert units.match("TT Chợ Rã").unit == 1
    assert units.match("Chợ Rã") == Match("ambiguous", None, (1, 2))


@pytest.mark.parametrize(
    "written", ["Bắc Cạn", "tỉnh Bắc Cạn", "T. Bắc Kạn", "Bac Kan", "BAC CAN", "Bắc-Kạn"]
)
def test_the_province_has_many_spellings(written: str) -> None:
    assert NameList([("06", "Tỉnh Bắc Kạn")], "province").match(written).unit == "06"


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("Thôn Bản Bung", 1),
        ("bản bung", 1),
        ("Xóm Nà Cuôn", 3),
        ("TDP 01", 2),
        ("Tổ dân phố số 1", 2),
        ("Thôn 1", None),  # not Tổ 1
        ("Xóm 2", None),  # a number alone needs the same kind: the list has Thôn 2
        ("Bản Cuôn", None),  # "Nà" is part of the name
    ],
)
def test_villages(written: str, unit: int | None) -> None:
    listed = [(1, "Bản Bung"), (2, "Tổ 1"), (3, "Nà Cuôn"), (4, "Thôn 2")]
    assert NameList(listed, "village").match(written).unit == unit


def test_what_is_no_name_matches_nothing() -> None:
    assert OLD.match("") == Match("none")
    assert OLD.match(" . ") == Match("none")
    assert split_kind("Xã", "commune") == ("", "xã")


WORDS: Final = st.text(st.sampled_from("aàảãáạăằâầbcdđeéêghiìíklmnoòóôơpqrstuùúưvxyỳýÿ .-0123"))


@given(WORDS)
def test_keys_do_not_depend_on_form_or_capitals(name: str) -> None:
    assert spelling_key(unicodedata.normalize("NFD", name).upper()) == spelling_key(name)
    assert plain_key(name) == plain_key(without_accents(name))
    assert plain_key(name).isascii()


@given(st.lists(WORDS.filter(lambda name: bool(spelling_key(name))), min_size=1, max_size=6))
def test_a_name_finds_itself_or_its_double(names: list[str]) -> None:
    units = NameList(enumerate(names), "village")
    for number, name in enumerate(names):
        found = units.match(name)
        assert number in (found.unit, *found.suggestions)
        if found.unit is not None:
            assert normalised(names[found.unit]) == normalised(name)
