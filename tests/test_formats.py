"""What leaves the house passes the checkers of others: KML, COG, GeoParquet, and Excel's types."""

from __future__ import annotations

import shutil
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import geoparquet_validator
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
from fastkml import validator
from rio_cogeo.cogeo import cog_validate

from coverage.conversion import convert
from coverage.io.manifests import MANIFEST
from coverage.schema import output_columns, output_files

RASTERS: Final = ("rsrp_{}_dbm", "class_{}", "served_probability_{}", "server_{}")


# The long table counts in a column what the table of villages says in one of that name.
COUNTED: Final = {("Thống kê", "future_gap")}


@pytest.fixture(scope="module")
def exported(demo_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    convert(demo_plan, folder, forms=["kml", "kmz", "geoparquet"])
    return folder


@pytest.mark.parametrize("technology", ["3g", "4g", "5g"])
@pytest.mark.parametrize("name", RASTERS)
def test_a_raster_is_a_cog_to_rio_cogeo(demo_plan: Path, name: str, technology: str) -> None:
    path = demo_plan / f"{name.format(technology)}.tif"
    assert cog_validate(path, strict=True, quiet=True) == (True, [], [])


def test_a_raster_that_is_no_cog_is_found(demo_plan: Path, tmp_path: Path) -> None:
    with rasterio.open(demo_plan / "class_4g.tif") as raster:
        profile, values = raster.profile, raster.read(1)
    profile |= {"driver": "GTiff", "tiled": False, "blockxsize": values.shape[1], "blockysize": 1}
    big = np.tile(values, (4, 4))
    profile |= {"height": big.shape[0], "width": big.shape[1], "blockxsize": big.shape[1]}
    with rasterio.open(tmp_path / "plain.tif", "w", **profile) as plain:
        plain.write(big, 1)
    assert not cog_validate(tmp_path / "plain.tif", quiet=True)[0]


def test_kml_follows_the_schema_of_ogc_kml_2_2(exported: Path, tmp_path: Path) -> None:
    assert validator.validate(file_to_validate=exported / "results.kml")
    shutil.unpack_archive(exported / "results.kmz", tmp_path, "zip")
    assert validator.validate(file_to_validate=tmp_path / "doc.kml")


def test_kml_with_elements_out_of_order_is_found(exported: Path, tmp_path: Path) -> None:
    text = (exported / "results.kml").read_text(encoding="utf-8")
    wrong = text.replace("<Point>", "<Point><altitudeMode>high</altitudeMode>", 1)
    assert wrong != text
    (tmp_path / "wrong.kml").write_text(wrong, encoding="utf-8")
    with pytest.raises(AssertionError, match="altitudeMode"):
        validator.validate(file_to_validate=tmp_path / "wrong.kml")


def test_geoparquet_passes_the_validator_of_its_makers(exported: Path) -> None:
    # Core of 1.1. The class "distribution" wants statistics of the boxes, a matter of 2.0.
    files = sorted(exported.glob("*.parquet"))
    assert {file.stem for file in files} >= {"villages", "communes", "sites", "actions"}
    for file in files:
        report = geoparquet_validator.check(str(file))
        assert geoparquet_validator.failed(report, "core") == [], file.name
        assert geoparquet_validator.conformant(report), file.name


def test_a_table_that_is_no_geoparquet_is_found(exported: Path, tmp_path: Path) -> None:
    plain = pd.read_parquet(exported / "sites.parquet", columns=["site_id"])
    plain.to_parquet(tmp_path / "plain.parquet")
    report = geoparquet_validator.check(str(tmp_path / "plain.parquet"))
    assert geoparquet_validator.failed(report, "core")


@pytest.mark.parametrize("technology", ["3g", "4g", "5g"])
def test_classes_are_those_of_the_signal_and_unknown_is_no_data(
    demo_plan: Path, technology: str
) -> None:
    with rasterio.open(demo_plan / f"class_{technology}.tif") as raster:
        codes, colours, nodata = raster.read(1), raster.colormap(1), raster.nodata
    with rasterio.open(demo_plan / f"rsrp_{technology}_dbm.tif") as raster:
        dbm = raster.read(1)
    # published limits of the presets, docs/methods.md: 3G -100/-110, 4G -105/-115, 5G -110/-118
    good, weak = {"3g": (-100, -110), "4g": (-105, -115), "5g": (-110, -118)}[technology]
    known = codes != nodata
    assert nodata == 0
    step = 0.006  # the raster of signal is rounded to hundredths of a dB
    assert (dbm[codes == 1] >= good - step).all()
    assert ((dbm[codes == 2] >= weak - step) & (dbm[codes == 2] <= good + step)).all()
    assert not (dbm[codes == 3] > weak + step).any()
    assert known.any()
    assert not known.all()
    # by hand: #8cc4e8, #f5c84c, #c8695a, #d9d9d9 as in the map
    assert [colours[k] for k in range(4)] == [
        (0xD9, 0xD9, 0xD9, 0),
        (0x8C, 0xC4, 0xE8, 255),
        (0xF5, 0xC8, 0x4C, 255),
        (0xC8, 0x69, 0x5A, 255),
    ]


def test_every_file_of_a_plan_is_described(demo_plan: Path) -> None:
    patterns = [one.name for one in output_files()]
    written = [path.name for path in demo_plan.iterdir()]
    assert MANIFEST in written
    assert [n for n in written if not any(fnmatch(n, pattern) for pattern in patterns)] == []
    assert all(one.meaning.vi and one.meaning.en for one in output_files())


def test_every_column_of_every_table_and_layer_is_described(demo_plan: Path) -> None:
    known = {column.name for column in output_columns()}
    package = demo_plan / "results.gpkg"
    found = {f.name: pd.read_csv(f, nrows=0).columns for f in sorted(demo_plan.glob("*.csv"))}
    found |= {
        layer: pyogrio.read_info(package, layer=layer)["fields"]
        for layer, _ in pyogrio.list_layers(package)
        if layer != "layer_styles"
    }
    assert len(found) > 25
    for name, columns in found.items():
        # Those of criteria and indicators are named by the scenario.
        rest = [c for c in columns if not c.startswith(("priority_", "indicator_"))]
        assert set(rest) - known == set(), name


@pytest.fixture(scope="module")
def book(demo_plan: Path) -> Any:
    return openpyxl.load_workbook(demo_plan / "report.xlsx")


def columns_of(sheet: Any) -> dict[str, list[Any]]:
    """Return the cells below each heading by the name in its brackets."""
    return {
        str(column[0].value).rpartition("\n(")[2].rstrip(")"): list(column[1:])
        for column in sheet.columns
    }


def test_the_workbook_has_a_sheet_for_each_table(book: Any) -> None:
    assert {"Thôn", "Xã", "Cáp quang", "Thôn nối cáp", "Tuyến cáp", "Phương án", "Dự toán"} <= set(
        book.sheetnames
    )
    assert {"Từ điển", "Các tệp", "Cảnh báo", "Tổng hợp"} <= set(book.sheetnames)


def test_headings_stand_still_and_filter(book: Any) -> None:
    for sheet in book:
        assert sheet.freeze_panes in {"A2", "C2"}, sheet.title
        assert sheet.max_row == 1 or sheet.auto_filter.ref == sheet.dimensions, sheet.title
        assert sheet.print_title_rows == "$1:$1", sheet.title
    assert book["Thôn"].freeze_panes == book["Xã"].freeze_panes == "C2"


def test_cells_have_the_type_of_their_column(book: Any, demo_plan: Path) -> None:
    kinds = {column.name: str(column.kind) for column in output_columns()}
    wanted: dict[str, tuple[type, ...]] = {
        "number": (int, float),
        "count": (int,),
        "flag": (bool,),
        "date": (datetime,),
        "code": (str,),
        "text": (str,),
        "choice": (str,),
    }
    seen = set()
    for sheet in book:
        for name, cells in columns_of(sheet).items():
            if name not in kinds or (sheet.title, name) in COUNTED:
                continue
            filled = [cell.value for cell in cells if cell.value is not None]
            seen |= {kinds[name]} if filled else set()
            wrong = [value for value in filled if not isinstance(value, wanted[kinds[name]])]
            assert wrong == [], (sheet.title, name, kinds[name])
    assert seen == set(wanted)
    # by hand, from the table itself: a leading zero, a date and a share as they are there
    first = pd.read_csv(demo_plan / "villages.csv", dtype=str).iloc[0]
    row = {name: cells[0] for name, cells in columns_of(book["Thôn"]).items()}
    assert row["commune_code"].value == first["commune_code"]
    assert row["report_date"].value.date().isoformat() == first["report_date"]
    assert row["poor_household_share"].value == float(first["poor_household_share"])
    assert row["poor_household_share"].number_format == "0.0%"
    assert row["report_date"].number_format == "dd/mm/yyyy"


def test_no_cell_is_a_formula_or_a_link(book: Any) -> None:
    for sheet in book:
        assert not any(cell.data_type == "f" or cell.hyperlink for row in sheet for cell in row)


def test_the_dictionary_explains_every_heading(book: Any) -> None:
    explained = {row[0].value for row in book["Từ điển"].iter_rows(min_row=2)}
    wide = [sheet for sheet in book if "\n(" in str(sheet["A1"].value)]
    assert len(wide) > 10
    for sheet in wide:
        assert set(columns_of(sheet)) - explained <= {"source"}, sheet.title
    files = {row[0].value for row in book["Các tệp"].iter_rows(min_row=2)}
    assert files == {one.name for one in output_files()}
