"""Which villages lack fibre, how far they are from where it can be tapped, and who lives there.

Whether a village has fibre is what the village table says; a village of which it says nothing is
counted apart.
"""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.params import FibreRules
from coverage.tables import flags

DISTANCE_CLASSES: Final = ("near", "medium", "far", "remote", "unknown")
_WEIGHTS: Final = ("villages", "households", "population")
_STATES: Final = ("with_fibre", "without_fibre", "unknown_fibre")


def grade(villages: pd.DataFrame, distance_m: pd.Series, rules: FibreRules) -> pd.DataFrame:
    """Grade villages by their distance to fibre.

    Parameters
    ----------
    villages
        With `households` and `population`, and `has_fibre` where the project knows it.
    distance_m
        To the nearest node or tappable line, NaN where not known.
    rules
        Limits of the classes; a limit belongs to the nearer class.

    Returns
    -------
    DataFrame
        Indexed as the villages: `fibre_distance_class` (near, medium, far, remote, unknown),
        `households_without_fibre` and `population_without_fibre` (0 where there is fibre, empty
        where nothing says whether there is).
    """
    limits_m = (rules.near_m, rules.medium_m, rules.far_m)
    position = np.searchsorted(limits_m, distance_m.to_numpy(dtype=float), side="left")
    names = np.array(DISTANCE_CLASSES, dtype=object)[position]
    table = pd.DataFrame(index=villages.index)
    table["fibre_distance_class"] = np.where(distance_m.isna(), "unknown", names)
    served = _has_fibre(villages)
    for what in ("households", "population"):
        table[f"{what}_without_fibre"] = (
            villages[what].astype("Int64").mask(served.fillna(False), 0).mask(served.isna())
        )
    return table


def summary(villages: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count villages, households and people with and without fibre, by commune and class.

    Parameters
    ----------
    villages
        Graded villages, with `commune_code`.
    communes
        The layer; its order is kept. Villages of none of them make a last group.

    Returns
    -------
    DataFrame
        `level` (province, commune, no_commune), `commune_code`, `commune_name`, `edition`,
        `fibre_distance_class`, and per villages, households and population the whole and the three
        parts it consists of: `_with_fibre`, `_without_fibre`, `_unknown_fibre`. Every group has a
        row per class, so that each level sums to the same figures.
    """
    counts = _counts(villages)
    code = villages["commune_code"].where(
        villages["commune_code"].isin(communes["commune_code"]), ""
    )
    classes = pd.Index(DISTANCE_CLASSES, name="fibre_distance_class")
    whole = counts.groupby(villages["fibre_distance_class"]).sum().reindex(classes, fill_value=0)
    groups = communes[["commune_code", "name"]].rename(columns={"name": "commune_name"})
    groups = pd.DataFrame(groups).assign(
        level="commune", edition=communes["edition"] if "edition" in communes.columns else ""
    )
    if (code == "").any():
        groups.loc[len(groups)] = {"commune_code": "", "commune_name": "", "level": "no_commune"}
    by_commune = counts.groupby([code, villages["fibre_distance_class"]]).sum()
    every = pd.MultiIndex.from_product(
        [groups["commune_code"], classes], names=["commune_code", classes.name]
    )
    parts = by_commune.reindex(every, fill_value=0).reset_index()
    parts = groups.merge(parts, on="commune_code", validate="one_to_many")
    table = pd.concat([whole.reset_index().assign(level="province"), parts], ignore_index=True)
    names = ["level", "commune_code", "commune_name", "edition", "fibre_distance_class"]
    table[names] = table[names].fillna("")
    return table[[*names, *counts.columns]]


def _has_fibre(villages: pd.DataFrame) -> pd.Series:
    if "has_fibre" not in villages.columns:
        return pd.Series(pd.NA, index=villages.index, dtype="boolean")
    return flags(villages["has_fibre"])


def _counts(villages: pd.DataFrame) -> pd.DataFrame:
    """Per village: what it adds to each column of the summary."""
    served = _has_fibre(villages)
    states = (served.fillna(False), ~served.fillna(True), served.isna())
    counts = pd.DataFrame(index=villages.index)
    for what in _WEIGHTS:
        weight = villages[what].astype("int64") if what != "villages" else 1
        counts[what] = weight
        for name, holds in zip(_STATES, states, strict=True):
            counts[f"{what}_{name}"] = holds.astype("int64") * weight
    return counts
