"""How time and memory of a prediction grow with sites and area, and what a country costs.

Parts of the synthetic country, of 1 to 100 communes, are predicted as a country is: by pieces, over
ground read by window from its tiles, into files. Each part runs in a process of its own, by one
thread, with nothing kept; CPU seconds are those of the prediction, the peak memory is that of the
whole process. Then one province is graded and written. The law that the country's cost is worked
out with is printed beside it.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from benchmarks import process
from coverage.demo import write_country
from coverage.demo.country import BLOCK_CELLS, PROVINCE_CELLS, PROVINCES
from coverage.io.country import Country, read_country
from coverage.pipeline.areas import CountryArea, predict_country, read_area
from coverage.prediction.cells import masts_of

SIDES: Sequence[int] = (1, 2, 4, 7, 10)
"""Communes along the side of a part: 1 to 100, which are 18 to 1,800 sites."""
WRITTEN: Final = 4
"""Provinces that are written: two by two, parts lie around the corner they share."""
COUNTRY_SITES, COUNTRY_MASTS = 60_000, 34_000
MEMORY_LIMIT_MIB, SLOPE_LIMITS = 2048.0, (0.9, 1.1)
_FIGURES = ("communes", "area_km2", "sites", "masts", "cpu_s", "peak_mib", "most_tiles")


def measure(folder: Path, sides: Sequence[int] = SIDES) -> bool:
    """Print and draw the growth, and what a country costs; return whether promises are kept."""
    if not process.IS_POSSIBLE:
        print("country: CPU time and memory of a process are measured on Linux and macOS only")
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        toml = write_country(Path(name) / "country", provinces=WRITTEN)
        print(f"Prediction of parts of the synthetic country; figures in {folder}")
        print("communes     km2  sites  masts    CPU s  ms a mast  peak MiB  tiles held")
        parts = [_measured(toml, side) for side in sides]
        province = _province_usage(toml.parent / "provinces" / "01", Path(name))
    slope = float(
        np.polyfit(np.log([p["sites"] for p in parts]), np.log([p["cpu_s"] for p in parts]), 1)[0]
    )
    peak_mib = max(part["peak_mib"] for part in parts)
    _write(folder, parts, slope)
    most = parts[-1]
    mast_s = most["cpu_s"] / most["masts"]
    total_s = mast_s * COUNTRY_MASTS + province.cpu_s * PROVINCES
    print(
        f"one province graded and written, prediction kept: {province.cpu_s:.0f} s of CPU, "
        f"{province.peak_mib:.0f} MiB\n"
        f"law: CPU = {mast_s:.3f} s x masts + {province.cpu_s:.0f} s x provinces; with "
        f"{COUNTRY_MASTS:,} masts of {COUNTRY_SITES:,} sites and {PROVINCES} provinces "
        f"{total_s / 3600:.1f} hours of CPU, of which a cluster shares "
        f"{mast_s * COUNTRY_MASTS / 3600:.1f}"
    )
    kept = {
        f"exponent of CPU against sites {slope:.2f}, {SLOPE_LIMITS[0]} to {SLOPE_LIMITS[1]}": (
            SLOPE_LIMITS[0] <= slope <= SLOPE_LIMITS[1]
        ),
        f"peak memory {peak_mib:.0f} MiB, at most {MEMORY_LIMIT_MIB:g}": (
            peak_mib <= MEMORY_LIMIT_MIB
        ),
    }
    for text, is_met in kept.items():
        print(f"  {'met   ' if is_met else 'MISSED'}  {text}")
    return all(kept.values())


def part_of(country: Country, side: int) -> CountryArea:
    """Return the area with the cells of `side` x `side` communes in the middle alone.

    Ground reaches farther than signal on all sides, so a mast costs the same in every part.
    """
    area = read_area(country)
    first = PROVINCE_CELLS - side // 2 * BLOCK_CELLS
    rows, cols = area.cells["row"], area.cells["col"]
    last = first + side * BLOCK_CELLS
    within = (rows >= first) & (rows < last) & (cols >= first) & (cols < last)
    return replace(area, cells=area.cells[within].reset_index(drop=True))


def _measured(toml: Path, side: int) -> dict[str, float]:
    """Predict a part in a process of its own, and return what it took."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.country", str(toml), str(side)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PHUSONG_CACHE": str(toml.parent / f"store of {side}")},
    )
    part: dict[str, float] = json.loads(done.stdout)
    print(
        f"{part['communes']:8.0f}{part['area_km2']:8.0f}{part['sites']:7.0f}{part['masts']:7.0f}"
        f"{part['cpu_s']:9.1f}{1000 * part['cpu_s'] / part['masts']:11.0f}{part['peak_mib']:10.0f}"
        f"{part['most_tiles']:12.0f}",
        flush=True,
    )
    return part


def _predict_part(toml: Path, side: int) -> None:
    country = read_country(toml)
    area = part_of(country, side)
    with tempfile.TemporaryDirectory() as name:
        warm = replace(area, cells=area.cells.head(3))  # compiles, if that has to be
        (Path(name) / "warm").mkdir()
        predict_country(country, warm, Path(name) / "warm", workers=1)
        (Path(name) / "part").mkdir()
        began = time.process_time()
        tiles = predict_country(country, area, Path(name) / "part", workers=1)
        cpu_s = time.process_time() - began
    figures = (
        side * side,
        side * side * (BLOCK_CELLS * area.grid.resolution_m / 1000.0) ** 2,
        area.cells["site_id"].nunique(),
        len(masts_of(area.cells)),
        cpu_s,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        tiles.most_tiles,
    )
    print(json.dumps(dict(zip(_FIGURES, figures, strict=True))))


def _province_usage(project: Path, desk: Path) -> process.Usage:
    """Grade and write a province whose prediction is kept: few masts, all villages."""
    table = (project / "stations.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (project / "stations.csv").write_text("".join(table[:400]), encoding="utf-8")
    command = [sys.executable, "-m", "coverage", "run", str(project), "--quiet", "--out"]
    where = {"PHUSONG_CACHE": str(desk / "kept")}
    process.run([*command, str(desk / "first")], environment=where)
    return process.run([*command, str(desk / "again")], environment=where)


def _write(folder: Path, parts: Sequence[dict[str, float]], slope: float) -> None:
    with (folder / "country.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, _FIGURES)
        writer.writeheader()
        writer.writerows(parts)
    figure = Figure(figsize=(8.0, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    sites = [part["sites"] for part in parts]
    left.loglog(sites, [part["cpu_s"] for part in parts], "o-", label=f"{slope:.2f}")
    left.set_ylabel("Thời gian CPU / CPU time (s)")
    left.legend(title="độ dốc / slope")
    right.semilogx(sites, [part["peak_mib"] for part in parts], "o-")
    right.axhline(MEMORY_LIMIT_MIB, linestyle="--", color="0.5")
    right.set_ylim(0.0, 1.1 * MEMORY_LIMIT_MIB)
    right.set_ylabel("Bộ nhớ đỉnh / Peak memory (MiB)")
    for axes in (left, right):
        axes.set_xlabel("Số trạm / Sites")
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(folder / "country.png", dpi=150)


if __name__ == "__main__":
    _predict_part(Path(sys.argv[1]), int(sys.argv[2]))
