"""The table of gap updates and that of indicators: what is found wrong, and how a row is added."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from coverage.errors import CoverageError, InputDataError, Problem
from coverage.io.project import examine
from coverage.io.sheets import read_sheet
from coverage.io.updates import append_gap_update
from coverage.model import Inputs
from tests.io import made

HEADER = "village_id,technology,status,operator,date,planned_date,who,note"
UPDATE = {
    "village_id": "V1",
    "technology": "4G",
    "status": "assigned",
    "operator": "Viettel",
    "date": "2026-05-01",
    "who": "Sở KH&CN",
    "note": 'hẹn "quý III", cột mới',
}


def read(project: Path, header: str, *rows: str) -> tuple[Inputs, list[Problem]]:
    made.write_table(project / "gap_status.csv", header, rows)
    made.write_toml(project, inputs={"gap_status": "gap_status.csv"})
    inputs, problems = examine(project)
    assert inputs is not None, [p.line("en") for p in problems]
    return inputs, [p for p in problems if p.file == "gap_status.csv"]


def test_a_good_table_is_read_without_a_word(project: Path) -> None:
    inputs, problems = read(
        project,
        HEADER,
        "V1,4G,open,,2026-01-01,,Sở,",
        "V1,LTE,đã giao nhà mạng,VNPT,01/02/2026,,Sở,",
        "V2,cáp quang,planned,VNPT,2026-02-01,2026-12-31,VNPT,",
    )
    assert problems == []
    assert inputs.gap_status is not None
    assert inputs.gap_status["status"].tolist() == ["open", "assigned", "planned"]
    assert inputs.gap_status["technology"].tolist() == ["4G", "4G", "fibre"]
    assert inputs.gap_status["date"].tolist() == ["2026-01-01", "2026-02-01", "2026-02-01"]


def test_what_is_odd_is_told_and_kept(project: Path) -> None:
    inputs, problems = read(
        project,
        HEADER,
        "V1,4G,on_air,VNPT,2026-03-01,,,",
        "V1,4G,open,,2026-04-01,,,",
        "V9,4G,open,,2026-04-01,,,",
        "V2,4G,planned,,,,,",
        "V3,4G,verified,VNPT,2026-01-01,,,",
    )
    assert [(p.severity, p.rule, p.column, p.rows) for p in problems] == [
        ("warning", "unknown_village", "village_id", (4,)),
        ("warning", "no_date", "date", (5,)),
        ("warning", "planned_without_date", "planned_date", (5,)),
        ("warning", "no_operator_in_charge", "operator", (5,)),
        ("warning", "status_backwards", "status", (3,)),
    ]
    assert inputs.gap_status is not None
    assert inputs.gap_status["village_id"].tolist() == ["V1", "V1", "V2", "V3"]
    source = next(s for s in inputs.sources if s.role == "gap_status")
    assert (source.rows_read, source.rows_dropped) == (5, 1)


def test_backwards_is_seen_in_time_not_in_file_order(project: Path) -> None:
    rows = ("V1,4G,verified,VNPT,2026-03-01,,,", "V1,4G,open,,2026-01-01,,,")
    assert read(project, HEADER, *rows)[1] == []


def test_a_wrong_status_is_an_error(project: Path) -> None:
    made.write_table(project / "gap_status.csv", HEADER, ["V1,4G,maybe,,2026-01-01,,,"])
    made.write_toml(project, inputs={"gap_status": "gap_status.csv"})
    inputs, problems = examine(project)
    assert inputs is None
    assert [(p.rule, p.column, p.value) for p in problems] == [("not_in_list", "status", "maybe")]


def test_updates_are_added_and_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "gap_status.csv"
    append_gap_update(path, UPDATE)
    first = path.read_bytes()
    append_gap_update(path, UPDATE | {"status": "on_air", "date": "02/06/2026"})
    assert path.read_bytes().startswith(first)
    table = read_sheet(path, name="gap_status.csv")
    assert list(table.columns) == HEADER.split(",")
    assert table["status"].tolist() == ["assigned", "on_air"]
    assert table["date"].tolist() == ["2026-05-01", "2026-06-02"]
    assert table["note"].tolist() == [UPDATE["note"]] * 2
    assert [p.name for p in tmp_path.iterdir()] == ["gap_status.csv"]


def test_a_table_of_other_columns_and_delimiter_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "gap_status.csv"
    path.write_text("who;date;status;technology;village_id;own", encoding="utf-8")
    plain = {key: UPDATE[key] for key in ("village_id", "technology", "status", "date", "who")}
    append_gap_update(path, plain)
    text = path.read_bytes().decode()
    assert text.splitlines()[1] == "Sở KH&CN;2026-05-01;assigned;4G;V1;"
    with pytest.raises(InputDataError, match="operator"):
        append_gap_update(path, UPDATE)  # the table has no place for it: never lost in silence
    assert path.read_bytes().decode() == text


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"status": "maybe"}, "status"),
        ({"village_id": ""}, "village_id"),
        ({"date": ""}, "date"),
        ({"date": "soon"}, "date"),
        ({"luck": "1"}, "luck"),
    ],
)
def test_a_wrong_update_leaves_the_table_alone(
    tmp_path: Path, change: dict[str, str], column: str
) -> None:
    path = tmp_path / "gap_status.csv"
    append_gap_update(path, UPDATE)
    before = path.read_bytes()
    with pytest.raises(InputDataError) as caught:
        append_gap_update(path, UPDATE | change)
    assert [p.column for p in caught.value.problems] == [column]
    assert path.read_bytes() == before


def test_text_that_a_spreadsheet_would_run_is_put_down_as_text(tmp_path: Path) -> None:
    path = tmp_path / "gap_status.csv"
    append_gap_update(path, UPDATE | {"note": "=1+1", "who": "@x"})
    row = read_sheet(path, name="gap_status.csv").iloc[0]
    assert (row["note"], row["who"]) == ("'=1+1", "'@x")


def test_several_at_once_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "gap_status.csv"
    threads = [
        threading.Thread(target=append_gap_update, args=(path, UPDATE | {"note": f"n{i}"}))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = read_sheet(path, name="gap_status.csv")["note"]
    assert sorted(notes) == [f"n{i}" for i in range(8)]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CoverageError, match=r"gap_status\.csv"):
        append_gap_update(tmp_path / "nowhere" / "gap_status.csv", UPDATE)


def test_only_csv_can_be_continued(tmp_path: Path) -> None:
    path = tmp_path / "gap_status.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputDataError):
        append_gap_update(path, UPDATE)


def test_indicators_are_held_against_communes_and_definitions(project: Path) -> None:
    edition, code = "2025-07", str(made.COMMUNES["commune_code"].iloc[0])
    layer = made.COMMUNES.assign(edition=edition)
    layer.to_file(project / "communes.gpkg", layer="communes", driver="GPKG")
    made.write_table(
        project / "indicators.csv",
        "commune_code,edition,indicator,year,value",
        [
            f"{code},{edition},internet_user_share,2024,0.9",
            f"{code},{edition},internet_user_share,2024,0.8",
            f"{code},old,internet_user_share,2024,0.9",
            f"{code},,internet_user_share,2023,0.9",
            f"99999,{edition},internet_user_share,2024,0.9",
            f"{code},{edition},luck,2024,7",
        ],
    )
    made.write_toml(project, inputs={"indicators": "indicators.csv"})
    found, problems = examine(project)
    assert found is not None
    assert [(p.rule, p.column, p.rows) for p in problems] == [
        ("indicator_of_other_edition", "edition", (4, 5)),
        ("indicator_without_commune", "commune_code", (6,)),
        ("undefined_indicator", "indicator", (7,)),
        ("indicator_twice", "indicator", (2, 3)),
    ]


def test_a_percent_in_place_of_a_share_is_an_error(project: Path) -> None:
    made.write_table(
        project / "indicators.csv",
        "commune_code,edition,indicator,year,value,target",
        ["00001,x,internet_user_share,2024,91,90"],
    )
    made.write_toml(project, inputs={"indicators": "indicators.csv"})
    found, problems = examine(project)
    assert found is None
    errors = [(p.rule, p.column, p.value) for p in problems if p.severity == "error"]
    assert errors == [
        ("share_out_of_range", "value", "91.0"),
        ("share_out_of_range", "target", "90.0"),
    ]
