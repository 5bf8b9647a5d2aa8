"""What leaves the house: tables, rasters, layers, the workbook, and the manifest of them all."""

from __future__ import annotations

from coverage.exports.tables import fibre_figures, plan_figures, totals
from coverage.exports.writing import write_outputs

__all__ = ["fibre_figures", "plan_figures", "totals", "write_outputs"]
