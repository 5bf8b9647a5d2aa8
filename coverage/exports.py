"""Everything a run leaves in its output folder, each file complete or absent."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage import gaps
from coverage.errors import CoverageError, Problem
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.model import Plan, Raster, Result, Statistics
from coverage.params import SIGNAL_CLASSES, TECHNOLOGIES, Technology
from coverage.schema import Column, Kind, dictionary, output_columns
from coverage.text import Text

_LEADING: Final = (
    "village_id",
    "name",
    "commune_code",
    "commune_name",
    "longitude",
    "latitude",
    "households",
    "population",
    "has_grid_power",
    "reported_signal",
    *(f"rsrp_{t.lower()}_dbm" for t in TECHNOLOGIES),
    "server_4g",
    *(f"signal_class_{t.lower()}" for t in TECHNOLOGIES),
    "served_probability_4g",
    "evidence",
    "fibre_distance_m",
    "priority_score",
    "priority_rank",
    "cause",
    "top20_share",
    "top50_share",
    "rank_low",
    "rank_high",
)
_COLOURS: Final = {
    "good": "0,114,178",
    "weak": "230,159,0",
    "none": "213,94,0",
    "unknown": "153,153,153",
}
_PACKAGES: Final = (
    "geopandas",
    "numba",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
)
_OFFICIAL_BASIS: Final = {
    "mobile_broadband": "Sóng băng rộng di động (3G, 4G hoặc 5G), theo dự báo",
    "4G": "Sóng 4G, theo dự báo",
    "reported": "Theo báo cáo của địa phương",
}
_OFFICIAL_SERVICE: Final = {
    "none": "Chưa có sóng (thôn trắng sóng)",
    "none_or_weak": "Chưa có sóng hoặc sóng yếu (trắng sóng và lõm sóng)",
}
_OFFICIAL_POWER: Final = {"yes": "Có điện", "no": "Chưa có điện", "unknown": "Không rõ"}
_OFFICIAL_HARDSHIP: Final = {"yes": "ĐBKK", "no": "Không thuộc diện ĐBKK", "unknown": "Không rõ"}
_SHEETS: Final = {
    "clusters": "Cụm dân cư",
    "measured": "Số đo theo thôn",
    "measure_next": "Cần đo tiếp",
    "fibre_gaps": "Cáp quang",
    "gap_status": "Xử lý lõm sóng",
    "scoreboard": "Chỉ số",
}
_PLAN_FIGURES: Final = ("budget", "spent", "objective", "bound", "gap", "solver")
_TIMINGS: Final = "timings.json"
_NO_PERCENT: Final = 255


def write_outputs(
    result: Result,
    folder: Path,
    *,
    map_page: str,
    version: str,
    timings: Mapping[str, float],
    plan: Plan | None = None,
) -> None:
    """Write all outputs of a run, and of a plan if there is one, into a folder.

    They are made in a temporary folder beside it and moved in when all are complete, the manifest
    last. Files of other names stay.

    Raises
    ------
    CoverageError
        Where the folder cannot be written, with the reason.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".phusong-", dir=folder.parent) as name:
            desk = Path(name)
            _write_all(result, map_page, desk)
            manifest = _manifest(result, version)
            if plan is not None:
                _write_plan(plan, desk)
                manifest |= {name: getattr(plan, name) for name in _PLAN_FIGURES}
            manifest["outputs"] = {path.name: sha256_of(path) for path in sorted(desk.iterdir())}
            writers.write_json(desk / "manifest.json", manifest)
            writers.write_json(desk / _TIMINGS, {k: round(v, 3) for k, v in timings.items()})
            _move_in(desk, folder)
    except OSError as error:
        raise CoverageError(
            Text(
                f"Không ghi được kết quả vào {folder}: {error.strerror or error}. "
                "Nếu tệp đang mở trong Excel, hãy đóng lại rồi chạy lại.",
                f"The outputs cannot be written to {folder}: {error.strerror or error}. "
                "If a file is open in Excel, close it and run again.",
            )
        ) from error


def village_table(result: Result) -> pd.DataFrame:
    """Return the villages as they leave the house: leading columns first, ordered by rank."""
    villages = pd.DataFrame(result.villages.drop(columns="geometry"))
    rest = [name for name in villages.columns if name not in _LEADING]
    table: pd.DataFrame = villages[[*_LEADING, *rest]].sort_values("priority_rank")
    return table.reset_index(drop=True)


def commune_table(result: Result) -> pd.DataFrame:
    """Return the communes as they leave the house."""
    return pd.DataFrame(result.communes.drop(columns="geometry"))


def further_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables beside villages and communes, by the name of their file."""
    clusters = result.clusters
    found = {
        "clusters": None if clusters is None else pd.DataFrame(clusters.drop(columns="geometry")),
        "measured": result.measured,
        "measure_next": result.measure_next,
        "fibre_gaps": result.fibre_gaps,
        "gap_status": result.gap_statuses,
        "scoreboard": result.scoreboard,
    }
    return {name: table for name, table in found.items() if table is not None}


def totals(result: Result) -> dict[str, Any]:
    """Return the figures of the whole area: numerators, denominators, and what is unknown."""
    villages = result.villages
    found: dict[str, Any] = {
        "villages": len(villages),
        "communes": int((result.communes["commune_code"] != "").sum()),
        "households": int(villages["households"].sum()),
        "population": int(villages["population"].sum()),
        "area_km2": round(float(result.communes["area_km2"].sum()), 3),
    }
    for technology in result.prediction.technologies:
        grade = villages[f"signal_class_{technology.lower()}"]
        for name in SIGNAL_CLASSES:
            chosen = villages[grade == name]
            found[f"villages_{name}_{technology.lower()}"] = len(chosen)
            found[f"households_{name}_{technology.lower()}"] = int(chosen["households"].sum())
            found[f"population_{name}_{technology.lower()}"] = int(chosen["population"].sum())
    return found


def _write_all(result: Result, map_page: str, folder: Path) -> None:
    villages, communes = village_table(result), commune_table(result)
    writers.write_csv(folder / "villages.csv", villages)
    writers.write_csv(folder / "communes.csv", communes)
    if result.statistics is not None:
        _write_statistics(result.statistics, folder)
    for name, table in further_tables(result).items():
        writers.write_csv(folder / f"{name}.csv", table)
    cells = _cells(result)
    writers.write_csv(folder / "cells.csv", cells)
    _write_package(result, folder / "results.gpkg")
    tags = _tags(result)
    for technology, raster in result.rsrp_dbm.items():
        name = f"rsrp_{technology.lower()}_dbm.tif"
        rounded = np.round(raster.array, 2).astype(np.float32)
        writers.write_cog(
            folder / name, Raster(array=rounded, grid=raster.grid), nodata=np.nan, tags=tags
        )
        writers.write_cog(
            folder / f"served_probability_{technology.lower()}.tif",
            _probability_percent(result, technology),
            nodata=_NO_PERCENT,
            tags=tags | {"unit": "percent"},
        )
    for technology, raster in result.server.items():
        writers.write_cog(folder / f"server_{technology.lower()}.tif", raster, nodata=0, tags=tags)
    (folder / "map.html").write_text(map_page, encoding="utf-8", newline="\n")
    _write_report(result, villages, communes, folder / "report.xlsx")


def _write_plan(plan: Plan, folder: Path) -> None:
    """Write the plan's tables, and its layers into the package of the run."""
    writers.write_csv(
        folder / "plan_actions.csv", pd.DataFrame(plan.actions.drop(columns="geometry"))
    )
    writers.write_csv(folder / "plan_curve.csv", plan.curve)
    stations = plan.stations.to_crs("EPSG:4326")
    table = pd.DataFrame(stations.drop(columns="geometry"))
    table.insert(2, "longitude", stations.geometry.x.round(6))
    table.insert(3, "latitude", stations.geometry.y.round(6))
    writers.write_csv(folder / "plan_stations.csv", table)
    for name, layer in (
        ("actions", plan.actions),
        ("links", plan.links),
        ("fibre_routes", plan.fibre_routes),
    ):
        writers.write_layer(folder / "results.gpkg", name, layer)


def _probability_percent(result: Result, technology: Technology) -> Raster:
    """Return the chance of being served in whole percent."""
    share = gaps.served_probability(result.inputs, result.prediction, result.scenario, technology)
    percent = np.where(np.isnan(share), _NO_PERCENT, np.rint(share * 100.0)).astype(np.uint8)
    return Raster(array=percent, grid=result.prediction.grid)


def _write_statistics(statistics: Statistics, folder: Path) -> None:
    writers.write_csv(folder / "statistics.csv", with_whole_counts(statistics.table))
    for edition, communes in statistics.communes.items():
        writers.write_csv(folder / f"communes_{edition}.csv", communes)
    writers.write_csv(folder / "districts.csv", statistics.districts)
    writers.write_csv(folder / "four_cells.csv", statistics.four_cells)


def with_whole_counts(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the long table with counts as whole numbers beside areas with their decimals."""
    table = statistics.copy()
    is_area = (table["unit"] == "area_km2").to_numpy()
    for name in ("good", "weak", "none", "covered", "known", "unknown", "total"):
        values = table[name].to_numpy(dtype=float)
        told = values.astype(object)
        told[~is_area] = values[~is_area].astype(int)
        table[name] = told
    return table


def _cells(result: Result) -> pd.DataFrame:
    """Return the cells that the numbers of the server rasters stand for."""
    cells = result.prediction.cells.drop(columns=["row", "col"])
    return cells.assign(server=np.arange(1, len(cells) + 1))[
        ["server", *(name for name in cells.columns)]
    ]


def _write_package(result: Result, path: Path) -> None:
    writers.write_layer(path, "villages", result.villages)
    writers.write_layer(path, "communes", result.communes)
    writers.write_layer(path, "sites", _sites(result))
    styles = {
        "villages": _class_style("signal_class_4g"),
        "communes": _commune_style(),
        "sites": _site_style(),
    }
    if result.clusters is not None:
        writers.write_layer(path, "clusters", result.clusters)
        styles["clusters"] = _class_style("verdict_4g")
    writers.write_styles(path, styles)


def _sites(result: Result) -> gpd.GeoDataFrame:
    """One point per site, with what stands on it."""
    stations = result.inputs.stations
    groups = stations.groupby("site_id", sort=True)
    return gpd.GeoDataFrame(
        {
            "site_id": list(groups.groups),
            "operator": groups["operator"].agg(_listed).to_numpy(),
            "technologies": groups["technology"].agg(_listed).to_numpy(),
            "frequencies_mhz": groups["frequency_mhz"].agg(_listed).to_numpy(),
            "status": groups["status"].agg(_listed).to_numpy(),
            "antenna_height_m": groups["antenna_height_m"].max().to_numpy(),
            "cells": groups.size().to_numpy(),
        },
        geometry=groups["geometry"].first().to_numpy(),
        crs=stations.crs,
    )


def _listed(values: pd.Series) -> str:
    words = {f"{v:g}" if isinstance(v, float) else str(v) for v in values}
    return ", ".join(sorted(words))


def _write_report(
    result: Result, villages: pd.DataFrame, communes: pd.DataFrame, path: Path
) -> None:
    statistics = result.statistics
    further = further_tables(result)
    known = {row["column"]: row for row in dictionary(_described(result))}
    columns = [name for t in (villages, communes, *further.values()) for name in t.columns]
    if statistics is not None:
        columns += [*statistics.table.columns]
    writers.write_workbook(
        path,
        {
            "Tổng hợp": (("Chỉ tiêu", "Giá trị"), [*_notes(result), *totals(result).items()]),
            "Thôn": _sheet(villages, known),
            "Xã": _sheet(communes, known),
            **({} if statistics is None else _statistics_sheets(statistics, known)),
            **{_SHEETS[name]: _sheet(table, known) for name, table in further.items()},
            "Cảnh báo": (
                ("Tệp", "Nội dung", "Số dòng"),
                [(p.file, p.line("vi"), p.count) for p in result.warnings],
            ),
            "Từ điển": _dictionary_sheet(columns, known),
        },
    )


Sheet = tuple[Sequence[str], Sequence[Sequence[writers.Cell]]]


def _statistics_sheets(
    statistics: Statistics, known: Mapping[str, Mapping[str, str]]
) -> dict[str, Sheet]:
    provinces = statistics.table[statistics.table["level"] == "province"]
    return {
        "Thống kê": _sheet(with_whole_counts(provinces), known),
        "Huyện cũ": _sheet(statistics.districts, known),
        **{f"Xã {edition}": _sheet(table, known) for edition, table in statistics.communes.items()},
        "Điện và ĐBKK": _four_cell_sheet(statistics.four_cells),
    }


def _four_cell_sheet(cells: pd.DataFrame) -> Sheet:
    """Return the ministry's four cells in official words, and beside them what is not known."""
    header = [
        "Căn cứ",
        "Tình trạng",
        "Điện lưới quốc gia",
        "Đặc biệt khó khăn (ĐBKK)",
        "Số thôn",
        "Số hộ",
        "Số người",
        "Số thôn không rõ sóng",
        "Tổng số thôn của nhóm",
        "Tổng số hộ của nhóm",
        "Tổng số người của nhóm",
        "Số liệu đến ngày",
    ]
    rows = [
        [
            _OFFICIAL_BASIS[row["basis"]],
            _OFFICIAL_SERVICE[row["service"]],
            _OFFICIAL_POWER[row["has_grid_power"]],
            _OFFICIAL_HARDSHIP[row["extremely_difficult"]],
            *(row[name] for name in ("villages", "households", "population")),
            *(row[name] for name in ("villages_unknown", "villages_total")),
            *(row[name] for name in ("households_total", "population_total")),
            row["date"],
        ]
        for row in cells.to_dict("records")
    ]
    return header, rows


def _notes(result: Result) -> list[tuple[str, str]]:
    project = result.inputs.project
    notes = [("Dự án", project.name)]
    if result.inputs.synthetic_roles:
        roles = ", ".join(result.inputs.synthetic_roles)
        notes.append(("DỮ LIỆU MÔ PHỎNG / SYNTHETIC DATA", roles))
    if project.note:
        notes.append(("Ghi chú", project.note))
    return notes


def _described(result: Result) -> list[Column]:
    """Return the columns of the outputs: the fixed ones, and those that a scenario names."""
    criteria = result.scenario.priority.criteria
    named = {
        f"priority_{c.name}": Text(f"Phần điểm: {c.title_vi}", f"Part of the score: {c.title_en}")
        for c in criteria
    } | {
        f"indicator_{d.code}": Text(f"{d.title_vi} (của xã)", f"{d.title_en} (of the commune)")
        for d in result.scenario.indicators.definitions
    }
    return [
        *output_columns(),
        *(
            Column(name=name, kind=Kind.NUMBER, meaning=meaning, synonyms={})
            for name, meaning in named.items()
        ),
    ]


def _sheet(
    table: pd.DataFrame, known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[list[writers.Cell]]]:
    header = [
        f"{known[name]['meaning_vi']}\n({name})" if name in known else str(name)
        for name in table.columns
    ]
    rows = [[writers.plain_cell(cell) for cell in row] for row in table.itertuples(index=False)]
    return header, rows


def _dictionary_sheet(
    columns: list[str], known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[list[writers.Cell]]]:
    rows: list[list[writers.Cell]] = [
        [name, known[name]["unit"], known[name]["meaning_vi"], known[name]["meaning_en"]]
        for name in dict.fromkeys(columns)
        if name in known
    ]
    return ["Cột", "Đơn vị", "Ý nghĩa", "Meaning"], rows


def _tags(result: Result) -> dict[str, str]:
    roles = ", ".join(result.inputs.synthetic_roles)
    return {
        "software": "Phủ Sóng",
        "inputs_sha256": result.inputs.fingerprint,
        "synthetic": roles or "no",
    }


def _manifest(result: Result, version: str) -> dict[str, object]:
    inputs = result.inputs
    return {
        "software": {"name": "phusong", "version": version, "python": platform.python_version()}
        | {name: metadata.version(name) for name in _PACKAGES},
        "project": inputs.project.model_dump(mode="json"),
        "scenario": result.scenario.model_dump(mode="json"),
        "synthetic": bool(inputs.synthetic_roles),
        "synthetic_roles": list(inputs.synthetic_roles),
        "fingerprint": inputs.fingerprint,
        "grid": {
            "crs": inputs.grid.crs,
            "bounds_m": list(inputs.grid.bounds),
            "resolution_m": inputs.grid.resolution_m,
            "shape": list(inputs.grid.shape),
        },
        "inputs": [
            {
                "role": source.role,
                "file": source.file,
                "sha256": source.sha256,
                "crs": source.crs,
                "synthetic": source.is_synthetic,
                "rows_read": source.rows_read,
                "rows_dropped": source.rows_dropped,
                "rows_repaired": source.rows_repaired,
            }
            for source in inputs.sources
        ],
        "totals": totals(result),
        "warnings": [_warning(problem) for problem in result.warnings],
    }


def _warning(problem: Problem) -> dict[str, object]:
    return problem.as_dict("vi") | {"message_en": problem.what.en}


def _move_in(desk: Path, folder: Path) -> None:
    """Put complete files in place, the manifest last; an earlier manifest goes first.

    A folder with a manifest thus always holds the files that the manifest names.
    """
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    for path in sorted(desk.iterdir(), key=lambda p: (p.name == "manifest.json", p.name)):
        path.replace(folder / path.name)


def _class_style(column: str) -> str:
    shapes = {"good": "circle", "weak": "triangle", "none": "cross_fill", "unknown": "diamond"}
    titles = {
        "good": "Sóng tốt",
        "weak": "Lõm sóng (yếu)",
        "none": "Trắng sóng",
        "unknown": "Không rõ",
    }
    categories = "".join(
        f'<category value="{name}" symbol="{i}" label="{titles[name]} (4G)" render="true"/>'
        for i, name in enumerate(SIGNAL_CLASSES)
    )
    symbols = "".join(
        _marker(i, shapes[name], _COLOURS[name]) for i, name in enumerate(SIGNAL_CLASSES)
    )
    return _qml(
        f'<renderer-v2 type="categorizedSymbol" attr="{column}" enableorderby="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def _site_style() -> str:
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        f"{_marker(0, 'equilateral_triangle', '60,60,60')}</symbols></renderer-v2>"
    )


def _commune_style() -> str:
    return _qml(
        '<renderer-v2 type="singleSymbol" enableorderby="0"><symbols>'
        '<symbol type="fill" name="0" alpha="1"><layer class="SimpleFill" enabled="1">'
        '<Option type="Map"><Option name="style" value="no" type="QString"/>'
        '<Option name="outline_color" value="80,80,80,255" type="QString"/>'
        '<Option name="outline_width" value="0.4" type="QString"/></Option>'
        "</layer></symbol></symbols></renderer-v2>"
    )


def _marker(index: int, shape: str, colour: str) -> str:
    return (
        f'<symbol type="marker" name="{index}" alpha="1"><layer class="SimpleMarker" enabled="1">'
        f'<Option type="Map"><Option name="name" value="{shape}" type="QString"/>'
        f'<Option name="color" value="{colour},255" type="QString"/>'
        '<Option name="outline_color" value="255,255,255,255" type="QString"/>'
        '<Option name="size" value="2.6" type="QString"/></Option></layer></symbol>'
    )


def _qml(renderer: str) -> str:
    return f'<!DOCTYPE qgis><qgis version="3.22">{renderer}</qgis>'
