"""What building costs, and what power, hops and routes need."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coverage.text import Text
from coverage.validation import Frozen, RuleError

Currency = Literal["VND", "USD"]


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


class SlopeStep(Frozen):
    """Factor of the price of digging on ground up to a slope."""

    up_to_deg: Annotated[float, Field(gt=0.0, le=90.0)]
    factor: Annotated[float, Field(gt=0.0, le=10.0)]


class RouteRules(Frozen):
    """Fibre along roads: reach of poles, ducts and tappable lines, factors of the price of digging.

    `road_class_factor` holds on roads, `slope` on any ground; steeper than the last step counts as
    the last. `detour` is for the way where no road leads.
    """

    source: str
    year: int
    is_assumption: bool
    detour: Annotated[float, Field(ge=1.0, le=3.0)]
    pole_reach_m: Annotated[float, Field(ge=0.0)]
    tap_reach_m: Annotated[float, Field(ge=0.0)]
    duct_reach_m: Annotated[float, Field(ge=0.0)]
    road_class_factor: dict[
        Literal["national", "provincial", "district", "village", "track"],
        Annotated[float, Field(gt=0.0, le=10.0)],
    ]
    slope: Annotated[tuple[SlopeStep, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _slopes_in_order(self) -> Self:
        limits_deg = [step.up_to_deg for step in self.slope]
        if limits_deg != sorted(set(limits_deg)):
            raise RuleError(
                Text(
                    "`slope` phải xếp theo `up_to_deg` tăng dần",
                    "`slope` must stand in order of `up_to_deg`",
                )
            )
        return self

    def __hash__(self) -> int:
        """Hash by content; the mapping is never changed."""
        return hash(self.model_dump_json())
