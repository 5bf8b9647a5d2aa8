"""Phủ Sóng: find who has no signal, and plan how to reach them."""

from __future__ import annotations

import os
import sys

__version__ = "0.1.0"


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

    It works only before the first import of rasterio or pyogrio; the readers also look at each
    file's first bytes, so a late import does not open the door.
    """
    doors = (
        "VRT,WMS,WMTS,WCS,HTTP,OGR_VRT,OAPIF,WFS,CSW,GMLAS,PLMOSAIC,EEDA,DERIVED,ZARR,STACTA,STACIT"
    )
    os.environ.setdefault("GDAL_SKIP", doors)
    os.environ.setdefault("OGR_SKIP", doors)
    os.environ.setdefault("PROJ_NETWORK", "OFF")


_shut_the_doors_of_gdal()
_keep_numba_from_mistaking_us()
