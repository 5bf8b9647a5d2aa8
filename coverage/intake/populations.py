"""Populations of communes that cannot be right: emptied, so that nothing uses them in silence.

Two marks: a density far from that of the nearest communes of the same kind, and a number far from
what the project's own layer states for the commune. Lost or added zeros ("22.660" read as 22.66,
then 2266) move a number by a factor of ten; half or double is within what ten years can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from coverage.intake.communes import Register
from coverage.intake.sheet import Cell, Finding
from coverage.text import Text

_NEIGHBOURS: Final = 12
_FEWEST: Final = 5
_DENSITY_FACTOR: Final = 3.0
_REFERENCE_FACTOR: Final = 2.0
_INSIDE_M: Final = 1_000.0

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


def suspicious_populations(
    columns: dict[str, list[Cell]],
    rows: Sequence[int],
    dropped: Sequence[bool],
    register: Register,
) -> list[Finding]:
    """Empty the populations of `columns` that cannot be right; one finding for each."""
    people = _numbers(columns["population"])
    people[np.array(dropped, dtype=bool)] = np.nan
    factors = {
        "density": (_density_factors(columns, people), _DENSITY_FACTOR, _DENSITY),
        "reference": (_reference_factors(columns, people, register), _REFERENCE_FACTOR, _REFERENCE),
    }
    findings = []
    for key in range(len(rows)):
        for name, (factor, limit, what) in factors.items():
            times = factor[key]
            if not np.isfinite(times) or 1 / limit <= times <= limit:
                continue
            findings.append(
                Finding(
                    rule=f"suspicious_population_{name}",
                    kind="doubt",
                    row=rows[key],
                    key=key,
                    column="population",
                    old=str(columns["population"][key]),
                    confidence=0.9 if max(times, 1 / times) > 2 * limit else 0.7,
                    what=what,
                    detail=_times(times),
                    undo=(("population", columns["population"][key]),),
                )
            )
            break
    for finding in findings:
        if finding.key is not None:
            columns["population"][finding.key] = None
    return findings


def _numbers(cells: Sequence[Cell]) -> FloatArray:
    return np.array([float(c) if isinstance(c, int | float) else np.nan for c in cells])


def _density_factors(columns: Mapping[str, Sequence[Cell]], people: FloatArray) -> FloatArray:
    """How many times the median density of the nearest communes of its kind each one has."""
    area_km2 = _numbers(columns["area_km2"])
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(area_km2 > 0, people / area_km2, np.nan)
    density[~(density > 0)] = np.nan
    lon, lat = _numbers(columns["longitude"]), _numbers(columns["latitude"])
    first = _against_neighbours(columns, density, density, lon, lat)
    far = np.abs(np.log(first)) > np.log(_DENSITY_FACTOR)
    # Broken neighbours move the median, so those found are left out once more.
    second = _against_neighbours(columns, density, np.where(far, np.nan, density), lon, lat)
    return np.where(far, first, second)


def _against_neighbours(
    columns: Mapping[str, Sequence[Cell]],
    density: FloatArray,
    trusted: FloatArray,
    lon: FloatArray,
    lat: FloatArray,
) -> FloatArray:
    """Divide each density by the median of the nearest trusted ones of its kind."""
    factors = np.full(len(density), np.nan)
    kinds = [str(kind).lower() for kind in columns.get("unit_type", [""] * len(density))]
    for kind in sorted(set(kinds)):
        of_kind = np.array([k == kind for k in kinds])
        here = np.flatnonzero(of_kind & np.isfinite(density) & np.isfinite(lon))
        known = here[np.isfinite(trusted[here])]
        if len(known) <= _FEWEST:
            continue
        east = lon * np.cos(np.radians(lat))
        tree = cKDTree(np.column_stack([east[known], lat[known]]))
        points = np.column_stack([east[here], lat[here]])
        _, near = tree.query(points, k=min(_NEIGHBOURS + 1, len(known)))
        found = known[np.atleast_2d(near)]
        others = np.where(found == here[:, None], np.nan, trusted[found])
        factors[here] = density[here] / np.nanmedian(others, axis=1)
    return factors


def _reference_factors(
    columns: Mapping[str, Sequence[Cell]], people: FloatArray, register: Register
) -> FloatArray:
    """How many times the population of the project's layer each commune has."""
    known = dict(zip(register.places.codes, register.places.populations, strict=False))
    lon, lat = _numbers(columns["longitude"]), _numbers(columns["latitude"])
    has_place = np.isfinite(lon)
    inside = register.places.off_area_m(lon, lat) <= _INSIDE_M
    factors = np.full(len(people), np.nan)
    for key, name in enumerate(columns["name"]):
        if not np.isfinite(people[key]) or (has_place[key] and not inside[key]):
            continue
        unit = register.today.match(str(name or "")).unit
        reference = known.get(unit or "")
        if reference:
            factors[key] = people[key] / reference
    return factors


def _times(factor: float) -> Text:
    return Text(f"gấp {factor:.2f} lần", f"{factor:.2f} times")


_DENSITY: Final = Text(
    "mật độ dân số khác xa các xã lân cận cùng loại: số người có thể mất hoặc thừa số 0; để trống",
    "the density is far from that of the nearest communes of its kind: the number may have lost or "
    "gained zeros; left empty",
)
_REFERENCE: Final = Text(
    "số người khác xa lớp xã của dự án; để trống",
    "the number is far from what the project's commune layer states; left empty",
)
