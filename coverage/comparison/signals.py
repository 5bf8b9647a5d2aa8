"""Signal rasters of two runs, subtracted where they lie on the same grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from coverage.comparison.runs import Run
from coverage.errors import CrsError, InputDataError, Problem
from coverage.grid import FloatArray
from coverage.io.rasters import open_tile, signal_raster
from coverage.model import Raster
from coverage.params import TECHNOLOGIES, Technology
from coverage.text import Text

MARKED_DB: Final = 3.0
"""A change of less is not worth a colour."""
_OTHER_GRID: Final = "other_grid"
_COLUMNS: Final = (
    *("run", "technology", "area_compared_km2", "area_stronger_km2", "area_weaker_km2"),
    *("area_base_only_km2", "area_other_only_km2", "median_difference_db"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalChange:
    """The signal of another run less that of the base run, of one technology.

    `difference_db` is NaN where either run has no signal; `base_dbm` and `other_dbm` are NaN where
    theirs was not evaluated.
    """

    run: str
    technology: Technology
    difference_db: Raster
    base_dbm: FloatArray
    other_dbm: FloatArray

    @property
    def is_marked(self) -> bool:
        """Whether anything in it is worth a colour."""
        has_base, has_other = ~np.isnan(self.base_dbm), ~np.isnan(self.other_dbm)
        return bool(
            (np.abs(self.difference_db.array) >= MARKED_DB).any() or (has_base != has_other).any()
        )

    @property
    def row(self) -> dict[str, object]:
        """Areas and the median in one row of a table."""
        change = self.difference_db.array
        known = ~np.isnan(change)
        km2 = self.difference_db.grid.cell_area_km2
        has_base, has_other = ~np.isnan(self.base_dbm), ~np.isnan(self.other_dbm)
        areas = {
            "area_compared_km2": known,
            "area_stronger_km2": change >= MARKED_DB,
            "area_weaker_km2": change <= -MARKED_DB,
            "area_base_only_km2": has_base & ~has_other,
            "area_other_only_km2": has_other & ~has_base,
        }
        return {
            "run": self.run,
            "technology": self.technology,
            **{name: round(float(cells.sum()) * km2, 3) for name, cells in areas.items()},
            "median_difference_db": (
                round(float(np.median(change[known])), 2) if known.any() else None
            ),
        }


def signal_changes(base: Run, other: Run) -> tuple[tuple[SignalChange, ...], tuple[Problem, ...]]:
    """Subtract the rasters that both runs have; tell why where that cannot be.

    Runs without rasters in their manifest have nothing to subtract, which is no problem.
    """
    found, problems = [], []
    for technology in TECHNOLOGIES:
        name = f"rsrp_{technology.lower()}_dbm.tif"
        if any(name not in run.manifest["outputs"] for run in (base, other)):
            continue
        try:
            found.append(_difference(base, other, technology, name))
        except (InputDataError, CrsError) as error:
            problems += [_as_warning(problem) for problem in error.problems]
            if any(problem.rule == _OTHER_GRID for problem in error.problems):
                break  # all rasters of a run lie on its one grid
    return tuple(found), tuple(problems)


def change_table(changes: tuple[SignalChange, ...]) -> pd.DataFrame:
    """Return a row for each run and technology."""
    return pd.DataFrame([change.row for change in changes], columns=list(_COLUMNS))


def _difference(base: Run, other: Run, technology: Technology, name: str) -> SignalChange:
    tiles = [open_tile(run.folder / name, name=f"{run.label}/{name}") for run in (base, other)]
    one, two = tiles
    if (one.crs, one.transform, one.shape) != (two.crs, two.transform, two.shape):
        sizes = [f"{t.crs}, {t.shape[0]} × {t.shape[1]}, {t.transform.a:g} m" for t in tiles]
        raise InputDataError.about(
            two.name,
            _OTHER_GRID,
            Text(
                f"lưới {sizes[1]} khác lưới {sizes[0]} của {base.label}: không trừ được hai ảnh",
                f"the grid ({sizes[1]}) is not that of {base.label} ({sizes[0]}): the rasters are "
                "not subtracted",
            ),
            Text(
                "Muốn so từng ô, hãy chạy lại với cùng `crs`, `resolution_m` và cùng địa bàn.",
                "To compare cell by cell, run both with one `crs`, `resolution_m` and area.",
            ),
        )
    before, after = (signal_raster(tile) for tile in tiles)
    with np.errstate(invalid="ignore"):
        change = np.round(after.array - before.array, 2).astype(np.float32)
    change[~np.isfinite(change)] = np.nan
    return SignalChange(
        run=other.label,
        technology=technology,
        difference_db=Raster(array=change, grid=before.grid),
        base_dbm=before.array,
        other_dbm=after.array,
    )


def _as_warning(problem: Problem) -> Problem:
    return Problem(
        severity="warning",
        rule=problem.rule,
        file=problem.file,
        what=problem.what,
        fix=problem.fix,
    )
