"""What a site runs on: the grid, a new line, the sun, or the sun with a diesel generator.

Every option of every site is priced, also those that are not chosen, each with its reason.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.costs import Cost, annuity_factor, item_cost
from coverage.params import CostRules, PowerRules
from coverage.text import Text

OPTIONS: Final = ("grid", "grid_extension", "solar", "solar_diesel")
"""From the one that is taken to the one that gives way where costs are equal."""
QUANTITIES: Final = {
    "connections": "grid_connection",
    "transformers": "grid_transformer",
    "line_km": "grid_extension",
    "energy_kwh_per_year": "grid_energy",
    "panel_kwp": "solar_panel",
    "battery_kwh": "battery",
    "generator_kva": "generator",
    "diesel_litre_per_year": "diesel",
}
"""Column of a quantity, and the price item it counts."""
DAYS_OF_MONTH: Final = (31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0)
_HOURS_PER_YEAR: Final = 24.0 * sum(DAYS_OF_MONTH)

Values = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarDesign:
    """A solar plant: panels, battery, generator, and the diesel burnt in a mean year."""

    panel_kwp: float
    battery_kwh: float
    generator_kva: float = 0.0
    diesel_litre_per_year: float = 0.0


def solar_design(load_w: float, rules: PowerRules) -> SolarDesign:
    """Size panels and battery for a constant load from the sun alone.

    E = 24 h · load; panels = E / (H · PR) in the darkest month, with H in kWh/m² a day, which are
    hours of 1 kW/m²; battery = E · autonomy / depth of discharge. H on the horizontal is used:
    panels tilted to the south gain in winter, which stays as reserve.
    """
    daily_kwh = 0.024 * load_w
    return SolarDesign(
        panel_kwp=daily_kwh / (min(rules.irradiation_kwh_m2_day) * rules.performance_ratio),
        battery_kwh=daily_kwh * rules.autonomy_days / rules.depth_of_discharge,
    )


def solar_diesel_design(load_w: float, rules: PowerRules) -> SolarDesign:
    """Size panels for the month of mean sun; a generator gives what darker months lack.

    Panels = E / (mean H · PR); diesel = Σ over months of days · max(0, E − panels · H · PR), by the
    kWh a litre gives.
    """
    daily_kwh = 0.024 * load_w
    sun = np.array(rules.irradiation_kwh_m2_day)
    days = np.array(DAYS_OF_MONTH)
    panel_kwp = daily_kwh / (float(sun @ days / days.sum()) * rules.performance_ratio)
    lacking_kwh = days @ np.maximum(daily_kwh - panel_kwp * sun * rules.performance_ratio, 0.0)
    return SolarDesign(
        panel_kwp=panel_kwp,
        battery_kwh=daily_kwh * rules.hybrid_autonomy_days / rules.depth_of_discharge,
        generator_kva=load_w / 1000.0 * rules.generator_kva_per_kw,
        diesel_litre_per_year=float(lacking_kwh) / rules.generator_kwh_per_litre,
    )


def power_options(
    sites: gpd.GeoDataFrame,
    power_lines: gpd.GeoDataFrame | None,
    *,
    rules: PowerRules,
    costs: CostRules,
) -> pd.DataFrame:
    """Price every way to power each site and choose the cheapest over the horizon.

    Parameters
    ----------
    sites
        Points on the metric system of the lines, with `load_w`; `has_grid_power` (yes, no, or not
        known) where somebody knows it on the spot, which counts more than the drawn lines.
    power_lines
        Lines with `kind`; kinds that `rules.reach_m` does not name are never tapped. None means
        that lines are not known: the grid is offered only where `has_grid_power` says so.

    Returns
    -------
    DataFrame
        Four rows a site, in the order of the sites and of `OPTIONS`: `site` (position), `power`,
        `is_feasible`, `is_chosen`, `capex_vnd`, `opex_vnd_per_year`, `present_vnd` (capex and
        discounted opex; the least decides), `line_distance_m` to the nearest line that can feed the
        site (NaN where none is known), `line_kind`, the columns of `QUANTITIES`, `reason_vi`,
        `reason_en`. Costs of what is not feasible are those it would have, NaN where there is no
        line to count from. A connection to a medium-voltage line includes a transformer. Where
        nothing is feasible nothing is chosen.
    """
    count = len(sites)
    load_w = sites["load_w"].to_numpy(dtype=float)
    distance_m, kind, reached, reached_lv = _nearest_line(sites, power_lines, rules)
    said_yes = np.zeros(count, dtype=bool)
    if "has_grid_power" in sites.columns:
        said_yes = (sites["has_grid_power"] == True).to_numpy(dtype=bool)  # noqa: E712 - or None
    designs = {w: (solar_design(w, rules), solar_diesel_design(w, rules)) for w in set(load_w)}
    plants = [[designs[w][which] for w in load_w] for which in (0, 1)]
    line_km = distance_m * rules.detour / 1000.0
    quantities = _quantities(load_w, line_km, said_yes | reached_lv, plants)
    parts = [_times(item_cost(costs, QUANTITIES[name]), q) for name, q in quantities.items()]
    money = np.sum(parts, axis=0)
    on_grid = said_yes | reached
    feasible = np.column_stack(
        [
            on_grid,
            ~on_grid & (line_km <= rules.max_extension_km),
            *(np.array([d.panel_kwp <= rules.max_solar_kwp for d in p], bool) for p in plants),
        ]
    )
    present = np.rint(money[:, :, 0] + annuity_factor(costs) * money[:, :, 1])
    best = np.argmin(np.where(feasible, present, np.inf), axis=1)
    chosen = (np.arange(len(OPTIONS)) == best[:, None]) & feasible
    reason = [
        text
        for site in range(count)
        for text in (
            *_grid_reasons(
                distance_m[site], said_yes=said_yes[site], in_reach=reached[site], rules=rules
            ),
            _solar_reason(plants[0][site], rules),
            _solar_reason(plants[1][site], rules),
        )
    ]
    return pd.DataFrame(
        {
            "site": np.repeat(np.arange(count), len(OPTIONS)),
            "power": list(OPTIONS) * count,
            "is_feasible": feasible.ravel(),
            "is_chosen": chosen.ravel(),
            "capex_vnd": np.rint(money[:, :, 0]).ravel(),
            "opex_vnd_per_year": np.rint(money[:, :, 1]).ravel(),
            "present_vnd": present.ravel(),
            "line_distance_m": np.repeat(np.round(distance_m, 1), len(OPTIONS)),
            "line_kind": np.repeat(kind, len(OPTIONS)),
            **{name: quantity.ravel() for name, quantity in quantities.items()},
            "reason_vi": [text.vi for text in reason],
            "reason_en": [text.en for text in reason],
        }
    )


def _nearest_line(
    sites: gpd.GeoDataFrame, power_lines: gpd.GeoDataFrame | None, rules: PowerRules
) -> tuple[Values, np.ndarray[Any, Any], Flags, Flags]:
    """Distance to the nearest line that can feed a site, its kind; if any, if lv is in reach."""
    count = len(sites)
    best_m, kind = np.full(count, np.nan), np.full(count, "", dtype=object)
    reached = {name: np.zeros(count, dtype=bool) for name in ("lv", *sorted(rules.reach_m))}
    for name in sorted(rules.reach_m):
        lines = _of_kind(power_lines, name)
        if not len(lines):
            continue
        found, gap_m = shapely.STRtree(lines).query_nearest(
            sites.geometry.to_numpy(), all_matches=False, return_distance=True
        )
        here_m = np.full(count, np.nan)
        here_m[found[0]] = gap_m
        reached[name] = here_m <= rules.reach_m[name]
        nearer = ~np.isnan(here_m) & ~(best_m <= here_m)
        best_m[nearer], kind[nearer] = here_m[nearer], name
    return best_m, kind, np.logical_or.reduce(list(reached.values())), reached["lv"]


def _of_kind(power_lines: gpd.GeoDataFrame | None, kind: str) -> np.ndarray[Any, Any]:
    if power_lines is None:
        return np.array([], dtype=object)
    lines: np.ndarray[Any, Any] = power_lines.geometry[power_lines["kind"] == kind].to_numpy()
    return lines


def option_parts(option: Mapping[Hashable, Any], costs: CostRules) -> dict[str, tuple[float, Cost]]:
    """Return quantity and cost of every price item of a row of `power_options`.

    The costs add up to those of the row.
    """
    found = {}
    for name, item in QUANTITIES.items():
        quantity = float(option[name])
        if quantity > 0.0:
            capex, opex = _times(item_cost(costs, item), np.array([quantity]))[0]
            found[item] = quantity, Cost(capex_vnd=int(capex), opex_vnd_per_year=int(opex))
    return found


def _quantities(
    load_w: Values, line_km: Values, has_low_voltage: Flags, plants: list[list[SolarDesign]]
) -> dict[str, Values]:
    """Units of every item that each site (rows) takes with each option (columns)."""
    none, one = np.zeros(load_w.size), np.ones(load_w.size)
    energy_kwh = load_w * _HOURS_PER_YEAR / 1000.0
    on_grid = {
        "connections": (one, none),
        "transformers": (np.where(has_low_voltage, 0.0, 1.0), one),
        "line_km": (none, line_km),
        "energy_kwh_per_year": (energy_kwh, energy_kwh),
    }
    found = {}
    for name in QUANTITIES:
        grid = on_grid.get(name, (none, none))
        solar = [np.array([getattr(d, name, 0.0) for d in plant], dtype=float) for plant in plants]
        found[name] = np.column_stack([*grid, *solar])
    return found


def _times(cost: Cost, quantity: Values) -> Values:
    """Capex and opex (…, 2) of a price times many quantities, in whole VND."""
    price = np.array([cost.capex_vnd, cost.opex_vnd_per_year], dtype=float)
    both: Values = np.rint(quantity[..., None] * price)
    return both


def _solar_reason(design: SolarDesign, rules: PowerRules) -> Text:
    """Say whether the panels fit on a site."""
    size = f"{design.panel_kwp:.1f} kWp, {design.battery_kwh:.0f} kWh"
    if design.panel_kwp <= rules.max_solar_kwp:
        return Text(f"Đủ chỗ: {size}", f"Fits: {size}")
    most = f"{rules.max_solar_kwp:g} kWp"
    return Text(f"Cần {size}, quá {most}", f"Needs {size}, more than {most}")


def _grid_reasons(
    distance_m: float, *, said_yes: bool, in_reach: bool, rules: PowerRules
) -> tuple[Text, Text]:
    """Say why the grid, and why a new line, is offered or not."""
    if said_yes:
        return (
            Text("Nơi này đã có điện lưới", "The place has grid power"),
            Text("Không cần: đã có điện lưới", "Not needed: there is grid power"),
        )
    if np.isnan(distance_m):
        unknown = Text("Không biết đường dây điện nào", "No power line is known")
        return unknown, unknown
    vi, en = f"Đường dây cách {distance_m:.0f} m", f"A line is {distance_m:.0f} m away"
    if in_reach:
        near = Text("Không cần: đủ gần để đấu nối", "Not needed: near enough to connect")
        return Text(vi, en), near
    is_far = distance_m * rules.detour / 1000.0 > rules.max_extension_km
    return (
        Text(f"{vi}, quá xa để đấu nối", f"{en}, too far to connect"),
        Text(f"{vi}, quá xa để kéo điện", f"{en}, too far for a new line")
        if is_far
        else Text(vi, en),
    )
