"""How two runs came about differently: versions, settings, inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from coverage.comparison.runs import Run

_PARTS: Final = {
    "software": "version",
    "project": "parameter",
    "scenario": "parameter",
    "grid": "parameter",
    "inputs": "input",
}
_NAMES: Final = ("name", "code", "role")


def manifest_differences(base: Run, other: Run) -> pd.DataFrame:
    """Return every entry of the manifests that differs; what a run has not is empty.

    Members of a list are held against each other by their name, not by their place.
    """
    rows = []
    for group, part in _PARTS.items():
        before = dict(leaves(group, base.manifest[group]))
        after = dict(leaves(group, other.manifest[group]))
        rows += [
            {
                "run": other.label,
                "part": part,
                "entry": key,
                "base": before.get(key, ""),
                "other": after.get(key, ""),
            }
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]
    return pd.DataFrame(rows, columns=["run", "part", "entry", "base", "other"])


def leaves(key: str, value: Any) -> Iterator[tuple[str, str | float]]:
    """Yield each setting of a tree with its dotted name; what is no text or number, as JSON."""
    if isinstance(value, Mapping) and value:
        for name in value:
            yield from leaves(f"{key}.{name}", value[name])
    elif isinstance(value, list) and (names := _names(value)):
        for name, member in zip(names, value, strict=True):
            yield from leaves(f"{key}[{name}]", member)
    else:
        is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        yield key, value if is_plain else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _names(members: Sequence[Any]) -> list[str]:
    """Return the names of a list's members, with a number where one stands again; [] without."""
    if not all(isinstance(member, Mapping) for member in members):
        return []
    found: list[str] = []
    for member in members:
        name = next((str(member[n]) for n in _NAMES if n in member), None)
        if name is None:
            return []
        again = sum(other.partition("#")[0] == name for other in found)
        found.append(f"{name}#{again + 1}" if again else name)
    return found
