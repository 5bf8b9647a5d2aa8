"""Communes: lands around valley seats, parted along the ridges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import rasterio.features
import shapely
from scipy import ndimage

from coverage.demo.names import COMMUNE_NAMES, PROVINCE_CODE, WARD_NAMES
from coverage.demo.noise import fractal_noise, generator
from coverage.demo.paths import Ground, Reach
from coverage.demo.terrain import Terrain

Array = np.ndarray[Any, np.dtype[Any]]

EDITION: Final = "2025-07"
EDITION_BEFORE: Final = "2025-03"

_COUNT: Final = 28
_SEAT_SPACING_M: Final = 7_400.0
_WARD_DISTANCE_M: Final = (2_500.0, 5_500.0)
_EDGE_M: Final = 2_500.0
_SEAT_TO_EDGE_M: Final = 7_000.0
_BEYOND_M: Final = 2_000.0  # along the edge of the raster nothing belongs to the province
_SIMPLIFY_M: Final = 170.0
_BORDER_STEPS: Final = 25  # lands that share fewer cell edges only touch
_TO_FILL: Final = -2


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune: `code` in the edition, its seat (x, y in metres) and its land."""

    code: str
    name: str
    is_ward: bool
    seat_xy_m: tuple[float, float]
    geometry: shapely.Polygon

    @property
    def full_name(self) -> str:
        """Name with its unit type."""
        return f"{'Phường' if self.is_ward else 'Xã'} {self.name}"


@dataclass(frozen=True, slots=True)
class Communes:
    """All communes, the first two the wards of the provincial town.

    `number` is a raster of the position in `units`, −1 outside the province; `neighbour_seats` are
    cells of seats beyond the border, nearest first. `reach` tells how far each cell is from the
    nearest seat, inside or beyond.
    """

    units: tuple[Commune, ...]
    number: Array
    seats: Array
    neighbour_seats: Array
    reach: Reach


def make_communes(seed: int, terrain: Terrain, ground: Ground) -> Communes:
    """Return communes that tile a province inside the terrain without gap or overlap."""
    rng = generator(seed, "communes")
    seats = _seats(rng, terrain)
    away = _from_the_middle(rng, terrain, seats)
    central = np.sort(np.argsort(away, kind="stable")[: _COUNT // 3])
    town = int(seats[central[0]])  # seats come in the order of their room
    seats = np.concatenate([[town, _second_ward(terrain, town)], seats[seats != town]])
    reach = ground.reach(seats)
    lands = _lands(reach, seats).reshape(terrain.grid.shape)
    lands[_near_the_edge(rng, terrain)] = -1
    away = np.concatenate([[0.0, 0.0], np.delete(away, central[0])])
    members = _grown(lands, away)
    inner, outer = seats[members], np.delete(seats, members)
    position = np.full(seats.size + 1, -1)
    position[members] = np.arange(members.size)
    lands = position[lands]
    polygons = _polygons(terrain, _whole(lands, inner.size), inner.size)
    number = terrain.grid.rasterise((p, i + 1) for i, p in enumerate(polygons)) - 1
    return Communes(_named(rng, terrain, inner, polygons), number, inner, outer, reach)


def _seats(rng: np.random.Generator, terrain: Terrain) -> Array:
    """Return cells of commune seats: broad valley floors, spaced."""
    grid = terrain.grid
    room = ndimage.gaussian_filter(terrain.floor.astype(float), 9.0)
    score = np.where(terrain.floor & ~terrain.water, room, 0.0) + 0.02 * rng.random(grid.shape)
    score -= np.where(terrain.floor, 0.0, 0.05 + terrain.slope)
    margin = int(_EDGE_M // grid.resolution_m)
    score[:margin] = score[-margin:] = score[:, :margin] = score[:, -margin:] = -np.inf
    rows, cols = np.indices(grid.shape)
    found = []
    while np.isfinite(score.max()):
        cell = int(np.argmax(score))
        row, col = divmod(cell, grid.width)
        found.append(cell)
        away = np.hypot(rows - row, cols - col) * grid.resolution_m
        score[away < _SEAT_SPACING_M] = -np.inf
    return np.array(found)


def _from_the_middle(rng: np.random.Generator, terrain: Terrain, seats: Array) -> Array:
    """Return how far each seat is from the middle of an uneven outline, infinite by the edge."""
    grid = terrain.grid
    row, col = np.divmod(seats, grid.width)
    d_row, d_col = row - grid.height / 2, col - grid.width / 2
    angle = np.arctan2(d_row, d_col)
    phase = rng.uniform(0.0, 2.0 * np.pi, 2)
    outline = 1.0 + 0.14 * np.cos(2 * angle + phase[0]) + 0.08 * np.cos(3 * angle + phase[1])
    edge = np.minimum(grid.height / 2 - np.abs(d_row), grid.width / 2 - np.abs(d_col))
    away: Array = np.hypot(d_row, d_col) / outline
    return np.where(edge * grid.resolution_m < _SEAT_TO_EDGE_M, np.inf, away)


def _second_ward(terrain: Terrain, town: int) -> int:
    """Return the seat of the town's second ward, a few kilometres away on the valley floor."""
    grid = terrain.grid
    rows, cols = np.indices(grid.shape)
    row, col = divmod(town, grid.width)
    away = np.hypot(rows - row, cols - col) * grid.resolution_m
    room = ndimage.gaussian_filter(terrain.floor.astype(float), 5.0)
    near, far = _WARD_DISTANCE_M
    ring = (away > near) & (away < far) & ~terrain.water
    return int(np.argmax(np.where(ring, room, -1.0)))


def _grown(lands: Array, away: Array) -> Array:
    """Return the positions of the seats of one connected province, grown from the two wards."""
    count = away.size
    pairs = np.concatenate(
        [
            np.stack([lands[:, :-1].ravel(), lands[:, 1:].ravel()]),
            np.stack([lands[:-1].ravel(), lands[1:].ravel()]),
        ],
        axis=1,
    )
    one, two = pairs[:, (pairs >= 0).all(axis=0) & (pairs[0] != pairs[1])]
    steps = np.bincount(one * count + two, minlength=count**2).reshape(count, count)
    touching = steps + steps.T >= _BORDER_STEPS
    members = [0, 1]
    while len(members) < _COUNT:
        open_to = touching[members].any(axis=0) & np.isfinite(away)
        open_to[members] = False
        if not open_to.any():
            break
        members.append(int(np.argmin(np.where(open_to, away, np.inf))))
    return np.array(members)


def _near_the_edge(rng: np.random.Generator, terrain: Terrain) -> Array:
    """Return the cells along the edge of the raster, a band of uneven width."""
    grid = terrain.grid
    row, col = (np.minimum(np.arange(size), np.arange(size)[::-1]) for size in grid.shape)
    away_m = np.minimum(row[:, None], col[None, :]) * grid.resolution_m
    noise = fractal_noise(
        rng, grid.shape, cell_m=grid.resolution_m, wavelength_m=5_000.0, octaves=3
    )
    near: Array = away_m < _BEYOND_M * np.exp(0.5 * np.clip(noise, -2.0, 2.0))
    return near


def _lands(reach: Reach, inner: Array) -> Array:
    """Return for every cell the position of the seat it is cheapest to walk to, −1 for outer."""
    lookup = np.full(reach.source.size, -1)
    lookup[inner] = np.arange(inner.size)
    lands: Array = lookup[reach.source]
    return lands


def _whole(lands: Array, count: int) -> Array:
    """Return the lands each in one piece and with calm borders."""
    votes = np.stack(
        [ndimage.gaussian_filter((lands == i).astype(np.float32), 2.2) for i in range(-1, count)]
    )
    calm = np.argmax(votes, axis=0) - 1
    for i in range(-1, count):
        parts, found = ndimage.label(calm == i)
        if i < 0:  # beyond the border: whatever reaches the edge of the raster
            edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
            kept = np.unique(edge)
        else:
            sizes = np.bincount(parts.ravel(), minlength=found + 1)[1:]
            kept = np.array([1 + int(np.argmax(sizes))])
        calm[(parts > 0) & ~np.isin(parts, kept)] = _TO_FILL
    nearest = ndimage.distance_transform_edt(
        calm == _TO_FILL, return_distances=False, return_indices=True
    )
    whole: Array = calm[tuple(nearest)]
    return whole


def _polygons(terrain: Terrain, lands: Array, count: int) -> list[shapely.Polygon]:
    """Return the lands as polygons with shared, simplified borders."""
    shapes = rasterio.features.shapes(
        lands.astype(np.int32), mask=lands >= 0, transform=terrain.grid.transform
    )
    rough: list[shapely.Polygon] = [shapely.Polygon()] * count
    for geometry, value in shapes:
        outline, *holes = geometry["coordinates"]
        part = shapely.Polygon(outline, holes)
        rough[int(value)] = max(rough[int(value)], part, key=lambda p: p.area)
    # a vertex at every cell corner, so that three lands meet in a vertex of each
    corners = shapely.segmentize(np.array(rough), terrain.grid.resolution_m)
    return list(shapely.coverage_simplify(corners, _SIMPLIFY_M))


def _named(
    rng: np.random.Generator, terrain: Terrain, seats: Array, polygons: list[shapely.Polygon]
) -> tuple[Commune, ...]:
    names = [*WARD_NAMES, *rng.permutation(COMMUNE_NAMES)]
    numbers = 3 + np.cumsum(rng.integers(5, 30, len(polygons)))
    grid = terrain.grid
    units = []
    for i, (cell, polygon) in enumerate(zip(seats, polygons, strict=True)):
        row, col = divmod(int(cell), grid.width)
        seat = (
            grid.west_m + (col + 0.5) * grid.resolution_m,
            grid.north_m - (row + 0.5) * grid.resolution_m,
        )
        code = f"{PROVINCE_CODE}{numbers[i]:03d}"
        units.append(Commune(code, str(names[i]), i < len(WARD_NAMES), seat, polygon))
    return tuple(units)
