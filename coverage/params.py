"""What a run may vary: the scenario, its parts, and how they are read from TOML.

Every default lives in `presets/*.toml` with its source. A scenario is frozen and hashable, so it
can key a cache; unknown keys are refused, all of them at once.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coverage.errors import Problem, ScenarioError
from coverage.text import Text

Technology = Literal["3G", "4G", "5G"]
TECHNOLOGIES: Final[tuple[Technology, ...]] = ("3G", "4G", "5G")
MAIN_TECHNOLOGY: Final[Technology] = "4G"
SignalClass = Literal["good", "weak", "none", "unknown"]
SIGNAL_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak", "none", "unknown")
COVERED_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak")

_WEAK_ABOVE_GOOD: Final = "`good_dbm` must not lie below `weak_dbm`"
_CRITERION_TWICE: Final = "each criterion may stand once"
_NO_WEIGHT: Final = "at least one criterion must weigh more than 0"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
M = TypeVar("M", bound=BaseModel)
DecibelMilliwatts = Annotated[float, Field(ge=-200.0, le=100.0)]


class SettingsError(ScenarioError):
    """Settings that cannot be used, with every problem of theirs."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(
            Text(
                vi="\n".join(problem.line("vi") for problem in self.problems),
                en="\n".join(problem.line("en") for problem in self.problems),
            )
        )


class Frozen(BaseModel):
    """Base of all parameter groups: frozen, hashable, refusing unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RadioParams(Frozen):
    """How signal is predicted; changing any of these means predicting anew."""

    engine: Literal["sweep", "profile"]
    rx_height_m: Annotated[float, Field(ge=1.0, le=100.0)]
    max_range_km: Annotated[float, Field(ge=0.25, le=100.0)]
    time_percent: Annotated[float, Field(ge=1.0, le=50.0)]
    delta_n: Annotated[float, Field(ge=0.0, le=200.0)]
    n0: Annotated[float, Field(ge=200.0, le=450.0)]
    polarisation: Literal["vertical", "horizontal"]
    vertical_beamwidth_deg: Annotated[float, Field(ge=1.0, le=90.0)]
    front_to_back_db: Annotated[float, Field(ge=0.0, le=60.0)]
    side_lobe_db: Annotated[float, Field(ge=0.0, le=60.0)]
    pilot_power_share: Annotated[float, Field(gt=0.0, le=1.0)]
    clutter: Literal["none", "receiver_loss", "profile"]
    use_planned: bool


class ClassThresholds(Frozen):
    """Limits of one technology's classes, in dBm of RSCP, RSRP or SS-RSRP."""

    good_dbm: DecibelMilliwatts
    weak_dbm: DecibelMilliwatts

    @model_validator(mode="after")
    def _good_above_weak(self) -> Self:
        if self.good_dbm < self.weak_dbm:
            raise ValueError(_WEAK_ABOVE_GOOD)
        return self


class ThresholdProfile(Frozen):
    """Named limits of all technologies, with where they come from."""

    title_vi: str
    title_en: str
    source: str
    year: int
    is_assumption: bool
    technologies: dict[Technology, ClassThresholds]

    def __hash__(self) -> int:
        """Hash by content; the mapping is never changed."""
        return hash((self.title_en, self.source, tuple(sorted(self.technologies.items(), key=str))))

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_vi, self.title_en)


class GapRules(Frozen):
    """How signal becomes a class."""

    rule: Literal["centre", "centre_and_area"]
    shadowing_sigma_db: Annotated[float, Field(gt=0.0, le=20.0)]
    surroundings_m: Annotated[float, Field(ge=0.0, le=10_000.0)]
    unserved_area_share: Share


class Criterion(Frozen):
    """One criterion of the priority score: what is read, how it is scaled, how much it weighs."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    column: str
    title_vi: str
    title_en: str
    scaling: Literal["share", "flag", "not_flag", "maximum", "quantile"]
    weight: Annotated[float, Field(ge=0.0)]

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_vi, self.title_en)


class PriorityRules(Frozen):
    """The open weighted score."""

    source: str
    year: int
    is_assumption: bool
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _usable(self) -> Self:
        names = [criterion.name for criterion in self.criteria]
        if len(set(names)) < len(names):
            raise ValueError(_CRITERION_TWICE)
        if not sum(criterion.weight for criterion in self.criteria) > 0:
            raise ValueError(_NO_WEIGHT)
        return self

    def with_weights(self, weights: Mapping[str, float]) -> PriorityRules:
        """Return the same criteria with other weights, given by criterion name."""
        known = {criterion.name for criterion in self.criteria}
        if unknown := sorted(set(weights) - known):
            what = Text(
                f"không có tiêu chí này; các tiêu chí là {sorted(known)}",
                f"there is no such criterion; the criteria are {sorted(known)}",
            )
            raise SettingsError(
                _problem("[scenario.weights]", name, None, what, rule="unknown_criterion")
                for name in unknown
            )
        return _validated(
            PriorityRules,
            self.model_dump()
            | {
                "criteria": [
                    c.model_dump() | {"weight": weights.get(c.name, c.weight)}
                    for c in self.criteria
                ]
            },
            "[scenario.weights]",
        )


class LandCoverClass(Frozen):
    """Clutter of one land-cover class."""

    code: Annotated[int, Field(ge=0, le=255)]
    title_vi: str
    title_en: str
    height_m: Annotated[float, Field(ge=0.0, le=100.0)]
    receiver_loss_db: Annotated[float, Field(ge=0.0, le=60.0)]


class LandCover(Frozen):
    """Legend of the land-cover raster."""

    source: str
    year: int
    is_assumption: bool
    classes: tuple[LandCoverClass, ...]


class Scenario(Frozen):
    """Everything a run may vary."""

    name: str
    radio: RadioParams
    gaps: GapRules
    thresholds: ThresholdProfile
    priority: PriorityRules
    land_cover: LandCover


class ProjectSection(Frozen):
    """`[project]` of `project.toml`."""

    name: Annotated[str, Field(min_length=1)]
    crs: str | None = None
    resolution_m: Annotated[float, Field(ge=5.0, le=5_000.0)] = 90.0
    synthetic: bool = False
    note: str = ""


class InputsSection(Frozen):
    """`[inputs]` of `project.toml`: where each table, layer and raster is."""

    communes: str
    villages: str
    stations: str
    terrain: tuple[str, ...] | str
    land_cover: str | None = None
    roads: str | None = None
    power_lines: str | None = None
    fibre_nodes: str | None = None
    fibre_lines: str | None = None
    measurements: str | None = None
    indicators: str | None = None
    crosswalk: str | None = None


class ProjectFile(Frozen):
    """The whole `project.toml`."""

    project: ProjectSection
    inputs: InputsSection
    scenario: dict[str, Any] | str = Field(default_factory=dict)
    land_cover: dict[str, Any] = Field(default_factory=dict)


@cache
def _preset(name: str) -> dict[str, Any]:
    text = (resources.files("coverage") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def threshold_profiles() -> dict[str, ThresholdProfile]:
    """Return the shipped threshold profiles by name."""
    return {
        name: _validated(ThresholdProfile, table, f"presets/thresholds.toml [{name}]")
        for name, table in _preset("thresholds").items()
    }


def default_scenario() -> Scenario:
    """Return the scenario that applies where a project says nothing else."""
    return scenario_from({}, "presets/scenario.toml")


def load_scenario(path: Path) -> Scenario:
    """Read a scenario from a TOML file; what it leaves out comes from the presets."""
    return scenario_from(read_toml(path), path.name)


def scenario_from(
    settings: Mapping[str, Any], where: str, *, land_cover: Mapping[str, Any] | None = None
) -> Scenario:
    """Build a scenario from settings laid over the presets.

    Parameters
    ----------
    settings
        Tables `radio` and `gaps` override single values. `thresholds` is the name of a shipped
        profile or a table; `weights` maps criterion names to weights; `priority` replaces all
        criteria.
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
        project, problems = _examined(ProjectFile, raw, path.name)
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
        return read_toml(path.parent / settings), settings, legend
    table = settings if isinstance(settings, dict) else {}
    return table, f"{path.name} [scenario]", legend


def _examined_scenario(
    settings: Mapping[str, Any], where: str, *, land_cover: Mapping[str, Any] | None = None
) -> tuple[Scenario | None, list[Problem]]:
    """Build a scenario and find all its problems; what is wrong is left out."""
    preset = _preset("scenario")
    allowed = {"name", "radio", "gaps", "thresholds", "weights", "priority"}
    problems = [
        _problem(where, key, None, _unknown_key(sorted(allowed)), rule="unknown_key")
        for key in sorted(set(settings) - allowed)
    ]
    tables = {}
    for key in ("radio", "gaps", "weights"):
        tables[key] = settings.get(key, {})
        if not isinstance(tables[key], dict):
            problems.append(_problem(where, key, tables[key], _NOT_A_TABLE, rule="not_a_table"))
            tables[key] = {}
    thresholds = settings.get("thresholds", preset["thresholds"])
    if isinstance(thresholds, str) and thresholds not in (shipped := _preset("thresholds")):
        problems.append(
            _problem(
                where,
                "thresholds",
                thresholds,
                Text(
                    f"không có bộ ngưỡng này; hãy chọn trong {sorted(shipped)}",
                    f"no threshold profile of this name; choose of {sorted(shipped)}",
                ),
                rule="unknown_profile",
            )
        )
        thresholds = preset["thresholds"]
    if isinstance(thresholds, str):
        thresholds = _preset("thresholds")[thresholds]
    priority, more = _examined(
        PriorityRules, settings.get("priority", _preset("priority")), f"{where} [priority]"
    )
    problems += more
    if priority is not None:
        try:
            priority = priority.with_weights(tables["weights"])
        except SettingsError as error:
            problems += error.problems
    scenario, more = _examined(
        Scenario,
        {
            "name": settings.get("name", preset["name"]),
            "radio": preset["radio"] | tables["radio"],
            "gaps": preset["gaps"] | tables["gaps"],
            "thresholds": thresholds,
            "priority": (priority or PriorityRules(**_preset("priority"))).model_dump(),
            "land_cover": land_cover or _preset("land_cover"),
        },
        where,
    )
    return scenario, problems + more


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file written in UTF-8 (a byte-order mark is allowed)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = Text(f"không phải là TOML hợp lệ: {error}", f"is not valid TOML: {error}")
        fix = Text("Hãy sửa dòng đó, lưu bằng UTF-8.", "Mend that line; save it as UTF-8.")
        raise SettingsError([_about_file(path.name, "not_toml", what, fix)]) from error


def _validated(model: type[M], table: object, where: str) -> M:
    found, problems = _examined(model, table, where)
    if found is None or problems:
        raise SettingsError(problems)
    return found


def _examined(model: type[M], table: object, where: str) -> tuple[M | None, list[Problem]]:
    """Validate a table; what is wrong and may be left out is left out, and told."""
    try:
        return model.model_validate(table), []
    except ValidationError as error:
        items = error.errors(include_url=False)
    problems = [_explained(item, where) for item in items]
    rest = copy.deepcopy(table)
    for item in items:
        _leave_out(rest, item["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        return None, problems


def _leave_out(table: Any, place: tuple[int | str, ...]) -> None:
    """Remove the innermost key of `place` that stands in a table of tables."""
    holder, last = None, ""
    for key in place:
        if not isinstance(table, dict) or key not in table:
            break
        holder, last, table = table, str(key), table[key]
    if holder is not None:
        del holder[last]


_NOT_A_TABLE: Final = Text("phải là một bảng TOML", "must be a TOML table")


def _unknown_key(allowed: list[str]) -> Text:
    return Text(
        f"khóa không hợp lệ; các khóa được phép: {allowed}",
        f"unknown key; allowed keys: {allowed}",
    )


def _problem(where: str, key: str, value: object, what: Text, *, rule: str) -> Problem:
    return Problem(
        severity="error",
        rule=rule,
        file=where,
        column=key or None,
        value=None if value is None else str(value),
        what=what,
        fix=Text("Hãy xóa khóa này hoặc sửa lại.", "Remove this key or mend it."),
    )


def _about_file(name: str, rule: str, what: Text, fix: Text) -> Problem:
    return Problem(severity="error", rule=rule, file=name, what=what, fix=fix)


_RULES_VI: Final = {
    "missing": "thiếu khóa này",
    "greater_than_equal": "phải lớn hơn hoặc bằng {ge}",
    "less_than_equal": "phải nhỏ hơn hoặc bằng {le}",
    "greater_than": "phải lớn hơn {gt}",
    "literal_error": "phải là một trong {expected}",
    "float_parsing": "phải là số",
    "float_type": "phải là số",
    "int_parsing": "phải là số nguyên",
    "string_type": "phải là chuỗi ký tự",
    "bool_parsing": "phải là true hoặc false",
    "finite_number": "phải là số hữu hạn",
    "bool_type": "phải là true hoặc false",
    "int_from_float": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "tuple_type": "phải là danh sách",
    "dict_type": "phải là một bảng TOML",
    "model_type": "phải là một bảng TOML",
    "string_too_short": "không được để trống",
    "string_pattern_mismatch": "chỉ gồm chữ thường không dấu, số và dấu gạch dưới",
}
_REASONS_VI: Final = {
    _WEAK_ABOVE_GOOD: "`good_dbm` không được thấp hơn `weak_dbm`",
    _CRITERION_TWICE: "mỗi tiêu chí chỉ được xuất hiện một lần",
    _NO_WEIGHT: "ít nhất một tiêu chí phải có trọng số lớn hơn 0",
}


def _explained(item: Any, where: str) -> Problem:
    key = ".".join(str(part) for part in item["loc"])
    kind = item["type"]
    if kind == "extra_forbidden":
        what = Text("khóa không hợp lệ", "unknown key")
        return _problem(where, key, item["input"], what, rule="unknown_key")
    rule_vi = _RULES_VI[kind].format(**item.get("ctx", {})) if kind in _RULES_VI else item["msg"]
    if kind == "value_error":
        reason = str(item["ctx"]["error"])
        what = Text(_REASONS_VI.get(reason, reason), reason)
        return _problem(where, key, None, what, rule=kind)
    value = None if kind == "missing" else item["input"]
    fix = Text("Hãy thêm khóa này.", "Add this key.") if kind == "missing" else None
    problem = _problem(where, key, value, Text(rule_vi, item["msg"]), rule=kind)
    return problem if fix is None else replace(problem, fix=fix)
