"""The whole road: `stages` of a run, `plans` on top of it, `projects` from files to outputs.

`countries` runs many projects as one.
"""

from __future__ import annotations

from coverage.pipeline.countries import plan_country, run_country
from coverage.pipeline.plans import plan, plan_fibre
from coverage.pipeline.projects import fibre_project, plan_project, run_project
from coverage.pipeline.stages import (
    Assessment,
    assessed,
    kept_prediction,
    predicted,
    ranked,
    run,
)

__all__ = [
    "Assessment",
    "assessed",
    "fibre_project",
    "kept_prediction",
    "plan",
    "plan_country",
    "plan_fibre",
    "plan_project",
    "predicted",
    "ranked",
    "run",
    "run_country",
    "run_project",
]
