"""Where the villages lie, how they are called and how many households they have."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import ndimage

from coverage.demo.communes import Communes
from coverage.demo.names import village_name
from coverage.demo.noise import generator
from coverage.demo.paths import centre_of
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

_VILLAGES: Final = (345, 386)
_SPACING_M: Final = 620.0
_BORDER_M: Final = 250.0
_JITTER_M: Final = 35.0
_SETTINGS: Final = ("valley", "stream", "height", "limestone")
_LIKELY: Final = (1.0, 0.40, 0.28, 0.40)  # of a cell of each setting
_TYPICAL_HOUSEHOLDS: Final = {
    "seat": 135.0, "ward": 150.0, "valley": 78.0, "stream": 48.0, "height": 42.0, "limestone": 46.0,
}  # fmt: skip
_SMALLEST, _LARGEST = 20, 250


def make_places(seed: int, terrain: Terrain, communes: Communes) -> pd.DataFrame:
    """Return the villages' places.

    Returns
    -------
    pandas.DataFrame
        `name`, `commune` (position), `cell` (flat index), `x_m`, `y_m`, `setting`, `is_seat`,
        `walk_m` (flat metres of the way from the seat), `households`, `population`.
    """
    rng = generator(seed, "places")
    setting = _setting_of_cells(terrain)
    weight = np.append(_LIKELY, 0.0)[setting]
    walk_m = communes.reach.cost
    weight *= 0.4 + 0.6 * np.exp(-walk_m / 12_000.0)
    inside = ndimage.distance_transform_edt(
        _same_around(communes.number), sampling=terrain.grid.resolution_m
    )
    weight *= (inside.ravel() > _BORDER_M) & (communes.number.ravel() >= 0)
    rows = []
    for commune, wanted in enumerate(_shared_out(rng, communes, weight)):
        cells = _spaced(rng, terrain, communes, commune, weight, wanted=int(wanted))
        taken: set[str] = set()
        in_ward = communes.units[commune].is_ward
        for cell in cells:
            kind = _SETTINGS[min(int(setting[cell]), len(_SETTINGS) - 1)]
            is_seat = cell == communes.seats[commune]
            name = village_name(rng, taken, setting=kind, in_ward=in_ward)
            rows.append((name, commune, cell, kind, bool(is_seat), float(walk_m[cell])))
    frame = pd.DataFrame(rows, columns=["name", "commune", "cell", "setting", "is_seat", "walk_m"])
    x_m, y_m = centre_of(terrain, frame["cell"].to_numpy())
    frame["x_m"] = x_m + rng.uniform(-_JITTER_M, _JITTER_M, len(frame))
    frame["y_m"] = y_m + rng.uniform(-_JITTER_M, _JITTER_M, len(frame))
    frame["households"] = _households(rng, frame, communes)
    people = frame["households"] * np.clip(rng.normal(4.15, 0.3, len(frame)), 3.2, 5.4)
    frame["population"] = people.round().astype(int)
    return frame


def _setting_of_cells(terrain: Terrain) -> Array:
    """Return the position in `_SETTINGS` of every cell, or one past the end for wild ground."""
    catchment, slope = terrain.drainage_km2, terrain.slope
    surroundings = ndimage.gaussian_filter(terrain.elevation_m, 20.0)
    gentle, flat = slope < 0.3, slope < 0.23  # noqa: PLR2004
    headwater = catchment > 0.25  # noqa: PLR2004
    conditions = [
        terrain.water,
        terrain.floor & ~terrain.karst,
        terrain.karst & flat,
        headwater & gentle,
        flat & (terrain.elevation_m > surroundings + 40.0),
    ]
    chosen = np.select(conditions, [4, 0, 3, 1, 2], default=4)
    return chosen.ravel()


def _same_around(number: Array) -> Array:
    """Return where a cell and its neighbours belong to the same commune."""
    same: Array = ndimage.maximum_filter(number, 3) == ndimage.minimum_filter(number, 3)
    return same


def _shared_out(rng: np.random.Generator, communes: Communes, weight: Array) -> Array:
    """Return how many villages each commune gets."""
    count = len(communes.units)
    number = communes.number.ravel()
    room = np.bincount(number[number >= 0], weights=weight[number >= 0], minlength=count)
    share = np.sqrt(room) * rng.uniform(0.85, 1.15, count)
    total = int(rng.integers(*_VILLAGES))
    wanted: Array = np.floor(share / share.sum() * total).astype(int)
    wanted[np.argsort(-share)[: total - wanted.sum()]] += 1
    return wanted


def _spaced(
    rng: np.random.Generator,
    terrain: Terrain,
    communes: Communes,
    commune: int,
    weight: Array,
    *,
    wanted: int,
) -> list[int]:
    """Draw `wanted` cells of the commune by weight, no two close together, the seat first."""
    cells = np.flatnonzero((communes.number.ravel() == commune) & (weight > 0))
    chance = rng.random(cells.size) ** (1.0 / weight[cells])  # Efraimidis & Spirakis (2006)
    drawn = [int(communes.seats[commune])]
    width, near = terrain.grid.width, _SPACING_M / terrain.grid.resolution_m
    for cell in cells[np.argsort(-chance, kind="stable")]:
        if len(drawn) >= wanted:
            break
        row, col = np.divmod(np.array(drawn), width)
        if np.min(np.hypot(row - cell // width, col - cell % width)) >= near:
            drawn.append(int(cell))
    return drawn


def _households(rng: np.random.Generator, frame: pd.DataFrame, communes: Communes) -> Array:
    is_ward = np.array([unit.is_ward for unit in communes.units])[frame["commune"]]
    kind = frame["setting"].where(~frame["is_seat"], "seat").where(~is_ward, "ward")
    typical = kind.map(_TYPICAL_HOUSEHOLDS).to_numpy() * np.exp(-frame["walk_m"] / 45_000.0)
    drawn = typical * np.exp(rng.normal(0.0, 0.5, len(frame)))
    small = rng.integers(_SMALLEST, _SMALLEST + 12, len(frame))
    large = rng.integers(_LARGEST - 40, _LARGEST + 1, len(frame))
    sizes: Array = np.clip(np.round(drawn), small, large).astype(int)
    return sizes
