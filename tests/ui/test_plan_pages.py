"""The pages for plans, fibre, comparison and export as scripts, also when things go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from coverage import pipeline
from coverage.io.project import load_project
from coverage.jobs import Job, MapTask, PlanTask, default_desk
from coverage.jobs.desk import is_running
from coverage.jobs.state import read_state, write_state
from tests.io.made import write_project


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("made") / "dự án nhỏ")


@pytest.fixture(autouse=True)
def _desk_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PHUSONG_CACHE", str(tmp_path / "cache"))
    yield
    for job in default_desk().jobs():
        default_desk().stop(job.key)


def opened(page: str, folder: Path, **session: Any) -> AppTest:
    source = f"from coverage.ui import state\nfrom coverage.ui.pages import {page}\n"
    source += f"state.start({str(folder)!r})\n{page}.show()\n"
    app = AppTest.from_string(source, default_timeout=300)
    for name, value in session.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def ended() -> Job:
    """Wait for the one job that was asked for."""
    latest = time.monotonic() + 120.0
    while time.monotonic() < latest:
        jobs = default_desk().jobs()
        if jobs and not any(job.is_live or is_running(job.folder) for job in jobs):
            return jobs[0]
        time.sleep(0.1)
    pytest.fail("the job did not end")


def finished(app: AppTest) -> AppTest:
    ended()
    app.run()
    assert not app.exception
    return app


def test_a_plan_of_the_app_is_the_plan_of_the_library(folder: Path) -> None:
    app = opened("plan", folder)
    app.number_input(key="plan_amount").set_value(2.0).run()
    app.selectbox(key="plan_unit").select("million_usd").run()
    button(app, "Lập phương án").click().run()
    finished(app)
    inputs = load_project(folder)
    plan = pipeline.plan(pipeline.run(inputs), budget="2000000USD")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Hạng mục"] == str(len(plan.actions))
    assert figures["Ngân sách (tỷ đồng)"] == "52,0"  # by hand: 2 million USD at 26,000
    assert "tốt nhất" in " ".join(caption.value for caption in app.caption)
    task = ended().task
    assert isinstance(task, PlanTask)
    assert task.budget == "2000000USD"
    assert task.scenario == inputs.scenario  # nothing is changed that was not touched


def test_levers_reach_the_scenario_and_are_set_again_by_an_earlier_plan(folder: Path) -> None:
    app = opened("plan", folder)
    app.session_state["plan_kinds"] = ["satellite"]
    app.selectbox(key="plan_objective").select("population")
    app.selectbox(key="plan_serve").select("good")
    app.number_input(key="plan_years").set_value(2)
    app.number_input(key="plan_price_site_build").set_value(900.0)
    app.run()
    button(app, "Lập phương án").click().run()
    job = ended()
    rules, costs = job.task.scenario.planning, job.task.scenario.costs
    assert (rules.objective, rules.serve, rules.kinds) == ("population", "good", ("satellite",))
    assert rules.phases == (0.5, 0.5)
    price = costs.items["site_build"]
    assert (price.capex, price.currency, price.is_assumption) == (9e8, "VND", True)
    assert price.opex_per_year == 3_000 * 26_000  # by hand: the yearly cost stays what it was
    fresh = opened("plan", folder)
    fresh.selectbox(key="plan_earlier").select_index(0).run()
    assert not fresh.exception
    assert fresh.selectbox(key="plan_objective").value == "population"
    assert fresh.number_input(key="plan_years").value == 2
    assert fresh.number_input(key="plan_price_site_build").value == 900.0
    assert not any("hãy lập lại" in warning.value for warning in fresh.warning)
    fresh.number_input(key="plan_amount").set_value(77.0).run()
    assert any("hãy lập lại" in warning.value for warning in fresh.warning)


def test_what_is_changed_just_before_the_button_counts(folder: Path) -> None:
    app = opened("plan", folder)
    app.number_input(key="plan_amount").set_value(31.0)
    button(app, "Lập phương án").click().run()  # both reach the server in one message
    job = ended()
    assert isinstance(job.task, PlanTask)
    assert job.task.budget == "31000000000VND"
    app = opened("export", folder)
    app.radio(key="export_masts").set_value("none")
    app.multiselect(key="export_things").set_value(["map"])
    button(app, "Tạo tệp").click().run()
    ended()
    made = [job.task for job in default_desk().jobs() if isinstance(job.task, MapTask)]
    assert [task.mast_positions for task in made] == ["none"]


def test_a_target_and_no_kind_at_all(folder: Path) -> None:
    app = opened("plan", folder, plan_aim="target", plan_target=80)
    button(app, "Lập phương án").click().run()
    job = ended()
    assert isinstance(job.task, PlanTask)
    assert (job.task.target, job.task.budget) == ("80%", None)
    app.session_state["plan_kinds"] = []
    app.run()
    assert "ít nhất một loại" in app.error[0].value
    assert button(app, "Lập phương án").disabled


def test_errors_of_the_work_are_told_in_the_language_of_the_session(folder: Path) -> None:
    locked = {"plan_must": ["N-0-0"], "plan_must_not": []}
    app = opened("plan", folder, **locked)
    button(app, "Lập phương án").click().run()
    finished(app)
    assert "không có hạng mục" in app.error[0].value
    app.session_state["language"] = "en"
    app.run()
    assert "there is no action" in app.error[0].value
    assert "không có" not in app.error[0].value


def test_a_process_that_died_and_one_that_was_stopped_are_told(folder: Path) -> None:
    app = opened("plan", folder)
    button(app, "Lập phương án").click().run()
    job = ended()
    state = read_state(job.folder)
    assert state is not None
    write_state(job.folder, state.model_copy(update={"status": "running"}))  # as a kill leaves it
    app.run()
    assert "giữa chừng" in app.error[0].value
    write_state(job.folder, state.model_copy(update={"status": "stopped"}))
    app.run()
    assert "Đã dừng" in app.info[0].value


def test_what_cannot_be_compared_is_told(folder: Path, tmp_path: Path) -> None:
    app = opened("compare", folder)
    assert "giống nhau" in app.info[0].value
    chosen = {"compare_b": "folder", "compare_b_folder": str(tmp_path)}
    app = opened("compare", folder, compare_a="folder", compare_a_folder=str(tmp_path), **chosen)
    assert "giống nhau" in app.info[0].value
    (tmp_path / "trống").mkdir()
    app.text_input(key="compare_b_folder").set_value(str(tmp_path / "trống")).run()
    assert not app.exception
    assert "Không so sánh được" in app.error[0].value
    assert {"manifest.json"} <= {Path(f).name for f in app.dataframe[0].value["Tệp"]}
    app.text_input(key="compare_b_folder").set_value("").run()
    assert "nêu thư mục" in app.caption[-1].value


def test_two_finished_folders_are_compared(folder: Path, tmp_path: Path) -> None:
    pipeline.run_project(folder, tmp_path / "a")
    pipeline.plan_project(folder, tmp_path / "b", budget="60000000000")
    app = opened(
        "compare",
        folder,
        compare_a="folder",
        compare_a_folder=str(tmp_path / "a"),
        compare_b="folder",
        compare_b_folder=str(tmp_path / "b"),
    )
    assert not app.error
    table = next(f.value for f in app.dataframe if "Có sóng: gốc" in f.value.columns)
    assert (table["Chênh lệch"] == "0").all()
    assert any("Ngân sách" in set(f.value.iloc[:, 0]) for f in app.dataframe)


def test_an_export_warns_of_exact_positions_and_needs_a_choice(folder: Path) -> None:
    app = opened("export", folder)
    assert not app.warning
    app.radio(key="export_masts").set_value("coarse").run()
    assert "report.xlsx" in app.warning[0].value
    app.multiselect(key="export_things").set_value(["map"]).run()
    assert not app.warning
    app.multiselect(key="export_things").set_value([]).run()
    assert button(app, "Tạo tệp").disabled


def test_pages_of_a_broken_project_say_so(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "hỏng")
    (folder / "villages.csv").write_text("name\nA\n", encoding="utf-8")
    for page in ("plan", "fibre", "compare", "export"):
        app = opened(page, folder)
        assert "có lỗi" in app.error[0].value


def test_no_page_says_vietnamese_words_in_english(folder: Path) -> None:
    """Labels and headings of these pages hold no Vietnamese letter once English is chosen."""
    for page in ("plan", "fibre", "compare", "export"):
        app = opened(page, folder, language="en")
        said = [e.label for kind in ("button", "selectbox", "number_input") for e in app.get(kind)]
        said += [e.value for e in app.header] + [m.label for m in app.metric]
        own = [text for text in said if " / " not in text]
        assert own
        for text in own:
            assert not set(text.lower()) & set("ăâđêôơưáàảãạốộếệ"), text
