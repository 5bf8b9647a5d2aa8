"""A module imports strictly lower ranks. Read from the source, so nothing needs to run."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = "coverage"

LAYERS: Final = (
    ("text",),
    ("errors", "names"),
    ("validation", "whole"),
    ("params", "schema", "confined", "locks", "archives", "extent", "geojson", "geopackage"),
    ("settings", "tables", "grid", "carriers", "costs", "roads", "steiner", "administration"),
    ("terrain", "propagation", "prize_tree", "laying", "saved_scenarios"),
    ("model",),
    ("io", "intake", "prediction", "access", "reception"),
    (
        *("gaps", "evidence", "statistics", "causes", "priority", "lifecycle"),
        *("power", "links", "routes", "fibre", "indicators", "uncertainty"),
    ),
    ("planning", "survey", "drives"),
    ("maps", "exports", "demo", "distribution"),
    (
        *("pipeline", "importing", "comparison", "conversion", "documents", "fetch"),
        *("revision", "serving", "calibration"),
    ),
    ("jobs",),
    ("cli", "ui"),
)
RANKS: Final = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}
# They open the door and may name everything; what they expose is loaded on first use.
DOORS: Final = frozenset({"__init__", "__main__"})
ONLY_IN: Final = {
    "streamlit": frozenset({"ui"}),
    "folium": frozenset({"maps"}),
    "branca": frozenset({"maps"}),
    "dask": frozenset({"distribution"}),
    "distributed": frozenset({"distribution"}),
}
NEVER_IN: Final = {"propagation": frozenset({"geopandas", "pyogrio", "rasterio"})}
NOWHERE: Final = frozenset({"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"})


@dataclass(frozen=True)
class Module:
    """One source file: dotted name below the package, its top-level unit, its tree."""

    name: str
    unit: str
    is_package: bool
    tree: ast.Module


@dataclass(frozen=True)
class Import:
    """One imported thing: the dotted module, and the name taken from it ("" for the whole)."""

    module: str
    name: str
    line: int


def modules(package: Path) -> dict[str, Module]:
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = list(path.relative_to(package).with_suffix("").parts)
        is_package = len(parts) > 1 and parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        tree = _parsed(path.read_text(encoding="utf-8"))
        found[name] = Module(name, parts[0], is_package, tree)
    return found


@cache
def _parsed(source: str) -> ast.Module:
    """Parse a file once, however often the tests look at its copies."""
    return ast.parse(source)


@cache
def imports(module: Module) -> tuple[Import, ...]:
    """Every import of a module, wherever it stands, also those by `import_module("…")`."""
    return tuple(_imports(module))


@cache
def prints(module: Module) -> tuple[int, ...]:
    """Lines in which a module prints."""
    return tuple(
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    )


def _imports(module: Module) -> Iterator[Import]:
    here = [PACKAGE, *module.name.split(".")]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, "", node.lineno)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = here[: len(here) - node.level + module.is_package]
                origin = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                yield Import(origin, alias.name, node.lineno)
        elif isinstance(node, ast.Call) and node.args:
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", ""))
            first = node.args[0]
            if name in {"import_module", "__import__"} and isinstance(first, ast.Constant):
                yield Import(str(first.value), "", node.lineno)


def faults(package: Path) -> list[str]:
    """Everything in `package` that breaks a rule."""
    every = modules(package)
    found = []
    for module in every.values():
        if module.name in DOORS:
            continue
        if module.unit not in RANKS:
            found.append(f"{module.unit}: place it in LAYERS of {Path(__file__).name}")
            continue
        found += _foreign_faults(module)
        found += _rank_faults(module, every)
        found += [
            f"{module.name}:{line} prints; give results back, log, or use click.echo"
            for line in prints(module)
        ]
    return [*found, *_cycles(every)]


def _foreign_faults(module: Module) -> Iterator[str]:
    for one in imports(module):
        top = one.module.split(".")[0]
        where = f"{module.name}:{one.line}"
        if module.unit not in ONLY_IN.get(top, {module.unit}):
            yield f"{where} imports {top}, which belongs to {'/'.join(ONLY_IN[top])} only"
        if top in NEVER_IN.get(module.unit, ()):
            yield f"{where} imports {top}, which {module.unit} must not know"
        if top in NOWHERE:
            yield f"{where} imports {top}: such files run code when they are read"


def _rank_faults(module: Module, every: dict[str, Module]) -> Iterator[str]:
    units = {other.unit for other in every.values()}
    for one in imports(module):
        target = one.module.split(".")
        if target[0] != PACKAGE:
            continue
        where = f"{module.name}:{one.line}"
        unit = target[1] if len(target) > 1 else one.name
        if unit == "__version__" and len(target) == 1:
            continue
        if unit not in units | RANKS.keys():
            yield f"{where} takes {unit or PACKAGE!r} from the package's door; import its module"
        elif unit != module.unit and RANKS.get(unit, len(LAYERS)) >= RANKS[module.unit]:
            yield f"{where} ({module.unit}, rank {RANKS[module.unit]}) imports {unit}, rank " + str(
                RANKS.get(unit, "unknown")
            )


def _cycles(every: dict[str, Module]) -> Iterator[str]:
    """Modules of one unit may import each other, in one direction."""
    graph: dict[str, set[str]] = {}
    for module in every.values():
        edges = graph.setdefault(module.name, set())
        for one in imports(module):
            target = f"{one.module}.{one.name}".removeprefix(f"{PACKAGE}.").rstrip(".")
            while target and target not in every:
                target = target.rpartition(".")[0]
            if target and every[target].unit == module.unit and module.name not in DOORS:
                edges.add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"modules import each other in a circle: {' -> '.join(reversed(error.args[1]))}"


def test_every_module_keeps_to_its_layer() -> None:
    assert faults(ROOT / PACKAGE) == []


def test_every_layer_stands_in_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for rank, layer in enumerate(LAYERS):
        row = next((r for r in rows if r.startswith(f"| {rank} |")), "")
        assert [u for u in layer if f"`{u}`" not in row] == [], f"rank {rank}: {row}"


# Each planted file breaks one rule; the rest of the copy is the real package, which breaks none.
PLANTED: Final = [
    ("gaps.py", "from coverage.pipeline import run\n", "imports pipeline, rank 11"),
    ("gaps.py", "import coverage.causes\n", "imports causes, rank 8"),
    ("gaps.py", "from coverage import links\n", "imports links, rank 8"),
    ("gaps.py", "from . import maps\n", "imports maps, rank 10"),
    ("gaps.py", "from .ui.pages import home\n", "imports ui, rank 13"),
    ("gaps.py", "def f():\n    from coverage import cli\n", "imports cli, rank 13"),
    ("gaps.py", "import importlib\nimportlib.import_module('coverage.ui')\n", "imports ui"),
    ("gaps.py", "from coverage import run\n", "takes 'run' from the package's door"),
    ("gaps.py", "import coverage as cv\n", "takes 'coverage' from the package's door"),
    ("gaps.py", "import streamlit as st\n", "imports streamlit"),
    ("gaps.py", "from folium.plugins import Draw\n", "imports folium"),
    ("gaps.py", "print('done')\n", "prints"),
    ("gaps.py", "import pickle\n", "imports pickle"),
    ("propagation/extra.py", "import geopandas\n", "must not know"),
    ("propagation/extra.py", "from rasterio import features\n", "must not know"),
    ("propagation/extra.py", "from ..io import readers\n", "imports io, rank 7"),
    ("wonders.py", "", "wonders: place it in LAYERS"),
]


@pytest.fixture
def package_copy(tmp_path: Path) -> Path:
    """Copy of the package without `gaps`, so that the planted names are free."""
    copy = tmp_path / PACKAGE
    shutil.copytree(ROOT / PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "gaps*"))
    return copy


def new_faults(package: Path, file: str, source: str) -> list[str]:
    """Faults that come with writing `source` to `file`."""
    before = faults(package)
    path = package / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return [fault for fault in faults(package) if fault not in before]


@pytest.mark.parametrize(("file", "source", "message"), PLANTED)
def test_a_planted_fault_is_found(package_copy: Path, file: str, source: str, message: str) -> None:
    found = new_faults(package_copy, file, source)
    assert len(found) == 1, found
    assert message in found[0]


def test_a_circle_inside_a_package_is_found(package_copy: Path) -> None:
    one_way = new_faults(package_copy, "io/left.py", "from coverage.io import right\n")
    assert one_way + new_faults(package_copy, "io/right.py", "X = 1\n") == []
    found = new_faults(package_copy, "io/right.py", "from .left import Y\n")
    assert ["circle" in fault for fault in found] == [True], found


def test_what_is_allowed_is_not_reported(package_copy: Path) -> None:
    lower = "from coverage import __version__, model\nfrom coverage.text import Text\n"
    assert new_faults(package_copy, "gaps.py", lower) == []
    assert new_faults(package_copy, "ui/planted.py", "import streamlit\n") == []
    assert new_faults(package_copy, "maps/planted.py", "import folium\n") == []
