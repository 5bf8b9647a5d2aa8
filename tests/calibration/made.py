"""Drive tests of which the truth is known: offsets, slope, spread, correlation, wild values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

SIDE: Final = 256
STEP_M: Final = 90.0
NEAREST_KM: Final = 0.2
Field = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a made drive test is drawn from; `shared` is the part of the variance with length.

    `by_mast` gives every mast one band; else bands are drawn sample by sample.
    """

    class_db: tuple[tuple[int, float], ...] = ((10, -6.0), (40, 1.0), (50, -2.0))
    band_db: tuple[tuple[float, float], ...] = ((900.0, 2.0), (1800.0, -1.0))
    slope_db: float = -3.0
    sigma_db: float = 7.0
    shared: float = 0.8
    length_m: float = 300.0
    floor_dbm: float = -118.0
    wild: float = 0.0
    wild_db: float = 25.0
    by_mast: bool = False


def field(rng: np.random.Generator, length_m: float, *, side: int = SIDE) -> Field:
    """Return a normal field of unit variance with exponential correlation, periodic."""
    wave = 2.0 * np.pi * np.fft.fftfreq(side, d=STEP_M)
    radial = np.hypot(wave[:, None], wave[None, :])
    spectrum = (1.0 + (radial * length_m) ** 2) ** -1.5
    noise = np.fft.fft2(rng.standard_normal((side, side)))
    # the variance of the process, not that of this draw: a draw over few lengths has less
    found = np.fft.ifft2(noise * np.sqrt(spectrum / spectrum.mean())).real
    return np.asarray(found)


def drive(seed: int, count: int, truth: Truth, *, side: int = SIDE) -> pd.DataFrame:
    """Return compared samples at random pixels around six masts."""
    rng = np.random.default_rng(seed)
    shadow = field(rng, truth.length_m, side=side)
    cover = field(rng, 900.0, side=side)
    row, col = rng.integers(0, side, count), rng.integers(0, side, count)
    return samples(rng, row, col, shadow, cover, truth)


def samples(
    rng: np.random.Generator,
    row: Field,
    col: Field,
    shadow: Field,
    cover: Field,
    truth: Truth,
) -> pd.DataFrame:
    """Return compared samples at given pixels."""
    side, count = shadow.shape[0], row.size
    codes, added = (np.array(part) for part in zip(*truth.class_db, strict=True))
    edges = np.quantile(cover, np.linspace(0.0, 1.0, codes.size + 1)[1:-1])
    kind = np.digitize(cover[row, col], edges)
    bands, band_db = (np.array(part) for part in zip(*truth.band_db, strict=True))
    x_m, y_m = (col + 0.5) * STEP_M, (row + 0.5) * STEP_M
    mast = rng.integers(0, side, (6, 2)) * STEP_M
    apart_m = np.hypot(x_m[:, None] - mast[:, 0], y_m[:, None] - mast[:, 1])
    distance_km = np.maximum(apart_m.min(axis=1) / 1000.0, NEAREST_KM)
    nearest = apart_m.argmin(axis=1)
    band = nearest % bands.size if truth.by_mast else rng.integers(0, bands.size, count)
    predicted_dbm = -70.0 - 30.0 * np.log10(distance_km) - 6.0 * (bands[band] > 1000.0)
    right_db = added[kind] + band_db[band] + truth.slope_db * np.log10(distance_km)
    noise_db = np.sqrt(truth.shared) * shadow[row, col]
    noise_db = noise_db + np.sqrt(1.0 - truth.shared) * rng.standard_normal(count)
    level_dbm = predicted_dbm + right_db + truth.sigma_db * noise_db
    level_dbm = np.where(rng.random(count) < truth.wild, level_dbm + truth.wild_db, level_dbm)
    table = pd.DataFrame(
        {
            "level_dbm": np.maximum(level_dbm, truth.floor_dbm),
            "floor_dbm": truth.floor_dbm,
            "is_censored": level_dbm <= truth.floor_dbm,
            "predicted_dbm": predicted_dbm,
            "true_db": right_db,
            "clutter_code": codes[kind],
            "server_mhz": bands[band],
            "distance_km": distance_km,
            "x_m": x_m,
            "y_m": y_m,
            "operator_key": "a",
            "technology": "4G",
        }
    )
    return table.sort_values(["y_m", "x_m"], ignore_index=True, kind="stable")
