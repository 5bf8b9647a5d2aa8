"""How firm a plan is: which of its actions stay chosen under other assumptions.

Other prices change the plan alone. Other signal grades anew, by the same predictions: the villages
to serve stay those of the plan, less those that the stronger signal of masts that stand serves
already. Another path-loss model needs a new run and is left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.errors import InfeasibleError, ScenarioError
from coverage.laying import CROSSING_ITEMS, KINDS
from coverage.links import SATELLITE_ITEM
from coverage.model import Plan
from coverage.params import (
    ClassThresholds,
    CostRules,
    LinkRules,
    Scenario,
    Technology,
    Variant,
    VariantRules,
)
from coverage.planning.network import make_network
from coverage.planning.plan import Prospect, make_least_plan, make_plan
from coverage.planning.reach import serving
from coverage.power import QUANTITIES
from coverage.prediction import Progress

Elsewhere = Callable[[Scenario], Prospect]
"""What a new run under a scenario finds that could be built."""
_COLUMNS: Final = (
    *("variant", "equipment_factor", "power_factor", "backhaul_factor", "level_db", "models"),
    *("is_feasible", "budget", "capex", "actions", "households_gained", "actions_in_common"),
    "common_share",
)
_DECIMALS: Final = 6


def variants_of(rules: VariantRules, count: int | None = None) -> tuple[Variant, ...]:
    """Return the variants of the rules, named ones first, then those drawn by the seed.

    `count` asks for so many: fewer are cut off at the end, more are drawn.
    """
    wanted = len(rules.named) + rules.random if count is None else count
    draws = np.random.default_rng(rules.seed)
    found = list(rules.named[:wanted])
    while len(found) < wanted:
        equipment, power, backhaul = draws.uniform(
            1.0 - rules.cost_spread, 1.0 + rules.cost_spread, size=3
        )
        found.append(
            Variant(
                name=f"random_{len(found) - len(rules.named) + 1}",
                equipment=round(float(equipment), _DECIMALS),
                power=round(float(power), _DECIMALS),
                backhaul=round(float(backhaul), _DECIMALS),
                level_db=round(
                    float(draws.uniform(-rules.level_spread_db, rules.level_spread_db)), 3
                ),
            )
        )
    return tuple(found)


def widest_gain_db(variants: tuple[Variant, ...]) -> float:
    """Return by how much signal is strengthened at most."""
    return max((variant.level_db for variant in variants), default=0.0)


def with_firmness(
    prospect: Prospect,
    plan: Plan,
    variants: tuple[Variant, ...],
    *,
    elsewhere: Elsewhere | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan with the share of variants that choose each action, and a row for each.

    Parameters
    ----------
    prospect
        What the plan was chosen from, made with `extra_db` of at least `widest_gain_db`.
    plan
        The plan; every variant aims at the same budget or target.
    variants
        Other assumptions. One that cannot be planned (what must be built is not there or cannot be
        paid, or the target not be reached) does not count.
    elsewhere
        Called for variants with other path-loss models.
    progress
        Called as they are planned.
    """
    base = plan.actions["action_id"].astype(str).tolist()
    counts = dict.fromkeys(base, 0)
    rows = []
    planned = 0
    for number, variant in enumerate(variants, start=1):
        try:
            found = _planned(_changed(prospect, variant, elsewhere), plan)
        except (InfeasibleError, ScenarioError):
            found = None
        chosen = set() if found is None else set(found.actions["action_id"].astype(str))
        planned += found is not None
        for action in chosen & counts.keys():
            counts[action] += 1
        rows.append(_row(variant, found, chosen & counts.keys(), len(base)))
        if progress is not None:
            progress("variants", number / len(variants))
    share = [round(counts[name] / planned, _DECIMALS) if planned else np.nan for name in base]
    geometry = plan.actions.geometry
    actions = plan.actions.drop(columns="geometry").assign(chosen_share=np.array(share, float))
    return replace(
        plan,
        actions=actions.set_geometry(geometry),
        firmness=pd.DataFrame(rows, columns=list(_COLUMNS)).astype(
            dict.fromkeys(("capex", "actions", "households_gained", "actions_in_common"), "Int64")
        ),
    )


def _row(variant: Variant, found: Plan | None, common: set[str], base: int) -> dict[str, Any]:
    return {
        "variant": variant.name,
        "equipment_factor": variant.equipment,
        "power_factor": variant.power,
        "backhaul_factor": variant.backhaul,
        "level_db": variant.level_db,
        "models": " ".join(f"{t}={m}" for t, m in sorted(variant.models.items())),
        "is_feasible": found is not None,
        "budget": None if found is None else found.budget,
        "capex": None if found is None else found.spent,
        "actions": None if found is None else len(found.actions),
        "households_gained": (
            None if found is None else int(found.actions["households_gained"].sum())
        ),
        "actions_in_common": None if found is None else len(common),
        "common_share": (
            None if found is None or not base else round(len(common) / base, _DECIMALS)
        ),
    }


def _planned(prospect: Prospect, plan: Plan) -> Plan:
    """Plan again for what the plan aims at."""
    if plan.aim == "target":
        share, limit = plan.parameters["target_share"], plan.parameters["budget_limit"]
        assert isinstance(share, float)  # noqa: S101 - as `make_least_plan` puts it
        return make_least_plan(prospect, share, limit if isinstance(limit, int) else None)
    return make_plan(prospect, plan.budget)


def _changed(prospect: Prospect, variant: Variant, elsewhere: Elsewhere | None) -> Prospect:
    """Return what could be built under other assumptions."""
    scenario = _scenario(prospect.scenario, variant)
    if variant.models and elsewhere is not None:
        return elsewhere(scenario)
    reach = prospect.reach
    if variant.level_db:
        reach = reach.under(scenario)
    network = make_network(
        prospect.result, scenario, prospect.candidates, serving(reach, prospect.candidates)
    )
    weight = np.where(reach.served_before, 0.0, network.problem.weight)
    network = replace(network, problem=replace(network.problem, weight=weight))
    return replace(prospect, scenario=scenario, reach=reach, network=network)


def _scenario(base: Scenario, variant: Variant) -> Scenario:
    """Return a scenario with the variant's prices and levels, planned once and in less time."""
    rules = base.variants
    technologies: Mapping[Technology, ClassThresholds] = base.thresholds.technologies
    # All signal stronger by some decibels is the same as limits lower by them.
    limits = {
        technology: ClassThresholds(
            good_dbm=limit.good_dbm - variant.level_db, weak_dbm=limit.weak_dbm - variant.level_db
        )
        for technology, limit in technologies.items()
    }
    planning = {
        "curve_points": 0,
        "time_limit_s": min(rules.time_limit_s, base.planning.time_limit_s),
        "relative_gap": max(rules.relative_gap, base.planning.relative_gap),
    }
    models = {f"model_{t.lower()}": model for t, model in variant.models.items()}
    return base.model_copy(
        update={
            "costs": repriced(base.costs, base.links, variant),
            "thresholds": base.thresholds.model_copy(update={"technologies": limits}),
            "planning": base.planning.model_copy(update=planning),
            "radio": base.radio.model_copy(update=models),
        }
    )


def repriced(costs: CostRules, links: LinkRules, variant: Variant) -> CostRules:
    """Return the prices times the factor of their group."""
    backhaul = {SATELLITE_ITEM, *KINDS, *CROSSING_ITEMS, *(band.item for band in links.bands)}
    power = set(QUANTITIES.values())
    items = {}
    for name, price in costs.items.items():
        factor = (
            variant.backhaul
            if name in backhaul
            else variant.power
            if name in power
            else variant.equipment
        )
        items[name] = price.model_copy(
            update={
                "capex": price.capex * factor,
                "opex_per_year": price.opex_per_year * factor,
            }
        )
    return costs.model_copy(update={"items": items})
