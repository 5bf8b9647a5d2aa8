"""What the app keeps between reruns; with `kept`, the only place of Streamlit's caches.

Keys are strings of the inputs' fingerprint and the parameters that a stage reads. Data travel
beside the key as unhashed arguments: tables cannot be hashed, and of rasters only a sample would
be. What lies here is shared by all sessions and never changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import BaseModel

from coverage import pipeline
from coverage.comparison import Comparison, compare
from coverage.io.project import load_project, project_path
from coverage.jobs import Desk, Job, read_fibre_plan, read_plan
from coverage.maps import fibre_payload, map_payload, payload_in
from coverage.maps.fields import Payload, table_payload, village_fields
from coverage.maps.plan import plan_payload
from coverage.model import FibrePlan, Inputs, Plan, Prediction, Result
from coverage.params import Scenario
from coverage.pipeline import Assessment
from coverage.settings import load_project_file
from coverage.text import Language
from coverage.ui import access


class _NotKeptError(LookupError):
    """Nothing to remember: what is not there yet may be there at the next look."""


def inputs_of(path: str) -> Inputs:
    """Return the project at `path`, read again when one of its files changed.

    Raises
    ------
    AccessError
        Where it is not for the readers of this server.
    """
    access.demand_folder(path)
    return _inputs(path, _stamp(path))


def kept_prediction(inputs: Inputs, scenario: Scenario) -> Prediction | None:
    """Return the prediction, None where it must be made first (`predicting`)."""
    try:
        return _prediction(prediction_key(inputs, scenario), inputs, scenario)
    except _NotKeptError:
        return None


@st.cache_resource(show_spinner=False)
def projects_opened() -> dict[str, str]:
    """Return the folders of the projects opened on this server, by the mark in an address."""
    return {}


def result_of(
    inputs: Inputs, prediction: Prediction, scenario: Scenario, *, operator: str
) -> Result:
    """Return villages graded and ranked; new weights grade nothing anew."""
    key = grading_key(inputs, scenario, operator)
    assessment = _assessment(key, inputs, prediction, scenario, operator)
    return _result(
        key_of(key, scenario.priority, scenario.stability), inputs, prediction, assessment, scenario
    )


def map_parts(result: Result, operator: str, language: Language) -> dict[str, tuple[str, Payload]]:
    """Return what the map draws in three parts, each under a key that changes with its content.

    `rows` changes with the weights, `base` and `pictures` with thresholds and operator.
    """
    grading = grading_key(result.inputs, result.scenario, operator)
    ranking = key_of(grading, result.scenario.priority, result.scenario.stability)
    pictures, base, rows = (
        key_of(part, of, language)
        for part, of in (("pictures", grading), ("base", grading), ("rows", ranking))
    )
    return {
        "pictures": (pictures, _pictures(pictures, result, operator, language)),
        "base": (base, _base(base, result, operator, language)),
        "rows": (rows, _rows(rows, result, language)),
    }


def plan_of(job: Job) -> Plan:
    """Return the plan of a finished job."""
    return _plan(job.key, job.made)


def fibre_plan_of(job: Job) -> FibrePlan:
    """Return the fibre plan of a finished job."""
    return _fibre_plan(job.key, job.made)


def plan_by_key(desk: Desk, key: str) -> Plan | None:
    """Return the plan of a finished job by its name; None where there is none."""
    job = desk.find(key) if key else None
    return plan_of(job) if job is not None and job.status == "done" else None


def map_of(
    result: Result, language: Language, *, plan: Plan | FibrePlan | None = None, plan_key: str = ""
) -> tuple[str, Payload]:
    """Return a version and all that a map draws, a plan over it where there is one."""
    parts = map_parts(result, "", language)
    base, pictures, rows = (parts[name][1] for name in ("base", "pictures", "rows"))
    key = key_of(*(version for version, _ in parts.values()), plan_key)
    villages = rows["villages"] | base["villages"]
    return key, base | pictures | {"villages": villages} | _drawn_plan(key, plan, language)


def fibre_map_of(result: Result, language: Language) -> tuple[str, Payload]:
    """Return a version and what a map of the distance to fibre draws."""
    key = key_of("fibre", grading_key(result.inputs, result.scenario, ""), language)
    return key, _fibre_map(key, result, language)


def comparison_of(base: Path, other: Path) -> Comparison:
    """Return two folders held against each other, anew when a manifest of theirs changed."""
    marks = tuple(
        (str(file), file.stat().st_mtime_ns)
        for folder in (base, other)
        if (file := folder / "manifest.json").is_file()
    )
    return _comparison(str(base), str(other), marks)


def map_of_folder(folder: Path) -> tuple[str, Payload] | None:
    """Return version and content of the map that a run left in its folder; None without one."""
    file = folder / "map.html"
    if not file.is_file():
        return None
    key = key_of("folder", str(file), str(file.stat().st_mtime_ns))
    payload = _folder_map(key, file)
    return None if payload is None else (key, payload)


def prediction_key(inputs: Inputs, scenario: Scenario) -> str:
    """Key of what a prediction depends on."""
    return key_of(inputs.radio_fingerprint, scenario.radio, scenario.land_cover)


def grading_key(inputs: Inputs, scenario: Scenario, operator: str) -> str:
    """Key of what classes depend on."""
    return key_of(
        prediction_key(inputs, scenario),
        inputs.fingerprint,
        inputs.project,
        scenario.name,
        scenario.gaps,
        scenario.evidence,
        scenario.thresholds,
        scenario.switch_off,
        scenario.fibre,
        scenario.indicators,
        operator,
    )


def key_of(*parts: str | BaseModel) -> str:
    """Return a short key of texts and frozen parameters."""
    texts = [part if isinstance(part, str) else part.model_dump_json() for part in parts]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _stamp(path: str) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of every file of a project: cheap, and new when one was changed."""
    toml = project_path(path)
    file, _ = load_project_file(toml)
    named: list[Any] = [file.scenario, *file.inputs.model_dump().values()]
    entries = [e for value in named for e in ([value] if isinstance(value, str) else value or ())]
    places = {toml, *(toml.parent / entry for entry in entries if "://" not in entry)}
    files = {beside for place in places for beside in _with_sidecars(place)}
    return tuple(sorted((str(f), s.st_size, s.st_mtime_ns) for f in files if (s := f.stat())))


def _with_sidecars(place: Path) -> list[Path]:
    """Return a file and those that share its name (a Shapefile has several)."""
    if not place.parent.is_dir():
        return []
    return [f for f in place.parent.iterdir() if f.stem == place.stem and f.is_file()]


@st.cache_resource(max_entries=2, show_spinner=False)
def _inputs(path: str, stamp: tuple[tuple[str, int, int], ...]) -> Inputs:  # noqa: ARG001 - the key
    return load_project(path)


@st.cache_resource(max_entries=2, show_spinner=False)
def _prediction(key: str, _inputs: Inputs, _scenario: Scenario) -> Prediction:  # noqa: ARG001
    kept = pipeline.kept_prediction(_inputs, _scenario)
    if kept is None:
        raise _NotKeptError
    return kept


@st.cache_resource(max_entries=8, show_spinner=False)
def _assessment(
    key: str,  # noqa: ARG001
    _inputs: Inputs,
    _prediction: Prediction,
    _scenario: Scenario,
    _operator: str,
) -> Assessment:
    return pipeline.assessed(_inputs, _prediction, _scenario, operator=_operator)


@st.cache_resource(max_entries=8, show_spinner=False)
def _result(
    key: str,  # noqa: ARG001
    _inputs: Inputs,
    _prediction: Prediction,
    _assessment: Assessment,
    _scenario: Scenario,
) -> Result:
    return pipeline.ranked(_inputs, _prediction, _assessment, _scenario)


@st.cache_resource(max_entries=8, show_spinner=False)
def _pictures(key: str, _result: Result, _operator: str, _language: Language) -> Payload:  # noqa: ARG001
    payload = map_payload(_result, operator=_operator, language=_language)
    return {"overlays": payload["overlays"]}


@st.cache_resource(max_entries=8, show_spinner=False)
def _base(key: str, _result: Result, _operator: str, _language: Language) -> Payload:  # noqa: ARG001
    payload = map_payload(_result, operator=_operator, language=_language, pictures=False)
    return payload | {"villages": {"places": payload["villages"]["places"]}}


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(key: str, _result: Result, _language: Language) -> Payload:  # noqa: ARG001
    fields = village_fields(_result, _language)
    return {"villages": table_payload(_result.villages, fields, _language)}


@st.cache_resource(max_entries=16, show_spinner=False)
def _plan(key: str, _made: Path) -> Plan:  # noqa: ARG001
    return read_plan(_made)


@st.cache_resource(max_entries=16, show_spinner=False)
def _fibre_plan(key: str, _made: Path) -> FibrePlan:  # noqa: ARG001
    return read_fibre_plan(_made)


@st.cache_resource(max_entries=6, show_spinner=False)
def _drawn_plan(key: str, _plan: Plan | FibrePlan | None, _language: Language) -> Payload:  # noqa: ARG001
    return {"plan": None if _plan is None else plan_payload(_plan, _language)}


@st.cache_resource(max_entries=4, show_spinner=False)
def _fibre_map(key: str, _result: Result, _language: Language) -> Payload:  # noqa: ARG001
    return fibre_payload(_result, language=_language)


@st.cache_resource(max_entries=4, show_spinner=False)
def _comparison(base: str, other: str, marks: tuple[tuple[str, int], ...]) -> Comparison:  # noqa: ARG001
    return compare(base, other)


@st.cache_resource(max_entries=6, show_spinner=False)
def _folder_map(key: str, _file: Path) -> Payload | None:  # noqa: ARG001
    return payload_in(_file.read_text(encoding="utf-8"))
