"""Sector antennas: how far below its gain an antenna radiates in a direction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coverage.propagation._compile import formula

OMNI_BEAMWIDTH_DEG: Final = 360.0
PATTERN_DEGREES: Final = 360
"""Samples of a measured cut, one a degree."""

Cut = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class AntennaPattern:
    """A maker's measured pattern: loss against the gain, in dB, one value a degree.

    `horizontal_db` (360,) counts clockwise from the axis; `vertical_db` (360,) counts downward from
    the horizon ahead, so that an electrical tilt of 6° has its least loss at 6.
    """

    name: str
    gain_dbi: float
    frequency_mhz: float
    horizontal_db: Cut
    vertical_db: Cut


@formula
def pattern_loss_db(
    off_axis_deg: float,
    below_horizon_deg: float,
    beamwidth_deg: float,
    downtilt_deg: float,
    vertical_beamwidth_deg: float,
    front_to_back_db: float,
    side_lobe_db: float,
) -> float:
    """Return the loss against the antenna's gain, in dB, 0 on the axis.

    The horizontal and the vertical cut are parabolas in dB that end on a floor, joined as in 3GPP
    TR 38.901 table 7.3-1 (the form of TR 36.942 section 4.2.1 and TR 36.814 table A.2.1.1-2).

    Parameters
    ----------
    off_axis_deg
        Direction of the receiver against the azimuth; any turn.
    below_horizon_deg
        Angle under which the receiver lies, positive downward.
    beamwidth_deg
        Horizontal 3 dB beamwidth; 360 and more is an omnidirectional antenna.
    downtilt_deg
        Tilt of the axis, positive downward.
    vertical_beamwidth_deg
        Vertical 3 dB beamwidth.
    front_to_back_db
        Greatest loss of the horizontal cut and of the whole pattern (A_m).
    side_lobe_db
        Greatest loss of the vertical cut (SLA_v).
    """
    horizontal_db = 0.0
    if beamwidth_deg < OMNI_BEAMWIDTH_DEG:
        turn = off_axis_deg - 360.0 * math.floor((off_axis_deg + 180.0) / 360.0)
        horizontal_db = min(12.0 * (turn / beamwidth_deg) ** 2, front_to_back_db)
    lift = (below_horizon_deg - downtilt_deg) / vertical_beamwidth_deg
    vertical_db = min(12.0 * lift * lift, side_lobe_db)
    return min(horizontal_db + vertical_db, front_to_back_db)


@formula
def measured_loss_db(
    horizontal_db: Cut,
    vertical_db: Cut,
    off_axis_deg: float,
    below_horizon_deg: float,
    downtilt_deg: float,
) -> float:
    """Return the loss of a measured pattern: the sum of its two cuts at the receiver's direction.

    Between two degrees the cuts are interpolated. `downtilt_deg` is the mechanical tilt, added to
    the electrical one that the vertical cut already has; the turn of the pattern about the
    horizontal axis is taken in the vertical cut alone.
    """
    return _cut_db(horizontal_db, off_axis_deg) + _cut_db(
        vertical_db, below_horizon_deg - downtilt_deg
    )


@formula
def _cut_db(cut_db: Cut, angle_deg: float) -> float:
    turn = angle_deg - PATTERN_DEGREES * math.floor(angle_deg / PATTERN_DEGREES)
    low = int(turn) % PATTERN_DEGREES
    part = turn - math.floor(turn)
    high = (low + 1) % PATTERN_DEGREES
    return float(cut_db[low]) * (1.0 - part) + float(cut_db[high]) * part
