"""Files of a project read one by one onto the desk, each held against its definition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from coverage.errors import Problem
from coverage.grid import Bounds
from coverage.io import crosschecks, fieldchecks, station_checks
from coverage.io.antennas import by_name, read_pattern
from coverage.io.database import is_database, with_places
from coverage.io.desk import Desk, entry_name
from coverage.io.layers import read_layer, settled_layer, with_full_names
from coverage.io.rasters import Tile, open_tile
from coverage.io.sheets import read_sheet
from coverage.io.village_communes import with_code_column
from coverage.params import InputsSection, RadioParams
from coverage.propagation.antennas import AntennaPattern
from coverage.schema import TABLES, Geometry, Table
from coverage.tables import Checked, check
from coverage.text import Text

_WITHOUT_PLACE: Final = {
    "villages": crosschecks.NO_COORDINATES,
    "clusters": fieldchecks.NO_COORDINATES_CLUSTER,
}


def layer(desk: Desk, role: str, entry: str, crs: str) -> gpd.GeoDataFrame | None:
    """Read a layer of shapes; None where it cannot be read."""
    name = entry_name(entry)
    table = TABLES[role]
    with desk.collecting():
        frame = layer_of(desk, entry, table.geometry, crs=crs)
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


def table(
    desk: Desk,
    role: str,
    entry: str,
    *,
    area: Bounds | None,
    patterns: Mapping[str, AntennaPattern],
    radio: RadioParams,
) -> pd.DataFrame | None:
    """Read a table; None where it cannot be read. `area` is where its points should lie."""
    name = entry_name(entry)
    with desk.collecting():
        raw = raw_table(desk, entry)
        examined = examine_table(raw, role, name=name, area=area, patterns=patterns, radio=radio)
        desk.problems += examined.problems
        desk.add_source(role, entry, rows_read=len(raw), rows_dropped=examined.ignored_rows)
        return examined.frame
    return None


def raw_table(desk: Desk, entry: str) -> pd.DataFrame:
    """Read a table as it stands, unchecked; the index holds the row numbers a person sees."""
    name = entry_name(entry)
    if is_database(entry):
        return with_places(desk.databases.rows(entry, name=name).frame, name=name)
    return read_sheet(desk.path(entry), name=name)


def examine_table(
    raw: pd.DataFrame,
    role: str,
    *,
    name: str,
    area: Bounds | None,
    patterns: Mapping[str, AntennaPattern],
    radio: RadioParams,
) -> Checked:
    """Hold a raw table against its definition and the rules of its role, files as edits.

    Parameters
    ----------
    raw
        Raw values, as `raw_table` reads them.
    role
        Name of the table's definition.
    name
        Name for messages.
    area
        Where its points should lie, degrees.
    patterns, radio
        The antennas and radio settings that stations are held against.

    Returns
    -------
    Checked
        The typed table; stations with `eirp_dbm`.
    """
    table = TABLES[role]
    rows = with_code_column(raw) if role == "villages" else raw
    checked = check(rows, table, file=name)
    frame = checked.frame
    problems = _without_echo(
        list(checked.problems),
        crosschecks.coordinates(frame, area=area, file=name, may_be_empty=_WITHOUT_PLACE.get(role)),
    )
    problems += _ignored(table, checked.ignored_rows, name)
    if role == "stations":
        problems += _station_problems(frame, patterns, radio, name)
        frame = station_checks.with_eirp(frame, patterns)
    return Checked(frame, tuple(problems), checked.ignored_rows)


def layer_of(desk: Desk, entry: str, geometry: Geometry, *, crs: str) -> gpd.GeoDataFrame:
    """Read the shapes of an entry, a file or a database, unchecked but for their kind."""
    name = entry_name(entry)
    if not is_database(entry):
        return read_layer(desk.path(entry), geometry, crs=crs, name=name)
    frame = desk.databases.rows(entry, name=name).frame
    return settled_layer(frame, geometry, crs=crs, name=name)


def antenna_patterns(desk: Desk, entries: InputsSection) -> Mapping[str, AntennaPattern]:
    """Read the antenna patterns, each under the names that stations may use."""
    listed = (entries.antennas,) if isinstance(entries.antennas, str) else entries.antennas
    found = []
    for entry in listed:
        with desk.collecting():
            found.append((desk.path(entry), read_pattern(desk.path(entry), name=Path(entry).name)))
            desk.add_source("antennas", entry)
    return by_name(found)


def terrain_tiles(desk: Desk, entries: InputsSection) -> list[Tile]:
    """Open the terrain files."""
    listed = (entries.terrain,) if isinstance(entries.terrain, str) else entries.terrain
    tiles = []
    for entry in listed:
        with desk.collecting():
            tile = open_tile(desk.path(entry), name=Path(entry).name)
            desk.add_source("terrain", entry, is_synthetic=tile.is_synthetic, crs=tile.crs)
            tiles.append(tile)
    return tiles


def cover_tile(desk: Desk, entries: InputsSection) -> Tile | None:
    """Open the land-cover raster, if there is one."""
    if entries.land_cover is None:
        return None
    with desk.collecting():
        tile = open_tile(desk.path(entries.land_cover), name=Path(entries.land_cover).name)
        desk.add_source(
            "land_cover", entries.land_cover, is_synthetic=tile.is_synthetic, crs=tile.crs
        )
        return tile
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
