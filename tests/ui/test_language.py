"""Every text of the app exists in both languages, and only the chosen one is shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from tests.io.made import write_project
from tests.ui.test_app import ROOT, opened

VIETNAMESE: Final = re.compile(
    "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
)
SPEAKERS: Final = {"say", "Text"}
# The name of the product, and what must be readable before a language is chosen.
ALWAYS_VIETNAMESE: Final = {"Phủ Sóng", "Phủ Sóng ", "Tiếng Việt", "Ngôn ngữ / Language"}
# Proper names: the product, the project, a place in the source of a price.
NAMES: Final = ("Phủ Sóng", "Dự án nhỏ", "Nà Còi, Bắc Kạn")
PAGES: Final = (
    "overview",
    "villages",
    "plan",
    "fibre",
    "compare",
    "indicators",
    "data",
    "export",
    "about",
)


def sources() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "coverage" / "ui").rglob("*.py"))]


def untranslated(source: str) -> Iterator[str]:
    """Texts with Vietnamese letters that are not the first argument of `say` or `Text`."""
    tree = ast.parse(source)
    translated: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKERS:
            assert len(node.args) == 2, ast.unparse(node)
            translated |= set(ast.walk(node.args[0]))
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if node in translated or node in docstrings or node.value in ALWAYS_VIETNAMESE:
            continue
        if VIETNAMESE.search(node.value) or re.search(r"\w / \w", node.value):
            yield node.value


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_no_text_is_left_untranslated(path: Path) -> None:
    assert list(untranslated(path.read_text(encoding="utf-8"))) == []


def test_the_search_for_untranslated_texts_finds_them() -> None:
    source = 'st.write("Thôn"); st.write("Village / Thon");say("Xã","Commune"); say(f"{x} hộ", "")'
    assert list(untranslated(source)) == ["Thôn", "Village / Thon"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("made") / "project")


def shown(app: AppTest) -> list[str]:
    """Words of the app itself: what stands on, above and below its elements."""
    labelled = (
        *(app.selectbox, app.slider, app.button, app.text_input, app.number_input),
        *(app.multiselect, app.toggle, app.metric, app.expander, app.tabs, app.download_button),
    )
    texts = [str(element.label) for kind in labelled for element in kind]
    helps = [getattr(element.proto, "help", "") for kind in labelled[:6] for element in kind]
    written = (app.header, app.subheader, app.caption, app.markdown, app.info, app.warning)
    texts += [str(element.value) for kind in (*written, app.error) for element in kind]
    columns = [str(name) for frame in app.dataframe for name in frame.value.columns]
    return [*texts, *helps, *columns]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_english_shows_no_vietnamese(page: str, folder: Path) -> None:
    app = opened(page, folder, language="en")
    texts = shown(app)
    assert len(texts) > 3
    for name in NAMES:
        texts = [text.replace(name, "") for text in texts]
    strange = [text for text in texts if VIETNAMESE.search(text)]
    assert strange == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_vietnamese_shows_vietnamese(page: str, folder: Path) -> None:
    app = opened(page, folder)
    titles = [element.value for element in app.header]
    assert any(VIETNAMESE.search(text) for text in [*titles, *shown(app)])
    english = re.compile(r"\b(village|commune|the|of)\b", re.IGNORECASE)
    assert not any(english.search(text) for text in titles)
