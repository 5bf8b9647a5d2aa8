"""A table against its definition: types, rules, rows, defaults; every problem at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.schema import TABLES, Column, Geometry, Kind, Table
from coverage.tables import Checked, check
from coverage.text import Text

NAME = Text("tên", "name")


def table(kind: Kind, **rest: Any) -> Table:
    column = Column(name="x", kind=kind, meaning=NAME, **({"synonyms": {}} | rest))
    return Table(name="t", title=NAME, columns=(column,), geometry=Geometry.NONE, patterns=())


def checked(kind: Kind, cells: list[Any], **rest: Any) -> Checked:
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object, index=range(2, len(cells) + 2))})
    return check(frame, table(kind, **rest), file="t.csv")


def told(found: Checked) -> list[tuple[str, tuple[int, ...]]]:
    return [(problem.rule, problem.rows) for problem in found.problems]


@pytest.mark.parametrize(
    ("cell", "number"),
    [("105.85", 105.85), (" 3 ", 3.0), ("-1e3", -1000.0), (7, 7.0), (np.float64(2.5), 2.5)],
)
def test_numbers(cell: Any, number: float) -> None:
    found = checked(Kind.NUMBER, [cell])
    assert found.problems == ()
    assert found.frame["x"].tolist() == [number]


@pytest.mark.parametrize(
    "cell", ["105,85", "12 m", "1 000", "NaN", "inf", "-inf", "0x1F", "true", True]
)
def test_what_is_no_number(cell: Any) -> None:
    found = checked(Kind.NUMBER, ["1", cell])
    assert told(found) == [("not_a_number", (3,))]
    assert np.isnan(found.frame["x"].loc[3])


@pytest.mark.parametrize("cell", [None, "", "  ", float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_nothing_is_empty(kind: Kind, cell: Any) -> None:
    assert checked(kind, [cell]).problems == ()
    assert told(checked(kind, [cell], filled=True)) == [("missing_value", (2,))]


@pytest.mark.parametrize(("cell", "count"), [("40", 40), (40, 40), (40.0, 40), ("4e1", 40)])
def test_counts(cell: Any, count: int) -> None:
    assert checked(Kind.COUNT, [cell, ""]).frame["x"].tolist() == [count, pd.NA]


@pytest.mark.parametrize("cell", ["2.5", "1e300", "9" * 30, "bốn", "1.234.567"])
def test_what_is_no_count(cell: str) -> None:
    assert told(checked(Kind.COUNT, [cell])) == [("not_a_count", (2,))]


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        *((cell, True) for cell in ("có", "Co\u0301", "TRUE", 1, 1.0, True)),
        *((cell, False) for cell in ("không", "chưa", "0", False, "No")),
    ],
)
def test_flags(cell: Any, *, flag: bool) -> None:
    assert checked(Kind.FLAG, [cell]).frame["x"].tolist() == [flag]


def test_what_is_no_flag() -> None:
    assert told(checked(Kind.FLAG, ["có", "2", "đôi khi"])) == [("not_a_flag", (3, 4))]


def test_choices_take_synonyms_in_any_case() -> None:
    found = checked(
        Kind.CHOICE, ["3g", "LTE", "Lte ", "6G", ""], choices=("3G", "4G"), synonyms={"lte": "4G"}
    )
    assert found.frame["x"].tolist() == ["3G", "4G", "4G", "", ""]
    assert told(found) == [("not_in_list", (5,))]
    assert found.problems[0].value == "6G"
    assert "3G, 4G" in found.problems[0].fix.en


def test_an_empty_choice_takes_the_default() -> None:
    found = checked(Kind.CHOICE, ["", "off", None], choices=("active", "off"), default="active")
    assert found.frame["x"].tolist() == ["active", "off", "active"]


def test_missing_and_empty_numbers_take_the_default() -> None:
    assert checked(Kind.NUMBER, ["", "3"], default=65.0).frame["x"].tolist() == [65.0, 3.0]
    frame = pd.DataFrame({"y": ["1"]}, index=[2])
    assert check(frame, table(Kind.NUMBER, default=65.0), file="t").frame["x"].tolist() == [65.0]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-06-30", "2026-06-30"),
        ("30/06/2026", "2026-06-30"),
        ("1/7/2025", "2025-07-01"),
        ("2026-06-30 00:00:00", "2026-06-30"),
        (pd.Timestamp(2026, 6, 30), "2026-06-30"),
    ],
)
def test_dates(cell: Any, day: str) -> None:
    assert checked(Kind.DATE, [cell]).frame["x"].tolist() == [day]


@pytest.mark.parametrize("cell", ["2026-13-01", "31/02/2026", "hôm qua", "2026"])
def test_what_is_no_date(cell: str) -> None:
    assert told(checked(Kind.DATE, [cell])) == [("not_a_date", (2,))]


def test_codes_keep_their_zeros_and_lose_the_point_of_a_sheet() -> None:
    assert checked(Kind.CODE, ["01840", 1840.0, 1840]).frame["x"].tolist() == [
        "01840",
        "1840",
        "1840",
    ]


def test_names_are_composed_and_trimmed() -> None:
    assert checked(Kind.TEXT, [" Nà  Lu\u0300ng "]).frame["x"].tolist() == ["Nà Lùng"]


def test_ranges_hold_at_both_ends() -> None:
    found = checked(Kind.NUMBER, ["0", "10", "-0.1", "10.1"], minimum=0, maximum=10)
    assert told(found) == [("out_of_range", (4, 5))]
    assert found.problems[0].value == "-0.1"
    assert "0 … 10" in found.problems[0].what.vi


def test_ids_repeat_once_normalised() -> None:
    found = checked(Kind.CODE, ["Đ1", "a", "\u00d01 ", "", ""], unique=True)
    assert told(found) == [("duplicate_id", (2, 4))]  # Ð (eth) is Đ typed with another key


def test_rows_set_aside_break_no_rule() -> None:
    frame = pd.DataFrame(
        {
            "cell_id": ["a", "a", "b"],
            "technology": ["4G", "GSM", "edge"],
            "bandwidth_mhz": [20, "?", 0.2],
        },
        index=[2, 3, 5],
    )
    found = check(frame, TABLES["stations"], file="s.csv")
    assert {problem.rule for problem in found.problems} == {"missing_column"}
    assert (found.ignored_rows, found.frame.index.tolist()) == (2, [2])


def test_all_problems_of_a_table_are_told_at_once() -> None:
    frame = pd.DataFrame(
        {
            "village_id": ["1", "1"],
            "name": ["a", ""],
            "longitude": ["x", "999"],
            "households": ["-1", "2"],
        },
        index=[2, 3],
    )
    found = check(frame, TABLES["villages"], file="v.csv")
    assert {(p.rule, p.column, p.rows) for p in found.problems} == {
        *(
            ("missing_column", name, ())
            for name in (
                "commune_code",
                "latitude",
                "population",
                "has_grid_power",
                "reported_signal",
            )
        ),
        ("duplicate_id", "village_id", (2, 3)),
        ("missing_value", "name", (3,)),
        ("not_a_number", "longitude", (2,)),
        ("out_of_range", "longitude", (3,)),
        ("out_of_range", "households", (2,)),
    }
    assert all(problem.file == "v.csv" for problem in found.problems)


def test_many_rows_are_counted_and_the_first_named() -> None:
    (problem,) = checked(Kind.NUMBER, ["x"] * 100).problems
    assert (problem.count, problem.rows) == (100, tuple(range(2, 22)))
    assert "row 2, 3, 4, 5, 6… " in problem.line("en").replace("…,", "… ")


def test_a_column_that_stands_twice_is_an_error() -> None:
    frame = pd.DataFrame([["1", "2"]], columns=["x", "x "], index=[2])
    found = check(frame, table(Kind.NUMBER), file="t")
    assert [(p.rule, p.column) for p in found.problems] == [("duplicate_column", "x")]


def test_an_empty_table_tells_its_missing_columns_too() -> None:
    found = check(pd.DataFrame(), table(Kind.NUMBER, required=True), file="t")
    assert [p.rule for p in found.problems] == ["missing_column", "empty_table"]


def test_columns_by_pattern_are_checked_and_unknown_ones_kept() -> None:
    frame = pd.DataFrame(
        {"reported_signal_viettel_4g": ["tốt", "hơi yếu"], "ghi_chu": ["1,5", "?"]}, index=[2, 3]
    )
    found = check(frame, TABLES["villages"], file="v.csv")
    assert found.frame["reported_signal_viettel_4g"].tolist() == ["good", ""]
    assert found.frame["ghi_chu"].tolist() == ["1,5", "?"]
    assert ("not_in_list", "reported_signal_viettel_4g") in {
        (p.rule, p.column) for p in found.problems
    }


def test_the_given_table_is_left_alone() -> None:
    frame = pd.DataFrame({"x": ["1"]}, index=[2])
    check(frame, table(Kind.NUMBER), file="t")
    assert frame["x"].tolist() == ["1"]


@given(st.lists(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.none()), min_size=1))
def test_no_cell_is_lost_silently(cells: list[Any]) -> None:
    """A cell is read, empty, or told: never none of the three."""
    for kind in (Kind.NUMBER, Kind.COUNT, Kind.FLAG, Kind.DATE):
        found = checked(kind, cells)
        values = found.frame["x"]
        read = int((values.notna() & (values.astype(object) != "")).sum())
        blank = sum(
            c is None or (isinstance(c, float) and np.isnan(c)) or not str(c).strip() for c in cells
        )
        assert read + blank + sum(p.count for p in found.problems) == len(cells)
