"""The elementary functions that the kernels use instead of the C library's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.propagation import atmosphere, numerics


@given(st.floats(1e-300, 1e300))
def test_logarithm(x: float) -> None:
    assert numerics.log2(x) == pytest.approx(math.log2(x), abs=1e-10, rel=1e-12)


@given(st.floats(-900.0, 900.0))
def test_power_of_two(x: float) -> None:
    assert numerics.exp2(x) == pytest.approx(2.0**x, rel=1e-9)


@given(st.floats(-1e6, 1e6))
def test_arctangent(x: float) -> None:
    assert numerics.arctan(x) == pytest.approx(math.atan(x), abs=1e-8)


def test_derived_functions() -> None:
    assert numerics.log10(1000.0) == pytest.approx(3.0, abs=1e-10)
    assert numerics.log(math.e) == pytest.approx(1.0, abs=1e-10)
    assert numerics.exp(1.0) == pytest.approx(math.e, rel=1e-9)
    assert numerics.exp10(-3.0) == pytest.approx(1e-3, rel=1e-8)
    assert numerics.power(3.0, 2.5) == pytest.approx(3.0**2.5, rel=1e-8)


@pytest.mark.parametrize(
    # published: quantiles of the normal distribution; the approximation is good to 5e-4
    ("share", "deviations"),
    [(0.01, 2.3263), (0.1, 1.2816), (0.5, 0.0), (0.9, -1.2816), (0.99, -2.3263)],
)
def test_inverse_normal(share: float, deviations: float) -> None:
    assert atmosphere.inverse_normal(share) == pytest.approx(deviations, abs=5e-4)
