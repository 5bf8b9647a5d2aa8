"""What a run may vary: the scenario and its parts, and what a project names.

A scenario is frozen and hashable, so it can key a cache. `settings` reads it from TOML; every
default lies in `presets/*.toml` with its source.
"""

from __future__ import annotations

from coverage.params.assumed import Assumption, assumptions
from coverage.params.building import (
    Clearance,
    CostRules,
    Currency,
    ExchangeRate,
    LinkRules,
    MicrowaveBand,
    PowerRules,
    RouteRules,
    UnitCost,
)
from coverage.params.calibration import (
    Calibration,
    HeldOut,
    InputFile,
    MeasuringRules,
    Offset,
)
from coverage.params.causes import CauseRules
from coverage.params.classes import (
    ClassThresholds,
    GapRules,
    ReceiverLevel,
    ServiceEnd,
    SwitchOff,
    ThresholdProfile,
)
from coverage.params.country import CountryFile, CountrySection
from coverage.params.evidence import EvidenceRules, EvidenceSource, SpeedLimits, Trust
from coverage.params.funding import FUNDERS, UNDECIDED, Funder, FundingRoute, FundingRules
from coverage.params.planning import ActionKind, CandidateRules, CellTemplate, PlanningRules
from coverage.params.radio import LandCover, LandCoverClass, Model, RadioParams
from coverage.params.ranking import (
    GAP_STATUSES,
    Criterion,
    FibreRules,
    Figure,
    Indicator,
    IndicatorPlan,
    IndicatorRules,
    PriorityRules,
    StabilityRules,
)
from coverage.params.scenario import (
    InputsSection,
    ProjectFile,
    ProjectSection,
    Scenario,
    as_entry,
)
from coverage.params.variants import Variant, VariantRules
from coverage.params.words import (
    COVERED_CLASSES,
    MAIN_TECHNOLOGY,
    SIGNAL_CLASSES,
    TECHNOLOGIES,
    Code,
    DecibelMilliwatts,
    Share,
    SignalClass,
    Technology,
)

__all__ = [
    "COVERED_CLASSES",
    "FUNDERS",
    "GAP_STATUSES",
    "MAIN_TECHNOLOGY",
    "SIGNAL_CLASSES",
    "TECHNOLOGIES",
    "UNDECIDED",
    "ActionKind",
    "Assumption",
    "Calibration",
    "CandidateRules",
    "CauseRules",
    "CellTemplate",
    "ClassThresholds",
    "Clearance",
    "Code",
    "CostRules",
    "CountryFile",
    "CountrySection",
    "Criterion",
    "Currency",
    "DecibelMilliwatts",
    "EvidenceRules",
    "EvidenceSource",
    "ExchangeRate",
    "FibreRules",
    "Figure",
    "Funder",
    "FundingRoute",
    "FundingRules",
    "GapRules",
    "HeldOut",
    "Indicator",
    "IndicatorPlan",
    "IndicatorRules",
    "InputFile",
    "InputsSection",
    "LandCover",
    "LandCoverClass",
    "LinkRules",
    "MeasuringRules",
    "MicrowaveBand",
    "Model",
    "Offset",
    "PlanningRules",
    "PowerRules",
    "PriorityRules",
    "ProjectFile",
    "ProjectSection",
    "RadioParams",
    "ReceiverLevel",
    "RouteRules",
    "Scenario",
    "ServiceEnd",
    "Share",
    "SignalClass",
    "SpeedLimits",
    "StabilityRules",
    "SwitchOff",
    "Technology",
    "ThresholdProfile",
    "Trust",
    "UnitCost",
    "Variant",
    "VariantRules",
    "as_entry",
    "assumptions",
]
