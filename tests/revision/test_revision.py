"""Edits, drafts, imported tables and the copies they make: on the demo project and by hand."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.errors import CoverageError, InputDataError
from coverage.importing import read_sheets
from coverage.intake.draft import apply
from coverage.intake.vocabulary import UPLOADS
from coverage.io.files import sha256_of
from coverage.io.project import examine, load_project
from coverage.revision.copies import save_copy, trial
from coverage.revision.drafts import DraftChangedError, Drafts, KeptFile, Work
from coverage.revision.edits import CellEdit, RowAdded, RowRemoved, Step, edited, record, touched
from coverage.revision.joining import fit_of, joined, tables_with
from coverage.revision.places import new_folder, projects_folder, safe_name
from coverage.revision.rows import problems_of, raw_rows
from coverage.revision.sites import NewSite, site_rows

SITE = NewSite(
    operator="Viettel",
    technology="4G",
    frequency_mhz=1800,
    bandwidth_mhz=10,
    longitude=105.9,
    latitude=22.2,
    antenna_height_m=35,
    tx_power_dbm=43,
    antenna_gain_dbi=17,
    feeder_loss_db=2,
)
HOSTILE = '=HYPERLINK("http://x.example","<img src=x onerror=alert(1)>")'


def table(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype=object)
    return frame.set_axis(pd.Index(range(2, len(frame) + 2), name="row"), axis=0)


def set_cell(row: int, column: str, was: str, becomes: str) -> Step:
    edit = CellEdit(row=row, column=column, was=was, becomes=becomes)
    return Step(role="villages", edits=(edit,))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in folder.iterdir() if path.is_file()}


def test_steps_apply_in_order_and_leave_what_they_were_made_on_as_it_was() -> None:
    raw = table(village_id=["A", "B"], name=["Bản A", "Bản B"])
    before = raw.copy()
    steps = (
        set_cell(2, "name", "Bản A", "Bản X"),
        Step(role="villages", edits=(RowRemoved(row=3, cells={"village_id": "B"}),)),
        Step(role="villages", edits=(RowAdded(row=4, cells={"village_id": "C", "note": "mới"}),)),
        set_cell(3, "name", "Bản B", "ở dòng đã xóa"),  # of a row that is gone: ignored
        Step(role="stations", edits=(RowRemoved(row=2, cells={}),)),
    )
    now = edited(raw, steps, "villages")
    assert now.to_dict("index") == {  # by hand
        2: {"village_id": "A", "name": "Bản X", "note": ""},
        4: {"village_id": "C", "name": "", "note": "mới"},
    }
    assert touched(steps, "villages") == {2, 3, 4}
    assert len(record(steps)) == 5
    pd.testing.assert_frame_equal(raw, before)


@given(st.lists(st.tuples(st.integers(2, 6), st.sampled_from(["a", "b"]), st.text(max_size=4))))
def test_undoing_the_last_step_is_as_if_it_had_never_been(
    changes: list[tuple[int, str, str]],
) -> None:
    raw = table(a=list("pqrst"), b=list("uvwxy"))
    steps = [set_cell(row, column, "", text) for row, column, text in changes]
    for number in range(len(steps)):
        shorter = edited(raw, steps[:number], "villages")
        again = edited(raw, (*steps[:number], steps[number])[:-1], "villages")
        pd.testing.assert_frame_equal(shorter, again)
    last: dict[tuple[int, str], str] = {(r, c): t for r, c, t in changes}
    now = edited(raw, steps, "villages")
    for (row, column), text in last.items():  # the last word counts
        assert now.loc[row, column] == text


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\a.xlsx", "a.xlsx"),
        ("Biểu 02.xlsx", "Biểu 02.xlsx"),
        ("con.txt", "file"),
        ("...", "file"),
        ("a\x00b\u202egnp.exe", "abgnp.exe"),
        ("<img src=x>.csv", "img src=x .csv"),
        ("x" * 300 + ".xlsx", "x" * 75 + ".xlsx"),
    ],
)
def test_names_of_files_become_plain_names(name: str, safe: str) -> None:
    assert safe_name(name, instead="file") == safe  # by hand


@given(st.text(max_size=120))
def test_no_name_leads_out_of_a_folder(name: str) -> None:
    safe = safe_name(name, instead="file")
    assert (Path("/home/x") / safe).parent == Path("/home/x")
    assert safe not in {"", ".", ".."}
    assert "\x00" not in safe


@pytest.mark.parametrize("name", ["", "../x", "a/b", "NUL", ".ẩn", "a" * 200, "x\n/y"])
def test_a_project_gets_no_unsafe_name(name: str) -> None:
    with pytest.raises(InputDataError) as caught:
        new_folder(name)
    assert caught.value.problems[0].rule == "unsafe_name"


def test_two_sessions_of_one_draft_never_overwrite_each_other(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    name = drafts.begin(Work(project="p"))
    step = set_cell(2, "name", "a", "b")
    done: list[str] = []

    def write() -> None:
        try:
            drafts.write(name, Work(project="p", steps=(step,)), after=1)
            done.append("written")
        except DraftChangedError:
            done.append("told")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["told"] * 7 + ["written"]
    for number in range(2, 6):
        drafts.write(name, Work(project="p", steps=(step,) * number), after=number)
    with pytest.raises(DraftChangedError):  # its number is free again, but is long passed
        drafts.write(name, Work(project="p"), after=1)
    found = drafts.read(name)
    assert found is not None
    assert (found[0], len(found[1].steps)) == (6, 5)


@pytest.mark.parametrize("name", ["", "..", "../../x", "a" * 16 + "/", "A" * 15])
def test_a_draft_has_no_name_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    assert Drafts(tmp_path).read(name) is None
    with pytest.raises(CoverageError):
        Drafts(tmp_path).write(name, Work(project="p"), after=0)


def test_files_under_review_are_weighed_counted_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = Drafts(tmp_path)
    name = drafts.begin(Work(project="p"))
    kept = drafts.add_file(name, "../../x.csv", 3, lambda: b"abc")
    path = drafts.path_of(name, kept)
    assert path.read_bytes() == b"abc"
    assert path.is_relative_to(tmp_path / name)

    def never() -> bytes:
        pytest.fail("a file that is too large is not read")

    with pytest.raises(InputDataError) as caught:
        drafts.add_file(name, "x.csv", 65 * 2**20, never)
    assert caught.value.problems[0].rule == "too_large"
    monkeypatch.setitem(UPLOADS, "most_files", 1)  # type: ignore[misc]
    with pytest.raises(InputDataError) as caught:
        drafts.add_file(name, "y.csv", 1, lambda: b"y")
    assert caught.value.problems[0].rule == "too_many_files"
    drafts.drop_file(name, kept)
    assert not path.exists()
    drafts.forget(name)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_draft_is_none(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    name = drafts.begin(Work(project="p"))
    (tmp_path / name / "1.json").write_text('{"project": "p", "steps": 5}')
    assert drafts.read(name) is None


def test_a_copy_is_whole_keeps_the_synthetic_flag_and_leaves_the_original(
    demo_project: Path, tmp_path: Path
) -> None:
    project = str(demo_project.parent)
    before = digests(demo_project.parent)
    raw = raw_rows(project, "villages")
    row = int(raw.table.index[0])
    steps = (
        set_cell(row, "name", raw.table.loc[row, "name"], HOSTILE),
        Step(
            role="stations",
            edits=tuple(
                RowAdded(row=100_000 + n, cells=cells)
                for n, cells in enumerate(site_rows(SITE, raw_rows(project, "stations").table))
            ),
        ),
    )
    folder = save_copy(
        project,
        tmp_path / "Bản sửa",
        name="Bản sửa",
        tables=tables_with(project, steps, ()),
        records={"changes": record(steps)},
    )
    assert digests(demo_project.parent) == before
    old, new = load_project(project), load_project(folder)
    assert new.project.name == "Bản sửa"
    assert new.project.synthetic == old.project.synthetic
    assert new.synthetic_roles == old.synthetic_roles
    assert len(new.stations) == len(old.stations) + 3
    assert new.villages["name"].iloc[0] == "'" + HOSTILE  # a spreadsheet shows it, and runs nothing
    same = [c for c in old.villages.columns if c != "name"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(new.villages[same]), pd.DataFrame(old.villages[same]), check_dtype=False
    )
    mine = new.stations[new.stations["site_id"] == "MOI001"]
    assert mine["azimuth_deg"].tolist() == [0.0, 120.0, 240.0]
    assert mine["eirp_dbm"].tolist() == [58.0] * 3  # by hand: 43 + 17 - 2
    assert [p.name for p in tmp_path.iterdir()] == ["Bản sửa"]  # nothing half made beside it


def test_a_copy_with_errors_is_told_in_full_and_not_written(
    demo_project: Path, tmp_path: Path
) -> None:
    project = str(demo_project.parent)
    raw = raw_rows(project, "villages").table
    first, second = (int(n) for n in raw.index[:2])
    steps = (
        set_cell(first, "latitude", "", "222.5"),
        set_cell(second, "village_id", "", raw.loc[first, "village_id"]),
    )
    with pytest.raises(InputDataError) as caught:
        save_copy(
            project,
            tmp_path / "x",
            name="x",
            tables=tables_with(project, steps, ()),
            records={},
        )
    assert {"out_of_range", "duplicate_id"} <= {p.rule for p in caught.value.problems}
    assert list(tmp_path.iterdir()) == []


def test_edited_rows_are_checked_as_files_are(demo_project: Path) -> None:
    project = str(demo_project.parent)
    inputs = load_project(project)
    rows = raw_rows(project, "stations")
    first, second = (int(n) for n in rows.table.index[:2])
    steps = tuple(
        Step(role="stations", edits=(CellEdit(row=r, column=c, was="", becomes=v),))
        for r, c, v in [
            (first, "technology", "6G"),
            (second, "bandwidth_mhz", "7"),
            (second, "cell_id", rows.table.loc[first, "cell_id"]),
        ]
    )
    now = edited(rows.table, steps, "stations")
    found = problems_of(now, touched(steps, "stations"), inputs, "stations", file=rows.file)
    assert {(p.rule, p.rows) for p in found} >= {
        ("not_in_list", (first,)),
        ("duplicate_id", (first, second)),
    }
    assert problems_of(rows.table, {first}, inputs, "stations", file=rows.file) == ()


def test_a_trial_leaves_nothing_behind(
    demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    project = str(demo_project.parent)
    raw = raw_rows(project, "stations").table
    steps = (
        Step(
            role="stations",
            edits=tuple(
                RowAdded(row=10**6 + n, cells=c) for n, c in enumerate(site_rows(SITE, raw))
            ),
        ),
    )
    inputs = trial(project, tables_with(project, steps, ()))
    assert "MOI001" in set(inputs.stations["site_id"])
    assert list(tmp_path.iterdir()) == []
    assert len(site_rows(SITE, edited(raw, steps, "stations"))) == 3
    assert site_rows(SITE, edited(raw, steps, "stations"))[0]["site_id"] == "MOI002"


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    sheet = tmp_path / "thon.csv"
    sheet.write_text(
        "Tên thôn,Mã thôn,Số hộ,Nhân khẩu,Kinh độ,Vĩ độ\n"
        "Bản A,A,10,40,105.8,22.1\n"
        "Bản B,B,,50,105.9,22.2\n"
        "Bản C,C,30,120,105.9,22.3\n",
        encoding="utf-8",
    )
    (read,) = read_sheets(sheet, {})
    assert read.role == "villages"
    assert read.draft is not None
    fit = fit_of(apply(read.draft).table, "villages", file="thon.csv")
    assert fit.table["village_id"].tolist() == ["A", "C"]
    assert [(row, p.rule, p.column) for row, p in fit.unusable] == [
        (3, "missing_value", "households")
    ]
    assert set(fit.table["has_grid_power"]) == {""}  # unknown, not no
    base = table(
        village_id=["A", "Z"],
        name=["Tên cũ", "Bản Z"],
        commune_code=["1", "1"],
        households=["9", "8"],
        note=["giữ", "giữ"],
    )
    both = joined(base, fit, "add")
    assert (both.kept, both.updated, both.added) == (1, 1, 1)  # by hand: Z; A; C
    rows = both.table.set_index("village_id")
    assert rows.loc["A", "households"] == "10"
    assert rows.loc["A", "note"] == "giữ"
    assert rows.loc["A", "commune_code"] == "1"  # an empty cell of the sheet changes nothing
    assert joined(base, fit, "replace").table["village_id"].tolist() == ["A", "C"]


def test_the_messy_sheet_goes_into_the_real_project(shared: Path, tmp_path: Path) -> None:
    data = shared / "data"
    (read,) = read_sheets(data / "dirty" / "villages_messy.xlsx", {}, project=data / "backan")
    assert read.role == "villages"
    assert read.draft is not None
    fit = fit_of(apply(read.draft).table, "villages", file="villages_messy.xlsx")
    truth = pd.read_csv(data / "dirty" / "villages_messy_truth.csv", dtype=str)
    assert fit.table.index.tolist() == truth["row"].astype(int).tolist()
    base = raw_rows(str(data / "backan"), "villages").table
    added = joined(base, fit, "add")
    assert added.kept + added.updated == len(base) == 913
    came_from = added.table.set_index("village_id")["source_row"]
    found = came_from[truth["village_id"]].to_numpy() == truth["row"].to_numpy()
    # regression: names of two rows fit two villages of their commune, so they stay apart
    assert (int(found.sum()), added.updated, added.added) == (81, 81, 2)
    folder = save_copy(
        str(data / "backan"),
        tmp_path / "Nhập",
        name="Nhập",
        tables=tables_with(str(data / "backan"), (), [(fit, "replace")]),
        records={},
    )
    inputs, problems = examine(folder)
    assert inputs is not None
    assert len(inputs.villages) == 83
    assert [p for p in problems if p.severity == "error"] == []
    # to 1e-5 degrees, which the truth is written to (about 1 m)
    assert abs(inputs.villages.set_index("name").loc["Bản Co", "longitude"] - 105.85) < 2e-5


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("dirty/villages_messy.xlsx", "villages"),
        ("dirty/sapnhap_bando_4_provinces_2025-07-17_raw.csv", "communes"),
        ("backan/villages.csv", "villages"),
        ("backan/stations_synthetic.csv", "stations"),
        ("backan/communes_2025-07.gpkg", "communes"),
        ("backan/roads_synthetic.gpkg", None),
        ("backan/indicators_synthetic.csv", None),
    ],
)
def test_what_a_real_sheet_holds_is_guessed(shared: Path, file: str, role: str | None) -> None:
    assert [sheet.role for sheet in read_sheets(shared / "data" / file, {})] == [role]


def test_a_sheet_that_is_no_such_table_says_so_and_the_others_are_read(tmp_path: Path) -> None:
    sheet = tmp_path / "x.csv"
    sheet.write_text("a,b\n1,2\n", encoding="utf-8")
    (read,) = read_sheets(sheet, {"x.csv": "stations"})
    assert read.draft is None
    assert {p.rule for p in read.problems} == {"missing_column"}


def test_tiles_that_share_a_name_are_copied_apart(demo_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    shutil.copytree(demo_project.parent, project, ignore=shutil.ignore_patterns("outputs"))
    (project / "sub").mkdir()
    (project / "villages.csv").rename(project / "sub" / "stations.csv")
    toml = (project / "project.toml").read_text(encoding="utf-8")
    (project / "project.toml").write_text(
        toml.replace('villages = "villages.csv"', 'villages = "sub/stations.csv"'), encoding="utf-8"
    )
    folder = save_copy(str(project), tmp_path / "q", name="q", tables={}, records={})
    assert len(load_project(folder).villages) == len(load_project(project).villages)


def test_the_projects_folder_follows_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHUSONG_PROJECTS", "/somewhere/else")
    assert projects_folder() == Path("/somewhere/else")
    monkeypatch.delenv("PHUSONG_PROJECTS")
    assert projects_folder().name == "projects"


def test_a_kept_file_names_no_folder() -> None:
    with pytest.raises(ValueError, match="token"):
        KeptFile.model_validate({"token": "../x", "name": "a.csv"})
