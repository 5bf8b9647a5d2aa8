"""numba and our package share the name of coverage.py and must live together, in any order."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import nbformat
import pytest
from nbclient import NotebookClient

import coverage

ROOT: Final = Path(__file__).resolve().parents[2]
NUMBA_FIRST: Final = "import numba\nimport coverage\n"
COVERAGE_FIRST: Final = "import coverage\nimport numba\n"
# A kernel compiled before our package is there, then after it; on the second run both come from the
# disk, by the path that asks numba's cache.
KERNEL: Final = """
@numba.njit(cache=True, nogil=True)
def {name}(n):
    total = 0
    for i in range(n):
        total += i
    return total

assert {name}(5) == 10
print("{name} from disk:", sum({name}.stats.cache_hits.values()))
"""
WHERE: Final = f"""
from pathlib import Path
assert Path(coverage.__file__).parent == Path({str(ROOT)!r}) / "coverage", coverage.__file__
assert numba.__version__ and coverage.__version__
"""


def run(
    script: str, *, folder: Path, cwd: Path = ROOT, path: Path | None = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run `script` from a file, as numba's disk cache wants it, in a fresh process."""
    file = folder / "script.py"
    file.write_text(script, encoding="utf-8")
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    surroundings["NUMBA_CACHE_DIR"] = str(folder / "kernels")
    if path is not None:
        surroundings["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, str(file)],
        cwd=cwd,
        env=surroundings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    "script",
    [
        NUMBA_FIRST,
        COVERAGE_FIRST,
        "from numba import njit\nimport coverage, numba\n",
        "import coverage.grid\nimport numba\n",
        "from coverage.propagation import p1812\nimport coverage, numba\n",
    ],
)
def test_both_import_orders_work(script: str, tmp_path: Path) -> None:
    done = run(script + WHERE, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_kernels_compiled_before_and_after_us_work_and_are_kept(tmp_path: Path) -> None:
    script = "import numba\n" + KERNEL.format(name="before")
    script += "import coverage\n" + KERNEL.format(name="after") + WHERE
    first, second = run(script, folder=tmp_path), run(script, folder=tmp_path)
    assert first.stdout.split("\n")[:2] == ["before from disk: 0", "after from disk: 0"], (
        first.stderr
    )
    assert second.stdout.split("\n")[:2] == ["before from disk: 1", "after from disk: 1"], (
        second.stderr
    )


@pytest.mark.parametrize("script", [NUMBA_FIRST, COVERAGE_FIRST])
def test_without_the_guard_numba_fails(script: str, tmp_path: Path) -> None:
    """If this passes one day, numba has changed and the guard can go."""
    bare = tmp_path / "coverage"
    bare.mkdir()
    (bare / "__init__.py").write_text("__version__ = '0'\n", encoding="utf-8")
    done = run(script, folder=tmp_path, cwd=tmp_path, path=tmp_path)
    assert "AttributeError: module 'coverage' has no attribute" in done.stderr


def test_the_package_is_ours_and_coverage_py_is_absent() -> None:
    assert Path(coverage.__file__).parent == ROOT / "coverage"
    # coverage.py has these; ours must not come from a folder that mixes both.
    assert importlib.util.find_spec("coverage.collector") is None
    assert importlib.util.find_spec("pytest_cov") is None
    installed = Path(sysconfig.get_path("purelib"), "coverage")
    assert not installed.exists()


def test_a_notebook_in_a_folder_below_finds_us_and_numba(tmp_path: Path) -> None:
    """The kernel starts in the notebook's own folder, where `import coverage` finds nothing."""
    folder = ROOT / "notebooks" if (ROOT / "notebooks").is_dir() else ROOT / "tests" / "house"
    code = COVERAGE_FIRST + WHERE + "assert Path.cwd().name == " + repr(folder.name) + "\n"
    cell = nbformat.v4.new_code_cell(code + f"Path({str(tmp_path)!r}, 'done').touch()")
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=[cell]),
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    assert (tmp_path / "done").exists()


def test_the_environment_of_make_finds_us_from_any_folder(tmp_path: Path) -> None:
    line = Path(sysconfig.get_path("purelib"), "phusong.pth")
    if not line.is_file():
        pytest.skip("this is not the environment that make built")
    done = run(COVERAGE_FIRST + WHERE, folder=tmp_path, cwd=tmp_path, path=None)
    assert done.returncode == 0, done.stderr
