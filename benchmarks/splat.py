"""SPLAT!, a widely used program with the Longley-Rice model: its speed and one of its maps.

The speed needs `splat-hd` on PATH. The map is a stored run over Calgary with Longley-Rice at 95 %
of time and situations; it and P.1812 are two models, so the figures tell how far they differ, not
which is right.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

from benchmarks import process, speed
from benchmarks.terrains import CALGARY, CALGARY_CRS, SHARED, calgary, synthetic
from coverage.propagation.engine import site_path_loss_db

PROGRAM = "splat-hd"
TITLE = "SPLAT!"
RUN = SHARED / "data" / "propagation" / "splat_calgary"
_TILE = 3600  # pixels of a degree
_SIGNAL_ZERO_DBM = -200.0  # a stored signal is dBm + 200


def measure() -> None:
    """Print the comparison of speed and of the map, as far as both are possible here."""
    _speed()
    if RUN.exists() and CALGARY.exists():
        _map()
    else:
        print("SPLAT! map of Calgary: not at hand")


def seconds_by_radius(radii_km: Sequence[int]) -> dict[int, float]:
    """Return the CPU seconds of SPLAT! for one mast by radius; none where it is not installed."""
    program = shutil.which(PROGRAM)
    if program is None or not process.IS_POSSIBLE:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        _write_splat_input(Path(folder))
        return {radius: _splat_seconds(program, Path(folder), radius) for radius in radii_km}


def _speed() -> None:
    seconds = seconds_by_radius([1, 15])
    if not seconds:
        print(f"SPLAT! speed: {PROGRAM} is not on PATH")
        return
    terrain = synthetic(30.0)
    # In the time between both radii SPLAT! predicts this many receivers.
    receivers = np.pi * (15_000.0**2 - 1000.0**2) / 30.0**2
    splat = receivers / (seconds[15] - seconds[1])
    for name, mechanisms in (("diffraction stage", "diffraction"), ("full P.1812", "all")):
        ours = speed.pixels_per_second(terrain, mechanisms=mechanisms)
        print(
            f"SPLAT! {PROGRAM} -olditm, 15 km at about 30 m: {splat / 1e6:.3f} Mpx/s of CPU; "
            f"{name} {ours / 1e6:.2f} Mpx/s, {ours / splat:.0f} times faster"
        )


def _write_splat_input(folder: Path) -> None:
    """Write a tile of one degree, a site in its middle and the model's parameters."""
    heights = synthetic(30.0, _TILE).dem_m.astype(int)
    lines = ["254", "22", "253", "23", *map(str, heights.ravel().tolist())]
    (folder / "22:23:253:254-hd.sdf").write_text("\n".join(lines) + "\n")
    (folder / "tx.qth").write_text("TX\n22.5\n253.5\n30.0 meters\n")
    (folder / "tx.lrp").write_text("15.0\n0.005\n325.0\n900.0\n5\n1\n0.50\n0.50\n1000.0\n")


def _splat_seconds(program: str, folder: Path, radius_km: int) -> float:
    command = [program, "-t", "tx.qth", "-L", "1.5", "-metric", "-R", str(radius_km), "-d", "."]
    command += ["-dbm", "-N", "-olditm", "-o", "map.ppm"]
    return process.run(command, cwd=folder).cpu_s


def _map() -> None:
    """Compare with the stored signal: 2 m mast, 20 dBm, 907 MHz, 30 km, served from -130 dBm."""
    settings = json.loads((RUN / "calgary_30km.json").read_text())
    packed = gzip.decompress((RUN / "calgary_30km.signal.u8.gz").read_bytes())
    with rasterio.open(RUN / "calgary_30km.tif") as source:
        stored = np.frombuffer(packed, dtype=np.uint8).reshape(source.shape)
        to_map = source.transform
    terrain = calgary()
    to_grid = Transformer.from_crs("EPSG:4326", CALGARY_CRS, always_xy=True)
    col, row = (
        int(v) for v in ~terrain.transform * to_grid.transform(settings["lon"], settings["lat"])
    )
    loss = site_path_loss_db(
        terrain.dem_m,
        np.full_like(terrain.dem_m, settings["clutter_height"]),
        row=row,
        col=col,
        resolution_m=terrain.resolution_m,
        radius_m=settings["radius"],
        tx_height_m=settings["tx_height"],
        rx_height_m=settings["rx_height"],
        frequencies_mhz=[settings["frequency_mhz"]],
    )[0]
    gain_db = settings["tx_gain"] + settings["rx_gain"] - settings["system_loss"]
    ours = settings["tx_power"] + gain_db - loss
    half = ours.shape[0] // 2
    rows, cols = np.mgrid[: ours.shape[0], : ours.shape[1]] - half
    x, y = terrain.transform * (cols + col + 0.5, rows + row + 0.5)
    lon, lat = to_grid.transform(x, y, direction="INVERSE")
    map_cols, map_rows = ~to_map * (lon, lat)
    theirs = stored[
        np.clip(map_rows.astype(int), 0, stored.shape[0] - 1),
        np.clip(map_cols.astype(int), 0, stored.shape[1] - 1),
    ]
    # Nothing is stored beyond the radius; within 500 m the stored map repeats a few values.
    known = np.isfinite(ours) & (theirs > 0) & (np.hypot(rows, cols) > 500.0 / terrain.resolution_m)
    signal = theirs[known] + _SIGNAL_ZERO_DBM
    difference = ours[known] - signal
    threshold = settings["signal_threshold"]
    shift = np.median(difference)
    parts = ", ".join(f"{p} %: {np.percentile(difference, p):+.1f}" for p in (5, 25, 50, 75, 95))
    print(f"SPLAT! map of Calgary, {known.sum()} pixels, P.1812 at 50 % minus Longley-Rice at 95 %")
    print(f"  difference in dB: {parts}; standard deviation {difference.std():.1f}")
    for name, margin_db in (("as they are", 0.0), ("after removing the median", shift)):
        agree = ((ours[known] - margin_db >= threshold) == (signal >= threshold)).mean()
        print(f"  same verdict at {threshold:g} dBm {name}: {agree:.1%}")
    print(
        f"  served: SPLAT! {(signal >= threshold).mean():.1%}, "
        f"P.1812 {(ours[known] >= threshold).mean():.1%}"
    )
