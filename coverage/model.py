"""The nouns that travel between the stages of a run. They hold data and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine

from coverage.errors import Problem
from coverage.grid import FloatArray, Grid
from coverage.params import ProjectSection, Scenario, Technology
from coverage.propagation.antennas import AntennaPattern
from coverage.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input file: what it is, its content hash, and what happened to its rows."""

    role: str
    file: str
    sha256: str
    rows_read: int = 0
    rows_dropped: int = 0
    rows_repaired: int = 0
    crs: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """Values on the project's grid; row 0 is the north."""

    array: np.ndarray[Any, Any]
    grid: Grid

    @property
    def transform(self) -> Affine:
        """Affine from (column, row) to metres."""
        return self.grid.transform

    @property
    def crs(self) -> str:
        """Coordinate system of the grid."""
        return self.grid.crs


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """A project's validated data on one metric grid.

    `terrain_m` is NaN where the height is not known. Points and layers are in the grid's coordinate
    system; `villages` has an empty geometry where a village has no coordinates. `stations` has one
    row per cell, in file order, with every status. `antennas` holds measured patterns by the name
    that `stations` use. `fingerprint` stands for the content of all files, `radio_fingerprint` for
    that of those a prediction depends on; both for the grid.
    """

    project: ProjectSection
    scenario: Scenario
    grid: Grid
    terrain_m: FloatArray
    land_cover: np.ndarray[Any, np.dtype[np.uint8]] | None
    antennas: Mapping[str, AntennaPattern]
    communes: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame | None
    power_lines: gpd.GeoDataFrame | None
    fibre_nodes: gpd.GeoDataFrame | None
    fibre_lines: gpd.GeoDataFrame | None
    measurements: gpd.GeoDataFrame | None
    indicators: pd.DataFrame | None
    crosswalk: pd.DataFrame | None
    sources: tuple[Source, ...]
    warnings: tuple[Problem, ...]
    fingerprint: str
    radio_fingerprint: str
    gap_status: pd.DataFrame | None = None
    clusters: gpd.GeoDataFrame | None = None
    operator_coverage: gpd.GeoDataFrame | None = None
    rivers: gpd.GeoDataFrame | None = None

    @property
    def synthetic_roles(self) -> tuple[str, ...]:
        """Roles whose data are synthetic."""
        return tuple(dict.fromkeys(s.role for s in self.sources if s.is_synthetic))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Predicted outdoor signal, strongest cell per technology and operator.

    `signal_dbm` and `server` are keyed by (technology, operator); the operator "" stands for any.
    `signal_dbm` is NaN where no cell in range was evaluated; `server` holds 1 + the position of the
    cell in `cells`, 0 where there is none. `possible_dbm` is the free-space signal of the strongest
    cell whose path crosses unknown terrain, -inf where every path is known: between `signal_dbm`
    and `possible_dbm` lies what is not known. A technology without unknown paths is left out.
    """

    grid: Grid
    cells: pd.DataFrame
    signal_dbm: Mapping[tuple[Technology, str], FloatArray]
    server: Mapping[tuple[Technology, str], np.ndarray[Any, np.dtype[np.int32]]]
    possible_dbm: Mapping[Technology, FloatArray]
    operators: tuple[str, ...]
    technologies: tuple[Technology, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a run counted, as of `date` ("" where the inputs tell none).

    `table` has a row per level, edition, unit, technology, scope and measure; `communes` the
    communes of the editions beside the layer's; `four_cells` the villages without service by grid
    power and hardship.
    """

    date: str
    table: pd.DataFrame
    communes: Mapping[str, pd.DataFrame]
    districts: pd.DataFrame
    four_cells: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything one run found; carries its inputs, scenario and prediction.

    `fibre_gaps` counts by commune and distance class, `gap_statuses` by station in the life of a
    gap, `scoreboard` holds indicators against targets; the last two are None without their tables.
    `clusters` are graded like villages; `measured` has a row per village, technology and operator
    with samples; `measure_next` lists the villages to measure, the most telling first. They are
    None where there is nothing to make them from.
    """

    inputs: Inputs
    scenario: Scenario
    prediction: Prediction
    villages: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    warnings: tuple[Problem, ...]
    statistics: Statistics | None = None
    fibre_gaps: pd.DataFrame | None = None
    gap_statuses: pd.DataFrame | None = None
    scoreboard: pd.DataFrame | None = None
    clusters: gpd.GeoDataFrame | None = None
    measured: pd.DataFrame | None = None
    measure_next: pd.DataFrame | None = None

    @property
    def rsrp_dbm(self) -> dict[Technology, Raster]:
        """Strongest signal of any operator, by technology (3G holds RSCP)."""
        return {
            technology: Raster(
                array=self.prediction.signal_dbm[technology, ""], grid=self.prediction.grid
            )
            for technology in self.prediction.technologies
        }

    @property
    def server(self) -> dict[Technology, Raster]:
        """Best server of any operator, by technology: 1 + position in `prediction.cells`."""
        return {
            technology: Raster(
                array=self.prediction.server[technology, ""], grid=self.prediction.grid
            )
            for technology in self.prediction.technologies
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FibrePlan:
    """Which villages without fibre to join to it, and along which routes.

    `routes`: pieces of new fibre with `segment_id`, `branch_id`, `kind`, `length_m`, `capex`,
    `opex_per_year`, `river_crossings`, `villages` and `households` reached through each;
    `villages`: those joined, in order of building, with their share of the capex; drops to houses
    are not part of it. A branch hangs on one source. Money is VND. `objective` is the weight of the
    villages joined and `bound` what no routes within the budget exceed; where the aim is a target,
    `objective` is the capex and `bound` what no routes that reach it undercut. `candidates` and
    `unknown` count the villages without fibre and those of which nothing says it. `notes` are told
    beside the plan.
    """

    routes: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    aim: Literal["budget", "target"]
    budget: int
    spent: int
    objective: float
    bound: float
    gap: float
    solver: str
    curve: pd.DataFrame
    candidates: int
    unknown: int
    notes: tuple[Text, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build under a budget.

    `actions` in the order of building, with the columns of `plan_actions.csv`; `links` are new
    microwave hops, `fibre_routes` pieces of new fibre; `stations` the planned cells as rows of a
    station table. Money is VND; `budget` limits the capex, `spent` of it is used. `objective` is
    the weight of the villages gained, `bound` what no plan exceeds, `gap` = (bound - objective) /
    bound; where the aim is a target, `objective` is the cost over the horizon, `bound` what no plan
    that reaches it undercuts, `gap` = (objective - bound) / objective. `curve` holds smaller
    budgets as well. `parameters` are the planning rules used. `costs` is the bill by price item,
    `funding` the money by year and funder, `money` its figures; `resilience` lists what is lost
    with a single element; `firmness` has a row per variant planned. They are None where they were
    not asked for.
    `fibre` is the fibre to villages that the rest of the budget pays; its actions and routes stand
    among the others.
    """

    actions: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    fibre_routes: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    aim: Literal["budget", "target"]
    budget: int
    spent: int
    objective: float
    bound: float
    gap: float
    solver: str
    curve: pd.DataFrame
    parameters: Mapping[str, object]
    costs: pd.DataFrame | None = None
    funding: pd.DataFrame | None = None
    money: pd.DataFrame | None = None
    resilience: pd.DataFrame | None = None
    firmness: pd.DataFrame | None = None
    fibre: FibrePlan | None = None
