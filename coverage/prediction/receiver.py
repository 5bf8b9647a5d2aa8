"""What is lost at the receiver by band and land cover, and what a calibration changes there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from coverage.grid import FloatArray
from coverage.params import Calibration, LandCover, RadioParams
from coverage.prediction.cells import Band
from coverage.propagation.best_server import (
    LOSS_STEP_DB,
    NO_PATH,
    UNKNOWN_LOSS,
    ClassArray,
    LossArray,
)
from coverage.propagation.vegetation import vegetation_loss_db

CLASSES: Final = 256


@dataclass(frozen=True, slots=True)
class ReceiverSide:
    """Losses at the receiver (bands, classes), none negative, and what goes to the path instead.

    A calibration may add to a signal, but the kernels skip pixels on the promise that the ground
    never does: `lift_db` (bands,) is the gain moved from the ground into the path loss.
    """

    loss_db: FloatArray
    lift_db: FloatArray
    calibration: Calibration | None

    def corrected(self, loss: LossArray, resolution_m: float) -> LossArray:
        """Return path losses (bands, side, side) in steps with the calibration's share in them."""
        if self.calibration is None:
            return loss
        slope = _slope_steps(self.calibration, loss.shape[1], resolution_m)
        lift = np.rint(self.lift_db / LOSS_STEP_DB).astype(np.int32)
        moved = loss.astype(np.int32) - slope - lift[:, None, None]
        moved = np.clip(moved, UNKNOWN_LOSS + 1, NO_PATH - 1)
        kept = (loss == UNKNOWN_LOSS) | (loss == NO_PATH)
        return np.where(kept, loss, moved.astype(np.int16))


def receiver_side(bands: Sequence[Band], radio: RadioParams, legend: LandCover) -> ReceiverSide:
    """Return the loss at the receiver by band and land-cover class.

    A class takes its fixed loss and that of the vegetation around the receiver, and gives what the
    calibration adds. Class 0 is ground of which nothing is known: it takes no loss.
    """
    loss_db = np.zeros((len(bands), CLASSES), dtype=np.float32)
    if radio.clutter == "receiver_loss":
        for number, band in enumerate(bands):
            for entry in legend.classes:
                vegetation_db = vegetation_loss_db(
                    entry.vegetation_depth_m, frequency_mhz=band.frequency_mhz
                )
                loss_db[number, entry.code] = entry.receiver_loss_db + float(vegetation_db)
        loss_db[:, 0] = 0.0
    lift_db = np.zeros(len(bands), dtype=np.float32)
    if radio.calibration is not None:
        for number, band in enumerate(bands):
            added_db = _offsets_db(radio.calibration, band.frequency_mhz)
            net_db = loss_db[number] - added_db
            steps = math.ceil(max(0.0, -float(net_db.min())) / LOSS_STEP_DB)
            lift_db[number] = steps * LOSS_STEP_DB
            loss_db[number] = net_db + lift_db[number]
    return ReceiverSide(loss_db=loss_db, lift_db=lift_db, calibration=radio.calibration)


def cover_at_receiver(
    land_cover: ClassArray | None, shape: tuple[int, int], radio: RadioParams
) -> ClassArray:
    """Return the land cover that counts at the receiver; class 0 everywhere for none."""
    counts = radio.clutter == "receiver_loss" or radio.calibration is not None
    if land_cover is None or not counts:
        return np.zeros(shape, dtype=np.uint8)
    return land_cover


@lru_cache(maxsize=64)
def _offsets_db(calibration: Calibration, frequency_mhz: float) -> FloatArray:
    return np.array(
        [calibration.offset_db(code, frequency_mhz) for code in range(CLASSES)], dtype=np.float32
    )


@lru_cache(maxsize=4)
def _slope_steps(
    calibration: Calibration, side: int, resolution_m: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Return what the slope adds to the signal over a window, in steps."""
    axis = np.arange(side) - side // 2
    distance_km = np.hypot(axis[:, None], axis[None, :]) * resolution_m / 1000.0
    held_km = np.clip(distance_km, calibration.from_km, calibration.to_km)
    slope_db = calibration.slope_db_per_decade * np.log10(held_km)
    return np.rint(slope_db / LOSS_STEP_DB).astype(np.int32)
