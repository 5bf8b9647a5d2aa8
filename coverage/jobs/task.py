"""What a job is asked to do, and the name that follows from it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from coverage import __version__
from coverage.params import ProjectSection, Scenario
from coverage.text import Language
from coverage.validation import Frozen


class _Task(Frozen):
    """`project` is where the inputs lie, `section` and `fingerprint` what they must be."""

    project: str
    section: ProjectSection
    fingerprint: str
    scenario: Scenario

    @property
    def key(self) -> str:
        """Name of the job: a hash of all its result depends on, where the inputs lie apart."""
        told = [__version__, code_digest(), self.model_dump_json(exclude={"project"})]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:24]

    @property
    def is_brief(self) -> bool:
        """Whether a reader waits for it: it does not queue behind plans and exports."""
        return False


class PredictTask(_Task):
    """Predict signal and keep it in the store, where every later run finds it."""

    kind: Literal["prediction"] = "prediction"

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order."""
        return ("inputs", "prediction")

    @property
    def is_brief(self) -> bool:
        """Whether a reader waits for it."""
        return True


class PlanTask(_Task):
    """Choose what to build, under a budget or for a target; both as `pipeline.plan` takes them."""

    kind: Literal["plan"] = "plan"
    budget: str | None = None
    target: str | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order."""
        return ("inputs", "prediction", "assessment", "candidates", "planning")


class FibreTask(_Task):
    """Choose routes of fibre to villages; the aims are those of `pipeline.plan_fibre`."""

    kind: Literal["fibre"] = "fibre"
    budget: str | None = None
    target: str | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order."""
        return ("inputs", "prediction", "assessment", "planning")


class RunTask(_Task):
    """Write every output of a run into a folder, with those of the plan of job `plan` if named."""

    kind: Literal["run"] = "run"
    plan: str = ""

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order."""
        return ("inputs", "prediction", "assessment", "exports")


class MapTask(_Task):
    """Write the map as one file, with the plan of job `plan` if named."""

    kind: Literal["map"] = "map"
    plan: str = ""
    language: Language = "vi"
    mast_positions: Literal["exact", "coarse", "none"] = "exact"

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in order."""
        return ("inputs", "prediction", "assessment", "exports")


AnyTask = PredictTask | PlanTask | FibreTask | RunTask | MapTask
Task = Annotated[AnyTask, Field(discriminator="kind")]
_TASK: TypeAdapter[AnyTask] = TypeAdapter(Task)


def read_task(path: Path) -> AnyTask:
    """Read a task back.

    Raises
    ------
    OSError, pydantic.ValidationError
        Where there is none, or one of another version.
    """
    return _TASK.validate_json(path.read_bytes())


@cache
def code_digest() -> str:
    """Return a hash of the package's code and presets: other code, other jobs."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for end in ("py", "toml", "js", "css") for p in package.rglob(f"*.{end}")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
