"""Seeded randomness: a generator for each stage, and smooth noise fields."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from scipy import ndimage

Array = np.ndarray[Any, np.dtype[Any]]


def generator(seed: int, stage: str) -> np.random.Generator:
    """Return the random generator of one stage; a change in one stage leaves the others alone."""
    return np.random.default_rng([seed, zlib.crc32(stage.encode())])


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], *, cell_m: float, wavelength_m: float
) -> Array:
    """Return noise of one wavelength: normal values on a lattice, joined by cubic splines."""
    step = wavelength_m / cell_m
    rows, cols = (int(np.ceil(size / step)) + 4 for size in shape)
    lattice = rng.normal(size=(rows, cols))
    row = 1.5 + np.arange(shape[0]) / step
    col = 1.5 + np.arange(shape[1]) / step
    grid = np.meshgrid(row, col, indexing="ij")
    field: Array = ndimage.map_coordinates(lattice, grid, order=3, mode="nearest")
    return field


def fractal_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    cell_m: float,
    wavelength_m: float,
    octaves: int,
    persistence: float = 0.5,
) -> Array:
    """Return the sum of `octaves` noises, each of half the wavelength; about unit variance."""
    total = np.zeros(shape)
    power = 0.0
    for octave in range(octaves):
        gain = persistence**octave
        total += gain * smooth_noise(
            rng, shape, cell_m=cell_m, wavelength_m=wavelength_m / 2**octave
        )
        power += gain**2
    noise: Array = total / np.sqrt(power)
    return noise


def ridged_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    cell_m: float,
    wavelength_m: float,
    octaves: int,
) -> Array:
    """Return ridged multifractal noise in 0–1: crests stay sharp, and are roughest at the top."""
    total = np.zeros(shape)
    weight = np.ones(shape)
    norm = 0.0
    for octave in range(octaves):
        gain = 0.5**octave
        noise = smooth_noise(rng, shape, cell_m=cell_m, wavelength_m=wavelength_m / 2**octave)
        ridge = np.clip(1.0 - np.abs(noise), 0.0, 1.0) ** 2
        total += gain * weight * ridge
        weight = np.clip(1.5 * ridge, 0.0, 1.0)
        norm += gain
    return total / norm
