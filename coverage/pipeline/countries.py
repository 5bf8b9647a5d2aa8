"""Many provinces run as one: signal predicted over all of them, then each judged by itself.

The signal is predicted once over the whole area, by pieces and tiles, as if there were no borders:
a mast counts wherever it is heard. Each province then takes its window of it, so its tables at the
border are those of the undivided area. Nothing is held for the whole country but its list of cells.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage import __version__, exports, maps
from coverage.errors import ScenarioError
from coverage.grid import Grid, Window
from coverage.io import writers
from coverage.io.country import Country, TiledGround, country_path, ground_tiles, read_country
from coverage.io.files import sha256_of
from coverage.io.project import load_project
from coverage.io.signal_tiles import SignalTiles
from coverage.io.store import Store, default_folder
from coverage.model import Inputs, Prediction, Result
from coverage.params import LandCover, RadioParams, Technology
from coverage.pipeline.stages import judged, tell
from coverage.prediction import CODE_DIGEST, Keeper, Piece, Progress, Workers, assembled
from coverage.prediction.cells import (
    antennas,
    cells_that_count,
    kernel_cells,
    layer_keys,
    masts_of,
)
from coverage.prediction.pieces import MOST_MASTS, Crew, Rules, Scene
from coverage.prediction.signal import path_params
from coverage.prediction.work import composite
from coverage.propagation.antennas import AntennaPattern
from coverage.text import Text

Found = TypeVar("Found")
Key = tuple[Technology, str]

_CLASSES: Final = ("good", "weak", "none", "unknown")
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


class ThreadCrew:
    """Pieces worked on by threads of this process, each by one."""

    def __init__(self, threads: int | None, keeper: Keeper | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._keeper = keeper

    def results(
        self,
        work: Callable[[Piece, Keeper | None], Found],
        pieces: Iterable[Callable[[], Piece]],
    ) -> Iterator[tuple[int, Found]]:
        """Yield the number of each piece and what came of it, as they are done."""
        waiting = enumerate(pieces)
        under_way: dict[Future[Found], int] = {}
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            while True:
                while len(under_way) < self._threads and (following := next(waiting, None)):
                    number, cut = following
                    under_way[pool.submit(self._one, work, cut)] = number
                if not under_way:
                    return
                for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(done), done.result()

    def _one(
        self, work: Callable[[Piece, Keeper | None], Found], cut: Callable[[], Piece]
    ) -> Found:
        return work(cut(), self._keeper)


def run_country(
    path: Path | str,
    out: Path | str | None = None,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, Path]:
    """Run all provinces of a country and write their outputs, and what sums them up.

    Returns
    -------
    tuple
        The table of the provinces, and the folder written to (default: `outputs` beside
        `country.toml`). In it `provinces/NAME` holds what a run of one province leaves;
        `provinces.csv`, the rasters of signal and server, `cells.csv` and `manifest.json` are of
        the whole. Each province's folder is whole or not there, and so are the country's files.

    Raises
    ------
    ScenarioError
        Where it is no country, or the provinces do not fit together.
    InputDataError
        Where a province's data cannot be used.
    """
    toml = country_path(path)
    if toml is None:
        raise ScenarioError(
            Text(f"{path} không có country.toml.", f"There is no country.toml in {path}.")
        )
    folder = Path(out) if out is not None else toml.parent / "outputs"
    country = read_country(toml)
    area = read_area(country, progress)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".phusong-tiles-", dir=folder) as name:
        tiles = predict_country(country, area, Path(name), workers=workers, progress=progress)
        rows = []
        for number, (province, project) in enumerate(country.projects.items()):
            tell(progress, "provinces", number / len(country.projects))
            rows.append(_province(province, project, area, tiles, folder / "provinces" / province))
        tell(progress, "provinces", 1.0)
        table = pd.DataFrame(rows)
        what = Text("kết quả cả nước", "outputs of the country")
        with writers.whole_folder(folder, what) as desk:
            _write_whole(desk, country, area, tiles, table)
    return table, folder


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


def _province(
    name: str, project: Path, area: CountryArea, tiles: SignalTiles, folder: Path
) -> dict[str, Any]:
    """Judge a province, write its outputs, and return its row of the country's table."""
    began = time.perf_counter()
    inputs = load_project(project)
    result = judged(inputs, province_prediction(inputs, area, tiles), inputs.scenario)
    exports.write_outputs(
        result,
        folder,
        map_page=maps.map_html(result),
        version=__version__,
        timings={"province_s": time.perf_counter() - began},
    )
    return _summed(name, result)


def _summed(name: str, result: Result) -> dict[str, Any]:
    totals = exports.totals(result)
    row = {"province": name, "province_name": result.inputs.project.name}
    row |= {
        key: totals[key] for key in ("communes", "villages", "households", "population", "area_km2")
    }
    for technology in result.prediction.technologies:
        tag = technology.lower()
        for what in ("villages", "households"):
            row |= {f"{what}_{grade}_{tag}": totals[f"{what}_{grade}_{tag}"] for grade in _CLASSES}
    return row


def _write_whole(
    desk: Path, country: Country, area: CountryArea, tiles: SignalTiles, table: pd.DataFrame
) -> None:
    synthetic = "yes" if country.section.synthetic else "no"
    tags = {"software": "Phủ Sóng", "synthetic": synthetic}
    for technology in dict.fromkeys(technology for technology, _ in layer_keys(area.cells)):
        tag = technology.lower()
        windows = list(tiles.windows())
        writers.write_cog_by_window(
            desk / f"rsrp_{tag}_dbm.tif",
            area.grid,
            ((w, _rounded(tiles.read("signal", (technology, ""), w))) for w in windows),
            dtype="float32",
            nodata=np.nan,
            tags=tags,
        )
        writers.write_cog_by_window(
            desk / f"server_{tag}.tif",
            area.grid,
            ((w, tiles.read("server", (technology, ""), w)) for w in windows),
            dtype="int32",
            nodata=0,
            tags=tags,
        )
    cells = area.cells.drop(columns=["row", "col"])
    cells.insert(0, "server", np.arange(1, len(cells) + 1))
    writers.write_csv(desk / "cells.csv", cells)
    writers.write_csv(desk / "provinces.csv", table)
    outputs = {path.name: sha256_of(path) for path in sorted(desk.iterdir())}
    writers.write_json(
        desk / "manifest.json",
        {
            "software": {
                "name": "phusong",
                "version": __version__,
                "code": CODE_DIGEST,
                "python": platform.python_version(),
            },
            "country": country.section.model_dump(mode="json"),
            "synthetic": country.section.synthetic,
            "radio": area.radio.model_dump(mode="json"),
            "grid": {
                "crs": area.grid.crs,
                "bounds_m": list(area.grid.bounds),
                "resolution_m": area.grid.resolution_m,
                "shape": list(area.grid.shape),
            },
            "outputs": outputs,
        },
    )


def _rounded(signal_dbm: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.round(signal_dbm, 2).astype(np.float32)


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
