"""Encodings, angles, numbers, systems, communes, stations, hostile files: piece by piece."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from messy import Style, made, save, to_tcvn3, to_vni

from coverage.errors import CoverageError, InputDataError
from coverage.intake.angles import angle_of, pair_of
from coverage.intake.draft import apply
from coverage.intake.engine import propose
from coverage.intake.legacy import from_tcvn3, from_vni, reading_of
from coverage.intake.numbers import Format, format_of, numeric_column
from coverage.intake.options import Statements
from coverage.intake.systems import in_degrees, stated_in

SMALL = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"


@pytest.mark.parametrize("letter", SMALL)
def test_legacy_tables_go_both_ways(letter: str) -> None:
    assert from_tcvn3(to_tcvn3(letter)) == letter
    assert from_vni(to_vni(letter)) == letter
    assert from_vni(to_vni(letter.upper())) == letter.upper()


def test_legacy_text_of_a_source() -> None:
    # published: the sample of domain.md §7.7 (TCVN3), and words of vietnamese-conversion (VNI).
    assert from_tcvn3("hép møt tÕt") == "hộp mứt tết"
    assert from_vni("Xin chaøo caùc baïn") == "Xin chào các bạn"


def test_unicode_stays_unicode() -> None:
    names = ["Bản Cạu", "Nà Pam", "Khuổi Dũm", "Thôn Đoàn Kết", "Café", "São Paulo"]
    reading = reading_of(names)
    assert [reading.of(name) for name in names] == names


ANGLES = [
    ("106030′", 106.5),
    ("21048’", 21.8),
    ("105°50'06\"", 105.835),
    ("105°50’06”", 105.835),
    ("105º50′06″", 105.835),
    ("22°08'49,2\"N", 22.147),
    ("22°08’49,2”B", 22.147),
    ("105 50 06", 105.835),
    ("105 độ 50 phút 6 giây", 105.835),
    ("E 105°50.1'", 105.835),
    ("105,34808", 105.34808),
    ("2.452.060,14", 2452060.14),
]


@pytest.mark.parametrize(("text", "degrees"), ANGLES)
def test_angles_in_every_writing(text: str, degrees: float) -> None:
    # by hand: degrees + minutes / 60 + seconds / 3600.
    found = angle_of(text, Format(",", 1.0))
    assert found is not None
    assert found.value == pytest.approx(degrees, abs=1e-9)


PAIRS = [
    ("105,34808/22,62924", (105.34808, 22.62924)),
    ("22,147, 105,835", (22.147, 105.835)),
    ("22.147,105.835", (22.147, 105.835)),
    ("22°08'49,2\" N, 105°50'06\" E", (105.835, 22.147)),
    ("X=2450092,49; Y=431212,19", (2450092.49, 431212.19)),
]


@pytest.mark.parametrize(("text", "pair"), PAIRS)
def test_two_coordinates_in_one_cell(text: str, pair: tuple[float, float]) -> None:
    found = pair_of(text, Format(",", 1.0))
    assert found is not None
    values = {round(angle.value, 6) for angle in found}
    assert values == {round(value, 6) for value in pair}


def test_the_reference_point_of_vn2000() -> None:
    # published: domain.md §4, EPSG:9213 ↔ WGS 84; 1e-8° is 1 mm.
    import numpy as np  # noqa: PLC0415

    lon, lat = in_degrees(
        np.array([431212.185]), np.array([2450092.490]), "EPSG:9213", crossed=False
    )
    assert lon[0] == pytest.approx(105.835, abs=1e-7)
    assert lat[0] == pytest.approx(22.147, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("Tọa độ VN-2000 (KTT 106°30', múi 3°)", "EPSG:9213"),
        ("VN2000, kinh tuyến trục 106030′, múi chiếu 3 độ", "EPSG:9213"),
        ("VN-2000 KTT 105 múi 6", "EPSG:3405"),
        ("UTM 48N WGS84", "EPSG:32648"),
        ("Tọa độ", ""),
    ],
)
def test_systems_that_headings_state(text: str, system: str) -> None:
    assert stated_in([text]).system == system


@pytest.mark.parametrize(
    ("cells", "whole", "values"),
    [
        (["1.030", "2.500", "12"], True, [1030, 2500, 12]),
        (["1,030", "2,500.5"], False, [1030, 2500.5]),
        (["3.359,80", "1.030"], False, [3359.8, 1030]),
        (["9,0", "15"], False, [9, 15]),
        (["1 030", "1\xa0030 hộ"], True, [1030, 1030]),
        ([1.03, 22.66], True, [1030, 22660]),
        (["-", "chưa rõ", "abc"], True, [None, None, None]),
    ],
)
def test_numbers_are_read_by_column(cells: list[Any], whole: bool, values: list[Any]) -> None:  # noqa: FBT001
    found, _, told = numeric_column(
        cells, list(range(len(cells))), column="n", whole=whole, is_typed=True
    )
    assert found == values
    assert len(told) >= sum(isinstance(c, str) and not c.isdecimal() for c in cells)


def test_a_column_that_proves_nothing_is_in_doubt() -> None:
    assert format_of(["1.030"], whole=False).confidence == 0.5


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_same_names_of_two_communes_are_never_joined(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        "Xã,Tên thôn,Kinh độ,Vĩ độ",
        "Xã Văn Lăng,Nà Pam,,",  # a commune of old Thái Nguyên, not among the 37
        "Xã Văn Lang,Nà Pam,,",
        "Xã Văn Lng,Nà Pam,,",
    )
    imported = apply(propose(file, "villages"))
    assert imported.table["commune_code"].tolist() == ["", "02143", ""]
    told = [f for f in imported.findings if f.rule == "unknown_commune"]
    assert [f.row for f in told] == [2, 4]
    assert "Văn Lang" in told[1].text.vi


def test_villages_without_coordinates_stay(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "Xã;Thôn;Số hộ", "Xã Ba Bể;Nà Pam;30", "Xã Ba Bể;Nà Cà;20")
    imported = apply(propose(file, "villages"))
    assert imported.table["longitude"].isna().all()
    assert sum(f.rule == "no_coordinates" for f in imported.findings) == 2


def test_degrees_under_a_vn2000_heading_are_asked(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        "Xã;Thôn;Kinh độ (VN-2000);Vĩ độ (VN-2000)",
        "Xã Ba Bể;Nà Pam;105,62012;22,40011",
        "Xã Ba Bể;Nà Cà;105,63012;22,41011",
    )
    draft = propose(file, "villages")
    assert any(f.rule == "datum_asked" for f in draft.findings)
    assert apply(draft).table["coordinate_accuracy_m"].tolist() == [250.0, 250.0]
    stated = apply(propose(file, "villages", statements=Statements(crs="EPSG:4756"))).table
    # published: 224 m between the two datums (domain.md §4), here mostly to the west.
    assert abs(float(stated["longitude"].iloc[0]) - 105.62012) * 103_000 == pytest.approx(
        196, abs=15
    )


def test_a_map_overrides_what_is_guessed(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "c1;c2;c3", "Nà Pam;Xã Ba Bể;30", "Nà Cà;Xã Ba Bể;20")
    with pytest.raises(InputDataError):
        propose(file, "villages")
    statements = Statements(columns={"name": "c1", "commune": "B", "households": "c3"})
    table = apply(propose(file, "villages", statements=statements)).table
    assert table["name"].tolist() == ["Nà Pam", "Nà Cà"]
    assert table["households"].tolist() == [30, 20]


def test_sites_unfold_to_cells(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        "Mã trạm;Kinh độ;Vĩ độ;Độ cao anten (m);Góc phương vị;Viettel 3G;Viettel 4G;VNPT 4G",
        "TQG0324;105,62012;22,40011;42;0/120/240;x;x;",
        "TQG0325;105,63012;22,41011;;;;;x",
    )
    table = apply(propose(file, "stations")).table
    # by hand: 2 carriers × 3 sectors + 1 carrier.
    assert len(table) == 7
    assert table["cell_id"].is_unique
    first = table[table["site_id"] == "TQG0324"]
    assert sorted(first["azimuth_deg"].astype(float).unique()) == [0.0, 120.0, 240.0]
    assert set(zip(first["operator"], first["technology"], strict=True)) == {
        ("Viettel", "3G"),
        ("Viettel", "4G"),
    }
    last = table.iloc[-1]
    assert last["operator"] == "VinaPhone"
    assert "antenna_height_m" in last["assumed"]


def test_crowd_positions_are_distrusted(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal",
        "LTE,452,4,10101,2816003,0,105.62,22.40,1000,2,1,1,1,0",
        "UMTS,452,1,10101,33001,0,105.63,22.41,900,50,1,1,1,0",
    )
    imported = apply(propose(file, "stations"))
    assert imported.table["operator"].tolist() == ["Viettel", "MobiFone"]
    assert imported.table["technology"].tolist() == ["4G", "3G"]
    rules = [f.rule for f in imported.findings]
    assert "crowd_positions" in rules
    assert rules.count("weak_position") == 1


def test_the_malformed_lists_tell_all_their_problems(shared: Path) -> None:
    folder = shared / "data" / "wavetrace_nz"
    with pytest.raises(InputDataError) as caught:
        propose(folder / "transmitters_bad_header.csv", "stations")
    assert "junk" in str(caught.value)
    findings = propose(folder / "transmitters_bad_values.csv", "stations").findings
    rules = {f.rule for f in findings}
    assert {"not_a_coordinate", "power_without_unit", "assumed_values"} <= rules
    assert [f.row for f in findings if f.rule == "not_a_coordinate"] == [3]


def test_broken_populations_are_caught(shared: Path) -> None:
    # published: domain.md §3 names the rows whose populations lost zeros or gained them.
    raw = shared / "data" / "dirty" / "sapnhap_bando_4_provinces_2025-07-17_raw.csv"
    imported = apply(propose(raw, "communes"))
    bad = {"Đức Xuân": 2266, "Ngân Sơn": 826, "Nghiên Loan": 1104, "Phủ Thông": 1332}
    bad |= {"Thượng Minh": 1103, "Chợ Mới": 80832, "Tân Kỳ": 32974, "Phúc Lộc": 28236}
    bad |= {"Văn Lang": 17949}
    told = {f.old for f in imported.findings if f.rule.startswith("suspicious_population")}
    assert {str(value) for value in bad.values()} <= told
    kept = set(imported.table["population"].dropna().astype(int))
    assert kept.isdisjoint(bad.values())


LAYERS = [
    ("a.geojson", "GeoJSON"),
    ("a.gpkg", "GPKG"),
    ("a.kml", "KML"),
    ("a.shp", "ESRI Shapefile"),
]


@pytest.mark.parametrize(("file", "driver"), LAYERS)
def test_map_layers_are_read(file: str, driver: str, tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"Name": ["Nà Pam", "Nà Cà"], "xa": ["Xã Ba Bể", "Xã Ba Bể"]},
        geometry=gpd.points_from_xy([105.62, 105.63], [22.40, 22.41]),
        crs="EPSG:4326",
    )
    points.to_file(tmp_path / file, driver=driver)
    table = apply(propose(tmp_path / file, "villages")).table
    assert table["name"].tolist() == ["Nà Pam", "Nà Cà"]
    assert table["longitude"].astype(float).tolist() == [105.62, 105.63]
    assert table["latitude"].astype(float).tolist() == [22.40, 22.41]


def bomb(path: Path) -> Path:
    """Write an XLSX whose sheet unpacks to 600 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(600):
                member.write(b" " * 2**20)
    return path


def far_cell(path: Path) -> Path:
    """Write a small XLSX whose one cell stands in the last corner of the sheet."""
    save(made(Style(), seed=1, communes=1, each=2), path)
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                content = content.replace(
                    b"</sheetData>",
                    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
                )
            new.writestr(entry.filename, content)
    path.write_bytes(data.getvalue())
    return path


def entities(path: Path) -> Path:
    path.write_text('<!DOCTYPE kml [<!ENTITY a "aaaa">]><kml>&a;</kml>', encoding="utf-8")
    return path


def vrt(path: Path) -> Path:
    path.write_text(
        "<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTDataSource>"
    )
    return path


@pytest.mark.parametrize(
    ("make", "file", "rule"),
    [
        (bomb, "a.xlsx", "too_large"),
        (far_cell, "a.xlsx", "too_many_cells"),
        (entities, "a.kml", "xml_entities"),
        (vrt, "a.gpkg", "unsupported_format"),
    ],
)
def test_hostile_files_are_refused(
    make: Callable[[Path], object], file: str, rule: str, tmp_path: Path
) -> None:
    with pytest.raises(InputDataError) as caught:
        propose(make(tmp_path / file), "villages")
    assert caught.value.problems[0].rule == rule


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, 5000),
    noise=st.binary(max_size=40),
    at=st.floats(0, 1),
    suffix=st.sampled_from([".xlsx", ".xls", ".ods", ".csv"]),
)
def test_damaged_files_give_typed_errors_only(
    cut: int, noise: bytes, at: float, suffix: str, tmp_path: Path
) -> None:
    sound = tmp_path / f"sound{suffix}"
    if not sound.exists():
        save(made(Style(), seed=1, communes=1, each=3), sound)
    data = bytearray(sound.read_bytes())
    place = int(at * len(data))
    data[place : place + len(noise)] = noise
    damaged = tmp_path / f"damaged{suffix}"
    damaged.write_bytes(bytes(data[: max(0, len(data) - cut)]))
    with contextlib.suppress(CoverageError):  # any other error fails the test
        apply(propose(damaged, "villages"))


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coverage", "import", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def test_the_command_writes_a_table_and_a_report(tmp_path: Path) -> None:
    sheet = made(Style(), seed=9, communes=2, each=5)
    save(sheet, tmp_path / "danh sách.xlsx")
    done = run("danh sách.xlsx", "--as", "villages", "--out", "out/thôn.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out" / "thôn.csv", dtype=str)
    report = pd.read_csv(tmp_path / "out" / "import_report.csv", dtype=str)
    assert len(table) == len(sheet.truth)
    assert {"file", "row", "column", "old_value", "new_value", "rule", "confidence"} <= set(report)
    assert report["id"].is_unique
    assert "section_row" in set(report["rule"])
    refused = run("không có.xlsx", "--as", "villages", "--out", "b.csv", cwd=tmp_path)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_formulas_leave_as_text(tmp_path: Path) -> None:
    from coverage.importing import import_file  # noqa: PLC0415

    file = write(
        tmp_path / "a.csv", "Xã;Tên thôn;Số hộ", 'Xã Ba Bể;"=HYPERLINK(""x"")";3', "Xã Ba Bể;@a;4"
    )
    outcome = import_file(file, "villages", tmp_path / "o.csv")
    assert pd.read_csv(outcome.table)["name"].str.startswith("'").all()
