"""Clusters of houses inside a village: a village with signal can hold a dark one."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage.evidence.view import UNKNOWN
from coverage.params import MAIN_TECHNOLOGY

_SEVERITY: Final = {"good": 0.0, "weak": 0.5, "none": 1.0, UNKNOWN: np.nan}
_VERDICT: Final = f"verdict_{MAIN_TECHNOLOGY.lower()}"


def cluster_counts(villages: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Count each village's clusters, those without signal, and the households in them.

    `clusters` 0 means that none is listed; how many of them are dark is then not known.
    """
    dark, unknown = clusters[_VERDICT] == "none", clusters[_VERDICT] == UNKNOWN
    sums = _sums(
        villages,
        clusters,
        {
            "clusters": pd.Series(1, index=clusters.index),
            "clusters_dark_4g": dark.astype(int),
            "clusters_unknown_4g": unknown.astype(int),
            "households_in_dark_clusters_4g": clusters["households"].where(dark, 0),
        },
    ).astype("Int64")
    sums.loc[sums["clusters"] == 0, sums.columns[1:]] = pd.NA
    return sums


def gap_size(
    places: pd.DataFrame, verdict: pd.Series, clusters: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return how grave a lack of 4G is, given the verdict of each place.

    Households of clusters with a verdict of their own count by it, the other households of the
    village by the village's; where that is unknown, the clusters alone count.

    Returns
    -------
    DataFrame
        `severity`: 0 good, 0.5 weak, 1 none, mean over households; `households_unserved`: those
        without good signal; `population_unserved`: the same share of the people. All empty where
        nothing is known, people also where their number is not stated.
    """
    own = verdict.map(_SEVERITY).astype(float)
    households = places["households"].astype(float)
    severity, unserved = own, households.where(own > 0, 0.0).where(own.notna())
    if clusters is not None:
        grade = clusters[_VERDICT].map(_SEVERITY).astype(float)
        settled = clusters["households"].astype(float).where(grade.notna(), 0.0)
        sums = _sums(
            places,
            clusters,
            {
                "settled": settled,
                "severity": settled * grade.fillna(0.0),
                "unserved": settled.where(grade > 0, 0.0),
            },
        )
        rest = (households - sums["settled"]).clip(lower=0.0).where(own.notna(), 0.0)
        mean = (rest * own.fillna(0.0) + sums["severity"]) / (rest + sums["settled"])
        both = (rest.where(own > 0, 0.0) + sums["unserved"]).clip(upper=households)
        severity = mean.where(sums["settled"] > 0, severity)
        unserved = both.where(sums["settled"] > 0, unserved)
    unstated = pd.Series(np.nan, index=places.index)
    people = places.get("population", unstated).astype(float)
    shared = people * (unserved / households.where(households > 0))
    alone = people.where(own > 0, 0.0).where(own.notna() & people.notna())
    return pd.DataFrame(
        {
            "severity": severity.round(6),
            "households_unserved": unserved.round().astype("Int64"),
            "population_unserved": shared.where(households > 0, alone).round().astype("Int64"),
        }
    )


def _sums(
    villages: pd.DataFrame, clusters: pd.DataFrame, values: dict[str, pd.Series]
) -> pd.DataFrame:
    """Sum clusters' values by village, indexed as the villages."""
    sums = pd.DataFrame(values).astype(float).groupby(clusters["village_id"]).sum()
    return sums.reindex(villages["village_id"], fill_value=0.0).set_axis(villages.index)
