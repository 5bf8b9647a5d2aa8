"""The synthetic province as a project folder, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import tomli_w

from coverage.demo.names import PROVINCE_NAME
from coverage.demo.province import VOID_M, Province, make_province, source_of
from coverage.errors import ScenarioError
from coverage.grid import Grid
from coverage.text import Text

PROJECT_FILE: Final = "project.toml"
README_FILE: Final = "README.txt"
INPUTS: Final[dict[str, str | list[str]]] = {
    "communes": "communes.gpkg",
    "villages": "villages.csv",
    "stations": "stations.csv",
    "terrain": ["dem.tif"],
    "land_cover": "land_cover.tif",
    "roads": "roads.gpkg",
    "power_lines": "power_lines.gpkg",
    "fibre_nodes": "fibre_nodes.csv",
    "fibre_lines": "fibre_lines.gpkg",
    "indicators": "indicators.csv",
    "crosswalk": "crosswalk.csv",
    "clusters": "clusters.csv",
    "measurements": "measurements.csv",
}
_OWN_FILES: Final = frozenset(
    name
    for names in ([PROJECT_FILE, README_FILE], *INPUTS.values())
    for name in ([names] if isinstance(names, str) else names)
)
MARK: Final = "phusong demo"  # stands in the note of every project this module writes
_TIMESTAMP: Final = "2026-01-01T00:00:00.000Z"  # of GeoPackages: the same bytes at any time


def write_demo(
    folder: Path, *, seed: int = 1, progress: Callable[[str, float], None] | None = None
) -> Path:
    """Write a complete synthetic project.

    Parameters
    ----------
    folder
        Where the project shall be. An earlier synthetic project there is replaced; files in it that
        this function did not write (results, notes) are kept.
    seed
        Every seed, 0 or more, gives another province; the same seed the same bytes.
    progress
        Called with the stage and the share done, 0–1.

    Returns
    -------
    Path
        The project's `project.toml`.

    Raises
    ------
    ScenarioError
        Where the folder holds something else, cannot be written, or the seed is negative.

    Examples
    --------
    >>> from pathlib import Path
    >>> path = write_demo(Path("another"), seed=1)
    >>> path.name, path.is_file()
    ('project.toml', True)
    """
    require_seed(seed)
    tell = progress or (lambda _stage, _share: None)
    folder = folder.resolve()
    _refuse_what_is_not_ours(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            draft = workshop / "draft"
            draft.mkdir()
            province = make_province(seed, tell)
            tell("files", 0.97)
            _write_files(draft, province, seed)
            _put_in_place(draft, folder)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        raise ScenarioError(
            Text(
                f"Không ghi được vào thư mục {folder}: {error.strerror}.",
                f"The folder {folder} cannot be written: {error.strerror}.",
            )
        ) from error
    tell("files", 1.0)
    return folder / PROJECT_FILE


def require_seed(seed: int) -> None:
    """Refuse a seed below 0."""
    if seed < 0:
        raise ScenarioError(
            Text(
                f"Số khởi tạo (seed) phải từ 0 trở lên, không phải {seed}.",
                f"The seed must be 0 or more, not {seed}.",
            )
        )


def _refuse_what_is_not_ours(folder: Path) -> None:
    if not folder.exists() or _holds_demo(folder):
        return
    if folder.is_dir() and not any(folder.iterdir()):
        return
    raise ScenarioError(
        Text(
            f"{folder} đã tồn tại và không phải là dự án tổng hợp do lệnh này tạo ra. "
            "Hãy chọn một thư mục mới hoặc trống.",
            f"{folder} exists and is not a synthetic project this command made. "
            "Choose a new or an empty folder.",
        )
    )


def _holds_demo(folder: Path) -> bool:
    """Return whether the folder's project file says that it is a synthetic project of ours."""
    try:
        project = tomllib.loads((folder / PROJECT_FILE).read_text(encoding="utf-8-sig"))["project"]
        return project["synthetic"] is True and MARK in project["note"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return False


def _put_in_place(draft: Path, folder: Path) -> None:
    """Bring the finished draft to its place, as one move or, in an existing folder, all or nothing.

    An existing folder stays the same folder, with whatever else it holds; its project file goes
    first and comes last, so that no reader takes half a project for a whole one.
    """
    if not folder.exists():
        draft.rename(folder)
        return
    former = draft.parent / "former"
    former.mkdir()
    names = [PROJECT_FILE, *sorted(_OWN_FILES - {PROJECT_FILE})]
    moves = [(folder / n, former / n) for n in names if (folder / n).exists()]
    moves += [(draft / n, folder / n) for n in reversed(names)]
    done: list[tuple[Path, Path]] = []
    try:
        for here, there in moves:
            here.rename(there)
            done.append((here, there))
    except OSError:
        for here, there in reversed(done):
            there.rename(here)
        raise


def _write_files(folder: Path, province: Province, seed: int) -> None:
    grid = province.terrain.grid
    source = source_of(seed)
    write_raster(
        folder / "dem.tif", province.elevation_m, grid, nodata=VOID_M, source=source, unit="metre"
    )
    write_raster(
        folder / "land_cover.tif", province.land_cover, grid, nodata=0, source=source, unit=""
    )
    layers = {
        "communes": province.communes,
        "roads": province.roads,
        "power_lines": province.power_lines,
        "fibre_lines": province.fibre_lines,
    }
    with fixed_time():
        for name, layer in layers.items():
            write_layer(folder / f"{name}.gpkg", layer, name, source)
    tables = {
        "villages": province.villages,
        "stations": province.stations,
        "fibre_nodes": province.fibre_nodes,
        "indicators": province.indicators,
        "crosswalk": province.crosswalk.assign(source=source),
        "clusters": province.clusters,
        "measurements": province.measurements,
    }
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table)
    (folder / README_FILE).write_text(_readme(seed), encoding="utf-8", newline="\n")
    (folder / PROJECT_FILE).write_text(_project(seed, grid), encoding="utf-8", newline="\n")


def write_raster(
    path: Path, values: np.ndarray[Any, Any], grid: Grid, *, nodata: int, source: str, unit: str
) -> None:
    """Write a raster as tiled GeoTIFF, marked synthetic."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype=values.dtype,
        crs=grid.crs,
        transform=grid.transform,
        nodata=nodata,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
        predictor=2,
        num_threads=1,
    ) as raster:
        raster.write(values, 1)
        raster.update_tags(synthetic="yes", source=source)
        if unit:
            raster.set_band_unit(1, unit)


@contextmanager
def fixed_time() -> Iterator[None]:
    """Let GDAL write the same time stamp into every GeoPackage."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _TIMESTAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_layer(path: Path, layer: gpd.GeoDataFrame, name: str, source: str) -> None:
    """Write a layer as GeoPackage, marked with its source."""
    pyogrio.write_dataframe(
        layer,
        path,
        layer=name,
        driver="GPKG",
        layer_options={"IDENTIFIER": f"{name}: {source}", "DESCRIPTION": source},
    )


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV."""
    words = table.copy()
    for name in words.columns:
        if words[name].dtype == bool:
            words[name] = words[name].map({True: "True", False: "False"})
    words.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", float_format="%.10g")


def _project(seed: int, grid: Grid) -> str:
    note = (
        f"Dữ liệu hoàn toàn bịa đặt do lệnh `{MARK}` sinh ra (seed {seed}); không có thật, không "
        "dùng để ra quyết định. / Entirely invented data; no place, village, mast or operator is "
        "real. Not for decisions."
    )
    return tomli_w.dumps(
        {
            "project": {
                "name": PROVINCE_NAME,
                "crs": grid.crs,
                "resolution_m": int(grid.resolution_m),
                "synthetic": True,
                "note": note,
            },
            "inputs": INPUTS,
        }
    )


def _readme(seed: int) -> str:
    return f"""\
{PROVINCE_NAME}
SYNTHETIC DATA – DỮ LIỆU TỔNG HỢP (phusong demo, seed {seed})

Tiếng Việt
Mọi tệp trong thư mục này do máy tính sinh ra từ số khởi tạo {seed}. Địa hình, xã, thôn bản, dân số,
trạm phát sóng, nhà mạng, đường sá, cáp quang và đường điện đều bịa đặt; mọi sự trùng tên với thực
tế là ngẫu nhiên. Dùng để thử phần mềm và tập huấn, không dùng để ra quyết định.
Mã tỉnh 99 và các mã xã 99xxx không có trong danh mục hành chính nhà nước.
Một góc của mô hình độ cao để trống (nodata −32768); ba thôn chưa có tọa độ; khoảng một phần năm số
thôn chỉ có tọa độ chính xác tới 900 m; vài phần trăm báo cáo sóng trái với thực tế: dữ liệu thật
cũng như vậy. Các dòng "2G" trong stations.csv được đọc và bỏ qua.

English
Every file in this folder was generated by a computer from the seed {seed}. Terrain, communes,
villages, people, masts, operators, roads, fibre and power lines are invented; any likeness of names
is by chance. For trying the software and for training, not for decisions.
Province code 99 and commune codes 99xxx stand in no official list.
One corner of the elevation model is void (nodata −32768); three villages have no coordinates; about
one in five is known to 900 m only; a few per cent of the signal reports contradict the rest: real
data are like that. The "2G" rows of stations.csv are read and set aside.

project.toml      dự án / the project: phusong run .
dem.tif           độ cao, m / elevation, m, 90 m, EPSG:3405
land_cover.tif    lớp phủ theo mã ESA WorldCover / land cover in the codes of ESA WorldCover
communes.gpkg     xã, phường / communes          villages.csv     thôn, bản / villages
stations.csv      trạm, mỗi dòng một ô phủ / base stations, one row per cell
roads.gpkg        đường bộ / roads               power_lines.gpkg đường điện / power lines
fibre_lines.gpkg  cáp quang / fibre              fibre_nodes.csv  nút cáp quang / fibre nodes
indicators.csv    chỉ số xã hội số / indicators  crosswalk.csv    mã xã cũ - mới / commune codes
clusters.csv      cụm dân cư / clusters          measurements.csv số đo 4G / samples of 4G
"""
