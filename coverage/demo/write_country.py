"""The synthetic country as a folder: a project for each province, and the ground in tiles."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import tomli_w

from coverage.demo.country import (
    CRS,
    PROVINCE_CELLS,
    PROVINCE_COLUMNS,
    PROVINCE_ROWS,
    PROVINCES,
    REACH_CELLS,
    country_grid,
    make_country_province,
    neighbours,
    province_corner,
)
from coverage.demo.country_ground import CELL_M, heights, land_cover
from coverage.demo.province import VOID_M, source_of
from coverage.demo.write import (
    MARK,
    PROJECT_FILE,
    fixed_time,
    require_seed,
    write_layer,
    write_raster,
    write_table,
)
from coverage.errors import ScenarioError
from coverage.text import Text

COUNTRY_FILE: Final = "country.toml"
NAME: Final = "Đất nước mẫu (dữ liệu tổng hợp)"
_LAYERS: Final = ("communes", "roads", "power_lines", "fibre_lines")
_TABLES: Final = ("villages", "stations", "fibre_nodes")


def write_country(
    folder: Path,
    *,
    seed: int = 1,
    provinces: int = PROVINCES,
    progress: Callable[[str, float], None] | None = None,
) -> Path:
    """Write the synthetic country, or its first provinces.

    It is made province by province, so memory does not depend on how many there are, and each
    province is the same whether or not the others are written.

    Parameters
    ----------
    folder
        Where it shall be; an earlier synthetic country there is replaced.
    seed
        Every seed, 0 or more, gives another country.
    provinces
        How many of its 34 provinces to write.
    progress
        Called with the stage and the share done, 0–1.

    Returns
    -------
    Path
        Its `country.toml`.

    Raises
    ------
    ScenarioError
        Where the folder holds something else or cannot be written, or a number is not possible.
    """
    require_seed(seed)
    if not 1 <= provinces <= PROVINCES:
        raise ScenarioError(
            Text(
                f"Số tỉnh phải từ 1 đến {PROVINCES}, không phải {provinces}.",
                f"The number of provinces must be 1 to {PROVINCES}, not {provinces}.",
            )
        )
    folder = folder.resolve()
    _refuse_what_is_not_ours(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
            draft = Path(name) / "draft"
            _write(draft, seed, provinces, progress or (lambda _stage, _share: None))
            if folder.exists():
                folder.rename(Path(name) / "former")
            draft.rename(folder)
    except OSError as error:
        raise ScenarioError(
            Text(
                f"Không ghi được vào thư mục {folder}: {error.strerror}.",
                f"The folder {folder} cannot be written: {error.strerror}.",
            )
        ) from error
    return folder / COUNTRY_FILE


def _write(folder: Path, seed: int, provinces: int, tell: Callable[[str, float], None]) -> None:
    tell("country", 0.0)
    for number in range(provinces):
        _write_province(folder / "provinces" / _name(number), seed, number)
        for tile in neighbours(number):
            path = folder / "terrain" / f"{_name(tile)}.tif"
            if not path.exists():
                _write_terrain(path, seed, tile)
        tell("country", (number + 1) / provinces)
    settings = {
        "country": {
            "name": NAME,
            "synthetic": True,
            "note": _note(seed),
            "provinces": [f"provinces/{_name(number)}" for number in range(provinces)],
        }
    }
    (folder / "README.txt").write_text(_readme(seed), encoding="utf-8", newline="\n")
    (folder / COUNTRY_FILE).write_text(tomli_w.dumps(settings), encoding="utf-8", newline="\n")


def _write_province(folder: Path, seed: int, number: int) -> None:
    folder.mkdir(parents=True)
    source = source_of(seed)
    province = make_country_province(seed, number, source)
    with fixed_time():
        for name in _LAYERS:
            write_layer(folder / f"{name}.gpkg", getattr(province, name), name, source)
    for name in _TABLES:
        write_table(folder / f"{name}.csv", getattr(province, name))
    window = _with_surroundings(number)
    write_raster(
        folder / "land_cover.tif",
        land_cover(seed, *window),
        country_grid(*window),
        nodata=0,
        source=source,
        unit="",
    )
    project = {
        "project": {
            "name": f"Tỉnh mẫu {number + 1:02d} (dữ liệu tổng hợp)",
            "crs": CRS,
            "resolution_m": int(CELL_M),
            "synthetic": True,
            "note": _note(seed),
        },
        "inputs": {
            **{name: f"{name}.gpkg" for name in _LAYERS},
            **{name: f"{name}.csv" for name in _TABLES},
            "land_cover": "land_cover.tif",
            "terrain": [f"../../terrain/{_name(tile)}.tif" for tile in neighbours(number)],
        },
    }
    (folder / PROJECT_FILE).write_text(tomli_w.dumps(project), encoding="utf-8", newline="\n")


def _write_terrain(path: Path, seed: int, number: int) -> None:
    path.parent.mkdir(exist_ok=True)
    window = (*province_corner(number), PROVINCE_CELLS, PROVINCE_CELLS)
    write_raster(
        path,
        heights(seed, *window).astype(np.int16),
        country_grid(*window),
        nodata=VOID_M,
        source=source_of(seed),
        unit="metre",
    )


def _with_surroundings(number: int) -> tuple[int, int, int, int]:
    """Return the window of a province and of what its masts' signal crosses around it."""
    row0, col0 = province_corner(number)
    rows, cols = PROVINCE_ROWS * PROVINCE_CELLS, PROVINCE_COLUMNS * PROVINCE_CELLS
    top, left = max(row0 - REACH_CELLS, 0), max(col0 - REACH_CELLS, 0)
    bottom = min(row0 + PROVINCE_CELLS + REACH_CELLS, rows)
    right = min(col0 + PROVINCE_CELLS + REACH_CELLS, cols)
    return top, left, bottom - top, right - left


def _refuse_what_is_not_ours(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        told = tomllib.loads((folder / COUNTRY_FILE).read_text(encoding="utf-8"))["country"]
        if told["synthetic"] is True and MARK in told["note"]:
            return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        pass
    raise ScenarioError(
        Text(
            f"{folder} đã tồn tại và không phải là đất nước tổng hợp do lệnh này tạo ra. "
            "Hãy chọn một thư mục mới hoặc trống.",
            f"{folder} exists and is not a synthetic country this command made. "
            "Choose a new or an empty folder.",
        )
    )


def _name(number: int) -> str:
    return f"{number + 1:02d}"


def _note(seed: int) -> str:
    return (
        f"Dữ liệu hoàn toàn bịa đặt do lệnh `{MARK} --country` sinh ra (seed {seed}); không có "
        "thật, không dùng để ra quyết định. / Entirely invented data; no place, village, mast or "
        "operator is real. Not for decisions."
    )


def _readme(seed: int) -> str:
    return f"""\
{NAME}
SYNTHETIC DATA – DỮ LIỆU TỔNG HỢP (phusong demo --country, seed {seed})

Tiếng Việt
Một đất nước bịa đặt để đo tốc độ và thử chạy nhiều tỉnh: mỗi tỉnh là một dự án trong `provinces/`,
địa hình chia ô trong `terrain/`. Danh sách trạm của mỗi tỉnh có cả trạm cách biên dưới 30 km của
tỉnh bên cạnh. Không có thật, không dùng để ra quyết định.

English
An invented country to measure speed and to run many provinces: each is a project in `provinces/`;
the ground lies in tiles in `terrain/`. A province's station list holds the neighbours' masts within
30 km of its border, too. Nothing of it is real. Not for decisions.

phusong run .                 cả nước / the whole country
phusong run provinces/01      một tỉnh / one province
"""
