"""The censored robust likelihood: derivatives, cases by hand, wild values, priors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, sparse, stats

from coverage.calibration import likelihood
from coverage.calibration.figures import bias_db
from coverage.calibration.likelihood import Data
from coverage.calibration.shapes import Shape, StudentT, WithWild

SHAPES = [StudentT(200.0), StudentT(4.0), WithWild(0.02, 4.0)]
FLAT = np.array([1000.0])


def one_column(value: np.ndarray, censored: np.ndarray | None = None) -> Data:
    """Return a regression on a constant alone."""
    return Data(
        design=sparse.csr_array(np.ones((value.size, 1))),
        value=value,
        censored=np.zeros(value.size, bool) if censored is None else censored,
        weight=np.ones(value.size),
    )


def quantiles(middle: float, spread: float, count: int) -> np.ndarray:
    """Return values that divide a normal into equal parts: a sample without luck."""
    return middle + spread * stats.norm.ppf((np.arange(count) + 0.5) / count)


@pytest.mark.parametrize("shape", SHAPES)
def test_derivatives_are_those_of_the_loss(shape: Shape) -> None:
    rng = np.random.default_rng(3)
    design = sparse.csr_array(np.column_stack([np.ones(40), rng.standard_normal((40, 2))]))
    data = Data(
        design=design,
        value=rng.normal(0.0, 9.0, 40),
        censored=rng.random(40) < 0.4,
        weight=rng.uniform(0.2, 1.0, 40),
    )
    problem = likelihood._Problem(data, np.array([10.0, 3.0, 3.0]), shape)
    place = np.array([1.0, -0.5, 0.7, math.log(6.0)])
    np.testing.assert_allclose(
        problem.gradient(place),
        optimize.approx_fprime(place, problem.loss, 1e-6),
        rtol=1e-4,
        atol=1e-4,
    )
    for i, row in enumerate(problem.hessian(place)):
        by_steps = optimize.approx_fprime(place, lambda p, i=i: problem.gradient(p)[i], 1e-6)
        np.testing.assert_allclose(row, by_steps, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_a_density_with_its_sigma(shape: Shape) -> None:
    z = np.linspace(-60.0, 60.0, 200_001)
    density = np.exp(shape.log_density(z))
    assert np.trapezoid(density, z) == pytest.approx(1.0, abs=1e-3)  # t(4) leaves 1e-6 outside
    slopes = np.gradient(shape.below(z), z)
    np.testing.assert_allclose(slopes[1:-1], density[1:-1], atol=1e-5)


def test_ignoring_the_floor_gives_the_wrong_sign() -> None:
    # by hand: residuals of middle -3 dB and spread 8 dB; the floor lies at the predicted level, so
    # whatever is seen is above it. All values kept, or the floor taken for a value, are >= 0: their
    # mean is positive for sure, though the prediction is 3 dB too strong. Tolerance: 61 quantiles.
    truth = quantiles(-3.0, 8.0, 61)
    censored = truth <= 0.0
    level = np.where(censored, 0.0, truth)
    assert level[~censored].mean() > 4.0  # the others dropped
    assert level.mean() > 1.5  # the floor taken for a value
    assert bias_db(level, censored) == pytest.approx(-3.0, abs=0.5)
    found = likelihood.fit(one_column(level, censored), FLAT)
    assert found.coefficients[0] == pytest.approx(-3.0, abs=0.5)
    assert found.sigma_db == pytest.approx(8.0, abs=0.5)


def test_nothing_censored_and_normal_is_the_mean_and_spread() -> None:
    found = likelihood.fit(one_column(quantiles(2.0, 6.0, 400)), FLAT)
    assert found.coefficients[0] == pytest.approx(2.0, abs=1e-4)  # by symmetry
    assert found.sigma_db == pytest.approx(6.0, abs=0.1)  # the prior and 400 quantiles
    assert found.shape == StudentT(200.0)


def test_wild_values_move_nothing() -> None:
    tame = quantiles(0.0, 7.0, 980)
    value = np.append(tame, np.full(20, 40.0))
    found = likelihood.fit(one_column(value), FLAT)
    # by hand: they pull the mean by 0.02·40 = 0.8 dB, and the standard deviation to 9.0 dB
    assert value.mean() == pytest.approx(0.8, abs=1e-6)
    assert value.std() == pytest.approx(9.0, abs=0.1)
    assert abs(found.coefficients[0]) < 0.1
    # 5.7 sigma lie beyond the width that wild values are given: sigma is out by 3 %
    assert found.sigma_db == pytest.approx(7.0, abs=0.3)


def test_few_samples_move_little() -> None:
    # by hand, for a normal of 8 dB: n values of 10 dB under a prior of 3 dB give 10·n/(n + 64/9);
    # the scale is fitted too, within a factor of two of 8 dB, hence the wide band
    prior = np.array([3.0])
    few = likelihood.fit(one_column(quantiles(10.0, 8.0, 3)), prior).coefficients[0]
    many = likelihood.fit(one_column(quantiles(10.0, 8.0, 300)), prior).coefficients[0]
    assert 1.5 < few < 4.5  # 3.0 by the formula
    assert many == pytest.approx(10.0 * 300 / (300 + 64 / 9), abs=0.2)


def test_all_censored_follows_the_prior_downwards() -> None:
    level = np.full(50, -5.0)
    found = likelihood.fit(one_column(level, np.ones(50, bool)), np.array([10.0]))
    assert found.coefficients[0] < -5.0  # all that is known: the middle lies below
