"""Mutation testing: how many small faults, planted one at a time, the tests find.

mutmut needs coverage.py, whose name is ours; a tool that starts pytest for every mutant would take
hours. So here: one process loads the program and pytest, and forks a process for each mutant, in
which the mutated module is put in the place of the sound one before the tests are loaded. A mutant
is found where a test fails, or takes ten times as long as without it.
"""

from __future__ import annotations

import ast
import copy
import importlib
import os
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from gates.lock import ROOT

MODULES: Final = {
    "gaps": ("tests/stages/test_gaps.py", "tests/stages/test_levels.py"),
    "priority": ("tests/stages/test_priority.py",),
    "costs": ("tests/test_costs.py",),
}
"""What is mutated, and the tests that should find it."""
LEAST_SHARE: Final = 0.85
"""Some faults change nothing that can be seen, so the whole is not to be had."""
_TIMES_LONGER: Final = 10.0
_LEAST_PATIENCE_S: Final = 20.0
_FOUND, _SURVIVED, _HUNG = 1, 0, 2

_COMPARED: Final = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_COUNTED: Final = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


Fault = tuple[str, Callable[[], None]]
"""What it is called, and what makes it."""


@dataclass(frozen=True)
class Mutant:
    """A module with one fault: what was done to which line, and the module's tree."""

    line: int
    done: str
    tree: ast.Module


def passes() -> bool:
    """Print the survivors and the score of every module; return whether all are high enough."""
    if not hasattr(os, "fork"):
        print("NOT CHECKED: mutants are made by forks, which this system has not.")
        return True
    os.chdir(ROOT)
    for name in ("coverage.pipeline", "coverage.planning", "pytest", "hypothesis"):
        importlib.import_module(name)
    firm = [_is_firm(name, tests) for name, tests in MODULES.items()]  # every one is reported
    return all(firm)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source; messages to people and annotations stay sound."""
    tree = ast.parse(source)
    for number, node in enumerate(_where_faults_count(tree)):
        for choice, (done, _) in enumerate(_faults(node)):
            changed = copy.deepcopy(tree)
            twin = list(_where_faults_count(changed))[number]
            _faults(twin)[choice][1]()
            yield Mutant(getattr(node, "lineno", 0), done, ast.fix_missing_locations(changed))


def _where_faults_count(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but not into docstrings, annotations, messages, decorators and imports."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") == "Text":
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from _where_faults_count(child)


def _faults(node: ast.AST) -> list[Fault]:
    """Return the faults that a node can have: their names, and what makes them."""
    return [*_faults_of_operators(node), *_faults_of_values(node)]


def _faults_of_operators(node: ast.AST) -> Iterator[Fault]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARED:
            other = _COMPARED[type(op)]
            yield (
                f"{type(op).__name__} -> {other.__name__}",
                partial(setattr, node, "ops", [other()]),
            )
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _COUNTED:
            yield _exchanged(node, op, _COUNTED[type(op)])
        case ast.BoolOp(op=op):
            yield _exchanged(node, op, ast.Or if isinstance(op, ast.And) else ast.And)
        case ast.UnaryOp(op=ast.USub() as op):
            yield _exchanged(node, op, ast.UAdd)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            turned = ast.UnaryOp(ast.Not(), operand)
            yield "Not goes", partial(setattr, node, "operand", turned)
        case _:
            return


def _exchanged(node: ast.AST, op: ast.AST, other: type[ast.AST]) -> Fault:
    return f"{type(op).__name__} -> {other.__name__}", partial(setattr, node, "op", other())


def _faults_of_values(node: ast.AST) -> Iterator[Fault]:
    match node:
        case ast.IfExp(test=test) | ast.If(test=test):
            turned = ast.UnaryOp(ast.Not(), test)
            yield "condition turned round", partial(setattr, node, "test", turned)
        case ast.Return(value=ast.expr()):
            yield "returns None", partial(setattr, node, "value", ast.Constant(None))
        case ast.Constant(value=bool() | int() | float() | str() as value):
            other = _other(value)
            yield f"{value!r} -> {other!r}", partial(setattr, node, "value", other)
        case _:
            return


def _other(value: bool | float | str) -> bool | float | str:  # noqa: FBT001 - a constant
    if isinstance(value, bool):
        return not value
    return f"{value}x" if isinstance(value, str) else value + 1


def _is_firm(name: str, tests: tuple[str, ...]) -> bool:
    path = ROOT / "coverage" / f"{name}.py"
    source = path.read_text(encoding="utf-8")
    sound = Mutant(0, "nothing", ast.parse(source))
    began = time.monotonic()
    if _tried(name, path, sound, tests, 600.0) != _SURVIVED:
        print(f"{name}: its tests fail without any fault")
        return False
    patience_s = max(_LEAST_PATIENCE_S, _TIMES_LONGER * (time.monotonic() - began))
    tried = found = 0
    for mutant in mutants(source):
        called = f"{name}:{mutant.line} {mutant.done}"
        tried += 1
        if _tried(name, path, mutant, tests, patience_s) == _SURVIVED:
            print(f"  survived: {called}", flush=True)
        else:
            found += 1
    took_s = time.monotonic() - began
    print(f"{name}: {found} of {tried} faults found ({found / tried:.1%}), {took_s:.0f} s")
    return found >= LEAST_SHARE * tried


def _tried(name: str, path: Path, mutant: Mutant, tests: tuple[str, ...], patience_s: float) -> int:
    """Run the tests on a mutant in a process of its own, and return how that ended."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(_outcome(name, path, mutant, tests))
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _SURVIVED if os.waitstatus_to_exitcode(status) == 0 else _FOUND
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _HUNG


def _outcome(name: str, path: Path, mutant: Mutant, tests: tuple[str, ...]) -> int:
    """Put the mutant in the place of the module, run the tests, and return 0 where all pass."""
    import pytest  # noqa: PLC0415 - loaded before

    os.environ["CI"] = "true"  # the same examples every time
    sys.dont_write_bytecode = True
    module = sys.modules[f"coverage.{name}"]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        code = compile(mutant.tree, str(path), "exec")
        fresh = types.ModuleType(module.__name__)
        vars(fresh).update({k: v for k, v in vars(module).items() if k.startswith("__")})
        sys.modules[module.__name__] = fresh
        exec(code, vars(fresh))  # noqa: S102 - our own module with a fault
    except Exception:  # noqa: BLE001 - a module that does not load is a fault found
        return _FOUND
    _replaced(module, fresh)
    preloaded = "ignore::pytest.PytestAssertRewriteWarning"
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-W", preloaded, *tests]) != 0)


def _replaced(sound: types.ModuleType, faulty: types.ModuleType) -> None:
    """Let everything that has taken something from the sound module have it from the faulty one."""
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith("coverage"):
            continue
        for key, value in list(vars(module).items()):
            if value is sound:
                setattr(module, key, faulty)
            elif getattr(value, "__module__", None) == sound.__name__ and hasattr(faulty, key):
                setattr(module, key, getattr(faulty, key))
