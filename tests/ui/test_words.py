"""Text of data is shown as it stands, and numbers as Vietnamese readers write them."""

from __future__ import annotations

import math

import pytest

from coverage.ui.words import count, number, plain, share


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bản Bung", "Bản Bung"),
        ("A / B, C-D (1.5 km)", "A / B, C-D (1.5 km)"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("[x](y) :red[z] $a$", "\\[x\\](y) \\:red\\[z\\] \\$a\\$"),
        ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
        ("# a\n\n- b", "\\# a - b"),
        ("- b", "\\- b"),
        ("1. b", "1\\. b"),
        ("a &lt; b", "a \\&lt; b"),
    ],
)
def test_markdown_of_data_is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_numbers_have_a_decimal_comma() -> None:
    assert count(1234567) == "1.234.567"
    assert share(1, 8) == "12,5 %"
    assert share(0, 0) == "–"
    assert number(-98.25, 2) == "-98,25"
    assert number(math.nan) == "–"
