"""What a run may vary: the scenario, its parts, and how they are read from TOML.

Every default lives in `presets/*.toml` with its source. A scenario is frozen and hashable, so it
can key a cache; unknown keys are refused, all of them at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coverage.errors import ScenarioError
from coverage.text import Text

Technology = Literal["3G", "4G", "5G"]
TECHNOLOGIES: Final[tuple[Technology, ...]] = ("3G", "4G", "5G")
MAIN_TECHNOLOGY: Final[Technology] = "4G"
SignalClass = Literal["good", "weak", "none", "unknown"]
SIGNAL_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak", "none", "unknown")
COVERED_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak")

Share = Annotated[float, Field(ge=0.0, le=1.0)]
M = TypeVar("M", bound=BaseModel)
DecibelMilliwatts = Annotated[float, Field(ge=-200.0, le=100.0)]


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
            msg = "`good_dbm` must not lie below `weak_dbm`"
            raise ValueError(msg)
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
            msg = "each criterion may stand once"
            raise ValueError(msg)
        if not sum(criterion.weight for criterion in self.criteria) > 0:
            msg = "at least one criterion must weigh more than 0"
            raise ValueError(msg)
        return self

    def with_weights(self, weights: Mapping[str, float]) -> PriorityRules:
        """Return the same criteria with other weights, given by criterion name."""
        known = {criterion.name for criterion in self.criteria}
        if unknown := sorted(set(weights) - known):
            raise ScenarioError(
                Text(
                    vi=f"Không có tiêu chí {unknown}; các tiêu chí là {sorted(known)}.",
                    en=f"There is no criterion {unknown}; the criteria are {sorted(known)}.",
                )
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
    preset = _preset("scenario")
    allowed = {"name", "radio", "gaps", "thresholds", "weights", "priority"}
    if unknown := sorted(set(settings) - allowed):
        raise ScenarioError(_unknown_keys(where, unknown, sorted(allowed)))
    thresholds = settings.get("thresholds", preset["thresholds"])
    priority = _validated(
        PriorityRules, settings.get("priority", _preset("priority")), f"{where} [priority]"
    )
    return _validated(
        Scenario,
        {
            "name": settings.get("name", preset["name"]),
            "radio": preset["radio"] | _table(settings, "radio", where),
            "gaps": preset["gaps"] | _table(settings, "gaps", where),
            "thresholds": _threshold_table(thresholds, where),
            "priority": priority.with_weights(_table(settings, "weights", where)).model_dump(),
            "land_cover": land_cover or _preset("land_cover"),
        },
        where,
    )


def load_project_file(path: Path) -> tuple[ProjectFile, Scenario]:
    """Read `project.toml` and the scenario it names or holds."""
    project = _validated(ProjectFile, read_toml(path), path.name)
    settings: Mapping[str, Any]
    if isinstance(project.scenario, str):
        where, settings = project.scenario, read_toml(path.parent / project.scenario)
    else:
        where, settings = f"{path.name} [scenario]", project.scenario
    return project, scenario_from(settings, where, land_cover=project.land_cover or None)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file written in UTF-8 (a byte-order mark is allowed)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ScenarioError(
            Text(
                vi=f"Không tìm thấy tệp {path}. Hãy kiểm tra lại đường dẫn.",
                en=f"There is no file {path}. Check the path.",
            )
        ) from None
    except OSError as error:
        raise ScenarioError(
            Text(
                vi=f"Không đọc được tệp {path.name}: {error.strerror}.",
                en=f"The file {path.name} cannot be read: {error.strerror}.",
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(
            Text(
                vi=f"{path.name} không phải là TOML hợp lệ: {error}. Hãy sửa dòng đó.",
                en=f"{path.name} is not valid TOML: {error}. Mend that line.",
            )
        ) from error


def _table(settings: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    table = settings.get(key, {})
    if not isinstance(table, dict):
        raise ScenarioError(
            Text(
                vi=f"{where}: `{key}` phải là một bảng TOML, không phải {table!r}.",
                en=f"{where}: `{key}` must be a TOML table, not {table!r}.",
            )
        )
    return table


def _threshold_table(thresholds: object, where: str) -> object:
    if not isinstance(thresholds, str):
        return thresholds
    shipped = _preset("thresholds")
    if thresholds not in shipped:
        raise ScenarioError(
            Text(
                vi=f"{where}: không có bộ ngưỡng {thresholds!r}; hãy chọn trong {sorted(shipped)}.",
                en=f"{where}: no threshold profile {thresholds!r}; choose of {sorted(shipped)}.",
            )
        )
    return shipped[thresholds]


def _unknown_keys(where: str, unknown: list[str], allowed: list[str]) -> Text:
    return Text(
        vi=f"{where}: khóa không hợp lệ {unknown}; các khóa được phép: {allowed}.",
        en=f"{where}: unknown key {unknown}; allowed keys: {allowed}.",
    )


def _validated(model: type[M], table: object, where: str) -> M:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        lines = [_explained(item) for item in error.errors(include_url=False)]
        raise ScenarioError(
            Text(
                vi="\n- ".join([f"{where} có lỗi:", *(line.vi for line in lines)]),
                en="\n- ".join([f"{where} has errors:", *(line.en for line in lines)]),
            )
        ) from error


_RULES_VI: Final = {
    "missing": "thiếu khóa này",
    "extra_forbidden": "khóa không hợp lệ; hãy xóa hoặc sửa tên",
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
}


def _explained(item: Any) -> Text:
    key = ".".join(str(part) for part in item["loc"]) or "(…)"
    rule_vi = _RULES_VI.get(item["type"], item["msg"]).format(**item.get("ctx", {}))
    if item["type"] == "extra_forbidden":
        return Text(f"`{key}`: {rule_vi}", f"`{key}`: unknown key; remove it or mend its name")
    value = "" if item["type"] == "missing" else f" ({item['input']!r})"
    return Text(f"`{key}`{value}: {rule_vi}", f"`{key}`{value}: {item['msg']}")
