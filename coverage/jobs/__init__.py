"""Long work in processes of their own, found again by what they work on.

A job is a folder named by the hash of all it depends on: the same inputs, scenario and aim are the
same job, whoever asks. `task` says what to do, `desk` starts, finds and stops, `state` is what a
job tells of itself, `process` is all that differs between systems, `clock` estimates what remains,
`kept` holds a plan on disk, `work` is what runs in the process.
"""

from __future__ import annotations

from coverage.jobs.desk import Desk, Job, default_desk
from coverage.jobs.kept import read_fibre_plan, read_plan
from coverage.jobs.state import Status
from coverage.jobs.task import FibreTask, MapTask, PlanTask, PredictTask, RunTask, Task

__all__ = [
    "Desk",
    "FibreTask",
    "Job",
    "MapTask",
    "PlanTask",
    "PredictTask",
    "RunTask",
    "Status",
    "Task",
    "default_desk",
    "read_fibre_plan",
    "read_plan",
]
