"""A whole scenario, and what a project file names."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any

from pydantic import Field

from coverage.params.building import CostRules, LinkRules, PowerRules, RouteRules
from coverage.params.causes import CauseRules
from coverage.params.classes import GapRules, SwitchOff, ThresholdProfile
from coverage.params.evidence import EvidenceRules
from coverage.params.funding import FundingRules
from coverage.params.planning import PlanningRules
from coverage.params.radio import LandCover, RadioParams
from coverage.params.ranking import FibreRules, IndicatorRules, PriorityRules, StabilityRules
from coverage.params.variants import VariantRules
from coverage.validation import Frozen


class Scenario(Frozen):
    """Everything a run may vary."""

    name: str
    radio: RadioParams
    gaps: GapRules
    causes: CauseRules
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
    planning: PlanningRules
    funding: FundingRules
    variants: VariantRules

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
    rivers: str | None = None
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
