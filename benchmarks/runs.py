"""The whole command `phusong run` on a province: time, memory, what is kept, equal bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from benchmarks import process
from benchmarks.terrains import SHARED
from coverage.demo import write_demo

BACKAN = SHARED / "data" / "backan"
ROOT = Path(__file__).parents[1]
CPU_LIMIT_S, MEMORY_LIMIT_MIB, AGAIN_LIMIT_S = 60.0, 2048.0, 5.0
REPEATS = 3
_OF_THE_CLOCK = "timings.json"
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "thresholds": {"thresholds": "strict"},
    "weights": {"weights": {"severity": 0.1, "households": 0.5}},
}


def measure() -> None:
    """Print the table of `phusong run` on Bắc Kạn, else on the demo province."""
    if not process.IS_POSSIBLE:
        print("phusong run: CPU time and memory of a process are measured on Linux and macOS only")
        return
    with tempfile.TemporaryDirectory() as name:
        desk = Path(name)
        if BACKAN.exists():
            title, project = "Bắc Kạn", _copy(BACKAN, desk / "project")
        else:
            title, project = "the demo province", desk / "project"
            write_demo(project)
        cores = os.cpu_count() or 1
        table(title, project, desk, workers=(max(3, cores), 2, 1))


def table(
    title: str, project: Path, desk: Path, *, workers: tuple[int, ...], repeats: int = REPEATS
) -> bool:
    """Run `project` again and again, print what it took, and say whether all promises were kept.

    Parameters
    ----------
    title
        Name of the project for the heading.
    project
        Its folder; `project.toml` is rewritten with changed settings.
    desk
        An empty folder for stores and outputs.
    workers
        Numbers of threads whose outputs must be equal.
    repeats
        How often each later run is measured; the best counts.
    """
    print(f"`phusong run` on {title}, {os.cpu_count()} cores; the very first run may compile")
    first = {
        count: _run(project, desk / f"{count} workers", desk / f"store of {count}", count)
        for count in workers
    }
    equal = {count: _digests(desk / f"{count} workers") for count in workers}
    store = desk / f"store of {workers[0]}"
    again = {
        name: [_changed_run(project, desk / name, store, change) for _ in range(repeats)]
        for name, change in CHANGES.items()
    }
    kept = min(usage.cpu_s for usage, _ in again["nothing"])
    print(f"{'':32}{'wall s':>8}{'CPU s':>8}{'MiB':>7}")
    for count, usage in first.items():
        _row(f"first run, {count} worker{'s' * (count > 1)}", usage)
    for name, usages in again.items():
        _row(f"again, {name} changed", min((u for u, _ in usages), key=_wall))
    prediction_s = min(usage.cpu_s for usage in first.values()) - kept
    slowest_s = max(min(_wall(u) for u, _ in usages) for usages in again.values())
    peak_mib = max(usage.peak_mib for usage in first.values())
    return _verdicts(
        {
            f"prediction {prediction_s:.1f} s of CPU (first run minus a run that found it kept), "
            f"at most {CPU_LIMIT_S:g}": prediction_s <= CPU_LIMIT_S,
            f"peak memory {peak_mib:.0f} MiB, at most {MEMORY_LIMIT_MIB:g}": (
                peak_mib <= MEMORY_LIMIT_MIB
            ),
            "no prediction repeated where thresholds or weights change": not any(
                predicted for usages in again.values() for _, predicted in usages
            ),
            f"then {slowest_s:.1f} s in all (best of {repeats}), at most {AGAIN_LIMIT_S:g}": (
                slowest_s <= AGAIN_LIMIT_S
            ),
            f"the same bytes of {len(equal[workers[0]])} files with "
            f"{', '.join(map(str, workers))} workers": (
                len(set(map(_frozen, equal.values()))) == 1
            ),
        }
    )


def _verdicts(verdicts: Mapping[str, bool]) -> bool:
    for text, is_met in verdicts.items():
        print(f"  {'met   ' if is_met else 'MISSED'}  {text}")
    return all(verdicts.values())


def _row(title: str, usage: process.Usage) -> None:
    print(f"{title:32}{usage.wall_s:8.1f}{usage.cpu_s:8.1f}{usage.peak_mib:7.0f}")


def _run(project: Path, out: Path, store: Path, workers: int) -> process.Usage:
    command = [sys.executable, "-m", "coverage", "run", str(project), "--out", str(out), "--quiet"]
    known = os.environ.get("PYTHONPATH")
    return process.run(
        [*command, "--workers", str(workers)],
        environment={
            "PHUSONG_CACHE": str(store),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), known])),
        },
    )


def _changed_run(
    project: Path, out: Path, store: Path, change: Mapping[str, Any]
) -> tuple[process.Usage, bool]:
    """Run with changed scenario settings; also say whether anything new came into the store."""
    toml = project / "project.toml"
    settings = toml.read_bytes()
    before = set(store.rglob("*"))
    try:
        changed = tomllib.loads(settings.decode("utf-8"))
        changed["scenario"] = changed.get("scenario", {}) | change
        toml.write_bytes(tomli_w.dumps(changed).encode())
        usage = _run(project, out, store, 1)
    finally:
        toml.write_bytes(settings)
    return usage, set(store.rglob("*")) != before


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every output but the one that holds measured times."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != _OF_THE_CLOCK
    }


def _frozen(digests: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return tuple(digests.items())


def _wall(usage: process.Usage) -> float:
    return usage.wall_s


def _copy(folder: Path, target: Path) -> Path:
    """Copy the files of a folder that may be read-only."""
    target.mkdir()
    for path in folder.iterdir():
        shutil.copyfile(path, target / path.name)
    return target
