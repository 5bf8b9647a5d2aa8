"""Land cover of the synthetic province, in the codes of ESA WorldCover."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import ndimage

from coverage.demo.noise import fractal_noise, generator
from coverage.demo.roads import Roads
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

TREES, GRASS, CROPLAND, BUILT_UP, WATER = 10, 30, 40, 50, 80

_GRASS_SHARE: Final = 0.14  # of the ground outside the valleys
_FIELDS_M: Final = 1_300.0  # terraces lie this near a village


def make_land_cover(seed: int, terrain: Terrain, places: pd.DataFrame, roads: Roads) -> Array:
    """Return the land-cover codes on the terrain's grid."""
    rng = generator(seed, "land cover")
    grid = terrain.grid
    patches = fractal_noise(
        rng, grid.shape, cell_m=grid.resolution_m, wavelength_m=4_000.0, octaves=4
    )
    cover = np.full(grid.shape, TREES, dtype=np.uint8)
    open_ground = patches + 0.0008 * (terrain.elevation_m - 600.0) - 1.2 * terrain.slope
    cover[open_ground > np.quantile(open_ground, 1.0 - _GRASS_SHARE)] = GRASS
    village = np.ones(grid.shape, dtype=bool)
    row, col = np.divmod(places["cell"].to_numpy(), grid.width)
    village[row, col] = False
    away_m = ndimage.distance_transform_edt(village, sampling=grid.resolution_m)
    terraces = (away_m < _FIELDS_M * (1.0 + 0.4 * patches)) & (terrain.slope < 0.28)  # noqa: PLR2004
    cover[(terrain.floor & (patches > -1.6)) | terraces] = CROPLAND  # noqa: PLR2004
    for r, c, households in zip(row, col, places["households"], strict=True):
        rows, cols = grid.disc(int(r), int(c), 45.0 + 11.0 * float(np.sqrt(households)))
        near = rng.random(rows.size) < 0.8  # noqa: PLR2004
        cover[rows[near], cols[near]] = BUILT_UP
    town = np.unique(np.array([e for e, name in roads.classes.items() if name == "national"]))
    seat_row, seat_col = divmod(int(places["cell"].iloc[0]), grid.width)
    d_row, d_col = town // grid.width - seat_row, town % grid.width - seat_col
    street = town[np.hypot(d_row, d_col) * grid.resolution_m < 2_500.0]  # noqa: PLR2004
    cover.ravel()[street] = BUILT_UP
    cover[terrain.water] = WATER
    return cover
