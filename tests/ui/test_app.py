"""The pages as scripts: what they show, and what filters, weights and thresholds change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

ROOT: Final = Path(__file__).resolve().parents[2]
RANK, NAME, COMMUNE, SCORE = "#", "Thôn / Village", "Xã / Commune", "Điểm / Score"


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("sys.argv", ["app.py", str(folder)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600).run()
    assert not app.exception
    return app


@pytest.fixture
def app(demo_project: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return opened(demo_project.parent, monkeypatch)


def villages(app: AppTest) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if NAME in frame.value.columns)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_the_demo_opens_with_figures_ranking_and_the_word_synthetic(app: AppTest) -> None:
    table = villages(app)
    assert len(table) >= 300
    assert table[RANK].tolist() == list(range(1, len(table) + 1))
    assert table[SCORE].is_monotonic_decreasing
    assert figures(app)["Thôn / Villages"] == str(len(table))
    assert any("SYNTHETIC" in warning.value for warning in app.warning)


def test_filters_narrow_table_and_figures(app: AppTest, demo_project: Path) -> None:
    everything = villages(app)
    code = pd.read_csv(demo_project.parent / "villages.csv", dtype=str)["commune_code"].iloc[0]
    app.selectbox(key="commune").select(code).run()
    chosen = villages(app)
    assert 0 < len(chosen) < len(everything)
    assert len(set(chosen[COMMUNE])) == 1
    assert figures(app)["Thôn / Villages"] == str(len(chosen))
    app.selectbox(key="commune").select("").run()
    app.session_state["classes"] = ["none"]
    app.run()
    assert set(villages(app)["4G"]) == {"✕ không"}


def test_an_operator_alone_never_reaches_more_than_all_together(app: AppTest) -> None:
    together = int(figures(app)["Trắng sóng / None"])
    app.selectbox(key="operator").select_index(1).run()
    assert not app.exception
    assert int(figures(app)["Trắng sóng / None"]) >= together


def test_technology_changes_the_class_shown(app: AppTest) -> None:
    app.session_state["technology"] = "5G"
    app.run()
    assert not app.exception
    assert "5G" in villages(app).columns


def test_weights_change_the_ranking(app: AppTest) -> None:
    before = villages(app)[NAME].tolist()
    app.slider(key="weight_fibre_distance").set_value(100).run()
    after = villages(app)[NAME].tolist()
    assert sorted(after) == sorted(before)
    assert after != before
    app.button[0].click().run()
    assert villages(app)[NAME].tolist() == before


def test_all_weights_zero_is_refused_in_words(app: AppTest) -> None:
    before = villages(app)[NAME].tolist()
    for slider in app.slider:
        if str(slider.key).startswith("weight_"):
            slider.set_value(0)
    app.run()
    assert not app.exception
    assert "at least one weight" in app.error[0].value
    assert villages(app)[NAME].tolist() == before


def test_stricter_thresholds_leave_more_without_signal(app: AppTest) -> None:
    before = int(figures(app)["Trắng sóng / None"])
    app.slider(key="limits_outdoor_outdoor_4G").set_value((-95, -85)).run()
    after = int(figures(app)["Trắng sóng / None"])
    assert after > before
    app.selectbox(key="profile").select("outdoor_indoor").run()
    assert before < int(figures(app)["Trắng sóng / None"]) < after


def test_a_chosen_village_has_a_sheet_and_stays_chosen_when_ranks_change(app: AppTest) -> None:
    village = villages(app).iloc[4]
    app.session_state["village"] = village["Mã / Id"]
    app.run()
    assert village[NAME] in app.subheader[0].value
    facts = next(
        table.value.set_index("Thông tin / Fact")[" "]
        for table in app.dataframe
        if "Thông tin / Fact" in table.value.columns
    )
    # the fifth village of the ranking stands among the first twenty more often than not
    assert float(facts["Vào 20 thôn đầu / In top 20"].removesuffix(" %").replace(",", ".")) > 50
    app.slider(key="weight_fibre_distance").set_value(100).run()
    assert village[NAME] in app.subheader[0].value


def test_a_project_with_errors_shows_them_all_and_no_traceback(
    demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hỏng"
    shutil.copytree(demo_project.parent, folder, ignore=shutil.ignore_patterns("outputs"))
    (folder / "villages.csv").write_text("name\nA\n", encoding="utf-8")
    app = opened(folder, monkeypatch)
    assert "có lỗi / The input data have errors" in app.error[0].value
    problems = app.dataframe[0].value
    assert len(problems) > 1
    assert set(problems["Tệp / File"]) == {"villages.csv"}


def test_a_wrong_folder_is_said_and_another_can_be_opened(
    demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(tmp_path, monkeypatch)
    assert "project.toml" in app.error[0].value
    assert not app.dataframe
    app.text_input(key="project").set_value(str(demo_project.parent)).run()
    assert not app.exception
    assert len(villages(app)) >= 300


@pytest.mark.parametrize("page", ["data", "about"])
def test_other_pages_open(page: str, demo_project: Path) -> None:
    source = f"from coverage.ui import state\nfrom coverage.ui.pages import {page}\n"
    source += f"state.start({str(demo_project.parent)!r})\n{page}.show()\n"
    app = AppTest.from_string(source, default_timeout=600).run()
    assert not app.exception
    assert len(app.dataframe) >= 1
    if page == "data":
        assert app.dataframe[0].value["SHA-256"].str.len().eq(64).all()
