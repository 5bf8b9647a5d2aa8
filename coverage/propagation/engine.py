"""Path loss of one mast over a raster, by the sweep or pixel by pixel.

Both engines use the formulas of P.1812 at 50 % of locations, with every path over land. `profile`
takes each pixel's own terrain profile and is the reference; `sweep` shares rays between pixels.
One call runs on one thread and releases the interpreter's lock: callers spread masts over threads,
and the result does not depend on how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.errors import ExtentError, ModelRangeError
from coverage.propagation import p1812
from coverage.propagation.atmosphere import effective_earth_radius_km
from coverage.propagation.diffraction import HORIZONTAL, VERTICAL
from coverage.propagation.pixel_profiles import profile_losses
from coverage.propagation.ray_paths import Link, distance_table
from coverage.propagation.rays import Integers, ray_owners, ray_rises
from coverage.propagation.sight import seen_pixels
from coverage.propagation.sweep import sweep
from coverage.propagation.validity import require, require_choice
from coverage.text import Text

Engine = Literal["sweep", "profile"]
Mechanisms = Literal["all", "diffraction"]
Loss = NDArray[np.float32]

RESOLUTION_M = (1.0, 1000.0)
RADIUS_CELLS = (1.0, 5000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathParams:
    """What the loss depends on besides geometry and frequency.

    `delta_n` (N-units/km) and `n0` (N-units) describe the air; their defaults are those that the
    reference implementation of P.1812 documents.
    """

    time_percent: float = 50.0
    delta_n: float = 45.0
    n0: float = 325.0
    latitude_deg: float = 22.0
    polarisation: p1812.Polarisation = "vertical"


DEFAULT_PARAMS = PathParams()


def site_path_loss_db(
    dem_m: ArrayLike,
    clutter_m: ArrayLike | None,
    *,
    row: int,
    col: int,
    resolution_m: float,
    radius_m: float,
    tx_height_m: float,
    rx_height_m: float,
    frequencies_mhz: Sequence[float],
    params: PathParams = DEFAULT_PARAMS,
    engine: Engine = "sweep",
    mechanisms: Mechanisms = "all",
) -> Loss:
    """Return the basic transmission loss from one mast to the pixels around it.

    Parameters
    ----------
    dem_m
        Terrain above sea level in metres on a square metric grid; NaN where unknown.
    clutter_m
        Representative clutter height over the terrain, of the same shape, or None. It obstructs
        between the terminals and is not added to their ground.
    row, col
        Pixel of the mast.
    resolution_m, radius_m
        Width of a pixel and range of the prediction.
    tx_height_m, rx_height_m
        Antenna heights above ground.
    frequencies_mhz
        One loss raster each, from one pass over the terrain.
    params
        Time, climate and polarisation.
    engine
        "sweep", or "profile" for each pixel's own terrain profile.
    mechanisms
        "all", or "diffraction" for free space and diffraction alone.

    Returns
    -------
    Loss in dB, float32 of shape (frequencies, side, side) with side = 2⌈radius/resolution⌉ + 1,
    the mast in the middle. NaN beyond the radius, outside the raster, where the terrain is unknown
    and where the path to the mast crosses unknown terrain. The mast's own pixel counts as half a
    pixel away.

    Raises
    ------
    ExtentError
        The mast stands outside the raster or on unknown terrain.
    ModelRangeError
        A frequency, height, distance or climate lies outside the model's range.
    """
    dem = np.asarray(dem_m)
    clutter = None if clutter_m is None else np.asarray(clutter_m)
    _require_mast(dem, row, col)
    _require_settings(dem, clutter, resolution_m, radius_m, engine, mechanisms)
    p1812.require_terminals(
        frequencies_mhz=frequencies_mhz, tx_height_m=tx_height_m, rx_height_m=rx_height_m
    )
    p1812.require_climate(
        time_percent=params.time_percent,
        latitude_deg=params.latitude_deg,
        delta_n=params.delta_n,
        n0=params.n0,
        polarisation=params.polarisation,
    )
    cells = math.ceil(radius_m / resolution_m)
    reach = math.floor((radius_m / resolution_m) ** 2)
    inside = _inside(dem.shape, row, col, cells)
    terrain = _window(dem, row, col, cells)
    surface = terrain
    if clutter is not None:
        surface = terrain + np.nan_to_num(_window(clutter, row, col, cells))
        surface[cells, cells] = terrain[cells, cells]
    side = 2 * cells + 1
    frequencies_ghz = np.asarray(frequencies_mhz, dtype=np.float64) / 1e3
    loss = np.full((frequencies_ghz.size, side * side), np.nan, dtype=np.float32)
    resolution_km = resolution_m / 1e3
    ground_m = float(terrain[cells, cells])
    link = Link(
        ground_m=ground_m,
        tx_m=ground_m + tx_height_m,
        rx_height_m=float(rx_height_m),
        resolution_km=resolution_km,
        earth_radius_km=effective_earth_radius_km(float(params.delta_n)),
        surface_refractivity=float(params.n0),
        time_percent=float(params.time_percent),
        polarisation=VERTICAL if params.polarisation == "vertical" else HORIZONTAL,
        clutter=int(clutter is not None),
        rare=int(mechanisms == "all"),
    )
    latitude_deg = float(params.latitude_deg)
    wanted = np.full(terrain.size, fill_value=engine == "profile")
    if engine == "sweep":
        rays = _rays(cells, reach)
        table = _distance_table(cells, resolution_km, latitude_deg, link.time_percent)
        sweep(
            terrain.ravel(), surface.ravel(), cells, *rays, table, link, frequencies_ghz,
            _away_from_voids(terrain, inside), wanted, loss,
        )  # fmt: skip
    # Beside a void a shared ray may be cut where a pixel's own path is not, and vice versa.
    if wanted.any():
        profile_losses(
            terrain.ravel(), surface.ravel(), cells, reach, latitude_deg, link, frequencies_ghz,
            wanted, loss,
        )  # fmt: skip
    slant_km2 = (resolution_km / 2.0) ** 2 + ((tx_height_m - rx_height_m) / 1e3) ** 2
    loss[:, cells * side + cells] = (
        92.4 + 20.0 * np.log10(frequencies_ghz) + 10.0 * math.log10(slant_km2)
    )
    losses = np.full((frequencies_ghz.size, side, side), np.nan, dtype=np.float32)
    losses[:, *inside] = loss.reshape(-1, side, side)[:, *inside]
    return losses


def pixels_in_sight(
    dem_m: ArrayLike,
    *,
    row: int,
    col: int,
    resolution_m: float,
    radius_m: float,
    tx_height_m: float,
    rx_height_m: float,
    delta_n: float = DEFAULT_PARAMS.delta_n,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pixels around a mast have a known path to it, and which of them see it.

    Arguments and window are those of `site_path_loss_db`; the rays are the sweep's, over the
    effective Earth of `delta_n`. The mast's own pixel sees it.

    Raises
    ------
    ExtentError
        The mast stands outside the raster or on unknown terrain.
    """
    dem = np.asarray(dem_m)
    _require_mast(dem, row, col)
    _require_settings(dem, None, resolution_m, radius_m, "sweep", "all")
    cells = math.ceil(radius_m / resolution_m)
    terrain = _window(dem, row, col, cells)
    side = terrain.shape[0]
    known, seen = np.zeros(side * side, dtype=bool), np.zeros(side * side, dtype=bool)
    seen_pixels(
        terrain.ravel(), cells, *_rays(cells, math.floor((radius_m / resolution_m) ** 2)),
        float(terrain[cells, cells]) + tx_height_m, float(rx_height_m), float(resolution_m),
        effective_earth_radius_km(float(delta_n)) * 1e3, known, seen,
    )  # fmt: skip
    known[cells * side + cells] = seen[cells * side + cells] = True
    outside = np.ones((side, side), dtype=bool)
    outside[_inside(dem.shape, row, col, cells)] = False
    known.reshape(side, side)[outside] = False
    seen.reshape(side, side)[outside] = False
    return known.reshape(side, side), seen.reshape(side, side)


def _window(dem: NDArray[np.floating], row: int, col: int, cells: int) -> NDArray[np.float32]:
    """Cut the square around the mast; the raster's edge is repeated once beyond it.

    The repeated cells let a ray along the edge interpolate; they are no pixels of the result.
    """
    side = 2 * cells + 1
    window = np.full((side, side), np.nan, dtype=np.float32)
    rows, cols = _inside(dem.shape, row, col, cells)
    top, left = row - cells, col - cells
    window[rows, cols] = dem[
        top + rows.start : top + rows.stop, left + cols.start : left + cols.stop
    ]
    if rows.start > 0:
        window[rows.start - 1] = window[rows.start]
    if rows.stop < side:
        window[rows.stop] = window[rows.stop - 1]
    if cols.start > 0:
        window[:, cols.start - 1] = window[:, cols.start]
    if cols.stop < side:
        window[:, cols.stop] = window[:, cols.stop - 1]
    return window


def _inside(shape: tuple[int, ...], row: int, col: int, cells: int) -> tuple[slice, slice]:
    """Return which rows and columns of the window lie in the raster."""
    side = 2 * cells + 1
    rows, cols = (
        slice(max(cells - at, 0), min(size - at + cells, side))
        for at, size in zip((row, col), shape, strict=True)
    )
    return rows, cols


def _away_from_voids(terrain: NDArray[np.float32], inside: tuple[slice, slice]) -> Loss:
    """Return the flattened window without cells at and beside a void; empty if there is none."""
    void = np.isnan(terrain[inside])
    if not void.any():
        return np.empty(0, dtype=np.float32)
    near = np.pad(void, 1)
    near = near[:-2] | near[1:-1] | near[2:]
    near = near[:, :-2] | near[:, 1:-1] | near[:, 2:]
    guarded = terrain.copy()
    guarded[inside][near] = np.nan
    return guarded.ravel()


@lru_cache(maxsize=4)
def _rays(cells: int, reach: int) -> tuple[Integers, Integers, Integers, Integers]:
    rises = ray_rises(cells)
    return (rises, *ray_owners(cells, reach, rises))


@lru_cache(maxsize=8)
def _distance_table(
    cells: int, resolution_km: float, latitude_deg: float, time_percent: float
) -> NDArray[np.float64]:
    return distance_table(cells, resolution_km, latitude_deg, time_percent)


def _require_mast(dem: NDArray[np.floating], row: int, col: int) -> None:
    rows, cols = dem.shape
    place = f"(row {row}, col {col})"
    if not (0 <= row < rows and 0 <= col < cols):
        what = Text(
            vi=f"Trạm phát {place} nằm ngoài địa hình gồm {rows} × {cols} ô",
            en=f"The transmitter {place} lies outside the terrain of {rows} × {cols} pixels",
        )
    elif math.isnan(dem[row, col]):
        what = Text(
            vi=f"Không biết độ cao địa hình dưới trạm phát {place}",
            en=f"The terrain under the transmitter {place} is unknown",
        )
    else:
        return
    raise ExtentError.about(
        "terrain",
        "transmitter_on_known_terrain",
        what,
        Text(
            vi="Sửa toạ độ trạm hoặc thêm địa hình ở đó",
            en="Correct the station's coordinates or add terrain there",
        ),
        value=f"{row}, {col}",
    )


def _require_settings(
    dem: NDArray[np.floating],
    clutter: NDArray[np.floating] | None,
    resolution_m: float,
    radius_m: float,
    engine: str,
    mechanisms: str,
) -> None:
    require(p1812.MODEL, "resolution_m", resolution_m, RESOLUTION_M, "m")
    require(p1812.MODEL, "radius_m / resolution_m", radius_m / resolution_m, RADIUS_CELLS)
    require(p1812.MODEL, "radius_m", radius_m / 1e3, p1812.DISTANCE_KM, "km")
    if clutter is not None and clutter.shape != dem.shape:
        raise ModelRangeError(
            Text(
                vi=f"`clutter_m` có kích thước {clutter.shape}, địa hình {dem.shape}",
                en=f"`clutter_m` has the shape {clutter.shape}, the terrain {dem.shape}",
            )
        )
    require_choice("engine", engine, get_args(Engine))
    require_choice("mechanisms", mechanisms, get_args(Mechanisms))
