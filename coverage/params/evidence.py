"""How prediction, reports, measurements and published maps make one verdict."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.words import Share, SignalClass, Technology, class_by
from coverage.text import Text
from coverage.validation import Frozen, RuleError

_WEAK_ABOVE_GOOD_SPEED: Final = Text(
    "`good_mbps` không được thấp hơn `weak_mbps`", "`good_mbps` must not lie below `weak_mbps`"
)
_NAMED_TWICE: Final = Text(
    "mỗi nguồn và mỗi công nghệ chỉ được xuất hiện một lần",
    "each source and each technology may stand once",
)
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
        return class_by(download_mbps, self.good_mbps, self.weak_mbps)

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
