"""Outdoor, in a car, indoors; and the chance of being served, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from coverage import gaps
from coverage.model import Inputs, Prediction
from coverage.settings import receiver_levels, scenario_from, threshold_profiles
from coverage.validation import SettingsError
from tests.stages.world import GRID, SIDE, terrain, village, world


def painted(inputs: Inputs, signal: float, possible: float | None = None) -> Prediction:
    """Return a prediction of one 4G level everywhere; nothing arrives in the first column."""
    level_dbm = np.full((SIDE, SIDE), signal, dtype=np.float32)
    level_dbm[:, 0] = np.nan
    beyond = {} if possible is None else {"4G": np.full((SIDE, SIDE), possible, dtype=np.float32)}
    return Prediction(
        grid=GRID,
        cells=inputs.stations,
        signal_dbm={("4G", ""): level_dbm},
        server={("4G", ""): np.ones((SIDE, SIDE), dtype=np.int32)},
        possible_dbm=beyond,  # type: ignore[arg-type]
        operators=("A",),
        technologies=("4G",),
        parameters={},
    )


def test_a_level_raises_the_limits_of_any_profile() -> None:
    for name, profile in threshold_profiles().items():
        indoor = scenario_from({"thresholds": name, "level": "indoor"}, "s.toml").thresholds
        for technology, limits in profile.technologies.items():
            # published: ITU-R M.1225, 12 dB in the mean
            assert indoor.technologies[technology].good_dbm == limits.good_dbm + 12.0
            assert indoor.technologies[technology].weak_dbm == limits.weak_dbm + 12.0
        assert "M.1225" in indoor.source
    assert (
        threshold_profiles()["outdoor"].raised(receiver_levels()["outdoor"])
        == (threshold_profiles()["outdoor"])
    )


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        scenario_from({"level": "cave"}, "s.toml")
    (problem,) = caught.value.problems
    assert (problem.rule, problem.column, problem.value) == ("unknown_level", "level", "cave")


def test_the_chance_of_every_pixel() -> None:
    inputs = world([village("V1", None)])
    scenario = inputs.scenario
    # by hand: at the limit one half; one sigma (8 dB) above it Φ(1) = 0.8413
    for signal, chance in ((-115.0, 0.5), (-107.0, 0.8413), (-123.0, 0.1587)):
        found = gaps.served_probability(inputs, painted(inputs, signal), scenario, "4G")
        np.testing.assert_allclose(found[:, 1:], chance, atol=5e-5)
        assert (found[:, 0] == 0.0).all()  # nothing arrives: known, no chance
    indoor = scenario.model_copy(
        update={"thresholds": scenario.thresholds.raised(receiver_levels()["indoor"])}
    )
    # by hand: limit -103, sigma √(8² + 8²) = 11.31 dB: Φ(8/11.31) = Φ(0.7071) = 0.7602
    found = gaps.served_probability(inputs, painted(inputs, -95.0), indoor, "4G")
    np.testing.assert_allclose(found[:, 1:], 0.7602, atol=5e-5)


def test_what_is_not_known_has_no_chance_stated() -> None:
    height_m = terrain()
    height_m[3, 3] = np.nan
    inputs = world([village("V1", None)], terrain_m=height_m)
    found = gaps.served_probability(inputs, painted(inputs, -95.0), inputs.scenario, "4G")
    assert np.isnan(found[3, 3])
    assert np.isfinite(found).sum() == SIDE * SIDE - 1
    # a cell too weak by what is known, that could be served over the path that is not
    doubtful = painted(inputs, -130.0, possible=-90.0)
    assert np.isnan(gaps.served_probability(inputs, doubtful, inputs.scenario, "4G")).all()
    assert np.isnan(gaps.served_probability(inputs, doubtful, inputs.scenario, "5G")).all()
