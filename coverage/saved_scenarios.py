"""Scenarios with a name, kept as TOML files in a project's folder.

A file holds only what tells its scenario from the presets, so that a person can read it and a
project file can name it: `scenario = "scenarios/NAME.toml"`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomli_w

from coverage.errors import CoverageError, ScenarioError
from coverage.params import PriorityRules, Scenario
from coverage.settings import (
    LAID_OVER,
    TABLES,
    default_scenario,
    preset_table,
    priority_profiles,
    receiver_levels,
    scenario_from,
    threshold_profiles,
)
from coverage.text import Text, without_accents
from coverage.whole import write_whole

FOLDER: Final = "scenarios"
_ENDING: Final = ".toml"
_SINGLE_VALUES: Final = tuple(name for name in TABLES if name not in ("weights", "indicators"))
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 60


def settings_of(scenario: Scenario) -> dict[str, Any]:
    """Return the settings that, laid over the presets, make this scenario.

    The legend of the land cover is the project's and no part of them.

    Raises
    ------
    ScenarioError
        Where no settings can make it: a price of the presets that is left out, say.
    """
    whole, shipped = (_plainly(part) for part in (scenario, default_scenario()))
    names = preset_table("scenario")
    settings: dict[str, Any] = {
        name: _differing(whole[name], shipped[name]) for name in (*_SINGLE_VALUES, *LAID_OVER)
    }
    settings |= _thresholds(scenario) | _priority(scenario.priority)
    settings["indicators"] = _indicators(whole["indicators"])
    if whole["switch_off"] != shipped["switch_off"]:
        settings["switch_off"] = whole["switch_off"]
    settings = {
        name: value
        for name, value in settings.items()
        if value != {} and (name not in names or value != names[name])
    }
    settings = {"name": scenario.name, **settings}
    legend = scenario.land_cover.model_dump(mode="json")
    if scenario_from(settings, scenario.name, land_cover=legend) != scenario:
        raise ScenarioError(
            Text(
                "Kịch bản này bỏ bớt mục của thiết lập gốc nên không ghi được thành tệp riêng.",
                "This scenario leaves out parts of the presets; a file cannot say so.",
            )
        )
    return settings


def as_toml(scenario: Scenario) -> str:
    """Write a scenario as the TOML that `settings.load_scenario` reads."""
    return tomli_w.dumps(settings_of(scenario))


def save(scenario: Scenario, name: str, project: Path) -> Path:
    """Keep a scenario under a name in a project's folder; one of the same name is replaced.

    Returns
    -------
    Path
        The file, named after the name without accents.

    Raises
    ------
    CoverageError
        Where the name has no letter or digit, or the folder cannot be written.
    """
    stem = _NOT_IN_NAMES.sub("-", without_accents(name)).strip("-")[:_LONGEST_NAME]
    if not stem:
        raise ScenarioError(
            Text("Hãy đặt tên có chữ hoặc số.", "Give it a name with letters or digits.")
        )
    folder = project / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CoverageError(
            Text(
                f"Không tạo được thư mục {folder}: {error.strerror or error}.",
                f"The folder {folder} cannot be made: {error.strerror or error}.",
            )
        ) from error
    path = folder / f"{stem}{_ENDING}"
    named = scenario.model_copy(update={"name": " ".join(name.split())})
    write_whole(path, as_toml(named).encode("utf-8"))
    return path


def saved(project: Path) -> tuple[Path, ...]:
    """Return the files of the scenarios kept in a project's folder, by name."""
    folder = project / FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.glob(f"*{_ENDING}") if path.is_file()))


def _differing(value: Mapping[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that differ from the preset's, tables entry by entry, lists whole.

    Where any differ the source stands with them, so that it stays as it is.
    """
    found: dict[str, Any] = {}
    for key, entry in value.items():
        own = preset.get(key)
        if isinstance(entry, dict) and isinstance(own, dict):
            if inner := _differing(entry, own):
                found[key] = inner
        elif entry != own:
            found[key] = entry
    if found and "source" in preset and "source" in value:
        found["source"] = value["source"]
    return found


def _plainly(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(mode="json", exclude_none=True)


def _thresholds(scenario: Scenario) -> dict[str, Any]:
    for level, place in receiver_levels().items():
        for name, profile in threshold_profiles().items():
            if profile.raised(place) == scenario.thresholds:
                return {"thresholds": name, "level": level}
    return {"thresholds": scenario.thresholds.model_dump(mode="json"), "level": "outdoor"}


def _priority(rules: PriorityRules) -> dict[str, Any]:
    weights = {criterion.name: criterion.weight for criterion in rules.criteria}
    for name, profile in priority_profiles().items():
        own = {criterion.name: criterion.weight for criterion in profile.criteria}
        if own.keys() == weights.keys() and profile.with_weights(weights) == rules:
            changed = {key: weight for key, weight in weights.items() if weight != own[key]}
            return {"priority": name, "weights": changed}
    return {"priority": rules.model_dump(mode="json", exclude_none=True)}


def _indicators(rules: Mapping[str, Any]) -> dict[str, Any]:
    preset = preset_table("indicators")
    shipped = preset["definitions"]
    own = [definition for definition in rules["definitions"] if definition not in shipped]
    settings: dict[str, Any] = {"definitions": own} if own else {}
    if "plan" in rules:
        named = (name for name, plan in preset["plans"].items() if plan == rules["plan"])
        settings["plan"] = next(named, rules["plan"])
    return settings
