"""Every dependency of the lock has a licence that the project may live with.

Read from what is installed: the SPDX expression where there is one, else the classifiers, else the
free text. A dependency of another system that is not installed here is counted, not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Final

from gates.lock import normal, pinned

ALLOWED: Final = frozenset(
    {
        *("MIT", "MIT-0", "MIT-CMU", "ISC", "0BSD", "Zlib", "CC0-1.0", "PSF-2.0"),
        *("BSD-2-Clause", "BSD-3-Clause", "BSD", "Apache-2.0", "LLVM-exception"),
        "MPL-2.0",  # its own files alone stay under it; none is changed here
    }
)
SPELT: Final = {
    "mit license": "MIT",
    "bsd license": "BSD",
    "new bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "apache software license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "isc license (iscl)": "ISC",
    "isc license": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
JUDGED: Final = {
    "psycopg": ("LGPL-3.0-only", "used as a library that anyone may exchange; not changed"),
    "psycopg-binary": ("LGPL-3.0-only", "as psycopg"),
    "docutils": (
        "Public Domain AND BSD License AND GNU General Public License (GPL)",
        "GPL for an Emacs mode alone; builds the documentation, is not shipped",
    ),
    "fastkml": (
        "GNU Library or Lesser General Public License (LGPL)",
        "checks KML in the tests, is not shipped",
    ),
    "pygeoif": (
        "GNU Library or Lesser General Public License (LGPL)",
        "as fastkml",
    ),
    "pypdfium2": (
        "BSD-3-Clause, Apache-2.0, dependency licenses",
        "draws PDF in the tests, is not shipped; its dependencies are permissive",
    ),
    "xstatic-leaflet": ("(same as Leaflet)", "Leaflet is under BSD-2-Clause"),
}
"""Judged by hand: what the dependency states today, and why that is allowed."""


def passes() -> bool:
    """Print what is not allowed, and the figure; return whether all is."""
    stated = dict(_stated(pinned()))
    found = faults(stated)
    for line in found:
        print(f"  {line}")
    absent = len(pinned()) - len(stated)
    print(f"{len(stated)} licences read, {len(found)} not allowed, {absent} not installed here")
    return not found and bool(stated)


def faults(stated: Mapping[str, str]) -> list[str]:
    """Return the dependencies whose licence is neither allowed nor judged."""
    found = []
    for name, licence in sorted(stated.items()):
        is_judged = name in JUDGED and licence == JUDGED[name][0]
        if not is_allowed(licence) and not is_judged:
            found.append(f"{name}: {licence or 'states no licence'}")
    return found


def is_allowed(licence: str) -> bool:
    """Whether one of the alternatives (OR) is allowed in all its parts (AND)."""
    choices = re.split(r"\s+OR\s+", licence)
    return any(
        all(_known(part) in ALLOWED for part in re.split(r"\s+(?:AND|WITH)\s+|,\s*", choice))
        for choice in choices
    )


def _known(part: str) -> str:
    return SPELT.get(part.strip().lower(), part.strip(" ()"))


def _stated(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    installed = {normal(d.metadata["Name"]): d.metadata for d in metadata.distributions()}
    for name in names:
        if name in installed:
            yield name, stated(installed[name])


def stated(about: metadata.PackageMetadata) -> str:
    """Return what a distribution says of its licence, as one expression."""
    if expression := about.json.get("license_expression"):
        return str(expression)
    classified = [
        entry.split(" :: ")[-1]
        for entry in about.get_all("Classifier") or []
        if entry.startswith("License :: ") and not entry.endswith("OSI Approved")
    ]
    if classified:
        return " AND ".join(dict.fromkeys(classified))
    return str(about.json.get("license") or "").split("\n", 1)[0].strip()
