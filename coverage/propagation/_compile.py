"""Compilation of the propagation kernels.

`kernel` compiles a function and keeps the machine code on disk; `formula` does so for small pieces
that are copied into their callers, so that a loop over pixels becomes vector instructions.

The code on disk lies in a folder named after the content of this package. numba alone looks only at
the file of the outermost function and would go on using old code after a change in another file.
"""

from __future__ import annotations

import hashlib
import tempfile
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
    """Compile `function`; its machine code is kept on disk where a folder can be written to."""
    return _compiled(function, _OPTIONS)


def formula(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` to be copied into every compiled function that calls it."""
    return _compiled(function, _OPTIONS | {"forceinline": True})


def _compiled(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    if _CACHE_FOLDER is None:
        return cast("Callable[P, R]", numba.njit(**options)(function))
    with _cached_in(_CACHE_FOLDER):
        return cast("Callable[P, R]", numba.njit(cache=True, **options)(function))


@contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    before = _settings.CACHE_DIR
    _settings.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        _settings.CACHE_DIR = before


def _source_digest() -> str:
    """Return a hash over the sources of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_folder() -> Path | None:
    """Return the folder for machine code: NUMBA_CACHE_DIR's or the user's; None if neither can be.

    Without one every process compiles for itself, which takes seconds.
    """
    bases = (_settings.CACHE_DIR, platformdirs.user_cache_path("phusong") / "kernels")
    for base in filter(None, bases):
        folder = Path(base) / f"propagation-{SOURCE_DIGEST[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


SOURCE_DIGEST = _source_digest()
_CACHE_FOLDER = _cache_folder()
