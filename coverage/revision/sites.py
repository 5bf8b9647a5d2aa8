"""A site that a person adds: its cells as rows of the station table, from the presets."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal

import pandas as pd
from pydantic import Field

from coverage.carriers import resource_blocks
from coverage.intake.vocabulary import STATION_DEFAULTS
from coverage.params import TECHNOLOGIES, Technology
from coverage.tables import numbers
from coverage.validation import Frozen

SECTORS: Final = (0, 120, 240)
_DIGITS: Final = 6
_WIDE_3G_MHZ: Final = 5.0


class NewSite(Frozen):
    """What a person states of a site; `sectors` is 3, or 1 for an antenna that turns no way."""

    operator: Annotated[str, Field(min_length=1, max_length=80)]
    technology: Technology
    frequency_mhz: Annotated[float, Field(ge=300.0, le=6_000.0)]
    bandwidth_mhz: Annotated[float, Field(gt=0.0, le=400.0)]
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    antenna_height_m: Annotated[float, Field(ge=1.0, le=350.0)]
    tx_power_dbm: Annotated[float, Field(ge=-30.0, le=80.0)]
    antenna_gain_dbi: Annotated[float, Field(ge=-20.0, le=40.0)]
    feeder_loss_db: Annotated[float, Field(ge=0.0, le=40.0)]
    sectors: Literal[1, 3] = 3
    status: Literal["active", "planned"] = "active"


def site_rows(site: NewSite, stations: pd.DataFrame) -> tuple[dict[str, str], ...]:
    """Return the cells of a site as rows of a raw station table, with ids that none has yet."""
    number = 1
    taken = _ids(stations)
    while f"MOI{number:03d}" in taken:
        number += 1
    name = f"MOI{number:03d}"
    carrier = f"{site.technology}{site.frequency_mhz:g}"
    azimuths = SECTORS if site.sectors == len(SECTORS) else ("",)
    shared = {
        "site_id": name,
        "operator": site.operator,
        "technology": site.technology,
        "longitude": f"{site.longitude:.{_DIGITS}f}",
        "latitude": f"{site.latitude:.{_DIGITS}f}",
        "status": site.status,
        **{
            name: f"{getattr(site, name):g}"
            for name in (
                *("frequency_mhz", "bandwidth_mhz", "antenna_height_m"),
                *("tx_power_dbm", "antenna_gain_dbi", "feeder_loss_db"),
            )
        },
    }
    beams = {name: f"{STATION_DEFAULTS[name]:g}" for name in ("beamwidth_deg", "downtilt_deg")}
    return tuple(
        {"cell_id": f"{name}-{carrier}-{sector}", **shared, **beams, "azimuth_deg": str(azimuth)}
        for sector, azimuth in enumerate(azimuths, start=1)
    )


def _ids(stations: pd.DataFrame) -> Collection[str]:
    return {str(name) for column in ("site_id", "mast_id") for name in stations.get(column, ())}


def operators(stations: pd.DataFrame) -> list[str]:
    """Return the operators of a raw station table, the one with most cells first."""
    named = stations["operator"].astype(str)
    return [str(name) for name in named[named != ""].value_counts().index]


def bands(stations: pd.DataFrame, operator: str, technology: Technology) -> list[float]:
    """Return the carriers an operator has in MHz, most used first; that of the presets if none."""
    mine = stations[(stations["operator"] == operator) & (stations["technology"] == technology)]
    used = numbers(mine["frequency_mhz"]).dropna().value_counts().index
    return [float(band) for band in used] or [float(STATION_DEFAULTS["frequency_mhz"][technology])]


def bandwidths(technology: Technology, frequency_mhz: float) -> list[float]:
    """Return the channel bandwidths that a technology has, MHz."""
    blocks = resource_blocks(technology, frequency_mhz)
    return sorted(float(width) for width in blocks) or [_WIDE_3G_MHZ]


def usual(technology: Technology) -> dict[str, float]:
    """Return what the presets give a rural macro site of a technology."""
    return {
        name: float(value[technology] if isinstance(value, dict) else value)
        for name, value in STATION_DEFAULTS.items()
        if not isinstance(value, str | bool)
    }


def technologies(stations: pd.DataFrame) -> list[Technology]:
    """Return the technologies a project has, in order; all where it has none."""
    present = set(stations["technology"])
    return [name for name in TECHNOLOGIES if name in present] or list(TECHNOLOGIES)
