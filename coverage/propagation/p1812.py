"""ITU-R P.1812: path-specific loss for terrestrial services, 30 MHz to 6 GHz.

Edition: the equations are those of P.1812-6 and P.1812-8. P.1812-7 differs in its troposcatter
model, which the ITU later withdrew; the reference rows decide for the older one. Equation numbers
in this package are those of P.1812-6.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage.errors import ModelRangeError
from coverage.propagation import atmosphere, ducting, troposcatter
from coverage.propagation._compile import kernel
from coverage.propagation.combination import (
    angle_interpolation,
    combined_db,
    distance_interpolation,
    location_deviation_db,
    time_interpolation,
)
from coverage.propagation.diffraction import (
    HORIZONTAL,
    VERTICAL,
    bullington_edge,
    delta_bullington_db,
    smooth_path,
    spherical_earth_db,
)
from coverage.propagation.line_of_sight import enhancement_db, free_space_db
from coverage.propagation.smooth_earth import Horizons, SmoothEarth, find_horizons, fit
from coverage.propagation.validity import require, require_choice
from coverage.text import Text

Polarisation = Literal["vertical", "horizontal"]

MODEL = "ITU-R P.1812"
_FAR_FROM_COAST_KM = 500.0
_LEAST_POINTS = 3

# Validity, P.1812 Annex 1 §1 and §3.1: (least, greatest)
FREQUENCY_MHZ = (30.0, 6000.0)
DISTANCE_KM = (0.0, 3000.0)  # meant for 0.25 km and more; shorter paths are computed all the same
ANTENNA_HEIGHT_M = (1.0, 3000.0)
TIME_PERCENT = (1.0, 50.0)
LOCATION_PERCENT = (1.0, 99.0)
LATITUDE_DEG = (-90.0, 90.0)
DELTA_N = (0.0, 150.0)
SURFACE_REFRACTIVITY = (200.0, 500.0)


class Path(NamedTuple):
    """What the loss depends on besides frequency, time and climate; one path.

    Edges are `nu_root_lambda` of `diffraction`, for the median Earth radius and for the one of
    beta_0 % of time.
    """

    distance_km: float
    slant_km2: float
    tx_amsl_m: float
    rx_amsl_m: float
    terrain_edge: float
    smooth_edge: float
    terrain_edge_beta: float
    smooth_edge_beta: float
    horizons: Horizons
    smooth: SmoothEarth


class Climate(NamedTuple):
    """Air and zones along one path."""

    earth_radius_km: float
    surface_refractivity: float
    incidence_percent: float
    sea_share: float
    tau: float
    tx_coast_km: float
    rx_coast_km: float


@kernel
def analyse(
    distance_km: NDArray[np.float64],
    ground_m: NDArray[np.float64],
    surface_m: NDArray[np.float64],
    level_m: NDArray[np.float64],
    tx_height_m: float,
    rx_height_m: float,
    earth_radius_km: float,
    time_percent: float,
) -> Path:
    """Return the geometry of a path.

    `ground_m` is bare terrain, `surface_m` terrain with clutter, equal to the ground at both ends,
    `level_m` zeros: arrays of one length, transmitter first.
    """
    last = distance_km.size - 1
    total_km = distance_km[last]
    tx_m, rx_m = ground_m[0] + tx_height_m, ground_m[last] + rx_height_m
    horizons = find_horizons(distance_km, ground_m, tx_m, rx_m, earth_radius_km)
    smooth = fit(distance_km, ground_m, tx_m, rx_m, horizons)
    tx_level_m, rx_level_m = smooth.tx_diffraction_m, smooth.rx_diffraction_m
    edge, _ = bullington_edge(distance_km, surface_m, tx_m, rx_m, earth_radius_km)
    level, _ = bullington_edge(distance_km, level_m, tx_level_m, rx_level_m, earth_radius_km)
    edge_beta, level_beta = edge, level
    if time_percent < 50.0:
        beta_km = atmosphere.DUCTING_EARTH_RADIUS_KM
        edge_beta, _ = bullington_edge(distance_km, surface_m, tx_m, rx_m, beta_km)
        level_beta, _ = bullington_edge(distance_km, level_m, tx_level_m, rx_level_m, beta_km)
    return Path(
        total_km,
        total_km**2 + ((tx_m - rx_m) / 1e3) ** 2,
        tx_m,
        rx_m,
        edge,
        level,
        edge_beta,
        level_beta,
        horizons,
        smooth,
    )


@kernel
def diffraction_db(
    path: Path, climate: Climate, radius_km: float, frequency_ghz: float, polarisation: int
) -> float:
    """Return L_d for one effective Earth radius, eq. (39): the median one or that of beta_0."""
    median = radius_km == climate.earth_radius_km
    _, clearance_m, required_root_m, first_term_km = smooth_path(
        path.distance_km, path.smooth.tx_diffraction_m, path.smooth.rx_diffraction_m, radius_km
    )
    spherical_db = spherical_earth_db(
        path.distance_km,
        path.smooth.tx_diffraction_m,
        path.smooth.rx_diffraction_m,
        clearance_m,
        required_root_m,
        first_term_km,
        climate.sea_share,
        frequency_ghz,
        polarisation,
    )
    return delta_bullington_db(
        path.distance_km,
        path.terrain_edge if median else path.terrain_edge_beta,
        path.smooth_edge if median else path.smooth_edge_beta,
        spherical_db,
        frequency_ghz,
    )


@kernel
def ducting_db(path: Path, climate: Climate, frequency_ghz: float, time_percent: float) -> float:
    """Return L_ba, the loss by ducting and layer reflection, eq. (46)."""
    seen, smooth = path.horizons, path.smooth
    time_db = ducting.time_loss_db(
        path.distance_km,
        smooth.tx_ducting_m,
        smooth.rx_ducting_m,
        smooth.roughness_m,
        seen.tx_horizon_km + seen.rx_horizon_km,
        climate.incidence_percent,
        ducting.path_exponent(path.distance_km, climate.tau),
        ducting.distance_exponent(path.distance_km),
        climate.earth_radius_km,
        time_percent,
    )
    angle = ducting.limited_angle_mrad(
        path.distance_km,
        seen.tx_angle_mrad,
        seen.rx_angle_mrad,
        seen.tx_horizon_km,
        seen.rx_horizon_km,
        climate.earth_radius_km,
    )
    coupling_db = ducting.coupling_loss_db(
        frequency_ghz,
        seen.tx_angle_mrad,
        seen.rx_angle_mrad,
        seen.tx_horizon_km,
        seen.rx_horizon_km,
    )
    sea_db = ducting.sea_coupling_db(
        climate.tx_coast_km, seen.tx_horizon_km, climate.sea_share, path.tx_amsl_m
    ) + ducting.sea_coupling_db(
        climate.rx_coast_km, seen.rx_horizon_km, climate.sea_share, path.rx_amsl_m
    )
    slope = ducting.angular_attenuation_db_per_mrad(frequency_ghz, climate.earth_radius_km)
    return coupling_db + sea_db + slope * angle + time_db


@kernel
def median_location_loss_db(
    path: Path, climate: Climate, frequency_ghz: float, time_percent: float, polarisation: int
) -> tuple[float, float]:
    """Return (L_bc, L_b0p): the loss at 50 % of locations and its lower bound, eq. (10), (63)."""
    seen = path.horizons
    horizons_km = seen.tx_horizon_km + seen.rx_horizon_km
    space_db = free_space_db(frequency_ghz, path.slant_km2)
    enhancement_p_db = enhancement_db(horizons_km, time_percent)
    enhancement_b_db = enhancement_db(horizons_km, climate.incidence_percent)
    fi = time_interpolation(time_percent, climate.incidence_percent)
    median_db = diffraction_db(path, climate, climate.earth_radius_km, frequency_ghz, polarisation)
    timely_db = median_db
    if time_percent < 50.0:  # eq. (41)
        beta_km = atmosphere.DUCTING_EARTH_RADIUS_KM
        beta_db = diffraction_db(path, climate, beta_km, frequency_ghz, polarisation)
        timely_db = median_db + fi * (beta_db - median_db)
    path_angle_mrad = (
        1e3 * path.distance_km / climate.earth_radius_km + seen.tx_angle_mrad + seen.rx_angle_mrad
    )  # eq. (84)
    scatter_db = troposcatter.frequency_loss_db(frequency_ghz) + troposcatter.path_loss_db(
        path.distance_km, path_angle_mrad, climate.surface_refractivity, time_percent
    )
    loss_db = combined_db(
        space_db,
        enhancement_p_db,
        enhancement_b_db,
        median_db,
        timely_db,
        ducting_db(path, climate, frequency_ghz, time_percent),
        scatter_db,
        fi,
        angle_interpolation(path_angle_mrad),
        distance_interpolation(path.distance_km),
        climate.sea_share,
        time_percent,
        climate.incidence_percent,
    )
    return loss_db, space_db + enhancement_p_db


def basic_transmission_loss_db(
    distance_km: ArrayLike,
    ground_m: ArrayLike,
    clutter_m: ArrayLike,
    zone: ArrayLike,
    *,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    time_percent: float,
    location_percent: float = 50.0,
    latitude_deg: float,
    delta_n: float,
    n0: float,
    polarisation: Polarisation = "vertical",
    area_width_m: float = 100.0,
) -> float:
    """Return the basic transmission loss of one path, ITU-R P.1812 eq. (69).

    Parameters
    ----------
    distance_km
        Distance of each profile point from the transmitter, km, rising from 0; at least 3 points.
    ground_m, clutter_m
        Height of the ground above sea level and representative height of the clutter on it, m.
        Clutter counts between the terminals, not at them.
    zone
        Radio-climatic zone of each point: 1 sea, 3 coastal land, 4 inland.
    frequency_mhz, tx_height_m, rx_height_m
        30-6,000 MHz; antenna heights above ground, 1-3,000 m.
    time_percent
        The loss is not exceeded for this share of an average year, 1-50 %.
    location_percent
        ... and at this share of locations, 1-99 %, in a square of `area_width_m` (§4.7).
    latitude_deg
        Latitude of the middle of the path.
    delta_n, n0
        Lapse rate of refractivity in the lowest kilometre (N-units/km, positive) and sea-level
        surface refractivity (N-units), as in the maps of the Recommendation.
    polarisation
        "vertical" or "horizontal".

    Returns
    -------
    Loss in dB; building entry is not part of it.

    Raises
    ------
    ModelRangeError
        A value lies outside the model's range; the message names value and range.

    Examples
    --------
    Ten kilometres of flat land, and the same with a ridge of 250 m in the middle:

    >>> import numpy as np
    >>> from coverage.propagation import p1812
    >>> flat_m = np.full(101, 200.0)
    >>> ridge_m = flat_m.copy()
    >>> ridge_m[50] += 250.0
    >>> for ground_m in (flat_m, ridge_m):
    ...     loss_db = p1812.basic_transmission_loss_db(
    ...         np.linspace(0.0, 10.0, 101), ground_m, np.zeros(101), np.full(101, 4),
    ...         frequency_mhz=900.0, tx_height_m=40.0, rx_height_m=1.5, time_percent=50.0,
    ...         latitude_deg=22.0, delta_n=45.0, n0=325.0,
    ...     )
    ...     print(f"{loss_db:.1f} dB")
    124.9 dB
    155.6 dB
    """
    distance = np.ascontiguousarray(distance_km, dtype=np.float64)
    ground = np.ascontiguousarray(ground_m, dtype=np.float64)
    clutter = np.ascontiguousarray(clutter_m, dtype=np.float64)
    zones = np.ascontiguousarray(zone, dtype=np.int64)
    _require_profile(distance, ground, clutter, zones)
    require_terminals(
        frequencies_mhz=(frequency_mhz,), tx_height_m=tx_height_m, rx_height_m=rx_height_m
    )
    require_climate(
        time_percent=time_percent,
        latitude_deg=latitude_deg,
        delta_n=delta_n,
        n0=n0,
        polarisation=polarisation,
    )
    require(MODEL, "location_percent", location_percent, LOCATION_PERCENT, "%")
    surface = ground + clutter
    surface[[0, -1]] = ground[[0, -1]]
    sea_share, land_km, inland_km = atmosphere.zone_shares(distance, zones)
    tau = atmosphere.land_weight(inland_km)
    climate = Climate(
        earth_radius_km=atmosphere.effective_earth_radius_km(float(delta_n)),
        surface_refractivity=float(n0),
        incidence_percent=atmosphere.ducting_incidence_percent(float(latitude_deg), land_km, tau),
        sea_share=sea_share,
        tau=tau,
        tx_coast_km=0.0 if zones[0] == atmosphere.SEA else _FAR_FROM_COAST_KM,
        rx_coast_km=0.0 if zones[-1] == atmosphere.SEA else _FAR_FROM_COAST_KM,
    )
    path = analyse(
        distance,
        ground,
        surface,
        np.zeros_like(ground),
        float(tx_height_m),
        float(rx_height_m),
        climate.earth_radius_km,
        float(time_percent),
    )
    frequency_ghz = frequency_mhz / 1e3
    code = VERTICAL if polarisation == "vertical" else HORIZONTAL
    loss_db, least_db = median_location_loss_db(
        path, climate, frequency_ghz, float(time_percent), code
    )
    if zones[-1] != atmosphere.SEA:
        deviation_db = location_deviation_db(
            frequency_ghz, float(rx_height_m), float(clutter[-1]), float(area_width_m)
        )
        loss_db -= atmosphere.inverse_normal(location_percent / 100.0) * deviation_db
    return float(max(least_db, loss_db))


def require_terminals(
    *, frequencies_mhz: Iterable[float], tx_height_m: float, rx_height_m: float
) -> None:
    """Raise ModelRangeError unless frequencies and antenna heights suit P.1812."""
    for frequency_mhz in frequencies_mhz:
        require(MODEL, "frequency_mhz", frequency_mhz, FREQUENCY_MHZ, "MHz")
    require(MODEL, "tx_height_m", tx_height_m, ANTENNA_HEIGHT_M, "m")
    require(MODEL, "rx_height_m", rx_height_m, ANTENNA_HEIGHT_M, "m")


def require_climate(
    *, time_percent: float, latitude_deg: float, delta_n: float, n0: float, polarisation: str
) -> None:
    """Raise ModelRangeError unless time, climate and polarisation suit P.1812."""
    require(MODEL, "time_percent", time_percent, TIME_PERCENT, "%")
    require(MODEL, "latitude_deg", latitude_deg, LATITUDE_DEG, "°")
    require(MODEL, "delta_n", delta_n, DELTA_N, "N/km")
    require(MODEL, "n0", n0, SURFACE_REFRACTIVITY, "N")
    require_choice("polarisation", polarisation, get_args(Polarisation))


def _require_profile(
    distance_km: NDArray[np.float64],
    ground_m: NDArray[np.float64],
    clutter_m: NDArray[np.float64],
    zone: NDArray[np.int64],
) -> None:
    sizes = {distance_km.size, ground_m.size, clutter_m.size, zone.size}
    if len(sizes) != 1 or distance_km.size < _LEAST_POINTS:
        raise ModelRangeError(
            Text(
                vi=f"mặt cắt cần ít nhất {_LEAST_POINTS} điểm và các mảng dài bằng nhau, "
                f"nhận được độ dài {sorted(sizes)}",
                en=f"a profile needs at least {_LEAST_POINTS} points and arrays of one length, "
                f"got lengths {sorted(sizes)}",
            )
        )
    if not (np.isfinite(ground_m).all() and np.isfinite(clutter_m).all()):
        raise ModelRangeError(
            Text(
                vi="mặt cắt có độ cao không xác định (NaN hoặc vô hạn)",
                en="the profile holds a height that is not a number",
            )
        )
    if distance_km[0] != 0.0 or not (np.diff(distance_km) > 0.0).all():
        raise ModelRangeError(
            Text(
                vi="`distance_km` phải bắt đầu từ 0 và tăng dần, "
                f"điểm đầu là {distance_km[0]:g} km",
                en=f"`distance_km` must rise from 0, it starts at {distance_km[0]:g} km",
            )
        )
    require(MODEL, "distance_km", float(distance_km[-1]), DISTANCE_KM, "km")
    unknown = set(zone.tolist()) - {atmosphere.SEA, atmosphere.COASTAL, atmosphere.INLAND}
    if unknown:
        raise ModelRangeError(
            Text(
                vi=f"`zone` có giá trị {sorted(unknown)}, chỉ nhận 1 (biển), 3 (ven biển), "
                "4 (nội địa)",
                en=f"`zone` holds {sorted(unknown)}; must be 1 (sea), 3 (coastal) or 4 (inland)",
            )
        )
