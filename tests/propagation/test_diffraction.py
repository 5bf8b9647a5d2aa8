"""Knife edge, Bullington and the spherical Earth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import fresnel

from coverage.propagation import diffraction


@pytest.mark.parametrize("nu", [-0.7, -0.3, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0])
def test_knife_edge_is_near_the_fresnel_integral(nu: float) -> None:
    sine, cosine = fresnel(nu)
    # published: J(nu) from the Fresnel integrals, ITU-R P.526 eq. (30); eq. (31) approximates it
    exact = -20.0 * math.log10(math.hypot(1.0 - cosine - sine, cosine - sine) / 2.0)
    assert diffraction.knife_edge_loss_db(nu) == pytest.approx(exact, abs=0.13)


def test_knife_edge_takes_arrays() -> None:
    # by hand: 6.9 + 20 log10(sqrt(1.01) - 0.1) = 6.03; 6.9 + 20 log10(sqrt(1.81) + 0.9) = 13.93
    found = diffraction.knife_edge_loss_db([[0.0, 1.0], [-0.78, -5.0]])
    assert found == pytest.approx(np.array([[6.03, 13.93], [0.0, 0.0]]), abs=0.005)


def test_bullington_of_one_edge_worked_by_hand() -> None:
    # by hand: antennas at 20 m, an edge of 50 m half-way of 10 km over a flat Earth, 900 MHz.
    # Slopes 6 m/km each, so the point is the edge itself, 30 m over the line;
    # nu = 30 sqrt(0.002 · 10 / (0.3331 · 25)) = 1.470; J = 16.63 dB;
    # L = 16.63 + (1 - exp(-16.63/6)) (10 + 0.2) = 26.20 dB
    found = diffraction.bullington_loss_db(
        [0.0, 5.0, 10.0],
        [0.0, 50.0, 0.0],
        frequency_mhz=900.0,
        tx_height_m=20.0,
        rx_height_m=20.0,
        effective_earth_radius_km=math.inf,
    )
    assert found == pytest.approx(26.20, abs=0.01)


def test_bullington_of_two_edges_worked_by_hand() -> None:
    # by hand: antennas at 10 m, edges of 40 m at 3 km and 60 m at 8 km of 10 km, flat Earth, 1 GHz.
    # Slopes 10 m/km from the transmitter, 25 m/km from the receiver; they meet where
    # 10 x = 25 (10 - x): x = 7.143 km, 71.43 m over the line;
    # nu = 71.43 sqrt(0.002 · 10 / (0.2998 · 7.143 · 2.857)) = 4.084; J = 25.02 dB;
    # L = 25.02 + (1 - exp(-25.02/6)) · 10.2 = 35.06 dB
    found = diffraction.bullington_loss_db(
        [0.0, 3.0, 8.0, 10.0],
        [0.0, 40.0, 60.0, 0.0],
        frequency_mhz=1000.0,
        tx_height_m=10.0,
        rx_height_m=10.0,
        effective_earth_radius_km=math.inf,
    )
    assert found == pytest.approx(35.06, abs=0.1)


def test_a_clear_path_loses_nothing() -> None:
    found = diffraction.bullington_loss_db(
        np.linspace(0.0, 5.0, 50),
        np.zeros(50),
        frequency_mhz=900.0,
        tx_height_m=100.0,
        rx_height_m=100.0,
    )
    assert found == 0.0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.0, 600.0), min_size=5, max_size=40),
    st.data(),
    st.floats(1.0, 500.0),
    st.floats(100.0, 4000.0),
)
def test_raising_the_ridge_never_lowers_the_bullington_loss(
    ground: list[float], data: st.DataObject, rise_m: float, frequency_mhz: float
) -> None:
    def of(heights: list[float]) -> float:
        return diffraction.bullington_loss_db(
            np.linspace(0.0, 12.0, len(heights)),
            heights,
            frequency_mhz=frequency_mhz,
            tx_height_m=30.0,
            rx_height_m=1.5,
        )

    raised = list(ground)
    raised[data.draw(st.integers(1, len(ground) - 2))] += rise_m
    assert of(raised) >= of(ground) - 1e-9


@settings(max_examples=100, deadline=None)
@given(st.floats(0.5, 80.0), st.floats(1.0, 400.0), st.floats(1.0, 400.0))
def test_clearance_over_the_smooth_earth_is_taken_where_both_antennas_rise_alike(
    distance_km: float, tx_m: float, rx_m: float
) -> None:
    radius_km = 8931.0
    horizon_km = math.sqrt(0.002 * radius_km) * (math.sqrt(tx_m) + math.sqrt(rx_m))
    assume(distance_km < 0.99 * horizon_km)
    tx_km = diffraction.reflection_point_km(distance_km, tx_m, rx_m, radius_km)
    clearance = diffraction.smooth_path(distance_km, tx_m, rx_m, radius_km)[1]
    rx_km = distance_km - tx_km
    # by hand: heights over the tangent at the point of reflection, as slopes in m/km
    tx_slope = tx_m / tx_km - 500.0 * tx_km / radius_km
    rx_slope = rx_m / rx_km - 500.0 * rx_km / radius_km
    assert tx_slope == pytest.approx(rx_slope, rel=1e-3, abs=1e-3)
    line_m = (tx_m * rx_km + rx_m * tx_km) / distance_km
    assert clearance == pytest.approx(line_m - 500.0 * tx_km * rx_km / radius_km, abs=1e-6)


def test_smooth_bullington_in_closed_form_is_that_of_a_dense_level_profile() -> None:
    distance = np.linspace(0.0, 40.0, 8001)
    for tx_m, rx_m in ((30.0, 1.5), (60.0, 60.0), (200.0, 5.0)):
        dense, _ = diffraction.bullington_edge(distance, np.zeros(8001), tx_m, rx_m, 8931.0)
        closed = diffraction.smooth_path(40.0, tx_m, rx_m, 8931.0)[0]
        assert closed == pytest.approx(dense, abs=2e-3)
