"""Words and figures of the documents, in one language at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from coverage.documents.facts import Action, Facts, Village, tallies, tally
from coverage.maps.words import (
    ACTION_KINDS,
    BACKHAUL_KINDS,
    CHOICES,
    CLASS_NAMES,
    POWER_SOURCES,
    ROLES,
)
from coverage.params import MAIN_TECHNOLOGY
from coverage.text import Language, Text, decimal

SYNTHETIC: Final = Text(
    "DỮ LIỆU MÔ PHỎNG, KHÔNG DÙNG ĐỂ QUYẾT ĐỊNH", "SYNTHETIC DATA, NOT A BASIS FOR DECISIONS"
)
NO_COMMUNE: Final = Text("(chưa rõ xã)", "(commune not known)")
HEADINGS: Final[Mapping[str, Text]] = {
    "number": Text("STT", "No."),
    "commune": Text("Xã, phường", "Commune"),
    "village": Text("Thôn", "Village"),
    "villages": Text("Số thôn", "Villages"),
    "households": Text("Số hộ", "Households"),
    "verdict": Text(f"Sóng {MAIN_TECHNOLOGY}", f"{MAIN_TECHNOLOGY} signal"),
    "source": Text("Căn cứ", "Basis"),
    "cause": Text("Nguyên nhân", "Cause"),
    "power": Text("Điện lưới", "Grid power"),
    "hardship": Text("ĐBKK", "Extreme hardship"),
    "rank": Text("Thứ tự ưu tiên", "Priority rank"),
    "served": Text("Hộ có sóng / hộ đã rõ", "Households served / known"),
    "year": Text("Năm thứ", "Year"),
    "action": Text("Hạng mục", "Action"),
    "with": Text("Nguồn điện; truyền dẫn", "Power; backhaul"),
    "gained": Text(f"Hộ có thêm {MAIN_TECHNOLOGY}", f"Households gaining {MAIN_TECHNOLOGY}"),
}
_MILLION: Final = 1e6
_ANSWERS: Final = {
    True: Text("có", "yes"),
    False: Text("không", "no"),
    None: Text("chưa rõ", "not known"),
}


def whole(value: float, language: Language) -> str:
    """Write a whole number."""
    return decimal(value, 0).get(language)


def millions(value: float, language: Language) -> str:
    """Write money in millions of the scenario's currency."""
    return decimal(value / _MILLION, 0).get(language)


def capex_heading(facts: Facts) -> Text:
    """Return the heading of a column of money."""
    return Text(f"Vốn (triệu {facts.currency})", f"Capex (million {facts.currency})")


def grid_power(village: Village, language: Language) -> str:
    """Write whether a village has grid power."""
    return _ANSWERS[village.has_grid_power].get(language)


def hardship(village: Village, language: Language) -> str:
    """Write whether a village is one of extreme hardship."""
    return _ANSWERS[village.is_extremely_difficult].get(language)


def cause(village: Village, language: Language) -> str:
    """Write why a village has no good signal, or that prediction alone says it has."""
    if village.cause.vi or village.predicted != "good":
        return village.cause.get(language)
    basis = source(village, language)
    return Text(
        f"Dự báo có sóng tốt, kết luận theo {basis}: cần đo kiểm tại chỗ.",
        f"Good signal is predicted, the verdict rests on what was {basis}: measure on the spot.",
    ).get(language)


def class_name(village: Village, language: Language) -> str:
    """Write the class of a village's signal."""
    return CLASS_NAMES[village.verdict].get(language)


def source(village: Village, language: Language) -> str:
    """Write what the verdict rests on."""
    return _word(CHOICES["verdict_source_4g"], village.source, language)


def action_kind(action: Action, language: Language) -> str:
    """Write what is built."""
    return _word(ACTION_KINDS, action.kind, language)


def action_with(action: Action, language: Language) -> str:
    """Write power and backhaul of an action."""
    power = _word(POWER_SOURCES, action.power, language)
    return f"{power}; {_word(BACKHAUL_KINDS, action.backhaul, language)}"


def served(villages: Sequence[Village], language: Language) -> str:
    """Write households with good or weak signal over those of known signal, and the share."""
    counts = tallies(villages)
    covered = counts["good"].households + counts["weak"].households
    known = covered + counts["none"].households
    share = f" ({decimal(100.0 * covered / known, 1).get(language)} %)" if known else ""
    return f"{whole(covered, language)} / {whole(known, language)}{share}"


def count_cells(villages: Sequence[Village], language: Language) -> list[str]:
    """Write villages, households, and for weak, none and unknown both as "3 (120)"."""
    every, counts = tally(villages), tallies(villages)
    return [
        whole(every.villages, language),
        whole(every.households, language),
        *(
            f"{whole(counts[name].villages, language)} ({whole(counts[name].households, language)})"
            for name in ("none", "weak", "unknown")
        ),
    ]


def synthetic_mark(facts: Facts, language: Language) -> str:
    """Write which inputs were made up; nothing where none was."""
    if facts.synthetic_roles is None:
        return ""
    named = [_word(ROLES, role, language) for role in facts.synthetic_roles]
    return SYNTHETIC.get(language) + (f": {', '.join(named)}" if named else "")


def notes(facts: Facts, language: Language) -> list[str]:
    """Write method, thresholds, dates and where the numbers come from."""
    limits = facts.thresholds
    levels = limits["technologies"][MAIN_TECHNOLOGY]
    good, weak = (decimal(levels[name], 0) for name in ("good_dbm", "weak_dbm"))
    assumed = Text("", "")
    if limits.get("is_assumption"):
        assumed = Text(
            " Đây là giả định, chưa phải quy định của cơ quan nhà nước.",
            " This is an assumption, no rule of an authority.",
        )
    told = [
        Text(
            f"Tình trạng sóng {MAIN_TECHNOLOGY} của thôn là kết luận từ số đo, báo cáo của địa "
            "phương, dự báo trên địa hình và công bố của nhà mạng, theo thứ tự tin cậy ghi trong "
            "phần mềm; “chưa rõ” được tính riêng, không tính là có sóng hay không có sóng.",
            f"The {MAIN_TECHNOLOGY} signal of a village is the verdict of measurements, reports, "
            "prediction over the terrain and published coverage, in a written order of trust; "
            "“unknown” is counted apart from served and from not served.",
        ),
        Text(
            f"Ngưỡng ({limits.get('title_vi', '')}): tốt từ {good.vi} dBm, yếu từ {weak.vi} đến "
            f"dưới {good.vi} dBm, không có sóng dưới {weak.vi} dBm.{assumed.vi}",
            f"Thresholds ({limits.get('title_en', '')}): good from {good.en} dBm, weak from "
            f"{weak.en} to below {good.en} dBm, none below {weak.en} dBm.{assumed.en}",
        ),
        Text(
            "Hộ có sóng gồm hộ ở thôn có sóng tốt hoặc yếu.",
            "Households served are those of villages with good or weak signal.",
        ),
    ]
    if facts.data_dates:
        told.append(
            Text(f"Số liệu đến ngày {facts.data_dates}.", f"Data as of {facts.data_dates}.")
        )
    if facts.actions is not None:
        told.append(
            Text(
                "Hạng mục dự kiến do bài toán chọn theo ngân sách và đơn giá giả định; chưa phải "
                "dự án được phê duyệt.",
                "Actions were chosen under a budget and assumed prices; they are no approved "
                "projects.",
            )
        )
    told.append(
        Text(
            f"Lập bằng phần mềm Phủ Sóng {facts.version}; dấu vết dữ liệu đầu vào "
            f"{facts.fingerprint[:16]}.",
            f"Made with Phủ Sóng {facts.version}; fingerprint of the inputs "
            f"{facts.fingerprint[:16]}.",
        )
    )
    return [note.get(language) for note in told]


def _word(words: Mapping[str, Text], key: Any, language: Language) -> str:
    return words[key].get(language) if key in words else str(key)
