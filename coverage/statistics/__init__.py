"""Statistics by commune, old district and province, in every edition that the villages lead to.

Every figure has its numerator, its denominator and what is unknown beside; sums over the units of
any level are the sums over the villages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import pandas as pd

from coverage.model import Inputs, Prediction, Statistics
from coverage.params import Scenario, Technology
from coverage.statistics.counting import (
    cell_counts,
    commune_areas_km2,
    future_gaps,
    weights_of,
)
from coverage.statistics.four_cells import four_cells
from coverage.statistics.scopes import ANY, village_codes
from coverage.statistics.tables import Material, long_table, wide_table
from coverage.statistics.units import levels

__all__ = ["future_gaps", "summarised"]

_NO_DISTRICTS: Final = ["district_code", "name", "edition", "date"]


def summarised(
    villages: gpd.GeoDataFrame,
    classes: Mapping[tuple[Technology, str], pd.Series],
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    operator: str = "",
) -> tuple[gpd.GeoDataFrame, Statistics]:
    """Count what is covered.

    Parameters
    ----------
    villages
        With `future_gap`, and a commune where they have one.
    classes
        Their class by technology and operator, "" for any (`gaps.operator_classes`).
    inputs, prediction, scenario
        What is known, predicted and ruled.
    operator
        Whose service the commune tables show; "" for any.

    Returns
    -------
    tuple
        The communes of the layer with their shapes, and all statistics.
    """
    material = Material(
        weights=weights_of(villages),
        codes=village_codes(classes, prediction),
        cells=cell_counts(inputs, prediction, scenario),
        area_km2=commune_areas_km2(inputs),
        gap_codes=villages["future_gap"].astype("Int64").fillna(2).to_numpy(dtype=int),
        ends=scenario.switch_off,
        date=_date(inputs),
    )
    found = levels(inputs, villages)
    scope = operator or ANY
    tables = {
        (level.name, level.edition): wide_table(level, material, scope=scope) for level in found
    }
    layer, *others = [level for level in found if level.name == "commune"]
    districts = [table for (name, _), table in tables.items() if name == "district"]
    return _with_shapes(tables["commune", layer.edition], inputs.communes), Statistics(
        date=material.date,
        table=long_table(found, material),
        communes={level.edition: tables["commune", level.edition] for level in others},
        districts=pd.concat(districts, ignore_index=True)
        if districts
        else pd.DataFrame(columns=_NO_DISTRICTS),
        four_cells=four_cells(villages, material),
    )


def _with_shapes(table: pd.DataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give communes their shapes; the last row of villages without a commune has none."""
    shapes = [*communes.geometry, *[None] * (len(table) - len(communes))]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=communes.crs)


def _date(inputs: Inputs) -> str:
    """Return the day the figures stand for: the project's, else that of the latest report."""
    if inputs.project.date is not None:
        return inputs.project.date.isoformat()
    if "report_date" not in inputs.villages.columns:
        return ""
    return str(max(inputs.villages["report_date"].fillna("").astype(str), default=""))
