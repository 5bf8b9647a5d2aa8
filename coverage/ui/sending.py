"""Files sent from the reader's computer, or chosen in a folder of the server, for review."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import streamlit as st

from coverage.archives import LARGEST_FILE
from coverage.errors import CoverageError, Problem
from coverage.text import Text, vietnamese_order
from coverage.ui import access, data_checks, drafting
from coverage.ui.speech import say, told
from coverage.ui.words import plain

_PROBLEMS: Final = "send_problems"
_TURN: Final = "send_turn"
_FOLDER: Final = "send_folder"
_MOST_LISTED: Final = 300
_MIB: Final = 2**20
_BOX_WORDS: Final = """<style>
[data-testid="stFileUploaderDropzone"] button p {{ font-size: 0; }}
[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{button}"; font-size: 14px; }}
[data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
</style>"""


def show(*, is_open: bool) -> None:
    """Show both ways to bring files; `is_open` where none is under review yet."""
    with st.expander(
        say("Đưa tệp vào", "Bring files"), icon=":material/upload_file:", expanded=is_open
    ):
        _ways()
    problems: list[Problem] = st.session_state.pop(_PROBLEMS, [])
    if problems:
        st.error(say("Không nhận được:", "Not taken:"))
        data_checks.problems(problems)


def _ways() -> None:
    largest = LARGEST_FILE // _MIB
    files, folder = st.tabs(
        [say("Từ máy của tôi", "From my computer"), say("Thư mục trên máy chủ", "Server folder")],
        key="send_tabs",
    )
    with files:
        key = f"send_{st.session_state.get(_TURN, 0)}"
        # The words of the box itself are Streamlit's own, in English only.
        st.html(_BOX_WORDS.format(button=say("Chọn hoặc thả tệp", "Choose or drop files")))
        st.file_uploader(
            say(
                f"Danh sách thôn, trạm hoặc xã: Excel, ODS, CSV, KML, GeoJSON, GPKG; mỗi tệp tối "
                f"đa {largest} MB",
                f"Lists of villages, stations or communes: Excel, ODS, CSV, KML, GeoJSON, GPKG; "
                f"at most {largest} MB each",
            ),
            accept_multiple_files=True,
            max_upload_size=largest,
            key=key,
            on_change=_take_sent,
            args=(key,),
        )
    with folder:
        _folder()


def _take_sent(key: str) -> None:
    sent: Any = st.session_state[key] or []
    files = [(one.name, one.size, one.getvalue) for one in sent]
    st.session_state[_PROBLEMS] = list(drafting.add_files(files))
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1


def _folder() -> None:
    st.text_input(
        say("Đường dẫn thư mục, rồi bấm Enter", "Path of a folder, then Enter"),
        key=_FOLDER,
        placeholder="/srv/du_lieu",
    )
    named = str(st.session_state.get(_FOLDER, "")).strip()
    if not named:
        return
    try:
        listed = _listed(named)
    except CoverageError as error:
        st.error(plain(told(error.text)))
        return
    if "project.toml" in listed:
        st.button(
            say("Mở thư mục này như một dự án", "Open this folder as a project"),
            icon=":material/folder_open:",
            on_click=drafting.open_other,
            args=(named,),
        )
    st.multiselect(
        say("Tệp cần đọc", "Files to read"),
        listed,
        key="send_chosen",
        placeholder=say("Chọn tệp", "Choose files"),
    )
    st.button(
        say("Đưa vào xem xét", "Take for review"),
        on_click=_take_chosen,
        args=(named,),
        disabled=not st.session_state.get("send_chosen"),
    )


def _listed(folder: str) -> list[str]:
    """Return the names of the files of a folder of the server that may be read.

    Raises
    ------
    CoverageError
        Where the folder cannot be read, or is not for the readers of this server.
    """
    access.demand_folder(folder)
    try:
        names = [one.name for one in Path(folder).iterdir() if one.is_file()]
    except OSError as error:
        why = error.strerror or ""
        raise CoverageError(
            Text(f"Không đọc được thư mục này ({why}).", f"This folder cannot be read ({why}).")
        ) from error
    return sorted(
        (name for name in names if not (Path(folder) / name).is_symlink()), key=vietnamese_order
    )[:_MOST_LISTED]


def _take_chosen(folder: str) -> None:
    chosen = set(st.session_state["send_chosen"])
    try:
        paths = [Path(folder) / name for name in _listed(folder) if name in chosen]
        files = [(path.name, path.stat().st_size, path.read_bytes) for path in paths]
    except (CoverageError, OSError):
        return  # the page, drawn anew, says what became of the folder
    st.session_state[_PROBLEMS] = list(drafting.add_files(files))
