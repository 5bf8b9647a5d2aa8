"""A finished run held against its own manifest: what is still as the run wrote and read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from coverage import __version__
from coverage.comparison.differences import leaves
from coverage.errors import InputDataError, Problem
from coverage.io.database import is_database
from coverage.io.desk import entry_name
from coverage.io.files import fingerprint_of, sha256_of
from coverage.io.manifests import MANIFEST, read_manifest
from coverage.io.project import project_path
from coverage.params import ProjectFile, Scenario
from coverage.settings import examine_project_file
from coverage.text import Text

Part = Literal["output", "input", "setting", "version"]
State = Literal["same", "changed", "missing", "added", "unchecked"]

_UNLISTED: Final = frozenset({MANIFEST, "timings.json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one thing that a manifest names.

    `part` is output, input, setting or version; `then` and `now` are hashes or values, "" where
    there is none. An input is `unchecked` where its project is not at hand, or
    where it is a table of a database.
    """

    part: Part
    name: str
    state: State
    then: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Every finding about a run, in the order of outputs, inputs, settings, version.

    `project` is where the inputs were looked for, None where no project was found.
    """

    folder: Path
    project: Path | None
    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        """Whether every output is what the run wrote; files that came later do not count."""
        return not any(
            f.part == "output" and f.state in {"changed", "missing"} for f in self.findings
        )

    @property
    def is_current(self) -> bool:
        """Whether the run would see the same inputs, settings and version today."""
        return all(f.state == "same" for f in self.findings if f.part != "output")


def verify(out: Path | str, project: Path | str | None = None) -> Verification:
    """Recompute the hashes of a run and say what changed since.

    Parameters
    ----------
    out
        Output folder of `run` or `plan`.
    project
        The project it was made from; None looks in the folder above.

    Raises
    ------
    InputDataError
        Where the folder holds no usable manifest, or the named project cannot be read.

    Examples
    --------
    >>> from coverage.comparison.verification import verify
    >>> found = verify("data/demo/outputs", "data/demo")
    >>> {finding.state for finding in found.findings}
    {'same'}
    """
    folder = Path(out).resolve()
    problems: list[Problem] = []
    manifest = read_manifest(folder, folder.name, problems)
    if manifest is None:
        raise InputDataError(problems)
    toml = project_path(folder.parent if project is None else project).resolve()
    is_known = project is not None or toml.is_file()
    file, scenario = _project(toml) if is_known else (None, None)
    return Verification(
        folder=folder,
        project=toml if is_known else None,
        findings=(
            *_outputs(folder, manifest),
            *_inputs(file, toml.parent, manifest),
            *([] if file is None or scenario is None else _settings(file, scenario, manifest)),
            *_version(manifest),
        ),
    )


def summary(found: Verification) -> dict[str, Any]:
    """Return the counts by part and state, and everything that is not the same."""
    counts: dict[str, dict[str, int]] = {}
    for finding in found.findings:
        states = counts.setdefault(finding.part, {})
        states[finding.state] = states.get(finding.state, 0) + 1
    return {
        "out": str(found.folder),
        "project": None if found.project is None else str(found.project),
        "intact": found.is_intact,
        "current": found.is_current,
        "counts": counts,
        "differences": [
            {"part": f.part, "name": f.name, "state": f.state, "then": f.then, "now": f.now}
            for f in found.findings
            if f.state != "same"
        ],
    }


def sentence(found: Verification) -> Text:
    """Say in one sentence whether the outputs can be trusted as they lie there."""
    if not found.is_intact:
        return Text(
            "Có tệp kết quả đã bị sửa hoặc mất sau lần chạy; hãy chạy lại trước khi dùng.",
            "Outputs were changed or are missing since the run; run again before you use them.",
        )
    if found.project is None:
        return Text(
            "Kết quả nguyên vẹn. Không thấy dự án nên chưa đối chiếu dữ liệu đầu vào "
            "(thêm --project).",
            "The outputs are intact. No project was found, so the inputs were not checked "
            "(add --project).",
        )
    if not found.is_current:
        return Text(
            "Kết quả nguyên vẹn, nhưng dữ liệu đầu vào, thiết lập hoặc phiên bản đã đổi từ đó.",
            "The outputs are intact, but inputs, settings or the version have changed since.",
        )
    return Text(
        "Kết quả nguyên vẹn và đúng với dữ liệu đầu vào hiện nay.",
        "The outputs are intact and belong to the inputs as they are now.",
    )


def _project(toml: Path) -> tuple[ProjectFile, Scenario]:
    file, scenario, problems = examine_project_file(toml)
    errors = [problem for problem in problems if problem.severity == "error"]
    if file is None or errors:
        raise InputDataError(errors)
    return file, scenario


def _outputs(folder: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    listed: dict[str, Any] = manifest["outputs"]
    for name, then in sorted(listed.items()):
        path = folder / name
        # A manifest is a file anyone can write: it must not lead out of its folder.
        if path.parent != folder or not path.is_file():
            yield Finding(part="output", name=name, state="missing", then=str(then))
        else:
            yield _held("output", name, str(then), sha256_of(path))
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in listed and path.name not in _UNLISTED:
            yield Finding(part="output", name=path.name, state="added", now=sha256_of(path))


def _inputs(
    project: ProjectFile | None, folder: Path, manifest: dict[str, Any]
) -> Iterator[Finding]:
    now = {} if project is None else dict(_files_of(project, folder))
    for source in manifest["inputs"]:
        key = (str(source.get("role", "")), str(source.get("file", "")))
        name, then = f"{key[0]}: {key[1]}", str(source.get("sha256", ""))
        is_named = key in now
        path = now.pop(key, None)
        if project is None or (is_named and path is None):
            yield Finding(part="input", name=name, state="unchecked", then=then)
        elif path is None or not path.is_file():
            yield Finding(part="input", name=name, state="missing", then=then)
        else:
            yield _held("input", name, then, fingerprint_of(path))
    for (role, file), path in now.items():
        found = fingerprint_of(path) if path is not None and path.is_file() else ""
        yield Finding(part="input", name=f"{role}: {file}", state="added", now=found)


def _files_of(project: ProjectFile, folder: Path) -> Iterator[tuple[tuple[str, str], Path | None]]:
    """Yield the files that a project names now, each with its role and name; None for a database.

    What a database holds now is not read.
    """
    for role, entry in project.inputs:
        for one in entry if isinstance(entry, tuple) else (entry,):
            if one is not None:
                yield (role, entry_name(one)), None if is_database(one) else folder / one


def _settings(
    project: ProjectFile, scenario: Scenario, manifest: dict[str, Any]
) -> Iterator[Finding]:
    """Yield every setting that differs, or one finding for a group in which none does."""
    for group, settings in (("project", project.project), ("scenario", scenario)):
        then = dict(leaves(group, manifest[group]))
        now = dict(leaves(group, settings.model_dump(mode="json")))
        changed = [key for key in sorted(then.keys() | now.keys()) if then.get(key) != now.get(key)]
        for key in changed:
            yield _held("setting", key, str(then.get(key, "")), str(now.get(key, "")))
        if not changed:
            yield Finding(part="setting", name=group, state="same")


def _version(manifest: dict[str, Any]) -> Iterator[Finding]:
    yield _held("version", "phusong", str(manifest["software"].get("version", "")), __version__)


def _held(part: Part, name: str, then: str, now: str) -> Finding:
    return Finding(
        part=part, name=name, state="same" if then == now else "changed", then=then, now=now
    )
