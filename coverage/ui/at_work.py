"""Jobs as a page shows them: how far they are, a way to stop them, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

import streamlit as st

from coverage.errors import InputDataError
from coverage.jobs import Desk, Job, MapTask, PredictTask, RunTask, Task, default_desk
from coverage.text import Text
from coverage.ui import access, problems
from coverage.ui.speech import duration, say, told
from coverage.ui.words import plain

_EVERY_S: Final = 1.0
_HANOI: Final = timezone(timedelta(hours=7))
_STAGES: Final[Mapping[str, Text]] = {
    "": Text("Bắt đầu", "Starting"),
    "inputs": Text("Đọc dữ liệu", "Reading the data"),
    "prediction": Text("Dự báo tín hiệu", "Predicting signal"),
    "assessment": Text("Đánh giá và xếp hạng", "Grading and ranking"),
    "candidates": Text("Dự báo các vị trí có thể xây", "Predicting places to build"),
    "planning": Text("Chọn phương án", "Choosing the plan"),
    "exports": Text("Ghi tệp", "Writing files"),
}


_FOR_ALL: Final = (PredictTask, MapTask, RunTask)
"""What a viewer may ask for too: to see a map at all, to compare and to export."""


def desk() -> Desk:
    """Return where jobs are found; `submit` and `stop` ask first who wants it."""
    return default_desk()


def submit(task: Task, *, anew: bool = False) -> Job:
    """Ask for work.

    Raises
    ------
    AccessError
        Where the reader's role does not allow that kind of work.
    """
    if not isinstance(task, _FOR_ALL):
        access.demand_editor()
    job = desk().submit(task, anew=anew)
    access.note(f"asked for {task.kind} {job.key}")
    return job


def stop(key: str) -> None:
    """End work that waits or runs.

    Raises
    ------
    AccessError
        Where the reader is no editor: others may wait for the same work.
    """
    access.demand_editor()
    desk().stop(key)
    access.note(f"stopped {key}")


def follow(keys: list[str]) -> list[Job]:
    """Show the jobs that are under way, and what became of the others; return those done.

    The rest of the page stays usable; it is drawn anew once all have ended.
    """
    jobs = [job for key in keys if (job := desk().find(key)) is not None]
    if any(job.is_live for job in jobs):
        _bars(keys)
    for job in jobs:
        if not job.is_live and job.status != "done":
            explain(job)
    return [job for job in jobs if job.status == "done"]


@st.fragment(run_every=_EVERY_S)
def _bars(keys: list[str]) -> None:
    jobs = [job for key in keys if (job := desk().find(key)) is not None]
    live = [job for job in jobs if job.is_live]
    if not live:
        st.rerun()
    for job in live:
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"job_{job.key}", border=True
        ):
            st.progress(job.state.share, text=_how_far(job))
            st.button(
                say("Dừng", "Stop"),
                icon=":material/stop_circle:",
                key=f"stop_{job.key}",
                on_click=stop,
                args=(job.key,),
                disabled=not access.may_edit(),
            )


def _how_far(job: Job) -> str:
    if job.status == "waiting":
        return say("Đang chờ đến lượt…", "Waiting for its turn…")
    left = job.remaining_s
    parts = [
        told(_STAGES.get(job.state.stage, Text(job.state.stage, job.state.stage))),
        say(f"đã chạy {duration(job.running_s)}", f"{duration(job.running_s)} so far"),
        say("chưa ước được thời gian còn lại", "time left not known yet")
        if left is None
        else say(f"còn khoảng {duration(left)}", f"about {duration(left)} left"),
    ]
    return " · ".join(parts)


def explain(job: Job) -> None:
    """Say why a job has no result."""
    if job.status == "stopped":
        st.info(say("Đã dừng theo yêu cầu.", "Stopped as asked."))
        return
    failure = job.state.failure
    if failure is None:
        st.error(
            say(
                "Tiến trình tính toán đã kết thúc giữa chừng (thiếu bộ nhớ, máy tắt hoặc lỗi "
                f"chương trình). Hãy chạy lại; mã việc: {job.key}",
                "The process ended before its work was done (memory, a restart of the machine or "
                f"a defect). Start it again; its log lies with job {job.key}",
            )
        )
        return
    error = failure.error()
    if isinstance(error, InputDataError):
        st.error(say("Dữ liệu đầu vào có lỗi", "The input data have errors"))
        problems.table(error.problems)
    else:
        st.error(plain(told(failure.text)))


def when(job: Job) -> str:
    """Write when a job was asked for, in the time of Việt Nam."""
    return datetime.fromtimestamp(job.state.asked, _HANOI).strftime("%d/%m %H:%M")
