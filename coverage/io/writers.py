"""Files out, written so that the same content always gives the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import rasterio.shutil
import xlsxwriter
from rasterio._err import CPLE_BaseError

from coverage.errors import CoverageError
from coverage.io import placing
from coverage.model import Raster
from coverage.text import Text

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_STAMP: Final = _EPOCH.strftime("%Y-%m-%dT%H:%M:%S.000Z")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_UNWRITTEN: Final = (
    *(pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, CPLE_BaseError),
    *(sqlite3.OperationalError, xlsxwriter.exceptions.FileCreateError),
)
"""What the libraries raise where a file cannot be written, a full disk included."""
Cell = str | int | float | bool | None


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON in UTF-8 with a fixed layout."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_csv(path: Path | IO[bytes], table: pd.DataFrame) -> None:
    """Write a table as CSV in UTF-8 with the mark that Excel needs; no text runs as a formula."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            cells = [not_a_formula(cell) for cell in safe[name]]
            safe[name] = pd.Series(cells, index=safe.index, dtype=object)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def write_cog(path: Path, raster: Raster, *, nodata: float, tags: Mapping[str, str]) -> None:
    """Write a cloud-optimised GeoTIFF."""
    height, width = raster.array.shape
    profile = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": 1,
        "dtype": raster.array.dtype.name,
        "crs": raster.crs,
        "transform": raster.transform,
        "nodata": nodata,
    }
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as plain:
            plain.write(raster.array, 1)
            plain.update_tags(**tags)
            plain.update_tags(1, **_statistics(raster.array, nodata))
        with memory.open() as plain:
            rasterio.shutil.copy(
                plain,
                path,
                driver="COG",
                compress="deflate",
                level="1",  # signal is nearly noise: higher levels take twice as long for 1 %
                predictor="yes",
                num_threads="1",
                bigtiff="if_safer",
                overview_resampling="nearest",
            )


def _statistics(values: np.ndarray[Any, Any], nodata: float) -> dict[str, str]:
    """Return the statistics of the known pixels, under the names GIS programs look for."""
    known = values[~np.isnan(values) & (values != nodata)].astype(float)
    if not known.size:
        return {}
    figures = {"MINIMUM": known.min(), "MAXIMUM": known.max(), "MEAN": known.mean()}
    figures |= {"STDDEV": known.std(), "VALID_PERCENT": 100.0 * known.size / values.size}
    return {f"STATISTICS_{name}": f"{value:.9g}" for name, value in figures.items()}


def write_layer(
    path: Path, layer: str, frame: gpd.GeoDataFrame, *, geometry_type: str | None = None
) -> None:
    """Add a layer to a GeoPackage; an empty one needs its `geometry_type` said, as in "Point"."""
    plain = gpd.GeoDataFrame(
        {name: _plain_column(frame[name]) for name in frame.columns if name != "geometry"},
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    with _fixed_date():
        pyogrio.write_dataframe(
            plain,
            path,
            layer=layer,
            driver="GPKG",
            append=path.exists(),
            geometry_type=geometry_type,
        )


def write_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Add styles (QML by layer) that QGIS applies on opening, in its `layer_styles` table."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(
            "CREATE TABLE IF NOT EXISTS layer_styles "
            "(id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
            "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
            "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
            "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
            "update_time DATETIME)"
        )
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'Phủ Sóng', '', ?)",
            [(layer, layer, qml, _STAMP) for layer, qml in styles.items()],
        )
        base.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_STAMP,),
        )


def write_workbook(
    path: Path, sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]]
) -> None:
    """Write an XLSX workbook: by sheet name, its header and rows. Text is never a formula."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": _EPOCH.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1})
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for column, title in enumerate(header):
                sheet.write_string(0, column, title, bold)
                widest = max((len(str(row[column] or "")) for row in rows), default=0)
                sheet.set_column(column, column, min(60, max(10, widest + 2)))
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(row):
                    _write_cell(sheet, number, column, cell)
            sheet.freeze_panes(1, 0)
            if rows:
                sheet.autofilter(0, 0, len(rows), len(header) - 1)


@contextmanager
def whole_folder(folder: Path, what: Text, *, manifest: str = "manifest.json") -> Iterator[Path]:
    """Give a temporary folder whose files are moved into `folder` when all are complete.

    A folder with a manifest thus always holds the files that the manifest names. What the earlier
    one names and the new one does not is removed, unless somebody changed it since.

    Parameters
    ----------
    folder
        Where the files go.
    what
        What is written, for the message.
    manifest
        Name of the file that lists the others.

    Raises
    ------
    CoverageError
        Where they cannot be written, with the reason.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with placing.workshop(folder.parent) as desk:
            try:
                yield desk
            except _UNWRITTEN as error:
                free_mib = shutil.disk_usage(desk).free / 2**20
                raise OSError(f"{error}; {free_mib:,.1f} MiB free") from error
            placing.move_in(desk, folder, manifest)
    except placing.BusyError as error:
        raise CoverageError(
            Text(
                f"Không ghi được {what.vi} vào {folder}: một lệnh khác đang ghi vào đó quá "
                f"{placing.PATIENCE_S:.0f} giây. Hãy chờ lệnh kia xong rồi chạy lại.",
                f"The {what.en} cannot be written to {folder}: another command has been writing "
                f"there for over {placing.PATIENCE_S:.0f} seconds. Wait for it and run again.",
            )
        ) from error
    except OSError as error:
        raise CoverageError(
            Text(
                f"Không ghi được {what.vi} vào {folder}: {error.strerror or error}. "
                "Nếu tệp đang mở trong Excel, hãy đóng lại rồi chạy lại.",
                f"The {what.en} cannot be written to {folder}: {error.strerror or error}. "
                "If a file is open in Excel, close it and run again.",
            )
        ) from error


def plain_cell(value: Any) -> Cell:
    """Return a table's value as a plain one: None for everything unknown."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return str(value)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, cell)


def not_a_formula(cell: Any) -> Any:
    """Return a cell such that no spreadsheet runs it."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return "'" + cell
    return cell


def _plain_column(column: pd.Series) -> Any:
    """Columns as GeoPackage holds them: unknown flags and counts become empty, not 0."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy()
    return column.astype(object).where(column.notna(), None).to_numpy()


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Let GDAL write the same time stamp every time."""
    earlier = os.environ.get("OGR_CURRENT_DATE")
    os.environ["OGR_CURRENT_DATE"] = _STAMP
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": earlier})
        if earlier is None:
            del os.environ["OGR_CURRENT_DATE"]
        else:
            os.environ["OGR_CURRENT_DATE"] = earlier
