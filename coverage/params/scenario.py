"""A whole scenario, and what a project file names."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, field_validator

from coverage.params.building import CostRules, LinkRules, PowerRules, RouteRules
from coverage.params.calibration import MeasuringRules
from coverage.params.causes import CauseRules
from coverage.params.classes import GapRules, SwitchOff, ThresholdProfile
from coverage.params.evidence import EvidenceRules
from coverage.params.funding import FundingRules
from coverage.params.planning import PlanningRules
from coverage.params.radio import LandCover, RadioParams
from coverage.params.ranking import FibreRules, IndicatorRules, PriorityRules, StabilityRules
from coverage.params.variants import VariantRules
from coverage.text import Text
from coverage.validation import Frozen, RuleError


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
    measuring: MeasuringRules

    @property
    def sigma_db(self) -> float:
        """Spread of the signal around its prediction, its independent parts together.

        Without a calibration: shadowing, error of the terrain, unknown antenna heights and the
        receiver's place. A calibrated spread was measured with the errors of shadowing, terrain and
        heights in it, so only the receiver's place comes on top.
        """
        calibration = self.radio.calibration
        outdoors_db = self.gaps.outdoor_sigma_db if calibration is None else calibration.sigma_db
        return math.hypot(outdoors_db, self.thresholds.extra_sigma_db)

    switch_off: SwitchOff


class ProjectSection(Frozen):
    """`[project]` of `project.toml`."""

    name: Annotated[str, Field(min_length=1)]
    crs: str | None = None
    resolution_m: Annotated[float, Field(ge=5.0, le=5_000.0)] = 90.0
    date: dt.date | None = None
    synthetic: bool = False
    note: str = ""


def as_entry(value: Any) -> Any:
    """Fold a table `{ url = …, table = … }` or `{ url = …, query = … }` into one address."""
    if not isinstance(value, dict):
        return value
    url, rest = value.get("url"), {key: v for key, v in value.items() if key != "url"}
    known = len(rest) == 1 and rest.keys() <= {"table", "query"}
    if not known or not all(isinstance(text, str) for text in (url, *rest.values())):
        raise RuleError(
            Text(
                "phải là { url = …, table = … } hoặc { url = …, query = … }",
                "must be { url = …, table = … } or { url = …, query = … }",
            )
        )
    return f"{url}{'&' if '?' in str(url) else '?'}{urlencode(rest)}"


class InputsSection(Frozen):
    """`[inputs]` of `project.toml`: where each table, layer and raster is.

    A table or layer may also lie in PostgreSQL: `postgresql://user@host/database?table=…`.
    """

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

    @field_validator("*", mode="before")
    @classmethod
    def _one_address(cls, value: Any) -> Any:
        return as_entry(value)


class ProjectFile(Frozen):
    """The whole `project.toml`."""

    project: ProjectSection
    inputs: InputsSection
    scenario: dict[str, Any] | str = Field(default_factory=dict)
    land_cover: dict[str, Any] = Field(default_factory=dict)
