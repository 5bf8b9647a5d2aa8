"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from coverage.errors import CoverageError
from coverage.text import Text


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever reads it finds what was there before, or all of the new.

    Raises
    ------
    CoverageError
        Where it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise CoverageError(
            Text(
                f"Không ghi được {path}: {error.strerror or error}. Nếu tệp đang mở trong Excel, "
                "hãy đóng lại.",
                f"{path} cannot be written: {error.strerror or error}. If it is open in Excel, "
                "close it.",
            )
        ) from error
