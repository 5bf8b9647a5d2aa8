"""A bill of materials (CycloneDX 1.6, JSON) of what the lock installs: `build/sbom.cdx.json`.

Made by cyclonedx-py from the environment, validated by it against the schema, and held against the
lock here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from gates.lock import BUILD, ROOT, TOOLS, normal, pinned

OUT: Final = BUILD / "sbom.cdx.json"


def passes() -> bool:
    """Write the bill; return whether it names what the lock installs here."""
    OUT.parent.mkdir(exist_ok=True)
    command: list[str | Path] = [TOOLS / "cyclonedx-py", "environment", sys.executable]
    command += ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "application"]
    command += ["--spec-version", "1.6", "--output-reproducible", "--validate", "-o", OUT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr)
        return False
    found = faults(json.loads(OUT.read_text(encoding="utf-8")), pinned())
    for line in found:
        print(f"  {line}")
    print(f"{OUT.relative_to(ROOT)}: valid against its schema, {len(found)} faults")
    return not found


def faults(bill: Mapping[str, Any], versions: Mapping[str, Collection[str]]) -> list[str]:
    """Return what a bill lacks: its own name, versions of the lock, links, licences."""
    found = []
    if (bill.get("bomFormat"), bill.get("specVersion")) != ("CycloneDX", "1.6"):
        found.append("it is not CycloneDX 1.6")
    if bill.get("metadata", {}).get("component", {}).get("name") != "phusong":
        found.append("it does not say that it is ours")
    listed = {normal(part["name"]): part for part in bill.get("components", ())}
    for name, part in sorted(listed.items()):
        if name in versions and part.get("version") not in versions[name]:
            found.append(f"{name} {part.get('version')}: the lock says {sorted(versions[name])}")
        if not part.get("purl"):
            found.append(f"{name}: no purl")
    if len(listed.keys() & versions.keys()) * 2 < len(versions):
        found.append(f"only {len(listed.keys() & versions.keys())} of {len(versions)} are in it")
    return found
