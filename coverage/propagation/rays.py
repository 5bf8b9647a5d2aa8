"""Rays over terrain: what a mast's rays tell of every pixel around it.

Rays leave the mast at equal angles. A step along it is one cell along
the ray's main axis; the terrain there is interpolated between two cells. Every pixel is evaluated
once, on its nearest ray, with its own elevation and distance, so a ray's terrain stands in for the
pixel's own profile, which runs at most half a spacing beside it.

Heights are taken over a parabola that has the Earth's effective curvature, over which a radio ray
is a straight line. Then the steepest slope seen from the mast is a running maximum, and the
steepest slope seen from a pixel is the tangent to the upper convex hull of the terrain so far,
found from the hull's end. Obstruction, roughness and the closest approach to the line of sight are
searches on the same hull; the fitted Earth needs two running sums.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import formula, kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A trace tells of a ray's pixels in blocks of BLOCK pixels. A row is one quantity; its name is
# where it starts in the block. Constant starts let the compiler see that rows do not overlap.
BLOCK = 128
(
    STEP,  # of the pixel; lengths along the ray are in its steps
    SQUARE,  # squared distance in cells
    GROUND,  # elevation of the pixel
    TX_SLOPE,  # steepest slope of the terrain seen from the mast, m per step,
    TX_STEP,  # and where that terrain lies
    RX_SLOPE,  # the same seen from the pixel
    RX_STEP,
    NEAREST_STEP,  # in line of sight: the point of the largest diffraction parameter,
    NEAREST_M,  # and how far it rises over the line (negative; 0 out of sight),
    NEAREST_FROM,  # between these steps
    NEAREST_TO,
    AREA,  # sums v_1 and v_2 of the fitted Earth, with steps for kilometres
    MOMENT,
    OBSTRUCTION,  # how far the terrain rises over the line between the antennas
    ROUGHNESS,
    TRACE_SIZE,
) = range(0, 16 * BLOCK, BLOCK)


UNIT = 1 << 20  # directions of rays are whole numbers of 1/UNIT, to be exact in every octant
RAY_SPACING = 0.9  # cells


class Hull(NamedTuple):
    """Upper convex hull of a ray's terrain over the parabola.

    Vertices (step along the ray, height in m) and the edge before each, as the line
    `offsets` + `slopes` times step. Only the first few entries are in use.
    """

    steps: Integers
    heights: Floats
    slopes: Floats
    offsets: Floats


_NO_OBSTACLE_M = -1e9  # under the line of sight


@kernel
def ray_rises(cells: int) -> Integers:
    """Return how far each ray of one octant rises across per step along, in 1/UNIT of a cell.

    The rays stand at equal angles from the axis to the diagonal, so close that neighbours are
    RAY_SPACING cells apart at `cells` from the mast.
    """
    rays = math.ceil(0.25 * math.pi * cells / RAY_SPACING)
    rises = np.empty(rays + 1, dtype=np.int64)
    for ray in range(rays + 1):
        rises[ray] = round(math.tan(0.25 * math.pi * ray / rays) * UNIT)
    return rises


@kernel
def ray_owners(cells: int, reach: int, rises: Integers) -> tuple[Integers, Integers, Integers]:
    """Return which pixels of one octant each ray owns: (first, step, across).

    Ray j owns the pixels `first[j]` to `first[j + 1]` of `step` and `across`, in the order of their
    steps: those nearest to it, no farther than the squared radius `reach` (in cells).
    """
    rays = rises.size - 1
    owner = np.empty((cells + 1) * (cells + 2) // 2, dtype=np.int64)
    first = np.zeros(rays + 2, dtype=np.int64)
    count = 0
    for i in range(1, cells + 1):
        for k in range(i + 1):
            if i * i + k * k > reach:
                break
            ray = round(math.atan2(k, i) / (0.25 * math.pi) * rays)
            for near in (ray - 1, ray + 1):
                if 0 <= near <= rays and abs(rises[near] * i - k * UNIT) < abs(
                    rises[ray] * i - k * UNIT
                ):
                    ray = near
            owner[count] = ray
            first[ray + 1] += 1
            count += 1
    for ray in range(rays + 1):
        first[ray + 1] += first[ray]
    step, across = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    place = first[:-1].copy()
    count = 0
    for i in range(1, cells + 1):
        for k in range(i + 1):
            if i * i + k * k > reach:
                break
            ray = owner[count]
            step[place[ray]] = i
            across[place[ray]] = k
            place[ray] += 1
            count += 1
    return first, step, across


@kernel
def sample(
    heights: NDArray[np.float32],
    origin: int,
    major: int,
    minor: int,
    rise: int,
    unit: int,
    last_step: int,
    profile: Floats,
) -> int:
    """Write the heights along one ray to `profile`; return the last step before a void.

    `heights` is the flattened window; a step moves `major` cells in it and `rise`/`unit` of a cell
    across, in the direction of `minor`. Between two cells the height is interpolated.
    """
    profile[0] = heights[origin]
    remainder, here = 0, origin
    per_unit = 1.0 / unit
    for i in range(1, last_step + 1):
        here += major
        remainder += rise
        if remainder >= unit:
            remainder -= unit
            here += minor
        height_m = float(heights[here])
        if remainder > 0:
            height_m += (float(heights[here + minor]) - height_m) * (remainder * per_unit)
        if math.isnan(height_m):
            return i - 1
        profile[i] = height_m
    return last_step


@kernel
def trace_ray(
    profile: Floats,
    last_step: int,
    owned_step: Integers,
    owned_square: Integers,
    owned_ground: Floats,
    ground_m: float,
    tx_m: float,
    rx_height_m: float,
    curvature_m: float,
    inverse: Floats,
    hull: Hull,
    rough: int,
    blocks: Floats,
) -> int:
    """Walk one ray and write the trace of each pixel it owns; return their number.

    `profile` holds heights that are known up to `last_step`; the walk ends one step after it.
    `owned_step`, `owned_square` and `owned_ground` belong to the ray's pixels. `curvature_m` is the
    drop of the Earth after one step, `inverse` holds 1/n; `hull` is room for it.
    ROUGHNESS is written only where `rough` is set.
    """
    steps, heights, slopes, offsets = hull
    slopes[0], offsets[0] = 0.0, np.inf  # the first vertex always stays
    top, tx_vertex, tx_step = -1, 0, 0
    tx_slope = -np.inf
    area, moment, before_m = 0.0, 0.0, ground_m
    i = 0
    count = owned_step.size
    for n in range(count):
        step = owned_step[n]
        if step > last_step + 1:
            count = n
            break
        while i < step - 1:
            i += 1
            height_m = profile[i]
            area += height_m + before_m
            moment += height_m * (3 * i - 1) + before_m * (3 * i - 2)
            before_m = height_m
            along = float(i)
            over_m = height_m - curvature_m * along * along
            if top >= 0:
                while over_m >= offsets[top] + slopes[top] * along:
                    top -= 1
                slope = (over_m - heights[top]) * inverse[i - steps[top]]
                top += 1
                slopes[top] = slope
                offsets[top] = over_m - slope * along
            else:
                top = 0
            steps[top] = i
            heights[top] = over_m
            slope = (over_m - tx_m) * inverse[i]
            if slope > tx_slope:
                tx_slope, tx_step, tx_vertex = slope, i, top
        pixel_m = owned_ground[n]
        at = n // BLOCK * TRACE_SIZE + n % BLOCK
        blocks[at + STEP] = step
        blocks[at + SQUARE] = owned_square[n]
        blocks[at + GROUND] = pixel_m
        _evaluate(
            step,
            pixel_m,
            pixel_m + rx_height_m - curvature_m * (step * step),
            ground_m,
            tx_m,
            curvature_m,
            tx_slope,
            tx_step,
            tx_vertex,
            top,
            area + pixel_m + before_m,
            moment + pixel_m * (3 * step - 1) + before_m * (3 * step - 2),
            inverse,
            hull,
            rough,
            blocks,
            at,
        )
    return count


@formula
def _steepest(slopes: Floats, low: int, high: int, slope: float) -> int:
    """Return the hull vertex of `low`..`high` that rises highest over lines of `slope`."""
    while low < high:
        middle = (low + high + 1) >> 1
        if slopes[middle] > slope:
            low = middle
        else:
            high = middle - 1
    return low


@formula
def _tangent(slopes: Floats, offsets: Floats, top: int, step: float, height_m: float) -> int:
    """Return the hull vertex that `height_m` at `step` sees under the steepest angle.

    From the hull's end: first vertex by vertex, then by halving.
    """
    near = max(top - 6, 0)
    vertex = top
    while vertex > near and height_m > offsets[vertex] + slopes[vertex] * step:
        vertex -= 1
    if vertex > near or near == 0:
        return vertex
    low, high = 0, near
    while low < high:
        middle = (low + high + 1) >> 1
        if height_m > offsets[middle] + slopes[middle] * step:
            high = middle - 1
        else:
            low = middle
    return low


@formula
def _closest(
    steps: Integers,
    heights: Floats,
    inverse: Floats,
    low: int,
    high: int,
    step: int,
    tx_m: float,
    slope: float,
) -> int:
    """Return the hull vertex of `low`..`high` with the largest diffraction parameter.

    The line of sight passes above the hull. Clearance is convex and the Fresnel radius concave
    along it, so their ratio has one minimum, found by halving.
    """
    while low < high:
        middle = (low + high) >> 1
        here, there = steps[middle], steps[middle + 1]
        here_m = heights[middle] - (tx_m + slope * here)
        there_m = heights[middle + 1] - (tx_m + slope * there)
        if (
            here_m * here_m * inverse[here] * inverse[step - here]
            <= there_m * there_m * inverse[there] * inverse[step - there]
        ):
            high = middle
        else:
            low = middle + 1
    return low


@formula
def _evaluate(
    i: int,
    pixel_m: float,
    rx_m: float,
    ground_m: float,
    tx_m: float,
    curvature_m: float,
    tx_slope: float,
    tx_step: int,
    tx_vertex: int,
    top: int,
    area: float,
    moment: float,
    inverse: Floats,
    hull: Hull,
    rough: int,
    blocks: Floats,
    at: int,
) -> None:
    """Write the trace at `at` for a pixel at step `i` whose antenna is at `rx_m`."""
    steps, heights, slopes, offsets = hull
    direct = (rx_m - tx_m) * inverse[i]
    blocks[at + TX_SLOPE] = tx_slope
    blocks[at + TX_STEP] = tx_step
    blocks[at + AREA] = area
    blocks[at + MOMENT] = moment
    if top < 0:  # the pixel beside the mast: nothing lies between
        blocks[at + RX_SLOPE] = -direct
        blocks[at + RX_STEP] = 0.0
        blocks[at + NEAREST_STEP] = 0.5
        blocks[at + NEAREST_M] = _NO_OBSTACLE_M
        blocks[at + NEAREST_FROM] = blocks[at + NEAREST_TO] = 0.0
        blocks[at + ROUGHNESS] = 0.0
        blocks[at + OBSTRUCTION] = 0.0
        return
    rx_vertex = _tangent(slopes, offsets, top, float(i), rx_m)
    rx_step = steps[rx_vertex]
    blocks[at + RX_STEP] = rx_step
    blocks[at + RX_SLOPE] = (heights[rx_vertex] - rx_m) * inverse[i - rx_step]
    between = curvature_m * (tx_step + rx_step)
    if tx_slope < direct:
        vertex = _closest(steps, heights, inverse, rx_vertex, tx_vertex, i, tx_m, direct)
        step = steps[vertex]
        blocks[at + NEAREST_STEP] = step
        blocks[at + NEAREST_M] = heights[vertex] - (tx_m + direct * step)
        blocks[at + NEAREST_FROM] = steps[max(vertex - 1, rx_vertex)]
        blocks[at + NEAREST_TO] = steps[min(vertex + 1, tx_vertex)]
        blocks[at + OBSTRUCTION] = 0.0
        rx_vertex = tx_vertex = vertex
    else:
        flat = direct + curvature_m * i
        vertex = _steepest(slopes, tx_vertex, rx_vertex, flat - between)
        step = steps[vertex]
        blocks[at + NEAREST_STEP] = 0.5 * i
        blocks[at + NEAREST_M] = 0.0
        blocks[at + OBSTRUCTION] = (
            heights[vertex] + curvature_m * step * step - (tx_m + flat * step)
        )
    if rough:
        tx_line_m = min((2.0 * area * i - moment) * inverse[i] * inverse[i], ground_m)
        rx_line_m = min((moment - area * i) * inverse[i] * inverse[i], pixel_m)
        line = (rx_line_m - tx_line_m) * inverse[i]
        vertex = _steepest(slopes, tx_vertex, rx_vertex, line - between)
        step = steps[vertex]
        blocks[at + ROUGHNESS] = (
            heights[vertex] + curvature_m * step * step - (tx_line_m + line * step)
        )


@kernel
def refine_nearest(
    count: int,
    profile: Floats,
    tx_m: float,
    rx_height_m: float,
    curvature_m: float,
    inverse: Floats,
    clear: float,
    blocks: Floats,
) -> None:
    """Replace NEAREST of visible pixels by a sample beside it that has a larger parameter.

    The trace compares the hull's vertices; a sample under a long edge of the hull can beat both its
    ends. Samples are looked at only where one may reach `clear`, the square of clearance over
    Fresnel radius, in metres and steps, at which diffraction begins.
    """
    for n in range(count):
        at = n // BLOCK * TRACE_SIZE + n % BLOCK
        nearest_m = blocks[at + NEAREST_M]
        first, last = int(blocks[at + NEAREST_FROM]), int(blocks[at + NEAREST_TO])
        if nearest_m >= 0.0 or last - first < 2:
            continue
        i = int(blocks[at + STEP])
        rx_m = blocks[at + GROUND] + rx_height_m - curvature_m * (i * i)
        slope = (rx_m - tx_m) * inverse[i]
        first_m = profile[first] - curvature_m * (first * first) - (tx_m + slope * first)
        last_m = profile[last] - curvature_m * (last * last) - (tx_m + slope * last)
        highest_m = max(nearest_m, first_m, last_m)
        widest = min(max(i >> 1, first), last)
        if highest_m * highest_m * inverse[widest] * inverse[i - widest] * i > clear:
            continue
        nearest = int(blocks[at + NEAREST_STEP])
        least = nearest_m * nearest_m * inverse[nearest] * inverse[i - nearest]
        for step in range(first + 1, last):
            above_m = profile[step] - curvature_m * (step * step) - (tx_m + slope * step)
            value = above_m * above_m * inverse[step] * inverse[i - step]
            if value < least:
                least, nearest, nearest_m = value, step, above_m
        blocks[at + NEAREST_STEP] = nearest
        blocks[at + NEAREST_M] = nearest_m
