"""Free-space loss (ITU-R P.525)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.propagation.validity import require, require_all

MODEL = "ITU-R P.525"
_SPEED_OF_LIGHT_M_PER_S = 299_792_458.0
_POSITIVE_MHZ = (1e-3, 1e6)
_POSITIVE_KM = (1e-6, 1e6)


def free_space_loss_db(distance_km: ArrayLike, *, frequency_mhz: float) -> NDArray[np.float64]:
    """Return the basic transmission loss in free space.

    20 log10(4 pi d / lambda), ITU-R P.525-4 eq. (4), with the speed of light unrounded: 32.448 dB
    at 1 MHz and 1 km. (P.1812 rounds to 92.4 dB at 1 GHz and 1 km, 0.05 dB less.)

    Parameters
    ----------
    distance_km
        Distance between the antennas, any shape, in km.
    frequency_mhz
        Frequency.

    Returns
    -------
    Loss in dB, of the distance's shape.

    Raises
    ------
    ModelRangeError
        A distance or frequency that is not positive.

    Examples
    --------
    >>> free_space_loss_db([1.0, 10.0], frequency_mhz=900.0).round(2)
    array([ 91.53, 111.53])
    """
    distance = np.asarray(distance_km, dtype=np.float64)
    require(MODEL, "frequency_mhz", frequency_mhz, _POSITIVE_MHZ, "MHz")
    require_all(MODEL, "distance_km", distance, _POSITIVE_KM, "km")
    wavelength_km = _SPEED_OF_LIGHT_M_PER_S / (frequency_mhz * 1e9)
    loss: NDArray[np.float64] = 20.0 * np.log10(4.0 * math.pi * distance / wavelength_km)
    return loss
