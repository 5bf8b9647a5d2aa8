"""Import of a large sheet: CPU time and peak memory of `phusong import`."""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from benchmarks import process
from coverage.administration import AFTER_REFORM, administration

ROWS = 50_000
HEADER = ("STT", "Tên thôn", "Xã", "Vĩ độ", "Kinh độ", "Số hộ", "Dân số", "Sóng di động")


def measure(rows: int = ROWS) -> None:
    """Print what a CSV and an XLSX of synthetic villages take."""
    if not process.IS_POSSIBLE:
        print("Sheets: this system gives no account of a child process")
        return
    print(f"Sheets: import of {rows:,} villages, the child process that reads included")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (_csv(folder / "v.csv", rows), _xlsx(folder / "v.xlsx", rows)):
            command = ("-m", "coverage", "import", path, "--as", "villages", "--quiet", "--out")
            usage = process.run([sys.executable, *command, folder / "out" / "v.csv"])
            print(f"{path.suffix:8}{usage.cpu_s:8.1f} s CPU{usage.peak_mib:8.0f} MiB")


def _lines(rows: int) -> Iterator[tuple[object, ...]]:
    """Villages about the centres of real communes, with decimal commas; a fixed seed."""
    rng = random.Random(1)  # noqa: S311
    units = [unit for unit in administration().of(AFTER_REFORM) if unit.longitude is not None]
    yield HEADER
    for number in range(1, rows + 1):
        unit = units[number % len(units)]
        place = (unit.latitude + rng.gauss(0, 0.02), unit.longitude + rng.gauss(0, 0.02))
        signal = rng.choice(["yếu", "tốt", "không có sóng", ""])
        degrees = (f"{value:.5f}".replace(".", ",") for value in place)
        people = rng.randint(100, 600)
        yield (number, f"Thôn {number}", unit.name, *degrees, people // 4, people, signal)


def _csv(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(_lines(rows))
    return path


def _xlsx(path: Path, rows: int) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Thôn")
        for number, row in enumerate(_lines(rows)):
            sheet.write_row(number, 0, row)
    return path
