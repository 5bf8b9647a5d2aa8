"""When signal counts as good or weak, and until when a technology is on air."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.words import DecibelMilliwatts, Share, SignalClass, Technology, class_by
from coverage.text import Text
from coverage.validation import Frozen, RuleError

_WEAK_ABOVE_GOOD: Final = Text(
    "`good_dbm` không được thấp hơn `weak_dbm`", "`good_dbm` must not lie below `weak_dbm`"
)
_LIGHT_M_MHZ: Final = 299.792458
"""Wavelength in metres at 1 MHz."""
_GRAZED_DB: Final = 6.9 + 20.0 * math.log10(math.sqrt(1.01) - 0.1)
"""Loss of a knife edge that the line of sight grazes (ITU-R P.526, eq. 31 at ν = 0)."""


class ClassThresholds(Frozen):
    """Limits of one technology's classes, in dBm of RSCP, RSRP or SS-RSRP."""

    good_dbm: DecibelMilliwatts
    weak_dbm: DecibelMilliwatts

    def class_of(self, signal_dbm: float) -> SignalClass:
        """Return the class of a signal: -inf is no signal at all, NaN is not known."""
        return class_by(signal_dbm, self.good_dbm, self.weak_dbm)

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
    terrain_error_m: Annotated[float, Field(ge=0.0, le=100.0)] = 0.0
    terrain_error_length_m: Annotated[float, Field(ge=1.0, le=100_000.0)] = 500.0
    ridge_distance_m: Annotated[float, Field(ge=10.0, le=30_000.0)] = 1000.0
    ridge_frequency_mhz: Annotated[float, Field(ge=30.0, le=100_000.0)] = 1800.0
    antenna_height_error_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0

    @property
    def terrain_sigma_db(self) -> float:
        """Spread that `terrain_error_m` (one standard deviation) gives behind a grazed ridge.

        The loss J of a knife edge grows by 20·log10(e)/√1.01 dB per unit of ν at ν = 0 (ITU-R
        P.526, eq. 31), and ν = √2·h/R₁; R₁ = √(λ·d) of a ridge at `ridge_distance_m` from the
        receiver, far from the mast. P.1812 (eq. 21) takes J + 10·(1 - exp(-J/6)) of a short path,
        with J = 6.0 dB, so its loss grows by 1 + 10/6·exp(-J/6) times as much.
        """
        fresnel_m = math.sqrt(_LIGHT_M_MHZ / self.ridge_frequency_mhz * self.ridge_distance_m)
        edge_db = 20.0 * math.log10(math.e) / math.sqrt(1.01)
        bullington = 1.0 + 10.0 / 6.0 * math.exp(-_GRAZED_DB / 6.0)
        return bullington * edge_db * math.sqrt(2.0) * self.terrain_error_m / fresnel_m

    @property
    def height_sigma_db(self) -> float:
        """Spread that `antenna_height_error_share` (one standard deviation) gives.

        Received power follows the square of the antenna's height over plane earth (20·log10 h).
        """
        return 20.0 * math.log10(math.e) * self.antenna_height_error_share

    @property
    def outdoor_sigma_db(self) -> float:
        """Shadowing, terrain error and unknown antenna heights together, as independent."""
        return math.hypot(self.shadowing_sigma_db, self.terrain_sigma_db, self.height_sigma_db)


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
