"""Measured antenna patterns in the MSI (Planet) format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from coverage.errors import InputDataError
from coverage.propagation.antennas import PATTERN_DEGREES, AntennaPattern, Cut
from coverage.text import Text, normalised

_GREATEST_BYTES: Final = 1_000_000
_MOST_DB: Final = 1_000.0
_CUTS: Final = ("HORIZONTAL", "VERTICAL")
_DIPOLE_DBI: Final = 2.15
"""Gain of a half-wave dipole: the format states dBd unless the unit is written."""
_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def read_pattern(path: Path, *, name: str) -> AntennaPattern:
    """Read one pattern file.

    A header of keys and values (`NAME`, `FREQUENCY` in MHz, `GAIN` in dBd or dBi …), then
    `HORIZONTAL n` and `VERTICAL n`, each followed by n lines of angle and loss. Losses count
    against the gain; makers write them with and without sign. Cuts are brought to one value a
    degree.

    Raises
    ------
    InputDataError
        With file and line: absent, too large, a cut missing or short, a line that is not two
        numbers.
    """
    lines = _lines(path, name)
    header, cuts = _sections(lines, name)
    for title in _CUTS:
        if title not in cuts:
            raise _broken(name, 1, Text(f"thiếu phần {title}", f"there is no {title} section"))
    return AntennaPattern(
        name=normalised(header.get("NAME", "")) or path.stem,
        gain_dbi=_gain_dbi(header.get("GAIN", "")),
        frequency_mhz=_first_number(header.get("FREQUENCY", "")),
        horizontal_db=cuts["HORIZONTAL"],
        vertical_db=cuts["VERTICAL"],
    )


def by_name(patterns: Sequence[tuple[Path, AntennaPattern]]) -> Mapping[str, AntennaPattern]:
    """Return the patterns by the names stations may use: the stated name and that of the file."""
    named = {pattern.name: pattern for _, pattern in patterns}
    return {path.stem: pattern for path, pattern in patterns} | named


def _lines(path: Path, name: str) -> list[str]:
    if not path.is_file():
        raise InputDataError.about(
            name,
            "missing_file",
            Text("không tìm thấy tệp", "the file does not exist"),
            Text("Hãy kiểm tra đường dẫn trong project.toml.", "Check the path in project.toml."),
        )
    if path.stat().st_size > _GREATEST_BYTES:
        raise _broken(name, 1, Text("tệp lớn hơn 1 MB", "the file is larger than 1 MB"))
    return path.read_bytes().decode("utf-8-sig", errors="replace").splitlines()


def _sections(lines: Sequence[str], name: str) -> tuple[dict[str, str], dict[str, Cut]]:
    header: dict[str, str] = {}
    cuts: dict[str, Cut] = {}
    at = 0
    while at < len(lines):
        key, _, value = lines[at].strip().partition(" ")
        key = key.upper()
        if key in _CUTS:
            count = _first_number(value)
            if not count >= 1.0 or at + 1 + int(count) > len(lines):
                raise _broken(
                    name,
                    at + 1,
                    Text(
                        f"phần {key} không đủ số dòng đã ghi",
                        f"the section {key} has fewer lines than stated",
                    ),
                )
            cuts[key] = _cut(lines[at + 1 : at + 1 + int(count)], name, first_line=at + 2)
            at += int(count)
        elif key:
            header.setdefault(key, value.strip())
        at += 1
    return header, cuts


def _cut(lines: Sequence[str], name: str, *, first_line: int) -> Cut:
    points = []
    for number, line in enumerate(lines, start=first_line):
        found = _NUMBER.findall(line)
        if len(found) != 2:  # noqa: PLR2004 - angle and loss
            raise _broken(
                name,
                number,
                Text("cần hai số: góc và suy hao", "two numbers are needed: angle and loss"),
                value=line.strip()[:40],
            )
        points.append([float(word.replace(",", ".")) for word in found])
    angle_deg, loss_db = np.array(sorted(points)).T
    if (loss_db < 0.0).any() and (loss_db <= 0.0).all():
        loss_db = -loss_db
    if (loss_db < 0.0).any():
        raise _broken(
            name, first_line, Text("suy hao có cả số âm và dương", "losses of both signs")
        )
    if (loss_db > _MOST_DB).any():
        raise _broken(
            name,
            first_line,
            Text(f"suy hao lớn hơn {_MOST_DB:g} dB", f"a loss above {_MOST_DB:g} dB"),
            value=f"{loss_db.max():g}",
        )
    degrees = np.arange(PATTERN_DEGREES, dtype=float)
    whole = np.interp(degrees, angle_deg, loss_db, period=PATTERN_DEGREES)
    return np.asarray(whole, dtype=np.float32)


def _gain_dbi(words: str) -> float:
    gain = _first_number(words)
    return gain if "dbi" in words.lower() else gain + _DIPOLE_DBI


def _first_number(words: str) -> float:
    found = _NUMBER.search(words)
    return float(found.group().replace(",", ".")) if found else float("nan")


def _broken(name: str, line: int, what: Text, *, value: str | None = None) -> InputDataError:
    fix = Text(
        "Hãy lấy lại tệp MSI (Planet) của nhà sản xuất anten.",
        "Get the antenna maker's MSI (Planet) file again.",
    )
    return InputDataError.about(name, "broken_pattern", what, fix, value=value, rows=(line,))
