"""At least 90 % of the lines of `coverage/` run in the tests, as slipcover counts them.

Counted are statements of the file that the test processes run, xdist's workers included. What only
a started process runs (commands, jobs, a browser's server) is not counted, and neither is the body
of a kernel that numba compiled: such kernels are left out of the figure on both sides, by name.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gates.lock import BUILD, ROOT

LEAST_SHARE: Final = 0.90
COUNTED: Final = BUILD / "lines.json"
_COMPILERS: Final = frozenset({"njit", "kernel", "formula"})
_SHOWN: Final = 15


def passes() -> bool:
    """Print the figure and the files that lack most; return whether it is high enough."""
    if not COUNTED.exists():
        print(f"NOT CHECKED: no count at {COUNTED.relative_to(ROOT)}; run `make test LINES=1`")
        return False
    files = json.loads(COUNTED.read_text(encoding="utf-8"))["files"]
    counts = {name: count(entry, compiled(ROOT / name)) for name, entry in sorted(files.items())}
    run = sum(one for one, _, _ in counts.values())
    missed = sum(one for _, one, _ in counts.values())
    left_out = sum(one for _, _, one in counts.values())
    for name, (_, lacking, _) in sorted(counts.items(), key=lambda item: -item[1][1])[:_SHOWN]:
        print(f"  {name}: {lacking} lines not run")
    share = run / (run + missed)
    print(
        f"{run} of {run + missed} lines run ({share:.1%}, at least {LEAST_SHARE:.0%} wanted); "
        f"{left_out} lines of compiled kernels are not counted"
    )
    return share >= LEAST_SHARE


def count(entry: Mapping[str, Any], kernels: frozenset[int]) -> tuple[int, int, int]:
    """Return how many lines of a file ran, did not, and belong to kernels."""
    ran, missed = set(entry["executed_lines"]), set(entry["missing_lines"])
    return len(ran - kernels), len(missed - kernels), len((ran | missed) & kernels)


def compiled(path: Path) -> frozenset[int]:
    """Return the lines in the bodies of functions that numba compiles."""
    return frozenset(
        line
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(_name(decorator) in _COMPILERS for decorator in node.decorator_list)
        for statement in node.body
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    )


def _name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return str(getattr(decorator, "attr", getattr(decorator, "id", "")))
