"""What a run may vary: the scenario and its parts, and what a project names.

A scenario is frozen and hashable, so it can key a cache. `settings` reads it from TOML; every
default lies in `presets/*.toml` with its source.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.text import Text
from coverage.validation import Frozen, RuleError, SettingsError, setting_problem, validated

Technology = Literal["3G", "4G", "5G"]
TECHNOLOGIES: Final[tuple[Technology, ...]] = ("3G", "4G", "5G")
MAIN_TECHNOLOGY: Final[Technology] = "4G"
Model = Literal["p1812", "free_space", "okumura_hata", "cost231_hata", "rma", "uma"]
SignalClass = Literal["good", "weak", "none", "unknown"]
SIGNAL_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak", "none", "unknown")
COVERED_CLASSES: Final[tuple[SignalClass, ...]] = ("good", "weak")
GAP_STATUSES: Final = ("open", "assigned", "planned", "on_air", "verified")
"""Stations in the life of a gap, in their order."""

_WEAK_ABOVE_GOOD: Final = Text(
    "`good_dbm` không được thấp hơn `weak_dbm`", "`good_dbm` must not lie below `weak_dbm`"
)
_WEAK_ABOVE_GOOD_SPEED: Final = Text(
    "`good_mbps` không được thấp hơn `weak_mbps`", "`good_mbps` must not lie below `weak_mbps`"
)
_NAMED_TWICE: Final = Text(
    "mỗi nguồn và mỗi công nghệ chỉ được xuất hiện một lần",
    "each source and each technology may stand once",
)
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

Currency = Literal["VND", "USD"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
DecibelMilliwatts = Annotated[float, Field(ge=-200.0, le=100.0)]


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
    model_3g: Model
    model_4g: Model
    model_5g: Model
    hata_environment: Literal["large_city", "small_city", "suburban", "open"]
    building_height_m: Annotated[float, Field(ge=5.0, le=50.0)]
    street_width_m: Annotated[float, Field(ge=5.0, le=50.0)]

    @property
    def max_range_m(self) -> float:
        """How far a cell is looked at."""
        return self.max_range_km * 1000.0

    def model_of(self, technology: Technology) -> Model:
        """Return the path-loss model of a technology."""
        models: dict[Technology, Model] = {
            "3G": self.model_3g,
            "4G": self.model_4g,
            "5G": self.model_5g,
        }
        return models[technology]


def _class_by(value: float, good: float, weak: float) -> SignalClass:
    if math.isnan(value):
        return "unknown"
    if value >= good:
        return "good"
    return "weak" if value >= weak else "none"


class ClassThresholds(Frozen):
    """Limits of one technology's classes, in dBm of RSCP, RSRP or SS-RSRP."""

    good_dbm: DecibelMilliwatts
    weak_dbm: DecibelMilliwatts

    def class_of(self, signal_dbm: float) -> SignalClass:
        """Return the class of a signal: -inf is no signal at all, NaN is not known."""
        return _class_by(signal_dbm, self.good_dbm, self.weak_dbm)

    @model_validator(mode="after")
    def _good_above_weak(self) -> Self:
        if self.good_dbm < self.weak_dbm:
            raise RuleError(_WEAK_ABOVE_GOOD)
        return self


class ReceiverLevel(Frozen):
    """Where the receiver is: the margin over outdoor limits, and the further spread of signal."""

    title_vi: str
    title_en: str
    margin_db: Annotated[float, Field(ge=0.0, le=60.0)]
    sigma_db: Annotated[float, Field(ge=0.0, le=20.0)]
    source: str
    year: int
    is_assumption: bool

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_vi, self.title_en)


class ThresholdProfile(Frozen):
    """Named limits of all technologies, with where they come from.

    `extra_sigma_db` is the spread that the receiver's place adds to the shadowing outdoors.
    """

    title_vi: str
    title_en: str
    source: str
    year: int
    is_assumption: bool
    technologies: dict[Technology, ClassThresholds]
    extra_sigma_db: Annotated[float, Field(ge=0.0, le=20.0)] = 0.0

    def raised(self, level: ReceiverLevel) -> ThresholdProfile:
        """Return the outdoor limits that the level asks for."""
        if not level.margin_db and not level.sigma_db:
            return self
        more = f"+ {level.margin_db:g} dB"
        return ThresholdProfile(
            title_vi=f"{self.title_vi} · {level.title_vi} ({more})",
            title_en=f"{self.title_en} · {level.title_en} ({more})",
            source=f"{self.source}; {level.source}",
            year=max(self.year, level.year),
            is_assumption=self.is_assumption or level.is_assumption,
            technologies={
                technology: ClassThresholds(
                    good_dbm=limits.good_dbm + level.margin_db,
                    weak_dbm=limits.weak_dbm + level.margin_db,
                )
                for technology, limits in self.technologies.items()
            },
            extra_sigma_db=math.hypot(self.extra_sigma_db, level.sigma_db),
        )

    def __hash__(self) -> int:
        """Hash by content; the mapping is never changed."""
        limits = tuple(sorted(self.technologies.items(), key=str))
        return hash((self.title_en, self.source, limits, self.extra_sigma_db))

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


EvidenceSource = Literal["measured", "reported", "predicted", "published"]


class Trust(Frozen):
    """How far a source is trusted: the chance that it names the right one of three classes.

    Below a third a source would count against what it says.
    """

    name: EvidenceSource
    reliability: Annotated[float, Field(ge=0.34, lt=1.0)]


class SpeedLimits(Frozen):
    """Limits of one technology's classes in download speed, for samples without a level."""

    technology: Technology
    good_mbps: Annotated[float, Field(ge=0.0, le=20_000.0)]
    weak_mbps: Annotated[float, Field(ge=0.0, le=20_000.0)]
    source: str

    def class_of(self, download_mbps: float) -> SignalClass:
        """Return the class of a download speed; NaN is not known."""
        return _class_by(download_mbps, self.good_mbps, self.weak_mbps)

    @model_validator(mode="after")
    def _good_above_weak(self) -> Self:
        if self.good_mbps < self.weak_mbps:
            raise RuleError(_WEAK_ABOVE_GOOD_SPEED)
        return self


class EvidenceRules(Frozen):
    """How sources of different kinds give one verdict; `order` begins with the most trusted.

    A source that `order` leaves out is shown and decides nothing.
    """

    source: str
    year: int
    is_assumption: bool
    sample_radius_m: Annotated[float, Field(ge=0.0, le=10_000.0)]
    min_samples: Annotated[int, Field(ge=1, le=1_000)]
    max_age_days: Annotated[int, Field(ge=1, le=36_500)]
    uncertain_below: Share
    as_of: date | None = None
    order: Annotated[tuple[Trust, ...], Field(min_length=1)]
    speeds: tuple[SpeedLimits, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [trust.name for trust in self.order]
        technologies = [limits.technology for limits in self.speeds]
        if len({*names, *technologies}) < len(names) + len(technologies):
            raise RuleError(_NAMED_TWICE)
        return self

    def reliability(self, name: EvidenceSource) -> float | None:
        """Return how far a source is trusted; None for one that decides nothing."""
        return next((trust.reliability for trust in self.order if trust.name == name), None)


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


class LandCoverClass(Frozen):
    """Clutter of one land-cover class."""

    code: Annotated[int, Field(ge=0, le=255)]
    title_vi: str
    title_en: str
    height_m: Annotated[float, Field(ge=0.0, le=100.0)]
    receiver_loss_db: Annotated[float, Field(ge=0.0, le=60.0)]
    vegetation_depth_m: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0


class LandCover(Frozen):
    """Legend of the land-cover raster."""

    source: str
    year: int
    is_assumption: bool
    classes: tuple[LandCoverClass, ...]


class UnitCost(Frozen):
    """Price of one unit of work or equipment, as its source states it."""

    title_vi: str
    title_en: str
    unit: Literal["piece", "m", "km", "kWp", "kWh", "kVA", "litre"]
    currency: Currency
    capex: Annotated[float, Field(ge=0.0)]
    opex_per_year: Annotated[float, Field(ge=0.0)] = 0.0
    year: int
    source: str
    is_assumption: bool

    @property
    def title(self) -> Text:
        """Title in both languages."""
        return Text(self.title_vi, self.title_en)


class ExchangeRate(Frozen):
    """What one US dollar is worth, and when."""

    vnd_per_usd: Annotated[float, Field(gt=0.0)]
    year: int
    source: str
    is_assumption: bool


class CostRules(Frozen):
    """Prices of every kind of work, and how years are weighed against each other.

    `actions` says of which items, and how many of each, a kind of action consists.
    """

    currency: Currency
    horizon_years: Annotated[int, Field(ge=1, le=50)]
    discount_rate: Annotated[float, Field(ge=0.0, le=1.0)]
    exchange: ExchangeRate
    items: dict[str, UnitCost]
    actions: dict[str, dict[str, Annotated[float, Field(ge=0.0)]]]

    @model_validator(mode="after")
    def _items_known(self) -> Self:
        named = {item for parts in self.actions.values() for item in parts}
        if unknown := sorted(named - set(self.items)):
            raise RuleError(
                Text(
                    f"`actions` dùng mục chưa có đơn giá: {unknown}",
                    f"`actions` names items without a price: {unknown}",
                )
            )
        return self

    def __hash__(self) -> int:
        """Hash by content; the mappings are never changed."""
        return hash(self.model_dump_json())


class PowerRules(Frozen):
    """When a site gets grid power, and how solar power is sized where it does not.

    `irradiation_kwh_m2_day` is the mean daily irradiation on the horizontal from January to
    December; `reach_m` is how far a site may be from a line of each kind to count as connected.
    """

    source: str
    year: int
    is_assumption: bool
    reach_m: dict[Literal["hv", "mv", "lv"], Annotated[float, Field(ge=0.0)]]
    detour: Annotated[float, Field(ge=1.0, le=3.0)]
    max_extension_km: Annotated[float, Field(ge=0.0)]
    autonomy_days: Annotated[float, Field(gt=0.0, le=30.0)]
    hybrid_autonomy_days: Annotated[float, Field(gt=0.0, le=30.0)]
    depth_of_discharge: Annotated[float, Field(gt=0.0, le=1.0)]
    performance_ratio: Annotated[float, Field(gt=0.0, le=1.0)]
    max_solar_kwp: Annotated[float, Field(gt=0.0)]
    generator_kwh_per_litre: Annotated[float, Field(gt=0.0)]
    generator_kva_per_kw: Annotated[float, Field(ge=1.0)]
    irradiation_kwh_m2_day: Annotated[
        tuple[Annotated[float, Field(gt=0.0, le=12.0)], ...], Field(min_length=12, max_length=12)
    ]
    irradiation_source: str
    load_w: dict[str, Annotated[float, Field(gt=0.0)]]

    def __hash__(self) -> int:
        """Hash by content; the mappings are never changed."""
        return hash(self.model_dump_json())


class Clearance(Frozen):
    """Share of the first Fresnel zone to keep free under one state of the air."""

    k_factor: Annotated[float, Field(gt=0.0, le=10.0)]
    fresnel_share: Annotated[float, Field(ge=0.0, le=2.0)]
    from_km: Annotated[float, Field(ge=0.0)] = 0.0


class MicrowaveBand(Frozen):
    """A band, the longest hop it carries, and the price item of such a hop."""

    name: str
    frequency_mhz: Annotated[float, Field(ge=1_000.0, le=100_000.0)]
    max_length_km: Annotated[float, Field(gt=0.0, le=100.0)]
    item: str


class LinkRules(Frozen):
    """Microwave hops: bands from the shortest reach to the longest, and what must be clear."""

    source: str
    year: int
    is_assumption: bool
    bands: Annotated[tuple[MicrowaveBand, ...], Field(min_length=1)]
    clearance: Annotated[tuple[Clearance, ...], Field(min_length=1)]
    neighbours: Annotated[int, Field(ge=1)]
    max_hops: Annotated[int, Field(ge=1, le=20)]
    max_raise_m: Annotated[float, Field(ge=0.0, le=200.0)]
    dish_below_top_m: Annotated[float, Field(ge=0.0, le=50.0)]
    connect_to: tuple[Literal["fibre", "microwave", "satellite", "unknown"], ...]

    @model_validator(mode="after")
    def _bands_in_order(self) -> Self:
        reach_km = [band.max_length_km for band in self.bands]
        if reach_km != sorted(reach_km):
            raise RuleError(
                Text(
                    "`bands` phải xếp theo `max_length_km` tăng dần",
                    "`bands` must stand in order of `max_length_km`",
                )
            )
        return self


class RouteRules(Frozen):
    """Fibre along roads: reach of poles and tappable lines, and the way where no road leads."""

    source: str
    year: int
    is_assumption: bool
    detour: Annotated[float, Field(ge=1.0, le=3.0)]
    pole_reach_m: Annotated[float, Field(ge=0.0)]
    tap_reach_m: Annotated[float, Field(ge=0.0)]


class ServiceEnd(Frozen):
    """Last month of service of a technology's networks."""

    technology: Literal["2G", "3G", "4G", "5G"]
    until: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    source: str
    year: int
    is_assumption: bool


class SwitchOff(Frozen):
    """Technologies that end."""

    technologies: tuple[ServiceEnd, ...]

    def until(self, technology: str) -> str:
        """Return the last month of service, "" for a technology that stays."""
        return next((e.until for e in self.technologies if e.technology == technology), "")


class Scenario(Frozen):
    """Everything a run may vary."""

    name: str
    radio: RadioParams
    gaps: GapRules
    thresholds: ThresholdProfile
    evidence: EvidenceRules
    priority: PriorityRules
    stability: StabilityRules
    fibre: FibreRules
    indicators: IndicatorRules
    land_cover: LandCover
    costs: CostRules
    power: PowerRules
    links: LinkRules
    routes: RouteRules

    @property
    def sigma_db(self) -> float:
        """Spread of the signal around its prediction: shadowing and the receiver's place."""
        return math.hypot(self.gaps.shadowing_sigma_db, self.thresholds.extra_sigma_db)

    switch_off: SwitchOff


class ProjectSection(Frozen):
    """`[project]` of `project.toml`."""

    name: Annotated[str, Field(min_length=1)]
    crs: str | None = None
    resolution_m: Annotated[float, Field(ge=5.0, le=5_000.0)] = 90.0
    date: dt.date | None = None
    synthetic: bool = False
    note: str = ""


class InputsSection(Frozen):
    """`[inputs]` of `project.toml`: where each table, layer and raster is."""

    communes: str
    villages: str
    stations: str
    terrain: tuple[str, ...] | str
    land_cover: str | None = None
    antennas: tuple[str, ...] | str = ()
    roads: str | None = None
    power_lines: str | None = None
    fibre_nodes: str | None = None
    fibre_lines: str | None = None
    measurements: str | None = None
    clusters: str | None = None
    operator_coverage: str | None = None
    indicators: str | None = None
    gap_status: str | None = None
    crosswalk: str | None = None


class ProjectFile(Frozen):
    """The whole `project.toml`."""

    project: ProjectSection
    inputs: InputsSection
    scenario: dict[str, Any] | str = Field(default_factory=dict)
    land_cover: dict[str, Any] = Field(default_factory=dict)
