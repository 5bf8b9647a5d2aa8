"""Vietnamese order, comparison without accents, messages in two languages."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coverage.errors import CoverageError, InputDataError, Problem
from coverage.text import Text, normalised, vietnamese_order, without_accents

# by hand: the alphabet of the Vietnamese dictionary, each letter with its tones in the order level,
# huyền, hỏi, ngã, sắc, nặng.
ALPHABET = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
TONES = ["ma", "mà", "mả", "mã", "má", "mạ"]
NAMES = [
    "Ba Bể",
    "Bản 2",
    "Bản 10",
    "Bản Áng",
    "Bằng Thành",
    "Bốc Bố",
    "Cao Minh",
    "Chợ Đồn",
    "Dương Quang",
    "Đồng Phúc",
    "Thôn 2",
    "Thôn 10",
]


@pytest.mark.parametrize("names", [ALPHABET, TONES, NAMES, ["Hoa", "Hòa", "Hoà 2", "Hòa 10"]])
def test_names_sort_as_in_the_dictionary(names: list[str]) -> None:
    shuffled = [*names[::-2], *names[-2::-2]]
    assert shuffled != names
    assert sorted(shuffled, key=vietnamese_order) == names


def test_letters_decide_before_tones() -> None:
    # by hand: "bà con" < "ba đình" although à stands after a, because c stands before đ.
    assert sorted(["ba đình", "bà con"], key=vietnamese_order) == ["bà con", "ba đình"]


@given(st.lists(st.text(max_size=8), max_size=6))
@example(["²", "Thôn ²", "٣", "2"])  # digits that are no decimal number; digits of another script
def test_the_order_is_total_and_knows_no_encoding(names: list[str]) -> None:
    ordered = sorted(names, key=vietnamese_order)
    backwards = names[::-1]
    assert sorted(backwards, key=vietnamese_order) == ordered
    for one, other in pairwise(ordered):
        assert vietnamese_order(one) <= vietnamese_order(other)


def test_both_unicode_forms_compare_equal() -> None:
    for name in NAMES:
        decomposed = unicodedata.normalize("NFD", name)
        assert normalised(decomposed) == name
        assert vietnamese_order(decomposed)[:2] == vietnamese_order(name)[:2]


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("Chợ Đồn", "cho don"),
        ("  Bản   Cám ", "ban cam"),
        ("\u00d0ông \u0189ức", "dong duc"),  # eth and African D, often typed for Đ
        ("Thôn 10", "thon 10"),
    ],
)
def test_names_without_accents(given_name: str, expected: str) -> None:
    assert without_accents(given_name) == expected


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(value: str) -> None:
    assert normalised(normalised(value)) == normalised(value)


def test_a_problem_names_place_value_rule_and_remedy_in_both_languages() -> None:
    problem = Problem(
        severity="error",
        rule="range",
        file="villages.csv",
        column="latitude",
        value="105.8",
        rows=(3, 9),
        count=2,
        what=Text("vĩ độ ngoài khoảng −90–90", "latitude outside −90–90"),
        fix=Text("Có thể đã đổi chỗ hai cột.", "The two columns may be swapped."),
    )
    vi, en = problem.line("vi"), problem.line("en")
    for part in ("villages.csv", "latitude", "3, 9", "105.8"):
        assert part in vi
        assert part in en
    assert "dòng" in vi
    assert "row" in en
    assert problem.what.vi in vi
    assert problem.fix.en in en
    error = InputDataError([problem, problem])
    assert isinstance(error, CoverageError)
    assert error.message("vi").count(vi) == 2
    assert error.message("en").count(en) == 2
