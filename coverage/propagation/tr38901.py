"""3GPP TR 38.901 path loss of rural (RMa) and urban (UMa) macro cells, table 7.4.1-1.

Statistical models: line of sight is an argument, the terrain profile is not. Shadowing is not
added.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.propagation.validity import require, require_all

RMA = "3GPP TR 38.901 RMa"
UMA = "3GPP TR 38.901 UMa"
RMA_MHZ = (500.0, 30_000.0)
UMA_MHZ = (500.0, 100_000.0)
RMA_TX_HEIGHT_M = (10.0, 150.0)
RMA_RX_HEIGHT_M = (1.0, 10.0)
UMA_TX_HEIGHT_M = (25.0, 25.0)
UMA_RX_HEIGHT_M = (1.5, 13.0)  # up to 22.5 m in the report, but random from 13 m (note 1)
BUILDING_HEIGHT_M = (5.0, 50.0)
STREET_WIDTH_M = (5.0, 50.0)
LOS_DISTANCE_M = (10.0, 10_000.0)
SHORT_DISTANCE_M = (10.0, 5000.0)  # RMa without line of sight; UMa

_SPEED_OF_LIGHT_M_PER_S = 3e8  # the report's
_ENVIRONMENT_HEIGHT_M = 1.0  # h_E of UMa below 13 m


def rma_loss_db(
    distance_m: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float = 1.5,
    building_height_m: float = 5.0,
    street_width_m: float = 20.0,
    line_of_sight: bool,
) -> NDArray[np.float64]:
    """Return the path loss of a rural macro cell.

    Parameters
    ----------
    distance_m
        Horizontal distance, any shape, in m: 10-10,000 in line of sight, else 10-5,000.
    frequency_mhz
        500-30,000 MHz.
    tx_height_m, rx_height_m
        10-150 m and 1-10 m.
    building_height_m, street_width_m
        Averages of the surroundings, 5-50 m each.
    line_of_sight
        Whether the antennas see each other.

    Returns
    -------
    Loss in dB, of the distance's shape.

    Raises
    ------
    ModelRangeError
        A value outside the model's range.

    Examples
    --------
    >>> loss_db = rma_loss_db(
    ...     1414.2, frequency_mhz=3500.0, tx_height_m=30.0, rx_height_m=1.5,
    ...     building_height_m=7.0, street_width_m=25.0, line_of_sight=True,
    ... )
    >>> round(float(loss_db), 2)
    110.16
    """
    distance = np.asarray(distance_m, dtype=np.float64)
    require(RMA, "frequency_mhz", frequency_mhz, RMA_MHZ, "MHz")
    require(RMA, "tx_height_m", tx_height_m, RMA_TX_HEIGHT_M, "m")
    require(RMA, "rx_height_m", rx_height_m, RMA_RX_HEIGHT_M, "m")
    require(RMA, "building_height_m", building_height_m, BUILDING_HEIGHT_M, "m")
    require(RMA, "street_width_m", street_width_m, STREET_WIDTH_M, "m")
    longest = LOS_DISTANCE_M if line_of_sight else SHORT_DISTANCE_M
    require_all(RMA, "distance_m", distance, longest, "m")
    frequency_ghz = frequency_mhz / 1e3
    break_m = (
        2.0 * math.pi * tx_height_m * rx_height_m * frequency_mhz * 1e6 / _SPEED_OF_LIGHT_M_PER_S
    )
    rise_m = tx_height_m - rx_height_m
    slant_m = np.hypot(distance, rise_m)

    def before_break_db(slant: NDArray[np.float64]) -> NDArray[np.float64]:
        power = building_height_m**1.72
        loss: NDArray[np.float64] = (
            20.0 * np.log10(40.0 * math.pi * slant * frequency_ghz / 3.0)
            + min(0.03 * power, 10.0) * np.log10(slant)
            - min(0.044 * power, 14.77)
            + 0.002 * math.log10(building_height_m) * slant
        )
        return loss

    # Beyond the break point the loss at that point grows with the fourth power of the distance.
    at_break_db = before_break_db(np.asarray(break_m))
    seen_db = np.where(
        distance <= break_m,
        before_break_db(slant_m),
        at_break_db + 40.0 * np.log10(slant_m / break_m),
    )
    if line_of_sight:
        return seen_db
    log_h = math.log10(tx_height_m)
    unseen_db = (
        161.04
        - 7.1 * math.log10(street_width_m)
        + 7.5 * math.log10(building_height_m)
        - (24.37 - 3.7 * (building_height_m / tx_height_m) ** 2) * log_h
        + (43.42 - 3.1 * log_h) * (np.log10(slant_m) - 3.0)
        + 20.0 * math.log10(frequency_ghz)
        - (3.2 * math.log10(11.75 * rx_height_m) ** 2 - 4.97)
    )
    return np.maximum(seen_db, unseen_db)


def uma_loss_db(
    distance_m: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float = 25.0,
    rx_height_m: float = 1.5,
    line_of_sight: bool,
) -> NDArray[np.float64]:
    """Return the path loss of an urban macro cell.

    Parameters
    ----------
    distance_m
        Horizontal distance, any shape, 10-5,000 m.
    frequency_mhz
        500-100,000 MHz.
    tx_height_m, rx_height_m
        25 m, the only height of the model, and 1.5-13 m.
    line_of_sight
        Whether the antennas see each other.

    Returns
    -------
    Loss in dB, of the distance's shape.

    Raises
    ------
    ModelRangeError
        A value outside the model's range.

    Examples
    --------
    >>> loss_db = uma_loss_db(
    ...     500.0, frequency_mhz=3500.0, tx_height_m=25.0, rx_height_m=1.5, line_of_sight=False
    ... )
    >>> round(float(loss_db), 1)
    129.9
    """
    distance = np.asarray(distance_m, dtype=np.float64)
    require(UMA, "frequency_mhz", frequency_mhz, UMA_MHZ, "MHz")
    require(UMA, "tx_height_m", tx_height_m, UMA_TX_HEIGHT_M, "m")
    require(UMA, "rx_height_m", rx_height_m, UMA_RX_HEIGHT_M, "m")
    require_all(UMA, "distance_m", distance, SHORT_DISTANCE_M, "m")
    rise_m = tx_height_m - rx_height_m
    slant_m = np.hypot(distance, rise_m)
    frequency_db = 20.0 * math.log10(frequency_mhz / 1e3)
    heights_m2 = (tx_height_m - _ENVIRONMENT_HEIGHT_M) * (rx_height_m - _ENVIRONMENT_HEIGHT_M)
    break_m = 4.0 * heights_m2 * frequency_mhz * 1e6 / _SPEED_OF_LIGHT_M_PER_S
    seen_db = np.where(
        distance <= break_m,
        28.0 + 22.0 * np.log10(slant_m) + frequency_db,
        28.0 + 40.0 * np.log10(slant_m) + frequency_db - 9.0 * math.log10(break_m**2 + rise_m**2),
    )
    if line_of_sight:
        return seen_db
    unseen_db = 13.54 + 39.08 * np.log10(slant_m) + frequency_db - 0.6 * (rx_height_m - 1.5)
    return np.maximum(seen_db, unseen_db)
