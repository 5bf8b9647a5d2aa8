"""Phủ Sóng: find who has no signal, and plan how to reach them."""

from __future__ import annotations

import importlib
import os
import sys

__version__ = "0.1.0"
__all__ = [
    "calibrate",
    "compare",
    "load_project",
    "make_map",
    "plan",
    "plan_fibre",
    "run",
    "validate",
]


_VECTOR_DOORS = (
    *("OGR_VRT", "GDALG", "GML", "HTTP", "OAPIF", "OGCAPI", "WFS", "CSW", "EEDA", "PLSCENES"),
    *("AmigoCloud", "Carto", "Elasticsearch", "ESRIJSON", "NGW", "PMTiles", "TopoJSON", "ADBC"),
    *("GPSBabel", "GeoRSS", "GTFS", "MBTiles", "MVT", "OSM", "PDS4", "S57", "SQLite", "VICAR"),
)
"""Drivers of vector data that run commands, ask servers, follow paths, or are not read here."""


def _keep_numba_from_mistaking_us() -> None:
    """Let numba load although our name is that of the test-coverage tool.

    numba runs `import coverage` while it loads, to support coverage.py. If that import is what
    brings us here, numba is told that coverage.py is absent, which it handles. Otherwise numba is
    loaded now, with our name hidden from it.
    """
    support = sys.modules.get("numba.misc.coverage_support")
    if getattr(getattr(support, "__spec__", None), "_initializing", False):
        message = "this `coverage` is Phủ Sóng, not coverage.py"
        raise ImportError(message)
    own = sys.modules[__name__]
    sys.modules[__name__] = None  # type: ignore[assignment]
    try:
        import numba  # noqa: F401, PLC0415
    finally:
        sys.modules[__name__] = own


def _shut_the_doors_of_gdal() -> None:
    """Keep GDAL from drivers that follow paths inside a file, and PROJ from the network.

    rasterio and pyogrio carry a GDAL each, with different drivers; each reads its list when it
    registers them, so both are loaded here. Where a caller loaded them before us the readers still
    look at each file's first bytes.
    """
    os.environ.setdefault("PROJ_NETWORK", "OFF")
    kept = {name: os.environ.get(name) for name in ("GDAL_SKIP", "OGR_SKIP")}
    os.environ["GDAL_SKIP"] = "VRT,WMS,WMTS,WCS,HTTP,DERIVED,ZARR,STACTA,STACIT,PLMOSAIC,EEDA"
    import rasterio  # noqa: PLC0415

    with rasterio.Env():
        pass
    os.environ["GDAL_SKIP"] = ""
    os.environ["OGR_SKIP"] = ",".join(_VECTOR_DOORS)
    import pyogrio  # noqa: F401, PLC0415

    for name, value in kept.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Arrow's own allocator takes a gigabyte of addresses at once: all that `confined` allows."""
_keep_numba_from_mistaking_us()
_shut_the_doors_of_gdal()

_PUBLIC = {
    "calibrate": "coverage.calibration",
    "compare": "coverage.comparison",
    "load_project": "coverage.io.project",
    "make_map": "coverage.maps",
    "plan": "coverage.pipeline",
    "plan_fibre": "coverage.pipeline",
    "run": "coverage.pipeline",
    "validate": "coverage.calibration",
}


def __getattr__(name: str) -> object:
    """Load the public functions on first use."""
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public functions, loaded or not."""
    return sorted([*globals(), *_PUBLIC])
