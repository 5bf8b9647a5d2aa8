"""A rough hand calculation of signal, to place masts and to invent what villagers report.

It is not the prediction of the package and must not be: reports that came from the same model as
the prediction could never contradict it. One obstacle per path (Bullington's), no antenna pattern.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from coverage.demo.terrain import Terrain
from coverage.propagation.diffraction import knife_edge_loss_db

Array = np.ndarray[Any, np.dtype[Any]]

RANGE_M: Final = 16_000.0
OUT_OF_RANGE_DBM: Final = -200.0

_SAMPLES: Final = 56
_EARTH_RADIUS_M: Final = 8.5e6  # effective, four thirds
_PHONE_M: Final = 1.5
_RESOURCE_ELEMENT_EIRP_DBM: Final = 28.0  # 61 dBm over 100 resource blocks, off boresight
_SURROUNDINGS_DB: Final = 6.0  # leaves and walls near the phone


def rough_rsrp_dbm(
    terrain: Terrain,
    mast_xy_m: Array,
    antenna_height_m: Array,
    village_xy_m: Array,
    *,
    frequency_mhz: Array,
) -> Array:
    """Return the rough 4G RSRP of every mast at every village, dBm.

    Parameters
    ----------
    terrain
        The ground.
    mast_xy_m, village_xy_m
        Positions, one row each, in metres of the grid.
    antenna_height_m
        Height of each mast's antennas above ground, m.
    frequency_mhz
        Lowest 4G carrier of each mast, MHz.

    Returns
    -------
    Masts by villages; `OUT_OF_RANGE_DBM` beyond `RANGE_M`.
    """
    gap = village_xy_m[None, :, :] - mast_xy_m[:, None, :]
    distance_m = np.hypot(gap[..., 0], gap[..., 1])
    mast, village = np.nonzero(distance_m < RANGE_M)
    length = np.maximum(distance_m[mast, village], 50.0)[:, None]
    share = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    along = length * share
    points = mast_xy_m[mast, None, :] + share[None, :, None] * gap[mast, village][:, None, :]
    ground = terrain.height_at(points[..., 0], points[..., 1])
    ground += along * (length - along) / (2.0 * _EARTH_RADIUS_M)
    top = terrain.height_at(mast_xy_m[:, 0], mast_xy_m[:, 1]) + antenna_height_m
    phone = terrain.height_at(village_xy_m[:, 0], village_xy_m[:, 1]) + _PHONE_M
    top, phone, length = top[mast], phone[village], length[:, 0]
    wavelength = 299.8 / np.asarray(frequency_mhz, dtype=float)[mast]

    up = ((ground - top[:, None]) / along).max(axis=1)
    down = ((ground - phone[:, None]) / (length[:, None] - along)).max(axis=1)
    direct = (phone - top) / length
    blocked = up > direct
    meeting = np.where(
        blocked, (phone - top + down * length) / np.where(blocked, up + down, 1.0), 0.0
    )
    meeting = np.clip(meeting, 1.0, length - 1.0)
    above = top + up * meeting - (top * (length - meeting) + phone * meeting) / length
    over_edge = above * np.sqrt(2.0 * length / (wavelength * meeting * (length - meeting)))
    line = top[:, None] + direct[:, None] * along
    grazing = (ground - line) * np.sqrt(
        2.0 * length[:, None] / (wavelength[:, None] * along * (length[:, None] - along))
    )
    edge_db = knife_edge_loss_db(np.where(blocked, over_edge, grazing.max(axis=1)))
    edge_db += (1.0 - np.exp(-edge_db / 6.0)) * (10.0 + 0.02 * length / 1e3)
    free_space_db = 20.0 * np.log10(4.0 * np.pi * length / wavelength)
    rsrp = np.full(distance_m.shape, OUT_OF_RANGE_DBM)
    rsrp[mast, village] = _RESOURCE_ELEMENT_EIRP_DBM - free_space_db - edge_db - _SURROUNDINGS_DB
    return rsrp
