"""What is said about the chosen coordinate system, and about the datum that nobody stated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyproj

from coverage.intake.sheet import Finding
from coverage.intake.systems import WGS84, Choice
from coverage.text import Text

UNSURE: Final = 0.8


def datum_doubt(choice: Choice) -> str:
    """Name the doubt about the datum, if any: VN-2000 and WGS 84 lie 224 m apart."""
    if choice.system == WGS84:
        return "datum_asked" if choice.stated.datum == "vn2000" else "wgs84_assumed"
    if choice.system in {"EPSG:3405", "EPSG:3406"} and not choice.stated.datum:
        return "datum_of_utm"
    return ""


def datum_findings(choices: Sequence[Choice]) -> list[Finding]:
    """Tell once per sheet which datum is taken and that only a person can know better."""
    texts = {
        "datum_asked": _DATUM_ASKED,
        "wgs84_assumed": _WGS84_ASSUMED,
        "datum_of_utm": _DATUM_OF_UTM,
    }
    return [
        Finding(
            rule=rule,
            kind="note" if choice.stated.datum == "wgs84" else "doubt",
            column="coordinates",
            new=choice.system,
            confidence=0.9 if rule == "wgs84_assumed" else 0.5,
            what=texts[rule],
        )
        for choice in choices
        if (rule := datum_doubt(choice))
    ]


def about_choice(choice: Choice, count: int, *, is_tested: bool) -> Finding:
    """Say which system was chosen, how well it fits, and what came next."""
    name = _title(choice.system)
    if not is_tested:
        what = Text(
            f"không có xã nào gần đó để thử hệ tọa độ; dùng hệ được ghi: {name or 'không có'}",
            f"no commune nearby to test against; what is stated is used: {name or 'none'}",
        )
    else:
        share = round(choice.fit.share * 100)
        rival = choice.rival
        vi = f"{name}: {share} % của {count} điểm rơi vào (hoặc cách dưới 1,5 km) xã đã ghi"
        en = f"{name}: {share} % of {count} points lie in (or within 1.5 km of) the stated commune"
        if rival is not None:
            other = _title(rival.system)
            vi += f"; hệ kế tiếp {other}: {round(rival.share * 100)} %"
            en += f"; next system {other}: {round(rival.share * 100)} %"
        if choice.stated.system:
            agrees = choice.stated.system == choice.system
            vi += "; tiêu đề ghi cùng hệ" if agrees else f"; TIÊU ĐỀ GHI {choice.stated.system}"
            en += "; the heading agrees" if agrees else f"; THE HEADING SAYS {choice.stated.system}"
        if choice.crossed:
            vi += "; số thứ nhất là hướng bắc (X trong trắc địa Việt Nam)"
            en += "; the first number is the northing (X in Vietnamese surveying)"
        what = Text(vi, en)
    return Finding(
        rule="coordinate_system",
        kind="note" if choice.confidence >= UNSURE else "doubt",
        column="coordinates",
        old=choice.stated.system,
        new=choice.system,
        confidence=choice.confidence,
        what=what,
    )


def _title(system: str) -> str:
    return f"{system} ({pyproj.CRS.from_user_input(system).name})" if system else ""


_DATUM_ASKED: Final = Text(
    "tọa độ độ dưới tiêu đề VN-2000: lệch WGS 84 khoảng 224 m. Chưa chuyển đổi, độ chính xác ghi "
    '250 m. Nếu đúng là VN-2000, ghi crs = "EPSG:4756" trong tệp --map',
    "degrees under a VN-2000 heading: about 224 m from WGS 84. Not converted, accuracy 250 m. "
    'If they are VN-2000, state crs = "EPSG:4756" in the --map file',
)
_WGS84_ASSUMED: Final = Text(
    "bảng không ghi hệ của kinh độ, vĩ độ; coi là WGS 84 (GPS). VN-2000 sẽ lệch khoảng 224 m",
    "the datum of the degrees is not stated; taken as WGS 84 (GPS). VN-2000 would be 224 m off",
)
_DATUM_OF_UTM: Final = Text(
    "UTM không ghi VN-2000 hay WGS 84 (lệch 224 m); coi là VN-2000, độ chính xác ghi 250 m",
    "UTM without VN-2000 or WGS 84 (224 m apart); taken as VN-2000, accuracy set to 250 m",
)
