"""The sheet of one commune: the same facts as a web page without scripts and as a page of PDF."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Final

import typst

from coverage.documents import words
from coverage.documents.facts import Commune, Facts, lacking
from coverage.documents.sketch import sketch
from coverage.documents.words import HEADINGS
from coverage.params import MAIN_TECHNOLOGY
from coverage.text import Language, Text

POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'"
_LONGEST: Final = 400
"""Letters of a cell in print; what is longer is cut, so that one row never fills the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table under a heading; `none` is said where it has no rows, `more` where not all fit."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that stands on the sheet, in words; `drawing` is SVG, empty where there is no map."""

    language: Language
    title: str
    subtitle: str
    synthetic: str
    drawing: str
    no_drawing: str
    figures: tuple[tuple[str, str], ...]
    villages: Listing
    actions: Listing | None
    notes: tuple[str, ...]


def sheet_of(facts: Facts, commune: Commune, language: Language) -> Sheet:
    """Put the facts of a commune into words."""
    name = commune.name or words.NO_COMMUNE.get(language)
    title = Text(f"Sóng {MAIN_TECHNOLOGY} ở {name}", f"{MAIN_TECHNOLOGY} signal in {name}")
    dates = [facts.date, Text("số liệu đến", "data as of").get(language) + f" {facts.data_dates}"]
    return Sheet(
        language=language,
        title=title.get(language),
        subtitle=" · ".join([facts.title, *(d for d in dates if facts.data_dates and d)]),
        synthetic=words.synthetic_mark(facts, language),
        drawing=sketch(facts, commune, language) or "",
        no_drawing=Text("Chưa có ranh giới xã.", "The border is not known.").get(language),
        figures=_figures(commune, language),
        villages=_villages(commune, language),
        actions=None if facts.actions is None else _actions(facts, commune, language),
        notes=tuple(words.notes(facts, language)),
    )


def _figures(commune: Commune, language: Language) -> tuple[tuple[str, str], ...]:
    labels = [
        HEADINGS["villages"],
        HEADINGS["households"],
        Text("Không có sóng: thôn (hộ)", "None: villages (households)"),
        Text("Sóng yếu: thôn (hộ)", "Weak: villages (households)"),
        Text("Chưa rõ: thôn (hộ)", "Unknown: villages (households)"),
        HEADINGS["served"],
    ]
    texts = [
        *words.count_cells(commune.villages, language),
        words.served(commune.villages, language),
    ]
    return tuple((label.get(language), text) for label, text in zip(labels, texts, strict=True))


def _villages(commune: Commune, language: Language) -> Listing:
    names = ("rank", "village", "households", "verdict", "power", "hardship", "cause")
    rows = [
        (
            words.whole(village.rank, language),
            village.name,
            words.whole(village.households, language),
            words.class_name(village, language),
            words.grid_power(village, language),
            words.hardship(village, language),
            words.cause(village, language),
        )
        for village in lacking(commune.villages)
    ]
    heading = Text(
        f"Thôn chưa có sóng {MAIN_TECHNOLOGY} tốt, theo thứ tự ưu tiên",
        f"Villages without good {MAIN_TECHNOLOGY} signal, by priority",
    )
    return Listing(
        heading=heading.get(language),
        header=tuple(HEADINGS[name].get(language) for name in names),
        rows=tuple(rows),
        none=Text("Không có thôn nào.", "There is none.").get(language),
        more=Text(
            "và {n} thôn nữa, xem phụ lục của tỉnh.", "and {n} more, see the annex of the province."
        ).get(language),
    )


def _actions(facts: Facts, commune: Commune, language: Language) -> Listing:
    header = [
        *(HEADINGS[name] for name in ("year", "action", "with", "gained")),
        words.capex_heading(facts),
    ]
    rows = [
        (
            str(action.year),
            words.action_kind(action, language),
            words.action_with(action, language),
            words.whole(action.households_gained, language),
            words.millions(action.capex, language),
        )
        for action in commune.actions
    ]
    return Listing(
        heading=Text("Hạng mục dự kiến trên địa bàn xã", "Planned on its ground").get(language),
        header=tuple(h.get(language) for h in header),
        rows=tuple(rows),
        none=Text("Không có hạng mục nào.", "There is none.").get(language),
        more=Text(
            "và {n} hạng mục nữa, xem phụ lục của tỉnh.",
            "and {n} more, see the annex of the province.",
        ).get(language),
    )


def page(sheet: Sheet) -> str:
    """Return the sheet as one HTML file that loads nothing and runs nothing."""
    style = resources.files("coverage.documents") / "assets" / "sheet.css"
    listings = [one for one in (sheet.villages, sheet.actions) if one is not None]
    figures = "".join(
        f'<tr><th scope="row">{_e(label)}</th><td>{_e(text)}</td></tr>'
        for label, text in sheet.figures
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{sheet.language}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_e(sheet.title)}</title>",
            f"<style>\n{style.read_text(encoding='utf-8')}</style>",
            "</head>",
            "<body>",
            f"<h1>{_e(sheet.title)}</h1>",
            f'<p class="sub">{_e(sheet.subtitle)}</p>',
            f'<p class="synthetic">{_e(sheet.synthetic)}</p>' if sheet.synthetic else "",
            '<div class="top">',
            # the drawing is ours: names stand in it as text nodes
            f"<figure>{sheet.drawing}</figure>" if sheet.drawing else f"<p>{sheet.no_drawing}</p>",
            f'<table class="figures"><tbody>{figures}</tbody></table>',
            "</div>",
            *(_listing(one) for one in listings),
            '<ul class="notes">'
            + "".join(f"<li>{_e(note)}</li>" for note in sheet.notes)
            + "</ul>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _listing(one: Listing) -> str:
    if not one.rows:
        return f"<h2>{_e(one.heading)}</h2>\n<p>{_e(one.none)}</p>"
    head = "".join(f'<th scope="col">{_e(text)}</th>' for text in one.header)
    rows = "\n".join(_row(row) for row in one.rows)
    return (
        f'<h2>{_e(one.heading)}</h2>\n<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in cells) + "</tr>"


def _e(text: str) -> str:
    return html.escape(text)


def pdf(sheet: Sheet) -> bytes:
    """Return the sheet as one A4 page of PDF; rows that do not fit are counted, not shown."""
    template = resources.files("coverage.documents") / "assets" / "sheet.typ"
    content = asdict(sheet)
    for name in ("villages", "actions"):
        if content[name] is not None:
            content[name]["rows"] = [[_cut(cell) for cell in row] for row in content[name]["rows"]]
    for name in ("title", "subtitle", "synthetic"):
        content[name] = _cut(content[name])
    return typst.compile(
        template.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(content, ensure_ascii=False)},
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
