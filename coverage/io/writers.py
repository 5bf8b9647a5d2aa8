"""Files out, written so that the same content always gives the same bytes."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, Final, Literal
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import rasterio.shutil
import xlsxwriter
from rasterio._err import CPLE_BaseError
from rasterio.windows import Window as Extent

from coverage.errors import CoverageError
from coverage.grid import Grid, Window
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
Cell = str | int | float | bool | date | None
Look = Literal["count", "share", "date"]
_LOOKS: Final[Mapping[Look, str]] = {"count": "#,##0", "share": "0.0%", "date": "dd/mm/yyyy"}
_COLUMNS_OF_A_PAGE: Final = 16
_A3, _A4 = 8, 9
_NARROWEST, _WIDEST = 10, 60
_TITLE_LINES: Final = 5
_RAGGED: Final = 1.1
"""Lines end at words, so a wrapped text takes more room than its letters."""
_LINE_PT: Final = 15


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its header and rows, how columns show, how many stand still."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    looks: Sequence[Look | None] = ()
    frozen_columns: int = 0

    @property
    def fits_a_page(self) -> bool:
        """Whether all columns go on one page; their long texts are wrapped then."""
        return len(self.header) <= _COLUMNS_OF_A_PAGE


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


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as the CSV that `write_csv` writes."""
    stream = io.BytesIO()
    write_csv(stream, table)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Category:
    """What one value of a raster of classes stands for, and how it is drawn."""

    title: str
    rgb: tuple[int, int, int]


def write_cog(
    path: Path,
    raster: Raster,
    *,
    nodata: float,
    tags: Mapping[str, str],
    categories: Sequence[Category] = (),
) -> None:
    """Write a cloud-optimised GeoTIFF.

    With `categories`, one for each value from 0 on, it carries a colour table. A GeoTIFF has no
    place for their titles: they stand in `path` + `.aux.xml`, where GDAL and QGIS look for them.
    """
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
            if categories:  # before the first pixel: it decides how the file is laid out
                plain.write_colormap(1, {k: one.rgb for k, one in enumerate(categories)})
            plain.write(raster.array, 1)
            plain.update_tags(**tags)
            plain.update_tags(1, **_statistics(raster.array, nodata))
        with memory.open() as plain:
            _cog_of(plain, path)
    if categories:
        names = "".join(f"<Category>{escape(one.title)}</Category>" for one in categories)
        path.with_name(f"{path.name}.aux.xml").write_text(
            '<PAMDataset><PAMRasterBand band="1">'
            f"<CategoryNames>{names}</CategoryNames></PAMRasterBand></PAMDataset>\n",
            encoding="utf-8",
            newline="\n",
        )


def _statistics(values: np.ndarray[Any, Any], nodata: float) -> dict[str, str]:
    """Return the statistics of the known pixels, under the names GIS programs look for."""
    known = values[~np.isnan(values) & (values != nodata)].astype(float)
    if not known.size:
        return {}
    figures = {"MINIMUM": known.min(), "MAXIMUM": known.max(), "MEAN": known.mean()}
    figures |= {"STDDEV": known.std(), "VALID_PERCENT": 100.0 * known.size / values.size}
    return {f"STATISTICS_{name}": f"{value:.9g}" for name, value in figures.items()}


def write_cog_by_window(
    path: Path,
    grid: Grid,
    parts: Iterable[tuple[Window, np.ndarray[Any, Any]]],
    *,
    dtype: str,
    nodata: float,
    tags: Mapping[str, str],
) -> None:
    """Write a cloud-optimised GeoTIFF from windows that never lie in memory together.

    Parameters
    ----------
    path, nodata, tags
        As for `write_cog`.
    grid
        Of the whole raster.
    parts
        Windows with their values, in a fixed order; what none covers is `nodata`.
    dtype
        Of the raster.
    """
    scratch = path.with_suffix(".partial.tif")
    try:
        with rasterio.open(scratch, "w", **tiled_profile(grid, dtype, nodata)) as plain:
            for window, values in parts:
                plain.write(values, 1, window=extent_of(window))
            plain.update_tags(**tags)
        _cog_of(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def tiled_profile(grid: Grid, dtype: str, nodata: float) -> dict[str, Any]:
    """Return how rasterio opens a GeoTIFF of one band that is written window by window."""
    return {
        "driver": "GTiff",
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": dtype,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": nodata,
        "tiled": True,
        "sparse_ok": True,
        "bigtiff": "if_safer",
    }


def extent_of(window: Window) -> Extent:
    """Return a window of the grid as rasterio names it."""
    return Extent(window.col0, window.row0, window.width, window.height)


def _cog_of(plain: Any, path: Path) -> None:
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


def write_workbook(path: Path, sheets: Mapping[str, Sheet]) -> None:
    """Write an XLSX workbook of sheets by name, ready to print. Text is never a formula."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": _EPOCH.replace(tzinfo=None)})
        wrap = {"text_wrap": True, "valign": "top"}
        bold = book.add_format({"bold": True, "border": 1} | wrap)
        plain = {True: book.add_format(wrap), False: None}
        formats = {
            look: book.add_format({"num_format": code, "valign": "top"})
            for look, code in _LOOKS.items()
        }
        for name, content in sheets.items():
            sheet = book.add_worksheet(name)
            widths = [_width(content, column) for column in range(len(content.header))]
            for column, (title, width) in enumerate(zip(content.header, widths, strict=True)):
                sheet.set_column(column, column, width)
                sheet.write_string(0, column, title, bold)
            looks = content.looks or [None] * len(content.header)
            for number, row in enumerate(content.rows, start=1):
                for column, (cell, look) in enumerate(zip(row, looks, strict=True)):
                    shown = formats[look] if look else plain[content.fits_a_page]
                    _write_cell(sheet, number, column, cell, shown)
            tall = (content.header, *(content.rows if content.fits_a_page else ()))
            for number, row in enumerate(tall):
                lines = max(_lines(cell, width) for cell, width in zip(row, widths, strict=True))
                if lines > 1:
                    sheet.set_row(number, lines * _LINE_PT)
            sheet.freeze_panes(1, content.frozen_columns)
            if content.rows:
                sheet.autofilter(0, 0, len(content.rows), len(content.header) - 1)
            _set_paper(sheet, content)


def _width(content: Sheet, column: int) -> int:
    """Return a column's width in letters: its cells', and room for its title in few lines."""
    cells = max((len(str(row[column] or "")) for row in content.rows), default=0)
    title = math.ceil(len(content.header[column]) / _TITLE_LINES)
    return min(_WIDEST, max(_NARROWEST, cells + 2, min(title, _WIDEST // 2)))


def _lines(cell: Cell, width: int) -> int:
    """Return how many lines a wrapped cell takes; not every program works it out on opening."""
    if not isinstance(cell, str):
        return 1
    parts = [len(part) for part in cell.split("\n")]
    return sum(1 if part <= width else math.ceil(_RAGGED * part / width) for part in parts)


def _set_paper(sheet: Any, content: Sheet) -> None:
    """Print landscape with the header on each page; what is not too wide on one page's width."""
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&R&P / &N")
    if content.fits_a_page:
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        return
    sheet.set_paper(_A3)
    if content.frozen_columns:
        sheet.repeat_columns(0, content.frozen_columns - 1)


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


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, look: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell, look)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, look)
    else:
        sheet.write_string(row, column, cell, look)


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
