"""The tables as they leave the house, and the figures of the whole area."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.model import FibrePlan, Plan, Result
from coverage.params import SIGNAL_CLASSES, TECHNOLOGIES

_LEADING: Final = (
    "village_id",
    "name",
    "commune_code",
    "commune_name",
    "longitude",
    "latitude",
    "households",
    "population",
    "has_grid_power",
    "reported_signal",
    *(f"rsrp_{t.lower()}_dbm" for t in TECHNOLOGIES),
    "server_4g",
    *(f"signal_class_{t.lower()}" for t in TECHNOLOGIES),
    "served_probability_4g",
    "evidence",
    "fibre_distance_m",
    "priority_score",
    "priority_rank",
    "cause",
    "top20_share",
    "top50_share",
    "rank_low",
    "rank_high",
)


def village_table(result: Result) -> pd.DataFrame:
    """Return the villages as they leave the house: leading columns first, ordered by rank."""
    villages = pd.DataFrame(result.villages.drop(columns="geometry"))
    rest = [name for name in villages.columns if name not in _LEADING]
    table: pd.DataFrame = villages[[*_LEADING, *rest]].sort_values("priority_rank")
    return table.reset_index(drop=True)


def commune_table(result: Result) -> pd.DataFrame:
    """Return the communes as they leave the house."""
    return pd.DataFrame(result.communes.drop(columns="geometry"))


def further_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables beside villages and communes, by the name of their file."""
    clusters = result.clusters
    found = {
        "clusters": None if clusters is None else pd.DataFrame(clusters.drop(columns="geometry")),
        "measured": result.measured,
        "measure_next": result.measure_next,
        "fibre_gaps": result.fibre_gaps,
        "gap_status": result.gap_statuses,
        "scoreboard": result.scoreboard,
    }
    return {name: table for name, table in found.items() if table is not None}


def cell_table(result: Result) -> pd.DataFrame:
    """Return the cells that the numbers of the server rasters stand for."""
    cells = result.prediction.cells.drop(columns=["row", "col"])
    return cells.assign(server=np.arange(1, len(cells) + 1))[
        ["server", *(name for name in cells.columns)]
    ]


def with_whole_counts(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the long table with counts as whole numbers beside areas with their decimals."""
    table = statistics.copy()
    is_area = (table["unit"] == "area_km2").to_numpy()
    for name in ("good", "weak", "none", "covered", "known", "unknown", "total"):
        values = table[name].to_numpy(dtype=float)
        told = values.astype(object)
        told[~is_area] = values[~is_area].astype(int)
        table[name] = told
    return table


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return actions, money, the curve of budgets and the planned cells, by name of their file."""
    stations = plan.stations.to_crs("EPSG:4326")
    cells = pd.DataFrame(stations.drop(columns="geometry"))
    cells.insert(2, "longitude", stations.geometry.x.round(6))
    cells.insert(3, "latitude", stations.geometry.y.round(6))
    found = {
        "plan_actions": pd.DataFrame(plan.actions.drop(columns="geometry")),
        "plan_money": plan.money,
        "plan_funding": plan.funding,
        "plan_costs": plan.costs,
        "resilience": plan.resilience,
        "plan_firmness": plan.firmness,
        "plan_curve": plan.curve,
        "plan_stations": cells,
    }
    return {name: table for name, table in found.items() if table is not None}


def shared_mast_share(plan: Plan) -> float | None:
    """Return the share of new sites that stand on a mast there already; None without new sites.

    The national target is 25 % of masts shared.
    """
    new = plan.actions[plan.actions["kind"] == "new_site"]
    return round(float((new["stands_on"] != "").mean()), 4) if len(new) else None


def plan_figures(plan: Plan) -> dict[str, Any]:
    """Return the figures of a plan."""
    gained = ("households_gained", "villages_gained")
    joined = ("households_fibre_gained", "villages_fibre_gained")
    return {
        "aim": plan.aim,
        "budget": plan.budget,
        "spent": plan.spent,
        "actions": len(plan.actions),
        **{name: int(plan.actions[name].sum()) for name in (*gained, *joined)},
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "solver": plan.solver,
        "shared_mast_share": shared_mast_share(plan),
    }


def fibre_tables(plan: FibrePlan) -> dict[str, pd.DataFrame]:
    """Return villages joined, routes and the curve of budgets, by the name of their file."""
    return {
        "fibre_villages": pd.DataFrame(plan.villages.drop(columns="geometry")),
        "fibre_routes": pd.DataFrame(plan.routes.drop(columns="geometry")),
        "fibre_curve": plan.curve,
    }


def fibre_figures(plan: FibrePlan) -> dict[str, Any]:
    """Return the figures of a fibre plan."""
    return {
        "aim": plan.aim,
        "budget": plan.budget,
        "spent": plan.spent,
        "villages": len(plan.villages),
        "households": int(plan.villages["households"].sum()),
        "length_km": round(float(plan.routes["length_m"].sum()) / 1000.0, 3),
        "villages_without_fibre": plan.candidates,
        "villages_unknown_fibre": plan.unknown,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "solver": plan.solver,
        "notes": [{"vi": note.vi, "en": note.en} for note in plan.notes],
    }


def totals(result: Result) -> dict[str, Any]:
    """Return the figures of the whole area: numerators, denominators, and what is unknown."""
    villages = result.villages
    found: dict[str, Any] = {
        "villages": len(villages),
        "communes": int((result.communes["commune_code"] != "").sum()),
        "households": int(villages["households"].sum()),
        "population": int(villages["population"].sum()),
        "area_km2": round(float(result.communes["area_km2"].sum()), 3),
    }
    for technology in result.prediction.technologies:
        grade = villages[f"signal_class_{technology.lower()}"]
        for name in SIGNAL_CLASSES:
            chosen = villages[grade == name]
            found[f"villages_{name}_{technology.lower()}"] = len(chosen)
            found[f"households_{name}_{technology.lower()}"] = int(chosen["households"].sum())
            found[f"population_{name}_{technology.lower()}"] = int(chosen["population"].sum())
    return found
