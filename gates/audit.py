"""No dependency of the lock has a known vulnerability, as far as a service can be asked.

Without a service the gate says loudly that nothing was checked, and lets the build go on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from gates.lock import BUILD, TOOLS, pinned

SERVICES: Final = ("osv", "pypi")
_PROBE: Final = "numpy"
_PATIENCE_S: Final = 300.0

Report = list[Mapping[str, Any]]
"""What pip-audit tells of each dependency: name, and version and vulnerabilities where known."""


def passes() -> bool:
    """Ask the first service that answers; return False only where it knows a vulnerability."""
    asked = lists(pinned())
    for service in SERVICES:
        # One question first: where nobody answers there is no point in asking a hundred.
        probe = [entry for entry in asked[0] if entry.startswith(f"{_PROBE}==")]
        if known(_answer(service, probe)):
            return judged([entry for one in asked for entry in _answer(service, one)])
        print(f"{service}: no answer")
    print("!" * 80)
    print("!! NOT CHECKED: no service of vulnerabilities can be reached from here.")
    print(f"!! {len(pinned())} dependencies were not audited. Run `make audit` with a network.")
    print("!" * 80)
    return True


def lists(versions: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return lists of `name==version` in which a name stands once."""
    columns = [[f"{name}=={one}" for one in sorted(found)] for name, found in versions.items()]
    return [[entry for entry in row if entry] for row in zip_longest(*columns, fillvalue="")]


def known(report: Report) -> int:
    """Return how many dependencies the service knew."""
    return sum("vulns" in entry for entry in report)


def judged(report: Report) -> bool:
    """Print what is vulnerable, and the figure; return whether nothing is."""
    found = [
        f"{entry['name']} {entry['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version'}"
        for entry in report
        for one in entry.get("vulns", ())
    ]
    for line in found:
        print(f"  {line}")
    print(f"{known(report)} of {len(report)} known to the service, {len(found)} vulnerabilities")
    return not found


def _answer(service: str, requirements: list[str]) -> Report:
    """Ask a service by pip-audit; nothing where there is no answer."""
    tool = TOOLS / "pip-audit"
    if not tool.exists():
        sys.exit(f"{tool} is missing: run `make audit`")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        listed, told = Path(folder, "listed.txt"), Path(folder, "told.json")
        listed.write_text("\n".join(requirements), encoding="utf-8")
        command: list[str | Path] = [
            tool,
            "-r",
            listed,
            "--no-deps",
            "--disable-pip",
            "-s",
            service,
        ]
        command += ["--timeout", "10", "--progress-spinner", "off", "-f", "json", "-o", told]
        try:
            subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return []
        if not told.exists():
            return []
        report: Report = json.loads(told.read_text(encoding="utf-8"))["dependencies"]
        return report
