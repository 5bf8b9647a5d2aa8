"""What leaves the house: the choice, the warnings, the work and the files to download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from coverage.jobs import Job, MapTask, RunTask
from coverage.jobs.work import MAP_FILE, OUTPUTS, ZIP_FILE
from coverage.model import Inputs
from coverage.text import Text
from coverage.ui import sides
from coverage.ui.sides import Side
from coverage.ui.speech import digits, language, say, told

MAP: Final = "map"
SIDE: Final = "export_of"
_MEGABYTE: Final = 1e6
_THINGS: Final[Mapping[str, Text]] = {
    MAP: Text("Bản đồ một tệp (map.html)", "Map in one file (map.html)"),
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


def side(inputs: Inputs) -> Side | None:
    """Let the reader choose of what the files are made."""
    return sides.choose(
        inputs, say("Xuất từ", "Export from"), SIDE, first=sides.SESSION, folders=False
    )


def things() -> list[str]:
    """Let the reader choose what to export."""
    return st.multiselect(
        say("Những gì cần xuất", "What to export"),
        list(_THINGS),
        default=[MAP, "report.xlsx"],
        format_func=lambda name: told(_THINGS[name]),
        key="export_things",
        persist_state="session",
    )


def positions(*, is_needed: bool) -> str:
    """Let the reader choose how masts stand on the map."""
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


def map_language(*, is_needed: bool) -> None:
    """Let the reader choose the language of the map."""
    words = {"vi": "Tiếng Việt", "en": "English"}
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


def warn(inputs: Inputs, chosen: list[str], masts: str, *, has_plan: bool) -> None:
    """Say what leaves the house with the files."""
    if masts != "exact" and MAP in chosen:
        others = [told(_THINGS[name]) for name in chosen if name not in {MAP, "manifest.json"}]
        if others:
            listed = ", ".join(others)
            st.warning(
                say(
                    f"Chỉ map.html che vị trí cột; {listed} có thể cho biết vị trí chính xác.",
                    f"Only map.html hides where masts stand; {listed} may tell it exactly.",
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


def tasks(inputs: Inputs) -> list[RunTask | MapTask]:
    """Return the work that makes what is chosen at this moment."""
    side = sides.chosen_now(inputs, SIDE)
    if side is None:
        return []
    chosen = st.session_state["export_things"]
    run = side.task(inputs)
    asked: list[RunTask | MapTask] = [run] if set(chosen) - {MAP} else []
    if MAP in chosen:
        shared = run.model_dump(exclude={"kind"})
        asked.append(
            MapTask.model_validate(
                shared
                | {
                    "language": st.session_state["export_language"],
                    "mast_positions": st.session_state["export_masts"],
                }
            )
        )
    return asked


def downloads(job: Job, chosen: list[str]) -> None:
    """Offer the files of a job that were asked for."""
    if isinstance(job.task, MapTask):
        paths = [job.made / MAP_FILE]
    else:
        names = [name for name in chosen if name != MAP]
        paths = [job.made / ZIP_FILE if n == "zip" else job.made / OUTPUTS / n for n in names]
    with st.container(horizontal=True):
        for path in paths:
            _download(path, job.key)


def _download(path: Path, key: str) -> None:
    size = digits(path.stat().st_size / _MEGABYTE, 1)
    st.download_button(
        say(f"Tải {path.name} ({size} MB)", f"Download {path.name} ({size} MB)"),
        path.read_bytes,
        file_name=path.name,
        mime=_MIMES[path.suffix],
        icon=":material/download:",
        key=f"download_{key}_{path.name}",
        on_click="ignore",
    )
