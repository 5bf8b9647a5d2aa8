"""A small project that tests write and then spoil: 2 communes, 5 villages, 2 sites, 60 × 60 cells.

Everything is worked by hand in EPSG:3405 (VN-2000 / UTM 48N): the terrain reaches from easting
585,000 to 590,400 and from northing 2,444,600 to 2,450,000; the communes share the line of easting
587,700.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import box

WEST_M, NORTH_M, CELL_M, SIDE = 585_000.0, 2_450_000.0, 90.0, 60
CRS: Final = "EPSG:3405"
TRANSFORM: Final = Affine(CELL_M, 0.0, WEST_M, 0.0, -CELL_M, NORTH_M)
COMMUNES: Final = gpd.GeoDataFrame(
    {"commune_code": ["01840", "01843"], "name": ["Chợ Đồn", "Bằng Lũng"]},
    geometry=[
        box(585_900, 2_445_500, 587_700, 2_449_100),
        box(587_700, 2_445_500, 589_500, 2_449_100),
    ],
    crs=CRS,
)
VILLAGE_HEADER: Final = (
    "village_id,name,commune_code,longitude,latitude,households,population,"
    "has_grid_power,reported_signal"
)
VILLAGES: Final = (
    "V1,Nà Lùng,01840,105.8405,22.1305,40,160,true,good",
    "V2,Bản Cậu,01840,105.8455,22.1355,25,101,có,yếu",
    "V3,Nà Tấc,01840,105.8505,22.1205,31,120,không,trắng sóng",
    "V4,Bản Duồn,01843,105.8605,22.1305,52,230,1,",
    "V5,Phiêng Liềng,01843,105.8655,22.1255,18,75,0,none",
)
STATION_HEADER: Final = (
    "cell_id,site_id,operator,technology,frequency_mhz,bandwidth_mhz,longitude,latitude,"
    "antenna_height_m,azimuth_deg,tx_power_dbm,antenna_gain_dbi,feeder_loss_db,status"
)
STATIONS: Final = (
    "A-1,A,viettel,4G,1800,20,105.8425,22.1315,42,0,46,17,1,active",
    "A-2,A,viettel,3G,2100,5,105.8425,22.1315,42,,43,17,1,active",
    "B-1,B,vnpt,4G,1800,10,105.8625,22.1285,36,120,46,17,1,active",
    "B-2,B,vnpt,5G,3500,100,105.8625,22.1285,36,240,50,20,1,planned",
)
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "project": {"name": "Dự án nhỏ", "crs": CRS, "resolution_m": 90},
    "inputs": {
        "communes": "communes.gpkg",
        "villages": "villages.csv",
        "stations": "stations.csv",
        "terrain": ["dem.tif"],
    },
    "scenario": {},
}


def heights() -> NDArray[np.float32]:
    """Return a slope with one ridge; every cell has a height of its own."""
    row, col = np.mgrid[:SIDE, :SIDE]
    slope = 200.0 + 2.0 * row + 0.03125 * col
    return np.asarray(slope + 150.0 * np.exp(-(((col - 30) / 4.0) ** 2)), dtype=np.float32)


def write_tif(
    path: Path,
    array: NDArray[Any],
    *,
    crs: str | None = CRS,
    transform: Affine = TRANSFORM,
    nodata: float | None = -32768.0,
) -> Path:
    """Write one band as GeoTIFF."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=array.shape[0],
        width=array.shape[1],
        count=1,
        dtype=array.dtype.name,
        crs=crs,
        transform=transform,
        nodata=nodata,
    ) as target:
        target.write(array, 1)
    return path


def write_table(path: Path, header: str, rows: Iterable[str], *, encoding: str = "utf-8") -> Path:
    """Write lines as they are."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def write_toml(folder: Path, **changes: Mapping[str, Any]) -> Path:
    """Write `project.toml` with settings changed by section; None leaves a setting out."""
    lines = []
    for section in dict.fromkeys([*SETTINGS, *changes]):
        settings = SETTINGS.get(section, {}) | dict(changes.get(section, {}))
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in settings.items() if value is not None]
    path = folder / "project.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_project(folder: Path, **changes: Mapping[str, Any]) -> Path:
    """Write the whole project and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    COMMUNES.to_file(folder / "communes.gpkg", layer="communes", driver="GPKG")
    write_villages(folder, VILLAGES)
    write_stations(folder, STATIONS)
    write_tif(folder / "dem.tif", heights())
    write_toml(folder, **changes)
    return folder


def write_villages(folder: Path, rows: Iterable[str], *, header: str = VILLAGE_HEADER) -> Path:
    """Write the villages as the lines given."""
    return write_table(folder / "villages.csv", header, rows)


def write_stations(folder: Path, rows: Iterable[str], *, header: str = STATION_HEADER) -> Path:
    """Write the stations as the lines given."""
    return write_table(folder / "stations.csv", header, rows)


def changed(rows: Iterable[str], number: int, **cells: str) -> list[str]:
    """Return lines with cells of the sheet's row `number` (the header is row 1) replaced."""
    lines = list(rows)
    header = VILLAGE_HEADER if lines[0].startswith("V") else STATION_HEADER
    values = dict(zip(header.split(","), lines[number - 2].split(","), strict=True)) | cells
    lines[number - 2] = ",".join(values.values())
    return lines


def without(header: str, rows: Iterable[str], *names: str) -> tuple[str, list[str]]:
    """Return header and lines without the columns named."""
    keep = [i for i, name in enumerate(header.split(",")) if name not in names]
    cut = [",".join(line.split(",")[i] for i in keep) for line in (header, *rows)]
    return cut[0], cut[1:]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
