"""The examples of the docstrings are true, and every function of the contract has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import coverage as cv
from coverage.prediction import path_loss_raster_db
from coverage.propagation import p1812

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "coverage"
CONTRACT: Final = {
    **{f"cv.{name}": getattr(cv, name) for name in cv.__all__},
    "p1812.basic_transmission_loss_db": p1812.basic_transmission_loss_db,
    "path_loss_raster_db": path_loss_raster_db,
}
MODULES: Final = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def desk(demo_project: Path, demo_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which `data/demo` is the synthetic province, with the outputs of a plan."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(demo_project.parent, folder / "data" / "demo")
    shutil.copytree(demo_plan, folder / "data" / "demo" / "outputs", dirs_exist_ok=True)
    return folder


def failures(module: Any) -> list[str]:
    """Return what the examples of a module that are not true tell."""
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(test, out=told.append)
    return told


def test_the_contract_is_what_the_package_exposes() -> None:
    assert sorted(cv.__all__) == sorted(cv._PUBLIC)
    assert all(inspect.isfunction(one) for one in CONTRACT.values())


@pytest.mark.parametrize("function", CONTRACT.values(), ids=list(CONTRACT))
def test_every_function_of_the_contract_has_an_example(function: Callable[..., Any]) -> None:
    told = inspect.getdoc(function) or ""
    assert re.search(r"^Examples\n-+\n", told, flags=re.MULTILINE)
    assert ">>> " in told


def test_modules_with_examples_are_found() -> None:
    assert len(MODULES) >= 20
    assert {"coverage.pipeline.stages", "coverage.propagation.p1812"} <= set(MODULES)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    assert failures(importlib.import_module(name)) == []


def test_an_example_that_is_not_true_is_found() -> None:
    def wrong() -> None:
        """Add.

        >>> 1 + 1
        3
        """

    test = doctest.DocTestFinder().find(wrong, "wrong", globs={})
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test[0], out=told.append)
    assert "Expected" in "".join(told)
