"""A scenario in the address: any scenario comes back, and nothing else gets in."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.errors import ScenarioError
from coverage.settings import default_scenario
from coverage.ui.address import packed, unpacked

DEFAULT = default_scenario()
CRITERIA = [criterion.name for criterion in DEFAULT.priority.criteria]


def wrapped(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


@given(st.dictionaries(st.sampled_from(CRITERIA), st.floats(0.01, 1.0)))
def test_a_scenario_comes_back(weights: dict[str, float]) -> None:
    scenario = DEFAULT.model_copy(update={"priority": DEFAULT.priority.with_weights(weights)})
    text = packed(scenario)
    assert unpacked(text, DEFAULT) == scenario
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.one_of(st.text(), st.binary().map(wrapped)))
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(ScenarioError):
        unpacked(text, DEFAULT)


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"3",
        b"[" * 100_000,
        b'{"name": "' + b" " * 10_000_000 + b'"}',  # 10 MB behind 10 kB
        json.dumps({"radio": {"max_range_km": -1}}).encode(),
        json.dumps({"unknown": 1}).encode(),
        json.dumps({"weights": {"nobody": 1}}).encode(),
    ],
)
def test_settings_that_are_wrong_are_refused(content: bytes) -> None:
    with pytest.raises(ScenarioError):
        unpacked(wrapped(content), DEFAULT)
