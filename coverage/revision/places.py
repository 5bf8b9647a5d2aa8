"""Where the projects and drafts of the app lie, and names that are safe as names of files."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import Final

import platformdirs

from coverage.errors import InputDataError
from coverage.text import Text

_LONGEST: Final = 80
_REFUSED: Final = re.compile(r"""[<>:"/\\|?*\x00-\x1f\x7f]""")
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def projects_folder() -> Path:
    """Return where new projects go: `PHUSONG_PROJECTS`, else a folder of the user's data."""
    named = os.environ.get("PHUSONG_PROJECTS")
    if named:
        return Path(named)
    return Path(platformdirs.user_data_dir("phusong", appauthor=False)) / "projects"


def safe_name(name: str, *, instead: str) -> str:
    """Return a name that is one plain file name on every system; `instead` where nothing is left.

    Folders before it go, so do marks that systems refuse, characters that cannot be seen, outer
    blanks and dots; names of devices (CON, NUL) are refused.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    plain = " ".join(_REFUSED.sub(" ", seen).split()).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if dot and len(plain) > _LONGEST:
        plain = f"{stem[: _LONGEST - len(suffix) - 1]}.{suffix}"
    plain = plain[:_LONGEST].strip(" .")
    return instead if not plain or _RESERVED.fullmatch(plain) else plain


def new_folder(name: str) -> Path:
    """Return the folder of a new project of this name.

    Raises
    ------
    InputDataError
        Where the name is no name of a folder, or a project of this name is there already.
    """
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    if not plain or safe_name(plain, instead="") != plain:
        raise InputDataError.about(
            "project.toml",
            "unsafe_name",
            Text("tên này không dùng được cho một thư mục", "this is no name for a folder"),
            Text(
                'Dùng chữ, số, dấu cách; không dùng \\ / : * ? " < > |, dấu chấm ở đầu hay cuối, '
                f"không quá {_LONGEST} ký tự.",
                'Use letters, figures and blanks; no \\ / : * ? " < > |, no dot at either end, at '
                f"most {_LONGEST} characters.",
            ),
            value=name,
        )
    folder = projects_folder() / plain
    if folder.exists():
        raise InputDataError.about(
            "project.toml",
            "name_taken",
            Text("đã có dự án tên này", "there is a project of this name"),
            Text(
                "Hãy chọn tên khác; không tệp nào bị ghi đè.",
                "Choose another; nothing is overwritten.",
            ),
            value=plain,
        )
    return folder
