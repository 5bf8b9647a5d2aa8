"""The levers of a plan: aim, rules, prices, years and locks, and the task that follows from them.

What is chosen lies in the session under names that begin with `plan_`, so that a plan made before
can set all of it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

import streamlit as st

from coverage.costs import in_vnd
from coverage.jobs import PlanTask
from coverage.maps.words import ACTION_KINDS
from coverage.model import Inputs
from coverage.params import ActionKind, CostRules, PlanningRules, Scenario, UnitCost
from coverage.text import Text
from coverage.ui import session, state
from coverage.ui.speech import money, say, told

MUST: Final = "plan_must"
MUST_NOT: Final = "plan_must_not"
LOCKS: Final = (MUST, MUST_NOT)
PLACES: Final = "plan_places"
_MILLION: Final = 1e6
_BY_APP: Final = "; app"
_MOST_YEARS: Final = 10
_UNITS: Final[Mapping[str, tuple[float, str, Text]]] = {
    "billion": (1e9, "VND", Text("tỷ đồng", "billion VND")),
    "million_usd": (1e6, "USD", Text("triệu USD", "million USD")),
}
_OBJECTIVES: Final[Mapping[str, Text]] = {
    "households": Text("Số hộ", "Households"),
    "population": Text("Số người", "People"),
    "villages": Text("Số thôn", "Villages"),
    "priority": Text("Hộ × điểm ưu tiên", "Households × priority"),
}
_SERVE: Final[Mapping[str, Text]] = {
    "covered": Text("có sóng (tốt hoặc yếu)", "covered (good or weak)"),
    "good": Text("chỉ sóng tốt", "good signal only"),
}
_UNIT_WORDS: Final[Mapping[str, Text]] = {
    "piece": Text("chiếc", "piece"),
    "m": Text("mét", "metre"),
    "litre": Text("lít", "litre"),
}
_MAIN_ITEMS: Final = (
    *("macro_equipment", "site_build", "site_installation", "carrier_4g", "carrier_low_band"),
    *("small_cell", "satellite_backhaul", "microwave_medium", "fibre_poles", "fibre_unpaved"),
    *("grid_extension", "solar_panel"),
)


def start(rules: PlanningRules) -> None:
    """Set the levers of a session that has not touched them to what the project says.

    Written in every run: what a widget was only given once is lost when the page changes.
    """
    start_aim("plan", 50.0, 90)
    for name, value in _of_rules(rules).items():
        st.session_state[name] = st.session_state.get(name, value)


def begin_with(scenario: Scenario) -> None:
    """Set the scenario that the levers change, and every lever to it."""
    session.begin_with(scenario)
    chosen = st.session_state
    for name, value in _of_rules(scenario.planning).items():
        chosen[name] = value
    for item in _items(scenario.costs):
        chosen[_price_key(item)] = _in_millions(scenario.costs, item)


def take_from(task: PlanTask) -> None:
    """Set the levers as they stood when a plan was asked for, prices and weights too."""
    chosen = st.session_state
    chosen["plan_aim"] = "target" if task.target else "budget"
    if task.target:
        chosen["plan_target"] = round(float(task.target.removesuffix("%")))
    if task.budget:
        name = "million_usd" if task.budget.endswith("USD") else "billion"
        size, currency, _ = _UNITS[name]
        chosen["plan_unit"] = name
        chosen["plan_amount"] = float(task.budget.removesuffix(currency)) / size
    begin_with(task.scenario)


def main() -> None:
    """Show the aim, and what is to be made as large as can be."""
    left, objective = st.columns([9, 3], vertical_alignment="bottom")
    with left:
        aim_levers("plan", say("Cần phục vụ (% chưa có sóng)", "To be served (% without service)"))
    with objective:
        st.selectbox(
            say("Tăng nhiều nhất", "Maximise"),
            list(_OBJECTIVES),
            format_func=lambda name: told(_OBJECTIVES[name]),
            key="plan_objective",
            persist_state="session",
        )


def aim_levers(of: str, target_label: str) -> None:
    """Show the choice between a budget and a target, and its figure; names begin with `of`."""
    aim, amount = st.columns([4, 5], vertical_alignment="bottom")
    with aim:
        chosen = st.segmented_control(
            say("Mục đích", "Aim"),
            ["budget", "target"],
            format_func=lambda name: (
                say("Ngân sách", "Budget") if name == "budget" else say("Mục tiêu", "Target")
            ),
            required=True,
            key=f"{of}_aim",
            persist_state="session",
            width="stretch",
        )
    with amount:
        if chosen == "budget":
            _amount(of)
        else:
            _target(of, target_label)


def start_aim(of: str, amount: float, target: int) -> None:
    """Set an aim that a session has not touched; written in every run, as `start` says."""
    values = {"aim": "budget", "amount": amount, "unit": "billion", "target": target}
    for name, value in values.items():
        st.session_state[f"{of}_{name}"] = st.session_state.get(f"{of}_{name}", value)


def aim_of(of: str) -> tuple[str | None, str | None]:
    """Return budget and target as `pipeline` takes them, the one that is not chosen as None."""
    chosen = st.session_state
    if chosen[f"{of}_aim"] == "target":
        return None, f"{chosen[f'{of}_target']}%"
    size, currency, _ = _UNITS[chosen[f"{of}_unit"]]
    return f"{round(chosen[f'{of}_amount'] * size)}{currency}", None


def further(inputs: Inputs) -> None:
    """Show the levers that are moved less often."""
    kinds, serve, years = st.columns([6, 4, 3], vertical_alignment="bottom")
    with kinds:
        st.pills(
            say("Loại hạng mục được phép", "Kinds of action allowed"),
            get_args(ActionKind),
            selection_mode="multi",
            format_func=lambda kind: told(ACTION_KINDS[kind]),
            key="plan_kinds",
            persist_state="session",
        )
    with serve:
        st.selectbox(
            say("Coi là được phục vụ khi", "Counts as served when"),
            list(_SERVE),
            format_func=lambda name: told(_SERVE[name]),
            key="plan_serve",
            persist_state="session",
        )
    with years:
        st.number_input(
            say("Số năm thực hiện", "Years of building"),
            min_value=1,
            max_value=_MOST_YEARS,
            step=1,
            key="plan_years",
            persist_state="session",
            help=_shares_told(phases(session.base(inputs).planning)),
        )
    _prices(session.base(inputs).costs)


def task(inputs: Inputs) -> PlanTask | None:
    """Return what the levers ask for at this moment; None where no kind of action is allowed."""
    if not st.session_state["plan_kinds"]:
        return None
    budget, target = aim_of("plan")
    return PlanTask(
        project=state.project(),
        section=inputs.project,
        fingerprint=inputs.fingerprint,
        scenario=scenario(inputs),
        budget=budget,
        target=target,
    )


def scenario(inputs: Inputs) -> Scenario:
    """Return the scenario of the session with all that its levers have changed."""
    now = session.scenario(inputs)
    return now.model_copy(update={"planning": _planning(now.planning), "costs": _costs(now.costs)})


def _planning(rules: PlanningRules) -> PlanningRules:
    """Return the rules as the levers stand; those of a session that has not seen them stay."""
    chosen = st.session_state
    if any(name not in chosen for name in _of_rules(rules)) or not chosen["plan_kinds"]:
        return rules
    extra = tuple(tuple(place) for place in chosen[PLACES])
    planning = rules.model_copy(
        update={
            "objective": chosen["plan_objective"],
            "serve": chosen["plan_serve"],
            "kinds": tuple(k for k in get_args(ActionKind) if k in chosen["plan_kinds"]),
            "phases": phases(rules),
            "must": tuple(sorted(chosen[MUST])),
            "must_not": tuple(sorted(chosen[MUST_NOT])),
            "candidates": rules.candidates.model_copy(update={"extra": extra}),
        }
    )
    if planning == rules:
        return rules
    return planning.model_copy(update={"source": f"{rules.source.removesuffix(_BY_APP)}{_BY_APP}"})


def phases(rules: PlanningRules) -> tuple[float, ...]:
    """Return the share of each year: the project's own where it has as many, else all alike."""
    years = int(st.session_state.get("plan_years", len(rules.phases)))
    return rules.phases if years == len(rules.phases) else (round(1.0 / years, 6),) * years


def _amount(of: str) -> None:
    left, right = st.columns([3, 2])
    with left:
        st.number_input(
            say("Ngân sách đầu tư", "Budget (capex)"),
            min_value=0.0,
            max_value=1e6,
            step=5.0,
            format="%g",
            key=f"{of}_amount",
            persist_state="session",
        )
    with right:
        st.selectbox(
            say("Đơn vị", "Unit"),
            list(_UNITS),
            format_func=lambda name: told(_UNITS[name][2]),
            key=f"{of}_unit",
            persist_state="session",
        )


def _target(of: str, label: str) -> None:
    st.slider(
        label,
        min_value=5,
        max_value=100,
        step=5,
        key=f"{of}_target",
        persist_state="session",
    )


def _prices(rules: CostRules) -> None:
    st.markdown(say("**Đơn giá chính**", "**Main prices**"))
    st.caption(
        say(
            "Triệu đồng, chưa gồm chi phí hằng năm. Trỏ vào dấu hỏi để xem nguồn.",
            "Million VND, yearly costs apart. The question mark tells the source of a price.",
        )
    )
    items = _items(rules)
    for first in range(0, len(items), 4):
        for column, item in zip(st.columns(4), items[first : first + 4], strict=False):
            price = rules.items[item]
            key, own = _price_key(item), _in_millions(rules, item)
            st.session_state[key] = st.session_state.get(key, own)
            with column:
                st.number_input(
                    f"{told(price.title)} ({_unit_told(price)})",
                    min_value=0.0,
                    step=10.0,
                    format="%g",
                    key=key,
                    persist_state="session",
                    help=_source_told(price),
                )


def _costs(rules: CostRules) -> CostRules:
    changed = {}
    for item in _items(rules):
        millions = st.session_state.get(_price_key(item))
        if millions is None or millions == _in_millions(rules, item):
            continue
        price = rules.items[item]
        source = f"{price.source}; capex changed in the app"
        told_anew = {"capex": millions * _MILLION, "currency": "VND", "source": source}
        yearly = float(in_vnd(price.opex_per_year, price.currency, rules))
        changed[item] = price.model_copy(
            update=told_anew | {"opex_per_year": yearly, "is_assumption": True}
        )
    return rules.model_copy(update={"items": rules.items | changed}) if changed else rules


def _items(rules: CostRules) -> list[str]:
    return [item for item in _MAIN_ITEMS if item in rules.items]


def _in_millions(rules: CostRules, item: str) -> float:
    price = rules.items[item]
    return in_vnd(price.capex, price.currency, rules) / _MILLION


def _price_key(item: str) -> str:
    return f"plan_price_{item}"


def _of_rules(rules: PlanningRules) -> dict[str, object]:
    return {
        "plan_objective": rules.objective,
        "plan_serve": rules.serve,
        "plan_kinds": list(rules.kinds),
        "plan_years": len(rules.phases),
        PLACES: list(rules.candidates.extra),
        MUST: list(rules.must),
        MUST_NOT: list(rules.must_not),
    }


def _shares_told(shares: tuple[float, ...]) -> str:
    listed = ", ".join(f"{100 * share / sum(shares):.0f} %" for share in shares)
    return say(f"Vốn từng năm: {listed}", f"Money by year: {listed}")


def _unit_told(price: UnitCost) -> str:
    return told(_UNIT_WORDS.get(price.unit, Text(price.unit, price.unit)))


def _source_told(price: UnitCost) -> str:
    assumed = say(" (giả định)", " (assumption)") if price.is_assumption else ""
    return f"{price.source}, {price.year}{assumed}"


def aim_told(task_: PlanTask) -> str:
    """Write what a plan aims at."""
    if task_.target:
        return say(f"mục tiêu {task_.target}", f"target {task_.target}")
    budget = task_.budget or "0VND"
    if budget.endswith("USD"):
        return say(f"{float(budget[:-3]) / _MILLION:g} triệu USD", f"{budget[:-3]} USD")
    return money(float(budget.removesuffix("VND")))
