"""Editions of the administrative units and the way from one to the other."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from coverage.administration import administration

KNOWN = administration()


def test_the_shipped_units_are_the_official_ones(shared: Path) -> None:
    # published: list of units of March 2025 and crosswalk to July 2025
    path = shared / "data" / "admin" / "backan_communes_108_gso_2025-03.csv"
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(KNOWN.of("2025-03")) == 108
    for row in rows:
        unit = KNOWN.units["2025-03", row["commune_id"]]
        assert (unit.name, unit.district_code) == (row["commune"], row["district_id"])
        successor = KNOWN.translated(unit.key, "2025-07")
        assert successor == ("2025-07", row["new_ids"])
        assert KNOWN.units[successor].name == row["new_names"]
    assert len(KNOWN.of("2025-07")) == 37


def test_the_districts_are_the_published_ones() -> None:
    # published: communes per district unit before the reform
    counts = pd.Series([unit.district for unit in KNOWN.of("2025-03")]).value_counts()
    assert dict(counts) == {
        "Thành phố Bắc Kạn": 8,
        "Huyện Pác Nặm": 10,
        "Huyện Ba Bể": 15,
        "Huyện Ngân Sơn": 10,
        "Huyện Bạch Thông": 14,
        "Huyện Chợ Đồn": 20,
        "Huyện Chợ Mới": 14,
        "Huyện Na Rì": 17,
    }


def test_a_code_alone_says_nothing() -> None:
    # published: 21 of the 37 codes belonged to a unit of another name or kind
    used_again = [
        unit.code
        for unit in KNOWN.of("2025-07")
        if KNOWN.units["2025-03", unit.code].name != unit.name
    ]
    assert len(used_again) == 21
    assert KNOWN.units["2025-03", "01864"].name == "Xã Bộc Bố"
    assert KNOWN.units["2025-07", "01864"].name == "Xã Bằng Thành"


def test_the_way_back_is_known_for_an_unchanged_commune_only() -> None:
    # published: Thượng Quan alone was not merged
    back = {unit.key: KNOWN.translated(unit.key, "2025-03") for unit in KNOWN.of("2025-07")}
    assert {key: old for key, old in back.items() if old} == {
        ("2025-07", "01957"): ("2025-03", "01957")
    }


def test_centres_lie_within_the_province() -> None:
    # published extent: 21°48'–22°44' N, 105°26'–106°15' E
    for unit in KNOWN.of("2025-07"):
        assert unit.longitude is not None
        assert unit.latitude is not None
        assert 105.43 < unit.longitude < 106.25
        assert 21.80 < unit.latitude < 22.74


def test_the_edition_of_a_layer_is_told_by_codes_with_their_names() -> None:
    new = [(unit.code, unit.name) for unit in KNOWN.of("2025-07")]
    old = [(unit.code, unit.name) for unit in KNOWN.of("2025-03")]
    assert KNOWN.edition_of(new) == "2025-07"
    assert KNOWN.edition_of(old) == "2025-03"
    assert KNOWN.edition_of([(code, "") for code, _ in new]) == ""
    assert KNOWN.edition_of([("01957", "Thượng Quan")]) == ""  # the same in both


def test_a_crosswalk_of_the_project_replaces_the_preset() -> None:
    own = administration(
        pd.DataFrame(
            {
                "old_code": ["1", "2", "3", "3", "5"],
                "old_name": ["Xã A", "Xã B", "Xã C", "Xã C", "Xã E"],
                "new_code": ["2", "2", "7", "8", "8"],
                "new_name": ["Xã D", "Xã D", "Xã F", "Xã G", "Xã G"],
            }
        ),
        edition="2025-07",
    )
    assert own.translated(("2025-03", "1"), "2025-07") == ("2025-07", "2")
    assert own.translated(("2025-03", "2"), "2025-07") == ("2025-07", "2")
    assert own.translated(("2025-07", "2"), "2025-03") is None
    assert own.translated(("2025-03", "3"), "2025-07") is None  # went into two
    assert own.translated(("2025-07", "8"), "2025-03") is None  # E whole, and a part of C
    assert own.translated(("2025-07", "7"), "2025-03") is None  # a part of C only
    assert own.other_editions("2025-07") == ("2025-03",)
    assert own.of("2025-03")[0].name == "Xã A"
    assert len(own.units) == 7
