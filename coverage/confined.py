"""A function run in a child process with limits of memory and time, for files from strangers.

The child is started afresh, never forked: threads and compiled kernels do not survive a fork.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from coverage.errors import InputDataError
from coverage.text import Text
from coverage.validation import SettingsError

P = ParamSpec("P")
R = TypeVar("R")

MEMORY_MIB: Final = 2_048
"""What reading may take beyond the program itself; 50,000 rows of 9 columns take under 600."""
TIME_S: Final = 600.0


def confined(
    function: Callable[P, R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Call `function` in a child process within `MEMORY_MIB` and `TIME_S`; the first is its file.

    Parameters
    ----------
    function
        A function of a module, whose first argument is the path it reads.

    Raises
    ------
    InputDataError
        Of the function; or where it takes too much memory or time, or dies.
    """
    file = Path(str(args[0])).name
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(
        target=_work, args=(there, (MEMORY_MIB, TIME_S), function, args, kwargs), daemon=True
    )
    child.start()
    there.close()
    try:
        if not here.poll(TIME_S):
            raise _too_costly(file, Text(f"quá {TIME_S:.0f} giây", f"over {TIME_S:.0f} seconds"))
        kind, told = here.recv()
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
    if kind == "problems":
        raised, problems = told
        raise raised(problems)
    if kind == "error":
        raise told
    if kind == "memory":
        raise _too_costly(
            file, Text(f"hơn {MEMORY_MIB} MiB bộ nhớ", f"over {MEMORY_MIB} MiB of memory")
        )
    result: R = told
    return result


def _work(
    answer: Connection,
    limits: tuple[int, float],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    _limit(*limits)
    try:
        told: tuple[str, Any] = ("result", function(*args, **kwargs))
    except (InputDataError, SettingsError) as error:
        told = ("problems", (type(error), error.problems))
    except MemoryError:
        told = ("memory", None)
    except (ValueError, RuntimeError, OSError, TypeError, LookupError) as error:
        told = ("error", error)
    answer.send(told)


def _limit(memory_mib: int, time_s: float) -> None:
    """Bound what the child may take from now on, where the system can (POSIX)."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    seconds = int(time_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/statm")
    if status.is_file():  # elsewhere the address space says nothing of memory
        used = int(status.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        most = used + memory_mib * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _too_costly(file: str, why: Text) -> InputDataError:
    return InputDataError.about(
        file,
        "too_costly",
        Text(f"đọc tệp này tốn quá mức ({why.vi})", f"reading it costs too much ({why.en})"),
        Text("Hãy chia nhỏ hoặc xuất lại tệp.", "Split it, or export it again."),
    )
