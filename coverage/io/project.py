"""A project folder becomes validated inputs on one metric grid, or one list of all its problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from coverage.errors import InputDataError, Problem
from coverage.grid import Bounds, FloatArray, Grid
from coverage.io import crosschecks, fieldchecks, station_checks
from coverage.io.commune_rules import OUTSIDE_COMMUNE
from coverage.io.desk import Desk, entry_name
from coverage.io.indicator_rows import indicator_problems
from coverage.io.layers import points
from coverage.io.rasters import Tile, classes_on, terrain_on
from coverage.io.reading import antenna_patterns, cover_tile, layer, table, terrain_tiles
from coverage.io.study import grid_crs, study_grid
from coverage.io.updates import gap_updates
from coverage.io.village_communes import village_communes
from coverage.model import Inputs, Source
from coverage.params import InputsSection, ProjectFile, Scenario
from coverage.propagation.antennas import AntennaPattern
from coverage.settings import examine_project_file

_LAYERS: Final = ("roads", "power_lines", "fibre_lines", "rivers", "operator_coverage")
_POINTS: Final = ("fibre_nodes", "measurements", "clusters")
_PLAIN: Final = ("indicators", "gap_status", "crosswalk")
_RADIO_ROLES: Final = ("communes", "stations", "terrain", "land_cover", "antennas")


def project_path(path: Path | str) -> Path:
    """Return the `project.toml` of a project given by its folder or by that file."""
    path = Path(path)
    return path / "project.toml" if path.is_dir() else path


def load_project(path: Path | str) -> Inputs:
    """Read and validate a whole project.

    Parameters
    ----------
    path
        A project folder, or its `project.toml`.

    Returns
    -------
    Inputs
        Everything on one grid; `warnings` names what was ignored, repaired or left unknown.

    Raises
    ------
    InputDataError
        With every problem of every file, `project.toml` and the scenario included.

    Examples
    --------
    >>> import coverage as cv
    >>> inputs = cv.load_project("data/demo")
    >>> len(inputs.villages), len(inputs.communes), inputs.grid.resolution_m
    (367, 28, 90.0)
    """
    inputs, problems = examine(path)
    if inputs is None:
        raise InputDataError([p for p in problems if p.severity == "error"])
    return inputs


def examine(path: Path | str) -> tuple[Inputs | None, tuple[Problem, ...]]:
    """Read a project as `load_project` does; return the inputs, if usable, and all problems."""
    toml = project_path(path)
    file, scenario, problems = examine_project_file(toml)
    if file is None:
        return None, problems
    desk = Desk(toml.parent, list(problems), declared_synthetic=file.project.synthetic)
    inputs = _read(desk, file, scenario)
    return (None if desk.has_errors else inputs), tuple(desk.problems)


def _read(desk: Desk, file: ProjectFile, scenario: Scenario) -> Inputs | None:
    entries = file.inputs
    crs = grid_crs(desk, file)
    communes = layer(desk, "communes", entries.communes, crs)
    area = _area_in_degrees(communes)
    patterns = antenna_patterns(desk, entries)
    tables = {
        name: table(desk, name, entry, area=area, patterns=patterns, radio=scenario.radio)
        for name in ("villages", "stations", *_POINTS, *_PLAIN)
        if (entry := getattr(entries, name)) is not None
    }
    layers = {
        name: layer(desk, name, entry, crs)
        for name in _LAYERS
        if (entry := getattr(entries, name)) is not None
    }
    tiles = terrain_tiles(desk, entries)
    cover = cover_tile(desk, entries)
    villages = _settled_villages(
        desk, tables["villages"], communes, _usable_crosswalk(tables), entries.villages
    )
    _check_records(desk, entries, tables, communes, scenario)
    grid = study_grid(
        desk,
        communes,
        tiles,
        crs=crs,
        resolution_m=file.project.resolution_m,
        scenario=scenario,
    )
    if desk.has_errors or communes is None or villages is None or grid is None:
        return None
    with desk.collecting():
        return _assemble(
            desk,
            file,
            scenario,
            grid=grid,
            terrain_m=terrain_on(grid, tiles),
            cover=cover,
            patterns=patterns,
            communes=communes,
            villages=villages,
            tables=tables,
            layers=layers,
        )
    return None


def _assemble(
    desk: Desk,
    file: ProjectFile,
    scenario: Scenario,
    *,
    grid: Grid,
    terrain_m: FloatArray,
    cover: Tile | None,
    patterns: Mapping[str, AntennaPattern],
    communes: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    tables: dict[str, pd.DataFrame | None],
    layers: dict[str, gpd.GeoDataFrame | None],
) -> Inputs:
    placed = {
        name: points(frame, crs=grid.crs)
        for name, frame in tables.items()
        if frame is not None and "longitude" in frame.columns and name != "villages"
    }
    stations = placed["stations"]
    files = {name: entry_name(entry) for name, entry in file.inputs if isinstance(entry, str)}
    for frame, rule, column, role in (
        (villages, crosschecks.NO_TERRAIN_VILLAGE, "name", "villages"),
        (stations, crosschecks.NO_TERRAIN_MAST, "cell_id", "stations"),
        (placed.get("clusters"), fieldchecks.NO_TERRAIN_CLUSTER, "name", "clusters"),
    ):
        if frame is not None:
            desk.problems += crosschecks.on_terrain(
                frame, terrain_m, grid, rule, file=files[role], column=column
            )
    name = files["stations"]
    desk.problems += station_checks.station_places(stations, file=name)
    land_cover = None if cover is None else classes_on(grid, cover)
    if cover is not None and land_cover is not None:
        desk.problems += station_checks.land_cover_classes(
            land_cover, scenario.land_cover, file=cover.name
        )
    desk.problems += fieldchecks.field_problems(placed | layers, villages, files=files)
    return Inputs(
        project=file.project,
        scenario=scenario,
        grid=grid,
        terrain_m=terrain_m,
        land_cover=land_cover,
        antennas=patterns,
        communes=communes.reset_index(drop=True),
        villages=villages.reset_index(drop=True),
        stations=stations.reset_index(drop=True),
        roads=layers.get("roads"),
        power_lines=layers.get("power_lines"),
        fibre_nodes=placed.get("fibre_nodes"),
        fibre_lines=layers.get("fibre_lines"),
        measurements=placed.get("measurements"),
        indicators=tables.get("indicators"),
        crosswalk=_usable_crosswalk(tables),
        clusters=placed.get("clusters"),
        operator_coverage=layers.get("operator_coverage"),
        rivers=layers.get("rivers"),
        sources=tuple(desk.sources),
        warnings=tuple(p for p in desk.problems if p.severity == "warning"),
        fingerprint=_fingerprint(desk.sources, grid),
        radio_fingerprint=_fingerprint([s for s in desk.sources if s.role in _RADIO_ROLES], grid),
        gap_status=tables.get("gap_status"),
    )


def _check_records(
    desk: Desk,
    entries: InputsSection,
    tables: dict[str, pd.DataFrame | None],
    communes: gpd.GeoDataFrame | None,
    scenario: Scenario,
) -> None:
    """Hold indicators against the communes, and gap updates against the villages."""
    indicators, updates, villages = (
        tables.get(role) for role in ("indicators", "gap_status", "villages")
    )
    if indicators is not None and communes is not None and entries.indicators is not None:
        desk.problems += indicator_problems(
            indicators, communes, scenario.indicators, file=entry_name(entries.indicators)
        )
    if updates is None or villages is None or entries.gap_status is None:
        return
    kept, problems = gap_updates(updates, villages, file=entry_name(entries.gap_status))
    desk.problems += problems
    tables["gap_status"] = kept
    desk.amend_source("gap_status", rows_dropped=len(updates) - len(kept))


def _settled_villages(
    desk: Desk,
    villages: pd.DataFrame | None,
    communes: gpd.GeoDataFrame | None,
    crosswalk: pd.DataFrame | None,
    entry: str,
) -> gpd.GeoDataFrame | None:
    """Bring villages to communes where both tables have what that needs, whatever else is wrong."""
    needed = {"name", "longitude", "latitude"}
    if villages is None or villages.empty or not needed <= set(villages.columns):
        return None
    if communes is None or communes.empty or not {"name", "commune_code"} <= set(communes.columns):
        return None
    if communes["commune_code"].duplicated().any():
        return None
    name = entry_name(entry)
    settled, problems, repaired = village_communes(
        points(villages, crs=str(communes.crs)), communes, crosswalk=crosswalk, file=name
    )
    swapped = any(p.rule == crosschecks.SWAPPED.code for p in desk.problems)
    echo = OUTSIDE_COMMUNE.code
    desk.problems += [p for p in problems if not (swapped and p.rule == echo)]
    desk.amend_source("villages", rows_repaired=repaired)
    return settled


def _usable_crosswalk(tables: dict[str, pd.DataFrame | None]) -> pd.DataFrame | None:
    """Return the project's crosswalk if it has what joining needs."""
    table = tables.get("crosswalk")
    needed = {"old_code", "new_code"}
    return table if table is not None and needed <= set(table.columns) else None


def _area_in_degrees(communes: gpd.GeoDataFrame | None) -> Bounds | None:
    if communes is None or communes.empty:
        return None
    west, south, east, north = communes.to_crs("EPSG:4326").total_bounds
    return float(west), float(south), float(east), float(north)


def _fingerprint(sources: list[Source], grid: Grid) -> str:
    told = [[s.role, s.sha256] for s in sources]
    grid_told = [grid.crs, grid.west_m, grid.north_m, grid.resolution_m, grid.height, grid.width]
    return hashlib.sha256(json.dumps([told, grid_told]).encode()).hexdigest()
