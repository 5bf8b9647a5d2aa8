"""Carriers: how a channel's power is shared by its resource elements."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from coverage.params import Technology


def resource_blocks(technology: Technology, frequency_mhz: float) -> Mapping[str, int]:
    """Return N_RB by channel bandwidth ("20" for 20 MHz); empty for 3G, which has none.

    4G: 3GPP TS 36.104 table 5.6-1. 5G: TS 38.104 table 5.3.2-1, with 15 kHz subcarriers in the low
    bands and 30 kHz from `wide_subcarriers_from_mhz` of the preset up.
    """
    if technology == "3G":
        return {}
    table = _preset()[technology]
    if technology == "4G":
        return dict(table["resource_blocks"])
    low_band = frequency_mhz < table["wide_subcarriers_from_mhz"]
    return dict(table["resource_blocks_15khz" if low_band else "resource_blocks_30khz"])


def has_channel(technology: Technology, bandwidth_mhz: float, frequency_mhz: float) -> bool:
    """Whether the technology has channels of this bandwidth; 3G takes any.

    Examples
    --------
    >>> has_channel("4G", 20.0, 1800.0), has_channel("4G", 7.0, 1800.0)
    (True, False)
    """
    blocks = resource_blocks(technology, frequency_mhz)
    return technology == "3G" or f"{bandwidth_mhz:g}" in blocks


def reference_share_db(
    technology: Technology, bandwidth_mhz: float, frequency_mhz: float, pilot_power_share: float
) -> float:
    """Return what the measured reference gets of the carrier's power, in dB (negative).

    4G and 5G: one resource element, -10·log10(12·N_RB) with the power spread evenly over all
    subcarriers (RSRP is per resource element: 3GPP TS 36.214 section 5.1.1). 3G: the pilot's share.

    Examples
    --------
    >>> round(reference_share_db("4G", 20.0, 1800.0, pilot_power_share=0.1), 2)
    -30.79
    """
    if technology == "3G":
        return 10.0 * math.log10(pilot_power_share)
    blocks = resource_blocks(technology, frequency_mhz)[f"{bandwidth_mhz:g}"]
    return -10.0 * math.log10(12.0 * blocks)


@cache
def _preset() -> dict[str, Any]:
    path = resources.files("coverage") / "presets" / "carriers.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
