"""Print the benchmarks: speed, accuracy and SPLAT!; names of some of them limit the run."""

from __future__ import annotations

import argparse

from benchmarks import accuracy, speed, splat

PARTS = {"speed": speed.measure, "accuracy": accuracy.measure, "splat": splat.measure}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    for name in parser.parse_args().parts or PARTS:
        PARTS[name]()
        print()


main()
