"""The theme's colours are readable: contrasts of WCAG 2.2 AA, light and dark."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

CONFIG: Final = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
TEXT: Final = 4.5  # WCAG 2.2, success criterion 1.4.3


def luminance(colour: str) -> float:
    """Relative luminance by the definition of WCAG 2.2."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    return dict(found[request.param])


def test_contrast_by_hand() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)  # published: the greatest there is
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # published example


def test_text_and_widgets_stand_out(theme: dict[str, Any]) -> None:
    side = theme["sidebar"]
    grounds = [
        theme["backgroundColor"],
        theme["secondaryBackgroundColor"],
        side["backgroundColor"],
        side["secondaryBackgroundColor"],
    ]
    for ground in grounds:
        assert contrast(theme["textColor"], ground) >= TEXT
        assert contrast(theme["linkColor"], ground) >= TEXT
        assert contrast(theme["primaryColor"], ground) >= TEXT
    header = theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"]
    assert contrast(*header) >= TEXT
