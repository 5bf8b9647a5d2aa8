"""Accuracy of the sweep against each pixel's own profile, with the worst pixels and their cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.terrains import Terrain, real_terrains, synthetic
from coverage.propagation.engine import site_path_loss_db

FREQUENCIES_MHZ = (700.0, 1800.0, 3700.0)
HEIGHTS_M = (15.0, 30.0, 60.0)
RADIUS_M = 15_000.0
USEFUL_LOSS_DB = 140.0  # about a 46 dBm carrier with 17 dBi heard at -105 dBm per resource element
SITES = 4


@dataclass(frozen=True, slots=True)
class Worst:
    """The pixel of a site where the engines differ most."""

    row: int
    col: int
    distance_km: float
    difference_db: float
    around_db: tuple[float, float]  # least and greatest reference loss of the 3 x 3 pixels


def measure() -> None:
    """Print the accuracy table."""
    print(
        f"Accuracy: sweep minus profile, radius {RADIUS_M / 1000:g} km, {SITES} random masts each; "
        f"flips of 'loss below {USEFUL_LOSS_DB:g} dB'"
    )
    print(
        f"{'terrain':20}{'mast':>6}{'MHz':>6}{'RMSE':>7}{'bias':>7}{'p95':>6}{'max':>7}{'flips':>8}"
        f"{'missing':>9}"
    )
    for terrain in real_terrains() or [synthetic()]:
        _table(terrain)


def both_engines(
    terrain: Terrain, row: int, col: int, tx_height_m: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the losses of the sweep and of the reference around one mast."""
    settings: dict[str, Any] = {
        "row": row,
        "col": col,
        "resolution_m": terrain.resolution_m,
        "radius_m": RADIUS_M,
        "tx_height_m": tx_height_m,
        "rx_height_m": 1.5,
        "frequencies_mhz": FREQUENCIES_MHZ,
    }
    sweep = site_path_loss_db(terrain.dem_m, None, **settings, engine="sweep")
    return sweep, site_path_loss_db(terrain.dem_m, None, **settings, engine="profile")


def _table(terrain: Terrain) -> None:
    random = np.random.default_rng(11)
    known = np.argwhere(np.isfinite(terrain.dem_m))
    worst: list[Worst] = []
    for tx_height_m in HEIGHTS_M:
        masts = known[random.integers(0, len(known), SITES)]
        pairs = [both_engines(terrain, int(r), int(c), tx_height_m) for r, c in masts]
        worst += [
            _worst(pair, terrain, int(r), int(c)) for pair, (r, c) in zip(pairs, masts, strict=True)
        ]
        for band, frequency_mhz in enumerate(FREQUENCIES_MHZ):
            sweep = np.concatenate([pair[0][band].ravel() for pair in pairs])
            profile = np.concatenate([pair[1][band].ravel() for pair in pairs])
            missing = int((np.isfinite(profile) & ~np.isfinite(sweep)).sum())
            inside = np.isfinite(profile) & np.isfinite(sweep)
            error = sweep[inside] - profile[inside]
            flips = (
                (sweep[inside] <= USEFUL_LOSS_DB) != (profile[inside] <= USEFUL_LOSS_DB)
            ).mean()
            print(
                f"{terrain.name:20}{tx_height_m:4.0f} m{frequency_mhz:6.0f}"
                f"{np.sqrt((error**2).mean()):7.2f}{error.mean():+7.2f}"
                f"{np.percentile(abs(error), 95):6.2f}{abs(error).max():7.1f}"
                f"{flips:8.2%}{missing:9d}"
            )
    worst.sort(key=lambda pixel: -abs(pixel.difference_db))
    print("  worst pixels at the highest frequency:")
    for pixel in worst[:3]:
        print(
            f"    row {pixel.row}, col {pixel.col}, {pixel.distance_km:.2f} km from the mast: "
            f"{pixel.difference_db:+.1f} dB, while the reference itself goes from "
            f"{pixel.around_db[0]:.0f} to {pixel.around_db[1]:.0f} dB within one pixel"
        )


def _worst(
    pair: tuple[NDArray[np.float32], NDArray[np.float32]], terrain: Terrain, row: int, col: int
) -> Worst:
    sweep, profile = pair[0][-1], pair[1][-1]
    difference = np.nan_to_num(sweep - profile)
    at = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    i, j = int(at[0]), int(at[1])
    half = profile.shape[0] // 2
    around = profile[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
    return Worst(
        row=row + i - half,
        col=col + j - half,
        distance_km=float(np.hypot(i - half, j - half)) * terrain.resolution_m / 1000.0,
        difference_db=float(difference[i, j]),
        around_db=(float(np.nanmin(around)), float(np.nanmax(around))),
    )
