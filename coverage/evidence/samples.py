"""Measured: the samples taken around a place, their robust level and the class it makes."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage.evidence.view import UNKNOWN, View, accuracy_m, of_any
from coverage.params import EvidenceRules, Scenario, Technology
from coverage.text import spelling_key

_GROUP: Final = ["place", "technology", "key"]
_LADDER: Final = ("good", "weak", "none")


def measured_by_operator(
    places: gpd.GeoDataFrame, measurements: gpd.GeoDataFrame, scenario: Scenario, view: View
) -> pd.DataFrame:
    """Sum up the samples around each place, by technology and operator.

    A sample counts for every place within whose `sample_radius_m` (or coordinate accuracy, if that
    is larger) it was taken.

    Returns
    -------
    DataFrame
        Sorted by `place` (position in `places`), `technology`, `operator`; `key` of the operator;
        `samples` that count and `samples_outdated` that are too old; `measured_at` of the newest;
        medians `rsrp_dbm` and `download_mbps` of those that count; `measured_class`, by the level
        where there are enough levels (`measured_basis` "level"), else by the speed ("speed").
    """
    samples = _around(places, measurements, scenario.evidence)
    samples = samples[samples["key"].map(view.is_meant).astype(bool)]
    samples = samples.assign(counts=view.is_current(samples["measured_at"]))
    groups = samples.groupby(_GROUP)
    counting = samples[samples["counts"]].groupby(_GROUP)[["rsrp_dbm", "download_mbps"]]
    table = pd.DataFrame(
        {
            "operator": groups["operator"].min(),
            "samples": groups["counts"].sum().astype("int64"),
            "samples_outdated": (groups.size() - groups["counts"].sum()).astype("int64"),
            "measured_at": groups["measured_at"].max(),
        }
    ).join(counting.median())
    number = counting.count().reindex(table.index, fill_value=0)
    table = table.reset_index()
    grades = [
        _grade(row, levels, speeds, scenario)
        for row, levels, speeds in zip(
            table.itertuples(), number["rsrp_dbm"], number["download_mbps"], strict=True
        )
    ]
    table["operator"] = [
        view.names.get(key, name) for key, name in zip(table["key"], table["operator"], strict=True)
    ]
    table["measured_basis"] = [basis for basis, _ in grades]
    table["measured_class"] = [grade for _, grade in grades]
    table[["rsrp_dbm", "download_mbps"]] = table[["rsrp_dbm", "download_mbps"]].round(2)
    return table.sort_values(["place", "technology", "operator", "key"], ignore_index=True)


def _around(
    places: gpd.GeoDataFrame, measurements: gpd.GeoDataFrame, rules: EvidenceRules
) -> pd.DataFrame:
    """Pair places with the samples around them; `place` is a position."""
    placed = np.flatnonzero(places.geometry.notna())
    here = places.geometry.iloc[placed]
    radius_m = np.maximum(accuracy_m(places)[placed], rules.sample_radius_m)
    tree = cKDTree(np.column_stack([measurements.geometry.x, measurements.geometry.y]))
    near = tree.query_ball_point(np.column_stack([here.x, here.y]), radius_m, return_sorted=True)
    found = np.concatenate([np.zeros(0), *near]).astype(np.int64)
    taken = measurements.iloc[found]
    blank = pd.Series("", index=taken.index)
    nothing = pd.Series(np.nan, index=taken.index)
    pairs = pd.DataFrame(
        {
            "place": np.repeat(placed, [len(n) for n in near]),
            "technology": taken["technology"].to_numpy(),
            "operator": taken["operator"].to_numpy(),
            "key": taken["operator"].map(spelling_key).to_numpy(),
            "measured_at": taken.get("measured_at", blank).to_numpy(),
            "rsrp_dbm": taken.get("rsrp_dbm", nothing).to_numpy(dtype=float),
            "download_mbps": taken.get("download_mbps", nothing).to_numpy(dtype=float),
        }
    )
    return pairs.dropna(subset=["rsrp_dbm", "download_mbps"], how="all")


def _grade(row: Any, levels: int, speeds: int, scenario: Scenario) -> tuple[str, str]:
    """Return on what the class of a group rests, and the class."""
    rules = scenario.evidence
    if levels >= rules.min_samples:
        return "level", scenario.thresholds.technologies[row.technology].class_of(row.rsrp_dbm)
    limits = next((s for s in rules.speeds if s.technology == row.technology), None)
    if limits is not None and speeds >= rules.min_samples:
        return "speed", limits.class_of(row.download_mbps)
    return "", UNKNOWN


def measured_columns(
    table: pd.DataFrame, places: gpd.GeoDataFrame, technology: Technology, view: View
) -> pd.DataFrame:
    """Bring the samples of one technology to the places: columns as in presets/outputs.toml."""
    tag = technology.lower()
    own = table[table["technology"] == technology]
    groups = own.groupby("place")
    by_key = own.pivot_table(
        index="place", columns="key", values="measured_class", aggfunc="first", fill_value=UNKNOWN
    ).reindex(range(len(places)), fill_value=UNKNOWN)
    levels = own[own["measured_basis"] == "level"].groupby("place")["rsrp_dbm"].max()
    sums = groups[["samples", "samples_outdated"]].sum().reindex(by_key.index, fill_value=0)
    newest = groups["measured_at"].max().reindex(by_key.index, fill_value="")
    columns = {
        f"measured_class_{tag}": of_any(by_key, view.needed(technology), ladder=_LADDER),
        f"rsrp_measured_{tag}_dbm": levels.reindex(by_key.index),
        f"measured_samples_{tag}": sums["samples"],
        f"measured_outdated_{tag}": sums["samples_outdated"],
        f"measured_at_{tag}": newest,
    }
    return pd.DataFrame(columns).set_axis(places.index)
