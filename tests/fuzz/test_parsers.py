"""Every parser, on files of a small corpus with pieces changed, doubled, cut out or exchanged.

Whatever comes of it: something read, or one of the package's own errors; never another error, never
a hang. What the corpus holds is our own (`corpus/README.md`).
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage.comparison.verification import verify
from coverage.errors import CoverageError
from coverage.fetch.services import services
from coverage.intake.draft import apply
from coverage.intake.engine import propose
from coverage.intake.options import read_statements
from coverage.io.antennas import read_pattern
from coverage.io.database import is_database, name_of
from coverage.io.manifests import read_manifest
from coverage.io.project import examine
from coverage.jobs.state import read_state
from coverage.settings import load_project_file, load_scenario
from tests.io import made

CORPUS: Final = Path(__file__).parent / "corpus"
Read = Callable[[Path], object]


def imported(path: Path) -> object:
    return apply(propose(path, "villages"))


def project_with(name: str, key: str) -> Read:
    """Read the made project with one of its inputs exchanged for the file."""

    def read(path: Path) -> object:
        folder = path.parent / "project"
        if not folder.exists():
            made.write_project(folder, inputs={key: name})
        shutil.copy(path, folder / name)
        return examine(folder)

    return read


def job_state(path: Path) -> object:
    shutil.copy(path, path.parent / "state.json")
    return read_state(path.parent)


def manifest(path: Path) -> object:
    read_manifest(path.parent, "out", [])
    return verify(path.parent)


PARSERS: Final[dict[str, tuple[str, Read, int]]] = {
    "project file": ("project.toml", load_project_file, 300),
    "scenario": ("project.toml", load_scenario, 150),
    "statements": ("mapping.toml", read_statements, 300),
    "services": ("mapping.toml", services, 100),
    "antenna": ("antenna.msi", lambda path: read_pattern(path, name=path.name), 300),
    "manifest": ("manifest.json", manifest, 200),
    "state of a job": ("manifest.json", job_state, 100),
    "villages of a project": ("villages.csv", project_with("villages.csv", "villages"), 60),
    "communes of a project": ("places.geojson", project_with("c.geojson", "communes"), 40),
    "csv": ("sheet.csv", imported, 60),
    "xlsx": ("sheet.xlsx", imported, 60),
    "xls": ("sheet.xls", imported, 60),
    "ods": ("sheet.ods", imported, 60),
    "kml": ("places.kml", imported, 40),
    "gpx": ("track.gpx", imported, 40),
    "geojson": ("places.geojson", imported, 40),
    "dxf": ("drawing.dxf", imported, 40),
}
PIECES: Final = (
    *(
        b"",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"<",
        b"&#0;",
        b"]]>",
        b'"',
        b"'",
        b"{",
        b"[" * 50,
    ),
    *(b"[" * 50, b"\n", b"\r\n", b";", b"\t", b"-1", b"0", b"1e999", b"NaN", b"9" * 40, b"=1+1"),
    *(
        *("Đ".encode(), b"../../x"),
        "\u0301".encode(),
        b"\xed\xa0\x80",
        b"inf",
        b"null",
        b"true",
        b"%s",
        b"\\u0000",
    ),
)
CHANGE: Final = st.tuples(
    st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 12), st.sampled_from(PIECES)
)


@pytest.mark.parametrize("name", PARSERS)
def test_a_changed_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    seed_file, read, examples = PARSERS[name]
    seed = (CORPUS / seed_file).read_bytes()

    @settings(
        max_examples=examples,
        deadline=10_000,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(CHANGE, max_size=6))
    def hold(changes: list[tuple[float, int, bytes]]) -> None:
        content = seed
        for share, removed, put in changes:
            at = int(share * len(content))
            content = content[:at] + put + content[at + removed :]
        path = tmp_path / seed_file
        path.write_bytes(content)
        with contextlib.suppress(CoverageError):  # any other error fails the test
            read(path)

    hold()


@settings(max_examples=300)
@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"postgresql://{text}"))
def test_an_entry_that_may_name_a_database(entry: str) -> None:
    if is_database(entry):
        assert isinstance(name_of(entry), str)
