"""Pattern files as makers send them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coverage.errors import InputDataError
from coverage.io.antennas import by_name, read_pattern


def written(folder: Path, *, gain: str = "15.5 dBd", sign: str = "", rows: int = 360) -> Path:
    """Write a sector whose loss grows by a tenth of a decibel a degree from the axis."""
    cut = [f"{angle} {sign}{min(angle, 360 - angle) / 10:.1f}" for angle in range(rows)]
    lines = [
        "NAME Kx-800/65",
        "MAKE nobody",
        "FREQUENCY 806 MHz",
        f"GAIN {gain}",
        "TILT ELECTRICAL",
    ]
    path = folder / "kx800.msi"
    path.write_text(
        "\r\n".join([*lines, f"HORIZONTAL {rows}", *cut, "VERTICAL 360", *(cut[:1] * 360)]),
        encoding="utf-8",
    )
    return path


def test_a_pattern(tmp_path: Path) -> None:
    path = written(tmp_path)
    pattern = read_pattern(path, name="kx800.msi")
    assert (pattern.name, pattern.frequency_mhz) == ("Kx-800/65", 806.0)
    assert pattern.gain_dbi == pytest.approx(17.65)  # by definition: dBd + 2.15
    assert pattern.horizontal_db.shape == (360,)
    np.testing.assert_allclose(pattern.horizontal_db[[0, 30, 180, 330]], [0, 3, 18, 3], atol=1e-6)
    assert set(by_name([(path, pattern)])) == {"Kx-800/65", "kx800"}


def test_gain_and_sign_as_makers_write_them(tmp_path: Path) -> None:
    assert read_pattern(written(tmp_path, gain="17.65 dBi"), name="x").gain_dbi == 17.65
    negative = read_pattern(written(tmp_path, sign="-"), name="x")
    assert negative.horizontal_db[30] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("spoil", "row", "words"),
    [
        (lambda text: text.replace("VERTICAL 360", "VERTICAL 400"), 367, "fewer lines"),
        (lambda text: text.replace("30 3.0", "30 three"), 37, "two numbers"),
        (lambda text: text.replace("VERTICAL", "VERTIKAL"), 1, "no VERTICAL section"),
        (lambda text: text.replace("30 3.0", "30 -3.0"), 7, "both signs"),
        (lambda text: text + "x" * 1_000_001, 1, "larger than 1 MB"),
    ],
)
def test_a_broken_pattern_is_told_by_line(
    tmp_path: Path, spoil: object, row: int, words: str
) -> None:
    path = written(tmp_path)
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(InputDataError) as caught:
        read_pattern(path, name="kx800.msi")
    (problem,) = caught.value.problems
    assert (problem.file, problem.row) == ("kx800.msi", row)
    assert words in problem.what.en


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="does not exist"):
        read_pattern(tmp_path / "none.msi", name="none.msi")
