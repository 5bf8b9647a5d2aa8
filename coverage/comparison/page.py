"""The comparison as one small HTML file that needs no network and runs no script.

All that comes from files is escaped; the Content-Security-Policy lets nothing load and nothing run.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage.comparison.changes import BASES, UNITS, change_column
from coverage.comparison.drawing import LEGEND, SIGNAL_LEGEND, drawing, signal_picture
from coverage.params import TECHNOLOGIES
from coverage.text import Text

if TYPE_CHECKING:
    from coverage.comparison import Comparison
    from coverage.comparison.runs import Run
    from coverage.comparison.signals import SignalChange

POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
    "img-src data:"
)
_LISTED: Final = 100
_SEPARATORS: Final = str.maketrans(",.", ".,")
_STYLE: Final = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 62rem;
  padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { border: 1px solid #ccc; padding: .2rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; max-width: 28rem; }
td.n { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.synthetic { background: #fff3cd; border: 1px solid #b58900; padding: .5rem; font-weight: bold; }
svg, img { max-width: 100%; height: auto; border: 1px solid #ccc; }
.key { display: inline-block; width: 1em; height: 1em; border: 1px solid #999;
  vertical-align: -.15em; }
.better { fill: #0072b2; } .worse { fill: #d55e00; } .doubt { fill: #cc79a7; } .same { fill: #bbb; }
"""
_CLASS: Final = {
    "good": Text("tốt", "good"),
    "weak": Text("yếu", "weak"),
    "none": Text("không có", "none"),
    "unknown": Text("không rõ", "unknown"),
}
_UNIT: Final = {
    "villages": Text("thôn", "villages"),
    "households": Text("hộ", "households"),
    "population": Text("người", "people"),
}
_FLOW: Final = {
    "better": Text("tốt lên", "better"),
    "worse": Text("kém đi", "worse"),
    "became_unknown": Text("thành không rõ", "became unknown"),
    "was_unknown": Text("trước không rõ", "was unknown"),
    "base_only": Text("chỉ có ở gốc", "base only"),
    "other_only": Text("chỉ có ở bên kia", "other only"),
}
_PLAN: Final = {
    "plan_budget": Text("ngân sách", "budget"),
    "plan_spent": Text("đã dùng", "spent"),
    "plan_objective": Text("mục tiêu đạt được", "objective"),
    "plan_bound": Text("mức không thể vượt", "bound"),
    "plan_gap": Text("khoảng cách tới mức đó", "gap"),
    "plan_actions": Text("số hạng mục", "actions"),
    "plan_capex": Text("vốn đầu tư", "capex"),
    "plan_opex_per_year": Text("chi phí mỗi năm", "yearly cost"),
    "plan_villages_gained": Text("thôn mới có sóng", "villages newly served"),
    "plan_households_gained": Text("hộ mới có sóng", "households newly served"),
}


def page(comparison: Comparison) -> str:
    """Return the complete HTML file."""
    base, *others = comparison.runs
    title = Text("So sánh các lần chạy", "Runs compared")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="vi">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Phủ Sóng – {_e(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{_e(title)}</h1>",
    ]
    if comparison.is_synthetic:
        parts.append('<p class="synthetic">DỮ LIỆU MÔ PHỎNG / SYNTHETIC DATA</p>')
    parts.append(_runs(comparison.runs))
    if comparison.warnings:
        lines = (_e(p.line("vi")) + "<br>" + _e(p.line("en")) for p in comparison.warnings)
        parts += [_h2(Text("Cảnh báo", "Warnings")), "<ul>", *(f"<li>{x}</li>" for x in lines)]
        parts.append("</ul>")
    for run in others:
        parts += _section(comparison, base, run)
    return "\n".join([*parts, "</body>", "</html>", ""])


def _section(comparison: Comparison, base: Run, run: Run) -> list[str]:
    villages, totals, differences = (
        table[table["run"] == run.label]
        for table in (comparison.villages, comparison.totals, comparison.differences)
    )
    return [
        f"<h2>{_e(run.label)} ↔ {_e(base.label)}</h2>",
        _h3(
            Text(
                "Số hộ, số người, số thôn theo dự báo",
                "Households, people, villages by the prediction",
            )
        ),
        _totals(totals),
        *_verdict_totals(totals),
        _plans(totals),
        _h3(Text("Bản đồ thay đổi 4G", "Map of the change of 4G")),
        _map(villages),
        *_signals([c for c in comparison.signal_changes if c.run == run.label], base, run),
        _h3(Text("Bên được: thôn có sóng tốt lên", "Winners: villages with better signal")),
        _list(villages, ("better",)),
        _h3(Text("Bên mất: thôn có sóng kém đi", "Losers: villages with worse signal")),
        _list(villages, ("worse",)),
        _h3(Text("Thành không rõ, hoặc trước không rõ", "Became unknown, or was unknown")),
        _list(villages, ("became_unknown", "was_unknown")),
        _h3(Text("Thôn chỉ có ở một lần chạy", "Villages of one run only")),
        _list(villages, ("base_only", "other_only")),
        *_verdict_lists(villages, totals),
        _h3(Text("Khác nhau về thiết lập và dữ liệu", "What differs in settings and inputs")),
        _differences(differences),
    ]


def _runs(runs: Iterable[Run]) -> str:
    rows = [
        [
            Text("gốc", "base") if number == 0 else str(number),
            run.label,
            str(run.manifest["project"].get("name", "")),
            str(run.manifest["scenario"].get("name", "")),
            Text("mô phỏng", "synthetic") if run.is_synthetic else "",
            len(run.villages),
        ]
        for number, run in enumerate(runs)
    ]
    header = [
        Text("Vai trò", "Role"),
        Text("Lần chạy", "Run"),
        Text("Dự án", "Project"),
        Text("Kịch bản", "Scenario"),
        Text("Dữ liệu", "Data"),
        Text("Số thôn", "Villages"),
    ]
    return _table(header, rows)


def _verdict_totals(totals: pd.DataFrame) -> list[str]:
    title = Text(
        "Số hộ, số người, số thôn theo kết luận từ mọi nguồn (đo, báo cáo, dự báo)",
        "Households, people, villages by the verdict of all sources (measured, reported, "
        "predicted)",
    )
    if not _has_verdicts(totals):
        why = Text(
            "Ít nhất một lần chạy không có cột kết luận (verdict).",
            "At least one of the runs has no verdicts.",
        )
        return [_h3(title), f"<p>{_e(why)}</p>"]
    return [_h3(title), _totals(totals, prefix="verdict_")]


def _verdict_lists(villages: pd.DataFrame, totals: pd.DataFrame) -> list[str]:
    if not _has_verdicts(totals):
        return []
    return [
        _h3(Text("Bên được theo kết luận từ mọi nguồn", "Winners by the verdict of all sources")),
        _list(villages, ("better",), basis="verdict"),
        _h3(Text("Bên mất theo kết luận từ mọi nguồn", "Losers by the verdict of all sources")),
        _list(villages, ("worse",), basis="verdict"),
    ]


def _has_verdicts(totals: pd.DataFrame) -> bool:
    return bool((totals["figure"] == "verdict_covered").any())


def _signals(changes: Sequence[SignalChange], base: Run, run: Run) -> list[str]:
    """Show the subtracted rasters as pictures with their key; say so where there is none."""
    title = _h3(Text("Chênh lệch mức thu, bên kia trừ gốc", "Change of signal, other less base"))
    if not changes:
        why = Text(
            "Không trừ được ảnh mức thu: hai lần chạy phải có ảnh trên cùng một lưới "
            "(xem Cảnh báo và khác nhau về thiết lập).",
            "The signal rasters are not subtracted: both runs must have them on one grid (see "
            "the warnings, and what differs in settings).",
        )
        return [title, f"<p>{_e(why)}</p>"]
    key = " · ".join(
        f'<span class="key" style="background:{colour}"></span> {_e(text)}'
        for colour, text in SIGNAL_LEGEND
    )
    header = [
        "",
        Text("So được, km²", "Compared, km²"),
        Text("Mạnh lên, km²", "Stronger, km²"),
        Text("Yếu đi, km²", "Weaker, km²"),
        Text("Chỉ ở gốc, km²", "Base only, km²"),
        Text("Chỉ ở bên kia, km²", "Other only, km²"),
        Text("Trung vị, dB", "Median, dB"),
    ]
    rows = [[change.technology, *map(_number, list(change.row.values())[2:])] for change in changes]
    pictures = [
        f'<figure><figcaption>{change.technology}</figcaption><img alt="'
        f"{_e(Text('chênh lệch mức thu', 'change of signal'))} {change.technology} "
        f'{_e(run.label)} − {_e(base.label)}" src="{signal_picture(change)}"></figure>'
        for change in changes
        if change.is_marked
    ]
    return [title, _table(header, rows), *([f"<p>{key}</p>"] if pictures else []), *pictures]


def _totals(totals: pd.DataFrame, *, prefix: str = "") -> str:
    figures = {(r["technology"], r["unit"], r["figure"]): r for r in totals.to_dict("records")}
    rows: list[list[object]] = []
    for technology in TECHNOLOGIES:
        for unit in UNITS:
            covered, share = (
                figures[technology, unit, prefix + name] for name in ("covered", "covered_share")
            )
            flows = (figures[technology, unit, prefix + flow]["difference"] for flow in _FLOW)
            ends = (
                f"{_number(covered[side])} ({_percent(share[side])})" for side in ("base", "other")
            )
            rows.append(
                [
                    technology,
                    _UNIT[unit],
                    *ends,
                    _signed(covered["difference"]),
                    *map(_number, flows),
                ]
            )
    header = [
        "",
        Text("Đơn vị", "Unit"),
        Text("Có sóng, gốc", "Covered, base"),
        Text("Có sóng, bên kia", "Covered, other"),
        Text("Chênh lệch", "Change"),
        *_FLOW.values(),
    ]
    return _table(header, rows)


def _plans(totals: pd.DataFrame) -> str:
    figures = totals[totals["figure"].isin(list(_PLAN))]
    if figures.empty:
        return ""
    rows = [
        [
            _PLAN[row["figure"]],
            str(row["unit"]),
            _number(row["base"]),
            _number(row["other"]),
            _signed(row["difference"]),
        ]
        for row in figures.to_dict("records")
    ]
    header = [
        Text("Phương án", "Plan"),
        Text("Đơn vị", "Unit"),
        Text("Gốc", "Base"),
        Text("Bên kia", "Other"),
        Text("Chênh lệch", "Change"),
    ]
    return _h3(Text("Phương án xây dựng", "Plans")) + _table(header, rows)


def _list(villages: pd.DataFrame, changes: Sequence[str], *, basis: str = BASES[0]) -> str:
    """List what changed so, one row per village and technology, largest villages first."""
    found = pd.concat(
        villages[villages[change_column(t, basis)].isin(changes)].assign(
            technology=t,
            before=villages[f"{basis}_{t.lower()}_base"],
            after=villages[f"{basis}_{t.lower()}_other"],
        )
        for t in TECHNOLOGIES
    ).sort_values(
        ["households", "village_id", "technology"], ascending=[False, True, True], kind="stable"
    )
    if found.empty:
        return f"<p>{_e(Text('Không có.', 'None.'))}</p>"
    rows = [
        [
            str(row["name"]),
            str(row["commune_name"]),
            row["village_id"],
            row["technology"],
            _class_name(row["before"]),
            _class_name(row["after"]),
            _number(row["households"]),
            _number(row["population"]),
            f"{_number(row['priority_rank_base'])} → {_number(row['priority_rank_other'])}",
        ]
        for row in found.head(_LISTED).to_dict("records")
    ]
    header = [
        Text("Thôn", "Village"),
        Text("Xã", "Commune"),
        Text("Mã", "Id"),
        Text("Mạng", "Technology"),
        Text("Gốc", "Base"),
        Text("Bên kia", "Other"),
        Text("Số hộ", "Households"),
        Text("Số người", "People"),
        Text("Thứ hạng", "Rank"),
    ]
    rest = len(found) - len(rows)
    more = Text(
        f"và {rest} dòng nữa trong bảng thôn (CSV).", f"and {rest} more in the village table (CSV)."
    )
    return _table(header, rows) + (f"<p>{_e(more)}</p>" if rest else "")


def _differences(differences: pd.DataFrame) -> str:
    if differences.empty:
        return f"<p>{_e(Text('Không khác nhau.', 'No difference.'))}</p>"
    kinds = {
        "version": Text("phiên bản", "version"),
        "parameter": Text("tham số", "parameter"),
        "input": Text("dữ liệu vào", "input"),
    }
    rows = [
        [kinds[row["part"]], row["entry"], row["base"], row["other"]]
        for row in differences.to_dict("records")
    ]
    header = [
        Text("Loại", "Kind"),
        Text("Mục", "Entry"),
        Text("Gốc", "Base"),
        Text("Bên kia", "Other"),
    ]
    return _table(header, rows)


def _map(villages: pd.DataFrame) -> str:
    placed = villages[villages["longitude"].notna() & villages["latitude"].notna()]
    if placed.empty:
        return f"<p>{_e(Text('Không có tọa độ.', 'No coordinates.'))}</p>"
    return f"{drawing(placed)}\n<p>{_e(LEGEND)}</p>"


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{_e(cell)}</th>' for cell in header)
    body = "\n".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(value: object) -> str:
    text = _e(value)
    is_number = text.lstrip("+−")[:1].isdecimal()
    return f'<td class="n">{text}</td>' if is_number and len(text) < 40 else f"<td>{text}</td>"  # noqa: PLR2004


def _class_name(value: object) -> Text | str:
    return _CLASS.get(str(value), "–")


def _number(value: object) -> str:
    """Return a figure, points between thousands and a decimal comma; a dash for unknown."""
    if not isinstance(value, int | float | np.number) or np.isnan(value):
        return "–"
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.translate(_SEPARATORS)


def _signed(value: object) -> str:
    text = _number(value)
    if text.startswith("-"):
        return "−" + text[1:]
    return text if text in {"–", "0"} else f"+{text}"


def _percent(value: object) -> str:
    if not isinstance(value, int | float) or np.isnan(value):
        return "–"
    return f"{value * 100:.1f} %".replace(".", ",")


def _h2(text: Text) -> str:
    return f"<h2>{_e(text)}</h2>"


def _h3(text: Text) -> str:
    return f"<h3>{_e(text)}</h3>"


def _e(value: object) -> str:
    return html.escape(str(value))
