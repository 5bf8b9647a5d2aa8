"""Loss of a terminal that stands in vegetation (ITU-R P.833)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.propagation.validity import require_all

MODEL: Final = "ITU-R P.833"

# Measured in mixed coniferous and deciduous forest at Saint Petersburg: P.833-9 table 1.
_FREQUENCY_MHZ: Final = (105.9, 466.475, 949.0, 1852.2, 2117.5)
_SPECIFIC_DB_PER_M: Final = (0.04, 0.12, 0.17, 0.30, 0.34)
_GREATEST_DB: Final = (9.4, 18.0, 26.5, 29.0, 34.1)

_DEPTH_M: Final = (0.0, 10_000.0)


def vegetation_loss_db(depth_m: ArrayLike, *, frequency_mhz: float) -> NDArray[np.float64]:
    """Return the excess loss of a path that ends `depth_m` inside vegetation.

    A = Am·(1 − exp(−d·γ/Am)), ITU-R P.833-9 eq. (1), one terminal in woodland. γ and Am are
    interpolated over the logarithm of the frequency between the table's five values; outside 105.9-
    2,117.5 MHz the nearest value holds, which understates the loss at 2,600 and 3,700 MHz.

    Parameters
    ----------
    depth_m
        Length of the path within vegetation, any shape, 0-10,000 m.
    frequency_mhz
        Frequency.

    Returns
    -------
    Loss in dB, of the depth's shape.

    Raises
    ------
    ModelRangeError
        A depth outside the range.

    Examples
    --------
    >>> vegetation_loss_db([0.0, 50.0], frequency_mhz=1800.0).round(1)
    array([ 0. , 11.5])
    """
    depth = np.asarray(depth_m, dtype=np.float64)
    require_all(MODEL, "depth_m", depth, _DEPTH_M, "m")
    at, log_f = np.log(frequency_mhz), np.log(_FREQUENCY_MHZ)
    greatest_db = np.interp(at, log_f, _GREATEST_DB)
    loss: NDArray[np.float64] = greatest_db * -np.expm1(
        -depth * np.interp(at, log_f, _SPECIFIC_DB_PER_M) / greatest_db
    )
    return loss
