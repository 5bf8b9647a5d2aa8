"""Whatever stands in a file: a table, or the package's own errors; never another, never a hang."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coverage.errors import CoverageError
from coverage.intake import angles, numbers, values
from coverage.intake.draft import apply
from coverage.intake.engine import propose

# Pieces of which offices' cells are made, and what no office would write.
PIECES = [
    *("105°", "22", "º", "′", "’", '"', "”", "''", "đ", "B", "Đ", "N", "E", "Bắc", "Đông", "/"),
    *(";", ",", ".", "-", "+", " ", "\u00a0", "106030’", "2.450.092,490", "1e400", "NaN", "inf"),
    *("١٢", "x", "Có", "Không", "31/02/2025", "45000", "0", "\x00", "=1+1", "😀", "\u0301", "∞"),
]
CELL = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(max_size=12),
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False).map(str),
)
HEADINGS = [
    "STT",
    "Tên thôn",
    "Xã",
    "Kinh độ",
    "Vĩ độ",
    "Tọa độ X",
    "Y",
    "Số hộ",
    "Có điện",
    "Sóng",
]
QUIET = settings(
    max_examples=60, deadline=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FEWER = settings(QUIET, max_examples=25, deadline=10_000)


def read(path: Path) -> None:
    with contextlib.suppress(CoverageError):  # any other error fails the test
        apply(propose(path, "villages"))


@settings(max_examples=400, deadline=500)
@given(CELL, st.sampled_from([",", "."]))
@example("105°48’60,000”", ",")
@example("9" * 5_000, ".")
def test_a_cell_is_read_or_is_not(cell: str, sign: numbers.Decimal) -> None:
    form = numbers.Format(decimal=sign, confidence=1.0)
    angles.angle_of(cell, form)
    angles.pair_of(cell, form)
    written = numbers.written(cell)
    assert written is None or isinstance(numbers.value_of(written, form), float)
    for reader in (values.signals, values.dates, values.names):
        found, _ = reader([cell], [2], column="c")
        assert len(found) == 1


@QUIET
@given(content=st.binary(max_size=600))
def test_any_bytes_as_a_text_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    read(path)


@FEWER
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=len(HEADINGS)), max_size=8),
    sign=st.sampled_from([",", ";", "\t"]),
    code=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_cells_under_known_headings(
    rows: list[list[str]], sign: str, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    text = "\n".join(sign.join(row) for row in [HEADINGS, *rows])
    path.write_bytes(text.encode(code, errors="replace"))
    read(path)


@FEWER
@given(
    rows=st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(-(10**9), 10**9),
                st.floats(allow_nan=False, allow_infinity=False),
                st.dates(),
                CELL.filter(lambda cell: not openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.search(cell)),
            ),
            max_size=6,
        ),
        max_size=8,
    ),
    hidden=st.sets(st.integers(1, 9)),
)
def test_any_cells_of_a_workbook(
    rows: list[list[object]], hidden: set[int], tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    book.save(tmp_path / "a.xlsx")
    read(tmp_path / "a.xlsx")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), CELL),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "coordinates", "properties", "crs"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@FEWER
@given(features=st.lists(JSON, max_size=4))
def test_any_features(features: list[object], tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    read(path)


@FEWER
@given(
    inner=st.lists(
        st.sampled_from(["Placemark", "name", "Point", "coordinates", "a&b"]), max_size=6
    )
)
def test_any_markup(inner: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    opened = "".join(f"<{tag}>" for tag in inner)
    closed = "".join(f"</{tag}>" for tag in reversed(inner))
    path.write_text(f"<kml><Document>{opened}105.8,22.1{closed}</Document></kml>", "utf-8")
    read(path)
