"""Run gates by name."""

from __future__ import annotations

import argparse
import importlib
import sys

GATES = ("licences", "audit", "sbom", "lines", "mutants")


def main() -> None:
    """Run the gates named, all of them; end with 1 where one is not passed."""
    parser = argparse.ArgumentParser(prog="python -m gates", description=__doc__)
    parser.add_argument("gates", nargs="+", choices=GATES)
    failed = []
    for name in parser.parse_args().gates:
        print(f"== {name}", flush=True)
        if not importlib.import_module(f"gates.{name}").passes():
            failed.append(name)
    if failed:
        print(f"NOT PASSED: {', '.join(failed)}")
        sys.exit(1)


main()
