"""The export page: what is to leave the house, made in a job, then downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from coverage.jobs import Job, MapTask, RunTask
from coverage.jobs.work import MAP_FILE, OUTPUTS, ZIP_FILE
from coverage.model import Inputs
from coverage.text import Text
from coverage.ui import at_work, problems, sidebar, sides
from coverage.ui.sides import Side
from coverage.ui.speech import digits, language, say, told

_ASKED: Final = "export_asked"
_MAP: Final = "map"
_MEGABYTE: Final = 1e6
_THINGS: Final[Mapping[str, Text]] = {
    _MAP: Text("Bản đồ một tệp (map.html)", "Map in one file (map.html)"),
    "zip": Text("Toàn bộ thư mục kết quả (ZIP)", "The whole output folder (ZIP)"),
    "report.xlsx": Text("Sổ tính (report.xlsx)", "Workbook (report.xlsx)"),
    "results.gpkg": Text("Lớp bản đồ GIS (results.gpkg)", "GIS layers (results.gpkg)"),
    "manifest.json": Text("Bản kê nguồn gốc (manifest.json)", "Manifest (manifest.json)"),
}
_MIMES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gpkg": "application/geopackage+sqlite3",
    ".json": "application/json",
}


def show() -> None:
    """Show the page."""
    inputs = sidebar.open_project()
    st.header(say("Xuất kết quả", "Export"), anchor=False)
    problems.banner(inputs)
    left, right = st.columns(2)
    with left:
        side = sides.choose(
            inputs, say("Xuất từ", "Export from"), "export_of", first=sides.SESSION, folders=False
        )
        things = st.multiselect(
            say("Những gì cần xuất", "What to export"),
            list(_THINGS),
            default=[_MAP, "report.xlsx"],
            format_func=lambda name: told(_THINGS[name]),
            key="export_things",
            persist_state="session",
        )
    with right:
        positions = _positions(is_needed=_MAP in things)
        chosen_language = _language(is_needed=_MAP in things)
    if side is None:
        return
    _warn(inputs, things, positions, has_plan=bool(side.plan))
    tasks = _tasks(inputs, side, things, positions, chosen_language)
    st.button(
        say("Tạo tệp", "Make the files"),
        type="primary",
        icon=":material/package_2:",
        on_click=_ask,
        args=(tasks,),
        disabled=not tasks,
    )
    found = [job for task in tasks if (job := at_work.desk().find(task.key)) is not None]
    asked = st.session_state.get(_ASKED, ())
    done = at_work.follow([job.key for job in found if job.status == "done" or job.key in asked])
    for job in done:
        _downloads(job, things)


def _positions(*, is_needed: bool) -> str:
    words = {
        "exact": say("Chính xác", "Exact"),
        "coarse": say("Làm tròn khoảng 1 km", "Rounded to about 1 km"),
        "none": say("Không có", "None"),
    }
    return str(
        st.radio(
            say("Vị trí cột trên bản đồ", "Masts on the map"),
            list(words),
            format_func=words.__getitem__,
            horizontal=True,
            key="export_masts",
            persist_state="session",
            disabled=not is_needed,
        )
    )


def _language(*, is_needed: bool) -> str:
    words = {"vi": "Tiếng Việt", "en": "English"}
    return str(
        st.radio(
            say("Ngôn ngữ của bản đồ", "Language of the map"),
            list(words),
            index=list(words).index(language()),
            format_func=words.__getitem__,
            horizontal=True,
            key="export_language",
            persist_state="session",
            disabled=not is_needed,
        )
    )


def _warn(inputs: Inputs, things: list[str], positions: str, *, has_plan: bool) -> None:
    """Say what leaves the house with the files."""
    if positions != "exact" and _MAP in things:
        others = [told(_THINGS[name]) for name in things if name not in {_MAP, "manifest.json"}]
        if others:
            listed = ", ".join(others)
            st.warning(
                say(
                    f"Chỉ map.html che vị trí cột; {listed} vẫn có vị trí chính xác.",
                    f"Only map.html hides where masts stand; {listed} hold exact positions.",
                )
            )
        if has_plan:
            st.caption(
                say(
                    "Bản đồ che vị trí cột thì không vẽ phương án, vì phương án cho biết vị trí.",
                    "A map that hides masts leaves the plan out, as it tells where masts stand.",
                )
            )
    if inputs.synthetic_roles:
        st.caption(
            say(
                "Mọi tệp đều ghi rõ dữ liệu tổng hợp (mô phỏng).",
                "Every file says that the data are synthetic.",
            )
        )


def _tasks(
    inputs: Inputs, side: Side, things: list[str], positions: str, chosen_language: str
) -> list[RunTask | MapTask]:
    run = side.task(inputs)
    tasks: list[RunTask | MapTask] = [run] if set(things) - {_MAP} else []
    if _MAP in things:
        shared = run.model_dump(exclude={"kind"})
        tasks.append(
            MapTask.model_validate(
                shared | {"language": chosen_language, "mast_positions": positions}
            )
        )
    return tasks


def _ask(tasks: list[RunTask | MapTask]) -> None:
    st.session_state[_ASKED] = tuple(at_work.desk().submit(task).key for task in tasks)


def _downloads(job: Job, things: list[str]) -> None:
    """Offer the files of a job that were asked for."""
    if isinstance(job.task, MapTask):
        paths = [job.made / MAP_FILE]
    else:
        names = [name for name in things if name != _MAP]
        paths = [job.made / ZIP_FILE if n == "zip" else job.made / OUTPUTS / n for n in names]
    with st.container(horizontal=True):
        for path in paths:
            _download(path, job.key)


def _download(path: Path, key: str) -> None:
    size = digits(path.stat().st_size / _MEGABYTE, 1)
    st.download_button(
        f"{path.name} ({size} MB)",
        path.read_bytes,
        file_name=path.name,
        mime=_MIMES[path.suffix],
        icon=":material/download:",
        key=f"download_{key}_{path.name}",
        on_click="ignore",
    )
