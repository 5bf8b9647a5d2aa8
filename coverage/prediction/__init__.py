"""Signal of every cell over the terrain, and the best server per technology and operator.

`cells` says which cells count and what the kernels need of them, `losses` gives the path loss of a
mast and keeps it, `layers` holds the strongest signal so far, `signal` works through the masts.
"""

from __future__ import annotations

from coverage.prediction.cells import cells_that_count
from coverage.prediction.losses import Keeper
from coverage.prediction.points import signal_at
from coverage.prediction.signal import (
    CODE_DIGEST,
    Progress,
    assembled,
    path_loss_raster_db,
    predict,
    signal_by_layer,
)

__all__ = [
    "CODE_DIGEST",
    "Keeper",
    "Progress",
    "assembled",
    "cells_that_count",
    "path_loss_raster_db",
    "predict",
    "signal_at",
    "signal_by_layer",
]
