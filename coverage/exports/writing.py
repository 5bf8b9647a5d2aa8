"""Everything a run leaves in its output folder, each file complete or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from coverage.exports.making import PAGE, how_made
from coverage.exports.manifest import manifest
from coverage.exports.open_fibre import open_fibre
from coverage.exports.package import write_fibre_layers, write_package, write_plan_layers
from coverage.exports.rasters import write_rasters
from coverage.exports.report import write_report
from coverage.exports.tables import (
    cell_table,
    commune_table,
    fibre_figures,
    fibre_tables,
    further_tables,
    plan_tables,
    shared_mast_share,
    village_table,
    with_whole_counts,
)
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.model import FibrePlan, Plan, Result, Statistics
from coverage.text import Text

_PLAN_FIGURES: Final = ("aim", "budget", "spent", "objective", "bound", "gap", "solver")
_TIMINGS: Final = "timings.json"


def write_outputs(
    result: Result,
    folder: Path,
    *,
    map_page: str,
    version: str,
    timings: Mapping[str, float],
    plan: Plan | None = None,
    fibre: FibrePlan | None = None,
) -> None:
    """Write all outputs of a run, and of a plan or a fibre plan if there is one, into a folder.

    They are made in a temporary folder beside it and moved in when all are complete, the manifest
    last. What an earlier run left and this one does not write goes; other files stay.

    Raises
    ------
    CoverageError
        Where the folder cannot be written, with the reason.
    """
    with writers.whole_folder(folder.resolve(), Text("kết quả", "outputs")) as desk:
        villages_fibre = fibre if plan is None else plan.fibre
        _write_all(result, map_page, desk, plan=plan, fibre=villages_fibre)
        if villages_fibre is not None:
            for name, table in fibre_tables(villages_fibre).items():
                writers.write_csv(desk / f"{name}.csv", table)
        if fibre is not None:
            write_fibre_layers(fibre, desk / "results.gpkg")
        routes = plan.fibre_routes if plan is not None else None if fibre is None else fibre.routes
        if routes is not None:
            for name, content in open_fibre(routes, result.inputs).items():
                writers.write_json(desk / name, content)
        made_of = manifest(result, version)
        if plan is not None:
            made_of |= {name: getattr(plan, name) for name in _PLAN_FIGURES}
            made_of["shared_mast_share"] = shared_mast_share(plan)
        if villages_fibre is not None:
            made_of["fibre"] = fibre_figures(villages_fibre)
        (desk / PAGE).write_text(how_made(made_of), encoding="utf-8", newline="\n")
        made_of["outputs"] = {path.name: sha256_of(path) for path in sorted(desk.iterdir())}
        writers.write_json(desk / "manifest.json", made_of)
        writers.write_json(desk / _TIMINGS, {k: round(v, 3) for k, v in timings.items()})


def _write_all(
    result: Result, map_page: str, folder: Path, *, plan: Plan | None, fibre: FibrePlan | None
) -> None:
    villages, communes = village_table(result), commune_table(result)
    writers.write_csv(folder / "villages.csv", villages)
    writers.write_csv(folder / "communes.csv", communes)
    if result.statistics is not None:
        _write_statistics(result.statistics, folder)
    for name, table in further_tables(result).items():
        writers.write_csv(folder / f"{name}.csv", table)
    cells = cell_table(result)
    writers.write_csv(folder / "cells.csv", cells)
    write_package(result, folder / "results.gpkg")
    write_rasters(result, folder)
    (folder / "map.html").write_text(map_page, encoding="utf-8", newline="\n")
    write_report(result, villages, communes, folder / "report.xlsx", plan=plan, fibre=fibre)
    if plan is not None:
        _write_plan(plan, folder)


def _write_plan(plan: Plan, folder: Path) -> None:
    """Write the plan's tables, and its layers into the package of the run."""
    for name, table in plan_tables(plan).items():
        writers.write_csv(folder / f"{name}.csv", table)
    write_plan_layers(plan, folder / "results.gpkg")


def _write_statistics(statistics: Statistics, folder: Path) -> None:
    writers.write_csv(folder / "statistics.csv", with_whole_counts(statistics.table))
    for edition, communes in statistics.communes.items():
        writers.write_csv(folder / f"communes_{edition}.csv", communes)
    writers.write_csv(folder / "districts.csv", statistics.districts)
    writers.write_csv(folder / "four_cells.csv", statistics.four_cells)
