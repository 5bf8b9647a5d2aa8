"""What can be looked at beside something else: scenarios, plans and finished output folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from coverage.jobs import Job, PlanTask, RunTask
from coverage.jobs.work import OUTPUTS
from coverage.model import Inputs
from coverage.params import Scenario
from coverage.ui import at_work, levers, state
from coverage.ui.levers import aim_told
from coverage.ui.speech import digits, money, say

SESSION: Final = "session"
PROJECT: Final = "project"
FOLDER: Final = "folder"


@dataclass(frozen=True, slots=True)
class Side:
    """One thing to look at: a scenario with the plan of a job if named, or else a folder."""

    scenario: Scenario
    plan: str = ""
    folder: Path | None = None

    def task(self, inputs: Inputs) -> RunTask:
        """Return the work that writes its outputs."""
        return RunTask(
            project=state.project(),
            section=inputs.project,
            fingerprint=inputs.fingerprint,
            scenario=self.scenario,
            plan=self.plan,
        )


def plans(inputs: Inputs) -> dict[str, Job]:
    """Return the finished and running plans of these data by key, the latest first."""
    return {
        job.key: job
        for job in at_work.desk().jobs()
        if isinstance(job.task, PlanTask)
        and job.task.fingerprint == inputs.fingerprint
        and (job.is_live or job.status == "done")
    }


def label(job: Job) -> str:
    """Write what tells a plan apart in a list."""
    if not isinstance(job.task, PlanTask):
        return job.key
    parts = [aim_told(job.task)]
    if job.status == "done":
        gained = digits(job.state.about["households_gained"])
        parts += [
            say(f"thêm {gained} hộ", f"{gained} households"),
            say(
                f"vốn {money(job.state.about['spent'])}", f"capex {money(job.state.about['spent'])}"
            ),
        ]
    else:
        parts.append(say("đang tính", "under way"))
    return " · ".join([*parts, at_work.when(job)])


def choose(inputs: Inputs, name: str, key: str, *, first: str, folders: bool = True) -> Side | None:
    """Let the reader choose a side; None where a folder is wanted and none is named yet."""
    made = {k: job for k, job in plans(inputs).items() if job.status == "done"}
    words: Mapping[str, str] = {
        SESSION: say("Kịch bản đang chọn ở thanh bên", "The scenario of the sidebar"),
        PROJECT: say("Kịch bản của dự án", "The project's own scenario"),
        **{k: say(f"Phương án {label(job)}", f"Plan {label(job)}") for k, job in made.items()},
        **({FOLDER: say("Thư mục kết quả…", "An output folder…")} if folders else {}),
    }
    before = st.session_state.get(key)
    st.session_state[key] = before if before in words else first
    chosen = st.selectbox(
        name, list(words), format_func=words.__getitem__, key=key, persist_state="session"
    )
    if chosen == FOLDER:
        st.text_input(
            say("Đường dẫn thư mục", "Path of the folder"),
            key=_folder_key(key),
            persist_state="session",
            help=say(
                "Thư mục do `phusong run` hoặc `phusong plan` ghi ra",
                "A folder that `phusong run` or `phusong plan` wrote",
            ),
        )
    return chosen_now(inputs, key)


def chosen_now(inputs: Inputs, key: str) -> Side | None:
    """Return the side chosen at this moment; None where a folder is wanted and none is named."""
    chosen = str(st.session_state[key])
    if chosen == FOLDER:
        path = str(st.session_state.get(_folder_key(key)) or "").strip()
        return Side(inputs.scenario, folder=Path(path)) if path else None
    if chosen in {SESSION, PROJECT}:
        return Side(levers.scenario(inputs) if chosen == SESSION else inputs.scenario)
    job = at_work.desk().find(chosen)
    return None if job is None else Side(job.task.scenario, plan=chosen)


def _folder_key(key: str) -> str:
    return f"{key}_folder"


def outputs_of(job: Job) -> Path:
    """Return the folder of the outputs that a job wrote."""
    return job.made / OUTPUTS
