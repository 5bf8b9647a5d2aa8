"""The province report: a Word document in the layout of an annex to an administrative text.

Times New Roman 13 on A4 landscape, a head in two columns, tables whose header repeats on each page.
Equal facts give equal bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from coverage.documents import words
from coverage.documents.facts import Facts, lacking
from coverage.documents.words import HEADINGS
from coverage.params import MAIN_TECHNOLOGY
from coverage.text import Language, Text

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FONT: Final = "Times New Roman"
_SIZE_PT, _TABLE_PT = 13, 11
_PAGE_MM: Final = (297, 210)
_MARGINS_MM: Final = {"left": 30, "right": 20, "top": 20, "bottom": 20}
_RED: Final = RGBColor(0xB0, 0x00, 0x20)
_AUTHORITY: Final = Text(
    "ỦY BAN NHÂN DÂN\nTỈNH …………………", "PEOPLE'S COMMITTEE\nOF THE PROVINCE …………………"
)
_OFFICE: Final = Text("SỞ KHOA HỌC VÀ CÔNG NGHỆ", "DEPARTMENT OF SCIENCE AND TECHNOLOGY")
_NATION: Final = Text("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM")
_MOTTO: Final = Text("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness")
_ATTACHED: Final = Text(
    "(Kèm theo Văn bản số …………… ngày …… tháng …… năm …… của ……………………)",
    "(Attached to document no. …………… of …………… by ……………………)",
)


def annex(facts: Facts, language: Language) -> bytes:
    """Return the report as the bytes of a DOCX file."""
    document = Document()
    _set_page(document)
    _set_properties(document, facts, language)
    _footers(document, words.synthetic_mark(facts, language))
    _head(document, facts, language)
    _totals(document, facts, language)
    _villages(document, facts, language)
    if facts.actions is not None:
        _actions(document, facts, language)
    _title(document, Text("Ghi chú", "Notes").get(language))
    for note in words.notes(facts, language):
        _line(document, f"- {note}", align=WD_ALIGN_PARAGRAPH.JUSTIFY)
    return _packed(document)


def _set_page(document: Word) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (Mm(side) for side in _PAGE_MM)
    for side, margin in _MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(margin))
    section.different_first_page_header_footer = True
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(_SIZE_PT)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    normal.paragraph_format.space_after = Pt(3)


def _set_properties(document: Word, facts: Facts, language: Language) -> None:
    told = document.core_properties
    told.title, told.author, told.last_modified_by = facts.title[:255], "Phủ Sóng", "Phủ Sóng"
    told.comments, told.language = "", language
    told.created = told.modified = _EPOCH.replace(tzinfo=None)
    told.revision = 1


def _footers(document: Word, mark: str) -> None:
    """Give pages after the first their number, and every page the mark of made-up data."""
    section = document.sections[0]
    number = section.header.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, instruction in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = number.add_run()
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = instruction
        run._r.append(part)  # noqa: SLF001 - fields have no face in python-docx
    if mark:
        for footer in (section.footer, section.first_page_footer):
            _write(footer.paragraphs[0], mark, bold=True, colour=_RED, size_pt=10)


def _head(document: Word, facts: Facts, language: Language) -> None:
    table = document.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = table.rows[0].cells
    left.width, right.width = Mm(105), Mm(142)
    for cell, lines in (
        (left, ((_AUTHORITY, False), (_OFFICE, True))),
        (right, ((_NATION, True), (_MOTTO, True))),
    ):
        paragraph = cell.paragraphs[0]
        for text, bold in lines:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_after = Pt(0)
            _write(paragraph, text.get(language), bold=bold)
            paragraph = cell.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write(paragraph, "─────────", size_pt=8)
    centre = WD_ALIGN_PARAGRAPH.CENTER
    _line(document, Text("PHỤ LỤC", "ANNEX").get(language), bold=True, align=centre)
    title = Text(
        f"TÌNH HÌNH PHỦ SÓNG {MAIN_TECHNOLOGY} ĐẾN THÔN, BẢN",
        f"{MAIN_TECHNOLOGY} SIGNAL IN VILLAGES",
    ).get(language)
    _line(document, title, bold=True, align=centre)
    _line(document, f"({facts.title})", bold=True, align=centre)
    _line(document, _ATTACHED.get(language), italic=True, align=centre)
    if mark := words.synthetic_mark(facts, language):
        _line(document, mark, bold=True, align=centre, colour=_RED)


def _totals(document: Word, facts: Facts, language: Language) -> None:
    _title(document, Text("I. TỔNG HỢP THEO XÃ", "I. TOTALS BY COMMUNE").get(language))
    by_class = (
        Text("Không có sóng: thôn (hộ)", "None: villages (households)"),
        Text("Sóng yếu: thôn (hộ)", "Weak: villages (households)"),
        Text("Chưa rõ: thôn (hộ)", "Unknown: villages (households)"),
    )
    header = [
        *(HEADINGS[name] for name in ("number", "commune", "villages", "households")),
        *by_class,
        HEADINGS["served"],
    ]
    total = Text("Toàn vùng", "Whole area").get(language)
    rows = [
        [
            "",
            total,
            *words.count_cells(facts.villages, language),
            words.served(facts.villages, language),
        ]
    ]
    for number, commune in enumerate(facts.communes, start=1):
        rows.append(
            [
                str(number),
                commune.name or words.NO_COMMUNE.get(language),
                *words.count_cells(commune.villages, language),
                words.served(commune.villages, language),
            ]
        )
    _table(document, [h.get(language) for h in header], rows, (12, 52, 20, 24, 32, 32, 32, 43))


def _villages(document: Word, facts: Facts, language: Language) -> None:
    found = lacking(facts.villages)
    heading = Text(
        f"II. DANH SÁCH THÔN CHƯA CÓ SÓNG {MAIN_TECHNOLOGY} TỐT",
        f"II. VILLAGES WITHOUT GOOD {MAIN_TECHNOLOGY} SIGNAL",
    )
    _title(document, heading.get(language))
    if not found:
        _line(document, Text("Không có thôn nào.", "There is none.").get(language))
        return
    names = (
        *("number", "village", "commune", "households", "verdict", "source", "cause"),
        *("power", "hardship", "rank"),
    )
    rows = [
        [
            str(number),
            village.name,
            village.commune_name or words.NO_COMMUNE.get(language),
            words.whole(village.households, language),
            words.class_name(village, language),
            words.source(village, language),
            words.cause(village, language),
            words.grid_power(village, language),
            words.hardship(village, language),
            words.whole(village.rank, language),
        ]
        for number, village in enumerate(found, start=1)
    ]
    widths = (12, 27, 27, 14, 25, 23, 69, 15, 19, 16)
    _table(document, [HEADINGS[name].get(language) for name in names], rows, widths)


def _actions(document: Word, facts: Facts, language: Language) -> None:
    actions = facts.actions or ()
    heading = Text("III. HẠNG MỤC DỰ KIẾN THEO NĂM", "III. PLANNED ACTIONS BY YEAR")
    _title(document, heading.get(language))
    if not actions:
        _line(document, Text("Không có hạng mục nào.", "There is none.").get(language))
        return
    header = [
        *(HEADINGS[name] for name in ("year", "number", "action", "commune", "with", "gained")),
        words.capex_heading(facts),
    ]
    total = Text("Cộng", "Total").get(language)
    rows: list[list[str]] = []
    sums: list[list[str]] = []
    for year in sorted({action.year for action in actions}):
        part = [action for action in actions if action.year == year]
        rows += [
            [
                str(year),
                str(len(rows) + number),
                words.action_kind(action, language),
                action.commune_name or words.NO_COMMUNE.get(language),
                words.action_with(action, language),
                words.whole(action.households_gained, language),
                words.millions(action.capex, language),
            ]
            for number, action in enumerate(part, start=1)
        ]
        sums.append([str(year), "", total, "", "", *_sums(part, language)])
    sums.append(["", "", total, "", "", *_sums(actions, language)])
    _table(
        document, [h.get(language) for h in header], [*rows, *sums], (16, 14, 55, 45, 60, 27, 30)
    )


def _sums(actions: Sequence[Any], language: Language) -> tuple[str, str]:
    return (
        words.whole(sum(a.households_gained for a in actions), language),
        words.millions(sum(a.capex for a in actions), language),
    )


def _title(document: Word, text: str) -> None:
    paragraph = _line(document, text, bold=True)
    paragraph.paragraph_format.space_before = Pt(9)
    paragraph.paragraph_format.keep_with_next = True


def _line(
    document: Word,
    text: str,
    *,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT,
    **style: Any,
) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    _write(paragraph, text, **style)
    return paragraph


def _write(
    paragraph: Any,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    colour: RGBColor | None = None,
    size_pt: int = _SIZE_PT,
) -> None:
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size_pt)
    if colour is not None:
        run.font.color.rgb = colour


def _table(
    document: Word, header: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[int]
) -> None:
    """Add a table with borders whose header repeats and whose rows stay whole."""
    table = document.add_table(rows=0, cols=len(header))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for number, texts in enumerate((header, *rows)):
        row = table.add_row()
        kind = row._tr.get_or_add_trPr()  # noqa: SLF001 - row properties have no face
        kind.append(OxmlElement("w:cantSplit"))
        if number == 0:
            kind.append(OxmlElement("w:tblHeader"))
        for cell, text, width in zip(row.cells, texts, widths_mm, strict=True):
            cell.width = Mm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            if number == 0:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            elif text[:1].isdecimal():
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _write(paragraph, text, bold=number == 0 or not texts[0], size_pt=_TABLE_PT)


def _packed(document: Word) -> bytes:
    """Return the file with fixed times, its parts in the order of their names."""
    loose, packed = io.BytesIO(), io.BytesIO()
    document.save(loose)
    with zipfile.ZipFile(loose) as parts, zipfile.ZipFile(packed, "w") as archive:
        first = "[Content_Types].xml"
        for name in sorted(parts.namelist(), key=lambda name: (name != first, name)):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts.read(name))
    return packed.getvalue()
