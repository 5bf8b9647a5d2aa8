"""The services that open data come from: their addresses, licences and our patience with them."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from coverage.settings import read_toml
from coverage.validation import Frozen, validated

PRESET: Final = "open_data.toml"
Positive = Annotated[float, Field(gt=0.0)]


class DownloadRules(Frozen):
    """Limits of a transfer: seconds, attempts, bytes."""

    connect_timeout_s: Positive
    read_timeout_s: Positive
    total_timeout_s: Positive
    attempts: Annotated[int, Field(ge=1, le=20)]
    backoff_s: Annotated[float, Field(ge=0.0)]
    max_wait_s: Annotated[float, Field(ge=0.0)]
    max_bytes: Annotated[int, Field(gt=0)]
    max_age_days: Annotated[float, Field(ge=0.0)]
    user_agent: str


class Service(Frozen):
    """One service: where to ask, whose document says how, and the licence of what it gives."""

    url: str
    document: str
    title: str
    licence: str
    attribution: str


class BoundaryService(Service):
    """geoBoundaries; `levels` that may be communes, the finest first."""

    levels: tuple[str, ...]


class TerrainService(Service):
    """Copernicus GLO-30; terrain is wanted `margin_km` around the province."""

    margin_km: Annotated[float, Field(ge=0.0)]


class RoadService(Service):
    """OpenStreetMap through Overpass; how its tags become our classes."""

    timeout_s: Annotated[int, Field(gt=0)]
    margin_km: Annotated[float, Field(ge=0.0)]
    hv_above_volt: Positive
    mv_from_volt: Positive
    classes: dict[str, tuple[str, ...]]
    surfaces: dict[str, tuple[str, ...]]


class CellService(Service):
    """OpenCelliD; `mcc` is the mobile country code by country."""

    margin_km: Annotated[float, Field(ge=0.0)]
    mcc: dict[str, int]


class PopulationService(Service):
    """WorldPop, and what turns its people into villages."""

    household_size: Positive
    catchment_km: Positive


class Services(Frozen):
    """Everything `phusong fetch` knows of the world."""

    download: DownloadRules
    boundaries: BoundaryService
    terrain: TerrainService
    roads: RoadService
    stations: CellService
    population: PopulationService


def services(override: Path | None = None) -> Services:
    """Return the shipped services, with the values of the TOML file `override` laid over them.

    Raises
    ------
    SettingsError
        With every unknown key and every value out of range.
    """
    text = (resources.files("coverage") / "presets" / PRESET).read_text(encoding="utf-8")
    shipped = tomllib.loads(text)
    if override is None:
        return validated(Services, shipped, f"presets/{PRESET}")
    return validated(Services, _laid_over(shipped, read_toml(override)), override.name)


def _laid_over(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    return base | {
        key: _laid_over(base[key], value)
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in top.items()
    }
