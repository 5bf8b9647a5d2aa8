"""The layers of a run and of a plan as one GeoPackage, each with its style."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from coverage.exports.styles import (
    class_style,
    commune_style,
    planned_lines_style,
    planned_points_style,
    site_style,
)
from coverage.io import writers
from coverage.model import FibrePlan, Plan, Result


def write_package(result: Result, path: Path) -> None:
    """Write villages, communes, sites and clusters, with how QGIS draws them."""
    writers.write_layer(path, "villages", result.villages)
    writers.write_layer(path, "communes", result.communes)
    writers.write_layer(path, "sites", _sites(result))
    styles = {
        "villages": class_style("signal_class_4g"),
        "communes": commune_style(),
        "sites": site_style(),
    }
    if result.clusters is not None:
        writers.write_layer(path, "clusters", result.clusters)
        styles["clusters"] = class_style("verdict_4g")
    writers.write_styles(path, styles)


def write_plan_layers(plan: Plan, path: Path) -> None:
    """Add what a plan builds to the package of its run."""
    for name, layer, kind in (
        ("actions", plan.actions, "Point"),
        ("links", plan.links, "LineString"),
        ("fibre_routes", plan.fibre_routes, "LineString"),
    ):
        writers.write_layer(path, name, layer, geometry_type=kind)
    writers.write_styles(
        path,
        {
            "actions": planned_points_style(),
            "links": planned_lines_style(is_radio=True),
            "fibre_routes": planned_lines_style(is_radio=False),
        },
    )


def write_fibre_layers(plan: FibrePlan, path: Path) -> None:
    """Add new fibre and the villages it joins to the package of their run."""
    writers.write_layer(path, "fibre_routes", plan.routes, geometry_type="LineString")
    writers.write_layer(path, "fibre_villages", plan.villages, geometry_type="Point")
    writers.write_styles(
        path,
        {
            "fibre_routes": planned_lines_style(is_radio=False),
            "fibre_villages": planned_points_style(),
        },
    )


def _sites(result: Result) -> gpd.GeoDataFrame:
    """One point per site, with what stands on it."""
    stations = result.inputs.stations
    groups = stations.groupby("site_id", sort=True)
    return gpd.GeoDataFrame(
        {
            "site_id": list(groups.groups),
            "operator": groups["operator"].agg(_listed).to_numpy(),
            "technologies": groups["technology"].agg(_listed).to_numpy(),
            "frequencies_mhz": groups["frequency_mhz"].agg(_listed).to_numpy(),
            "status": groups["status"].agg(_listed).to_numpy(),
            "antenna_height_m": groups["antenna_height_m"].max().to_numpy(),
            "cells": groups.size().to_numpy(),
        },
        geometry=groups["geometry"].first().to_numpy(),
        crs=stations.crs,
    )


def _listed(values: pd.Series) -> str:
    words = {f"{v:g}" if isinstance(v, float) else str(v) for v in values}
    return ", ".join(sorted(words))
