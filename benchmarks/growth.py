"""How time grows with radius, resolution and number of sites: a table, pictures and their figures.

All on made mountains that are the same at every resolution, CPU time of one core. SPLAT! stands
beside where `splat-hd` is on PATH.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks import speed, splat
from benchmarks.terrains import synthetic
from coverage.propagation.engine import Engine

FINE_M, COARSE_M = 30.0, 90.0
SITE_RADIUS_M = 15_000.0
_RADIUS_KM = SITE_RADIUS_M / 1000.0
TIME_LABEL = "Thời gian CPU của một lõi / CPU time of one core (s)"
_STYLES = {"sweep": "o-", "profile": "s--", splat.TITLE: "^:"}


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the measurement goes; `profile_pixels` is the most the slow engine is given."""

    radii_km: Sequence[float] = (1.5, 3.0, 6.0, 9.0, 12.0, 15.0)
    resolutions_m: Sequence[float] = (30.0, 45.0, 60.0, 90.0, 120.0, 180.0)
    sites: Sequence[int] = (1, 2, 4, 8, 16, 32)
    profile_pixels: float = 1.0e6
    repeats: int = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """CPU seconds of one engine over what was varied."""

    engine: str
    x: list[float]
    seconds: list[float]

    @property
    def slope(self) -> float:
        """Exponent of growth: least squares through the logarithms; NaN for less than 2 points."""
        if len(self.x) < 2:
            return float("nan")
        return float(np.polyfit(np.log(self.x), np.log(self.seconds), 1)[0])


def measure(folder: Path, extent: Extent = Extent()) -> None:
    """Print the table, and write a picture and a CSV of each curve to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Growth of the CPU time of one core, 900 MHz; pictures and figures in {folder}")
    for name, title, curves in (
        (
            "radius",
            f"Bán kính / Radius (km); độ phân giải / resolution {FINE_M:g} m",
            _by_radius(extent),
        ),
        (
            "resolution",
            f"Độ phân giải / Resolution (m); bán kính / radius {_RADIUS_KM:g} km",
            _by_resolution(extent),
        ),
        (
            "sites",
            f"Số trạm / Number of sites; {_RADIUS_KM:g} km, {COARSE_M:g} m",
            _by_sites(extent),
        ),
    ):
        for curve in curves:
            _print(name, curve)
        _write_figures(folder / f"{name}.csv", name, curves)
        _draw(folder / f"{name}.png", title, curves)


def _by_radius(extent: Extent) -> list[Curve]:
    terrain = synthetic(FINE_M)
    curves = _both_engines(
        extent.radii_km,
        lambda km: np.pi * (km * 1000.0 / FINE_M) ** 2,
        lambda km, engine: speed.site(terrain, radius_m=km * 1000.0, engine=engine),
        extent,
    )
    theirs = splat.seconds_by_radius([int(km) for km in extent.radii_km if km >= 3.0])
    if theirs:
        curves.append(Curve(splat.TITLE, [*map(float, theirs)], [*theirs.values()]))
    return curves


def _by_resolution(extent: Extent) -> list[Curve]:
    side_m = 2.0 * SITE_RADIUS_M
    terrains = {r: synthetic(r, int(side_m / r) + 3) for r in extent.resolutions_m}
    return _both_engines(
        extent.resolutions_m,
        lambda metres: np.pi * (SITE_RADIUS_M / metres) ** 2,
        lambda metres, engine: speed.site(terrains[metres], radius_m=SITE_RADIUS_M, engine=engine),
        extent,
    )


def _by_sites(extent: Extent) -> list[Curve]:
    terrain = synthetic(COARSE_M, 601)
    places = np.random.default_rng(3).integers(170, 430, (max(extent.sites), 2))

    def serve(count: float, engine: Engine) -> NDArray[np.float32]:
        loss = [
            speed.site(terrain, row=int(r), col=int(c), radius_m=SITE_RADIUS_M, engine=engine)
            for r, c in places[: int(count)]
        ]
        return loss[-1]

    return _both_engines(
        extent.sites,
        lambda count: count * np.pi * (SITE_RADIUS_M / COARSE_M) ** 2,
        serve,
        extent,
    )


def _both_engines(
    values: Sequence[float],
    pixels: Callable[[float], float],
    work: Callable[[float, Engine], NDArray[np.float32]],
    extent: Extent,
) -> list[Curve]:
    """Time both engines at each value, the profile engine as far as it is affordable."""
    curves = []
    for engine, limit, repeats in (
        ("sweep", np.inf, extent.repeats),
        ("profile", extent.profile_pixels, 1),
    ):
        x = [float(value) for value in values if pixels(value) <= limit]
        seconds = [speed.best_of(lambda v=v, e=engine: work(v, e), repeats)[0] for v in x]
        curves.append(Curve(engine, x, seconds))
    return curves


def _print(name: str, curve: Curve) -> None:
    points = "  ".join(
        f"{x:g}: {seconds:.3f}" for x, seconds in zip(curve.x, curve.seconds, strict=True)
    )
    print(f"{name:11}{curve.engine:9} slope {curve.slope:+.2f}   {points}")


def _write_figures(path: Path, name: str, curves: Sequence[Curve]) -> None:
    column = {"radius": "radius_km", "resolution": "resolution_m", "sites": "sites"}[name]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["engine", column, "cpu_seconds"])
        for curve in curves:
            for x, seconds in zip(curve.x, curve.seconds, strict=True):
                writer.writerow([curve.engine, f"{x:g}", f"{seconds:.6f}"])


def _draw(path: Path, title: str, curves: Sequence[Curve]) -> None:
    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    axes = figure.subplots()
    for curve in curves:
        label = f"{curve.engine} (độ dốc / slope {curve.slope:+.2f})"
        axes.plot(curve.x, curve.seconds, _STYLES[curve.engine], label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted({x for curve in curves for x in curve.x})
    axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.minorticks_off()
    axes.set_xlabel(title)
    axes.set_ylabel(TIME_LABEL)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
