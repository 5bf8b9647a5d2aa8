"""Running water: where it flows on a raster, and how it carves mountains.

Water leaves every cell along the tree of lowest passes, so no valley ends in a pit. The carving is
the stream-power law, solved implicitly from the outlets upward.

References
----------
Braun & Willett (2013), A very efficient O(n), implicit and parallel method to solve the stream
power equation, Geomorphology 180–181.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

Array = np.ndarray[Any, np.dtype[Any]]

STEEPEST: Final = 0.62  # m/m; steeper soil slides down, about 32°
_TIE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Drainage:
    """Where the water of each cell goes.

    `receiver` is the flat index of the cell downstream, itself for an outlet; `length_m` the way
    there; `levels` the cells grouped by their number of steps to the outlet, outlets first.
    """

    receiver: Array
    length_m: Array
    levels: tuple[Array, ...]

    def accumulated(self, amount: Array) -> Array:
        """Return, for each cell, the sum of `amount` over all cells that drain through it."""
        total = amount.astype(float).ravel().copy()
        for cells in reversed(self.levels[1:]):
            np.add.at(total, self.receiver[cells], total[cells])
        return total


def neighbours(shape: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Return the pairs of touching cells, each pair once, and their distance in cells."""
    index = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    pairs = [
        (index[:, :-1], index[:, 1:], 1.0),
        (index[:-1], index[1:], 1.0),
        (index[:-1, :-1], index[1:, 1:], np.sqrt(2.0)),
        (index[:-1, 1:], index[1:, :-1], np.sqrt(2.0)),
    ]
    first = np.concatenate([a.ravel() for a, _, _ in pairs])
    second = np.concatenate([b.ravel() for _, b, _ in pairs])
    steps = np.concatenate([np.full(a.size, step) for a, _, step in pairs])
    return first, second, steps


def drainage_of(elevation_m: Array, outlets: Array, *, cell_m: float) -> Drainage:
    """Return where the water of each cell goes.

    Parameters
    ----------
    elevation_m
        Heights of the raster.
    outlets
        Mask of the cells where water leaves the raster.
    cell_m
        Side of a cell.
    """
    shape = (elevation_m.shape[0], elevation_m.shape[1])
    height = elevation_m.ravel().astype(float)
    first, second, steps = neighbours(shape)
    higher = np.maximum(height[first], height[second])
    drop = np.abs(height[first] - height[second]) / steps
    weight = higher - _TIE * drop
    root = height.size
    ends = np.flatnonzero(outlets.ravel())
    floor = float(height.min()) - 1e4
    tree = minimum_spanning_tree(
        coo_array(
            (
                np.concatenate([weight - floor, np.full(ends.size, 1.0)]),
                (np.concatenate([first, np.full(ends.size, root)]), np.concatenate([second, ends])),
            ),
            shape=(root + 1, root + 1),
        ).tocsr()
    )
    order, before = breadth_first_order(tree, root, directed=False, return_predecessors=True)
    receiver = before[:root].astype(np.int64)
    receiver[ends] = ends
    depth = np.zeros(root + 1, dtype=np.int32)
    pointer = np.append(np.where(before[:root] == root, root, before[:root]), root)
    depth[:root] = 1
    while np.any(pointer != root):
        depth += depth[pointer]
        pointer = pointer[pointer]
    cells = order[1:]
    cuts = np.flatnonzero(np.diff(depth[cells])) + 1
    row, col = np.divmod(np.arange(root), shape[1])
    row_to, col_to = np.divmod(receiver, shape[1])
    length = np.maximum(np.hypot(row - row_to, col - col_to), 1.0) * cell_m
    return Drainage(receiver, length, tuple(np.split(cells, cuts)))


def carved(
    elevation_m: Array,
    uplift_m: Array,
    drainage: Drainage,
    *,
    erodibility: float,
    inflow_m2: Array,
) -> Array:
    """Return the heights after one step of uplift and stream-power erosion (m = ½, n = 1).

    Parameters
    ----------
    elevation_m, uplift_m
        Heights, and what the step adds to them before the water carves.
    drainage
        Where the water goes; outlets keep their height.
    erodibility
        Erosion coefficient times duration of the step, dimensionless with m = ½.
    inflow_m2
        Catchment of each cell's own: its area, more where a river enters the raster.
    """
    area = drainage.accumulated(inflow_m2)
    factor = erodibility * np.sqrt(area) / drainage.length_m
    raised = (elevation_m + uplift_m).ravel()
    height = elevation_m.ravel().astype(float).copy()
    rise = STEEPEST * drainage.length_m
    for cells in drainage.levels[1:]:
        below = height[drainage.receiver[cells]]
        new = (raised[cells] + factor[cells] * below) / (1.0 + factor[cells])
        height[cells] = np.minimum(new, below + rise[cells])
    return height.reshape(elevation_m.shape)
