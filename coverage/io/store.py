"""A content-addressed store of costly results on disk.

An entry is named by the hash of everything it depends on, so it is never out of date. Entries are
written whole or not at all, a damaged one counts as absent, and the oldest go when the store has
grown too large.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs

Arrays = dict[str, np.ndarray[Any, Any]]

DEFAULT_LIMIT_BYTES: Final = 4 * 1024**3
_LOOK_AFTER_SHARE: Final = 32
"""The store's size is looked at again when a 32nd of its limit has been written."""
_LEFT_BEHIND_S: Final = 86_400.0
_FORM: Final = "2"
"""What an entry holds; with another form, entries have other names."""
_NAMES: Final = "_names"
"""A further array of every entry: sums of a zip protect its members, not their names."""
_DAMAGED: Final = (
    *(OSError, ValueError, EOFError, KeyError, MemoryError, OverflowError),
    *(NotImplementedError, RuntimeError, SyntaxError, struct.error),  # of zipfile and of headers
    *(zipfile.BadZipFile, zlib.error),
)
_LOG: Final = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return the store's folder: `PHUSONG_CACHE`, else the user's cache folder."""
    named = os.environ.get("PHUSONG_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("phusong", appauthor=False))


class Store:
    """Arrays on disk, each named by the values it depends on; used by any number of threads.

    Parameters
    ----------
    folder
        Where it lies; made when first written to.
    limit_bytes
        The least recently used entries go when the store has grown beyond it.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._folder = folder / "results"
        self._limit_bytes = limit_bytes
        self._written_bytes = limit_bytes
        self._lock = threading.Lock()

    def get(self, parts: Mapping[str, object], /) -> Arrays | None:
        """Return the arrays kept under `parts` (JSON values), or None if absent or damaged."""
        path = self._path(parts)
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as entry:
                arrays = {name: entry[name] for name in entry.files}
            _check_names(arrays)
            with contextlib.suppress(OSError):  # it may be read where nothing can be written
                os.utime(path)
        except FileNotFoundError:
            return None
        except _DAMAGED as error:
            _LOG.warning("cache entry %s is damaged and left out: %s", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return arrays

    def put(
        self, parts: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]], /
    ) -> None:
        """Keep arrays; where the disk refuses, the result is simply not kept."""
        path = self._path(parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
            try:
                with os.fdopen(handle, "wb") as stream:
                    np.savez(stream, **_named(arrays))  # type: ignore[arg-type]
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)
            self._count(sum(array.nbytes for array in arrays.values()))
        except OSError as error:
            _LOG.warning("the result is not kept in the cache: %s", error)

    def _path(self, parts: Mapping[str, object]) -> Path:
        told = json.dumps(parts, sort_keys=True, ensure_ascii=True, allow_nan=False)
        return self._folder / f"{hashlib.sha256(f'{_FORM}{told}'.encode()).hexdigest()}.npz"

    def _count(self, written_bytes: int) -> None:
        """Look at the store's size now and then: with thousands of entries that takes a while."""
        with self._lock:
            self._written_bytes += written_bytes
            if self._written_bytes < self._limit_bytes / _LOOK_AFTER_SHARE:
                return
            self._written_bytes = 0
            self._evict()

    def _evict(self) -> None:
        """Remove the entries not used for longest until the store is within its limit.

        What a process that was ended left half written goes after a day.
        """
        for path in self._folder.glob("*.partial"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
                    path.unlink()
        entries = []
        for path in self._folder.glob("*.npz"):
            with contextlib.suppress(FileNotFoundError):
                entries.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        size = sum(entry[1] for entry in entries)
        for _, length, path in sorted(entries)[:-1]:
            if size <= self._limit_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                size -= length


def _named(arrays: Mapping[str, np.ndarray[Any, Any]]) -> Arrays:
    """Return the arrays with one more, which lists their names."""
    listed = "\n".join(sorted(arrays))
    return {**arrays, _NAMES: np.frombuffer(listed.encode(), dtype=np.uint8)}


def _check_names(arrays: Arrays) -> None:
    """Take the list of names out of an entry; a ValueError where it names others."""
    listed = arrays.pop(_NAMES).tobytes().decode()
    if listed != "\n".join(sorted(arrays)):
        message = "its arrays are not those that were put there"
        raise ValueError(message)
