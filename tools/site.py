"""The site of the documentation: `make docs` builds it into build/site, readable without a server.

Beside the pages of `docs` stand some that are made: the dictionary, from the definitions that the
program uses, and the files of the root. Links are checked; a warning ends the build.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sphinx.cmd.build import build_main

from coverage.schema import TABLES, Column, Table, output_columns, output_files

ROOT: Final = Path(__file__).resolve().parents[1]
FROM_ROOT: Final = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
_INTRODUCTION: Final = (
    "Trang này được tạo từ `coverage/presets/tables.toml` và `coverage/presets/outputs.toml`, là "
    "các định nghĩa mà chương trình dùng. / Made from the definitions that the program itself uses."
)


def main() -> None:
    """Build the site where the command says."""
    parser = argparse.ArgumentParser(description="The site of the documentation.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    sys.exit(build(parser.parse_args().out))


def build(out: Path) -> int:
    """Build the site into a folder, and return what a process returns: 0 where all is well."""
    pages = out.with_name(f"{out.name}-pages")
    for folder in (out, pages):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("__pycache__"))
    (pages / "dictionary.md").write_text(dictionary_page(), encoding="utf-8")
    for name, page in FROM_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (pages / page).write_text(of_the_site(text), encoding="utf-8")
    options = ["-b", "html", "-W", "--keep-going", "-q", "-d", str(pages / ".doctrees")]
    return build_main([*options, str(pages), str(out)])


def of_the_site(markdown: str) -> str:
    """Return Markdown of the root whose links suit the site: the pages of `docs` lie at its top."""
    text = re.sub(r"\]\(docs/", "](", markdown)
    for name, page in FROM_ROOT.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text


def dictionary_page() -> str:
    """Return the dictionary of all files, tables and columns as Markdown."""
    parts = [
        "# Từ điển dữ liệu / Data dictionary",
        _INTRODUCTION,
        "## Tệp kết quả / Output files",
        _table(
            ("tệp / file", "ý nghĩa", "meaning"),
            ((f"`{one.name}`", one.meaning.vi, one.meaning.en) for one in output_files()),
        ),
        "## Bảng đầu vào / Input tables",
        *(_of(table) for table in TABLES.values()),
        "## Cột kết quả / Output columns",
        _columns(output_columns()),
    ]
    return "\n\n".join(parts) + "\n"


def _of(table: Table) -> str:
    patterns = [column for _, column in table.patterns]
    title = f"### {table.name}: {table.title.vi} / {table.title.en}"
    return f"{title}\n\n{_columns([*table.columns, *patterns])}"


def _columns(columns: Iterable[Column]) -> str:
    return _table(
        ("cột / column", "kiểu / kind", "đơn vị / unit", "ý nghĩa", "meaning"),
        (
            (f"`{c.name}`", _kind(c), c.unit, c.meaning.vi, c.meaning.en)
            for c in sorted(columns, key=lambda column: not column.required)
        ),
    )


def _kind(column: Column) -> str:
    """Return kind and range of a column; what must be there is marked."""
    bounds = [
        f"{sign} {bound:g}"
        for sign, bound in (("≥", column.minimum), ("≤", column.maximum))
        if bound is not None
    ]
    choices = [f"`{choice}`" for choice in column.choices]
    told = ", ".join([str(column.kind), *bounds, *choices])
    return f"**{told}**" if column.required else told


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(header)
    lines = [titles, ["---"] * len(titles), *([_cell(one) for one in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
