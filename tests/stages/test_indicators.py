"""Indicators: newest value, target, trend, status; joined by edition and code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coverage import indicators
from coverage.errors import ScenarioError
from coverage.params import IndicatorRules
from coverage.settings import default_scenario, scenario_from

COMMUNES = pd.DataFrame(
    {"commune_code": ["00001", "00002"], "name": ["Một", "Hai"], "edition": "2025-07"}
)
VILLAGES = pd.DataFrame(
    {
        "village_id": ["a", "b", "c"],
        "commune_code": ["00001", "00001", "00002"],
        "households": [10, 20, 10],
        "population": [100, 200, 100],
    }
)
RULES = default_scenario().indicators
BAC_KAN = scenario_from({"indicators": {"plan": "bac_kan_2023_2025"}}, "s").indicators
USERS = "internet_user_share"


def rows(*values: tuple[Any, ...]) -> pd.DataFrame:
    columns = ["commune_code", "edition", "indicator", "year", "value", "target", "target_year"]
    return pd.DataFrame(values, columns=columns).assign(source="nguồn")


def board(table: pd.DataFrame, rules: IndicatorRules = RULES) -> pd.DataFrame:
    return indicators.scoreboard(table, COMMUNES, VILLAGES, rules, synthetic=False)


def only(table: pd.DataFrame, level: str, code: str = "") -> pd.Series:
    found = table[(table["level"] == level) & (table["commune_code"] == code)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("history", "target", "status", "trend"),
    [
        # by hand: what the change of each year, going on, makes of the target's year
        ([(2023, 0.80), (2024, 0.95)], (0.9, 2025), "reached", "better"),
        ([(2023, 0.80), (2024, 0.85)], (0.9, 2025), "on_track", "better"),
        ([(2023, 0.80), (2024, 0.84)], (0.9, 2025), "behind", "better"),
        ([(2022, 0.80), (2024, 0.88)], (0.9, 2025), "on_track", "better"),  # 0.04 a year
        ([(2023, 0.85), (2024, 0.84)], (0.9, 2030), "behind", "worse"),
        ([(2024, 0.84), (2025, 0.84)], (0.9, 2025), "missed", "same"),
        ([(2024, 0.84)], (0.9, 2025), "below", ""),
        ([(2023, 0.80), (2024, 0.84)], (0.9, None), "below", "better"),
        ([(2024, 0.84)], (None, None), "no_target", ""),
        ([(2024, None)], (0.9, 2025), "unknown", ""),
        ([(2023, 0.80), (2024, None)], (0.9, 2025), "below", ""),  # the newest known value
    ],
)
def test_status_and_trend(
    history: list[tuple[int, float | None]],
    target: tuple[float | None, int | None],
    status: str,
    trend: str,
) -> None:
    table = rows(*(("00001", "2025-07", USERS, year, value, *target) for year, value in history))
    for order in (table, table[::-1]):
        found = only(board(order), "commune", "00001")
        assert (found["status"], found["trend"]) == (status, trend)


def test_gap_and_change_by_hand() -> None:
    table = rows(
        ("00001", "2025-07", USERS, 2023, 0.7, 0.8, 2024),
        ("00001", "2025-07", USERS, 2024, 0.75, 0.9, 2025),
    )
    found = only(board(table), "commune", "00001")
    assert (found["value"], found["year"], found["target"], found["target_year"]) == (
        0.75,
        2024,
        0.9,
        2025,
    )
    assert (found["gap"], found["change"]) == (pytest.approx(0.15), pytest.approx(0.05))
    assert (found["previous_year"], found["source"]) == (2023, "nguồn")


def test_an_indicator_of_which_less_is_better() -> None:
    own = {
        "code": "lines_down",
        "title_vi": "Số tuyến đứt",
        "title_en": "Broken lines",
        "unit": "count",
        "direction": "less",
        "province": "sum",
    }
    rules = scenario_from({"indicators": {"definitions": [own]}}, "s").indicators
    table = rows(
        ("00001", "2025-07", "lines_down", 2023, 5.0, 1.0, 2025),
        ("00001", "2025-07", "lines_down", 2024, 3.0, 1.0, 2025),
        ("00002", "2025-07", "lines_down", 2024, 1.0, 1.0, 2025),
    )
    found = board(table, rules)
    one = only(found, "commune", "00001")
    assert (one["gap"], one["trend"], one["status"]) == (2.0, "better", "on_track")
    assert only(found, "commune", "00002")["status"] == "reached"
    province = only(found, "province")
    assert (province["value"], province["target"], province["communes_reached"]) == (4.0, 2.0, 1)


def test_a_province_is_weighted_and_says_over_whom() -> None:
    table = rows(
        ("00001", "2025-07", USERS, 2023, 0.6, 0.9, 2025),
        ("00001", "2025-07", USERS, 2024, 0.8, 0.9, 2025),
        ("00002", "2025-07", USERS, 2024, 0.4, 0.9, 2025),
    )
    found = only(board(table), "province")
    assert found["value"] == pytest.approx(0.7)  # by hand: (300·0.8 + 100·0.4) / 400 people
    assert found["change"] == pytest.approx(0.2)  # the only commune with an earlier year
    assert (found["communes_known"], found["communes"]) == (2, 2)
    assert (found["weight_known"], found["weight_total"]) == (400.0, 400.0)
    part = only(board(table[:2]), "province")
    assert (part["communes_known"], part["weight_known"], part["weight_total"]) == (1, 300.0, 400.0)


def test_a_code_of_another_edition_is_never_joined() -> None:
    table = rows(
        ("00001", "2025-03", USERS, 2024, 0.1, 0.9, 2025),
        ("00001", "", USERS, 2024, 0.2, 0.9, 2025),
        ("00002", "2025-07", USERS, 2024, 0.8, 0.9, 2025),
    )
    found = board(table)
    assert found.loc[found["level"] == "commune", "commune_code"].tolist() == ["00002"]
    of_villages = indicators.of_villages(VILLAGES, table, COMMUNES, RULES)
    np.testing.assert_array_equal(of_villages[f"indicator_{USERS}"], [np.nan, np.nan, 0.8])
    without = table.drop(columns="edition")
    assert (board(without)["level"] != "commune").all()


def test_an_indicator_without_definition_is_shown_but_not_judged() -> None:
    found = only(
        board(rows(("00001", "2025-07", "luck", 2024, 7.0, 9.0, 2025))), "commune", "00001"
    )
    assert (found["status"], found["title_en"], found["value"]) == ("undefined", "luck", 7.0)
    assert np.isnan(found["gap"])


def test_nothing_of_the_layer_gives_an_empty_board() -> None:
    found = board(rows(("09999", "2025-07", USERS, 2024, 0.5, 0.9, 2025)))
    assert found.empty
    assert tuple(found.columns) == indicators.COLUMNS


def test_the_plan_of_bac_kan() -> None:
    table = rows(
        ("00001", "2025-07", USERS, 2024, 0.8, None, None),
        ("00002", "2025-07", USERS, 2024, 0.8, 0.7, 2025),
    )
    found = board(table, BAC_KAN)
    first, second = only(found, "commune", "00001"), only(found, "commune", "00002")
    assert (first["target"], first["target_year"]) == (0.9, 2025)
    assert "backan.gov.vn" in first["target_source"]
    assert (second["target"], second["target_source"]) == (0.7, "nguồn")
    assert only(found, "province")["target"] == 0.9
    plan = found[found["level"] == "plan"].set_index("indicator")
    # published: backan.gov.vn, October 2024
    published = {
        "internet_user_share": 0.91,
        "eid_share": 0.589,
        "commune_mobile_signal": 1.0,
        "units_on_state_network_share": 1.0,
        "pilot_commune": 8.0,
    }
    assert plan["value"].dropna().to_dict() == published
    # published: targets of the plan of October 2023
    assert plan.loc["shared_bts_share", "target"] == 0.25
    assert plan.loc["mobile_download_mbps", ["target", "unit"]].tolist() == [70.0, "mbps"]
    assert plan.loc["villages_fibre_share", ["target", "status"]].tolist() == [1.0, "unknown"]
    assert plan["source"].str.contains("https://").sum() == len(published)
    assert len(plan) == 16


def test_every_figure_of_a_shipped_plan_has_a_definition() -> None:
    assert BAC_KAN.plan is not None
    codes = {definition.code for definition in BAC_KAN.definitions}
    assert {f.indicator for f in (*BAC_KAN.plan.targets, *BAC_KAN.plan.published)} <= codes


def test_a_plan_of_no_name_is_refused() -> None:
    with pytest.raises(ScenarioError, match="bac_kan_2023_2025"):
        scenario_from({"indicators": {"plan": "moon"}}, "s")
    with pytest.raises(ScenarioError):
        scenario_from({"indicators": {"definitions": [{"code": "x"}]}}, "s")


def test_the_reference_project_is_marked_synthetic(shared: Path) -> None:
    table = pd.read_csv(
        shared / "data" / "backan" / "indicators_synthetic.csv", dtype={"commune_code": str}
    )
    codes = sorted(set(table["commune_code"]))
    communes = pd.DataFrame({"commune_code": codes, "name": codes, "edition": "2025-07"})
    villages = pd.DataFrame({"commune_code": codes, "households": 10, "population": 40})
    found = indicators.scoreboard(table, communes, villages, BAC_KAN, synthetic=True)
    assert found.groupby("level")["synthetic"].agg(["all", "any"]).to_dict("index") == {
        "commune": {"all": True, "any": True},
        "plan": {"all": False, "any": False},
        "province": {"all": True, "any": True},
    }
    assert (found["level"] == "commune").sum() == 37 * 6
    province = found[(found["level"] == "province") & (found["indicator"] == USERS)].iloc[0]
    users = table.loc[table["indicator"] == USERS, "value"]
    assert province["value"] == pytest.approx(users.mean(), abs=1e-6)  # equal weights; 6 decimals
