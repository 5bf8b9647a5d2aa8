"""A project folder becomes validated inputs on one metric grid, or one list of all its problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from coverage.errors import ExtentError, InputDataError, Problem
from coverage.grid import Bounds, FloatArray, Grid, grid_over, metric_crs
from coverage.io import crosschecks, fieldchecks, station_checks
from coverage.io.antennas import by_name, read_pattern
from coverage.io.commune_rules import OUTSIDE_COMMUNE
from coverage.io.files import fingerprint_of
from coverage.io.indicator_rows import indicator_problems
from coverage.io.layers import points, read_layer, with_full_names
from coverage.io.rasters import Tile, bounds_in, classes_on, in_step, open_tile, terrain_on
from coverage.io.sheets import read_sheet
from coverage.io.updates import gap_updates
from coverage.io.village_communes import village_communes, with_code_column
from coverage.model import Inputs, Source
from coverage.params import InputsSection, ProjectFile, RadioParams, Scenario
from coverage.propagation.antennas import AntennaPattern
from coverage.schema import TABLES, Geometry, Table
from coverage.settings import examine_project_file
from coverage.tables import check
from coverage.text import Text

_LAYERS: Final = ("roads", "power_lines", "fibre_lines", "operator_coverage")
_POINTS: Final = ("fibre_nodes", "measurements", "clusters")
_PLAIN: Final = ("indicators", "gap_status", "crosswalk")
_RADIO_ROLES: Final = ("communes", "stations", "terrain", "land_cover", "antennas")
_WITHOUT_PLACE: Final = {
    "villages": crosschecks.NO_COORDINATES,
    "clusters": fieldchecks.NO_COORDINATES_CLUSTER,
}


@dataclass(frozen=True, slots=True)
class _Collecting:
    """A `with` block whose input errors are added to a list."""

    problems: list[Problem]

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """Take the problems of an `InputDataError`; let everything else pass."""
        if not isinstance(error, InputDataError):
            return False
        self.problems.extend(error.problems)
        return True


@dataclass
class _Desk:
    """What is on the desk while a project is read: findings and sources so far."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    declared_synthetic: bool = False

    def collecting(self) -> _Collecting:
        """Keep the problems of a file instead of stopping at the first."""
        return _Collecting(self.problems)

    def path(self, entry: str) -> Path:
        return self.folder / entry

    def add_source(self, role: str, entry: str, **counts: Any) -> None:
        path = self.path(entry)
        synthetic = counts.pop("is_synthetic", False) or _says_synthetic(path.name)
        self.sources.append(
            Source(
                role=role,
                file=path.name,
                sha256=fingerprint_of(path),
                is_synthetic=synthetic or self.declared_synthetic,
                **counts,
            )
        )

    def amend_source(self, role: str, **counts: Any) -> None:
        """State counts of a source that only show when tables are held against each other."""
        self.sources = [replace(s, **counts) if s.role == role else s for s in self.sources]

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


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
    desk = _Desk(toml.parent, list(problems), declared_synthetic=file.project.synthetic)
    inputs = _read(desk, file, scenario)
    return (None if desk.has_errors else inputs), tuple(desk.problems)


def _read(desk: _Desk, file: ProjectFile, scenario: Scenario) -> Inputs | None:
    entries = file.inputs
    crs = _grid_crs(desk, file)
    communes = _layer(desk, "communes", entries.communes, crs)
    area = _area_in_degrees(communes)
    patterns = _patterns(desk, entries)
    tables = {
        name: _table(desk, name, entry, area=area, patterns=patterns, radio=scenario.radio)
        for name in ("villages", "stations", *_POINTS, *_PLAIN)
        if (entry := getattr(entries, name)) is not None
    }
    layers = {
        name: _layer(desk, name, entry, crs)
        for name in _LAYERS
        if (entry := getattr(entries, name)) is not None
    }
    tiles = _tiles(desk, entries)
    cover = _cover_tile(desk, entries)
    villages = _settled_villages(
        desk, tables["villages"], communes, _usable_crosswalk(tables), entries.villages
    )
    _check_records(desk, entries, tables, communes, scenario)
    grid = _grid(
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
    desk: _Desk,
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
    files = {name: Path(entry).name for name, entry in file.inputs if isinstance(entry, str)}
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
        sources=tuple(desk.sources),
        warnings=tuple(p for p in desk.problems if p.severity == "warning"),
        fingerprint=_fingerprint(desk.sources, grid),
        radio_fingerprint=_fingerprint([s for s in desk.sources if s.role in _RADIO_ROLES], grid),
        gap_status=tables.get("gap_status"),
    )


def _check_records(
    desk: _Desk,
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
            indicators, communes, scenario.indicators, file=Path(entries.indicators).name
        )
    if updates is None or villages is None or entries.gap_status is None:
        return
    kept, problems = gap_updates(updates, villages, file=Path(entries.gap_status).name)
    desk.problems += problems
    tables["gap_status"] = kept
    desk.amend_source("gap_status", rows_dropped=len(updates) - len(kept))


def _settled_villages(
    desk: _Desk,
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
    name = Path(entry).name
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


def _grid_crs(desk: _Desk, file: ProjectFile) -> str:
    """Return the grid's system: the project's, or the UTM zone of the communes."""
    if file.project.crs is not None:
        with desk.collecting():
            return metric_crs(file.project.crs, file="project.toml")
        return "EPSG:3857"
    with desk.collecting():
        communes = read_layer(
            desk.path(file.inputs.communes),
            Geometry.POLYGON,
            crs="EPSG:4326",
            name=Path(file.inputs.communes).name,
        )
        return str(communes.estimate_utm_crs().to_string())
    return "EPSG:3857"


def _layer(desk: _Desk, role: str, entry: str, crs: str) -> gpd.GeoDataFrame | None:
    name = Path(entry).name
    table = TABLES[role]
    with desk.collecting():
        frame = read_layer(desk.path(entry), table.geometry, crs=crs, name=name)
        if name.lower().endswith(".shp"):
            frame = with_full_names(frame, [column.name for column in table.columns])
        checked = check(frame, table, file=name)
        desk.problems += checked.problems
        desk.problems += _ignored(table, checked.ignored_rows, name)
        desk.add_source(
            role, entry, rows_read=len(frame), rows_dropped=checked.ignored_rows, crs=crs
        )
        return gpd.GeoDataFrame(checked.frame, geometry="geometry", crs=crs)
    return None


def _table(
    desk: _Desk,
    role: str,
    entry: str,
    *,
    area: Bounds | None,
    patterns: Mapping[str, AntennaPattern],
    radio: RadioParams,
) -> pd.DataFrame | None:
    name = Path(entry).name
    table = TABLES[role]
    with desk.collecting():
        raw = read_sheet(desk.path(entry), name=name)
        if role == "villages":
            raw = with_code_column(raw)
        checked = check(raw, table, file=name)
        frame = checked.frame
        desk.problems += _without_echo(
            list(checked.problems),
            crosschecks.coordinates(
                frame, area=area, file=name, may_be_empty=_WITHOUT_PLACE.get(role)
            ),
        )
        desk.problems += _ignored(table, checked.ignored_rows, name)
        if role == "stations":
            desk.problems += _station_problems(frame, patterns, radio, name)
            frame = station_checks.with_eirp(frame, patterns)
        desk.add_source(role, entry, rows_read=len(raw), rows_dropped=checked.ignored_rows)
        return frame
    return None


def _station_problems(
    stations: pd.DataFrame,
    patterns: Mapping[str, AntennaPattern],
    radio: RadioParams,
    name: str,
) -> list[Problem]:
    """Look at the stations' power, bands and antennas, as far as the columns are there."""
    needed = {"technology", "bandwidth_mhz", "frequency_mhz", "antenna_height_m"}
    if stations.empty or not needed <= set(stations.columns):
        return []
    return [
        *station_checks.station_antennas(stations, patterns, file=name),
        *station_checks.station_power(stations, patterns, file=name),
        *station_checks.station_bandwidth(stations, file=name),
        *station_checks.station_models(stations, radio, file=name),
    ]


def _without_echo(problems: list[Problem], swapped: list[Problem]) -> list[Problem]:
    """Leave out range errors of coordinates that are explained by a swap."""
    explained = {row for p in swapped if p.rule == crosschecks.SWAPPED.code for row in p.rows}
    kept = [
        p
        for p in problems
        if not (
            p.rule == "out_of_range"
            and p.column in {"longitude", "latitude"}
            and set(p.rows) <= explained
        )
    ]
    return kept + swapped


def _ignored(table: Table, count: int, name: str) -> list[Problem]:
    if not count:
        return []
    return (
        [
            Problem(
                severity="warning",
                rule="ignored_rows",
                file=name,
                count=count,
                column="technology",
                what=Text("dòng 2G/GSM được đọc nhưng bỏ qua", "2G/GSM rows are read and ignored"),
                fix=Text(
                    "2G đã dừng phục vụ; không cần làm gì.", "2G is switched off; nothing to do."
                ),
            )
        ]
        if table.column("technology")
        else []
    )


def _patterns(desk: _Desk, entries: InputsSection) -> Mapping[str, AntennaPattern]:
    """Read the antenna patterns, each under the names that stations may use."""
    listed = (entries.antennas,) if isinstance(entries.antennas, str) else entries.antennas
    found = []
    for entry in listed:
        with desk.collecting():
            found.append((desk.path(entry), read_pattern(desk.path(entry), name=Path(entry).name)))
            desk.add_source("antennas", entry)
    return by_name(found)


def _tiles(desk: _Desk, entries: InputsSection) -> list[Tile]:
    listed = (entries.terrain,) if isinstance(entries.terrain, str) else entries.terrain
    tiles = []
    for entry in listed:
        with desk.collecting():
            tile = open_tile(desk.path(entry), name=Path(entry).name)
            desk.add_source("terrain", entry, is_synthetic=tile.is_synthetic, crs=tile.crs)
            tiles.append(tile)
    return tiles


def _cover_tile(desk: _Desk, entries: InputsSection) -> Tile | None:
    if entries.land_cover is None:
        return None
    with desk.collecting():
        tile = open_tile(desk.path(entries.land_cover), name=Path(entries.land_cover).name)
        desk.add_source(
            "land_cover", entries.land_cover, is_synthetic=tile.is_synthetic, crs=tile.crs
        )
        return tile
    return None


def _grid(
    desk: _Desk,
    communes: gpd.GeoDataFrame | None,
    tiles: list[Tile],
    *,
    crs: str,
    resolution_m: float,
    scenario: Scenario,
) -> Grid | None:
    if communes is None or communes.empty or (not tiles and desk.has_errors):
        return None
    with desk.collecting():
        return _study_grid(communes, tiles, crs, resolution_m, scenario)
    return None


def _study_grid(
    communes: gpd.GeoDataFrame,
    tiles: list[Tile],
    crs: str,
    resolution_m: float,
    scenario: Scenario,
) -> Grid:
    """Cover the communes, and around them, where there is terrain, the reach of a cell."""
    study = box(*communes.total_bounds)
    known = gpd.GeoSeries([box(*bounds_in(tile, crs)) for tile in tiles]).union_all()
    if not known.intersects(study):
        raise ExtentError.about(
            ", ".join(tile.name for tile in tiles) or "project.toml",
            "terrain_elsewhere",
            Text(
                "địa hình không phủ lên vùng các xã",
                "the terrain does not reach the communes",
            ),
            Text(
                "Kiểm tra ô địa hình và hệ tọa độ của các lớp.",
                "Check the tiles and the layers' coordinate systems.",
            ),
        )
    reach = study.buffer(scenario.radio.max_range_km * 1000.0).envelope.intersection(known)
    anchor = next(
        (
            (tile.transform.c, tile.transform.f)
            for tile in tiles
            if in_step(crs, resolution_m, tile)
        ),
        (0.0, 0.0),
    )
    bounds = study.union(reach).bounds
    return grid_over(bounds, crs=crs, resolution_m=resolution_m, anchor=anchor)


def _area_in_degrees(communes: gpd.GeoDataFrame | None) -> Bounds | None:
    if communes is None or communes.empty:
        return None
    west, south, east, north = communes.to_crs("EPSG:4326").total_bounds
    return float(west), float(south), float(east), float(north)


def _fingerprint(sources: list[Source], grid: Grid) -> str:
    told = [[s.role, s.sha256] for s in sources]
    grid_told = [grid.crs, grid.west_m, grid.north_m, grid.resolution_m, grid.height, grid.width]
    return hashlib.sha256(json.dumps([told, grid_told]).encode()).hexdigest()


def _says_synthetic(name: str) -> bool:
    low = name.lower()
    return "synthetic" in low or "tong_hop" in low
