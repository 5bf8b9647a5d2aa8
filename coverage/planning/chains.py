"""What hangs on what in a plan: the backhaul tree of its actions, and whom each newly serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from coverage.model import Plan
from coverage.planning.plan import Prospect

Positions = np.ndarray[Any, np.dtype[np.int64]]


def feeders(prospect: Prospect, plan: Plan) -> dict[str, str]:
    """Return, for each action fed by another of the plan over microwave, that other action."""
    rows = _rows(prospect, plan)
    at_place = {
        str(row["place_id"]): name for name, row in rows.items() if bool(row["needs_backhaul"])
    }
    linked = zip(plan.links["from_id"].astype(str), plan.links["to_id"].astype(str), strict=True)
    return {action: at_place[place] for action, place in linked if place in at_place}


def behind(feeder: Mapping[str, str], first: str) -> list[str]:
    """Return an action and all that is fed through it, in no chain twice."""
    found = [first]
    for action in found:
        found += sorted(child for child, parent in feeder.items() if parent == action)
    return found


def places(prospect: Prospect, plan: Plan) -> dict[str, str]:
    """Return the place of each action of the plan; `M-` and a name is a mast that stands."""
    return {name: str(row["place_id"]) for name, row in _rows(prospect, plan).items()}


def newly_served(prospect: Prospect, plan: Plan) -> dict[str, Positions]:
    """Return the positions, in the result's villages, of those that each action newly serves."""
    rows = _rows(prospect, plan)
    steps = prospect.reach.served_in_turn([int(row["candidate"]) for row in rows.values()])
    villages = prospect.candidates.villages
    found, before = {}, np.zeros(len(villages), dtype=bool)
    for name, served in zip(rows, steps, strict=True):
        found[name] = villages[served & ~before]
        before = served
    return found


def _rows(prospect: Prospect, plan: Plan) -> dict[str, dict[Any, Any]]:
    """Return the plan's rows of the network's actions, in the order of building."""
    table = prospect.network.actions
    known = dict(zip(table["action_id"].astype(str), table.to_dict("records"), strict=True))
    return {name: known[name] for name in plan.actions["action_id"].astype(str) if name in known}
