"""How long a plan takes, and how far from the best it may be, against the size of the problem.

Made problems: villages in clusters, candidate places around them, each place a site on the backhaul
graph with two ways of power, served within 3 km. The largest is the 10,000 villages and 20,000
candidates of a country's worst part.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from coverage.planning.decomposition import decomposed
from coverage.planning.milp import SolverSettings
from coverage.planning.optimise import optimise
from coverage.planning.problem import FREE, PlanProblem

SIZES: Sequence[tuple[int, int]] = ((300, 600), (1_200, 2_000), (3_000, 6_000), (10_000, 20_000))
LIMIT_S = 60.0
PARTED: Sequence[tuple[int, int, float]] = (
    (1_200, 2_000, 300.0),
    (10_000, 20_000, 300.0),
    (100_000, 40_000, 1_700.0),
)
"""Villages, candidates, side of the area (km): a dense part of a country, and a whole one."""
PARTS_LIMIT_S = 600.0
_SIDE_KM = 300.0
_REACH_KM = 3.0
_HOP_KM = 12.0
_NEIGHBOURS = 4


def measure(sizes: Sequence[tuple[int, int]] = SIZES, limit_s: float = LIMIT_S) -> None:
    """Print size, seconds, peak memory and gap of each problem."""
    print(f"Plans of made problems, HiGHS with a limit of {limit_s:g} s, one thread")
    print("villages candidates  wall s   CPU s  peak MiB  objective      bound    gap  method")
    for villages, candidates in sizes:
        problem = made(villages, candidates)
        wall, cpu = time.perf_counter(), time.process_time()
        found = optimise(problem, settings=SolverSettings(time_limit_s=limit_s))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{villages:8d} {candidates:10d} {wall:7.1f} {cpu:7.1f} {peak_mib:9.0f}"
            f" {found.objective:10.0f} {found.bound:10.0f} {found.gap:6.2%}  {found.method}"
        )
    by_parts()


def by_parts(
    sizes: Sequence[tuple[int, int, float]] = PARTED, limit_s: float = PARTS_LIMIT_S
) -> None:
    """Print what plans by parts reach: size, parts, seconds, peak memory and gap."""
    print(f"Plans by parts, HiGHS with a limit of {limit_s:g} s for the search, one thread")
    print("villages candidates  parts  wall s   CPU s  peak MiB  objective      bound    gap")
    for villages, candidates, side_km in sizes:
        problem = made(villages, candidates, side_km=side_km)
        wall, cpu = time.perf_counter(), time.process_time()
        settings = SolverSettings(time_limit_s=limit_s, relative_gap=1e-3)
        found = decomposed(problem, settings=settings)
        if found is None:
            continue
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        gap = (found.bound - found.objective) / found.bound
        print(
            f"{villages:8d} {candidates:10d} {found.parts:6d} {wall:7.1f} {cpu:7.1f}"
            f" {peak_mib:9.0f} {found.objective:10.0f} {found.bound:10.0f} {gap:6.2%}",
            flush=True,
        )


def made(
    villages: int, candidates: int, seed: int = 1, *, side_km: float = _SIDE_KM
) -> PlanProblem:
    """Return a problem of this size; its budget pays for about a tenth of the candidates."""
    random = np.random.default_rng(seed)
    heart_km = random.uniform(0.0, side_km, (max(villages // 25, 1), 2))
    village_km = heart_km[random.integers(len(heart_km), size=villages)]
    village_km = village_km + random.normal(0.0, 4.0, (villages, 2))
    near = village_km[random.integers(villages, size=candidates)]
    site_km = near + random.normal(0.0, 1.5, (candidates, 2))
    served = cKDTree(site_km).query_ball_tree(cKDTree(village_km), _REACH_KM)
    action = np.repeat(np.arange(candidates), [len(s) for s in served])
    village = np.array([v for s in served for v in s], dtype=np.int64)
    kept = random.random(village.size) < 0.6  # ridges stand between
    entries = (np.ones(int(kept.sum())), (action[kept], village[kept]))
    away_km, other = cKDTree(site_km).query(site_km, _NEIGHBOURS + 1, distance_upper_bound=_HOP_KM)
    start = np.repeat(np.arange(candidates), _NEIGHBOURS)
    end = other[:, 1:].ravel()
    joined = (end < candidates) & (random.random(end.size) < 0.5)
    rooted = np.flatnonzero(random.random(candidates) < 0.3)
    root = candidates
    capex = np.rint(random.uniform(30, 60, candidates))
    return PlanProblem(
        weight=np.rint(random.lognormal(3.5, 0.6, villages)) + 1.0,
        serves=csr_array(coo_array(entries, shape=(candidates, villages))),
        capex=capex,
        opex=np.rint(capex / 10.0),
        place=np.arange(candidates),
        node=np.arange(candidates),
        lock=np.full(candidates, FREE),
        power_action=np.repeat(np.arange(candidates), 2),
        power_capex=np.rint(random.uniform(2, 30, 2 * candidates)),
        power_opex=np.rint(random.uniform(1, 5, 2 * candidates)),
        is_root=np.append(np.zeros(candidates, dtype=bool), True),
        arc_from=np.concatenate([np.full(rooted.size, root), start[joined]]),
        arc_to=np.concatenate([rooted, end[joined]]),
        arc_capex=np.concatenate(
            [
                np.rint(random.uniform(10, 60, rooted.size)),
                np.rint(10.0 + away_km[:, 1:].ravel()[joined]),
            ]
        ),
        arc_opex=np.ones(rooted.size + int(joined.sum())),
        budget=float(capex.sum() / 10.0),
    )
