"""Sheets as offices send them, made from a truth: many layouts, systems, spellings, file kinds."""

from __future__ import annotations

import csv
import io
import random
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd
import pyproj
import xlwt

from coverage.administration import AFTER_REFORM, BEFORE_REFORM, administration
from coverage.intake.legacy import TCVN3, VNI
from coverage.text import without_accents

NAMES: Final = (
    "Nà Pam", "Khuổi Dũm", "Bản Cạu", "Đôn Tuôn", "Nà Chuông", "Thác Riềng", "Lũng Cháng",
    "Pác Nghè", "Khau Cưởm", "Cốc Xả", "Nà Ỏi", "Bản Piềng", "Phia Đén", "Tát Vạ", "Nặm Lìn",
    "Khuổi Ún", "Vằng Mười", "Tổng Ngay", "Cộng Hòa", "Quyết Tiến", "Đoàn Kết", "Nà Mỵ",
    "Bó Lịn", "Slam Vè", "Hạ Sơn", "Thượng Giáp", "Lủng Tráng", "Pù Có", "Kéo Đeng", "Bản Hậu",
)  # fmt: skip
KINDS: Final = ("Thôn", "Bản", "Xóm", "thôn", "Tổ", "Khu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a sheet looks; every choice is one that real sheets make."""

    order: tuple[str, ...] = (
        "order", "commune", "name", "households", "population", "poor", "power", "place", "signal",
        "note",
    )  # fmt: skip
    title: str = "national"  # national | short | none
    header: str = "merged"  # merged (two rows) | flat
    numbering: str = "brackets"  # brackets | letters | none
    communes: str = "merged"  # merged | first | repeated | sections | sections_in_name | code
    spelling: str = "plain"  # plain | old | unaccented | tones
    system: str = "EPSG:9213"
    states_system: bool = True
    written: str = "metres"  # metres | decimal | dms | dm | lost_sign | one_cell
    north_first: bool = True
    swapped: float = 0.06
    comma_numbers: float = 0.2
    text_numbers: float = 0.1
    decomposed: float = 0.1
    blanks: float = 0.1
    ticks: bool = False
    subtotals: bool = True
    total: bool = True
    notes: bool = True
    hidden: int = 1
    dittos: bool = True
    letters: str = "unicode"  # unicode | tcvn3 | vni | utf8_as_cp1252


@dataclass
class Messy:
    """Cells, merged ranges (1-based rows, 0-based columns) and hidden rows; and the truth."""

    rows: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    extra_rows: int = 0


def made(style: Style, *, seed: int, communes: int = 4, each: int = 9) -> Messy:
    """Make a sheet of `communes` × `each` villages in a style."""
    rng = random.Random(seed)  # noqa: S311
    units = [u for u in administration().of(AFTER_REFORM) if u.longitude is not None]
    chosen = rng.sample(units, communes)
    sheet = Messy()
    _title(sheet, style)
    head = _header(sheet, style)
    truth: list[dict[str, Any]] = []
    number = 0
    total = 0
    for rank, unit in enumerate(chosen, start=1):
        villages = _villages(unit, each, rng, style)
        stated = _commune_words(unit, style, rng)
        total += sum(v["households"] for v in villages)
        if style.subtotals or style.communes.startswith("sections"):
            _section(sheet, style, rank, unit, stated, sum(v["households"] for v in villages))
        first = len(sheet.rows) + 1
        for place, village in enumerate(villages):
            number += 1
            sheet.rows.append(_row(style, number, village, stated, place, rng))
            truth.append(village | {"row": len(sheet.rows), "commune_code": unit.code})
        if style.communes == "merged" and each > 1:
            column = head["commune"]
            sheet.merges.append((first, column, len(sheet.rows), column))
    width = max(map(len, sheet.rows))
    if style.total:
        row = [None] * width
        row[head.get("commune", 0)] = "Tổng cộng"
        row[head["households"]] = total
        sheet.rows.append(row)
        sheet.extra_rows += 1
    if style.notes:
        sheet.rows += [[None] * width, ["Ghi chú: số liệu mô phỏng", *[None] * (width - 1)]]
        sheet.extra_rows += 1
    sheet.rows = [[*row, *[None] * (width - len(row))] for row in sheet.rows]
    sheet.truth = pd.DataFrame(truth)
    for row in rng.sample(list(sheet.truth["row"]), min(style.hidden, len(truth))):
        sheet.hidden.add(int(row))
    if style.letters != "unicode":
        sheet.rows = [[_legacy(cell, style.letters) for cell in row] for row in sheet.rows]
    return sheet


def _title(sheet: Messy, style: Style) -> None:
    if style.title == "none":
        return
    if style.title == "national":
        sheet.rows += [
            ["ỦY BAN NHÂN DÂN TỈNH", *[None] * 6, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            [*[None] * 7, "Độc lập - Tự do - Hạnh phúc"],
            [None],
        ]
    sheet.rows += [
        ["DANH SÁCH THÔN CHƯA CÓ SÓNG DI ĐỘNG (dữ liệu mô phỏng)"],
        ["(Kèm theo Công văn số      /SKHCN)"],
    ]
    if style.states_system and style.written == "metres":
        sheet.rows.append([f"Hệ tọa độ: {_system_words(style.system)}"])
    sheet.rows.append([None])


def _system_words(system: str) -> str:
    meridian = {
        "EPSG:9213": "VN-2000, KTT 106°30', múi 3°",
        "EPSG:9210": "VN2000 kinh tuyến trục 105045', múi chiếu 3 độ",
        "EPSG:5897": "VN-2000, KTT 105°, múi 3°",
        "EPSG:3405": "VN-2000, KTT 105°, múi 6°",
        "EPSG:32648": "WGS84 UTM 48N",
    }
    return meridian[system]


_LABELS: Final = {
    "order": "TT", "commune": "Xã, phường", "name": "Tên thôn, bản", "households": "Số hộ",
    "population": "Nhân khẩu", "poor": "Hộ nghèo (%)", "power": "Điện lưới QG", "note": "Ghi chú",
}  # fmt: skip


def _leaves(style: Style) -> list[tuple[str, str, str]]:
    """Columns in order: field, group heading, own heading."""
    if style.written == "metres":
        pair = ("X (m)", "Y (m)") if style.north_first else ("Y (m)", "X (m)")
    else:
        pair = ("Vĩ độ", "Kinh độ") if style.north_first else ("Kinh độ", "Vĩ độ")
    found: list[tuple[str, str, str]] = []
    for name in style.order:
        if name == "commune":
            if style.communes.startswith("sections"):
                continue
            label = "Mã xã" if style.communes == "code" else _LABELS[name]
            found.append((name, "", label))
        elif name == "place" and style.written == "one_cell":
            found.append(("place", "", "Tọa độ"))
        elif name == "place":
            found += [("first", "Tọa độ", pair[0]), ("second", "Tọa độ", pair[1])]
        elif name == "signal":
            found += [(o, "Tình trạng sóng", o) for o in ("Viettel", "VNPT", "MobiFone")]
        else:
            found.append((name, "", _LABELS[name]))
    return found


def _header(sheet: Messy, style: Style) -> dict[str, int]:
    leaves = _leaves(style)
    if style.header == "merged":
        top = len(sheet.rows) + 1
        upper: list[Any] = []
        for place, (_, group, own) in enumerate(leaves):
            is_first = place == 0 or leaves[place - 1][1] != group
            upper.append((group if is_first else None) if group else own)
            if not group:
                sheet.merges.append((top, place, top + 1, place))
        sheet.rows.append(upper)
        sheet.rows.append([own if group else None for _, group, own in leaves])
        groups = {group for _, group, _ in leaves if group}
        for group in sorted(groups):
            places = [p for p, leaf in enumerate(leaves) if leaf[1] == group]
            if len(places) > 1:
                sheet.merges.append((top, places[0], top, places[-1]))
    else:
        sheet.rows.append(
            [
                own if not group or group == "Tọa độ" else f"{group} {own}"
                for _, group, own in leaves
            ]
        )
    if style.numbering != "none":
        marks = [f"({n})" for n in range(1, len(leaves) + 1)]
        if style.numbering == "letters":
            marks = ["A", "B", *[str(n) for n in range(1, len(leaves) - 1)]]
        sheet.rows.append(list(marks))
        sheet.extra_rows += 1
    return {name: place for place, (name, _, _) in enumerate(leaves)}


def _villages(unit: Any, each: int, rng: random.Random, style: Style) -> list[dict[str, Any]]:
    found = []
    for stem in rng.sample(NAMES, each):
        kind = rng.choice([*KINDS, ""])
        households = rng.randint(15, 400)
        # Centres are known to 0.01°, so villages stay near them.
        lon = round(unit.longitude + rng.uniform(-0.02, 0.02), 5)
        lat = round(unit.latitude + rng.uniform(-0.02, 0.02), 5)
        found.append(
            {
                "name": f"{kind} {stem}".strip(),
                "longitude": lon,
                "latitude": lat,
                "households": households,
                "population": households * rng.randint(3, 5) + rng.randint(0, 9),
                "poor_household_share": rng.randint(1, 60) / 100,
                "has_grid_power": rng.random() > 0.15,
                "reported_signal": rng.choice(["good", "weak", "none", None]),
                "swapped": rng.random() < style.swapped,
            }
        )
    return found


def _commune_words(unit: Any, style: Style, rng: random.Random) -> Any:
    if style.communes == "code":
        return int(unit.code)
    name = unit.name
    if style.spelling == "old":
        known = administration()
        before = [key for key in known.predecessors(unit.key) if key[0] == BEFORE_REFORM]
        name = known.units[rng.choice(before)].name
    elif style.spelling == "unaccented":
        name = without_accents(name).title()
    elif style.spelling == "tones":
        name = name.replace("oà", "òa").replace("uỷ", "ủy").replace("Xã", "X.").upper()
    return name


def _section(
    sheet: Messy, style: Style, rank: int, unit: Any, stated: Any, households: int
) -> None:
    roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")[rank - 1]
    words = stated if isinstance(stated, str) and style.communes != "code" else unit.name
    row: list[Any] = []
    for name, _, _ in _leaves(style):
        if name == "order":
            row.append(roman)
        elif name == ("name" if style.communes == "sections_in_name" else "commune") or (
            style.communes == "sections" and name == "name"
        ):
            row.append(words.upper() if rank % 2 else words)
        else:
            row.append(households if name == "households" else None)
    sheet.rows.append(row)
    sheet.extra_rows += 1


def _row(
    style: Style, number: int, village: dict[str, Any], stated: Any, place: int, rng: random.Random
) -> list[Any]:
    first, second = _written(style, village)
    signal = {"good": "Có", "weak": "Lõm sóng", "none": "Trắng sóng", None: None}
    power = village["has_grid_power"]
    power_word: Any = ("x" if power else None) if style.ticks else ("Có" if power else "Chưa")
    share = round(village["poor_household_share"] * 100)
    cells = {
        "order": number,
        "commune": stated if style.communes in {"repeated", "code"} or place == 0 else None,
        "name": _name(village["name"], style, rng),
        "households": _counted(village["households"], style, rng),
        "population": _counted(village["population"], style, rng),
        "poor": f"{share},0" if rng.random() < style.comma_numbers else share,
        "power": power_word,
        "first": first,
        "second": second,
        "place": f"{first}; {second}",
        "Viettel": signal[village["reported_signal"]],
        "VNPT": rng.choice(["-", None, signal[village["reported_signal"]]]),
        "MobiFone": None,
        "note": "nt" if style.dittos and rng.random() < 0.1 and place else None,
    }
    return [cells[name] for name, _, _ in _leaves(style)]


def _name(name: str, style: Style, rng: random.Random) -> str:
    if rng.random() < style.decomposed and style.letters == "unicode":
        name = unicodedata.normalize("NFD", name)
    if rng.random() < style.blanks:
        name += rng.choice(["\xa0 ", "  ", " "])
    return name


def _counted(value: int, style: Style, rng: random.Random) -> Any:
    if value >= 1000 and rng.random() < style.comma_numbers:
        return f"{value:,}".replace(",", ".")
    return str(value) if rng.random() < style.text_numbers else value


def _written(style: Style, village: dict[str, Any]) -> tuple[Any, Any]:
    lon, lat = village["longitude"], village["latitude"]
    is_comma = village["households"] % 5 == 0 and style.comma_numbers > 0
    if style.written == "metres":
        change = pyproj.Transformer.from_crs("EPSG:4326", style.system, always_xy=True)
        east, north = (round(v, 2) for v in change.transform(lon, lat))
        pair: tuple[Any, Any] = (north, east) if style.north_first else (east, north)
        if is_comma:
            pair = tuple(
                f"{v:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for v in pair
            )
    else:
        writer = {
            "decimal": lambda v: f"{v:.5f}".replace(".", ",") if is_comma else v,
            "one_cell": lambda v: f"{v:.5f}".replace(".", ","),
            "dms": _dms,
            "dm": _dm,
            "lost_sign": lambda v: _dms(v).replace("°", "0"),
        }[style.written]
        east, north = writer(lon), writer(lat)
        pair = (north, east) if style.north_first else (east, north)
    return (pair[1], pair[0]) if village["swapped"] else pair


def _dms(value: float) -> str:
    seconds = round(value * 3600, 2)
    degrees, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    quote = random.Random(int(value * 1e5)).choice(["'", "’", "′"])  # noqa: S311
    end = random.Random(int(value * 1e4)).choice(['"', "”", "''", "″"])  # noqa: S311
    return f"{int(degrees)}°{int(minutes):02d}{quote}{rest:05.2f}{end}".replace(".", ",")


def _dm(value: float) -> str:
    degrees = int(value)
    return f"{degrees}° {(value - degrees) * 60:.4f}'"


def to_tcvn3(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    letters = {u: c for c, u in TCVN3.items() if not unicodedata.combining(u)}
    return "".join(letters.get(c, letters.get(c.lower(), c)) for c in text)


def to_vni(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    letters: dict[str, str] = {}
    for written, letter in VNI.items():
        letters.setdefault(letter, written)
    return "".join(letters.get(c, c) for c in text)


def _legacy(cell: Any, letters: str) -> Any:
    if not isinstance(cell, str):
        return cell
    if letters == "tcvn3":
        return to_tcvn3(cell)
    if letters == "vni":
        return to_vni(cell)
    return "".join(
        bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in cell.encode("utf-8")
    )


def save(sheet: Messy, path: Path, **options: Any) -> Path:
    """Write a sheet in the format of the path's suffix."""
    writer = {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods, ".csv": _csv}[path.suffix]
    writer(sheet, path, **options)
    return path


def _xlsx(sheet: Messy, path: Path) -> None:
    book = openpyxl.Workbook()
    cells = book.active
    assert cells is not None
    cells.title = "Biểu 02"
    for row in sheet.rows:
        cells.append(row)
    for top, left, bottom, right in sheet.merges:
        cells.merge_cells(
            start_row=top, start_column=left + 1, end_row=bottom, end_column=right + 1
        )
    for row in sheet.hidden:
        cells.row_dimensions[row].hidden = True
    book.create_sheet("Ghi chú").append(["Đơn vị lập biểu: Phòng KH&CN"])
    book.save(path)


def _xls(sheet: Messy, path: Path) -> None:
    book = xlwt.Workbook()
    cells = book.add_sheet("Biểu 02")
    merged = {(t, left): (b, r) for t, left, b, r in sheet.merges}
    covered = {
        (row, column)
        for t, left, b, r in sheet.merges
        for row in range(t, b + 1)
        for column in range(left, r + 1)
    }
    for n, row in enumerate(sheet.rows, start=1):
        for place, cell in enumerate(row):
            if (n, place) in merged:
                bottom, right = merged[n, place]
                cells.write_merge(n - 1, bottom - 1, place, right, cell)
            elif cell is not None and (n, place) not in covered:
                cells.write(n - 1, place, cell)
        if n in sheet.hidden:
            cells.row(n - 1).hidden = True
    book.save(str(path))


def _ods(sheet: Messy, path: Path) -> None:
    spans = {(t, left): (b - t + 1, r - left + 1) for t, left, b, r in sheet.merges}
    covered = {
        (row, column)
        for t, left, b, r in sheet.merges
        for row in range(t, b + 1)
        for column in range(left, r + 1)
    } - set(spans)
    rows = []
    for n, row in enumerate(sheet.rows, start=1):
        cells = [
            _ods_cell(cell, spans.get((n, place)), is_covered=(n, place) in covered)
            for place, cell in enumerate(row)
        ]
        hidden = ' table:visibility="collapse"' if n in sheet.hidden else ""
        rows.append(f"<table:table-row{hidden}>{''.join(cells)}</table:table-row>")
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        '<office:body><office:spreadsheet><table:table table:name="Biểu 02">'
        f"{''.join(rows)}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)


def _ods_cell(cell: Any, span: tuple[int, int] | None, *, is_covered: bool) -> str:
    if is_covered:
        return "<table:covered-table-cell/>"
    wide = (
        f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"'
        if span
        else ""
    )
    if cell is None:
        return f"<table:table-cell{wide}/>"
    if isinstance(cell, int | float):
        value = f' office:value-type="float" office:value="{cell!r}"'
        return f"<table:table-cell{wide}{value}><text:p>{cell}</text:p></table:table-cell>"
    text = escape(cell)
    kind = ' office:value-type="string"'
    return f"<table:table-cell{wide}{kind}><text:p>{text}</text:p></table:table-cell>"


def _csv(sheet: Messy, path: Path, *, encoding: str = "utf-8-sig", delimiter: str = ";") -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(sheet.rows)
    written = text.getvalue()
    if encoding == "cp1258":
        written = unicodedata.normalize("NFC", written).replace("′", "'").replace("″", '"')
        data = "".join(_cp1258(c) for c in written).encode("cp1258", errors="replace")
    elif encoding in {"tcvn3", "vni"}:
        mapped = to_tcvn3(written) if encoding == "tcvn3" else to_vni(written)
        data = mapped.encode("cp1252", errors="replace")
    else:
        data = written.encode(encoding)
    path.write_bytes(data)


def _cp1258(letter: str) -> str:
    """Vietnamese letters as cp1258 has them: base letter and tone apart."""
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFD", letter)
        tones = [c for c in plain if c in "\u0300\u0301\u0303\u0309\u0323"]
        base = unicodedata.normalize("NFC", "".join(c for c in plain if c not in tones))
        return base + "".join(tones)
    return letter


def off_by_m(table: pd.DataFrame, truth: pd.DataFrame) -> pd.Series:
    """How far each imported village lies from the truth, by row number; inf where unknown."""
    both = truth.merge(table, left_on="row", right_on="source_row", suffixes=("", "_found"))
    lon = pd.to_numeric(both["longitude_found"]).to_numpy(dtype=float)
    lat = pd.to_numeric(both["latitude_found"]).to_numpy(dtype=float)
    east = (both["longitude"] - lon) * np.cos(np.radians(both["latitude"]))
    away = np.hypot(east, both["latitude"] - lat) * 111_320.0
    return pd.Series(np.where(np.isfinite(away), away, np.inf), index=both["row"])


def varied(seed: int) -> Style:
    """Draw a style at random."""
    rng = random.Random(seed)  # noqa: S311
    order = list(Style().order)
    middle = order[1:-1]
    rng.shuffle(middle)
    written = rng.choice(["metres"] * 4 + ["decimal", "dms", "dm", "lost_sign", "one_cell"])
    system = rng.choice(["EPSG:9213", "EPSG:9213", "EPSG:9210", "EPSG:5897", "EPSG:3405"])
    style = Style(
        order=(order[0], *middle, order[-1]),
        title=rng.choice(["national", "short", "none"]),
        header=rng.choice(["merged", "flat"]),
        numbering=rng.choice(["brackets", "letters", "none"]),
        communes=rng.choice(
            ["merged", "first", "repeated", "sections", "sections_in_name", "code"]
        ),
        spelling=rng.choice(["plain", "plain", "old", "unaccented", "tones"]),
        system=system,
        states_system=rng.random() < 0.7,
        written=written,
        north_first=rng.random() < 0.6,
        swapped=rng.choice([0.0, 0.06, 0.15]),
        ticks=rng.random() < 0.4,
        subtotals=rng.random() < 0.6,
        total=rng.random() < 0.7,
        notes=rng.random() < 0.7,
        hidden=rng.choice([0, 1, 2]),
        letters=rng.choice(["unicode"] * 5 + ["tcvn3", "vni", "utf8_as_cp1252"]),
    )
    if style.title == "none":
        style = replace(style, states_system=False)
    return style
