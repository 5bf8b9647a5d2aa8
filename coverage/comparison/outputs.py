"""The files of a comparison, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from coverage import __version__
from coverage.comparison import Comparison
from coverage.comparison.page import page
from coverage.comparison.signals import SignalChange
from coverage.errors import InputDataError
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.schema import dictionary, output_columns
from coverage.text import Text

TABLES: Final = ("villages", "communes", "totals", "signal", "differences")
_STEM: Final = "compare"
_TOLD: Final = ("covered", "better", "worse", "became_unknown", "was_unknown")
_OTHER_FILES: Final = (".xlsx", ".xls", ".json", ".pdf", ".csv", ".txt")


def write_comparison(comparison: Comparison, out: Path) -> Path:
    """Write the tables, the page and the manifest of a comparison; return where the page is.

    Parameters
    ----------
    comparison
        What to write.
    out
        A folder, for `compare.html`, `compare_villages.csv` …; or a path ending in .html, for the
        page, with the tables beside it under the same stem.

    Raises
    ------
    CoverageError
        Where they cannot be written, with the reason.
    """
    folder, stem = _place(out)
    listed = f"{stem}_manifest.json"
    what = Text("bản so sánh", "comparison")
    with writers.whole_folder(folder, what, manifest=listed) as desk:
        for table in TABLES:
            writers.write_csv(desk / f"{stem}_{table}.csv", getattr(comparison, table))
        _write_rasters(comparison, desk, stem)
        (desk / f"{stem}.html").write_text(page(comparison), encoding="utf-8", newline="\n")
        manifest = _manifest(comparison)
        manifest["outputs"] = {path.name: sha256_of(path) for path in sorted(desk.iterdir())}
        writers.write_json(desk / listed, manifest)
    return folder / f"{stem}.html"


def raster_name(comparison: Comparison, change: SignalChange, stem: str) -> str:
    """Return the file of a difference; a number tells the runs apart where there are several."""
    others = [run.label for run in comparison.runs[1:]]
    number = f"_{others.index(change.run) + 1}" if len(others) > 1 else ""
    return f"{stem}{number}_rsrp_{change.technology.lower()}_difference_db.tif"


def _write_rasters(comparison: Comparison, desk: Path, stem: str) -> None:
    for change in comparison.signal_changes:
        writers.write_cog(
            desk / raster_name(comparison, change, stem),
            change.difference_db,
            nodata=np.nan,
            tags={
                "software": "Phủ Sóng",
                "base": comparison.runs[0].label,
                "other": change.run,
                "unit": "dB, other less base",
                "synthetic": "yes" if comparison.is_synthetic else "no",
            },
        )


def summary(comparison: Comparison) -> dict[str, object]:
    """Return the figures in short: by run, what was and is covered, and how many won and lost."""
    runs: dict[str, dict[str, dict[str, object]]] = {}
    for row in comparison.totals.to_dict("records"):
        told = runs.setdefault(row["run"], {})
        figure = row["figure"]
        sides = {name: row[name] for name in ("base", "other", "difference")}
        if not row["technology"]:
            told.setdefault("plan", {})[figure.removeprefix("plan_")] = sides
        elif figure in _TOLD:
            group = told.setdefault(f"{row['unit']}_{row['technology'].lower()}", {})
            group |= {"covered": sides} if figure == "covered" else {figure: row["difference"]}
    return {
        "base": comparison.runs[0].label,
        "synthetic": comparison.is_synthetic,
        "differences": len(comparison.differences),
        "runs": runs,
    }


def _place(out: Path) -> tuple[Path, str]:
    """Return the folder and the stem of the names."""
    out = out.resolve()
    if out.suffix.lower() == ".html":
        return out.parent, out.stem
    if out.suffix.lower() in _OTHER_FILES:
        raise InputDataError.about(
            out.name,
            "unsupported_format",
            Text(f"không ghi được định dạng {out.suffix!r}", f"{out.suffix!r} is not written here"),
            Text("Hãy nêu một thư mục, hoặc tệp .html.", "Name a folder, or a file ending .html."),
        )
    return out, _STEM


def _manifest(comparison: Comparison) -> dict[str, object]:
    names = {name for table in TABLES for name in getattr(comparison, table).columns}
    return {
        "software": {"name": "phusong", "version": __version__},
        "synthetic": comparison.is_synthetic,
        "runs": [
            {
                "label": run.label,
                "is_base": number == 0,
                "synthetic": run.is_synthetic,
                "fingerprint": run.manifest.get("fingerprint"),
                "sha256": dict(run.sha256),
            }
            for number, run in enumerate(comparison.runs)
        ],
        "differences": comparison.differences.to_dict("records"),
        "columns": dictionary(c for c in output_columns() if c.name in names),
        "warnings": [p.as_dict("vi") | {"message_en": p.what.en} for p in comparison.warnings],
    }
