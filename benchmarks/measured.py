"""Predictions held against real measurements, as they are; and how long 200,000 samples take.

The measured data lie beside the project and are not part of it. Where a set comes without terrain
the prediction is P.1812 over flat ground: what such a figure says of mountains is nothing, but it
shows what a calibration makes of a prediction that is far out.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks import process
from benchmarks.terrains import SHARED
from coverage.calibration import figures, likelihood
from coverage.calibration.corrections import (
    TooFewSamplesError,
    correct,
    held_out,
    random_folds,
    usable,
)
from coverage.calibration.samples import thinned
from coverage.grid import Grid
from coverage.intake.measurements import read_measurements
from coverage.intake.options import Statements
from coverage.io.project import load_project
from coverage.prediction import path_loss_raster_db, signal_at
from coverage.propagation import p1812
from coverage.settings import default_scenario

DRIVES: Final = SHARED / "data" / "measured" / "cloudrf_drive_tests"
LINKS: Final = SHARED / "data" / "measured" / "lora915_brazil_p1812_links" / "links.json"
BACKAN: Final = SHARED / "data" / "backan"
RULES: Final = default_scenario().measuring
PIXEL_M: Final = 30.0
CPU_LIMIT_S, MEMORY_LIMIT_MIB, SAMPLES = 60.0, 2048.0, 200_000
_SHOWN: Final = (
    *("samples", "censored", "bias_db", "rmse_db", "correlation"),
    *("within_6_db_share", "within_10_db_share"),
)
_NEAREST_KM: Final = 0.25


def measure() -> None:
    """Print the figures of every set that is at hand, then the time of a large one."""
    if LINKS.exists():
        links()
    if DRIVES.exists():
        drive(
            "Somerset, 415 MHz, 3 W, mast 5 m, no terrain given: P.1812 over flat ground",
            "somerset_415mhz_survey.csv",
            {"frequency_mhz": "415", "floor_dbm": "-101", "device_height_m": "1"},
            mast=(-2.746155, 51.059692, 5.0),
            power_dbm=10.0 * np.log10(3000.0) + 2.15 + 1.0,  # 3 W, 2.15 dBi, receiver 1 dBi
        )
        drive(
            "Sierra Norte de Puebla, LTE 768 MHz RSRP, mast 15 m, no terrain given: flat ground",
            "mexico_768mhz_lte_rsrp.csv",
            {"frequency_mhz": "768", "device_height_m": "1.5"},
            mast=(-97.9972, 20.0849, 15.0),
            power_dbm=10.0 * np.log10(2000.0 / 600.0) + 7.7,  # 2 W over 600 subcarriers, 7.7 dBi
        )
        scatter()
    speed()


def links() -> None:
    """Print figures of the 915 MHz links, whose terrain profiles are given."""
    told = json.loads(LINKS.read_text(encoding="utf-8"))
    print("915 MHz links in Brazil, P.1812 over the given profiles without clutter")
    for number in (1, 2):
        chosen = [x for x in told if x["set"] == number and x["dist_km"] >= _NEAREST_KM]
        predicted_db = np.array([_link_loss_db(x) for x in chosen])
        measured_db = np.array([x["measured_pl_mean_db"] for x in chosen])
        residual_db = predicted_db - measured_db  # signal measured minus signal predicted
        print(f"  set {number}, n = {len(chosen)}: {_summary(residual_db)}")
        if len(chosen) > number * 10:
            left = _each_end_left_out(chosen, residual_db)
            print(f"    constant and slope, links that share an end left out: {_summary(left)}")
            print(f"    refused as a calibration: {len(chosen)} links, {RULES.min_samples} needed")


def _link_loss_db(link: Mapping[str, Any]) -> float:
    profile_km = np.asarray(link["profile_d_km"])
    return p1812.basic_transmission_loss_db(
        profile_km,
        np.asarray(link["profile_h_m"]),
        np.zeros(profile_km.size),
        np.asarray(link["zone"]),
        frequency_mhz=link["freq_mhz"],
        tx_height_m=link["tx_h_m"],
        rx_height_m=link["rx_h_m"],
        time_percent=50.0,
        latitude_deg=(link["tx_lat"] + link["rx_lat"]) / 2.0,
        delta_n=50.0,
        n0=340.0,
        polarisation="horizontal" if link["pol"] == "H" else "vertical",
    )


def _each_end_left_out(chosen: Sequence[Mapping[str, Any]], residual_db: Any) -> Any:
    """Correct each link by a fit to the links that share neither of its ends."""
    ends = [set(link["link"].split("-")) for link in chosen]
    design = np.column_stack([np.ones(len(chosen)), np.log10([link["dist_km"] for link in chosen])])
    left = np.empty(len(chosen))
    for number, own in enumerate(ends):
        apart = np.array([not own & other for other in ends])
        data = likelihood.Data(
            design=sparse.csr_array(design[apart]),
            value=residual_db[apart],
            censored=np.zeros(apart.sum(), bool),
            weight=np.ones(apart.sum()),
        )
        found = likelihood.fit(data, np.array([30.0, RULES.spread.slope_db_per_decade]))
        left[number] = residual_db[number] - design[number] @ found.coefficients
    return left


def _summary(residual_db: Any) -> str:
    within = [float((np.abs(residual_db) <= limit).mean()) for limit in (6.0, 10.0)]
    return (
        f"bias {residual_db.mean():+.1f}, RMSE {np.sqrt((residual_db**2).mean()):.1f}, spread "
        f"{residual_db.std(ddof=1):.1f} dB, within 6 dB {within[0]:.0%}, 10 dB {within[1]:.0%}"
    )


def drive(
    title: str,
    file: str,
    fixed: Mapping[str, str],
    *,
    mast: tuple[float, float, float],
    power_dbm: float,
) -> None:
    """Print figures of a drive test around one mast, uncalibrated and held out."""
    table, read = _compared(file, fixed, mast=mast, power_dbm=power_dbm)
    print(f"{title}\n  {read} rows, {len(table)} pixels of {PIXEL_M:g} m")
    table = usable(table)
    levels = {"uncalibrated": table["predicted_dbm"].to_numpy(float)}
    try:
        found = correct(table, RULES, step_m=PIXEL_M)
    except TooFewSamplesError as error:
        print(f"  {error.text.en}")
    else:
        levels["held out, blocks"] = held_out(table, found, RULES).corrected_dbm
        levels["held out, random"] = held_out(
            table, found, RULES, folds=random_folds(len(table), RULES)
        ).corrected_dbm
        sigma, slope = found.sigma(), found.slope()
        length = found.correlation_length_m()
        print(
            f"  {found.block_count} blocks of {found.block_m:.0f} m; correlation length "
            f"{length[0]:.0f} m ({length[1]:.0f}-{length[2]:.0f}); sigma {sigma[0]:.1f} dB "
            f"({sigma[1]:.1f}-{sigma[2]:.1f}); slope {slope[0]:+.1f} dB a decade "
            f"({slope[1]:+.1f} to {slope[2]:+.1f})"
        )
    for name, level_dbm in levels.items():
        row = figures.by_group(table, level_dbm).iloc[0]
        print(f"  {name:18}" + "  ".join(f"{key} {row[key]:.2f}" for key in _SHOWN))


def _compared(
    file: str, fixed: Mapping[str, str], *, mast: tuple[float, float, float], power_dbm: float
) -> tuple[pd.DataFrame, int]:
    statements = Statements(fixed={"operator": "CloudRF", "technology": "4G", **fixed})
    found = read_measurements(DRIVES / file, statements)
    points = gpd.GeoDataFrame(
        found.table,
        geometry=gpd.points_from_xy(found.table["longitude"], found.table["latitude"]),
        crs="EPSG:4326",
    )
    crs = points.estimate_utm_crs()
    points = points.to_crs(crs)
    site = gpd.GeoSeries.from_xy([mast[0]], [mast[1]], crs="EPSG:4326").to_crs(crs)[0]
    reach_m = float(points.distance(site).max()) + 10.0 * PIXEL_M
    half = int(reach_m / PIXEL_M)
    west_m = (np.floor(site.x / PIXEL_M) - half) * PIXEL_M
    north_m = (np.ceil(site.y / PIXEL_M) + half) * PIXEL_M
    grid = Grid(crs.to_string(), west_m, north_m, PIXEL_M, 2 * half + 1, 2 * half + 1)
    table = thinned(points, grid, RULES).table
    loss_db = path_loss_raster_db(
        np.zeros(grid.shape, dtype=np.float32),
        row=half,
        col=half,
        resolution_m=PIXEL_M,
        radius_m=half * PIXEL_M,
        frequency_mhz=float(fixed["frequency_mhz"]),
        tx_height_m=mast[2],
        rx_height_m=float(fixed["device_height_m"]),
    )
    distance_km = np.hypot(table["x_m"] - site.x, table["y_m"] - site.y) / 1000.0
    return table.assign(
        operator="CloudRF",
        predicted_dbm=power_dbm - loss_db[table["row"], table["col"]].astype(float),
        distance_km=np.maximum(distance_km, PIXEL_M / 2000.0),
        distance_class=pd.cut(distance_km, [0, *RULES.distance_edges_km, 100]).astype(str),
        server_mhz=float(fixed["frequency_mhz"]),
        clutter_code=0,
        in_sight=True,
    ), found.rows_read


def scatter() -> None:
    """Print how far repeats of one phone at one place lie apart: no transmitter is given."""
    statements = Statements(
        columns={"rsrp_dbm": "id", "measured_cell_id": "group"},
        fixed={"operator": "CloudRF", "technology": "4G"},
    )
    table = read_measurements(
        DRIVES / "peakdistrict_receiver_calibration_3km_los.csv", statements
    ).table
    spread = table.groupby("measured_cell_id")["rsrp_dbm"].agg(["size", "mean", "std"])
    print("Peak District, repeats at one place 3 km in sight of a mast (receiver scatter only)")
    for cell, row in spread.iterrows():
        told = f"{row['mean']:.1f} dBm, SD {row['std']:.1f} dB"
        print(f"  cell {cell}: {row['size']:.0f} samples, {told}")


def speed() -> None:
    """Print what `phusong validate` takes for 200,000 made samples along the roads of Bắc Kạn."""
    if not BACKAN.exists() or not process.IS_POSSIBLE:
        print("200,000 samples: the project or an account of processes is not at hand")
        return
    with tempfile.TemporaryDirectory() as name:
        desk = Path(name)
        project = _measured_project(desk / "project", SAMPLES)
        environment = {"PHUSONG_CACHE": str(desk / "store")}
        command = [sys.executable, "-m", "coverage"]
        process.run(
            [*command, "run", str(project), "--out", str(desk / "out"), "--quiet"],
            environment=environment,
        )
        used = process.run(
            [*command, "validate", str(project), "--out", str(desk / "found"), "--quiet"],
            environment=environment,
        )
        met = used.cpu_s <= CPU_LIMIT_S and used.peak_mib <= MEMORY_LIMIT_MIB
        print(
            f"{SAMPLES:,} samples, path loss kept: {used.cpu_s:.1f} s of CPU (limit "
            f"{CPU_LIMIT_S:g}), {used.wall_s:.1f} s of wall clock, {used.peak_mib:.0f} MiB (limit "
            f"{MEMORY_LIMIT_MIB:g}): {'met' if met else 'MISSED'}"
        )


def _measured_project(folder: Path, count: int) -> Path:
    """Copy Bắc Kạn and add made samples, 15 m apart along its roads, from its own prediction."""
    from shutil import copytree  # noqa: PLC0415

    copytree(BACKAN, folder)
    inputs = load_project(folder)
    rng = np.random.default_rng(3)
    assert inputs.roads is not None  # noqa: S101 - the project has roads
    lines = inputs.roads.geometry.reset_index(drop=True)
    length_m = lines.length.to_numpy()
    taken = rng.choice(len(lines), count // 20 + 1, p=length_m / length_m.sum())
    starts_m = rng.uniform(0.0, 1.0, taken.size) * length_m[taken]
    along_m = (starts_m[:, None] + 15.0 * np.arange(20)).ravel()
    road = np.repeat(taken, 20)
    points = gpd.GeoSeries(
        lines.iloc[road].interpolate(along_m % length_m[road]).to_numpy(), crs=inputs.grid.crs
    )
    row, col = inputs.grid.rowcol(points.x, points.y)
    names = sorted(set(inputs.stations["operator"]))
    operator = np.repeat(rng.choice(names, taken.size), 20)
    inside = row >= 0
    table = pd.DataFrame({"row": row, "col": col, "operator": operator})[inside].head(count)
    table = table.assign(technology="4G", cell_id="", frequency_mhz=np.nan)
    scenario = inputs.scenario
    found = signal_at(inputs, scenario.radio, scenario.land_cover, table)
    level_dbm = found["predicted_dbm"].fillna(-120.0) - 4.0 + rng.normal(0.0, 7.0, len(table))
    degrees = points[inside].head(count).to_crs("EPSG:4326")
    pd.DataFrame(
        {
            "longitude": degrees.x.round(6),
            "latitude": degrees.y.round(6),
            "operator": table["operator"],
            "technology": "4G",
            "rsrp_dbm": level_dbm.clip(lower=-120.0).round().to_numpy(),
            "measured_at": "2026-05-01",
        }
    ).to_csv(folder / "measurements_synthetic.csv", index=False)
    settings = folder / "project.toml"
    told = settings.read_text(encoding="utf-8")
    told = told.replace("[inputs]", '[inputs]\nmeasurements = "measurements_synthetic.csv"')
    settings.write_text(told, encoding="utf-8")
    return folder
