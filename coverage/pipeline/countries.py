"""Many provinces run as one: signal predicted over all of them, then each judged by itself.

The signal is predicted once over the whole area, by pieces and tiles, as if there were no borders:
a mast counts wherever it is heard. Each province then takes its window of it, so its tables at the
border are those of the undivided area. Nothing is held for the whole country but its list of cells.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage import __version__, exports, maps
from coverage.errors import ScenarioError
from coverage.io import writers
from coverage.io.country import Country, country_path, read_country
from coverage.io.files import sha256_of
from coverage.io.project import load_project
from coverage.io.signal_tiles import SignalTiles
from coverage.model import Result
from coverage.params import PlanningRules, Technology
from coverage.pipeline.areas import CountryArea, predict_country, province_prediction, read_area
from coverage.pipeline.plans import aim_of, plan
from coverage.pipeline.stages import judged, tell
from coverage.planning.decomposition import Split, split_budget
from coverage.planning.milp import SolverSettings
from coverage.planning.plan import make_prospect
from coverage.planning.village_fibre import mobile_budget
from coverage.prediction import CODE_DIGEST, Progress, Workers
from coverage.prediction.cells import layer_keys
from coverage.settings import load_project_file
from coverage.text import Text

Key = tuple[Technology, str]

_SPLIT_GAP: Final = 1e-3
"""How exactly parts are planned for the split; each province is planned to its own rules after."""
_CLASSES: Final = ("good", "weak", "none", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """A country whose signal is predicted, and who predicts candidates in it."""

    country: Country
    area: CountryArea
    tiles: SignalTiles
    workers: Workers | None

    def judged(self, project: Path) -> Result:
        """Read a province and judge it on its window of the country's signal."""
        inputs = load_project(project)
        found = province_prediction(inputs, self.area, self.tiles)
        return judged(inputs, found, inputs.scenario)


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
    return _carried_out(path, out, None, workers=workers, progress=progress)


def plan_country(
    path: Path | str,
    out: Path | str | None = None,
    *,
    budget: str,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, Path]:
    """Run a country, split a budget between its provinces, and plan each with its share.

    Money goes where the next of it serves most (`planning.decomposition`). Candidates of a province
    are predicted twice, for the split and for its plan: nothing is held for all of them but the
    choices there are.

    Returns
    -------
    tuple
        As `run_country`; the table also has `plan_budget`, `plan_spent`, `plan_objective` of each
        province, and the manifest what the split promises and its bound.

    Raises
    ------
    ScenarioError, InputDataError
        As `run_country`; also where the budget is not an amount.
    InfeasibleError
        Where what must be built does not fit the budget.
    """
    return _carried_out(path, out, budget, workers=workers, progress=progress)


def _carried_out(
    path: Path | str,
    out: Path | str | None,
    budget: str | None,
    *,
    workers: Workers | None,
    progress: Progress | None,
) -> tuple[pd.DataFrame, Path]:
    toml = country_path(path)
    if toml is None:
        raise ScenarioError(
            Text(f"{path} không có country.toml.", f"There is no country.toml in {path}.")
        )
    folder = Path(out) if out is not None else toml.parent / "outputs"
    country = read_country(toml)
    if budget is not None:
        _budget_vnd(country, budget)
    area = read_area(country, progress)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".phusong-tiles-", dir=folder) as name:
        whole = _Whole(
            country=country,
            area=area,
            tiles=predict_country(country, area, Path(name), workers=workers, progress=progress),
            workers=workers,
        )
        split = None if budget is None else _split(whole, budget, progress)
        rows = []
        for number, (province, project) in enumerate(country.projects.items()):
            tell(progress, "provinces", number / len(country.projects))
            share = None if split is None else split.budgets[number]
            target = folder / "provinces" / province
            rows.append(_province(whole, project, target, share))
        tell(progress, "provinces", 1.0)
        table = pd.DataFrame(rows)
        what = Text("kết quả cả nước", "outputs of the country")
        with writers.whole_folder(folder, what) as desk:
            _write_whole(whole, desk, table, split)
    return table, folder


def _split(whole: _Whole, budget: str, progress: Progress | None) -> Split:
    """Look for what could be built in every province, and split the budget between them.

    The rules of the first province say what is set aside for fibre and how long to look.
    """
    projects = list(whole.country.projects.values())
    problems = []
    budget_vnd, rules = _budget_vnd(whole.country, budget)
    for number, project in enumerate(projects):
        tell(progress, "planning", number / len(projects))
        prospect = make_prospect(whole.judged(project), workers=whole.workers)
        problems.append(prospect.network.problem)
    settings = SolverSettings(
        time_limit_s=rules.time_limit_s * len(projects), relative_gap=_SPLIT_GAP
    )
    for_mobile = mobile_budget(budget_vnd, rules)
    split = split_budget(problems, for_mobile, settings=settings)
    tell(progress, "planning", 1.0)
    return replace(split, budgets=_with_fibre(split.budgets, budget_vnd, for_mobile))


def _budget_vnd(country: Country, budget: str) -> tuple[int, PlanningRules]:
    """Return the budget in VND and the planning rules, by the first province's scenario."""
    _, scenario = load_project_file(next(iter(country.projects.values())))
    amount, _ = aim_of(budget, None, scenario)
    assert amount is not None  # noqa: S101 - it was given
    return amount, scenario.planning


def _with_fibre(shares: Sequence[int], budget: int, for_mobile: int) -> tuple[int, ...]:
    """Add to each share its part of what is set aside for fibre to villages."""
    if not for_mobile:
        return (budget, *(0 for _ in shares[1:]))
    rest = [share * budget // for_mobile for share in shares[1:]]
    return (budget - sum(rest), *rest)


def _province(whole: _Whole, project: Path, folder: Path, budget: int | None) -> dict[str, Any]:
    """Judge a province, plan it where it has a budget, write all, and return its row."""
    began = time.perf_counter()
    result = whole.judged(project)
    found = None if budget is None else plan(result, budget=float(budget), workers=whole.workers)
    exports.write_outputs(
        result,
        folder,
        map_page=maps.map_html(result, plan=found),
        version=__version__,
        timings={"province_s": time.perf_counter() - began},
        plan=found,
    )
    row = _summed(project.parent.name, result)
    if found is not None:
        row |= {
            "plan_budget": budget,
            "plan_spent": found.spent,
            "plan_objective": found.objective,
        }
    return row


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


def _write_whole(whole: _Whole, desk: Path, table: pd.DataFrame, split: Split | None) -> None:
    country, area, tiles = whole.country, whole.area, whole.tiles
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
            "split": None
            if split is None
            else {"objective": split.objective, "bound": split.bound},
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
