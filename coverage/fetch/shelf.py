"""The project folder that fetched data are put in: whole files, and nobody else's overwritten."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tomli_w

from coverage.fetch.download import FetchError
from coverage.fetch.manifest import (
    LICENCES,
    MANIFEST,
    Record,
    as_json,
    licences,
    own_files,
    read_manifest,
)
from coverage.io.files import sha256_of
from coverage.io.writers import write_json
from coverage.text import Text

PROJECT_FILE: Final = "project.toml"
Entry = str | list[str]


class Shelf:
    """A project folder under our hands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        manifest = read_manifest(self.folder)
        self._sources: dict[str, Any] = dict(manifest.get("sources", {}))
        self._pages: dict[str, str] = dict(manifest.get("pages", {}))
        self._ours = own_files(manifest)

    def put(self, name: str, write: Callable[[Path], object]) -> str:
        """Let `write` make the file `name`, and return its SHA-256.

        Raises
        ------
        FetchError
            Where a file of that name was made or changed by somebody else, or the disk refuses.
        """
        path = self.folder / name
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=path.parent) as desk:
                draft = Path(desk) / path.name
                write(draft)
                digest = sha256_of(draft)
                if path.exists() and sha256_of(path) not in {digest, self._ours.get(name)}:
                    raise FetchError(
                        Text(
                            f"{path} không do lệnh này tạo ra hoặc đã được sửa, nên giữ nguyên. "
                            "Hãy chuyển tệp đi chỗ khác rồi chạy lại.",
                            f"{path} was not made by this command or was changed since, and "
                            "is left alone. Move it away and run again.",
                        )
                    )
                draft.replace(path)
        self._ours[name] = digest
        return digest

    def copy(self, name: str, source: Path) -> str:
        """Put a copy of a file."""
        return self.put(name, lambda draft: shutil.copyfile(source, draft))

    def inputs(self) -> Mapping[str, object]:
        """Return `[inputs]` of the project file as it stands now."""
        path = self.folder / PROJECT_FILE
        found = _toml(path).get("inputs", {}) if path.exists() else {}
        return found if isinstance(found, dict) else {}

    def record(self, source: str, one: Record) -> None:
        """Note what a source gave, at once, so that a later run knows the files as its own."""
        self._sources[source] = as_json(one)
        with _disk(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_manifest()

    def close(self, inputs: Mapping[str, Entry], name: str) -> tuple[Text, ...]:
        """Write the page of licences, the project file and, last, the manifest.

        Parameters
        ----------
        inputs
            Entries of `[inputs]`.
        name
            Name of a new project.

        Returns
        -------
        tuple of Text
            What of the user's own was kept in place of ours.
        """
        remarks = []
        page = licences(self._sources)
        try:
            digest = self.put(
                LICENCES, lambda p: p.write_text(page, encoding="utf-8", newline="\n")
            )
            self._pages[LICENCES] = digest
        except FetchError as error:
            remarks.append(error.text)
        with _disk(self.folder):
            if self._write_project(inputs, name):
                remarks.append(_KEEPS_OWN)
            self._write_manifest()
        return tuple(remarks)

    def _write_manifest(self) -> None:
        draft = self.folder / f".{MANIFEST}.partial"
        write_json(draft, {"sources": self._sources, "pages": self._pages})
        draft.replace(self.folder / MANIFEST)

    def _write_project(self, inputs: Mapping[str, Entry], name: str) -> bool:
        """Write or extend the project file; return whether the user's entries differ from ours.

        A file of the user's own gets the missing entries as lines under `[inputs]`, so that its
        comments stay; its hash is not recorded, it remains the user's.
        """
        path = self.folder / PROJECT_FILE
        if not path.exists() or sha256_of(path) == self._ours.get(PROJECT_FILE):
            raw = _toml(path) if path.exists() else {}
            raw.setdefault("project", {"name": name, "note": _NOTE})
            raw["inputs"] = {**raw.get("inputs", {}), **inputs}
            _replace(path, tomli_w.dumps(raw))
            self._pages[PROJECT_FILE] = sha256_of(path)
            return False
        text = path.read_text(encoding="utf-8-sig")
        present = _toml(path).get("inputs", {})
        missing = {key: entry for key, entry in inputs.items() if key not in present}
        if missing:
            lines = tomli_w.dumps(missing)
            head, mark, tail = text.partition("[inputs]\n")
            text = f"{head}{mark}{lines}{tail}" if mark else f"{text}\n[inputs]\n{lines}"
            try:
                tomllib.loads(text)
            except tomllib.TOMLDecodeError as error:
                raise FetchError(
                    Text(
                        f"Không thêm được vào [inputs] của {path}; hãy tự thêm:\n{lines}",
                        f"[inputs] of {path} cannot be extended; add by hand:\n{lines}",
                    )
                ) from error
            _replace(path, text)
        self._pages.pop(PROJECT_FILE, None)
        return any(present.get(key, entry) != entry for key, entry in inputs.items())


_KEEPS_OWN: Final = Text(
    "project.toml là của bạn: các mục [inputs] đã có được giữ nguyên.",
    "project.toml is your own: entries of [inputs] that were there are kept.",
)
_NOTE: Final = (
    "Dữ liệu mở tải bằng `phusong fetch`; nguồn và giấy phép trong LICENCES.md. / Open data from "
    "`phusong fetch`; sources and licences in LICENCES.md."
)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FetchError(
            Text(f"{path} không phải TOML đúng: {error}.", f"{path} is not valid TOML: {error}.")
        ) from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.partial")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FetchError(
            Text(
                f"Không ghi được {path}: {error.strerror or error}.",
                f"{path} cannot be written: {error.strerror or error}.",
            )
        ) from error
