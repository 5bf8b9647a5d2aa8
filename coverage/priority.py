"""Who comes first: an open weighted score whose every part can be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coverage.params import Criterion, PriorityRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A score with its parts.

    `table` is indexed as the villages: `priority_score` (0-1), `priority_rank` (1 is first), and
    one `priority_<criterion>` per criterion that was used, which sum to the score. `unused` names
    the criteria whose column the data do not have; their weight went to the others in proportion.
    """

    table: pd.DataFrame
    unused: tuple[str, ...]


def score(
    villages: pd.DataFrame, rules: PriorityRules, *, among: pd.DataFrame | None = None
) -> Ranking:
    """Score and rank villages.

    Each criterion is brought to 0-1 (see `scaled`), multiplied by its share of the weights and
    added up. A value that is not known adds nothing. Ties go by `village_id`.

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
    used = [c for c in rules.criteria if c.column in villages.columns]
    unused = tuple(c.name for c in rules.criteria if c.column not in villages.columns)
    total = sum(c.weight for c in used)
    parts = pd.DataFrame(index=villages.index)
    for criterion in used:
        share = criterion.weight / total if total > 0 else 0.0
        parts[f"priority_{criterion.name}"] = (
            scaled(villages, criterion, among=among) * share
        ).round(6)
    points = parts.sum(axis=1).clip(0.0, 1.0).round(6)
    order = np.lexsort((villages["village_id"].astype(str).to_numpy(), -points.to_numpy()))
    rank = np.empty(len(villages), dtype=np.int64)
    rank[order] = np.arange(1, len(villages) + 1)
    table = parts.assign(priority_score=points, priority_rank=rank)
    return Ranking(table=table, unused=unused)


def scaled(
    villages: pd.DataFrame, criterion: Criterion, *, among: pd.DataFrame | None = None
) -> pd.Series:
    """Bring a criterion's column to 0-1, more being more urgent; unknown becomes 0.

    - `share`: already 0-1, clipped;
    - `flag`: 1 where yes; `not_flag`: 1 where no;
    - `maximum`: divided by the greatest value;
    - `quantile`: share of the villages with a smaller value, so that one giant does not flatten the
      rest; a value of 0 stays 0, equal values stay equal.

    The greatest and the smaller values are those of `among` (None: of `villages`).
    """
    raw = villages[criterion.column]
    match criterion.scaling:
        case "flag":
            return raw.astype("boolean").fillna(False).astype(float)
        case "not_flag":
            return (~raw.astype("boolean").fillna(True)).astype(float)
        case _:
            values = _numbers(raw)
    others = values if among is None else _numbers(among[criterion.column])
    if criterion.scaling == "maximum":
        greatest = others.max()
        values = values / greatest if greatest > 0 else values * 0.0
    elif criterion.scaling == "quantile":
        known = np.sort(others.dropna().to_numpy())
        smaller = np.searchsorted(known, values.to_numpy(), side="left")
        share = pd.Series(smaller / max(len(known) - 1, 1), index=values.index)
        values = share.where(values > 0, 0.0)
    return values.fillna(0.0).clip(0.0, 1.0)


def _numbers(raw: pd.Series) -> pd.Series:
    return pd.to_numeric(raw, errors="coerce").astype(float)
