"""Who comes first: an open weighted score whose every part can be read, and how firm it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage.errors import Problem
from coverage.params import Criterion, PriorityRules, StabilityRules
from coverage.tables import flags, numbers
from coverage.text import Text

Weights = np.ndarray[Any, np.dtype[np.float64]]

TOPS: Final = (20, 50)
_LOW, _HIGH = 0.05, 0.95
_TIE: Final = 9
"""Scores that agree in so many decimals are a tie, whatever the order of their sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A score with its parts.

    `table` is indexed as the villages: `priority_score` (0-1), `priority_rank` (1 is first), and
    one `priority_<criterion>` per criterion that was used, which sum to the score. `unused` names
    the criteria whose column is absent or empty; their weight went to the others in proportion.
    `flat` names those on which all villages are equal, `unknown` counts the values that were
    missing by criterion.
    """

    table: pd.DataFrame
    unused: tuple[str, ...]
    flat: tuple[str, ...]
    unknown: Mapping[str, int]


def score(
    villages: pd.DataFrame, rules: PriorityRules, *, among: pd.DataFrame | None = None
) -> Ranking:
    """Score and rank villages.

    Each criterion is brought to 0-1 (see `scaled`), multiplied by its share of the weights and
    added up. Ties go by `village_id`.

    Parameters
    ----------
    villages
        With `village_id`, and the columns of the criteria as far as they exist.
    rules
        Criteria and weights; only the ratio of the weights matters.
    among
        Villages whose values make the scales; None takes those that are scored. With today's
        villages here, `villages` may hold what each would be if it alone were another.
    """
    today = villages if among is None else among
    used = _used(today, rules)
    values = _scaled_by_name(villages, used, today)
    parts = (values * _weight_shares(used)).round(6).add_prefix("priority_")
    points = parts.sum(axis=1).clip(0.0, 1.0).round(6)
    order = np.lexsort((villages["village_id"].astype(str).to_numpy(), -points.to_numpy()))
    rank = np.empty(len(villages), dtype=np.int64)
    rank[order] = np.arange(1, len(villages) + 1)
    names = {c.name for c in used}
    missing = {c.name: int(_readable(villages, c).isna().sum()) for c in used}
    return Ranking(
        table=parts.assign(priority_score=points, priority_rank=rank),
        unused=tuple(c.name for c in rules.criteria if c.name not in names),
        flat=tuple(n for n in values.columns if len(values) > 1 and np.ptp(values[n]) == 0),
        unknown={name: count for name, count in missing.items() if count},
    )


def stability(
    villages: pd.DataFrame, rules: PriorityRules, shaking: StabilityRules
) -> pd.DataFrame:
    """Rank villages again and again under random weights.

    Weights are drawn from a Dirichlet distribution with the given shares as its mean, by a seed; a
    criterion that weighs nothing stays out. The result does not depend on the order of rows.

    Returns
    -------
    DataFrame
        Indexed as the villages: `top20_share` and `top50_share` of the draws, and `rank_low` and
        `rank_high`, between which 90 % of the ranks lie (5 and 95 %).
    """
    used = _used(villages, rules)
    weights = _drawn_weights(_weight_shares(used), shaking)
    by_id = np.argsort(villages["village_id"].astype(str).to_numpy(), kind="stable")
    values = _scaled_by_name(villages, used, villages).to_numpy(dtype=float)[by_id]
    places = np.arange(1, len(villages) + 1, dtype=np.int32)
    ranks = np.empty((len(villages), shaking.draws), dtype=np.int32)
    for draw, drawn in enumerate(weights):
        points = (values * drawn).sum(axis=1).round(_TIE)
        ranks[by_id[np.argsort(-points, kind="stable")], draw] = places
    table = pd.DataFrame(
        {f"top{top}_share": (ranks <= top).mean(axis=1).round(4) for top in TOPS},
        index=villages.index,
    )
    ranks.sort(axis=1)
    for name, level in (("rank_low", _LOW), ("rank_high", _HIGH)):
        table[name] = ranks[:, int(np.ceil(level * shaking.draws)) - 1].astype(np.int64)
    return table


def scaled(
    villages: pd.DataFrame, criterion: Criterion, *, among: pd.DataFrame | None = None
) -> pd.Series:
    """Bring a criterion's column to 0-1, 1 being the most urgent.

    - `share`: already 0-1, clipped; `flag`: 1 where yes;
    - `maximum`: divided by the greatest value; `range`: 0 at the least, 1 at the greatest value;
    - `quantile`: share of the other villages with a less urgent value, so that one giant does not
      flatten the rest; equal values stay equal, and a value of 0 stays 0 where more is urgent.

    Where less is urgent, 1 - x takes the place of x. An unknown value becomes 0, the median of the
    known ones or 1, as the criterion's `missing` says. The other, least, greatest and median values
    are those of `among` (None: of `villages`).
    """
    values = _readable(villages, criterion)
    others = values if among is None else _readable(among, criterion)
    stand_in = {"zero": 0.0, "median": np.nan, "worst": 1.0}[criterion.missing]
    if criterion.missing == "median":
        stand_in = _urgency(others, others, criterion).median()
    return _urgency(values, others, criterion).fillna(stand_in).fillna(0.0)


def _urgency(values: pd.Series, others: pd.Series, criterion: Criterion) -> pd.Series:
    """Return how urgent each value is among others, 0-1; NaN where it is not known."""
    less = criterion.direction == "less"
    match criterion.scaling:
        case "quantile":
            known = np.sort(others.dropna().to_numpy())
            below = np.searchsorted(known, values.to_numpy(), side="right" if less else "left")
            passed = known.size - below if less else below
            share = pd.Series(passed / max(known.size - 1, 1), index=values.index).clip(0.0, 1.0)
            return (share if less else share.mask(values <= 0, 0.0)).where(values.notna())
        case "maximum":
            urgent = _divided(values, others.max())
        case "range":
            urgent = _divided(values - others.min(), others.max() - others.min())
        case _:
            urgent = values
    urgent = urgent.clip(0.0, 1.0)
    return 1.0 - urgent if less else urgent


def _used(villages: pd.DataFrame, rules: PriorityRules) -> list[Criterion]:
    """Return the criteria of which the data know something."""
    return [
        c
        for c in rules.criteria
        if c.column in villages.columns and _readable(villages, c).notna().any()
    ]


def _scaled_by_name(
    villages: pd.DataFrame, used: list[Criterion], among: pd.DataFrame
) -> pd.DataFrame:
    columns = {c.name: scaled(villages, c, among=among) for c in used}
    return pd.DataFrame(columns, index=villages.index)


def _readable(villages: pd.DataFrame, criterion: Criterion) -> pd.Series:
    """Return the criterion's column as numbers, yes being 1; NaN where there is none."""
    raw = villages[criterion.column]
    if criterion.scaling == "flag":
        return flags(raw).astype("Float64").astype(float)
    return numbers(raw)


def _divided(values: pd.Series, by: float) -> pd.Series:
    return values / by if by > 0 else values * 0.0


def _weight_shares(used: list[Criterion]) -> Weights:
    """Weights as shares of their sum; all 0 where nothing that weighs is known."""
    weights: Weights = np.array([c.weight for c in used], dtype=float)
    total = weights.sum()
    return weights / total if total > 0 else weights


def _drawn_weights(shares: Weights, shaking: StabilityRules) -> Weights:
    drawn: Weights = np.zeros((shaking.draws, shares.size))
    weighing = shares > 0
    if weighing.any():
        rng = np.random.default_rng(shaking.seed)
        alpha = shaking.concentration * shares[weighing]
        drawn[:, weighing] = rng.dirichlet(alpha, size=shaking.draws)
    return drawn


def remarks(ranking: Ranking) -> tuple[Problem, ...]:
    """Say which criteria could not be used, tell nothing apart, or lack values."""
    found = (
        (
            "criterion_without_data",
            ranking.unused,
            Text(
                "tiêu chí không có cột dữ liệu; trọng số được chia cho các tiêu chí còn lại",
                "the data lack the criterion's column; its weight went to the others",
            ),
            Text("Bổ sung cột hoặc bỏ tiêu chí.", "Add the column or drop the criterion."),
        ),
        (
            "criterion_all_equal",
            ranking.flat,
            Text(
                "mọi thôn bằng nhau ở tiêu chí này; nó không làm đổi thứ hạng",
                "all villages are equal on the criterion; it does not change the ranks",
            ),
            Text("Kiểm tra cột dữ liệu hoặc bỏ tiêu chí.", "Check the column, or drop it."),
        ),
        (
            "criterion_with_unknown_values",
            tuple(f"{name}: {count}" for name, count in ranking.unknown.items()),
            Text(
                "tiêu chí thiếu giá trị ở một số thôn; được tính theo quy tắc “missing”",
                "the criterion lacks values of some villages; its rule “missing” applies",
            ),
            Text("Bổ sung giá trị còn thiếu.", "Fill in the values."),
        ),
    )
    return tuple(
        Problem(
            severity="warning",
            rule=rule,
            file="[scenario.priority]",
            value=", ".join(names),
            what=what,
            fix=fix,
        )
        for rule, names, what, fix in found
        if names
    )
