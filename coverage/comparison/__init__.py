"""Two or more finished runs side by side: who wins, who loses, and what made the difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from coverage.comparison.changes import commune_changes, total_changes, village_changes
from coverage.comparison.differences import manifest_differences
from coverage.comparison.runs import Run, read_runs
from coverage.comparison.signals import SignalChange, change_table, signal_changes
from coverage.errors import InputDataError, Problem, ScenarioError
from coverage.text import Text

_FAR_KM: Final = 10.0
_KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Runs held against the first of them, the base.

    Each table has a column `run` with the label of the other run. `villages`: one row per run and
    village; `communes`: per run, commune and technology; `totals`: per run, technology, unit and
    figure; `signal`: per run and technology, where both runs have rasters on one grid, which
    `signal_changes` hold; `differences`: per run and entry of the manifests.
    """

    runs: tuple[Run, ...]
    villages: pd.DataFrame
    communes: pd.DataFrame
    totals: pd.DataFrame
    signal: pd.DataFrame
    signal_changes: tuple[SignalChange, ...]
    differences: pd.DataFrame
    warnings: tuple[Problem, ...]

    @property
    def is_synthetic(self) -> bool:
        """Whether any of the runs rests on made-up inputs."""
        return any(run.is_synthetic for run in self.runs)


def compare(base: Path | str, *others: Path | str) -> Comparison:
    """Hold the outputs of finished runs against those of a base run.

    Parameters
    ----------
    base
        Output folder of `run` or `plan`.
    others
        One or more further output folders.

    Raises
    ------
    InputDataError
        With all problems of all folders; also where a run has no village in common with the base.
    ScenarioError
        Where there is nothing to compare with.

    Examples
    --------
    >>> import coverage as cv
    >>> import shutil
    >>> copy = shutil.copytree("data/demo/outputs", "an_earlier_run")
    >>> comparison = cv.compare("data/demo/outputs", copy)
    >>> len(comparison.runs), len(comparison.differences)
    (2, 0)
    """
    if not others:
        raise ScenarioError(
            Text(
                "Cần ít nhất hai lần chạy để so sánh. Hãy nêu thêm một thư mục kết quả.",
                "A comparison needs at least two runs. Name one more output folder.",
            )
        )
    first, *rest = runs = read_runs([Path(folder) for folder in (base, *others)])
    errors = [problem for run in rest for problem in _strangers(first, run)]
    if errors:
        raise InputDataError(errors)
    changed = [village_changes(first, run) for run in rest]
    villages = pd.concat(changed, ignore_index=True)
    totals = [total_changes(table, first, run) for table, run in zip(changed, rest, strict=True)]
    signals = [signal_changes(first, run) for run in rest]
    subtracted = tuple(change for found, _ in signals for change in found)
    return Comparison(
        runs=runs,
        villages=villages,
        communes=pd.concat([commune_changes(table) for table in changed], ignore_index=True),
        totals=pd.concat(totals, ignore_index=True),
        signal=change_table(subtracted),
        signal_changes=subtracted,
        differences=pd.concat(
            [manifest_differences(first, run) for run in rest], ignore_index=True
        ),
        warnings=(
            *(problem for run in runs for problem in run.warnings),
            *(problem for run in rest for problem in _doubts(first, run)),
            *(problem for _, problems in signals for problem in problems),
        ),
    )


def _strangers(base: Run, other: Run) -> list[Problem]:
    """Return the error that two runs are of different areas, by their ids or by their places."""
    common = base.villages.index.intersection(other.villages.index)
    fix = Text(
        "Chỉ so sánh các lần chạy của cùng một địa bàn, với cùng mã thôn.",
        "Compare runs of one area, with the same ids of villages.",
    )
    if common.empty:
        what = Text(
            f"không có thôn nào chung với {base.label}: có vẻ là hai tỉnh khác nhau",
            f"no village in common with {base.label}: they seem to be different provinces",
        )
        return [_problem("no_common_village", other, what, fix)]
    apart_km = _apart_km(base, other)
    placed = apart_km.notna()
    if placed.any() and bool((apart_km[placed] > _FAR_KM).all()):
        what = Text(
            f"mã thôn trùng với {base.label} nhưng mọi thôn cùng mã cách nhau hơn "
            f"{_FAR_KM:g} km: có vẻ là hai tỉnh khác nhau",
            f"ids are those of {base.label}, yet all villages of one id lie more than "
            f"{_FAR_KM:g} km apart: they seem to be different provinces",
        )
        return [_problem("different_area", other, what, fix)]
    return []


def _doubts(base: Run, other: Run) -> list[Problem]:
    """Return warnings about what makes two runs hard to compare."""
    found = []
    absent = len(base.villages.index.symmetric_difference(other.villages.index))
    if absent:
        what = Text(
            f"{absent} thôn chỉ có trong một lần chạy (so với {base.label})",
            f"{absent} villages stand in one run only (against {base.label})",
        )
        fix = Text(
            "Các thôn này được liệt kê riêng (base_only, other_only).",
            "They are listed apart (base_only, other_only).",
        )
        found.append(_problem("one_run_only", other, what, fix, count=absent))
    moved = int((_apart_km(base, other) > _FAR_KM).sum())
    if moved:
        what = Text(
            f"{moved} thôn cùng mã cách vị trí trong {base.label} hơn {_FAR_KM:g} km",
            f"{moved} villages lie more than {_FAR_KM:g} km from their place in {base.label}",
        )
        fix = Text("Hãy kiểm tra mã thôn.", "Check the ids of villages.")
        found.append(_problem("moved_village", other, what, fix, count=moved))
    if base.edition != other.edition:
        what = Text(
            f"ấn bản địa giới {other.edition or '?'} khác {base.edition or '?'} của {base.label}",
            f"edition {other.edition or '?'} of communes, {base.edition or '?'} in {base.label}",
        )
        fix = Text(
            "Thôn có ở cả hai được cộng vào xã của lần chạy gốc.",
            "Villages of both are summed in the base run's communes.",
        )
        found.append(_problem("other_edition", other, what, fix))
    if base.plan and other.plan and base.currency != other.currency:
        what = Text(
            f"phương án tính bằng {other.currency or '?'}, không phải {base.currency or '?'}",
            f"the plan is in {other.currency or '?'}, not in {base.currency or '?'}",
        )
        fix = Text("Chênh lệch tiền được để trống.", "The difference of money is left empty.")
        found.append(_problem("other_currency", other, what, fix))
    return found


def _apart_km(base: Run, other: Run) -> pd.Series:
    """Return how far the villages of both runs moved; NaN where a place is not known."""
    common = base.villages.index.intersection(other.villages.index)
    a, b = base.villages.loc[common], other.villages.loc[common]
    north = b["latitude"] - a["latitude"]
    east = (b["longitude"] - a["longitude"]) * np.cos(np.radians(a["latitude"]))
    return pd.Series(np.hypot(north, east) * _KM_PER_DEGREE, index=common)


def _problem(rule: str, run: Run, what: Text, fix: Text, *, count: int = 1) -> Problem:
    is_error = rule in {"no_common_village", "different_area"}
    return Problem(
        severity="error" if is_error else "warning",
        rule=rule,
        file=f"{run.label}/villages.csv",
        what=what,
        fix=fix,
        count=count,
    )
