"""The grid a project is studied on: over its communes and, where there is terrain, around them."""

from __future__ import annotations

import geopandas as gpd
from shapely.geometry import box

from coverage.errors import ExtentError
from coverage.grid import Grid, grid_over, metric_crs
from coverage.io.desk import Desk
from coverage.io.rasters import Tile, bounds_in, in_step
from coverage.io.reading import layer_of
from coverage.params import ProjectFile, Scenario
from coverage.schema import Geometry
from coverage.text import Text


def grid_crs(desk: Desk, file: ProjectFile) -> str:
    """Return the grid's system: the project's, or the UTM zone of the communes."""
    if file.project.crs is not None:
        with desk.collecting():
            return metric_crs(file.project.crs, file="project.toml")
        return "EPSG:3857"
    with desk.collecting():
        communes = layer_of(desk, file.inputs.communes, Geometry.POLYGON, crs="EPSG:4326")
        return str(communes.estimate_utm_crs().to_string())
    return "EPSG:3857"


def study_grid(
    desk: Desk,
    communes: gpd.GeoDataFrame | None,
    tiles: list[Tile],
    *,
    crs: str,
    resolution_m: float,
    scenario: Scenario,
) -> Grid | None:
    """Return the grid; None where the communes or the terrain do not allow one."""
    if communes is None or communes.empty or (not tiles and desk.has_errors):
        return None
    with desk.collecting():
        return _over(communes, tiles, crs, resolution_m, scenario)
    return None


def _over(
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
