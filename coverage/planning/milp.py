"""The plan as a mixed-integer linear program, solved by HiGHS.

Variables are the actions, the power option of each, the arc into each node at each depth, and the
service of each village. Arcs are laid out by depth: an arc at depth h may leave a node only if an
arc at depth h - 1 enters it, so chains cannot close upon themselves and have a limited length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np

from coverage.planning.problem import (
    MUST,
    MUST_NOT,
    Choice,
    Indices,
    Numbers,
    PlanProblem,
)

_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverSettings:
    """How long and how exactly HiGHS works; the same settings give the same plan.

    A plan found when the time runs out may differ from one machine to another.
    """

    time_limit_s: float = 60.0
    relative_gap: float = 1e-4
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What HiGHS found: the best plan (None for none), its bound, and how it ended.

    `bound` limits the objective from above, or the cost from below; `is_infeasible` is proof.
    """

    choice: Choice | None
    bound: float
    is_infeasible: bool
    status: str


class _QuietHighs(highspy.Highs):
    """HiGHS without callbacks: setting them up writes a banner to stdout, which is ours."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


class _Rows:
    """Constraint rows, collected and then handed over at once."""

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.start: list[int] = [0]
        self.index: list[np.ndarray[Any, Any]] = []
        self.value: list[np.ndarray[Any, Any]] = []

    def add(self, columns: Any, values: Any, lower: float, upper: float) -> None:
        index = np.atleast_1d(np.asarray(columns, dtype=np.int32))
        self.index.append(index)
        self.value.append(np.broadcast_to(np.asarray(values, dtype=float), index.shape))
        self.lower.append(lower)
        self.upper.append(upper)
        self.start.append(self.start[-1] + index.size)


class Model:
    """The program of a problem without the actions that are ruled out."""

    def __init__(self, problem: PlanProblem, *, ruled_out: Any = None) -> None:
        self.problem = problem
        shut = problem.lock == MUST_NOT
        if ruled_out is not None:
            shut = shut | ruled_out
        self.actions: Indices = np.flatnonzero(~shut)
        self._of_action = np.full(problem.actions, -1, dtype=np.int64)
        self._of_action[self.actions] = np.arange(self.actions.size)
        self.powers: Indices = np.flatnonzero(self._of_action[problem.power_action] >= 0)
        usable = np.zeros(len(problem.is_root), dtype=bool)
        usable[problem.node[self.actions][problem.node[self.actions] >= 0]] = True
        self.arcs, self.depths = self._layered(usable)
        self.joints = [j for j in problem.joint if all(self._of_action[a] >= 0 for a in j.actions)]
        sizes = (
            self.actions.size,
            self.powers.size,
            self.arcs.size,
            problem.villages,
            len(self.joints),
        )
        self._first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.columns = int(self._first[-1])
        self._scale = _scale(problem)

    def maximise(self, settings: SolverSettings, start: Choice | None = None) -> Solution:
        """Serve the greatest weight under the budget."""
        rows = self._rows()
        weight = np.zeros(self.columns)
        weight[self._first[3] : self._first[4]] = self.problem.weight
        return self._solved(rows, weight, settings, start, is_maximum=True)

    def maximise_net(self, price: float, settings: SolverSettings) -> Solution:
        """Serve the greatest weight less `price` for each unit of capex."""
        worth = -price * self._capex()
        worth[self._first[3] : self._first[4]] = self.problem.weight
        return self._solved(self._rows(), worth, settings, None, is_maximum=True)

    def minimise_cost(
        self,
        target: float,
        settings: SolverSettings,
        start: Choice | None = None,
        *,
        opex_years: float = 0.0,
    ) -> Solution:
        """Serve at least the weight `target` at the least capex plus `opex_years` of opex."""
        rows = self._rows()
        served = np.arange(self._first[3], self._first[4])
        rows.add(served, self.problem.weight, target - _TOLERANCE, np.inf)
        cost = (self._capex() + opex_years * self._opex()) / self._scale
        found = self._solved(rows, cost, settings, start, is_maximum=False)
        return Solution(
            choice=found.choice,
            bound=found.bound * self._scale,
            is_infeasible=found.is_infeasible,
            status=found.status,
        )

    def _layered(self, usable: Any) -> tuple[Indices, Indices]:
        """Arcs between usable nodes, once per depth at which they can stand."""
        problem = self.problem
        from_root = problem.is_root[problem.arc_from]
        into = usable[problem.arc_to] & ~problem.is_root[problem.arc_to]
        first = np.flatnonzero(from_root & into)
        inner = np.flatnonzero(~from_root & into & usable[problem.arc_from])
        arcs, depths = [first], [np.ones(first.size, dtype=np.int64)]
        fed = np.zeros(len(problem.is_root), dtype=bool)
        fed[problem.arc_to[first]] = True
        for depth in range(2, problem.max_hops + 1):
            here = inner[fed[problem.arc_from[inner]]]
            arcs.append(here)
            depths.append(np.full(here.size, depth, dtype=np.int64))
            fed = np.zeros(len(problem.is_root), dtype=bool)
            fed[problem.arc_to[here]] = True
        return np.concatenate(arcs), np.concatenate(depths)

    def _capex(self) -> Numbers:
        return self._costs(self.problem.capex, self.problem.power_capex, self.problem.arc_capex)

    def _opex(self) -> Numbers:
        return self._costs(self.problem.opex, self.problem.power_opex, self.problem.arc_opex)

    def _costs(self, of_action: Numbers, of_power: Numbers, of_arc: Numbers) -> Numbers:
        costs = np.zeros(self.columns)
        costs[: self._first[1]] = of_action[self.actions]
        costs[self._first[1] : self._first[2]] = of_power[self.powers]
        costs[self._first[2] : self._first[3]] = of_arc[self.arcs]
        return costs

    def _rows(self) -> _Rows:
        rows = _Rows()
        self._place_rows(rows)
        self._power_rows(rows)
        self._link_rows(rows)
        self._service_rows(rows)
        problem = self.problem
        every = np.arange(self._first[3])
        limits = ((self._capex(), problem.budget), (self._opex(), problem.opex_limit))
        for costs, limit in limits:
            if np.isfinite(limit):
                rows.add(every, costs[: self._first[3]] / self._scale, -np.inf, limit / self._scale)
        return rows

    def _place_rows(self, rows: _Rows) -> None:
        place = self.problem.place[self.actions]
        for members in _groups(place):
            if members.size > 1:
                rows.add(members, 1.0, -np.inf, 1.0)

    def _power_rows(self, rows: _Rows) -> None:
        owner = self._of_action[self.problem.power_action[self.powers]]
        for members in _groups(owner):
            columns = np.append(self._first[1] + members, owner[members[0]])
            rows.add(columns, np.append(np.ones(members.size), -1.0), 0.0, 0.0)

    def _link_rows(self, rows: _Rows) -> None:
        problem = self.problem
        node = problem.node[self.actions]
        heads, tails = problem.arc_to[self.arcs], problem.arc_from[self.arcs]
        into: dict[int, list[int]] = {}
        into_at: dict[tuple[int, int], list[int]] = {}
        for arc, (head, depth) in enumerate(zip(heads.tolist(), self.depths.tolist(), strict=True)):
            column = int(self._first[2]) + arc
            into.setdefault(head, []).append(column)
            into_at.setdefault((head, depth), []).append(column)
        builders: dict[int, list[int]] = {}
        for column, built in enumerate(node.tolist()):
            if built >= 0 and not problem.is_root[built]:
                builders.setdefault(built, []).append(column)
        for built, columns in builders.items():
            links = into.get(built, [])
            rows.add([*columns, *links], [*[1.0] * len(columns), *[-1.0] * len(links)], 0.0, 0.0)
        outgoing: dict[tuple[int, int, int], list[int]] = {}
        for arc, depth in enumerate(self.depths.tolist()):
            if depth > 1:
                key = (int(tails[arc]), int(heads[arc]), depth)
                outgoing.setdefault(key, []).append(int(self._first[2]) + arc)
        for (tail, _, depth), columns in outgoing.items():
            feeding = into_at.get((tail, depth - 1), [])
            rows.add(
                [*columns, *feeding],
                [*[1.0] * len(columns), *[-1.0] * len(feeding)],
                -np.inf,
                0.0,
            )

    def _service_rows(self, rows: _Rows) -> None:
        columns = self.problem.serves[self.actions].tocsc()
        helping: dict[int, list[int]] = {}
        for number, joint in enumerate(self.joints):
            column = int(self._first[4]) + number
            helping.setdefault(joint.village, []).append(column)
            for action in joint.actions:
                rows.add([column, int(self._of_action[action])], [1.0, -1.0], -np.inf, 0.0)
        for village in range(self.problem.villages):
            servers = columns.indices[columns.indptr[village] : columns.indptr[village + 1]]
            helpers = [*servers.tolist(), *helping.get(village, [])]
            rows.add(
                [int(self._first[3]) + village, *helpers],
                [1.0, *[-1.0] * len(helpers)],
                -np.inf,
                0.0,
            )

    def _solved(
        self,
        rows: _Rows,
        cost: Numbers,
        settings: SolverSettings,
        start: Choice | None,
        *,
        is_maximum: bool,
    ) -> Solution:
        solver = _QuietHighs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("time_limit", float(max(settings.time_limit_s, 0.1)))
        solver.setOptionValue("mip_rel_gap", settings.relative_gap)
        solver.setOptionValue("threads", settings.threads)
        solver.setOptionValue("random_seed", settings.seed)
        solver.passModel(self._program(rows, cost, is_maximum=is_maximum))
        if start is not None and (values := self._values(start)) is not None:
            given = highspy.HighsSolution()
            given.col_value = values.tolist()
            solver.setSolution(given)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Solution(choice=None, bound=0.0, is_infeasible=True, status="infeasible")
        info = solver.getInfo()
        is_optimal = status == highspy.HighsModelStatus.kOptimal
        found = np.array(solver.getSolution().col_value)
        value, bound = float(cost @ found), float(info.mip_dual_bound)
        allowed = settings.relative_gap * abs(value) + _TOLERANCE * max(1.0, abs(value))
        if start is not None and is_optimal and abs(value - bound) > allowed:
            # HiGHS 1.16 may end at once with the plan it was given, call it optimal, bound 0.
            return self._solved(rows, cost, settings, None, is_maximum=is_maximum)
        has_plan = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return Solution(
            choice=self._choice(found) if has_plan else None,
            bound=bound,
            is_infeasible=False,
            status="optimal" if is_optimal else "time limit",
        )

    def _program(self, rows: _Rows, cost: Numbers, *, is_maximum: bool) -> highspy.HighsLp:
        lower, upper = np.zeros(self.columns), np.ones(self.columns)
        lower[: self._first[1]][self.problem.lock[self.actions] == MUST] = 1.0
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.columns, len(rows.lower)
        program.sense_ = highspy.ObjSense.kMaximize if is_maximum else highspy.ObjSense.kMinimize
        program.col_cost_ = cost
        program.col_lower_, program.col_upper_ = lower, upper
        program.row_lower_, program.row_upper_ = np.array(rows.lower), np.array(rows.upper)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.array(rows.start, dtype=np.int32)
        program.a_matrix_.index_ = np.concatenate([*rows.index, np.zeros(0, dtype=np.int32)])
        program.a_matrix_.value_ = np.concatenate([*rows.value, np.zeros(0)])
        whole, any_ = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        built = int(self._first[3])
        program.integrality_ = [whole] * built + [any_] * (self.columns - built)
        return program

    def _choice(self, values: Numbers) -> Choice:
        on = values > 0.5  # noqa: PLR2004 - whole up to the solver's tolerance
        first = self._first
        return Choice(
            actions=tuple(self.actions[on[: first[1]]].tolist()),
            power=tuple(sorted(self.powers[on[first[1] : first[2]]].tolist())),
            arcs=tuple(sorted(self.arcs[on[first[2] : first[3]]].tolist())),
        )

    def _values(self, choice: Choice) -> Numbers | None:
        """Return a plan as values of the variables; None where the model leaves part of it out."""
        problem, first = self.problem, self._first
        chosen = self._of_action[list(choice.actions)]
        if (chosen < 0).any():
            return None
        values = np.zeros(self.columns)
        values[chosen] = 1.0
        values[first[1] : first[2]][np.isin(self.powers, choice.power)] = 1.0
        into = {int(problem.arc_to[e]): e for e in choice.arcs}
        for arc in choice.arcs:
            depth, here = 1, int(problem.arc_from[arc])
            while not problem.is_root[here]:
                here, depth = int(problem.arc_from[into[here]]), depth + 1
            values[first[2] : first[3]][(self.arcs == arc) & (self.depths == depth)] = 1.0
        built = np.array(choice.actions, dtype=np.int64)
        values[first[3] : first[4]] = problem.served(built)
        for number, joint in enumerate(self.joints):
            values[first[4] + number] = float(set(joint.actions) <= set(choice.actions))
        return values


def _scale(problem: PlanProblem) -> float:
    """Return a unit of money in which the limits are of moderate size."""
    costs = np.concatenate([problem.capex, problem.power_capex, problem.arc_capex, [1.0]])
    largest = float(costs[np.isfinite(costs)].max())
    return 10.0 ** max(0, int(np.floor(np.log10(largest))) - 3)


def _groups(keys: Indices) -> list[Indices]:
    """Return the positions of equal keys, group by group."""
    if keys.size == 0:
        return []
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    return [np.asarray(part, dtype=np.int64) for part in np.split(order, cuts)]
