"""Which cells count, and what the kernels need of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coverage.carriers import reference_share_db
from coverage.grid import FloatArray, IndexArray
from coverage.model import Inputs
from coverage.params import Model, RadioParams, Technology
from coverage.propagation.antennas import (
    OMNI_BEAMWIDTH_DEG,
    PATTERN_DEGREES,
    AntennaPattern,
)
from coverage.propagation.best_server import FORMULA, Antennas, Sectors


@dataclass(frozen=True, slots=True)
class Mast:
    """Cells that share a place and an antenna height."""

    row: int
    col: int
    antenna_height_m: float
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Band:
    """Cells of one mast that share their path loss."""

    model: Model
    frequency_mhz: float


@dataclass(frozen=True, slots=True)
class Cells:
    """What the kernels need of some cells; `number` counts from 1 in the order of the table."""

    number: IndexArray
    level_dbm: FloatArray  # power of one resource element (or the pilot) in the axis, before loss
    band: tuple[Band, ...]
    azimuth_deg: FloatArray
    beamwidth_deg: FloatArray
    downtilt_deg: FloatArray
    pattern: IndexArray
    layer: np.ndarray[Any, np.dtype[np.int64]]  # position of (technology, operator)

    def sectors(self, members: Sequence[int], bands: Sequence[Band]) -> Sectors:
        """Return some cells of one mast; `bands` names the losses in their order."""
        chosen = np.array(members, dtype=np.int64)
        return Sectors(
            number=self.number[chosen],
            band=np.array([bands.index(self.band[i]) for i in members], dtype=np.int64),
            level_dbm=self.level_dbm[chosen],
            azimuth_deg=self.azimuth_deg[chosen],
            beamwidth_deg=self.beamwidth_deg[chosen],
            downtilt_deg=self.downtilt_deg[chosen],
            pattern=self.pattern[chosen],
        )

    def of(self, members: IndexArray) -> Cells:
        """Return some of the cells; each keeps its number."""
        return Cells(
            number=self.number[members],
            level_dbm=self.level_dbm[members],
            band=tuple(self.band[i] for i in members),
            azimuth_deg=self.azimuth_deg[members],
            beamwidth_deg=self.beamwidth_deg[members],
            downtilt_deg=self.downtilt_deg[members],
            pattern=self.pattern[members],
            layer=self.layer[members],
        )


def cells_that_count(inputs: Inputs, radio: RadioParams) -> pd.DataFrame:
    """Return the cells on air (and planned ones if asked) whose mast stands on known terrain.

    With the columns of the stations, `row` and `col` on the grid; the index counts from 0.
    """
    stations = inputs.stations
    statuses = ["active", "planned"] if radio.use_planned else ["active"]
    row, col = inputs.grid.rowcol(stations.geometry.x, stations.geometry.y)
    placed = (row >= 0) & ~np.isnan(inputs.terrain_m[row, col])
    counted = stations["status"].isin(statuses).to_numpy() & placed
    table = pd.DataFrame(stations.drop(columns="geometry")).assign(row=row, col=col)
    return pd.DataFrame(table[counted]).reset_index(drop=True)


def kernel_cells(
    cells: pd.DataFrame,
    radio: RadioParams,
    layer_of: Mapping[tuple[Technology, str], int],
    patterns: Mapping[str, AntennaPattern],
) -> Cells:
    """Return the table's cells for the kernels; `layer_of` numbers (technology, operator)."""
    share_db = [
        reference_share_db(technology, bandwidth, frequency, radio.pilot_power_share)
        for technology, bandwidth, frequency in zip(
            cells["technology"], cells["bandwidth_mhz"], cells["frequency_mhz"], strict=True
        )
    ]
    omni = cells["azimuth_deg"].isna()
    number = {name: place for place, name in enumerate(patterns)}
    named = cells["antenna"] if "antenna" in cells.columns else pd.Series("", index=cells.index)
    return Cells(
        number=np.arange(1, len(cells) + 1, dtype=np.int64),
        level_dbm=(cells["eirp_dbm"] + share_db).to_numpy(np.float32),
        band=tuple(
            Band(radio.model_of(technology), float(frequency))
            for technology, frequency in zip(
                cells["technology"], cells["frequency_mhz"], strict=True
            )
        ),
        azimuth_deg=cells["azimuth_deg"].fillna(0.0).to_numpy(np.float32),
        beamwidth_deg=cells["beamwidth_deg"].mask(omni, OMNI_BEAMWIDTH_DEG).to_numpy(np.float32),
        downtilt_deg=cells["downtilt_deg"].to_numpy(np.float32),
        pattern=np.array([number.get(name, FORMULA) for name in named], dtype=np.int64),
        layer=np.array(
            [layer_of[key] for key in zip(cells["technology"], cells["operator"], strict=True)],
            dtype=np.int64,
        ),
    )


def layer_keys(cells: pd.DataFrame) -> list[tuple[Technology, str]]:
    """Return every (technology, operator) of the table, sorted."""
    return sorted(set(zip(cells["technology"], cells["operator"], strict=True)))


def masts_of(cells: pd.DataFrame) -> list[Mast]:
    """Group the cells by pixel and height, in a fixed order that jumps about the map.

    A pixel served from nearby already costs no more than a look; neighbours in turn would each be
    stronger than the one before along the way.
    """
    members: dict[tuple[int, int, float], list[int]] = {}
    places = zip(cells["row"], cells["col"], cells["antenna_height_m"], strict=True)
    for cell, (row, col, height_m) in enumerate(places):
        members.setdefault((int(row), int(col), float(height_m)), []).append(cell)
    masts = [Mast(*place, tuple(listed)) for place, listed in sorted(members.items())]
    stride = max(1, math.isqrt(len(masts)))
    return [mast for start in range(stride) for mast in masts[start::stride]]


def antennas(radio: RadioParams, patterns: Mapping[str, AntennaPattern]) -> Antennas:
    """Return the parametric pattern's constants and the measured cuts, for the kernels."""
    none = np.zeros((0, PATTERN_DEGREES), dtype=np.float32)
    listed = list(patterns.values())
    return Antennas(
        vertical_beamwidth_deg=radio.vertical_beamwidth_deg,
        front_to_back_db=radio.front_to_back_db,
        side_lobe_db=radio.side_lobe_db,
        horizontal_db=np.array([p.horizontal_db for p in listed]) if listed else none,
        vertical_db=np.array([p.vertical_db for p in listed]) if listed else none,
    )
