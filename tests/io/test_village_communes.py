"""How villages reach communes: by code, former code, name and place, of whichever edition."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pytest
import tomli_w
from shapely.geometry import Point, box

from coverage.administration import administration
from coverage.errors import Problem
from coverage.io.project import load_project
from coverage.io.village_communes import village_communes, with_code_column

CRS: Final = "EPSG:3405"
KNOWN: Final = administration()


def layer(edition: str) -> gpd.GeoDataFrame:
    """Return the real communes of an edition as squares of 10 km in a row."""
    units = KNOWN.of(edition)
    return gpd.GeoDataFrame(
        {
            "commune_code": [unit.code for unit in units],
            "name": [unit.name for unit in units],
            "edition": edition,
        },
        geometry=[box(i * 10_000, 0, (i + 1) * 10_000, 10_000) for i in range(len(units))],
        crs=CRS,
    )


def inside(edition: str, code: str) -> Point:
    codes = [unit.code for unit in KNOWN.of(edition)]
    return Point(codes.index(code) * 10_000 + 5_000, 5_000)


def settled(
    columns: dict[str, list[str]],
    *,
    edition: str = "2025-07",
    places: list[Point | None] | None = None,
    crosswalk: pd.DataFrame | None = None,
) -> tuple[gpd.GeoDataFrame, list[Problem], int]:
    count = len(next(iter(columns.values())))
    table = {"name": ["Nà Thử"] * count} | columns
    villages = gpd.GeoDataFrame(table, geometry=places or [None] * count, crs=CRS)
    villages.index = pd.RangeIndex(2, count + 2)
    return village_communes(villages, layer(edition), crosswalk=crosswalk, file="v.csv")


def rules(problems: list[Problem]) -> dict[str, tuple[int, ...]]:
    return {problem.rule: problem.rows for problem in problems}


def varied(name: str) -> str:
    """Return a name as offices write it: other tones, i for y, abbreviations, blanks."""
    pairs = [("oà", "òa"), ("óa", "oá"), ("uỷ", "ủy"), ("Sĩ", "Sỹ"), ("Kỳ", "Kì"), ("Hỷ", "Hỉ")]
    for ours, theirs in (*pairs, ("Thị trấn ", "TT."), ("Phường ", "P. "), ("Xã ", "xã  ")):
        name = name.replace(ours, theirs)
    return name


def bare(name: str) -> str:
    for kind in ("Thị trấn ", "Phường ", "Xã "):
        name = name.removeprefix(kind)
    return name


@pytest.fixture(scope="module")
def old_communes(shared: Path) -> list[dict[str, str]]:
    path = shared / "data" / "admin" / "backan_crosswalk_old108_to_new37.csv"
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("how", ["as listed", "varied", "bare", "capitals"])
def test_all_old_names_land_in_their_new_commune(
    old_communes: list[dict[str, str]], how: str
) -> None:
    write = {
        "as listed": str,
        "varied": varied,
        "bare": lambda name: (
            name.removeprefix("Thị trấn ").removeprefix("Phường ").removeprefix("Xã ")
        ),
        "capitals": str.upper,
    }[how]
    found, problems, repaired = settled(
        {"commune_name": [write(c["old_name"]) for c in old_communes]}
    )
    assert len(old_communes) == repaired == 108
    assert list(found["commune_code"]) == [c["new_id"] for c in old_communes]
    assert list(found["commune_code_2025_03"]) == [c["old_id"] for c in old_communes]
    assert set(rules(problems)) == {"commune_by_name"}


@pytest.mark.parametrize("column", ["commune_code", "commune_code_2025_03", "with edition"])
def test_all_old_codes_land_in_their_new_commune(
    old_communes: list[dict[str, str]], column: str
) -> None:
    codes = [c["old_id"] for c in old_communes]
    columns = {"commune_code": codes, "edition": ["2025-03"] * 108}
    if column != "with edition":
        columns = {column: codes}
    found, problems, _ = settled(columns)
    assert list(found["commune_code"]) == [c["new_id"] for c in old_communes]
    assert list(found["commune_code_2025_03"]) == codes
    assert set(rules(problems)) == {"former_commune_code"}


def test_new_codes_stay_and_say_nothing_of_the_old() -> None:
    units = KNOWN.of("2025-07")
    codes = [unit.code for unit in units]
    for columns in ({}, {"commune_name": [unit.name for unit in units]}):
        found, problems, repaired = settled({"commune_code": codes} | columns)
        assert list(found["commune_code"]) == codes
        assert "commune_code_2025_03" not in found.columns
        assert (problems, repaired) == ([], 0)


def test_a_code_of_two_units_is_not_joined_by_itself() -> None:
    # 01864 was Bộc Bố and is Bằng Thành, which holds three more old communes
    alone = {"commune_code": ["01864"]}
    found, problems, _ = settled(alone, edition="2025-03")
    assert (list(found["commune_code"]), list(rules(problems))) == ([""], ["code_of_two_editions"])
    told = {
        "edition": ({"edition": ["2025-03"]}, "01864"),
        "name": ({"commune_name": ["Bộc Bố"]}, "01864"),
    }
    for more, expected in told.values():
        found, problems, _ = settled(alone | more, edition="2025-03")
        assert (list(found["commune_code"]), problems) == ([expected], [])
    found, _, _ = settled(alone, edition="2025-03", places=[inside("2025-03", "01861")])
    assert list(found["commune_code"]) == ["01861"]  # Nhạn Môn, a part of Bằng Thành
    found, _, _ = settled(alone, edition="2025-03", places=[inside("2025-03", "01957")])
    assert list(found["commune_code"]) == [""]  # the point lies in neither


def test_the_rest_of_the_table_tells_the_edition() -> None:
    codes = {"commune_code": ["01858", "01861", "01864"]}  # two of them are old for certain
    found, problems, _ = settled(codes, edition="2025-03")
    assert list(found["commune_code"]) == codes["commune_code"]
    assert problems == []
    found, _, _ = settled(codes)
    assert list(found["commune_code_2025_03"]) == codes["commune_code"]
    mostly_open = {"commune_code": ["01858", "01864", "01879", "01894"]}
    found, _, _ = settled(mostly_open)
    assert list(found["commune_code"]) == ["01864", "01864", "01879", "01894"]
    assert list(found["commune_code_2025_03"]) == ["01858", "", "", ""]  # the others stay open


def test_the_name_beside_the_code_decides() -> None:
    columns = {
        "commune_code": ["01864", "01864", "01864"],
        "commune_name": ["Xã Bộc Bố", "Xã Bằng Thành", "Xã Nghiên Loan"],
    }
    found, problems, _ = settled(columns)
    assert list(found["commune_code"]) == ["01864", "01864", ""]
    assert list(found["commune_code_2025_03"]) == ["01864", "", ""]
    assert rules(problems) == {"former_commune_code": (2,), "code_and_name_differ": (4,)}
    places = [None, None, inside("2025-07", "01882")]
    found, _, _ = settled(columns, places=places)
    assert list(found["commune_code"]) == ["01864", "01864", "01882"]  # the point sides with it


def test_doubtful_names_are_told_with_suggestions_and_not_guessed() -> None:
    names = ["Văn Lăng", "Bằng Thanh", "Xã Không Đâu", "van lang"]
    found, problems, _ = settled({"commune_name": names})
    assert list(found["commune_code"]) == ["", "", "", "02143"]
    told = [p for p in problems if p.rule == "unknown_commune_name"]
    assert [p.value for p in told] == names[:3]
    assert "Xã Văn Lang (02143, 2025-07)" in told[0].fix.vi
    assert "Perhaps" not in told[2].fix.en
    held = [inside("2025-07", "02143"), inside("2025-07", "01957"), None, None]
    found, _, _ = settled({"commune_name": names}, places=held)
    assert list(found["commune_code"]) == ["02143", "", "", "02143"]  # the point among suggested


def test_a_village_without_any_word_takes_the_commune_of_its_point() -> None:
    columns = {"commune_code": ["", ""]}
    found, problems, repaired = settled(columns, places=[inside("2025-07", "02143"), None])
    assert list(found["commune_code"]) == ["02143", ""]
    assert rules(problems) == {"commune_by_place": (2,), "no_commune": (3,)}
    assert repaired == 1


def test_codes_are_mended_or_refused() -> None:
    columns = {"commune_code": ["1864", "99999", "1834"], "commune_code_2025_03": ["1858", "", ""]}
    found, problems, _ = settled(columns)
    assert list(found["commune_code"]) == ["01864", "", "01840"]
    assert list(found["commune_code_2025_03"]) == ["01858", "", "01834"]
    assert {p.rule: p.severity for p in problems} == {
        "lost_zeros": "warning",
        "unknown_commune": "error",
        "former_commune_code": "warning",
    }


def test_editions_that_disagree_are_told() -> None:
    columns = {
        "commune_code": ["01840", "01840"],
        "commune_code_2025_03": ["01957", "99999"],  # Thượng Quan is not in Đức Xuân
        "edition": ["2024", ""],
    }
    found, problems, _ = settled(columns)
    assert list(found["commune_code"]) == ["01840", "01840"]
    assert rules(problems) == {
        "unknown_edition": (2,),
        "former_code_differs": (2,),
        "unknown_former_code": (3,),
    }


def test_a_divided_commune_is_left_to_the_point() -> None:
    crosswalk = pd.DataFrame(
        {"old_code": ["90001", "90001"], "old_name": ["Xã Cũ"] * 2, "new_code": ["01840", "01843"]}
    )
    columns = {"commune_code": ["90001", "90001"]}
    found, problems, _ = settled(
        columns, places=[inside("2025-07", "01843"), None], crosswalk=crosswalk
    )
    assert list(found["commune_code"]) == ["01843", ""]
    assert "code_of_two_editions" in rules(problems)


def test_a_list_may_name_communes_in_another_way() -> None:
    by_name = with_code_column(pd.DataFrame({"commune_name": ["Xã Văn Lang"]}))
    assert list(by_name["commune_code"]) == [""]
    assert "commune_code" not in with_code_column(pd.DataFrame({"village_id": ["V1"]})).columns


def test_a_project_with_former_names_only(shared: Path, tmp_path: Path) -> None:
    data = shared / "data" / "backan"
    villages = pd.read_csv(data / "villages.csv", dtype=str)
    names = {unit.code: varied(unit.name) for unit in KNOWN.of("2025-03")}
    former = villages["commune_code_2025_03"].map(names)
    columns = ["commune_code", "commune_code_2025_03", "commune_name"]
    villages.drop(columns=columns).assign(commune_name=former).to_csv(tmp_path / "villages.csv")
    inputs = {"villages": "villages.csv", "terrain": [str(data / "terrain_90m_conditioned.tif")]}
    for role, file in (
        ("communes", "communes_2025-07.gpkg"),
        ("stations", "stations_synthetic.csv"),
    ):
        inputs[role] = str(data / file)
    project = {"project": {"name": "Thử", "crs": "EPSG:3405"}, "inputs": inputs}
    (tmp_path / "project.toml").write_bytes(tomli_w.dumps(project).encode())
    found = load_project(tmp_path).villages
    assert list(found["commune_code"]) == list(villages["commune_code"])
    assert list(found["commune_code_2025_03"]) == list(villages["commune_code_2025_03"])
