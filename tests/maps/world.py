"""A small made world as a finished result: what the map is drawn from, without a pipeline."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage.grid import FloatArray, Grid
from coverage.model import Inputs, Prediction, Result, Source
from coverage.params import ProjectSection, Scenario, Technology
from coverage.reception import class_of
from coverage.settings import default_scenario

CRS: Final = "EPSG:3405"
GRID: Final = Grid(
    crs=CRS, west_m=585_000.0, north_m=2_500_000.0, resolution_m=500.0, height=100, width=120
)
HOSTILE: Final = (
    "<img src=x onerror=alert(1)>",
    "`${alert(1)}` ${alert(2)}",
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }} {% for x in y %}",
    "<!-- \u2028 ' \" & &lt;b&gt; javascript:alert(1)",
)
"""Names that would run where data became markup, code or a template."""

VILLAGE_NAMES: Final = (
    "Bản Bung",
    "Pác Nặm",
    "Khuổi Đeng",
    "Nà Ngần",
    "Lũng Cọ",
    "Thôn 2",
    "Thôn 10",
    *HOSTILE,
)
OPERATORS: Final = ("Viettel", '"><img src=x onerror=alert(3)>')


def terrain() -> FloatArray:
    """Hills, with a corner whose height is not known."""
    row, col = np.indices(GRID.shape)
    height_m = 600 + 300 * np.sin(col / 7) * np.cos(row / 9) + 80 * np.sin(col / 2.3 + row / 3.1)
    height_m[:20, :25] = np.nan
    return height_m.astype(np.float32)


def signal(masts: list[tuple[float, float]], level_dbm: float) -> FloatArray:
    """Signal that falls with the logarithm of the distance to the nearest mast, up to 20 km."""
    row, col = np.indices(GRID.shape)
    x_m = GRID.west_m + (col + 0.5) * GRID.resolution_m
    y_m = GRID.north_m - (row + 0.5) * GRID.resolution_m
    distance_m = np.min([np.hypot(x_m - x, y_m - y) for x, y in masts], axis=0)
    dbm = level_dbm - 38 * np.log10(np.maximum(distance_m, 100) / 1000)
    dbm[distance_m > 20_000] = np.nan
    return dbm.astype(np.float32)


def communes() -> gpd.GeoDataFrame:
    """Four communes that share winding borders."""
    west, south, east, north = GRID.bounds
    x = (west + east) / 2
    y = (south + north) / 2
    along = np.linspace(0, 1, 80)
    up = [(x + 1500 * np.sin(9 * t), south + (north - south) * t) for t in along]
    across = [(west + (east - west) * t, y + 1500 * np.sin(11 * t)) for t in along]
    frame = shapely.box(west, south, east, north).boundary
    lines = shapely.union_all([frame, shapely.LineString(up), shapely.LineString(across)])
    parts = sorted(
        shapely.get_parts(shapely.polygonize([lines])).tolist(), key=lambda p: p.area, reverse=True
    )[:4]
    names = ["Xã Phong Quang", "Phường Đức Xuân", "Xã Chợ Đồn", HOSTILE[0]]
    return gpd.GeoDataFrame(
        {
            "commune_code": ["01849", "01840", "01900", "09999"],
            "name": names,
            "villages": [3, 3, 3, 3],
            "households": [120, 130, 140, 150],
            "population": [500, 510, 520, 530],
            "population_covered_share_4g": [0.5, 1.0, 0.123456, np.nan],
        },
        geometry=parts,
        crs=CRS,
    )


def stations(masts: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Five sites of two operators on four masts, twelve cells in all; one site is only planned."""
    rows = [
        {
            "cell_id": f"C{number}-{technology}",
            "site_id": f"S{number}",
            "mast_id": "M1" if number in {0, 1} else "",
            "operator": OPERATORS[number % 2],
            "technology": technology,
            "frequency_mhz": 1800.0,
            "antenna_height_m": 42.0,
            "status": "planned" if number == 4 else "active",
            "geometry": shapely.Point(x, y),
        }
        for number, (x, y) in enumerate(masts)
        for technology in (("3G", "4G", "5G") if number < 2 else ("3G", "4G"))
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def villages(
    signals: dict[Technology, FloatArray], homes: gpd.GeoDataFrame, scenario: Scenario
) -> gpd.GeoDataFrame:
    """Twelve villages with every column a run gives; the last has no coordinates."""
    rng = np.random.default_rng(1)
    count = len(VILLAGE_NAMES)
    points: list[shapely.Point | None] = []
    codes = []
    for i in range(count):
        home = homes.geometry.iloc[i % 4]
        centre = home.centroid
        points.append(shapely.Point(*(np.array(centre.coords[0]) + rng.normal(0, 7000, 2))))
        codes.append(homes["commune_code"].iloc[i % 4])
    points[-1] = None
    table = pd.DataFrame(
        {
            "village_id": [f"V{i:04d}" for i in range(count)],
            "name": VILLAGE_NAMES,
            "commune_code": codes,
            "commune_name": [
                dict(zip(homes["commune_code"], homes["name"], strict=True))[c] for c in codes
            ],
            "households": rng.integers(10, 90, count),
            "population": rng.integers(40, 400, count),
            "has_grid_power": [True, False] * (count // 2),
            "reported_signal": ["good", "", "none", "weak"] * (count // 4),
            "evidence": ["agree", "conflict", "predicted_only", "unknown"] * (count // 4),
            "fibre_distance_m": rng.uniform(100, 20_000, count),
            "priority_score": np.linspace(0.9, 0.1, count),
            "priority_rank": np.arange(1, count + 1),
            "priority_severity": np.linspace(0.3, 0, count),
            "cause": "terrain",
            "cause_vi": "Trạm S0 cách 3,2 km, bị núi che khuất.",
            "cause_en": "Station S0 is 3.2 km away, hidden by the terrain.",
        }
    )
    for technology in ("3G", "4G", "5G"):
        dbm = [
            np.nan
            if point is None
            else float(
                signals[technology][tuple(int(k[0]) for k in GRID.rowcol([point.x], [point.y]))]
            )
            for point in points
        ]
        limits = scenario.thresholds.technologies[technology]
        table[f"rsrp_{technology.lower()}_dbm"] = dbm
        classes = class_of(np.nan_to_num(dbm, nan=-np.inf), limits)
        classes[[point is None for point in points]] = "unknown"
        table[f"signal_class_{technology.lower()}"] = classes
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)


def made_result(*, name: str = HOSTILE[2], synthetic: bool = True) -> Result:
    """Return a finished result of the made world."""
    scenario = default_scenario()
    masts = [
        (600_000.0, 2_490_000.0),
        (600_000.0, 2_490_000.0),
        (630_000.0, 2_485_000.0),
        (610_000.0, 2_462_000.0),
        (635_000.0, 2_460_000.0),
    ]
    cells = stations(masts)
    signals: dict[Technology, FloatArray] = {
        "3G": signal(masts, -80.0),
        "4G": signal(masts, -86.0),
        "5G": signal(masts[:2], -95.0),
    }
    shapes = communes()
    height_m = terrain()
    inputs = Inputs(
        project=ProjectSection(
            name=name, crs=CRS, resolution_m=GRID.resolution_m, note=f"Ghi chú {HOSTILE[0]}"
        ),
        scenario=scenario,
        grid=GRID,
        terrain_m=height_m,
        land_cover=None,
        antennas={},
        communes=shapes,
        villages=gpd.GeoDataFrame({"village_id": []}, geometry=[], crs=CRS),
        stations=cells,
        roads=None,
        power_lines=None,
        fibre_nodes=None,
        fibre_lines=None,
        measurements=None,
        indicators=None,
        crosswalk=None,
        sources=(
            Source(role="stations", file="stations.csv", sha256="0" * 64, is_synthetic=synthetic),
        ),
        warnings=(),
        fingerprint="made",
        radio_fingerprint="made",
    )
    keys = {(technology, ""): values for technology, values in signals.items()}
    prediction = Prediction(
        grid=GRID,
        cells=pd.DataFrame(cells.drop(columns="geometry")),
        signal_dbm=keys,
        server={key: np.zeros(GRID.shape, dtype=np.int32) for key in keys},
        possible_dbm={},
        operators=OPERATORS,
        technologies=("3G", "4G", "5G"),
        parameters={},
    )
    return Result(
        inputs=inputs,
        scenario=scenario,
        prediction=prediction,
        villages=villages(signals, shapes, scenario),
        communes=shapes,
        warnings=(),
    )
