"""Print the benchmarks; names of some of them limit the run."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import (
    accuracy,
    country,
    growth,
    measured,
    pages,
    planning,
    runs,
    sessions,
    sheets,
    speed,
    splat,
)

PARTS = (
    *("speed", "growth", "accuracy", "splat", "planning", "run", "sheets", "app", "sessions"),
    "country",
    "measured",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("outputs/benchmarks"),
        help="folder of the plots and their figures (default: %(default)s)",
    )
    options = parser.parse_args()
    work = {
        "speed": speed.measure,
        "growth": lambda: growth.measure(options.out),
        "accuracy": accuracy.measure,
        "splat": splat.measure,
        "planning": planning.measure,
        "run": runs.measure,
        "sheets": sheets.measure,
        "app": pages.measure,
        "sessions": sessions.measure,
        "country": lambda: country.measure(options.out),
        "measured": measured.measure,
    }
    for name in options.parts or PARTS:
        work[name]()
        print()


main()
