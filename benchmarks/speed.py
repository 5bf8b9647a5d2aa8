"""Speed on one core, as pixels a second and as ratios within one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.terrains import Terrain, fine, real_terrains, synthetic
from coverage.propagation.engine import site_path_loss_db

CELLS = 500
REPEATS = 7


def measure() -> None:
    """Print the speed table."""
    terrains = [t for t in real_terrains() if t.name.startswith("Bắc Kạn")] or [synthetic()]
    coarse = terrains[0]
    flat = Terrain("level 90 m", np.full((1101, 1101), 10.0, dtype=np.float32), 90.0)
    print(
        f"Speed: one mast of 30 m, 900 MHz, {CELLS} cells, CPU time of one core; best of {REPEATS}"
    )
    print(f"{'terrain':22}{'diffraction':>13}{'P.1812':>9}{'3 bands':>9}{'profile':>9}{'ratio':>7}")
    print(f"{'':22}{'Mpx/s':>13}{'Mpx/s':>9}{'Mpx/s':>9}{'Mpx/s':>9}{'':>7}")
    for terrain in (fine(coarse), coarse, flat):
        _row(terrain)
    _thread_scaling(coarse)


def pixels_per_second(terrain: Terrain, repeats: int = REPEATS, **changes: Any) -> float:
    """Return receivers a second, times the number of frequencies, in the best of the runs."""
    seconds, loss = best_of(lambda: site(terrain, **changes), repeats)
    return float(np.isfinite(loss).sum() / seconds)


def site(terrain: Terrain, **changes: Any) -> NDArray[np.float32]:
    """Return the loss around a mast in the middle of the terrain."""
    rows, cols = terrain.dem_m.shape
    settings: dict[str, Any] = {
        "row": rows // 2,
        "col": cols // 2,
        "resolution_m": terrain.resolution_m,
        "radius_m": CELLS * terrain.resolution_m,
        "tx_height_m": 30.0,
        "rx_height_m": 1.5,
        "frequencies_mhz": [900.0],
    }
    return site_path_loss_db(terrain.dem_m, None, **settings | changes)


def best_of(
    work: Callable[[], NDArray[np.float32]], repeats: int
) -> tuple[float, NDArray[np.float32]]:
    """Return the least CPU time of the runs and the result; a first run warms up.

    One call works on one thread; its CPU time does not grow when others use the machine.
    """
    result = work()
    least = np.inf
    for _ in range(repeats):
        start = time.thread_time()
        result = work()
        least = min(least, time.thread_time() - start)
    return least, result


def _row(terrain: Terrain) -> None:
    diffraction = pixels_per_second(terrain, mechanisms="diffraction")
    full = pixels_per_second(terrain)
    bands = pixels_per_second(terrain, frequencies_mhz=[700.0, 1800.0, 3700.0])
    profile = pixels_per_second(terrain, repeats=1, engine="profile")
    speeds = "".join(f"{value / 1e6:9.2f}" for value in (full, bands, profile))
    print(f"{terrain.name:22}{diffraction / 1e6:13.2f}{speeds}{full / profile:7.1f}")


def _thread_scaling(terrain: Terrain) -> None:
    def eight(workers: int) -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda _: site(terrain).shape, range(8)))
        return time.perf_counter() - start

    one, two = eight(1), eight(2)
    print(f"Eight masts: 1 thread {one:.2f} s, 2 threads {two:.2f} s, {one / two:.2f} times faster")
