"""Complete files brought into a folder together, however often that is interrupted.

The files are made in a workshop beside the folder, on the same disk, and moved in one by one; the
manifest that lists them goes first and comes last. A process may die between any two of these
steps: a folder with a manifest always holds what the manifest names, every file is complete, and
the next one to move in clears away what the dead one left.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from coverage.io.files import sha256_of
from coverage.locks import Lock

PATIENCE_S: Final = 60.0
"""How long one waits for another process that moves its files into the same folder."""
_POLL_S: Final = 0.05
_PREFIX: Final = ".phusong-"
_LOCK: Final = "lock"
_TRIES: Final = 20
_TURN: Final = ".phusong.turn"


class BusyError(OSError):
    """Another process keeps moving its files into the same folder."""


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """Give an empty folder below `parent` that goes afterwards, or when the next one is asked for.

    The workshop of a process that lives is locked; one that can be locked was left by a dead one.
    """
    _clear_abandoned(parent)
    folder, lock = _locked_folder(parent)
    desk = folder / "files"
    try:
        desk.mkdir()
        yield desk
    finally:
        shutil.rmtree(desk, ignore_errors=True)
        lock.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _locked_folder(parent: Path) -> tuple[Path, Lock]:
    """Make a folder and lock it; another process may clear it away before it is locked."""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        lock = Lock(folder / _LOCK)
        try:
            if lock.take():
                return folder, lock
        except FileNotFoundError:
            continue
        except OSError:
            if (folder / _LOCK).exists():
                return folder, lock  # a file system without locks: nobody can clear it away
            shutil.rmtree(folder, ignore_errors=True)
            raise
    raise BusyError


def _clear_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            folder.rmdir()  # its maker died before it locked it
            continue
        lock = Lock(folder / _LOCK)
        with suppress(OSError):
            if (folder / _LOCK).exists() and lock.take():
                shutil.rmtree(folder / "files", ignore_errors=True)
                lock.remove()
                folder.rmdir()


def move_in(desk: Path, folder: Path, manifest: str) -> None:
    """Move every file of `desk` into `folder`, and remove what an earlier manifest names beyond.

    Raises
    ------
    BusyError
        Where others have been moving in for longer than `PATIENCE_S`.
    OSError
        Where the folder cannot be written.
    """
    folder.mkdir(exist_ok=True)
    with _turn(folder):
        journal = folder / f".{manifest}.moving"
        fresh = {path.name for path in desk.iterdir()}
        named = [*_journalled(journal), _listed(folder / manifest)]
        _note(journal, [named[-1], _listed(desk / manifest)])
        (folder / manifest).unlink(missing_ok=True)
        for path in _unchanged(folder, named, fresh):
            path.unlink(missing_ok=True)
        for path in sorted(desk.iterdir(), key=lambda p: (p.name == manifest, p.name)):
            path.replace(folder / path.name)
        journal.unlink()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Wait until nobody else moves files into the folder."""
    lock = Lock(folder / _TURN)
    until = time.monotonic() + PATIENCE_S
    while not _taken(lock, folder):
        if time.monotonic() > until:
            raise BusyError
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.remove()


def _taken(lock: Lock, folder: Path) -> bool:
    try:
        return lock.take()
    except OSError:
        if not (folder / _TURN).exists():
            raise
        return True  # a file system without locks: go on as if alone


def _note(journal: Path, listings: list[Mapping[str, str]]) -> None:
    """Add to the journal what stood here and what is to come, a line each."""
    with journal.open("a", encoding="utf-8", newline="\n") as stream:
        for listing in listings:
            stream.write(f"\n{json.dumps(listing)}\n")


def _journalled(journal: Path) -> list[Mapping[str, str]]:
    """Return the listings of those who were interrupted here; a torn line counts as absent."""
    try:
        lines = journal.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [_parsed(line) for line in lines]


def _listed(manifest: Path) -> Mapping[str, str]:
    """Return the files that a manifest names, with their digests."""
    try:
        return _parsed(json.dumps(json.loads(manifest.read_text(encoding="utf-8"))["outputs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _parsed(text: str) -> Mapping[str, str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _unchanged(
    folder: Path, listings: list[Mapping[str, str]], fresh: Container[str]
) -> list[Path]:
    """Return the files that are as a listing says, but for those to come."""
    return [
        folder / name
        for listing in listings
        for name, digest in listing.items()
        if Path(name).name == name
        and name not in fresh
        and (folder / name).is_file()
        and sha256_of(folder / name) == digest
    ]
