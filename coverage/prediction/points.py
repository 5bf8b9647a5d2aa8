"""Signal at points where somebody measured, from the kept path losses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.grid import FloatArray, IndexArray
from coverage.model import Inputs
from coverage.params import LandCover, RadioParams
from coverage.prediction.cells import (
    Band,
    Cells,
    Mast,
    cells_that_count,
)
from coverage.prediction.losses import Field, Keeper
from coverage.prediction.pieces import Rules
from coverage.prediction.receiver import cover_at_receiver, receiver_side
from coverage.prediction.signal import Progress, scene_of
from coverage.prediction.work import field_of, place_of
from coverage.propagation.best_server import ClassArray, Ground, LossArray, strongest_at
from coverage.propagation.engine import pixels_in_sight

_TOGETHER: Final = 32
_BAND_TOLERANCE_SHARE: Final = 0.03


def signal_at(
    inputs: Inputs,
    radio: RadioParams,
    land_cover: LandCover,
    points: pd.DataFrame,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    keeper: Keeper | None = None,
) -> pd.DataFrame:
    """Predict the strongest cell at single pixels.

    Parameters
    ----------
    inputs, radio, land_cover, workers, progress, keeper
        As for `predict`; only masts of the points' operators and technologies are looked at.
    points
        `row`, `col` on the grid; `operator` as in the stations, `technology`; `cell_id` ("" for
        any) and `frequency_mhz` (NaN for any) narrow which cells may serve a point. A `cell_id`
        that no station has is as none.

    Returns
    -------
    DataFrame
        On the index of `points`: `predicted_dbm` (NaN where no cell reaches the point or its path
        is not known), `server` (position in `cells_that_count`, -1 for none), `distance_km`,
        `server_mhz`, `in_sight` (of the serving antenna, over the terrain alone).
    """
    cells = cells_that_count(inputs, radio)
    scene = scene_of(inputs, radio, land_cover)
    ((rules, all_masts),) = scene.areas
    layer_of = {key: number for number, key in enumerate(scene.keys)}
    ids = {cell_id: number + 1 for number, cell_id in enumerate(cells["cell_id"])}
    work = _Work(
        points=_Points(
            row=points["row"].to_numpy(np.int64),
            col=points["col"].to_numpy(np.int64),
            layer=np.array(
                [
                    layer_of.get(key, -1)
                    for key in zip(points["technology"], points["operator"], strict=True)
                ],
                dtype=np.int64,
            ),
            cell=points["cell_id"].map(ids).fillna(0).to_numpy(np.int64),
            frequency_mhz=points["frequency_mhz"].fillna(0.0).to_numpy(np.float64),
        ),
        inputs=inputs,
        land_cover=cover_at_receiver(inputs.land_cover, inputs.grid.shape, radio),
        rules=rules,
        field=field_of(inputs.terrain_m, inputs.land_cover, rules, keeper),
        cells=scene.cells,
    )
    best_dbm = np.full(len(points), -np.inf)
    server = np.zeros(len(points), dtype=np.int64)
    masts = [m for m in all_masts if {work.layer(i) for i in m.cells} & work.asked]
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        for first in range(0, len(masts), _TOGETHER):
            for where, level_dbm, number in pool.map(
                work.of_mast, masts[first : first + _TOGETHER]
            ):
                stronger = (level_dbm > best_dbm[where]) | (
                    (level_dbm == best_dbm[where]) & (number < server[where]) & (number > 0)
                )
                best_dbm[where[stronger]] = level_dbm[stronger]
                server[where[stronger]] = number[stronger]
            if progress is not None:
                progress("points", min(1.0, (first + _TOGETHER) / len(masts)))
    told = _told(points, cells, inputs, radio, server - 1)
    told.insert(0, "predicted_dbm", np.where(server > 0, best_dbm, np.nan))
    return told


@dataclass(frozen=True, slots=True)
class _Points:
    row: IndexArray
    col: IndexArray
    layer: IndexArray
    cell: IndexArray
    frequency_mhz: np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class _Heard:
    """Path losses of a mast's bands, and the ground they are received on."""

    loss: LossArray
    bands: Sequence[Band]
    ground: Ground


@dataclass(frozen=True, slots=True)
class _Work:
    points: _Points
    inputs: Inputs
    land_cover: ClassArray
    rules: Rules
    field: Field
    cells: Cells

    @property
    def asked(self) -> set[int]:
        """Layers that some point asks for."""
        return set(np.unique(self.points.layer).tolist())

    def layer(self, cell: int) -> int:
        """Return the layer of a cell."""
        return int(self.cells.layer[cell])

    def of_mast(self, mast: Mast) -> tuple[IndexArray, FloatArray, IndexArray]:
        """Return the points that a mast reaches, its strongest cell at each, and its number."""
        radius = self.rules.radio.max_range_m / self.rules.resolution_m
        points = self.points
        far = (points.row - mast.row) ** 2 + (points.col - mast.col) ** 2
        near = np.flatnonzero(far <= radius**2)
        mine = sorted({self.layer(i) for i in mast.cells} & set(points.layer[near].tolist()))
        nothing = np.empty(0, dtype=np.int64)
        if not mine:
            return nothing, np.empty(0, dtype=np.float32), nothing
        bands = sorted({self.cells.band[i] for i in mast.cells if self.layer(i) in mine})
        side = receiver_side(bands, self.rules.radio, self.rules.legend)
        loss = side.corrected(self.field.losses(mast, bands), self.rules.resolution_m)
        ground = Ground(self.inputs.terrain_m, self.land_cover, side.loss_db)
        heard = _Heard(loss=loss, bands=bands, ground=ground)
        found = [
            self._of_layer(mast, layer, near[points.layer[near] == layer], heard) for layer in mine
        ]
        where, level_dbm, number = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return where, level_dbm, number

    def _of_layer(
        self, mast: Mast, layer: int, where: IndexArray, heard: _Heard
    ) -> tuple[IndexArray, FloatArray, IndexArray]:
        members = [i for i in mast.cells if self.layer(i) == layer]
        level_dbm, number = strongest_at(
            heard.loss,
            np.array([band.frequency_mhz for band in heard.bands]),
            heard.ground,
            place_of(mast, self.rules),
            self.cells.sectors(members, heard.bands),
            self.rules.antennas,
            self.points.row[where],
            self.points.col[where],
            self.points.cell[where],
            self.points.frequency_mhz[where],
            _BAND_TOLERANCE_SHARE,
        )
        return where, level_dbm, number


def _told(
    points: pd.DataFrame,
    cells: pd.DataFrame,
    inputs: Inputs,
    radio: RadioParams,
    server: IndexArray,
) -> pd.DataFrame:
    """Return what the serving cell is to each point."""
    served = server >= 0
    mast = cells.iloc[np.where(served, server, 0)]
    cells_away = np.hypot(
        points["row"].to_numpy() - mast["row"].to_numpy(),
        points["col"].to_numpy() - mast["col"].to_numpy(),
    )
    distance_m = np.maximum(cells_away, 0.5) * inputs.grid.resolution_m
    return pd.DataFrame(
        {
            "server": server,
            "distance_km": np.where(served, distance_m / 1000.0, np.nan),
            "server_mhz": np.where(served, mast["frequency_mhz"].to_numpy(float), np.nan),
            "in_sight": _sights(points, cells, inputs, radio, server),
        },
        index=points.index,
    )


def _sights(
    points: pd.DataFrame,
    cells: pd.DataFrame,
    inputs: Inputs,
    radio: RadioParams,
    server: IndexArray,
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which points see the antenna that serves them, one pass per mast."""
    row, col = points["row"].to_numpy(), points["col"].to_numpy()
    seen = np.zeros(len(points), dtype=bool)
    served = np.flatnonzero(server >= 0)
    keys = ["row", "col", "antenna_height_m"]
    places = cells.iloc[server[served]][keys].reset_index(drop=True)
    for members in places.groupby(keys).indices.values():
        mast_row, mast_col, height_m = places.iloc[members[0]]
        where = served[members]
        reach = np.hypot(row[where] - mast_row, col[where] - mast_col).max() + 1.0
        _, sees = pixels_in_sight(
            inputs.terrain_m,
            row=int(mast_row),
            col=int(mast_col),
            resolution_m=inputs.grid.resolution_m,
            radius_m=float(reach) * inputs.grid.resolution_m,
            tx_height_m=float(height_m),
            rx_height_m=radio.rx_height_m,
            delta_n=radio.delta_n,
        )
        half = sees.shape[0] // 2
        seen[where] = sees[row[where] - int(mast_row) + half, col[where] - int(mast_col) + half]
    return seen
