"""Compilation of the propagation kernels.

`kernel` compiles a function and keeps the machine code on disk; `formula` does so for small pieces
that are copied into their callers, so that a loop over pixels becomes vector instructions.

The code on disk lies in a folder named after the content of this package. numba alone looks only at
the file of the outermost function and would go on using old code after a change in another file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import platformdirs
from numba.core import config as numba_config

P = ParamSpec("P")
R = TypeVar("R")

_settings: Any = numba_config  # filled while numba loads

# Division by zero gives infinity as in NumPy; a product and a sum may be one instruction. Neither
# changes the order of operations, so results do not depend on threads.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function`; its machine code is kept on disk where a folder can be written."""
    return _compiled(function, _OPTIONS)


def formula(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` to be copied into every compiled function that calls it."""
    return _compiled(function, _OPTIONS | {"forceinline": True})


def _compiled(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    with _own_cache_folder():
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba found no folder that it may write to
            compiled = numba.njit(**options)(function)
    return cast("Callable[P, R]", compiled)


@contextmanager
def _own_cache_folder() -> Iterator[None]:
    before = _settings.CACHE_DIR
    _settings.CACHE_DIR = str(_CACHE_FOLDER)
    try:
        yield
    finally:
        _settings.CACHE_DIR = before


def _cache_folder() -> Path:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    base = Path(_settings.CACHE_DIR or platformdirs.user_cache_path("phusong") / "kernels")
    return base / digest.hexdigest()[:16]


_CACHE_FOLDER = _cache_folder()
