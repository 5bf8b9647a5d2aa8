"""Signal, its class, chance of being served, best server: cloud-optimised GeoTIFFs with styles."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from coverage import gaps
from coverage.exports.styles import (
    class_categories,
    class_raster_style,
    share_raster_style,
    signal_raster_style,
)
from coverage.io import writers
from coverage.model import Raster, Result
from coverage.params import Technology

_NO_PERCENT: Final = 255
_NO_CLASS: Final = 0


def write_rasters(result: Result, folder: Path) -> None:
    """Write four rasters for each technology; each tells what it was made from.

    Beside signal, class and chance stands a `.qml` of the same name, which QGIS applies on opening;
    the class has its colours in the file too, for every other program.
    """
    tags = _tags(result)
    categories = class_categories()
    for technology, raster in result.rsrp_dbm.items():
        name = f"rsrp_{technology.lower()}_dbm"
        share = f"served_probability_{technology.lower()}"
        grade = f"class_{technology.lower()}"
        levels = result.scenario.thresholds.technologies[technology]
        rounded = np.round(raster.array, 2).astype(np.float32)
        writers.write_cog(
            folder / f"{name}.tif",
            Raster(array=rounded, grid=raster.grid),
            nodata=np.nan,
            tags=tags,
        )
        writers.write_cog(
            folder / f"{share}.tif",
            _probability_percent(result, technology),
            nodata=_NO_PERCENT,
            tags=tags | {"unit": "percent"},
        )
        writers.write_cog(
            folder / f"{grade}.tif",
            _classes(result, technology),
            nodata=_NO_CLASS,
            tags=tags | {f"class_{k}": one.title for k, one in enumerate(categories)},
            categories=categories,
        )
        styles = {
            name: signal_raster_style(levels),
            share: share_raster_style(),
            grade: class_raster_style(categories),
        }
        for stem, style in styles.items():
            (folder / f"{stem}.qml").write_text(style, encoding="utf-8", newline="\n")
    for technology, raster in result.server.items():
        writers.write_cog(folder / f"server_{technology.lower()}.tif", raster, nodata=0, tags=tags)


def _classes(result: Result, technology: Technology) -> Raster:
    """Return the class of every cell, what is not known as the value for no data."""
    codes = gaps.class_raster(result.inputs, result.prediction, result.scenario, technology)
    codes[codes == gaps.CODES["unknown"]] = _NO_CLASS
    return Raster(array=codes, grid=result.prediction.grid)


def _probability_percent(result: Result, technology: Technology) -> Raster:
    """Return the chance of being served in whole percent."""
    share = gaps.served_probability(result.inputs, result.prediction, result.scenario, technology)
    percent = np.where(np.isnan(share), _NO_PERCENT, np.rint(share * 100.0)).astype(np.uint8)
    return Raster(array=percent, grid=result.prediction.grid)


def _tags(result: Result) -> dict[str, str]:
    roles = ", ".join(result.inputs.synthetic_roles)
    return {
        "software": "Phủ Sóng",
        "inputs_sha256": result.inputs.fingerprint,
        "synthetic": roles or "no",
    }
