"""The score: parts that add up, ties, missing data, single villages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage import priority
from coverage.errors import ScenarioError
from coverage.params import Criterion, PriorityRules
from coverage.settings import default_scenario


def rules(*criteria: tuple[str, str, str, float]) -> PriorityRules:
    return PriorityRules(
        source="test",
        year=2026,
        is_assumption=True,
        criteria=tuple(
            Criterion(name=n, column=c, title_vi=n, title_en=n, scaling=s, weight=w)  # type: ignore[arg-type]
            for n, c, s, w in criteria
        ),
    )


def test_score_by_hand() -> None:
    villages = pd.DataFrame({"village_id": ["a", "b"], "need": [1.0, 0.5], "grid": [True, False]})
    table = priority.score(
        villages, rules(("need", "need", "share", 3.0), ("power", "grid", "no", 1.0))
    ).table
    assert list(table["priority_score"]) == [0.75, 0.625]  # by hand: 3/4·1 + 0; 3/4·0.5 + 1/4
    assert list(table["priority_rank"]) == [1, 2]
    assert list(table["priority_power"]) == [0.0, 0.25]


def test_ties_go_by_id_whatever_the_order_of_rows() -> None:
    villages = pd.DataFrame({"village_id": ["c", "a", "b"], "need": [0.5, 0.5, 0.5]})
    ranks = priority.score(villages, rules(("need", "need", "share", 1.0))).table["priority_rank"]
    assert dict(zip(villages["village_id"], ranks, strict=True)) == {"a": 1, "b": 2, "c": 3}


def test_a_criterion_without_data_gives_its_weight_to_the_others() -> None:
    villages = pd.DataFrame({"village_id": ["a"], "need": [1.0]})
    found = priority.score(
        villages, rules(("need", "need", "share", 1.0), ("gone", "not_there", "flag", 9.0))
    )
    assert found.unused == ("gone",)
    assert found.table["priority_score"][0] == 1.0


@pytest.mark.parametrize(
    ("scaling", "values", "expected"),
    [
        ("quantile", [0, 10, 20, 20, 1000], [0.0, 0.25, 0.5, 0.5, 1.0]),
        ("quantile", [7], [0.0]),
        ("maximum", [0, 5, 10], [0.0, 0.5, 1.0]),
        ("maximum", [0, 0], [0.0, 0.0]),
        ("share", [np.nan, -1, 2], [0.0, 0.0, 1.0]),
        ("flag", [True, False, None], [1.0, 0.0, 0.0]),
        ("not_flag", [True, False, None], [0.0, 1.0, 0.0]),
    ],
)
def test_scaling(scaling: str, values: list[object], expected: list[float]) -> None:
    criterion = rules(("x", "x", scaling, 1.0)).criteria[0]
    table = pd.DataFrame({"x": values})
    assert list(priority.scaled(table, criterion)) == expected


def test_all_weights_zero_is_refused() -> None:
    shipped = default_scenario().priority
    with pytest.raises(ScenarioError):
        shipped.with_weights({c.name: 0.0 for c in shipped.criteria})


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 5000)), min_size=1, max_size=30
    )
)
def test_ranks_are_a_permutation_and_parts_add_up(rows: list[tuple[float, bool, int]]) -> None:
    villages = pd.DataFrame(rows, columns=["need", "grid", "households"])
    villages["village_id"] = [f"V{i}" for i in range(len(rows))]
    table = priority.score(
        villages,
        rules(
            ("need", "need", "share", 0.5),
            ("power", "grid", "no", 0.2),
            ("size", "households", "quantile", 0.3),
        ),
    ).table
    assert sorted(table["priority_rank"]) == list(range(1, len(rows) + 1))
    parts = table[["priority_need", "priority_power", "priority_size"]].sum(axis=1)
    np.testing.assert_allclose(parts, table["priority_score"], atol=2e-6)  # six decimals each
    assert table["priority_score"].between(0, 1).all()
