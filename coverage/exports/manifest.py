"""What a run was made of: versions, parameters, hashes of all inputs."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Final

from coverage.errors import Problem
from coverage.exports.tables import totals
from coverage.model import Result

_PACKAGES: Final = (
    "geopandas",
    "numba",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
)


def manifest(result: Result, version: str) -> dict[str, object]:
    """Return all that a reader needs to make the same numbers again."""
    inputs = result.inputs
    return {
        "software": {"name": "phusong", "version": version, "python": platform.python_version()}
        | {name: metadata.version(name) for name in _PACKAGES},
        "project": inputs.project.model_dump(mode="json"),
        "scenario": result.scenario.model_dump(mode="json"),
        "synthetic": bool(inputs.synthetic_roles),
        "synthetic_roles": list(inputs.synthetic_roles),
        "fingerprint": inputs.fingerprint,
        "grid": {
            "crs": inputs.grid.crs,
            "bounds_m": list(inputs.grid.bounds),
            "resolution_m": inputs.grid.resolution_m,
            "shape": list(inputs.grid.shape),
        },
        "inputs": [
            {
                "role": source.role,
                "file": source.file,
                "sha256": source.sha256,
                "crs": source.crs,
                "synthetic": source.is_synthetic,
                "rows_read": source.rows_read,
                "rows_dropped": source.rows_dropped,
                "rows_repaired": source.rows_repaired,
            }
            for source in inputs.sources
        ],
        "totals": totals(result),
        "warnings": [_warning(problem) for problem in result.warnings],
    }


def _warning(problem: Problem) -> dict[str, object]:
    return problem.as_dict("vi") | {"message_en": problem.what.en}
