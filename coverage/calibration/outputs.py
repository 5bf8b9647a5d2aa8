"""The files of a validation and of a calibration, each whole or absent."""

from __future__ import annotations

import html
import math
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import tomli_w

from coverage import __version__
from coverage.calibration import Validation, charts
from coverage.calibration.charts import BASES
from coverage.errors import InputDataError
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.model import Inputs
from coverage.params import Calibration
from coverage.schema import dictionary, output_columns
from coverage.text import Text

_STEM: Final = "validation"
_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'"
)
_STYLE: Final = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 62rem;
  padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { border: 1px solid #ccc; padding: .2rem .5rem; text-align: left; }
td.n { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.synthetic { background: #fff3cd; border: 1px solid #b58900; padding: .5rem; font-weight: bold; }
svg { max-width: 100%; height: auto; border: 1px solid #ccc; margin: .3rem 0; }
"""
_COLUMNS: Final = {
    "basis": Text("cơ sở", "basis"),
    "group": Text("nhóm", "group"),
    "value": Text("giá trị", "value"),
    "technology": Text("công nghệ", "technology"),
    "samples": Text("mẫu", "samples"),
    "censored": Text("dưới ngưỡng", "censored"),
    "bias_db": Text("lệch, dB", "bias, dB"),
    "bias_uncensored_db": Text("lệch trên ngưỡng, dB", "bias above floor, dB"),
    "rmse_db": Text("RMSE, dB", "RMSE, dB"),
    "correlation": Text("tương quan", "correlation"),
    "within_6_db_share": Text("trong 6 dB", "within 6 dB"),
    "within_10_db_share": Text("trong 10 dB", "within 10 dB"),
    "served_predicted_served": Text("có/có", "served/served"),
    "served_predicted_unserved": Text("có/không", "served/unserved"),
    "unserved_predicted_served": Text("không/có", "unserved/served"),
    "unserved_predicted_unserved": Text("không/không", "unserved/unserved"),
    "undecided": Text("không rõ", "undecided"),
    "not_predicted": Text("chưa dự báo", "not predicted"),
    "accuracy": Text("đúng", "accuracy"),
    "missed_share": Text("bỏ sót vùng lõm", "missed gaps"),
    "false_gap_share": Text("báo lõm sai", "false gaps"),
    "brier": Text("Brier", "Brier"),
    "calibration_error": Text("sai lệch xác suất", "calibration error"),
    "mean_chance": Text("khả năng trung bình", "mean chance"),
    "served_share": Text("tỷ lệ có sóng", "share served"),
}


def write_validation(found: Validation, inputs: Inputs, folder: Path) -> Path:
    """Write tables, page, map layer and manifest of a validation; return the page's path.

    Raises
    ------
    CoverageError
        Where they cannot be written, with the reason.
    """
    tables = {
        "samples": _rounded(found.samples.drop(columns=["row", "col", "operator_key"])),
        "figures": _rounded(found.figures),
        "confusion": _rounded(found.confusion),
        "reliability": _rounded(found.reliability),
        "probabilities": _rounded(found.probabilities),
    }
    what, listed = Text("kết quả kiểm chứng", "validation"), f"{_STEM}_manifest.json"
    with writers.whole_folder(folder.resolve(), what, manifest=listed) as desk:
        for name, table in tables.items():
            writers.write_csv(desk / f"{_STEM}_{name}.csv", table)
        layer = gpd.GeoDataFrame(
            tables["samples"],
            geometry=gpd.points_from_xy(found.samples["x_m"], found.samples["y_m"]),
            crs=inputs.grid.crs,
        )
        writers.write_layer(desk / f"{_STEM}.gpkg", "samples", layer)
        (desk / f"{_STEM}.html").write_text(page(found), encoding="utf-8", newline="\n")
        told = summary(found) | {
            "software": {"name": "phusong", "version": __version__},
            "fingerprint": inputs.fingerprint,
            "columns": dictionary(
                c
                for c in output_columns()
                if any(c.name in table.columns for table in tables.values())
            ),
        }
        told["outputs"] = {path.name: sha256_of(path) for path in sorted(desk.iterdir())}
        writers.write_json(desk / listed, told)
    return folder.resolve() / f"{_STEM}.html"


def write_calibration(found: Calibration, path: Path) -> None:
    """Write a calibration as TOML, for `[scenario.radio] calibration = "…"`.

    Raises
    ------
    InputDataError
        Where the name does not end in .toml, or it cannot be written.
    """
    if path.suffix.lower() != ".toml":
        raise InputDataError.about(
            path.name,
            "unsupported_format",
            Text("tệp hiệu chỉnh phải có đuôi .toml", "a calibration's name must end in .toml"),
            Text("Hãy đổi tên tệp ra.", "Name it so."),
        )
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(
            tomli_w.dumps(found.model_dump(exclude_none=True)), encoding="utf-8", newline="\n"
        )
        partial.replace(path)
    except OSError as error:
        raise InputDataError.about(
            path.name,
            "unwritable_file",
            Text(
                f"không ghi được tệp ({error.strerror})", f"it cannot be written ({error.strerror})"
            ),
            Text("Hãy kiểm tra quyền ghi.", "Check the permission."),
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def summary(found: Validation) -> dict[str, Any]:
    """Return the figures in short."""
    samples = found.compared.samples
    told: dict[str, Any] = {
        "synthetic": found.is_synthetic,
        "read": samples.read,
        "without_level": samples.without_level,
        "outside": samples.outside,
        "thinned": len(samples.table),
        "censored": int(samples.table["is_censored"].sum()),
        "found_floors_dbm": samples.floors,
        "bases": {},
    }
    everything = found.figures[found.figures["group"] == "all"]
    for row in everything.to_dict("records"):
        told["bases"][row["basis"]] = {
            name: _plain(value)
            for name, value in row.items()
            if name not in {"basis", "group", "value"}
        }
    if found.corrections is not None:
        shape = found.corrections.variogram
        told["blocks"] = {
            "count": found.corrections.block_count,
            "block_m": round(found.corrections.block_m, 1),
            "correlation_length_m": [
                round(length_m, 1) if math.isfinite(length_m) else None
                for length_m in found.corrections.correlation_length_m()
            ],
            "correlation_range_m": round(shape.range_m, 1),
            "shared_share": round(shape.shared, 3),
        }
    if found.reason is not None:
        told["not_calibrated"] = {"vi": found.reason.vi, "en": found.reason.en}
    return told


def page(found: Validation) -> str:
    """Return the validation as one HTML file without script or network."""
    title = Text("Kiểm chứng dự báo bằng số đo", "Prediction held against measurements")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="vi">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Phủ Sóng – {_both(title)}</title>",
        f"<style>\n{_STYLE}</style></head><body>",
        f"<h1>{_both(title)}</h1>",
    ]
    if found.is_synthetic:
        told = Text("Có dữ liệu mô phỏng, không phải số thật.", "Synthetic data are among these.")
        parts.append(f'<p class="synthetic">{_both(told)}</p>')
    parts += [f"<p>{_both(line)}</p>" for line in _lines(found)]
    everything = found.figures[found.figures["group"] == "all"].drop(columns=["group", "value"])
    parts += [
        _heading("Chung", "Overall"),
        _table(everything),
        _heading("Sai số theo khoảng cách", "Residuals by distance"),
        charts.residuals_by_distance(found.samples),
        _heading("Bản đồ sai số", "Map of the residuals"),
        f"<p>{_both(_MAP)}</p>",
        charts.residual_map(found.samples, "predicted_dbm"),
        _heading("Độ tin cậy của khả năng có sóng", "Reliability of the chance of service"),
        charts.reliability_diagram(found.reliability),
        _table(found.probabilities),
        _heading(
            "Có sóng và không có sóng (đo / dự báo)", "Served and unserved (measured/predicted)"
        ),
        _table(found.confusion),
    ]
    if found.corrections is not None:
        parts += [
            _heading("Tương quan không gian của sai số", "Correlation of the residuals in space"),
            charts.variogram_drawing(found.corrections.variogram, found.corrections.block_m),
        ]
    parts += [
        _heading("Theo nhóm", "By group"),
        _table(found.figures[found.figures["group"] != "all"]),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


_MAP: Final = Text(
    "Cam: dự báo mạnh hơn đo; xanh: yếu hơn; xám: dưới ngưỡng nhạy. Bắc ở trên.",
    "Orange: predicted stronger than measured; blue: weaker; grey: at the floor. North is up.",
)


def _lines(found: Validation) -> list[Text]:
    samples = found.compared.samples
    censored = int(samples.table["is_censored"].sum())
    lines = [
        Text(
            f"{samples.read} mẫu đọc, {len(samples.table)} sau khi gộp theo ô lưới; {censored} ở "
            f"ngưỡng nhạy; {samples.without_level} không có mức thu; {samples.outside} ngoài vùng.",
            f"{samples.read} samples read, {len(samples.table)} after thinning by pixel; "
            f"{censored} at the floor; {samples.without_level} without a level; "
            f"{samples.outside} outside.",
        )
    ]
    lines += [
        Text(
            f"{technology}: phát hiện ngưỡng nhạy {floor:g} dBm (mẫu dồn ở giá trị nhỏ nhất).",
            f"{technology}: a floor was found at {floor:g} dBm (a pile at the least value).",
        )
        for technology, floor in samples.floors.items()
    ]
    if found.reason is not None:
        lines.append(found.reason)
    elif found.corrections is not None:
        block_m, count = found.corrections.block_m, found.corrections.block_count
        length_m, low_m, high_m = found.corrections.correlation_length_m()
        span = f"{low_m:.0f}–{high_m:.0f} m"
        lines.append(
            Text(
                f"Sai số còn tương quan trong {length_m:.0f} m ({span}); kiểm chứng chéo theo "
                f"{count} khối rộng {block_m:.0f} m.",
                f"Residuals are correlated over {length_m:.0f} m ({span}); cross-validation by "
                f"{count} blocks of {block_m:.0f} m.",
            )
        )
    return lines


def _heading(vi: str, en: str) -> str:
    return f"<h2>{_both(Text(vi, en))}</h2>"


def _table(table: pd.DataFrame) -> str:
    heads = "".join(
        f"<th>{_both(_COLUMNS.get(str(name), Text(str(name), str(name))))}</th>"
        for name in table.columns
    )
    rows = "".join(
        "<tr>" + "".join(_cell(str(n), v) for n, v in row.items()) + "</tr>"
        for row in table.to_dict("records")
    )
    return f'<div class="scroll"><table><tr>{heads}</tr>{rows}</table></div>'


def _cell(name: str, value: Any) -> str:
    if name == "basis":
        return f"<td>{_both(BASES.get(value, Text(str(value), str(value))))}</td>"
    if isinstance(value, (float, np.floating)):
        return f'<td class="n">{"" if np.isnan(value) else f"{value:.3g}"}</td>'
    if isinstance(value, (int, np.integer)):
        return f'<td class="n">{value}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _both(text: Text) -> str:
    return html.escape(f"{text.vi} / {text.en}")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    numbers = table.select_dtypes("float").columns
    return table.assign(**{name: table[name].round(4) for name in numbers})
