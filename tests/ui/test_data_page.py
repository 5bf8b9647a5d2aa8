"""The data page as a script: what it shows, and what it says of files it cannot take."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from coverage.revision.drafts import Drafts, Work
from coverage.revision.edits import CellEdit, Step
from coverage.revision.rows import raw_rows
from coverage.ui import kept

Opened = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _a_session_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """All scripts of this process are one session to Streamlit; let each begin anew."""
    names: dict[str, str] = {}
    monkeypatch.setattr(kept, "session_names", lambda: names)


@pytest.fixture
def opened(demo_project: Path) -> Opened:
    def open_page(part: str, *, draft: str = "", language: str = "vi") -> AppTest:
        source = "from coverage.ui import state\nfrom coverage.ui.pages import data\n"
        source += f"state.start({str(demo_project.parent)!r})\ndata.show()\n"
        app = AppTest.from_string(source, default_timeout=600)
        app.query_params["part"] = part
        if draft:
            app.query_params["draft"] = draft
        app.session_state["language"] = language
        app.run()
        assert not app.exception
        return app

    return open_page


def draft_with(demo_project: Path, *files: tuple[str, bytes], steps: tuple[Step, ...] = ()) -> str:
    """Return the name of a draft of the demo with files under review."""
    drafts, project = Drafts(), str(demo_project.parent)
    name = drafts.begin(Work(project=project))
    kept = tuple(
        drafts.add_file(name, file, len(data), lambda data=data: data) for file, data in files
    )
    drafts.write(name, Work(project=project, files=kept, steps=steps), after=1)
    return name


def tables_of(app: AppTest, column: str) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def changed(column: str, was: str, becomes: str, row: int = 2) -> tuple[Step, ...]:
    edit = CellEdit(row=row, column=column, was=was, becomes=becomes)
    return (Step(role="villages", edits=(edit,)),)


def test_the_check_names_sources_hashes_and_assumptions(opened: Opened) -> None:
    app = opened("check")
    assert tables_of(app, "SHA-256")["SHA-256"].str.len().eq(64).all()
    assumed = tables_of(app, "Nhóm")
    assert {"thresholds", "costs.exchange"} & set(assumed["Nhóm"])
    assert (assumed["Nguồn"] != "").all()
    english = opened("check", language="en")
    assert "Assumptions of the scenario" in {s.value for s in english.subheader}
    assert not {s.value for s in app.subheader} & {s.value for s in english.subheader}


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("ảnh.xlsx", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "unsupported_format"),
        ("thon.csv", b"   ", "empty_file"),
        ("hong.xlsx", b"PK\x03\x04 xl/workbook.xml broken", "unreadable"),
        ("../../../etc/x.csv", b"\x00\x01\x02\x03", ""),
        ("lop.geojson", b'{"type": "FeatureCollection", "features": [', "unreadable"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_words(
    opened: Opened, demo_project: Path, name: str, content: bytes, rule: str
) -> None:
    app = opened("import", draft=draft_with(demo_project, (name, content)))
    told = [frame.value for frame in app.dataframe if "Quy tắc" in frame.value.columns]
    if rule:
        assert len(told) == 1
        assert rule in told[0]["Quy tắc"].iloc[0] or rule == "unreadable"
        assert (told[0]["Cách xử lý"] != "").all()
    shown = " ".join(markdown.value for markdown in app.markdown)
    assert "../" not in shown
    assert not [b for b in app.button if "lưu thành dự án" in b.label]  # nothing to accept


def test_a_file_that_is_too_large_is_refused(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coverage.revision.drafts.LARGEST_FILE", 10)
    app = opened("import")
    app.file_uploader[0].set_value(("thon.csv", b"x" * 11, "text/csv")).run()
    assert not app.exception
    problems = tables_of(app, "Quy tắc")
    assert problems["Quy tắc"].tolist() == ["too_large"]
    assert problems["Tệp"].tolist() == ["thon.csv"]


def test_files_of_a_folder_of_the_server_are_listed_and_taken(
    opened: Opened, tmp_path: Path
) -> None:
    (tmp_path / "thon.csv").write_text("Tên thôn,Số hộ,Nhân khẩu\nBản A,10,40\n", encoding="utf-8")
    (tmp_path / "lối ra.csv").symlink_to("/etc/passwd")
    app = opened("import")
    app.text_input(key="send_folder").set_value(str(tmp_path / "không có")).run()
    assert any("Không đọc được thư mục" in error.value for error in app.error)
    app.text_input(key="send_folder").set_value(str(tmp_path)).run()
    box = app.multiselect(key="send_chosen")
    assert box.options == ["thon.csv"]  # a link is not followed
    box.select("thon.csv").run()
    next(b for b in app.button if b.label == "Đưa vào xem xét").click().run()
    assert not app.exception
    assert any("**1** dòng dùng được" in m.value for m in app.markdown)


def test_a_hostile_name_in_a_cell_stays_text_and_the_sheet_is_reviewed(
    opened: Opened, demo_project: Path
) -> None:
    place = raw_rows(str(demo_project.parent), "villages").table.iloc[0]
    evil = "<img src=x onerror=alert(1)> **đậm** [a](javascript:alert(1))"
    content = (
        "Tên thôn,Mã xã,Số hộ,Nhân khẩu,Kinh độ,Vĩ độ\n"
        f'"{evil}",{place["commune_code"]},10,40,{place["longitude"]},{place["latitude"]}\n'
    ).encode()
    app = opened("import", draft=draft_with(demo_project, (f"{evil}.csv", content)))
    assert any("**1** dòng dùng được" in m.value for m in app.markdown)
    assert [m.value for m in app.markdown if "<img" in m.value] == []
    assert tables_of(app, "village_id")["name"].tolist() == [evil]
    assert [b for b in app.button if "lưu thành dự án" in b.label]


def test_a_role_can_be_changed_and_a_wrong_one_says_what_is_missing(
    opened: Opened, demo_project: Path
) -> None:
    content = "Tên thôn,Số hộ,Nhân khẩu\nBản A,10,40\n".encode()
    app = opened("import", draft=draft_with(demo_project, ("thon.csv", content)))
    role = next(box for box in app.selectbox if str(box.key).startswith("role_"))
    assert role.value == "villages"
    role.select("stations").run()
    assert not app.exception
    told = tables_of(app, "Quy tắc")
    assert set(told["Quy tắc"]) == {"missing_column"}
    role = next(box for box in app.selectbox if str(box.key).startswith("role_"))
    role.select("").run()
    assert not app.exception
    assert not [f for f in app.dataframe if "Quy tắc" in f.value.columns]


def test_errors_of_edited_rows_show_at_once_and_forbid_saving_until_undone(
    opened: Opened, demo_project: Path
) -> None:
    steps = changed("latitude", "22", "222")
    app = opened("edit", draft=draft_with(demo_project, steps=steps))
    assert "out_of_range" in set(tables_of(app, "Quy tắc")["Quy tắc"])
    save = next(b for b in app.button if "lưu thành dự án" in b.label)
    assert save.disabled
    next(b for b in app.button if b.label == "Hoàn tác").click().run()
    assert not app.exception
    assert not [f for f in app.dataframe if "Quy tắc" in f.value.columns]
    assert not [b for b in app.button if "lưu thành dự án" in b.label]


def test_saving_writes_a_new_project_and_opens_it(
    opened: Opened, demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHUSONG_PROJECTS", str(tmp_path))
    name = draft_with(demo_project, steps=changed("name", "", "Bản Đổi Tên"))
    app = opened("edit", draft=name)

    def save(title: str) -> None:
        app.text_input(key="save_name").set_value(title).run()
        next(b for b in app.button if "lưu thành dự án" in b.label).click().run()
        assert not app.exception

    save("../ra ngoài")
    assert tables_of(app, "Quy tắc")["Quy tắc"].tolist() == ["unsafe_name"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".drafts"]
    save("Bản mới")
    assert app.session_state["project"] == str(tmp_path / "Bản mới")
    assert "Bản Đổi Tên" in (tmp_path / "Bản mới" / "villages.csv").read_text(encoding="utf-8-sig")
    assert "Bản Đổi Tên" in (tmp_path / "Bản mới" / "changes.csv").read_text(encoding="utf-8-sig")
    assert Drafts().read(name) is None
    assert "draft" not in app.query_params


def test_a_draft_of_other_files_than_those_on_the_disk_is_not_applied(
    demo_project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    shutil.copytree(demo_project.parent, folder, ignore=shutil.ignore_patterns("outputs"))
    drafts = Drafts()
    step = changed("name", "", "x")
    name = drafts.begin(Work(project=str(folder), steps=step, hashes={"villages": "0" * 64}))
    source = "from coverage.ui import state\nfrom coverage.ui.pages import data\n"
    source += f"state.start({str(demo_project.parent)!r})\ndata.show()\n"
    app = AppTest.from_string(source, default_timeout=600)
    app.query_params["draft"] = name
    app.run()
    assert not app.exception
    assert app.session_state["project"] == str(folder)
    assert any("không còn khớp" in error.value for error in app.error)


def test_another_session_of_the_same_draft_is_told_and_nothing_is_lost(
    opened: Opened, demo_project: Path
) -> None:
    name = draft_with(demo_project, steps=changed("name", "", "A"))
    app = opened("edit", draft=name)
    found = Drafts().read(name)
    assert found is not None
    longer = found[1].model_copy(update={"steps": (*found[1].steps, *changed("name", "A", "B", 3))})
    Drafts().write(name, longer, after=found[0])
    next(b for b in app.button if b.label == "Hoàn tác").click().run()
    assert any("thẻ hoặc máy khác" in w.value for w in app.warning)
    now: Any = Drafts().read(name)
    assert now[1] == longer


def test_a_visitor_who_may_not_edit_changes_nothing(
    opened: Opened, demo_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coverage.ui.access.may_edit", lambda: False)
    name = draft_with(demo_project, steps=changed("name", "", "A"))
    app = opened("edit", draft=name)
    save = next(b for b in app.button if "lưu thành dự án" in b.label)
    assert save.disabled
    before = Drafts().read(name)
    next(b for b in app.button if b.label == "Hoàn tác").click().run()
    assert Drafts().read(name) == before
