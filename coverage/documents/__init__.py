"""A finished run as documents to sign and to print: the annex, and a sheet a commune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from coverage import __version__
from coverage.documents.annex import annex
from coverage.documents.facts import Commune, Facts, facts_of
from coverage.documents.sheet import page, pdf, sheet_of
from coverage.errors import ScenarioError
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.io.finished import PACKAGE, read_finished, unknown_name
from coverage.io.manifests import MANIFEST
from coverage.text import DEFAULT_LANGUAGE, Language, Text

DocumentForm = Literal["docx", "pdf", "html"]
FORMS: Final[tuple[DocumentForm, ...]] = ("docx", "pdf", "html")
LISTING: Final = "documents_manifest.json"
_ANNEX: Final = Text("phu_luc.docx", "annex.docx")


def write_documents(
    out: Path | str,
    target: Path | str,
    *,
    forms: Sequence[DocumentForm] = FORMS,
    communes: Sequence[str] | None = None,
    language: Language = DEFAULT_LANGUAGE,
) -> tuple[Path, ...]:
    """Write the annex (DOCX) and the sheets of communes (PDF, HTML) of a finished run.

    Parameters
    ----------
    out
        Output folder of `run` or `plan`.
    target
        Folder to write to.
    forms
        `docx` is the annex of the whole area; `pdf` and `html` are a sheet a commune.
    communes
        Codes of the communes that get a sheet; None is all that have a code.
    language
        Of the documents.

    Returns
    -------
    tuple of Path
        The files written; beside them `documents_manifest.json` says what they were made from.

    Raises
    ------
    InputDataError
        Where the folder holds no finished run, or one without what the documents tell.
    ScenarioError
        Where a form or a commune is not known.

    Examples
    --------
    >>> from coverage.documents import write_documents
    >>> files = write_documents("data/demo/outputs", "documents", forms=["docx"])
    >>> [path.name for path in files]
    ['phu_luc.docx']
    """
    out, target = Path(out), Path(target).resolve()
    unknown = sorted(set(forms) - set(FORMS))
    if unknown or not forms:
        raise ScenarioError(unknown_name(Text("dạng", "form"), unknown, FORMS))
    facts = facts_of(read_finished(out))
    chosen = _chosen(facts, communes)
    if target == out.resolve():
        raise ScenarioError(
            Text(
                "Hãy chọn một thư mục khác thư mục kết quả của lần chạy.",
                "Choose a folder other than the output folder of the run.",
            )
        )
    with writers.whole_folder(target, Text("văn bản", "documents"), manifest=LISTING) as desk:
        if "docx" in forms:
            (desk / _ANNEX.get(language)).write_bytes(annex(facts, language))
        if {"pdf", "html"} & set(forms):
            for number, commune in enumerate(chosen, start=1):
                sheet = sheet_of(facts, commune, language)
                name = f"commune_{_file_name(commune.code, number)}"
                if "pdf" in forms:
                    (desk / f"{name}.pdf").write_bytes(pdf(sheet))
                if "html" in forms:
                    text = page(sheet)
                    (desk / f"{name}.html").write_text(text, encoding="utf-8", newline="\n")
        names = sorted(path.name for path in desk.iterdir())
        writers.write_json(
            desk / LISTING,
            {
                "software": {"name": "phusong", "version": __version__},
                "run": {
                    "project": facts.title,
                    "fingerprint": facts.fingerprint,
                    "manifest_sha256": sha256_of(out / MANIFEST),
                    "package_sha256": sha256_of(out / PACKAGE),
                },
                "synthetic": facts.synthetic_roles is not None,
                "outputs": {name: sha256_of(desk / name) for name in names},
            },
        )
    return tuple(target / name for name in names)


def _chosen(facts: Facts, codes: Sequence[str] | None) -> list[Commune]:
    known = {commune.code: commune for commune in facts.communes if commune.code}
    wanted = list(known) if codes is None else list(dict.fromkeys(codes))
    if unknown := [code for code in wanted if code not in known]:
        raise ScenarioError(unknown_name(Text("xã mang mã", "commune"), unknown, sorted(known)))
    return [known[code] for code in wanted]


def _file_name(code: str, number: int) -> str:
    """Return a code as part of a file's name; a number where it is no plain word."""
    return code if code.isascii() and code.isalnum() else f"no{number:03d}"
