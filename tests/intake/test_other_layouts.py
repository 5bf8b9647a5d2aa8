"""Layouts that offices use besides those of the made family: units in section rows, other words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pyproj import Transformer

from coverage.importing import import_file
from coverage.intake.columns import described
from coverage.intake.engine import propose
from coverage.intake.values import signals

ROWS = [
    # name, commune, latitude, longitude, households, population, power, signal
    ("Bản Bung", "Phong Quang", 22.17459, 105.79697, 1033, 4127, "x", "Có sóng tốt"),
    ("Nà Pài", "Phong Quang", 22.19021, 105.80112, 45, 190, "", "Có sóng yếu"),
    ("Khuổi Đeng", "Phong Quang", 22.16502, 105.78411, 28, 121, "x", "Không có sóng"),
]
TRUTH = ["good", "weak", "none"]


def vietnamese(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def sections(path: Path) -> Path:
    """Write a sheet whose only name column is "Tên đơn vị hành chính", communes as section rows."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:9213", always_xy=True)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["E1"] = "UBND TỈNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    top = ["TT", "Tên đơn vị hành chính", "Tọa độ VN-2000 (KTT 106°30', múi 3°)", None]
    top += ["Dân cư", None, "Có điện lưới QG (x)", "Tình trạng sóng"]
    below = [None, None, "X (m)", "Y (m)", "Số hộ", "Số khẩu", None, None]
    numbers: list[str | None] = [f"({n})" for n in range(1, 9)]
    for row, cells in enumerate((top, below, numbers), start=4):
        for column, heading in enumerate(cells, start=1):
            sheet.cell(row, column, heading)
    sheet.merge_cells("C4:D4")
    sheet.merge_cells("E4:F4")
    sheet.append(["I", "XÃ PHONG QUANG", None, None, 1106, 4438])
    for number, (name, _, latitude, longitude, *rest) in enumerate(ROWS, start=1):
        east, north = to_metres.transform(longitude, latitude)
        metres = [vietnamese(value, 3) for value in (north, east)]
        sheet.append([number, f"Thôn {name}", *(metres if number != 2 else metres[::-1]), *rest])
    sheet.append([None, "TỔNG CỘNG", None, None, 1106, 4438])
    book.save(path)
    return path


def test_units_in_section_rows_under_a_heading_of_units(shared: Path, tmp_path: Path) -> None:
    source = sections(tmp_path / "bieu.xlsx")
    done = import_file(source, "villages", tmp_path / "out.csv", project=shared / "data" / "backan")
    table = pd.read_csv(done.table, encoding="utf-8-sig", dtype={"commune_code": str})
    assert table["name"].tolist() == [f"Thôn {row[0]}" for row in ROWS]
    away_m = np.hypot(
        (table["longitude"] - [row[3] for row in ROWS]) * 103_000,
        (table["latitude"] - [row[2] for row in ROWS]) * 111_000,
    )
    assert float(away_m.max()) < 2.0  # as the acceptance of the messy sheet asks
    assert table["households"].tolist() == [1033, 45, 28]
    assert table["reported_signal"].tolist() == TRUTH
    assert set(table["commune_code"]) == {"01849"}
    report = pd.read_csv(done.report, encoding="utf-8-sig")
    assert (report["rule"] == "section_row").sum() == 1
    assert (report["rule"] == "total_row").sum() == 1


@pytest.mark.parametrize(
    "heading", ["Xóm/Tổ dân phố", "Bản", "Thôn, bản, khu phố", "Tên xóm (khu)", "Tiểu khu", "Buôn"]
)
def test_a_heading_of_kinds_of_village_names_the_village(heading: str) -> None:
    assert described((heading,), 0, "villages").field == "name"


@pytest.mark.parametrize("heading", ["Tổng số hộ", "Bản đồ", "Khu vực", "Xã, phường"])
def test_other_headings_do_not(heading: str) -> None:
    assert described((heading,), 0, "villages").field != "name"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("Có sóng tốt", "good"),
        ("Có sóng yếu", "weak"),
        ("Đã có sóng, chập chờn", "weak"),
        ("Sóng tốt, lõm sóng ở cuối thôn", None),
        ("Chưa có sóng 4G", "none"),
    ],
)
def test_signal_in_a_phrase(word: str, told: str | None) -> None:
    values, _ = signals([word], [2], column="reported_signal")
    assert values == [told]


def test_broken_populations_against_the_census(shared: Path) -> None:
    # published: the list as it stood on 2025-07-17, and the census of 2019 by the same communes;
    # a figure is broken where it is more than twice or less than half of the census
    folder = shared / "data"
    source = folder / "dirty" / "sapnhap_bando_4_provinces_2025-07-17_raw.csv"
    census = pd.read_csv(
        folder / "census" / "census2019_by_commune_122_with_codes_2019_2025-03_2025-07.csv"
    )
    people = census.groupby("commune_2025_07")["population_2019"].sum()
    people.index = people.index.str.replace(r"^(?:Xã|Phường)\s+", "", regex=True)
    draft = propose(source, "communes")
    marked = {f.row for f in draft.findings if f.rule.startswith("suspicious_population")}
    raw = pd.read_csv(source, dtype=str).assign(row=lambda table: range(2, len(table) + 2))
    ours = raw[raw["tentinh"].eq("tỉnh Thái Nguyên") & raw["tenhc"].isin(people.index)]
    assert len(ours) == 37
    times = ours["dansonguoi"].astype(float) / ours["tenhc"].map(people)
    is_broken = (times > 2.0) | (times < 0.5)
    is_marked = ours["row"].isin(marked)
    assert int(is_broken.sum()) == 10
    assert ours.loc[is_broken & ~is_marked, "tenhc"].tolist() == ["Yên Bình"]
    assert not (is_marked & ~is_broken).any()
