"""Signal of every cell over the terrain, and the best server per technology and operator.

`cells` says which cells count and what the kernels need of them, `losses` gives the path loss of a
mast and keeps it, `layers` holds the strongest signal so far. `pieces` cuts a prediction into parts
that can be worked out anywhere, `work` is what is done with one, `signal` puts them together.
"""

from __future__ import annotations

from coverage.prediction.cells import cells_that_count
from coverage.prediction.losses import Keeper
from coverage.prediction.pieces import CODE_DIGEST, Crew, Piece
from coverage.prediction.points import signal_at
from coverage.prediction.signal import (
    Progress,
    Workers,
    assembled,
    path_loss_raster_db,
    predict,
    signal_by_layer,
)

__all__ = [
    "CODE_DIGEST",
    "Crew",
    "Keeper",
    "Piece",
    "Progress",
    "Workers",
    "assembled",
    "cells_that_count",
    "path_loss_raster_db",
    "predict",
    "signal_at",
    "signal_by_layer",
]
