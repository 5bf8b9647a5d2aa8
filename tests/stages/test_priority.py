"""The score: parts that add up, ties, missing data, single villages, and how firm ranks are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage import priority
from coverage.errors import ScenarioError
from coverage.params import Criterion, PriorityRules, StabilityRules
from coverage.settings import default_scenario, priority_profiles

SHAKING = StabilityRules(draws=200, concentration=50.0, seed=7)


def criterion(name: str, column: str, scaling: str, weight: float, **more: Any) -> Criterion:
    values = {"title_vi": name, "title_en": name, "scaling": scaling, "weight": weight}
    return Criterion.model_validate({"name": name, "column": column} | values | more)


def rules(*criteria: Criterion) -> PriorityRules:
    return PriorityRules(source="test", year=2026, is_assumption=True, criteria=criteria)


NEED = criterion("need", "need", "share", 3.0)
POWER = criterion("power", "grid", "flag", 1.0, direction="less")


def made(count: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "village_id": [f"V{i:04d}" for i in range(count)],
            "need": rng.random(count).round(2),
            "grid": rng.random(count) > 0.3,
            "people": rng.integers(0, 900, count),
        }
    )


def test_score_by_hand() -> None:
    villages = pd.DataFrame({"village_id": ["a", "b"], "need": [1.0, 0.5], "grid": [True, False]})
    table = priority.score(villages, rules(NEED, POWER)).table
    assert list(table["priority_score"]) == [0.75, 0.625]  # by hand: 3/4·1 + 0; 3/4·0.5 + 1/4
    assert list(table["priority_rank"]) == [1, 2]
    assert list(table["priority_power"]) == [0.0, 0.25]


def test_only_the_ratio_of_the_weights_counts() -> None:
    villages = made(40)
    thirds = NEED.model_copy(update={"weight": 0.03}), POWER.model_copy(update={"weight": 0.01})
    pd.testing.assert_frame_equal(
        priority.score(villages, rules(NEED, POWER)).table,
        priority.score(villages, rules(*thirds)).table,
    )


def test_ties_go_by_id_whatever_the_order_of_rows() -> None:
    villages = pd.DataFrame({"village_id": ["c", "a", "b"], "need": [0.5, 0.5, 0.5]})
    found = priority.score(villages, rules(NEED))
    ranks = found.table["priority_rank"]
    assert dict(zip(villages["village_id"], ranks, strict=True)) == {"a": 1, "b": 2, "c": 3}
    assert found.flat == ("need",)


@pytest.mark.parametrize("column", [{}, {"gone": [None]}, {"gone": [""]}, {"gone": ["a lot"]}])
def test_a_criterion_without_data_gives_its_weight_to_the_others(column: dict[str, Any]) -> None:
    villages = pd.DataFrame({"village_id": ["a"], "need": [1.0]} | column)
    found = priority.score(villages, rules(NEED, criterion("gone", "gone", "maximum", 9.0)))
    assert found.unused == ("gone",)
    assert "priority_gone" not in found.table
    assert found.table["priority_score"][0] == 1.0


def test_where_nothing_that_weighs_is_known_the_score_is_zero() -> None:
    villages = pd.DataFrame({"village_id": ["b", "a"], "need": [1.0, 0.0]})
    weightless = NEED.model_copy(update={"weight": 0.0})
    some = rules(weightless, criterion("gone", "gone", "flag", 1.0))
    table = priority.score(villages, some).table
    assert list(table["priority_score"]) == [0.0, 0.0]
    assert list(table["priority_rank"]) == [2, 1]
    assert list(priority.stability(villages, some, SHAKING)["rank_low"]) == [2, 1]


@pytest.mark.parametrize(
    ("scaling", "direction", "values", "expected"),
    [
        # by hand, each
        ("quantile", "more", [0, 10, 20, 20, 1000], [0.0, 0.25, 0.5, 0.5, 1.0]),
        ("quantile", "less", [0, 10, 20, 20, 1000], [1.0, 0.75, 0.25, 0.25, 0.0]),
        ("quantile", "more", [7], [0.0]),
        ("quantile", "more", [7, 7, 7], [0.0, 0.0, 0.0]),
        ("maximum", "more", [0, 5, 10], [0.0, 0.5, 1.0]),
        ("maximum", "less", [0, 5, 10], [1.0, 0.5, 0.0]),
        ("maximum", "more", [0, 0], [0.0, 0.0]),
        ("range", "more", [10, 15, 20], [0.0, 0.5, 1.0]),
        ("range", "less", [10, 15, 20], [1.0, 0.5, 0.0]),
        ("range", "more", [10, 10], [0.0, 0.0]),
        ("share", "more", [np.nan, -1, 2], [0.0, 0.0, 1.0]),
        ("share", "less", [np.nan, 0.25, 2], [0.0, 0.75, 0.0]),
        ("flag", "more", [True, False, None], [1.0, 0.0, 0.0]),
        ("flag", "less", [True, False, None], [0.0, 1.0, 0.0]),
        ("flag", "more", ["có", "không", "?"], [1.0, 0.0, 0.0]),
        ("share", "more", ["0.5", "", "x"], [0.5, 0.0, 0.0]),
        ("maximum", "more", [np.inf, 5, 10], [0.0, 0.5, 1.0]),
    ],
)
def test_scaling(scaling: str, direction: str, values: list[object], expected: list[float]) -> None:
    one = criterion("x", "x", scaling, 1.0, direction=direction)
    assert list(priority.scaled(pd.DataFrame({"x": values}), one)) == expected


@pytest.mark.parametrize(("missing", "expected"), [("zero", 0.0), ("median", 0.4), ("worst", 1.0)])
def test_what_an_unknown_value_counts_as(missing: str, expected: float) -> None:
    one = criterion("x", "x", "share", 1.0, missing=missing)
    table = pd.DataFrame({"village_id": list("abcd"), "x": [0.1, 0.4, 0.9, np.nan]})
    assert priority.scaled(table, one)[3] == expected  # by hand: the median of 0.1, 0.4, 0.9
    assert priority.score(table, rules(one)).unknown == {"x": 1}


def test_villages_without_households_add_nothing_for_size() -> None:
    villages = made(5).assign(people=[0, 0, 4, 9, 0])
    by_size = rules(criterion("size", "people", "quantile", 1.0))
    assert list(priority.score(villages, by_size).table["priority_size"]) == [0, 0, 0.75, 1, 0]
    nobody = priority.score(villages.assign(people=0), by_size)
    assert list(nobody.table["priority_score"]) == [0.0] * 5
    assert nobody.flat == ("size",)


def test_one_village_alone() -> None:
    found = priority.score(made(1), rules(NEED, POWER))
    assert found.flat == ()
    assert list(found.table["priority_rank"]) == [1]
    firm = priority.stability(made(1), rules(NEED, POWER), SHAKING).iloc[0]
    assert firm.to_dict() == {
        "top20_share": 1.0,
        "top50_share": 1.0,
        "rank_low": 1.0,
        "rank_high": 1.0,
    }


def test_all_weights_zero_is_refused() -> None:
    shipped = default_scenario().priority
    with pytest.raises(ScenarioError):
        shipped.with_weights({c.name: 0.0 for c in shipped.criteria})


@pytest.mark.parametrize("name", ["score", "rank"])
def test_a_criterion_cannot_take_the_name_of_a_result(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        rules(criterion(name, "need", "share", 1.0))


@pytest.mark.parametrize("name", ["mobile", "fibre"])
def test_shipped_weights_sum_to_one(name: str) -> None:
    shipped = priority_profiles()[name]
    assert sum(c.weight for c in shipped.criteria) == pytest.approx(1.0, abs=1e-12)
    assert shipped.is_assumption


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 5000)), min_size=1, max_size=30
    )
)
def test_ranks_are_a_permutation_and_parts_add_up(rows: list[tuple[float, bool, int]]) -> None:
    villages = pd.DataFrame(rows, columns=["need", "grid", "households"])
    villages["village_id"] = [f"V{i}" for i in range(len(rows))]
    size = criterion("size", "households", "quantile", 1.2)
    table = priority.score(villages, rules(NEED, POWER, size)).table
    assert sorted(table["priority_rank"]) == list(range(1, len(rows) + 1))
    parts = table[["priority_need", "priority_power", "priority_size"]].sum(axis=1)
    np.testing.assert_allclose(parts, table["priority_score"], atol=2e-6)  # six decimals each
    assert table["priority_score"].between(0, 1).all()


def test_ranks_under_random_weights_do_not_depend_on_the_order_of_rows() -> None:
    villages, some = made(120), rules(NEED, POWER, criterion("size", "people", "quantile", 2.0))
    firm = priority.stability(villages, some, SHAKING)
    again = priority.stability(villages, some, SHAKING)
    pd.testing.assert_frame_equal(firm, again)
    shuffled = villages.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(priority.stability(shuffled, some, SHAKING).sort_index(), firm)
    other = SHAKING.model_copy(update={"seed": 8})
    assert not priority.stability(villages, some, other).equals(firm)


def test_ranks_under_random_weights_by_hand() -> None:
    # a is first on every criterion, d last; b and c are each ahead on one of two equal ones.
    villages = pd.DataFrame(
        {"village_id": list("abcd"), "x": [1.0, 0.8, 0.2, 0.0], "y": [1.0, 0.2, 0.8, 0.0]}
    )
    some = rules(criterion("x", "x", "share", 1.0), criterion("y", "y", "share", 1.0))
    firm = priority.stability(villages, some, SHAKING)
    assert firm["rank_low"].tolist() == [1, 2, 2, 4]
    assert firm["rank_high"].tolist() == [1, 3, 3, 4]
    assert firm["top20_share"].tolist() == [1.0] * 4


def test_twins_keep_the_order_of_their_ids_in_every_draw() -> None:
    villages = pd.DataFrame({"village_id": ["b", "a"], "need": [0.3, 0.3], "grid": [False, False]})
    firm = priority.stability(villages, rules(NEED, POWER), SHAKING)
    assert firm["rank_low"].tolist() == firm["rank_high"].tolist() == [2, 1]


def test_the_mean_of_the_drawn_weights_is_the_given_one_and_top_shares_count_places() -> None:
    villages, some = made(200), rules(NEED, POWER, criterion("size", "people", "quantile", 2.0))
    firm = priority.stability(villages, some, SHAKING)
    # by hand: in every draw exactly 20 villages are in the top 20.
    assert firm["top20_share"].sum() == pytest.approx(20.0, abs=200 * 5e-5)  # four decimals each
    assert firm["top50_share"].sum() == pytest.approx(50.0, abs=200 * 5e-5)
    assert (firm["rank_low"] <= firm["rank_high"]).all()
    tight = SHAKING.model_copy(update={"concentration": 1e6})
    near = priority.stability(villages, some, tight)
    rank = priority.score(villages, some).table["priority_rank"]
    # weights that hardly move: only villages with almost the same score change places.
    assert (near["rank_high"] - near["rank_low"]).max() <= 3
    assert ((near["rank_low"] <= rank) & (rank <= near["rank_high"])).mean() > 0.95


def test_a_criterion_of_no_weight_stays_out_of_every_draw() -> None:
    villages = made(60)
    idle = criterion("idle", "people", "quantile", 0.0)
    with_it = priority.stability(villages, rules(NEED, POWER, idle), SHAKING)
    pd.testing.assert_frame_equal(
        with_it, priority.stability(villages, rules(NEED, POWER), SHAKING)
    )


def test_parts_and_score_are_told_to_six_decimals_and_never_exceed_one() -> None:
    villages = pd.DataFrame({"village_id": ["a", "b"], "need": [1.0, 1 / 3], "more": [1.0, 0.0]})
    table = priority.score(villages, rules(NEED)).table
    assert table["priority_need"].tolist() == [1.0, 0.333333]
    wide = [
        criterion(name, "need", "share", weight) for name, weight in (("a", 4), ("b", 1), ("c", 1))
    ]
    table = priority.score(villages, rules(*wide)).table
    # by hand: 0.666667 + 0.166667 + 0.166667 = 1.000001
    assert table[["priority_a", "priority_b", "priority_c"]].iloc[0].tolist() == [
        *(0.666667, 0.166667, 0.166667)
    ]
    assert table["priority_score"][0] == 1.0


def test_parts_are_zero_where_nothing_weighs() -> None:
    idle = criterion("idle", "idle", "share", 0.0)
    absent = criterion("absent", "absent", "share", 1.0)
    villages = pd.DataFrame({"village_id": ["a"], "idle": [0.5]})
    table = priority.score(villages, rules(idle, absent)).table
    assert table["priority_idle"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("scaling", "values", "among", "expected"),
    [
        ("quantile", [1.0, 2.0], None, [0.0, 1.0]),
        ("quantile", [0.0, 1.0, 2.0], None, [0.0, 0.5, 1.0]),
        ("quantile", [-1.0, 0.0, 1.0], None, [0.0, 0.0, 1.0]),  # nothing is never urgent
        ("quantile", [9.0], [1.0, 2.0, 3.0], [1.0]),  # beyond all others
        ("maximum", [0.25, 0.5], None, [0.5, 1.0]),
        ("maximum", [0.0, 0.0], None, [0.0, 0.0]),
        ("maximum", [-2.0, -1.0], None, [0.0, 0.0]),
        ("range", [7.0, 7.0], None, [0.0, 0.0]),
        ("range", [0.2, 0.4, 0.6], None, [0.0, 0.5, 1.0]),
    ],
)
def test_scales_at_their_ends(
    scaling: str, values: list[float], among: list[float] | None, expected: list[float]
) -> None:
    """By hand. Unknown values would count as worst, so that none comes out by a division by 0."""
    found = priority.scaled(
        pd.DataFrame({"x": values}),
        criterion("x", "x", scaling, 1.0, missing="worst"),
        among=None if among is None else pd.DataFrame({"x": among}),
    )
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_where_no_value_is_known_the_median_stands_for_nothing() -> None:
    unknown = pd.DataFrame({"x": [np.nan, np.nan]})
    rule = criterion("x", "x", "range", 1.0, missing="median")
    assert priority.scaled(unknown, rule).tolist() == [0.0, 0.0]


def test_ranks_under_random_weights_against_brute_force() -> None:
    villages = made(60)
    used = rules(NEED, POWER, criterion("people", "people", "maximum", 2.0))
    shaking = StabilityRules(draws=300, concentration=5.0, seed=11)
    found = priority.stability(villages, used, shaking)
    values = np.column_stack([priority.scaled(villages, one) for one in used.criteria])
    drawn = np.random.default_rng(11).dirichlet(5.0 * np.array([3, 1, 2]) / 6, size=300)
    ranks = np.empty((60, 300), dtype=int)
    for number, weights in enumerate(drawn):
        points = (values * weights).sum(axis=1)
        order = sorted(range(60), key=lambda i: (-round(points[i], 9), villages["village_id"][i]))
        ranks[order, number] = range(1, 61)
    for top in (20, 50):
        expected = [round(float(share), 4) for share in (ranks <= top).mean(axis=1)]
        assert found[f"top{top}_share"].tolist() == expected
    for name, level in (("rank_low", 0.05), ("rank_high", 0.95)):
        expected = np.quantile(ranks, level, axis=1, method="inverted_cdf").tolist()
        assert found[name].tolist() == expected


def test_remarks_name_the_criteria_and_count_what_is_missing() -> None:
    villages = pd.DataFrame({"village_id": ["a", "b"], "need": [0.5, 0.5], "people": [1.0, np.nan]})
    people = criterion("people", "people", "maximum", 1.0)
    told = priority.remarks(priority.score(villages, rules(NEED, POWER, people)))
    assert [(p.severity, p.rule, p.file, p.value) for p in told] == [
        ("warning", "criterion_without_data", "[scenario.priority]", "power"),
        ("warning", "criterion_all_equal", "[scenario.priority]", "need"),
        ("warning", "criterion_with_unknown_values", "[scenario.priority]", "people: 1"),
    ]
    gone = rules(NEED, POWER, criterion("far", "far", "maximum", 1.0))
    assert priority.remarks(priority.score(villages, gone))[0].value == "power, far"
    assert priority.remarks(priority.score(made(9), rules(NEED, POWER))) == ()
