"""Okumura-Hata and COST-231-Hata: empirical loss over quasi-smooth terrain.

Neither knows the terrain profile: a hill between the antennas changes nothing.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.errors import ModelRangeError
from coverage.propagation.validity import require, require_all, require_choice
from coverage.text import Text

Environment = Literal["large_city", "small_city", "suburban", "open"]

OKUMURA_HATA = "Okumura-Hata"
COST231_HATA = "COST-231-Hata"
HATA_MHZ = (150.0, 1500.0)
COST231_MHZ = (1500.0, 2000.0)
TX_HEIGHT_M = (30.0, 200.0)
RX_HEIGHT_M = (1.0, 10.0)
DISTANCE_KM = (1.0, 20.0)

_LARGE_CITY_HIGH_MHZ = 300.0  # from here the large-city term uses 11.75 h instead of 1.54 h


def okumura_hata_loss_db(
    distance_km: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float = 1.5,
    environment: Environment = "open",
) -> NDArray[np.float64]:
    """Return the median loss after Okumura, in Hata's formulas.

    M. Hata, "Empirical formula for propagation loss in land mobile radio services", IEEE Trans.
    Veh. Technol. VT-29 (1980) 317-325. 150-1,500 MHz, 1-20 km.

    Parameters
    ----------
    distance_km
        Distance, any shape, in km.
    frequency_mhz
        Frequency.
    tx_height_m, rx_height_m
        Effective height of the mast's antenna, 30-200 m, and height of the mobile's, 1-10 m.
    environment
        "large_city", "small_city", "suburban" or "open".

    Returns
    -------
    Loss in dB, of the distance's shape.

    Raises
    ------
    ModelRangeError
        A value outside the model's range.

    Examples
    --------
    >>> okumura_hata_loss_db([1.0, 10.0], frequency_mhz=900.0, tx_height_m=40.0).round(1)
    array([ 96.2, 130.6])
    """
    distance = _checked(
        OKUMURA_HATA, distance_km, frequency_mhz, HATA_MHZ, tx_height_m, rx_height_m, environment
    )
    log_f = math.log10(frequency_mhz)
    constant_db = 69.55 + 26.16 * log_f
    city_db = _city_loss_db(
        constant_db,
        distance,
        tx_height_m,
        _mobile_height_db(frequency_mhz, rx_height_m, environment),
    )
    if environment == "suburban":
        return city_db - (2.0 * math.log10(frequency_mhz / 28.0) ** 2 + 5.4)
    if environment == "open":
        return city_db - (4.78 * log_f**2 - 18.33 * log_f + 40.94)
    return city_db


def cost231_hata_loss_db(
    distance_km: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float = 1.5,
    environment: Environment = "suburban",
) -> NDArray[np.float64]:
    """Return the median loss of the COST 231 extension of Hata's formula.

    COST 231 final report (1999), §4.4.1. 1,500-2,000 MHz, so neither 2,100, 2,600 nor 3,700 MHz.

    Parameters
    ----------
    distance_km, frequency_mhz, tx_height_m, rx_height_m
        As in `okumura_hata_loss_db`.
    environment
        "large_city" for a metropolitan centre (3 dB more), "small_city" or "suburban". The model
        has no term for open land.

    Returns
    -------
    Loss in dB, of the distance's shape.

    Raises
    ------
    ModelRangeError
        A value outside the model's range, or open land.

    Examples
    --------
    >>> round(float(cost231_hata_loss_db(5.0, frequency_mhz=1800.0, tx_height_m=40.0)), 1)
    158.5
    """
    distance = _checked(
        COST231_HATA, distance_km, frequency_mhz, COST231_MHZ, tx_height_m, rx_height_m, environment
    )
    if environment == "open":
        raise ModelRangeError(
            Text(
                vi="COST-231-Hata không có công thức cho `environment` = 'open'",
                en="COST-231-Hata has no formula for `environment` = 'open'",
            )
        )
    constant_db = 46.3 + 33.9 * math.log10(frequency_mhz)
    mobile_db = _mobile_height_db(frequency_mhz, rx_height_m, "small_city")
    centre_db = 3.0 if environment == "large_city" else 0.0
    return _city_loss_db(constant_db, distance, tx_height_m, mobile_db) + centre_db


def _city_loss_db(
    constant_db: float, distance_km: NDArray[np.float64], tx_height_m: float, mobile_db: float
) -> NDArray[np.float64]:
    log_h = math.log10(tx_height_m)
    return constant_db - 13.82 * log_h - mobile_db + (44.9 - 6.55 * log_h) * np.log10(distance_km)


def _mobile_height_db(frequency_mhz: float, rx_height_m: float, environment: Environment) -> float:
    """Return a(h_m), the correction for the mobile's antenna height."""
    if environment == "large_city":
        if frequency_mhz >= _LARGE_CITY_HIGH_MHZ:
            return 3.2 * math.log10(11.75 * rx_height_m) ** 2 - 4.97
        return 8.29 * math.log10(1.54 * rx_height_m) ** 2 - 1.1
    log_f = math.log10(frequency_mhz)
    return (1.1 * log_f - 0.7) * rx_height_m - (1.56 * log_f - 0.8)


def _checked(
    model: str,
    distance_km: ArrayLike,
    frequency_mhz: float,
    frequencies_mhz: tuple[float, float],
    tx_height_m: float,
    rx_height_m: float,
    environment: str,
) -> NDArray[np.float64]:
    distance = np.asarray(distance_km, dtype=np.float64)
    require(model, "frequency_mhz", frequency_mhz, frequencies_mhz, "MHz")
    require(model, "tx_height_m", tx_height_m, TX_HEIGHT_M, "m")
    require(model, "rx_height_m", rx_height_m, RX_HEIGHT_M, "m")
    require_all(model, "distance_km", distance, DISTANCE_KM, "km")
    require_choice("environment", environment, get_args(Environment))
    return distance
