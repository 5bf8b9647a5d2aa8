"""What a plan may build, where, and how long it is looked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from coverage.params.words import DecibelMilliwatts
from coverage.validation import Frozen

ActionKind = Literal["upgrade", "raise_mast", "repeater", "new_site", "satellite"]
"""Kinds of action that serve villages; relays and fibre come with them."""


class CellTemplate(Frozen):
    """Cells of a planned station, one for each azimuth; without azimuths one that is omni."""

    frequency_mhz: Annotated[float, Field(ge=300.0, le=6_000.0)]
    bandwidth_mhz: Annotated[float, Field(gt=0.0, le=400.0)]
    antenna_height_m: Annotated[float, Field(ge=1.0, le=350.0)]
    azimuths_deg: tuple[Annotated[float, Field(ge=0.0, lt=360.0)], ...]
    beamwidth_deg: Annotated[float, Field(ge=1.0, le=360.0)]
    downtilt_deg: Annotated[float, Field(ge=-30.0, le=60.0)]
    eirp_dbm: DecibelMilliwatts


class CandidateRules(Frozen):
    """Where something could be built, and which places are worth computing."""

    radius_km: Annotated[float, Field(gt=0.0, le=50.0)]
    per_village: Annotated[int, Field(ge=1, le=200)]
    prominence_radius_m: Annotated[float, Field(gt=0.0, le=10_000.0)]
    min_prominence_m: Annotated[float, Field(ge=0.0, le=1_000.0)]
    road_reach_m: Annotated[float, Field(ge=0.0)]
    max_slope_deg: Annotated[float, Field(gt=0.0, le=90.0)]
    water_codes: tuple[Annotated[int, Field(ge=0, le=255)], ...]
    low_band_mhz: Annotated[float, Field(ge=300.0)]
    raises_m: tuple[Annotated[float, Field(gt=0.0, le=100.0)], ...]
    extra: tuple[
        tuple[
            Annotated[float, Field(ge=-180.0, le=180.0)], Annotated[float, Field(ge=-90.0, le=90.0)]
        ],
        ...,
    ]


class RepeaterRules(Frozen):
    """Where a repeater may stand, what it must hear there, and what it makes of it.

    It radiates what it hears plus `gain_db`, antennas included, and at most `eirp_dbm`.
    """

    donor_dbm: DecibelMilliwatts
    reach_m: Annotated[float, Field(gt=0.0, le=10_000.0)]
    per_village: Annotated[int, Field(ge=0, le=50)]
    antenna_height_m: Annotated[float, Field(ge=1.0, le=60.0)]
    gain_db: Annotated[float, Field(gt=0.0, le=150.0)]
    eirp_dbm: DecibelMilliwatts


class FibreShare(Frozen):
    """Which part of a plan's budget goes to fibre for villages."""

    share: Annotated[float, Field(ge=0.0, le=1.0)]
    use_rest: bool


class PlanningRules(Frozen):
    """What a plan aims at, what it may build, and how long it is looked for."""

    source: str
    year: int
    is_assumption: bool
    objective: Literal["households", "population", "villages", "priority"]
    serve: Literal["covered", "good"]
    kinds: Annotated[tuple[ActionKind, ...], Field(min_length=1)]
    phases: Annotated[tuple[Annotated[float, Field(gt=0.0)], ...], Field(min_length=1)]
    curve_points: Annotated[int, Field(ge=0, le=100)]
    time_limit_s: Annotated[float, Field(gt=0.0, le=86_400.0)]
    relative_gap: Annotated[float, Field(ge=0.0, le=1.0)]
    threads: Annotated[int, Field(ge=1, le=64)]
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)]
    must: tuple[str, ...]
    must_not: tuple[str, ...]
    candidates: CandidateRules
    fibre: FibreShare
    macro: CellTemplate
    small: CellTemplate
    repeater: RepeaterRules
