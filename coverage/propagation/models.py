"""Path loss of one mast over a raster, by the model a scenario picks.

P.1812 goes through `engine`. The other models know distance, frequency and heights; of the terrain
they take only which pixels exist, and RMa and UMa which of them see the mast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.params import Model
from coverage.propagation import free_space, hata, p1812, tr38901
from coverage.propagation.engine import (
    DEFAULT_PARAMS,
    Engine,
    Loss,
    PathParams,
    pixels_in_sight,
    site_path_loss_db,
)
from coverage.propagation.validity import require, require_choice

Range = tuple[float, float]

_METRES: Final = 1000.0
_ANY: Final[Range] = (0.0, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a model holds: both ends included."""

    title: str
    frequency_mhz: Range
    tx_height_m: Range
    rx_height_m: Range
    distance_km: Range


LIMITS: Final[dict[Model, Limits]] = {
    "p1812": Limits(
        title=p1812.MODEL,
        frequency_mhz=p1812.FREQUENCY_MHZ,
        tx_height_m=p1812.ANTENNA_HEIGHT_M,
        rx_height_m=p1812.ANTENNA_HEIGHT_M,
        distance_km=p1812.DISTANCE_KM,
    ),
    "free_space": Limits(
        title=free_space.MODEL,
        frequency_mhz=_ANY,
        tx_height_m=_ANY,
        rx_height_m=_ANY,
        distance_km=_ANY,
    ),
    "okumura_hata": Limits(
        title=hata.OKUMURA_HATA,
        frequency_mhz=hata.HATA_MHZ,
        tx_height_m=hata.TX_HEIGHT_M,
        rx_height_m=hata.RX_HEIGHT_M,
        distance_km=hata.DISTANCE_KM,
    ),
    "cost231_hata": Limits(
        title=hata.COST231_HATA,
        frequency_mhz=hata.COST231_MHZ,
        tx_height_m=hata.TX_HEIGHT_M,
        rx_height_m=hata.RX_HEIGHT_M,
        distance_km=hata.DISTANCE_KM,
    ),
    "rma": Limits(
        title=tr38901.RMA,
        frequency_mhz=tr38901.RMA_MHZ,
        tx_height_m=tr38901.RMA_TX_HEIGHT_M,
        rx_height_m=tr38901.RMA_RX_HEIGHT_M,
        distance_km=(tr38901.LOS_DISTANCE_M[0] / _METRES, tr38901.LOS_DISTANCE_M[1] / _METRES),
    ),
    "uma": Limits(
        title=tr38901.UMA,
        frequency_mhz=tr38901.UMA_MHZ,
        tx_height_m=tr38901.UMA_TX_HEIGHT_M,
        rx_height_m=tr38901.UMA_RX_HEIGHT_M,
        distance_km=(tr38901.SHORT_DISTANCE_M[0] / _METRES, tr38901.SHORT_DISTANCE_M[1] / _METRES),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the statistical models ask of the place around the receiver."""

    hata_environment: hata.Environment = "suburban"
    building_height_m: float = 5.0
    street_width_m: float = 20.0


DEFAULT_SURROUNDINGS: Final = Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """Where a mast stands on the raster, how high its antenna is, and how far to go."""

    row: int
    col: int
    resolution_m: float
    radius_m: float
    tx_height_m: float
    rx_height_m: float


def mast_path_loss_db(
    dem_m: NDArray[np.floating],
    clutter_m: ArrayLike | None,
    mast: Mast,
    *,
    model: Model,
    frequencies_mhz: Sequence[float],
    params: PathParams = DEFAULT_PARAMS,
    surroundings: Surroundings = DEFAULT_SURROUNDINGS,
    engine: Engine = "sweep",
) -> Loss:
    """Return the loss from one mast to the pixels around it, by any model.

    As `engine.site_path_loss_db`, which serves P.1812. The other models take the ground distance of
    a pixel, raised to the model's least distance where it is shorter; beyond the model's greatest
    distance the loss is infinite. `clutter_m`, `params` and `engine` concern P.1812 only,
    `surroundings` the others.

    Raises
    ------
    ExtentError
        The mast stands outside the raster or on unknown terrain.
    ModelRangeError
        A frequency or height outside the model's range; an unknown model.
    """
    require_choice("model", model, get_args(Model))
    if model == "p1812":
        return site_path_loss_db(
            dem_m,
            clutter_m,
            row=mast.row,
            col=mast.col,
            resolution_m=mast.resolution_m,
            radius_m=mast.radius_m,
            tx_height_m=mast.tx_height_m,
            rx_height_m=mast.rx_height_m,
            frequencies_mhz=frequencies_mhz,
            params=params,
            engine=engine,
        )
    _require(LIMITS[model], mast, frequencies_mhz)
    known, seen = pixels_in_sight(
        dem_m,
        row=mast.row,
        col=mast.col,
        resolution_m=mast.resolution_m,
        radius_m=mast.radius_m,
        tx_height_m=mast.tx_height_m,
        rx_height_m=mast.rx_height_m,
        delta_n=params.delta_n,
    )
    distance_km = _distance_km(known.shape[0] // 2, mast)
    losses = np.full((len(frequencies_mhz), *known.shape), np.nan, dtype=np.float32)
    for band, frequency_mhz in enumerate(frequencies_mhz):
        loss_db = _distance_loss_db(
            distance_km, seen, mast, model=model, frequency_mhz=frequency_mhz, place=surroundings
        )
        losses[band][known] = loss_db[known]
    return losses


def _require(limits: Limits, mast: Mast, frequencies_mhz: Sequence[float]) -> None:
    for frequency_mhz in frequencies_mhz:
        require(limits.title, "frequency_mhz", frequency_mhz, limits.frequency_mhz, "MHz")
    require(limits.title, "tx_height_m", mast.tx_height_m, limits.tx_height_m, "m")
    require(limits.title, "rx_height_m", mast.rx_height_m, limits.rx_height_m, "m")


def _distance_km(cells: int, mast: Mast) -> NDArray[np.float64]:
    """Return the ground distance to every pixel of the window; half a pixel to the mast's own."""
    along = np.arange(-cells, cells + 1) * mast.resolution_m / _METRES
    distance_km: NDArray[np.float64] = np.hypot(*np.meshgrid(along, along))
    distance_km[cells, cells] = mast.resolution_m / 2.0 / _METRES
    return distance_km


def _distance_loss_db(
    distance_km: NDArray[np.float64],
    seen: NDArray[np.bool_],
    mast: Mast,
    *,
    model: Model,
    frequency_mhz: float,
    place: Surroundings,
) -> NDArray[np.float64]:
    loss_db: NDArray[np.float64]
    match model:
        case "rma":
            in_sight, hidden = (
                tr38901.rma_loss_db(
                    np.clip(distance_km * _METRES, *bounds),
                    frequency_mhz=frequency_mhz,
                    tx_height_m=mast.tx_height_m,
                    rx_height_m=mast.rx_height_m,
                    building_height_m=place.building_height_m,
                    street_width_m=place.street_width_m,
                    line_of_sight=sight,
                )
                for sight, bounds in (
                    (True, tr38901.LOS_DISTANCE_M),
                    (False, tr38901.SHORT_DISTANCE_M),
                )
            )
            hidden = _infinite_beyond(hidden, distance_km, tr38901.SHORT_DISTANCE_M[1] / _METRES)
            loss_db = np.where(seen, in_sight, hidden)
        case "uma":
            in_sight, hidden = (
                tr38901.uma_loss_db(
                    np.clip(distance_km * _METRES, *tr38901.SHORT_DISTANCE_M),
                    frequency_mhz=frequency_mhz,
                    tx_height_m=mast.tx_height_m,
                    rx_height_m=mast.rx_height_m,
                    line_of_sight=sight,
                )
                for sight in (True, False)
            )
            loss_db = np.where(seen, in_sight, hidden)
        case "okumura_hata" | "cost231_hata":
            function = (
                hata.okumura_hata_loss_db if model == "okumura_hata" else hata.cost231_hata_loss_db
            )
            loss_db = function(
                np.clip(distance_km, *hata.DISTANCE_KM),
                frequency_mhz=frequency_mhz,
                tx_height_m=mast.tx_height_m,
                rx_height_m=mast.rx_height_m,
                environment=place.hata_environment,
            )
        case _:
            rise_km = (mast.tx_height_m - mast.rx_height_m) / _METRES
            loss_db = free_space.free_space_loss_db(
                np.hypot(distance_km, rise_km), frequency_mhz=frequency_mhz
            )
    return _infinite_beyond(loss_db, distance_km, LIMITS[model].distance_km[1])


def _infinite_beyond(
    loss_db: NDArray[np.float64], distance_km: NDArray[np.float64], greatest_km: float
) -> NDArray[np.float64]:
    return np.where(distance_km <= greatest_km, loss_db, np.inf)
