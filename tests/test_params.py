"""Scenarios: presets, what a project lays over them, and every refusal at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coverage.errors import ScenarioError
from coverage.settings import (
    default_scenario,
    examine_project_file,
    load_project_file,
    load_scenario,
    priority_profiles,
    read_toml,
    scenario_from,
    threshold_profiles,
)
from coverage.validation import SettingsError
from tests.io.made import write_toml


def refused(settings: dict[str, Any]) -> set[tuple[str, str | None]]:
    with pytest.raises(SettingsError) as caught:
        scenario_from(settings, "s.toml")
    for problem in caught.value.problems:
        assert problem.what.vi != problem.what.en, problem
        assert problem.line("vi") in caught.value.message("vi")
        assert problem.line("en") in caught.value.message("en")
    return {(problem.rule, problem.column) for problem in caught.value.problems}


def test_the_defaults_are_those_of_the_design() -> None:
    scenario = default_scenario()
    limits = {t: (c.good_dbm, c.weak_dbm) for t, c in scenario.thresholds.technologies.items()}
    assert limits == {"3G": (-100, -110), "4G": (-105, -115), "5G": (-110, -118)}
    assert (scenario.radio.rx_height_m, scenario.radio.max_range_km) == (1.5, 30.0)
    assert scenario.gaps.rule == "centre"
    assert scenario.thresholds.is_assumption
    assert scenario.priority.is_assumption


def test_single_values_are_laid_over_the_presets() -> None:
    scenario = scenario_from(
        {"name": "wet", "radio": {"rx_height_m": 10}, "gaps": {"rule": "centre_and_area"}}, "s.toml"
    )
    default = default_scenario()
    assert (scenario.name, scenario.radio.rx_height_m) == ("wet", 10.0)
    assert scenario.radio == default.radio.model_copy(update={"rx_height_m": 10.0})
    assert scenario.gaps == default.gaps.model_copy(update={"rule": "centre_and_area"})
    assert scenario.thresholds == default.thresholds
    assert default_scenario() == default  # the presets stay as they are


def test_thresholds_by_name_or_table() -> None:
    named = scenario_from({"thresholds": "strict"}, "s.toml").thresholds
    assert named == threshold_profiles()["strict"]
    table = named.model_dump() | {"technologies": {"4G": {"good_dbm": -90, "weak_dbm": -90}}}
    own = scenario_from({"thresholds": table}, "s.toml").thresholds
    assert own.technologies["4G"].good_dbm == -90.0
    assert refused({"thresholds": "dry"}) == {("unknown_profile", "thresholds")}


def test_good_below_weak_is_refused() -> None:
    table = threshold_profiles()["strict"].model_dump()
    table["technologies"]["4G"] = {"good_dbm": -115.0, "weak_dbm": -105.0}
    assert refused({"thresholds": table}) == {("value_error", "thresholds.technologies.4G")}


def test_every_shipped_profile_grades_every_technology() -> None:
    for profile in threshold_profiles().values():
        assert set(profile.technologies) == {"3G", "4G", "5G"}
        assert profile.source
        assert profile.title.vi != profile.title.en


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = refused(
        {
            "wether": 1,
            "radio": {"height": 2, "rx_height_m": 0.5, "time_percent": "half", "use_planned": 7},
            "gaps": "centre",
            "thresholds": "dry",
            "weights": {"luck": 1},
        }
    )
    assert found == {
        ("unknown_key", "wether"),
        ("unknown_key", "radio.height"),
        ("greater_than_equal", "radio.rx_height_m"),
        ("float_parsing", "radio.time_percent"),
        ("bool_parsing", "radio.use_planned"),
        ("not_a_table", "gaps"),
        ("unknown_profile", "thresholds"),
        ("unknown_criterion", "luck"),
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_must_be_finite(number: float) -> None:
    assert {column for _, column in refused({"radio": {"delta_n": number}})} == {"radio.delta_n"}


def test_weights_change_only_what_they_name() -> None:
    default = default_scenario().priority
    changed = default.with_weights({"severity": 0.9})
    assert {c.name: c.weight for c in changed.criteria} == {
        c.name: 0.9 if c.name == "severity" else c.weight for c in default.criteria
    }
    assert scenario_from({"weights": {"severity": 0.9}}, "s.toml").priority == changed


def test_weights_that_cannot_be_used_are_refused() -> None:
    priority = default_scenario().priority
    with pytest.raises(ScenarioError, match="luck"):
        priority.with_weights({"luck": 1.0})
    with pytest.raises(ScenarioError, match="greater than or equal to 0"):
        priority.with_weights({"severity": -0.1})
    with pytest.raises(ScenarioError, match="more than 0"):
        priority.with_weights({c.name: 0.0 for c in priority.criteria})


def test_own_criteria_replace_the_shipped_ones() -> None:
    one = default_scenario().priority.model_dump() | {
        "criteria": [
            {
                "name": "poverty",
                "column": "poor",
                "title_vi": "Nghèo",
                "title_en": "Poor",
                "scaling": "share",
                "weight": 1,
            }
        ]
    }
    assert [c.column for c in scenario_from({"priority": one}, "s").priority.criteria] == ["poor"]
    one["criteria"] = one["criteria"] * 2
    assert refused({"priority": one}) == {("value_error", None)}


def test_scenarios_key_a_cache() -> None:
    one, same = default_scenario(), default_scenario()
    other = scenario_from({"radio": {"delta_n": 50}}, "s")
    assert hash(one) == hash(same)
    assert {one, same, other} == {one, other}
    assert all(hash(profile) for profile in threshold_profiles().values())
    with pytest.raises(ValueError, match="frozen"):
        one.name = "x"  # type: ignore[misc]


def test_a_scenario_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "wet.toml").write_bytes("\ufeff[radio]\ndelta_n = 60\n".encode())
    assert load_scenario(tmp_path / "wet.toml").radio.delta_n == 60.0
    path = write_toml(tmp_path)
    lines = path.read_text(encoding="utf-8").replace("[scenario]", "")
    path.write_text(f'scenario = "wet.toml"\n{lines}', encoding="utf-8")
    assert load_project_file(path)[1].radio.delta_n == 60.0


def test_what_is_wrong_is_left_out_so_that_the_data_can_be_read(tmp_path: Path) -> None:
    path = write_toml(
        tmp_path,
        project={"colour": 1, "resolution_m": 1},
        scenario={"radio": {"delta_n": 60, "time_percent": 90}},
    )
    file, scenario, problems = examine_project_file(path)
    assert file is not None
    assert file.inputs.villages == "villages.csv"
    assert file.project.resolution_m == 90.0
    assert scenario == default_scenario()
    assert [p.column for p in problems] == [
        "project.resolution_m",
        "project.colour",
        "radio.time_percent",
    ]
    with pytest.raises(ScenarioError):
        load_project_file(path)


def test_too_little_left_is_no_project(tmp_path: Path) -> None:
    file, _, problems = examine_project_file(write_toml(tmp_path, inputs={"villages": None}))
    assert file is None
    assert [(p.rule, p.column) for p in problems] == [("missing", "inputs.villages")]


def test_unreadable_toml_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("a = \nb = 1\n", encoding="utf-8")
    for path, said in ((tmp_path / "no.toml", "no file"), (tmp_path / "bad.toml", "line 1")):
        with pytest.raises(SettingsError, match=said):
            read_toml(path)
    with pytest.raises(SettingsError) as caught:
        read_toml(tmp_path)
    assert caught.value.problems[0].rule == "unreadable_file"


def test_a_set_of_criteria_is_chosen_by_name() -> None:
    fibre = scenario_from({"priority": "fibre", "weights": {"no_fibre": 0.5}}, "s").priority
    assert {c.name: c.weight for c in fibre.criteria}["no_fibre"] == 0.5
    assert default_scenario().priority == priority_profiles()["mobile"]
    assert refused({"priority": "luck"}) == {("unknown_profile", "priority")}
    assert refused({"priority": "fibre", "weights": {"no_grid_power": 1}}) == {
        ("unknown_criterion", "no_grid_power")
    }


def test_how_ranks_are_shaken_is_a_setting() -> None:
    assert scenario_from({"stability": {"seed": 3}}, "s").stability.seed == 3
    assert refused({"stability": {"draws": 0, "luck": 1}}) == {
        ("greater_than_equal", "stability.draws"),
        ("unknown_key", "stability.luck"),
    }
