"""Documents of a finished run: read back, counted by hand, harmless, the same bytes."""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from docx import Document
from pypdf import PdfReader

from coverage.cli import main
from coverage.documents import write_documents
from coverage.documents.annex import annex
from coverage.documents.facts import Action, Commune, Facts, Village, facts_of, printable
from coverage.documents.sheet import page, pdf, sheet_of
from coverage.documents.sketch import sketch
from coverage.errors import InputDataError, ScenarioError
from coverage.io.finished import read_finished
from coverage.pipeline import plan_project
from coverage.text import Text

SHOWN: Final = """<script>alert(1)</script>&#1 #panic("x") $x$ *b* _i_ \\u{0041} "'`{{7*7}}` =1"""
HOSTILE: Final = SHOWN.replace(" =1", "\x00\u202e=1")
"""With a null, and a sign that turns the direction, which no document can hold."""


@pytest.fixture(scope="module")
def out(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "demo"
    shutil.copytree(demo_project.parent, folder)
    return plan_project(folder, budget="40000000000")[2]


@pytest.fixture(scope="module")
def facts(out: Path) -> Facts:
    return facts_of(read_finished(out))


def hostile(facts: Facts, times: int = 1) -> tuple[Facts, Commune]:
    """Return facts with one commune whose every name tries to be markup."""
    text = printable(HOSTILE * times)
    village = Village(
        name=text,
        commune_code="1",
        commune_name=text,
        households=7,
        verdict="none",
        source=text,
        predicted="none",
        cause=Text(text, text),
        has_grid_power=None,
        is_extremely_difficult=True,
        rank=1,
        place=shapely.Point(500_500, 2_400_500),
    )
    action = Action(
        kind=text,
        commune_code="1",
        commune_name=text,
        year=1,
        capex=5_000_000,
        villages_gained=1,
        households_gained=7,
        power=text,
        backhaul=text,
        place=shapely.Point(500_600, 2_400_600),
    )
    commune = Commune(
        code="1",
        name=text,
        shape=shapely.box(500_000, 2_400_000, 501_000, 2_401_000),
        villages=(village,) * (1 if times == 1 else 90),
        actions=(action,) * (1 if times == 1 else 90),
    )
    return replace(facts, title=text, communes=(commune,), actions=commune.actions), commune


def text_of(content: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    """Without blanks and hyphens, which a page may add where a line breaks."""
    return re.sub(r"[\s\u00ad\u200b-]", "", text)


def test_annex_counts_every_village_and_household(out: Path, facts: Facts) -> None:
    # by hand: the table of villages, counted by pandas
    villages = pd.read_csv(out / "villages.csv", encoding="utf-8-sig")
    document = Document(io.BytesIO(annex(facts, "en")))
    _, totals, listed, actions = document.tables
    whole = [cell.text for cell in totals.rows[1].cells]
    assert whole[1:4] == [
        "Whole area",
        f"{len(villages):,}",
        f"{villages['households'].sum():,}",
    ]
    for at, name in ((4, "none"), (5, "weak"), (6, "unknown")):
        some = villages[villages["verdict_4g"] == name]
        assert whole[at] == f"{len(some):,} ({some['households'].sum():,})"
    served = villages[villages["verdict_4g"].isin(["good", "weak"])]["households"].sum()
    known = villages[villages["verdict_4g"] != "unknown"]["households"].sum()
    assert whole[7].startswith(f"{served:,} / {known:,} (")
    lacking = villages[villages["verdict_4g"] != "good"]
    assert len(listed.rows) == len(lacking) + 1
    ranks = [int(row.cells[-1].text.replace(",", "")) for row in listed.rows[1:]]
    assert ranks == sorted(lacking["priority_rank"])
    planned = pd.read_csv(out / "plan_actions.csv", encoding="utf-8-sig")
    years = planned["phase"].nunique()
    assert len(actions.rows) == 1 + len(planned) + years + 1
    assert actions.rows[-1].cells[-1].text == f"{planned['capex'].sum() / 1e6:,.0f}"


def test_annex_has_the_layout_of_an_administrative_text(facts: Facts) -> None:
    document = Document(io.BytesIO(annex(facts, "vi")))
    left, right = (cell.text for cell in document.tables[0].rows[0].cells)
    assert "ỦY BAN NHÂN DÂN" in left
    assert "SỞ KHOA HỌC VÀ CÔNG NGHỆ" in left
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc" in right
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert "PHỤ LỤC" in texts
    assert any("Kèm theo Văn bản số" in text for text in texts)
    assert any("MÔ PHỎNG" in text for text in texts)
    assert "MÔ PHỎNG" in document.sections[0].footer.paragraphs[0].text
    assert any("giả định" in text and "dBm" in text for text in texts)
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size.pt) == ("Times New Roman", 13)
    for table in document.tables[1:]:
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")


def test_no_mark_where_nothing_is_made_up_and_no_plan_no_part_three(facts: Facts) -> None:
    plain = replace(facts, synthetic_roles=None, actions=None)
    document = Document(io.BytesIO(annex(plain, "vi")))
    assert not any("MÔ PHỎNG" in paragraph.text for paragraph in document.paragraphs)
    assert len(document.tables) == 3
    sheet = sheet_of(plain, plain.communes[0], "vi")
    assert sheet.synthetic == ""
    assert sheet.actions is None
    assert "MÔ PHỎNG" not in page(sheet) + text_of(pdf(sheet))


def test_sheets_of_every_commune_are_one_page_with_the_same_figures(facts: Facts) -> None:
    for commune in facts.communes[:6]:
        sheet = sheet_of(facts, commune, "vi")
        content = pdf(sheet)
        assert len(PdfReader(io.BytesIO(content)).pages) == 1
        text, web = squeezed(text_of(content)), page(sheet)
        for label, figure in sheet.figures:
            assert squeezed(label + figure) in text
            assert f'<th scope="row">{label}</th><td>{figure}</td>' in web
        for row in sheet.villages.rows:
            assert row[1] in web


def test_hostile_names_stay_text_in_every_document(facts: Facts) -> None:
    bad, commune = hostile(facts)
    assert commune.name == SHOWN
    sheet = sheet_of(bad, commune, "vi")
    web = page(sheet)
    assert "<script" not in web
    assert "&lt;script&gt;" in web
    assert squeezed(SHOWN) in squeezed(text_of(pdf(sheet)))
    document = Document(io.BytesIO(annex(bad, "vi")))
    assert document.tables[2].rows[1].cells[1].text == SHOWN
    drawing = ET.fromstring(sketch(bad, commune, "vi") or "")  # noqa: S314 - our own
    assert {node.tag.split("}")[-1] for node in drawing.iter()} <= {
        *("svg", "title", "rect", "path", "circle", "text"),
    }
    assert drawing.findtext("{http://www.w3.org/2000/svg}title") == SHOWN


def test_too_many_villages_and_endless_names_still_make_one_page(facts: Facts) -> None:
    bad, commune = hostile(facts, times=40)
    content = pdf(sheet_of(bad, commune, "en"))
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1
    told = [int(n) for n in re.findall(r"and (\d+) more", reader.pages[0].extract_text())]
    assert len(told) == 2
    assert all(80 < n <= 90 for n in told)


def test_the_page_is_filled_before_villages_are_left_out(facts: Facts) -> None:
    # by hand: a row takes a line or two, so dozens fit below the map and hundreds do not
    bad, commune = hostile(facts)
    plain = replace(commune.villages[0], name="Bản Bung", source="", cause=Text("Xa.", "Far."))
    commune = replace(commune, name="Phong Quang", villages=(plain,) * 300, actions=())
    crowded = replace(bad, communes=(commune,))
    text = text_of(pdf(sheet_of(crowded, commune, "en")))
    labels = (sketch(crowded, commune, "en") or "").count("Bản Bung")
    (left_out,) = re.findall(r"and (\d+) more", " ".join(text.split()))
    shown = 300 - int(left_out)
    assert 20 < shown < 60
    assert len(re.findall(r"Bản\s+Bung", text)) == shown + labels  # none is lost, none told twice


def test_the_web_sheet_loads_and_runs_nothing(facts: Facts) -> None:
    web = page(sheet_of(facts, facts.communes[0], "vi"))
    assert "default-src 'none'" in web
    assert not re.search(r"<script|\son\w+=|javascript:|<link|<img|url\(|@import", web)
    assert set(re.findall(r"https?://[^\"<> ]+", web)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_equal_facts_give_equal_bytes(facts: Facts, language: str) -> None:
    first = annex(facts, language)  # type: ignore[arg-type]
    assert first == annex(facts, language)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {entry.date_time[:3] for entry in parts.infolist()} == {(2000, 1, 1)}
        assert "2000-01-01" in parts.read("docProps/core.xml").decode()
    sheet = sheet_of(facts, facts.communes[0], language)  # type: ignore[arg-type]
    content = pdf(sheet)
    assert content == pdf(sheet)
    assert "/CreationDate" not in (PdfReader(io.BytesIO(content)).metadata or {})


def test_command_writes_what_is_asked(out: Path, facts: Facts, tmp_path: Path) -> None:
    code = next(c.code for c in facts.communes if c.code)
    told = CliRunner().invoke(
        main,
        ["report", str(out), "--out", str(tmp_path / "d"), "--commune", code, "--lang", "en"],
    )
    assert told.exit_code == 0, told.output
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
        *("annex.docx", f"commune_{code}.html", f"commune_{code}.pdf"),
        "documents_manifest.json",
    ]


def test_refusals_are_told(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="nowhere"):
        write_documents(out, tmp_path / "d", communes=["nowhere"])
    with pytest.raises(ScenarioError, match="odt"):
        write_documents(out, tmp_path / "d", forms=["odt"])  # type: ignore[list-item]
    with pytest.raises(ScenarioError, match="Choose a folder other"):
        write_documents(out, out)
    with pytest.raises(InputDataError, match="there is no such file"):
        write_documents(tmp_path, tmp_path / "d")
    broken = tmp_path / "broken"
    shutil.copytree(out, broken)
    with closing(sqlite3.connect(broken / "results.gpkg")) as base, base:
        base.execute("ALTER TABLE communes RENAME COLUMN date TO day")
    with pytest.raises(InputDataError, match="layer communes lacks date"):
        write_documents(broken, tmp_path / "d")
    assert not (tmp_path / "d").exists()
