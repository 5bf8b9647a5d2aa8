"""The area of a country: cells of all provinces on one grid, and signal predicted over it once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import ScenarioError
from coverage.grid import Grid, Window
from coverage.io.country import Country, TiledGround, ground_tiles
from coverage.io.project import load_project
from coverage.io.signal_tiles import SignalTiles
from coverage.io.store import Store, default_folder
from coverage.model import Inputs, Prediction
from coverage.params import LandCover, RadioParams
from coverage.pipeline.crews import ThreadCrew
from coverage.pipeline.stages import tell
from coverage.prediction import Crew, Progress, Workers, assembled
from coverage.prediction.cells import (
    antennas,
    cells_that_count,
    kernel_cells,
    layer_keys,
    masts_of,
)
from coverage.prediction.pieces import MOST_MASTS, Rules, Scene
from coverage.prediction.signal import path_params
from coverage.prediction.work import composite
from coverage.propagation.antennas import AntennaPattern
from coverage.text import Text

_OF_A_CELL: Final = (
    *("cell_id", "site_id", "operator", "technology", "frequency_mhz", "bandwidth_mhz"),
    *("antenna_height_m", "azimuth_deg", "beamwidth_deg", "downtilt_deg", "eirp_dbm", "antenna"),
)
"""What a prediction needs to know of a cell, and what must agree where two lists have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryArea:
    """What is known of all provinces together: their grid, cells, antennas and common rules."""

    grid: Grid
    cells: pd.DataFrame
    antennas: Mapping[str, AntennaPattern]
    radio: RadioParams
    legend: LandCover


def read_area(country: Country, progress: Progress | None = None) -> CountryArea:
    """Read all provinces in turn and bring their cells onto one grid.

    A cell that several lists have, as those near a border do, counts once; it must be the same in
    all of them.
    """
    found: list[tuple[str, Grid, pd.DataFrame]] = []
    patterns: dict[str, AntennaPattern] = {}
    rules: list[tuple[RadioParams, LandCover]] = []
    for number, (name, project) in enumerate(country.projects.items()):
        tell(progress, "inputs", number / len(country.projects))
        inputs = load_project(project)
        scenario = inputs.scenario
        cells = cells_that_count(inputs, scenario.radio)
        found.append((name, inputs.grid, cells))
        rules.append((scenario.radio, scenario.land_cover))
        patterns |= inputs.antennas
        if rules[-1] != rules[0]:
            raise _unlike(name, Text("quy tắc dự báo sóng", "rules of the prediction"))
    tell(progress, "inputs", 1.0)
    grid = _whole_grid([(name, part) for name, part, _ in found])
    return CountryArea(
        grid=grid,
        cells=_all_cells(grid, found),
        antennas=patterns,
        radio=rules[0][0],
        legend=rules[0][1],
    )


def predict_country(
    country: Country,
    area: CountryArea,
    folder: Path,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> SignalTiles:
    """Predict the signal of all cells over the whole area into tiles in `folder`."""
    crew: Crew = (
        ThreadCrew(workers, Store(default_folder())) if isinstance(workers, int | None) else workers
    )
    terrain, covers = ground_tiles(list(country.projects.values()))
    scene = scene_of_country(area, TiledGround(area.grid, terrain, covers))
    groups = scene.groups(MOST_MASTS)
    windows = [scene.reach_of(rules, masts) for rules, masts in groups]
    done = 0
    with SignalTiles(folder, area.grid, scene.keys) as tiles:
        for window in windows:
            tiles.expect(window)
        pieces = (partial(scene.piece, rules, masts) for rules, masts in groups)
        for number, made in crew.results(composite, pieces):
            for patch in made.patches:
                tiles.merge(patch.key, patch.row0, patch.col0, patch.signal_dbm, patch.server)
            for patch in made.possible:
                tiles.merge_possible(patch.key, patch.row0, patch.col0, patch.signal_dbm)
            tiles.settle(windows[number])
            done += len(groups[number][1])
            tell(progress, "prediction", done / scene.masts)
    return tiles


def scene_of_country(area: CountryArea, ground: TiledGround) -> Scene:
    """Return all masts of a country; each goes by the climate of its whole degree of latitude."""
    keys = layer_keys(area.cells)
    grid, masts = area.grid, masts_of(area.cells)
    places = gpd.GeoSeries.from_xy(
        [grid.west_m + (mast.col + 0.5) * grid.resolution_m for mast in masts],
        [grid.north_m - (mast.row + 0.5) * grid.resolution_m for mast in masts],
        crs=grid.crs,
    ).to_crs("EPSG:4326")
    belt = np.rint(places.y.to_numpy())
    return Scene(
        ground=ground,
        areas=tuple(
            (
                Rules(
                    resolution_m=grid.resolution_m,
                    radio=area.radio,
                    legend=area.legend,
                    path=path_params(area.radio, float(latitude)),
                    antennas=antennas(area.radio, area.antennas),
                ),
                tuple(mast for mast, at in zip(masts, belt, strict=True) if at == latitude),
            )
            for latitude in sorted(set(belt), reverse=True)
        ),
        cells=kernel_cells(
            area.cells,
            area.radio,
            {key: number for number, key in enumerate(keys)},
            area.antennas,
        ),
        keys=tuple(keys),
    )


def province_prediction(inputs: Inputs, area: CountryArea, tiles: SignalTiles) -> Prediction:
    """Return a province's window of the country's signal, with the province's own cells.

    Beyond its border, signal of cells that its list does not hold counts as not predicted.
    """
    window = area.grid.window_of(inputs.grid)
    cells = cells_that_count(inputs, inputs.scenario.radio)
    number = pd.Series(np.arange(1, len(area.cells) + 1), index=area.cells["cell_id"])
    own_number = np.zeros(len(area.cells) + 1, dtype=np.int32)
    own_number[number[cells["cell_id"]].to_numpy()] = np.arange(1, len(cells) + 1)
    whole = set(layer_keys(area.cells))
    listed = list(dict.fromkeys(inputs.stations["technology"]))
    signal_dbm, server = {}, {}
    for key in [*layer_keys(cells), *((technology, "") for technology in listed)]:
        if not any(key[0] == technology for technology, _ in whole):
            signal_dbm[key] = np.full(inputs.grid.shape, np.nan, dtype=np.float32)
            server[key] = np.zeros(inputs.grid.shape, dtype=np.int32)
            continue
        server[key] = own_number[tiles.read("server", key, window)]
        signal_dbm[key] = np.where(
            server[key] > 0, tiles.read("signal", key, window), np.float32(np.nan)
        )
    possible_dbm = {}
    for technology in sorted(tiles.unknown_paths & set(listed)):
        maybe_dbm = tiles.read("possible", (technology, ""), window)
        if (maybe_dbm > -np.inf).any():
            possible_dbm[technology] = maybe_dbm
    return assembled(
        inputs,
        inputs.scenario.radio,
        signal_dbm=signal_dbm,
        server=server,
        possible_dbm=possible_dbm,
    )


def _whole_grid(parts: list[tuple[str, Grid]]) -> Grid:
    """Return the smallest grid that holds those of all provinces, which must be in step."""
    first = parts[0][1]
    west, south, east, north = np.array([grid.bounds for _, grid in parts]).T
    side_m = first.resolution_m
    whole = Grid(
        crs=first.crs,
        west_m=float(west.min()),
        north_m=float(north.max()),
        resolution_m=side_m,
        height=round((north.max() - south.min()) / side_m),
        width=round((east.max() - west.min()) / side_m),
    )
    for name, grid in parts:
        try:
            whole.window_of(grid)
        except ValueError as error:
            raise _unlike(name, Text("hệ tọa độ, cỡ ô hoặc gốc lưới", "grid")) from error
    return whole


def _all_cells(grid: Grid, found: Iterable[tuple[str, Grid, pd.DataFrame]]) -> pd.DataFrame:
    """Put the provinces' cells together, each once, with its row and column on the whole grid."""
    tables = []
    for name, part, cells in found:
        window: Window = grid.window_of(part)
        kept = [column for column in _OF_A_CELL if column in cells.columns]
        table = cells[kept].assign(
            row=cells["row"] + window.row0, col=cells["col"] + window.col0, province=name
        )
        tables.append(table)
    every = pd.concat(tables, ignore_index=True)
    told = every.drop(columns="province").drop_duplicates()
    twice = told["cell_id"].duplicated(keep=False)
    if twice.any():
        unlike = every.loc[told.index[twice], ["cell_id", "province"]].head(4)
        listed = ", ".join(f"{cell} ({name})" for cell, name in unlike.to_numpy())
        raise ScenarioError(
            Text(
                f"Cùng mã cell nhưng khác nội dung giữa các tỉnh: {listed}. Mã phải duy nhất trong "
                "cả nước, và trạm gần biên phải giống nhau trong danh sách của hai tỉnh.",
                f"Cells of one id differ between provinces: {listed}. Ids must be unique in the "
                "country, and a mast near a border the same in both lists.",
            )
        )
    return told.reset_index(drop=True)


def _unlike(name: str, what: Text) -> ScenarioError:
    return ScenarioError(
        Text(
            f"Tỉnh {name} khác các tỉnh trước về {what.vi}; cả nước phải dùng chung.",
            f"The province {name} differs from those before in its {what.en}; they must agree.",
        )
    )
