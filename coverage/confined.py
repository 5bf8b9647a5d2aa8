"""A function run in a child process with limits of memory and time, for files from strangers.

The child is started afresh, never forked: threads and compiled kernels do not survive a fork.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from coverage.errors import InputDataError
from coverage.text import Text
from coverage.validation import SettingsError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child process may take: memory beyond the program itself, and time."""

    memory_mib: int
    time_s: float


def confined(
    limits: Limits,
    function: Callable[P, R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Call `function` in a child process within limits; its first argument is the file it reads.

    The child has a folder of its own for temporary files, which is removed afterwards, however the
    child ends.

    Parameters
    ----------
    limits
        Memory (bounded on Linux) and time.
    function
        A function of a module, whose first argument is the path it reads.

    Raises
    ------
    InputDataError
        Of the function; or where it takes too much memory or time, or dies.
    """
    file = Path(str(args[0])).name
    with tempfile.TemporaryDirectory(prefix="phusong-", ignore_cleanup_errors=True) as folder:
        kind, told = _answer_of_child(limits, file, (folder, limits, (function, args, kwargs)))
    if kind == "problems":
        raised, problems = told
        raise raised(problems)
    if kind == "error":
        raise told
    if kind == "memory":
        raise _too_costly(
            file,
            Text(f"hơn {limits.memory_mib} MiB bộ nhớ", f"over {limits.memory_mib} MiB of memory"),
        )
    result: R = told
    return result


def _answer_of_child(limits: Limits, file: str, work: tuple[Any, ...]) -> tuple[str, Any]:
    """Start the child, wait for what it answers, and end it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(there, *work), daemon=True)
    with _no_main_module():
        child.start()
    there.close()
    try:
        if not here.poll(limits.time_s):
            raise _too_costly(
                file, Text(f"quá {limits.time_s:.0f} giây", f"over {limits.time_s:.0f} seconds")
            )
        answer: tuple[str, Any] = here.recv()
    except EOFError as error:
        child.join()
        raise _too_costly(
            file,
            Text(f"tiến trình đọc dừng ({child.exitcode})", f"its reader died ({child.exitcode})"),
        ) from error
    finally:
        child.kill()
        child.join()
        here.close()
    return answer


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep a child from running the main script of this process again.

    A child that is started afresh imports it, and that of Streamlit is the whole app.
    """
    main, none = sys.modules["__main__"], ModuleType("__main__")
    sys.modules["__main__"] = none
    try:
        yield
    finally:
        if sys.modules["__main__"] is none:
            sys.modules["__main__"] = main


def _work(
    answer: Connection,
    folder: str,
    limits: Limits,
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]],
) -> None:
    function, args, kwargs = call
    _keep_temporary_files_in(folder)
    _limit(limits)
    try:
        told: tuple[str, Any] = ("result", function(*args, **kwargs))
    except (InputDataError, SettingsError) as error:
        told = ("problems", (type(error), error.problems))
    except MemoryError:
        told = ("memory", None)
    except (ValueError, RuntimeError, OSError, TypeError, LookupError) as error:
        told = ("error", error)
    answer.send(told)


def _keep_temporary_files_in(folder: str) -> None:
    """Give Python, the compiled libraries and GDAL one folder for what they put aside."""
    for name in ("TMPDIR", "TEMP", "TMP", "CPL_TMPDIR", "SQLITE_TMPDIR"):
        os.environ[name] = folder
    tempfile.tempdir = folder


def _limit(limits: Limits) -> None:
    """Bound what the child may take from now on, where the system can (POSIX)."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    seconds = int(limits.time_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/statm")
    if status.is_file():  # elsewhere the address space says nothing of memory
        used = int(status.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        most = used + limits.memory_mib * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _too_costly(file: str, why: Text) -> InputDataError:
    return InputDataError.about(
        file,
        "too_costly",
        Text(f"đọc tệp này tốn quá mức ({why.vi})", f"reading it costs too much ({why.en})"),
        Text("Hãy chia nhỏ hoặc xuất lại tệp.", "Split it, or export it again."),
    )
