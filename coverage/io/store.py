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
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs

Arrays = dict[str, np.ndarray[Any, Any]]

DEFAULT_LIMIT_BYTES: Final = 4 * 1024**3
_LOG: Final = logging.getLogger(__name__)


def key_of(parts: Mapping[str, object]) -> str:
    """Return the hash of `parts`, which must be made of JSON values; the order does not matter."""
    told = json.dumps(parts, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(told.encode()).hexdigest()


def default_folder() -> Path:
    """Return the store's folder: `PHUSONG_CACHE`, else the user's cache folder."""
    named = os.environ.get("PHUSONG_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("phusong", appauthor=False))


@dataclass(frozen=True, slots=True)
class Store:
    """Arrays on disk under content keys."""

    folder: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    def get(self, key: str) -> Arrays | None:
        """Return the arrays of an entry, or None where it is absent or damaged."""
        path = self._path(key)
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as entry:
                arrays = {name: entry[name] for name in entry.files}
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            _LOG.warning("cache entry %s is damaged and left out: %s", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return arrays

    def put(self, key: str, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Keep arrays; where the disk refuses, the result is simply not kept."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
            try:
                with os.fdopen(handle, "wb") as stream:
                    np.savez(stream, **dict(arrays))  # type: ignore[arg-type]
                Path(name).replace(path)
            finally:
                Path(name).unlink(missing_ok=True)
            self._evict()
        except OSError as error:
            _LOG.warning("the result is not kept in the cache: %s", error)

    def _path(self, key: str) -> Path:
        return self.folder / "results" / f"{key}.npz"

    def _evict(self) -> None:
        """Remove the entries not used for longest until the store is within its limit."""
        entries = []
        for path in (self.folder / "results").glob("*.npz"):
            with contextlib.suppress(FileNotFoundError):
                entries.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        size = sum(entry[1] for entry in entries)
        for _, length, path in sorted(entries)[:-1]:
            if size <= self.limit_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                size -= length
