"""The gates find planted faults: a gate that cannot fail guards nothing."""

from __future__ import annotations

import ast
import json
from typing import Any, Final

import pytest

from gates import audit, licences, lines, lock, mutants, sbom


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only OR MIT", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU Affero General Public License v3", False),
        ("LGPL-3.0-only", False),
        ("", False),
    ],
)
def test_licences(licence: str, *, is_allowed: bool) -> None:
    assert licences.is_allowed(licence) == is_allowed
    assert bool(licences.faults({"somebody": licence})) != is_allowed


def test_a_licence_judged_by_hand_holds_for_what_was_judged() -> None:
    assert licences.faults({"psycopg": "LGPL-3.0-only"}) == []
    assert licences.faults({"psycopg": "AGPL-3.0-only"}) != []
    assert licences.JUDGED.keys() <= lock.pinned().keys()


def test_every_dependency_here_has_a_licence_that_is_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert licences.passes(), capsys.readouterr().out


def test_the_lock_is_read_whole() -> None:
    versions = lock.pinned()
    assert len(versions) > 100
    assert len(versions["numpy"]) >= 1
    asked = audit.lists({"a": {"1", "2"}, "b": {"3"}})
    assert asked == [["a==1", "b==3"], ["a==2"]]


REPORT: Final[list[dict[str, Any]]] = [
    {"name": "a", "version": "1", "vulns": []},
    {"name": "b", "version": "1", "vulns": [{"id": "GHSA-x", "fix_versions": ["2"]}]},
    {"name": "c", "skip_reason": "not found"},
]


def test_a_vulnerability_fails_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert not audit.judged([*REPORT])
    assert "b 1: GHSA-x, mended in 2" in capsys.readouterr().out
    assert audit.judged([REPORT[0], REPORT[2]])
    assert "1 of 2 known" in capsys.readouterr().out


def test_without_a_service_the_audit_says_that_nothing_was_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_answer", lambda _service, _asked: [REPORT[2]])
    assert audit.passes()
    assert "NOT CHECKED" in capsys.readouterr().out


def bill(**changes: object) -> dict[str, Any]:
    parts = [
        {"name": name, "version": min(found), "purl": f"pkg:pypi/{name}@{min(found)}"}
        for name, found in lock.pinned().items()
    ]
    whole: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": parts}
    return whole | {"metadata": {"component": {"name": "phusong"}}} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"specVersion": "1.4"},
        {"metadata": {}},
        {"components": []},
        {"components": [*bill()["components"], {"name": "numpy", "version": "0.1", "purl": "p"}]},
        {"components": [*bill()["components"], {"name": "other", "version": "1"}]},
    ],
)
def test_a_fault_of_the_bill_of_materials_is_found(changes: dict[str, object]) -> None:
    assert sbom.faults(bill(), lock.pinned()) == []
    assert sbom.faults(bill(**changes), lock.pinned()) != []


def test_the_bill_of_materials_that_was_made_is_sound() -> None:
    if not sbom.OUT.exists():
        pytest.skip("no bill of materials here: `make sbom` writes one")
    made = json.loads(sbom.OUT.read_text(encoding="utf-8"))
    assert {part["name"].lower() for part in made["components"]} >= {"numpy", "click"}


SOURCE: Final = '''
"""Says nothing."""
from numba import njit
def f(a: int, b: int = 1) -> bool:
    """Return True."""
    return a < b or not a
@njit(cache=True)
def g(a):
    b = a + 1
    return -b
'''


def test_every_kind_of_fault_is_planted_once() -> None:
    assert sorted(mutant.done for mutant in mutants.mutants(SOURCE)) == sorted(
        [
            *("1 -> 2", "returns None", "Or -> And", "Lt -> LtE", "Not goes"),
            *("Add -> Sub", "1 -> 2", "returns None", "USub -> UAdd"),
        ]
    )
    texts = {ast_text(mutant) for mutant in mutants.mutants(SOURCE)}
    assert len(texts) == 9
    assert ast_text(mutants.Mutant(0, "", ast.parse(SOURCE))) not in texts


def ast_text(mutant: mutants.Mutant) -> str:
    return ast.unparse(mutant.tree)


@pytest.mark.parametrize(("missing", "is_enough"), [(1, True), (2, False), (10, False)])
def test_the_share_of_lines(missing: int, *, is_enough: bool) -> None:
    rest = list(range(missing + 1, 11))
    entry = {"executed_lines": rest, "missing_lines": list(range(1, missing + 1))}
    assert lines.judged({"coverage/a.py": entry}) == is_enough
    assert not lines.judged({})
