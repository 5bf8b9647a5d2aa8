"""How the outputs were made, for people: one page that loads nothing and runs nothing.

It tells what `manifest.json` tells, and which settings differ from the presets.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from coverage.settings import default_scenario
from coverage.text import Text

PAGE: Final = "cach_lam.html"
_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'"
)
_LONGEST: Final = 300
_STYLE: Final = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 62rem;
  padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { border: 1px solid #ccc; padding: .2rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; max-width: 30rem; }
code { font-size: .85em; }
.scroll { overflow-x: auto; }
.synthetic { background: #fff3cd; border: 1px solid #b58900; padding: .5rem; font-weight: bold; }
"""
_NOTHING: Final = Text("Không có.", "None.")
_CHECK: Final = Text(
    "Lệnh sau tính lại mã băm của mọi tệp trong thư mục này và của dữ liệu đầu vào; mã bên cạnh là "
    "dấu vết của toàn bộ dữ liệu đầu vào.",
    "This command recomputes the hashes of all files of this folder and of the inputs; the code "
    "beside it is the fingerprint of all inputs.",
)


def how_made(manifest: Mapping[str, Any]) -> str:
    """Return the page of a manifest as complete HTML, Vietnamese with English beside it."""
    title = Text("Kết quả này được làm thế nào", "How this was made")
    project = manifest["project"]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="vi">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_e(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{_e(title)}</h1>",
        f"<p>{_e(project['name'])}{_dated(project)}</p>",
        _synthetic(manifest),
        _h2(Text("Dữ liệu đầu vào", "Inputs")),
        _inputs(manifest["inputs"]),
        _h2(Text("Thiết lập khác với mặc định", "Settings that differ from the presets")),
        _settings(manifest["scenario"]),
        _h2(Text("Cảnh báo khi đọc dữ liệu", "Warnings")),
        _warnings(manifest["warnings"]),
        _h2(Text("Lưới tính và phiên bản phần mềm", "Grid and versions of the software")),
        _table((), [*_grid(manifest["grid"]), *manifest["software"].items()]),
        _h2(Text("Kiểm tra lại", "Check it")),
        f"<p>{_e(_CHECK)}</p>",
        f"<p><code>phusong verify</code> · <code>{_e(manifest['fingerprint'])}</code></p>",
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(parts)


def _dated(project: Mapping[str, Any]) -> str:
    return f" · {_e(project['date'])}" if project.get("date") else ""


def _synthetic(manifest: Mapping[str, Any]) -> str:
    if not manifest["synthetic"]:
        return ""
    roles = ", ".join(manifest["synthetic_roles"])
    return f'<p class="synthetic">DỮ LIỆU MÔ PHỎNG / SYNTHETIC DATA: {_e(roles)}</p>'


def _inputs(sources: Iterable[Mapping[str, Any]]) -> str:
    header = (
        Text("Vai trò", "Role"),
        Text("Tệp", "File"),
        Text("Mô phỏng", "Synthetic"),
        Text("Dòng đọc", "Rows read"),
        Text("Bỏ", "Dropped"),
        Text("Sửa", "Repaired"),
        Text("Hệ tọa độ", "Coordinates"),
        "SHA-256",
    )
    rows = [
        [
            source["role"],
            source["file"],
            Text("có", "yes") if source["synthetic"] else Text("không", "no"),
            *(source[name] for name in ("rows_read", "rows_dropped", "rows_repaired", "crs")),
            source["sha256"],
        ]
        for source in sources
    ]
    return _table(header, rows)


def _settings(scenario: Mapping[str, Any]) -> str:
    """Show each setting that is not that of the presets, beside theirs."""
    preset = dict(_flat(default_scenario().model_dump(mode="json")))
    chosen = dict(_flat(scenario))
    rows = [
        [name, _written(preset.get(name)), _written(chosen.get(name))]
        for name in sorted(preset.keys() | chosen.keys())
        if preset.get(name) != chosen.get(name)
    ]
    if not rows:
        return f"<p>{_e(_NOTHING)}</p>"
    header = (Text("Thiết lập", "Setting"), Text("Mặc định", "Preset"), Text("Đã dùng", "Used"))
    return _table(header, rows)


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _written(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _warnings(warnings: Sequence[Mapping[str, Any]]) -> str:
    if not warnings:
        return f"<p>{_e(_NOTHING)}</p>"
    header = (Text("Tệp", "File"), Text("Nội dung", "What"), Text("Số dòng", "Rows"))
    rows = [
        [one["file"], Text(_told(one, "message"), _told(one, "message_en")), one["count"]]
        for one in warnings
    ]
    return _table(header, rows)


def _told(warning: Mapping[str, Any], key: str) -> str:
    value = f" ({warning['value']})" if warning.get("value") else ""
    return f"{warning[key]}{value}"


def _grid(grid: Mapping[str, Any]) -> list[tuple[Text, str]]:
    rows, columns = grid["shape"]
    return [
        (Text("Hệ tọa độ của lưới", "Coordinate system of the grid"), grid["crs"]),
        (
            Text("Ô lưới", "Cell"),
            f"{grid['resolution_m']:g} m, {rows} × {columns}",
        ),
    ]


def _h2(text: Text) -> str:
    return f"<h2>{_e(text)}</h2>"


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{_e(title)}</th>" for title in header)
    body = "".join("<tr>" + "".join(f"<td>{_e(c)}</td>" for c in row) + "</tr>\n" for row in rows)
    top = f"<tr>{head}</tr>\n" if head else ""
    return f'<div class="scroll"><table>{top}{body}</table></div>'


def _e(value: object) -> str:
    return html.escape(str(value))
