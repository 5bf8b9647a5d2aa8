"""What measurements say a prediction is out by, as a file that a scenario names."""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.words import Share
from coverage.text import Text
from coverage.validation import Frozen, RuleError

_NO_GENERAL: Final = Text(
    "cần đúng một mục `offsets` không có `frequency_mhz` và `clutter_code`",
    "exactly one of `offsets` must have neither `frequency_mhz` nor `clutter_code`",
)
_NAMED_TWICE: Final = Text(
    "mỗi cặp (clutter_code, frequency_mhz) chỉ được xuất hiện một lần",
    "each pair (clutter_code, frequency_mhz) may stand once",
)
_DISTANCES: Final = Text(
    "`from_km` không được lớn hơn `to_km`", "`from_km` must not exceed `to_km`"
)
_BAND_TOLERANCE_SHARE: Final = 0.03

Decibels = Annotated[float, Field(ge=-80.0, le=80.0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Spreads(Frozen):
    """Spread of the corrections before any measurement, one standard deviation each."""

    general_db: Annotated[float, Field(gt=0.0, le=50.0)]
    band_db: Annotated[float, Field(gt=0.0, le=50.0)]
    clutter_db: Annotated[float, Field(gt=0.0, le=50.0)]
    pair_db: Annotated[float, Field(gt=0.0, le=50.0)]
    slope_db_per_decade: Annotated[float, Field(gt=0.0, le=50.0)]


class MeasuringRules(Frozen):
    """How measurements are held against a prediction, and how far they may move it."""

    source: str
    year: int
    is_assumption: bool
    min_samples: Annotated[int, Field(ge=10, le=100_000)]
    min_blocks: Annotated[int, Field(ge=4, le=10_000)]
    folds: Annotated[int, Field(ge=2, le=100)]
    seed: Annotated[int, Field(ge=0)]
    pile_share: Share
    pile_ratio: Annotated[float, Field(ge=1.0, le=100.0)]
    distance_edges_km: tuple[Annotated[float, Field(gt=0.0, le=1000.0)], ...]
    spread: Spreads


class InputFile(Frozen):
    """A file that a calibration was made from."""

    role: str
    file: str
    sha256: Sha256


class Offset(Frozen):
    """What is added to the signal on a clutter class and band; left out, either stands for any.

    `low_db` and `high_db` are the ends of the 95 % interval; `samples` is how many it rests on.
    """

    clutter_code: Annotated[int, Field(ge=0, le=255)] | None = None
    frequency_mhz: Annotated[float, Field(gt=0.0, le=100_000.0)] | None = None
    offset_db: Decibels
    low_db: Annotated[float, Field(ge=-200.0, le=200.0)]
    high_db: Annotated[float, Field(ge=-200.0, le=200.0)]
    samples: Annotated[int, Field(ge=0)]


class HeldOut(Frozen):
    """Figures on samples that took no part in the fit; bias is measured minus predicted."""

    samples: int
    censored: int
    bias_db: float
    rmse_db: float
    correlation: float
    within_6_db_share: Share
    within_10_db_share: Share


class Calibration(Frozen):
    """Corrections of a prediction and its spread, with where they come from.

    Added to a signal at the distance d from its mast: the offset of its clutter class and band,
    and `slope_db_per_decade` · log10(d / 1 km), with d held between `from_km` and `to_km`, the
    distances that were measured; `correlation_high_m` is None where the length has no upper end.
    `sigma_db` is the spread of measured around corrected values: half
    the width that holds 68.3 % of them.
    """

    name: Annotated[str, Field(min_length=1)]
    version: Literal[1] = 1
    software: str = ""
    synthetic: bool = False
    measured_from: date | None = None
    measured_to: date | None = None
    inputs: tuple[InputFile, ...] = ()
    model_3g: str
    model_4g: str
    model_5g: str
    clutter: str
    rx_height_m: float
    samples: Annotated[int, Field(ge=0)]
    censored: Annotated[int, Field(ge=0)]
    blocks: Annotated[int, Field(ge=0)]
    block_m: Annotated[float, Field(ge=0.0)]
    correlation_length_m: Annotated[float, Field(ge=0.0)]
    correlation_low_m: Annotated[float, Field(ge=0.0)] = 0.0
    correlation_high_m: Annotated[float, Field(ge=0.0)] | None = None
    offsets: Annotated[tuple[Offset, ...], Field(min_length=1)]
    slope_db_per_decade: Annotated[float, Field(ge=-60.0, le=60.0)] = 0.0
    slope_low_db: float = 0.0
    slope_high_db: float = 0.0
    from_km: Annotated[float, Field(gt=0.0, le=1000.0)]
    to_km: Annotated[float, Field(gt=0.0, le=1000.0)]
    sigma_db: Annotated[float, Field(gt=0.0, le=30.0)]
    sigma_low_db: Annotated[float, Field(ge=0.0, le=30.0)]
    sigma_high_db: Annotated[float, Field(ge=0.0, le=60.0)]
    uncalibrated: HeldOut | None = None
    calibrated: HeldOut | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        keys = [(o.clutter_code, o.frequency_mhz) for o in self.offsets]
        if keys.count((None, None)) != 1:
            raise RuleError(_NO_GENERAL)
        if len(set(keys)) < len(keys):
            raise RuleError(_NAMED_TWICE)
        if self.from_km > self.to_km:
            raise RuleError(_DISTANCES)
        return self

    def offset_db(self, clutter_code: int, frequency_mhz: float) -> float:
        """Return what a class and band add: the pair's own, else the band's, the class's, any's.

        A band is met within 3 % of its frequency, the nearest first.
        """
        near = sorted(
            {
                (abs(o.frequency_mhz / frequency_mhz - 1.0), o.frequency_mhz)
                for o in self.offsets
                if o.frequency_mhz is not None
            }
        )
        band = near[0][1] if near and near[0][0] <= _BAND_TOLERANCE_SHARE else None
        known = {(o.clutter_code, o.frequency_mhz): o.offset_db for o in self.offsets}
        order = ((clutter_code, band), (None, band), (clutter_code, None), (None, None))
        return next(known[key] for key in order if key in known)

    def slope_db(self, distance_km: float) -> float:
        """Return what a distance adds."""
        held_km = min(max(distance_km, self.from_km), self.to_km)
        return self.slope_db_per_decade * math.log10(held_km)
