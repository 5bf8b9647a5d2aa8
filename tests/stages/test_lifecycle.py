"""The life of a gap: the newest update counts, prediction stays, sums reconcile."""

from __future__ import annotations

import pandas as pd

from coverage import lifecycle

VILLAGES = pd.DataFrame(
    {
        "village_id": ["a", "b", "c", "d"],
        "households": [10, 20, 30, 40],
        "population": [40, 80, 120, 160],
        "signal_class_4g": ["none", "none", "good", "unknown"],
        "has_fibre": pd.array([False, True, False, None], dtype="boolean"),
    }
)


def updates(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    columns = ["village_id", "technology", "status", "operator", "date"]
    return pd.DataFrame(rows, columns=columns)


def test_the_newest_update_counts_whatever_the_order_of_rows() -> None:
    table = updates(
        ("a", "4G", "on_air", "X", "2026-08-01"),
        ("a", "4G", "open", "", "2026-01-01"),
        ("a", "4G", "planned", "X", ""),
        ("b", "4G", "assigned", "X", "2026-02-01"),
        ("b", "4G", "planned", "Y", "2026-02-01"),
    )
    found = lifecycle.of_villages(VILLAGES, table)
    assert found["gap_status_4g"].tolist() == ["on_air", "planned", "", ""]
    assert found["gap_status_date_4g"].tolist() == ["2026-08-01", "2026-02-01", "", ""]
    assert found["gap_operator_4g"].tolist() == ["X", "Y", "", ""]
    assert found["gap_planned_date_4g"].tolist() == [""] * 4
    assert "gap_status_5g" not in found.columns


def test_service_against_prediction_is_a_conflict_and_changes_nothing() -> None:
    table = updates(
        ("a", "4G", "on_air", "X", "2026-08-01"),
        ("b", "4G", "planned", "X", "2026-08-01"),
        ("c", "4G", "verified", "X", "2026-08-01"),
        ("d", "4G", "verified", "X", "2026-08-01"),
        ("a", "fibre", "on_air", "X", "2026-08-01"),
        ("b", "fibre", "on_air", "X", "2026-08-01"),
    )
    before = VILLAGES.copy()
    found = lifecycle.of_villages(VILLAGES, table)
    assert found["gap_conflict_4g"].tolist() == [True, False, False, pd.NA]
    assert found["gap_conflict_fibre"].tolist() == [True, False, False, False]
    pd.testing.assert_frame_equal(VILLAGES, before)


def test_counts_by_status_and_operator_by_hand() -> None:
    table = updates(
        ("a", "4G", "on_air", "X", "2026-08-01"),
        ("b", "4G", "planned", "X", "2026-08-01"),
        ("c", "4G", "planned", "Y", "2026-08-01"),
    )
    villages = VILLAGES.join(lifecycle.of_villages(VILLAGES, table))
    found = lifecycle.statistics(villages)
    whole = found[found["operator"] == ""].set_index("status")
    assert list(whole.index) == [
        "open",
        "assigned",
        "planned",
        "on_air",
        "verified",
        "not_recorded",
    ]
    assert whole["villages"].tolist() == [0, 0, 2, 1, 0, 1]
    assert whole["households"].tolist() == [0, 0, 50, 10, 0, 40]
    assert whole["population"].sum() == 400
    assert whole["villages_lacking"].tolist() == [0, 0, 1, 1, 0, 0]
    assert whole["villages_in_conflict"].tolist() == [0, 0, 0, 1, 0, 0]
    of_x = found[found["operator"] == "X"]
    assert dict(zip(of_x["status"], of_x["villages"], strict=True)) == {"planned": 1, "on_air": 1}
