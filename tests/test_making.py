"""The page that says how the outputs were made: true to the manifest, harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

import pytest

from coverage.exports.making import how_made
from coverage.settings import default_scenario, scenario_from

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def manifest() -> Callable[..., dict[str, Any]]:
    def made(**changes: Any) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "software": {"name": "phusong", "version": "0.1.0", "numpy": "2.0"},
            "project": {"name": "Thử", "date": None},
            "scenario": default_scenario().model_dump(mode="json"),
            "synthetic": False,
            "synthetic_roles": [],
            "fingerprint": "ab" * 32,
            "grid": {"crs": "EPSG:9213", "resolution_m": 90.0, "shape": [10, 20]},
            "inputs": [
                {
                    "role": "villages",
                    "file": "villages.csv",
                    "sha256": "cd" * 32,
                    "crs": "",
                    "synthetic": False,
                    "rows_read": 5,
                    "rows_dropped": 1,
                    "rows_repaired": 2,
                }
            ],
            "warnings": [],
        }
        return plain | changes

    return made


def test_page_tells_inputs_versions_and_no_difference(
    manifest: Callable[..., dict[str, Any]],
) -> None:
    page = how_made(manifest())
    for text in ("villages.csv", "cd" * 32, "0.1.0", "EPSG:9213", "90 m, 10 × 20", "ab" * 32):
        assert text in page
    assert page.count("Không có. / None.") == 2  # settings, warnings
    assert "SYNTHETIC" not in page


def test_page_tells_the_settings_that_differ_and_no_others(
    manifest: Callable[..., dict[str, Any]],
) -> None:
    used = scenario_from({"radio": {"max_range_km": 21.5}}, "test").model_dump(mode="json")
    page = how_made(manifest(scenario=used))
    preset = default_scenario().radio.max_range_km
    assert f"<td>radio.max_range_km</td><td>{preset}</td><td>21.5</td>" in page
    assert page.count("<td>radio.") == 1


def test_names_from_data_stay_text(manifest: Callable[..., dict[str, Any]]) -> None:
    made = manifest(project={"name": HOSTILE, "date": HOSTILE}, synthetic=True)
    made["synthetic_roles"] = [HOSTILE]
    made["inputs"][0] |= {"file": HOSTILE, "crs": HOSTILE}
    made["warnings"] = [
        {"file": HOSTILE, "message": HOSTILE, "message_en": HOSTILE, "value": HOSTILE, "count": 1}
    ]
    page = how_made(made)
    assert "<script" not in page
    assert page.count(escape(HOSTILE)) == 8
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|url\(|<link|<img", page)
