"""Counts by unit: villages, households, people and area of each class, scope and technology."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod

from coverage.model import Inputs, Prediction
from coverage.params import TECHNOLOGIES, Scenario, SwitchOff
from coverage.statistics.scopes import (
    ANY,
    CLASS_CODES,
    GOOD,
    NONE,
    UNKNOWN,
    WEAK,
    Codes,
    Key,
    best_of,
    cell_codes,
    coded,
)
from coverage.statistics.units import Level

MEASURES: Final = ("villages", "households", "population")
AREA: Final = "area_km2"
_GEOD: Final = Geod(ellps="WGS84")
Counts = np.ndarray[Any, np.dtype[np.float64]]
"""One row per unit, one column per class in the order of CLASS_CODES."""


def weights_of(villages: gpd.GeoDataFrame) -> dict[str, Counts]:
    """Return what each village adds to a sum."""
    return {
        "villages": np.ones(len(villages)),
        "households": villages["households"].to_numpy(dtype=float),
        "population": villages["population"].to_numpy(dtype=float),
    }


def village_counts(level: Level, codes: Codes, weight: Counts) -> Counts:
    """Return the weight of villages by unit and class."""
    width = len(CLASS_CODES)
    cell = level.village * width + codes
    size = len(level.units) * width
    return np.asarray(np.bincount(cell, weights=weight, minlength=size).reshape(-1, width), float)


def commune_areas_km2(inputs: Inputs) -> Counts:
    """Return the communes' areas on the ellipsoid, not on the projected plane."""
    shapes = inputs.communes.geometry.to_crs("EPSG:4326")
    return np.array([round(abs(_GEOD.geometry_area_perimeter(s)[0]) / 1e6, 3) for s in shapes])


def cell_counts(inputs: Inputs, prediction: Prediction, scenario: Scenario) -> dict[Key, Counts]:
    """Return the raster cells of each commune of the layer by class; a cell belongs by its centre.

    A technology without stations is unknown everywhere, and comes under the scope "any" alone.
    """
    count, width = len(inputs.communes), len(CLASS_CODES)
    pairs = zip(inputs.communes.geometry, range(1, count + 1), strict=True)
    burnt = inputs.grid.rasterise(pairs)
    row, col = np.nonzero(burnt)
    first = (burnt[row, col].astype(np.int64) - 1) * width

    def counted(codes: Codes) -> Counts:
        cells = np.bincount(first + codes, minlength=count * width)
        return cells.reshape(-1, width).astype(float)

    found: dict[Key, Counts] = {}
    for technology in TECHNOLOGIES:
        if technology in prediction.technologies:
            by_scope = cell_codes(inputs, prediction, scenario, technology, row=row, col=col)
            found |= {(technology, scope): counted(codes) for scope, codes in by_scope.items()}
        else:
            found[technology, ANY] = counted(np.full(row.size, UNKNOWN, dtype=np.uint8))
    return found


def unit_areas(level: Level, cells: Counts, area_km2: Counts) -> Counts | None:
    """Return the area of each unit by class, or None where the edition's shapes are not known.

    A commune's area on the ellipsoid is shared out as its cells are; one too small to hold the
    centre of a cell is unknown.
    """
    if level.commune is None:
        return None
    total = cells.sum(axis=1, keepdims=True)
    share = np.divide(cells, total, out=np.zeros_like(cells), where=total > 0)
    share[total[:, 0] == 0, UNKNOWN] = 1.0
    found = np.zeros((len(level.units), len(CLASS_CODES)))
    np.add.at(found, level.commune, share * area_km2[:, None])
    return found


def known(counts: Counts) -> Counts:
    """Return the denominator of a share: what is not unknown."""
    return np.asarray(counts[:, [NONE, WEAK, GOOD]].sum(axis=1))


def covered(counts: Counts) -> Counts:
    """Return the numerator of a share: good or weak."""
    return np.asarray(counts[:, [WEAK, GOOD]].sum(axis=1))


def share_of(part: Any, whole: Any) -> Counts:
    """Divide with care: an empty denominator gives an unknown share."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share.round(6)


def future_gaps(
    index: pd.Index,
    classes: Mapping[Any, pd.Series],
    technologies: tuple[str, ...],
    ends: SwitchOff,
) -> pd.DataFrame:
    """Find villages that only a technology serves which will be switched off.

    Parameters
    ----------
    index
        That of the villages.
    classes
        Class of every village by technology, of any operator.
    technologies
        Those with a station list; the others say nothing.
    ends
        Last month of service by technology.

    Returns
    -------
    DataFrame
        `future_gap` (yes, no, or not known) and `future_gap_date`, the last month of service.
    """
    codes = {name: coded(classes[name]) for name in technologies}
    ending = [name for name in technologies if ends.until(name)]
    lasting = [codes[name] for name in technologies if not ends.until(name)]
    nothing_known = np.full(len(index), UNKNOWN, dtype=np.uint8)
    stays = best_of(lasting) if lasting else nothing_known
    goes = best_of([codes[name] for name in ending]) if ending else nothing_known * 0
    is_gap = (stays == NONE) & np.isin(goes, (WEAK, GOOD))
    is_open = ((stays == UNKNOWN) & (goes != NONE)) | ((goes == UNKNOWN) & (stays == NONE))
    until = np.full(len(index), "", dtype=object)
    for name in sorted(ending, key=ends.until):
        until[is_gap & np.isin(codes[name], (WEAK, GOOD))] = ends.until(name)
    gaps = pd.Series(is_gap, index=index).astype("boolean").mask(is_open)
    return pd.DataFrame({"future_gap": gaps, "future_gap_date": until}, index=index)
