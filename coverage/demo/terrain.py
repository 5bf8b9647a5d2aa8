"""Mountains, valleys and karst of the synthetic province.

Ridged noise is lifted and carved by running water on grids of 360, 180 and 90 m, so that valleys
join into rivers; then valley floors are widened and karst cones set on the uplands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import ndimage

from coverage.demo.erosion import Drainage, carved, drainage_of
from coverage.demo.noise import fractal_noise, generator, ridged_noise, smooth_noise
from coverage.grid import Grid

Array = np.ndarray[Any, np.dtype[Any]]
Progress = Callable[[float], None]

GRID: Final = Grid(
    crs="EPSG:3405",
    west_m=472_500.0,
    north_m=2_511_000.0,
    resolution_m=90.0,
    height=672,
    width=672,
)
LOWEST_M: Final = 150.0
HIGHEST_M: Final = 1_600.0

_MARGIN_CELLS: Final = 20  # of 360 m around the grid, so that its edge is no edge of the mountains
_STEEPNESS: Final = 150.0  # uplift over erodibility, m: slope of a stream draining 1 m²
_STEPS: Final = ((4, 18, 1.2), (2, 4, 1.0))  # coarsening, steps, erodibility of a step
_RIVER_KM2: Final = (3.0, 25.0, 150.0)
_LARGE_RIVER_KM2: Final = 120.0
_KARST_SHARE: Final = 0.22
_FLOOR_SLOPE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Terrain:
    """The ground of the synthetic province on `grid`.

    `drainage_km2` is the catchment of each cell, `floor` the flat ground of valleys, `water` the
    cells of large rivers, `karst` the limestone uplands, `slope` the steepness in m/m.
    """

    grid: Grid
    elevation_m: Array
    drainage_km2: Array
    floor: Array
    water: Array
    karst: Array
    slope: Array

    def height_at(self, x_m: Array, y_m: Array) -> Array:
        """Return ground heights at points of the grid's coordinate system, bilinear."""
        col = (np.asarray(x_m) - self.grid.west_m) / self.grid.resolution_m - 0.5
        row = (self.grid.north_m - np.asarray(y_m)) / self.grid.resolution_m - 0.5
        heights: Array = ndimage.map_coordinates(
            self.elevation_m, [row, col], order=1, mode="nearest"
        )
        return heights


def make_terrain(seed: int, progress: Progress = lambda _share: None) -> Terrain:
    """Return the terrain of `seed`."""
    rng = generator(seed, "terrain")
    coarse = _STEPS[0][0]
    shape = tuple(size // coarse + 2 * _MARGIN_CELLS for size in GRID.shape)
    height, uplift = _first_ranges(rng, (shape[0], shape[1]), cell_m=GRID.resolution_m * coarse)
    for number, (factor, steps, erodibility) in enumerate(_STEPS):
        cell_m = GRID.resolution_m * factor
        if number:
            zoom = _STEPS[number - 1][0] // factor
            height, uplift = _finer(_bent(rng, height), zoom), _finer(uplift, zoom)
            height += 14.0 * fractal_noise(
                rng, height.shape, cell_m=cell_m, wavelength_m=1_200.0, octaves=3
            )
        own = np.full(height.size, cell_m**2)
        for step in range(steps):
            drainage = drainage_of(height, _low_edges(height), cell_m=cell_m)
            lift = uplift * _STEEPNESS * erodibility
            height = carved(height, lift, drainage, erodibility=erodibility, inflow_m2=own)
            progress(0.2 + 0.2 * number + 0.2 * step / steps)
    upstream = drainage_of(height, _low_edges(height), cell_m=cell_m)
    return _detailed(rng, height, uplift, upstream, progress)


def _low_edges(height: Array) -> Array:
    """Return the mask of the edges where rivers leave: south and east."""
    outlets = np.zeros(height.shape, dtype=bool)
    outlets[-1, :] = outlets[:, -1] = True
    return outlets


def _first_ranges(
    rng: np.random.Generator, shape: tuple[int, int], *, cell_m: float
) -> tuple[Array, Array]:
    """Return the first heights and the uplift: ranges that run north-west to south-east."""
    ridges = ridged_noise(rng, shape, cell_m=cell_m, wavelength_m=24_000.0, octaves=4)
    broad = fractal_noise(rng, shape, cell_m=cell_m, wavelength_m=30_000.0, octaves=2)
    row, col = np.meshgrid(*(np.linspace(0.0, 1.0, size) for size in shape), indexing="ij")
    toward_delta = 0.5 * (row + col)
    uplift = np.clip(0.75 + 0.9 * ridges + 0.22 * broad - 0.55 * toward_delta, 0.15, 1.7)
    rough = fractal_noise(rng, shape, cell_m=cell_m, wavelength_m=6_000.0, octaves=4)
    height = 400.0 * ridges + 500.0 * (1.0 - toward_delta) + 60.0 * rough
    height[-1, :] = height[:, -1] = 0.0
    return height, uplift


def _bent(rng: np.random.Generator, height: Array) -> Array:
    """Return the raster with its straight lines, which eight directions of flow favour, bent."""
    axes = list(np.meshgrid(*(np.arange(float(n)) for n in height.shape), indexing="ij"))
    for wavelength, reach in ((16.0, 1.1), (6.0, 0.6)):
        axes = [
            axis + reach * smooth_noise(rng, height.shape, cell_m=1.0, wavelength_m=wavelength)
            for axis in axes
        ]
    bent: Array = ndimage.map_coordinates(height, axes, order=1, mode="nearest")
    return bent


def _finer(coarse: Array, zoom: int) -> Array:
    """Return the raster with cells `zoom` times smaller, by bilinear interpolation."""
    axes = [(np.arange(size * zoom) + 0.5) / zoom - 0.5 for size in coarse.shape]
    fine: Array = ndimage.map_coordinates(
        coarse, np.meshgrid(*axes, indexing="ij"), order=1, mode="nearest"
    )
    return fine


def _detailed(
    rng: np.random.Generator, height: Array, uplift: Array, upstream: Drainage, progress: Progress
) -> Terrain:
    """Return the terrain at full resolution from the padded one at twice the cell size."""
    margin, zoom, cell_m = _MARGIN_CELLS * 2, 2, GRID.resolution_m
    inner = np.s_[
        margin * zoom : margin * zoom + GRID.height, margin * zoom : margin * zoom + GRID.width
    ]
    fine, lift = _finer(height, zoom)[inner], _finer(uplift, zoom)[inner]
    fine += 9.0 * fractal_noise(rng, GRID.shape, cell_m=cell_m, wavelength_m=600.0, octaves=2)
    inflow = _inflow(upstream, height.shape, margin, zoom)
    outlets = np.zeros(GRID.shape, dtype=bool)
    outlets[[0, -1], :] = outlets[:, [0, -1]] = True
    for _ in range(2):
        drainage = drainage_of(fine, outlets, cell_m=cell_m)
        fine = carved(fine, lift * _STEEPNESS * 0.5, drainage, erodibility=0.5, inflow_m2=inflow)
    progress(0.8)
    catchment_km2 = (drainage.accumulated(inflow) / 1e6).reshape(GRID.shape)
    karst = _karst_mask(rng)
    fine = _with_cones(rng, fine, karst & (catchment_km2 < 0.6 * _RIVER_KM2[0]))
    fine, floor = _with_floors(rng, fine, catchment_km2)
    fine = ndimage.gaussian_filter(fine, 0.6)
    fine = _between(fine)
    gradient = np.gradient(ndimage.gaussian_filter(fine, 0.7), cell_m)
    slope = np.hypot(*gradient)
    progress(1.0)
    return Terrain(
        grid=GRID,
        elevation_m=fine,
        drainage_km2=catchment_km2,
        floor=floor & (slope < _FLOOR_SLOPE),
        water=catchment_km2 > _LARGE_RIVER_KM2,
        karst=karst,
        slope=slope,
    )


def _inflow(upstream: Drainage, shape: tuple[int, int], margin: int, zoom: int) -> Array:
    """Return each fine cell's own catchment in m²: its area and rivers entering over the edge."""
    cell_m = GRID.resolution_m
    inflow = np.full(GRID.shape, cell_m**2)
    inside = np.zeros(shape, dtype=bool)
    rows, cols = GRID.height // zoom, GRID.width // zoom
    inside[margin : margin + rows, margin : margin + cols] = True
    flat = inside.ravel()
    enters = np.flatnonzero(~flat & flat[upstream.receiver])
    area = upstream.accumulated(np.full(flat.size, (cell_m * zoom) ** 2))[enters]
    row, col = np.divmod(upstream.receiver[enters], shape[1])
    # one cell in from the edge, because the edge itself is where water may leave
    row = np.clip((row - margin) * zoom, 2, GRID.height - 3)
    col = np.clip((col - margin) * zoom, 2, GRID.width - 3)
    np.add.at(inflow, (row, col), area)
    return inflow.ravel()


def _karst_mask(rng: np.random.Generator) -> Array:
    noise = fractal_noise(
        rng, GRID.shape, cell_m=GRID.resolution_m, wavelength_m=16_000.0, octaves=3
    )
    upland: Array = noise > np.quantile(noise, 1.0 - _KARST_SHARE)
    return upland


def _with_cones(rng: np.random.Generator, height: Array, allowed: Array) -> Array:
    """Set limestone cones of 40–170 m on the allowed ground."""
    cells = np.flatnonzero(allowed)
    chosen = rng.choice(cells, size=cells.size // 45, replace=False)
    tall = rng.uniform(40.0, 170.0, chosen.size)
    foot = rng.uniform(160.0, 380.0, chosen.size)
    result = height.copy()
    reach = 5
    d_row, d_col = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(d_row, d_col) * GRID.resolution_m
    for cell, cone_m, radius_m in zip(chosen, tall, foot, strict=True):
        row, col = divmod(int(cell), GRID.width)
        if not (reach <= row < GRID.height - reach and reach <= col < GRID.width - reach):
            continue
        window = np.s_[row - reach : row + reach + 1, col - reach : col + reach + 1]
        cone = height[row, col] + cone_m * (1.0 - (distance / radius_m) ** 2)
        result[window] = np.maximum(result[window], cone)
    return result


def _with_floors(
    rng: np.random.Generator, height: Array, catchment_km2: Array
) -> tuple[Array, Array]:
    """Widen the valleys of rivers to flat floors; return heights and the mask of the floors."""
    noise = smooth_noise(rng, GRID.shape, cell_m=GRID.resolution_m, wavelength_m=5_000.0)
    basin = np.exp(0.55 * noise)
    floor = np.zeros(GRID.shape, dtype=bool)
    for threshold_km2 in _RIVER_KM2:
        river = catchment_km2 > threshold_km2
        away, (row, col) = ndimage.distance_transform_edt(
            ~river, sampling=GRID.resolution_m, return_indices=True
        )
        half_width = np.minimum(55.0 * catchment_km2[row, col] ** 0.4 * basin, 1_300.0)
        bank = height[row, col] + 0.012 * np.minimum(away, half_width)
        wall = bank + 0.5 * np.maximum(away - half_width, 0.0)
        floor |= away <= np.maximum(half_width, GRID.resolution_m)
        height = np.minimum(height, wall)
    return height, floor


def _between(height: Array) -> Array:
    """Bring the heights linearly to the stated range."""
    low, high = float(height.min()), float(height.max())
    scaled: Array = LOWEST_M + (height - low) * (HIGHEST_M - LOWEST_M) / (high - low)
    return scaled
