"""Scenarios and project files read from TOML and laid over the presets.

All problems of a file are found at once; what is wrong is left out, and the rest is examined.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from coverage.errors import Problem
from coverage.params import (
    CountryFile,
    IndicatorRules,
    PriorityRules,
    ProjectFile,
    ReceiverLevel,
    Scenario,
    ThresholdProfile,
)
from coverage.text import Text
from coverage.validation import SettingsError, examined, setting_problem, validated

_LARGEST_TOML: Final = 4 * 2**20
TABLES: Final = ("radio", "gaps", "causes", "stability", "fibre", "weights", "indicators")
LAID_OVER: Final = (
    *("evidence", "costs", "power", "links", "routes", "planning", "funding", "variants"),
    "measuring",
)
"""Groups with a preset file of their own, of which a scenario may replace single values."""
_NOT_A_TABLE: Final = Text("phải là một bảng TOML", "must be a TOML table")


@cache
def preset_table(name: str) -> dict[str, Any]:
    """Return what a preset file holds, as it stands there."""
    text = (resources.files("coverage") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def threshold_profiles() -> dict[str, ThresholdProfile]:
    """Return the shipped threshold profiles by name.

    Examples
    --------
    >>> sorted(threshold_profiles())
    ['outdoor', 'strict']
    """
    return {
        name: validated(ThresholdProfile, table, f"presets/thresholds.toml [{name}]")
        for name, table in preset_table("thresholds").items()
    }


def receiver_levels() -> dict[str, ReceiverLevel]:
    """Return the shipped places of a receiver by name."""
    return {
        name: validated(ReceiverLevel, table, f"presets/levels.toml [{name}]")
        for name, table in preset_table("levels").items()
    }


def priority_profiles() -> dict[str, PriorityRules]:
    """Return the shipped sets of criteria by name.

    Examples
    --------
    >>> sorted(priority_profiles())
    ['fibre', 'mobile']
    """
    return {
        name: validated(PriorityRules, table, f"presets/priority.toml [{name}]")
        for name, table in preset_table("priority").items()
    }


def default_scenario() -> Scenario:
    """Return the scenario that applies where a project says nothing else.

    Examples
    --------
    >>> limits = default_scenario().thresholds.technologies["4G"]
    >>> limits.good_dbm, limits.weak_dbm
    (-105.0, -115.0)
    """
    return scenario_from({}, "presets/scenario.toml")


def load_scenario(path: Path) -> Scenario:
    """Read a scenario from a TOML file; what it leaves out comes from the presets."""
    return scenario_from(_with_calibration(read_toml(path), path.parent), path.name)


def scenario_from(
    settings: Mapping[str, Any], where: str, *, land_cover: Mapping[str, Any] | None = None
) -> Scenario:
    """Build a scenario from settings laid over the presets.

    Parameters
    ----------
    settings
        Tables `radio`, `gaps`, `causes`, `stability` and `fibre` override single values;
        `evidence`, `costs`, `power`, `links`, `routes`, `planning`, `funding`, `variants` and
        `measuring` at any depth, lists whole.
        `thresholds` and `priority` each name a shipped profile or are a table; `level` names where
        the receiver is, which raises the thresholds. `weights` maps criterion names to weights;
        `indicators` names a `plan` and may add `definitions`; `switch_off` replaces all ends of
        service.
    where
        Name of the file, for messages.
    land_cover
        A legend that replaces the shipped one.

    Raises
    ------
    ScenarioError
        With every unknown key and every value out of range.
    """
    scenario, problems = _examined_scenario(settings, where, land_cover=land_cover)
    if scenario is None or problems:
        raise SettingsError(problems)
    return scenario


def load_project_file(path: Path) -> tuple[ProjectFile, Scenario]:
    """Read `project.toml` and the scenario it names or holds."""
    project, scenario, problems = examine_project_file(path)
    if project is None or problems:
        raise SettingsError(problems)
    return project, scenario


def load_country_file(path: Path) -> CountryFile:
    """Read `country.toml`."""
    file, problems = examined(CountryFile, read_toml(path), path.name)
    if file is None or problems:
        raise SettingsError(problems)
    return file


def examine_project_file(
    path: Path,
) -> tuple[ProjectFile | None, Scenario, tuple[Problem, ...]]:
    """Read `project.toml` as far as it can be used, and return all its problems.

    Settings that are wrong are left out, so that the data they name can be examined all the same;
    the project is None where too little is left.
    """
    project: ProjectFile | None = None
    problems: list[Problem] = []
    scenario = default_scenario()
    try:
        raw = read_toml(path)
        project, problems = examined(ProjectFile, raw, path.name)
        settings, where, legend = _scenario_settings(raw, path)
        found, more = _examined_scenario(settings, where, land_cover=legend)
        problems += more
        scenario = found or scenario
    except SettingsError as error:
        problems += error.problems
    return project, scenario, tuple(problems)


def _scenario_settings(
    raw: Mapping[str, Any], path: Path
) -> tuple[Mapping[str, Any], str, Mapping[str, Any] | None]:
    """Return the scenario's settings, the name of where they stand, and the project's legend."""
    settings, legend = raw.get("scenario", {}), raw.get("land_cover")
    legend = legend if isinstance(legend, dict) and legend else None
    if isinstance(settings, str):
        table, where, folder = read_toml(path.parent / settings), settings, path.parent / settings
        return _with_calibration(table, folder.parent), where, legend
    table = settings if isinstance(settings, dict) else {}
    return _with_calibration(table, path.parent), f"{path.name} [scenario]", legend


def _with_calibration(settings: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Put the content of the calibration file that `radio` names in the place of its name."""
    radio = settings.get("radio")
    if not isinstance(radio, dict) or not isinstance(named := radio.get("calibration"), str):
        return settings
    return {**settings, "radio": {**radio, "calibration": read_toml(folder / named)}}


def _examined_scenario(
    settings: Mapping[str, Any], where: str, *, land_cover: Mapping[str, Any] | None = None
) -> tuple[Scenario | None, list[Problem]]:
    """Build a scenario and find all its problems; what is wrong is left out."""
    preset = preset_table("scenario")
    allowed = {"name", "thresholds", "level", "priority", "switch_off", *TABLES, *LAID_OVER}
    problems = [
        setting_problem(where, key, None, _unknown_key(sorted(allowed)), rule="unknown_key")
        for key in sorted(set(settings) - allowed)
    ]
    tables = {}
    for key in (*TABLES, *LAID_OVER):
        tables[key] = settings.get(key, {})
        if not isinstance(tables[key], dict):
            problems.append(
                setting_problem(where, key, tables[key], _NOT_A_TABLE, rule="not_a_table")
            )
            tables[key] = {}
    profiles = {}
    for key in ("thresholds", "priority"):
        profiles[key], more = _profile(key, settings.get(key, preset[key]), where)
        problems += more
    priority, more = examined(PriorityRules, profiles["priority"], f"{where} [priority]")
    problems += more
    if priority is not None:
        try:
            priority = priority.with_weights(tables["weights"])
        except SettingsError as error:
            problems += error.problems
    level, more = _level(settings.get("level", preset["level"]), where)
    problems += more
    indicators, more = _indicator_rules(tables["indicators"], where)
    problems += more
    scenario, more = examined(
        Scenario,
        {
            "name": settings.get("name", preset["name"]),
            "radio": preset["radio"] | tables["radio"],
            "gaps": preset["gaps"] | tables["gaps"],
            "causes": preset["causes"] | tables["causes"],
            "thresholds": profiles["thresholds"],
            "priority": (priority or priority_profiles()[preset["priority"]]).model_dump(),
            "stability": preset["stability"] | tables["stability"],
            "fibre": preset["fibre"] | tables["fibre"],
            "indicators": indicators.model_dump(),
            "land_cover": land_cover or preset_table("land_cover"),
            "switch_off": settings.get("switch_off", preset_table("switch_off")),
        }
        | {
            key: _laid_over(preset_table(key), tables[key], f"{where} [{key}]") for key in LAID_OVER
        },
        where,
    )
    if scenario is not None:
        raised = scenario.thresholds.raised(level)
        scenario = scenario.model_copy(update={"thresholds": raised})
    return scenario, problems + more


def _level(name: object, where: str) -> tuple[ReceiverLevel, list[Problem]]:
    """Return the level of this name; the outdoor one, and the problem, where there is none."""
    levels = receiver_levels()
    if isinstance(name, str) and name in levels:
        return levels[name], []
    what = Text(
        f"không có mức này; hãy chọn trong {sorted(levels)}",
        f"no level of this name; choose of {sorted(levels)}",
    )
    return levels["outdoor"], [setting_problem(where, "level", name, what, rule="unknown_level")]


def _laid_over(
    preset: Mapping[str, Any], settings: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Replace values of a preset, table by table.

    A table whose values change without naming their source gets this file as the source: the
    preset's no longer speaks for it.
    """
    merged = dict(preset)
    for key, value in settings.items():
        inner = merged.get(key)
        both_tables = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _laid_over(inner, value, where) if both_tables else value  # type: ignore[arg-type]
    if "source" in preset and settings.keys() - {"source", "year", "is_assumption"}:
        merged["source"] = settings.get("source", where)
    return merged


def _profile(key: str, chosen: object, where: str) -> tuple[object, list[Problem]]:
    """Return the profile that a name stands for, or the table given in its place."""
    shipped = preset_table(key)
    if not isinstance(chosen, str):
        return chosen, []
    if chosen in shipped:
        return shipped[chosen], []
    what = Text(
        f"không có bộ này; hãy chọn trong {sorted(shipped)}",
        f"no profile of this name; choose of {sorted(shipped)}",
    )
    problem = setting_problem(where, key, chosen, what, rule="unknown_profile")
    return shipped[preset_table("scenario")[key]], [problem]


def _indicator_rules(
    settings: Mapping[str, Any], where: str
) -> tuple[IndicatorRules, list[Problem]]:
    """Lay a project's own definitions over the shipped ones, and look up the plan it names."""
    preset, problems = preset_table("indicators"), []
    plan = settings.get("plan")
    if isinstance(plan, str) and plan not in preset["plans"]:
        what = Text(
            f"không có kế hoạch này; hãy chọn trong {sorted(preset['plans'])}",
            f"no plan of this name; choose of {sorted(preset['plans'])}",
        )
        problems = [setting_problem(where, "indicators.plan", plan, what, rule="unknown_profile")]
        plan = None
    own, more = examined(
        IndicatorRules,
        {"definitions": []}
        | dict(settings)
        | {"plan": preset["plans"][plan] if isinstance(plan, str) else plan},
        f"{where} [indicators]",
    )
    shipped = IndicatorRules(definitions=preset["definitions"])
    if own is None:
        return shipped, problems + more
    defined = {d.code: d for d in (*shipped.definitions, *own.definitions)}
    return own.model_copy(update={"definitions": tuple(defined.values())}), problems + more


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of at most 4 MiB written in UTF-8 (a byte-order mark is allowed)."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_TOML + 1)
        if len(content) > _LARGEST_TOML:
            raise SettingsError([_too_large(path.name)])
        text = content.decode("utf-8-sig")
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except FileNotFoundError as error:
        what = Text(f"không tìm thấy tệp {path}", f"there is no file {path}")
        fix = Text("Hãy kiểm tra lại đường dẫn.", "Check the path.")
        raise SettingsError([_about_file(path.name, "missing_file", what, fix)]) from error
    except OSError as error:
        what = Text(
            f"không đọc được tệp ({error.strerror})", f"the file cannot be read ({error.strerror})"
        )
        fix = Text("Hãy kiểm tra quyền đọc tệp.", "Check that you may read it.")
        raise SettingsError([_about_file(path.name, "unreadable_file", what, fix)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        what = Text(f"không phải là TOML hợp lệ: {error}", f"is not valid TOML: {error}")
        fix = Text("Hãy sửa dòng đó, lưu bằng UTF-8.", "Mend that line; save it as UTF-8.")
        raise SettingsError([_about_file(path.name, "not_toml", what, fix)]) from error


def _unknown_key(allowed: list[str]) -> Text:
    return Text(
        f"khóa không hợp lệ; các khóa được phép: {allowed}",
        f"unknown key; allowed keys: {allowed}",
    )


def _too_large(name: str) -> Problem:
    megabytes = _LARGEST_TOML // 2**20
    what = Text(f"tệp lớn hơn {megabytes} MB", f"the file is larger than {megabytes} MB")
    fix = Text("Tệp này chỉ để ghi cấu hình.", "It is for settings only.")
    return _about_file(name, "too_large", what, fix)


def _about_file(name: str, rule: str, what: Text, fix: Text) -> Problem:
    return Problem(severity="error", rule=rule, file=name, what=what, fix=fix)
