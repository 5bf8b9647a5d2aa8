"""At least 90 % of the lines of `coverage/` run in the tests, as slipcover counts them.

Counted is what the test processes run, xdist's workers included. What only a started process runs
(commands, jobs, a browser's server) is not counted, so the figure is a lower bound. Left out is
`coverage/propagation`: numba cannot compile what slipcover has marked, and what it has compiled
cannot be counted; those kernels are held against published values and a slow twin instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from gates.lock import BUILD, ROOT

LEAST_SHARE: Final = 0.90
COUNTED: Final = BUILD / "lines.json"
_SHOWN: Final = 15


def passes() -> bool:
    """Print the figure and the files that lack most; return whether it is high enough."""
    if not COUNTED.exists():
        print(f"NOT CHECKED: no count at {COUNTED.relative_to(ROOT)}; run `make test LINES=1`")
        return False
    return judged(json.loads(COUNTED.read_text(encoding="utf-8"))["files"])


def judged(files: Mapping[str, Mapping[str, Any]]) -> bool:
    """Print the figure of the files counted; return whether it is high enough."""
    ran = sum(len(entry["executed_lines"]) for entry in files.values())
    missed = {name: len(entry["missing_lines"]) for name, entry in files.items()}
    for name in sorted(missed, key=lambda name: (-missed[name], name))[:_SHOWN]:
        if missed[name]:
            print(f"  {name}: {missed[name]} lines not run")
    total = ran + sum(missed.values())
    share = ran / total if total else 0.0
    print(f"{ran} of {total} lines run ({share:.1%}, at least {LEAST_SHARE:.0%} are wanted)")
    return share >= LEAST_SHARE
