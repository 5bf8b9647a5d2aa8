"""The clean table of cells: one row per site turned into one row per cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from coverage.intake import vocabulary
from coverage.intake.columns import Column
from coverage.intake.numbers import as_text, written
from coverage.intake.sheet import Cell, Finding, words_of
from coverage.intake.table import RawTable
from coverage.intake.values import plain_word
from coverage.intake.vocabulary import MARKS, NETWORKS, OPERATORS, TECHNOLOGIES, found_in, tokens
from coverage.text import Text

_LIST: Final = re.compile(r"\s*[/;|\n+&]\s*|\s*,\s+|\s+-\s+")
_MOST_SECTORS: Final = 12
_CELL_DIGITS: Final = 12
"""An NR cell identity has 36 bits (3GPP TS 38.413), which is 11 digits."""
_BAND: Final = range(300, 6001)
_FEW_SAMPLES: Final = 5
_WIDE_RANGE_M: Final = 5_000
_NUMBERS: Final = {
    "frequency_mhz": "MHz",
    "bandwidth_mhz": "MHz",
    "antenna_height_m": "m",
    "azimuth_deg": "",
    "beamwidth_deg": "",
    "downtilt_deg": "",
    "tx_power_dbm": "dBm",
    "antenna_gain_dbi": "",
    "feeder_loss_db": "",
    "eirp_dbm": "dBm",
}
_DEFAULTED: Final = (
    "antenna_height_m",
    "beamwidth_deg",
    "downtilt_deg",
    "tx_power_dbm",
    "antenna_gain_dbi",
    "feeder_loss_db",
)
_POWER_PARTS: Final = ("tx_power_dbm", "antenna_gain_dbi", "feeder_loss_db")
_STATUS: Final = {
    "active": "active",
    "dang hoat dong": "active",
    "hoat dong": "active",
    "da phat song": "active",
    "on air": "active",
    "planned": "planned",
    "quy hoach": "planned",
    "ke hoach": "planned",
    "du kien": "planned",
    "off": "off",
    "ngung": "off",
    "ngung hoat dong": "off",
    "dung": "off",
    "khong hoat dong": "off",
}


@dataclass(slots=True)
class _Part:
    """What one row of a site becomes: the values that differ, and why."""

    values: dict[str, Cell] = field(default_factory=dict)


def unfolded(raw: RawTable) -> RawTable:
    """Give every cell a row of its own.

    A site's row unfolds by its columns for operators, technologies and bands; by several
    technologies, bands or azimuths in one cell ("3G/4G", "900; 2100", "0/120/240").
    """
    parts: list[tuple[int, dict[str, Cell]]] = []
    findings: list[Finding] = []
    for key in range(len(raw.numbers)):
        if raw.dropped[key]:
            parts.append((key, {}))
            continue
        of_row, told = _parts_of(raw, key)
        findings += told
        parts += [(key, values) for values in of_row]
    return _arranged(raw, parts, findings)


def _arranged(
    raw: RawTable, parts: Sequence[tuple[int, dict[str, Cell]]], findings: list[Finding]
) -> RawTable:
    """Repeat the rows of a table for their parts, and put the values of the parts in."""
    names = [*raw.fields, *(n for _, values in parts for n in values if n not in raw.fields)]
    fields = {
        name: [values[name] if name in values else raw.cells(name)[key] for key, values in parts]
        for name in dict.fromkeys(names)
    }
    at: dict[int, list[int]] = {}
    for place, (key, _) in enumerate(parts):
        at.setdefault(key, []).append(place)
    moved = [
        replace(finding, key=place)
        for finding in [*raw.findings, *findings]
        for place in (at[finding.key] if finding.key is not None else (None,))
    ]
    seen: set[tuple[str, int | None, str]] = set()
    kept = []
    for finding in moved:
        once = (finding.rule, finding.row, finding.column)
        if finding.can_be_refused or once not in seen:
            kept.append(finding)
        seen.add(once)
    return RawTable(
        numbers=[raw.numbers[key] for key, _ in parts],
        fields=fields,
        columns=raw.columns,
        groups=[],
        others=[(column, [cells[key] for key, _ in parts]) for column, cells in raw.others],
        statements=raw.statements,
        is_typed=raw.is_typed,
        elsewhere=raw.elsewhere,
        dropped=[raw.dropped[key] for key, _ in parts],
        findings=kept,
    )


def _parts_of(raw: RawTable, key: int) -> tuple[list[dict[str, Cell]], list[Finding]]:
    findings: list[Finding] = []
    if raw.groups:
        carriers = [
            carrier
            for column, cells in raw.groups
            for carrier in _carriers_in_group(raw, key, column, cells[key], findings)
        ]
        if not carriers:
            findings.append(_told(raw, key, "no_carrier", _NO_CARRIER, kind="doubt"))
            carriers = [{}]
    else:
        carriers = _carriers_in_cells(raw, key, findings)
    sectors = _sectors(raw, key)
    if len(carriers) * len(sectors) > 1:
        made = f"{len(carriers)} × {len(sectors)}"
        findings.append(_told(raw, key, "unfolded", _UNFOLDED, new=made))
    return [carrier | sector for carrier in carriers for sector in sectors], findings


def _carriers_in_group(
    raw: RawTable, key: int, column: Column, cell: Cell, findings: list[Finding]
) -> list[dict[str, Cell]]:
    """Carriers that a cell under an operator or technology marks; nothing for an empty one."""
    word = plain_word(cell)
    if not word or word in MARKS["no"] | MARKS["none"] or word == "0":
        return []
    base: dict[str, Cell] = {}
    if column.operator:
        base["operator"] = column.operator
    if column.band_mhz is not None:
        base["frequency_mhz"] = column.band_mhz
    named = found_in(_apart(words_of(cell)), TECHNOLOGIES)
    technologies = named or ([column.technology] if column.technology else [])
    bands = [band for part in _split(cell) if (band := _band(part)) is not None]
    if not technologies and not bands and word not in MARKS["yes"] and not word.isdecimal():
        findings.append(
            _told(raw, key, "unknown_mark", _UNKNOWN_MARK, old=words_of(cell), kind="doubt")
        )
    carriers = []
    for technology in technologies or [""]:
        values = base | ({"technology": technology} if technology else {})
        if bands and "frequency_mhz" not in base:
            carriers += [values | {"frequency_mhz": band} for band in bands]
        else:
            carriers.append(values)
    return carriers


def _carriers_in_cells(raw: RawTable, key: int, findings: list[Finding]) -> list[dict[str, Cell]]:
    """Carriers where one cell lists technologies and another one bands."""
    technologies = found_in(_apart(words_of(raw.cells("technology")[key])), TECHNOLOGIES)
    bands = [
        band
        for part in _split(raw.cells("frequency_mhz")[key])
        if (band := _band(part)) is not None
    ]
    if len(technologies) <= 1 and len(bands) <= 1:
        one = {"technology": technologies[0]} if technologies else {}
        return [dict[str, Cell](one)]
    if len(technologies) == len(bands):
        pairs = zip(technologies, bands, strict=True)
        return [{"technology": t, "frequency_mhz": b} for t, b in pairs]
    if len(technologies) == 1 or not technologies:
        name: dict[str, Cell] = {"technology": technologies[0]} if technologies else {}
        return [name | {"frequency_mhz": band} for band in bands]
    if bands:
        findings.append(_told(raw, key, "bands_unpaired", _UNPAIRED, kind="doubt"))
    return [{"technology": technology, "frequency_mhz": None} for technology in technologies]


def _sectors(raw: RawTable, key: int) -> list[dict[str, Cell]]:
    """Sectors that a list of azimuths tells; lists of the same length go along."""
    azimuths = [part for part in _split(raw.cells("azimuth_deg")[key]) if written(part)]
    if not 1 < len(azimuths) <= _MOST_SECTORS:
        return [{}]
    sectors: list[dict[str, Cell]] = [{"azimuth_deg": part} for part in azimuths]
    for name in ("downtilt_deg", "antenna_height_m", "beamwidth_deg", "tx_power_dbm"):
        along = _split(raw.cells(name)[key])
        if len(along) == len(sectors):
            for sector, part in zip(sectors, along, strict=True):
                sector[name] = part
    return sectors


def _split(cell: Cell) -> list[str]:
    text = words_of(cell).strip("°() ")
    return [part.strip(" °") for part in _LIST.split(text) if part.strip(" °")]


def _apart(text: str) -> list[str]:
    return [part for word in tokens(text) for part in re.findall(r"[2345]g|[a-z]+|\d+", word)]


def _band(text: str) -> float | None:
    found = re.search(r"(?<!\d)(\d{3,4})(?!\d)", text)
    return float(found[1]) if found and int(found[1]) in _BAND else None


def station_columns(raw: RawTable) -> dict[str, list[Cell]]:
    """Return the columns of cells by name, coordinates apart; what is assumed is marked."""
    is_crowd = raw.has("mcc") and raw.has("mnc")
    table: dict[str, list[Cell]] = {
        "site_id": [*raw.text("site_id")],
        "operator": _operators(raw),
        "technology": _technologies(raw),
    }
    for name, unit in _NUMBERS.items():
        if raw.has(name):
            table[name] = [*raw.number(name, unit=unit)]
    for name in ("mast_id", "backhaul", "power"):
        if raw.has(name):
            table[name] = [*raw.text(name)]
    if raw.has("status"):
        table["status"] = _statuses(raw)
    cells = raw.text("cell_id") if raw.has("cell_id") else [""] * len(raw.numbers)
    if is_crowd:
        _crowd(raw, table, cells)
    _unstated_power(raw, table)
    _fill(raw, table)
    table["cell_id"] = _cell_ids(table, cells)
    return table


def _operators(raw: RawTable) -> list[Cell]:
    names: list[Cell] = []
    for cell in raw.cells("operator"):
        found = found_in(tokens(words_of(cell)), OPERATORS)
        names.append(found[0] if len(found) == 1 else " ".join(words_of(cell).split()))
    return names


def _technologies(raw: RawTable) -> list[Cell]:
    names: list[Cell] = []
    for cell in raw.cells("technology"):
        found = found_in(_apart(words_of(cell)), TECHNOLOGIES)
        names.append(found[0] if found else words_of(cell))
    return names


def _statuses(raw: RawTable) -> list[Cell]:
    values: list[Cell] = []
    for key, cell in enumerate(raw.cells("status")):
        word = plain_word(cell)
        known = _STATUS.get(word)
        if known is None and word:
            finding = _told(
                raw, key, "unknown_status", _UNKNOWN_STATUS, old=words_of(cell), kind="doubt"
            )
            raw.live([finding])
        values.append(known)
    return values


def _crowd(raw: RawTable, table: dict[str, list[Cell]], cells: list[str]) -> None:
    """Complete an export of OpenCelliD or MLS, and say how far it can be trusted."""
    raw.findings.append(Finding(rule="crowd_positions", kind="doubt", confidence=0.4, what=_CROWD))
    samples = raw.number("samples") if raw.has("samples") else [None] * len(cells)
    ranges = raw.number("range_m") if raw.has("range_m") else [None] * len(cells)
    for key, mnc in enumerate(raw.cells("mnc")):
        mcc, net = words_of(raw.cells("mcc")[key]), words_of(mnc).zfill(2)
        if mcc == "452" and net in NETWORKS:
            table["operator"][key] = NETWORKS[net]
        elif not table["operator"][key]:
            table["operator"][key] = f"{mcc}-{net}"
        number = cells[key]
        is_cell = number.isdecimal() and len(number) <= _CELL_DIGITS
        site = str(int(number) // 256) if is_cell else number
        area = words_of(raw.cells("area")[key])
        is_4g = table["technology"][key] == "4G"
        table["site_id"][key] = f"{mcc}-{net}-" + (site if is_4g else f"{area}-{number}")
        cells[key] = f"{mcc}-{net}-{area}-{number}"
        few = samples[key] is not None and float(samples[key] or 0) < _FEW_SAMPLES
        wide = ranges[key] is not None and float(ranges[key] or 0) > _WIDE_RANGE_M
        if few or wide:
            old = f"samples {samples[key]}, range {ranges[key]}"
            raw.live([_told(raw, key, "weak_position", _WEAK, old=old, kind="doubt")])
    if raw.has("samples"):
        table["samples"] = [*samples]
    if raw.has("range_m"):
        table["range_m"] = [*ranges]


def _unstated_power(raw: RawTable, table: dict[str, list[Cell]]) -> None:
    """Empty powers whose unit nobody states and whose size fits no dBm: watts, or anything."""
    for name in ("eirp_dbm", "tx_power_dbm"):
        column = raw.columns.get(name)
        stated = raw.statements.units.get(name) or raw.unit_of(name)
        heading = tokens(column.label) if column else ()
        if name not in table or stated or any("dbm" in word for word in heading):
            continue
        known = [v for v in table[name] if isinstance(v, float)]
        least = 30.0 if name == "eirp_dbm" else 20.0
        if not known or max(known) >= least:
            continue
        for key, value in enumerate(table[name]):
            if value is None:
                continue
            old = as_text(value) if isinstance(value, float) else str(value)
            finding = _told(raw, key, "power_without_unit", _NO_UNIT, old=old, kind="doubt")
            raw.live([replace(finding, column=name, undo=((name, value),))])
            table[name][key] = None


def _fill(raw: RawTable, table: dict[str, list[Cell]]) -> None:
    """Fill what the sheet is silent about from the presets, and mark it as assumed."""
    defaults = vocabulary.STATION_DEFAULTS
    count = len(raw.numbers)
    assumed: list[list[str]] = [[] for _ in range(count)]
    for name in (*_DEFAULTED, "frequency_mhz", "bandwidth_mhz", "azimuth_deg"):
        table.setdefault(name, [None] * count)
    eirp = table.get("eirp_dbm", [None] * count)
    mast = raw.number("mast_height_m", unit="m") if raw.has("mast_height_m") else [None] * count
    for key in range(count):
        technology = str(table["technology"][key] or "")
        for name in (*_DEFAULTED, "frequency_mhz", "bandwidth_mhz"):
            if table[name][key] is not None or (name in _POWER_PARTS and eirp[key] is not None):
                continue
            if name == "antenna_height_m" and mast[key] is not None:
                table[name][key] = mast[key]
                raw.live([_told(raw, key, "height_of_mast", _MAST, new=str(mast[key]))])
                continue
            value = defaults[name]
            value = value.get(technology) if isinstance(value, dict) else value
            if value is None:
                continue
            table[name][key] = float(value)
            assumed[key].append(name)
        if assumed[key]:
            new = " ".join(assumed[key])
            raw.live([_told(raw, key, "assumed_values", _ASSUMED, new=new, kind="doubt")])
    table["assumed"] = [" ".join(names) for names in assumed]


def _cell_ids(table: dict[str, list[Cell]], stated: Sequence[str]) -> list[Cell]:
    """Ids of the sheet where they are unique; else site, operator, carrier and sector."""
    known = [text for text in stated if text]
    if len(known) == len(stated) and len(set(known)) == len(known):
        return [*stated]
    ids: list[Cell] = []
    seen: dict[str, int] = {}
    for key, site in enumerate(table["site_id"]):
        frequency = table["frequency_mhz"][key]
        band = f"{frequency:g}" if isinstance(frequency, float) else ""
        operator = "-".join(tokens(str(table["operator"][key] or "")))
        carrier = f"{table['technology'][key] or ''}{band}"
        base = stated[key] or "-".join(p for p in (str(site or "X"), operator, carrier) if p)
        seen[base] = seen.get(base, 0) + 1
        ids.append(f"{base}-{seen[base]}")
    return ids


def _told(
    raw: RawTable,
    key: int,
    rule: str,
    what: Text,
    *,
    old: str = "",
    new: str = "",
    kind: str = "repair",
) -> Finding:
    return Finding(
        rule=rule,
        kind="doubt" if kind == "doubt" else "repair",
        row=raw.numbers[key],
        key=key,
        column="cell_id",
        old=old[:200],
        new=new,
        confidence=0.5 if kind == "doubt" else 0.9,
        what=what,
    )


_NO_CARRIER: Final = Text(
    "không có nhà mạng hay công nghệ nào được đánh dấu", "no operator or technology is marked"
)
_UNFOLDED: Final = Text(
    "một dòng trạm được tách thành nhiều ô phủ (sóng mang × hướng)",
    "the row of a site unfolds to cells (carriers × sectors)",
)
_UNKNOWN_MARK: Final = Text(
    "không hiểu dấu này; coi là có phát sóng", "the mark is not known; taken as on air"
)
_UNPAIRED: Final = Text(
    "số băng tần khác số công nghệ, không ghép được; băng tần lấy từ giả định",
    "there are not as many bands as technologies; the bands are assumed",
)
_UNKNOWN_STATUS: Final = Text(
    "không hiểu trạng thái này; để trống", "this status is not known; left empty"
)
_CROWD: Final = Text(
    "vị trí trạm do điện thoại thu thập (OpenCelliD/MLS): là trọng tâm các điểm đo, lệch về phía "
    "đường; thiếu trạm ít người qua. Không thay được danh sách của nhà mạng",
    "positions collected by phones (OpenCelliD/MLS): centres of samples, biased towards roads; "
    "cells that few people pass are missing. No substitute for the operators' lists",
)
_WEAK: Final = Text(
    "vị trí này dựa trên rất ít mẫu, hoặc vùng thu quá rộng",
    "this position rests on very few samples, or their range is very wide",
)
_NO_UNIT: Final = Text(
    "công suất không ghi đơn vị và quá nhỏ so với dBm; để trống. Hãy ghi [units] trong --map",
    "the power has no unit and is too small for dBm; left empty. State it under [units] of --map",
)
_MAST: Final = Text(
    "chiều cao cột được dùng làm độ cao anten", "the height of the mast is taken for the antenna's"
)
_ASSUMED: Final = Text(
    "giá trị thiếu được điền theo giả định của bộ tham số", "missing values filled from presets"
)
