"""The commands as a person starts them: stdout, stderr, what is on disk, the exit code."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from coverage.cli import main
from coverage.cli.command import tell_defect
from tests.io import made

TABLES = ("villages.csv", "communes.csv")
OUTPUTS = {
    "villages.csv",
    "communes.csv",
    "results.gpkg",
    "map.html",
    "report.xlsx",
    "manifest.json",
    *(f"{kind}.tif" for t in ("3g", "4g", "5g") for kind in (f"rsrp_{t}_dbm", f"server_{t}")),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return made.write_project(tmp_path / "dự án nhỏ")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def command(*arguments: object, **setting: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coverage", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        env=os.environ | setting,
    )


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix in {".csv", ".tif"}
    }


@pytest.mark.parametrize("name", ["demo", "check", "run", "plan", "fibre", "compare", "app"])
def test_every_command_explains_itself_in_both_languages(name: str) -> None:
    for arguments in ([name, "--help"], [name, "-h"]):
        done = invoke(*arguments)
        assert done.exit_code == 0
        assert " / " in done.stdout
        for option in ("--lang", "--quiet", "--debug"):
            assert option in done.stdout


def test_the_group_names_its_commands() -> None:
    done = invoke("--help")
    assert done.exit_code == 0
    for name in ("demo", "check", "run", "plan", "fibre", "compare", "app"):
        assert f"\n  {name} " in done.stdout
    assert invoke("--version").stdout.startswith("phusong")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["run", "x", "--workers", "0"],
        ["check", "x", "--lang", "fr"],
        ["sing"],
        ["run", "x", "--workers", "2", "--scheduler", "tcp://x:1"],
        ["demo", "x", "--provinces", "2"],
    ],
)
def test_wrong_use_is_code_2(arguments: list[str]) -> None:
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.output


def test_check_of_a_usable_project_shows_its_scenario(project: Path) -> None:
    vi, en = invoke("check", project), invoke("check", project, "--lang", "en")
    assert (vi.exit_code, en.exit_code) == (0, 0)
    assert "0 lỗi, 0 cảnh báo." in vi.stdout
    assert "0 errors, 0 warnings." in en.stdout
    for name in ("rx_height_m", "weak_dbm", "shadowing_sigma_db", "poverty", "height_m"):
        assert name in vi.stdout
    assert invoke("check", project, "--quiet").stdout == "0 lỗi, 0 cảnh báo.\n"
    assert json.loads(invoke("check", project, "--json").stdout) == {"errors": [], "warnings": []}


def test_two_runs_of_the_real_command_give_the_same_files(project: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "một", tmp_path / "hai"
    done = command("run", project, "--out", first, "--quiet", PYTHONWARNINGS="default")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["out"] == str(first)
    # by hand: five villages of 40 + 25 + 31 + 52 + 18 households and 160 + 101 + 120 + 230 + 75
    assert (told["villages"], told["communes"]) == (5, 2)
    assert (told["households"], told["population"]) == (166, 686)
    assert {path.name for path in first.iterdir()} >= OUTPUTS
    again = command(
        "run", project, "--out", second, "--lang", "en", PHUSONG_CACHE=str(tmp_path / "c")
    )
    assert again.returncode == 0
    assert "prediction: 100 %" in again.stderr
    assert json.loads(again.stdout) == told | {"out": str(second)}
    assert hashes(first) == hashes(second)
    assert {*TABLES, "rsrp_4g_dbm.tif"} <= set(hashes(first))


def test_unknown_columns_of_a_workbook_reach_the_outputs(project: Path) -> None:
    import openpyxl  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    book = openpyxl.Workbook()
    book.worksheets[0].append([*made.VILLAGE_HEADER.split(","), "ghi chú"])
    for line, note in zip(made.VILLAGES, ["=1+1", 7, None, True, 2.5], strict=True):
        book.worksheets[0].append([*line.split(","), note if note != "=1+1" else "-x"])
    book.save(project / "v.xlsx")
    made.write_toml(project, inputs={"villages": "v.xlsx"})
    done = invoke("run", project, "--quiet")
    assert done.exit_code == 0, done.stderr
    table = pd.read_csv(project / "outputs" / "villages.csv", dtype=str).set_index("village_id")
    assert table["ghi chú"].reindex(["V1", "V2"]).tolist() == ["'-x", "7"]


def test_a_run_tells_progress_and_warnings_on_stderr_only(project: Path) -> None:
    made.write_villages(project, made.changed(made.VILLAGES, 3, longitude="", latitude=""))
    done = invoke("run", project)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["out"] == str(project / "outputs")
    assert json.loads(done.stdout)["villages_unknown_4g"] == 1
    assert "! villages.csv, dòng 3" in done.stderr
    for stage in ("Đọc dữ liệu", "Dự báo tín hiệu", "Đánh giá và xếp hạng", "Ghi kết quả"):
        assert f"{stage}: 100 %" in done.stderr
    quiet = invoke("run", project, "--quiet")
    assert (quiet.exit_code, quiet.stderr) == (0, "")


def test_a_run_never_writes_beside_its_inputs(project: Path) -> None:
    before = {path.name: path.read_bytes() for path in project.iterdir()}
    for out in (project, project / "outputs" / ".."):
        done = invoke("run", project / "project.toml", "--out", out, "--lang", "en")
        assert done.exit_code == 2
        assert "must not be the project folder" in done.stderr
        assert done.stdout == ""
    assert {path.name: path.read_bytes() for path in project.iterdir()} == before


@pytest.mark.parametrize("inside", ["", "x/y"])
def test_a_file_where_the_folder_should_be_is_a_message(
    project: Path, tmp_path: Path, inside: str
) -> None:
    blocked = tmp_path / "kết quả"
    blocked.write_text("a file", encoding="utf-8")
    done = invoke("run", project, "--out", blocked / inside, "--quiet", "--lang", "en")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.output
    assert blocked.read_text(encoding="utf-8") == "a file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dự án nhỏ", "kết quả"]


def test_an_output_that_is_a_folder_is_a_message(project: Path) -> None:
    (project / "outputs" / "villages.csv").mkdir(parents=True)
    done = invoke("run", project, "--quiet", "--lang", "en")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert not (project / "outputs" / "manifest.json").exists()


def test_debug_lets_the_traceback_through(project: Path) -> None:
    made.write_villages(project, [])
    done = invoke("run", project, "--debug")
    assert done.exception is not None
    assert type(done.exception).__name__ == "InputDataError"


def test_a_defect_of_ours_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    tell_defect(KeyError, KeyError("x"), None)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--debug" in captured.err


def test_the_demo_is_a_usable_project(demo_project: Path) -> None:
    done = invoke("check", demo_project, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["errors"] == []


def test_demo_into_a_folder_in_use_is_a_message(project: Path) -> None:
    done = invoke("demo", project, "--lang", "en", "--quiet")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.output


def test_a_plan_writes_its_outputs_beside_those_of_a_run(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "phương án"
    done = command("plan", project, "--budget", "5000000USD", "--out", out, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert {path.name for path in out.iterdir()} >= OUTPUTS | {"plan_actions.csv"}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for name in ("budget", "spent", "objective", "bound", "gap", "solver"):
        assert manifest[name] == told[name]
    # by hand: 5 million USD at the preset's rate of 26,000
    assert manifest["budget"] == 130_000_000_000 >= manifest["spent"]
    assert "plan_actions.csv" in manifest["outputs"]
    header = (out / "plan_actions.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == (
        "action_id,kind,longitude,latitude,phase,capex,opex_per_year,power,backhaul_kind,"
        "backhaul_to,villages_gained,households_gained,households_gained_cumulative,"
        "stands_on,raise_m,villages_fibre_gained,households_fibre_gained,present_value,"
        "cost_per_household,fund_capex,operator_capex,province_capex,undecided_capex"
    )


def test_a_target_is_reached_or_ends_with_code_3(project: Path) -> None:
    # All villages are served as they stand: there is nothing to reach.
    idle = invoke("plan", project, "--target", "100%", "--quiet")
    assert (idle.exit_code, json.loads(idle.stdout)["spent"]) == (0, 0)
    made.write_toml(
        project,
        scenario={"thresholds": "strict", "level": "indoor", "planning": {"serve": "good"}},
    )
    out = project.parent / "none"
    poor = invoke(
        *("plan", project, "--target", "100%", "--budget", "1000", "--out", out),
        *("--quiet", "--lang", "en"),
    )
    assert (poor.exit_code, poor.stdout) == (3, "")
    assert "the most is 0" in poor.stderr
    assert not out.exists()
    rich = invoke("plan", project, "--target", "100%", "--quiet")
    told = json.loads(rich.stdout)
    # by hand: the low band on mast A, 16,500 USD at 26,000 VND, is the one way
    assert (rich.exit_code, told["aim"], told["spent"]) == (0, "target", 429_000_000)


def test_a_plan_needs_a_budget_or_a_target(project: Path) -> None:
    done = invoke("plan", project, "--quiet")
    assert done.exit_code == 2
    assert "ngân sách hoặc mục tiêu" in done.stderr


def test_a_plan_refuses_what_is_no_amount_before_it_writes(project: Path) -> None:
    done = invoke("plan", project, "--budget", "nhiều", "--quiet")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'nhiều'" in done.stderr
    assert not (project / "outputs").exists()


def test_what_must_be_built_and_cannot_be_paid_is_code_3(project: Path) -> None:
    # Indoors and under strict limits village V3 has no good signal; the mast A lacks the low band.
    made.write_toml(
        project,
        scenario={
            "thresholds": "strict",
            "level": "indoor",
            "planning": {"serve": "good", "must": ["U-A"]},
        },
    )
    poor = invoke("plan", project, "--budget", "1000", "--quiet", "--lang", "en")
    assert (poor.exit_code, poor.stdout) == (3, "")
    # by hand: 16,500 USD at 26,000 VND
    assert "at least 429,000,000 is needed" in poor.stderr
    assert not (project / "outputs").exists()
    rich = invoke("plan", project, "--budget", "429000000", "--quiet")
    assert (rich.exit_code, json.loads(rich.stdout)["spent"]) == (0, 429_000_000)
