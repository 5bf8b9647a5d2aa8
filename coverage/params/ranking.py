"""Who comes first, and what is held against targets: criteria, fibre classes, indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.words import Code
from coverage.text import Text
from coverage.validation import Frozen, RuleError, SettingsError, setting_problem, validated

GAP_STATUSES: Final = ("open", "assigned", "planned", "on_air", "verified")
"""Stations in the life of a gap, in their order."""
_CRITERION_TWICE: Final = Text(
    "mỗi tiêu chí chỉ được xuất hiện một lần", "each criterion may stand once"
)
_NO_WEIGHT: Final = Text(
    "ít nhất một tiêu chí phải có trọng số lớn hơn 0",
    "at least one criterion must weigh more than 0",
)
_CLASSES_IN_ORDER: Final = Text(
    "`near_m`, `medium_m`, `far_m` phải tăng dần", "`near_m`, `medium_m`, `far_m` must ascend"
)
_INDICATOR_TWICE: Final = Text(
    "mỗi chỉ số chỉ được định nghĩa một lần", "each indicator may be defined once"
)


class Criterion(Frozen):
    """One criterion of the priority score: what is read, how it is scaled, how much it weighs.

    `direction` says which values are more urgent, `missing` what an unknown value counts as:
    nothing, the median of the known ones, or the most urgent.
    """

    name: Code
    column: str
    title_vi: str
    title_en: str
    direction: Literal["more", "less"] = "more"
    scaling: Literal["share", "flag", "maximum", "range", "quantile"]
    missing: Literal["zero", "median", "worst"] = "zero"
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
            raise RuleError(_CRITERION_TWICE)
        if taken := sorted({"score", "rank"} & set(names)):
            raise RuleError(
                Text(
                    f"tên {taken[0]!r} dành cho kết quả, tiêu chí phải có tên khác",
                    f"the name {taken[0]!r} belongs to a result; the criterion needs another",
                )
            )
        if not sum(criterion.weight for criterion in self.criteria) > 0:
            raise RuleError(_NO_WEIGHT)
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
                setting_problem("[scenario.weights]", name, None, what, rule="unknown_criterion")
                for name in unknown
            )
        return validated(
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


class StabilityRules(Frozen):
    """How the weights are shaken to see which ranks hold.

    Weights are drawn from a Dirichlet distribution around the given ones; the greater the
    `concentration`, the closer they stay.
    """

    draws: Annotated[int, Field(ge=1, le=100_000)]
    concentration: Annotated[float, Field(gt=0.0, le=1e6)]
    seed: Annotated[int, Field(ge=0)]


class FibreRules(Frozen):
    """Limits of the distance classes to the nearest point where fibre can be tapped."""

    near_m: Annotated[float, Field(gt=0.0)]
    medium_m: Annotated[float, Field(gt=0.0)]
    far_m: Annotated[float, Field(gt=0.0)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.near_m < self.medium_m < self.far_m:
            raise RuleError(_CLASSES_IN_ORDER)
        return self


class Indicator(Frozen):
    """One indicator: its unit, which way is better, how communes make a province.

    `direction` "more": a greater value is better. `province` is the mean weighted by people,
    households or villages, the plain mean of communes, or the sum.
    """

    code: Code
    title_vi: str
    title_en: str
    unit: Literal["share", "flag", "count", "mbps"]
    direction: Literal["more", "less"] = "more"
    province: Literal["population", "households", "villages", "communes", "sum"]

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_vi, self.title_en)


class Figure(Frozen):
    """One figure of a plan: a target, or a published value of a whole province."""

    indicator: Code
    value: float
    year: int
    note: str = ""


class IndicatorPlan(Frozen):
    """Targets that a province set itself, and figures published about it, each with its source."""

    title_vi: str
    title_en: str
    targets_source: str
    targets: tuple[Figure, ...]
    published_source: str
    published: tuple[Figure, ...]


class IndicatorRules(Frozen):
    """Indicators that a scoreboard understands, and the plan whose targets apply (None: none)."""

    definitions: tuple[Indicator, ...]
    plan: IndicatorPlan | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        codes = [definition.code for definition in self.definitions]
        if len(set(codes)) < len(codes):
            raise RuleError(_INDICATOR_TWICE)
        return self
