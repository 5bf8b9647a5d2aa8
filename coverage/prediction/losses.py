"""Path loss of a mast by band, computed once and kept under everything it depends on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from coverage.grid import FloatArray
from coverage.params import RadioParams
from coverage.prediction.cells import Band, Mast
from coverage.propagation import SOURCE_DIGEST, models
from coverage.propagation.best_server import LossArray, in_steps
from coverage.propagation.engine import PathParams

_CODE: Final = hashlib.sha256(SOURCE_DIGEST.encode() + Path(__file__).read_bytes()).hexdigest()


class Keeper(Protocol):
    """Keeps arrays under the values they depend on; may forget any of them at any time."""

    def get(self, parts: Mapping[str, object], /) -> dict[str, np.ndarray[Any, Any]] | None:
        """Return what was put under `parts`, or None."""

    def put(
        self, parts: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]], /
    ) -> None:
        """Keep `arrays` under `parts`."""


def digest_of(*rasters: FloatArray | None) -> str:
    """Return the hash of the rasters' shapes and values."""
    digest = hashlib.sha256()
    for raster in rasters:
        digest.update(repr(None if raster is None else raster.shape).encode())
        if raster is not None:
            digest.update(np.ascontiguousarray(raster).data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The terrain masts stand on, and how loss is computed over it."""

    terrain_m: FloatArray
    clutter_m: FloatArray | None
    resolution_m: float
    radio: RadioParams
    path: PathParams
    keeper: Keeper | None

    def losses(self, mast: Mast, bands: Sequence[Band]) -> LossArray:
        """Return the loss of a mast's bands, (bands, side, side), in steps.

        Bands that are not kept are computed together, on one pass over the terrain per model.
        """
        around = {} if self.keeper is None else self._around(mast)
        found = {
            band: kept for band in bands if (kept := self._kept(mast, band, around)) is not None
        }
        missing = [band for band in bands if band not in found]
        for model in sorted({band.model for band in missing}):
            wanted = [band for band in missing if band.model == model]
            computed = in_steps(self._computed(mast, wanted))
            for band, loss in zip(wanted, computed, strict=True):
                found[band] = loss
                if self.keeper is not None:
                    self.keeper.put(self._parts(mast, band, around), {"loss": loss})
        return np.stack([found[band] for band in bands])

    def _kept(self, mast: Mast, band: Band, around: Mapping[str, object]) -> LossArray | None:
        kept = None if self.keeper is None else self.keeper.get(self._parts(mast, band, around))
        return None if kept is None else kept["loss"]

    def _computed(self, mast: Mast, bands: Sequence[Band]) -> FloatArray:
        return models.mast_path_loss_db(
            self.terrain_m,
            self.clutter_m,
            models.Mast(
                row=mast.row,
                col=mast.col,
                resolution_m=self.resolution_m,
                radius_m=self.radio.max_range_m,
                tx_height_m=mast.antenna_height_m,
                rx_height_m=self.radio.rx_height_m,
            ),
            model=bands[0].model,
            frequencies_mhz=[band.frequency_mhz for band in bands],
            params=self.path,
            surroundings=self._surroundings,
            engine=self.radio.engine,
        )

    @property
    def _surroundings(self) -> models.Surroundings:
        return models.Surroundings(
            hata_environment=self.radio.hata_environment,
            building_height_m=self.radio.building_height_m,
            street_width_m=self.radio.street_width_m,
        )

    def _around(self, mast: Mast) -> dict[str, object]:
        """Return the hash of the ground in reach of a mast, and where on it the mast stands.

        The same mast on the same ground has the same loss, whatever lies beyond its reach.
        """
        reach = math.ceil(self.radio.max_range_m / self.resolution_m)
        row0, col0 = max(mast.row - reach, 0), max(mast.col - reach, 0)
        cut = np.s_[row0 : mast.row + reach + 1, col0 : mast.col + reach + 1]
        clutter_m = None if self.clutter_m is None else self.clutter_m[cut]
        return {
            "terrain": digest_of(self.terrain_m[cut], clutter_m),
            "row": mast.row - row0,
            "col": mast.col - col0,
        }

    def _parts(self, mast: Mast, band: Band, around: Mapping[str, object]) -> dict[str, object]:
        """Return everything the loss depends on: neither power, tilt nor other masts."""
        return {
            "stage": "path_loss",
            "code": _CODE,
            **around,
            "antenna_height_m": mast.antenna_height_m,
            "model": band.model,
            "frequency_mhz": band.frequency_mhz,
            "resolution_m": self.resolution_m,
            "radius_m": self.radio.max_range_m,
            "rx_height_m": self.radio.rx_height_m,
            "engine": self.radio.engine,
            "path": repr(self.path),
            "surroundings": repr(self._surroundings),
        }
