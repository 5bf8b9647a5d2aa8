"""Scenarios as files: what is written makes the same scenario again."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.errors import CoverageError, ScenarioError
from coverage.params import Scenario
from coverage.saved_scenarios import as_toml, save, saved, settings_of
from coverage.settings import (
    default_scenario,
    load_project_file,
    load_scenario,
    priority_profiles,
    receiver_levels,
    scenario_from,
    threshold_profiles,
)

DEFAULT = default_scenario()
CRITERIA = [criterion.name for criterion in DEFAULT.priority.criteria]
ITEMS = sorted(DEFAULT.costs.items)

settings = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(min_size=1, max_size=20),
        "thresholds": st.sampled_from(sorted(threshold_profiles())),
        "level": st.sampled_from(sorted(receiver_levels())),
        "priority": st.just("mobile"),
        "weights": st.dictionaries(st.sampled_from(CRITERIA), st.floats(0.01, 1.0), max_size=3),
        "radio": st.fixed_dictionaries(
            {}, optional={"max_range_km": st.floats(1.0, 50.0), "use_planned": st.booleans()}
        ),
        "gaps": st.fixed_dictionaries({}, optional={"shadowing_sigma_db": st.floats(1.0, 15.0)}),
        "costs": st.fixed_dictionaries(
            {
                "items": st.dictionaries(
                    st.sampled_from(ITEMS),
                    st.fixed_dictionaries({"capex": st.floats(0.0, 1e10)}),
                    max_size=3,
                )
            }
        ),
        "planning": st.fixed_dictionaries(
            {},
            optional={
                "objective": st.sampled_from(["households", "population", "villages", "priority"]),
                "must": st.lists(st.text("NS-0123", min_size=1, max_size=5), max_size=3),
            },
        ),
        "indicators": st.sampled_from([{}, {"plan": "bac_kan_2023_2025"}]),
    },
)


def made(wanted: dict[str, Any]) -> Scenario | None:
    try:
        return scenario_from(wanted, "test")
    except ScenarioError:
        return None


@given(settings)
def test_what_is_written_makes_the_same_scenario(wanted: dict[str, Any]) -> None:
    scenario = made(wanted)
    if scenario is None:
        return
    again = scenario_from(tomllib.loads(as_toml(scenario)), "again")
    assert again == scenario


def test_the_default_scenario_needs_no_settings() -> None:
    assert settings_of(DEFAULT) == {"name": DEFAULT.name}


def test_only_what_differs_is_written_with_its_source() -> None:
    item = DEFAULT.costs.items["site_build"].model_copy(update={"capex": 5e8, "source": "offer"})
    costs = DEFAULT.costs.model_copy(update={"items": {**DEFAULT.costs.items, "site_build": item}})
    weighed = DEFAULT.priority.with_weights({CRITERIA[0]: 0.4})
    scenario = DEFAULT.model_copy(update={"costs": costs, "priority": weighed})
    assert settings_of(scenario) == {
        "name": DEFAULT.name,
        "costs": {"items": {"site_build": {"capex": 5e8, "source": "offer"}}},
        "weights": {CRITERIA[0]: 0.4},
    }


def test_criteria_of_ones_own_and_changed_limits_are_written_whole() -> None:
    rules = priority_profiles()["mobile"]
    fewer = rules.model_copy(update={"criteria": rules.criteria[:3], "source": "own"})
    profile = next(iter(threshold_profiles().values())).model_copy(update={"source": "own"})
    scenario = DEFAULT.model_copy(update={"priority": fewer, "thresholds": profile})
    again = scenario_from(tomllib.loads(as_toml(scenario)), "again")
    assert again == scenario


def test_a_scenario_that_no_settings_make_is_refused() -> None:
    fewer = {k: v for k, v in DEFAULT.costs.items.items() if k != "site_build"}
    costs = DEFAULT.costs.model_copy(update={"items": fewer})
    with pytest.raises(ScenarioError, match="leaves out"):
        as_toml(DEFAULT.model_copy(update={"costs": costs}))


def test_a_name_becomes_a_file_inside_the_folder_and_stays_in_it(tmp_path: Path) -> None:
    path = save(DEFAULT, "../../Vùng khó khăn  (2026)", tmp_path)
    assert path == tmp_path / "scenarios" / "vung-kho-khan-2026.toml"
    assert load_scenario(path).name == "../../Vùng khó khăn (2026)"
    assert saved(tmp_path) == (path,)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["", "  ", "../", "###"])
def test_a_name_without_letters_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="name with letters"):
        save(DEFAULT, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "scenarios").write_text("a file", encoding="utf-8")
    with pytest.raises(CoverageError, match="cannot be"):
        save(DEFAULT, "a", tmp_path)


def test_a_project_can_name_a_saved_scenario(tmp_path: Path) -> None:
    scenario = DEFAULT.model_copy(
        update={"name": "x", "priority": DEFAULT.priority.with_weights({CRITERIA[0]: 0.9})}
    )
    path = save(scenario, "x", tmp_path)
    project = tmp_path / "project.toml"
    project.write_text(
        f'scenario = "scenarios/{path.name}"\n[project]\nname = "x"\n[inputs]\n'
        'communes = "c.gpkg"\nvillages = "v.csv"\nstations = "s.csv"\nterrain = "t.tif"\n',
        encoding="utf-8",
    )
    assert load_project_file(project)[1] == scenario
