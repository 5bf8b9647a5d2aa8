"""A lock on a file that the system lets go when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt

    def _seize(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # PermissionError where somebody has it
else:
    import fcntl

    def _seize(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError, likewise


_POLL_S: Final = 0.02


class Lock:
    """One holder at a time among all processes of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Take the lock if nobody has it, and return whether it is ours now.

        Raises
        ------
        OSError
            Where the file cannot be made, or the file system has no locks.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _seize(handle)
            # Its last holder may have removed the file since; the next one locks a new file.
            is_ours = os.path.samestat(os.fstat(handle), self._path.stat())
        except (BlockingIOError, PermissionError, FileNotFoundError):
            is_ours = False
        except OSError:
            os.close(handle)
            raise
        if is_ours:
            self._handle = handle
        else:
            os.close(handle)
        return is_ours

    def release(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """Let go, and remove the file."""
        with suppress(PermissionError):  # Windows keeps a file that is open
            self._path.unlink(missing_ok=True)
        self.release()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock for the time of a block; waits for it."""
    lock = Lock(path)
    while not lock.take():
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()
