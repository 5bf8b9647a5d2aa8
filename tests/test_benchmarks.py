"""The benchmarks measure what they say, on small cases."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import country, growth, process, runs
from tests.io import made

needs_wait4 = pytest.mark.skipif(not process.IS_POSSIBLE, reason="no account of a child process")


@needs_wait4
def test_usage_is_that_of_the_command_alone() -> None:
    # by hand: a bare interpreter takes some 10 MiB, this process with our package far more, and
    # 200 MB of ones are 190.7 MiB
    bare = process.run([sys.executable, "-S", "-c", "pass"])
    full = process.run([sys.executable, "-S", "-c", "x = b'1' * 200_000_000"])
    assert 2.0 < bare.peak_mib < 50.0
    assert 190.7 < full.peak_mib < 240.0


@needs_wait4
def test_cpu_counts_children_and_not_sleep() -> None:
    burn = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    code = f"import subprocess, sys, time; subprocess.run([sys.executable, '-S', '-c', {burn!r}])"
    used = process.run([sys.executable, "-S", "-c", f"{code}; time.sleep(0.5)"])
    # by hand: half a second of work in a child, and the start of two interpreters; half asleep
    assert 0.5 <= used.cpu_s < 1.5
    assert used.wall_s >= 1.0


@needs_wait4
def test_a_command_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)ended with 3: .*too bad"):
        process.run(
            [sys.executable, "-c", "import sys; print('too bad', file=sys.stderr); exit(3)"]
        )


def test_a_slope_is_the_exponent() -> None:
    # by hand: 3 x^2
    assert growth.Curve("sweep", [1.0, 2.0, 4.0], [3.0, 12.0, 48.0]).slope == pytest.approx(2.0)


def test_growth_writes_a_picture_and_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extent = growth.Extent(
        radii_km=(0.6, 1.2),
        resolutions_m=(300.0, 600.0),
        sites=(1, 2),
        profile_pixels=9000.0,  # 15 km at 300 m and at 600 m, not at 90 m
        repeats=1,
    )
    growth.measure(tmp_path / "biểu đồ", extent)
    told = capsys.readouterr().out
    for name, column, rows in (
        ("radius", "radius_km", ["sweep 0.6", "sweep 1.2", "profile 0.6", "profile 1.2"]),
        ("resolution", "resolution_m", ["sweep 300", "sweep 600", "profile 300", "profile 600"]),
        ("sites", "sites", ["sweep 1", "sweep 2"]),
    ):
        assert (tmp_path / "biểu đồ" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        with (tmp_path / "biểu đồ" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            table = list(csv.DictReader(stream))
        ours = [row for row in table if row["engine"] in {"sweep", "profile"}]
        assert [f"{row['engine']} {row[column]}" for row in ours] == rows
        assert all(float(row["cpu_seconds"]) > 0.0 for row in table)
        assert f"{name:11}sweep" in told
    assert told.count("slope") == 6


@needs_wait4
@pytest.mark.slow
def test_runs_keep_the_prediction_and_give_equal_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = made.write_project(tmp_path / "dự án")
    before = (project / "project.toml").read_bytes()
    runs.table("a small project", project, tmp_path, workers=(1, 2), repeats=1)
    told = capsys.readouterr().out
    assert "met     no prediction repeated" in told
    assert "met     the same bytes" in told
    assert (project / "project.toml").read_bytes() == before
    first, strict, weighted = (
        (tmp_path / name / "villages.csv").read_bytes() for name in runs.CHANGES
    )
    assert len({first, strict, weighted}) == 3
    # What the verdicts rest on sees the opposite as well.
    used, has_predicted = runs._changed_run(
        project, tmp_path / "cao", tmp_path / "store of 1", {"radio": {"rx_height_m": 3.0}}
    )
    assert has_predicted
    assert used.peak_mib > 100.0
    assert runs._digests(tmp_path / "cao") != runs._digests(tmp_path / "1 workers")


def test_the_command_names_its_parts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True
    )
    for part in ("speed", "growth", "accuracy", "splat", "run", "outputs/benchmarks"):
        assert part in done.stdout


@needs_wait4
def test_the_law_of_a_country_is_that_of_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What parts took is given here; by hand: 0.1 s a mast and 36 s a province."""

    def took(_toml: Path, side: int) -> dict[str, float]:
        figures = (side**2, 98.0 * side**2, 20.0 * side**2, 10.0 * side**2, side**2, 500.0, 4)
        return dict(zip(country._FIGURES, figures, strict=True))

    monkeypatch.setattr(country, "write_country", lambda folder, **_: folder / "country.toml")
    monkeypatch.setattr(country, "_measured", took)
    monkeypatch.setattr(
        country, "_province_usage", lambda *_: process.Usage(wall_s=1.0, cpu_s=36.0, peak_mib=9.0)
    )
    assert country.measure(tmp_path, (1, 2, 4))
    told = capsys.readouterr().out
    assert "met     exponent of CPU against sites 1.00" in told
    # by hand: 34,000 masts of 0.1 s are 3,400 s, 34 provinces of 36 s are 1,224 s; 1.28 hours
    assert "1.3 hours of CPU, of which a cluster shares 0.9" in told
    assert (tmp_path / "country.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "country.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["sites"] for row in csv.DictReader(stream)] == ["20.0", "80.0", "320.0"]
    monkeypatch.setattr(country, "_measured", lambda t, n: took(t, n) | {"peak_mib": 2_100.0})
    assert not country.measure(tmp_path, (1, 2))
    assert "MISSED  peak memory 2100 MiB" in capsys.readouterr().out
