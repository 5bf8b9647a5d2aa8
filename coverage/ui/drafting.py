"""The draft of this session: kept on the server, named in the address, found again on reload."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import streamlit as st

from coverage.errors import CoverageError, InputDataError, Problem
from coverage.model import Inputs
from coverage.revision.drafts import DraftChangedError, Drafts, KeptFile, SheetReview, Work
from coverage.revision.edits import Edit, Step, TableRole
from coverage.ui import access, kept, state
from coverage.ui.speech import say, told
from coverage.ui.words import plain

URL: Final = "draft"
PART: Final = "part"
_SEEN: Final = "draft_number"
_TOLD: Final = "draft_told"
_EPOCH: Final = "draft_epoch"


def drafts() -> Drafts:
    """Return where drafts are kept."""
    return Drafts()


def take_from_url() -> None:
    """Open the draft that the address names, with its project; only as a session begins."""
    own = kept.session_names()
    if "begun" in own:
        return
    own["begun"] = "yes"
    name = str(st.query_params.get(URL, ""))
    found = drafts().read(name) if name else None
    if found is not None:
        own[found[1].project] = name
        st.session_state[state.PROJECT] = found[1].project


def current() -> Work:
    """Return the work on the open project as it stands on the disk; note what the page shows."""
    project = open_path()
    name = kept.session_names().get(project, "")
    found = drafts().read(name) if name else None
    if found is None:
        kept.session_names().pop(project, None)
        st.query_params.pop(URL, None)
        st.session_state[_SEEN] = 0
        return Work(project=project)
    st.query_params[URL] = name
    st.session_state[_SEEN] = found[0]
    return found[1]


def shown() -> Work:
    """Return the work as the page shows it, for what follows from a click on it."""
    found = drafts().read(name()) if name() else None
    return Work(project=open_path()) if found is None else found[1]


def open_path() -> str:
    """Return the path of the open project as it was entered."""
    return state.project()


def name() -> str:
    """Return the name of the draft of the open project, "" where there is none yet."""
    return str(kept.session_names().get(open_path(), ""))


def change(by: Callable[[Work], Work]) -> bool:
    """Change the work of this session; False, and a word on the page, where that cannot be done.

    What another tab has changed since this page was shown is never overwritten: it is shown first.
    """
    if not access.may_edit():
        return False
    project = open_path()
    try:
        if not name():
            kept.session_names()[project] = drafts().begin(Work(project=project))
            st.session_state[_SEEN] = 1
        found = drafts().read(name())
        if found is None or found[0] != st.session_state[_SEEN]:
            raise DraftChangedError
        st.session_state[_SEEN] = drafts().write(name(), by(found[1]), after=found[0])
    except CoverageError as error:
        tell(told(error.text))
        new_epoch()
        return False
    return True


def add_step(inputs: Inputs, role: TableRole, edits: tuple[Edit, ...]) -> bool:
    """Add a step of editing to the draft."""
    sha256 = hash_of(inputs, role)

    def longer(work: Work) -> Work:
        hashes = {role: sha256} | work.hashes
        steps = (*work.steps, Step(role=role, edits=edits))
        return work.model_copy(update={"steps": steps, "hashes": hashes})

    return bool(edits) and change(longer)


def undo() -> None:
    """Take the last step back."""

    def shorter(work: Work) -> Work:
        steps = work.steps[:-1]
        left = {step.role for step in steps}
        hashes = {role: sha for role, sha in work.hashes.items() if role in left}
        return work.model_copy(update={"steps": steps, "hashes": hashes})

    change(shorter)
    new_epoch()


def throw_away() -> None:
    """Remove the draft with its files."""
    if not access.may_edit():
        return
    if name():
        drafts().forget(name())
    kept.session_names().pop(open_path(), None)
    st.query_params.pop(URL, None)
    new_epoch()


def decide(file: KeptFile, sheet: str, by: Callable[[SheetReview], SheetReview]) -> bool:
    """Change what was decided about a sheet."""

    def decided(one: KeptFile) -> KeptFile:
        if one.token != file.token:
            return one
        sheets = one.sheets | {sheet: by(one.sheets.get(sheet, SheetReview()))}
        return one.model_copy(update={"sheets": sheets})

    return change(lambda work: work.model_copy(update={"files": tuple(map(decided, work.files))}))


def add_files(
    files: Iterable[tuple[str, int, Callable[[], bytes]]],
) -> tuple[Problem, ...]:
    """Keep files (name, size, how to read it) for review; return why some could not be kept."""
    problems: list[Problem] = []
    if not change(lambda work: work):  # a draft to keep them in
        return ()
    for file, size, read in files:
        try:
            new = drafts().add_file(name(), file, size, read)
        except InputDataError as error:
            problems += error.problems
            continue
        _add(new)
    return tuple(problems)


def _add(file: KeptFile) -> bool:
    return change(lambda work: work.model_copy(update={"files": (*work.files, file)}))


def remove_file(file: KeptFile) -> None:
    """Take a file out of the review."""

    def without(work: Work) -> Work:
        left = tuple(one for one in work.files if one.token != file.token)
        return work.model_copy(update={"files": left})

    if change(without):
        drafts().drop_file(name(), file)


def is_of_these_tables(work: Work, inputs: Inputs) -> bool:
    """Whether the tables that the steps were made on still stand as they were."""
    return all(hash_of(inputs, role) == sha for role, sha in work.hashes.items())


def hash_of(inputs: Inputs, role: str) -> str:
    """Return the hash of the file of a role."""
    return next((s.sha256 for s in inputs.sources if s.role == role), "")


def epoch() -> int:
    """Return a number that changes when editors must show the draft anew."""
    return int(st.session_state.get(_EPOCH, 0))


def new_epoch() -> None:
    """Let every editor show the draft anew."""
    st.session_state[_EPOCH] = epoch() + 1


def tell(text: str) -> None:
    """Say something at the top of the page in its next run."""
    st.session_state[_TOLD] = text


def say_what_was_told() -> None:
    """Show what callbacks had to say."""
    text = st.session_state.pop(_TOLD, "")
    if text:
        st.warning(plain(text), icon=":material/info:")


def open_other(folder: str) -> None:
    """Open another project; the draft of this one is found again when it is opened next."""
    part = st.query_params.get(PART, "")
    st.query_params.clear()  # it speaks of the project that is left
    st.query_params[PART] = part
    state.forget_project()
    st.session_state[state.PROJECT] = folder


def open_saved(folder: str) -> None:
    """Open a project that was just saved; the draft it came from goes."""
    throw_away()
    open_other(folder)
    tell(
        say(
            f"Đã lưu và mở dự án mới: {folder}. Các trang khác nay hiện dự án này.",
            f"Saved, and opened the new project: {folder}. Other pages show it from now on.",
        )
    )
